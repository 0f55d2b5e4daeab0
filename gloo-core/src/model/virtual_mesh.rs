//! What one text of a virtual mesh says: who belongs to it, and what its members share.

use std::sync::Arc;

use crate::Istr;
use crate::api::{DestinationSelector, Duration};
use crate::index::MeshId;

/// One version of a virtual mesh: every value checked, every mesh found by its name.
#[derive(Clone, Debug, PartialEq)]
pub struct VirtualMesh {
    /// The generation of this version.
    pub generation: i64,
    /// The meshes that it lists, each once, in its order; some may not exist.
    pub members: Vec<MeshId>,
    /// Which destinations the members see of each other.
    pub sharing: Part<Arc<Sharing>>,
    /// Whether everything is forbidden that no access policy allows.
    pub denies_by_default: bool,
}

/// One part of a version, which fails without the others.
#[derive(Clone, Debug, PartialEq)]
pub enum Part<T> {
    /// Nothing is said about it.
    Absent,
    /// It is wrong; an earlier version of it may stay in force.
    Refused,
    /// What it says.
    Said(T),
}

impl<T> Part<T> {
    /// What it says, if it says something right.
    pub fn said(&self) -> Option<&T> {
        if let Self::Said(said) = self { Some(said) } else { None }
    }
}

/// Which destinations other meshes see, and how.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Sharing {
    /// How they are seen.
    pub federation: Arc<Federation>,
    /// Which services take traffic from other clusters; empty means the default of each mesh.
    pub gateways: Vec<GatewaySelector>,
    /// Which destinations are seen by which meshes.
    pub exports: Vec<Export>,
}

/// How destinations are seen by other meshes.
#[derive(Clone, Debug, PartialEq)]
pub struct Federation {
    /// The last part of the host names that other meshes use.
    pub suffix: Istr,
    /// Whether pods of all clusters reach each other without gateways.
    pub flat_network: bool,
    /// Keepalive on connections between clusters.
    pub keepalive: Option<Keepalive>,
    /// Whether clients accept only the service accounts behind a service that are known.
    pub secure_naming: bool,
}

/// The suffix of host names where none is given. Clients resolve it without help of their proxies.
pub const DEFAULT_SUFFIX: &str = "global";

impl Default for Federation {
    fn default() -> Self {
        Self { suffix: DEFAULT_SUFFIX.into(), flat_network: false, keepalive: None, secure_naming: false }
    }
}

/// How dead connections are found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Keepalive {
    /// Probes without an answer after which a connection counts as dead; 0 is the system's default.
    pub probes: u32,
    /// Time a connection is idle before the first probe.
    pub time: Option<Duration>,
    /// Time between two probes.
    pub interval: Option<Duration>,
}

/// Services that take traffic from other clusters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GatewaySelector {
    /// Which destinations of a mesh they are; none means the mesh's default.
    pub destinations: Vec<DestinationSelector>,
    /// The port as it is written; empty means the default.
    pub port_name: Istr,
}

/// Destinations and who sees them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Export {
    /// Where it stands.
    pub field: Istr,
    /// The destinations; none means every destination of the members.
    pub destinations: Vec<DestinationSelector>,
    /// The meshes that see them; none means every member.
    pub clients: Vec<MeshId>,
}
