//! A world with what became of it, in the form in which lists and descriptions ask for it.

pub mod named;
mod verdict;

use std::collections::BTreeMap;

use gloo_core::Translation;
use gloo_core::api::{DestinationStatus, ObjectRef};
use gloo_core::id::{InputKind, InputRef};
use gloo_core::name::object_key;
use gloo_core::object::Object;
use gloo_core::report::{Finding, Severity, Status, Subject};

pub use verdict::{Verdict, state_word};

use super::columns::Backing;
use crate::world::World;
use crate::world::discovery::Notice;

/// A world, its translation, and lookups in both.
#[derive(Debug)]
pub struct Inventory<'a> {
    /// The world.
    pub world: &'a World,
    /// What became of it.
    pub translation: &'a Translation,
    /// Which workloads stand behind a destination.
    pub backing: Backing<'a>,
    /// Objects by their keys in statuses.
    keys: BTreeMap<(InputKind, String), InputRef>,
    /// What is to be said, by the object it is about and the object on which it was found.
    findings: BTreeMap<&'a InputRef, BTreeMap<Option<&'a InputRef>, Vec<&'a Finding>>>,
    /// The same by the object on which it was found.
    findings_on: BTreeMap<&'a InputRef, Vec<&'a Finding>>,
    /// The destinations at which a policy is in force.
    in_force: BTreeMap<InputRef, Vec<&'a InputRef>>,
    /// What is written, by the objects that have a part in it.
    outputs: BTreeMap<&'a InputRef, Vec<&'a Object>>,
    /// What is doubtful about objects of clusters that the world is made from, by cluster and object.
    notices: BTreeMap<(&'a str, &'a str), Vec<&'a Notice>>,
}

impl<'a> Inventory<'a> {
    /// Makes the lookups.
    pub fn new(world: &'a World, translation: &'a Translation) -> Self {
        let snapshot = &world.snapshot;
        let all = snapshot.meshes.keys().chain(snapshot.workloads.keys()).chain(snapshot.destinations.keys());
        let key = |input: &InputRef| (input.kind, object_key(&input.name, &input.namespace, ""));
        let keys = all.map(|input| (key(input), input.clone())).collect();
        let mut findings: BTreeMap<_, BTreeMap<_, Vec<&Finding>>> = BTreeMap::new();
        let mut findings_on: BTreeMap<_, Vec<&Finding>> = BTreeMap::new();
        for finding in &translation.report.findings {
            let on = finding.on.as_ref();
            if let Subject::Input(subject) = &finding.subject {
                findings.entry(subject).or_default().entry(on).or_default().push(finding);
            }
            if let Some(on) = on {
                findings_on.entry(on).or_default().push(finding);
            }
        }
        let mut in_force: BTreeMap<InputRef, Vec<&InputRef>> = BTreeMap::new();
        for (input, status) in &translation.report.statuses {
            let Status::Destination(status) = status else { continue };
            for kind in [InputKind::TrafficPolicy, InputKind::AccessPolicy, InputKind::VirtualMesh] {
                for (policy, _) in verdict::in_force(status, kind) {
                    in_force.entry(policy).or_default().push(input);
                }
            }
        }
        let mut outputs: BTreeMap<_, Vec<&Object>> = BTreeMap::new();
        for object in translation.outputs.iter() {
            for input in &*object.inputs {
                outputs.entry(input).or_default().push(object);
            }
        }
        let mut notices: BTreeMap<_, Vec<&Notice>> = BTreeMap::new();
        let doubtful = world.discovered.notices.iter().filter(|notice| notice.severity < Severity::Info);
        for notice in doubtful.filter(|notice| world.discovered.concerns(notice)) {
            notices.entry((&*notice.cluster, notice.object.as_str())).or_default().push(notice);
        }
        let workloads = snapshot.workloads.values().map(|workload| &**workload);
        let destinations = snapshot.destinations.values().map(|destination| &**destination);
        let backing = Backing::new(workloads, destinations);
        Self { world, translation, backing, keys, findings, findings_on, in_force, outputs, notices }
    }

    /// The object of a kind that a status means.
    pub fn of_key(&self, kind: InputKind, key: &str) -> Option<&InputRef> {
        self.keys.get(&(kind, key.to_owned()))
    }

    /// The status of an object.
    pub fn status(&self, input: &InputRef) -> Option<&'a Status> {
        self.translation.report.statuses.get(input)
    }

    /// The status of a destination.
    pub fn destination_status(&self, input: &InputRef) -> Option<&'a DestinationStatus> {
        match self.status(input)? {
            Status::Destination(status) => Some(status),
            _ => None,
        }
    }

    /// What is to be said about an object, as a whole and on others.
    pub fn findings_about(&self, input: &InputRef) -> impl Iterator<Item = &'a Finding> {
        self.findings.get(input).into_iter().flat_map(BTreeMap::values).flatten().copied()
    }

    /// What is to be said about other objects because of this one.
    pub fn findings_on(&self, input: &InputRef) -> impl Iterator<Item = &'a Finding> {
        self.findings_on.get(input).into_iter().flatten().copied()
    }

    /// Everything that is written because of an object.
    pub fn outputs_of(&self, input: &InputRef) -> impl Iterator<Item = &'a Object> {
        self.outputs.get(input).into_iter().flatten().copied()
    }

    /// What is to be said about an object of a cluster, such as `Service shop/cart`.
    pub fn notices_about(&self, cluster: &str, object: &str) -> Vec<&'a Notice> {
        self.notices.get(&(cluster, object)).cloned().unwrap_or_default()
    }
}

/// The name of an object of the management cluster.
pub fn reference(kind: InputKind, to: &ObjectRef) -> InputRef {
    InputRef::new(kind, to.namespace.clone(), to.name.clone())
}

/// How pages and tables name an object whose kind is known.
pub fn short(input: &InputRef) -> String {
    format!("{}/{}", input.namespace, input.name)
}
