//! Destinations and the selectors that find them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::Istr;
use crate::api::{self, ClusterObjectRef, DestinationSelector, KubeService, KubeServiceMatcher};
use crate::id::InputRef;
use crate::index::MeshId;
use crate::index::arena::{Arena, Id, Keyed, Label, Postings, insert};
use crate::istr::Labels;
use crate::model::Protocol;
use crate::name::object_key;

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
        let annotations = object.metadata.annotations.as_ref();
        match annotations.and_then(|all| all.get(DATA_PLANE)).map(String::as_str) {
            Some("ambient") => Self::Ambient,
            Some("mixed") => Self::Mixed,
            _ => Self::Sidecar,
        }
    }
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
        GATEWAYS.iter().any(|value| self.pod_selector().get("istio").is_some_and(|it| &**it == *value))
            || self.labels().get(NETWORK).is_some()
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
        let Self { id: _, input: _, key: _, service, host, mesh, ports, data_plane, object: _ } = self;
        *service == other.service
            && *host == other.host
            && *mesh == other.mesh
            && *ports == other.ports
            && *data_plane == other.data_plane
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

/// All destinations with their postings.
#[derive(Debug, Default)]
pub(crate) struct Destinations {
    arena: Arena<Destination>,
    external: BTreeMap<InputRef, ExternalDestination>,
    by_service: Postings<ClusterObjectRef, Destination>,
    by_cluster: Postings<Istr, Destination>,
    by_namespace: Postings<Istr, Destination>,
    by_label: Postings<(Istr, Istr), Destination>,
    /// Cluster, namespace and one label of the pods a service selects.
    by_pod_label: Postings<PodLabel, Destination>,
    /// Those that may be gateways of a mesh where nobody says which one is.
    gateways: Postings<MeshId, Destination>,
    /// Names of clusters and namespaces, shared by everything that is made from the destinations in them.
    names: BTreeSet<Istr>,
}

/// Cluster, namespace, key and value of a label of pods.
pub(super) type PodLabel = (Istr, Istr, Istr, Istr);

impl Destinations {
    /// Puts a service in place; gives back what was there. Those that are new, or look different, must be
    /// posted once all are in place and settled.
    pub(super) fn put(
        &mut self,
        input: &InputRef,
        object: &Arc<api::Destination>,
        mesh: Option<MeshId>,
        domains: &BTreeMap<Istr, Istr>,
    ) -> (DestinationId, Option<Destination>) {
        let id = self.arena.reserve(input);
        let kube_service = object.spec.kube_service.as_ref();
        let mut service = kube_service.and_then(|it| it.reference.clone()).unwrap_or_default();
        for name in [&mut service.cluster_name, &mut service.namespace] {
            share(&mut self.names, name);
        }
        let domain = domains.get(&service.cluster_name).map_or(super::DEFAULT_CLUSTER_DOMAIN, |it| it);
        let ports = kube_service.into_iter().flat_map(|it| it.ports.iter().map(|port| read_port(port, it)));
        let destination = Destination {
            id,
            input: input.clone(),
            key: self.arena.key(input),
            host: format!("{}.{}.svc.{domain}", service.name, service.namespace).into(),
            service,
            mesh,
            ports: ports.collect(),
            data_plane: DataPlane::of(object),
            object: Arc::clone(object),
        };
        (id, self.arena.put(id, destination))
    }

    /// Puts a destination that is no service in place, or takes it away; tells whether there was one.
    pub(super) fn put_external(&mut self, input: &InputRef, object: Option<&Arc<api::Destination>>) -> bool {
        let Some(object) = object else {
            return self.external.remove(input).is_some();
        };
        let key = object_key(&input.name, &input.namespace, "").into();
        let external = ExternalDestination { input: input.clone(), key, object: Arc::clone(object) };
        self.external.insert(input.clone(), external).is_some()
    }

    /// Takes a service out.
    pub(super) fn remove(&mut self, id: DestinationId) -> Option<Destination> {
        let destination = self.arena.remove(id)?;
        self.unpost(&destination);
        Some(destination)
    }

    pub(super) fn settle(&mut self) {
        self.arena.settle();
    }

    /// Makes a destination findable. All must be in place and settled.
    pub(super) fn post(&mut self, id: DestinationId) {
        let Some(destination) = self.arena.find(id) else {
            return;
        };
        let (arena, service) = (&self.arena, &destination.service);
        self.by_service.insert(service.clone(), id, arena);
        self.by_cluster.insert(service.cluster_name.clone(), id, arena);
        self.by_namespace.insert(service.namespace.clone(), id, arena);
        for (key, value) in destination.labels() {
            self.by_label.insert((key.clone(), value.clone()), id, arena);
        }
        if let Some(pods) = pod_label(destination) {
            self.by_pod_label.insert(pods, id, arena);
        }
        if let Some(mesh) = destination.mesh.filter(|_| destination.may_be_gateway()) {
            self.gateways.insert(mesh, id, arena);
        }
    }

    /// Takes a destination, as it was, out of the postings.
    pub(super) fn unpost(&mut self, destination: &Destination) {
        let (id, service) = (destination.id, &destination.service);
        self.by_service.remove(service, id);
        self.by_cluster.remove(&service.cluster_name, id);
        self.by_namespace.remove(&service.namespace, id);
        for (key, value) in destination.labels() {
            self.by_label.remove(&Label(key, value), id);
        }
        if let Some(pods) = pod_label(destination) {
            self.by_pod_label.remove(&pods, id);
        }
        if let Some(mesh) = &destination.mesh {
            self.gateways.remove(mesh, id);
        }
    }

    pub(crate) fn arena(&self) -> &Arena<Destination> {
        &self.arena
    }

    pub(crate) fn external(&self) -> impl Iterator<Item = &ExternalDestination> {
        self.external.values()
    }

    pub(crate) fn find(&self, id: DestinationId) -> Option<&Destination> {
        self.arena.find(id)
    }

    pub(crate) fn of_service(&self, service: &ClusterObjectRef) -> Option<&Destination> {
        self.by_service.of(service).first().and_then(|id| self.find(*id))
    }

    /// Every destination of a service, in the order of keys.
    pub(super) fn all_of_service(&self, service: &ClusterObjectRef) -> &[DestinationId] {
        self.by_service.of(service)
    }

    /// Whether a destination is the one that references to its service mean.
    pub(super) fn is_first(&self, destination: &Destination) -> bool {
        self.by_service.of(&destination.service).first() == Some(&destination.id)
    }

    /// Destinations that may be gateways of a mesh where nobody says which one is.
    pub(crate) fn gateways_of(&self, mesh: MeshId) -> &[DestinationId] {
        self.gateways.of(&mesh)
    }

    /// Destinations in a cluster.
    pub(crate) fn in_cluster(&self, cluster: &Istr) -> &[DestinationId] {
        self.by_cluster.of(cluster)
    }

    /// The first other destination, in the order of keys, that selects the same pods.
    pub(crate) fn sharing_workloads(&self, destination: &Destination) -> Option<&Destination> {
        let same = |other: &&Destination| {
            other.id != destination.id && other.pod_selector() == destination.pod_selector()
        };
        let pods = pod_label(destination)?;
        self.by_pod_label.of(&pods).iter().filter_map(|id| self.find(*id)).find(same)
    }

    /// Destinations that the selectors mean, in the order of keys. No selector means every destination.
    pub(crate) fn select(&self, selectors: &[DestinationSelector]) -> Vec<DestinationId> {
        match selectors {
            [] => self.arena.ids().to_vec(),
            [only] => self.select_one(only),
            _ => {
                let found: BTreeSet<DestinationId> =
                    selectors.iter().flat_map(|selector| self.select_one(selector)).collect();
                let mut found: Vec<DestinationId> = found.into_iter().collect();
                self.arena.sort(&mut found);
                found
            }
        }
    }

    fn select_one(&self, selector: &DestinationSelector) -> Vec<DestinationId> {
        let mut selected = Vec::new();
        if let Some(matcher) = &selector.kube_service_matcher {
            selected = self.select_matching(matcher);
        }
        for service in selector.kube_service_refs.iter().flat_map(|refs| &refs.services) {
            if let Some(destination) = self.of_service(service) {
                insert(&mut selected, destination.id, &self.arena);
            }
        }
        selected
    }

    /// Tests only the members of the shortest posting that the matcher names.
    fn select_matching(&self, matcher: &KubeServiceMatcher) -> Vec<DestinationId> {
        let KubeServiceMatcher { labels, namespaces, clusters } = matcher;
        let by_label = labels.iter().map(|(key, value)| vec![self.by_label.of(&Label(key, value))]);
        let mut candidates: Vec<Vec<&[DestinationId]>> = by_label.collect();
        if !namespaces.is_empty() {
            candidates.push(namespaces.iter().map(|name| self.by_namespace.of(name)).collect());
        }
        if !clusters.is_empty() {
            candidates.push(clusters.iter().map(|name| self.by_cluster.of(name)).collect());
        }
        let size = |lists: &Vec<&[DestinationId]>| lists.iter().map(|list| list.len()).sum::<usize>();
        let Some(lists) = candidates.into_iter().min_by_key(size) else {
            return self.arena.ids().to_vec();
        };
        let matching = |id: &DestinationId| self.find(*id).is_some_and(|it| matches(matcher, it));
        let one_list = lists.len() == 1;
        let mut found: Vec<DestinationId> = lists.into_iter().flatten().copied().filter(matching).collect();
        if !one_list {
            self.arena.sort(&mut found);
            found.dedup();
        }
        found
    }
}

/// Replaces a name by one that is there already.
fn share(names: &mut BTreeSet<Istr>, name: &mut Istr) {
    match names.get(name) {
        Some(shared) => *name = Istr::clone(shared),
        None => {
            names.insert(name.clone());
        }
    }
}

/// The label by which destinations are posted that select the same pods.
pub(super) fn pod_label(destination: &Destination) -> Option<PodLabel> {
    let (key, value) = destination.pod_selector().first_key_value()?;
    let service = &destination.service;
    Some((service.cluster_name.clone(), service.namespace.clone(), key.clone(), value.clone()))
}

/// Whether selectors mean a destination; `first` tells whether it is the one that references to its service
/// mean.
pub(super) fn selects(selectors: &[DestinationSelector], destination: &Destination, first: bool) -> bool {
    selectors.is_empty()
        || selectors.iter().any(|selector| {
            (first && names(selector, &destination.service))
                || selector.kube_service_matcher.as_ref().is_some_and(|it| matches(it, destination))
        })
}

/// Whether a selector names the service itself.
pub(crate) fn names(selector: &DestinationSelector, service: &ClusterObjectRef) -> bool {
    selector.kube_service_refs.as_ref().is_some_and(|refs| refs.services.contains(service))
}

fn matches(matcher: &KubeServiceMatcher, destination: &Destination) -> bool {
    let KubeServiceMatcher { labels, namespaces, clusters } = matcher;
    let service = &destination.service;
    (namespaces.is_empty() || namespaces.contains(&service.namespace))
        && (clusters.is_empty() || clusters.contains(&service.cluster_name))
        && labels.iter().all(|(key, value)| destination.labels().get(key) == Some(value))
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
    }
}
