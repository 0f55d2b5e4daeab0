//! Other targets instead of the destination that was called.

use crate::index::{DestinationId, VirtualDestinationId};
use crate::istr::Labels;
use crate::model::route::HeaderChanges;

/// Where it stands in a policy.
pub const FIELD: &str = "spec.policy.trafficShift";

/// Requests are spread over these targets. Never empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shift {
    /// The targets, in the order of the policy.
    pub targets: Vec<WeightedTarget>,
}

/// One target and its share.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WeightedTarget {
    /// Share relative to the sum of all weights; without meaning when there is a single target.
    pub weight: u32,
    /// Where the requests go.
    pub target: Target,
    /// Only instances with these labels; empty means every instance.
    pub subset: Labels,
    /// Changes to headers of requests that go there; empty changes nothing.
    pub headers: HeaderChanges,
}

/// A port that was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Target {
    /// What has the port.
    pub id: TargetId,
    /// One of its ports.
    pub port: u32,
}

/// Something that requests can be sent to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TargetId {
    /// A service.
    Destination(DestinationId),
    /// A host name in front of several services.
    VirtualDestination(VirtualDestinationId),
}
