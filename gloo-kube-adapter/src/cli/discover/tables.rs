//! What was found, as tables.

use std::fmt::Write as _;

use gloo_core::report::Severity;

use super::Findings;
use crate::cli::columns::{self, Backing, installation};
use crate::cli::findings::alike;
use crate::cli::style::{Look, Paint};
use crate::cli::table::Table;
use crate::world::discovery::Found as _;

/// All tables, with a heading each. Of remarks that say the same, each is shown if `every` one is wanted.
pub fn text(findings: &Findings<'_>, every: bool, paint: Paint) -> String {
    let mut text = String::new();
    let mut add = |title: &str, count: usize, table: &Table| {
        let title = paint.apply(Look::Strong, &format!("{title} ({count})"));
        let gap = if text.is_empty() { "" } else { "\n" };
        let _ = writeln!(text, "{gap}{title}");
        if table.len() > 0 {
            text.push_str(&table.to_text(paint));
        }
    };
    add("Meshes", findings.meshes.len(), &meshes(findings));
    add("Workloads", findings.workloads.len(), &workloads(findings));
    add("Destinations", findings.destinations.len(), &destinations(findings));
    if !findings.notices.is_empty() {
        add("Not found, or doubtful", findings.notices.len(), &remarks(findings, every));
    }
    text
}

fn meshes(findings: &Findings<'_>) -> Table {
    let mut table = Table::new(&[
        "NAME",
        "TYPE",
        "CLUSTER",
        "NAMESPACE",
        "VERSION",
        "REVISION",
        "TRUST-DOMAIN",
        "GATEWAYS",
    ]);
    for mesh in &findings.meshes {
        let installation = installation(mesh);
        table.push([
            mesh.input().name.to_string(),
            columns::mesh_type(mesh).to_owned(),
            mesh.cluster().to_owned(),
            installation.map(|it| it.namespace.to_string()).unwrap_or_default(),
            installation.map(|it| it.version.to_string()).unwrap_or_default(),
            mesh.fact("revision").unwrap_or_default().to_owned(),
            columns::trust_domain(mesh).to_owned(),
            columns::gateways(mesh),
        ]);
    }
    table
}

fn workloads(findings: &Findings<'_>) -> Table {
    let mut table =
        Table::new(&["NAME", "CLUSTER", "NAMESPACE", "KIND", "SERVICE-ACCOUNT", "MESH", "DATA-PLANE"]);
    for workload in &findings.workloads {
        let kubernetes = workload.spec.kubernetes.as_ref();
        table.push([
            workload.input().name.to_string(),
            workload.cluster().to_owned(),
            columns::workload_namespace(workload).to_owned(),
            columns::workload_kind(workload).to_owned(),
            kubernetes.map(|it| it.service_account_name.to_string()).unwrap_or_default(),
            workload.spec.mesh.as_ref().map(|mesh| mesh.name.to_string()).unwrap_or_default(),
            workload.fact("data-plane").unwrap_or_default().to_owned(),
        ]);
    }
    table
}

fn destinations(findings: &Findings<'_>) -> Table {
    let mut table =
        Table::new(&["NAME", "CLUSTER", "NAMESPACE", "PORTS", "MESH", "WORKLOADS", "ENDPOINTS", "SUBSETS"]);
    let backing = Backing::new(findings.workloads.iter().map(|it| &***it), []);
    for destination in &findings.destinations {
        let Some(service) = &destination.spec.kube_service else { continue };
        let endpoints: usize = service.endpoint_subsets.iter().map(|subset| subset.endpoints.len()).sum();
        table.push([
            destination.input().name.to_string(),
            destination.cluster().to_owned(),
            columns::service_namespace(destination).to_owned(),
            columns::ports(service),
            destination.spec.mesh.as_ref().map(|mesh| mesh.name.to_string()).unwrap_or_default(),
            backing.of(destination).len().to_string(),
            endpoints.to_string(),
            columns::subsets(service),
        ]);
    }
    table
}

fn remarks(findings: &Findings<'_>, every: bool) -> Table {
    let mut table = Table::new(&["LEVEL", "CLUSTER", "OBJECTS", "CODE", "REASON"]);
    for alike in alike(findings.notices.iter().copied(), every) {
        let level = match alike.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Info => "info",
        };
        table.push([
            level.to_owned(),
            alike.cluster.to_owned(),
            alike.objects(),
            alike.code.to_owned(),
            alike.message.to_string(),
        ]);
    }
    table
}
