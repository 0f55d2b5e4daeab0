//! What is found in dumps of real clusters must equal what a script found there.
#![expect(clippy::expect_used, clippy::indexing_slicing, reason = "a test stops where something is missing")]

use std::collections::BTreeSet;

use gloo_core::discover::{Discovery, Options};
use gloo_fixtures::{discovered, shared_data};
use gloo_istio::Istio;
use serde_json::Value;

#[test]
fn dumps() {
    let Some(dumps) = shared_data("dumps") else { return };
    for world in ["a-two-clusters-sidecar", "c-ambient-waypoint"] {
        for name in ["prod-eu", "prod-us"] {
            let mut discovery = Discovery::new(Options::new("gloo-mesh"), &[&Istio]);
            let folder = dumps.join(world).join("clusters").join(name);
            for file in std::fs::read_dir(folder).expect("a dump can be listed").flatten() {
                if file.path().extension().is_some_and(|end| end == "yaml") {
                    discovery.update(discovered::changes_of(&file.path(), Some(name)));
                }
            }
            let truth = dumps.join(world).join(format!("truth-{name}.json"));
            let truth = std::fs::read_to_string(truth).expect("the truth can be read");
            let truth: Value = serde_json::from_str(&truth).expect("the truth is JSON");
            assert_eq!(control_planes(&discovery), told_control_planes(&truth), "{world}, {name}");
            assert_eq!(workloads(&discovery), told_workloads(&truth), "{world}, {name}");
        }
    }
}

/// Version, trust domain, name of the mesh, root namespace and network of each control plane.
fn control_planes(discovery: &Discovery<'_>) -> BTreeSet<[String; 5]> {
    let meshes = discovery.meshes().map(|mesh| {
        let istio = mesh.spec.istio.as_ref().expect("only Istio is found");
        let annotations = mesh.metadata.annotations.as_ref().expect("a mesh has annotations");
        let fact = |name: &str| {
            annotations.get(&format!("discovery.mesh.gloo.solo.io/{name}")).cloned().unwrap_or_default()
        };
        let version = istio.installation.as_ref().map_or("", |it| &it.version);
        [
            version.to_owned(),
            istio.trust_domain.to_string(),
            fact("mesh-id"),
            fact("root-namespace"),
            fact("network"),
        ]
    });
    meshes.collect()
}

fn told_control_planes(truth: &Value) -> BTreeSet<[String; 5]> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let planes = truth["controlPlanes"].as_array().expect("a list").iter().map(|plane| {
        let [version, domain, mesh, root] =
            ["version", "trustDomain", "meshID", "rootNamespace"].map(|key| text(&plane[key]));
        [version, domain, mesh, root, text(&truth["network"])]
    });
    planes.collect()
}

/// Namespace, kind, name, service account and sort of each workload; gateways of all sorts are one.
fn workloads(discovery: &Discovery<'_>) -> BTreeSet<[String; 3]> {
    let workloads = discovery.workloads().map(|workload| {
        let annotations = workload.metadata.annotations.as_ref().expect("a workload has annotations");
        let fact = |name: &str| annotations[&format!("discovery.mesh.gloo.solo.io/{name}")].clone();
        let kubernetes = workload.spec.kubernetes.as_ref().expect("it is one of Kubernetes");
        let controller = kubernetes.controller.as_ref().expect("it has a controller");
        let plane = match &*fact("data-plane") {
            "gateway" | "east-west-gateway" | "waypoint" => "gateway".to_owned(),
            plane => plane.to_owned(),
        };
        let name = format!("{}/{}/{}", controller.namespace, fact("workload-kind"), controller.name);
        [name, kubernetes.service_account_name.to_string(), plane]
    });
    workloads.collect()
}

fn told_workloads(truth: &Value) -> BTreeSet<[String; 3]> {
    let workloads = truth["workloads"].as_object().expect("a map").iter().filter_map(|(name, workload)| {
        let mode = workload["pods"][0]["mode"].as_str().filter(|mode| *mode != "none")?;
        let mode = mode.split('-').next().unwrap_or_default().to_owned();
        Some([name.clone(), workload["serviceAccount"].as_str()?.to_owned(), mode])
    });
    workloads.collect()
}
