//! When an instance that fails is left out for a while.

use crate::api::{Duration, OutlierDetection};
use crate::check::Checks;

/// Where it stands in a policy.
pub const FIELD: &str = "spec.policy.outlierDetection";

/// Outlier detection with every default filled in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outlier {
    /// Answers with a 5xx status in a row until an instance is left out.
    pub consecutive_errors: u32,
    /// How often instances are judged.
    pub interval: Duration,
    /// How long an instance is left out, times how often that happened.
    pub base_ejection_time: Duration,
    /// Share of instances that may be left out, from 1 to 100.
    pub max_ejection_percent: u32,
}

impl Outlier {
    /// Reads `outlierDetection`; what is unset or 0 becomes 5 errors, 10s, 30s and 100 percent.
    pub(crate) fn read(outlier: &OutlierDetection, checks: &mut Checks) -> Self {
        let OutlierDetection { consecutive_errors, interval, base_ejection_time, max_ejection_percent } =
            outlier;
        checks.duration(&format!("{FIELD}.interval"), *interval);
        checks.duration(&format!("{FIELD}.baseEjectionTime"), *base_ejection_time);
        if *max_ejection_percent > 100 {
            checks.invalid(format!("{FIELD}.maxEjectionPercent"), max_ejection_percent, "0 to 100");
        }
        let or = |value: u32, default| if value == 0 { default } else { value };
        Self {
            consecutive_errors: or(*consecutive_errors, 5),
            interval: interval.unwrap_or(Duration::from_secs(10)),
            base_ejection_time: base_ejection_time.unwrap_or(Duration::from_secs(30)),
            max_ejection_percent: or(*max_ejection_percent, 100),
        }
    }
}
