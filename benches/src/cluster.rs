//! Objects of one cluster as `kubectl get` shows them: Istio with sidecars, and services with five pods each.

use serde_json::{Value, json};

/// Name of the cluster.
pub const CLUSTER: &str = "c0";

/// Pods behind each service.
const PODS: usize = 5;
/// Services in a namespace, and for each node.
const SERVICES: usize = 20;

/// How large a cluster is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size {
    /// Services; each has five pods.
    pub services: usize,
}

impl Size {
    /// 1,000 services, 5,000 pods, 50 nodes.
    pub const FULL: Self = Self { services: 1_000 };
    /// A tenth of that.
    pub const TENTH: Self = Self { services: 100 };
    /// Tenfold.
    pub const TENFOLD: Self = Self { services: 10_000 };
    /// For tests.
    pub const HUNDREDTH: Self = Self { services: 10 };

    /// Nodes.
    pub fn nodes(self) -> usize {
        self.services.div_ceil(SERVICES)
    }

    /// Pods of services.
    pub fn pods(self) -> usize {
        self.services * PODS
    }
}

/// Every object of a cluster.
pub fn objects(size: Size) -> Vec<Value> {
    let mut objects: Vec<Value> = (0..size.nodes()).map(node).collect();
    objects.extend((0..size.services.div_ceil(SERVICES)).map(namespace));
    objects.extend(istio());
    for service in 0..size.services {
        objects.extend([
            deployment(service),
            replica_set(&name(service), &namespace_of(service), &app(service)),
        ]);
        objects.extend((0..PODS).map(|pod| self::pod(size, service, pod)));
        objects.push(self::service(service));
        objects.push(slice(size, service));
    }
    objects
}

fn name(service: usize) -> String {
    format!("svc-{service}")
}

fn namespace_of(service: usize) -> String {
    format!("ns-{}", service / SERVICES)
}

fn node_name(node: usize) -> String {
    format!("node-{node}")
}

/// Pods of one service are on neighboring nodes.
fn node_of(size: Size, service: usize, pod: usize) -> String {
    node_name((service + pod) % size.nodes())
}

fn address(service: usize, pod: usize) -> String {
    let number = service * PODS + pod;
    format!("10.{}.{}.{}", number / 62_500 + 1, number / 250 % 250, number % 250 + 1)
}

/// A node, in one of three zones.
pub fn node(node: usize) -> Value {
    json!({
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {
            "name": node_name(node),
            "labels": {
                "kubernetes.io/hostname": node_name(node),
                "topology.kubernetes.io/region": "eu-west-1",
                "topology.kubernetes.io/zone": format!("eu-west-1-{}", node % 3),
            },
        },
        "status": { "addresses": [
            { "type": "InternalIP", "address": format!("172.16.{}.{}", node / 250, node % 250 + 1) },
        ] },
    })
}

fn namespace(number: usize) -> Value {
    let labels = json!({ "istio-injection": "enabled" });
    json!({
        "apiVersion": "v1",
        "kind": "Namespace",
        "metadata": { "name": format!("ns-{number}"), "labels": labels },
    })
}

/// The control plane with its configuration.
fn istio() -> Vec<Value> {
    let template = json!({
        "metadata": { "labels": { "app": "istiod", "istio": "pilot", "istio.io/rev": "default" } },
        "spec": { "serviceAccountName": "istiod", "containers": [{
            "name": "discovery",
            "image": "docker.io/istio/pilot:1.28.1",
            "env": [{ "name": "REVISION", "value": "default" }, { "name": "CLUSTER_ID", "value": CLUSTER }],
        }] },
    });
    let configuration = json!({
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": { "name": "istio", "namespace": "istio-system" },
        "data": { "mesh": "rootNamespace: istio-system\ntrustDomain: cluster.local\n" },
    });
    let (name, namespace) = ("istiod", "istio-system");
    vec![
        controller("Deployment", name, namespace, &template, None),
        replica_set(name, namespace, &template),
        configuration,
    ]
}

/// The Deployment of a service's pods.
pub fn deployment(service: usize) -> Value {
    controller("Deployment", &name(service), &namespace_of(service), &app(service), None)
}

fn replica_set(deployment: &str, namespace: &str, template: &Value) -> Value {
    let owner = owner("Deployment", deployment);
    controller("ReplicaSet", &format!("{deployment}-6f7d"), namespace, template, Some(owner))
}

fn controller(kind: &str, name: &str, namespace: &str, template: &Value, owner: Option<Value>) -> Value {
    json!({
        "apiVersion": "apps/v1",
        "kind": kind,
        "metadata": {
            "name": name,
            "namespace": namespace,
            "uid": format!("{kind}-{name}"),
            "ownerReferences": owner.as_slice(),
        },
        "spec": {
            "replicas": PODS,
            "selector": { "matchLabels": { "app": name } },
            "template": template,
        },
    })
}

fn owner(kind: &str, name: &str) -> Value {
    json!({
        "apiVersion": "apps/v1",
        "kind": kind,
        "name": name,
        "uid": format!("{kind}-{name}"),
        "controller": true,
        "blockOwnerDeletion": true,
    })
}

/// What an author writes.
fn app(service: usize) -> Value {
    json!({
        "metadata": { "labels": { "app": name(service), "version": "v1" } },
        "spec": { "serviceAccountName": name(service), "containers": [container()] },
    })
}

fn container() -> Value {
    json!({
        "name": "app",
        "image": "registry.example/shop/app:4.2.1",
        "ports": [{ "name": "http", "containerPort": 8080, "protocol": "TCP" }],
        "env": [{ "name": "LOG_LEVEL", "value": "info" }, { "name": "REGION", "value": "eu-west-1" }],
        "resources": { "requests": { "cpu": "100m", "memory": "128Mi" }, "limits": { "memory": "256Mi" } },
        "readinessProbe": { "httpGet": { "path": "/ready", "port": "http" }, "periodSeconds": 5 },
    })
}

/// A pod with a sidecar.
pub fn pod(size: Size, service: usize, pod: usize) -> Value {
    let owner = owner("ReplicaSet", &format!("{}-6f7d", name(service)));
    let address = address(service, pod);
    json!({
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": format!("{}-6f7d-{pod}", name(service)),
            "namespace": namespace_of(service),
            "labels": {
                "app": name(service),
                "version": "v1",
                "pod-template-hash": "6f7d",
                "security.istio.io/tlsMode": "istio",
                "service.istio.io/canonical-name": name(service),
                "istio.io/rev": "default",
            },
            "annotations": { "sidecar.istio.io/status": "{\"revision\":\"default\"}" },
            "ownerReferences": [owner],
        },
        "spec": {
            "nodeName": node_of(size, service, pod),
            "serviceAccountName": name(service),
            "initContainers": [
                { "name": "istio-init", "image": "docker.io/istio/proxyv2:1.28.1" },
                {
                    "name": "istio-proxy",
                    "image": "docker.io/istio/proxyv2:1.28.1",
                    "restartPolicy": "Always",
                    "env": [{ "name": "ISTIO_META_CLUSTER_ID", "value": CLUSTER }],
                },
            ],
            "containers": [container()],
        },
        "status": { "phase": "Running", "podIP": address, "podIPs": [{ "ip": address }] },
    })
}

/// A service.
pub fn service(service: usize) -> Value {
    let ports = json!([{ "name": "http", "port": 80, "targetPort": "http", "protocol": "TCP" }]);
    json!({
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {
            "name": name(service),
            "namespace": namespace_of(service),
            "labels": { "app": name(service), "team": format!("team-{}", service % 10) },
        },
        "spec": {
            "type": "ClusterIP",
            "clusterIP": format!("10.96.{}.{}", service / 250, service % 250 + 1),
            "selector": { "app": name(service) },
            "ports": ports,
        },
    })
}

/// The instances behind a service.
pub fn slice(size: Size, service: usize) -> Value {
    let endpoints = (0..PODS).map(|pod| {
        let reference = json!({
            "kind": "Pod",
            "name": format!("{}-6f7d-{pod}", name(service)),
            "namespace": namespace_of(service),
        });
        json!({
            "addresses": [address(service, pod)],
            "conditions": { "ready": true, "serving": true, "terminating": false },
            "nodeName": node_of(size, service, pod),
            "targetRef": reference,
        })
    });
    json!({
        "apiVersion": "discovery.k8s.io/v1",
        "kind": "EndpointSlice",
        "metadata": {
            "name": format!("{}-x2x4z", name(service)),
            "namespace": namespace_of(service),
            "labels": { "kubernetes.io/service-name": name(service) },
        },
        "addressType": "IPv4",
        "ports": [{ "name": "http", "port": 8080, "protocol": "TCP" }],
        "endpoints": endpoints.collect::<Vec<Value>>(),
    })
}
