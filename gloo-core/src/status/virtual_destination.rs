//! The status of a virtual destination.

use std::sync::Arc;

use crate::api::{
    ApprovalState, BackingDestination, ClusterObjectRef, SelectedDestination, VirtualDestinationStatus,
};
use crate::context::Context;
use crate::id::InputRef;
use crate::index::{MeshId, VirtualDestination};
use crate::model::route::TargetId;
use crate::name::object_key;
use crate::rejection::{Rejection, Warning};
use crate::report::Status;
use crate::resolve::Demands;
use crate::status::destination::required;
use crate::status::size;
use crate::status::verdicts::{badness, fit, state_of};
use crate::status::virtual_mesh::verdict;

/// Puts the status of a virtual destination together.
///
/// `written` tells, for each mesh, what could not be written and what writing brought to light.
pub(crate) fn virtual_destination_status(
    cx: Context<'_>,
    it: &VirtualDestination,
    demands: &Demands,
    written: impl Fn(MeshId) -> (Vec<Rejection>, Vec<Warning>),
) -> Status {
    let meshes = it.meshes.iter().filter_map(|(id, checks)| {
        let InputRef { name, namespace, .. } = cx.name_of_mesh(*id)?;
        let key = object_key(name, namespace, "").into();
        let (blocked, remarks) = written(*id);
        let errors: Vec<Rejection> = checks.errors.iter().cloned().chain(blocked).collect();
        let warnings: Vec<Warning> = checks.warnings.iter().cloned().chain(remarks).collect();
        Some((key, verdict(state_of(&errors), &errors, &warnings)))
    });
    let meshes: Vec<_> = meshes.collect();
    let own = if it.checks.errors.is_empty() { ApprovalState::Accepted } else { ApprovalState::Invalid };
    let verdicts = meshes.iter().map(|(_, verdict)| verdict.state).chain([own]);
    let state = verdicts.max_by_key(|state| badness(*state)).unwrap_or(own);
    let mut status = VirtualDestinationStatus {
        observed_generation: it.generation,
        state,
        errors: size::cut(&it.checks.errors, size::ERRORS),
        ..VirtualDestinationStatus::default()
    };
    let used = size::of(&status);
    status.meshes = fit(meshes, (size::VERDICTS / 2).saturating_sub(used)).0;
    let target = TargetId::VirtualDestination(it.id);
    cx.note_subsets(target);
    status.required_subsets = required(demands, target, |entry| {
        entry.virtual_destination.as_ref().is_some_and(|reference| {
            !reference.subset.is_empty()
                && reference.name == it.input.name
                && reference.namespace == it.input.namespace
        })
    });
    let backings = it.failover.iter().flat_map(|failover| &failover.backings);
    status.selected_destinations = backings
        .filter_map(|backing| {
            let destination = cx.destination(backing.destination)?;
            let reference = ClusterObjectRef {
                name: destination.input.name.clone(),
                namespace: destination.input.namespace.clone(),
                ..ClusterObjectRef::default()
            };
            Some(SelectedDestination {
                reference: Some(reference),
                destination: Some(BackingDestination { kube_service: Some(destination.service.clone()) }),
            })
        })
        .collect();
    while size::of(&status) > size::STATUS
        && (status.required_subsets.pop().is_some() || status.selected_destinations.pop().is_some())
    {}
    Status::VirtualDestination(Arc::new(status))
}
