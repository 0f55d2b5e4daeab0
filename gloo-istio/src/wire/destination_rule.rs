//! DestinationRule: how clients connect to one host.

use gloo_core::Istr;
use gloo_core::api::Duration;
use gloo_core::id::OutputKind;
use gloo_core::istr::Labels;
use serde::Serialize;

/// Where DestinationRules are written.
pub static DESTINATION_RULE: OutputKind = OutputKind {
    group: "networking.istio.io",
    version: "v1",
    kind: "DestinationRule",
    plural: "destinationrules",
    rank: 5,
};

/// Connections to one host, for every client of the mesh.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DestinationRule {
    /// The host.
    pub host: Istr,
    /// Namespaces whose clients see it; empty leaves that to the mesh.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub export_to: Vec<Istr>,
    /// Settings for all connections; an empty one is refused, so it is absent then.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub traffic_policy: Option<TrafficPolicy>,
    /// Subsets that routes name.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub subsets: Vec<Subset>,
}

/// Settings for connections; at least one is set.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TrafficPolicy {
    /// Encryption.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tls: Option<Tls>,
    /// Leaving out instances that fail.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outlier_detection: Option<OutlierDetection>,
    /// Connections themselves.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub connection_pool: Option<ConnectionPool>,
    /// Which instance is taken.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub load_balancer: Option<LoadBalancer>,
}

/// Connections themselves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct ConnectionPool {
    /// Of TCP.
    pub tcp: TcpSettings,
}

/// TCP connections.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TcpSettings {
    /// How dead ones are found.
    pub tcp_keepalive: TcpKeepalive,
}

/// How dead connections are found; at least one field is set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct TcpKeepalive {
    /// Probes without an answer; 0 stands for the default.
    #[serde(skip_serializing_if = "is_zero")]
    pub probes: u32,
    /// Time a connection is idle before the first probe.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time: Option<Duration>,
    /// Time between two probes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub interval: Option<Duration>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes references")]
fn is_zero(number: &u32) -> bool {
    *number == 0
}

/// Which instance is taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LoadBalancer {
    /// By place.
    pub locality_lb_setting: LocalityLb,
}

/// Which place is taken first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LocalityLb {
    /// Whether places count at all.
    pub enabled: bool,
    /// Labels, as `key=value`: the first that an endpoint lacks tells its priority.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub failover_priority: Vec<Istr>,
    /// Where clients of a region go next.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub failover: Vec<FailoverStep>,
}

/// Where clients of a region go next.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FailoverStep {
    /// The region of the clients.
    pub from: Istr,
    /// Where they go.
    pub to: Istr,
}

/// Encryption of connections.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Tls {
    /// Always written: a mode left out means no encryption.
    pub mode: TlsMode,
    /// The name of the server; without it, one that follows from host, port and subset.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sni: Option<Istr>,
}

/// How connections are encrypted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum TlsMode {
    /// Not at all.
    Disable,
    /// Only the server shows a certificate.
    Simple,
    /// Both sides show the mesh's certificates.
    IstioMutual,
}

/// Leaving out instances that fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct OutlierDetection {
    /// Answers with 502, 503 or 504 in a row.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub consecutive_gateway_errors: Option<u32>,
    /// Answers with a 5xx status in a row.
    #[serde(rename = "consecutive5xxErrors")]
    pub consecutive_5xx_errors: u32,
    /// How often instances are judged.
    pub interval: Duration,
    /// How long an instance is left out.
    pub base_ejection_time: Duration,
    /// Share of instances that may be left out.
    pub max_ejection_percent: u32,
}

/// Instances with certain labels.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Subset {
    /// The name that routes use.
    pub name: Istr,
    /// The labels.
    pub labels: Labels,
    /// What differs from the settings of the whole.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub traffic_policy: Option<Box<TrafficPolicy>>,
}
