//! Workloads and the selectors that find them.

use std::sync::Arc;

use crate::Istr;
use crate::api::{self, ClusterObjectRef};
use crate::id::InputRef;
use crate::index::MeshId;
use crate::index::arena::{Arena, Id, Keyed, Label, Postings};
use crate::istr::Labels;

/// Names a workload in the index.
pub type WorkloadId = Id<Workload>;

/// A workload: a controller and the pods it runs.
#[derive(Debug)]
pub struct Workload {
    /// Its id.
    pub id: WorkloadId,
    /// Its name.
    pub input: InputRef,
    /// Its key in statuses.
    pub key: Istr,
    /// The mesh it belongs to, known or not.
    pub mesh: Option<MeshId>,
    /// The object as it was read.
    object: Arc<api::Workload>,
}

impl Keyed for Workload {
    fn input(&self) -> &InputRef {
        &self.input
    }

    fn key(&self) -> &Istr {
        &self.key
    }
}

impl Workload {
    /// Its controller; `None` if it is no Kubernetes workload.
    pub fn controller(&self) -> Option<&ClusterObjectRef> {
        self.object.spec.kubernetes.as_ref().and_then(|kubernetes| kubernetes.controller.as_ref())
    }

    /// Labels of its pods.
    pub fn labels(&self) -> Option<&Labels> {
        self.object.spec.kubernetes.as_ref().map(|kubernetes| &kubernetes.pod_labels)
    }

    /// The service account its pods run as.
    pub fn account(&self) -> Option<&Istr> {
        self.object.spec.kubernetes.as_ref().map(|kubernetes| &kubernetes.service_account_name)
    }

    /// Whether a service with this selector selects its pods.
    pub fn runs(&self, selector: &Labels) -> bool {
        let own = self.labels();
        selector.iter().all(|(key, value)| own.and_then(|own| own.get(key)) == Some(value))
    }

    /// Whether everything that units can see of it is the same.
    pub(super) fn looks_like(&self, other: &Self) -> bool {
        let Self { id: _, input: _, key: _, mesh, object: _ } = self;
        *mesh == other.mesh
            && self.controller() == other.controller()
            && self.labels() == other.labels()
            && self.account() == other.account()
    }
}

/// All workloads with their postings.
#[derive(Debug, Default)]
pub(crate) struct Workloads {
    arena: Arena<Workload>,
    by_mesh: Postings<MeshId, Workload>,
    by_place: Postings<(MeshId, Istr), Workload>,
    by_namespace: Postings<Istr, Workload>,
    by_label: Postings<(Istr, Istr), Workload>,
}

impl Workloads {
    /// Puts a workload in place; gives back what was there. Those that are new, or look different, must be
    /// posted once all are in place and settled.
    pub(super) fn put(
        &mut self,
        input: &InputRef,
        object: &Arc<api::Workload>,
        mesh: Option<MeshId>,
    ) -> (WorkloadId, Option<Workload>) {
        let id = self.arena.reserve(input);
        let key = self.arena.key(input);
        let workload = Workload { id, input: input.clone(), key, mesh, object: Arc::clone(object) };
        (id, self.arena.put(id, workload))
    }

    /// Takes a workload out.
    pub(super) fn remove(&mut self, input: &InputRef) -> Option<Workload> {
        let id = self.arena.id_of(input)?;
        let workload = self.arena.remove(id)?;
        self.unpost(&workload);
        Some(workload)
    }

    pub(super) fn settle(&mut self) {
        self.arena.settle();
    }

    /// Makes a workload findable. All must be in place and settled.
    pub(super) fn post(&mut self, id: WorkloadId) {
        let Some(workload) = self.arena.find(id) else {
            return;
        };
        let arena = &self.arena;
        if let Some(mesh) = workload.mesh {
            self.by_mesh.insert(mesh, id, arena);
        }
        if let Some(controller) = workload.controller() {
            self.by_namespace.insert(controller.namespace.clone(), id, arena);
            if let Some(mesh) = workload.mesh {
                self.by_place.insert((mesh, controller.cluster_name.clone()), id, arena);
            }
        }
        for (key, value) in workload.labels().into_iter().flatten() {
            self.by_label.insert((key.clone(), value.clone()), id, arena);
        }
    }

    /// Takes a workload, as it was, out of the postings.
    pub(super) fn unpost(&mut self, workload: &Workload) {
        let id = workload.id;
        if let Some(mesh) = &workload.mesh {
            self.by_mesh.remove(mesh, id);
        }
        if let Some(controller) = workload.controller() {
            self.by_namespace.remove(&controller.namespace, id);
            if let Some(mesh) = workload.mesh {
                self.by_place.remove(&(mesh, controller.cluster_name.clone()), id);
            }
        }
        for (key, value) in workload.labels().into_iter().flatten() {
            self.by_label.remove(&Label(key, value), id);
        }
    }

    pub(super) fn arena(&self) -> &Arena<Workload> {
        &self.arena
    }

    pub(crate) fn find(&self, id: WorkloadId) -> Option<&Workload> {
        self.arena.find(id)
    }

    /// Workloads of a mesh.
    pub(crate) fn of_mesh(&self, mesh: MeshId) -> Ranked<'_> {
        self.ranked(self.by_mesh.of(&mesh))
    }

    /// Workloads of a mesh whose controller is in a cluster.
    pub(crate) fn in_cluster(&self, mesh: MeshId, cluster: &Istr) -> Ranked<'_> {
        self.ranked(self.by_place.of(&(mesh, cluster.clone())))
    }

    /// Workloads whose controller is in a namespace of that name, in any cluster.
    pub(crate) fn in_namespace(&self, namespace: &Istr) -> Ranked<'_> {
        self.ranked(self.by_namespace.of(namespace))
    }

    /// Workloads whose pods carry a label.
    pub(crate) fn with_label(&self, key: &str, value: &str) -> Ranked<'_> {
        self.ranked(self.by_label.of(&Label(key, value)))
    }

    fn ranked<'a>(&'a self, ids: &'a [WorkloadId]) -> Ranked<'a> {
        Ranked { ids, arena: &self.arena }
    }
}

/// Workloads in the order of their keys.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ranked<'a> {
    ids: &'a [WorkloadId],
    arena: &'a Arena<Workload>,
}

impl<'a> Ranked<'a> {
    pub fn len(self) -> usize {
        self.ids.len()
    }

    /// The workloads, each with its place in the order.
    pub fn iter(self) -> impl Iterator<Item = (u32, &'a Workload)> {
        let arena = self.arena;
        self.ids.iter().filter_map(move |id| Some((arena.rank(*id), arena.find(*id)?)))
    }
}
