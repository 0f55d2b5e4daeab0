//! Access policies.

use gloo_core::id::{InputKind, InputRef};

use super::text::{OUTPUTS, destinations, identities, or_any, outputs};
use super::{Item, View, verdicts};
use crate::cli::inventory::{Inventory, short};
use crate::cli::page::Page;

/// How access policies are shown.
pub const VIEW: View = View {
    kind: InputKind::AccessPolicy,
    columns: &["NAME", "NAMESPACE", "STATE", "SOURCES", "DESTINATIONS", "PATHS", "METHODS", "PORTS"],
    wide: &["CREATED", "MESSAGE"],
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
    let object = inventory.world.snapshot.access_policies.get(input);
    let spec = object.map(|object| &object.spec);
    vec![
        input.name.to_string(),
        input.namespace.to_string(),
        verdicts::state(inventory.status(input)),
        verdicts::sources(inventory, input),
        verdicts::summary(inventory, input),
        spec.map(|spec| or_any(&spec.allowed_paths, "any")).unwrap_or_default(),
        spec.map(|spec| or_any(&spec.allowed_methods, "any")).unwrap_or_default(),
        spec.map(|spec| ports(&spec.allowed_ports)).unwrap_or_default(),
        verdicts::created(
            object.and_then(|object| object.metadata.creation_timestamp.as_ref()).map(|time| &time.0),
        ),
        verdicts::first_error(inventory, input),
    ]
}

fn ports(ports: &[u32]) -> String {
    let ports: Vec<String> = ports.iter().map(ToString::to_string).collect();
    if ports.is_empty() { "any".to_owned() } else { ports.join(", ") }
}

fn page(inventory: &Inventory<'_>, input: &InputRef) -> Page {
    let mut page = Page::default();
    page.text("Access policy", short(input));
    page.text("State", verdicts::state(inventory.status(input)));
    if let Some(object) = inventory.world.snapshot.access_policies.get(input) {
        let spec = &object.spec;
        page.text(
            "Created",
            verdicts::created(object.metadata.creation_timestamp.as_ref().map(|time| &time.0)),
        );
        page.text("Generation", object.metadata.generation.unwrap_or_default().to_string());
        page.lines("From", identities(&spec.source_selector));
        page.lines("To", destinations(&spec.destination_selector));
        page.text("Paths", or_any(&spec.allowed_paths, "any"));
        page.text("Methods", or_any(&spec.allowed_methods, "any"));
        page.text("Ports", ports(&spec.allowed_ports));
    }
    page.rows("Destinations", verdicts::COLUMNS, verdicts::rows(inventory, input));
    page.lines("Workloads", verdicts::names(inventory, verdicts::workloads(inventory.status(input))));
    page.rows("Outputs", OUTPUTS, outputs(inventory.outputs_of(input)));
    page.lines("Problems", verdicts::problems(inventory, input));
    page
}
