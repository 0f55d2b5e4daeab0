//! Decides which policies are in force at one destination, one policy at a time.

use std::sync::Arc;

use crate::api::ApprovalState;
use crate::backend::Backend;
use crate::context::Context;
use crate::id::InputRef;
use crate::index::{Checked, Current, Destination, Mesh, Policy};
use crate::model::{Access, AccessPolicy, Resolved, Routes, Standpoint, Traffic, TrafficPolicy, View};
use crate::rejection::{Rejection, Warning};
use crate::resolve::claim::Draft;
use crate::resolve::exposure::{self, Exposed};
use crate::resolve::ledger::{AccessLedger, Ledger, Remarks, TrafficLedger};
use crate::status::size;

/// What was decided about one destination.
#[derive(Debug)]
pub(crate) struct Decision<'a> {
    /// What must happen.
    pub resolved: Resolved<'a>,
    /// Who sees it from other clusters.
    pub exposed: Option<Exposed<'a>>,
    /// Traffic policies in force, in the order of acceptance.
    pub traffic: Vec<InForce<'a, TrafficPolicy>>,
    /// Access policies in force, in the order of acceptance.
    pub access: Vec<InForce<'a, AccessPolicy>>,
    /// Verdicts on all candidates.
    pub traffic_verdicts: Verdicts<'a, TrafficPolicy>,
    /// Verdicts on all candidates.
    pub access_verdicts: Verdicts<'a, AccessPolicy>,
    /// Whether access policies select it, none is in force, and what none allows is forbidden.
    pub denied_by_default: bool,
}

/// Policies of one kind, and what became of each.
type Verdicts<'a, T> = Vec<(&'a Policy<T>, Verdict)>;

/// A version of a policy that is in force.
#[derive(Debug)]
pub(crate) struct InForce<'a, T: Checked> {
    pub version: &'a T,
    pub generation: i64,
    /// Whether it is an earlier version, because the current one is refused.
    pub is_last_good: bool,
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
    pub order: u32,
    /// Nothing in most cases, so it takes no room there.
    said: Option<Box<Said>>,
}

/// What is to be said about one policy at one destination.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Said {
    pub errors: Vec<Rejection>,
    pub warnings: Vec<Warning>,
    /// What is worth knowing, but not worth a place in the status.
    pub notes: Vec<Warning>,
}

impl Verdict {
    fn new(state: ApprovalState, order: usize, said: Said) -> Self {
        let order = u32::try_from(order).unwrap_or(u32::MAX);
        let said = (said != Said::default()).then(|| Box::new(said));
        Self { state, order, said }
    }

    /// What is to be said.
    pub fn said(&self) -> &Said {
        static NOTHING: Said = Said { errors: Vec::new(), warnings: Vec::new(), notes: Vec::new() };
        self.said.as_deref().unwrap_or(&NOTHING)
    }

    /// The same, to add to it.
    pub fn say(&mut self) -> &mut Said {
        self.said.get_or_insert_default()
    }

    /// Whether there is nothing to say but its state.
    pub fn is_plain(&self) -> bool {
        self.said.is_none()
    }
}

/// The virtual mesh that forbids everything by default, if the destination is a gateway by which traffic from outside
/// comes in: clients there have no identity that a policy could name. Those for other clusters are seen to with the mesh.
fn open_despite(cx: Context<'_>, destination: &Destination) -> Option<InputRef> {
    let mesh = cx.mesh(destination.mesh.filter(|_| destination.is_ingress())?)?;
    let standing = cx.standing(mesh.id).filter(|standing| standing.denies_by_default)?;
    let service = &destination.service;
    let is_chosen = cx.gateways(mesh.id).iter().any(|gateway| gateway.id == destination.id);
    let mut recorded = cx.revisions(mesh).into_iter().flat_map(Mesh::recorded_gateways);
    let is_recorded = recorded.any(|it| it.name == service.name && it.namespace == service.namespace);
    (!is_chosen && !is_recorded).then(|| standing.virtual_mesh.clone())
}

/// Decides about every candidate of `destination`.
pub(crate) fn decide<'a>(
    cx: Context<'a>,
    backend: Option<&dyn Backend>,
    destination: &'a Destination,
    traffic: &[&'a Policy<TrafficPolicy>],
    access: &[&'a Policy<AccessPolicy>],
) -> Decision<'a> {
    let exposed = exposure::exposed(cx, destination);
    let mut routes = TrafficLedger::new(cx, backend, destination, standpoints(destination, exposed.as_ref()));
    let (traffic, traffic_verdicts) = decide_kind(cx, destination, traffic, &mut routes);
    let mut rules = AccessLedger::new(cx, backend, destination);
    let (access, access_verdicts) = decide_kind(cx, destination, access, &mut rules);
    let views = routes.drafts.into_iter().map(|draft| view(cx, destination, draft)).collect();
    let open_despite = open_despite(cx, destination).filter(|_| access.is_empty());
    let is_open = open_despite.is_some();
    let access_of = Access { rules: rules.into_rules(), open_despite };
    let resolved = Resolved { destination, views, access: access_of };
    let all_refused = access.is_empty() && !access_verdicts.is_empty();
    let denied_by_default = all_refused
        && !is_open
        && destination
            .mesh
            .and_then(|mesh| cx.standing(mesh))
            .is_some_and(|standing| standing.denies_by_default);
    Decision { resolved, exposed, traffic, access, traffic_verdicts, access_verdicts, denied_by_default }
}

/// Whose clients see a destination: those of its own cluster first.
fn standpoints(destination: &Destination, exposed: Option<&Exposed<'_>>) -> Vec<Standpoint> {
    let cluster = destination.service.cluster_name.clone();
    let mut standpoints = vec![Standpoint { cluster, client: None, host: destination.host.clone() }];
    standpoints.extend(exposed.into_iter().flat_map(|exposed| {
        exposed.clients.iter().map(|(client, cluster)| Standpoint {
            cluster: (*cluster).clone(),
            client: Some(*client),
            host: exposed.host.clone(),
        })
    }));
    standpoints
}

/// Tries the candidates in the order in which they were accepted before. A candidate whose current version
/// is refused keeps its stored version, if that one still can be applied.
///
/// What speaks against a refused version is told as it is in the end, not as it was when its turn came: so the
/// next run, in which it comes last, says the same.
fn decide_kind<'a, T: Checked>(
    cx: Context<'_>,
    destination: &Destination,
    candidates: &[&'a Policy<T>],
    ledger: &mut impl Ledger<'a, T>,
) -> (Vec<InForce<'a, T>>, Verdicts<'a, T>) {
    let mut in_order: Vec<&'a Policy<T>> = candidates.to_vec();
    in_order.sort_by(|a, b| a.order(destination).cmp(&b.order(destination)));
    let not_translated = cx.not_translated(destination);
    let mut in_force: Vec<InForce<'a, T>> = Vec::new();
    let mut verdicts: Verdicts<'a, T> = Vec::with_capacity(in_order.len());
    for policy in in_order {
        let tried = match &policy.current {
            Current::Valid(version) => ledger.accept(policy, version).map(|remarks| (version, remarks)),
            Current::Invalid(errors) | Current::Unresolved(errors) => Err(errors.clone()),
        };
        let (state, order, errors, remarks) = match tried {
            Ok((version, remarks)) => {
                let spec = policy.spec.clone();
                let order = in_force.iter().filter(|earlier| !earlier.is_last_good).count();
                in_force.push(InForce { version, generation: policy.generation, is_last_good: false, spec });
                (ApprovalState::Accepted, order, Vec::new(), remarks)
            }
            Err(errors) => {
                let remarks = fall_back(destination, policy, ledger, &mut in_force);
                (ApprovalState::Invalid, 0, errors, remarks)
            }
        };
        let Remarks { mut warnings, notes } = remarks;
        warnings.splice(0..0, policy.checks.warnings.iter().cloned());
        warnings.extend(not_translated.clone());
        verdicts.push((policy, Verdict::new(state, order, Said { errors, warnings, notes })));
    }
    // Next time, policies whose version is current come before those on an earlier one.
    in_force.sort_by_key(|one| one.is_last_good);
    for (policy, verdict) in &mut verdicts {
        if let (ApprovalState::Invalid, Current::Valid(version)) = (verdict.state, &policy.current)
            && let Err(errors) = ledger.judge(policy, version)
        {
            verdict.say().errors = errors;
        }
        if let Some(said) = &mut verdict.said {
            said.errors = distinct(std::mem::take(&mut said.errors));
        }
    }
    (in_force, verdicts)
}

fn fall_back<'a, T: Checked>(
    destination: &Destination,
    policy: &'a Policy<T>,
    ledger: &mut impl Ledger<'a, T>,
    in_force: &mut Vec<InForce<'a, T>>,
) -> Remarks {
    let stored = policy.stored.get(&destination.id);
    let Some((stored, version)) = stored.and_then(|stored| Some((stored, stored.version.as_ref()?))) else {
        return Remarks::default();
    };
    let Ok(mut remarks) = ledger.accept(policy, version) else { return Remarks::default() };
    let applied = T::applied(destination);
    let spec = applied.get(stored.position).and_then(|applied| applied.spec.cloned());
    let spec = spec.map(|spec| {
        let size = size::of(&*spec);
        (spec, size)
    });
    in_force.push(InForce { version, generation: stored.generation, is_last_good: true, spec });
    remarks.warnings.insert(0, Warning::LastGood { generation: stored.generation });
    remarks
}

fn view<'a>(cx: Context<'a>, destination: &Destination, draft: Draft<'a>) -> View<'a> {
    let Draft { standpoint, mut atoms, tls, outlier } = draft;
    if atoms.values().all(|settings| settings.changes_nothing()) {
        atoms.clear();
    }
    if cx.options().default_route && !atoms.is_empty() {
        atoms.entry(cx.any_request()).or_default();
    }
    let ports = destination.ports.iter().filter(|port| port.protocol.carries_http());
    let ports: Vec<u32> = ports.map(|port| port.number).collect();
    View {
        standpoint,
        routes: Routes::new(atoms, &ports),
        traffic: Traffic { tls, default_tls: cx.default_tls(), outlier, subsets: Vec::new() },
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
