//! How Linkerd looks in the objects of a cluster.

use std::sync::Arc;

use gloo_core::Istr;
use gloo_core::api::{LinkerdMesh, MeshInstallation, MeshSpec};
use gloo_core::discover::resource::{
    ConfigMap, Container, Controller, ControllerKind, Pod, Service, Template,
};
use gloo_core::discover::{
    Claim, Code, Detector, Diagnostics, FoundMesh, Intent, Member, MeshIdentity, Plane, Proxy, View,
    control_plane_version,
};
use gloo_core::istr::Labels;

use crate::Linkerd;
use crate::config::{self, Config};

/// The component of a control plane that tells proxies what to do; no control plane is without it.
const DESTINATION: &str = "destination";
/// The Deployment of that component.
const ANCHOR: &str = "linkerd-destination";
/// Container of the proxy, whether it runs beside the others or before them.
const PROXY: &str = "linkerd-proxy";

/// Label of everything that is a part of a control plane.
const COMPONENT: &str = "linkerd.io/control-plane-component";
/// Label of pods that names the namespace of their control plane.
const CONTROL_PLANE: &str = "linkerd.io/control-plane-ns";
/// Label of everything that is a part of an extension.
const EXTENSION: &str = "linkerd.io/extension";
/// Label by which people keep a namespace out of the reach of Linkerd's webhooks.
const WEBHOOKS: &str = "config.linkerd.io/admission-webhooks";
/// Label by which Kubernetes names versions.
const VERSION: &str = "app.kubernetes.io/version";

/// Annotation by which people say who gets a proxy.
const INJECT: &str = "linkerd.io/inject";
/// Annotation of pods that take traffic from other clusters.
const ENABLE_GATEWAY: &str = "config.linkerd.io/enable-gateway";
/// Annotation with the version of a pod's proxy.
const PROXY_VERSION: &str = "linkerd.io/proxy-version";
/// Annotation with the digest of the certificates that are trusted.
const TRUST_ROOT: &str = "linkerd.io/trust-root-sha256";
/// The digest of nothing: the certificates come from elsewhere.
const NO_TRUST_ROOT: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

/// Annotation of a gateway's service.
const GATEWAY: &str = "mirror.linkerd.io/multicluster-gateway";
/// Annotation of a gateway's service with the identity of its pods.
const GATEWAY_IDENTITY: &str = "mirror.linkerd.io/gateway-identity";
/// What stands in an identity in front of the namespace of the control plane.
const IDENTITY_OF: &str = ".serviceaccount.identity.";
/// The extension that brings gateways.
const MULTICLUSTER: &str = "multicluster";
/// Name of a gateway's port.
const GATEWAY_PORT: &str = "mc-gateway";

/// Labels of services that Linkerd made for what is in other clusters, and what such a service is.
const COPY_LABELS: [(&str, &str); 3] = [
    ("mirror.linkerd.io/mirrored-service", "it is Linkerd's copy of a service elsewhere"),
    ("mirror.linkerd.io/mirrored-gateway", "it stands for the gateway of another cluster"),
    ("multicluster.linkerd.io/remote-discovery", "it is Linkerd's copy of a service elsewhere"),
];
/// Annotations of such services.
const COPY_ANNOTATIONS: [(&str, &str); 2] = [
    ("multicluster.linkerd.io/remote-discovery", "it stands for services of several clusters"),
    ("multicluster.linkerd.io/local-discovery", "it stands for services of several clusters"),
];

/// Namespaces for which the chart lets nobody ask for a proxy.
const NEVER_INJECTED: [&str; 2] = ["kube-system", "cert-manager"];

impl Detector for Linkerd {
    fn name(&self) -> &'static str {
        "linkerd"
    }

    fn reads_controller(&self, controller: &Controller) -> bool {
        anchor(controller).is_some()
    }

    fn reads_config_map(&self, config_map: &ConfigMap) -> bool {
        *config_map.name.name == *config::NAME
    }

    fn meshes(&self, cluster: View<'_>, notes: &mut Diagnostics) -> Vec<FoundMesh> {
        let anchors: Vec<(&Controller, &Container)> = anchors(cluster).collect();
        let are_several = anchors.len() > 1;
        anchors
            .into_iter()
            .map(|(controller, container)| mesh(controller, container, cluster, are_several, notes))
            .collect()
    }

    fn member(&self, pod: &Pod) -> Option<Member> {
        let template = &pod.template;
        has_proxy(template).then(|| {
            let version = template.annotations.get(PROXY_VERSION).filter(|version| !version.is_empty());
            let proxy = version.map(|version| Proxy { version: version.clone(), ..Proxy::default() });
            Member { plane: plane(template), claim: claim(template), proxy: proxy.map(Arc::new) }
        })
    }

    fn intent(&self, cluster: View<'_>, controller: &Controller, notes: &mut Diagnostics) -> Intent {
        let template = &controller.template;
        // Somebody wrote the proxy in already, as the chart does for the control plane.
        if has_proxy(template) {
            return Intent::Yes(plane(template), claim(template));
        }
        if template.host_network {
            return Intent::No;
        }
        let own_word = word(&template.annotations);
        let name = &controller.id.name.namespace;
        let Some(namespace) = cluster.namespace(name) else {
            if own_word == Word::Unsaid {
                let message = "it cannot be read, and it may ask for proxies of Linkerd";
                notes.note(Code::RbacMissing, format!("Namespace {name}"), message);
            }
            return own_word.intent(template);
        };
        if namespace.labels.get(WEBHOOKS).is_some_and(|value| **value == *"disabled") {
            return Intent::No;
        }
        if NEVER_INJECTED.contains(&&**name) {
            return Intent::Unsaid;
        }
        match (own_word, word(&namespace.annotations)) {
            // The injector refuses what it does not understand, whatever the other one says.
            (Word::Unknown, _) | (_, Word::Unknown) => Intent::No,
            (Word::Unsaid, word) | (word, _) => word.intent(template),
        }
    }

    fn hides(&self, service: &Service) -> Option<&'static str> {
        let copy = is_copy(service);
        // Proxies ask the control plane before they have any policy: one for its services could cut them off.
        let is_component = || service.labels.get(COMPONENT).is_some() && !is_gateway(service);
        copy.or_else(|| is_component().then_some("it is a part of the control plane"))
    }

    fn annotate_workload(&self, controller: &Controller) -> Vec<(&'static str, Istr)> {
        let extension = controller.template.labels.get(EXTENSION);
        extension.map(|name| ("infrastructure", name.clone())).into_iter().collect()
    }
}

/// The controllers by which control planes are found, with the containers that make them so.
fn anchors(cluster: View<'_>) -> impl Iterator<Item = (&Controller, &Container)> {
    let all = cluster.control_planes();
    all.filter_map(|controller| Some((controller, anchor(controller)?)))
}

/// The container by which a controller is the one that stands for a control plane. Images are not looked at:
/// mirrors and vendors call them as they like.
fn anchor(controller: &Controller) -> Option<&Container> {
    let is_named = *controller.id.name.name == *ANCHOR
        || controller.labels.get(COMPONENT).is_some_and(|component| **component == *DESTINATION);
    if controller.id.kind != ControllerKind::Deployment || !is_named {
        return None;
    }
    let containers = &controller.template.containers;
    let named = containers.iter().find(|container| *container.name == *DESTINATION);
    named.or_else(|| containers.iter().find(|container| container.runs(&[DESTINATION])))
}

/// The control plane that a controller stands for.
fn mesh(
    controller: &Controller,
    container: &Container,
    cluster: View<'_>,
    are_several: bool,
    notes: &mut Diagnostics,
) -> FoundMesh {
    let namespace = &controller.id.name.namespace;
    let config = Config::of(namespace, cluster, notes);
    let argument = |name| argument(container, name).unwrap_or_default();
    let cluster_domain = or(or(config.cluster_domain, argument("cluster-domain")), "cluster.local");
    let trust_domain = or(or(config.trust_domain, argument("identity-trust-domain")), &cluster_domain);
    let installation = MeshInstallation {
        namespace: namespace.clone(),
        cluster: cluster.name().clone(),
        pod_labels: controller.selector.clone(),
        version: control_plane_version(controller, &container.image, &[VERSION], &config.version, notes),
        region: cluster.region(),
    };
    let told = &controller.template.annotations;
    let trust_root = told.get(TRUST_ROOT).filter(|digest| ***digest != *NO_TRUST_ROOT);
    // The proxies of workloads, as far as there are any; else that of the control plane itself.
    let proxy_version =
        newest_proxy(namespace, cluster, are_several).or_else(|| told.get(PROXY_VERSION).cloned());
    let gateway = gateway(namespace, cluster, are_several).map(|service| service.name.to_string().into());
    FoundMesh {
        source: controller.id.name.clone(),
        annotations: controller.annotations.clone(),
        facts: vec![
            ("trust-domain", trust_domain),
            ("issuer-scheme", config.issuer_scheme),
            ("trust-root-sha256", trust_root.cloned().unwrap_or_default()),
            ("proxy-version", proxy_version.unwrap_or_default()),
            ("gateway", gateway.unwrap_or_default()),
        ],
        spec: MeshSpec {
            linkerd: Some(LinkerdMesh { installation: Some(installation), cluster_domain }),
            ..MeshSpec::default()
        },
        identity: MeshIdentity {
            namespace: namespace.clone(),
            revisions: Vec::new(),
            is_default: true,
            serves_nodes: false,
        },
    }
}

/// What is said, or something else where nothing is said.
fn or(said: Istr, other: &str) -> Istr {
    if said.is_empty() { other.into() } else { said }
}

/// The value of an argument, in the forms that Go's `flag` takes.
fn argument<'a>(container: &'a Container, name: &str) -> Option<&'a str> {
    let mut args = container.args.iter();
    while let Some(arg) = args.next() {
        let Some(rest) = arg.strip_prefix("--").or_else(|| arg.strip_prefix('-')) else { continue };
        match rest.split_once('=') {
            Some((found, value)) if found == name => return Some(value),
            None if rest == name => return args.next().map(|value| &**value),
            _ => (),
        }
    }
    None
}

/// The highest version among the proxies of a control plane's workloads. While it is upgraded there are several;
/// of these the highest is what all come to, and it does not change with each pod.
fn newest_proxy(namespace: &Istr, cluster: View<'_>, are_several: bool) -> Option<Istr> {
    let of_workloads = cluster.members().filter(|member| member.plane != Plane::ControlPlane);
    let own =
        of_workloads.filter(|member| !are_several || member.claim.namespace.as_ref() == Some(namespace));
    let versions = own.filter_map(|member| member.proxy.as_ref()).map(|proxy| &proxy.version);
    versions.max_by_key(|version| (numbers(version), (*version).clone())).cloned()
}

/// The numbers in a version, as in `edge-26.8.3`; nothing in front of them tells what is newer.
fn numbers(version: &str) -> Vec<u64> {
    version.split(|byte: char| !byte.is_ascii_digit()).filter_map(|number| number.parse().ok()).collect()
}

/// The service under which the gateway of a control plane takes traffic from other clusters.
fn gateway<'a>(namespace: &str, cluster: View<'a>, are_several: bool) -> Option<&'a Service> {
    let mut all = cluster.services().filter(|service| is_gateway(service) && is_copy(service).is_none());
    all.find(|service| !are_several || owner(service).is_none_or(|owner| owner == namespace))
}

fn is_gateway(service: &Service) -> bool {
    let is_extension = || service.labels.get(EXTENSION).is_some_and(|name| **name == *MULTICLUSTER);
    let has_port = || service.ports.iter().any(|port| *port.name == *GATEWAY_PORT);
    is_true(&service.annotations, GATEWAY) || (is_extension() && has_port())
}

/// The namespace of the control plane that signs for a gateway, as its identity says.
fn owner(service: &Service) -> Option<&str> {
    let (_, rest) = service.annotations.get(GATEWAY_IDENTITY)?.split_once(IDENTITY_OF)?;
    rest.split('.').next()
}

/// What a service is that Linkerd made for what is in other clusters.
fn is_copy(service: &Service) -> Option<&'static str> {
    let by = |labels: &Labels, all: &[(&str, &'static str)]| {
        all.iter().find(|(key, _)| labels.get(key).is_some()).map(|(_, why)| *why)
    };
    by(&service.annotations, &COPY_ANNOTATIONS).or_else(|| by(&service.labels, &COPY_LABELS))
}

/// Whether pods have the proxy. It runs beside the others, or, as it does by default, as an init container that
/// stays.
fn has_proxy(template: &Template) -> bool {
    let mut all = template.containers.iter().chain(&template.init_containers);
    all.any(|container| *container.name == *PROXY)
}

/// In which way pods with a proxy take part.
fn plane(template: &Template) -> Plane {
    if template.labels.get(COMPONENT).is_some() {
        Plane::ControlPlane
    } else if is_true(&template.annotations, ENABLE_GATEWAY) {
        Plane::Gateway
    } else {
        Plane::Sidecar
    }
}

fn claim(template: &Template) -> Claim {
    Claim { namespace: template.labels.get(CONTROL_PLANE).cloned(), ..Claim::default() }
}

fn is_true(annotations: &Labels, key: &str) -> bool {
    annotations.get(key).is_some_and(|value| **value == *"true")
}

/// What somebody says about getting a proxy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Word {
    Unsaid,
    Enabled,
    Disabled,
    Unknown,
}

fn word(annotations: &Labels) -> Word {
    match annotations.get(INJECT).map(|value| &**value) {
        None | Some("") => Word::Unsaid,
        // A proxy for ingress controllers differs in how it routes, not in whether it is there.
        Some("enabled" | "ingress") => Word::Enabled,
        Some("disabled") => Word::Disabled,
        Some(_) => Word::Unknown,
    }
}

impl Word {
    fn intent(self, template: &Template) -> Intent {
        match self {
            Self::Unsaid => Intent::Unsaid,
            Self::Enabled => Intent::Yes(plane(template), claim(template)),
            Self::Disabled | Self::Unknown => Intent::No,
        }
    }
}
