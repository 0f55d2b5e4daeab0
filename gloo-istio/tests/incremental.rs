//! After any sequence of edits, a translation that was kept up to date is the translation of the whole world.
#![expect(clippy::expect_used, reason = "a world that cannot be built must stop the test")]

use std::collections::BTreeMap;

use gloo_core::id::InputRef;
use gloo_core::report::Status;
use gloo_core::snapshot::{Change, Options, Strictness, UserConfigMode};
use gloo_core::{Delta, Translation, Translator, translate};
use gloo_fixtures::arbitrary;
use gloo_fixtures::arbitrary::edit::{Documents, edit};
use gloo_fixtures::world::{difference, snapshot, text};
use gloo_istio::Istio;
use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::json;

/// 200 worlds with up to 20 edits each; more if the environment asks for them (`just soak`).
fn config() -> ProptestConfig {
    let config = ProptestConfig::default();
    if std::env::var_os("PROPTEST_CASES").is_some() {
        config
    } else {
        ProptestConfig { cases: 200, ..config }
    }
}

fn options() -> impl Strategy<Value = Options> {
    let strictness = any::<bool>().prop_map(|it| if it { Strictness::Reject } else { Strictness::Warn });
    let user_config =
        prop_oneof![Just(UserConfigMode::Off), Just(UserConfigMode::Warn), Just(UserConfigMode::Reject)];
    (strictness, user_config, any::<bool>()).prop_map(|(unsupported_fields, user_config, default_route)| {
        Options { unsupported_fields, user_config, default_route }
    })
}

/// A delta leads from one translation to the next, and says nothing that is not so.
fn check_delta(before: &Translation, delta: &Delta, after: &Translation) -> Result<(), TestCaseError> {
    prop_assert_eq!(&delta.outputs.apply(&before.outputs), &after.outputs);
    prop_assert!(delta.outputs.create.iter().all(|it| before.outputs.find(&it.id).is_none()));
    prop_assert!(delta.outputs.update.iter().all(|it| it.from != it.to));
    let mut statuses: BTreeMap<InputRef, Status> = before.report.statuses.clone();
    for (input, status) in &delta.statuses {
        prop_assert_ne!(before.report.statuses.get(input), status.as_ref(), "{} did not change", input);
        match status {
            Some(status) => statuses.insert(input.clone(), status.clone()),
            None => statuses.remove(input),
        };
    }
    prop_assert_eq!(&statuses, &after.report.statuses);
    Ok(())
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn edits_yield_what_a_translation_of_the_whole_yields(
        documents in arbitrary::any_world(),
        options in options(),
        edits in vec(edit(), 1..20),
    ) {
        let mut translator = Translator::new(snapshot(&documents, options), &[&Istio]);
        let mut documents = Documents::new(documents);
        let mut before = translator.translation();
        for edit in &edits {
            let changes = documents.apply(edit, &before).expect("documents are objects");
            let delta = translator.update(changes);
            let after = translator.translation();
            let whole = translate(translator.snapshot(), &[&Istio]);
            let difference = difference(&text(&after), &text(&whole));
            prop_assert!(difference.is_empty(), "after {:?}: {:#?}", edit, difference);
            check_delta(&before, &delta, &after)?;
            before = after;
        }
    }
}

/// Found by fuzzing: users' objects were not read again.
#[test]
fn a_domain_that_becomes_known_changes_what_short_names_mean() {
    let documents = [
        json!({
            "apiVersion": "discovery.mesh.gloo.solo.io/v1",
            "kind": "Mesh",
            "metadata": {"name": "mesh-c1", "namespace": "gloo-mesh"},
            "spec": {"istio": {"installation": {"namespace": "istio-system", "cluster": "c1"}}},
        }),
        json!({
            "apiVersion": "discovery.mesh.gloo.solo.io/v1",
            "kind": "Destination",
            "metadata": {"name": "s-a-c1", "namespace": "gloo-mesh"},
            "spec": {
                "kubeService": {
                    "ref": {"name": "s", "namespace": "a", "clusterName": "c1"},
                    "workloadSelectorLabels": {"app": "s"},
                    "ports": [{"port": 80, "name": "http", "protocol": "TCP"}],
                },
                "mesh": {"name": "mesh-c1", "namespace": "gloo-mesh"},
            },
        }),
        arbitrary::traffic_policy(
            0,
            json!({
                "destinationSelector": [{"kubeServiceMatcher": {"namespaces": ["a"]}}],
                "policy": {"requestTimeout": "1s"},
            }),
        ),
        json!({
            "apiVersion": "networking.istio.io/v1",
            "kind": "VirtualService",
            "metadata": {
                "name": "theirs",
                "namespace": "a",
                "annotations": {"cluster.solo.io/cluster": "c1"},
            },
            "spec": {"hosts": ["s"], "http": [{"route": [{"destination": {"host": "s"}}]}]},
        }),
    ];
    let cluster = json!({
        "apiVersion": "multicluster.solo.io/v1alpha1",
        "kind": "KubernetesCluster",
        "metadata": {"name": "c1", "namespace": "gloo-mesh"},
        "spec": {"clusterDomain": "prod.example"},
    });
    let options = Options { user_config: UserConfigMode::Reject, ..Options::default() };
    let mut translator = Translator::new(snapshot(&documents, options), &[&Istio]);
    translator.update(Change::read(None, cluster).expect("a cluster is an object"));
    let kept = text(&translator.translation());
    assert!(kept.iter().any(|line| line.contains("virtualservice a/theirs")), "{kept:#?}");
    assert_eq!(kept, text(&translate(translator.snapshot(), &[&Istio])));
}

/// An Istio mesh of a cluster.
fn mesh(name: &str, cluster: &str) -> serde_json::Value {
    json!({
        "apiVersion": "discovery.mesh.gloo.solo.io/v1",
        "kind": "Mesh",
        "metadata": {"name": name, "namespace": "gloo-mesh"},
        "spec": {"istio": {"installation": {"namespace": "istio-system", "cluster": cluster}}},
    })
}

/// A service of a cluster that takes traffic from other clusters, if it has addresses.
fn service(
    destination: &str,
    (name, cluster, mesh): (&str, &str, &str),
    address: Option<&str>,
) -> serde_json::Value {
    let selector = if address.is_some() { "ingressgateway" } else { "no" };
    json!({
        "apiVersion": "discovery.mesh.gloo.solo.io/v1",
        "kind": "Destination",
        "metadata": {"name": destination, "namespace": "gloo-mesh"},
        "spec": {
            "kubeService": {
                "ref": {"name": name, "namespace": "a", "clusterName": cluster},
                "workloadSelectorLabels": {"istio": selector},
                "serviceType": "LOAD_BALANCER",
                "ports": [{"port": 80, "name": "http", "protocol": "TCP"}, {"port": 15443, "name": "tls", "protocol": "TCP"}],
                "externalAddresses": address.map(|ip| json!({"ip": ip})).into_iter().collect::<Vec<_>>(),
            },
            "mesh": {"name": mesh, "namespace": "gloo-mesh"},
        },
    })
}

/// A virtual mesh of meshes that shows everything.
fn virtual_mesh(meshes: &[&str], more: serde_json::Value) -> serde_json::Value {
    let meshes: Vec<_> = meshes.iter().map(|name| json!({"name": name, "namespace": "gloo-mesh"})).collect();
    json!({
        "apiVersion": "networking.mesh.gloo.solo.io/v1",
        "kind": "VirtualMesh",
        "metadata": {"name": "vm", "namespace": "gloo-mesh", "generation": 1},
        "spec": {"meshes": meshes, "federation": {"selectors": [{}], "ingressGatewaySelectors": more}},
    })
}

/// Makes edits one by one; the result is that of the whole.
fn check(documents: &[serde_json::Value], edits: Vec<serde_json::Value>) {
    let mut translator = Translator::new(snapshot(documents, Options::default()), &[&Istio]);
    for edit in edits {
        translator.update(Change::read(None, edit).expect("an edit is an object"));
        let whole = translate(translator.snapshot(), &[&Istio]);
        let difference = difference(&text(&translator.translation()), &text(&whole));
        assert!(difference.is_empty(), "{difference:#?}");
    }
}

/// What is said about clients of several meshes does not depend on which mesh came first.
#[test]
fn meshes_that_arrive_in_another_order_are_told_of_in_the_order_of_keys() {
    let documents = [
        mesh("mesh-c0", "c0"),
        service("gw-c0", ("gw", "c0", "mesh-c0"), Some("192.0.2.1")),
        service("s-c0", ("s", "c0", "mesh-c0"), None),
        arbitrary::traffic_policy(
            0,
            json!({
                "destinationSelector": [{"kubeServiceMatcher": {"namespaces": ["a"]}}],
                "policy": {"outlierDetection": {"consecutiveErrors": 3}},
            }),
        ),
    ];
    let vm = virtual_mesh(&["mesh-c0", "mesh-c2", "mesh-c1"], json!([]));
    check(&documents, vec![vm, mesh("mesh-c2", "c2"), mesh("mesh-c1", "c1")]);
}

/// Of several destinations for one service the first is the one that references mean, in whatever mesh it is.
#[test]
fn another_destination_for_the_service_of_a_gateway_takes_its_place() {
    let documents = [
        mesh("mesh-c1", "c1"),
        mesh("mesh-c2", "c2"),
        service("gw-c1", ("gw", "c1", "mesh-c1"), Some("192.0.2.1")),
        service("s-c1", ("s", "c1", "mesh-c1"), None),
        virtual_mesh(
            &["mesh-c1", "mesh-c2"],
            json!([{"destinationSelectors": [{"kubeServiceRefs": {"services": [
                {"name": "gw", "namespace": "a", "clusterName": "c1"},
            ]}}]}]),
        ),
    ];
    check(&documents, vec![service("a-first", ("gw", "c1", "mesh-c2"), Some("192.0.2.1"))]);
}

/// Who holds a mesh is in its status, which is no other text of it; its neighbors ask.
#[test]
fn a_mesh_that_another_virtual_mesh_holds_leaves_its_neighbors() {
    let one = virtual_mesh(&["mesh-c1", "mesh-c2"], json!([]));
    let mut other = one.clone();
    other["metadata"]["name"] = "vn".into();
    let documents = [
        mesh("mesh-c1", "c1"),
        mesh("mesh-c2", "c2"),
        service("gw-c1", ("gw", "c1", "mesh-c1"), Some("192.0.2.1")),
        service("s-c1", ("s", "c1", "mesh-c1"), None),
        one,
        other,
    ];
    let mut held = mesh("mesh-c2", "c2");
    held["status"] = json!({"appliedVirtualMesh": {"ref": {"name": "vn", "namespace": "gloo-mesh"}}});
    check(&documents, vec![held, mesh("mesh-c2", "c2")]);
}

/// A gateway of an earlier run need not look like one, so nothing but its name says that it is back.
#[test]
fn a_gateway_of_an_earlier_run_that_comes_back_is_one_again() {
    let mut home = mesh("mesh-c1", "c1");
    home["status"] = json!({"appliedEastWestIngressGateways": [{
        "destinationRef": {"name": "late", "namespace": "gloo-mesh"},
        "externalAddresses": ["192.0.2.1"],
        "port": 80,
        "externalPort": 80,
    }]});
    let documents = [
        home,
        mesh("mesh-c2", "c2"),
        service("s-c1", ("s", "c1", "mesh-c1"), None),
        virtual_mesh(&["mesh-c1", "mesh-c2"], json!([])),
    ];
    check(&documents, vec![service("late", ("gw", "c1", "mesh-c1"), None)]);
}

/// The host name of a virtual destination is that of a service as soon as names in its cluster end like that.
#[test]
fn a_domain_that_becomes_known_takes_a_host_name_from_a_virtual_destination() {
    let documents = [
        mesh("mesh-c1", "c1"),
        mesh("mesh-c2", "c2"),
        service("s-c1", ("s", "c1", "mesh-c1"), None),
        service("gw-c2", ("gw", "c2", "mesh-c2"), Some("192.0.2.2")),
        service("s-c2", ("s", "c2", "mesh-c2"), None),
        virtual_mesh(&["mesh-c1", "mesh-c2"], json!([])),
        json!({
            "apiVersion": "networking.enterprise.mesh.gloo.solo.io/v1beta1",
            "kind": "VirtualDestination",
            "metadata": {"name": "v", "namespace": "gloo-mesh", "generation": 1},
            "spec": {
                "hostname": "s.a.svc.prod.example",
                "port": {"number": 80, "protocol": "http"},
                "static": {"destinations": [
                    {"kubeService": {"name": "s", "namespace": "a", "clusterName": "c2"}},
                ]},
                "virtualMesh": {"name": "vm", "namespace": "gloo-mesh"},
            },
        }),
    ];
    let cluster = json!({
        "apiVersion": "multicluster.solo.io/v1alpha1",
        "kind": "KubernetesCluster",
        "metadata": {"name": "c1", "namespace": "gloo-mesh"},
        "spec": {"clusterDomain": "prod.example"},
    });
    check(&documents, vec![cluster]);
}

/// What the routes of one service need can change how those of another must call what they need.
#[test]
fn a_subset_whose_name_another_wants_is_called_otherwise_by_all() {
    let shift = |index, from: &str, subset: serde_json::Value| {
        let service = |name: &str| json!({"name": name, "namespace": "a", "clusterName": "c1"});
        let mut target = service("t");
        target["subset"] = subset;
        target["port"] = 80.into();
        arbitrary::traffic_policy(
            index,
            json!({
                "destinationSelector": [{"kubeServiceRefs": {"services": [service(from)]}}],
                "policy": {"trafficShift": {"destinations": [{"kubeService": target, "weight": 100}]}},
            }),
        )
    };
    let documents = [
        mesh("mesh-c1", "c1"),
        service("s-c1", ("s", "c1", "mesh-c1"), None),
        service("t-c1", ("t", "c1", "mesh-c1"), None),
        service("u-c1", ("u", "c1", "mesh-c1"), None),
        shift(0, "u", json!({"a": "b-c"})),
    ];
    let edits = vec![shift(1, "s", json!({"a-b": "c"})), shift(1, "s", json!({"version": "v1"}))];
    check(&documents, edits);
}

/// Of several that want one host name the oldest has it, and the others are told so.
#[test]
fn the_oldest_has_a_host_name_that_three_want() {
    let virtual_destination = |name: &str| {
        json!({
            "apiVersion": "networking.enterprise.mesh.gloo.solo.io/v1beta1",
            "kind": "VirtualDestination",
            "metadata": {"name": name, "namespace": "gloo-mesh", "generation": 1},
            "spec": {
                "hostname": "s.global",
                "port": {"number": 80, "protocol": "http"},
                "localized": {"destinationSelectors": [{"kubeServiceMatcher": {"namespaces": ["a"]}}]},
                "meshList": {"meshes": [{"name": "mesh-c1", "namespace": "gloo-mesh"}]},
            },
        })
    };
    let documents = [mesh("mesh-c1", "c1"), service("s-c1", ("s", "c1", "mesh-c1"), None)];
    check(&documents, ["y", "x", "z"].map(virtual_destination).into());
}

/// While a text is refused, its annotations hold for the earlier one that stays in force.
#[test]
fn annotations_count_for_an_earlier_text() {
    let good = virtual_mesh(&["mesh-c1", "mesh-c2"], json!([]));
    let applied = json!({
        "ref": {"name": "vm", "namespace": "gloo-mesh"},
        "observedGeneration": 1,
        "spec": good["spec"],
    });
    let mut meshes = [mesh("mesh-c1", "c1"), mesh("mesh-c2", "c2")];
    for mesh in &mut meshes {
        mesh["status"] = json!({"appliedVirtualMesh": applied});
    }
    let mut refused = good;
    refused["metadata"]["generation"] = 2.into();
    refused["spec"]["federation"]["hostnameSuffix"] = "Bad_Suffix".into();
    let mut annotated = refused.clone();
    annotated["metadata"]["annotations"] = json!({"networking.mesh.gloo.solo.io/secure-naming": "true"});
    let documents = [
        service("gw-c1", ("gw", "c1", "mesh-c1"), Some("192.0.2.1")),
        service("s-c1", ("s", "c1", "mesh-c1"), None),
        refused,
    ];
    let documents: Vec<serde_json::Value> = meshes.into_iter().chain(documents).collect();
    check(&documents, vec![annotated]);
}
