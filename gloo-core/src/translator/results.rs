//! What came of all units, and how it changes when some of them run again.

use std::collections::BTreeSet;

use crate::backend::Backend;
use crate::context::Context;
use crate::index::{DestinationId, Index};
use crate::reads::{Dirty, Keep, Question, Reads, Unit, Watchers};
use crate::resolve::{Demand, Demands};
use crate::translator::Delta;
use crate::translator::outcome::{self, Outcome};
use crate::translator::shelf::Shelf;
use crate::translator::statuses::Statuses;

/// What came of all units.
#[derive(Debug)]
pub(super) struct Results {
    /// The subsets that routes need.
    pub demands: Demands,
    /// Who waits for which answer.
    pub watchers: Watchers,
    /// What destinations come to.
    outcomes: Vec<Option<Outcome>>,
    /// The objects for each cluster.
    pub outputs: Shelf,
    /// The status of each input.
    pub statuses: Statuses,
    /// What of the questions is worth being kept.
    pub keep: Keep,
}

/// Destinations that must be written again, because subsets are others than when they were written.
type Again = BTreeSet<DestinationId>;

impl Results {
    /// Nothing, for a first run.
    pub fn new(keep: Keep) -> Self {
        Self {
            demands: Demands::default(),
            watchers: Watchers::default(),
            outcomes: Vec::new(),
            outputs: Shelf::default(),
            statuses: Statuses::default(),
            keep,
        }
    }

    /// What a destination comes to.
    pub fn outcome(&self, id: DestinationId) -> Option<&Outcome> {
        self.outcomes.get(id.index()).and_then(Option::as_ref)
    }

    /// What all destinations come to.
    pub fn outcomes(&self) -> impl Iterator<Item = &Outcome> {
        self.outcomes.iter().flatten()
    }

    /// Ends the first run.
    pub fn settle(&mut self) {
        self.statuses.settle();
    }

    /// Begins to note what changes.
    pub fn begin(&mut self) {
        self.outputs.begin();
        self.statuses.begin();
    }

    /// What changed since [`Results::begin`].
    pub fn end(&mut self) -> Delta {
        Delta { outputs: self.outputs.end(), statuses: self.statuses.end() }
    }

    /// Runs the destinations among the units. Statuses of policies whose verdicts change are added to the units.
    ///
    /// Which subsets a destination must have follows from the routes of others. So each is written with what is
    /// known when its turn comes, and the few for which that changes later are written again.
    pub fn run(&mut self, index: &Index, backends: &[&dyn Backend], units: &mut BTreeSet<Unit>) {
        let reads = Reads::new(self.keep);
        let mut again = Again::new();
        for id in destinations(units) {
            self.run_one(index, backends, id, &reads, &mut again, units);
        }
        self.outputs.settle();
        while let Some(id) = again.pop_first() {
            self.run_one(index, backends, id, &reads, &mut again, units);
        }
    }

    fn run_one(
        &mut self,
        index: &Index,
        backends: &[&dyn Backend],
        id: DestinationId,
        reads: &Reads,
        again: &mut Again,
        units: &mut BTreeSet<Unit>,
    ) {
        // Decisions do not depend on names of subsets.
        let unnamed = Demands::default();
        let decision = outcome::decide(Context::new(index, &unnamed, reads), index, backends, id);
        self.demand(id, decision.as_ref().map(Demand::of).unwrap_or_default(), again);
        again.remove(&id);
        let outcome = decision.map(|decision| {
            let cx = Context::new(index, &self.demands, reads);
            outcome::emit(cx, backends, &self.demands, decision)
        });
        self.watchers.set(Unit::Destination(id), reads.take());
        self.finish(index, id, outcome, units);
    }

    /// Replaces what the routes of a destination need.
    fn demand(&mut self, id: DestinationId, demands: Vec<Demand>, again: &mut Again) {
        let shifted = self.demands.replace(id, demands);
        let mut renamed = Dirty::new(&self.watchers);
        for target in shifted.renamed {
            renamed.changed(Question::SubsetNames(target));
        }
        again.extend(shifted.targets);
        again.extend(destinations(&renamed.units));
    }

    /// Puts what came of a destination in place of what was there.
    fn finish(
        &mut self,
        index: &Index,
        id: DestinationId,
        outcome: Option<(Outcome, crate::report::Status)>,
        units: &mut BTreeSet<Unit>,
    ) {
        if self.outcomes.len() <= id.index() {
            self.outcomes.resize_with(id.index() + 1, || None);
        }
        let Some(place) = self.outcomes.get_mut(id.index()) else {
            return;
        };
        let before = place.take().unwrap_or_default();
        let (mut after, status) = outcome.unzip();
        if let Some(after) = &mut after {
            after.keep_objects_of(&before);
        }
        let nothing = Outcome::default();
        let new = after.as_ref().unwrap_or(&nothing);
        self.outputs.replace(&before.objects, &new.objects);
        before.note_changed_verdicts(new, units);
        if before.failures != new.failures {
            for (policy, _) in before.failures.iter().chain(&new.failures) {
                let found = index.traffic.find_named(policy);
                units.extend(found.map(|policy| Unit::TrafficStatus(policy.id)));
            }
        }
        if let Some(input) = new.input.as_ref().or(before.input.as_ref()) {
            self.statuses.set(input, status);
        }
        *place = after;
    }
}

/// The destinations among some units.
fn destinations(units: &BTreeSet<Unit>) -> Vec<DestinationId> {
    let ids = units.iter();
    ids.filter_map(|unit| if let Unit::Destination(id) = unit { Some(*id) } else { None }).collect()
}
