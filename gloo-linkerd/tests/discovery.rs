//! Objects of clusters go in; meshes, workloads and destinations come out.
#![expect(clippy::expect_used, clippy::indexing_slicing, reason = "a test stops where something is missing")]

use std::collections::{BTreeMap, BTreeSet};

use gloo_core::api::{Destination, LinkerdMesh, Mesh, MeshInstallation, ServiceType, Workload};
use gloo_core::discover::{Detector, Discovery, Options};
use gloo_core::snapshot::{Change, Key};
use gloo_linkerd::Linkerd;
use serde_json::{Value, json};

const DETECTORS: [&dyn Detector; 1] = [&Linkerd];
const ROOT: &str = "9f2c7a3b1d4e5f60718293a4b5c6d7e8f9a0b1c2d3e4f5061728394a5b6c7de1";
const FACT: &str = "discovery.mesh.gloo.solo.io/";

/// What is found in the cluster `north`.
struct North(Discovery<'static>);

impl North {
    fn new(objects: impl IntoIterator<Item = Value>) -> Self {
        let mut north = Self(Discovery::new(Options::new("gloo-mesh"), &DETECTORS));
        for object in objects {
            north.put(object);
        }
        north
    }

    fn put(&mut self, object: Value) {
        self.0.update(Change::read(Some("north"), object).expect("an object of a cluster"));
    }

    fn remove(&mut self, object: Value) {
        let changes = Change::read(Some("north"), object).expect("an object of a cluster");
        let keys: Vec<Key> = changes.iter().map(|change| change.key().clone()).collect();
        self.0.update(keys.into_iter().map(Change::remove));
    }

    fn mesh(&self) -> &Mesh {
        let mut meshes = self.0.meshes();
        let mesh = meshes.next().expect("a mesh");
        assert!(meshes.next().is_none(), "one mesh");
        mesh
    }

    fn linkerd(&self) -> &LinkerdMesh {
        self.mesh().spec.linkerd.as_ref().expect("a mesh of Linkerd")
    }

    fn installation(&self) -> &MeshInstallation {
        self.linkerd().installation.as_ref().expect("an installation")
    }

    fn version(&self) -> &str {
        &self.installation().version
    }

    fn meshes(&self) -> BTreeSet<&str> {
        self.0.meshes().filter_map(|it| it.metadata.name.as_deref()).collect()
    }

    fn workloads(&self) -> BTreeMap<&str, &Workload> {
        self.0.workloads().filter_map(|it| Some((it.metadata.name.as_deref()?, &**it))).collect()
    }

    /// Names of workloads, with in which way they take part.
    fn planes(&self) -> Vec<(&str, &str)> {
        let all = self.workloads().into_iter();
        all.map(|(name, workload)| (name, fact(workload.metadata.annotations.as_ref(), "data-plane")))
            .collect()
    }

    /// Names of workloads, with their meshes.
    fn places(&self) -> Vec<(&str, &str)> {
        let all = self.workloads().into_iter();
        all.map(|(name, it)| (name, it.spec.mesh.as_ref().map_or("", |mesh| &*mesh.name))).collect()
    }

    fn destinations(&self) -> BTreeMap<&str, &Destination> {
        self.0.destinations().filter_map(|it| Some((it.metadata.name.as_deref()?, &**it))).collect()
    }

    fn notes(&self) -> Vec<String> {
        self.0.diagnostics().map(|it| it.to_string()).collect()
    }

    /// Remarks about one object.
    fn notes_about(&self, object: &str) -> Vec<String> {
        let about = self.0.diagnostics().filter(|it| it.object == object);
        about.map(|it| format!("{} [{}]", it.message, it.code)).collect()
    }
}

fn fact<'a>(annotations: Option<&'a BTreeMap<String, String>>, key: &str) -> &'a str {
    annotations.and_then(|all| all.get(&format!("{FACT}{key}"))).map_or("", String::as_str)
}

fn mesh_facts(mesh: &Mesh) -> BTreeMap<&str, &str> {
    let all = mesh.metadata.annotations.iter().flatten();
    all.filter_map(|(key, value)| Some((key.strip_prefix(FACT)?, value.as_str()))).collect()
}

/// The two objects that stand between a controller and the pod that it made.
fn pod(kind: &str, namespace: &str, name: &str, template: &Value) -> Vec<Value> {
    let mut pod = json!({
        "apiVersion": "v1", "kind": "Pod",
        "metadata": { "name": format!("{name}-0"), "namespace": namespace,
            "ownerReferences": [{ "controller": true, "kind": kind, "name": name, "apiVersion": "apps/v1", "uid": "" }] },
        "spec": template["spec"],
        "status": { "phase": "Running" },
    });
    for key in ["labels", "annotations"] {
        pod["metadata"][key] = template["metadata"][key].clone();
    }
    if kind != "Deployment" {
        return vec![pod];
    }
    pod["metadata"]["ownerReferences"][0]["kind"] = json!("ReplicaSet");
    let set = json!({
        "apiVersion": "apps/v1", "kind": "ReplicaSet",
        "metadata": { "name": name, "namespace": namespace,
            "ownerReferences": [{ "controller": true, "kind": kind, "name": name, "apiVersion": "apps/v1", "uid": "" }] },
    });
    vec![set, pod]
}

fn controller(kind: &str, namespace: &str, name: &str, template: &Value) -> Value {
    json!({
        "apiVersion": "apps/v1", "kind": kind,
        "metadata": { "name": name, "namespace": namespace },
        "spec": { "selector": { "matchLabels": template["metadata"]["labels"] }, "template": template },
    })
}

fn service(namespace: &str, name: &str, spec: Value) -> Value {
    json!({
        "apiVersion": "v1", "kind": "Service",
        "metadata": { "name": name, "namespace": namespace },
        "spec": spec,
    })
}

fn labelled(mut object: Value, labels: Value) -> Value {
    object["metadata"]["labels"] = labels;
    object
}

fn annotated(mut object: Value, annotations: Value) -> Value {
    object["metadata"]["annotations"] = annotations;
    object
}

fn namespace(name: &str, annotations: Value) -> Value {
    annotated(json!({ "apiVersion": "v1", "kind": "Namespace", "metadata": { "name": name } }), annotations)
}

fn config(namespace: &str, data: Value) -> Value {
    json!({
        "apiVersion": "v1", "kind": "ConfigMap",
        "metadata": { "name": "linkerd-config", "namespace": namespace },
        "data": data,
    })
}

/// A control plane in `namespace`.
fn anchor(namespace: &str) -> Value {
    let labels = json!({
        "linkerd.io/control-plane-component": "destination",
        "linkerd.io/control-plane-ns": namespace,
        "linkerd.io/proxy-deployment": "linkerd-destination",
    });
    let template = json!({
        "metadata": { "labels": labels, "annotations": { "linkerd.io/trust-root-sha256": ROOT } },
        "spec": {
            "containers": [
                { "name": "destination", "image": "cr.l5d.io/linkerd/controller:edge-26.1.3", "args": ["destination"] },
                { "name": "sp-validator", "image": "cr.l5d.io/linkerd/controller:edge-26.1.3" },
                { "name": "policy", "image": "cr.l5d.io/linkerd/controller:edge-26.1.3" },
            ],
            "initContainers": [{ "name": "linkerd-init" }, { "name": "linkerd-proxy", "restartPolicy": "Always" }],
        },
    });
    let labels = json!({
        "linkerd.io/control-plane-component": "destination",
        "app.kubernetes.io/version": "edge-26.1.3",
    });
    labelled(controller("Deployment", namespace, "linkerd-destination", &template), labels)
}

fn values(namespace: &str) -> Value {
    let text = "clusterDomain: cluster.local\nidentityTrustDomain: root.acme\nlinkerdVersion: edge-26.1.3\n\
                identity: {issuer: {scheme: kubernetes.io/tls}}\n";
    config(namespace, json!({ "values": text }))
}

/// What pods with a proxy as an init container are made of.
fn meshed(labels: Value, annotations: Value) -> Value {
    json!({
        "metadata": { "labels": labels, "annotations": annotations },
        "spec": {
            "containers": [{ "name": "app" }],
            "initContainers": [{ "name": "linkerd-init" }, { "name": "linkerd-proxy", "restartPolicy": "Always" }],
        },
    })
}

/// A Deployment `app` in `namespace`, with a pod that a control plane in `plane` gave a proxy.
fn app(namespace: &str, plane: Option<&str>) -> Vec<Value> {
    let mut labels = json!({ "app": "app" });
    let written = controller("Deployment", namespace, "app", &json!({ "metadata": { "labels": labels } }));
    if let Some(plane) = plane {
        labels["linkerd.io/control-plane-ns"] = json!(plane);
    }
    let pod = pod("Deployment", namespace, "app", &meshed(labels, Value::Null));
    std::iter::once(written).chain(pod).collect()
}

/// A Deployment `app` in `shop` of which there are no pods.
fn idle(annotations: Value) -> Value {
    let template = json!({ "metadata": { "labels": { "app": "app" }, "annotations": annotations } });
    controller("Deployment", "shop", "app", &template)
}

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
fn every_form_of_the_configuration_is_read() {
    let told = |data: Value| {
        let mut anchor = anchor("linkerd");
        anchor["spec"]["template"]["spec"]["containers"][0]["image"] = json!("controller");
        anchor["metadata"]["labels"] = json!({});
        let north = North::new([anchor, config("linkerd", data)]);
        let facts = mesh_facts(north.mesh());
        let fact = |key: &str| facts.get(key).copied().unwrap_or_default().to_owned();
        assert_eq!(north.notes_about("ConfigMap linkerd/linkerd-config"), Vec::<String>::new());
        (
            north.linkerd().cluster_domain.to_string(),
            fact("trust-domain"),
            north.version().to_owned(),
            fact("issuer-scheme"),
        )
    };
    let is = |domain: &str, trust: &str, version: &str, scheme: &str| {
        (domain.to_owned(), trust.to_owned(), version.to_owned(), scheme.to_owned())
    };

    let now = "clusterDomain: k8s.acme\nidentityTrustDomain: root.acme\nlinkerdVersion: edge-26.1.3\n\
               identity:\n  externalCA: false\n  issuer:\n    scheme: linkerd.io/tls\n    tls:\n      crtPEM: x\n\
               proxy:\n  nativeSidecar: true\n";
    assert_eq!(told(json!({ "values": now })), is("k8s.acme", "root.acme", "edge-26.1.3", "linkerd.io/tls"));

    let of_2_9 = "global:\n  clusterDomain: k8s.acme\n  identityTrustDomain: root.acme\n  linkerdVersion: stable-2.9.5\n\
                  identity: {issuer: {scheme: kubernetes.io/tls}}\n";
    let expected = is("k8s.acme", "root.acme", "stable-2.9.5", "kubernetes.io/tls");
    assert_eq!(told(json!({ "values": of_2_9 })), expected);
    // Both places: what later charts read wins, field by field.
    let both = format!("clusterDomain: new.acme\nidentityTrustDomain: ''\n{of_2_9}");
    let expected = is("new.acme", "root.acme", "stable-2.9.5", "kubernetes.io/tls");
    assert_eq!(told(json!({ "values": both })), expected);

    let of_2_8 = r#"{"linkerdNamespace":"linkerd","cniEnabled":false,"version":"stable-2.8.1","identityContext":
        {"trustDomain":"root.acme","trustAnchorsPem":"x","issuanceLifetime":"86400s","scheme":"linkerd.io/tls"},
        "autoInjectContext":null,"clusterDomain":"k8s.acme"}"#;
    let expected = is("k8s.acme", "root.acme", "stable-2.8.1", "linkerd.io/tls");
    assert_eq!(told(json!({ "global": of_2_8, "proxy": "{}", "install": "{}" })), expected);
    assert_eq!(told(json!({ "values": "", "global": of_2_8 })), expected, "an empty text is none");
    assert_eq!(told(json!({ "values": now, "global": of_2_8 })).0, "k8s.acme");
    assert_eq!(told(json!({ "values": now, "global": of_2_8 })).2, "edge-26.1.3", "the newer form wins");

    let domain_only = "clusterDomain: k8s.acme\nidentityTrustDomain: null\nidentity: null\nglobal: null\n";
    assert_eq!(told(json!({ "values": domain_only })), is("k8s.acme", "k8s.acme", "", ""));
    assert_eq!(told(json!({ "values": "{}" })), is("cluster.local", "cluster.local", "", ""));
}

#[test]
fn without_a_configuration_the_arguments_count() {
    let mut anchor = anchor("linkerd");
    let mut north = North::new([anchor.clone()]);
    assert_eq!(&*north.linkerd().cluster_domain, "cluster.local");
    assert_eq!(mesh_facts(north.mesh())["trust-domain"], "cluster.local");
    assert_eq!(
        north.notes_about("ConfigMap linkerd/linkerd-config"),
        ["it is not there; the arguments of the control plane count [MeshConfigMissing]"]
    );

    let args = |args: Value, anchor: &mut Value| {
        anchor["spec"]["template"]["spec"]["containers"][0]["args"] = args;
        anchor.clone()
    };
    north.put(args(json!(["destination", "-addr=:8086", "-cluster-domain=k8s.acme"]), &mut anchor));
    assert_eq!(&*north.linkerd().cluster_domain, "k8s.acme");
    assert_eq!(mesh_facts(north.mesh())["trust-domain"], "k8s.acme");
    let both = json!(["destination", "--cluster-domain", "k8s.acme", "-identity-trust-domain=root.acme"]);
    north.put(args(both, &mut anchor));
    assert_eq!(&*north.linkerd().cluster_domain, "k8s.acme");
    assert_eq!(mesh_facts(north.mesh())["trust-domain"], "root.acme");

    north.put(config("linkerd", json!({ "values": "clusterDomain: told.acme" })));
    assert_eq!(&*north.linkerd().cluster_domain, "told.acme");
    assert_eq!(north.notes_about("ConfigMap linkerd/linkerd-config"), Vec::<String>::new());
}

#[test]
fn a_broken_configuration_takes_no_mesh_away() {
    let mut north = North::new([anchor("linkerd"), values("linkerd")]);
    let notes = |north: &North| north.notes_about("ConfigMap linkerd/linkerd-config");
    north.put(config("linkerd", json!({ "values": "clusterDomain: [k8s.acme" })));
    assert_eq!(&*north.linkerd().cluster_domain, "cluster.local");
    let told = notes(&north);
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(told[0].starts_with("its entry values cannot be read: "), "{told:?}");
    assert!(told[0].ends_with(" [LinkerdConfigInvalid]"), "{told:?}");

    north.put(config(
        "linkerd",
        json!({ "values": "clusterDomain: {a: b}", "global": "{\"clusterDomain\":\"k8s.acme\"}" }),
    ));
    assert_eq!(&*north.linkerd().cluster_domain, "k8s.acme", "the other form can be read");
    assert_eq!(notes(&north).len(), 1);

    let neither = ["it has neither an entry values nor an entry global [LinkerdConfigInvalid]"];
    north.put(config("linkerd", json!({ "proxy": "{}" })));
    assert_eq!(notes(&north), neither);
    north.put(config("linkerd", json!({ "values": " \n" })));
    assert_eq!(notes(&north), neither);
    north.put(config("linkerd", Value::Null));
    assert_eq!(notes(&north), neither);
    assert_eq!(north.meshes(), BTreeSet::from(["linkerd-destination-linkerd-north"]));

    // A map of the same name elsewhere is somebody else's.
    north.put(config("shop", json!({ "values": "clusterDomain: shop.acme" })));
    assert_eq!(&*north.linkerd().cluster_domain, "cluster.local");
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
