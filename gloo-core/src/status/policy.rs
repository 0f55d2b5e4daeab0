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
    let mut meshes: Vec<MeshId> = verdicts.iter().filter_map(|(id, _)| cx.membership(*id)).collect();
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

fn badness(state: ApprovalState) -> u8 {
    match state {
        ApprovalState::Accepted => 0,
        ApprovalState::Pending => 1,
        ApprovalState::Invalid => 2,
        ApprovalState::Failed => 3,
    }
}

/// The verdicts that fit, the worst first, and their size; what is left out is counted under one key.
fn fit(mut entries: Vec<(Istr, ApprovalStatus)>, room: usize) -> (BTreeMap<Istr, ApprovalStatus>, usize) {
    let size: usize = entries.iter().map(|(key, entry)| entry_size(key, entry)).sum();
    if size <= room {
        return (entries.into_iter().collect(), size);
    }
    entries.sort_by(|(a_key, a), (b_key, b)| {
        let rank = |entry: &ApprovalStatus| (u8::MAX - badness(entry.state), entry.warnings.is_empty());
        rank(a).cmp(&rank(b)).then_with(|| a_key.cmp(b_key))
    });
    let (mut fitting, mut used) = (BTreeMap::new(), 0);
    let mut entries = entries.into_iter();
    for (key, entry) in entries.by_ref() {
        let size = entry_size(&key, &entry);
        if used + size > room {
            let more = more(std::iter::once(entry).chain(entries.map(|(_, entry)| entry)));
            let key = Istr::from("+more");
            used += entry_size(&key, &more);
            fitting.insert(key, more);
            break;
        }
        used += size;
        fitting.insert(key, entry);
    }
    (fitting, used)
}

/// Size of an entry as JSON, with its key, a colon and a comma.
fn entry_size(key: &Istr, entry: &ApprovalStatus) -> usize {
    size::of_text(key) + 2 + size::of_verdict(entry)
}

/// One entry that stands for those left out.
fn more(entries: impl Iterator<Item = ApprovalStatus>) -> ApprovalStatus {
    let mut counts: [(ApprovalState, &str, usize); 4] = [
        (ApprovalState::Failed, "failed", 0),
        (ApprovalState::Invalid, "invalid", 0),
        (ApprovalState::Pending, "pending", 0),
        (ApprovalState::Accepted, "accepted", 0),
    ];
    for entry in entries {
        for (state, _, count) in &mut counts {
            *count += usize::from(entry.state == *state);
        }
    }
    let total: usize = counts.iter().map(|(_, _, count)| count).sum();
    let present = counts.iter().filter(|(_, _, count)| *count > 0);
    let words: Vec<String> = present.clone().map(|(_, word, count)| format!("{count} {word}")).collect();
    let state = present.map(|(state, _, _)| *state).next().unwrap_or_default();
    let warning = format!("{total} more: {}", words.join(", "));
    ApprovalStatus { state, warnings: vec![warning.into()], ..ApprovalStatus::default() }
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
