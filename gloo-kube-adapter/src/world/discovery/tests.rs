//! What discovery makes of a world, with a mesh that is easy to find.

use std::collections::BTreeSet;

use gloo_core::api::{IstioMesh, MeshInstallation, MeshSpec};
use gloo_core::discover::resource::{ConfigMap, Controller, Pod, Service};
use gloo_core::discover::{
    Claim, Detector, Diagnostics, FoundMesh, Intent, Member, MeshIdentity, Options, Plane, View,
};
use gloo_core::id::{InputKind, InputRef};
use gloo_core::snapshot::{self, OnDuplicate, Snapshot, SnapshotBuilder};
use serde_json::{Value, json};

use super::{Discovered, Source, discover};

/// A mesh whose control plane is the Deployment `plane`; whoever has a container `proxy` takes part.
#[derive(Debug)]
struct Toy;

impl Detector for Toy {
    fn name(&self) -> &'static str {
        "toy"
    }

    fn reads_controller(&self, controller: &Controller) -> bool {
        *controller.id.name.name == *"plane"
    }

    fn reads_config_map(&self, _: &ConfigMap) -> bool {
        false
    }

    fn meshes(&self, cluster: View<'_>, _: &mut Diagnostics) -> Vec<FoundMesh> {
        let found = cluster.control_planes().map(|controller| {
            let name = &controller.id.name;
            let installation = MeshInstallation {
                namespace: name.namespace.clone(),
                cluster: cluster.name().clone(),
                ..MeshInstallation::default()
            };
            let istio = IstioMesh { installation: Some(installation), ..IstioMesh::default() };
            FoundMesh {
                source: name.clone(),
                annotations: controller.annotations.clone(),
                facts: vec![("revision", "toy".into())],
                spec: MeshSpec { istio: Some(istio), ..MeshSpec::default() },
                identity: MeshIdentity { is_default: true, ..MeshIdentity::default() },
            }
        });
        found.collect()
    }

    fn member(&self, pod: &Pod) -> Option<Member> {
        let takes_part = pod.template.containers.iter().any(|container| *container.name == *"proxy");
        takes_part.then(|| Member { plane: Plane::Sidecar, claim: Claim::default(), proxy: None })
    }

    fn intent(&self, _: View<'_>, _: &Controller, _: &mut Diagnostics) -> Intent {
        Intent::Unsaid
    }

    fn hides(&self, _: &Service) -> Option<&'static str> {
        None
    }
}

fn object(api_version: &str, kind: &str, namespace: &str, name: &str, spec: Value) -> Value {
    json!({
        "apiVersion": api_version,
        "kind": kind,
        "metadata": { "name": name, "namespace": namespace },
        "spec": spec,
    })
}

/// A control plane, and a workload `cart` behind a service.
fn cluster() -> Vec<Value> {
    let app = json!({ "app": "cart" });
    let deployment = |namespace, name, labels: &Value| {
        let template = json!({ "metadata": { "labels": labels }, "spec": { "containers": [] } });
        let spec = json!({ "selector": { "matchLabels": labels }, "template": template });
        object("apps/v1", "Deployment", namespace, name, spec)
    };
    let set = json!({
        "apiVersion": "apps/v1",
        "kind": "ReplicaSet",
        "metadata": {
            "name": "cart-1",
            "namespace": "shop",
            "ownerReferences": [{ "apiVersion": "apps/v1", "kind": "Deployment", "name": "cart", "uid": "1", "controller": true }],
        },
    });
    let pod = json!({
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": "cart-1-a",
            "namespace": "shop",
            "labels": app,
            "ownerReferences": [{ "apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "cart-1", "uid": "2", "controller": true }],
        },
        "spec": { "containers": [{ "name": "cart" }, { "name": "proxy" }] },
        "status": { "phase": "Running", "podIP": "10.0.0.1" },
    });
    vec![
        deployment("mesh", "plane", &json!({ "app": "plane" })),
        deployment("shop", "cart", &app),
        set,
        pod,
        object("v1", "Service", "shop", "cart", json!({ "selector": app, "ports": [{ "port": 80 }] })),
        object("v1", "Service", "shop", "lost", json!({ "ports": [{ "port": 80 }] })),
        object("example.com/v1", "Widget", "shop", "cart", json!({ "any": true })),
    ]
}

fn run(documents: &[(&str, Value)], ignored: &[&str]) -> (Snapshot, Discovered) {
    let mut builder = SnapshotBuilder::new("gloo-mesh", snapshot::Options::default());
    let mut written: BTreeSet<InputRef> = BTreeSet::new();
    for (cluster, document) in documents {
        let text = |pointer| document.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
        let kind = InputKind::ALL.into_iter().find(|kind| kind.kind() == text("/kind"));
        let input = kind.map(|it| InputRef::new(it, text("/metadata/namespace"), text("/metadata/name")));
        written.extend(input.filter(|_| cluster.is_empty()));
        builder.add(Some(cluster), document.clone(), OnDuplicate::Refuse).unwrap();
    }
    let mut snapshot = builder.build();
    let ignored_namespaces = ignored.iter().map(|namespace| (*namespace).into()).collect();
    let options = Options { ignored_namespaces, ..Options::new("gloo-mesh") };
    let is_written = |input: &InputRef| written.contains(input);
    let discovered = discover(&mut snapshot, options, &[&Toy], &is_written, Vec::new());
    (snapshot, discovered)
}

fn in_clusters(names: &[&'static str]) -> Vec<(&'static str, Value)> {
    names.iter().flat_map(|name| cluster().into_iter().map(|document| (*name, document))).collect()
}

fn counts(snapshot: &Snapshot) -> (usize, usize, usize) {
    (snapshot.meshes.len(), snapshot.workloads.len(), snapshot.destinations.len())
}

fn told(discovered: &Discovered) -> Vec<String> {
    let notices = discovered.notices.iter();
    notices.map(|it| format!("{} {} {}", it.cluster, it.object, it.code)).collect()
}

#[test]
fn what_is_found_takes_the_place_of_the_objects() {
    let (snapshot, discovered) = run(&in_clusters(&["east", "west"]), &[]);
    assert_eq!(counts(&snapshot), (2, 2, 2));
    let rest: Vec<&str> = snapshot.raw.keys().map(|id| &*id.kind).collect();
    assert_eq!(rest, ["Widget", "Widget"]);
    let clusters: Vec<_> =
        discovered.clusters.iter().map(|(name, it)| (&**name, it.objects, it.source)).collect();
    assert_eq!(clusters, [("east", 6, Source::Found), ("west", 6, Source::Found)]);
    let told = told(&discovered);
    assert!(told.contains(&"east Service shop/lost NoWorkload".to_owned()), "{told:?}");
    assert!(discovered.is_used() && discovered.notices.iter().all(|it| discovered.concerns(it)));
    let mesh = discovered.meshes.first().unwrap();
    assert_eq!(mesh.metadata.labels.as_ref().unwrap()["cluster.discovery.mesh.gloo.solo.io"], "east");
}

#[test]
fn nothing_is_found_in_ignored_namespaces() {
    let (snapshot, discovered) = run(&in_clusters(&["east"]), &["shop"]);
    assert_eq!(counts(&snapshot), (1, 0, 0));
    assert!(told(&discovered).contains(&"east Service shop/cart OptedOut".to_owned()));
}

#[test]
fn what_is_given_counts() {
    let reference = json!({ "name": "cart", "namespace": "shop", "clusterName": "east" });
    let spec = json!({ "kubeService": { "ref": reference } });
    let given = object("discovery.mesh.gloo.solo.io/v1", "Destination", "gloo-mesh", "cart-shop-east", spec);
    let mut documents = in_clusters(&["east", "west"]);
    documents.push(("", given));
    let (snapshot, discovered) = run(&documents, &[]);
    assert_eq!(counts(&snapshot), (1, 1, 2));
    let sources: Vec<Source> = discovered.clusters.values().map(|it| it.source).collect();
    assert_eq!(sources, [Source::Given, Source::Found]);
    let notice = discovered.notices.iter().find(|it| it.code == "DiscoveryDiffers").unwrap();
    let expected = "what is given counts, and differs from what is found (found and not given: \
        mesh gloo-mesh/plane-mesh-east, workload gloo-mesh/cart-shop-east-deployment; \
        found with another content: destination gloo-mesh/cart-shop-east)";
    assert_eq!((&*notice.cluster, notice.message.as_str()), ("east", expected));
    let concerning = discovered.notices.iter().filter(|it| discovered.concerns(it));
    let east: Vec<&str> = concerning.filter(|it| *it.cluster == *"east").map(|it| it.code.as_str()).collect();
    assert_eq!(east, ["DiscoveryDiffers"]);
}

#[test]
fn what_is_given_as_it_is_found_is_no_difference() {
    let (_, found) = run(&in_clusters(&["east"]), &[]);
    let mut documents = in_clusters(&["east"]);
    let value = |object: Value| ("", object);
    documents.extend(found.meshes.iter().map(|it| value(serde_json::to_value(&**it).unwrap())));
    documents.extend(found.workloads.iter().map(|it| value(serde_json::to_value(&**it).unwrap())));
    documents.extend(found.destinations.iter().map(|it| value(serde_json::to_value(&**it).unwrap())));
    let (snapshot, discovered) = run(&documents, &[]);
    assert_eq!(counts(&snapshot), (1, 1, 1));
    assert!(!discovered.is_used());
    assert_eq!(told(&discovered).iter().find(|it| it.contains("DiscoveryDiffers")), None);
}

#[test]
fn a_few_objects_of_a_cluster_are_not_compared() {
    let reference = json!({ "name": "cart", "namespace": "shop", "clusterName": "east" });
    let given = object(
        "discovery.mesh.gloo.solo.io/v1",
        "Destination",
        "gloo-mesh",
        "cart",
        json!({ "kubeService": { "ref": reference } }),
    );
    let service = object("v1", "Service", "shop", "cart", json!({ "ports": [{ "port": 80 }] }));
    let (_, discovered) = run(&[("", given), ("east", service)], &[]);
    assert_eq!(told(&discovered).first().map(String::as_str), Some("east  NothingFound"));
}

#[test]
fn an_object_of_a_name_that_is_taken_is_left_out() {
    let external = json!({ "externalService": { "name": "cart", "hosts": ["cart.example"] } });
    let taken =
        object("discovery.mesh.gloo.solo.io/v1", "Destination", "gloo-mesh", "cart-shop-east", external);
    let mut documents = in_clusters(&["east"]);
    documents.push(("", taken));
    let (snapshot, discovered) = run(&documents, &[]);
    assert_eq!(counts(&snapshot), (1, 1, 1));
    let destination = snapshot.destinations.values().next().unwrap();
    assert!(destination.spec.external_service.is_some());
    let expected = "east Destination gloo-mesh/cart-shop-east ForeignObject".to_owned();
    assert!(told(&discovered).contains(&expected), "{:?}", told(&discovered));
}

#[test]
fn a_world_without_clusters_is_left_alone() {
    let service = object("v1", "Service", "shop", "cart", json!({}));
    let (snapshot, discovered) = run(&[("", service)], &[]);
    assert_eq!((snapshot.raw.len(), discovered.clusters.len()), (1, 0));
}
