//! Counts that are the same on every machine: what a full translation and edits ask of the allocator.
//!
//! Maps with random seeds could make them differ a little, because a map may grow a step earlier or later. They
//! were equal in every run so far.

use std::collections::BTreeMap;

use gloo_core::Translator;
use gloo_core::snapshot::AddError;
use serde::{Deserialize, Serialize};

use crate::edits::Kind;
use crate::measure::{BACKENDS, count_edits, run, tracked};
use crate::world::{Size, World, world};

/// What some work asks of the allocator.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Count {
    /// Allocations and reallocations.
    pub allocations: u64,
    /// Their bytes.
    pub bytes: u64,
}

/// Counts for the world of 10 × 100, by what was done.
///
/// # Errors
///
/// If the world cannot be generated.
pub fn counts() -> Result<BTreeMap<String, Count>, AddError> {
    let World { snapshot, .. } = world(Size::TENTH)?;
    let (translation, asked) = tracked(|| run(&snapshot));
    drop(translation);
    let full = Count { allocations: asked.allocations, bytes: asked.bytes };
    let mut counts = BTreeMap::from([("full translation".to_owned(), full)]);
    let mut translator = Translator::new(snapshot, BACKENDS);
    for kind in Kind::ALL {
        for (name, asked) in count_edits(kind, &mut translator) {
            let count = Count { allocations: asked.allocations, bytes: asked.allocated };
            counts.insert(name.to_owned(), count);
        }
    }
    Ok(counts)
}

/// As the committed file has them.
///
/// # Errors
///
/// Never for what [`counts`] yields.
pub fn to_json(counts: &BTreeMap<String, Count>) -> serde_json::Result<String> {
    serde_json::to_string_pretty(counts).map(|json| json + "\n")
}
