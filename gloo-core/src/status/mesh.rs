//! The status of a mesh: what it is part of, and where traffic from other clusters enters it.

use std::sync::Arc;

use crate::api::{AppliedVirtualDestination, AppliedVirtualMesh, MeshStatus};
use crate::context::Context;
use crate::index::MeshId;
use crate::report::Status;
use crate::resolve::gateway;
use crate::status::destination::reference;
use crate::status::size;

/// Puts the status of a mesh together, if it is there.
pub(crate) fn mesh_status(cx: Context<'_>, id: MeshId) -> Option<Status> {
    let mesh = cx.mesh(id)?;
    let standing = cx.standing(id);
    let applied_virtual_mesh = standing.map(|standing| AppliedVirtualMesh {
        reference: Some(reference(&standing.virtual_mesh)),
        observed_generation: standing.generation,
        spec: standing.spec.clone(),
    });
    let mut applied_virtual_destinations: Vec<_> = cx
        .failovers_in(id)
        .filter(|failover| failover.clients.iter().any(|client| client.mesh == id))
        .map(|failover| {
            (
                cx.key_of_virtual_destination(failover.id),
                AppliedVirtualDestination {
                    reference: Some(reference(&failover.input)),
                    observed_generation: cx.generation_of_virtual_destination(failover.id),
                    errors: Vec::new(),
                },
            )
        })
        .collect();
    applied_virtual_destinations.sort_by_key(|(key, _)| *key);
    let mut status = MeshStatus {
        observed_generation: mesh.generation(),
        applied_virtual_mesh,
        applied_virtual_destinations: applied_virtual_destinations.into_iter().map(|(_, it)| it).collect(),
        applied_east_west_ingress_gateways: cx.gateways(id).iter().map(gateway::applied).collect(),
    };
    fit(&mut status);
    Some(Status::Mesh(Arc::new(status)))
}

/// Leaves out the copy of the virtual mesh if it is too large, then the ends of the lists.
fn fit(status: &mut MeshStatus) {
    if size::of(status) <= size::STATUS {
        return;
    }
    if let Some(applied) = &mut status.applied_virtual_mesh {
        applied.spec = None;
    }
    while size::of(status) > size::STATUS
        && (status.applied_virtual_destinations.pop().is_some()
            || status.applied_east_west_ingress_gateways.pop().is_some())
    {}
}
