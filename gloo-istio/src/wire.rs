//! Istio's objects as this backend writes them: only the fields that are used, nothing optional that is
//! always there.

mod authorization_policy;
mod destination_rule;
mod gateway;
mod service_entry;
mod virtual_service;

pub use authorization_policy::{
    AUTHORIZATION_POLICY, Action, AuthorizationPolicy, DENY_ALL, DenyAll, From, Operation, Rule, Source,
    Target, TargetRef, To,
};
pub use destination_rule::{
    ConnectionPool, DESTINATION_RULE, DestinationRule, FailoverStep, LoadBalancer, LocalityLb,
    OutlierDetection, Subset, TcpKeepalive, TcpSettings, Tls, TlsMode, TrafficPolicy,
};
pub use gateway::{GATEWAY, Gateway, Server, ServerPort, ServerTls, ServerTlsMode};
pub use service_entry::{Location, Resolution, SERVICE_ENTRY, ServiceEntry, ServicePort, WorkloadEntry};
pub use virtual_service::{
    Abort, CorsPolicy, Delay, Destination, Fault, HeaderChange, Headers, HttpMatch, HttpRoute, Percent, Port,
    Retries, RouteDestination, Settings, StringMatch, VIRTUAL_SERVICE, VirtualService,
};
