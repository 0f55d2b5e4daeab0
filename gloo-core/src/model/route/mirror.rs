//! A second service that gets a copy of each request.

use crate::model::route::Target;

/// Where it stands in a policy.
pub const FIELD: &str = "spec.policy.mirror";

/// Copies go to a target; its answers are thrown away.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Mirror {
    /// Where the copies go.
    pub target: Target,
    /// Share of requests that are copied, from 0 to 100.
    pub percentage: f64,
}
