//! Who gets a proxy when pods are made, and what is said where pods have none.

use serde_json::{Value, json};

use crate::support::{North, anchor, app, controller, idle, labelled, namespace, pod, service};

#[test]
fn without_pods_annotations_say_who_gets_a_proxy() {
    let inject = |value: &str| json!({ "linkerd.io/inject": value });
    let is_found = |space: Value, template: Value| {
        let north = North::new([anchor("linkerd"), namespace("shop", space), idle(template)]);
        let planes: Vec<String> = north.planes().iter().map(|(_, plane)| (*plane).to_owned()).collect();
        planes == ["sidecar"]
    };
    let silent = || Value::Null;
    assert!(!is_found(silent(), silent()));
    assert!(is_found(silent(), inject("enabled")));
    assert!(is_found(silent(), inject("ingress")));
    assert!(is_found(inject("enabled"), silent()));
    assert!(is_found(inject("ingress"), silent()));
    assert!(is_found(inject("enabled"), inject("")));
    assert!(is_found(inject("disabled"), inject("enabled")));
    assert!(!is_found(inject("enabled"), inject("disabled")));
    assert!(!is_found(inject("disabled"), silent()));
    // The injector refuses what it does not understand.
    assert!(!is_found(inject("enabled"), inject("yes")));
    assert!(!is_found(inject("true"), inject("enabled")));
}

#[test]
fn who_cannot_get_a_proxy_gets_none() {
    let enabled = || json!({ "linkerd.io/inject": "enabled" });
    let mut on_host = idle(enabled());
    on_host["spec"]["template"]["spec"] = json!({ "hostNetwork": true });
    assert!(North::new([anchor("linkerd"), on_host]).workloads().is_empty());

    let out_of_reach =
        labelled(namespace("shop", enabled()), json!({ "config.linkerd.io/admission-webhooks": "disabled" }));
    assert!(North::new([anchor("linkerd"), out_of_reach, idle(enabled())]).workloads().is_empty());

    let system =
        controller("Deployment", "kube-system", "app", &json!({ "metadata": { "annotations": enabled() } }));
    assert!(
        North::new([anchor("linkerd"), namespace("kube-system", json!({})), system]).workloads().is_empty()
    );

    let mut north = North::new([idle(enabled())]);
    assert_eq!(
        north.notes(),
        [
            "north: Deployment shop/app: it has no pods, and nothing says that they would get a proxy [NotInMesh]"
        ],
        "nobody is there who would give it one"
    );
    north.put(anchor("linkerd"));
    assert_eq!(north.planes(), [("app-shop-north-deployment", "sidecar")]);
}

#[test]
fn a_namespace_that_cannot_be_read_is_noted() {
    let mut north = North::new([anchor("linkerd"), idle(Value::Null)]);
    let noted = ["it cannot be read, and it may ask for proxies of Linkerd [RbacMissing]"];
    assert_eq!(north.notes_about("Namespace shop"), noted);
    north.put(idle(json!({ "linkerd.io/inject": "enabled" })));
    assert_eq!(north.notes_about("Namespace shop"), Vec::<String>::new(), "nobody needs to know it");
    assert_eq!(north.planes(), [("app-shop-north-deployment", "sidecar")]);
}

#[test]
fn pods_without_a_proxy_that_should_have_one_are_noted() {
    let inject = json!({ "linkerd.io/inject": "enabled" });
    let template =
        json!({ "metadata": { "labels": { "app": "app" } }, "spec": { "containers": [{ "name": "app" }] } });
    let mut objects = vec![anchor("linkerd"), namespace("shop", inject), idle(Value::Null)];
    objects.extend(pod("Deployment", "shop", "app", &template));
    let north = North::new(objects);
    assert!(north.workloads().is_empty());
    assert_eq!(
        north.notes_about("Deployment shop/app"),
        ["its pods have no proxy of linkerd yet; they get one when they are made anew [InjectionPending]"]
    );
}

#[test]
fn whoever_says_no_is_let_go_when_its_pods_are_gone() {
    let mut objects = vec![
        anchor("linkerd"),
        namespace("shop", json!({})),
        service("shop", "app", json!({ "selector": { "app": "app" } })),
    ];
    objects.extend(app("shop", Some("linkerd")));
    let mut north = North::new(objects);
    let pod = app("shop", Some("linkerd")).remove(2);
    north.remove(pod.clone());
    assert_eq!(north.planes().len(), 1, "its pods are away, and it stays");
    assert_eq!(north.destinations().len(), 1);
    north.put(idle(json!({ "linkerd.io/inject": "disabled" })));
    assert!(north.workloads().is_empty() && north.destinations().is_empty());
    north.put(pod);
    assert_eq!(north.planes().len(), 1, "what runs counts");
}
