//! ServiceEntry: a host name and where it leads.

use core::net::Ipv4Addr;
use std::sync::Arc;

use gloo_core::Istr;
use gloo_core::id::OutputKind;
use gloo_core::istr::Labels;
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

/// Where ServiceEntries are written.
pub static SERVICE_ENTRY: OutputKind = OutputKind {
    group: "networking.istio.io",
    version: "v1",
    kind: "ServiceEntry",
    plural: "serviceentries",
    rank: 4,
};

/// A host name of the mesh and where it leads.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ServiceEntry {
    /// The host.
    pub hosts: [Istr; 1],
    /// The address that stands for it.
    pub addresses: [Ipv4Addr; 1],
    /// Namespaces whose clients see it; `*` and `.` stand for all and for its own.
    pub export_to: Vec<Istr>,
    /// Always inside of the mesh.
    pub location: Location,
    /// How addresses of endpoints are read.
    pub resolution: Resolution,
    /// The ports.
    pub ports: Vec<ServicePort>,
    /// Where it leads; without any, clients get 503.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub endpoints: Vec<WorkloadEntry>,
    /// Identities that servers may have; empty means any.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub subject_alt_names: Vec<Istr>,
}

/// Where servers are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Location {
    /// Inside of the mesh.
    MeshInternal,
}

/// How addresses of endpoints are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Resolution {
    /// They are IP addresses.
    Static,
    /// Some are names.
    Dns,
}

/// A port of a host.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ServicePort {
    /// Its number.
    pub number: u32,
    /// Its name.
    pub name: Istr,
    /// What it speaks; without it, proxies look at the first bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub protocol: Option<&'static str>,
}

/// A place where a host leads.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct WorkloadEntry {
    /// IP address or DNS name.
    pub address: Istr,
    /// Port numbers there, by name.
    #[serde(serialize_with = "map", skip_serializing_if = "is_empty")]
    pub ports: Arc<[(Istr, u32)]>,
    /// Labels that subsets look at.
    #[serde(skip_serializing_if = "Labels::is_empty")]
    pub labels: Labels,
    /// Region, zone and part of the zone.
    #[serde(skip_serializing_if = "str::is_empty")]
    pub locality: Istr,
    /// Share of the connections; 0 stands for the default.
    #[serde(skip_serializing_if = "is_zero")]
    pub weight: u32,
}

fn is_empty(ports: &Arc<[(Istr, u32)]>) -> bool {
    ports.is_empty()
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes references")]
fn is_zero(weight: &u32) -> bool {
    *weight == 0
}

fn map<S: Serializer>(ports: &Arc<[(Istr, u32)]>, serializer: S) -> Result<S::Ok, S::Error> {
    let mut map = serializer.serialize_map(Some(ports.len()))?;
    for (name, number) in ports.iter() {
        map.serialize_entry(name, number)?;
    }
    map.end()
}
