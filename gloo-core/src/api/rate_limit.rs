//! Rate limits of routes: read, stored and copied; without effect unless a backend says otherwise.

use super::refs::ObjectRef;
use super::selectors::ObjectSelector;
use super::wire::{enumeration, int64, message};
use crate::Istr;

message! {
    /// Rate limits of a route. At most one of `raw` and `ratelimitClientConfigRef` is set.
    #[derive(Eq)]
    pub struct RouteRateLimit {
        /// Which server configurations the limits are looked up in.
        pub ratelimit_server_config_selector: Option<ObjectSelector>,
        /// The descriptors, written here.
        pub raw: Option<RawRateLimits>,
        /// The RateLimitClientConfig that holds the descriptors.
        pub ratelimit_client_config_ref: Option<ObjectRef>,
        /// Deprecated: plain limits, without a server configuration. Read only where a backend offers it.
        pub basic: Option<BasicRateLimit>,
    }

    /// Descriptors of requests.
    #[derive(Eq)]
    pub struct RawRateLimits {
        /// Each entry makes one descriptor; a request is refused when one of them is over its limit.
        #[schemars(length(max = 256))]
        pub rate_limits: Vec<RateLimitActions>,
    }

    /// How one descriptor is made.
    #[derive(Eq)]
    pub struct RateLimitActions {
        /// Parts of the descriptor, in order.
        #[schemars(length(max = 64))]
        pub actions: Vec<RateLimitAction>,
        /// Parts of a descriptor whose order does not matter.
        #[schemars(length(max = 64))]
        pub set_actions: Vec<RateLimitAction>,
    }

    /// One part of a descriptor. Exactly one member is meant to be set.
    #[derive(Eq)]
    pub struct RateLimitAction {
        /// The calling cluster.
        pub source_cluster: Option<SourceCluster>,
        /// The called cluster.
        pub destination_cluster: Option<DestinationCluster>,
        /// The value of a request header.
        pub request_headers: Option<RequestHeaders>,
        /// The address of the client.
        pub remote_address: Option<RemoteAddress>,
        /// A fixed value.
        pub generic_key: Option<GenericKey>,
        /// A fixed value, if the request's headers match.
        pub header_value_match: Option<HeaderValueMatch>,
        /// A value of the request's metadata.
        pub metadata: Option<MetadataAction>,
    }

    /// Stands for the calling cluster.
    #[derive(Eq)]
    pub struct SourceCluster {}

    /// Stands for the called cluster.
    #[derive(Eq)]
    pub struct DestinationCluster {}

    /// Stands for the address of the client.
    #[derive(Eq)]
    pub struct RemoteAddress {}

    /// Stands for the value of a request header.
    #[derive(Eq)]
    pub struct RequestHeaders {
        /// Name of the header.
        pub header_name: Istr,
        /// Key in the descriptor.
        pub descriptor_key: Istr,
    }

    /// Stands for a fixed value.
    #[derive(Eq)]
    pub struct GenericKey {
        /// The value.
        pub descriptor_value: Istr,
    }

    /// Stands for a fixed value, if the request's headers match.
    #[derive(Eq)]
    pub struct HeaderValueMatch {
        /// The value.
        pub descriptor_value: Istr,
        /// Whether the headers must match (`true`) or must not (`false`). Absent: `true`.
        #[schemars(extend("nullable" = true))]
        pub expect_match: Option<bool>,
        /// Conditions on the headers; all must hold.
        pub headers: Vec<RateLimitHeaderMatcher>,
    }

    /// A condition on a header. At most one of the members that end in `Match`, except `invertMatch`, is set.
    #[derive(Eq)]
    pub struct RateLimitHeaderMatcher {
        /// Name of the header.
        pub name: Istr,
        /// The value equals this.
        pub exact_match: Option<Istr>,
        /// The value matches this regular expression.
        pub regex_match: Option<Istr>,
        /// The value is a whole number in this range.
        pub range_match: Option<Int64Range>,
        /// The header is present.
        pub present_match: Option<bool>,
        /// The value starts with this.
        pub prefix_match: Option<Istr>,
        /// The value ends with this.
        pub suffix_match: Option<Istr>,
        /// Whether the condition is turned round.
        pub invert_match: bool,
    }

    /// A range of whole numbers.
    #[derive(Eq)]
    pub struct Int64Range {
        /// First number of the range.
        #[serde(deserialize_with = "int64")]
        pub start: i64,
        /// First number beyond the range.
        #[serde(deserialize_with = "int64")]
        pub end: i64,
    }

    /// Stands for a value of the request's metadata.
    #[derive(Eq)]
    pub struct MetadataAction {
        /// Key in the descriptor.
        pub descriptor_key: Istr,
        /// Where the value is found.
        pub metadata_key: Option<MetadataKey>,
        /// The value when none is found. Empty: no descriptor is made.
        pub default_value: Istr,
        /// Which metadata is meant. Default: `DYNAMIC`.
        pub source: MetadataSource,
    }

    /// Where a value is found in metadata.
    #[derive(Eq)]
    pub struct MetadataKey {
        /// Name of the filter whose metadata is meant.
        pub key: Istr,
        /// Keys to follow from there.
        pub path: Vec<MetadataPathSegment>,
    }

    /// One step on the way to a value.
    #[derive(Eq)]
    pub struct MetadataPathSegment {
        /// Key to follow.
        pub key: Istr,
    }

    /// Plain limits, for clients that are and that are not authorized.
    #[derive(Eq)]
    pub struct BasicRateLimit {
        /// Limit for each authorized client.
        pub authorized_limits: Option<RateLimit>,
        /// Limit for each other client, told apart by address.
        pub anonymous_limits: Option<RateLimit>,
    }

    /// A number of requests in a span of time.
    #[derive(Eq)]
    pub struct RateLimit {
        /// The span of time.
        pub unit: RateLimitUnit,
        /// The number of requests.
        pub requests_per_unit: u32,
    }
}

enumeration! {
    /// Which metadata of a request is meant.
    pub enum MetadataSource {
        /// Metadata that filters have set.
        Dynamic = "DYNAMIC",
        /// Metadata of the route.
        RouteEntry = "ROUTE_ENTRY",
    }

    /// A span of time that a rate is counted in.
    pub enum RateLimitUnit {
        /// Not said.
        Unknown = "UNKNOWN",
        /// One second.
        Second = "SECOND",
        /// One minute.
        Minute = "MINUTE",
        /// One hour.
        Hour = "HOUR",
        /// One day.
        Day = "DAY",
    }
}
