//! Destinations and the selectors that find them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use indexmap::IndexMap;

use crate::Istr;
use crate::api::{self, ClusterObjectRef, DestinationSelector, KubeService, KubeServiceMatcher};
use crate::id::InputRef;
use crate::index::MeshId;
use crate::model::Protocol;
use crate::name::object_key;
use crate::snapshot::Snapshot;

/// How the pods behind a service take part in the mesh, as discovery recorded it.
const DATA_PLANE: &str = "discovery.mesh.gloo.solo.io/data-plane";

/// Position of a destination in the index.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DestinationId(u32);

impl DestinationId {
    pub(crate) fn index(self) -> usize {
        self.0 as usize
    }
}

/// A service of one cluster.
#[derive(Debug)]
pub struct Destination {
    /// Its position; positions are in the order of keys.
    pub id: DestinationId,
    /// Its name.
    pub input: InputRef,
    /// Its key in statuses.
    pub key: Istr,
    /// The object as it was read.
    pub object: Arc<api::Destination>,
    /// The service.
    pub service: ClusterObjectRef,
    /// The name by which clients in its own cluster call it.
    pub host: Istr,
    /// The mesh it belongs to.
    pub mesh: Option<MeshId>,
    /// Its ports, in the order of the service.
    pub ports: Vec<Port>,
    /// How its pods take part in the mesh.
    pub data_plane: DataPlane,
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
    /// Number at the workload, where it is known.
    pub target: Option<u32>,
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

impl Destination {
    /// The service part of the object.
    pub fn kube_service(&self) -> Option<&KubeService> {
        self.object.spec.kube_service.as_ref()
    }

    /// The port with this number.
    pub fn port(&self, number: u32) -> Option<&Port> {
        self.ports.iter().find(|port| port.number == number)
    }
}

/// All destinations with their postings.
#[derive(Debug, Default)]
pub(crate) struct Destinations {
    all: Vec<Destination>,
    external: Vec<ExternalDestination>,
    by_service: IndexMap<ClusterObjectRef, DestinationId>,
    by_cluster: BTreeMap<Istr, Vec<DestinationId>>,
    by_namespace: BTreeMap<Istr, Vec<DestinationId>>,
    by_label: BTreeMap<(Istr, Istr), Vec<DestinationId>>,
    /// Cluster, namespace and one label of the pods a service selects.
    by_pod_label: BTreeMap<(Istr, Istr, Istr, Istr), Vec<DestinationId>>,
}

impl Destinations {
    pub(super) fn read(
        snapshot: &Snapshot,
        meshes: &IndexMap<(&str, &str), MeshId>,
        domains: &BTreeMap<Istr, Istr>,
    ) -> Self {
        let mut destinations = Self::default();
        for (input, object) in snapshot.destinations.iter() {
            let key: Istr = object_key(&input.name, &input.namespace, "").into();
            let kube_service = object.spec.kube_service.as_ref();
            match kube_service.and_then(|service| Some((service, service.reference.as_ref()?))) {
                Some((kube_service, service)) => {
                    let mesh = object.spec.mesh.as_ref();
                    let mesh = mesh.and_then(|mesh| meshes.get(&(&*mesh.namespace, &*mesh.name)).copied());
                    let domain = domains.get(&service.cluster_name);
                    let domain = domain.map_or(super::DEFAULT_CLUSTER_DOMAIN, |domain| domain);
                    destinations.all.push(Destination {
                        id: DestinationId(0),
                        input: input.clone(),
                        key,
                        object: Arc::clone(object),
                        host: format!("{}.{}.svc.{domain}", service.name, service.namespace).into(),
                        service: service.clone(),
                        mesh,
                        ports: kube_service.ports.iter().map(|port| read_port(port, kube_service)).collect(),
                        data_plane: DataPlane::of(object),
                    });
                }
                None => destinations.external.push(ExternalDestination {
                    input: input.clone(),
                    key,
                    object: Arc::clone(object),
                }),
            }
        }
        destinations.all.sort_by(|a, b| a.key.cmp(&b.key));
        destinations.post();
        destinations
    }

    fn post(&mut self) {
        for (position, destination) in self.all.iter_mut().enumerate() {
            let id = DestinationId(u32::try_from(position).unwrap_or(u32::MAX));
            destination.id = id;
            let service = &destination.service;
            self.by_service.entry(service.clone()).or_insert(id);
            self.by_cluster.entry(service.cluster_name.clone()).or_default().push(id);
            self.by_namespace.entry(service.namespace.clone()).or_default().push(id);
            let Some(kube_service) = destination.object.spec.kube_service.as_ref() else {
                continue;
            };
            for (key, value) in &kube_service.labels {
                self.by_label.entry((key.clone(), value.clone())).or_default().push(id);
            }
            if let Some((key, value)) = kube_service.workload_selector_labels.first_key_value() {
                let place =
                    (service.cluster_name.clone(), service.namespace.clone(), key.clone(), value.clone());
                self.by_pod_label.entry(place).or_default().push(id);
            }
        }
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Destination> {
        self.all.iter()
    }

    pub(crate) fn len(&self) -> usize {
        self.all.len()
    }

    pub(crate) fn external(&self) -> &[ExternalDestination] {
        &self.external
    }

    pub(crate) fn find(&self, id: DestinationId) -> Option<&Destination> {
        self.all.get(id.index())
    }

    pub(crate) fn of_service(&self, service: &ClusterObjectRef) -> Option<&Destination> {
        self.by_service.get(service).and_then(|id| self.find(*id))
    }

    /// Whether any destination is in a cluster.
    pub(crate) fn are_in(&self, cluster: &Istr) -> bool {
        self.by_cluster.contains_key(cluster)
    }

    /// The first other destination, in the order of keys, that selects the same pods.
    pub(crate) fn sharing_workloads(&self, destination: &Destination) -> Option<&Destination> {
        let labels = &destination.kube_service()?.workload_selector_labels;
        let (key, value) = labels.first_key_value()?;
        let service = &destination.service;
        let place = (service.cluster_name.clone(), service.namespace.clone(), key.clone(), value.clone());
        let same = |other: &&Destination| {
            other.id != destination.id
                && other.kube_service().is_some_and(|service| service.workload_selector_labels == *labels)
        };
        self.by_pod_label.get(&place)?.iter().filter_map(|id| self.find(*id)).find(same)
    }

    /// Destinations that the selectors mean, in the order of keys. No selector means every destination.
    pub(crate) fn select(&self, selectors: &[DestinationSelector]) -> Vec<DestinationId> {
        if selectors.is_empty() {
            return self.all.iter().map(|destination| destination.id).collect();
        }
        let mut selected = BTreeSet::new();
        for selector in selectors {
            if let Some(refs) = &selector.kube_service_refs {
                selected.extend(refs.services.iter().filter_map(|service| self.by_service.get(service)));
            }
            if let Some(matcher) = &selector.kube_service_matcher {
                self.select_matching(matcher, &mut selected);
            }
        }
        selected.into_iter().collect()
    }

    /// Tests only the members of the shortest posting that the matcher names.
    fn select_matching(&self, matcher: &KubeServiceMatcher, selected: &mut BTreeSet<DestinationId>) {
        let by_label = matcher.labels.iter().map(|(key, value)| {
            vec![self.by_label.get(&(key.clone(), value.clone())).map_or(&[][..], Vec::as_slice)]
        });
        let mut candidates: Vec<Vec<&[DestinationId]>> = by_label.collect();
        if !matcher.namespaces.is_empty() {
            candidates.push(postings(&self.by_namespace, &matcher.namespaces));
        }
        if !matcher.clusters.is_empty() {
            candidates.push(postings(&self.by_cluster, &matcher.clusters));
        }
        let size = |lists: &Vec<&[DestinationId]>| lists.iter().map(|list| list.len()).sum::<usize>();
        match candidates.into_iter().min_by_key(size) {
            None => selected.extend(self.all.iter().map(|destination| destination.id)),
            Some(lists) => {
                let ids = lists.into_iter().flatten().copied();
                selected.extend(ids.filter(|id| self.find(*id).is_some_and(|it| matches(matcher, it))));
            }
        }
    }
}

fn postings<'a>(by: &'a BTreeMap<Istr, Vec<DestinationId>>, names: &[Istr]) -> Vec<&'a [DestinationId]> {
    names.iter().filter_map(|name| by.get(name)).map(Vec::as_slice).collect()
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
        && destination
            .kube_service()
            .is_some_and(|own| labels.iter().all(|(key, value)| own.labels.get(key) == Some(value)))
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
        name: port.name.clone(),
        protocol: Protocol::of(port.port, &port.name, &port.protocol, &port.app_protocol),
        target,
    }
}
