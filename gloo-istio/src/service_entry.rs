//! Endpoints and ports of the model as those of a ServiceEntry.

use core::net::IpAddr;

use gloo_core::Istr;
use gloo_core::index::Port;
use gloo_core::istr::Labels;
use gloo_core::model::exposure::{Endpoint, EndpointSort, Locality};

use crate::wire::{Resolution, ServicePort, WorkloadEntry};

/// Label of pods, and of endpoints, that take Istio's TLS.
///
/// Only pods carry it. A gateway that found it on an imported host would pass connections on to other clusters.
const TLS_MODE: &str = "security.istio.io/tlsMode";

/// Every client sees what is exported there.
pub(crate) fn everywhere() -> Vec<Istr> {
    vec!["*".into()]
}

/// The ports of a service.
pub(crate) fn ports(ports: &[&Port]) -> Vec<ServicePort> {
    let write =
        |port: &&Port| ServicePort { number: port.number, name: port.label.clone(), protocol: port.declared };
    ports.iter().map(write).collect()
}

/// One endpoint, with more labels.
pub(crate) fn endpoint(endpoint: &Endpoint, more: &[(Istr, Istr)]) -> WorkloadEntry {
    let Endpoint { address, ports, labels, locality, weight, sort } = endpoint;
    let labels = match (*sort, more) {
        (EndpointSort::Gateway, []) => labels.clone(),
        (sort, more) => with(labels, sort, more),
    };
    WorkloadEntry {
        address: address.clone(),
        ports: std::sync::Arc::clone(ports),
        labels,
        locality: place(locality),
        weight: *weight,
    }
}

fn with(labels: &Labels, sort: EndpointSort, more: &[(Istr, Istr)]) -> Labels {
    let tls_mode: Istr = TLS_MODE.into();
    let own = labels.get(TLS_MODE).cloned();
    let tls = (sort == EndpointSort::Pod).then(|| (tls_mode.clone(), own.unwrap_or_else(|| "istio".into())));
    let rest = labels.iter().filter(|(key, _)| ***key != *TLS_MODE);
    rest.map(|(key, value)| (key.clone(), value.clone())).chain(tls).chain(more.iter().cloned()).collect()
}

/// Region, zone and part of the zone, as far as they are known.
fn place(locality: &Locality) -> Istr {
    let Locality { region, zone, sub_zone } = locality;
    match (region.is_empty(), zone.is_empty(), sub_zone.is_empty()) {
        (true, _, _) => Istr::default(),
        (_, true, _) => region.clone(),
        (_, _, true) => [&**region, "/", zone].concat().into(),
        _ => [&**region, "/", zone, "/", sub_zone].concat().into(),
    }
}

/// How the addresses of endpoints must be read.
pub(crate) fn resolution<'e>(mut endpoints: impl Iterator<Item = &'e Endpoint>) -> Resolution {
    if endpoints.any(|endpoint| endpoint.address.parse::<IpAddr>().is_err()) {
        Resolution::Dns
    } else {
        Resolution::Static
    }
}

/// Where gateways see what is written for them: beside it, and in their own namespaces.
pub(crate) fn to_gateways(gateways: &[gloo_core::model::Gateway], own: &Istr) -> Vec<Istr> {
    let mut namespaces: Vec<Istr> = gateways
        .iter()
        .map(|gateway| gateway.service.namespace.clone())
        .filter(|namespace| namespace != own)
        .collect();
    namespaces.sort_unstable();
    namespaces.dedup();
    namespaces.insert(0, ".".into());
    namespaces
}

#[cfg(test)]
mod tests {
    use gloo_core::model::exposure::{Endpoint, EndpointSort, Locality};

    use super::{endpoint, resolution};
    use crate::wire::Resolution;

    fn at(address: &str, sort: EndpointSort) -> Endpoint {
        Endpoint {
            address: address.into(),
            ports: [].into(),
            labels: [("app".into(), "web".into())].into(),
            locality: Locality { region: "r".into(), zone: "z".into(), sub_zone: "".into() },
            weight: 0,
            sort,
        }
    }

    #[test]
    fn one_name_among_the_addresses_asks_for_dns() {
        for (addresses, expected) in [
            (&[][..], Resolution::Static),
            (&["192.0.2.1"], Resolution::Static),
            (&["192.0.2.1", "2001:db8::1"], Resolution::Static),
            (&["::ffff:192.0.2.1"], Resolution::Static),
            (&["192.0.2.1", "gateway.example"], Resolution::Dns),
            (&["2001:db8::1", "gateway.example"], Resolution::Dns),
        ] {
            let endpoints: Vec<_> =
                addresses.iter().map(|address| at(address, EndpointSort::Gateway)).collect();
            assert_eq!(resolution(endpoints.iter()), expected, "{addresses:?}");
        }
    }

    #[test]
    fn only_pods_take_tls_by_themselves() {
        let labels = |sort| endpoint(&at("192.0.2.1", sort), &[]).labels;
        assert!(labels(EndpointSort::Gateway).get(super::TLS_MODE).is_none());
        assert!(labels(EndpointSort::Pod).get(super::TLS_MODE).is_some_and(|mode| &**mode == "istio"));
        assert_eq!(&*endpoint(&at("192.0.2.1", EndpointSort::Pod), &[]).locality, "r/z");
    }
}
