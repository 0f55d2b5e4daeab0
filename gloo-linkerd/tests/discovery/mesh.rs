//! What is told of a control plane.

use std::collections::BTreeMap;

use gloo_core::api::ServiceType;
use serde_json::{Value, json};

use crate::support::{
    North, ROOT, anchor, annotated, controller, fact, labelled, mesh_facts, meshed, pod, service, values,
};

/// A control plane, a service of its mesh, a gateway, and a copy of a service of another cluster.
fn installation_with_gateway() -> North {
    let anchor = anchor("linkerd");
    let mut objects = pod("Deployment", "linkerd", "linkerd-destination", &anchor["spec"]["template"]);
    objects.extend([anchor, values("linkerd")]);
    let dst = json!({ "linkerd.io/control-plane-component": "destination" });
    objects.push(labelled(service("linkerd", "linkerd-dst", json!({ "selector": dst })), dst.clone()));
    // Somebody took its label away; what it leads to still is no workload.
    objects.push(service("linkerd", "linkerd-policy", json!({ "selector": dst })));

    let ledger = json!({
        "metadata": { "labels": { "app": "ledger" } },
        "spec": { "serviceAccountName": "ledger" },
    });
    objects.push(controller("StatefulSet", "bank", "ledger", &ledger));
    let labels = json!({ "app": "ledger", "linkerd.io/control-plane-ns": "linkerd" });
    objects.extend(pod("StatefulSet", "bank", "ledger", &meshed(labels, Value::Null)));
    let ports = json!([{ "name": "grpc", "port": 9000, "targetPort": 9000, "protocol": "TCP" }]);
    let spec = json!({ "clusterIP": "None", "selector": { "app": "ledger" }, "ports": ports });
    objects.push(service("bank", "ledger", spec));
    let rates = service("bank", "rates-west", json!({ "ports": [{ "port": 80 }] }));
    let labels =
        json!({ "mirror.linkerd.io/mirrored-service": "true", "mirror.linkerd.io/cluster-name": "west" });
    objects.push(labelled(rates, labels));

    let labels = json!({ "app": "linkerd-gateway", "linkerd.io/extension": "multicluster" });
    let written = json!({ "metadata": { "labels": labels } });
    objects.push(controller("Deployment", "linkerd-multicluster", "linkerd-gateway", &written));
    let template = meshed(labels, json!({ "config.linkerd.io/enable-gateway": "true" }));
    objects.extend(pod("Deployment", "linkerd-multicluster", "linkerd-gateway", &template));
    let mut gateway = service(
        "linkerd-multicluster",
        "linkerd-gateway",
        json!({
            "type": "LoadBalancer",
            "selector": { "app": "linkerd-gateway" },
            "ports": [
                { "name": "mc-gateway", "port": 4143, "targetPort": 4143 },
                { "name": "mc-probe", "port": 4191, "targetPort": 4191 },
            ],
        }),
    );
    gateway["status"] = json!({ "loadBalancer": { "ingress": [{ "ip": "198.51.100.7" }] } });
    let annotations = json!({
        "mirror.linkerd.io/multicluster-gateway": "true",
        "mirror.linkerd.io/gateway-identity": GATEWAY_IDENTITY,
    });
    objects
        .push(annotated(labelled(gateway, json!({ "linkerd.io/extension": "multicluster" })), annotations));
    North::new(objects)
}

const GATEWAY_IDENTITY: &str =
    "linkerd-gateway.linkerd-multicluster.serviceaccount.identity.linkerd.root.acme";

#[test]
fn a_mesh_with_a_gateway_and_a_mirror_is_found() {
    let north = installation_with_gateway();
    let mesh = north.mesh();
    assert_eq!(mesh.metadata.name.as_deref(), Some("linkerd-destination-linkerd-north"));
    let installation = north.installation();
    assert_eq!((&*installation.namespace, &*installation.cluster), ("linkerd", "north"));
    assert_eq!(&*installation.version, "edge-26.1.3");
    let labels: Vec<(&str, &str)> =
        installation.pod_labels.iter().map(|(key, value)| (&**key, &**value)).collect();
    assert_eq!(
        labels,
        [
            ("linkerd.io/control-plane-component", "destination"),
            ("linkerd.io/control-plane-ns", "linkerd"),
            ("linkerd.io/proxy-deployment", "linkerd-destination"),
        ]
    );
    assert_eq!(&*north.linkerd().cluster_domain, "cluster.local");
    assert_eq!(
        mesh_facts(mesh),
        BTreeMap::from([
            ("gateway", "linkerd-multicluster/linkerd-gateway"),
            ("issuer-scheme", "kubernetes.io/tls"),
            ("trust-domain", "root.acme"),
            ("trust-root-sha256", ROOT),
        ])
    );

    assert_eq!(
        north.planes(),
        [
            ("ledger-bank-north-statefulset", "sidecar"),
            ("linkerd-gateway-linkerd-multicluster-north-deployment", "gateway"),
        ]
    );
    let infrastructure: Vec<&str> = north
        .workloads()
        .into_values()
        .map(|workload| fact(workload.metadata.annotations.as_ref(), "infrastructure"))
        .collect();
    assert_eq!(infrastructure, ["", "multicluster"]);

    let destinations = north.destinations();
    let names: Vec<&str> = destinations.keys().copied().collect();
    assert_eq!(names, ["ledger-bank-north", "linkerd-gateway-linkerd-multicluster-north"]);
    let facts = destinations["ledger-bank-north"].metadata.annotations.as_ref();
    assert_eq!(fact(facts, "headless"), "true");
    let gateway = destinations["linkerd-gateway-linkerd-multicluster-north"];
    let told = gateway.spec.kube_service.as_ref().expect("a service");
    assert_eq!(told.service_type, ServiceType::LoadBalancer);
    let addresses: Vec<_> = told.external_addresses.iter().map(|it| it.ip.as_deref()).collect();
    assert_eq!(addresses, [Some("198.51.100.7")]);
    let copied =
        gateway.metadata.annotations.as_ref().and_then(|all| all.get("mirror.linkerd.io/gateway-identity"));
    assert_eq!(copied.map(String::as_str), Some(GATEWAY_IDENTITY));

    assert_eq!(
        north.notes(),
        [
            "north: Deployment linkerd/linkerd-destination: it is a part of the control plane [PartOfMesh]",
            "north: Service bank/ledger: it has neither EndpointSlices nor Endpoints [EndpointsMissing]",
            "north: Service bank/rates-west: it is Linkerd's copy of a service elsewhere [PartOfMesh]",
            "north: Service linkerd-multicluster/linkerd-gateway: it has neither EndpointSlices nor Endpoints \
             [EndpointsMissing]",
            "north: Service linkerd/linkerd-dst: it is a part of the control plane [PartOfMesh]",
            "north: Service linkerd/linkerd-policy: no workload of a mesh stands behind it [NoWorkload]",
        ]
    );
}

#[test]
fn only_the_component_that_proxies_ask_is_a_mesh() {
    let container = |name: &str, arg: &str| json!({ "spec": { "containers": [{ "name": name, "image": "registry.corp/l5d:1", "args": [arg] }] } });
    let named = |kind: &str, name: &str, template: Value| controller(kind, "linkerd", name, &template);
    let component = |component: &str| json!({ "linkerd.io/control-plane-component": component });
    let is_mesh = |object: Value| North::new([object]).0.meshes().next().is_some();

    assert!(is_mesh(named("Deployment", "linkerd-destination", container("destination", ""))));
    assert!(is_mesh(named("Deployment", "linkerd-destination", container("controller", "destination"))));
    let renamed = named("Deployment", "l5d-dst", container("destination", ""));
    assert!(!is_mesh(renamed.clone()));
    assert!(is_mesh(labelled(renamed.clone(), component("destination"))));
    assert!(!is_mesh(labelled(renamed, component("identity"))));
    assert!(!is_mesh(named("Deployment", "linkerd-identity", container("identity", "identity"))));
    assert!(!is_mesh(named("Deployment", "linkerd-destination", container("web", "web"))));
    assert!(!is_mesh(named("StatefulSet", "linkerd-destination", container("destination", ""))));
}

#[test]
fn the_version_is_that_of_the_image_the_label_or_the_configuration() {
    let with = |image: &str| {
        let mut anchor = anchor("linkerd");
        anchor["spec"]["template"]["spec"]["containers"][0]["image"] = json!(image);
        anchor
    };
    let mut north =
        North::new([with("registry.corp:5000/l5d/controller:stable-2.14.10@sha256:ab"), values("linkerd")]);
    assert_eq!(north.version(), "stable-2.14.10");
    north.put(with("registry.corp:5000/l5d/controller@sha256:ab"));
    assert_eq!(north.version(), "sha256:ab");

    let mut unlabelled = with("registry.corp:5000/l5d/controller");
    let mut labelled = unlabelled.clone();
    labelled["metadata"]["labels"]["app.kubernetes.io/version"] = json!("edge-25.4.1");
    north.put(labelled);
    assert_eq!(north.version(), "edge-25.4.1");
    unlabelled["metadata"]["labels"]["app.kubernetes.io/version"] = json!("");
    north.put(unlabelled);
    assert_eq!(north.version(), "edge-26.1.3", "the configuration says so");
    assert_eq!(north.notes_about("Deployment linkerd/linkerd-destination").len(), 1, "it has no pods");
    north.remove(values("linkerd"));
    assert_eq!(north.version(), "", "nobody says it, and the mesh is there all the same");

    north.put(with("l5d:1:2"));
    assert_eq!(north.version(), "edge-26.1.3", "the label says so");
    let notes = north.notes_about("Deployment linkerd/linkerd-destination");
    assert!(
        notes.contains(&"image l5d:1:2: not a reference of an image [ImageUnparsable]".to_owned()),
        "{notes:?}"
    );
}

#[test]
fn the_digest_of_no_certificates_is_none() {
    let mut anchor = anchor("linkerd");
    let nothing = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    anchor["spec"]["template"]["metadata"]["annotations"]["linkerd.io/trust-root-sha256"] = json!(nothing);
    let north = North::new([anchor, values("linkerd")]);
    assert_eq!(mesh_facts(north.mesh()).get("trust-root-sha256"), None);
}

#[test]
fn the_region_is_that_of_most_nodes() {
    let node = |name: &str, region: &str| {
        let node = json!({ "apiVersion": "v1", "kind": "Node", "metadata": { "name": name } });
        labelled(node, json!({ "topology.kubernetes.io/region": region }))
    };
    let north = North::new([anchor("linkerd"), node("a", "eu-1"), node("b", "eu-2"), node("c", "eu-2")]);
    assert_eq!(&*north.installation().region, "eu-2");
}

#[test]
fn the_proxy_version_is_the_highest_that_workloads_have() {
    let version = |version: &str| json!({ "linkerd.io/proxy-version": version });
    let mut anchor = anchor("linkerd");
    anchor["spec"]["template"]["metadata"]["annotations"]["linkerd.io/proxy-version"] = json!("edge-26.1.3");
    let own = pod("Deployment", "linkerd", "linkerd-destination", &anchor["spec"]["template"]);
    let mut north = North::new(own.into_iter().chain([anchor]));
    let told = |north: &North| mesh_facts(north.mesh())["proxy-version"].to_owned();
    assert_eq!(told(&north), "edge-26.1.3", "nobody else has one");

    let labels = json!({ "linkerd.io/control-plane-ns": "linkerd" });
    let workload =
        |name: &str, at: &str| pod("StatefulSet", "shop", name, &meshed(labels.clone(), version(at)));
    let nine = workload("a", "edge-25.9.4");
    for object in nine.clone() {
        north.put(object);
    }
    assert_eq!(told(&north), "edge-25.9.4", "the control plane is ahead of its proxies");
    for object in workload("b", "edge-25.10.1") {
        north.put(object);
    }
    assert_eq!(told(&north), "edge-25.10.1", "ten is more than nine");
    for object in workload("b", "") {
        north.put(object);
    }
    assert_eq!(told(&north), "edge-25.9.4");
    for object in nine {
        north.remove(object);
    }
    assert_eq!(told(&north), "edge-26.1.3");
}

#[test]
fn the_gateway_is_the_first_service_that_is_one() {
    let told =
        |north: &North| mesh_facts(north.mesh()).get("gateway").copied().unwrap_or_default().to_owned();
    let ports = json!({ "ports": [{ "name": "mc-gateway", "port": 4143 }] });
    let extension = json!({ "linkerd.io/extension": "multicluster" });
    let mut north = North::new([anchor("linkerd")]);
    north.put(service("z", "port-only", ports.clone()));
    north.put(labelled(service("a", "label-only", json!({})), extension.clone()));
    let mirrored =
        json!({ "linkerd.io/extension": "multicluster", "mirror.linkerd.io/mirrored-gateway": "true" });
    north.put(labelled(service("a", "probe-west", ports.clone()), mirrored));
    assert_eq!(told(&north), "");
    north.put(labelled(service("y", "both", ports), extension));
    assert_eq!(told(&north), "y/both");
    let annotation = |value: &str| json!({ "mirror.linkerd.io/multicluster-gateway": value });
    north.put(annotated(service("x", "named", json!({})), annotation("false")));
    assert_eq!(told(&north), "y/both");
    north.put(annotated(service("x", "named", json!({})), annotation("true")));
    assert_eq!(told(&north), "x/named");
}
