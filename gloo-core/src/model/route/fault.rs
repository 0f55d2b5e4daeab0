//! Errors and delays made on purpose.

use crate::api::{Duration, FaultInjection};
use crate::check::Checks;

/// Where it stands in a policy.
pub const FIELD: &str = "spec.policy.faultInjection";

/// A fault and how many requests meet it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Fault {
    /// What happens.
    pub kind: FaultKind,
    /// Share of requests, from 0 to 100.
    pub percentage: f64,
}

/// What a fault does to a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FaultKind {
    /// Answers with this HTTP status instead of calling the destination.
    Abort(u32),
    /// Waits before calling the destination.
    Delay(Duration),
}

impl Fault {
    /// Reads `faultInjection`; a percentage that is not given means every request.
    pub(crate) fn read(fault: &FaultInjection, checks: &mut Checks) -> Option<Self> {
        let FaultInjection { fixed_delay, abort, percentage } = fault;
        match percentage {
            Some(percentage) => checks.percentage(&format!("{FIELD}.percentage"), *percentage),
            None => checks.unwise(
                format!("{FIELD}.percentage"),
                "not given, so every request is affected; Gloo Mesh 1.1 affected none",
            ),
        }
        let kind = match (fixed_delay, abort) {
            (Some(delay), _) => {
                checks.duration(&format!("{FIELD}.fixedDelay"), Some(*delay));
                FaultKind::Delay(*delay)
            }
            (None, Some(abort)) => {
                if !(200..=599).contains(&abort.http_status) {
                    checks.invalid(format!("{FIELD}.abort.httpStatus"), abort.http_status, "200 to 599");
                }
                FaultKind::Abort(u32::try_from(abort.http_status).unwrap_or_default())
            }
            (None, None) => {
                checks.invalid(FIELD, "empty", "one of fixedDelay and abort");
                return None;
            }
        };
        Some(Self { kind, percentage: percentage.unwrap_or(100.0) })
    }
}
