//! Connection settings as a DestinationRule.

use gloo_core::api;
use gloo_core::context::Context;
use gloo_core::id::InputRef;
use gloo_core::model::traffic::{Outlier, Traffic};
use gloo_core::model::{self, View};

use crate::wire::{DestinationRule, OutlierDetection, Subset, Tls, TlsMode, TrafficPolicy};

/// The rule of a view, and what it follows from; nothing if it would only repeat Istio's defaults.
pub(crate) fn destination_rule(cx: Context<'_>, view: &View<'_>) -> Option<(DestinationRule, Vec<InputRef>)> {
    let traffic = &view.traffic;
    let Traffic { tls, default_tls, outlier, subsets } = traffic;
    let mode = traffic.tls_mode();
    if mode.is_none() && outlier.is_none() && subsets.is_empty() {
        return None;
    }
    let mut inputs: Vec<InputRef> = traffic.policies().into_iter().cloned().collect();
    if tls.is_none() && default_tls.is_some() {
        inputs.extend(cx.settings().cloned());
    }
    Some((rule(view, mode.map(tls_mode)), inputs))
}

/// The rule of a view with a TLS mode.
pub(crate) fn rule(view: &View<'_>, mode: Option<TlsMode>) -> DestinationRule {
    let Traffic { tls: _, default_tls: _, outlier, subsets: wanted } = &view.traffic;
    let policy = TrafficPolicy {
        tls: mode.map(|mode| Tls { mode, sni: None }),
        outlier_detection: outlier.as_ref().map(|outlier| outlier_detection(outlier.value)),
        ..TrafficPolicy::default()
    };
    DestinationRule {
        host: view.standpoint.host.clone(),
        export_to: Vec::new(),
        traffic_policy: (policy != TrafficPolicy::default()).then_some(policy),
        subsets: subsets(wanted),
    }
}

/// Subsets with the settings of the whole.
pub(crate) fn subsets(wanted: &[model::Subset<'_>]) -> Vec<Subset> {
    let write = |subset: &model::Subset<'_>| Subset {
        name: subset.name.clone(),
        labels: subset.labels.clone(),
        traffic_policy: None,
    };
    wanted.iter().map(write).collect()
}

pub(crate) fn tls_mode(mode: api::TlsMode) -> TlsMode {
    match mode {
        api::TlsMode::Disable => TlsMode::Disable,
        api::TlsMode::Simple => TlsMode::Simple,
        api::TlsMode::IstioMutual => TlsMode::IstioMutual,
    }
}

fn outlier_detection(outlier: &Outlier) -> OutlierDetection {
    let Outlier { consecutive_errors, interval, base_ejection_time, max_ejection_percent } = *outlier;
    OutlierDetection {
        consecutive_gateway_errors: None,
        consecutive_5xx_errors: consecutive_errors,
        interval,
        base_ejection_time,
        max_ejection_percent,
    }
}
