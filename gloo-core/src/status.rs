//! The status that each input would get, within what the API server can store.

mod destination;
mod policy;
pub(crate) mod size;
mod workloads;

pub(crate) use destination::{InForceSpecs, destination_status, note_specs};
pub(crate) use policy::{PolicyStatus, policy_status};

use std::sync::Arc;

use crate::api::{ApprovalState, DestinationStatus, MeshStatus, SettingsStatus, WorkloadStatus};
use crate::id::{InputKind, InputRef};
use crate::index::Index;
use crate::report::Status;
use crate::snapshot::Snapshot;

/// Statuses of objects about which nothing is decided yet: they only say what was seen.
pub(crate) fn observed(index: &Index, snapshot: &Snapshot) -> Vec<(InputRef, Status)> {
    let mut statuses = Vec::new();
    for mesh in index.meshes() {
        let observed_generation = mesh.object.metadata.generation.unwrap_or_default();
        let status = MeshStatus { observed_generation, ..mesh.object.status.clone().unwrap_or_default() };
        statuses.push((mesh.input.clone(), Status::Mesh(Arc::new(status))));
    }
    for workload in index.workloads() {
        let observed_generation = workload.object.metadata.generation.unwrap_or_default();
        let status =
            WorkloadStatus { observed_generation, ..workload.object.status.clone().unwrap_or_default() };
        statuses.push((workload.input.clone(), Status::Workload(Arc::new(status))));
    }
    for external in index.destinations.external() {
        let observed_generation = external.object.metadata.generation.unwrap_or_default();
        let status =
            DestinationStatus { observed_generation, ..external.object.status.clone().unwrap_or_default() };
        statuses.push((external.input.clone(), Status::Destination(Arc::new(status))));
    }
    if let Some(settings) = &snapshot.settings {
        let observed_generation = settings.object.metadata.generation.unwrap_or_default();
        let state = ApprovalState::Accepted;
        let status = SettingsStatus { observed_generation, state, errors: Vec::new() };
        statuses.push((settings.input.clone(), Status::Settings(Arc::new(status))));
    }
    for (input, broken) in snapshot.broken.iter().filter(|(input, _)| input.kind == InputKind::Settings) {
        let errors = size::cut(&[broken.rejection()], size::ERRORS);
        let (observed_generation, state) = (broken.generation, ApprovalState::Invalid);
        let status = SettingsStatus { observed_generation, state, errors };
        statuses.push((input.clone(), Status::Settings(Arc::new(status))));
    }
    statuses
}
