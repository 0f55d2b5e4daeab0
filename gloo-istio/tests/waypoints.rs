//! A namespace can name a waypoint for all services in it; what a service says itself counts more.
#![expect(clippy::expect_used, reason = "a test stops where something is missing")]

use std::collections::BTreeMap;

use gloo_core::discover::{Discovery, Options};
use gloo_core::snapshot::Change;
use gloo_istio::Istio;
use serde_json::{Value, json};

const NAME: &str = "istio.io/use-waypoint";
const NAMESPACE: &str = "istio.io/use-waypoint-namespace";

fn put(discovery: &mut Discovery<'_>, object: Value) -> usize {
    discovery.update(Change::read(Some("north"), object).expect("an object of a cluster")).len()
}

fn namespace(labels: &Value) -> Value {
    json!({ "apiVersion": "v1", "kind": "Namespace", "metadata": { "name": "shop", "labels": labels } })
}

fn service(name: &str, labels: &Value) -> Value {
    json!({
        "apiVersion": "v1", "kind": "Service",
        "metadata": { "name": name, "namespace": "shop", "labels": labels,
            "annotations": { "discovery.mesh.gloo.solo.io/enabled": "true" } },
        "spec": { "selector": { "app": name }, "ports": [{ "port": 80 }] },
    })
}

/// A control plane, and services that say different things about waypoints.
fn cluster() -> Discovery<'static> {
    let mut discovery = Discovery::new(Options::new("gloo-mesh"), &[&Istio]);
    let container =
        json!({ "name": "discovery", "image": "docker.io/istio/pilot:1.29.2", "args": ["discovery"] });
    let template =
        json!({ "metadata": { "labels": { "app": "istiod" } }, "spec": { "containers": [container] } });
    let istiod = json!({
        "apiVersion": "apps/v1", "kind": "Deployment",
        "metadata": { "name": "istiod", "namespace": "istio-system" },
        "spec": { "selector": { "matchLabels": { "app": "istiod" } }, "template": template },
    });
    put(&mut discovery, istiod);
    put(&mut discovery, service("plain", &json!({ "team": "a" })));
    put(&mut discovery, service("own", &json!({ NAME: "mine" })));
    put(&mut discovery, service("without", &json!({ NAME: "none" })));
    put(&mut discovery, service("half", &json!({ NAMESPACE: "elsewhere" })));
    discovery
}

/// The waypoint that each destination names, with its namespace.
fn waypoints(discovery: &Discovery<'_>) -> BTreeMap<String, (String, String)> {
    let named = discovery.destinations().map(|destination| {
        let service = destination.spec.kube_service.as_ref().expect("a service");
        let label = |key| service.labels.get(key).map(ToString::to_string).unwrap_or_default();
        let name = service.reference.as_ref().map(|it| it.name.to_string()).unwrap_or_default();
        (name, (label(NAME), label(NAMESPACE)))
    });
    named.collect()
}

fn expected(all: [(&str, (&str, &str)); 4]) -> BTreeMap<String, (String, String)> {
    all.into_iter().map(|(name, (one, two))| (name.to_owned(), (one.to_owned(), two.to_owned()))).collect()
}

#[test]
fn services_take_the_waypoint_of_their_namespace() {
    let mut discovery = cluster();
    let alone = expected([
        ("plain", ("", "")),
        ("own", ("mine", "")),
        ("without", ("none", "")),
        ("half", ("", "elsewhere")),
    ]);
    assert_eq!(waypoints(&discovery), alone);
    // Labels are taken while the cluster runs, too, and of those services only that say nothing themselves.
    let changed =
        put(&mut discovery, namespace(&json!({ NAME: "waypoint", NAMESPACE: "infra", "team": "b" })));
    let inherited = expected([
        ("plain", ("waypoint", "infra")),
        ("own", ("mine", "")),
        ("without", ("none", "")),
        ("half", ("waypoint", "infra")),
    ]);
    assert_eq!((waypoints(&discovery), changed), (inherited, 2));
    let team =
        discovery.destinations().filter_map(|it| it.spec.kube_service.as_ref()?.labels.get("team").cloned());
    assert_eq!(team.map(|team| team.to_string()).collect::<Vec<_>>(), ["a"], "other labels stay apart");
    // A waypoint of one's own namespace leaves no trace of another one.
    put(&mut discovery, namespace(&json!({ NAME: "waypoint" })));
    assert_eq!(waypoints(&discovery).get("half"), Some(&("waypoint".to_owned(), String::new())));
    put(&mut discovery, namespace(&json!({})));
    assert_eq!(waypoints(&discovery), alone);
}
