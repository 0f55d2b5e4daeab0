//! The resolved model: what must happen, in no mesh's language.
//!
//! Selection, order, conflicts, earlier versions, targets, ports and identities are decided before this
//! model exists; a backend only writes down what it says. Every setting knows the policies that asked for
//! it ([`Claimed`]).

mod access;
pub(crate) mod claimed;
mod policy;
mod protocol;
mod request;
mod source;

pub mod route;
pub mod traffic;

pub use access::{Access, AccessPolicy, AccessRule, Operation, Peer, Principal, Sources};
pub use claimed::Claimed;
pub use policy::TrafficPolicy;
pub use protocol::Protocol;
pub use request::{HeaderMatch, PathMatch, QueryMatch, Request, ValueMatch};
pub use route::{Route, RouteSettings, Routes};
pub use source::{Source, SourceSelector};
pub use traffic::{Subset, Traffic};

use crate::Istr;
use crate::index::Destination;

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

/// A destination as seen by the clients of one cluster.
#[derive(Debug)]
pub struct View<'a> {
    /// The cluster of the clients.
    pub cluster: Istr,
    /// The host name by which they call it.
    pub host: Istr,
    /// What happens to their requests.
    pub routes: Routes<'a>,
    /// How their proxies connect.
    pub traffic: Traffic<'a>,
}

impl View<'_> {
    /// Whether the clients are in the destination's own cluster.
    pub fn is_home(&self, destination: &Destination) -> bool {
        self.cluster == destination.service.cluster_name
    }
}
