//! The status of a virtual mesh: a verdict for each mesh, and for each destination that others see.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::Istr;
use crate::api::{ApprovalState, ApprovalStatus, VirtualMeshStatus};
use crate::context::Context;
use crate::id::InputRef;
use crate::index::{MeshId, VirtualMesh};
use crate::rejection::{Rejection, Warning};
use crate::report::Status;
use crate::resolve::membership;
use crate::status::size;
use crate::status::verdicts::{badness, fit, state_of, worse};

/// A destination that is shown to other meshes, or should be.
pub(crate) struct Shown<'a> {
    pub key: &'a Istr,
    pub state: ApprovalState,
    pub errors: &'a [Rejection],
    /// What is not written for it, because others have the names.
    pub displaced: &'a [Rejection],
    pub warnings: &'a [Warning],
}

/// What is to be said about one mesh of a virtual mesh.
#[derive(Debug)]
pub(crate) struct OfMesh {
    pub key: Istr,
    /// The mesh, as the virtual mesh names it.
    pub input: InputRef,
    pub errors: Vec<Rejection>,
    pub warnings: Vec<Warning>,
    /// The mesh, if it belongs to the virtual mesh.
    member: Option<MeshId>,
}

/// What is to be said about the meshes of a virtual mesh, in its order.
pub(crate) fn of_meshes(cx: Context<'_>, virtual_mesh: &VirtualMesh) -> Vec<OfMesh> {
    let members: Vec<MeshId> = if let Some(version) = &virtual_mesh.version {
        version.members.clone()
    } else {
        // Nobody knows whom it lists now; it stays where it was.
        let has = |mesh: MeshId| {
            cx.standing(mesh).is_some_and(|standing| standing.virtual_mesh == virtual_mesh.input)
        };
        cx.meshes().map(|mesh| mesh.id).filter(|mesh| has(*mesh)).collect()
    };
    let verdicts = members.iter().filter_map(|id| {
        let input = cx.name_of_mesh(*id)?;
        let mut errors: Vec<Rejection> =
            membership::missing(cx, *id, input, virtual_mesh).into_iter().collect();
        let mut warnings = Vec::new();
        let member = errors.is_empty().then_some(*id);
        if member.is_some()
            && let Some(standing) = cx.standing(*id)
        {
            errors.extend(standing.errors.iter().cloned());
            warnings.extend(standing.warnings.iter().cloned());
        }
        let key = crate::name::object_key(&input.name, &input.namespace, "").into();
        Some(OfMesh { key, input: input.clone(), errors, warnings, member })
    });
    verdicts.collect()
}

/// Puts the status of a virtual mesh together.
///
/// `displaced` tells, by what it is for, what is not written because others have the names; `written`, for each
/// mesh, what could not be written and what writing brought to light.
pub(crate) fn virtual_mesh_status<'a>(
    cx: Context<'_>,
    virtual_mesh: &VirtualMesh,
    shown: impl Iterator<Item = Shown<'a>>,
    displaced: &BTreeMap<&InputRef, Vec<Rejection>>,
    written: impl Fn(MeshId) -> (Vec<Rejection>, Vec<Warning>),
) -> Status {
    let meshes = of_meshes(cx, virtual_mesh).into_iter().map(|mut mesh| {
        let (blocked, remarks) = mesh.member.map(&written).unwrap_or_default();
        let taken = displaced.get(&mesh.input).into_iter().flatten().cloned();
        mesh.errors.extend(taken.chain(blocked));
        mesh.warnings.extend(remarks);
        (mesh.key, verdict(state_of(&mesh.errors), &mesh.errors, &mesh.warnings))
    });
    let destinations = shown.map(|it| {
        let state = worse(it.state, state_of(it.displaced));
        let errors: Vec<Rejection> = it.errors.iter().chain(it.displaced).cloned().collect();
        (it.key.clone(), verdict(state, &errors, it.warnings))
    });
    let (meshes, destinations): (Vec<_>, Vec<_>) = (meshes.collect(), destinations.collect());
    let own =
        if virtual_mesh.checks.errors.is_empty() { ApprovalState::Accepted } else { ApprovalState::Invalid };
    let verdicts = meshes.iter().chain(&destinations).map(|(_, verdict)| verdict.state);
    let state = verdicts.chain([own]).max_by_key(|state| badness(*state)).unwrap_or(own);
    let mut status = VirtualMeshStatus {
        observed_generation: virtual_mesh.generation,
        state,
        errors: size::cut(&virtual_mesh.checks.errors, size::ERRORS),
        ..VirtualMeshStatus::default()
    };
    if let Some(before) = virtual_mesh.object.as_ref().and_then(|object| object.status.as_ref()) {
        // Trust is decided elsewhere; what an earlier run says of it stays.
        status.conditions.clone_from(&before.conditions);
        status.deployed_shared_trust.clone_from(&before.deployed_shared_trust);
    }
    let used = size::of(&status);
    let (meshes, used_by_meshes) = fit(meshes, (size::VERDICTS / 2).saturating_sub(used));
    let room = size::VERDICTS.saturating_sub(used + used_by_meshes);
    status.meshes = meshes;
    status.destinations = fit(destinations, room).0;
    Status::VirtualMesh(Arc::new(status))
}

pub(super) fn verdict(state: ApprovalState, errors: &[Rejection], warnings: &[Warning]) -> ApprovalStatus {
    ApprovalStatus {
        acceptance_order: 0,
        state,
        errors: size::cut(errors, size::NOTES),
        warnings: size::cut(warnings, size::NOTES),
    }
}
