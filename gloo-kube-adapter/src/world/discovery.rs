//! Meshes, workloads and destinations that nobody wrote down, found in the objects of the world's clusters.
//!
//! The objects leave the world once they were looked at; what was found takes their place. A cluster of which a Mesh,
//! a Workload or a Destination is given is left as it is given: discovery then only says where the two differ.

mod compare;
mod found;
mod notice;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use gloo_core::Istr;
use gloo_core::api::{Destination, Mesh, Workload};
use gloo_core::discover::{Code, Detector, Discovery, Options};
use gloo_core::id::InputRef;
use gloo_core::snapshot::{Change, Key, RawObject, Snapshot};
use serde::Serialize;
use serde_json::Value;

pub use found::Found;
pub use notice::{Notice, some_of};

use crate::render::CLUSTER_ANNOTATION;

/// Every kind of mesh that is found; earlier ones are asked first.
pub const DETECTORS: &[&dyn Detector] = &[&gloo_istio::Istio, &gloo_linkerd::Linkerd];

/// What was found in the objects of clusters, whether it became a part of the world or not.
#[derive(Debug, Default)]
pub struct Discovered {
    /// Meshes, by cluster.
    pub meshes: Vec<Arc<Mesh>>,
    /// Workloads, by cluster.
    pub workloads: Vec<Arc<Workload>>,
    /// Destinations, by cluster.
    pub destinations: Vec<Arc<Destination>>,
    /// The clusters that were looked at.
    pub clusters: BTreeMap<Istr, Cluster>,
    /// What is doubtful, and why something was not found, by cluster and object.
    pub notices: Vec<Notice>,
}

/// A cluster that was looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cluster {
    /// So many objects were looked at.
    pub objects: usize,
    /// Where the world has its meshes, workloads and destinations from.
    pub source: Source,
}

/// Where a world has the meshes, workloads and destinations of a cluster from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Source {
    /// They were found.
    Found,
    /// They were given.
    Given,
}

impl Discovered {
    /// Whether the world has anything from here.
    pub fn is_used(&self) -> bool {
        let found = |cluster: &str| self.clusters.get(cluster).is_some_and(|it| it.source == Source::Found);
        self.meshes.iter().any(|it| found(it.cluster()))
            || self.workloads.iter().any(|it| found(it.cluster()))
            || self.destinations.iter().any(|it| found(it.cluster()))
    }

    /// Whether a notice is about something that the world contains: what is given does not depend on what is found.
    pub fn concerns(&self, notice: &Notice) -> bool {
        let source = self.clusters.get(&notice.cluster).map(|cluster| cluster.source);
        source != Some(Source::Given) || notice.is_about_the_world()
    }
}

/// Looks at the objects of clusters in `snapshot`, takes them out, and puts what is found in their place.
///
/// `is_written` tells which objects files contain, readable or not; none of them is replaced. `notices` are what was
/// noticed before.
pub(super) fn discover<'d>(
    snapshot: &mut Snapshot,
    options: Options,
    detectors: &'d [&'d dyn Detector],
    is_written: &dyn Fn(&InputRef) -> bool,
    mut notices: Vec<Notice>,
) -> Discovered {
    let (mut counts, objects) = take_objects(snapshot);
    if counts.is_empty() {
        return Discovered { notices, ..Discovered::default() };
    }
    let settings = snapshot.settings.get(&snapshot.settings_ref());
    let settings = settings.map(|settings| Change::from((**settings).clone()));
    let mut discovery = Discovery::new(options, detectors);
    for change in discovery.update(settings.into_iter().chain(objects)) {
        // What discovery does not read stays.
        if let Key::Raw(id) = change.key() {
            if let Some(count) = counts.get_mut(&id.cluster) {
                *count = count.saturating_sub(1);
            }
            snapshot.apply(change);
        }
    }
    let given = given(snapshot);
    let clusters = discovery.clusters().map(|name| {
        let source = if given.contains(name) { Source::Given } else { Source::Found };
        let objects = counts.get(name).copied().unwrap_or_default();
        (name.clone(), Cluster { objects, source })
    });
    let discovered = Discovered {
        meshes: discovery.meshes().cloned().collect(),
        workloads: discovery.workloads().cloned().collect(),
        destinations: discovery.destinations().cloned().collect(),
        clusters: clusters.collect(),
        notices: Vec::new(),
    };
    notices.extend(discovery.diagnostics().map(Notice::from));
    for cluster in given.iter().filter(|cluster| discovered.clusters.contains_key(*cluster)) {
        notices.extend(compare::compared(cluster, snapshot, &discovered));
    }
    let is_used = |cluster: &str| !given.contains(cluster);
    put(&discovered.meshes, snapshot, &is_used, is_written, &mut notices);
    put(&discovered.workloads, snapshot, &is_used, is_written, &mut notices);
    put(&discovered.destinations, snapshot, &is_used, is_written, &mut notices);
    // What concerns a cluster as a whole comes before its objects; objects stay in the order of discovery.
    notices.sort_by_key(|notice| (notice.cluster.clone(), !notice.object.is_empty()));
    Discovered { notices, ..discovered }
}

/// Takes the objects of clusters out of the snapshot; tells how many each cluster has.
fn take_objects(snapshot: &mut Snapshot) -> (BTreeMap<Istr, usize>, Vec<Change>) {
    let raw = Arc::make_mut(&mut snapshot.raw).extract_if(.., |id, _| !id.cluster.is_empty());
    let mut counts: BTreeMap<Istr, usize> = BTreeMap::new();
    let mut changes = Vec::new();
    for (_, object) in raw {
        let RawObject { id, mut value, .. } = Arc::unwrap_or_clone(object);
        // What is found copies annotations, and it is of the management cluster.
        let annotations = value.pointer_mut("/metadata/annotations").and_then(Value::as_object_mut);
        annotations.and_then(|annotations| annotations.remove(CLUSTER_ANNOTATION));
        *counts.entry(id.cluster.clone()).or_default() += 1;
        changes.extend(Change::read(Some(&id.cluster), value).unwrap_or_default());
    }
    (counts, changes)
}

/// The clusters of which a mesh, a workload or a destination is given.
fn given(snapshot: &Snapshot) -> BTreeSet<Istr> {
    let spanned = snapshot.meshes.values().filter_map(|mesh| mesh.spec.aws_app_mesh.as_ref());
    let spanned = spanned.flat_map(|mesh| mesh.clusters.iter().map(|cluster| &**cluster));
    let meshes = snapshot.meshes.values().map(|it| it.cluster());
    let workloads = snapshot.workloads.values().map(|it| it.cluster());
    let destinations = snapshot.destinations.values().map(|it| it.cluster());
    let all = meshes.chain(spanned).chain(workloads).chain(destinations);
    all.filter(|cluster| !cluster.is_empty()).map(Istr::from).collect()
}

/// Makes what was found a part of the world.
fn put<T: Found + Clone>(
    found: &[Arc<T>],
    snapshot: &mut Snapshot,
    is_used: &dyn Fn(&str) -> bool,
    is_written: &dyn Fn(&InputRef) -> bool,
    notices: &mut Vec<Notice>,
) where
    Change: From<T>,
{
    for object in found.iter().filter(|object| is_used(object.cluster())) {
        let input = object.input();
        if !is_written(&input) {
            snapshot.apply(Change::from(T::clone(object)));
            continue;
        }
        notices.push(Notice {
            cluster: object.cluster().into(),
            object: format!("{} {}/{}", T::KIND.kind(), input.namespace, input.name),
            severity: Code::ForeignObject.severity(),
            code: Code::ForeignObject.to_string(),
            message: "an object of this name is given already, and what was found is left out".to_owned(),
        });
    }
}

#[cfg(test)]
mod tests;
