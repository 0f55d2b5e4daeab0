//! Which ports of a destination clients in other clusters see.

use crate::check::is_port;
use crate::index::{Destination, Port};

/// Most ports that one endpoint can have.
const MOST: usize = 128;

/// The ports that clients in other clusters see. A name has one port of a number only, whatever the transport, and
/// proxies have no use for UDP; gateways take in TLS, which UDP does not carry.
pub(super) fn seen(destination: &Destination, flat_network: bool) -> Vec<&Port> {
    let mut ports: Vec<&Port> = Vec::with_capacity(destination.ports.len());
    let valid = destination.ports.iter().filter(|port| is_port(port.number));
    for port in valid.filter(|port| flat_network || !port.is_udp()) {
        match ports.iter_mut().find(|other| other.number == port.number) {
            Some(other) if other.is_udp() && !port.is_udp() => *other = port,
            Some(_) => (),
            None => ports.push(port),
        }
    }
    ports
}

/// Why the ports of a destination cannot be seen from other clusters, if that is so.
pub(super) fn refusal(destination: &Destination, flat_network: bool) -> Option<&'static str> {
    let ports = seen(destination, flat_network);
    if destination.ports.is_empty() {
        Some("has no ports")
    } else if !destination.ports.iter().any(|port| is_port(port.number)) {
        Some("has no port from 1 to 65535")
    } else if ports.is_empty() {
        Some("has UDP ports only, which cannot pass a gateway: it takes in TLS")
    } else if ports.len() > MOST {
        Some("has more than 128 ports")
    } else {
        let mut labels: Vec<_> = ports.iter().map(|port| &port.label).collect();
        labels.sort_unstable();
        let same = labels.windows(2).any(|pair| matches!(pair, [one, other] if one == other));
        same.then_some("has two ports of one name")
    }
}

/// What there is to say about ports of a destination that are not among those `seen`.
pub(super) fn remarks(destination: &Destination, seen: &[&Port], flat_network: bool) -> Vec<String> {
    let mut remarks = Vec::new();
    if seen.len() == destination.ports.len() {
        return remarks;
    }
    let (valid, invalid): (Vec<&Port>, Vec<&Port>) =
        destination.ports.iter().partition(|port| is_port(port.number));
    if !invalid.is_empty() {
        let numbers = list(&invalid);
        remarks.push(format!("its ports {numbers} are left out: numbers of ports go from 1 to 65535"));
    }
    let (udp, rest): (Vec<&Port>, Vec<&Port>) =
        valid.into_iter().partition(|port| !flat_network && port.is_udp());
    if !udp.is_empty() {
        let numbers = list(&udp);
        remarks.push(format!(
            "its UDP ports {numbers} are left out: a gateway takes in TLS, which UDP does not carry"
        ));
    }
    if seen.len() < rest.len() {
        let note = "several of its ports have one number; clients in other clusters see the first of them that is not UDP";
        remarks.push(note.to_owned());
    }
    remarks
}

fn list(ports: &[&Port]) -> String {
    let numbers: Vec<String> = ports.iter().map(|port| port.number.to_string()).collect();
    numbers.join(", ")
}
