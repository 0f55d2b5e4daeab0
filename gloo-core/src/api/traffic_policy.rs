//! TrafficPolicy: rules for requests from selected workloads to selected destinations.

use std::collections::BTreeMap;

use kube::CustomResource;

use super::approval::{ApprovalState, ApprovalStatus};
use super::kind::{OneOf, kind};
use super::matchers::HttpMatcher;
use super::selectors::{DestinationSelector, RouteSelector, WorkloadSelector};
use super::traffic::Policy;
use super::wire::{int64, message};
use crate::Istr;

message! {
    /// What a traffic policy says.
    #[derive(CustomResource)]
    #[kube(
        group = "networking.mesh.gloo.solo.io",
        version = "v1",
        kind = "TrafficPolicy",
        plural = "trafficpolicies",
        namespaced,
        status = "TrafficPolicyStatus",
        doc = "Rules for requests from selected workloads to selected destinations.",
        schema = "manual",
        derive = "Default",
        derive = "PartialEq",
        shortname = "tp",
        shortname = "tps",
        category = "gloo-mesh",
        category = "gloo-mesh-policy",
        label("app", "gloo-mesh"),
        label("app.kubernetes.io/name", "gloo-mesh"),
        printcolumn(name = "State", type_ = "string", json_path = ".status.state"),
        printcolumn(name = "Observed", type_ = "integer", json_path = ".status.observedGeneration", priority = 1),
        printcolumn(name = "First-Error", type_ = "string", json_path = ".status.errors[0]", priority = 1),
        printcolumn(name = "Age", type_ = "date", json_path = ".metadata.creationTimestamp")
    )]
    pub struct TrafficPolicySpec {
        /// Workloads whose requests are meant. Empty: all workloads.
        pub source_selector: Vec<WorkloadSelector>,
        /// Destinations of the requests. Empty: all destinations.
        pub destination_selector: Vec<DestinationSelector>,
        /// Requests that are meant: at least one matcher must match. Empty: all requests.
        #[schemars(length(max = 4096))]
        pub http_request_matchers: Vec<HttpMatcher>,
        /// Gateway routes that the policy is attached to. Has no effect here.
        pub route_selector: Vec<RouteSelector>,
        /// What to do with the requests.
        pub policy: Option<Policy>,
    }

    /// What became of a traffic policy.
    #[derive(Eq)]
    pub struct TrafficPolicyStatus {
        /// Generation of the policy that this status is about.
        #[serde(deserialize_with = "int64")]
        pub observed_generation: i64,
        /// The worst verdict over all destinations.
        pub state: ApprovalState,
        /// The verdict for each selected destination, by `name.namespace.cluster`.
        pub destinations: BTreeMap<Istr, ApprovalStatus>,
        /// Workloads whose requests the policy affects, as `name.namespace.cluster`.
        pub workloads: Vec<Istr>,
        /// What is wrong with the policy as a whole.
        pub errors: Vec<Istr>,
        /// Gateway routes that the policy is attached to. Never written here.
        pub gateway_routes: BTreeMap<Istr, GatewayRoutes>,
    }

    /// Routes of a gateway resource.
    #[derive(Eq)]
    pub struct GatewayRoutes {
        /// Names of the routes; `*` stands for all.
        pub routes: Vec<Istr>,
    }
}

impl TrafficPolicySpec {
    /// Returns the same policy without deprecated fields that have a successor; copies are written in this form.
    #[must_use]
    pub fn canonical(&self) -> Self {
        Self {
            http_request_matchers: self.http_request_matchers.iter().map(HttpMatcher::canonical).collect(),
            ..self.clone()
        }
    }
}

kind!(TrafficPolicy {
    spec: TrafficPolicySpec,
    status: TrafficPolicyStatus,
    group: "networking.mesh.gloo.solo.io",
    version: "v1",
    plural: "trafficpolicies",
    one_ofs: [
        OneOf { path: "spec.httpRequestMatchers[]", members: &["prefix", "exact", "regex"] },
        OneOf { path: "spec.httpRequestMatchers[].uri", members: STRING_MATCH },
        OneOf { path: "spec.policy.trafficShift.destinations[]", members: WEIGHTED_DESTINATION },
        OneOf { path: "spec.policy.faultInjection", members: &["fixedDelay", "abort"] },
        OneOf { path: "spec.policy.corsPolicy.allowOrigins[]", members: STRING_MATCH },
        OneOf { path: "spec.policy.csrf.additionalOrigins[]", members: STRING_MATCH },
        OneOf { path: "spec.policy.rateLimit", members: &["raw", "ratelimitClientConfigRef"] },
        OneOf { path: "spec.policy.rateLimit.raw.rateLimits[].actions[]", members: RATE_LIMIT_ACTION },
        OneOf {
            path: "spec.policy.rateLimit.raw.rateLimits[].actions[].headerValueMatch.headers[]",
            members: RATE_LIMIT_HEADER,
        },
        OneOf { path: "spec.policy.rateLimit.raw.rateLimits[].setActions[]", members: RATE_LIMIT_ACTION },
        OneOf {
            path: "spec.policy.rateLimit.raw.rateLimits[].setActions[].headerValueMatch.headers[]",
            members: RATE_LIMIT_HEADER,
        },
        OneOf { path: "spec.policy.extauth", members: &["disable", "configRef", "customAuth"] },
    ],
});

/// Members of a destination of a traffic shift.
pub(super) const WEIGHTED_DESTINATION: &[&str] =
    &["kubeService", "virtualDestination", "staticDestination", "clusterHeader"];

const STRING_MATCH: &[&str] = &["exact", "prefix", "regex", "suffix"];

const RATE_LIMIT_ACTION: &[&str] = &[
    "sourceCluster",
    "destinationCluster",
    "requestHeaders",
    "remoteAddress",
    "genericKey",
    "headerValueMatch",
    "metadata",
];

const RATE_LIMIT_HEADER: &[&str] =
    &["exactMatch", "regexMatch", "rangeMatch", "presentMatch", "prefixMatch", "suffixMatch"];
