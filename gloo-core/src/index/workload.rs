//! Workloads and the selectors that find them.

use std::collections::BTreeMap;
use std::sync::Arc;

use indexmap::IndexMap;

use crate::Istr;
use crate::api::{self, ClusterObjectRef};
use crate::id::InputRef;
use crate::index::MeshId;
use crate::istr::Labels;
use crate::name::object_key;
use crate::snapshot::Snapshot;

/// Position of a workload in the index.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct WorkloadId(u32);

/// A workload: a controller and the pods it runs.
#[derive(Debug)]
pub struct Workload {
    /// Its position; positions are in the order of keys.
    pub id: WorkloadId,
    /// Its name.
    pub input: InputRef,
    /// Its key in statuses.
    pub key: Istr,
    /// The object as it was read.
    pub object: Arc<api::Workload>,
    /// The mesh it belongs to.
    pub mesh: Option<MeshId>,
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
}

/// All workloads with their postings.
#[derive(Debug, Default)]
pub(crate) struct Workloads {
    all: Vec<Workload>,
    by_mesh: BTreeMap<MeshId, Vec<WorkloadId>>,
    by_namespace: BTreeMap<Istr, Vec<WorkloadId>>,
    by_label: BTreeMap<(Istr, Istr), Vec<WorkloadId>>,
}

impl Workloads {
    pub(super) fn read(snapshot: &Snapshot, meshes: &IndexMap<(&str, &str), MeshId>) -> Self {
        let mut all: Vec<Workload> = snapshot
            .workloads
            .iter()
            .map(|(input, object)| Workload {
                id: WorkloadId(0),
                key: object_key(&input.name, &input.namespace, "").into(),
                input: input.clone(),
                object: Arc::clone(object),
                mesh: object
                    .spec
                    .mesh
                    .as_ref()
                    .and_then(|mesh| meshes.get(&(&*mesh.namespace, &*mesh.name)).copied()),
            })
            .collect();
        all.sort_by(|a, b| a.key.cmp(&b.key));
        let mut workloads = Self::default();
        for (position, workload) in all.iter_mut().enumerate() {
            workload.id = WorkloadId(u32::try_from(position).unwrap_or(u32::MAX));
            if let Some(mesh) = workload.mesh {
                workloads.by_mesh.entry(mesh).or_default().push(workload.id);
            }
            if let Some(kubernetes) = &workload.object.spec.kubernetes {
                if let Some(controller) = &kubernetes.controller {
                    let namespace = controller.namespace.clone();
                    workloads.by_namespace.entry(namespace).or_default().push(workload.id);
                }
                for (key, value) in &kubernetes.pod_labels {
                    workloads.by_label.entry((key.clone(), value.clone())).or_default().push(workload.id);
                }
            }
        }
        workloads.all = all;
        workloads
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Workload> {
        self.all.iter()
    }

    pub(crate) fn find(&self, id: WorkloadId) -> Option<&Workload> {
        self.all.get(id.0 as usize)
    }

    /// Workloads of a mesh, in the order of keys.
    pub(crate) fn of_mesh(&self, mesh: MeshId) -> &[WorkloadId] {
        self.by_mesh.get(&mesh).map_or(&[], Vec::as_slice)
    }

    /// Workloads whose controller is in a namespace of that name, in any cluster.
    pub(crate) fn in_namespace(&self, namespace: &str) -> &[WorkloadId] {
        self.by_namespace.get(namespace).map_or(&[], Vec::as_slice)
    }

    /// Workloads whose pods carry a label.
    pub(crate) fn with_label(&self, key: &Istr, value: &Istr) -> &[WorkloadId] {
        self.by_label.get(&(key.clone(), value.clone())).map_or(&[], Vec::as_slice)
    }
}
