//! TrafficPolicies: of ten, seven name one service, two a namespace of a cluster, one a team in every cluster.

use serde_json::{Value, json};

use super::{Service, Size, with};

/// What a policy selects, how many of its sort come before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sort {
    /// One service by reference.
    Reference(usize),
    /// One namespace of one cluster.
    Namespace(usize),
    /// One team.
    Team(usize),
}

/// The sort of policy `j`.
pub(super) fn sort(j: usize) -> Sort {
    let (tens, m) = (j / 10, j % 10);
    match m {
        0..7 => Sort::Reference(tens * 7 + m),
        7 | 8 => Sort::Namespace(tens * 2 + m - 7),
        _ => Sort::Team(tens),
    }
}

pub(super) fn policy(size: Size, j: usize) -> Value {
    let spec = match sort(j) {
        Sort::Reference(i) => reference(size, i),
        Sort::Namespace(i) => namespace(size, i),
        Sort::Team(i) => team(size, i),
    };
    super::object("networking.mesh.gloo.solo.io/v1", "TrafficPolicy", &format!("tp-{j:05}"), spec)
}

fn reference(size: Size, i: usize) -> Value {
    let c = (i / 10 + i) % size.clusters;
    let federated = matches!(i % 10, 0..=3 | 8);
    let k = if federated { i / 10 * 10 % size.services } else { (7 * i + 3) % size.services };
    let here = Service { c, k };
    let there = Service { c: (c + 1) % size.clusters, k };
    let mut spec = with(json!({}), "destinationSelector", here.selector());
    let policy = match i % 10 {
        0..=3 => {
            json!({ "trafficShift": { "destinations": [share(80, here, "v1"), share(20, there, "v2")] } })
        }
        4 | 5 => json!({ "requestTimeout": "5s", "retries": retries(2, "1s") }),
        6 => {
            let chaos = json!([{ "headers": [{ "name": "x-chaos", "value": "on" }] }]);
            spec = with(spec, "httpRequestMatchers", chaos);
            json!({ "faultInjection": { "abort": { "httpStatus": 503 }, "percentage": 10 } })
        }
        7 => {
            let version = json!({ "uri": { "prefix": "/v1" }, "method": "GET" });
            let matchers = json!([version, { "uri": { "exact": "/healthz" } }]);
            spec = with(spec, "httpRequestMatchers", matchers);
            let headers = json!({
                "appendRequestHeaders": { "x-route": "v1" }, "removeResponseHeaders": ["server"],
            });
            json!({ "headerManipulation": headers })
        }
        8 => json!({ "mirror": { "kubeService": there.reference(), "port": 8080, "percentage": 5 } }),
        _ => outlier(7, "10s", "60s"),
    };
    with(spec, "policy", policy)
}

fn namespace(size: Size, i: usize) -> Value {
    let c = i % size.clusters;
    let n = i / size.clusters % size.namespaces();
    let policy = match i % 4 {
        0 => json!({ "retries": retries(3, "2s") }),
        1 => outlier(5, "5s", "30s"),
        2 => json!({ "requestTimeout": "15s" }),
        _ => {
            json!({ "headerManipulation": { "appendResponseHeaders": { "x-served-by": super::cluster(c) } } })
        }
    };
    json!({ "destinationSelector": super::namespace_selector(n, c), "policy": policy })
}

fn team(size: Size, i: usize) -> Value {
    let mut spec = with(json!({}), "destinationSelector", super::team_selector(i % size.teams()));
    let policy = match i % 4 {
        0 => {
            let cors = json!({
                "allowOrigins": [{ "exact": "https://app.example" }, { "prefix": "https://dev-" }],
                "allowMethods": ["GET", "POST"],
                "maxAge": "600s",
            });
            json!({ "corsPolicy": cors })
        }
        1 => json!({ "mtls": { "istio": { "tlsMode": "ISTIO_MUTUAL" } } }),
        2 => {
            let source = json!({ "namespaces": [super::namespace(0)], "labels": { "team": super::team(0) } });
            spec = with(spec, "sourceSelector", json!([{ "kubeWorkloadMatcher": source }]));
            json!({ "requestTimeout": "1s" })
        }
        _ => {
            let matchers = json!([{ "uri": { "prefix": "/api/" }, "method": "GET" }]);
            spec = with(spec, "httpRequestMatchers", matchers);
            json!({ "requestTimeout": "3s" })
        }
    };
    with(spec, "policy", policy)
}

fn share(weight: u32, to: Service, version: &str) -> Value {
    let service = with(to.reference(), "subset", json!({ "version": version }));
    let service = with(service, "port", json!(8080));
    json!({ "weight": weight, "kubeService": service })
}

fn retries(attempts: u32, timeout: &str) -> Value {
    json!({ "attempts": attempts, "perTryTimeout": timeout })
}

fn outlier(errors: u32, interval: &str, ejection: &str) -> Value {
    let outlier = json!({ "consecutiveErrors": errors, "interval": interval, "baseEjectionTime": ejection });
    json!({ "outlierDetection": outlier })
}
