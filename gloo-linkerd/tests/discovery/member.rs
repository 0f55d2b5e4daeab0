//! Which pods take part, in which way, and in which mesh.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::support::{
    North, anchor, annotated, app, config, controller, fact, labelled, mesh_facts, meshed, pod, service,
    values,
};

#[test]
fn a_proxy_counts_whichever_sort_of_container_it_is() {
    let labels = || json!({ "app": "app", "linkerd.io/control-plane-ns": "linkerd" });
    let with = |containers: Value, init: Value| {
        let template = json!({
            "metadata": { "labels": labels() },
            "spec": { "containers": containers, "initContainers": init },
        });
        let written =
            controller("Deployment", "shop", "app", &json!({ "metadata": { "labels": { "app": "app" } } }));
        let pod = pod("Deployment", "shop", "app", &template);
        North::new([anchor("linkerd"), written].into_iter().chain(pod)).planes().len()
    };
    assert_eq!(
        with(json!([{ "name": "app" }]), json!([{ "name": "linkerd-proxy", "restartPolicy": "Always" }])),
        1
    );
    assert_eq!(with(json!([{ "name": "app" }]), json!([{ "name": "linkerd-proxy" }])), 1);
    assert_eq!(
        with(json!([{ "name": "linkerd-proxy" }, { "name": "app" }]), json!([{ "name": "linkerd-init" }])),
        1
    );
    // Helpers are no proxies, and the label alone is only a claim.
    assert_eq!(with(json!([{ "name": "my-linkerd-proxy" }]), json!([{ "name": "linkerd-init" }])), 0);
    assert_eq!(with(json!([{ "name": "app" }]), json!([{ "name": "linkerd-network-validator" }])), 0);
}

#[test]
fn pods_say_which_of_several_control_planes_is_theirs() {
    let mut objects = vec![anchor("linkerd"), anchor("linkerd-canary"), values("linkerd")];
    objects.push(config("linkerd-canary", json!({ "values": "identityTrustDomain: canary.acme" })));
    objects.extend(app("a", Some("linkerd")));
    objects.extend(app("b", Some("linkerd-canary")));
    // What pods do not say, or say wrongly, leads to the first.
    objects.extend(app("c", None));
    objects.extend(app("d", Some("gone")));
    let gateway = |name: &str, plane: &str| {
        let identity = format!("gw.{name}.serviceaccount.identity.{plane}.root.acme");
        let annotations = json!({
            "mirror.linkerd.io/multicluster-gateway": "true",
            "mirror.linkerd.io/gateway-identity": identity,
        });
        annotated(service(name, "gw", json!({})), annotations)
    };
    objects.extend([gateway("mc-a", "linkerd-canary"), gateway("mc-b", "linkerd")]);
    let versions = [("a", "edge-26.1.3"), ("b", "edge-26.8.1")];
    for object in &mut objects {
        for (namespace, version) in versions {
            if object["kind"] == "Pod" && object["metadata"]["namespace"] == namespace {
                object["metadata"]["annotations"] = json!({ "linkerd.io/proxy-version": version });
            }
        }
    }
    let mut north = North::new(objects);

    let (first, canary) = ("linkerd-destination-linkerd-north", "linkerd-destination-linkerd-canary-north");
    assert_eq!(north.meshes(), BTreeSet::from([first, canary]));
    let facts: BTreeMap<&str, [String; 3]> = north
        .0
        .meshes()
        .map(|mesh| {
            let facts = mesh_facts(mesh);
            let name = mesh.metadata.name.as_deref().unwrap_or_default();
            (name, ["trust-domain", "gateway", "proxy-version"].map(|key| facts[key].to_owned()))
        })
        .collect();
    assert_eq!(facts[first], ["root.acme", "mc-b/gw", "edge-26.1.3"]);
    assert_eq!(facts[canary], ["canary.acme", "mc-a/gw", "edge-26.8.1"]);
    let places = north.places();
    assert_eq!(places[0], ("app-a-north-deployment", first));
    assert_eq!(places[1], ("app-b-north-deployment", canary));
    assert_eq!(places[2].1, places[3].1, "both are at the same mesh: {places:?}");

    north.remove(anchor("linkerd"));
    assert!(north.places().iter().all(|(_, mesh)| *mesh == canary), "the only one takes all");
}

#[test]
fn a_proxy_without_a_control_plane_is_noted() {
    let north = North::new(app("shop", Some("linkerd")));
    assert!(north.workloads().is_empty());
    let expected =
        "pods have a proxy of linkerd, and no control plane of it is in the cluster [SidecarWithoutMesh]";
    assert!(north.notes_about("").contains(&expected.to_owned()), "{:?}", north.notes());
}

#[test]
fn parts_of_the_control_plane_are_no_workloads() {
    let mut identity = json!({
        "metadata": { "labels": {
            "linkerd.io/control-plane-component": "identity", "linkerd.io/control-plane-ns": "linkerd",
        } },
        "spec": { "containers": [{ "name": "identity" }, { "name": "linkerd-proxy" }] },
    });
    let mut north =
        North::new([anchor("linkerd"), controller("Deployment", "linkerd", "linkerd-identity", &identity)]);
    let part = ["it is a part of the control plane [PartOfMesh]"];
    assert_eq!(north.notes_about("Deployment linkerd/linkerd-identity"), part, "its template has the proxy");
    for object in pod("Deployment", "linkerd", "linkerd-identity", &identity) {
        north.put(object);
    }
    assert_eq!(north.notes_about("Deployment linkerd/linkerd-identity"), part);
    let selector = json!({ "linkerd.io/control-plane-component": "identity" });
    let asking = json!({ "discovery.mesh.gloo.solo.io/enabled": "true" });
    let service = service("linkerd", "linkerd-identity", json!({ "selector": selector }));
    north.put(annotated(labelled(service, selector), asking));
    assert_eq!(north.notes_about("Service linkerd/linkerd-identity"), part, "even if it asks");
    assert!(north.workloads().is_empty() && north.destinations().is_empty());

    // A gateway that carries the label is a part, too: traffic rules would break the mesh.
    identity["metadata"]["annotations"] = json!({ "config.linkerd.io/enable-gateway": "true" });
    for object in pod("Deployment", "linkerd", "linkerd-identity", &identity) {
        north.put(object);
    }
    assert!(north.workloads().is_empty());
}

#[test]
fn extensions_are_workloads_that_say_so() {
    let labels = json!({ "component": "web", "linkerd.io/extension": "viz" });
    let mut running = labels.clone();
    running["linkerd.io/control-plane-ns"] = json!("linkerd");
    let mut objects = vec![anchor("linkerd")];
    objects.push(controller(
        "Deployment",
        "linkerd-viz",
        "web",
        &json!({ "metadata": { "labels": labels } }),
    ));
    objects.extend(pod("Deployment", "linkerd-viz", "web", &meshed(running, Value::Null)));
    objects.extend(app("shop", Some("linkerd")));
    let north = North::new(objects);
    let workloads = north.workloads();
    let told: Vec<(&str, &str)> = workloads
        .iter()
        .map(|(name, it)| (*name, fact(it.metadata.annotations.as_ref(), "infrastructure")))
        .collect();
    assert_eq!(told, [("app-shop-north-deployment", ""), ("web-linkerd-viz-north-deployment", "viz")]);
}
