//! How often a failed request is tried again.

use crate::api::{Duration, RetryPolicy};
use crate::check::Checks;

/// Where it stands in a policy.
pub const FIELD: &str = "spec.policy.retries";

/// Retries of one request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retry {
    /// How often, at most; 0 switches the mesh's own retries off.
    pub attempts: u32,
    /// Limit for each try.
    pub per_try_timeout: Option<Duration>,
}

impl Retry {
    /// Reads `retries`. Without attempts a limit for each try has no meaning and is dropped.
    pub(crate) fn read(retries: &RetryPolicy, checks: &mut Checks) -> Self {
        let RetryPolicy { attempts, per_try_timeout } = retries;
        if *attempts < 0 {
            checks.invalid(format!("{FIELD}.attempts"), attempts, "0 or more");
        }
        checks.duration(&format!("{FIELD}.perTryTimeout"), *per_try_timeout);
        if *attempts == 0 && per_try_timeout.is_some() {
            checks.no_effect(format!("{FIELD}.perTryTimeout"), ": attempts is 0, so nothing is tried again");
        }
        let attempts = u32::try_from(*attempts).unwrap_or_default();
        Self { attempts, per_try_timeout: per_try_timeout.filter(|_| attempts > 0) }
    }
}
