//! The status of a policy: one verdict for each destination, the worst of them for the whole.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::Istr;
use crate::api::{AccessPolicyStatus, ApprovalState, ApprovalStatus, TrafficPolicyStatus};
use crate::context::Context;
use crate::index::{Checked, Current, DestinationId, MeshId, Policy};
use crate::model::{AccessPolicy, TrafficPolicy};
use crate::rejection::Warning;
use crate::report::Status;
use crate::resolve::Verdict;
use crate::status::size;
use crate::status::verdicts::{badness, fit};
use crate::status::workloads::{self, Listed};

/// A kind of policy that has a status.
pub(crate) trait PolicyStatus: Checked {
    /// The workloads that a policy is about, among those of `meshes`.
    fn workloads<'a>(cx: Context<'a>, policy: &Policy<Self>, meshes: &BTreeSet<MeshId>) -> Listed<'a>;
    /// The status in the form of the kind.
    fn status(parts: Parts) -> Status;
}

/// What the statuses of both kinds of policies contain.
#[derive(Debug, Default, serde::Serialize)]
pub(crate) struct Parts {
    observed_generation: i64,
    state: ApprovalState,
    destinations: BTreeMap<Istr, ApprovalStatus>,
    workloads: Vec<Istr>,
    errors: Vec<Istr>,
}

/// Puts the status of a policy together from its verdicts, which are in the order of destinations.
pub(crate) fn policy_status<T: PolicyStatus>(
    cx: Context<'_>,
    policy: &Policy<T>,
    verdicts: &[(DestinationId, Cow<'_, Verdict>)],
) -> Status {
    let invalid = match &policy.current {
        Current::Invalid(errors) => errors.as_slice(),
        Current::Valid(_) | Current::Unresolved(_) => &[],
    };
    let errors: Vec<String> = policy.bad_refs.iter().chain(invalid).map(ToString::to_string).collect();
    let mut entries: Vec<(Istr, ApprovalStatus)> =
        verdicts.iter().filter_map(|(id, verdict)| Some((cx.key_of(*id)?.clone(), entry(verdict)))).collect();
    if policy.selects_everything() {
        let reason = "it is no service of a cluster".to_owned();
        let warnings = size::cut(&[Warning::NotTranslated { reason }], size::NOTES);
        entries.extend(cx.external_destinations().map(|external| {
            let state = ApprovalState::Accepted;
            (
                external.key.clone(),
                ApprovalStatus { state, warnings: warnings.clone(), ..ApprovalStatus::default() },
            )
        }));
    }
    let own = if errors.is_empty() { ApprovalState::Accepted } else { ApprovalState::Invalid };
    let state = entries.iter().map(|(_, entry)| entry.state).chain([own]).max_by_key(|state| badness(*state));
    let mut meshes: Vec<MeshId> = verdicts.iter().filter_map(|(id, _)| cx.mesh_id_of(*id)).collect();
    meshes.sort_unstable();
    meshes.dedup();
    let meshes: BTreeSet<MeshId> =
        meshes.into_iter().filter_map(|id| cx.mesh(id)).map(|mesh| mesh.id).collect();
    let mut parts = Parts {
        observed_generation: policy.generation,
        state: state.unwrap_or(own),
        errors: size::cut(&errors, size::ERRORS),
        ..Parts::default()
    };
    let size = size::of(&parts);
    let (destinations, verdicts) = fit(entries, size::VERDICTS.saturating_sub(size));
    parts.destinations = destinations;
    let room = size::WORKLOADS.saturating_sub(size + verdicts);
    parts.workloads = T::workloads(cx, policy, &meshes).fit(room);
    T::status(parts)
}

fn entry(verdict: &Verdict) -> ApprovalStatus {
    ApprovalStatus {
        acceptance_order: verdict.order,
        state: verdict.state,
        errors: size::cut(&verdict.said().errors, size::NOTES),
        warnings: size::cut(&verdict.said().warnings, size::NOTES),
    }
}

impl PolicyStatus for TrafficPolicy {
    fn workloads<'a>(cx: Context<'a>, policy: &Policy<Self>, meshes: &BTreeSet<MeshId>) -> Listed<'a> {
        match &policy.object {
            Some(object) => workloads::sending(cx, &object.spec.source_selector, meshes),
            None => Listed::default(),
        }
    }

    fn status(parts: Parts) -> Status {
        let Parts { observed_generation, state, destinations, workloads, errors } = parts;
        Status::TrafficPolicy(Arc::new(TrafficPolicyStatus {
            observed_generation,
            state,
            destinations,
            workloads,
            errors,
            gateway_routes: BTreeMap::new(),
        }))
    }
}

impl PolicyStatus for AccessPolicy {
    fn workloads<'a>(cx: Context<'a>, policy: &Policy<Self>, meshes: &BTreeSet<MeshId>) -> Listed<'a> {
        match &policy.object {
            Some(object) => workloads::identified(cx, &object.spec.source_selector, meshes),
            None => Listed::default(),
        }
    }

    fn status(parts: Parts) -> Status {
        let Parts { observed_generation, state, destinations, workloads, errors } = parts;
        Status::AccessPolicy(Arc::new(AccessPolicyStatus {
            observed_generation,
            state,
            destinations,
            workloads,
            errors,
        }))
    }
}
