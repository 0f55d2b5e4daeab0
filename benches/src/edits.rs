//! Edits of a world, by kind: each with its undo, so that a world that was edited is itself again.
//!
//! Which objects are edited is a function of the world: those that suit, evenly spread over their order. Objects
//! are decoded long before anybody looks at a clock; each use makes a new copy, as a watch would deliver it.

mod discovery;
mod federation;
mod policy;
mod statuses;

use std::fmt;

use gloo_core::Translator;
use gloo_core::api::Kind as ApiKind;
use gloo_core::snapshot::{Change, Key};

pub(crate) use statuses::statuses;

/// What is edited.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// The timeout of a TrafficPolicy that selects one service.
    ServiceTimeout,
    /// The weights of a TrafficPolicy that shifts the traffic of one service.
    ServiceShift,
    /// The timeout of a TrafficPolicy that selects a namespace of a cluster.
    NamespaceTimeout,
    /// The timeout of a TrafficPolicy that selects a team in all clusters.
    TeamTimeout,
    /// The paths that an AccessPolicy allows at one service.
    Access,
    /// A TrafficPolicy of one service is deleted, and created.
    Existence,
    /// The timeout of a TrafficPolicy gets a value that is refused, and a sound one.
    Refusal,
    /// The status that was computed for a TrafficPolicy is written into it.
    PolicyStatus,
    /// The status that was computed for a Destination is written into it.
    DestinationStatus,
    /// The address of a Destination's endpoint.
    Endpoint,
    /// A label by which policies select a Destination goes, and comes back.
    Label,
    /// A Workload is removed, and added.
    Workload,
    /// A Destination is removed, and added.
    Destination,
    /// The address of an endpoint of a Destination that other meshes see.
    FederatedEndpoint,
    /// The address at which other clusters reach a gateway.
    GatewayAddress,
    /// A selector of the VirtualMesh: one more service is seen by all meshes, and no longer.
    FederationSelector,
    /// The TLS mode that the Settings ask for.
    Settings,
}

impl Kind {
    /// Every kind, in the order of the table.
    pub const ALL: [Self; 17] = [
        Self::ServiceTimeout,
        Self::ServiceShift,
        Self::NamespaceTimeout,
        Self::TeamTimeout,
        Self::Access,
        Self::Existence,
        Self::Refusal,
        Self::PolicyStatus,
        Self::DestinationStatus,
        Self::Endpoint,
        Self::Label,
        Self::Workload,
        Self::Destination,
        Self::FederatedEndpoint,
        Self::GatewayAddress,
        Self::FederationSelector,
        Self::Settings,
    ];

    /// Those that are also measured in a world with all its statuses.
    pub const IN_USE: [Self; 5] =
        [Self::ServiceTimeout, Self::NamespaceTimeout, Self::TeamTimeout, Self::Endpoint, Self::Workload];

    /// What the table calls the edit.
    pub const fn name(self) -> &'static str {
        match self {
            Self::ServiceTimeout => "traffic policy of one service: timeout",
            Self::ServiceShift => "traffic policy of one service: shift weights",
            Self::NamespaceTimeout => "traffic policy of a namespace: timeout",
            Self::TeamTimeout => "traffic policy of a team: timeout",
            Self::Access => "access policy of one service: paths",
            Self::Existence => "traffic policy of one service: deleted",
            Self::Refusal => "traffic policy of one service: refused timeout",
            Self::PolicyStatus => "traffic policy of one service: status written back",
            Self::DestinationStatus => "destination: status written back",
            Self::Endpoint => "destination: address of an endpoint",
            Self::Label => "destination: label removed",
            Self::Workload => "workload: removed",
            Self::Destination => "destination: removed",
            Self::FederatedEndpoint => "federated destination: address of an endpoint",
            Self::GatewayAddress => "gateway: external address",
            Self::FederationSelector => "virtual mesh: selector for one service added",
            Self::Settings => "settings: TLS mode",
        }
    }

    /// What the table says about the undo.
    pub const fn undo(self) -> Undo {
        match self {
            Self::ServiceTimeout
            | Self::ServiceShift
            | Self::NamespaceTimeout
            | Self::TeamTimeout
            | Self::Access
            | Self::Endpoint
            | Self::FederatedEndpoint
            | Self::GatewayAddress
            | Self::Settings => Undo::Alike,
            Self::PolicyStatus | Self::DestinationStatus => Undo::Untold,
            Self::Existence => Undo::Named("traffic policy of one service: created"),
            Self::Refusal => Undo::Named("traffic policy of one service: timeout sound again"),
            Self::Label => Undo::Named("destination: label added"),
            Self::Workload => Undo::Named("workload: added"),
            Self::Destination => Undo::Named("destination: added"),
            Self::FederationSelector => Undo::Named("virtual mesh: selector for one service removed"),
        }
    }

    /// The edits of this kind, of at most `most` objects of the translator's world. None if nothing suits.
    pub fn edits(self, translator: &Translator<'_>, most: usize) -> Vec<Edit> {
        match self {
            Self::ServiceTimeout => policy::service_timeout(translator, most),
            Self::ServiceShift => policy::service_shift(translator, most),
            Self::NamespaceTimeout => policy::namespace_timeout(translator, most),
            Self::TeamTimeout => policy::team_timeout(translator, most),
            Self::Access => policy::access(translator, most),
            Self::Existence => policy::existence(translator, most),
            Self::Refusal => policy::refusal(translator, most),
            Self::PolicyStatus => policy::status(translator, most),
            Self::DestinationStatus => discovery::status(translator, most),
            Self::Endpoint => discovery::endpoint(translator, most),
            Self::Label => discovery::label(translator, most),
            Self::Workload => discovery::workload(translator, most),
            Self::Destination => discovery::destination(translator, most),
            Self::FederatedEndpoint => federation::endpoint(translator, most),
            Self::GatewayAddress => federation::gateway_address(translator, most),
            Self::FederationSelector => federation::selector(translator, most),
            Self::Settings => discovery::settings(translator, most),
        }
    }
}

/// How an undo is reported.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Undo {
    /// As one more edit of the same kind.
    Alike,
    /// On a line of its own.
    Named(&'static str),
    /// Not at all: it happens only here.
    Untold,
}

/// An edit and its undo.
#[derive(Debug)]
pub struct Edit {
    /// Makes the edit.
    pub apply: Step,
    /// Takes it back.
    pub undo: Step,
}

impl Edit {
    /// From one version of an object to another: with the next generation, as whatever changes a spec gets it.
    fn of<K>(before: K, edit: impl FnOnce(&mut K)) -> Self
    where
        K: ApiKind + 'static,
        Change: From<K>,
    {
        let after = edited(&before, edit);
        Self { apply: Step::put(after), undo: Step::put(before) }
    }

    /// The object goes, and comes back.
    fn removal<K>(object: K) -> Self
    where
        K: ApiKind + 'static,
        Change: From<K>,
    {
        let key = Change::from(object.clone()).key().clone();
        Self { apply: Step::remove(key), undo: Step::put(object) }
    }
}

/// Another version of an object.
fn edited<K: ApiKind>(before: &K, edit: impl FnOnce(&mut K)) -> K {
    let mut after = before.clone();
    edit(&mut after);
    let metadata = after.meta_mut();
    metadata.generation = metadata.generation.map(|generation| generation + 1);
    after
}

/// One change of a world, as often as wanted.
pub struct Step(Box<dyn Fn() -> Change>);

impl Step {
    /// The change. What it holds is shared with no other one.
    pub fn change(&self) -> Change {
        (self.0)()
    }

    fn put<K>(object: K) -> Self
    where
        K: Clone + 'static,
        Change: From<K>,
    {
        Self(Box::new(move || Change::from(object.clone())))
    }

    fn remove(key: Key) -> Self {
        Self(Box::new(move || Change::remove(key.clone())))
    }
}

impl fmt::Debug for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Step").field(&self.change()).finish()
    }
}

/// At most `most` of some values, evenly spread over them.
fn spread<T>(values: Vec<T>, most: usize) -> impl Iterator<Item = T> {
    let all = values.len();
    let wanted = most.min(all);
    let mut next = 0;
    values.into_iter().enumerate().filter_map(move |(position, value)| {
        let is_next = next < wanted && position == next * all / wanted;
        next += usize::from(is_next);
        is_next.then_some(value)
    })
}

#[cfg(test)]
mod tests;
