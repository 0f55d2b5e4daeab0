//! The status that each input would get, within what the API server can store.

mod destination;
mod mesh;
mod policy;
pub(crate) mod size;
mod verdicts;
mod virtual_destination;
mod virtual_mesh;
mod workloads;

pub(crate) use destination::destination_status;
pub(crate) use mesh::mesh_status;
pub(crate) use policy::{PolicyStatus, policy_status};
pub(crate) use verdicts::state_of;
pub(crate) use virtual_destination::virtual_destination_status;
pub(crate) use virtual_mesh::{Shown, of_meshes, virtual_mesh_status};

use std::sync::Arc;

use crate::api::{self, ApprovalState, SettingsStatus};
use crate::id::{InputKind, InputRef};
use crate::report::Status;
use crate::snapshot::Snapshot;

/// The status of an object about which nothing is decided: it only says what was seen.
pub(crate) fn observed(snapshot: &Snapshot, input: &InputRef) -> Option<Status> {
    macro_rules! seen {
        ($kind:ident in $objects:ident) => {{
            let object = snapshot.$objects.get(input)?;
            let mut status: <api::$kind as api::Kind>::Status = object.status.clone().unwrap_or_default();
            status.observed_generation = object.metadata.generation.unwrap_or_default();
            Some(Status::$kind(Arc::new(status)))
        }};
    }
    match input.kind {
        InputKind::Workload => seen!(Workload in workloads),
        InputKind::Destination => seen!(Destination in destinations),
        InputKind::Settings => settings(snapshot, input),
        _ => None,
    }
}

fn settings(snapshot: &Snapshot, input: &InputRef) -> Option<Status> {
    let (observed_generation, state, errors) = match snapshot.settings.get(input) {
        Some(object) if *input == snapshot.settings_ref() => {
            (object.metadata.generation.unwrap_or_default(), ApprovalState::Accepted, Vec::new())
        }
        Some(_) => return None,
        None => {
            let broken = snapshot.broken.get(input)?;
            let errors = size::cut(&[broken.rejection()], size::ERRORS);
            (broken.generation, ApprovalState::Invalid, errors)
        }
    };
    Some(Status::Settings(Arc::new(SettingsStatus { observed_generation, state, errors })))
}
