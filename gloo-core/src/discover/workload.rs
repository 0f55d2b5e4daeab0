//! Which workloads take part in a mesh, and in which.

use std::collections::{BTreeMap, BTreeSet};

use crate::Istr;
use crate::api::{ClusterObjectRef, KubernetesWorkload, ObjectRef, Workload, WorkloadSpec};
use crate::discover::Options;
use crate::discover::cluster::{ByLabel, Cluster, KnownPod, Members, forget, label_keys, selected};
use crate::discover::detector::{Claim, Detector, Intent, Member, Plane};
use crate::discover::diagnostic::{Code, Diagnostics};
use crate::discover::mesh::{KnownMesh, choose_mesh};
use crate::discover::naming::{annotations, metadata, wish};
use crate::discover::resource::{Controller, ControllerId, Service, selects};
use crate::discover::view::{Asked, View};
use crate::istr::Labels;

/// A workload of a mesh.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct KnownWorkload {
    /// The controller.
    pub id: ControllerId,
    /// In which way its pods take part.
    pub plane: Plane,
    /// Its mesh.
    pub mesh: ObjectRef,
    /// Labels of its pods.
    pub labels: Labels,
}

impl KnownWorkload {
    /// Whether services look the same to it.
    pub fn backs_like(&self, other: &Self) -> bool {
        self.plane == other.plane && self.mesh == other.mesh && self.labels == other.labels
    }
}

/// The workloads of a cluster.
#[derive(Debug, Default)]
pub(super) struct Workloads {
    all: BTreeMap<ControllerId, KnownWorkload>,
    by_label: ByLabel<ControllerId>,
}

impl Workloads {
    pub fn get(&self, id: &ControllerId) -> Option<&KnownWorkload> {
        self.all.get(id)
    }

    /// Puts a workload in place, or takes it away; gives back what was there.
    pub fn put(&mut self, id: &ControllerId, workload: Option<KnownWorkload>) -> Option<KnownWorkload> {
        let before = self.all.remove(id);
        if let Some(before) = &before {
            for key in label_keys(&id.name.namespace, &before.labels) {
                forget(&mut self.by_label, &key, id);
            }
        }
        if let Some(workload) = workload {
            for key in label_keys(&id.name.namespace, &workload.labels) {
                self.by_label.entry(key).or_default().insert(id.clone());
            }
            self.all.insert(id.clone(), workload);
        }
        before
    }

    /// The workloads that a service selects, in the order of their names.
    pub fn behind(&self, service: &Service) -> Vec<&KnownWorkload> {
        let ids = selected(&self.by_label, &service.name.namespace, &service.selector);
        let mut behind: Vec<&KnownWorkload> = ids.filter_map(|id| self.get(id)).collect();
        behind.retain(|workload| selects(&service.selector, &workload.labels));
        behind.sort_by(|a, b| (&a.id.name, a.id.kind).cmp(&(&b.id.name, b.id.kind)));
        behind
    }
}

/// What discovery looks at to find workloads.
#[derive(Clone, Copy)]
pub(super) struct Finder<'a> {
    pub cluster: &'a Cluster,
    pub detectors: &'a [&'a dyn Detector],
    pub meshes: &'a [KnownMesh],
    pub options: &'a Options,
}

/// The mesh of a workload, and how it takes part.
struct Part<'a> {
    mesh: &'a KnownMesh,
    plane: Plane,
}

impl<'a> Finder<'a> {
    /// The workload that the pods of a controller are, if they take part in a mesh; `published` is the mesh that it
    /// had when it was found before, and how it took part.
    pub fn workload(
        self,
        controller: &Controller,
        published: Option<&(ObjectRef, Plane)>,
        notes: &mut Diagnostics,
    ) -> Option<(KnownWorkload, Workload)> {
        let object = subject(controller);
        if self.options.ignores(&controller.id.name.namespace) {
            notes.note(Code::OptedOut, &object, "its namespace is ignored");
            return None;
        }
        if wish(&controller.annotations) == Some(false) {
            notes.note(Code::OptedOut, &object, "its annotation says that it is not to be discovered");
            return None;
        }
        let part = self.part(controller, published, notes)?;
        if part.plane == Plane::ControlPlane {
            notes.note(Code::PartOfMesh, &object, "it is a part of the control plane");
            return None;
        }
        Some(self.describe(controller, &part))
    }

    fn part(
        self,
        controller: &Controller,
        published: Option<&(ObjectRef, Plane)>,
        notes: &mut Diagnostics,
    ) -> Option<Part<'a>> {
        let mut pods = self.cluster.pods_of(controller);
        if pods.is_empty() {
            // What runs tells more than what is meant to run.
            pods = self.cluster.orphans_of(controller);
        }
        if !pods.is_empty() {
            return self.by_pods(controller, &pods, notes);
        }
        let object = subject(controller);
        if self.is_of_mesh(controller) {
            notes.note(Code::PartOfMesh, &object, "it is a part of a mesh itself");
            return None;
        }
        let mut refused = BTreeSet::new();
        for (position, detector) in self.present() {
            match self.intent(position, detector, controller, notes) {
                Intent::Unsaid => (),
                Intent::No => {
                    refused.insert(position);
                }
                Intent::Yes(plane, claim) => {
                    if let Some(part) = self.place(position, plane, &claim, &object, notes) {
                        return Some(part);
                    }
                }
            }
        }
        let part = published.and_then(|(name, plane)| {
            let mesh = self.meshes.iter().find(|mesh| mesh.reference() == *name)?;
            // A refusal of another kind of mesh says nothing about this one.
            (!refused.contains(&mesh.detector)).then_some(Part { mesh, plane: *plane })
        });
        if part.is_none() {
            notes.note(
                Code::NotInMesh,
                &object,
                "it has no pods, and nothing says that they would get a proxy",
            );
        }
        part
    }

    /// The pods that run decide; of several meshes the one of most of them.
    fn by_pods(
        self,
        controller: &Controller,
        pods: &[&KnownPod],
        notes: &mut Diagnostics,
    ) -> Option<Part<'a>> {
        let object = subject(controller);
        let staying: Vec<&KnownPod> =
            pods.iter().copied().filter(|known| !known.pod.is_terminating).collect();
        let pods = if staying.is_empty() { pods } else { staying.as_slice() };
        let mut counts: BTreeMap<&str, (usize, BTreeMap<Plane, usize>, &KnownMesh)> = BTreeMap::new();
        let mut is_member = false;
        for known in pods {
            let Some((position, member)) = first_member(known) else { continue };
            is_member = true;
            if let Some(part) = self.place(position, member.plane, &member.claim, &object, notes) {
                let (count, planes, _) =
                    counts.entry(part.mesh.name()).or_insert((0, BTreeMap::new(), part.mesh));
                *count += 1;
                *planes.entry(part.plane).or_default() += 1;
            }
        }
        if !is_member {
            self.explain(controller, notes);
        }
        if counts.len() > 1 {
            let meshes: Vec<&str> = counts.keys().copied().collect();
            notes.note(Code::MixedMeshes, &object, format!("its pods belong to {}", meshes.join(", ")));
        }
        let (_, (_, planes, mesh)) =
            counts.iter().max_by(|(a, (many, ..)), (b, (few, ..))| many.cmp(few).then(b.cmp(a)))?;
        let plane = planes.iter().max_by(|(a, many), (b, few)| many.cmp(few).then(b.cmp(a)))?;
        Some(Part { mesh, plane: *plane.0 })
    }

    /// Says why pods that run take no part.
    fn explain(self, controller: &Controller, notes: &mut Diagnostics) {
        let object = subject(controller);
        if self.is_of_mesh(controller) {
            notes.note(Code::PartOfMesh, &object, "it is a part of a mesh itself");
            return;
        }
        let mut unheard = Diagnostics::default();
        let pending = self.present().filter(|(position, detector)| {
            matches!(self.intent(*position, *detector, controller, &mut unheard), Intent::Yes(..))
        });
        let names: Vec<&str> = pending.map(|(_, detector)| detector.name()).collect();
        if names.is_empty() {
            notes.note(
                Code::NotInMesh,
                &object,
                "its pods have no proxy, and nothing on their nodes takes their traffic",
            );
        } else {
            let message = format!(
                "its pods have no proxy of {} yet; they get one when they are made anew",
                names.join(", ")
            );
            notes.note(Code::InjectionPending, &object, message);
        }
    }

    /// Whether a controller makes something that a kind of mesh itself consists of.
    fn is_of_mesh(self, controller: &Controller) -> bool {
        self.detectors.iter().any(|detector| detector.reads_controller(controller))
    }

    /// The detectors that found a mesh in the cluster: no other kind of mesh gives proxies to pods there.
    fn present(self) -> impl Iterator<Item = (usize, &'a dyn Detector)> {
        let all = self.detectors.iter().copied().enumerate();
        all.filter(move |(position, _)| self.meshes.iter().any(|mesh| mesh.detector == *position))
    }

    fn intent(
        self,
        position: usize,
        detector: &dyn Detector,
        controller: &Controller,
        notes: &mut Diagnostics,
    ) -> Intent {
        let none = Members::new();
        let asked = Asked::default();
        let members = self.cluster.members.get(position).unwrap_or(&none);
        detector.intent(View::new(self.cluster, members, &asked), controller, notes)
    }

    fn place(
        self,
        position: usize,
        plane: Plane,
        claim: &Claim,
        object: &str,
        notes: &mut Diagnostics,
    ) -> Option<Part<'a>> {
        let Some((mesh, missed)) = choose_mesh(self.meshes, position, plane, claim) else {
            let kind = self.detectors.get(position).map_or("", |detector| detector.name());
            let message =
                format!("pods have a proxy of {kind}, and no control plane of it is in the cluster");
            notes.note(Code::SidecarWithoutMesh, "", message);
            // Once for the cluster, and for each that is not found because of it.
            notes.note(
                Code::NotInMesh,
                object,
                format!("the control plane of its proxies of {kind} is not in the cluster"),
            );
            return None;
        };
        if let Some(missed) = missed {
            let message = format!("no control plane {missed}; {} is taken", mesh.name());
            notes.note(Code::RevisionNotFound, object, message);
        }
        Some(Part { mesh, plane })
    }

    fn describe(self, controller: &Controller, part: &Part<'_>) -> (KnownWorkload, Workload) {
        let ControllerId { kind, name } = &controller.id;
        let mut facts = vec![("workload-kind", kind.word().into()), ("data-plane", part.plane.word().into())];
        if let Some(detector) = self.detectors.get(part.mesh.detector) {
            facts.extend(detector.annotate_workload(controller));
        }
        let spec = WorkloadSpec {
            kubernetes: Some(KubernetesWorkload {
                controller: Some(ClusterObjectRef {
                    name: name.name.clone(),
                    namespace: name.namespace.clone(),
                    cluster_name: self.cluster.name.clone(),
                }),
                pod_labels: controller.template.labels.clone(),
                service_account_name: controller.template.account(),
            }),
            mesh: Some(part.mesh.reference()),
            app_mesh: None,
        };
        let annotations = annotations(&controller.annotations, &facts);
        let metadata = metadata(self.options, &self.cluster.name, &Istr::default(), annotations);
        let known = KnownWorkload {
            id: controller.id.clone(),
            plane: part.plane,
            mesh: part.mesh.reference(),
            labels: controller.template.labels.clone(),
        };
        (known, Workload { metadata, spec, status: None })
    }
}

/// How a pod takes part, by the first detector that knows.
fn first_member(known: &KnownPod) -> Option<(usize, &Member)> {
    known.members.iter().enumerate().find_map(|(position, member)| Some((position, member.as_ref()?)))
}

/// How remarks name a controller.
pub(super) fn subject(controller: &Controller) -> String {
    format!("{} {}", controller.id.kind.word(), controller.id.name)
}
