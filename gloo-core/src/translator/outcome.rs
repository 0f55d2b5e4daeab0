//! One unit of work: what a destination comes to.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::api::ApprovalState;
use crate::backend::{Backend, Sink};
use crate::context::Context;
use crate::id::InputRef;
use crate::index::{AccessId, Checked, Destination, DestinationId, Id, Index, Policy, TrafficId};
use crate::model::{AccessPolicy, TrafficPolicy};
use crate::object::Object;
use crate::reads::Unit;
use crate::rejection::{Rejection, Warning};
use crate::report::{Finding, Status, Subject};
use crate::resolve::{self, Decision, Demands, Verdict};
use crate::status;

/// What a destination comes to.
#[derive(Debug, Default)]
pub(super) struct Outcome {
    /// The destination.
    pub input: Option<InputRef>,
    /// What is written for it.
    pub objects: Vec<Arc<Object>>,
    /// What became of the traffic policies.
    pub traffic: Vec<(TrafficId, Verdict)>,
    /// What became of the access policies.
    pub access: Vec<(AccessId, Verdict)>,
    /// What is to be said about the destination itself.
    pub findings: Vec<Finding>,
    /// What could not be written, and who asked for it.
    pub failures: Vec<(InputRef, Rejection)>,
}

impl Outcome {
    /// Takes over objects of an earlier outcome that are the same.
    pub fn keep_objects_of(&mut self, before: &Self) {
        for object in &mut self.objects {
            if let Some(same) = before.objects.iter().find(|earlier| *earlier == object) {
                *object = Arc::clone(same);
            }
        }
    }

    /// Adds the statuses of policies of which another outcome says something else.
    pub fn note_changed_verdicts(&self, other: &Self, units: &mut BTreeSet<Unit>) {
        note_changed::<TrafficPolicy>(&self.traffic, &other.traffic, units);
        note_changed::<AccessPolicy>(&self.access, &other.access, units);
    }
}

/// Verdicts of one destination on policies of one kind.
type Verdicts<T> = [(Id<Policy<T>>, Verdict)];

fn note_changed<T: Checked>(before: &Verdicts<T>, after: &Verdicts<T>, units: &mut BTreeSet<Unit>) {
    if before == after {
        return;
    }
    for (one, other) in [(before, after), (after, before)] {
        let changed = one.iter().filter(|(id, verdict)| find(other, *id) != Some(verdict));
        units.extend(changed.map(|(id, _)| T::status_unit(*id)));
    }
}

/// The verdict on a policy.
pub(super) fn find<T: Checked>(verdicts: &Verdicts<T>, id: Id<Policy<T>>) -> Option<&Verdict> {
    verdicts.iter().find(|(policy, _)| *policy == id).map(|(_, verdict)| verdict)
}

fn backend_of<'b>(
    cx: Context<'_>,
    destination: &Destination,
    backends: &[&'b dyn Backend],
) -> Option<&'b dyn Backend> {
    let name = cx.mesh_of(destination)?.backend?;
    backends.iter().find(|backend| backend.name() == name).copied()
}

/// Decides about a destination, if it is there.
pub(super) fn decide<'a>(
    cx: Context<'a>,
    index: &'a Index,
    backends: &[&dyn Backend],
    id: DestinationId,
) -> Option<Decision<'a>> {
    let destination = index.destinations.find(id)?;
    let (traffic, access) = (index.traffic.candidates(destination), index.access.candidates(destination));
    Some(resolve::decide(cx, backend_of(cx, destination, backends), destination, &traffic, &access))
}

/// Writes down what was decided about a destination.
pub(super) fn emit<'a>(
    cx: Context<'a>,
    backends: &[&dyn Backend],
    demands: &'a Demands,
    mut decision: Decision<'a>,
) -> (Outcome, Status) {
    let destination = decision.resolved.destination;
    for view in &mut decision.resolved.views {
        view.traffic.subsets = demands.subsets(destination.id, &view.cluster);
    }
    let mut sink = Sink::new(cx, destination);
    if let Some(backend) = backend_of(cx, destination, backends) {
        for view in &decision.resolved.views {
            backend.view(cx, &decision.resolved, view, &mut sink);
        }
        backend.access(cx, &decision.resolved, &mut sink);
    }
    let Sink { objects, warnings, failures, blocked, .. } = sink;
    let subject = Subject::Input(destination.input.clone());
    let mut findings: Vec<Finding> =
        blocked.into_iter().map(|it| Finding::error(subject.clone(), it)).collect();
    findings.extend(unrestricted(&decision));
    let status = status::destination_status(&decision, demands);
    let Decision { mut traffic_verdicts, mut access_verdicts, .. } = decision;
    add_remarks(&mut traffic_verdicts, &warnings, &failures);
    add_remarks(&mut access_verdicts, &warnings, &failures);
    let outcome = Outcome {
        input: Some(destination.input.clone()),
        objects,
        traffic: traffic_verdicts.into_iter().map(|(policy, verdict)| (policy.id, verdict)).collect(),
        access: access_verdicts.into_iter().map(|(policy, verdict)| (policy.id, verdict)).collect(),
        findings,
        failures,
    };
    (outcome, status)
}

/// A destination whose access policies are all refused is open, which nobody may overlook.
fn unrestricted(decision: &Decision<'_>) -> Option<Finding> {
    let is_open = decision.access.is_empty() && !decision.access_verdicts.is_empty();
    is_open.then(|| {
        let destination = decision.resolved.destination.input.clone();
        let subject = Subject::Input(destination.clone());
        Finding::error(subject, Rejection::Unrestricted { destination })
    })
}

/// Adds to the verdicts what writing brought to light.
fn add_remarks<T: Checked>(
    verdicts: &mut [(&Policy<T>, Verdict)],
    warnings: &[(InputRef, Warning)],
    failures: &[(InputRef, Rejection)],
) {
    if warnings.is_empty() && failures.is_empty() {
        return;
    }
    for (policy, verdict) in verdicts {
        let about = |input: &InputRef| *input == policy.input;
        let warnings: Vec<Warning> =
            warnings.iter().filter(|(input, _)| about(input)).map(|(_, it)| it.clone()).collect();
        let errors: Vec<Rejection> =
            failures.iter().filter(|(input, _)| about(input)).map(|(_, it)| it.clone()).collect();
        if !errors.is_empty() {
            verdict.state = ApprovalState::Failed;
        }
        if !errors.is_empty() || !warnings.is_empty() {
            let said = verdict.say();
            said.errors.extend(errors);
            said.warnings.extend(warnings);
        }
    }
}
