//! A destination as the clients of another mesh reach it.

use core::net::Ipv4Addr;
use std::sync::Arc;

use crate::Istr;
use crate::id::InputRef;
use crate::index::Port;
use crate::istr::Labels;
use crate::model::{Gateway, Keepalive};

/// How the clients of another mesh reach a destination.
#[derive(Clone, Debug, PartialEq)]
pub struct Exposure<'a> {
    /// The virtual mesh that says so.
    pub virtual_mesh: &'a InputRef,
    /// The address that stands for the host name.
    pub address: Ipv4Addr,
    /// The ports, as at home, without two of one number.
    pub ports: Vec<&'a Port>,
    /// Where connections go.
    pub endpoints: Vec<Endpoint>,
    /// Whether connections go to pods instead of gateways.
    pub flat_network: bool,
    /// Keepalive on the connections.
    pub keepalive: Option<Keepalive>,
    /// Identities that the servers may have; empty means any.
    pub identities: Vec<Istr>,
}

impl Exposure<'_> {
    /// At how many addresses the destination is reached.
    pub fn addresses(&self) -> usize {
        let mut addresses: Vec<&Istr> = self.endpoints.iter().map(|endpoint| &endpoint.address).collect();
        addresses.sort_unstable();
        addresses.dedup();
        addresses.len()
    }
}

/// What the gateways of its own mesh need to find a destination by the name that others use.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry<'a> {
    /// The virtual mesh that says so.
    pub virtual_mesh: &'a InputRef,
    /// The host name that clients in other clusters use.
    pub host: Istr,
    /// The address that stands for it there.
    pub address: Ipv4Addr,
    /// The ports, as for clients.
    pub ports: Vec<&'a Port>,
    /// The pods.
    pub endpoints: Vec<Endpoint>,
    /// The gateways.
    pub gateways: &'a [Gateway],
}

/// A place where connections go, and how many of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    /// IP address or DNS name.
    pub address: Istr,
    /// Port numbers there, by the name of the service's port.
    pub ports: Arc<[(Istr, u32)]>,
    /// Labels by which subsets are told apart, or all labels of a pod.
    pub labels: Labels,
    /// Where it is.
    pub locality: Locality,
    /// Its share of the connections, relative to the others; 0 means an equal share.
    pub weight: u32,
    /// What stands at the address.
    pub sort: EndpointSort,
}

/// What stands at an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EndpointSort {
    /// A gateway of another cluster.
    Gateway,
    /// A pod with a proxy of its own.
    Pod,
}

/// Where something runs; what is not known is empty.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Locality {
    /// The region.
    pub region: Istr,
    /// The zone within it.
    pub zone: Istr,
    /// The part of the zone.
    pub sub_zone: Istr,
}

/// The share of connections for `instances` pods behind one name: exact up to 8, then with three significant
/// binary digits, so that not every pod that comes or goes changes it.
pub(crate) fn weight(instances: usize) -> u32 {
    let instances = u32::try_from(instances).unwrap_or(u32::MAX / 2);
    if instances <= 8 {
        return instances;
    }
    let step = 1_u32 << (instances.ilog2() - 2);
    (instances + step / 2) / step * step
}

#[cfg(test)]
mod tests {
    use super::weight;

    #[test]
    fn weights_keep_three_binary_digits() {
        for (instances, expected) in
            [(0, 0), (1, 1), (8, 8), (9, 10), (10, 10), (11, 12), (17, 16), (18, 20), (100, 96)]
        {
            assert_eq!(weight(instances), expected, "{instances}");
        }
    }
}
