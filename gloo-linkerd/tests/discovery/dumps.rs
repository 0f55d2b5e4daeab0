//! Dumps of a real installation: what is found in them, completely, as somebody reads it who looks at the objects.

use std::collections::BTreeMap;

use gloo_core::api::{Destination, Mesh, Workload};
use gloo_core::discover::{Discovery, Options};
use gloo_fixtures::{discovered, shared_data};

use crate::support::{DETECTORS, fact};

/// What differs between the two clusters.
struct Place {
    name: &'static str,
    other: &'static str,
    region: &'static str,
    /// Beginning of the addresses of pods.
    net: &'static str,
    /// Address of the gateway.
    gateway: &'static str,
    /// The services that are made for those of the other cluster.
    copies: &'static [&'static str],
}

const PLACES: [Place; 2] = [
    Place {
        name: "east",
        other: "west",
        region: "us-east-1",
        net: "10.41",
        gateway: "198.51.100.21",
        copies: &["catalog-west", "orders-db-west"],
    },
    Place {
        name: "west",
        other: "east",
        region: "us-west-2",
        net: "10.52",
        gateway: "203.0.113.7",
        copies: &["catalog-east"],
    },
];

/// Digest of the certificates that both trust.
const ROOT: &str = "69d82456c5c66a8cb196da5f795ec8e5cfdb0fa534c69257b7e4bc43cea112dd";

#[test]
fn everything_in_two_linked_clusters_is_found() {
    let Some(dumps) = shared_data("dumps/b-linkerd-two") else { return };
    for place in PLACES {
        let mut discovery = Discovery::new(Options::new("gloo-mesh"), &DETECTORS);
        let folder = dumps.join("clusters").join(place.name);
        for file in std::fs::read_dir(folder).expect("a dump can be listed").flatten() {
            // The version of the API server is beside its objects.
            if file.path().extension().is_some_and(|end| end == "yaml") && file.file_name() != "version.yaml"
            {
                discovery.update(discovered::changes_of(&file.path(), Some(place.name)));
            }
        }
        let meshes: Vec<String> = discovery.meshes().map(|mesh| about_mesh(mesh)).collect();
        assert_eq!(meshes, [expected_mesh(&place)]);
        let workloads: Vec<String> = discovery.workloads().map(|workload| about_workload(workload)).collect();
        assert_eq!(workloads, expected_workloads(&place));
        let destinations: Vec<String> = discovery.destinations().map(|it| about_destination(it)).collect();
        assert_eq!(destinations, expected_destinations(&place));
        let mut remarks: Vec<String> =
            discovery.diagnostics().map(|it| format!("{} [{}]", it.object, it.code)).collect();
        remarks.sort();
        assert_eq!(remarks, expected_remarks(&place));
    }
}

fn facts(annotations: Option<&BTreeMap<String, String>>, keys: &[&str]) -> String {
    let told = keys.iter().map(|key| fact(annotations, key)).filter(|told| !told.is_empty());
    told.collect::<Vec<_>>().join(" ")
}

fn about_mesh(mesh: &Mesh) -> String {
    let linkerd = mesh.spec.linkerd.as_ref().expect("a mesh of Linkerd");
    let installation = linkerd.installation.as_ref().expect("an installation");
    let keys = ["trust-domain", "issuer-scheme", "proxy-version", "gateway", "trust-root-sha256"];
    format!(
        "{} in {} {} {} {} {}",
        mesh.metadata.name.as_deref().unwrap_or_default(),
        installation.namespace,
        installation.version,
        installation.region,
        linkerd.cluster_domain,
        facts(mesh.metadata.annotations.as_ref(), &keys),
    )
}

fn expected_mesh(place: &Place) -> String {
    format!(
        "linkerd-destination-linkerd-{} in linkerd edge-26.8.3 {} cluster.local cluster.local linkerd.io/tls \
         edge-26.8.3 linkerd-multicluster/linkerd-gateway {ROOT}",
        place.name, place.region,
    )
}

fn about_workload(workload: &Workload) -> String {
    let kubernetes = workload.spec.kubernetes.as_ref().expect("a workload of Kubernetes");
    let controller = kubernetes.controller.as_ref().expect("it has a controller");
    format!(
        "{}/{} {} {}",
        controller.namespace,
        controller.name,
        kubernetes.service_account_name,
        facts(workload.metadata.annotations.as_ref(), &["workload-kind", "data-plane", "infrastructure"]),
    )
}

fn expected_workloads(place: &Place) -> Vec<String> {
    let extension = "linkerd-multicluster";
    vec![
        format!("{extension}/controller-{0} controller-{0} Deployment sidecar multicluster", place.other),
        format!("{extension}/linkerd-gateway linkerd-gateway Deployment gateway multicluster"),
        format!(
            "{extension}/linkerd-local-service-mirror linkerd-local-service-mirror Deployment sidecar multicluster"
        ),
        "shop/catalog catalog Deployment sidecar".to_owned(),
        "shop/web web Deployment sidecar".to_owned(),
        "shop/orders-db default StatefulSet sidecar".to_owned(),
    ]
}

/// Type, headless or not, addresses outside, instances with zones and labels, and their ports.
fn about_destination(destination: &Destination) -> String {
    let service = destination.spec.kube_service.as_ref().expect("a service");
    let reference = service.reference.as_ref().expect("it is told which");
    let instances = service.endpoint_subsets.iter().map(|subset| {
        let instances = subset.endpoints.iter().map(|it| {
            let zone = it.sub_locality.as_ref().map_or("", |place| &*place.zone);
            let app = it.labels.get("app").map_or("", |app| app);
            format!("{}@{zone}={app}", it.ip_address)
        });
        let ports: Vec<String> =
            subset.ports.iter().map(|port| format!("{}:{}", port.name, port.port)).collect();
        format!("{} {}", instances.collect::<Vec<_>>().join(" "), ports.join(" "))
    });
    let instances: Vec<String> = instances.collect();
    let outside: Vec<&str> = service.external_addresses.iter().filter_map(|it| it.ip.as_deref()).collect();
    format!(
        "{}/{} {:?} {} [{}] {} {}",
        reference.namespace,
        reference.name,
        service.service_type,
        facts(destination.metadata.annotations.as_ref(), &["data-plane", "headless"]),
        outside.join(" "),
        service.region,
        instances.join("; "),
    )
}

fn expected_destinations(place: &Place) -> Vec<String> {
    let Place { region, net, gateway, .. } = place;
    vec![
        format!(
            "linkerd-multicluster/linkerd-gateway LoadBalancer gateway [{gateway}] {region} \
             {net}.2.6@{region}b=linkerd-gateway mc-gateway:4143 mc-probe:4191"
        ),
        format!("shop/catalog ClusterIp sidecar [] {region} {net}.2.7@{region}b=catalog http:8080"),
        format!("shop/orders-db ClusterIp sidecar true [] {region} {net}.1.8@{region}a=orders-db pg:5432"),
        format!(
            "shop/web ClusterIp sidecar [] {region} {net}.1.9@{region}a=web {net}.2.8@{region}b=web http:8080"
        ),
    ]
}

/// Everything that is neither a workload nor a destination has its reason.
fn expected_remarks(place: &Place) -> Vec<String> {
    let mut all: Vec<String> = [
        "Deployment legacy/billing [NotInMesh]",
        "Deployment linkerd/linkerd-destination [PartOfMesh]",
        "Deployment linkerd/linkerd-identity [PartOfMesh]",
        "Deployment linkerd/linkerd-proxy-injector [PartOfMesh]",
        "Service default/kubernetes [NoWorkload]",
        "Service legacy/billing [NoWorkload]",
        "Service linkerd/linkerd-dst [PartOfMesh]",
        "Service linkerd/linkerd-dst-headless [PartOfMesh]",
        "Service linkerd/linkerd-identity [PartOfMesh]",
        "Service linkerd/linkerd-identity-headless [PartOfMesh]",
        "Service linkerd/linkerd-policy [PartOfMesh]",
        "Service linkerd/linkerd-policy-validator [PartOfMesh]",
        "Service linkerd/linkerd-proxy-injector [PartOfMesh]",
        "Service linkerd/linkerd-sp-validator [PartOfMesh]",
        "Service shop/web-federated [PartOfMesh]",
    ]
    .map(str::to_owned)
    .into();
    all.push(format!("Service linkerd-multicluster/probe-{} [PartOfMesh]", place.other));
    all.extend(place.copies.iter().map(|name| format!("Service shop/{name} [PartOfMesh]")));
    all.sort();
    all
}
