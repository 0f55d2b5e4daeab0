//! The resolved model: what must happen, in no mesh's language.
//!
//! Selection, order, conflicts, earlier versions, targets, ports and identities are decided before this
//! model exists; a backend only writes down what it says. Every setting knows the policies that asked for
//! it ([`Claimed`]).

mod access;
pub(crate) mod claimed;
mod gateway;
mod policy;
mod protocol;
mod request;
mod source;

pub mod exposure;
pub mod failover;
pub(crate) mod membership;
pub mod route;
pub mod traffic;
pub mod virtual_mesh;

pub use access::{Access, AccessPolicy, AccessRule, Operation, Peer, Principal, Sources};
pub use claimed::Claimed;
pub use exposure::{Entry, Exposure};
pub use failover::{Failover, FailoverView};
pub use gateway::Gateway;
pub use membership::{Membership, Neighbor};
pub use policy::TrafficPolicy;
pub use protocol::Protocol;
pub use request::{HeaderMatch, PathMatch, QueryMatch, Request, ValueMatch};
pub use route::{Route, RouteSettings, Routes};
pub use source::{Source, SourceSelector};
pub use traffic::{Subset, Traffic};
pub use virtual_mesh::{Export, Federation, GatewaySelector, Keepalive, Part, Sharing, VirtualMesh};

use crate::Istr;
use crate::id::InputRef;
use crate::index::{Destination, Mesh, MeshId};

/// A destination with everything that was decided about it.
#[derive(Debug)]
pub struct Resolved<'a> {
    /// The destination.
    pub destination: &'a Destination,
    /// How it looks from each cluster whose clients can reach it, its own cluster first.
    pub views: Vec<View<'a>>,
    /// Who may call it.
    pub access: Access<'a>,
}

/// Whose clients are looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standpoint {
    /// The cluster of the clients.
    pub cluster: Istr,
    /// The mesh of the clients; none in the destination's own cluster.
    pub client: Option<MeshId>,
    /// The host name by which they call the destination.
    pub host: Istr,
}

/// A destination as seen by the clients of one cluster.
#[derive(Debug)]
pub struct View<'a> {
    /// Whose clients see it.
    pub standpoint: Standpoint,
    /// What happens to their requests.
    pub routes: Routes<'a>,
    /// How their proxies connect.
    pub traffic: Traffic<'a>,
}

/// A mesh with what was decided about it as a whole.
#[derive(Debug)]
pub struct MeshView<'a> {
    /// The mesh.
    pub mesh: &'a Mesh,
    /// The virtual mesh that says so.
    pub virtual_mesh: &'a InputRef,
    /// The services that take traffic from other clusters.
    pub gateways: &'a [Gateway],
    /// The ends of the host names that they take in, sorted.
    pub hosts: Vec<Istr>,
    /// Whether its clients may see hosts of other clusters.
    pub sees_others: bool,
    /// Whether everything is forbidden that no access policy allows.
    pub denies_by_default: bool,
    /// Destinations that take traffic from outside of the mesh.
    pub ingress: Vec<&'a Destination>,
}
