//! A translation that is kept up to date: changes in, differences out.
//!
//! The unit of work is one destination. A change runs again only those units that asked something whose answer
//! is another one now; what comes out is always what a translation of the whole world would yield, byte for
//! byte.

mod findings;
mod outcome;
mod policies;
mod shelf;

use std::collections::{BTreeMap, BTreeSet};

use crate::backend::Backend;
use crate::context::Context;
use crate::diff::Plan;
use crate::id::{InputKind, InputRef};
use crate::index::{DestinationId, Index, Touched};
use crate::model::{AccessPolicy, TrafficPolicy};
use crate::output::Outputs;
use crate::reads::{Dirty, Mark, Question, Reads, Unit, Watchers};
use crate::report::{Report, Status};
use crate::resolve::{Decision, Demand, Demands};
use crate::snapshot::{Change, Snapshot};
use crate::status;
use crate::translate::Translation;

use outcome::Outcome;
use shelf::Shelf;

/// Owns a world and its translation, and keeps the second up to date with the first.
///
/// ```
/// use gloo_core::Translator;
/// use gloo_core::snapshot::{Change, Options, SnapshotBuilder};
/// use serde_json::json;
///
/// let nothing = SnapshotBuilder::new("gloo-mesh", Options::default()).build();
/// let mut translator = Translator::new(nothing, &[]);
/// let policy = json!({
///     "apiVersion": "networking.mesh.gloo.solo.io/v1",
///     "kind": "TrafficPolicy",
///     "metadata": { "name": "slow", "namespace": "gloo-mesh" },
///     "spec": { "policy": { "requestTimeout": "5s" } },
/// });
/// let delta = translator.update(Change::read(None, policy)?);
/// assert!(delta.outputs.is_empty());
/// assert_eq!(delta.statuses.len(), 1);
/// # Ok::<(), gloo_core::snapshot::AddError>(())
/// ```
#[derive(Debug)]
pub struct Translator<'b> {
    backends: &'b [&'b dyn Backend],
    snapshot: Snapshot,
    index: Index,
    demands: Demands,
    watchers: Watchers,
    outcomes: BTreeMap<DestinationId, Outcome>,
    shelf: Shelf,
    statuses: BTreeMap<InputRef, Status>,
}

/// What an update changed.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Delta {
    /// The steps from the outputs before to those after.
    pub outputs: Plan,
    /// Statuses that are others now; `None` where the object is gone.
    pub statuses: BTreeMap<InputRef, Option<Status>>,
}

impl Delta {
    /// Whether nothing changed.
    pub fn is_empty(&self) -> bool {
        self.outputs.is_empty() && self.statuses.is_empty()
    }
}

impl<'b> Translator<'b> {
    /// Translates a world.
    pub fn new(snapshot: Snapshot, backends: &'b [&'b dyn Backend]) -> Self {
        let touched = Touched::all(&snapshot);
        let mut translator = Self {
            backends,
            index: Index::new(&snapshot),
            snapshot,
            demands: Demands::default(),
            watchers: Watchers::default(),
            outcomes: BTreeMap::new(),
            shelf: Shelf::default(),
            statuses: BTreeMap::new(),
        };
        translator.run(touched, &mut Journal { statuses: None });
        translator
    }

    /// Makes edits and translates what they concern; tells what changed.
    ///
    /// Edits of one call count as one: what is in between is never looked at.
    pub fn update(&mut self, changes: impl IntoIterator<Item = Change>) -> Delta {
        let mut touched = Touched::default();
        for change in changes {
            touched.insert(self.snapshot.apply(change));
        }
        let mut journal = Journal { statuses: Some(BTreeMap::new()) };
        self.shelf.begin();
        self.run(touched, &mut journal);
        let before = journal.statuses.unwrap_or_default().into_iter();
        let others = before.filter_map(|(input, before)| {
            let after = self.statuses.get(&input);
            (after != before.as_ref()).then(|| (input, after.cloned()))
        });
        Delta { statuses: others.collect(), outputs: self.shelf.end() }
    }

    /// The world as it is now.
    pub fn snapshot(&self) -> &Snapshot {
        &self.snapshot
    }

    /// What each cluster must contain.
    pub fn outputs(&self) -> &Outputs {
        self.shelf.outputs()
    }

    /// The status that each input would get.
    pub fn statuses(&self) -> &BTreeMap<InputRef, Status> {
        &self.statuses
    }

    /// Everything there is to say, put together anew: costs what there is, not what changed.
    pub fn report(&self) -> Report {
        Report { findings: self.findings(), statuses: self.statuses.clone() }
    }

    /// The whole translation.
    pub fn translation(&self) -> Translation {
        Translation { outputs: self.outputs().clone(), report: self.report() }
    }

    /// The whole translation, at the end.
    pub fn into_translation(self) -> Translation {
        let findings = self.findings();
        let Self { shelf, statuses, .. } = self;
        Translation { outputs: shelf.into_outputs(), report: Report { findings, statuses } }
    }

    /// Translates what hangs on the objects touched.
    fn run(&mut self, mut touched: Touched, journal: &mut Journal) {
        let mut dirty = Dirty::new(&self.watchers);
        self.index.refresh(&self.snapshot, &mut touched, self.backends, &mut dirty);
        let mut units = dirty.units;
        self.reread::<TrafficPolicy>(&touched, &mut units, journal);
        self.reread::<AccessPolicy>(&touched, &mut units, journal);
        self.decide_and_emit(&mut units, journal);
        self.tell::<TrafficPolicy>(&mut units, journal);
        self.tell::<AccessPolicy>(&mut units, journal);
        self.tell_observed(&touched, journal);
    }

    /// Runs the destinations among the units, and those whose subsets they demand. Statuses of policies whose
    /// verdicts change are added to the units.
    fn decide_and_emit(&mut self, units: &mut BTreeSet<Unit>, journal: &mut Journal) {
        let Self { index, demands, watchers, backends, .. } = self;
        let reads = Reads::default();
        let unnamed = Demands::default();
        let decide = |id: DestinationId| {
            let cx = Context::new(index, &unnamed, &reads);
            let decision = outcome::decide(cx, index, backends, id)?;
            Some((decision, reads.take()))
        };
        let mut decided: BTreeMap<DestinationId, Option<(Decision<'_>, Vec<Mark>)>> = BTreeMap::new();
        for id in destinations(units) {
            decided.insert(id, decide(id));
        }
        let needs = decided.iter().map(|(id, decided)| {
            let demands = decided.as_ref().map(|(decision, _)| Demand::of(decision));
            (*id, demands.unwrap_or_default())
        });
        let shifted = demands.replace(needs);
        let mut renamed = Dirty::new(watchers);
        for target in shifted.renamed {
            renamed.changed(Question::SubsetNames(target));
        }
        for id in shifted.targets.into_iter().chain(destinations(&renamed.units)) {
            decided.entry(id).or_insert_with(|| decide(id));
        }
        let mut written = Vec::with_capacity(decided.len());
        for (id, decided) in decided {
            written.push((
                id,
                decided.map(|(decision, mut marks)| {
                    let cx = Context::new(index, demands, &reads);
                    let written = outcome::emit(cx, backends, demands, decision);
                    marks.append(&mut reads.take());
                    (written, marks)
                }),
            ));
        }
        for (id, written) in written {
            let (written, marks) = written.unzip();
            self.watchers.set(Unit::Destination(id), marks.unwrap_or_default());
            self.finish(id, written, units, journal);
        }
    }

    /// Puts what came of a destination in place of what was there.
    fn finish(
        &mut self,
        id: DestinationId,
        written: Option<(InputRef, Outcome, Status)>,
        units: &mut BTreeSet<Unit>,
        journal: &mut Journal,
    ) {
        let before = self.outcomes.remove(&id).unwrap_or_default();
        let (after, status) = match written {
            Some((input, outcome, status)) => (Some(outcome), Some((input, status))),
            None => (None, None),
        };
        let nothing = Outcome::default();
        let new = after.as_ref().unwrap_or(&nothing);
        self.shelf.replace(&before.objects, &new.objects);
        before.note_changed_verdicts(new, units);
        if before.failures != new.failures {
            for (policy, _) in before.failures.iter().chain(&new.failures) {
                let found = self.index.traffic.find_named(policy);
                units.extend(found.map(|policy| Unit::TrafficStatus(policy.id)));
            }
        }
        match status {
            Some((input, status)) => journal.set(&mut self.statuses, &input, Some(status)),
            None => {
                if let Some(input) = &before.input
                    && !self.snapshot.destinations.contains_key(input)
                {
                    journal.set(&mut self.statuses, input, None);
                }
            }
        }
        self.outcomes.extend(after.map(|after| (id, after)));
    }

    /// Statuses of objects about which nothing is decided.
    fn tell_observed(&mut self, touched: &Touched, journal: &mut Journal) {
        for input in &touched.inputs {
            let is_decided = match input.kind {
                InputKind::TrafficPolicy | InputKind::AccessPolicy => true,
                InputKind::Destination => self.index.destinations.arena().id_of(input).is_some(),
                _ => false,
            };
            if !is_decided {
                let status = status::observed(&self.snapshot, input);
                journal.set(&mut self.statuses, input, status);
            }
        }
    }
}

/// The destinations among some units.
fn destinations(units: &BTreeSet<Unit>) -> Vec<DestinationId> {
    let ids = units.iter();
    ids.filter_map(|unit| if let Unit::Destination(id) = unit { Some(*id) } else { None }).collect()
}

/// Statuses as they were before an update, where they were touched; `None` where nobody asks.
#[derive(Debug)]
struct Journal {
    statuses: Option<BTreeMap<InputRef, Option<Status>>>,
}

impl Journal {
    fn set(&mut self, statuses: &mut BTreeMap<InputRef, Status>, input: &InputRef, status: Option<Status>) {
        let before = match status {
            Some(status) => statuses.insert(input.clone(), status),
            None => statuses.remove(input),
        };
        if let Some(journal) = &mut self.statuses {
            journal.entry(input.clone()).or_insert(before);
        }
    }
}
