//! Workloads.

use gloo_core::api::Workload;
use gloo_core::id::{InputKind, InputRef};
use gloo_core::name::object_key;

use super::text::{labels, place};
use super::{Item, View, own_problems, problems_of_discovery, verdicts};
use crate::cli::columns::{workload_kind, workload_namespace};
use crate::cli::inventory::named::Names;
use crate::cli::inventory::{Inventory, reference, short};
use crate::cli::page::Page;
use crate::world::discovery::Found as _;

/// How workloads are shown.
pub const VIEW: View = View {
    kind: InputKind::Workload,
    columns: &["NAME", "CLUSTER", "NAMESPACE", "KIND", "SERVICE-ACCOUNT", "MESH"],
    wide: &["DATA-PLANE", "DESTINATIONS", "LABELS"],
    has_cluster: true,
    list,
    page,
};

fn list(inventory: &Inventory<'_>) -> Vec<Item> {
    let workloads = inventory.world.snapshot.workloads.iter();
    workloads.map(|(input, workload)| item(inventory, input, workload)).collect()
}

fn item(inventory: &Inventory<'_>, input: &InputRef, workload: &Workload) -> Item {
    let kubernetes = workload.spec.kubernetes.as_ref();
    let controller = kubernetes.and_then(|it| it.controller.as_ref());
    let namespace = workload_namespace(workload).to_owned();
    let cells = vec![
        input.name.to_string(),
        workload.cluster().to_owned(),
        namespace.clone(),
        workload_kind(workload).to_owned(),
        kubernetes.map(|it| it.service_account_name.to_string()).unwrap_or_default(),
        workload.spec.mesh.as_ref().map(|mesh| mesh.name.to_string()).unwrap_or_default(),
        workload.fact("data-plane").unwrap_or_default().to_owned(),
        inventory.backing.before(workload).len().to_string(),
        kubernetes.map(|it| labels(&it.pod_labels)).unwrap_or_default(),
    ];
    Item {
        input: input.clone(),
        cluster: workload.cluster().to_owned(),
        names: Names {
            input: Some(input.clone()),
            original: controller
                .map(|it| (it.cluster_name.to_string(), it.namespace.to_string(), it.name.to_string())),
            hosts: Vec::new(),
        },
        namespace,
        cells,
    }
}

fn page(inventory: &Inventory<'_>, input: &InputRef) -> Page {
    let mut page = Page::default();
    let Some(workload) = inventory.world.snapshot.workloads.get(input) else { return page };
    let kubernetes = workload.spec.kubernetes.as_ref();
    let controller = kubernetes.and_then(|it| it.controller.as_ref());
    page.text("Workload", short(input));
    page.text(
        "Controller",
        controller.map(|it| format!("{} {}", workload_kind(workload), place(it))).unwrap_or_default(),
    );
    page.text("Pod labels", kubernetes.map(|it| labels(&it.pod_labels)).unwrap_or_default());
    page.text(
        "Service account",
        kubernetes.map(|it| it.service_account_name.to_string()).unwrap_or_default(),
    );
    let mesh = workload.spec.mesh.as_ref().map(|mesh| short(&reference(InputKind::Mesh, mesh)));
    page.text("Mesh", mesh.unwrap_or_else(|| "none".to_owned()));
    page.text("Data plane", workload.fact("data-plane").unwrap_or_default());
    let destinations = inventory.backing.before(workload);
    page.lines("Backs", destinations.iter().map(|destination| short(&destination.input())).collect());
    let (sending, allowed) = (
        as_source(inventory, input, InputKind::TrafficPolicy),
        as_source(inventory, input, InputKind::AccessPolicy),
    );
    page.rows("Traffic policies", &["POLICY", "STATE", "NOTE"], sending);
    page.rows("Access policies", &["POLICY", "STATE", "NOTE"], allowed);
    let mut called = Vec::new();
    for destination in &destinations {
        let destination = destination.input();
        for (policy, verdict) in inventory.policies_on(&destination, InputKind::AccessPolicy) {
            called.push(vec![short(&destination), short(policy), verdict.word()]);
        }
    }
    page.rows("Callers", &["DESTINATION", "POLICY", "STATE"], called);
    let object = controller.map(|it| format!("{} {}/{}", workload_kind(workload), it.namespace, it.name));
    let mut all = problems_of_discovery(inventory, workload.cluster(), object.as_deref().unwrap_or_default());
    all.extend(own_problems(inventory, input));
    page.lines("Problems", all);
    page
}

/// The policies of a kind that mean a workload as the source of requests.
///
/// A status has room for some workloads only; whether one of the others is meant cannot be told.
fn as_source(inventory: &Inventory<'_>, input: &InputRef, kind: InputKind) -> Vec<Vec<String>> {
    let key = object_key(&input.name, &input.namespace, "");
    let mut rows = Vec::new();
    for policy in verdicts::judged(inventory, kind) {
        let status = inventory.status(policy);
        let workloads = verdicts::workloads(status);
        let is_listed = workloads.iter().any(|listed| **listed == *key);
        if is_listed || verdicts::is_cut(workloads) {
            let note = if is_listed { "" } else { "perhaps: its status names some of its workloads only" };
            rows.push(vec![short(policy), verdicts::state(status), note.to_owned()]);
        }
    }
    rows
}
