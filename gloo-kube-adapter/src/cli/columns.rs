//! What tables show of meshes, workloads and destinations.

use std::collections::BTreeMap;

use gloo_core::Istr;
use gloo_core::api::{Destination, KubeService, KubeServicePort, Mesh, MeshInstallation, Subset, Workload};

use gloo_core::discover::resource::selects;

use crate::world::discovery::Found as _;

/// The kind of a mesh.
pub fn mesh_type(mesh: &Mesh) -> &'static str {
    let spec = &mesh.spec;
    let kinds = [
        (spec.istio.is_some(), "istio"),
        (spec.linkerd.is_some(), "linkerd"),
        (spec.aws_app_mesh.is_some(), "appmesh"),
        (spec.consul_connect.is_some(), "consul"),
        (spec.osm.is_some(), "osm"),
    ];
    kinds.into_iter().find(|(is_it, _)| *is_it).map_or("", |(_, kind)| kind)
}

/// Where the control plane of a mesh is.
pub fn installation(mesh: &Mesh) -> Option<&MeshInstallation> {
    let spec = &mesh.spec;
    let istio = spec.istio.as_ref().and_then(|istio| istio.installation.as_ref());
    let linkerd = || spec.linkerd.as_ref().and_then(|linkerd| linkerd.installation.as_ref());
    let consul = || spec.consul_connect.as_ref().and_then(|consul| consul.installation.as_ref());
    let osm = || spec.osm.as_ref().and_then(|osm| osm.installation.as_ref());
    istio.or_else(linkerd).or_else(consul).or_else(osm)
}

/// The trust domain of a mesh; empty if it is not known.
pub fn trust_domain(mesh: &Mesh) -> &str {
    let said = mesh.spec.istio.as_ref().map(|istio| &*istio.trust_domain);
    said.filter(|domain| !domain.is_empty()).or_else(|| mesh.fact("trust-domain")).unwrap_or_default()
}

/// The gateways that a mesh itself names.
pub fn gateways(mesh: &Mesh) -> String {
    let gateways = mesh.spec.istio.as_ref().map_or(&[][..], |istio| istio.ingress_gateways.as_slice());
    if gateways.is_empty() {
        return mesh.fact("gateway").unwrap_or_default().to_owned();
    }
    let gateways = gateways.iter().map(|gateway| {
        let address = gateway.dns_name.as_ref().or(gateway.ip.as_ref());
        format!("{}:{}", address.unwrap_or(&gateway.external_address), gateway.external_tls_port)
    });
    gateways.collect::<Vec<_>>().join(",")
}

/// The namespace of the pods of a workload.
pub fn workload_namespace(workload: &Workload) -> &str {
    let controller = workload.spec.kubernetes.as_ref().and_then(|it| it.controller.as_ref());
    controller.map_or("", |controller| &controller.namespace)
}

/// The kind of a workload's controller, which its name says if nothing else does.
pub fn workload_kind(workload: &Workload) -> &str {
    let name = workload.metadata.name.as_deref().unwrap_or_default();
    let by_name = ["Deployment", "DaemonSet", "StatefulSet"]
        .into_iter()
        .find(|kind| name.ends_with(&format!("-{}", kind.to_ascii_lowercase())));
    workload.fact("workload-kind").or(by_name).unwrap_or_default()
}

/// The namespace of a destination's service.
pub fn service_namespace(destination: &Destination) -> &str {
    let service = destination.spec.kube_service.as_ref().and_then(|it| it.reference.as_ref());
    service.map_or("", |service| &service.namespace)
}

/// Ports with their names, or with their protocols where they have none.
pub fn ports(service: &KubeService) -> String {
    let port = |port: &KubeServicePort| {
        if port.name.is_empty() {
            format!("{}/{}", port.port, port.protocol.to_ascii_lowercase())
        } else {
            format!("{}/{}", port.port, port.name)
        }
    };
    service.ports.iter().map(port).collect::<Vec<_>>().join(",")
}

/// Labels that tell apart the pods of a service, with their values.
pub fn subsets(service: &KubeService) -> String {
    let subset = |(label, subset): (&Istr, &Subset)| {
        let values: Vec<&str> = subset.values.iter().map(|value| &**value).collect();
        format!("{label}={}", values.join("|"))
    };
    service.subsets.iter().map(subset).collect::<Vec<_>>().join(",")
}

/// Workloads and destinations by cluster and namespace.
#[derive(Debug, Default)]
pub struct Backing<'a> {
    workloads: BTreeMap<Place<'a>, Vec<&'a Workload>>,
    destinations: BTreeMap<Place<'a>, Vec<&'a Destination>>,
}

/// A cluster and a namespace in it.
type Place<'a> = (&'a str, &'a str);

impl<'a> Backing<'a> {
    /// Sorts workloads and destinations in.
    pub fn new(
        workloads: impl IntoIterator<Item = &'a Workload>,
        destinations: impl IntoIterator<Item = &'a Destination>,
    ) -> Self {
        let mut backing = Self::default();
        for workload in workloads {
            let key = (workload.cluster(), workload_namespace(workload));
            backing.workloads.entry(key).or_default().push(workload);
        }
        for destination in destinations {
            let key = (destination.cluster(), service_namespace(destination));
            backing.destinations.entry(key).or_default().push(destination);
        }
        backing
    }

    /// The workloads behind a destination.
    pub fn of(&self, destination: &Destination) -> Vec<&'a Workload> {
        let key = (destination.cluster(), service_namespace(destination));
        let nearby = self.workloads.get(&key).into_iter().flatten().copied();
        nearby.filter(|workload| is_behind(destination, workload)).collect()
    }

    /// The destinations in front of a workload.
    pub fn before(&self, workload: &Workload) -> Vec<&'a Destination> {
        let key = (workload.cluster(), workload_namespace(workload));
        let nearby = self.destinations.get(&key).into_iter().flatten().copied();
        nearby.filter(|destination| is_behind(destination, workload)).collect()
    }
}

fn is_behind(destination: &Destination, workload: &Workload) -> bool {
    let selector = destination.spec.kube_service.as_ref().map(|service| &service.workload_selector_labels);
    let labels = workload.spec.kubernetes.as_ref().map(|it| &it.pod_labels);
    selector.zip(labels).is_some_and(|(selector, labels)| selects(selector, labels))
}
