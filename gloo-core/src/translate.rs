//! From a snapshot to outputs and report.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::Istr;
use crate::api::ApprovalState;
use crate::backend::{Backend, Sink};
use crate::context::Context;
use crate::id::{InputKind, InputRef};
use crate::index::{Checked, Destination, DestinationId, Index, Policy, PolicyId};
use crate::object::Object;
use crate::output::Outputs;
use crate::rejection::{Rejection, Warning};
use crate::report::{Finding, Report, Status, Subject};
use crate::resolve::{Decision, Demands, Verdict, decide};
use crate::snapshot::Snapshot;
use crate::snapshot::builder::unread;
use crate::status;

/// What a translation yields.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Translation {
    /// The objects for each cluster.
    pub outputs: Outputs,
    /// What is to be said about the inputs.
    pub report: Report,
}

/// Turns a snapshot into what each cluster must contain, with a verdict on every policy.
///
/// Total: mistakes of users are part of the report, and what is right is translated whatever else is wrong.
/// The same snapshot always yields the same bytes, in whatever order its objects arrived.
pub fn translate(snapshot: &Snapshot, backends: &[&dyn Backend]) -> Translation {
    let index = Index::build(snapshot, backends);
    let cx = Context::new(&index);
    let traffic = candidates(&index, &index.traffic);
    let access = candidates(&index, &index.access);
    let mut decisions: Vec<Decision<'_>> = Vec::with_capacity(index.destinations.len());
    for destination in index.destinations() {
        let candidates = (candidates_of(&traffic, destination.id), candidates_of(&access, destination.id));
        let backend = backend_of(cx, destination, backends);
        decisions.push(decide(cx, backend, destination, candidates.0, candidates.1));
    }
    let mut demands = Demands::default();
    let mut specs = BTreeMap::new();
    for decision in &decisions {
        demands.add(decision);
        status::note_specs(&mut specs, &decision.traffic);
    }
    demands.finish();
    let cx = cx.with_demands(&demands);
    let mut run = Run {
        cx,
        backends,
        objects: Vec::new(),
        statuses: Vec::new(),
        findings: Vec::new(),
        verdicts: Verdicts::new(&index),
        failures: Vec::new(),
    };
    for decision in decisions {
        run.emit(decision, &demands, &specs);
    }
    run.finish(&index, snapshot)
}

/// Policies that some destination must decide about, by destination.
fn candidates<'a, T: Checked>(index: &Index, policies: &'a [Policy<T>]) -> Vec<Vec<&'a Policy<T>>> {
    let mut candidates: Vec<Vec<&Policy<T>>> = Vec::new();
    candidates.resize_with(index.destinations.len(), Vec::new);
    for policy in policies {
        // Nobody knows what a policy selects that cannot be decoded: it stays where it was.
        let stored = policy.stored.keys().filter(|_| policy.object.is_none());
        for id in policy.selected.iter().chain(stored) {
            if let Some(of_destination) = candidates.get_mut(id.index()) {
                of_destination.push(policy);
            }
        }
    }
    candidates
}

fn candidates_of<'a, 'p, T: Checked>(
    all: &'p [Vec<&'a Policy<T>>],
    id: DestinationId,
) -> &'p [&'a Policy<T>] {
    all.get(id.index()).map_or(&[], Vec::as_slice)
}

fn backend_of<'b>(
    cx: Context<'_>,
    destination: &Destination,
    backends: &[&'b dyn Backend],
) -> Option<&'b dyn Backend> {
    let name = cx.mesh_of(destination)?.backend?;
    backends.iter().find(|backend| backend.name() == name).copied()
}

/// Verdicts by policy.
#[derive(Default)]
struct Verdicts {
    traffic: Vec<Vec<(DestinationId, Verdict)>>,
    access: Vec<Vec<(DestinationId, Verdict)>>,
}

impl Verdicts {
    fn new(index: &Index) -> Self {
        Self { traffic: vec![Vec::new(); index.traffic.len()], access: vec![Vec::new(); index.access.len()] }
    }
}

/// One pass over all destinations, after everything is decided.
struct Run<'a> {
    cx: Context<'a>,
    backends: &'a [&'a dyn Backend],
    objects: Vec<Arc<Object>>,
    statuses: Vec<(InputRef, Status)>,
    findings: Vec<Finding>,
    verdicts: Verdicts,
    /// What could not be written for a destination, and who asked for it.
    failures: Vec<(DestinationId, InputRef, Rejection)>,
}

impl<'a> Run<'a> {
    fn emit(&mut self, mut decision: Decision<'a>, demands: &Demands<'a>, specs: &status::InForceSpecs<'_>) {
        let destination = decision.resolved.destination;
        for view in &mut decision.resolved.views {
            view.traffic.subsets = demands.subsets(destination.id, &view.cluster);
        }
        let mut sink = Sink::new(self.cx, destination);
        if let Some(backend) = backend_of(self.cx, destination, self.backends) {
            for view in &decision.resolved.views {
                backend.view(self.cx, &decision.resolved, view, &mut sink);
            }
            backend.access(self.cx, &decision.resolved, &mut sink);
        }
        let Sink { objects, warnings, failures, blocked, .. } = sink;
        let subject = Subject::Input(destination.input.clone());
        self.findings.extend(blocked.into_iter().map(|it| Finding::error(subject.clone(), it)));
        self.objects.extend(objects.into_iter().map(Arc::new));
        let status = status::destination_status(&decision, demands, specs);
        self.statuses.push((destination.input.clone(), status));
        self.note_unrestricted(&decision);
        let traffic = decision.traffic_verdicts;
        let index = self.cx.index();
        collect(&mut self.verdicts.traffic, &index.traffic, destination.id, traffic, &warnings, &failures);
        let access = decision.access_verdicts;
        collect(&mut self.verdicts.access, &index.access, destination.id, access, &warnings, &failures);
        self.failures.extend(failures.into_iter().map(|(input, it)| (destination.id, input, it)));
    }

    /// Where the rule of a service could not be written, routes to its subsets lead nowhere: their policies
    /// fail wherever they are in force.
    fn fail_routes_to_subsets(&mut self, index: &Index) {
        for (service, input, rejection) in std::mem::take(&mut self.failures) {
            for policy in index.traffic.iter().filter(|policy| policy.input == input) {
                if !policy.current.uses_subset_of(service) {
                    continue;
                }
                let verdicts = self.verdicts.traffic.get_mut(policy.id.index()).into_iter().flatten();
                for (_, verdict) in verdicts.filter(|(_, it)| it.state == ApprovalState::Accepted) {
                    verdict.state = ApprovalState::Failed;
                    verdict.errors.push(rejection.clone());
                }
            }
        }
    }

    /// A destination whose access policies are all refused is open, which nobody may overlook.
    fn note_unrestricted(&mut self, decision: &Decision<'_>) {
        if decision.access.is_empty() && !decision.access_verdicts.is_empty() {
            let destination = decision.resolved.destination.input.clone();
            let subject = Subject::Input(destination.clone());
            self.findings.push(Finding::error(subject, Rejection::Unrestricted { destination }));
        }
    }

    fn finish(mut self, index: &'a Index, snapshot: &Snapshot) -> Translation {
        self.findings.extend(snapshot.findings.iter().cloned());
        self.fail_routes_to_subsets(index);
        let Verdicts { traffic, access } = std::mem::take(&mut self.verdicts);
        self.finish_kind(index, &index.traffic, &traffic);
        self.finish_kind(index, &index.access, &access);
        self.statuses.extend(status::observed(index, snapshot));
        for input in snapshot.virtual_meshes.keys() {
            let warning = Warning::NoEffect { field: "the object".to_owned(), detail: " yet" };
            self.findings.push(Finding::warning(Subject::Input(input.clone()), warning));
        }
        self.findings.extend(unread(unread_kinds(index, self.backends)));
        self.drop_duplicates();
        let Self { objects, statuses, mut findings, .. } = self;
        findings.sort_by(|a, b| (&a.subject, &a.on, a.severity).cmp(&(&b.subject, &b.on, b.severity)));
        let report = Report { findings, statuses: statuses.into_iter().collect() };
        Translation { outputs: objects.into_iter().collect(), report }
    }

    /// Two destinations for one service want the same objects; the first in the order of keys gets them.
    fn drop_duplicates(&mut self) {
        self.objects.sort_by(|a, b| a.id.cmp(&b.id));
        let findings = &mut self.findings;
        self.objects.dedup_by(|later, first| {
            let taken = later.id == first.id;
            if taken {
                let owner = |object: &Object| {
                    object.inputs.iter().find(|input| input.kind == InputKind::Destination).cloned()
                };
                if let (Some(by), Some(loser)) = (owner(first), owner(later)) {
                    let rejection = Rejection::OutputTaken { object: first.id.to_string(), by: Box::new(by) };
                    findings.push(Finding::error(Subject::Input(loser), rejection));
                }
            }
            taken
        });
    }

    fn finish_kind<T: status::PolicyStatus>(
        &mut self,
        index: &Index,
        policies: &[Policy<T>],
        verdicts: &[Vec<(DestinationId, Verdict)>],
    ) {
        for (policy, verdicts) in policies.iter().zip(verdicts) {
            let status = status::policy_status(index, policy, verdicts);
            self.statuses.push((policy.input.clone(), status));
            self.findings.extend(findings(index, policy, verdicts));
        }
    }
}

/// Hands the verdicts of one destination to their policies, with what writing added to them.
fn collect<T: Checked>(
    all: &mut [Vec<(DestinationId, Verdict)>],
    policies: &[Policy<T>],
    destination: DestinationId,
    verdicts: Vec<(PolicyId, Verdict)>,
    warnings: &[(InputRef, Warning)],
    failures: &[(InputRef, Rejection)],
) {
    for (id, mut verdict) in verdicts {
        let Some(policy) = policies.get(id.index()) else {
            continue;
        };
        let about = |input: &InputRef| *input == policy.input;
        verdict.warnings.extend(warnings.iter().filter(|(input, _)| about(input)).map(|(_, it)| it.clone()));
        let failed = failures.iter().filter(|(input, _)| about(input)).map(|(_, it)| it.clone());
        let before = verdict.errors.len();
        verdict.errors.extend(failed);
        if verdict.errors.len() > before {
            verdict.state = ApprovalState::Failed;
        }
        if let Some(of_policy) = all.get_mut(id.index()) {
            of_policy.push((destination, verdict));
        }
    }
}

/// What is to be said about a policy: once for the whole, then for each destination.
fn findings<T: Checked>(
    index: &Index,
    policy: &Policy<T>,
    verdicts: &[(DestinationId, Verdict)],
) -> Vec<Finding> {
    use crate::index::Current;

    let subject = || Subject::Input(policy.input.clone());
    let mut findings: Vec<Finding> =
        policy.bad_refs.iter().map(|rejection| Finding::error(subject(), rejection.clone())).collect();
    let whole = match &policy.current {
        Current::Invalid(errors) => errors.as_slice(),
        Current::Valid(_) | Current::Unresolved(_) => &[],
    };
    findings.extend(whole.iter().map(|rejection| Finding::error(subject(), rejection.clone())));
    let own_warnings = &policy.checks.warnings;
    findings.extend(own_warnings.iter().map(|warning| Finding::warning(subject(), warning.clone())));
    if verdicts.is_empty() && policy.object.is_some() {
        let warning = Warning::SelectsNothing { field: "spec.destinationSelector" };
        findings.push(Finding::warning(subject(), warning));
    }
    for (id, verdict) in verdicts {
        let Some(destination) = index.destination(*id) else {
            continue;
        };
        let errors = verdict.errors.iter().filter(|rejection| !whole.contains(rejection));
        let errors = errors.map(|rejection| Finding::error(subject(), rejection.clone()));
        let warnings = verdict.warnings.iter().filter(|warning| !own_warnings.contains(warning));
        let warnings = warnings.map(|warning| Finding::warning(subject(), warning.clone()));
        let notes = verdict.notes.iter().map(|note| Finding::note(subject(), note.clone()));
        let all = errors.chain(warnings).chain(notes);
        findings.extend(all.map(|finding| finding.on(destination.input.clone())));
    }
    findings
}

/// Counts objects that neither the core nor a backend reads; what other planes wrote is theirs.
fn unread_kinds(index: &Index, backends: &[&dyn Backend]) -> BTreeMap<(String, Istr), usize> {
    let mut counts = BTreeMap::new();
    for raw in index.foreign.values() {
        let read = backends.iter().any(|backend| backend.reads(&raw.id.group, &raw.id.kind));
        if !read && raw.owner().is_none() {
            *counts.entry((raw.api_version(), raw.id.kind.clone())).or_default() += 1;
        }
    }
    counts
}
