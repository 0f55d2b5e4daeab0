//! The lookups of destinations, and the selectors that find them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::Istr;
use crate::api::{self, ClusterObjectRef, DestinationSelector, KubeServiceMatcher};
use crate::id::InputRef;
use crate::index::MeshId;
use crate::index::arena::{Arena, Label, Postings, insert};
use crate::index::destination::{Destination, DestinationId, ExternalDestination};
use crate::name::object_key;

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
        let destination = Destination::new(id, self.arena.key(input), input, service, mesh, domain, object);
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
