//! What a destination comes to: what was decided, and what was written for each cluster.

use std::collections::BTreeSet;

use crate::api::ApprovalState;
use crate::backend::{Backend, Sink};
use crate::context::Context;
use crate::id::InputRef;
use crate::index::{AccessId, Checked, DestinationId, Id, Index, MeshId, Policy, TrafficId};
use crate::model::route::TargetId;
use crate::model::{AccessPolicy, TrafficPolicy};
use crate::reads::Unit;
use crate::rejection::{Rejection, Warning};
use crate::report::{Finding, Subject};
use crate::resolve::{self, Decision, Demands, Verdict, exposure};
use crate::status::state_of;
use crate::translator::written::Written;

/// What a destination comes to.
#[derive(Debug, Default)]
pub(super) struct Outcome {
    /// The destination.
    pub input: Option<InputRef>,
    /// What is written in its own cluster.
    pub home: Written,
    /// What is written for the clients of other meshes, in the order of their keys.
    pub views: Vec<(MeshId, Written)>,
    /// What became of the traffic policies.
    pub traffic: Vec<(TrafficId, Verdict)>,
    /// What became of the access policies.
    pub access: Vec<(AccessId, Verdict)>,
    /// What became of showing it to other meshes.
    pub exposure: Option<Box<ExposureVerdict>>,
    /// What is to be said about the destination itself.
    pub findings: Vec<Finding>,
}

/// What became of showing a destination to other meshes.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct ExposureVerdict {
    /// The virtual mesh that asks for it.
    pub virtual_mesh: InputRef,
    pub state: ApprovalState,
    pub errors: Vec<Rejection>,
    pub warnings: Vec<Warning>,
    /// It is a gateway, selected only broadly, so it is not shown.
    pub is_gateway: bool,
}

impl Outcome {
    /// Everything that is written for the destination.
    pub fn written(&self) -> impl Iterator<Item = &Written> {
        std::iter::once(&self.home).chain(self.views.iter().map(|(_, written)| written))
    }

    /// Takes out what is written for the clients of a mesh.
    pub fn take_view(&mut self, mesh: MeshId) -> Option<Written> {
        let position = self.views.iter().position(|(other, _)| *other == mesh)?;
        Some(self.views.remove(position).1)
    }

    /// What could not be written, and who asked for it.
    pub fn failures(&self) -> impl Iterator<Item = &(InputRef, Rejection)> {
        self.written().flat_map(|written| &written.said().failures)
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

/// Decides about a destination, if it is there.
pub(super) fn decide<'a>(cx: Context<'a>, index: &'a Index, id: DestinationId) -> Option<Decision<'a>> {
    let destination = index.destinations.find(id)?;
    let (traffic, access) = (index.traffic.candidates(destination), index.access.candidates(destination));
    Some(resolve::decide(cx, cx.backend_of(destination), destination, &traffic, &access))
}

/// Writes down what was decided about a destination, for its own cluster.
pub(super) fn write_home<'a>(
    cx: Context<'a>,
    backend: Option<&dyn Backend>,
    demands: &'a Demands,
    decision: &mut Decision<'a>,
) -> Written {
    let Decision { resolved, exposed, .. } = decision;
    let (destination, target) = (resolved.destination, TargetId::Destination(resolved.destination.id));
    let mut sink = Sink::new(cx, vec![destination.input.clone()]);
    if let Some(view) = resolved.views.first_mut() {
        view.traffic.subsets = demands.subsets(target, &view.standpoint.cluster);
    }
    let (Some(backend), Some(view)) = (backend, resolved.views.first()) else {
        return Written::new(sink, Vec::new());
    };
    backend.view(cx, resolved, view, &mut sink);
    backend.access(cx, resolved, &mut sink);
    let written = Written::new(sink, Vec::new());
    let mut remarks = Vec::new();
    let entry = exposed.as_ref().and_then(|it| exposure::entry(cx, destination, it, &mut remarks));
    let Some(entry) = entry else { return written };
    let home = &destination.service.cluster_name;
    let subsets = demands.subsets_where(target, |cluster| *cluster != **home);
    let mut sink = Sink::new(cx, vec![destination.input.clone()]);
    backend.entry(cx, resolved, &entry, &subsets, &mut sink);
    written.and(Written::for_others(sink, remarks))
}

/// Writes down what was decided about a destination, for the clients of one other mesh.
pub(super) fn write_view<'a>(
    cx: Context<'a>,
    backend: Option<&dyn Backend>,
    demands: &'a Demands,
    decision: &mut Decision<'a>,
    position: usize,
) -> Written {
    let resolved = &mut decision.resolved;
    let (destination, target) = (resolved.destination, TargetId::Destination(resolved.destination.id));
    let mut sink = Sink::new(cx, vec![destination.input.clone()]);
    let mut remarks = Vec::new();
    if let Some(view) = resolved.views.get_mut(position) {
        view.traffic.subsets = demands.subsets(target, &view.standpoint.cluster);
    }
    if let (Some(backend), Some(view)) = (backend, resolved.views.get(position))
        && let Some((exposure, warnings)) = exposure::exposure(cx, destination, &view.traffic.subsets)
    {
        remarks = warnings;
        backend.exposure(cx, resolved, view, &exposure, &mut sink);
    }
    Written::for_others(sink, remarks)
}

/// Puts verdicts together from a decision and from what writing brought to light.
pub(super) fn conclude(outcome: &mut Outcome, decision: Decision<'_>) {
    outcome.findings = outcome
        .written()
        .flat_map(|written| &written.said().blocked)
        .map(|it| Finding::error(Subject::Input(decision.resolved.destination.input.clone()), it.clone()))
        .chain(unrestricted(&decision))
        .collect();
    outcome.input = Some(decision.resolved.destination.input.clone());
    let Decision { exposed, mut traffic_verdicts, mut access_verdicts, .. } = decision;
    for written in outcome.written() {
        let said = written.said();
        add_remarks(&mut traffic_verdicts, &said.warnings, &said.failures);
        add_remarks(&mut access_verdicts, &said.warnings, &said.failures);
    }
    outcome.traffic = traffic_verdicts.into_iter().map(|(policy, verdict)| (policy.id, verdict)).collect();
    outcome.access = access_verdicts.into_iter().map(|(policy, verdict)| (policy.id, verdict)).collect();
    outcome.exposure = exposed.map(|exposed| {
        let mut warnings = exposed.warnings;
        for warning in outcome.written().flat_map(|written| &written.said().exposure) {
            if !warnings.contains(warning) {
                warnings.push(warning.clone());
            }
        }
        let mut errors = exposed.errors;
        errors.extend(outcome.written().flat_map(|written| &written.said().unexposed).cloned());
        Box::new(ExposureVerdict {
            virtual_mesh: exposed.membership.virtual_mesh.clone(),
            state: state_of(&errors),
            errors,
            warnings,
            is_gateway: exposed.is_gateway,
        })
    });
}

/// A destination whose access policies are all refused is open, or closed to everybody, which nobody may overlook.
fn unrestricted(decision: &Decision<'_>) -> Option<Finding> {
    let is_open = decision.access.is_empty() && !decision.access_verdicts.is_empty();
    is_open.then(|| {
        let destination = decision.resolved.destination.input.clone();
        let subject = Subject::Input(destination.clone());
        let rejection = if decision.denied_by_default {
            Rejection::Closed { destination }
        } else {
            Rejection::Unrestricted { destination }
        };
        Finding::error(subject, rejection)
    })
}

/// Adds to the verdicts what writing brought to light; what holds for several clusters is said once.
fn add_remarks<T: Checked>(
    verdicts: &mut [(&Policy<T>, Verdict)],
    warnings: &[(InputRef, Warning)],
    failures: &[(InputRef, Rejection)],
) {
    for (input, warning) in warnings {
        if let Some((_, verdict)) = verdicts.iter_mut().find(|(policy, _)| policy.input == *input)
            && !verdict.said().warnings.contains(warning)
        {
            verdict.say().warnings.push(warning.clone());
        }
    }
    for (input, failure) in failures {
        if let Some((_, verdict)) = verdicts.iter_mut().find(|(policy, _)| policy.input == *input) {
            verdict.state = ApprovalState::Failed;
            verdict.say().errors.push(failure.clone());
        }
    }
}
