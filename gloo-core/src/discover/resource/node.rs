//! Nodes: where pods run, and under which addresses they are reached from outside.

use k8s_openapi::api::core::v1 as core;

use crate::Istr;

/// What an address of a node is, as the node says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AddressType {
    /// An IP address for clients outside.
    ExternalIp,
    /// A DNS name for clients outside.
    ExternalDns,
    /// An IP address within.
    InternalIp,
    /// A DNS name within.
    InternalDns,
    /// The name that the node calls itself.
    Hostname,
}

/// A node.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Node {
    /// Its region, if it tells one; it may be empty.
    pub region: Option<Istr>,
    /// Its zone, if it tells one.
    pub zone: Option<Istr>,
    /// Its place within the zone; empty if it tells none.
    pub sub_zone: Istr,
    /// Its addresses, in its order.
    pub addresses: Vec<(AddressType, Istr)>,
    /// Whether it is a container that plays a node (kind).
    pub is_kind: bool,
}

impl Node {
    /// Its addresses of a type.
    pub fn addresses_of(&self, kind: AddressType) -> impl Iterator<Item = &Istr> {
        self.addresses.iter().filter(move |(of, _)| *of == kind).map(|(_, address)| address)
    }

    /// Whether clients outside can reach it by an address that it tells.
    pub fn is_external(&self) -> bool {
        self.addresses
            .iter()
            .any(|(kind, _)| matches!(kind, AddressType::ExternalIp | AddressType::ExternalDns))
    }
}

impl From<core::Node> for Node {
    fn from(object: core::Node) -> Self {
        let labels = object.metadata.labels.unwrap_or_default();
        let label =
            |keys: [&str; 2]| keys.iter().find_map(|key| labels.get(*key)).map(|it| it.as_str().into());
        let status = object.status.unwrap_or_default();
        let addresses = status.addresses.unwrap_or_default().into_iter().filter_map(|it| {
            let kind = match it.type_.as_str() {
                "ExternalIP" => AddressType::ExternalIp,
                "ExternalDNS" => AddressType::ExternalDns,
                "InternalIP" => AddressType::InternalIp,
                "InternalDNS" => AddressType::InternalDns,
                "Hostname" => AddressType::Hostname,
                _ => return None,
            };
            (!it.address.is_empty()).then(|| (kind, it.address.into()))
        });
        let images = status.images.unwrap_or_default();
        let mut names = images.iter().flat_map(|image| image.names.iter().flatten());
        Self {
            region: label(["topology.kubernetes.io/region", "failure-domain.beta.kubernetes.io/region"]),
            zone: label(["topology.kubernetes.io/zone", "failure-domain.beta.kubernetes.io/zone"]),
            sub_zone: label(["topology.istio.io/subzone"; 2]).unwrap_or_default(),
            addresses: addresses.collect(),
            is_kind: names.any(|name| name.contains("kindnetd")),
        }
    }
}
