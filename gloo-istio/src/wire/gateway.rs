//! Gateway: what the pods of a gateway take in.

use gloo_core::Istr;
use gloo_core::id::OutputKind;
use gloo_core::istr::Labels;
use serde::Serialize;

/// Where Gateways are written.
pub static GATEWAY: OutputKind =
    OutputKind { group: "networking.istio.io", version: "v1", kind: "Gateway", plural: "gateways", rank: 4 };

/// What the pods of a gateway take in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Gateway {
    /// Labels of the pods; never empty.
    pub selector: Labels,
    /// What they listen for.
    pub servers: [Server; 1],
}

/// One port of a gateway.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Server {
    /// The hosts that it takes in.
    pub hosts: Vec<Istr>,
    /// The port.
    pub port: ServerPort,
    /// What happens to TLS.
    pub tls: ServerTls,
}

/// A port that a gateway listens on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ServerPort {
    /// Its name.
    pub name: &'static str,
    /// Its number at the gateway's service.
    pub number: u32,
    /// What it speaks.
    pub protocol: &'static str,
}

/// What happens to TLS.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct ServerTls {
    /// Always given.
    pub mode: ServerTlsMode,
}

/// What happens to TLS.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ServerTlsMode {
    /// It is passed on to where the name of the server leads.
    AutoPassthrough,
}
