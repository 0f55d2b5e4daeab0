//! The generator follows the recipe: exact objects for some indices, and totals for S = 100.
//!
//! The totals were computed from the recipe by a separate program that shares no code with this project. Run with
//! federation, that program gives the figures known for this world: 8 policies refused on 8 destinations and
//! accepted on 2,062, 3,365 HTTP routes, 56 required subsets, 98,200 workloads of TrafficPolicies and 3,510 of
//! AccessPolicies.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use gloo_core::api::{AccessPolicy, ApprovalState, ApprovalStatus, Kind, TrafficPolicy};
use gloo_core::decode::decode;
use gloo_core::id::InputKind;
use gloo_core::report::Status;
use gloo_core::{Istr, Translation, translate};
use gloo_istio::Istio;
use gloo_istio::wire::VirtualService;
use serde_json::{Value, json};

use super::traffic::{Sort, sort};
use super::{Service, Size, access, discovery, objects, traffic, world};

fn named(size: Size, kind: &str, name: &str) -> Value {
    let is_it = |object: &Value| object["kind"] == kind && object["metadata"]["name"] == name;
    objects(size).find(is_it).unwrap_or_else(|| panic!("{kind} {name}"))
}

fn spec(size: Size, kind: &str, name: &str) -> Value {
    named(size, kind, name)["spec"].take()
}

#[test]
fn a_service_with_two_ports_that_is_federated() {
    // c = 7, k = 260: namespace 260 / 50, team 260 / 10, address 260 / 250 and 260 mod 250 + 1.
    let object = named(Size::FULL, "Destination", "svc-0260-ns-05-c07");
    let expected = json!({
        "apiVersion": "discovery.mesh.gloo.solo.io/v1",
        "kind": "Destination",
        "metadata": {
            "name": "svc-0260-ns-05-c07",
            "namespace": "gloo-mesh",
            "generation": 1,
            "labels": {
                "cluster.discovery.mesh.gloo.solo.io": "c07",
                "owner.discovery.mesh.gloo.solo.io": "gloo-mesh",
            },
        },
        "spec": {
            "mesh": { "name": "istiod-istio-system-c07", "namespace": "gloo-mesh" },
            "kubeService": {
                "ref": { "name": "svc-0260", "namespace": "ns-05", "clusterName": "c07" },
                "workloadSelectorLabels": { "app": "svc-0260" },
                "labels": { "app": "svc-0260", "team": "team-026", "federate": "true" },
                "ports": [
                    { "port": 8080, "name": "http", "protocol": "TCP", "appProtocol": "http", "targetPortNumber": 8080 },
                    { "port": 9090, "name": "grpc", "protocol": "TCP", "appProtocol": "grpc", "targetPortNumber": 9090 },
                ],
                "subsets": { "version": { "values": ["v1", "v2"] } },
                "region": "region-1",
                "endpointSubsets": [{
                    "endpoints": [{
                        "ipAddress": "10.7.1.11",
                        "labels": { "app": "svc-0260", "version": "v1" },
                        "subLocality": { "zone": "zone-a" },
                    }],
                    "ports": [
                        { "port": 8080, "name": "http", "protocol": "TCP", "appProtocol": "http" },
                        { "port": 9090, "name": "grpc", "protocol": "TCP", "appProtocol": "grpc" },
                    ],
                }],
            },
        },
    });
    assert_eq!(object, expected);
}

#[test]
fn a_service_with_one_port_that_is_not_federated() {
    let service = discovery::destination(Service { c: 0, k: 13 })["spec"]["kubeService"].take();
    assert_eq!(service["labels"], json!({ "app": "svc-0013", "team": "team-001" }));
    assert_eq!(service["ports"].as_array().map(Vec::len), Some(1));
}

#[test]
fn workload_mesh_and_gateway() {
    let workload = spec(Size::TENTH, "Workload", "svc-0051-v1-ns-01-c03-deployment");
    let expected = json!({
        "kubernetes": {
            "controller": { "name": "svc-0051-v1", "namespace": "ns-01", "clusterName": "c03" },
            "podLabels": { "app": "svc-0051", "version": "v1", "team": "team-005" },
            "serviceAccountName": "svc-0051",
        },
        "mesh": { "name": "istiod-istio-system-c03", "namespace": "gloo-mesh" },
    });
    assert_eq!(workload, expected);
    let mesh = spec(Size::TENTH, "Mesh", "istiod-istio-system-c05")["istio"].take();
    assert_eq!(mesh["trustDomain"], "td-c05");
    assert_eq!(mesh["installation"]["region"], "region-2");
    let gateway = spec(Size::TENTH, "Destination", "istio-ingressgateway-istio-system-c09");
    let gateway = &gateway["kubeService"];
    assert_eq!(gateway["externalAddresses"], json!([{ "ip": "203.0.113.10" }]));
    assert_eq!(gateway["ports"][1]["targetPortNumber"], 8443);
}

#[test]
fn every_sort_of_traffic_policy_counts_on_its_own() {
    let sorts: Vec<Sort> = [0, 6, 7, 8, 9, 10, 17, 19].into_iter().map(sort).collect();
    let expected = [
        Sort::Reference(0),
        Sort::Reference(6),
        Sort::Namespace(0),
        Sort::Namespace(1),
        Sort::Team(0),
        Sort::Reference(7),
        Sort::Namespace(2),
        Sort::Team(1),
    ];
    assert_eq!(sorts, expected);
}

#[test]
fn a_shift_goes_to_the_next_cluster() {
    // j = 34: i = 3 · 7 + 4 = 25 is of kind 5; j = 30: i = 21 is of kind 1, c = 2 + 21, k = 20.
    let policy = traffic::policy(Size::TENTH, 30)["spec"].take();
    let expected = json!({
        "destinationSelector": [{ "kubeServiceRefs": { "services": [
            { "name": "svc-0020", "namespace": "ns-00", "clusterName": "c03" },
        ] } }],
        "policy": { "trafficShift": { "destinations": [
            { "weight": 80, "kubeService": { "name": "svc-0020", "namespace": "ns-00", "clusterName": "c03",
                "port": 8080, "subset": { "version": "v1" } } },
            { "weight": 20, "kubeService": { "name": "svc-0020", "namespace": "ns-00", "clusterName": "c04",
                "port": 8080, "subset": { "version": "v2" } } },
        ] } },
    });
    assert_eq!(policy, expected);
    let policy = traffic::policy(Size::TENTH, 34)["spec"].take();
    let expected = json!({
        "destinationSelector": [{ "kubeServiceRefs": { "services": [
            { "name": "svc-0078", "namespace": "ns-01", "clusterName": "c07" },
        ] } }],
        "policy": { "requestTimeout": "5s", "retries": { "attempts": 2, "perTryTimeout": "1s" } },
    });
    assert_eq!(policy, expected);
}

#[test]
fn policies_of_a_namespace_and_of_a_team() {
    // j = 88: i = 17; j = 29: i = 2.
    let policy = traffic::policy(Size::TENTH, 88)["spec"].take();
    let expected = json!({
        "destinationSelector": [{ "kubeServiceMatcher": { "namespaces": ["ns-01"], "clusters": ["c07"] } }],
        "policy": { "outlierDetection": {
            "consecutiveErrors": 5, "interval": "5s", "baseEjectionTime": "30s",
        } },
    });
    assert_eq!(policy, expected);
    let policy = traffic::policy(Size::TENTH, 29)["spec"].take();
    let expected = json!({
        "sourceSelector": [{ "kubeWorkloadMatcher": {
            "namespaces": ["ns-00"], "labels": { "team": "team-000" },
        } }],
        "destinationSelector": [{ "kubeServiceMatcher": { "labels": { "team": "team-002" } } }],
        "policy": { "requestTimeout": "1s" },
    });
    assert_eq!(policy, expected);
}

#[test]
fn access_policies_take_turns() {
    let policies: Vec<Value> = (8..12).map(|a| access::policy(Size::TENTH, a)["spec"].take()).collect();
    let account = |k: u32, ns: &str, cl: &str| json!({ "name": format!("svc-{k:04}"), "namespace": ns, "clusterName": cl });
    let expected = [
        json!({
            "sourceSelector": [{ "kubeServiceAccountRefs": { "serviceAccounts": [
                account(6, "ns-00", "c08"), account(7, "ns-00", "c09"),
            ] } }],
            "destinationSelector": [{ "kubeServiceRefs": { "services": [account(5, "ns-00", "c08")] } }],
        }),
        json!({
            "sourceSelector": [{ "kubeIdentityMatcher": { "namespaces": ["ns-00"], "clusters": ["c09", "c00"] } }],
            "destinationSelector": [{ "kubeServiceMatcher": { "namespaces": ["ns-00"], "clusters": ["c09"] } }],
        }),
        json!({
            "sourceSelector": [{ "kubeIdentityMatcher": { "namespaces": ["ns-00"] } }],
            "destinationSelector": [{ "kubeServiceRefs": { "services": [account(31, "ns-00", "c00")] } }],
            "allowedPaths": ["/v1/*", "/healthz"],
            "allowedMethods": ["GET", "HEAD"],
            "allowedPorts": [8080],
        }),
        json!({
            "sourceSelector": [{ "kubeIdentityMatcher": { "clusters": ["c01"] } }],
            "destinationSelector": [{ "kubeServiceMatcher": { "labels": { "team": "team-002" } } }],
        }),
    ];
    assert_eq!(policies, expected);
}

#[test]
fn nothing_of_a_policy_is_left_out_when_read() {
    fn check<K: Kind>(policy: &Value) {
        let decoded = decode::<K>(policy.clone()).unwrap();
        assert_eq!(decoded.unknown, Vec::<String>::new(), "{policy}");
        assert_eq!(serde_json::to_value(&decoded.object).unwrap()["spec"], policy["spec"]);
    }
    (0..100).for_each(|j| check::<TrafficPolicy>(&traffic::policy(Size::TENTH, j)));
    (0..20).for_each(|a| check::<AccessPolicy>(&access::policy(Size::TENTH, a)));
}

#[test]
fn sizes_follow_from_the_recipe() {
    assert_eq!(objects(Size::HUNDREDTH).count(), 245);
    assert_eq!(objects(Size::TENTH).count(), 2_153);
    assert_eq!(objects(Size::FULL).count(), 21_233);
    assert_eq!(Size::times(2), Size { clusters: 10, services: 2_000 });
}

/// Verdicts by state, policies by state, and workloads named or counted.
#[derive(Debug, Default, PartialEq)]
struct Totals {
    pairs: BTreeMap<ApprovalState, usize>,
    policies: BTreeMap<ApprovalState, usize>,
    workloads: usize,
}

impl Totals {
    fn add(&mut self, state: ApprovalState, pairs: &BTreeMap<Istr, ApprovalStatus>, workloads: &[Istr]) {
        *self.policies.entry(state).or_default() += 1;
        self.workloads += number_of(workloads);
        for (key, status) in pairs {
            // Verdicts that do not fit into a status are counted in a last one: `12 more: 12 accepted`.
            let left_out = status.warnings.first().filter(|_| &**key == "+more");
            let count = left_out.map_or(1, |text| first_number(text));
            *self.pairs.entry(status.state).or_default() += count;
        }
    }
}

fn number_of(workloads: &[Istr]) -> usize {
    match workloads.split_last() {
        Some((last, rest)) if last.starts_with('…') => rest.len() + first_number(last),
        _ => workloads.len(),
    }
}

fn first_number(text: &str) -> usize {
    let digits = text.split(|c: char| !c.is_ascii_digit()).find(|part| !part.is_empty());
    digits.and_then(|digits| digits.parse().ok()).unwrap_or_default()
}

/// The world of 2,153 objects, translated once for all tests.
static TENTH: LazyLock<Translation> =
    LazyLock::new(|| translate(&world(Size::TENTH).unwrap().snapshot, &[&Istio]));

#[test]
fn verdicts_on_a_tenth() {
    let Translation { report, .. } = &*TENTH;
    let (mut traffic, mut access, mut required) = (Totals::default(), Totals::default(), 0);
    for (input, status) in &report.statuses {
        match status {
            Status::TrafficPolicy(it) => traffic.add(it.state, &it.destinations, &it.workloads),
            Status::AccessPolicy(it) => access.add(it.state, &it.destinations, &it.workloads),
            Status::Destination(it) => required += it.required_subsets.len(),
            _ => assert_ne!(input.kind, InputKind::TrafficPolicy),
        }
    }
    // Eight conflict with an earlier one at one destination each.
    let expected = [(ApprovalState::Accepted, 92), (ApprovalState::Invalid, 8)];
    assert_eq!(traffic.policies, BTreeMap::from(expected));
    let expected = [(ApprovalState::Accepted, 2_062), (ApprovalState::Invalid, 8)];
    assert_eq!(traffic.pairs, BTreeMap::from(expected));
    assert_eq!(access.policies, BTreeMap::from([(ApprovalState::Accepted, 20)]));
    assert_eq!(access.pairs, BTreeMap::from([(ApprovalState::Accepted, 760)]));
    // Every shift needs subsets in two clusters.
    assert_eq!(required, 56);
    // Only workloads of meshes in which the policy selects something can send it anything.
    assert_eq!((traffic.workloads, access.workloads), (17_200, 1_005));
}

#[test]
fn outputs_of_a_tenth() {
    let Translation { outputs, .. } = &*TENTH;
    let mut kinds: BTreeMap<&str, usize> = BTreeMap::new();
    let mut routes = 0;
    for object in outputs.iter() {
        *kinds.entry(object.id.kind.kind).or_default() += 1;
        let service = object.body.as_any().downcast_ref::<VirtualService>();
        routes += service.map_or(0, |service| service.http.len());
    }
    // Every destination, gateways included, has a DestinationRule with the TLS mode of the settings. A hundred services
    // are seen from nine other clusters, each with a ServiceEntry and a DestinationRule, and mostly with routes; for
    // their gateways each has a ServiceEntry, and a DestinationRule where subsets are used. Each mesh forbids by default and
    // opens its gateway.
    let expected = [
        ("AuthorizationPolicy", 604 + 20),
        ("DestinationRule", 1_010 + 900 + 35),
        ("Gateway", 10),
        ("ServiceEntry", 900 + 100),
        ("VirtualService", 1_809),
    ];
    assert_eq!(kinds, BTreeMap::from(expected));
    assert_eq!(routes, 3_365);
}
