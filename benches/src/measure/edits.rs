//! Measures edits of a world, by kind, with a translator that is kept all the time.
//!
//! After each edit comes its undo, so that the world stays the same however many there are.

use std::hint::black_box;
use std::time::Instant;

use gloo_core::{Delta, Translator};
use serde::Serialize;

use super::{Effort, median, timed, tracked};
use crate::edits::{Edit, Kind, Step, Undo};

/// At most this many objects of a world are edited.
const OBJECTS: usize = 500;
/// At most this many are edited where something is counted.
const COUNTED: usize = 8;
/// At most this many, for each kind, where growth is looked for.
const GROWING: usize = 40;
/// So many edits, undos among them, must not make a translator grow.
const EDITS: usize = 1_000;

/// What an edit of one kind costs.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct EditCost {
    /// What is edited.
    pub name: &'static str,
    /// Edits that were timed; undos count where they are edits of the same kind.
    pub edits: usize,
    /// Median of the processor time, in seconds.
    pub median: f64,
    /// The slowest edit, in seconds.
    pub worst: f64,
    /// How often the median goes into a full translation of the same world in the same run.
    pub full_divided_by: f64,
    /// What an edit changes and allocates.
    #[serde(flatten)]
    pub counts: EditCounts,
}

/// What an edit changes and allocates: medians over a few objects, the same each time; of two in the
/// middle the lower one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct EditCounts {
    /// Outputs that are created, updated or deleted.
    pub outputs: u64,
    /// Statuses that are others.
    pub statuses: u64,
    /// Allocations and reallocations.
    pub allocations: u64,
    /// Their bytes.
    pub allocated: u64,
}

/// What is found out about edits and undos of a kind, one by one.
#[derive(Debug)]
struct Both<T> {
    edits: Vec<T>,
    undos: Vec<T>,
}

impl<T> Default for Both<T> {
    fn default() -> Self {
        Self { edits: Vec::new(), undos: Vec::new() }
    }
}

impl<T> Both<T> {
    /// By the name under which it is reported.
    fn named(mut self, kind: Kind) -> Vec<(&'static str, Vec<T>)> {
        match kind.undo() {
            Undo::Alike => {
                self.edits.append(&mut self.undos);
                vec![(kind.name(), self.edits)]
            }
            Undo::Named(name) => vec![(kind.name(), self.edits), (name, self.undos)],
            Undo::Untold => vec![(kind.name(), self.edits)],
        }
    }
}

/// Measures some kinds of edits; leaves the world as it was.
pub(super) fn measure(
    kinds: &[Kind],
    translator: &mut Translator<'_>,
    full: f64,
    effort: Effort,
) -> Vec<EditCost> {
    let mut costs = Vec::new();
    for kind in kinds.iter().copied() {
        let counts = count_edits(kind, translator);
        let times = time(kind, translator, effort).named(kind);
        for ((name, counts), (_, times)) in counts.into_iter().zip(times) {
            let worst = times.iter().copied().max_by(f64::total_cmp).unwrap_or_default();
            let edits = times.len();
            let median = median(times.into_iter());
            let full_divided_by = if median > 0.0 { full / median } else { 0.0 };
            costs.push(EditCost { name, edits, median, worst, full_divided_by, counts });
        }
    }
    costs
}

/// What edits of one kind change and allocate, by name; none if nothing suits the kind.
pub(crate) fn count_edits(kind: Kind, translator: &mut Translator<'_>) -> Vec<(&'static str, EditCounts)> {
    let mut counts = Both::default();
    with_script(kind, translator, COUNTED, |translator, edits| {
        // What grows once and is kept would count for whichever edit comes first.
        for edit in edits {
            translator.update([edit.apply.change()]);
            translator.update([edit.undo.change()]);
        }
        for edit in edits {
            counts.edits.push(count_step(&edit.apply, translator));
            counts.undos.push(count_step(&edit.undo, translator));
        }
    });
    let named = counts.named(kind).into_iter().filter(|(_, counts)| !counts.is_empty());
    named.map(|(name, counts)| (name, middle(&counts))).collect()
}

fn count_step(step: &Step, translator: &mut Translator<'_>) -> EditCounts {
    let change = step.change();
    let (delta, asked) = tracked(|| translator.update([change]));
    let Delta { outputs, statuses } = &delta;
    let outputs = outputs.create.len() + outputs.update.len() + outputs.delete.len();
    EditCounts {
        outputs: u64::try_from(outputs).unwrap_or(u64::MAX),
        statuses: u64::try_from(statuses.len()).unwrap_or(u64::MAX),
        allocations: asked.allocations,
        allocated: asked.bytes,
    }
}

/// The median of each figure.
fn middle(counts: &[EditCounts]) -> EditCounts {
    let of = |figure: fn(&EditCounts) -> u64| {
        let mut figures: Vec<u64> = counts.iter().map(figure).collect();
        figures.sort_unstable();
        figures.get(figures.len().saturating_sub(1) / 2).copied().unwrap_or_default()
    };
    EditCounts {
        outputs: of(|it| it.outputs),
        statuses: of(|it| it.statuses),
        allocations: of(|it| it.allocations),
        allocated: of(|it| it.allocated),
    }
}

fn time(kind: Kind, translator: &mut Translator<'_>, effort: Effort) -> Both<f64> {
    let mut seconds = Both::default();
    with_script(kind, translator, OBJECTS, |translator, edits| {
        let begin = Instant::now();
        for edit in edits.iter().cycle().take(OBJECTS) {
            if seconds.edits.len() >= effort.edits && begin.elapsed() >= effort.time {
                break;
            }
            seconds.edits.push(time_step(&edit.apply, translator));
            seconds.undos.push(time_step(&edit.undo, translator));
        }
    });
    seconds
}

/// The update itself: making the change before and freeing the delta after are not part of it.
fn time_step(step: &Step, translator: &mut Translator<'_>) -> f64 {
    let change = black_box(step.change());
    let (delta, seconds) = timed(|| translator.update([change]));
    drop(black_box(delta));
    seconds
}

/// Prepares the world, works with the edits, and puts the world back.
fn with_script(
    kind: Kind,
    translator: &mut Translator<'_>,
    most: usize,
    work: impl FnOnce(&mut Translator<'_>, &[Edit]),
) {
    let edits = kind.edits(translator, most);
    work(translator, &edits);
}

/// By how much 1,000 edits, of all kinds that do not change everything, make a translator grow that has seen the
/// same edits once already.
pub(super) fn growth(translator: &mut Translator<'_>) -> u64 {
    let kinds = Kind::ALL.into_iter().filter(|kind| *kind != Kind::Settings);
    let edits: Vec<Edit> = kinds.flat_map(|kind| kind.edits(translator, GROWING)).collect();
    let run = |translator: &mut Translator<'_>| {
        for edit in edits.iter().cycle().take(EDITS / 2) {
            drop(translator.update([edit.apply.change()]));
            drop(translator.update([edit.undo.change()]));
        }
    };
    run(translator);
    tracked(|| run(translator)).1.held
}

/// The mean over the TrafficPolicies of the world, of the medians: of ten, seven select one service, two a
/// namespace, one a team.
pub(super) fn mean_of_policies(costs: &[EditCost]) -> Option<f64> {
    let of = |kind: Kind| costs.iter().find(|cost| cost.name == kind.name()).map(|cost| cost.median);
    let service = f64::midpoint(of(Kind::ServiceTimeout)?, of(Kind::ServiceShift)?);
    Some(0.7 * service + 0.2 * of(Kind::NamespaceTimeout)? + 0.1 * of(Kind::TeamTimeout)?)
}

#[cfg(test)]
mod tests {
    use super::{EditCost, mean_of_policies};
    use crate::edits::Kind;

    #[test]
    fn the_mean_weighs_policies_as_the_world_has_them() {
        let cost = |kind: Kind, median| EditCost { name: kind.name(), median, ..EditCost::default() };
        let mut costs = vec![
            cost(Kind::ServiceTimeout, 10.0),
            cost(Kind::ServiceShift, 30.0),
            cost(Kind::NamespaceTimeout, 100.0),
            cost(Kind::TeamTimeout, 1000.0),
        ];
        let mean = mean_of_policies(&costs).unwrap();
        assert!((mean - 134.0).abs() < 1e-9, "{mean}");
        costs.pop();
        assert_eq!(mean_of_policies(&costs), None);
    }
}
