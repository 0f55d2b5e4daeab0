//! Destinations.

use gloo_core::api::{Destination, GlobalAccessPolicy, KubeService};
use gloo_core::id::{InputKind, InputRef};

use super::settings::words;
use super::text::{OUTPUTS, identities, outputs, place};
use super::traffic_policy::requests;
use super::{Item, View, own_problems, problems_of_discovery, problems_of_others, verdicts};
use crate::cli::columns::{ports, service_namespace, subsets};
use crate::cli::inventory::named::Names;
use crate::cli::inventory::{Inventory, Verdict, reference, short};
use crate::cli::page::Page;
use crate::world::discovery::{Found as _, some_of};

/// How destinations are shown.
pub const VIEW: View = View {
    kind: InputKind::Destination,
    columns: &["NAME", "TYPE", "CLUSTER", "NAMESPACE", "PORTS", "FQDN", "FEDERATED", "TP", "AP"],
    wide: &["MESH", "WORKLOADS", "ENDPOINTS", "SUBSETS", "SEEN-BY"],
    has_cluster: true,
    list,
    page,
};

fn list(inventory: &Inventory<'_>) -> Vec<Item> {
    let destinations = inventory.world.snapshot.destinations.iter();
    destinations.map(|(input, destination)| item(inventory, input, destination)).collect()
}

fn item(inventory: &Inventory<'_>, input: &InputRef, destination: &Destination) -> Item {
    let service = destination.spec.kube_service.as_ref();
    let external = destination.spec.external_service.as_ref();
    let status = inventory.destination_status(input);
    let federation = status.and_then(|status| status.applied_federation.as_ref());
    let fqdn = status.map(|status| status.local_fqdn.to_string()).unwrap_or_default();
    let hosts = external.map(|external| external.hosts.join(",")).unwrap_or_default();
    let fqdn = if fqdn.is_empty() { hosts } else { fqdn };
    let federated = federation.map(|it| it.federated_hostname.to_string()).unwrap_or_default();
    let external_ports =
        external.map(|it| it.ports.iter().map(|port| format!("{}/{}", port.number, port.name)));
    let external_ports = external_ports.map(|ports| ports.collect::<Vec<_>>().join(",")).unwrap_or_default();
    let namespace = service_namespace(destination).to_owned();
    let cells = vec![
        input.name.to_string(),
        if external.is_some() { "external" } else { "service" }.to_owned(),
        destination.cluster().to_owned(),
        namespace.clone(),
        service.map_or(external_ports, ports),
        fqdn.clone(),
        federated.clone(),
        status.map_or(0, |status| status.applied_traffic_policies.len()).to_string(),
        status.map_or(0, |status| status.applied_access_policies.len()).to_string(),
        destination.spec.mesh.as_ref().map(|mesh| mesh.name.to_string()).unwrap_or_default(),
        inventory.backing.of(destination).len().to_string(),
        service.map_or(0, endpoints).to_string(),
        service.map(subsets).unwrap_or_default(),
        federation.map_or(0, |it| it.federated_to_meshes.len()).to_string(),
    ];
    Item {
        input: input.clone(),
        cluster: destination.cluster().to_owned(),
        names: Names {
            input: Some(input.clone()),
            original: service
                .and_then(|it| it.reference.as_ref())
                .map(|it| (it.cluster_name.to_string(), it.namespace.to_string(), it.name.to_string())),
            hosts: [fqdn, federated].into_iter().filter(|host| !host.is_empty()).collect(),
        },
        namespace,
        cells,
    }
}

fn endpoints(service: &KubeService) -> usize {
    service.endpoint_subsets.iter().map(|subset| subset.endpoints.len()).sum()
}

fn page(inventory: &Inventory<'_>, input: &InputRef) -> Page {
    let mut page = Page::default();
    let Some(destination) = inventory.world.snapshot.destinations.get(input) else { return page };
    page.text("Destination", short(input));
    let service = destination.spec.kube_service.as_ref();
    let reference_of = service.and_then(|it| it.reference.as_ref());
    page.text("Service", reference_of.map(place).unwrap_or_default());
    let mesh = destination.spec.mesh.as_ref().map(|mesh| short(&reference(InputKind::Mesh, mesh)));
    page.text("Mesh", mesh.unwrap_or_else(|| "none".to_owned()));
    page.rows("Hosts", &["HOST", "SEEN-BY"], hosts(inventory, input, destination));
    if let Some(service) = service {
        page.text("Ports", ports(service));
        page.text("Subsets", subsets(service));
        page.text("Region", service.region.to_string());
        page.text("Endpoints", endpoints(service).to_string());
    }
    let workloads = inventory.backing.of(destination);
    page.lines("Workloads", workloads.iter().map(|workload| short(&workload.input())).collect());
    let columns = &["ORDER", "POLICY", "STATE", "SETTINGS", "MESSAGE"];
    page.rows("Traffic", columns, traffic(inventory, input));
    let mut rows = access(inventory, input);
    rows.extend(closed(inventory, destination));
    page.rows("Access", &["ORDER", "POLICY", "STATE", "FROM", "MESSAGE"], rows);
    page.rows("Outputs", OUTPUTS, outputs(inventory.outputs_of(input)));
    let object = reference_of.map(|it| format!("Service {}/{}", it.namespace, it.name)).unwrap_or_default();
    let mut all = problems_of_discovery(inventory, destination.cluster(), &object);
    all.extend(own_problems(inventory, input));
    // Those of policies stand beside them.
    let told = [InputKind::TrafficPolicy, InputKind::AccessPolicy];
    all.extend(problems_of_others(inventory, input, &told));
    page.lines("Problems", all);
    page
}

/// The names under which it is reached, and who sees them.
fn hosts(inventory: &Inventory<'_>, input: &InputRef, destination: &Destination) -> Vec<Vec<String>> {
    let status = inventory.destination_status(input);
    let mut rows = Vec::new();
    if let Some(fqdn) = status.map(|status| &status.local_fqdn).filter(|fqdn| !fqdn.is_empty()) {
        rows.push(vec![fqdn.to_string(), format!("in {}", destination.cluster())]);
    }
    if let Some(federation) = status.and_then(|status| status.applied_federation.as_ref()) {
        let seen_by = federation.federated_to_meshes.iter().map(|mesh| &*mesh.name);
        let seen_by = format!("in {}", seen_by.collect::<Vec<_>>().join(", "));
        rows.push(vec![federation.federated_hostname.to_string(), seen_by]);
    }
    let external = destination.spec.external_service.iter().flat_map(|external| &external.hosts);
    rows.extend(external.map(|host| vec![host.to_string(), "everywhere".to_owned()]));
    rows
}

fn traffic(inventory: &Inventory<'_>, input: &InputRef) -> Vec<Vec<String>> {
    let all = inventory.policies_on(input, InputKind::TrafficPolicy).into_iter();
    let row = |(policy, verdict): (&InputRef, Verdict<'_>)| {
        // What is in force may be an earlier text than that of the policy.
        let applied = inventory.destination_status(input).and_then(|status| {
            let mut all = status.applied_traffic_policies.iter();
            all.find(|it| it.reference.as_ref().is_some_and(|it| reference(policy.kind, it) == *policy))
        });
        let stored = applied.and_then(|applied| applied.spec.as_deref());
        let current = || inventory.world.snapshot.traffic_policies.get(policy).map(|policy| &policy.spec);
        let spec = stored.or_else(current);
        let matchers = spec.map(|spec| spec.http_request_matchers.as_slice()).unwrap_or_default();
        let matchers = if matchers.is_empty() {
            String::new()
        } else {
            format!(" for {}", some_of(&requests(matchers)))
        };
        let settings = spec.and_then(|spec| spec.policy.as_ref());
        let settings = settings.map(|settings| words(settings).join("; ")).unwrap_or_default();
        vec![order(&verdict), short(policy), verdict.word(), settings + &matchers, verdict.message()]
    };
    all.map(row).collect()
}

fn access(inventory: &Inventory<'_>, input: &InputRef) -> Vec<Vec<String>> {
    let all = inventory.policies_on(input, InputKind::AccessPolicy).into_iter();
    let row = |(policy, verdict): (&InputRef, Verdict<'_>)| {
        let object = inventory.world.snapshot.access_policies.get(policy);
        let callers = object.map(|object| some_of(&identities(&object.spec.source_selector)));
        vec![order(&verdict), short(policy), verdict.word(), callers.unwrap_or_default(), verdict.message()]
    };
    all.map(row).collect()
}

/// The virtual mesh that closes the destination to everybody whom no access policy lets in.
fn closed(inventory: &Inventory<'_>, destination: &Destination) -> Option<Vec<String>> {
    let mesh = destination.spec.mesh.as_ref()?;
    let all = inventory.world.snapshot.virtual_meshes.iter();
    let (input, _) = all
        .filter(|(_, object)| object.spec.global_access_policy == GlobalAccessPolicy::Enabled)
        .filter(|(input, _)| verdicts::state(inventory.status(input)) == "Accepted")
        .find(|(_, object)| object.spec.meshes.contains(mesh))?;
    let message = "globalAccessPolicy forbids what no access policy allows";
    Some(vec![String::new(), short(input), "Closed".to_owned(), "nobody else".to_owned(), message.to_owned()])
}

fn order(verdict: &Verdict<'_>) -> String {
    verdict.order.map(|order| order.to_string()).unwrap_or_default()
}
