//! Policies: reading those that changed, and putting their statuses together.

use std::borrow::Cow;
use std::collections::BTreeSet;

use crate::api::ApprovalState;
use crate::context::Context;
use crate::id::InputRef;
use crate::index::{self, Current, DestinationId, Destinations, Id, Policies, Policy, Touched};
use crate::model::route::TargetId;
use crate::model::{AccessPolicy, TrafficPolicy};
use crate::reads::{Reads, Unit};
use crate::rejection::Rejection;
use crate::resolve::Verdict;
use crate::snapshot::Key;
use crate::status::{self, PolicyStatus};
use crate::translator::Translator;
use crate::translator::outcome::{self, Outcome};

/// A kind of policies, seen from the outcomes of destinations.
pub(super) trait Told: PolicyStatus {
    /// The verdicts on policies of this kind.
    fn told(outcome: &Outcome) -> &[(Id<Policy<Self>>, Verdict)];
    /// The policy, if the unit is about reading one of this kind.
    fn of_unit(unit: Unit) -> Option<Id<Policy<Self>>>;
    /// The policy, if the unit is about the status of one of this kind.
    fn of_status_unit(unit: Unit) -> Option<Id<Policy<Self>>>;
    /// Targets to whose subsets a version sends requests.
    fn subset_targets(&self) -> BTreeSet<TargetId>;
}

impl Told for TrafficPolicy {
    fn told(outcome: &Outcome) -> &[(Id<Policy<Self>>, Verdict)] {
        &outcome.traffic
    }

    fn of_unit(unit: Unit) -> Option<Id<Policy<Self>>> {
        if let Unit::Traffic(id) = unit { Some(id) } else { None }
    }

    fn of_status_unit(unit: Unit) -> Option<Id<Policy<Self>>> {
        if let Unit::TrafficStatus(id) = unit { Some(id) } else { None }
    }

    fn subset_targets(&self) -> BTreeSet<TargetId> {
        let targets = self.shift.iter().flat_map(|shift| &shift.targets);
        targets.filter(|target| !target.subset.is_empty()).map(|target| target.target.id).collect()
    }
}

impl Told for AccessPolicy {
    fn told(outcome: &Outcome) -> &[(Id<Policy<Self>>, Verdict)] {
        &outcome.access
    }

    fn of_unit(unit: Unit) -> Option<Id<Policy<Self>>> {
        if let Unit::Access(id) = unit { Some(id) } else { None }
    }

    fn of_status_unit(unit: Unit) -> Option<Id<Policy<Self>>> {
        if let Unit::AccessStatus(id) = unit { Some(id) } else { None }
    }

    fn subset_targets(&self) -> BTreeSet<TargetId> {
        BTreeSet::new()
    }
}

impl Translator<'_> {
    /// Reads the policies of one kind that were touched or depend on what was. Destinations that must decide
    /// anew, and statuses that must be put together anew, are added to the units.
    pub(super) fn reread<T: Told>(&mut self, touched: &Touched, units: &mut BTreeSet<Unit>) {
        let mut inputs: BTreeSet<InputRef> = touched.of(T::KIND).cloned().collect();
        let policies = T::policies(&self.index);
        let waiting = units.iter().copied().filter_map(T::of_unit).filter_map(|id| policies.find(id));
        inputs.extend(waiting.map(|policy| policy.input.clone()));
        let reads = Reads::new(self.results.keep);
        let mut read = Vec::with_capacity(inputs.len());
        for input in &inputs {
            let policies = T::parts(&mut self.index).0;
            let is_there = self.snapshot.contains(&Key::Input(input.clone()));
            let Some(id) = (if is_there { Some(policies.reserve(input)) } else { policies.id_of(input) })
            else {
                continue;
            };
            let cx = Context::new(&self.index, self.backends, &self.results.demands, &reads);
            let policy = index::read_policy(cx, &self.snapshot, id, input);
            read.push((id, policy, reads.take()));
        }
        let (policies, destinations) = T::parts(&mut self.index);
        for (id, policy, marks) in read {
            self.results.watchers.set(T::unit(id), marks);
            let (before, selected) = if let Some(policy) = policy {
                policies.put(policy, destinations)
            } else {
                let (before, selected) = policies.remove(id, destinations);
                if let Some(policy) = &before {
                    self.results.statuses.set(&policy.input, None);
                }
                (before, selected)
            };
            note_changed(policies, destinations, id, (before.as_ref(), &selected), units);
        }
        policies.settle();
    }

    /// Puts the statuses of policies of one kind together that the units name.
    pub(super) fn tell<T: Told>(&mut self, units: &BTreeSet<Unit>) {
        let ids: Vec<Id<Policy<T>>> = units.iter().copied().filter_map(T::of_status_unit).collect();
        let reads = Reads::new(self.results.keep);
        for id in ids {
            let Some(policy) = T::policies(&self.index).find(id) else {
                self.results.watchers.set(T::status_unit(id), Vec::new());
                continue;
            };
            let cx = Context::new(&self.index, self.backends, &self.results.demands, &reads);
            let status = status::policy_status(cx, policy, &self.verdicts(policy));
            self.results.watchers.set(T::status_unit(id), reads.take());
            self.results.statuses.set(&policy.input, Some(status));
        }
    }

    /// What became of a policy everywhere, in the order of destinations.
    pub(super) fn verdicts<T: Told>(&self, policy: &Policy<T>) -> Vec<(DestinationId, Cow<'_, Verdict>)> {
        let failures = self.failures(policy);
        let concerned = self.index.concerned(policy);
        let verdicts = concerned.iter().copied().filter_map(|id| {
            let verdict = outcome::find::<T>(T::told(self.results.outcome(id)?), policy.id)?;
            if failures.is_empty() || verdict.state != ApprovalState::Accepted {
                return Some((id, Cow::Borrowed(verdict)));
            }
            let mut verdict = verdict.clone();
            verdict.state = ApprovalState::Failed;
            verdict.say().errors.extend(failures.iter().map(|failure| (*failure).clone()));
            Some((id, Cow::Owned(verdict)))
        });
        verdicts.collect()
    }

    /// Where the rule of a service could not be written, routes to its subsets lead nowhere: their policies
    /// fail wherever they are in force.
    pub(super) fn failures<T: Told>(&self, policy: &Policy<T>) -> Vec<&Rejection> {
        let Current::Valid(version) = &policy.current else {
            return Vec::new();
        };
        let at = |target| self.results.failures_at(&self.index, target);
        let failures = version.subset_targets().into_iter().flat_map(at);
        failures.filter(|(input, _)| *input == policy.input).map(|(_, rejection)| rejection).collect()
    }
}

/// Adds what must run again because a policy is another one than before.
fn note_changed<T: Told>(
    policies: &Policies<T>,
    destinations: &Destinations,
    id: Id<Policy<T>>,
    (before, selected_before): (Option<&Policy<T>>, &[DestinationId]),
    units: &mut BTreeSet<Unit>,
) {
    let after = policies.find(id);
    let concerned = |policy: Option<&Policy<T>>, selected: &[DestinationId]| -> BTreeSet<DestinationId> {
        match policy {
            Some(policy) if policy.object.is_none() => policy.stored.keys().copied().collect(),
            _ => selected.iter().copied().collect(),
        }
    };
    let (old, new) = (concerned(before, selected_before), concerned(after, policies.selected(id)));
    let (Some(before), Some(after)) = (before, after) else {
        units.extend(old.union(&new).map(|id| Unit::Destination(*id)));
        units.insert(T::status_unit(id));
        return;
    };
    if !before.says_the_same_as(after) {
        units.extend(old.union(&new).map(|id| Unit::Destination(*id)));
        units.insert(T::status_unit(id));
        return;
    }
    units.extend(old.symmetric_difference(&new).map(|id| Unit::Destination(*id)));
    for id in old.intersection(&new) {
        let stands_alike = destinations.find(*id).is_some_and(|it| before.stands_like(after, it));
        if !stands_alike || before.stored.get(id) != after.stored.get(id) {
            units.insert(Unit::Destination(*id));
        }
    }
}
