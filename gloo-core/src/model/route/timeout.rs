//! How long a request may take.

use crate::api::Duration;
use crate::check::Checks;

/// Where it stands in a policy.
pub const FIELD: &str = "spec.policy.requestTimeout";

/// Limit for a whole request, retries included; `None` takes a limit away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timeout(pub Option<Duration>);

impl Timeout {
    /// Reads `requestTimeout`; `0s` means that there is no limit.
    pub(crate) fn read(timeout: Duration, checks: &mut Checks) -> Self {
        if timeout.as_nanos() == 0 {
            return Self(None);
        }
        checks.duration(FIELD, Some(timeout));
        Self(Some(timeout))
    }
}
