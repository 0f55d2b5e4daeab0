//! Control planes that run in the cluster.

use std::collections::{BTreeMap, BTreeSet};

use gloo_core::Istr;
use gloo_core::api::{IstioMesh, MeshInstallation, MeshSpec};
use gloo_core::discover::resource::{Container, Controller, ControllerKind, Name};
use gloo_core::discover::{
    Diagnostics, FoundMesh, Member, MeshIdentity, Plane, View, choose, control_plane_version,
};

use super::mesh_config::{MeshConfig, is_true};
use super::{DEFAULT, NETWORK, REVISION, TAG, address, gateway, said};

/// The first version that answers questions about names in ambient mode without being told to.
const AMBIENT_DNS_BY_DEFAULT: (u32, u32) = (1, 25);

/// Labels that tell the version where the image does not.
const VERSIONS: [&str; 2] = ["app.kubernetes.io/version", "operator.istio.io/version"];

/// The container that is a control plane, if pods of a controller are one.
pub fn container(controller: &Controller) -> Option<&Container> {
    if controller.id.kind != ControllerKind::Deployment {
        return None;
    }
    let template = &controller.template;
    let first = |fits: &dyn Fn(&Container) -> bool| template.containers.iter().find(|it| fits(it));
    let by_name =
        controller.id.name.name.starts_with("istiod").then(|| {
            first(&|container| container.image.contains("istio") && container.image.contains("pilot"))
        });
    let says = [&template.labels, &controller.labels];
    let says_istiod = says.iter().any(|labels| labels.get("app").is_some_and(|app| **app == *"istiod"));
    let by_label = says_istiod
        .then(|| first(&|container| *container.name == *"discovery" || container.runs(&["discovery"])));
    let has_revision = template.labels.get(REVISION).is_some();
    let by_image = has_revision.then(|| first(&|container| container.image_name() == "pilot"));
    [by_name, by_label, by_image].into_iter().flatten().flatten().next()
}

/// Whether a controller makes the proxies of nodes.
pub fn is_ztunnel(controller: &Controller) -> bool {
    ztunnel(controller).is_some()
}

fn ztunnel(controller: &Controller) -> Option<&Container> {
    let labels = &controller.template.labels;
    let is_named = ["app", "app.kubernetes.io/name"]
        .iter()
        .any(|key| labels.get(key).is_some_and(|value| **value == *"ztunnel"));
    let is_daemon = controller.id.kind == ControllerKind::DaemonSet && is_named;
    let mut containers = controller.template.containers.iter().filter(|_| is_daemon);
    containers.find(|it| it.runs(&["proxy", "ztunnel"]) || it.image_name() == "ztunnel")
}

/// The proxy of the cluster's nodes, if they have one.
pub fn node_proxy(cluster: View<'_>) -> Option<&Container> {
    cluster.control_planes().find_map(ztunnel)
}

/// A control plane, before it is known who belongs to it.
struct Found<'a> {
    controller: &'a Controller,
    container: &'a Container,
    revision: Istr,
    identity: MeshIdentity,
}

/// The control planes in a cluster.
pub fn find(cluster: View<'_>, notes: &mut Diagnostics) -> Vec<FoundMesh> {
    let tags = tags(cluster);
    let controllers = cluster.control_planes().filter_map(|it| Some((it, container(it)?)));
    let mut found: Vec<Found<'_>> = controllers
        .map(|(controller, container)| {
            let revision = revision(controller, container);
            let mut identity = MeshIdentity {
                namespace: controller.id.name.namespace.clone(),
                is_default: tags.get(DEFAULT).map_or(*revision == *DEFAULT, |tagged| *tagged == revision),
                revisions: vec![revision.clone()],
                serves_nodes: false,
            };
            let tagged = tags.iter().filter(|(_, of)| **of == revision).map(|(tag, _)| tag);
            identity.revisions.extend(tagged.filter(|tag| **tag != revision).cloned());
            Found { controller, container, revision, identity }
        })
        .collect();
    // The first of several is the one whose mesh has the first name.
    found.sort_by_cached_key(|it| cluster.mesh_name(&it.controller.id.name));
    let identities: Vec<&MeshIdentity> = found.iter().map(|it| &it.identity).collect();
    if let Some(found) = serving_nodes(cluster, &identities).and_then(|position| found.get_mut(position)) {
        found.identity.serves_nodes = true;
    }
    let identities: Vec<&MeshIdentity> = found.iter().map(|it| &it.identity).collect();
    let of = |position: usize| members(cluster, &identities, position);
    let meshes = found.iter().enumerate();
    meshes.map(|(position, it)| describe(cluster, (it, &identities), &of(position), notes)).collect()
}

/// The control plane that the proxies of nodes ask, if there are such proxies; where they do not tell, the default one.
pub fn serving_nodes(cluster: View<'_>, identities: &[&MeshIdentity]) -> Option<usize> {
    let claim = address::of_node_proxy(node_proxy(cluster)?).unwrap_or_default();
    choose(identities, Plane::Sidecar, &claim).map(|choice| choice.position)
}

/// The members that belong to a control plane.
pub fn members<'a>(cluster: View<'a>, identities: &[&MeshIdentity], position: usize) -> Vec<&'a Member> {
    let belongs = |member: &&Member| {
        choose(identities, member.plane, &member.claim).is_some_and(|choice| choice.position == position)
    };
    cluster.members().filter(belongs).collect()
}

/// Other names of revisions, by name.
fn tags(cluster: View<'_>) -> BTreeMap<Istr, Istr> {
    let tagged = cluster.services().filter_map(|service| {
        let tag = said(service.labels.get(TAG))?;
        Some((tag.clone(), said(service.labels.get(REVISION))?.clone()))
    });
    tagged.collect()
}

fn revision(controller: &Controller, container: &Container) -> Istr {
    let told = said(controller.labels.get(REVISION))
        .or_else(|| said(controller.template.labels.get(REVISION)))
        .or_else(|| said(container.env.get("REVISION")));
    let named = || controller.id.name.name.strip_prefix("istiod-").filter(|rest| !rest.is_empty());
    told.cloned().unwrap_or_else(|| named().unwrap_or(DEFAULT).into())
}

/// A control plane among `all` of the cluster.
fn describe(
    cluster: View<'_>,
    (found, all): (&Found<'_>, &[&MeshIdentity]),
    members: &[&Member],
    notes: &mut Diagnostics,
) -> FoundMesh {
    let Found { controller, container, revision, identity } = found;
    let Name { namespace, name: _ } = &controller.id.name;
    let object = format!("Deployment {}", controller.id.name);
    let shared = said(container.env.get("SHARED_MESH_CONFIG"));
    let config = MeshConfig::read(cluster, namespace, revision, shared, &object, notes);
    let version = control_plane_version(controller, &container.image, &VERSIONS, "", notes);
    let dns = captures_dns(cluster, &config, &version, members);
    let installation = MeshInstallation {
        namespace: namespace.clone(),
        cluster: cluster.name().clone(),
        pod_labels: controller.selector.clone(),
        version,
        region: cluster.region(),
    };
    let istio = IstioMesh {
        installation: Some(installation),
        trust_domain: config.trust_domain(),
        istiod_service_account: controller.template.service_account.clone(),
        smart_dns_proxying_enabled: dns,
        ingress_gateways: gateway::find(cluster, namespace, all, notes),
    };
    let mut facts = facts(cluster, identity, &config, members);
    let cluster_id = said(container.env.get("CLUSTER_ID")).cloned();
    facts.push(("istio-cluster-id", cluster_id.unwrap_or_else(|| "Kubernetes".into())));
    FoundMesh {
        source: controller.id.name.clone(),
        annotations: controller.annotations.clone(),
        facts,
        spec: MeshSpec { istio: Some(istio), ..MeshSpec::default() },
        identity: identity.clone(),
    }
}

/// What there is to note about a mesh.
pub fn facts(
    cluster: View<'_>,
    identity: &MeshIdentity,
    config: &MeshConfig,
    members: &[&Member],
) -> Vec<(&'static str, Istr)> {
    let planes = planes(members);
    let mut tags: Vec<&str> = identity.revisions.iter().skip(1).map(|tag| &**tag).collect();
    tags.sort_unstable();
    vec![
        ("revision", identity.revisions.first().cloned().unwrap_or_default()),
        ("revision-tags", tags.join(",").into()),
        ("data-plane-modes", planes.into_iter().collect::<Vec<_>>().join(",").into()),
        ("network", network(cluster, &identity.namespace, members)),
        ("mesh-id", config.mesh_id()),
        ("root-namespace", config.root_namespace()),
        ("trust-domain-aliases", config.trust_domain_aliases()),
    ]
}

/// How the traffic of members is taken.
fn planes(members: &[&Member]) -> BTreeSet<&'static str> {
    let planes = members.iter().map(|member| member.plane);
    planes.filter(|plane| matches!(plane, Plane::Sidecar | Plane::Ambient)).map(Plane::word).collect()
}

/// Whether proxies answer questions about names, in every way in which members take part.
pub fn captures_dns(cluster: View<'_>, config: &MeshConfig, version: &str, members: &[&Member]) -> bool {
    let planes = planes(members);
    let is_ambient = planes.contains(Plane::Ambient.word());
    let is_sidecar = planes.contains(Plane::Sidecar.word()) || !is_ambient;
    (!is_sidecar || config.captures_dns()) && (!is_ambient || captures_ambient_dns(cluster, version))
}

fn captures_ambient_dns(cluster: View<'_>, version: &str) -> bool {
    let mut maps = cluster.config_maps().filter(|map| *map.name.name == *"istio-cni-config");
    let told = maps.find_map(|map| map.data.get("AMBIENT_DNS_CAPTURE"));
    told.map_or_else(|| number(version) >= Some(AMBIENT_DNS_BY_DEFAULT), |text| is_true(text))
}

/// The first two numbers of a version.
fn number(version: &str) -> Option<(u32, u32)> {
    let mut parts = version.split(['.', '-']).map(str::parse);
    Some((parts.next()?.ok()?, parts.next()?.ok()?))
}

/// The network of a mesh: as the namespace of the control plane says, else as gateways say, else as all of its proxies
/// say.
fn network(cluster: View<'_>, namespace: &Istr, members: &[&Member]) -> Istr {
    let of_namespace = cluster.namespace(namespace).and_then(|namespace| said(namespace.labels.get(NETWORK)));
    let of_gateways = || cluster.services().find_map(|service| said(service.labels.get(NETWORK)));
    let of_proxies = || {
        let proxies = members.iter().filter_map(|member| member.proxy.as_ref());
        let told: BTreeSet<&Istr> = proxies.map(|proxy| &proxy.network).collect();
        told.first().copied().filter(|_| told.len() == 1)
    };
    of_namespace.or_else(of_gateways).or_else(of_proxies).cloned().unwrap_or_default()
}
