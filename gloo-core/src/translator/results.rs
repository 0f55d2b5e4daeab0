//! What came of all units, and how it changes when some of them run again.

use std::collections::{BTreeMap, BTreeSet};

use crate::backend::Backend;
use crate::context::Context;
use crate::id::InputRef;
use crate::index::{DestinationId, Index, MeshId, VirtualDestinationId};
use crate::model::route::TargetId;
use crate::reads::{Dirty, Keep, Mark, Question, Reads, Unit, Watchers};
use crate::rejection::Rejection;
use crate::resolve::{Decision, Demand, Demands};
use crate::status;
use crate::translator::Delta;
use crate::translator::outcome::{self, Outcome};
use crate::translator::shelf::Shelf;
use crate::translator::statuses::Statuses;
use crate::translator::written::Written;
use crate::translator::{failover, mesh};

/// What came of all units.
#[derive(Debug)]
pub(super) struct Results {
    /// The subsets that routes need.
    pub demands: Demands,
    /// Who waits for which answer.
    pub watchers: Watchers,
    /// What destinations come to.
    outcomes: Vec<Option<Outcome>>,
    /// What is written for meshes as a whole.
    pub meshes: BTreeMap<MeshId, Written>,
    /// What is written for virtual destinations, by the mesh in whose cluster it is.
    pub failovers: BTreeMap<(VirtualDestinationId, MeshId), Written>,
    /// Destinations that a virtual mesh shows, or should show, to other meshes.
    shown: BTreeMap<InputRef, BTreeSet<DestinationId>>,
    /// The objects for each cluster.
    pub outputs: Shelf,
    /// The status of each input.
    pub statuses: Statuses,
    /// What of the questions is worth being kept.
    pub keep: Keep,
}

/// What of a destination must be written.
#[derive(Clone, Debug, Default)]
struct Wanted {
    /// Everything.
    all: bool,
    /// What the clients of some meshes need.
    views: BTreeSet<MeshId>,
    /// The status, for which policies need which subsets.
    status: bool,
}

impl Wanted {
    fn and(mut self, other: Self) -> Self {
        self.all |= other.all;
        self.status |= other.status;
        self.views.extend(other.views);
        self
    }
}

/// Destinations that must be written again, because subsets are others than when they were written.
type Again = BTreeMap<DestinationId, Wanted>;

/// What units look at and who writes.
#[derive(Clone, Copy)]
pub(super) struct World<'a> {
    pub index: &'a Index,
    pub backends: &'a [&'a dyn Backend],
}

impl Results {
    /// Nothing, for a first run.
    pub fn new(keep: Keep) -> Self {
        Self {
            demands: Demands::default(),
            watchers: Watchers::default(),
            outcomes: Vec::new(),
            meshes: BTreeMap::new(),
            failovers: BTreeMap::new(),
            shown: BTreeMap::new(),
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

    /// Destinations that a virtual mesh shows, or should show, to other meshes.
    pub fn shown(&self, virtual_mesh: &InputRef) -> impl Iterator<Item = (DestinationId, &Outcome)> {
        let ids = self.shown.get(virtual_mesh).into_iter().flatten();
        ids.filter_map(|id| Some((*id, self.outcome(*id)?)))
    }

    /// What is written for a virtual destination, by mesh.
    pub fn failovers_of(&self, id: VirtualDestinationId) -> impl Iterator<Item = (MeshId, &Written)> {
        let all = self.failovers.range((id, MeshId::default())..).take_while(move |((of, _), _)| *of == id);
        all.map(|((_, mesh), written)| (*mesh, written))
    }

    /// What could not be written that a target needs, and who asked for it.
    pub fn failures_at(&self, index: &Index, target: TargetId) -> Vec<&(InputRef, Rejection)> {
        match target {
            TargetId::Destination(id) => self.outcome(id).into_iter().flat_map(Outcome::failures).collect(),
            TargetId::VirtualDestination(id) => {
                let mut all: Vec<_> = self.failovers_of(id).collect();
                all.sort_by_key(|(mesh, _)| index.meshes.rank(*mesh));
                all.into_iter().flat_map(|(_, written)| &written.said().failures).collect()
            }
        }
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

    /// Runs the units that write. Statuses that change by that are added to the units.
    ///
    /// Which subsets a destination must have follows from the routes of others. So those that many see are
    /// written when all are decided, and the others with what is known when their turn comes; the few for which
    /// that changes later are written again.
    pub fn run(&mut self, world: World<'_>, units: &mut BTreeSet<Unit>) {
        let reads = Reads::new(self.keep);
        let mut again = Again::new();
        let mut held: Vec<(Decision<'_>, Wanted, Vec<Mark>)> = Vec::new();
        // Decisions do not depend on names of subsets.
        let unnamed = Demands::default();
        let wanted = wanted(units);
        for id in wanted.keys() {
            self.changed(Question::Decision(*id), units);
        }
        for (id, wanted) in wanted {
            let (decision, marks) = self.decide(world, &unnamed, id, &reads, &mut again, units);
            match decision {
                Some(decision) if decision.resolved.views.len() > 1 => held.push((decision, wanted, marks)),
                decision => {
                    let wanted = wanted.and(again.remove(&id).unwrap_or_default());
                    self.write(world, id, decision, (&wanted, marks), &reads, units);
                }
            }
        }
        for (decision, wanted, marks) in held {
            let id = decision.resolved.destination.id;
            let wanted = wanted.and(again.remove(&id).unwrap_or_default());
            self.write(world, id, Some(decision), (&wanted, marks), &reads, units);
        }
        // From here on units replace what they wrote before.
        self.outputs.settle();
        while let Some((id, wanted)) = again.pop_first() {
            let (decision, marks) = self.decide(world, &unnamed, id, &reads, &mut again, units);
            let wanted = wanted.and(again.remove(&id).unwrap_or_default());
            self.write(world, id, decision, (&wanted, marks), &reads, units);
        }
        self.run_meshes(world, &reads, units);
        self.run_failovers(world, &reads, units);
    }

    /// Adds the units that ask a question whose answer is another one now.
    pub fn changed(&self, question: Question<'_>, units: &mut BTreeSet<Unit>) {
        let mut dirty = Dirty::new(&self.watchers);
        dirty.changed(question);
        units.append(&mut dirty.units);
    }

    /// Decides about a destination; gives the marks of what was asked for it, too.
    fn decide<'a>(
        &mut self,
        world: World<'a>,
        unnamed: &'a Demands,
        id: DestinationId,
        reads: &'a Reads,
        again: &mut Again,
        units: &mut BTreeSet<Unit>,
    ) -> (Option<Decision<'a>>, Vec<Mark>) {
        let decision = outcome::decide(world.context(unnamed, reads), world.index, id);
        let marks = reads.take();
        self.demand(id, decision.as_ref().map(Demand::of).unwrap_or_default(), again, units);
        (decision, marks)
    }

    /// Replaces what the routes of a destination need.
    fn demand(
        &mut self,
        id: DestinationId,
        demands: Vec<Demand>,
        again: &mut Again,
        units: &mut BTreeSet<Unit>,
    ) {
        let shifted = self.demands.replace(id, demands);
        let mut dirty = Dirty::new(&self.watchers);
        for target in shifted.renamed {
            dirty.changed(Question::SubsetNames(target));
        }
        for (target, is_other) in &shifted.targets {
            match target {
                TargetId::Destination(id) => {
                    let wanted = again.entry(*id).or_default();
                    wanted.all |= is_other;
                    wanted.status = true;
                }
                TargetId::VirtualDestination(_) => dirty.changed(Question::Subsets(*target)),
            }
        }
        for unit in dirty.units {
            match unit {
                Unit::Destination(id) => again.entry(id).or_default().all = true,
                Unit::View(id, mesh) => {
                    again.entry(id).or_default().views.insert(mesh);
                }
                unit => {
                    units.insert(unit);
                }
            }
        }
    }

    /// Writes what is wanted of a destination, and puts it in place of what was there.
    fn write(
        &mut self,
        world: World<'_>,
        id: DestinationId,
        decision: Option<Decision<'_>>,
        (wanted, mut marks): (&Wanted, Vec<Mark>),
        reads: &Reads,
        units: &mut BTreeSet<Unit>,
    ) {
        if self.outcomes.len() <= id.index() {
            self.outcomes.resize_with(id.index() + 1, || None);
        }
        let before = self.outcomes.get_mut(id.index()).and_then(Option::take).unwrap_or_default();
        let Some(mut decision) = decision else {
            self.clear(world, id, &before, units);
            return;
        };
        // What is written refers to the demands, while the rest of the results changes.
        let demands = std::mem::take(&mut self.demands);
        let cx = world.context(&demands, reads);
        let backend = cx.backend_of(decision.resolved.destination);
        reads.take();
        let mut after = Outcome::default();
        let mut kept = Vec::new();
        if wanted.all {
            after.home = outcome::write_home(cx, backend, &demands, &mut decision);
            after.home.keep_objects_of(&before.home);
        }
        marks.append(&mut reads.take());
        for position in 1..decision.resolved.views.len() {
            let client = decision.resolved.views.get(position).and_then(|view| view.standpoint.client);
            let Some(mesh) = client else { continue };
            if !wanted.all && !wanted.views.contains(&mesh) {
                kept.push(mesh);
                continue;
            }
            let mut written = outcome::write_view(cx, backend, &demands, &mut decision, position);
            if let Some((_, before)) = before.views.iter().find(|(other, _)| *other == mesh) {
                written.keep_objects_of(before);
            }
            self.watchers.set(Unit::View(id, mesh), reads.take());
            after.views.push((mesh, written));
        }
        if wanted.all || wanted.status {
            let status = status::destination_status(cx, &decision, &demands);
            self.statuses.set(&decision.resolved.destination.input, Some(status));
        }
        marks.append(&mut reads.take());
        if wanted.all {
            self.watchers.set(Unit::Destination(id), marks);
        }
        self.finish(world, (before, after), (kept, wanted.all), decision, units);
        self.demands = demands;
    }

    /// Puts what came of a destination in place of what was there.
    fn finish(
        &mut self,
        world: World<'_>,
        (mut before, mut after): (Outcome, Outcome),
        (kept, is_whole): (Vec<MeshId>, bool),
        decision: Decision<'_>,
        units: &mut BTreeSet<Unit>,
    ) {
        let id = decision.resolved.destination.id;
        let failures_before: Vec<(InputRef, Rejection)> = before.failures().cloned().collect();
        if is_whole {
            self.outputs.replace(&before.home.objects, &after.home.objects);
        } else {
            after.home = std::mem::take(&mut before.home);
        }
        for (mesh, written) in &after.views {
            let old = before.take_view(*mesh).unwrap_or_default();
            self.outputs.replace(&old.objects, &written.objects);
        }
        for mesh in kept {
            if let Some(written) = before.take_view(mesh) {
                after.views.push((mesh, written));
            }
        }
        let views = &decision.resolved.views;
        after
            .views
            .sort_by_key(|(mesh, _)| views.iter().position(|view| view.standpoint.client == Some(*mesh)));
        for (mesh, gone) in std::mem::take(&mut before.views) {
            self.outputs.replace(&gone.objects, &[]);
            self.watchers.set(Unit::View(id, mesh), Vec::new());
        }
        outcome::conclude(&mut after, decision);
        self.note_changed(world, id, (&before, &after), units);
        if !failures_before.iter().eq(after.failures()) {
            note_failures(world, failures_before.iter().chain(after.failures()), units);
        }
        if let Some(place) = self.outcomes.get_mut(id.index()) {
            *place = Some(after);
        }
    }

    /// A destination is gone.
    fn clear(&mut self, world: World<'_>, id: DestinationId, before: &Outcome, units: &mut BTreeSet<Unit>) {
        for written in before.written() {
            self.outputs.replace(&written.objects, &[]);
        }
        self.watchers.set(Unit::Destination(id), Vec::new());
        for (mesh, _) in &before.views {
            self.watchers.set(Unit::View(id, *mesh), Vec::new());
        }
        let after = Outcome::default();
        self.note_changed(world, id, (before, &after), units);
        note_failures(world, before.failures(), units);
        if let Some(input) = &before.input {
            self.statuses.set(input, None);
        }
    }

    /// Adds the statuses that change because a destination comes to something else.
    fn note_changed(
        &mut self,
        world: World<'_>,
        id: DestinationId,
        (before, after): (&Outcome, &Outcome),
        units: &mut BTreeSet<Unit>,
    ) {
        before.note_changed_verdicts(after, units);
        if before.exposure == after.exposure {
            return;
        }
        for (verdict, is_there) in [(&before.exposure, false), (&after.exposure, true)] {
            let Some(verdict) = verdict else { continue };
            let shown = self.shown.entry(verdict.virtual_mesh.clone()).or_default();
            if is_there {
                shown.insert(id);
            } else {
                shown.remove(&id);
            }
            if shown.is_empty() {
                self.shown.remove(&verdict.virtual_mesh);
            }
            let found = world.index.virtual_meshes.arena.id_of(&verdict.virtual_mesh);
            units.extend(found.map(Unit::VirtualMeshStatus));
        }
    }

    /// Writes what meshes need as a whole, and their statuses.
    fn run_meshes(&mut self, world: World<'_>, reads: &Reads, units: &mut BTreeSet<Unit>) {
        let ids = units.iter().filter_map(|unit| if let Unit::Mesh(id) = unit { Some(*id) } else { None });
        for id in ids.collect::<Vec<_>>() {
            let cx = world.context(&self.demands, reads);
            let mut written = mesh::write(cx, id).unwrap_or_default();
            let status = status::mesh_status(cx, id);
            self.watchers.set(Unit::Mesh(id), reads.take());
            let before = self.meshes.remove(&id).unwrap_or_default();
            written.keep_objects_of(&before);
            self.outputs.replace(&before.objects, &written.objects);
            if before.said() != written.said()
                && let Some(member) = world.index.virtual_meshes.members.get(&id)
            {
                let found = world.index.virtual_meshes.arena.id_of(&member.standing.virtual_mesh);
                units.extend(found.map(Unit::VirtualMeshStatus));
            }
            if !written.is_empty() {
                self.meshes.insert(id, written);
            }
            if let Some(input) = world.index.meshes.name_of(id) {
                self.statuses.set(input, status);
            }
        }
    }

    /// Writes what virtual destinations need in the clusters of meshes.
    fn run_failovers(&mut self, world: World<'_>, reads: &Reads, units: &mut BTreeSet<Unit>) {
        let ids = units.iter().filter_map(|unit| match unit {
            Unit::Failover(id, mesh) => Some((*id, *mesh)),
            _ => None,
        });
        for (id, mesh) in ids.collect::<Vec<_>>() {
            let cx = world.context(&self.demands, reads);
            let mut written = failover::write(cx, world.index, &self.demands, id, mesh).unwrap_or_default();
            self.watchers.set(Unit::Failover(id, mesh), reads.take());
            let before = self.failovers.remove(&(id, mesh)).unwrap_or_default();
            written.keep_objects_of(&before);
            self.outputs.replace(&before.objects, &written.objects);
            if before.said() != written.said() {
                units.insert(Unit::VirtualDestinationStatus(id));
                let failures = before.said().failures.iter().chain(&written.said().failures);
                note_failures(world, failures, units);
            }
            if !written.is_empty() {
                self.failovers.insert((id, mesh), written);
            }
        }
    }
}

impl<'a> World<'a> {
    pub fn context(self, demands: &'a Demands, reads: &'a Reads) -> Context<'a> {
        Context::new(self.index, self.backends, demands, reads)
    }
}

/// Adds the statuses of policies for which something could not be written.
fn note_failures<'f>(
    world: World<'_>,
    failures: impl Iterator<Item = &'f (InputRef, Rejection)>,
    units: &mut BTreeSet<Unit>,
) {
    let policies = failures.filter_map(|(policy, _)| world.index.traffic.find_named(policy));
    units.extend(policies.map(|policy| Unit::TrafficStatus(policy.id)));
}

/// What of which destinations must be written.
fn wanted(units: &BTreeSet<Unit>) -> BTreeMap<DestinationId, Wanted> {
    let mut wanted: BTreeMap<DestinationId, Wanted> = BTreeMap::new();
    for unit in units {
        match unit {
            Unit::Destination(id) => wanted.entry(*id).or_default().all = true,
            Unit::View(id, mesh) => {
                wanted.entry(*id).or_default().views.insert(*mesh);
            }
            _ => (),
        }
    }
    wanted
}
