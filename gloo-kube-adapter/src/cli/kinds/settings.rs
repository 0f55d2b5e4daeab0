//! The settings of a traffic policy in a few words each.

use gloo_core::api::{FaultInjection, HeaderManipulation, Mirror, Policy, TrafficShift, WeightedDestination};

use super::text::{labels, place};

/// Names of the settings that a policy makes, as users write them.
pub fn names(policy: &Policy) -> String {
    let fields = serde_json::to_value(policy).unwrap_or_default();
    let names = fields.as_object().into_iter().flat_map(|fields| fields.keys());
    names.map(String::as_str).collect::<Vec<_>>().join(",")
}

/// What a policy asks for, a text for each setting.
pub fn words(policy: &Policy) -> Vec<String> {
    let Policy {
        traffic_shift,
        fault_injection,
        request_timeout,
        retries,
        cors_policy,
        mirror,
        header_manipulation,
        outlier_detection,
        mtls,
        csrf,
        rate_limit,
        extauth,
    } = policy;
    let mut words = Vec::new();
    words.extend(traffic_shift.as_ref().map(shift));
    words.extend(fault_injection.as_ref().map(fault));
    words.extend(request_timeout.as_ref().map(|timeout| format!("timeout {timeout}")));
    words.extend(retries.as_ref().map(|retries| {
        let each = retries.per_try_timeout.as_ref().map(|timeout| format!(" of {timeout}"));
        format!("{} retries{}", retries.attempts, each.unwrap_or_default())
    }));
    words.extend(cors_policy.as_ref().map(|cors| format!("CORS for {} origins", cors.allow_origins.len())));
    words.extend(mirror.as_ref().map(copies));
    words.extend(header_manipulation.as_ref().map(headers));
    words.extend(outlier_detection.as_ref().map(|_| "outlier detection".to_owned()));
    words.extend(mtls.as_ref().map(|mtls| {
        let mode = mtls.istio.as_ref().and_then(|istio| istio.tls_mode);
        mode.map_or_else(|| "mtls".to_owned(), |mode| format!("TLS mode {mode}"))
    }));
    let bare =
        [("csrf", csrf.is_some()), ("rateLimit", rate_limit.is_some()), ("extauth", extauth.is_some())];
    words.extend(bare.into_iter().filter(|(_, is_set)| *is_set).map(|(name, _)| name.to_owned()));
    words
}

fn shift(shift: &TrafficShift) -> String {
    let target = |target: &WeightedDestination| {
        let service = target.kube_service.as_ref().map(|service| {
            let subset = labels(&service.subset);
            let subset = if subset.is_empty() { subset } else { format!(" {subset}") };
            format!("{}/{}/{}{subset}", service.cluster_name, service.namespace, service.name)
        });
        let other = || {
            let virtual_destination = target.virtual_destination.as_ref();
            virtual_destination.map(|it| format!("virtualdestination {}/{}", it.namespace, it.name))
        };
        format!("{} to {}", target.weight, service.or_else(other).unwrap_or_else(|| "?".to_owned()))
    };
    format!("shift {}", shift.destinations.iter().map(target).collect::<Vec<_>>().join(", "))
}

fn fault(fault: &FaultInjection) -> String {
    let delay = fault.fixed_delay.as_ref().map(|delay| format!("delay {delay}"));
    let abort = fault.abort.as_ref().map(|abort| format!("abort with {}", abort.http_status));
    let what: Vec<String> = delay.into_iter().chain(abort).collect();
    format!("{}{}", what.join(" and "), share(fault.percentage))
}

fn copies(mirror: &Mirror) -> String {
    let to = mirror.kube_service.as_ref().map(place).unwrap_or_default();
    format!("mirror to {to}{}", share(mirror.percentage))
}

fn share(percentage: Option<f64>) -> String {
    percentage.map(|percentage| format!(" for {percentage}%")).unwrap_or_default()
}

fn headers(headers: &HeaderManipulation) -> String {
    let added = headers.append_request_headers.len() + headers.append_response_headers.len();
    let removed = headers.remove_request_headers.len() + headers.remove_response_headers.len();
    format!("{added} headers added, {removed} removed")
}

#[cfg(test)]
mod tests {
    use gloo_core::api::Policy;
    use serde_json::json;

    use super::{names, words};

    fn policy(value: serde_json::Value) -> Policy {
        serde_json::from_value(value).unwrap()
    }

    #[test]
    fn settings_in_words() {
        let service =
            json!({ "name": "tea", "namespace": "kitchen", "clusterName": "north", "subset": { "v": "2" } });
        let one = policy(json!({
            "trafficShift": { "destinations": [{ "weight": 90, "kubeService": service }] },
            "requestTimeout": "3s",
            "retries": { "attempts": 2, "perTryTimeout": "1s" },
            "faultInjection": { "fixedDelay": "7s", "percentage": 50 },
            "mtls": { "istio": { "tlsMode": "SIMPLE" } },
        }));
        assert_eq!(
            words(&one),
            [
                "shift 90 to north/kitchen/tea v=2",
                "delay 7s for 50%",
                "timeout 3s",
                "2 retries of 1s",
                "TLS mode SIMPLE",
            ]
        );
        assert_eq!(names(&one), "faultInjection,mtls,requestTimeout,retries,trafficShift");
        assert_eq!(
            words(&policy(json!({ "csrf": {}, "outlierDetection": {} }))),
            ["outlier detection", "csrf"]
        );
    }
}
