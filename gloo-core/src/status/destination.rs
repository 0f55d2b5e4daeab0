//! The status of a destination: what is in force there.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::api::{
    AppliedAccessPolicy, AppliedFederation, AppliedTrafficPolicy, DestinationStatus, ObjectRef,
    RequiredSubsets, TcpKeepalive, TrafficShift, WeightedDestination,
};
use crate::context::Context;
use crate::id::InputRef;
use crate::index::{Checked, Destination};
use crate::model::Keepalive;
use crate::model::route::TargetId;
use crate::report::Status;
use crate::resolve::exposure::Exposed;
use crate::resolve::{Decision, Demand, Demands, InForce};
use crate::status::size;

/// Puts the status of a destination together.
pub(crate) fn destination_status(cx: Context<'_>, decision: &Decision<'_>, demands: &Demands) -> Status {
    let destination = decision.resolved.destination;
    let object = destination.object();
    let traffic = decision.traffic.iter().map(|in_force| AppliedTrafficPolicy {
        reference: Some(reference(&in_force.version.input)),
        observed_generation: in_force.generation,
        spec: in_force.spec.as_ref().map(|(spec, _)| Arc::clone(spec)),
        routes: Vec::new(),
    });
    let access = decision.access.iter().map(|in_force| AppliedAccessPolicy {
        reference: Some(reference(&in_force.version.input)),
        observed_generation: in_force.generation,
        spec: in_force.spec.as_ref().map(|(spec, _)| Arc::clone(spec)),
    });
    let mut status = DestinationStatus {
        observed_generation: object.metadata.generation.unwrap_or_default(),
        local_fqdn: destination.host.clone(),
        applied_traffic_policies: traffic.collect(),
        applied_access_policies: access.collect(),
        applied_federation: decision.exposed.as_ref().and_then(|exposed| applied_federation(cx, exposed)),
        required_subsets: required_subsets(destination, demands),
    };
    // Sizing a status means writing it, so it is done only where it may be too large.
    let copies = decision.traffic.iter().map(InForce::size).chain(decision.access.iter().map(InForce::size));
    if !status.required_subsets.is_empty() || copies.sum::<usize>() > size::STATUS / 2 {
        fit(&mut status, decision);
    }
    Status::Destination(Arc::new(status))
}

/// Who sees the destination, if anybody does.
fn applied_federation(cx: Context<'_>, exposed: &Exposed<'_>) -> Option<AppliedFederation> {
    let Exposed { membership, federation, host, seen_by, .. } = exposed;
    let meshes = seen_by.iter().filter_map(|mesh| cx.mesh(*mesh)).map(|mesh| reference(&mesh.input));
    let federated_to_meshes: Vec<ObjectRef> = meshes.collect();
    (!federated_to_meshes.is_empty()).then(|| AppliedFederation {
        federated_hostname: host.clone(),
        federated_to_meshes,
        flat_network: federation.flat_network,
        virtual_mesh_ref: Some(reference(&membership.virtual_mesh)),
        tcp_keepalive: federation.keepalive.map(|Keepalive { probes, time, interval }| TcpKeepalive {
            probes,
            time,
            interval,
        }),
    })
}

pub(super) fn reference(input: &InputRef) -> ObjectRef {
    ObjectRef { name: input.name.clone(), namespace: input.namespace.clone() }
}

/// The shifts that send requests to subsets of the destination, each reduced to what concerns it.
fn required_subsets(destination: &Destination, demands: &Demands) -> Vec<RequiredSubsets> {
    let target = TargetId::Destination(destination.id);
    required(demands, target, |entry| names(entry, destination))
}

/// The shifts that send requests to subsets of a target, each reduced to what concerns it.
pub(super) fn required(
    demands: &Demands,
    target: TargetId,
    concerns: impl Fn(&WeightedDestination) -> bool,
) -> Vec<RequiredSubsets> {
    let versions: BTreeMap<(&InputRef, i64), &Demand> =
        demands.on(target).map(|demand| ((&demand.policy, demand.generation), demand)).collect();
    let mut required = Vec::new();
    for ((policy, generation), demand) in versions {
        let policy_spec = demand.spec.as_ref().and_then(|spec| spec.policy.as_ref());
        let shift = policy_spec.and_then(|policy| policy.traffic_shift.as_ref());
        let destinations: Vec<WeightedDestination> = shift
            .into_iter()
            .flat_map(|shift| &shift.destinations)
            .filter(|entry| concerns(entry))
            .cloned()
            .collect();
        if !destinations.is_empty() {
            required.push(RequiredSubsets {
                traffic_policy_ref: Some(reference(policy)),
                observed_generation: generation,
                traffic_shift: Some(TrafficShift { destinations }),
            });
        }
    }
    required
}

fn names(entry: &WeightedDestination, destination: &Destination) -> bool {
    entry.kube_service.as_ref().is_some_and(|service| {
        !service.subset.is_empty()
            && service.name == destination.service.name
            && service.namespace == destination.service.namespace
            && service.cluster_name == destination.service.cluster_name
    })
}

/// Leaves out copies of specs, from the end, until the status fits; then the ends of the lists.
///
/// A copy of the version that its policy has now is only needed after the next bad edit. A copy of an earlier
/// version is what keeps that version in force, so it goes last, and that of an access policy last of all:
/// without it the destination would be open.
fn fit(status: &mut DestinationStatus, decision: &Decision<'_>) {
    let mut size = size::of(status);
    for last_good in [false, true] {
        let traffic = decision.traffic.iter().zip(&mut status.applied_traffic_policies).rev();
        for (in_force, applied) in traffic.filter(|(in_force, _)| in_force.is_last_good == last_good) {
            drop_copy(&mut size, in_force, &mut applied.spec);
        }
        let access = decision.access.iter().zip(&mut status.applied_access_policies).rev();
        for (in_force, applied) in access.filter(|(in_force, _)| in_force.is_last_good == last_good) {
            drop_copy(&mut size, in_force, &mut applied.spec);
        }
        while size > size::STATUS && status.required_subsets.pop().is_some() {
            size = size::of(status);
        }
    }
    while size > size::STATUS
        && (status.applied_traffic_policies.pop().is_some() || status.applied_access_policies.pop().is_some())
    {
        size = size::of(status);
    }
}

/// Leaves one copy out if the status is still too large.
fn drop_copy<T: Checked>(size: &mut usize, in_force: &InForce<'_, T>, copy: &mut Option<Arc<T::Spec>>) {
    if *size > size::STATUS && copy.take().is_some() {
        let dropped = in_force.spec.as_ref().map_or(0, |(_, size)| *size) + r#","spec":"#.len();
        *size = size.saturating_sub(dropped);
    }
}
