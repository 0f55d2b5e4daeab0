//! How what somebody wrote about a cluster differs from what is found in it.

use std::collections::BTreeMap;
use std::sync::Arc;

use gloo_core::Istr;
use gloo_core::id::InputRef;
use gloo_core::snapshot::Snapshot;

use super::{Discovered, Found, Notice, some_of};

/// How what is given differs from what is found.
#[derive(Debug, Default)]
struct Differences {
    not_given: Vec<InputRef>,
    not_found: Vec<InputRef>,
    different: Vec<InputRef>,
}

impl Differences {
    fn add<T: Found>(&mut self, cluster: &str, found: &[Arc<T>], given: &BTreeMap<InputRef, Arc<T>>) {
        let mut rest: BTreeMap<&InputRef, &Arc<T>> =
            given.iter().filter(|(_, object)| object.cluster() == cluster).collect();
        for object in found.iter().filter(|object| object.cluster() == cluster) {
            let input = object.input();
            match rest.remove(&input) {
                None => self.not_given.push(input),
                Some(given) if given.spec() != object.spec() => self.different.push(input),
                Some(_) => (),
            }
        }
        self.not_found.extend(rest.into_keys().cloned());
    }

    fn to_text(&self) -> Option<String> {
        let parts = [
            (&self.not_given, "found and not given"),
            (&self.not_found, "given and not found"),
            (&self.different, "found with another content"),
        ];
        let part = |(objects, how): &(&Vec<InputRef>, &str)| {
            (!objects.is_empty()).then(|| format!("{how}: {}", some_of(objects)))
        };
        let parts: Vec<String> = parts.iter().filter_map(part).collect();
        (!parts.is_empty()).then(|| parts.join("; "))
    }
}

/// What there is to say about a cluster of which both the objects and what they amount to are given.
pub(super) fn compared(cluster: &Istr, snapshot: &Snapshot, discovered: &Discovered) -> Option<Notice> {
    let Discovered { meshes, workloads, destinations, .. } = discovered;
    if !meshes.iter().any(|mesh| mesh.cluster() == &**cluster) {
        return Some(Notice::nothing_found(cluster));
    }
    let mut differences = Differences::default();
    differences.add(cluster, meshes, &snapshot.meshes);
    differences.add(cluster, workloads, &snapshot.workloads);
    differences.add(cluster, destinations, &snapshot.destinations);
    differences.to_text().map(|how| Notice::differs(cluster, &how))
}
