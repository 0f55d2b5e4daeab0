//! A service that takes traffic from other clusters.

use crate::Istr;
use crate::api::ClusterObjectRef;
use crate::id::InputRef;
use crate::index::DestinationId;
use crate::istr::Labels;

/// A service that takes traffic from other clusters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gateway {
    /// Its id.
    pub id: DestinationId,
    /// The destination.
    pub input: InputRef,
    /// The service.
    pub service: ClusterObjectRef,
    /// Labels of its pods.
    pub pods: Labels,
    /// Where other clusters reach it: IP addresses and DNS names. Empty while it waits for one.
    pub addresses: Vec<Istr>,
    /// The port that other clusters dial.
    pub external_port: u32,
    /// The port of the service behind it.
    pub port: u32,
    /// The port as the mesh's own resource for the gateway must name it.
    pub server_port: u32,
}
