//! Virtual meshes.

use gloo_core::api::{Federation, MtlsConfig, VirtualMeshStatus};
use gloo_core::id::{InputKind, InputRef};
use gloo_core::name::object_key;
use gloo_core::report::Status;

use super::text::{OUTPUTS, outputs};
use super::{Item, View, state, verdicts};
use crate::cli::inventory::{Inventory, reference, short};
use crate::cli::page::Page;

/// How virtual meshes are shown.
pub const VIEW: View = View {
    kind: InputKind::VirtualMesh,
    columns: &["NAME", "NAMESPACE", "STATE", "MESHES", "TRUST", "FEDERATION", "ACCESS"],
    wide: &["DESTINATIONS", "CREATED", "MESSAGE"],
    has_cluster: false,
    list,
    page,
};

fn list(inventory: &Inventory<'_>) -> Vec<Item> {
    verdicts::judged(inventory, VIEW.kind)
        .map(|input| Item::of_plane(input, cells(inventory, input)))
        .collect()
}

fn cells(inventory: &Inventory<'_>, input: &InputRef) -> Vec<String> {
    let object = inventory.world.snapshot.virtual_meshes.get(input);
    let spec = object.map(|object| &object.spec);
    vec![
        input.name.to_string(),
        input.namespace.to_string(),
        verdicts::state(inventory.status(input)),
        spec.map(|spec| spec.meshes.len().to_string()).unwrap_or_default(),
        spec.map(|spec| trust(spec.mtls_config.as_ref()).to_owned()).unwrap_or_default(),
        spec.map(|spec| federation(spec.federation.as_ref())).unwrap_or_default(),
        spec.map(|spec| spec.global_access_policy.to_string()).unwrap_or_default(),
        verdicts::summary(inventory, input),
        verdicts::created(
            object.and_then(|object| object.metadata.creation_timestamp.as_ref()).map(|time| &time.0),
        ),
        verdicts::first_error(inventory, input),
    ]
}

fn trust(config: Option<&MtlsConfig>) -> &'static str {
    match config {
        Some(config) if config.shared.is_some() => "shared",
        Some(config) if config.limited.is_some() => "limited",
        _ => "none",
    }
}

/// Whether anything is shown to other meshes, and how it is called there.
fn federation(federation: Option<&Federation>) -> String {
    let Some(federation) = federation else { return "none".to_owned() };
    if federation.selectors.is_empty() && federation.permissive.is_none() {
        return "none".to_owned();
    }
    let suffix = if federation.hostname_suffix.is_empty() { "global" } else { &federation.hostname_suffix };
    let flat = if federation.flat_network { " (flat network)" } else { "" };
    format!("*.{suffix}{flat}")
}

fn status<'a>(inventory: &Inventory<'a>, input: &InputRef) -> Option<&'a VirtualMeshStatus> {
    match inventory.status(input)? {
        Status::VirtualMesh(status) => Some(status),
        _ => None,
    }
}

fn page(inventory: &Inventory<'_>, input: &InputRef) -> Page {
    let mut page = Page::default();
    page.text("Virtual mesh", short(input));
    page.text("State", verdicts::state(inventory.status(input)));
    if let Some(object) = inventory.world.snapshot.virtual_meshes.get(input) {
        let spec = &object.spec;
        page.text(
            "Created",
            verdicts::created(object.metadata.creation_timestamp.as_ref().map(|time| &time.0)),
        );
        page.text("Generation", object.metadata.generation.unwrap_or_default().to_string());
        page.text("Trust", trust(spec.mtls_config.as_ref()));
        page.text("Federation", federation(spec.federation.as_ref()));
        page.text("Global access", spec.global_access_policy.to_string());
        let meshes =
            spec.meshes.iter().map(|mesh| member(inventory, input, &reference(InputKind::Mesh, mesh)));
        page.rows("Meshes", &["MESH", "STATE", "MESSAGE"], meshes.collect());
    }
    page.rows("Destinations", &["DESTINATION", "STATE", "MESSAGE"], destinations(inventory, input));
    page.rows("Outputs", OUTPUTS, outputs(inventory.outputs_of(input)));
    page.lines("Problems", verdicts::problems(inventory, input));
    page
}

/// What became of the destinations that are shown to other meshes; there is no order among virtual meshes.
fn destinations(inventory: &Inventory<'_>, input: &InputRef) -> Vec<Vec<String>> {
    let rows = verdicts::rows(inventory, input).into_iter();
    rows.map(|mut row| {
        row.remove(verdicts::ORDER);
        row
    })
    .collect()
}

/// What became of a virtual mesh at one of its meshes.
fn member(inventory: &Inventory<'_>, input: &InputRef, mesh: &InputRef) -> Vec<String> {
    let key = object_key(&mesh.name, &mesh.namespace, "");
    let verdict = status(inventory, input).and_then(|status| status.meshes.get(key.as_str()));
    let found = inventory.findings_about(input).filter(|finding| finding.on.as_ref() == Some(mesh));
    let message: Vec<String> =
        found.map(|finding| format!("{} [{}]", finding.cause, finding.code())).collect();
    vec![short(mesh), state(verdict.map(|verdict| verdict.state)), message.join("; ")]
}
