//! The objects of one cluster, with the lookups that discovery needs.

use std::collections::{BTreeMap, BTreeSet};

use crate::Istr;
use crate::api::{IngressGatewayDetector, IssuedCertificateStatus};
use crate::discover::detector::{Detector, Member};
use crate::discover::resource::{
    ConfigMap, Controller, ControllerId, ControllerKind, Endpoints, InstanceGroup, Name, Namespace, Node,
    Pod, ReplicaSet, Service, Slice, selects,
};
use crate::istr::Labels;

/// A pod, and how it takes part in each kind of mesh.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct KnownPod {
    /// The pod, without its containers.
    pub pod: Pod,
    /// How it takes part, by detector.
    pub members: Vec<Option<Member>>,
}

/// The members of one kind of mesh, with how many pods are alike.
pub type Members = BTreeMap<Member, usize>;

/// Objects of a namespace that carry a label.
pub(super) type ByLabel<T> = BTreeMap<(Istr, Istr, Istr), BTreeSet<T>>;

/// The objects of one cluster.
#[derive(Debug, Default)]
pub(super) struct Cluster {
    pub name: Istr,
    pub pods: BTreeMap<Name, KnownPod>,
    pub controllers: BTreeMap<ControllerId, Controller>,
    pub replica_sets: BTreeMap<Name, ReplicaSet>,
    pub services: BTreeMap<Name, Service>,
    pub nodes: BTreeMap<Istr, Node>,
    pub namespaces: BTreeMap<Istr, Namespace>,
    pub config_maps: BTreeMap<Name, ConfigMap>,
    pub slices: BTreeMap<Name, Slice>,
    pub endpoints: BTreeMap<Name, Endpoints>,
    pub certificates: BTreeMap<Name, IssuedCertificateStatus>,
    /// How gateways are recognised, where somebody says so.
    pub gateway_detector: IngressGatewayDetector,
    /// Pods by namespace, kind and name of what made them.
    pods_by_owner: ByLabel<Name>,
    pods_by_label: ByLabel<Name>,
    /// Services, and Deployments, by the first label of what they select.
    services_by_selector: ByLabel<Name>,
    deployments_by_selector: ByLabel<ControllerId>,
    /// ReplicaSets by Deployment.
    replica_sets_of: BTreeMap<Name, BTreeSet<Name>>,
    slices_of: BTreeMap<Name, BTreeSet<Name>>,
    /// Services by an instance that is told to stand behind them.
    targets: BTreeMap<Name, BTreeSet<Name>>,
    /// Controllers of which meshes are made, and of agents.
    control_planes: BTreeSet<ControllerId>,
    /// Members by detector.
    pub members: Vec<Members>,
}

impl Cluster {
    pub fn new(name: &Istr, detectors: &[&dyn Detector]) -> Self {
        Self { name: name.clone(), members: vec![Members::new(); detectors.len()], ..Self::default() }
    }

    /// Puts a pod in place, or takes it away; gives back what was there, and whether there is a sort of members
    /// more or less.
    pub fn put_pod(&mut self, name: &Name, pod: Option<KnownPod>) -> (Option<KnownPod>, bool) {
        let mut is_new_sort = false;
        let before = self.pods.remove(name);
        if let Some(before) = &before {
            for key in pod_keys(&before.pod) {
                forget(&mut self.pods_by_label, &key, name);
            }
            if let Some(key) = owner_key(&before.pod) {
                forget(&mut self.pods_by_owner, &key, name);
            }
            for (members, member) in self.members.iter_mut().zip(counted(before)) {
                let Some(member) = member else { continue };
                if let Some(count) = members.get_mut(member) {
                    *count -= 1;
                    if *count == 0 {
                        members.remove(member);
                        is_new_sort = true;
                    }
                }
            }
        }
        if let Some(pod) = pod {
            for key in pod_keys(&pod.pod) {
                self.pods_by_label.entry(key).or_default().insert(name.clone());
            }
            if let Some(key) = owner_key(&pod.pod) {
                self.pods_by_owner.entry(key).or_default().insert(name.clone());
            }
            for (members, member) in self.members.iter_mut().zip(counted(&pod)) {
                if let Some(member) = member {
                    let count = members.entry(member.clone()).or_default();
                    is_new_sort |= *count == 0;
                    *count += 1;
                }
            }
            self.pods.insert(name.clone(), pod);
        }
        (before, is_new_sort)
    }

    /// Puts a controller in place, or takes it away; gives back what was there. `is_read` tells whether some
    /// detector reads it.
    pub fn put_controller(
        &mut self,
        id: &ControllerId,
        controller: Option<Controller>,
        is_read: bool,
    ) -> Option<Controller> {
        if is_read {
            self.control_planes.insert(id.clone());
        } else {
            self.control_planes.remove(id);
        }
        let key = |controller: &Controller| label_keys(&id.name.namespace, &controller.selector).next();
        let is_deployment = id.kind == ControllerKind::Deployment;
        if let Some(key) = controller.as_ref().filter(|_| is_deployment).and_then(key) {
            self.deployments_by_selector.entry(key).or_default().insert(id.clone());
        }
        let after = controller.as_ref().and_then(key);
        let before = match controller {
            Some(controller) => self.controllers.insert(id.clone(), controller),
            None => self.controllers.remove(id),
        };
        if let Some(key) = before.as_ref().and_then(key).filter(|key| after.as_ref() != Some(key)) {
            forget(&mut self.deployments_by_selector, &key, id);
        }
        before
    }

    /// Puts a service in place, or takes it away; tells whether it is another one now.
    pub fn put_service(&mut self, name: &Name, service: Option<Service>) -> bool {
        let before = self.services.remove(name);
        let is_new = before != service;
        let key = |service: &Service| label_keys(&name.namespace, &service.selector).next();
        if let Some(key) = before.as_ref().and_then(key) {
            forget(&mut self.services_by_selector, &key, name);
        }
        if let Some(service) = service {
            if let Some(key) = key(&service) {
                self.services_by_selector.entry(key).or_default().insert(name.clone());
            }
            self.services.insert(name.clone(), service);
        }
        is_new
    }

    /// The controllers that some detector reads, in the order of kinds and names.
    pub fn read_controllers(&self) -> impl Iterator<Item = &Controller> {
        self.control_planes.iter().filter_map(|id| self.controllers.get(id))
    }

    /// The namespace of the first pod with a label.
    pub fn namespace_with_pod(&self, key: &str, value: &str) -> Option<&Istr> {
        let with_label =
            |known: &&KnownPod| known.pod.template.labels.get(key).is_some_and(|found| **found == *value);
        self.pods.values().find(with_label).map(|known| &known.pod.name.namespace)
    }

    /// Whether meshes look at a controller.
    pub fn is_control_plane(&self, id: &ControllerId) -> bool {
        self.control_planes.contains(id)
    }

    /// Puts a ReplicaSet in place, or takes it away; gives back what was there.
    pub fn put_replica_set(&mut self, name: &Name, set: Option<ReplicaSet>) -> Option<ReplicaSet> {
        let before = self.replica_sets.remove(name);
        if let Some(before) = before.as_ref().and_then(|before| before.owner.as_ref()) {
            forget(&mut self.replica_sets_of, &Name::new(name.namespace.clone(), before.name.clone()), name);
        }
        if let Some(set) = set {
            if let Some(owner) = &set.owner {
                let deployment = Name::new(name.namespace.clone(), owner.name.clone());
                self.replica_sets_of.entry(deployment).or_default().insert(name.clone());
            }
            self.replica_sets.insert(name.clone(), set);
        }
        before
    }

    /// Puts a slice in place, or takes it away; gives back what was there.
    pub fn put_slice(&mut self, name: &Name, slice: Option<Slice>) -> Option<Slice> {
        let concerned = self.slices.get(name).into_iter().chain(&slice).map(|slice| slice.service.clone());
        let concerned: BTreeSet<Name> = concerned.collect();
        let targets: Vec<BTreeSet<Name>> = concerned.iter().map(|it| self.instances_of(it)).collect();
        let before = self.slices.remove(name);
        if let Some(before) = &before {
            forget(&mut self.slices_of, &before.service, name);
        }
        if let Some(slice) = slice {
            self.slices_of.entry(slice.service.clone()).or_default().insert(name.clone());
            self.slices.insert(name.clone(), slice);
        }
        for (service, before) in concerned.iter().zip(targets) {
            self.retarget(service, &before);
        }
        before
    }

    /// Puts endpoints in place, or takes them away; gives back what was there.
    pub fn put_endpoints(&mut self, service: &Name, endpoints: Option<Endpoints>) -> Option<Endpoints> {
        let targets = self.instances_of(service);
        let before = match endpoints {
            Some(endpoints) => self.endpoints.insert(service.clone(), endpoints),
            None => self.endpoints.remove(service),
        };
        self.retarget(service, &targets);
        before
    }

    /// The pods that are told to stand behind a service.
    fn instances_of(&self, service: &Name) -> BTreeSet<Name> {
        let slices = self.slices_of(service).map(|slice| &slice.group);
        let groups = slices.chain(self.endpoints.get(service).into_iter().flat_map(|it| &it.groups));
        groups.flat_map(|group| &group.instances).filter_map(|it| it.pod.clone()).collect()
    }

    /// Notes which pods are told to stand behind a service, where others were.
    fn retarget(&mut self, service: &Name, before: &BTreeSet<Name>) {
        let after = self.instances_of(service);
        for gone in before.difference(&after) {
            forget(&mut self.targets, gone, service);
        }
        for new in after.difference(before) {
            self.targets.entry(new.clone()).or_default().insert(service.clone());
        }
    }

    /// The slices of a service.
    pub fn slices_of(&self, service: &Name) -> impl Iterator<Item = &Slice> {
        self.slices_of.get(service).into_iter().flatten().filter_map(|name| self.slices.get(name))
    }

    /// The services behind which a pod is told to stand.
    pub fn targeting(&self, pod: &Name) -> impl Iterator<Item = &Name> {
        self.targets.get(pod).into_iter().flatten()
    }

    /// The pods of a namespace that a selector selects, in the order of names.
    pub fn pods_selected(&self, namespace: &Istr, selector: &Labels) -> Vec<&KnownPod> {
        let names = selected(&self.pods_by_label, namespace, selector);
        let pods = names.filter_map(|name| self.pods.get(name));
        pods.filter(|known| selects(selector, &known.pod.template.labels)).collect()
    }

    /// The pods that a controller made, in the order of names; whether a ReplicaSet between them is missing.
    pub fn pods_of(&self, controller: &Controller) -> Vec<&KnownPod> {
        let ControllerId { kind, name } = &controller.id;
        let of = |kind: &str, name: &Name| {
            let key = (name.namespace.clone(), Istr::from(kind), name.name.clone());
            self.pods_by_owner.get(&key).into_iter().flatten().filter_map(|pod| self.pods.get(pod))
        };
        let mut pods: Vec<&KnownPod> = if *kind == ControllerKind::Deployment {
            let sets = self.replica_sets_of.get(name).into_iter().flatten();
            let made_by = |set: &&Name| {
                let owner = self.replica_sets.get(*set).and_then(|set| set.owner.as_ref());
                owner
                    .is_some_and(|owner| &*owner.kind == "Deployment" && is_same(&owner.uid, &controller.uid))
            };
            sets.filter(made_by).flat_map(|set| of("ReplicaSet", set)).collect()
        } else {
            let made = |known: &&KnownPod| {
                known.pod.owner.as_ref().is_some_and(|owner| is_same(&owner.uid, &controller.uid))
            };
            of(kind.word(), name).filter(made).collect()
        };
        pods.retain(|known| !known.pod.is_finished());
        pods.sort_by(|a, b| a.pod.name.cmp(&b.pod.name));
        pods
    }

    /// The pods that a Deployment seems to have made: it selects them, and the ReplicaSet between them is not there.
    pub fn orphans_of(&self, controller: &Controller) -> Vec<&KnownPod> {
        let ControllerId { kind, name } = &controller.id;
        if *kind != ControllerKind::Deployment {
            return Vec::new();
        }
        let mut pods = self.pods_selected(&name.namespace, &controller.selector);
        pods.retain(|known| !known.pod.is_finished() && self.is_orphan(&known.pod));
        pods
    }

    /// The controller that made a pod.
    pub fn controller_of(&self, pod: &Pod) -> Option<ControllerId> {
        let owner = pod.owner.as_ref()?;
        let namespace = &pod.name.namespace;
        let kind = match &*owner.kind {
            "DaemonSet" => ControllerKind::DaemonSet,
            "StatefulSet" => ControllerKind::StatefulSet,
            "ReplicaSet" => {
                let set = Name::new(namespace.clone(), owner.name.clone());
                let owner = self
                    .replica_sets
                    .get(&set)?
                    .owner
                    .as_ref()
                    .filter(|owner| &*owner.kind == "Deployment")?;
                let name = Name::new(namespace.clone(), owner.name.clone());
                return Some(ControllerId { kind: ControllerKind::Deployment, name });
            }
            _ => return None,
        };
        Some(ControllerId { kind, name: Name::new(namespace.clone(), owner.name.clone()) })
    }

    /// The pods that a ReplicaSet made.
    pub fn pods_of_replica_set(&self, set: &Name) -> impl Iterator<Item = &KnownPod> {
        let key = (set.namespace.clone(), Istr::from("ReplicaSet"), set.name.clone());
        self.pods_by_owner.get(&key).into_iter().flatten().filter_map(|name| self.pods.get(name))
    }

    /// Whether clients outside can reach some node by an address that it tells.
    pub fn has_external_nodes(&self) -> bool {
        self.nodes.values().any(Node::is_external)
    }

    /// The services with an instance on a node, or with a pod that they select. Everything is looked through: nodes
    /// change too seldom for a lookup of their own.
    pub fn services_on(&self, node: &Istr) -> BTreeSet<Name> {
        let is_there = |group: &InstanceGroup| group.instances.iter().any(|it| it.node == *node);
        let slices = self.slices.values().filter(|slice| is_there(&slice.group)).map(|slice| &slice.service);
        let endpoints = self.endpoints.iter().filter(|(_, it)| it.groups.iter().any(is_there));
        let mut services: BTreeSet<Name> = slices.chain(endpoints.map(|(name, _)| name)).cloned().collect();
        for known in self.pods.values().filter(|known| known.pod.node == *node) {
            let selecting = self.services_selecting(&known.pod.name.namespace, &known.pod.template.labels);
            services.extend(selecting.cloned());
        }
        services
    }

    /// The services of a namespace that select what has these labels.
    pub fn services_selecting<'a>(
        &'a self,
        namespace: &'a Istr,
        labels: &'a Labels,
    ) -> impl Iterator<Item = &'a Name> {
        let lists = label_keys(namespace, labels).filter_map(|key| self.services_by_selector.get(&key));
        let fits = |name: &&Name| self.services.get(*name).is_some_and(|it| selects(&it.selector, labels));
        lists.flatten().filter(fits)
    }

    /// The Deployments that seem to have made a pod, if the ReplicaSet between them is not there.
    pub fn makers_of_orphan<'a>(&'a self, pod: &'a Pod) -> impl Iterator<Item = &'a ControllerId> {
        let lists = label_keys(&pod.name.namespace, &pod.template.labels).filter(|_| self.is_orphan(pod));
        let lists = lists.filter_map(|key| self.deployments_by_selector.get(&key));
        lists.flatten()
    }

    fn is_orphan(&self, pod: &Pod) -> bool {
        let set = pod.owner.as_ref().filter(|owner| *owner.kind == *"ReplicaSet");
        let set = set.map(|owner| Name::new(pod.name.namespace.clone(), owner.name.clone()));
        set.is_some_and(|set| !self.replica_sets.contains_key(&set))
    }

    /// The services of a namespace, in the order of names.
    pub fn services_in<'a>(&'a self, namespace: &'a Istr) -> impl Iterator<Item = &'a Service> {
        let from = Name { namespace: namespace.clone(), name: Istr::default() };
        let all = self.services.range(from..).map(|(_, service)| service);
        all.take_while(move |service| service.name.namespace == *namespace)
    }
}

/// The same identity, where both are told.
fn is_same(one: &Istr, other: &Istr) -> bool {
    one.is_empty() || other.is_empty() || one == other
}

/// The members that count: pods that have ended are none.
fn counted(known: &KnownPod) -> impl Iterator<Item = Option<&Member>> {
    let counts = !known.pod.is_finished();
    known.members.iter().map(move |member| member.as_ref().filter(|_| counts))
}

fn pod_keys(pod: &Pod) -> impl Iterator<Item = (Istr, Istr, Istr)> {
    label_keys(&pod.name.namespace, &pod.template.labels)
}

/// By what something with labels is found.
pub(super) fn label_keys<'a>(
    namespace: &'a Istr,
    labels: &'a Labels,
) -> impl Iterator<Item = (Istr, Istr, Istr)> + 'a {
    labels.iter().map(|(key, value)| (namespace.clone(), key.clone(), value.clone()))
}

/// Whatever carries that label of a selector which fewest do.
pub(super) fn selected<'a, T>(
    by_label: &'a ByLabel<T>,
    namespace: &Istr,
    selector: &Labels,
) -> impl Iterator<Item = &'a T> {
    let lists = label_keys(namespace, selector).map(|key| by_label.get(&key));
    lists.min_by_key(|list| list.map_or(0, BTreeSet::len)).flatten().into_iter().flatten()
}

fn owner_key(pod: &Pod) -> Option<(Istr, Istr, Istr)> {
    let owner = pod.owner.as_ref()?;
    Some((pod.name.namespace.clone(), owner.kind.clone(), owner.name.clone()))
}

pub(super) fn forget<K: Ord, T: Ord>(lists: &mut BTreeMap<K, BTreeSet<T>>, key: &K, member: &T) {
    if let Some(list) = lists.get_mut(key) {
        list.remove(member);
        if list.is_empty() {
            lists.remove(key);
        }
    }
}

/// What is there most often; of those that are equally frequent the smallest.
pub(super) fn most<'a, T: Ord + Clone + 'a>(all: impl Iterator<Item = &'a T>) -> Option<T> {
    let mut counts: BTreeMap<&T, usize> = BTreeMap::new();
    for one in all {
        *counts.entry(one).or_default() += 1;
    }
    let best = counts.iter().max_by(|(a, many), (b, few)| many.cmp(few).then(b.cmp(a)));
    best.map(|(one, _)| (*one).clone())
}
