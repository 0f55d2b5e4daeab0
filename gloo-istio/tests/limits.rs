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

/// What is behind a virtual destination in all clusters together can be more than one host takes.
#[test]
fn endpoints_of_a_virtual_destination_end_with_4096() {
    let mut world = "\
apiVersion: networking.mesh.gloo.solo.io/v1
kind: VirtualMesh
metadata: {name: vm, namespace: gloo-mesh}
spec: {meshes: [{name: c1, namespace: gloo-mesh}, {name: c2, namespace: gloo-mesh}], federation: {flatNetwork: true}}
---
apiVersion: networking.enterprise.mesh.gloo.solo.io/v1beta1
kind: VirtualDestination
metadata: {name: orders, namespace: gloo-mesh}
spec:
  hostname: orders.global
  port: {number: 80, protocol: http}
  virtualMesh: {name: vm, namespace: gloo-mesh}
  static:
    destinations:
    - kubeService: {name: orders, namespace: shop, clusterName: c2}
    - kubeService: {name: orders, namespace: shop, clusterName: c1}
"
    .to_owned();
    for number in 1..=2 {
        let _ = write!(
            world,
            "---
apiVersion: discovery.mesh.gloo.solo.io/v1
kind: Mesh
metadata: {{name: c{number}, namespace: gloo-mesh}}
spec: {{istio: {{installation: {{namespace: istio-system, cluster: c{number}, version: 1.30.1}}}}}}
---
apiVersion: discovery.mesh.gloo.solo.io/v1
kind: Destination
metadata: {{name: orders-shop-c{number}, namespace: gloo-mesh}}
spec:
  mesh: {{name: c{number}, namespace: gloo-mesh}}
  kubeService:
    ref: {{name: orders, namespace: shop, clusterName: c{number}}}
    workloadSelectorLabels: {{app: orders}}
    ports: [{{name: http, port: 80, protocol: TCP}}]
    endpointSubsets:
    - ports: [{{name: http, port: 80, protocol: TCP}}]
      endpoints:
"
        );
        for pod in 0..3000 {
            let _ = writeln!(world, "      - {{ipAddress: 10.{number}.{}.{}}}", pod / 250, pod % 250);
        }
    }
    let translation = translate(&gloo_fixtures::load_texts(Options::default(), &[world]), &[&Istio]);
    let objects = render::objects(&translation);
    let entries = objects.iter().filter_map(|object| object.pointer("/spec/endpoints")?.as_array());
    let counts: Vec<(usize, usize)> = entries
        .map(|endpoints| {
            let address = |it: &&serde_json::Value| {
                it.pointer("/address")
                    .and_then(serde_json::Value::as_str)
                    .is_some_and(|it| it.starts_with("10.2."))
            };
            (endpoints.len(), endpoints.iter().filter(address).count())
        })
        .collect();
    // All of the first rank are there, in the clusters of both meshes.
    assert_eq!(counts, [(4096, 3000), (4096, 3000)]);
    let said = translation.report.findings.iter().map(|finding| finding.cause.to_string());
    assert_eq!(said.filter(|text| text.contains("the last 1904 are left out")).count(), 2);
}
