//! Conflicts: which policy may set what, for which requests.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::Istr;
use crate::api::TlsMode;
use crate::context::Context;
use crate::id::InputRef;
use crate::index::Destination;
use crate::model::claimed::claim;
use crate::model::route::TargetId;
use crate::model::route::{cors, fault, header, mirror, retry, shift, timeout};
use crate::model::traffic::{Outlier, outlier, tls};
use crate::model::{Claimed, Request, RouteSettings, Source, Standpoint, TrafficPolicy};
use crate::rejection::Rejection;

/// Sources and requests that are governed together.
type Atom<'a> = (&'a Source, &'a Request);

/// What the policies accepted so far ask for, as seen by the clients of one cluster.
#[derive(Debug)]
pub(super) struct Draft<'a> {
    pub standpoint: Standpoint,
    /// Settings are large, so they lie outside of the map.
    pub atoms: BTreeMap<Atom<'a>, Box<RouteSettings<'a>>>,
    pub tls: Option<Claimed<'a, TlsMode>>,
    pub outlier: Option<Claimed<'a, Outlier>>,
}

impl<'a> Draft<'a> {
    pub fn new(standpoint: Standpoint) -> Self {
        Self { standpoint, atoms: BTreeMap::new(), tls: None, outlier: None }
    }

    /// What other policies already hold with another value; each field and holder once.
    pub fn conflicts(&self, policy: &'a TrafficPolicy) -> Vec<Rejection> {
        let mut taken = Taken { by: &policy.input, rejections: Vec::new() };
        taken.check(tls::FIELD, self.tls.as_ref(), policy.tls.as_ref(), String::new);
        taken.check(outlier::FIELD, self.outlier.as_ref(), policy.outlier.as_ref(), String::new);
        for atom in atoms(policy, &self.standpoint.cluster) {
            if let Some(held) = self.atoms.get(&atom) {
                taken.check_route(held, policy, atom);
            }
        }
        taken.rejections
    }

    /// Claims everything that `policy` asks for. The caller has made sure that nothing conflicts.
    pub fn commit(&mut self, policy: &'a TrafficPolicy) {
        let by = &policy.input;
        if let Some(mode) = &policy.tls {
            claim(&mut self.tls, tls::FIELD, mode, by);
        }
        if let Some(settings) = &policy.outlier {
            claim(&mut self.outlier, outlier::FIELD, settings, by);
        }
        for atom in atoms(policy, &self.standpoint.cluster) {
            commit_route(self.atoms.entry(atom).or_default(), policy, by);
        }
    }
}

/// The atoms of a policy for the clients of one cluster; none if it sets nothing that belongs to routes.
fn atoms<'a>(policy: &'a TrafficPolicy, cluster: &str) -> Vec<Atom<'a>> {
    if !policy.sets_routes() {
        return Vec::new();
    }
    let sources = policy.sources_in(cluster).into_iter();
    sources.flat_map(|source| policy.requests.iter().map(move |request| (source, request))).collect()
}

fn commit_route<'a>(held: &mut RouteSettings<'a>, policy: &'a TrafficPolicy, by: &'a InputRef) {
    if let Some(value) = &policy.timeout {
        claim(&mut held.timeout, timeout::FIELD, value, by);
    }
    if let Some(value) = &policy.retry {
        claim(&mut held.retry, retry::FIELD, value, by);
    }
    if let Some(value) = &policy.fault {
        claim(&mut held.fault, fault::FIELD, value, by);
    }
    if let Some(value) = &policy.shift {
        claim(&mut held.shift, shift::FIELD, value, by);
    }
    if let Some(value) = &policy.mirror {
        claim(&mut held.mirror, mirror::FIELD, value, by);
    }
    if let Some(value) = &policy.headers {
        claim(&mut held.headers, header::FIELD, value, by);
    }
    if let Some(value) = &policy.cors {
        claim(&mut held.cors, cors::FIELD, value, by);
    }
}

/// Collects fields that others have taken.
struct Taken<'a> {
    by: &'a InputRef,
    rejections: Vec<Rejection>,
}

impl Taken<'_> {
    fn check<T: PartialEq>(
        &mut self,
        field: &'static str,
        held: Option<&Claimed<'_, T>>,
        wanted: Option<&T>,
        scope: impl FnOnce() -> String,
    ) {
        let (Some(held), Some(wanted)) = (held, wanted) else {
            return;
        };
        let known = |rejection: &Rejection| {
            matches!(rejection, Rejection::FieldTaken { field: taken, winner, .. }
                if *taken == field && **winner == *held.by)
        };
        // A policy does not stand in its own way: an earlier version of it may be in force.
        if held.value != wanted && held.by != self.by && !self.rejections.iter().any(known) {
            let winner = Box::new(held.by.clone());
            self.rejections.push(Rejection::FieldTaken { field, winner, scope: scope() });
        }
    }

    fn check_route(&mut self, held: &RouteSettings<'_>, policy: &TrafficPolicy, atom: Atom<'_>) {
        let scope = || scope(atom);
        self.check(timeout::FIELD, held.timeout.as_ref(), policy.timeout.as_ref(), scope);
        self.check(retry::FIELD, held.retry.as_ref(), policy.retry.as_ref(), scope);
        self.check(fault::FIELD, held.fault.as_ref(), policy.fault.as_ref(), scope);
        self.check(shift::FIELD, held.shift.as_ref(), policy.shift.as_ref(), scope);
        self.check(mirror::FIELD, held.mirror.as_ref(), policy.mirror.as_ref(), scope);
        self.check(header::FIELD, held.headers.as_ref(), policy.headers.as_ref(), scope);
        self.check(cors::FIELD, held.cors.as_ref(), policy.cors.as_ref(), scope);
    }
}

/// The requests of an atom in words, empty for all of them.
fn scope((source, request): Atom<'_>) -> String {
    let mut text = String::new();
    if !request.is_any() {
        let _ = write!(text, " for requests with {request}");
    }
    if !source.is_any() {
        let _ = write!(text, " from {source}");
    }
    text
}

/// Targets of a policy that clients of some clusters cannot reach, each named once with them all, and targets
/// that make no sense.
pub(super) fn unreachable_targets<'s>(
    cx: Context<'_>,
    destination: &Destination,
    clusters: impl Iterator<Item = &'s Istr> + Clone,
    policy: &TrafficPolicy,
) -> Vec<Rejection> {
    let mut rejections = Vec::new();
    let shifted = policy.shift.iter().flat_map(|shift| &shift.targets).enumerate();
    let shifted = shifted.map(|(position, target)| (shift::FIELD, Some(position), target.target.id));
    let mirrored = policy.mirror.iter().map(|mirror| (mirror::FIELD, None, mirror.target.id));
    for (field, position, target) in shifted.chain(mirrored) {
        if target == TargetId::Destination(destination.id) {
            continue;
        }
        let unreached = cx.unreached(target, clusters.clone());
        if unreached.is_empty() {
            continue;
        }
        let word = match target {
            TargetId::Destination(_) => "kubeService",
            TargetId::VirtualDestination(_) => "virtualDestination",
        };
        let place = position.map(|position| format!(".destinations[{position}]")).unwrap_or_default();
        let word_for = if unreached.len() == 1 { "cluster" } else { "clusters" };
        rejections.push(Rejection::NotFederated {
            field: format!("{field}{place}.{word}"),
            target: cx.target_name(target),
            clusters: format!("{word_for} {}", unreached.join(", ")),
        });
    }
    if policy.mirror.as_ref().is_some_and(|mirror| mirror.target.id == TargetId::Destination(destination.id))
    {
        rejections.push(Rejection::InvalidValue {
            field: mirror::FIELD.to_owned(),
            value: "the destination itself".to_owned(),
            expected: "another service",
        });
    }
    rejections
}
