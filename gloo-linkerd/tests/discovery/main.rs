//! Objects of clusters go in; meshes, workloads and destinations come out.
#![expect(clippy::expect_used, clippy::indexing_slicing, reason = "a test stops where something is missing")]

mod config;
mod dumps;
mod injection;
mod member;
mod mesh;
mod support;

use serde_json::json;

use support::{North, anchor, annotated, app, controller, labelled, namespace, service, values};

#[test]
fn copies_of_services_elsewhere_are_no_destinations() {
    // The copies have a selector here, which real ones do not: nothing but the marks hides them.
    let copy = |name: &str| {
        service("shop", name, json!({ "selector": { "app": "app" }, "ports": [{ "port": 80 }] }))
    };
    let mark = |key: &str| json!({ key: "west" });
    let mut objects = vec![anchor("linkerd")];
    objects.extend(app("shop", Some("linkerd")));
    objects.push(labelled(copy("a"), mark("mirror.linkerd.io/mirrored-service")));
    objects.push(labelled(copy("b"), mark("mirror.linkerd.io/mirrored-gateway")));
    objects.push(labelled(copy("c"), mark("multicluster.linkerd.io/remote-discovery")));
    objects.push(annotated(copy("d"), mark("multicluster.linkerd.io/remote-discovery")));
    objects.push(annotated(copy("e"), mark("multicluster.linkerd.io/local-discovery")));
    let asking = json!({ "discovery.mesh.gloo.solo.io/enabled": "true" });
    objects.push(annotated(labelled(copy("f"), mark("mirror.linkerd.io/mirrored-service")), asking));
    // What is exported to other clusters is at home here.
    objects.push(labelled(copy("g"), mark("mirror.linkerd.io/exported")));
    objects.push(labelled(copy("h"), mark("mirror.linkerd.io/federated")));
    let north = North::new(objects);
    let names: Vec<&str> = north.destinations().into_keys().collect();
    assert_eq!(names, ["g-shop-north", "h-shop-north"]);
    let notes = ["a", "b", "c", "d", "e", "f"].map(|name| north.notes_about(&format!("Service shop/{name}")));
    let reasons: Vec<&str> = notes.iter().flatten().map(String::as_str).collect();
    assert_eq!(
        reasons,
        [
            "it is Linkerd's copy of a service elsewhere [PartOfMesh]",
            "it stands for the gateway of another cluster [PartOfMesh]",
            "it is Linkerd's copy of a service elsewhere [PartOfMesh]",
            "it stands for services of several clusters [PartOfMesh]",
            "it stands for services of several clusters [PartOfMesh]",
            "it is Linkerd's copy of a service elsewhere [PartOfMesh]",
        ]
    );
}

#[test]
fn order_of_arrival_does_not_matter() {
    let mut objects = vec![
        anchor("linkerd"),
        values("linkerd"),
        namespace("shop", json!({ "linkerd.io/inject": "enabled" })),
    ];
    objects.extend(app("shop", Some("linkerd")));
    objects.push(service("shop", "app", json!({ "selector": { "app": "app" } })));
    objects.push(controller(
        "StatefulSet",
        "shop",
        "idle",
        &json!({ "metadata": { "labels": { "app": "idle" } } }),
    ));
    let forth = North::new(objects.clone());
    objects.reverse();
    let back = North::new(objects);
    assert_eq!(forth.planes(), back.planes());
    assert_eq!(forth.planes().len(), 2);
    assert_eq!(forth.notes(), back.notes());
    assert!(forth.0.meshes().eq(back.0.meshes()));
    assert!(forth.0.destinations().eq(back.0.destinations()));
}
