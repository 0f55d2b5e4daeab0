//! VirtualService: routes of one host.

use std::collections::BTreeMap;
use std::sync::Arc;

use gloo_core::Istr;
use gloo_core::api::Duration;
use gloo_core::id::OutputKind;
use gloo_core::istr::Labels;
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

/// Where VirtualServices are written.
pub static VIRTUAL_SERVICE: OutputKind = OutputKind {
    group: "networking.istio.io",
    version: "v1",
    kind: "VirtualService",
    plural: "virtualservices",
    rank: 7,
};

/// Routes of one host, for every client of the mesh.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct VirtualService {
    /// The host.
    pub hosts: [Istr; 1],
    /// Namespaces whose clients see it; empty leaves that to the mesh.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub export_to: Vec<Istr>,
    /// Its routes; the first that matches counts.
    pub http: Vec<HttpRoute>,
}

/// What happens to requests that match.
#[derive(Clone, Debug, PartialEq)]
pub struct HttpRoute {
    /// The condition.
    pub condition: HttpMatch,
    /// Where the requests go; shared by routes that differ only in condition.
    pub route: Arc<[RouteDestination]>,
    /// What else happens; shared by routes that differ only in condition or port.
    pub settings: Arc<Settings>,
}

/// Everything of a route that does not depend on the port.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Settings {
    /// Web pages of other origins.
    pub cors_policy: Option<CorsPolicy>,
    /// Errors and delays made on purpose.
    pub fault: Option<Fault>,
    /// Changes to headers.
    pub headers: Option<Headers>,
    /// A second service that gets a copy, and the share of requests that are copied.
    pub mirror: Option<(Destination, Percent)>,
    /// Tries after a failure.
    pub retries: Option<Retries>,
    /// Limit for the whole request.
    pub timeout: Option<Duration>,
}

impl Serialize for HttpRoute {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self { condition, route, settings } = self;
        let Settings { cors_policy, fault, headers, mirror, retries, timeout } = &**settings;
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("match", &[condition])?;
        map.serialize_entry("route", &**route)?;
        if let Some(timeout) = timeout {
            map.serialize_entry("timeout", timeout)?;
        }
        if let Some(retries) = retries {
            map.serialize_entry("retries", retries)?;
        }
        if let Some(fault) = fault {
            map.serialize_entry("fault", fault)?;
        }
        if let Some((mirror, percentage)) = mirror {
            map.serialize_entry("mirror", mirror)?;
            map.serialize_entry("mirrorPercentage", percentage)?;
        }
        if let Some(headers) = headers {
            map.serialize_entry("headers", headers)?;
        }
        if let Some(cors_policy) = cors_policy {
            map.serialize_entry("corsPolicy", cors_policy)?;
        }
        map.end()
    }
}

/// A condition on requests; all parts must hold.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct HttpMatch {
    /// Label for access logs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<Istr>,
    /// The path.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub uri: Option<StringMatch>,
    /// Whether the case of the path is ignored.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub ignore_uri_case: bool,
    /// The method.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub method: Option<StringMatch>,
    /// Headers that must match.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub headers: BTreeMap<Istr, StringMatch>,
    /// Headers that must not match.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub without_headers: BTreeMap<Istr, StringMatch>,
    /// Query parameters.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub query_params: BTreeMap<Istr, StringMatch>,
    /// Namespace of the client.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source_namespace: Option<Istr>,
    /// Labels of the client.
    #[serde(skip_serializing_if = "Labels::is_empty")]
    pub source_labels: Labels,
    /// The port.
    pub port: u32,
}

/// A condition on a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StringMatch {
    /// It is there.
    Present,
    /// The whole text.
    Exact(Istr),
    /// Its beginning.
    Prefix(Istr),
    /// A regular expression for the whole text.
    Regex(Istr),
}

impl Serialize for StringMatch {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        match self {
            Self::Present => (),
            Self::Exact(text) => map.serialize_entry("exact", text)?,
            Self::Prefix(text) => map.serialize_entry("prefix", text)?,
            Self::Regex(text) => map.serialize_entry("regex", text)?,
        }
        map.end()
    }
}

/// A service, or a subset of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Destination {
    /// Its host.
    pub host: Istr,
    /// Its port. Always written: without it the port of the listener is taken, which need not exist there.
    pub port: Port,
    /// A subset of the rule for the host.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subset: Option<Istr>,
}

/// A port by number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Port {
    /// The number.
    pub number: u32,
}

/// A service and its share of the requests.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RouteDestination {
    /// The service.
    pub destination: Destination,
    /// Its share; 0 is not written.
    #[serde(skip_serializing_if = "is_zero")]
    pub weight: u32,
    /// Changes to headers of these requests.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub headers: Option<Box<Headers>>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature that serde asks for")]
fn is_zero(weight: &u32) -> bool {
    *weight == 0
}

/// Tries after a failure.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Retries {
    /// How many.
    pub attempts: u32,
    /// Limit for each.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub per_try_timeout: Option<Duration>,
    /// What counts as a failure.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry_on: Option<&'static str>,
}

/// Errors or delays made on purpose.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Fault {
    /// Errors.
    Abort(Abort),
    /// Delays.
    Delay(Delay),
}

/// Answers with an error.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Abort {
    /// The HTTP status.
    pub http_status: u32,
    /// Share of requests. Always written: without it no request is affected.
    pub percentage: Percent,
}

/// Waits.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Delay {
    /// How long.
    pub fixed_delay: Duration,
    /// Share of requests. Always written: without it no request is affected.
    pub percentage: Percent,
}

/// A share of requests, from 0 to 100.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Percent(pub f64);

impl Serialize for Percent {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(1))?;
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a whole number from 0 to 100"
        )]
        if self.0.fract() == 0.0 && (0.0..=100.0).contains(&self.0) {
            map.serialize_entry("value", &(self.0 as u32))?;
        } else {
            map.serialize_entry("value", &self.0)?;
        }
        map.end()
    }
}

/// Changes to headers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Headers {
    /// Of requests.
    #[serde(skip_serializing_if = "HeaderChange::is_empty")]
    pub request: HeaderChange,
    /// Of responses.
    #[serde(skip_serializing_if = "HeaderChange::is_empty")]
    pub response: HeaderChange,
}

/// Headers that are added and removed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct HeaderChange {
    /// Added beside what is there.
    #[serde(skip_serializing_if = "Labels::is_empty")]
    pub add: Labels,
    /// Removed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub remove: Vec<Istr>,
}

impl HeaderChange {
    fn is_empty(&self) -> bool {
        self.add.is_empty() && self.remove.is_empty()
    }
}

/// Web pages of other origins.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CorsPolicy {
    /// Origins that may call.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub allow_origins: Vec<StringMatch>,
    /// Methods they may use.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub allow_methods: Vec<Istr>,
    /// Headers they may send.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub allow_headers: Vec<Istr>,
    /// Headers they may read.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub expose_headers: Vec<Istr>,
    /// How long the answer may be remembered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_age: Option<Duration>,
    /// Whether credentials may be sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allow_credentials: Option<bool>,
}
