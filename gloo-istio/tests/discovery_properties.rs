//! What holds for discovery whatever the objects of clusters look like.
#![expect(clippy::expect_used, reason = "an object that cannot be read must stop the test")]

use std::collections::BTreeMap;

use gloo_core::api::Workload;
use gloo_core::decode::decode;
use gloo_core::discover::{Discovery, Options};
use gloo_core::snapshot::{Change, Options as World, Snapshot, SnapshotBuilder};
use gloo_fixtures::arbitrary::cluster::object;
use gloo_fixtures::discovered::text;
use gloo_istio::Istio;
use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::Value;

/// Objects by cluster, kind, namespace and name.
type Objects = BTreeMap<(String, String, String, String), Value>;

fn key(cluster: &str, object: &Value) -> (String, String, String, String) {
    let text = |pointer: &str| object.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned();
    (cluster.to_owned(), text("/kind"), text("/metadata/namespace"), text("/metadata/name"))
}

fn read(cluster: &str, object: &Value) -> Change {
    let mut changes = Change::read(Some(cluster), object.clone()).expect("it has a name");
    changes.pop().expect("it is one object")
}

fn discovery() -> Discovery<'static> {
    Discovery::new(Options::new("gloo-mesh"), &[&Istio])
}

/// What is found in objects, looked at for the first time.
fn fresh(objects: &Objects, known: &[Workload]) -> (Discovery<'static>, Vec<Change>) {
    let mut discovery = discovery();
    for workload in known {
        discovery.remember(workload);
    }
    let changes = discovery.update(objects.iter().map(|((cluster, ..), object)| read(cluster, object)));
    (discovery, changes)
}

fn nothing() -> Snapshot {
    SnapshotBuilder::new("gloo-mesh", World::default()).build()
}

/// The discovered objects of a snapshot, as text.
fn stored(snapshot: &Snapshot) -> String {
    format!("{:#?}\n{:#?}\n{:#?}", snapshot.meshes, snapshot.workloads, snapshot.destinations)
}

/// Objects that are there from the beginning.
fn objects() -> impl Strategy<Value = Vec<(&'static str, Value)>> {
    vec(object(), 0..40)
}

proptest! {
    /// After any sequence of edits everything is as if it were looked at for the first time, and the changes tell
    /// exactly what became different.
    #[test]
    fn edits_find_what_a_look_at_the_whole_finds(
        start in objects(),
        edits in vec(vec((object(), any::<bool>()), 1..4), 1..12),
    ) {
        let mut current = Objects::new();
        let mut kept = discovery();
        let mut snapshot = nothing();
        let first = start.into_iter().map(|object| (object, false)).collect();
        for edit in std::iter::once(first).chain(edits) {
            let edit: Vec<((&str, Value), bool)> = edit;
            let known: Vec<Workload> = kept.workloads().map(|workload| Workload::clone(workload)).collect();
            let mut changes = Vec::new();
            for ((cluster, object), removes) in edit {
                let change = read(cluster, &object);
                if removes {
                    current.remove(&key(cluster, &object));
                    changes.push(Change::remove(change.key().clone()));
                } else {
                    current.insert(key(cluster, &object), object);
                    changes.push(change);
                }
            }
            for change in kept.update(changes) {
                snapshot.apply(change);
            }
            let (fresh, changes) = fresh(&current, &known);
            prop_assert_eq!(text(&kept), text(&fresh));
            let mut whole = nothing();
            for change in changes {
                whole.apply(change);
            }
            prop_assert_eq!(stored(&snapshot), stored(&whole));
        }
    }

    /// The order in which objects are seen plays no part.
    #[test]
    fn order_does_not_matter(start in objects(), seed in any::<u64>()) {
        let objects: Objects =
            start.into_iter().map(|(cluster, object)| (key(cluster, &object), object)).collect();
        let mut shuffled: Vec<_> = objects.iter().collect();
        let length = shuffled.len().max(1) as u64;
        shuffled.sort_by_key(|(key, _)| {
            let sum: u64 = key.3.bytes().chain(key.1.bytes()).map(u64::from).sum();
            (sum.wrapping_mul(seed | 1) >> 7) % length
        });
        let mut one_by_one = discovery();
        for ((cluster, ..), object) in shuffled {
            one_by_one.update([read(cluster, object)]);
        }
        // Workloads without pods stay once they were found; nothing else may depend on the past.
        let known: Vec<Workload> = one_by_one.workloads().map(|workload| Workload::clone(workload)).collect();
        prop_assert_eq!(text(&one_by_one), text(&fresh(&objects, &known).0));
    }

    /// What is found in a cluster depends on that cluster alone.
    #[test]
    fn clusters_are_alone(start in objects()) {
        let objects: Objects =
            start.into_iter().map(|(cluster, object)| (key(cluster, &object), object)).collect();
        let whole = text(&fresh(&objects, &[]).0);
        let mut parts = String::new();
        let mut lines: Vec<String> = Vec::new();
        for cluster in ["c1", "c2"] {
            let of_one = objects.iter().filter(|((of, ..), _)| of == cluster);
            let of_one: Objects = of_one.map(|(key, object)| (key.clone(), object.clone())).collect();
            parts.push_str(&text(&fresh(&of_one, &[]).0));
        }
        lines.extend(parts.lines().map(str::to_owned));
        lines.sort();
        let mut together: Vec<String> = whole.lines().map(str::to_owned).collect();
        together.sort();
        prop_assert_eq!(together, lines);
    }

    /// Everything that is found can be stored and read again, refers to what is found, and has a name of its own.
    #[test]
    fn what_is_found_is_sound(start in objects()) {
        let objects: Objects =
            start.into_iter().map(|(cluster, object)| (key(cluster, &object), object)).collect();
        let (found, changes) = fresh(&objects, &[]);
        let mut names: Vec<String> = changes.iter().map(|change| format!("{:?}", change.key())).collect();
        let count = names.len();
        names.sort();
        names.dedup();
        prop_assert_eq!(names.len(), count);
        let meshes: Vec<_> = found.meshes().map(|mesh| mesh.metadata.name.clone()).collect();
        for workload in found.workloads() {
            let mesh = workload.spec.mesh.as_ref().map(|mesh| Some(mesh.name.to_string()));
            prop_assert!(mesh.is_some_and(|mesh| meshes.contains(&mesh)));
            let value = serde_json::to_value(workload.as_ref()).expect("it is JSON");
            let read = decode::<Workload>(value).expect("it can be read");
            prop_assert!(read.unknown.is_empty());
            prop_assert_eq!(&read.object.metadata, &workload.metadata);
            prop_assert_eq!(&read.object.spec, &workload.spec);
        }
        for destination in found.destinations() {
            let mesh = destination.spec.mesh.as_ref().map(|mesh| Some(mesh.name.to_string()));
            prop_assert!(mesh.is_some_and(|mesh| meshes.contains(&mesh)));
            let name = destination.metadata.name.as_deref().unwrap_or_default();
            prop_assert!(!name.is_empty() && name.len() <= 253);
        }
    }
}
