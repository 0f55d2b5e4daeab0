//! Istio's objects as this backend writes them: only the fields that are used, nothing optional that is
//! always there.

mod authorization_policy;
mod destination_rule;
mod virtual_service;

pub use authorization_policy::{
    AUTHORIZATION_POLICY, Action, AuthorizationPolicy, From, Operation, Rule, Source, Target, TargetRef, To,
};
pub use destination_rule::{
    DESTINATION_RULE, DestinationRule, OutlierDetection, Subset, Tls, TlsMode, TrafficPolicy,
};
pub use virtual_service::{
    Abort, CorsPolicy, Delay, Destination, Fault, HeaderChange, Headers, HttpMatch, HttpRoute, Percent, Port,
    Retries, RouteDestination, Settings, StringMatch, VIRTUAL_SERVICE, VirtualService,
};
