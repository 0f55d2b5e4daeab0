//! What is there before anybody writes a policy: clusters, meshes, services, workloads, and what joins them.

use serde_json::{Value, json};

use super::{MANAGEMENT, Service, Size, with};

const DISCOVERY: &str = "discovery.mesh.gloo.solo.io/v1";

pub(super) fn settings() -> Value {
    let spec = json!({ "mtls": { "istio": { "tlsMode": "ISTIO_MUTUAL" } } });
    super::object("settings.mesh.gloo.solo.io/v1", "Settings", "settings", spec)
}

/// The root of the virtual mesh, so that no key is made while something is measured. `eA==` is `x`.
pub(super) fn certificate() -> Value {
    json!({
        "apiVersion": "v1",
        "kind": "Secret",
        "type": "certificates.mesh.gloo.solo.io/generated_signing_cert",
        "metadata": {
            "name": "vm.gloo-mesh",
            "namespace": MANAGEMENT,
            "generation": 1,
            "labels": { "owner.networking.mesh.gloo.solo.io": MANAGEMENT },
        },
        "data": { "ca-cert.pem": "eA==", "ca-key.pem": "eA==", "cert-chain.pem": "eA==", "root-cert.pem": "eA==" },
    })
}

pub(super) fn virtual_mesh(size: Size) -> Value {
    let meshes: Vec<Value> = (0..size.clusters).map(mesh_reference).collect();
    let federated = json!({ "kubeServiceMatcher": { "labels": { "federate": "true" } } });
    let spec = json!({
        "meshes": meshes,
        "mtlsConfig": { "shared": { "rootCertificateAuthority": { "generated": {} } } },
        "federation": { "selectors": [{ "destinationSelectors": [federated] }] },
        "globalAccessPolicy": "ENABLED",
    });
    super::object("networking.mesh.gloo.solo.io/v1", "VirtualMesh", "vm", spec)
}

pub(super) fn cluster(c: usize) -> Value {
    let name = super::cluster(c);
    let spec = json!({ "secretName": name, "clusterDomain": "cluster.local" });
    super::object("multicluster.solo.io/v1alpha1", "KubernetesCluster", &name, spec)
}

pub(super) fn mesh(c: usize) -> Value {
    let cluster = super::cluster(c);
    let installation = json!({
        "namespace": "istio-system",
        "cluster": cluster,
        "version": "1.11.0",
        "podLabels": { "istio": "pilot" },
        "region": region(c),
    });
    let istio = json!({
        "installation": installation,
        "trustDomain": format!("td-{cluster}"),
        "istiodServiceAccount": "istiod",
        "smartDnsProxyingEnabled": true,
    });
    let spec = json!({ "agentInfo": { "agentNamespace": MANAGEMENT }, "istio": istio });
    discovered("Mesh", &mesh_name(c), c, spec)
}

/// The service through which other clusters come in. Nobody runs behind it in this world.
pub(super) fn gateway(c: usize) -> Value {
    let cluster = super::cluster(c);
    let labels = json!({ "istio": "ingressgateway" });
    let port = |name: &str, port: u32, target: u32| json!({ "port": port, "name": name, "protocol": "TCP", "targetPortNumber": target });
    let service = json!({
        "ref": { "name": "istio-ingressgateway", "namespace": "istio-system", "clusterName": cluster },
        "workloadSelectorLabels": labels,
        "labels": labels,
        "serviceType": "LOAD_BALANCER",
        "ports": [port("tls", 15443, 15443), port("https", 443, 8443)],
        "region": region(c),
        "externalAddresses": [{ "ip": format!("203.0.113.{}", c + 1) }],
    });
    let spec = json!({ "kubeService": service, "mesh": mesh_reference(c) });
    discovered("Destination", &format!("istio-ingressgateway-istio-system-{cluster}"), c, spec)
}

pub(super) fn destination(at: Service) -> Value {
    let mut labels = json!({ "app": at.name(), "team": at.team() });
    if at.k.is_multiple_of(10) {
        labels = with(labels, "federate", json!("true"));
    }
    let mut ports = vec![("http", 8080)];
    if at.k.is_multiple_of(4) {
        ports.push(("grpc", 9090));
    }
    let service_port = |(name, port): &(&str, u32)| {
        json!({
            "port": port, "name": name, "protocol": "TCP", "appProtocol": name, "targetPortNumber": port,
        })
    };
    let endpoint_port = |(name, port): &(&str, u32)| json!({ "port": port, "name": name, "protocol": "TCP", "appProtocol": name });
    let endpoint = json!({
        "ipAddress": format!("10.{}.{}.{}", at.c, at.k / 250, at.k % 250 + 1),
        "labels": { "app": at.name(), "version": "v1" },
        "subLocality": { "zone": "zone-a" },
    });
    let service = json!({
        "ref": at.reference(),
        "workloadSelectorLabels": { "app": at.name() },
        "labels": labels,
        "ports": ports.iter().map(service_port).collect::<Vec<_>>(),
        "subsets": { "version": { "values": ["v1", "v2"] } },
        "region": region(at.c),
        "endpointSubsets": [{
            "endpoints": [endpoint],
            "ports": ports.iter().map(endpoint_port).collect::<Vec<_>>(),
        }],
    });
    let name = format!("{}-{}-{}", at.name(), at.namespace(), super::cluster(at.c));
    discovered("Destination", &name, at.c, json!({ "kubeService": service, "mesh": mesh_reference(at.c) }))
}

pub(super) fn workload(at: Service) -> Value {
    let (cluster, controller) = (super::cluster(at.c), format!("{}-v1", at.name()));
    let kubernetes = json!({
        "controller": { "name": controller, "namespace": at.namespace(), "clusterName": cluster },
        "podLabels": { "app": at.name(), "version": "v1", "team": at.team() },
        "serviceAccountName": at.name(),
    });
    let name = format!("{controller}-{}-{cluster}-deployment", at.namespace());
    discovered("Workload", &name, at.c, json!({ "kubernetes": kubernetes, "mesh": mesh_reference(at.c) }))
}

fn region(c: usize) -> String {
    format!("region-{}", c % 3)
}

fn mesh_name(c: usize) -> String {
    format!("istiod-istio-system-{}", super::cluster(c))
}

fn mesh_reference(c: usize) -> Value {
    json!({ "name": mesh_name(c), "namespace": MANAGEMENT })
}

/// An object as discovery writes it.
fn discovered(kind: &str, name: &str, c: usize, spec: Value) -> Value {
    let labels = json!({
        "cluster.discovery.mesh.gloo.solo.io": super::cluster(c),
        "owner.discovery.mesh.gloo.solo.io": MANAGEMENT,
    });
    let metadata = json!({ "name": name, "namespace": MANAGEMENT, "generation": 1, "labels": labels });
    with(json!({ "apiVersion": DISCOVERY, "kind": kind, "metadata": metadata }), "spec", spec)
}
