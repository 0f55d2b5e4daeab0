//! Measures one size: times, sizes and memory of a translation, of writing what it produced as JSON, and of edits.
//!
//! Every round runs everything once, one after the other, so that a slow moment of the machine meets all of it.
//! Times are medians over the rounds, of the time that the processor spent on this one thread: other programs make
//! it longer only as far as they disturb caches. Allocations are counted once, outside of the timed rounds; the counters run
//! always, for whatever is measured alike, and stay at zero unless the binary's allocator feeds them.

mod allocation;
mod edits;

use std::hint::black_box;
use std::time::{Duration, Instant};

use cpu_time::ThreadTime;
use gloo_core::api::ApprovalState;
use gloo_core::backend::Backend;
use gloo_core::id::InputKind;
use gloo_core::report::Status;
use gloo_core::snapshot::{AddError, Snapshot};
use gloo_core::{Translation, Translator, translate};
use gloo_istio::Istio;
use serde::Serialize;

use crate::edits::{Kind, statuses};
use crate::world::{Size, World, world};

pub(crate) use allocation::tracked;
pub(crate) use edits::count_edits;
pub use edits::{EditCost, EditCounts};

/// How long to measure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Effort {
    /// Rounds that are run and thrown away.
    pub warm_up: usize,
    /// At least this many rounds count.
    pub rounds: usize,
    /// At least this many edits of a kind count, and as many undos.
    pub edits: usize,
    /// Rounds, and edits of one kind, go on until this time is over.
    pub time: Duration,
}

/// The backends of everything that is measured.
pub const BACKENDS: &[&dyn Backend] = &[&Istio];

/// What was found for one size.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Row {
    /// Clusters of the world.
    pub clusters: usize,
    /// Services in each cluster.
    pub services: usize,
    /// How much there is.
    pub counts: Counts,
    /// How long it takes.
    pub seconds: Seconds,
    /// What it needs.
    pub memory: Memory,
    /// What edits cost, by kind; empty where nothing suits an edit.
    pub edits: Vec<EditCost>,
    /// Seconds of an edit of a TrafficPolicy, as a mean over the policies of the world; absent if a kind is.
    pub policy_edit: Option<f64>,
    /// What some of the edits cost while every status that was computed stands in its object.
    pub edits_in_use: Vec<EditCost>,
}

/// Numbers and sizes of objects; sizes as compact JSON in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Objects of the world.
    pub inputs: usize,
    /// Their size.
    pub input_bytes: usize,
    /// Objects for the meshes.
    pub outputs: usize,
    /// Their size.
    pub output_bytes: usize,
    /// Statuses of inputs.
    pub statuses: usize,
    /// Their size.
    pub status_bytes: usize,
    /// The largest status.
    pub largest_status: usize,
    /// Findings of the report.
    pub findings: usize,
    /// Policies of both kinds that some destination refused.
    pub refused_policies: usize,
}

/// Medians in seconds of processor time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Seconds {
    /// Rounds behind the medians.
    pub rounds: usize,
    /// The whole translation; freeing its result is not part of it.
    pub translate: f64,
    /// The fastest round.
    pub translate_least: f64,
    /// Freeing the result.
    pub release: f64,
    /// Writing every output as JSON into one buffer that is used again.
    pub write_outputs: f64,
    /// The same for every status.
    pub write_statuses: f64,
    /// Writing every output and status into a vector of its own.
    pub to_vec: f64,
}

/// Bytes and allocations, as the program asked for them: what an allocator adds is not counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Memory {
    /// What the snapshot holds.
    pub snapshot: u64,
    /// The most that a translation holds at one moment, beside the snapshot; its result is part of it.
    pub peak: u64,
    /// What its result holds.
    pub result: u64,
    /// Allocations and reallocations of a translation.
    pub allocations: u64,
    /// Their bytes.
    pub allocated: u64,
    /// What a translator that is kept holds beside the snapshot.
    pub translator: u64,
    /// By how much translator and snapshot grew over 1,000 edits.
    pub growth: u64,
}

/// Measures one size.
///
/// # Errors
///
/// If the world cannot be generated.
pub fn measure(size: Size, effort: Effort) -> Result<Row, AddError> {
    let (built, input) = tracked(|| world(size));
    let World { snapshot, objects, bytes } = built?;
    let (translation, whole) = tracked(|| run(&snapshot));
    let counts = Counts { inputs: objects, input_bytes: bytes, ..count(&translation) };
    drop(translation);
    let seconds = time(&snapshot, effort);
    let (mut translator, kept) = tracked(|| Translator::new(snapshot.clone(), BACKENDS));
    // As long as somebody else has a part in a snapshot, an edit copies the maps that it changes.
    drop(snapshot);
    let edits = edits::measure(&Kind::ALL, &mut translator, seconds.translate, effort);
    let memory = Memory {
        snapshot: input.held,
        peak: whole.peak,
        result: whole.held,
        allocations: whole.allocations,
        allocated: whole.bytes,
        translator: kept.held,
        growth: edits::growth(&mut translator),
    };
    let policy_edit = edits::mean_of_policies(&edits);
    translator.update(statuses(&translator));
    let edits_in_use = edits::measure(&Kind::IN_USE, &mut translator, seconds.translate, effort);
    let Size { clusters, services } = size;
    Ok(Row { clusters, services, counts, seconds, memory, edits, policy_edit, edits_in_use })
}

/// Translates a world once.
pub fn run(snapshot: &Snapshot) -> Translation {
    translate(black_box(snapshot), BACKENDS)
}

fn count(translation: &Translation) -> Counts {
    let Translation { outputs, report } = translation;
    let (mut json, mut counts) = (Vec::new(), Counts::default());
    for object in outputs.iter() {
        counts.output_bytes += written(&mut json, |json| object.write_json(json));
    }
    for (input, status) in &report.statuses {
        let size = written(&mut json, |json| serde_json::to_writer(json, status));
        counts.status_bytes += size;
        counts.largest_status = counts.largest_status.max(size);
        let state = match (input.kind, status) {
            (InputKind::TrafficPolicy, Status::TrafficPolicy(status)) => status.state,
            (InputKind::AccessPolicy, Status::AccessPolicy(status)) => status.state,
            _ => ApprovalState::Accepted,
        };
        counts.refused_policies += usize::from(state != ApprovalState::Accepted);
    }
    Counts {
        outputs: outputs.len(),
        statuses: report.statuses.len(),
        findings: report.findings.len(),
        ..counts
    }
}

/// Writes into the buffer from its beginning; tells how much. What cannot be written counts as nothing.
fn written(json: &mut Vec<u8>, write: impl FnOnce(&mut Vec<u8>) -> serde_json::Result<()>) -> usize {
    json.clear();
    write(json).map_or(0, |()| json.len())
}

/// Runs the rounds.
fn time(snapshot: &Snapshot, effort: Effort) -> Seconds {
    for _ in 0..effort.warm_up {
        round(snapshot);
    }
    let begin = Instant::now();
    let mut rounds = Vec::new();
    while rounds.len() < effort.rounds || begin.elapsed() < effort.time {
        rounds.push(round(snapshot));
    }
    let translations = rounds.iter().map(|round| round.translate);
    Seconds {
        rounds: rounds.len(),
        translate: median(translations.clone()),
        translate_least: translations.min_by(f64::total_cmp).unwrap_or_default(),
        release: median(rounds.iter().map(|round| round.release)),
        write_outputs: median(rounds.iter().map(|round| round.write_outputs)),
        write_statuses: median(rounds.iter().map(|round| round.write_statuses)),
        to_vec: median(rounds.iter().map(|round| round.to_vec)),
    }
}

fn round(snapshot: &Snapshot) -> Seconds {
    let (translation, translate) = timed(|| run(snapshot));
    let Translation { outputs, report } = &translation;
    let mut json = Vec::new();
    let ((), write_outputs) = timed(|| {
        for object in outputs.iter() {
            black_box(written(&mut json, |json| object.write_json(json)));
        }
    });
    let ((), write_statuses) = timed(|| {
        for status in report.statuses.values() {
            black_box(written(&mut json, |json| serde_json::to_writer(json, status)));
        }
    });
    let ((), to_vec) = timed(|| {
        for object in outputs.iter() {
            drop(black_box(object.to_json()));
        }
        for status in report.statuses.values() {
            drop(black_box(serde_json::to_vec(status)));
        }
    });
    let ((), release) = timed(|| drop(translation));
    let (rounds, translate_least) = (1, translate);
    Seconds { rounds, translate, translate_least, release, write_outputs, write_statuses, to_vec }
}

/// Runs `work`; tells how long the processor was busy with it.
pub(crate) fn timed<T>(work: impl FnOnce() -> T) -> (T, f64) {
    let begin = ThreadTime::now();
    let value = work();
    (value, begin.elapsed().as_secs_f64())
}

/// The middle of some values, or the mean of the two in the middle; 0 if there are none.
pub fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    let upper = values.get(middle).copied().unwrap_or_default();
    match middle.checked_sub(1).and_then(|below| values.get(below)) {
        Some(lower) if values.len().is_multiple_of(2) => f64::midpoint(*lower, upper),
        _ => upper,
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{Effort, measure, median};
    use crate::world::Size;

    #[test]
    fn the_median_is_in_the_middle() {
        assert_eq!(median([3.0, 1.0, 2.0].into_iter()).to_bits(), 2.0_f64.to_bits());
        assert_eq!(median([4.0, 1.0, 2.0, 3.0].into_iter()).to_bits(), 2.5_f64.to_bits());
        assert_eq!(median(std::iter::empty()).to_bits(), 0.0_f64.to_bits());
    }

    #[test]
    fn a_small_world_is_measured() {
        let effort = Effort { warm_up: 0, rounds: 1, edits: 1, time: Duration::ZERO };
        let row = measure(Size::HUNDREDTH, effort).unwrap();
        assert_eq!(row.counts.inputs, 245);
        assert!(row.counts.output_bytes > row.counts.outputs);
        assert_eq!(row.seconds.rounds, 1);
    }
}
