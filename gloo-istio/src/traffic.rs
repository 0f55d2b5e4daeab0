//! Connection settings as a DestinationRule.

use gloo_core::api;
use gloo_core::context::Context;
use gloo_core::id::InputRef;
use gloo_core::model::View;
use gloo_core::model::traffic::{Outlier, Traffic};

use crate::wire::{DestinationRule, OutlierDetection, Subset, Tls, TlsMode, TrafficPolicy};

/// The rule of a view, and what it follows from; nothing if it would only repeat Istio's defaults.
pub(crate) fn destination_rule(cx: Context<'_>, view: &View<'_>) -> Option<(DestinationRule, Vec<InputRef>)> {
    let traffic = &view.traffic;
    let Traffic { tls, default_tls, outlier, subsets } = traffic;
    let mode = traffic.tls_mode();
    if mode.is_none() && outlier.is_none() && subsets.is_empty() {
        return None;
    }
    let policy = TrafficPolicy {
        tls: mode.map(|mode| Tls { mode: tls_mode(mode) }),
        outlier_detection: outlier.as_ref().map(|outlier| outlier_detection(outlier.value)),
    };
    let subsets = subsets
        .iter()
        .map(|subset| Subset { name: subset.name.clone(), labels: subset.labels.clone() })
        .collect();
    let rule = DestinationRule {
        host: view.host.clone(),
        traffic_policy: (policy != TrafficPolicy::default()).then_some(policy),
        subsets,
    };
    let mut inputs: Vec<InputRef> = traffic.policies().into_iter().cloned().collect();
    if tls.is_none() && default_tls.is_some() {
        inputs.extend(cx.settings().cloned());
    }
    Some((rule, inputs))
}

fn tls_mode(mode: api::TlsMode) -> TlsMode {
    match mode {
        api::TlsMode::Disable => TlsMode::Disable,
        api::TlsMode::Simple => TlsMode::Simple,
        api::TlsMode::IstioMutual => TlsMode::IstioMutual,
    }
}

fn outlier_detection(outlier: &Outlier) -> OutlierDetection {
    let Outlier { consecutive_errors, interval, base_ejection_time, max_ejection_percent } = *outlier;
    OutlierDetection {
        consecutive_5xx_errors: consecutive_errors,
        interval,
        base_ejection_time,
        max_ejection_percent,
    }
}
