//! What translations and edits ask of the allocator does not grow unnoticed.
//!
//! Counts are the same on every machine, so this is no timed test. What is tolerated is for other versions of the
//! compiler and of crates, and for maps with random seeds.

use std::collections::BTreeMap;
use std::path::Path;

use gloo_benches::counts::{Count, counts, to_json};

/// Counts what this program asks for. Spans count one thread alone, so the test runner plays no part.
#[global_allocator]
static ALLOCATOR: alloc_tracker::Allocator<std::alloc::System> = alloc_tracker::Allocator::system();

/// How many hundredths a count may differ by.
const TOLERANCE: u64 = 10;

/// What to do about a difference.
const UPDATE: &str = "UPDATE_COUNTS=1 cargo test -p gloo-benches --test counts";

#[test]
fn counts_are_those_of_the_committed_file() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("counts.json");
    let now = counts().unwrap();
    if std::env::var_os("UPDATE_COUNTS").is_some() {
        std::fs::write(&file, to_json(&now).unwrap()).unwrap();
        return;
    }
    let committed =
        std::fs::read(&file).unwrap_or_else(|error| panic!("counts.json: {error}; write it: {UPDATE}"));
    let committed: BTreeMap<String, Count> = serde_json::from_slice(&committed).unwrap();
    let (worse, better) = compare(&committed, &now);
    if !better.is_empty() {
        hint(&format!("fewer than in counts.json:\n{}\nkeep it so: {UPDATE}", better.join("\n")));
    }
    assert!(worse.is_empty(), "not as in counts.json:\n{}\nif that is meant: {UPDATE}", worse.join("\n"));
}

#[expect(clippy::print_stdout, reason = "nothing is wrong, but somebody should know")]
fn hint(text: &str) {
    println!("{text}");
}

/// What is worse than before, and what is better, as text.
fn compare(before: &BTreeMap<String, Count>, now: &BTreeMap<String, Count>) -> (Vec<String>, Vec<String>) {
    let (mut worse, mut better) = (Vec::new(), Vec::new());
    for name in before.keys().filter(|name| !now.contains_key(*name)) {
        worse.push(format!("  {name}: is no longer counted"));
    }
    for (name, now) in now {
        let Some(before) = before.get(name) else {
            worse.push(format!("  {name}: is new"));
            continue;
        };
        let figures =
            [("allocations", before.allocations, now.allocations), ("bytes", before.bytes, now.bytes)];
        for (figure, before, now) in figures {
            let text = || format!("  {name}: {before} {figure} before, {now} now");
            if now * 100 > before * (100 + TOLERANCE) {
                worse.push(text());
            } else if now * 100 < before * (100 - TOLERANCE) {
                better.push(text());
            }
        }
    }
    (worse, better)
}

#[test]
fn a_tenth_more_is_tolerated_and_no_more() {
    let one = |allocations, bytes| BTreeMap::from([("it".to_owned(), Count { allocations, bytes })]);
    let compared = |allocations, bytes| {
        let (worse, better) = compare(&one(100, 1000), &one(allocations, bytes));
        (worse.len(), better.len())
    };
    assert_eq!(compared(100, 1000), (0, 0));
    assert_eq!(compared(110, 1100), (0, 0));
    assert_eq!(compared(111, 1101), (2, 0));
    assert_eq!(compared(90, 899), (0, 1));
    assert_eq!(compare(&one(1, 1), &BTreeMap::new()).0, ["  it: is no longer counted"]);
    assert_eq!(compare(&BTreeMap::new(), &one(1, 1)).0, ["  it: is new"]);
}
