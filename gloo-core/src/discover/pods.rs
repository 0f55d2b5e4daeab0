//! What there is to say about pods themselves: those that no workload stands for, and those whose place is not known.

use std::collections::BTreeSet;

use crate::discover::cluster::{Cluster, KnownPod};
use crate::discover::detector::Plane;
use crate::discover::diagnostic::{Code, Diagnostic};
use crate::discover::resource::{ControllerId, ControllerKind, Name, Phase};

/// The remarks about the pods of a cluster. Pods that have one cause share a remark about that.
pub(super) fn remarks(cluster: &Cluster) -> BTreeSet<Diagnostic> {
    let pods = cluster.pods.values().filter(|known| !known.pod.is_finished());
    let remarks = pods.flat_map(|known| [about_owner(cluster, known), about_place(cluster, known)]);
    let remarks = remarks.flatten();
    remarks.map(|(code, object, message)| Diagnostic::new(&cluster.name, code, object, message)).collect()
}

/// What is noticed, the object, and what there is to know about it.
type Remark = (Code, String, String);

/// Pods that nothing made which can be a workload: no policy can name them.
fn about_owner(cluster: &Cluster, known: &KnownPod) -> Option<Remark> {
    let namespace = &known.pod.name.namespace;
    let named = |kind: &str, name: &str| format!("{kind} {}", Name::new(namespace.clone(), name));
    let unknown = |object: String, message: &str| {
        takes_part(known).then(|| (Code::UnknownOwner, object, message.to_owned()))
    };
    let unowned = "nothing controls it: it takes part in a mesh and is no workload";
    let Some(owner) = &known.pod.owner else {
        return unknown(named("Pod", &known.pod.name.name), unowned);
    };
    let mut owner = owner;
    if *owner.kind == *"ReplicaSet" {
        let Some(set) = cluster.replica_sets.get(&Name::new(namespace.clone(), owner.name.clone())) else {
            let message = format!("its ReplicaSet {} is not there", owner.name);
            return Some((Code::ReplicaSetMissing, named("Pod", &known.pod.name.name), message));
        };
        let Some(above) = &set.owner else {
            return unknown(named("ReplicaSet", &owner.name), unowned);
        };
        owner = above;
    }
    let object = named(&owner.kind, &owner.name);
    let Some(kind) = ControllerKind::ALL.into_iter().find(|kind| *kind.word() == *owner.kind) else {
        let message = "its pods take part in a mesh, and it is of no kind that can be a workload";
        return unknown(object, message);
    };
    let id = ControllerId { kind, name: Name::new(namespace.clone(), owner.name.clone()) };
    if cluster.controllers.contains_key(&id) {
        return None;
    }
    unknown(object, "its pods take part in a mesh, and it is not there")
}

fn about_place(cluster: &Cluster, known: &KnownPod) -> Option<Remark> {
    let node = &known.pod.node;
    if !takes_part(known) {
        return None;
    }
    if node.is_empty() && known.pod.phase == Phase::Pending {
        let message = "no node runs it yet, so it has no place";
        return Some((Code::NotScheduled, format!("Pod {}", known.pod.name), message.to_owned()));
    }
    // Where no node is there at all, places are not asked for.
    let is_missing = !node.is_empty() && !cluster.nodes.is_empty() && !cluster.nodes.contains_key(node);
    let message = "it runs pods, and it is not there: their place is not known";
    is_missing.then(|| (Code::NodeMissing, format!("Node {node}"), message.to_owned()))
}

/// Whether it is a member of a mesh that can have workloads.
fn takes_part(known: &KnownPod) -> bool {
    known.members.iter().flatten().any(|member| member.plane != Plane::ControlPlane)
}
