//! Measures discovery: of a whole cluster, and after one object of it changed.

mod table;

use std::hint::black_box;
use std::time::Instant;

use gloo_core::Translator;
use gloo_core::discover::{Detector, Discovery, Options};
use gloo_core::snapshot::{AddError, Change, Options as World, SnapshotBuilder};
use gloo_istio::Istio;
use serde::Serialize;
use serde_json::{Value, json};

pub use table::Table;

use crate::cluster::{CLUSTER, Size, deployment, node, objects, pod, service, slice};
use crate::measure::{BACKENDS, Effort, median, timed, tracked};

const DETECTORS: &[&dyn Detector] = &[&Istio];

/// What was found out for one size.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Row {
    /// Services of the cluster.
    pub services: usize,
    /// Pods of these services.
    pub pods: usize,
    /// Nodes.
    pub nodes: usize,
    /// Objects that are looked at.
    pub inputs: usize,
    /// Their size as compact JSON.
    pub input_bytes: usize,
    /// Meshes, workloads and destinations that are found.
    pub found: usize,
    /// Rounds behind the median.
    pub rounds: usize,
    /// Seconds for all of it, from JSON values to what is found.
    pub discover: f64,
    /// Of the fastest round.
    pub discover_least: f64,
    /// Bytes that the discovery holds beside the objects.
    pub held: u64,
    /// The most that it holds at one moment.
    pub peak: u64,
    /// Allocations and reallocations.
    pub allocations: u64,
    /// What an edit costs.
    pub edits: Vec<EditCost>,
}

/// What edits of one kind cost; all times are medians in seconds.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct EditCost {
    /// The edit.
    pub name: &'static str,
    /// Until it is clear what is found now.
    pub discover: f64,
    /// Until the outputs follow.
    pub translate: f64,
    /// Objects that are found otherwise.
    pub found: usize,
}

/// An edit, and what takes it back.
struct Edit {
    name: &'static str,
    edited: fn(Size, usize) -> Value,
    original: fn(Size, usize) -> Value,
}

/// Sets the value at a place, which is there.
fn with(mut object: Value, pointer: &str, value: Value) -> Value {
    if let Some(place) = object.pointer_mut(pointer) {
        *place = value;
    }
    object
}

const EDITS: [Edit; 5] = [
    Edit {
        name: "pod: phase",
        edited: |size, service| with(pod(size, service, 0), "/status/phase", json!("Pending")),
        original: |size, service| pod(size, service, 0),
    },
    Edit {
        name: "deployment: label of its pods",
        edited: |_, service| with(deployment(service), "/spec/template/metadata/labels/version", json!("v2")),
        original: |_, service| deployment(service),
    },
    Edit {
        name: "slice: an endpoint is not ready",
        edited: |size, service| with(slice(size, service), "/endpoints/0/conditions/ready", json!(false)),
        original: slice,
    },
    Edit {
        name: "service: port",
        edited: |_, number| with(service(number), "/spec/ports/0/port", json!(81)),
        original: |_, number| service(number),
    },
    Edit {
        name: "node: zone",
        edited: |size, number| {
            let zone = "/metadata/labels/topology.kubernetes.io~1zone";
            with(node(number % size.nodes()), zone, json!("eu-west-1z"))
        },
        original: |size, number| node(number % size.nodes()),
    },
];

/// Measures one size.
///
/// # Errors
///
/// Never for what [`objects`] yields.
pub fn measure(size: Size, effort: Effort) -> Result<Row, AddError> {
    let values = objects(size);
    let input_bytes = values.iter().map(|value| value.to_string().len()).sum();
    let inputs = values.len();
    let changes = values.into_iter().map(read).collect::<Result<Vec<_>, AddError>>()?.concat();
    let ((mut discovery, found), memory) = tracked(|| discover(&changes));
    let mut rounds = Vec::new();
    for _ in 0..effort.warm_up {
        drop(black_box(discover(&changes)));
    }
    let begin = Instant::now();
    while rounds.len() < effort.rounds || begin.elapsed() < effort.time {
        let (result, seconds) = timed(|| discover(&changes));
        drop(black_box(result));
        rounds.push(seconds);
    }
    drop(changes);
    let snapshot = SnapshotBuilder::new("gloo-mesh", World::default()).build();
    let mut translator = Translator::new(snapshot, BACKENDS);
    let count = found.len();
    translator.update(found);
    let edits = EDITS.iter().map(|edit| edit.measure(size, &mut discovery, &mut translator, effort));
    Ok(Row {
        services: size.services,
        pods: size.pods(),
        nodes: size.nodes(),
        inputs,
        input_bytes,
        found: count,
        rounds: rounds.len(),
        discover: median(rounds.iter().copied()),
        discover_least: rounds.iter().copied().min_by(f64::total_cmp).unwrap_or_default(),
        held: memory.held,
        peak: memory.peak,
        allocations: memory.allocations,
        edits: edits.collect::<Result<_, _>>()?,
    })
}

/// Discovers everything some times, and nothing else.
///
/// # Errors
///
/// Never for what [`objects`] yields.
pub fn repeat(size: Size, times: usize) -> Result<(), AddError> {
    let changes = objects(size).into_iter().map(read).collect::<Result<Vec<_>, AddError>>()?.concat();
    for _ in 0..times {
        drop(black_box(discover(&changes)));
    }
    Ok(())
}

fn read(value: Value) -> Result<Vec<Change>, AddError> {
    Change::read(Some(CLUSTER), value)
}

/// Looks at everything for the first time.
fn discover(changes: &[Change]) -> (Discovery<'static>, Vec<Change>) {
    let mut discovery = Discovery::new(Options::new("gloo-mesh"), DETECTORS);
    let found = discovery.update(changes.iter().cloned());
    (discovery, found)
}

impl Edit {
    fn measure(
        &self,
        size: Size,
        discovery: &mut Discovery<'_>,
        translator: &mut Translator<'_>,
        effort: Effort,
    ) -> Result<EditCost, AddError> {
        let begin = Instant::now();
        let (mut discover, mut translate, mut counts) = (Vec::new(), Vec::new(), Vec::new());
        let mut number = 0;
        while discover.len() < 2 * effort.edits || begin.elapsed() < effort.time {
            // Distant services follow each other, so that caches are as cold as they are in use.
            let service = number * 7919 % size.services;
            for write in [self.edited, self.original] {
                let changes = read(write(size, service))?;
                let (found, seconds) = timed(|| discovery.update(changes));
                discover.push(seconds);
                counts.push(found.len());
                let (plan, seconds) = timed(|| translator.update(found));
                drop(black_box(plan));
                translate.push(seconds);
            }
            number += 1;
        }
        counts.sort_unstable();
        Ok(EditCost {
            name: self.name,
            discover: median(discover.into_iter()),
            translate: median(translate.into_iter()),
            found: counts.get(counts.len() / 2).copied().unwrap_or_default(),
        })
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{Effort, Size, measure};

    #[test]
    fn a_small_cluster_is_found_and_edits_concern_what_they_touch() {
        let effort = Effort { warm_up: 0, rounds: 1, edits: 1, time: Duration::ZERO };
        let row = measure(Size::HUNDREDTH, effort).unwrap();
        // A mesh; a workload and a destination for each service.
        assert_eq!((row.pods, row.nodes, row.found), (50, 1, 21));
        let found: Vec<usize> = row.edits.iter().map(|edit| edit.found).collect();
        assert_eq!(found, [0, 2, 1, 1, 10]);
    }
}
