//! What happens to requests: the settings of a traffic policy and the types that other kinds share with it.

use super::duration::Duration;
use super::matchers::StringMatch;
use super::rate_limit::RouteRateLimit;
use super::refs::{ClusterObjectRef, ObjectRef};
use super::wire::{enumeration, int64, message, number};
use crate::Istr;
use crate::istr::Labels;

message! {
    /// What to do with the selected requests. Each field is set by at most one policy for a destination and its
    /// requests: the policy that was accepted first keeps it.
    pub struct Policy {
        /// Sends the requests to other destinations, by weight.
        pub traffic_shift: Option<TrafficShift>,
        /// Delays or aborts requests, to test how clients cope.
        pub fault_injection: Option<FaultInjection>,
        /// Time that the whole request may take, retries included. Absent: no limit; `0s` removes a limit.
        pub request_timeout: Option<Duration>,
        /// Repeats failed requests.
        pub retries: Option<RetryPolicy>,
        /// Answers cross-origin requests of browsers.
        pub cors_policy: Option<CorsPolicy>,
        /// Sends a copy of the requests to another Service and ignores the answers.
        pub mirror: Option<Mirror>,
        /// Adds and removes headers.
        pub header_manipulation: Option<HeaderManipulation>,
        /// Takes instances that keep failing out of load balancing for a while. Applies to all clients in the selected clusters.
        pub outlier_detection: Option<OutlierDetection>,
        /// TLS mode of connections to the destination. Applies to all clients in the selected clusters.
        pub mtls: Option<MtlsPolicy>,
        /// Protection against cross-site request forgery. Has no effect here.
        pub csrf: Option<CsrfPolicy>,
        /// Rate limits. Has no effect here, except for `basic` where a backend says so.
        pub rate_limit: Option<RouteRateLimit>,
        /// External authorization. Has no effect here.
        pub extauth: Option<RouteExtauth>,
    }

    /// Sends requests to other destinations, by weight.
    #[derive(Eq)]
    pub struct TrafficShift {
        /// The destinations that take the requests instead. Empty: requests stay where they are.
        #[schemars(length(max = 1024))]
        pub destinations: Vec<WeightedDestination>,
    }

    /// A destination and its share of the traffic. Exactly one of `kubeService`, `virtualDestination`,
    /// `staticDestination` and `clusterHeader` is meant to be set.
    #[derive(Eq)]
    pub struct WeightedDestination {
        /// Share of the traffic, relative to the other destinations of the list; the weights should add up to 100.
        /// A single destination takes all of it, whatever its weight.
        pub weight: u32,
        /// A Kubernetes Service.
        pub kube_service: Option<KubeServiceDestination>,
        /// A VirtualDestination.
        pub virtual_destination: Option<VirtualDestinationReference>,
        /// A static destination. Not supported.
        pub static_destination: Option<ObjectRef>,
        /// Name of the request header that names the destination. Not supported.
        pub cluster_header: Option<Istr>,
        /// Settings for this destination alone.
        pub options: Option<DestinationOptions>,
    }

    /// A Kubernetes Service that takes traffic.
    #[derive(Eq)]
    pub struct KubeServiceDestination {
        /// Name of the Service.
        pub name: Istr,
        /// Namespace of the Service.
        pub namespace: Istr,
        /// Registered cluster of the Service.
        pub cluster_name: Istr,
        /// Labels of the instances that take the traffic. Empty: all instances.
        pub subset: Labels,
        /// Port of the Service, 1 to 65535. May be left out if the Service has one port only.
        #[schemars(range(max = 65535))]
        pub port: u32,
    }

    /// A VirtualDestination that takes traffic.
    #[derive(Eq)]
    pub struct VirtualDestinationReference {
        /// Name of the VirtualDestination.
        pub name: Istr,
        /// Namespace of the VirtualDestination.
        pub namespace: Istr,
        /// Labels of the instances that take the traffic. Empty: all instances.
        pub subset: Labels,
    }

    /// Settings for one destination of a traffic shift.
    #[derive(Eq)]
    pub struct DestinationOptions {
        /// Adds and removes headers of requests to this destination.
        pub header_manipulation: Option<HeaderManipulation>,
    }

    /// Adds and removes headers. A header that is added stands beside one of the same name that is already there.
    #[derive(Eq)]
    pub struct HeaderManipulation {
        /// Headers to add to the request.
        pub append_request_headers: Labels,
        /// Names of the headers to remove from the request.
        pub remove_request_headers: Vec<Istr>,
        /// Headers to add to the response.
        pub append_response_headers: Labels,
        /// Names of the headers to remove from the response.
        pub remove_response_headers: Vec<Istr>,
    }

    /// Delays or aborts requests. Exactly one of `fixedDelay` and `abort` is meant to be set.
    pub struct FaultInjection {
        /// Time by which a request is held back before it is forwarded, at least 1ms.
        pub fixed_delay: Option<Duration>,
        /// Answers instead of the destination.
        pub abort: Option<Abort>,
        /// Percentage of the requests concerned, 0 to 100. Absent: 100; 0: none.
        #[schemars(range(min = 0, max = 100))]
        #[serde(serialize_with = "number")]
        pub percentage: Option<f64>,
    }

    /// An answer that is given instead of the destination's.
    #[derive(Eq)]
    pub struct Abort {
        /// HTTP status of the answer, 200 to 599.
        #[schemars(range(min = 200, max = 599))]
        pub http_status: i32,
    }

    /// Repeats failed requests.
    #[derive(Eq)]
    pub struct RetryPolicy {
        /// How often a request is repeated. Default: 0.
        pub attempts: i32,
        /// Time that each attempt may take, at least 1ms. Absent: the request's timeout.
        pub per_try_timeout: Option<Duration>,
    }

    /// Answers cross-origin requests of browsers.
    #[derive(Eq)]
    pub struct CorsPolicy {
        /// Origins that may ask.
        #[schemars(length(max = 1024))]
        pub allow_origins: Vec<StringMatch>,
        /// Methods for `Access-Control-Allow-Methods`.
        pub allow_methods: Vec<Istr>,
        /// Headers for `Access-Control-Allow-Headers`.
        pub allow_headers: Vec<Istr>,
        /// Headers for `Access-Control-Expose-Headers`.
        pub expose_headers: Vec<Istr>,
        /// How long a browser may keep the answer to a preflight request. Absent: not said.
        pub max_age: Option<Duration>,
        /// Whether browsers may send credentials. Absent: not said.
        #[schemars(extend("nullable" = true))]
        pub allow_credentials: Option<bool>,
    }

    /// Sends a copy of requests to another Service.
    pub struct Mirror {
        /// The Service that takes the copies.
        pub kube_service: Option<ClusterObjectRef>,
        /// Percentage of the requests that are copied, 0 to 100. Absent: 100; 0: none.
        #[schemars(range(min = 0, max = 100))]
        #[serde(serialize_with = "number")]
        pub percentage: Option<f64>,
        /// Port of the Service, 1 to 65535. May be left out if the Service has one port only.
        #[schemars(range(max = 65535))]
        pub port: u32,
    }

    /// Takes instances that keep failing out of load balancing for a while.
    #[derive(Eq)]
    pub struct OutlierDetection {
        /// Consecutive failures that take an instance out. Default: 5.
        pub consecutive_errors: u32,
        /// Time between two looks at the instances, at least 1ms. Default: 10s.
        pub interval: Option<Duration>,
        /// Shortest time an instance stays out, at least 1ms; it grows with every time. Default: 30s.
        pub base_ejection_time: Option<Duration>,
        /// Percentage of the instances that may be out at once, up to 100. Default, also for 0: 100.
        #[schemars(range(max = 100))]
        pub max_ejection_percent: u32,
    }

    /// TLS mode of connections, by mesh.
    #[derive(Eq)]
    pub struct MtlsPolicy {
        /// TLS settings of Istio.
        pub istio: Option<IstioMtls>,
    }

    /// TLS settings of Istio.
    #[derive(Eq)]
    pub struct IstioMtls {
        /// How clients connect. Absent: not said, which is not the same as `DISABLE`.
        pub tls_mode: Option<TlsMode>,
    }

    /// Protection against cross-site request forgery.
    pub struct CsrfPolicy {
        /// Whether requests are checked and refused.
        pub filter_enabled: bool,
        /// Whether requests are checked but let through. Ignored when `filterEnabled` is set.
        pub shadow_enabled: bool,
        /// Percentage of the requests that are checked, 0 to 100. Absent: 100.
        #[schemars(range(min = 0, max = 100))]
        #[serde(serialize_with = "number")]
        pub percentage: Option<f64>,
        /// Origins that are allowed beside the destination's own.
        #[schemars(length(max = 1024))]
        pub additional_origins: Vec<StringMatch>,
    }

    /// External authorization. At most one member is set.
    #[derive(Eq)]
    pub struct RouteExtauth {
        /// Whether requests need no authorization.
        pub disable: Option<bool>,
        /// The AuthConfig that decides.
        pub config_ref: Option<ObjectRef>,
        /// Data for an authorization server of one's own.
        pub custom_auth: Option<CustomAuth>,
    }

    /// Data for an authorization server of one's own.
    #[derive(Eq)]
    pub struct CustomAuth {
        /// Data that goes with each request to the server.
        pub context_extensions: Labels,
    }

    /// Keeps idle connections between clusters alive. What is absent is left to the proxy.
    #[derive(Eq)]
    pub struct TcpKeepalive {
        /// Probes without an answer after which a connection counts as dead.
        pub probes: u32,
        /// Time a connection is idle before the first probe.
        pub time: Option<Duration>,
        /// Time between two probes.
        pub interval: Option<Duration>,
    }

    /// A traffic policy whose shift needs subsets of this destination.
    #[derive(Eq)]
    pub struct RequiredSubsets {
        /// The policy.
        pub traffic_policy_ref: Option<ObjectRef>,
        /// Generation of the policy that was looked at.
        #[serde(deserialize_with = "int64")]
        pub observed_generation: i64,
        /// The policy's shift.
        pub traffic_shift: Option<TrafficShift>,
    }
}

enumeration! {
    /// How clients connect to a destination.
    pub enum TlsMode {
        /// Plain text.
        Disable = "DISABLE",
        /// TLS without a client certificate.
        Simple = "SIMPLE",
        /// Mutual TLS with the mesh's certificates.
        IstioMutual = "ISTIO_MUTUAL",
    }
}
