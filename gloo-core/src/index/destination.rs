//! One destination, as units of work see it.

use std::sync::Arc;

use crate::Istr;
use crate::api::{self, ClusterObjectRef, KubeService};
use crate::id::InputRef;
use crate::index::MeshId;
use crate::index::arena::{Id, Keyed};
use crate::istr::Labels;
use crate::model::Protocol;

/// How the pods behind a service take part in the mesh, as discovery recorded it.
const DATA_PLANE: &str = "discovery.mesh.gloo.solo.io/data-plane";

/// Values of the label `istio` by which services select the pods of gateways, the preferred first.
pub(crate) const GATEWAYS: [&str; 2] = ["ingressgateway", "eastwestgateway"];
/// Label of services that take traffic for a network.
pub(crate) const NETWORK: &str = "topology.istio.io/network";

/// Names a destination in the index.
pub type DestinationId = Id<Destination>;

/// A service of one cluster.
#[derive(Debug)]
pub struct Destination {
    /// Its id.
    pub id: DestinationId,
    /// Its name.
    pub input: InputRef,
    /// Its key in statuses.
    pub key: Istr,
    /// The service.
    pub service: ClusterObjectRef,
    /// The name by which clients in its own cluster call it.
    pub host: Istr,
    /// The mesh it belongs to, known or not.
    pub mesh: Option<MeshId>,
    /// Its ports, in the order of the service.
    pub ports: Vec<Port>,
    /// How its pods take part in the mesh.
    pub data_plane: DataPlane,
    /// Whether its pods are gateways, as discovery recorded it.
    is_gateway: bool,
    /// The object as it was read. Units see of it what the methods show, so that a change of the rest
    /// concerns nobody else.
    object: Arc<api::Destination>,
}

/// A port of a service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Port {
    /// Number at the service.
    pub number: u32,
    /// Name, often empty.
    pub name: Istr,
    /// What it speaks.
    pub protocol: Protocol,
    /// What it says that it speaks, as proxies call it.
    pub declared: Option<&'static str>,
    /// Name as it is written where every port must have one: its transport protocol if it has none.
    pub label: Istr,
    /// Number at the workload, where it is known.
    pub target: Option<u32>,
    /// Whether the target is given by name, so that it can be another one in each pod.
    pub has_named_target: bool,
}

impl Port {
    /// Whether it says that it speaks UDP.
    pub(crate) fn is_udp(&self) -> bool {
        self.declared == Some("UDP")
    }
}

/// How the pods behind a service take part in the mesh.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DataPlane {
    /// A proxy in each pod, or none is recorded.
    Sidecar,
    /// The node's proxy takes the traffic.
    Ambient,
    /// Some pods are of one sort, some of the other.
    Mixed,
}

impl DataPlane {
    fn of(object: &api::Destination) -> Self {
        match recorded(object) {
            "ambient" => Self::Ambient,
            "mixed" => Self::Mixed,
            _ => Self::Sidecar,
        }
    }
}

/// How discovery says that the pods of a service take part.
fn recorded(object: &api::Destination) -> &str {
    let annotations = object.metadata.annotations.as_ref();
    annotations.and_then(|all| all.get(DATA_PLANE)).map_or("", |word| word)
}

/// A destination outside of Kubernetes; nothing is translated for it.
#[derive(Debug)]
pub struct ExternalDestination {
    /// Its name.
    pub input: InputRef,
    /// Its key in statuses.
    pub key: Istr,
    /// The object as it was read.
    pub object: Arc<api::Destination>,
}

impl Keyed for Destination {
    fn input(&self) -> &InputRef {
        &self.input
    }

    fn key(&self) -> &Istr {
        &self.key
    }
}

impl Destination {
    /// Reads an object; `service` is what it stands for, and names in its cluster end with `domain`.
    pub(super) fn new(
        id: DestinationId,
        key: Istr,
        input: &InputRef,
        service: ClusterObjectRef,
        mesh: Option<MeshId>,
        domain: &str,
        object: &Arc<api::Destination>,
    ) -> Self {
        let kube_service = object.spec.kube_service.as_ref();
        let ports = kube_service.into_iter().flat_map(|it| it.ports.iter().map(|port| read_port(port, it)));
        Self {
            id,
            input: input.clone(),
            key,
            host: format!("{}.{}.svc.{domain}", service.name, service.namespace).into(),
            service,
            mesh,
            ports: ports.collect(),
            data_plane: DataPlane::of(object),
            is_gateway: ["gateway", "east-west-gateway"].contains(&recorded(object)),
            object: Arc::clone(object),
        }
    }

    /// Labels of the service.
    pub fn labels(&self) -> &Labels {
        static NONE: Labels = Labels::new();
        self.kube_service().map_or(&NONE, |service| &service.labels)
    }

    /// Labels by which the service selects its pods; without any it selects none.
    pub fn pod_selector(&self) -> &Labels {
        static NONE: Labels = Labels::new();
        self.kube_service().map_or(&NONE, |service| &service.workload_selector_labels)
    }

    /// The port with this number.
    pub fn port(&self, number: u32) -> Option<&Port> {
        self.ports.iter().find(|port| port.number == number)
    }

    /// The region of its pods, if it is known.
    pub fn region(&self) -> Option<&Istr> {
        self.kube_service().map(|service| &service.region).filter(|region| !region.is_empty())
    }

    /// How it is reached from outside of its cluster, for those who ask for it by name.
    pub(crate) fn entrance(&self) -> Entrance<'_> {
        Entrance { service: self.kube_service() }
    }

    /// Whether it may be a gateway for traffic from other clusters where nobody says which one is.
    pub(super) fn may_be_gateway(&self) -> bool {
        self.selects_gateway() || self.labels().get(NETWORK).is_some()
    }

    /// Whether traffic from outside of the mesh comes in by it.
    pub(crate) fn is_ingress(&self) -> bool {
        self.is_gateway || self.selects_gateway()
    }

    /// Whether its pods look like those of the gateways of Istio's own charts.
    fn selects_gateway(&self) -> bool {
        self.pod_selector().get("istio").is_some_and(|it| GATEWAYS.contains(&&**it))
    }

    pub(crate) fn object(&self) -> &Arc<api::Destination> {
        &self.object
    }

    fn kube_service(&self) -> Option<&KubeService> {
        self.object.spec.kube_service.as_ref()
    }

    /// The instances behind the service, for those who ask for them by name.
    pub(crate) fn endpoints(&self) -> Endpoints<'_> {
        Endpoints { service: self.kube_service() }
    }

    /// Whether everything that other units can see of it is the same, except for the endpoints.
    pub(super) fn looks_like(&self, other: &Self) -> bool {
        let Self { id: _, input: _, key: _, service, host, mesh, ports, data_plane, is_gateway, object: _ } =
            self;
        *service == other.service
            && *host == other.host
            && *mesh == other.mesh
            && *ports == other.ports
            && *data_plane == other.data_plane
            && *is_gateway == other.is_gateway
            && self.labels() == other.labels()
            && self.pod_selector() == other.pod_selector()
            && self.region() == other.region()
    }
}

/// How a service is reached from outside of its cluster.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Entrance<'a> {
    service: Option<&'a KubeService>,
}

impl PartialEq for Entrance<'_> {
    fn eq(&self, other: &Self) -> bool {
        match (self.service, other.service) {
            (Some(one), Some(other)) => {
                one.service_type == other.service_type
                    && one.external_addresses == other.external_addresses
                    && one.ports == other.ports
            }
            (one, other) => one.is_none() == other.is_none(),
        }
    }
}

impl<'a> Entrance<'a> {
    /// The ports with the numbers under which they are reached from outside, 0 for none.
    pub fn ports(self) -> impl Iterator<Item = (&'a api::KubeServicePort, u32)> {
        self.service.into_iter().flat_map(|service| {
            service.ports.iter().map(|port| {
                let outside = match service.service_type {
                    api::ServiceType::NodePort => port.node_port,
                    api::ServiceType::LoadBalancer => port.port,
                    api::ServiceType::ClusterIp | api::ServiceType::ExternalName => 0,
                };
                (port, outside)
            })
        })
    }

    /// The addresses at which it is reached, DNS names before IP addresses of the same entry.
    pub fn addresses(self) -> impl Iterator<Item = &'a Istr> {
        let all = self.service.into_iter().flat_map(|service| &service.external_addresses);
        let named = |name: &&Istr| !name.is_empty();
        all.filter_map(move |address| {
            address.dns_name.as_ref().filter(named).or(address.ip.as_ref().filter(named))
        })
    }
}

/// The instances behind a service.
#[derive(Clone, Copy, Debug)]
pub struct Endpoints<'a> {
    service: Option<&'a KubeService>,
}

impl PartialEq for Endpoints<'_> {
    fn eq(&self, other: &Self) -> bool {
        match (self.service, other.service) {
            (Some(one), Some(other)) => {
                one.endpoint_subsets == other.endpoint_subsets && one.subsets == other.subsets
            }
            (one, other) => one.is_none() == other.is_none(),
        }
    }
}

impl<'a> Endpoints<'a> {
    /// The instances, each with the ports of its group.
    pub fn iter(self) -> impl Iterator<Item = (&'a api::Endpoint, &'a [api::EndpointPort])> {
        let subsets = self.service.into_iter().flat_map(|service| &service.endpoint_subsets);
        subsets.flat_map(|subset| subset.endpoints.iter().map(|endpoint| (endpoint, subset.ports.as_slice())))
    }

    fn all(self) -> impl Iterator<Item = &'a api::Endpoint> {
        self.iter().map(|(endpoint, _)| endpoint)
    }

    /// Whether none are known.
    pub fn is_empty(self) -> bool {
        self.all().next().is_none()
    }

    /// Whether some instance carries a label, now or as discovery recorded it.
    pub fn carry(self, key: &str, value: &Istr) -> bool {
        let recorded = self.service.and_then(|service| service.subsets.get(key));
        recorded.is_some_and(|values| values.values.contains(value))
            || self.all().any(|endpoint| endpoint.labels.get(key) == Some(value))
    }
}

/// The name of a port where every port must have one.
fn label(name: &Istr, transport: &Istr) -> Istr {
    match (name.is_empty(), transport.is_empty()) {
        (false, _) => name.clone(),
        (true, false) => transport.clone(),
        (true, true) => "TCP".into(),
    }
}

/// Reads a port. A target given by name is looked up among the ports of the endpoints.
fn read_port(port: &api::KubeServicePort, kube_service: &KubeService) -> Port {
    let of_endpoints = || {
        let ports = kube_service.endpoint_subsets.iter().flat_map(|subset| &subset.ports);
        let mut numbers: Vec<u32> =
            ports.filter(|candidate| candidate.name == port.name).map(|candidate| candidate.port).collect();
        numbers.sort_unstable();
        numbers.dedup();
        if let [only] = numbers.as_slice() { Some(*only) } else { None }
    };
    let has_named_target =
        port.target_port_number.is_none_or(|number| number == 0) && port.target_port_name.is_some();
    let target = match (port.target_port_number, &port.target_port_name) {
        (Some(number), _) if number != 0 => Some(number),
        (_, Some(_)) => of_endpoints(),
        _ => None,
    };
    Port {
        number: port.port,
        label: label(&port.name, &port.protocol),
        name: port.name.clone(),
        protocol: Protocol::of(port.port, &port.name, &port.protocol, &port.app_protocol),
        declared: Protocol::declared(port.port, &port.name, &port.protocol, &port.app_protocol),
        target,
        has_named_target,
    }
}
