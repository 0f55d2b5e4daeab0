//! Where connections to a destination go: to its pods, or to gateways before them.

use core::net::IpAddr;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::Istr;
use crate::api;
use crate::check::is_port;
use crate::context::Context;
use crate::index::{Destination, Endpoints, Port};
use crate::istr::Labels;
use crate::model::Gateway;
use crate::model::exposure::{Endpoint, EndpointSort, Locality, weight};
use crate::rejection::Warning;
use crate::resolve::exposure::ports;

/// Most endpoints that one host can have.
const MOST: usize = 4096;

/// Instances with the same labels, as far as subsets tell them apart.
#[derive(Debug, Default)]
pub(crate) struct Class {
    pub count: usize,
    /// The zones in which they run.
    pub zones: BTreeSet<Istr>,
}

/// Sorts the instances that gateways reach by the labels that subsets look at.
pub(crate) fn classes(
    cx: Context<'_>,
    destination: &Destination,
    keys: &BTreeSet<&Istr>,
) -> BTreeMap<Labels, Class> {
    let mut classes: BTreeMap<Labels, Class> = BTreeMap::new();
    let seen = ports::seen(destination, false);
    let all = cx.endpoints(destination.id).into_iter().flat_map(Endpoints::iter);
    let reached = all.filter(|(endpoint, there)| {
        is_address(&endpoint.ip_address) && numbers(&seen, there).next().is_some()
    });
    for (endpoint, _) in reached {
        let projected = if keys.is_empty() {
            Labels::new()
        } else {
            let kept = endpoint.labels.iter().filter(|(key, _)| keys.contains(*key));
            kept.map(|(key, value)| (key.clone(), value.clone())).collect()
        };
        let class = classes.entry(projected).or_default();
        class.count += 1;
        let zone = endpoint.sub_locality.as_ref().map(|place| place.zone.clone());
        class.zones.insert(zone.unwrap_or_default());
    }
    classes
}

/// At how many addresses of gateways so many classes of instances can be reached.
fn most_addresses(classes: usize) -> usize {
    (MOST / classes.max(1)).max(1)
}

/// What is left out because a host cannot have so many endpoints.
///
/// Addresses go first: every subset is still reached at those that stay.
pub(super) fn left_out(gateways: &[Gateway], classes: usize) -> Option<String> {
    let addresses: usize = gateways.iter().map(|gateway| gateway.addresses.len()).sum();
    let most = most_addresses(classes);
    if classes > MOST {
        Some(format!(
            "only the first {MOST} of the {classes} sets of labels that subsets tell apart are reached from other clusters"
        ))
    } else if addresses > most {
        Some(format!(
            "{classes} sets of labels that subsets tell apart at {addresses} addresses of gateways are more than {MOST} endpoints; \
             only {most} of the addresses are used"
        ))
    } else {
        None
    }
}

/// The addresses of gateways that clients use: of too many, the first ones of each gateway.
fn places(gateways: &[Gateway], most: usize) -> Vec<(&Gateway, &Istr)> {
    let places = gateways.iter().flat_map(|gateway| {
        gateway.addresses.iter().enumerate().map(move |(position, address)| (position, gateway, address))
    });
    let mut places: Vec<_> = places.collect();
    if places.len() > most {
        places.sort_by_key(|(position, ..)| *position);
        places.truncate(most);
    }
    places.into_iter().map(|(_, gateway, address)| (gateway, address)).collect()
}

/// One endpoint for each address of a gateway and each class of instances behind it, as many as one host can have.
///
/// A proxy keeps one endpoint of those that share an address, so each carries the weight of all instances behind
/// the address.
pub(crate) fn through_gateways(
    gateways: &[Gateway],
    classes: &BTreeMap<Labels, Class>,
    ports: &[&Istr],
    region: &Istr,
) -> Vec<Endpoint> {
    let places = places(gateways, most_addresses(classes.len()));
    let total = weight(classes.values().map(|class| class.count).sum());
    let share = total.div_ceil(u32::try_from(places.len().max(1)).unwrap_or(u32::MAX)).max(1);
    let mut endpoints = Vec::with_capacity(places.len() * classes.len().min(MOST));
    let mut numbers: BTreeMap<u32, Arc<[(Istr, u32)]>> = BTreeMap::new();
    for (gateway, address) in places {
        let number = gateway.external_port;
        let ports = numbers
            .entry(number)
            .or_insert_with(|| ports.iter().map(|port| ((*port).clone(), number)).collect());
        for (labels, class) in classes.iter().take(MOST) {
            let mut zones = class.zones.iter();
            let zone = zones.next().filter(|_| zones.next().is_none() && !region.is_empty());
            endpoints.push(Endpoint {
                address: address.clone(),
                ports: Arc::clone(ports),
                labels: labels.clone(),
                locality: Locality {
                    region: region.clone(),
                    zone: zone.cloned().unwrap_or_default(),
                    sub_zone: Istr::default(),
                },
                weight: share,
                sort: EndpointSort::Gateway,
            });
        }
    }
    endpoints.sort_by(|a, b| (&a.address, &a.labels).cmp(&(&b.address, &b.labels)));
    endpoints
}

/// The pods of a destination with all its ports, as clients that reach them see them.
pub(crate) fn pods(
    cx: Context<'_>,
    destination: &Destination,
    region: &Istr,
    warnings: &mut Vec<Warning>,
) -> Vec<Endpoint> {
    gather(cx, destination, &ports::seen(destination, true), region, warnings)
}

/// The pods of a destination that have some of the ports.
pub(super) fn pods_at(
    cx: Context<'_>,
    destination: &Destination,
    ports: &[&Port],
    region: &Istr,
    warnings: &mut Vec<Warning>,
) -> Vec<Endpoint> {
    let pods = gather(cx, destination, ports, region, warnings);
    let partial = pods.iter().filter(|pod| pod.ports.len() < ports.len()).count();
    if partial > 0 {
        let note = format!(
            "{partial} of its instances do not have all of its ports; connections to the others that come to them fail"
        );
        warnings.push(Warning::Unwise { field: destination.input.to_string(), note });
    }
    pods
}

fn gather(
    cx: Context<'_>,
    destination: &Destination,
    ports: &[&Port],
    region: &Istr,
    warnings: &mut Vec<Warning>,
) -> Vec<Endpoint> {
    let mut pods = Vec::new();
    let mut unknown: Vec<&Istr> = Vec::new();
    let mut remark =
        |note: String| warnings.push(Warning::Unwise { field: destination.input.to_string(), note });
    for (endpoint, there) in cx.endpoints(destination.id).into_iter().flat_map(Endpoints::iter) {
        if !is_address(&endpoint.ip_address) {
            unknown.push(&endpoint.ip_address);
            continue;
        }
        let numbers: Arc<[(Istr, u32)]> = numbers(ports, there).collect();
        if numbers.is_empty() {
            continue;
        }
        if pods.len() == MOST {
            remark(format!("only the first {MOST} of its instances are reached from other clusters"));
            break;
        }
        let place = endpoint.sub_locality.as_ref().filter(|_| !region.is_empty());
        pods.push(Endpoint {
            address: endpoint.ip_address.clone(),
            ports: numbers,
            labels: endpoint.labels.clone(),
            locality: Locality {
                region: region.clone(),
                zone: place.map(|place| place.zone.clone()).unwrap_or_default(),
                sub_zone: place.map(|place| place.sub_zone.clone()).unwrap_or_default(),
            },
            weight: 0,
            sort: EndpointSort::Pod,
        });
    }
    if let Some(first) = unknown.first() {
        let count = unknown.len();
        remark(format!("{count} of its instances are left out: {first:?} and the like are no IP addresses"));
    }
    pods
}

fn is_address(address: &Istr) -> bool {
    address.parse::<IpAddr>().is_ok()
}

/// The numbers of ports at an instance, by the name of the service's port.
///
/// A target that is given by name stands for what each pod calls so: one whose group does not have it does not
/// listen there.
fn numbers<'p>(ports: &'p [&Port], there: &'p [api::EndpointPort]) -> impl Iterator<Item = (Istr, u32)> + 'p {
    ports.iter().filter_map(move |port| {
        let is_it = |there: &&api::EndpointPort| {
            there.name == port.name || (there.name.is_empty() && there.protocol == port.label)
        };
        let listed = there.iter().find(is_it).map(|there| there.port);
        let number = listed.or_else(|| port.target.filter(|_| !port.has_named_target))?;
        is_port(number).then(|| (port.label.clone(), number))
    })
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use super::{Class, left_out, through_gateways};
    use crate::id::{InputKind, InputRef};
    use crate::index::DestinationId;
    use crate::istr::Labels;
    use crate::model::Gateway;

    fn gateway(name: &str, addresses: usize) -> Gateway {
        Gateway {
            id: DestinationId::default(),
            input: InputRef::new(InputKind::Destination, "gloo-mesh", name),
            service: crate::api::ClusterObjectRef::default(),
            pods: Labels::new(),
            addresses: (0..addresses).map(|number| format!("{name}-{number}").into()).collect(),
            external_port: 15443,
            port: 15443,
            server_port: 15443,
        }
    }

    fn classes(count: usize) -> BTreeMap<Labels, Class> {
        let zones = BTreeSet::new;
        let class = |number: usize| {
            let labels = Labels::from([("pod".into(), format!("p{number}").into())]);
            (labels, Class { count: 1, zones: zones() })
        };
        (0..count).map(class).collect()
    }

    #[test]
    fn of_too_many_endpoints_every_class_stays_at_some_addresses_of_each_gateway() {
        let gateways = [gateway("a", 28), gateway("b", 2)];
        let through = |count: usize| through_gateways(&gateways, &classes(count), &[], &"".into());
        assert_eq!((through(100).len(), left_out(&gateways, 100)), (3000, None));
        let limited = through(200);
        assert_eq!(limited.len(), 20 * 200);
        assert!(limited.iter().any(|it| &*it.address == "b-1") && left_out(&gateways, 200).is_some());
        // The weight of all is shared by the addresses that are left.
        assert!(limited.iter().all(|it| it.weight == 10));
        assert_eq!(through(5000).len(), 4096);
        assert!(left_out(&gateways, 5000).is_some());
    }
}
