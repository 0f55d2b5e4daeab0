//! One host name in front of several destinations, with an order in which they are tried.

use core::net::Ipv4Addr;

use crate::Istr;
use crate::api::Duration;
use crate::id::InputRef;
use crate::index::{DestinationId, Mesh, MeshId, VirtualDestinationId};
use crate::model::exposure::Endpoint;
use crate::model::{Gateway, Keepalive, Subset};

/// A virtual destination: everything checked and found.
#[derive(Clone, Debug, PartialEq)]
pub struct Failover {
    /// Its id.
    pub id: VirtualDestinationId,
    /// The virtual destination.
    pub input: InputRef,
    /// The host name that clients call.
    pub hostname: Istr,
    /// The host name under which every cluster knows its own share of the instances.
    pub share: Istr,
    /// The port that clients call.
    pub port: u32,
    /// What it speaks.
    pub protocol: FailoverProtocol,
    /// The virtual mesh; none where a single mesh is concerned.
    pub virtual_mesh: Option<InputRef>,
    /// The last part of the host names of that virtual mesh.
    pub suffix: Istr,
    /// Keepalive on connections between clusters.
    pub keepalive: Option<Keepalive>,
    /// In what order destinations are tried.
    pub order: FailoverOrder,
    /// When an instance counts as failed, if it says so itself.
    pub outlier: Option<FailoverOutlier>,
    /// The destinations: as listed, or in the order of keys.
    pub backings: Vec<Backing>,
    /// The meshes whose clients see it, in the order of keys.
    pub clients: Vec<FailoverClient>,
}

/// What the port of a virtual destination speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FailoverProtocol {
    /// HTTP/1.1
    Http,
    /// HTTP over TLS
    Https,
    /// gRPC
    Grpc,
    /// HTTP/2
    Http2,
    /// MongoDB
    Mongo,
    /// Any bytes
    Tcp,
    /// Any bytes over TLS
    Tls,
}

impl FailoverProtocol {
    const ALL: [(Self, &str); 7] = [
        (Self::Http, "HTTP"),
        (Self::Https, "HTTPS"),
        (Self::Grpc, "GRPC"),
        (Self::Http2, "HTTP2"),
        (Self::Mongo, "Mongo"),
        (Self::Tcp, "TCP"),
        (Self::Tls, "TLS"),
    ];

    /// Reads a protocol in any case; empty is HTTP.
    pub(crate) fn read(text: &str) -> Option<Self> {
        let text = if text.is_empty() { "HTTP" } else { text };
        Self::ALL.iter().find(|(_, word)| word.eq_ignore_ascii_case(text)).map(|(protocol, _)| *protocol)
    }

    /// The name that proxies know.
    pub fn word(self) -> &'static str {
        Self::ALL.iter().find(|(protocol, _)| *protocol == self).map_or("TCP", |(_, word)| word)
    }

    /// Whether failures of single requests are seen.
    pub fn carries_http(self) -> bool {
        matches!(self, Self::Http | Self::Grpc | Self::Http2)
    }
}

/// In what order destinations are tried.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FailoverOrder {
    /// As listed, the same for every client.
    Static,
    /// By distance, with exceptions by the region of the client: from where, and where to in which order.
    Localized(Vec<(Istr, Vec<Istr>)>),
}

/// When an instance counts as failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FailoverOutlier {
    /// Answers with 502, 503 or 504 in a row; `None` leaves it to the other count.
    pub gateway_errors: Option<u32>,
    /// Answers with a 5xx status in a row.
    pub consecutive_errors: u32,
    /// How often instances are judged.
    pub interval: Duration,
    /// How long an instance is left out, times how often that happened.
    pub base_ejection_time: Duration,
    /// Share of instances that may be left out, from 1 to 100.
    pub max_ejection_percent: u32,
}

impl Default for FailoverOutlier {
    fn default() -> Self {
        Self {
            gateway_errors: Some(10),
            consecutive_errors: 10,
            interval: Duration::from_secs(5),
            base_ejection_time: Duration::from_secs(120),
            max_ejection_percent: 100,
        }
    }
}

/// A destination behind a virtual one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Backing {
    /// The destination.
    pub destination: DestinationId,
    /// Its name.
    pub input: InputRef,
    /// Its mesh.
    pub mesh: MeshId,
    /// Its cluster.
    pub cluster: Istr,
    /// Its region; empty if it is not known.
    pub region: Istr,
    /// The name of its port where every port must have one.
    pub port_label: Istr,
    /// How clients of other clusters reach it.
    pub reach: Reach,
}

/// How clients of other clusters reach a destination. Its own mesh decides, by what is in force there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// Its pods, without gateways.
    Pods,
    /// The gateways of its mesh.
    Gateways,
    /// Not at all.
    Nothing,
}

/// A mesh whose clients see a virtual destination.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FailoverClient {
    /// The mesh.
    pub mesh: MeshId,
    /// Its cluster.
    pub cluster: Istr,
    /// Its region; empty if it is not known.
    pub region: Istr,
}

/// A virtual destination as one cluster needs it.
#[derive(Debug)]
pub struct FailoverView<'a> {
    /// The virtual destination.
    pub failover: &'a Failover,
    /// The mesh in whose cluster it is.
    pub mesh: &'a Mesh,
    /// What clients in the cluster need, if there are any.
    pub client: Option<ClientSide<'a>>,
    /// What gateways of the cluster need to find its share, if it has one that others reach.
    pub server: Option<ServerSide<'a>>,
}

/// What clients need.
#[derive(Debug)]
pub struct ClientSide<'a> {
    /// The name under which objects are written.
    pub name: Istr,
    /// The address that stands for the host name.
    pub address: Ipv4Addr,
    /// Where connections go, each with its rank: all of one rank are tried before the next.
    pub endpoints: Vec<(u32, Endpoint)>,
    /// The highest rank; none if distance alone decides.
    pub last_rank: Option<u32>,
    /// Where clients of this region go first when it fails, where a single step must do.
    pub next_region: Option<(Istr, Istr)>,
    /// When an instance counts as failed; none where that would cut clients off.
    pub outlier: Option<FailoverOutlier>,
    /// The policies that say so, where the virtual destination does not say it itself.
    pub outlier_policies: Vec<InputRef>,
    /// Subsets that routes use, by name.
    pub subsets: Vec<Subset<'a>>,
}

/// What gateways need.
#[derive(Debug)]
pub struct ServerSide<'a> {
    /// The name under which objects are written.
    pub name: Istr,
    /// The address that stands for the name of the share.
    pub address: Ipv4Addr,
    /// The pods.
    pub endpoints: Vec<Endpoint>,
    /// The gateways.
    pub gateways: &'a [Gateway],
    /// Subsets that routes in any cluster use, by name.
    pub subsets: Vec<Subset<'a>>,
}
