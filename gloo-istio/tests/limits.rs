//! Istio's limits on the size of one object, where a case of the corpus would be mostly repetition.

use std::fmt::Write as _;

use gloo_core::snapshot::Options;
use gloo_core::translate;
use gloo_fixtures::render;
use gloo_istio::Istio;

/// More policies than Istio takes rules in one object become several objects.
#[test]
fn rules_beyond_512_continue_in_another_object() {
    let mut world = "\
apiVersion: discovery.mesh.gloo.solo.io/v1
kind: Mesh
metadata: {name: mesh, namespace: gloo-mesh}
spec: {istio: {installation: {namespace: istio-system, cluster: c1}, trustDomain: td1}}
---
apiVersion: discovery.mesh.gloo.solo.io/v1
kind: Destination
metadata: {name: orders-shop-c1, namespace: gloo-mesh}
spec:
  kubeService: {ref: {name: orders, namespace: shop, clusterName: c1}, workloadSelectorLabels: {app: orders}}
  mesh: {name: mesh, namespace: gloo-mesh}
---
apiVersion: networking.mesh.gloo.solo.io/v1
kind: AccessPolicyList
items:
"
    .to_owned();
    for number in 0..513 {
        let _ = writeln!(
            world,
            "- {{metadata: {{name: p{number:03}, namespace: gloo-mesh}}, \
             spec: {{sourceSelector: [{{kubeIdentityMatcher: {{namespaces: [n{number}]}}}}]}}}}"
        );
    }
    let translation = translate(&gloo_fixtures::load_texts(Options::default(), &[world]), &[&Istio]);
    let rules: Vec<(String, usize)> = render::objects(&translation)
        .iter()
        .map(|object| {
            let rules = object.pointer("/spec/rules").and_then(serde_json::Value::as_array);
            let name = object.pointer("/metadata/name").and_then(serde_json::Value::as_str);
            (name.expect("an object has a name").to_owned(), rules.expect("a policy has rules").len())
        })
        .collect();
    assert_eq!(rules, [("orders".to_owned(), 512), ("orders-1".to_owned(), 1)]);
}
