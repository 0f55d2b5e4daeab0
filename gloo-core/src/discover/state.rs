//! What was found in one cluster, and how it changes when objects do.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::Istr;
use crate::api::{AgentInfo, Destination, IngressGatewayDetector, Mesh, ObjectRef, ServiceType, Workload};
use crate::discover::Options;
use crate::discover::cluster::{Cluster, KnownPod};
use crate::discover::detector::{Detector, FoundMesh, Plane};
use crate::discover::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::discover::emit::{Emitted, Emitter, Renamed, Source};
use crate::discover::lacks;
use crate::discover::mesh::KnownMesh;
use crate::discover::naming;
use crate::discover::pods;
use crate::discover::resource::{ControllerId, ControllerKind, Kind, Name, Node, Pod, ReplicaSet, Resource};
use crate::discover::view::{Asked, View};
use crate::discover::workload::{Finder, Workloads};
use crate::istr::Labels;

/// Label of the certificate agent's pods.
const AGENT: (&str, &str) = ("app", "cert-agent");

/// What was found in one cluster.
#[derive(Debug)]
pub(super) struct State {
    pub cluster: Cluster,
    dirty: Dirty,
    /// What detectors asked about pods and instances.
    asked: Asked,
    meshes: Vec<KnownMesh>,
    workloads: Workloads,
    pub found_meshes: Emitted<Mesh>,
    pub found_workloads: Emitted<Workload>,
    pub found_destinations: Emitted<Destination>,
    /// Meshes of workloads that somebody found before, and how they took part.
    published: BTreeMap<ControllerId, (ObjectRef, Plane)>,
    notes: Notes,
}

/// Remarks by what they are about.
#[derive(Debug, Default)]
struct Notes {
    meshes: Diagnostics,
    controllers: BTreeMap<ControllerId, Diagnostics>,
    services: BTreeMap<Name, Diagnostics>,
    undecodable: BTreeMap<(Kind, Name), Diagnostics>,
}

/// What must be looked at again.
#[derive(Debug, Default)]
struct Dirty {
    meshes: bool,
    all: bool,
    controllers: BTreeSet<ControllerId>,
    services: BTreeSet<Name>,
}

impl State {
    pub fn new(name: &Istr, detectors: &[&dyn Detector]) -> Self {
        Self {
            cluster: Cluster::new(name, detectors),
            dirty: Dirty::default(),
            asked: Asked::default(),
            meshes: Vec::new(),
            workloads: Workloads::default(),
            found_meshes: Emitted::default(),
            found_workloads: Emitted::default(),
            found_destinations: Emitted::default(),
            published: BTreeMap::new(),
            notes: Notes::default(),
        }
    }

    /// Notes the mesh of a workload that was found before, and how it took part.
    pub fn remember(&mut self, id: ControllerId, mesh: ObjectRef, plane: Plane) {
        self.dirty.controllers.insert(id.clone());
        self.published.insert(id, (mesh, plane));
    }

    /// Notes how gateways are recognised.
    pub fn set_gateway_detector(&mut self, detector: IngressGatewayDetector) {
        if self.cluster.gateway_detector != detector {
            self.cluster.gateway_detector = detector;
            self.dirty.meshes = true;
        }
    }

    /// An object cannot be read; what was known of it stays.
    pub fn note_undecodable(&mut self, kind: Kind, name: &Name, reason: &str) {
        let mut notes = Diagnostics::new(&self.cluster.name);
        notes.note(Code::Undecodable, format!("{kind:?} {name}"), reason);
        self.notes.undecodable.insert((kind, name.clone()), notes);
    }

    /// An object is there, or no longer.
    pub fn put(&mut self, kind: Kind, name: Name, resource: Option<Resource>, detectors: &[&dyn Detector]) {
        self.notes.undecodable.remove(&(kind, name.clone()));
        match kind {
            Kind::Pod => {
                let pod = if let Some(Resource::Pod(pod)) = resource { Some(pod) } else { None };
                self.put_pod(&name, pod, detectors);
            }
            Kind::Deployment | Kind::DaemonSet | Kind::StatefulSet => {
                let Some(kind) = kind.controller() else { return };
                self.put_controller(ControllerId { kind, name }, resource, detectors);
            }
            Kind::ReplicaSet => {
                let set = if let Some(Resource::ReplicaSet(set)) = resource { Some(set) } else { None };
                self.put_replica_set(&name, set);
            }
            Kind::ConfigMap => {
                let map = if let Some(Resource::ConfigMap(map)) = resource { Some(map) } else { None };
                let map = map.filter(|map| detectors.iter().any(|detector| detector.reads_config_map(map)));
                if replace(&mut self.cluster.config_maps, name, map) {
                    self.dirty.meshes = true;
                    // Injection is configured there.
                    self.dirty.controllers.extend(self.cluster.controllers.keys().cloned());
                }
            }
            Kind::EndpointSlice => {
                let slice = if let Some(Resource::Slice(slice)) = resource { Some(slice) } else { None };
                let after = slice.as_ref().map(|slice| slice.service.clone());
                let before = self.cluster.put_slice(&name, slice);
                for service in before.map(|slice| slice.service).into_iter().chain(after) {
                    self.dirty.meshes |= self.asked.about_service(&service);
                    self.dirty.services.insert(service);
                }
            }
            Kind::Endpoints => {
                let all = if let Some(Resource::Endpoints(all)) = resource { Some(all) } else { None };
                self.cluster.put_endpoints(&name, all);
                self.dirty.meshes |= self.asked.about_service(&name);
                self.dirty.services.insert(name);
            }
            Kind::Service => {
                let service =
                    if let Some(Resource::Service(service)) = resource { Some(service) } else { None };
                if self.cluster.put_service(&name, service) {
                    self.dirty.services.insert(name);
                    self.dirty.meshes = true;
                }
            }
            Kind::Node => {
                let node = if let Some(Resource::Node(node)) = resource { Some(node) } else { None };
                self.put_node(&name.name, node);
            }
            Kind::Namespace => {
                let namespace = if let Some(Resource::Namespace(it)) = resource { Some(it) } else { None };
                if replace(&mut self.cluster.namespaces, name.name.clone(), namespace) {
                    self.dirty.meshes = true;
                    let inside = self.cluster.controllers.keys().filter(|id| id.name.namespace == name.name);
                    self.dirty.controllers.extend(inside.cloned());
                    let inside = self.cluster.services_in(&name.name).map(|service| service.name.clone());
                    self.dirty.services.extend(inside);
                }
            }
            Kind::IssuedCertificate => {
                let status =
                    if let Some(Resource::IssuedCertificate(it)) = resource { Some(*it) } else { None };
                self.dirty.meshes |= replace(&mut self.cluster.certificates, name, status);
            }
        }
    }

    fn put_pod(&mut self, name: &Name, pod: Option<Pod>, detectors: &[&dyn Detector]) {
        let after = pod.map(|mut pod| {
            let members = detectors.iter().map(|detector| detector.member(&pod)).collect();
            pod.template.containers.clear();
            pod.template.init_containers.clear();
            pod.template.annotations = Labels::new();
            KnownPod { pod, members }
        });
        if after.as_ref() == self.cluster.pods.get(name) {
            return;
        }
        let (before, is_new_sort) = self.cluster.put_pod(name, after);
        self.dirty.meshes |= is_new_sort;
        let after = self.cluster.pods.get(name);
        for known in before.iter().chain(after) {
            let labels = &known.pod.template.labels;
            self.dirty.controllers.extend(self.cluster.controller_of(&known.pod));
            self.dirty.controllers.extend(self.cluster.makers_of_orphan(&known.pod).cloned());
            self.dirty.services.extend(self.cluster.services_selecting(&name.namespace, labels).cloned());
            self.dirty.meshes |= self.asked.about_pod(&name.namespace, labels) || is_agent(labels);
        }
        self.dirty.services.extend(self.cluster.targeting(name).cloned());
    }

    fn put_node(&mut self, name: &Istr, node: Option<Node>) {
        let were_external = self.cluster.has_external_nodes();
        if !replace(&mut self.cluster.nodes, name.clone(), node) {
            return;
        }
        self.dirty.meshes = true;
        self.dirty.services.extend(self.cluster.services_on(name));
        if self.cluster.has_external_nodes() != were_external {
            let services = self.cluster.services.values();
            let on_nodes = services.filter(|service| service.service_type == ServiceType::NodePort);
            self.dirty.services.extend(on_nodes.map(|service| service.name.clone()));
        }
    }

    fn put_controller(&mut self, id: ControllerId, resource: Option<Resource>, detectors: &[&dyn Detector]) {
        let after =
            if let Some(Resource::Controller(controller)) = resource { Some(controller) } else { None };
        let before = self.cluster.controllers.get(&id);
        if before == after.as_ref() {
            return;
        }
        let gone = before.filter(|_| after.is_none()).map(|before| self.cluster.pods_of(before));
        let pods: Vec<Name> = gone.into_iter().flatten().map(|known| known.pod.name.clone()).collect();
        for pod in &pods {
            self.dirty.services.extend(self.cluster.targeting(pod).cloned());
        }
        let is_read = after.as_ref().is_some_and(|controller| {
            is_agent(&controller.template.labels)
                || detectors.iter().any(|detector| detector.reads_controller(controller))
        });
        self.dirty.meshes |= is_read || self.cluster.is_control_plane(&id);
        self.cluster.put_controller(&id, after, is_read);
        self.dirty.controllers.insert(id);
    }

    fn put_replica_set(&mut self, name: &Name, set: Option<ReplicaSet>) {
        self.note_orphans(name);
        let before = self.cluster.put_replica_set(name, set.clone());
        self.note_orphans(name);
        if before == set {
            return;
        }
        for owner in before.into_iter().chain(set).filter_map(|set| set.owner) {
            let name = Name::new(name.namespace.clone(), owner.name);
            self.dirty.controllers.insert(ControllerId { kind: ControllerKind::Deployment, name });
        }
        let pods = self.cluster.pods_of_replica_set(name);
        let targets: Vec<Name> =
            pods.flat_map(|known| self.cluster.targeting(&known.pod.name).cloned()).collect();
        self.dirty.services.extend(targets);
    }

    /// Something must be looked at again, because its name may be another one now.
    pub fn renamed(&mut self, what: Renamed) {
        match what {
            Renamed::Mesh => self.dirty.meshes = true,
            Renamed::Workload(id) => {
                self.dirty.controllers.insert(id);
            }
            Renamed::Destination(name) => {
                self.dirty.services.insert(name);
            }
        }
    }

    /// Pods of a ReplicaSet that is not there may count for those who select them.
    fn note_orphans(&mut self, set: &Name) {
        let pods = self.cluster.pods_of_replica_set(set);
        let makers = pods.flat_map(|known| self.cluster.makers_of_orphan(&known.pod));
        self.dirty.controllers.extend(makers.cloned());
    }

    /// Looks again at whatever may be different now.
    pub fn run(&mut self, options: &Options, detectors: &[&dyn Detector], emitter: &mut Emitter) {
        if self.dirty.meshes {
            self.run_meshes(options, detectors, emitter);
        }
        if self.dirty.all {
            self.dirty.controllers.extend(self.cluster.controllers.keys().cloned());
            self.dirty.services.extend(self.cluster.services.keys().cloned());
        }
        // Whoever takes a name from another one makes it run again.
        while let Some(id) = self.dirty.controllers.pop_first() {
            self.run_controller(&id, options, detectors, emitter);
        }
        while let Some(name) = self.dirty.services.pop_first() {
            self.run_service(&name, options, detectors, emitter);
        }
        self.dirty = Dirty::default();
    }

    fn run_meshes(&mut self, options: &Options, detectors: &[&dyn Detector], emitter: &mut Emitter) {
        let asked = Asked::default();
        let mut notes = Diagnostics::new(&self.cluster.name);
        let mut found: BTreeMap<Name, (usize, FoundMesh)> = BTreeMap::new();
        for (position, (detector, members)) in detectors.iter().zip(&self.cluster.members).enumerate() {
            let view = View::new(&self.cluster, members, &asked);
            for mesh in detector.meshes(view, &mut notes) {
                found.entry(mesh.source.clone()).or_insert((position, mesh));
            }
        }
        self.asked = asked;
        let agent = self.agent_namespace(options);
        let mut meshes: Vec<KnownMesh> = Vec::new();
        let gone: Vec<Name> =
            self.found_meshes.keys().filter(|source| !found.contains_key(*source)).cloned().collect();
        for source in gone {
            let of = Source { kind: "Mesh", name: &source, ending: "" };
            self.found_meshes.put(&source, of, None, (&self.cluster.name, emitter), &mut notes);
        }
        for (source, (position, mesh)) in found {
            let FoundMesh { source: _, annotations, facts, mut spec, identity } = mesh;
            spec.agent_info = agent.clone().map(|agent_namespace| AgentInfo { agent_namespace });
            let plain = naming::plain(&source, &self.cluster.name, "");
            let certificate = Name::new(agent.clone().unwrap_or_default(), plain.clone());
            spec.issued_certificate_status = self.cluster.certificates.get(&certificate).cloned();
            let annotations = naming::annotations(&annotations, &facts);
            let metadata = naming::metadata(options, &self.cluster.name, &plain, annotations);
            let object = Mesh { metadata, spec, status: None };
            let of = Source { kind: "Mesh", name: &source, ending: "" };
            self.found_meshes.put(&source, of, Some(object), (&self.cluster.name, emitter), &mut notes);
            if let Some(object) = self.found_meshes.get(&source) {
                meshes.push(KnownMesh { detector: position, source, identity, object: Arc::clone(object) });
            }
        }
        meshes.sort_by(|a, b| a.name().cmp(b.name()));
        let is_same = meshes.len() == self.meshes.len()
            && meshes.iter().zip(&self.meshes).all(|(a, b)| a.takes_like(b));
        self.dirty.all |= !is_same;
        self.meshes = meshes;
        self.notes.meshes = notes;
    }

    /// The namespace of the certificate agent.
    fn agent_namespace(&self, options: &Options) -> Option<Istr> {
        if options.agent_cluster.is_some() {
            return Some(options.management_namespace.clone());
        }
        let deployment = self.cluster.read_controllers().find(|controller| {
            controller.id.kind == ControllerKind::Deployment && is_agent(&controller.template.labels)
        });
        let namespace = deployment.map(|controller| &controller.id.name.namespace);
        namespace.or_else(|| self.cluster.namespace_with_pod(AGENT.0, AGENT.1)).cloned()
    }

    fn run_controller(
        &mut self,
        id: &ControllerId,
        options: &Options,
        detectors: &[&dyn Detector],
        emitter: &mut Emitter,
    ) {
        let mut notes = Diagnostics::new(&self.cluster.name);
        let published = self.workloads.get(id).map(|it| (it.mesh.clone(), it.plane));
        let published = published.or_else(|| self.published.get(id).cloned());
        let controller = self.cluster.controllers.get(id);
        let finder = Finder { cluster: &self.cluster, detectors, meshes: &self.meshes, options };
        let found =
            controller.and_then(|controller| finder.workload(controller, published.as_ref(), &mut notes));
        let (workload, object) = found.unzip();
        let before = self.workloads.put(id, workload);
        let after = self.workloads.get(id);
        let looks_alike = match (&before, after) {
            (Some(before), Some(after)) => before.backs_like(after),
            (None, None) => true,
            _ => false,
        };
        if !looks_alike {
            let namespace = &id.name.namespace;
            for workload in before.iter().chain(after) {
                let selecting = self.cluster.services_selecting(namespace, &workload.labels);
                self.dirty.services.extend(selecting.cloned());
            }
            let pods = controller.map(|controller| self.cluster.pods_of(controller)).unwrap_or_default();
            for known in pods {
                self.dirty.services.extend(self.cluster.targeting(&known.pod.name).cloned());
            }
        }
        let ending = format!("-{}", id.kind.word().to_lowercase());
        let place = (&self.cluster.name, emitter);
        let source = Source { kind: id.kind.word(), name: &id.name, ending: &ending };
        let renamed = self.found_workloads.put(id, source, object, place, &mut notes);
        self.dirty.controllers.extend(renamed);
        keep(&mut self.notes.controllers, id, notes);
    }

    fn run_service(
        &mut self,
        name: &Name,
        options: &Options,
        detectors: &[&dyn Detector],
        emitter: &mut Emitter,
    ) {
        let mut notes = Diagnostics::new(&self.cluster.name);
        let finder = Finder { cluster: &self.cluster, detectors, meshes: &self.meshes, options };
        let service = self.cluster.services.get(name);
        let object = service.and_then(|service| finder.destination(service, &self.workloads, &mut notes));
        let place = (&self.cluster.name, emitter);
        let source = Source { kind: "Service", name, ending: "" };
        let renamed = self.found_destinations.put(name, source, object, place, &mut notes);
        self.dirty.services.extend(renamed);
        keep(&mut self.notes.services, name, notes);
    }

    /// Everything there is to say.
    pub fn diagnostics(&self) -> BTreeSet<Diagnostic> {
        let notes = &self.notes;
        let all = std::iter::once(&notes.meshes)
            .chain(notes.controllers.values())
            .chain(notes.services.values())
            .chain(notes.undecodable.values());
        let mut all: BTreeSet<Diagnostic> = all.flat_map(Diagnostics::iter).cloned().collect();
        all.extend(pods::remarks(&self.cluster));
        all.extend(naming::about_cluster(&self.cluster.name));
        all.extend(lacks::remarks(&self.cluster));
        all
    }
}

fn is_agent(labels: &Labels) -> bool {
    labels.get(AGENT.0).is_some_and(|value| **value == *AGENT.1)
}

/// Replaces what is in a place; tells whether it is something else now.
fn replace<K: Ord, V: PartialEq>(place: &mut BTreeMap<K, V>, key: K, value: Option<V>) -> bool {
    match value {
        Some(value) if place.get(&key) == Some(&value) => false,
        Some(value) => {
            place.insert(key, value);
            true
        }
        None => place.remove(&key).is_some(),
    }
}

fn keep<K: Ord + Clone>(all: &mut BTreeMap<K, Diagnostics>, key: &K, notes: Diagnostics) {
    if notes.is_empty() {
        all.remove(key);
    } else {
        all.insert(key.clone(), notes);
    }
}
