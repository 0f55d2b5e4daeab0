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
}

/// Encryption of connections.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Tls {
    /// Always written: a mode left out means no encryption.
    pub mode: TlsMode,
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
pub struct Subset {
    /// The name that routes use.
    pub name: Istr,
    /// The labels.
    pub labels: Labels,
}
