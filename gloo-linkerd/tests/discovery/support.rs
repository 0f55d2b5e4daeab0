//! Objects of a cluster `north`, and what is found in it.

use std::collections::{BTreeMap, BTreeSet};

use gloo_core::api::{Destination, LinkerdMesh, Mesh, MeshInstallation, Workload};
use gloo_core::discover::{Detector, Discovery, Options};
use gloo_core::snapshot::{Change, Key};
use gloo_linkerd::Linkerd;
use serde_json::{Value, json};

pub(crate) const DETECTORS: [&dyn Detector; 1] = [&Linkerd];
pub(crate) const ROOT: &str = "9f2c7a3b1d4e5f60718293a4b5c6d7e8f9a0b1c2d3e4f5061728394a5b6c7de1";
pub(crate) const FACT: &str = "discovery.mesh.gloo.solo.io/";

/// What is found in the cluster `north`.
pub(crate) struct North(pub(crate) Discovery<'static>);

impl North {
    pub(crate) fn new(objects: impl IntoIterator<Item = Value>) -> Self {
        let mut north = Self(Discovery::new(Options::new("gloo-mesh"), &DETECTORS));
        for object in objects {
            north.put(object);
        }
        north
    }

    pub(crate) fn put(&mut self, object: Value) {
        self.0.update(Change::read(Some("north"), object).expect("an object of a cluster"));
    }

    pub(crate) fn remove(&mut self, object: Value) {
        let changes = Change::read(Some("north"), object).expect("an object of a cluster");
        let keys: Vec<Key> = changes.iter().map(|change| change.key().clone()).collect();
        self.0.update(keys.into_iter().map(Change::remove));
    }

    pub(crate) fn mesh(&self) -> &Mesh {
        let mut meshes = self.0.meshes();
        let mesh = meshes.next().expect("a mesh");
        assert!(meshes.next().is_none(), "one mesh");
        mesh
    }

    pub(crate) fn linkerd(&self) -> &LinkerdMesh {
        self.mesh().spec.linkerd.as_ref().expect("a mesh of Linkerd")
    }

    pub(crate) fn installation(&self) -> &MeshInstallation {
        self.linkerd().installation.as_ref().expect("an installation")
    }

    pub(crate) fn version(&self) -> &str {
        &self.installation().version
    }

    pub(crate) fn meshes(&self) -> BTreeSet<&str> {
        self.0.meshes().filter_map(|it| it.metadata.name.as_deref()).collect()
    }

    pub(crate) fn workloads(&self) -> BTreeMap<&str, &Workload> {
        self.0.workloads().filter_map(|it| Some((it.metadata.name.as_deref()?, &**it))).collect()
    }

    /// Names of workloads, with in which way they take part.
    pub(crate) fn planes(&self) -> Vec<(&str, &str)> {
        let all = self.workloads().into_iter();
        all.map(|(name, workload)| (name, fact(workload.metadata.annotations.as_ref(), "data-plane")))
            .collect()
    }

    /// Names of workloads, with their meshes.
    pub(crate) fn places(&self) -> Vec<(&str, &str)> {
        let all = self.workloads().into_iter();
        all.map(|(name, it)| (name, it.spec.mesh.as_ref().map_or("", |mesh| &*mesh.name))).collect()
    }

    pub(crate) fn destinations(&self) -> BTreeMap<&str, &Destination> {
        self.0.destinations().filter_map(|it| Some((it.metadata.name.as_deref()?, &**it))).collect()
    }

    /// Remarks about objects. Whole kinds that a test has no use for are not told.
    pub(crate) fn notes(&self) -> Vec<String> {
        let about = self.0.diagnostics().filter(|it| !it.object.is_empty());
        about.map(|it| it.to_string()).collect()
    }

    /// Remarks about one object.
    pub(crate) fn notes_about(&self, object: &str) -> Vec<String> {
        let about = self.0.diagnostics().filter(|it| it.object == object);
        about.map(|it| format!("{} [{}]", it.message, it.code)).collect()
    }
}

pub(crate) fn fact<'a>(annotations: Option<&'a BTreeMap<String, String>>, key: &str) -> &'a str {
    annotations.and_then(|all| all.get(&format!("{FACT}{key}"))).map_or("", String::as_str)
}

pub(crate) fn mesh_facts(mesh: &Mesh) -> BTreeMap<&str, &str> {
    let all = mesh.metadata.annotations.iter().flatten();
    all.filter_map(|(key, value)| Some((key.strip_prefix(FACT)?, value.as_str()))).collect()
}

/// The two objects that stand between a controller and the pod that it made.
pub(crate) fn pod(kind: &str, namespace: &str, name: &str, template: &Value) -> Vec<Value> {
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

pub(crate) fn controller(kind: &str, namespace: &str, name: &str, template: &Value) -> Value {
    json!({
        "apiVersion": "apps/v1", "kind": kind,
        "metadata": { "name": name, "namespace": namespace },
        "spec": { "selector": { "matchLabels": template["metadata"]["labels"] }, "template": template },
    })
}

pub(crate) fn service(namespace: &str, name: &str, spec: Value) -> Value {
    json!({
        "apiVersion": "v1", "kind": "Service",
        "metadata": { "name": name, "namespace": namespace },
        "spec": spec,
    })
}

pub(crate) fn labelled(mut object: Value, labels: Value) -> Value {
    object["metadata"]["labels"] = labels;
    object
}

pub(crate) fn annotated(mut object: Value, annotations: Value) -> Value {
    object["metadata"]["annotations"] = annotations;
    object
}

pub(crate) fn namespace(name: &str, annotations: Value) -> Value {
    annotated(json!({ "apiVersion": "v1", "kind": "Namespace", "metadata": { "name": name } }), annotations)
}

pub(crate) fn config(namespace: &str, data: Value) -> Value {
    json!({
        "apiVersion": "v1", "kind": "ConfigMap",
        "metadata": { "name": "linkerd-config", "namespace": namespace },
        "data": data,
    })
}

/// A control plane in `namespace`.
pub(crate) fn anchor(namespace: &str) -> Value {
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

pub(crate) fn values(namespace: &str) -> Value {
    let text = "clusterDomain: cluster.local\nidentityTrustDomain: root.acme\nlinkerdVersion: edge-26.1.3\n\
                identity: {issuer: {scheme: kubernetes.io/tls}}\n";
    config(namespace, json!({ "values": text }))
}

/// What pods with a proxy as an init container are made of.
pub(crate) fn meshed(labels: Value, annotations: Value) -> Value {
    json!({
        "metadata": { "labels": labels, "annotations": annotations },
        "spec": {
            "containers": [{ "name": "app" }],
            "initContainers": [{ "name": "linkerd-init" }, { "name": "linkerd-proxy", "restartPolicy": "Always" }],
        },
    })
}

/// A Deployment `app` in `namespace`, with a pod that a control plane in `plane` gave a proxy.
pub(crate) fn app(namespace: &str, plane: Option<&str>) -> Vec<Value> {
    let mut labels = json!({ "app": "app" });
    let written = controller("Deployment", namespace, "app", &json!({ "metadata": { "labels": labels } }));
    if let Some(plane) = plane {
        labels["linkerd.io/control-plane-ns"] = json!(plane);
    }
    let pod = pod("Deployment", namespace, "app", &meshed(labels, Value::Null));
    std::iter::once(written).chain(pod).collect()
}

/// A Deployment `app` in `shop` of which there are no pods.
pub(crate) fn idle(annotations: Value) -> Value {
    let template = json!({ "metadata": { "labels": { "app": "app" }, "annotations": annotations } });
    controller("Deployment", "shop", "app", &template)
}
