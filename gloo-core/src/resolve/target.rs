//! Finds the services that a policy sends requests to, and their ports.

use crate::api::{self, ClusterObjectRef, KubeServiceDestination, WeightedDestination};
use crate::check::Checks;
use crate::context::Context;
use crate::index::{Endpoints, bad_ref};
use crate::model::route::{HeaderChanges, Mirror, Shift, Target, TargetId, WeightedTarget, mirror, shift};
use crate::name::object_key;
use crate::rejection::Rejection;

/// Largest weight of one target, and largest sum: above them proxies wrap around.
const MAX_WEIGHT: u64 = 2_147_483_647;
const MAX_WEIGHT_SUM: u64 = 4_294_967_295;

/// Reads `trafficShift`; without destinations it does nothing.
pub(super) fn read_shift(
    cx: Context<'_>,
    shift: &api::TrafficShift,
    own: &mut Checks,
    targets: &mut Checks,
) -> Option<Shift> {
    let api::TrafficShift { destinations } = shift;
    if destinations.is_empty() {
        own.no_effect(shift::FIELD, ": it names no destinations");
        return None;
    }
    check_weights(destinations, own);
    let entries = destinations.iter().enumerate();
    let targets = entries.filter_map(|(position, entry)| {
        let field = format!("{}.destinations[{position}]", shift::FIELD);
        read_weighted(cx, entry, &field, own, targets)
    });
    Some(Shift { targets: targets.collect() })
}

fn check_weights(destinations: &[WeightedDestination], checks: &mut Checks) {
    if let [only] = destinations {
        if u64::from(only.weight) > MAX_WEIGHT {
            checks.no_effect(
                format!("{}.destinations[0].weight", shift::FIELD),
                ": there is no other destination",
            );
        }
        return;
    }
    let field = format!("{}.destinations", shift::FIELD);
    let weights = destinations.iter().map(|destination| u64::from(destination.weight));
    let sum: u64 = weights.clone().sum();
    if sum == 0 {
        checks.invalid(field, "all of weight 0", "a weight above 0 on at least one destination");
    } else if sum > MAX_WEIGHT_SUM || weights.max().unwrap_or_default() > MAX_WEIGHT {
        checks.invalid(
            field,
            format!("of weight {sum}"),
            "weights up to 2147483647 and a sum up to 4294967295",
        );
    } else if sum != 100 {
        checks.unwise(
            field,
            format!("the weights add up to {sum}; each counts relative to that, not in percent"),
        );
    }
}

fn read_weighted(
    cx: Context<'_>,
    entry: &WeightedDestination,
    field: &str,
    own: &mut Checks,
    targets: &mut Checks,
) -> Option<WeightedTarget> {
    let WeightedDestination {
        weight,
        kube_service,
        virtual_destination,
        static_destination,
        cluster_header,
        options,
    } = entry;
    let headers = options.as_ref().and_then(|options| options.header_manipulation.as_ref());
    let headers = headers
        .map(|headers| HeaderChanges::read(headers, &format!("{field}.options.headerManipulation"), own))
        .unwrap_or_default();
    if let Some(service) = kube_service {
        let KubeServiceDestination { name, namespace, cluster_name, subset, port } = service;
        let reference = ClusterObjectRef {
            name: name.clone(),
            namespace: namespace.clone(),
            cluster_name: cluster_name.clone(),
        };
        let field = format!("{field}.kubeService");
        own.labels(&format!("{field}.subset"), subset);
        let target = find(cx, &reference, *port, &field, targets)?;
        check_subset(cx, target, subset, &field, targets);
        // Only a lone destination gets here with a weight that no proxy takes; there it means nothing.
        let weight = if u64::from(*weight) > MAX_WEIGHT { 0 } else { *weight };
        return Some(WeightedTarget { weight, target, subset: subset.clone(), headers });
    }
    if let Some(reference) = virtual_destination {
        let field = format!("{field}.virtualDestination");
        let target = find_virtual(cx, reference, &field, own, targets)?;
        let weight = if u64::from(*weight) > MAX_WEIGHT { 0 } else { *weight };
        return Some(WeightedTarget { weight, target, subset: reference.subset.clone(), headers });
    }
    if static_destination.is_some() || cluster_header.is_some() {
        let name = if static_destination.is_some() { "staticDestination" } else { "clusterHeader" };
        let context = "as the target of a shift".to_owned();
        own.reject(Rejection::Unsupported { field: format!("{field}.{name}"), context });
    } else {
        own.invalid(field, "empty", "a kubeService or a virtualDestination");
    }
    None
}

/// A virtual destination as a target. Whether clients can reach it depends on where they are.
fn find_virtual(
    cx: Context<'_>,
    reference: &api::VirtualDestinationReference,
    field: &str,
    own: &mut Checks,
    targets: &mut Checks,
) -> Option<Target> {
    let api::VirtualDestinationReference { name, namespace, subset } = reference;
    own.labels(&format!("{field}.subset"), subset);
    let Some(found) = cx.virtual_destination_named(namespace, name) else {
        let reference = object_key(name, namespace, "");
        let kind = "virtual destination";
        targets.reject(Rejection::RefNotFound { field: field.to_owned(), kind, reference });
        return None;
    };
    let Some(failover) = cx.failover(found.id) else {
        targets.reject(Rejection::NotInForce { field: field.to_owned(), target: found.input.clone() });
        return None;
    };
    if !failover.protocol.carries_http() {
        let context = format!("with {}, which does not speak HTTP", found.input);
        targets.reject(Rejection::Unsupported { field: field.to_owned(), context });
    }
    let target = Target { id: TargetId::VirtualDestination(found.id), port: failover.port };
    check_subset(cx, target, subset, field, targets);
    Some(target)
}

/// A subset that selects nothing today may be deployed tomorrow, so it is only worth a warning.
fn check_subset(
    cx: Context<'_>,
    target: Target,
    subset: &crate::istr::Labels,
    field: &str,
    checks: &mut Checks,
) {
    if subset.is_empty() {
        return;
    }
    let destinations = match target.id {
        TargetId::Destination(destination) => vec![destination],
        TargetId::VirtualDestination(id) => {
            let backings = cx.failover(id).into_iter().flat_map(|failover| &failover.backings);
            backings.map(|backing| backing.destination).collect()
        }
    };
    let all: Vec<Endpoints<'_>> = destinations.into_iter().filter_map(|id| cx.endpoints(id)).collect();
    if all.iter().all(|endpoints| endpoints.is_empty()) {
        return;
    }
    for (key, value) in subset {
        if !all.iter().any(|endpoints| endpoints.carry(key, value)) {
            checks.unwise(format!("{field}.subset"), format!("no endpoint carries {key}: {value} now"));
        }
    }
}

/// Reads `mirror`; a percentage that is not given means every request.
pub(super) fn read_mirror(
    cx: Context<'_>,
    mirror: &api::Mirror,
    own: &mut Checks,
    targets: &mut Checks,
) -> Option<Mirror> {
    let api::Mirror { kube_service, percentage, port } = mirror;
    match percentage {
        Some(percentage) => own.percentage(&format!("{}.percentage", mirror::FIELD), *percentage),
        None => own.unwise(
            format!("{}.percentage", mirror::FIELD),
            "not given, so every request is copied; Gloo Mesh 1.1 copied none",
        ),
    }
    let Some(service) = kube_service else {
        own.invalid(mirror::FIELD, "without destination", "a kubeService");
        return None;
    };
    let field = format!("{}.kubeService", mirror::FIELD);
    if let Some(rejection) = bad_ref(cx, field.clone(), service) {
        targets.reject(rejection);
        return None;
    }
    let target = find_port(cx, service, *port, &format!("{}.port", mirror::FIELD), targets)?;
    Some(Mirror { target, percentage: percentage.unwrap_or(100.0) })
}

/// The destination of a service and the port to use there.
fn find(
    cx: Context<'_>,
    service: &ClusterObjectRef,
    port: u32,
    field: &str,
    checks: &mut Checks,
) -> Option<Target> {
    if let Some(rejection) = bad_ref(cx, field.to_owned(), service) {
        checks.reject(rejection);
        return None;
    }
    find_port(cx, service, port, &format!("{field}.port"), checks)
}

/// The port named, or the only one there is; it must be able to carry HTTP.
fn find_port(
    cx: Context<'_>,
    service: &ClusterObjectRef,
    port: u32,
    field: &str,
    checks: &mut Checks,
) -> Option<Target> {
    let destination = cx.destination_of(service)?;
    let name = object_key(&service.name, &service.namespace, &service.cluster_name);
    let found = match destination.ports.as_slice() {
        [only] if port == 0 => only,
        ports if port == 0 => {
            let (field, service, count) = (field.to_owned(), name, ports.len());
            checks.reject(Rejection::PortAmbiguous { field, service, count });
            return None;
        }
        _ => {
            let Some(found) = destination.port(port) else {
                checks.reject(Rejection::PortUnknown { field: field.to_owned(), service: name, port });
                return None;
            };
            found
        }
    };
    if !found.protocol.carries_http() {
        let context = format!("with port {} of {name}, which does not speak HTTP", found.number);
        checks.reject(Rejection::Unsupported { field: field.to_owned(), context });
        return None;
    }
    Some(Target { id: TargetId::Destination(destination.id), port: found.number })
}
