//! Meshes.

use gloo_core::api::{ApprovalState, Mesh, MeshStatus};
use gloo_core::id::{InputKind, InputRef};
use gloo_core::name::object_key;
use gloo_core::report::{Severity, Status};

use super::text::{OUTPUTS, outputs};
use super::{Item, View, own_problems, problems_of_others, state};
use crate::cli::columns::{gateways, installation, mesh_type, trust_domain};
use crate::cli::inventory::named::Names;
use crate::cli::inventory::{Inventory, reference, short};
use crate::cli::page::Page;
use crate::world::discovery::Found as _;

/// How meshes are shown.
pub const VIEW: View = View {
    kind: InputKind::Mesh,
    columns: &["NAME", "TYPE", "CLUSTER", "NAMESPACE", "VERSION", "VIRTUAL-MESH", "HEALTH"],
    wide: &["REVISION", "TRUST-DOMAIN", "GATEWAYS", "WORKLOADS", "DESTINATIONS", "SMART-DNS"],
    has_cluster: true,
    list,
    page,
};

fn list(inventory: &Inventory<'_>) -> Vec<Item> {
    let meshes = inventory.world.snapshot.meshes.iter();
    meshes.map(|(input, mesh)| item(inventory, input, mesh)).collect()
}

fn item(inventory: &Inventory<'_>, input: &InputRef, mesh: &Mesh) -> Item {
    let installation = installation(mesh);
    let namespace = installation.map(|it| it.namespace.to_string()).unwrap_or_default();
    let version = installation.map(|it| it.version.to_string()).unwrap_or_default();
    let smart_dns = mesh.spec.istio.as_ref().map(|istio| istio.smart_dns_proxying_enabled.to_string());
    let (workloads, destinations) = members(inventory, input);
    let virtual_mesh = virtual_mesh(inventory, input);
    let cells = vec![
        input.name.to_string(),
        mesh_type(mesh).to_owned(),
        mesh.cluster().to_owned(),
        namespace.clone(),
        version,
        virtual_mesh.as_ref().map(short).unwrap_or_default(),
        health(inventory, input, virtual_mesh.as_ref()),
        mesh.fact("revision").unwrap_or_default().to_owned(),
        trust_domain(mesh).to_owned(),
        gateways_of(inventory, input, mesh).join(","),
        workloads.to_string(),
        destinations.to_string(),
        smart_dns.unwrap_or_default(),
    ];
    Item {
        input: input.clone(),
        cluster: mesh.cluster().to_owned(),
        namespace,
        names: Names { input: Some(input.clone()), ..Names::default() },
        cells,
    }
}

/// How many workloads and destinations belong to a mesh.
fn members(inventory: &Inventory<'_>, input: &InputRef) -> (usize, usize) {
    let snapshot = &inventory.world.snapshot;
    let is_it = |mesh| reference(InputKind::Mesh, mesh) == *input;
    let workloads = snapshot.workloads.values().filter_map(|it| it.spec.mesh.as_ref());
    let destinations = snapshot.destinations.values().filter_map(|it| it.spec.mesh.as_ref());
    (workloads.filter(|mesh| is_it(mesh)).count(), destinations.filter(|mesh| is_it(mesh)).count())
}

fn status<'a>(inventory: &Inventory<'a>, input: &InputRef) -> Option<&'a MeshStatus> {
    match inventory.status(input)? {
        Status::Mesh(status) => Some(status),
        _ => None,
    }
}

/// The virtual mesh that a mesh belongs to.
fn virtual_mesh(inventory: &Inventory<'_>, input: &InputRef) -> Option<InputRef> {
    let applied = status(inventory, input)?.applied_virtual_mesh.as_ref()?;
    Some(reference(InputKind::VirtualMesh, applied.reference.as_ref()?))
}

/// The verdict of its virtual mesh on a mesh; nothing if it belongs to none and nothing is wrong with it.
fn health(inventory: &Inventory<'_>, input: &InputRef, virtual_mesh: Option<&InputRef>) -> String {
    let is_wrong = inventory.findings_about(input).any(|finding| finding.severity == Severity::Error);
    let verdict = virtual_mesh.and_then(|virtual_mesh| match inventory.status(virtual_mesh)? {
        Status::VirtualMesh(status) => {
            status.meshes.get(object_key(&input.name, &input.namespace, "").as_str()).map(|it| it.state)
        }
        _ => None,
    });
    state(if is_wrong { Some(ApprovalState::Invalid) } else { verdict })
}

/// The gateways in use, with the addresses at which other clusters reach them; else those that the mesh names.
fn gateways_of(inventory: &Inventory<'_>, input: &InputRef, mesh: &Mesh) -> Vec<String> {
    let applied = status(inventory, input).map(|status| &*status.applied_east_west_ingress_gateways);
    let in_use: Vec<String> = applied
        .unwrap_or_default()
        .iter()
        .map(|gateway| format!("{}:{}", gateway.external_addresses.join("|"), gateway.external_port))
        .collect();
    let named = gateways(mesh);
    if in_use.is_empty() && !named.is_empty() { vec![named] } else { in_use }
}

fn page(inventory: &Inventory<'_>, input: &InputRef) -> Page {
    let mut page = Page::default();
    let Some(mesh) = inventory.world.snapshot.meshes.get(input) else { return page };
    let installation = installation(mesh);
    page.text("Mesh", short(input));
    page.text("Type", mesh_type(mesh));
    page.text(
        "Installation",
        installation.map(|it| format!("namespace {} on {}", it.namespace, it.cluster)).unwrap_or_default(),
    );
    page.text("Version", installation.map(|it| it.version.to_string()).unwrap_or_default());
    page.text("Revision", mesh.fact("revision").unwrap_or_default());
    page.text("Trust domain", trust_domain(mesh));
    let agent = mesh.spec.agent_info.as_ref();
    page.text(
        "Agent",
        agent.map_or_else(|| "none".to_owned(), |agent| format!("namespace {}", agent.agent_namespace)),
    );
    let virtual_mesh = virtual_mesh(inventory, input);
    page.text(
        "Virtual mesh",
        match &virtual_mesh {
            Some(virtual_mesh) => {
                format!("{}  {}", short(virtual_mesh), health(inventory, input, Some(virtual_mesh)))
            }
            None => "none".to_owned(),
        },
    );
    page.lines("Gateways", gateways_of(inventory, input, mesh));
    let applied =
        status(inventory, input).map(|status| &*status.applied_virtual_destinations).unwrap_or_default();
    let seen = applied
        .iter()
        .filter_map(|it| it.reference.as_ref())
        .map(|it| format!("{}/{}", it.namespace, it.name));
    page.lines("Virtual destinations", seen.collect());
    let (workloads, destinations) = members(inventory, input);
    page.text("Workloads", workloads.to_string());
    page.text("Destinations", destinations.to_string());
    page.rows("Outputs", OUTPUTS, outputs(inventory.outputs_of(input)));
    let mut all = own_problems(inventory, input);
    all.extend(problems_of_others(inventory, input, &[]));
    page.lines("Problems", all);
    page
}
