//! Decides which policies are in force at one destination, one policy at a time.

use std::sync::Arc;

use crate::api::ApprovalState;
use crate::backend::{Backend, Objection};
use crate::context::Context;
use crate::index::{Checked, Current, Destination, Policy, PolicyId};
use crate::model::{
    Access, AccessPolicy, AccessRule, Operation, Resolved, RouteSettings, Routes, Traffic, TrafficPolicy,
    View,
};
use crate::rejection::{Rejection, Warning};
use crate::resolve::claim::{Draft, unreachable_targets};
use crate::status::size;

/// Why access policies cannot be enforced at a service.
const NO_SELECTOR: &str = "selects no workloads";

/// What was decided about one destination.
#[derive(Debug)]
pub(crate) struct Decision<'a> {
    /// What must happen.
    pub resolved: Resolved<'a>,
    /// Traffic policies in force, in the order of acceptance.
    pub traffic: Vec<InForce<'a, TrafficPolicy>>,
    /// Access policies in force, in the order of acceptance.
    pub access: Vec<InForce<'a, AccessPolicy>>,
    /// Verdicts on all candidates.
    pub traffic_verdicts: Vec<(PolicyId, Verdict)>,
    /// Verdicts on all candidates.
    pub access_verdicts: Vec<(PolicyId, Verdict)>,
}

/// A version of a policy that is in force.
#[derive(Debug)]
pub(crate) struct InForce<'a, T: Checked> {
    pub version: &'a T,
    pub generation: i64,
    /// The version as users wrote it, and its size as JSON.
    pub spec: Option<(Arc<T::Spec>, usize)>,
}

impl<T: Checked> InForce<'_, T> {
    /// About how many bytes of JSON a status needs for it.
    pub(crate) fn size(&self) -> usize {
        const REST: usize = 512;
        REST + self.spec.as_ref().map_or(0, |(_, size)| *size)
    }
}

/// What became of one policy at one destination.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Verdict {
    pub state: ApprovalState,
    /// Position among the accepted policies of the destination.
    pub order: usize,
    pub errors: Vec<Rejection>,
    pub warnings: Vec<Warning>,
    /// What is worth knowing, but not worth a place in the status.
    pub notes: Vec<Warning>,
}

/// Remarks on a version that speak not against it.
#[derive(Debug, Default)]
struct Remarks {
    warnings: Vec<Warning>,
    notes: Vec<Warning>,
}

/// Tries a version: in force with remarks, or refused.
type Tried = Result<Remarks, Vec<Rejection>>;

/// Decides about every candidate of `destination`.
pub(crate) fn decide<'a>(
    cx: Context<'a>,
    backend: Option<&dyn Backend>,
    destination: &'a Destination,
    traffic: &[&'a Policy<TrafficPolicy>],
    access: &[&'a Policy<AccessPolicy>],
) -> Decision<'a> {
    let mut drafts: Vec<Draft<'a>> = cx.consumers(destination).into_iter().map(Draft::new).collect();
    let (traffic, traffic_verdicts) = decide_kind(cx, destination, traffic, |_, version| {
        let (errors, remarks) = object_to_traffic(cx, backend, destination, &drafts, version);
        if !errors.is_empty() {
            return Err(errors);
        }
        for draft in drafts.iter_mut().filter(|draft| version.selects_cluster(&draft.cluster)) {
            draft.commit(version);
        }
        Ok(remarks)
    });
    let mut rules = Vec::new();
    let (access, access_verdicts) = decide_kind(cx, destination, access, |policy, version| {
        if destination.kube_service().is_none_or(|service| service.workload_selector_labels.is_empty()) {
            return unfit(policy, destination);
        }
        let objections = backend.map(|backend| backend.access_objections(cx, destination, version));
        let (mut errors, mut remarks) = (Vec::new(), Remarks::default());
        sort(objections.unwrap_or_default(), &mut errors, &mut remarks);
        if !errors.is_empty() {
            return Err(errors);
        }
        rules.push(rule(destination, version));
        Ok(remarks)
    });
    rules.sort_by_cached_key(|rule| crate::name::object_key(&rule.policy.name, &rule.policy.namespace, ""));
    let views = drafts.into_iter().map(|draft| view(cx, destination, draft)).collect();
    let resolved = Resolved { destination, views, access: Access { rules } };
    Decision { resolved, traffic, access, traffic_verdicts, access_verdicts }
}

/// Tries the candidates in the order in which they were accepted before. A candidate whose current version
/// is refused keeps its stored version, if that one still can be applied.
fn decide_kind<'a, T: Checked>(
    cx: Context<'_>,
    destination: &Destination,
    candidates: &[&'a Policy<T>],
    mut accept: impl FnMut(&'a Policy<T>, &'a T) -> Tried,
) -> (Vec<InForce<'a, T>>, Vec<(PolicyId, Verdict)>) {
    let mut in_order: Vec<&Policy<T>> = candidates.to_vec();
    in_order.sort_by(|a, b| a.order(destination).cmp(&b.order(destination)));
    let mut in_force = Vec::new();
    let mut verdicts = Vec::with_capacity(in_order.len());
    for policy in in_order {
        let tried = match &policy.current {
            Current::Valid(version) => accept(policy, version).map(|remarks| (version, remarks)),
            Current::Invalid(errors) | Current::Unresolved(errors) => Err(errors.clone()),
        };
        let (state, order, errors, remarks) = match tried {
            Ok((version, remarks)) => {
                let spec = policy.spec.clone();
                let order = in_force.len();
                in_force.push(InForce { version, generation: policy.generation, spec });
                (ApprovalState::Accepted, order, Vec::new(), remarks)
            }
            Err(errors) => {
                let remarks = fall_back(destination, policy, &mut accept, &mut in_force);
                (ApprovalState::Invalid, 0, errors, remarks)
            }
        };
        let Remarks { mut warnings, notes } = remarks;
        warnings.splice(0..0, policy.checks.warnings.iter().cloned());
        warnings.extend(cx.not_translated(destination));
        verdicts.push((policy.id, Verdict { state, order, errors: distinct(errors), warnings, notes }));
    }
    (in_force, verdicts)
}

fn fall_back<'a, T: Checked>(
    destination: &Destination,
    policy: &'a Policy<T>,
    accept: &mut impl FnMut(&'a Policy<T>, &'a T) -> Tried,
    in_force: &mut Vec<InForce<'a, T>>,
) -> Remarks {
    let stored = policy.stored.get(&destination.id);
    let Some((stored, version)) = stored.and_then(|stored| Some((stored, stored.version.as_ref()?))) else {
        return Remarks::default();
    };
    let Ok(mut remarks) = accept(policy, version) else { return Remarks::default() };
    let applied = T::applied(destination);
    let spec = applied.get(stored.position).and_then(|applied| applied.spec.cloned());
    let spec = spec.map(|spec| {
        let size = size::of(&*spec);
        (spec, size)
    });
    in_force.push(InForce { version, generation: stored.generation, spec });
    remarks.warnings.insert(0, Warning::LastGood { generation: stored.generation });
    remarks
}

/// Everything that speaks against a version of a traffic policy at a destination.
fn object_to_traffic(
    cx: Context<'_>,
    backend: Option<&dyn Backend>,
    destination: &Destination,
    drafts: &[Draft<'_>],
    version: &TrafficPolicy,
) -> (Vec<Rejection>, Remarks) {
    let (mut errors, mut remarks) = (Vec::new(), Remarks::default());
    for draft in drafts.iter().filter(|draft| version.selects_cluster(&draft.cluster)) {
        errors.extend(unreachable_targets(cx, destination, &draft.cluster, version));
        errors.extend(draft.conflicts(version));
        let objections =
            backend.map(|backend| backend.traffic_objections(cx, destination, &draft.cluster, version));
        sort(objections.unwrap_or_default(), &mut errors, &mut remarks);
    }
    if !drafts.iter().any(|draft| version.selects_cluster(&draft.cluster)) {
        let detail = ": no clients of the clusters that it names reach the destination";
        remarks.warnings.push(Warning::NoEffect { field: "spec.sourceSelector".to_owned(), detail });
    }
    if version.sets_routes() && !destination.ports.iter().any(|port| port.protocol.carries_http()) {
        let note =
            format!("no port of {} speaks HTTP, so nothing of it takes effect there", destination.input);
        remarks.warnings.push(Warning::Unwise { field: "spec.policy".to_owned(), note });
    }
    (errors, remarks)
}

/// Sorts objections by what follows from them.
fn sort(objections: Vec<Objection>, errors: &mut Vec<Rejection>, remarks: &mut Remarks) {
    for objection in objections {
        match objection {
            Objection::Reject(rejection) => errors.push(rejection),
            Objection::Warn(warning) => remarks.warnings.push(warning),
            Objection::Note(note) => remarks.notes.push(note),
        }
    }
}

/// A destination that no access policy fits is an error only for those that name it.
fn unfit(policy: &Policy<AccessPolicy>, destination: &Destination) -> Tried {
    let destination_ref = destination.input.clone();
    if policy.names(destination) {
        Err(vec![Rejection::Unfit { destination: destination_ref, reason: NO_SELECTOR }])
    } else {
        let warnings = vec![Warning::Unfit { destination: destination_ref, reason: NO_SELECTOR }];
        Ok(Remarks { warnings, notes: Vec::new() })
    }
}

/// Writes a policy down for one destination: users name service ports, proxies see those of workloads.
fn rule<'a>(destination: &Destination, version: &'a AccessPolicy) -> AccessRule<'a> {
    let of_workload = |port: &u32| destination.port(*port).and_then(|found| found.target).unwrap_or(*port);
    let mut ports: Vec<u32> = version.ports.iter().map(of_workload).collect();
    ports.sort_unstable();
    ports.dedup();
    let operation = Operation { paths: &version.paths, methods: &version.methods, ports };
    let unrestricted =
        operation.paths.is_empty() && operation.methods.is_empty() && operation.ports.is_empty();
    AccessRule {
        policy: &version.input,
        sources: &version.sources,
        operation: (!unrestricted).then_some(operation),
    }
}

fn view<'a>(cx: Context<'a>, destination: &Destination, draft: Draft<'a>) -> View<'a> {
    let Draft { cluster, mut atoms, tls, outlier } = draft;
    if atoms.values().all(RouteSettings::changes_nothing) {
        atoms.clear();
    }
    if cx.options().default_route && !atoms.is_empty() {
        atoms.entry(cx.any_request()).or_default();
    }
    let ports = destination.ports.iter().filter(|port| port.protocol.carries_http());
    let ports: Vec<u32> = ports.map(|port| port.number).collect();
    View {
        host: cx.host(destination, &cluster),
        routes: Routes::new(atoms.into_iter().collect(), &ports),
        traffic: Traffic { tls, default_tls: cx.default_tls(), outlier, subsets: Vec::new() },
        cluster,
    }
}

/// Drops repeated rejections, keeping the first of each.
fn distinct(rejections: Vec<Rejection>) -> Vec<Rejection> {
    let mut distinct: Vec<Rejection> = Vec::with_capacity(rejections.len());
    for rejection in rejections {
        if !distinct.contains(&rejection) {
            distinct.push(rejection);
        }
    }
    distinct
}
