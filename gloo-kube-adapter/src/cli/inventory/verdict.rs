//! What became of a policy at each destination, whatever a status leaves out.

use std::collections::BTreeMap;

use gloo_core::Istr;
use gloo_core::api::{ApprovalState, ApprovalStatus, DestinationStatus};
use gloo_core::id::{InputKind, InputRef};
use gloo_core::name::object_key;
use gloo_core::report::{Finding, Severity, Status};

use super::{Inventory, reference};

/// What became of a policy at one destination.
#[derive(Clone, Debug)]
pub struct Verdict<'a> {
    /// Whether it is in force as it is written.
    pub state: ApprovalState,
    /// Its position among the policies in force there, counted from 1; `None` if nothing of it is in force.
    pub order: Option<usize>,
    /// The generation in force.
    pub generation: Option<i64>,
    /// What is to be said about it there.
    pub findings: Vec<&'a Finding>,
}

impl Verdict<'_> {
    /// The state, and which version is in force if it is an earlier one.
    pub fn word(&self) -> String {
        let word = state_word(self.state);
        match self.generation {
            Some(generation) if self.state != ApprovalState::Accepted => {
                format!("{word} (generation {generation} is in force)")
            }
            _ => word.to_owned(),
        }
    }

    /// What is to be said, errors first, in one line.
    pub fn message(&self) -> String {
        let all = self.findings.iter().filter(|finding| finding.severity < Severity::Info);
        let texts: Vec<String> = all.map(|it| format!("{} [{}]", it.cause, it.code())).collect();
        texts.join("; ")
    }
}

/// The word for a state.
pub fn state_word(state: ApprovalState) -> &'static str {
    match state {
        ApprovalState::Accepted => "Accepted",
        ApprovalState::Invalid => "Invalid",
        ApprovalState::Failed => "Failed",
        ApprovalState::Pending => "Pending",
    }
}

impl<'a> Inventory<'a> {
    /// What became of a policy at each destination that it selects.
    ///
    /// A status has room for the worst verdicts only; those left out follow from what destinations say.
    pub fn verdicts(&self, policy: &InputRef) -> BTreeMap<InputRef, Verdict<'a>> {
        let entries = self.entries(policy).into_iter().flatten();
        let listed = entries.filter_map(|(key, _)| self.of_key(InputKind::Destination, key));
        let doubtful = self.findings_about(policy).filter(|finding| finding.severity < Severity::Info);
        let spoken_about = doubtful.filter_map(|finding| finding.on.as_ref());
        let spoken_about = spoken_about.filter(|on| on.kind == InputKind::Destination);
        let in_force = self.in_force.get(policy).into_iter().flatten().copied();
        let all = listed.chain(spoken_about).chain(in_force);
        all.filter_map(|destination| Some((destination.clone(), self.verdict(policy, destination)?)))
            .collect()
    }

    /// The policies of a kind that select a destination, those in force first, in the order of acceptance.
    pub fn policies_on(&self, destination: &InputRef, kind: InputKind) -> Vec<(&'a InputRef, Verdict<'a>)> {
        let policies = self.translation.report.statuses.keys().filter(|input| input.kind == kind);
        let verdict = |policy: &'a InputRef| Some((policy, self.verdict(policy, destination)?));
        let mut all: Vec<_> = policies.filter_map(verdict).collect();
        all.sort_by_key(|(_, verdict)| verdict.order.unwrap_or(usize::MAX));
        all
    }

    fn verdict(&self, policy: &InputRef, destination: &InputRef) -> Option<Verdict<'a>> {
        let key = object_key(&destination.name, &destination.namespace, "");
        let entry = self.entries(policy).and_then(|entries| entries.get(key.as_str()));
        let findings = self.findings.get(policy).and_then(|all| all.get(&Some(destination)));
        let findings = findings.cloned().unwrap_or_default();
        let status = self.destination_status(destination);
        let in_force = status.map(|status| in_force(status, policy.kind)).unwrap_or_default();
        let position = in_force.iter().position(|(name, _)| name == policy);
        if entry.is_none() && findings.is_empty() && position.is_none() {
            return None;
        }
        let is_refused = findings.iter().any(|finding| finding.severity == Severity::Error);
        let by_findings = if is_refused { ApprovalState::Invalid } else { ApprovalState::Accepted };
        Some(Verdict {
            state: entry.map_or(by_findings, |entry| entry.state),
            order: position.map(|position| position + 1),
            generation: position.and_then(|position| in_force.get(position)?.1),
            findings,
        })
    }

    fn entries(&self, policy: &InputRef) -> Option<&'a BTreeMap<Istr, ApprovalStatus>> {
        match self.status(policy)? {
            Status::TrafficPolicy(status) => Some(&status.destinations),
            Status::AccessPolicy(status) => Some(&status.destinations),
            Status::VirtualMesh(status) => Some(&status.destinations),
            _ => None,
        }
    }
}

/// What of a kind is in force at a destination, in the order of acceptance, with generations.
pub(super) fn in_force(status: &DestinationStatus, kind: InputKind) -> Vec<(InputRef, Option<i64>)> {
    let traffic = status.applied_traffic_policies.iter();
    let access = status.applied_access_policies.iter();
    let federation = status.applied_federation.iter();
    let all: Vec<_> = match kind {
        InputKind::TrafficPolicy => traffic.map(|it| (&it.reference, Some(it.observed_generation))).collect(),
        InputKind::AccessPolicy => access.map(|it| (&it.reference, Some(it.observed_generation))).collect(),
        InputKind::VirtualMesh => federation.map(|it| (&it.virtual_mesh_ref, None)).collect(),
        _ => Vec::new(),
    };
    let named = all.into_iter().filter_map(|(name, generation)| Some((name.as_ref()?, generation)));
    named.map(|(name, generation)| (reference(kind, name), generation)).collect()
}
