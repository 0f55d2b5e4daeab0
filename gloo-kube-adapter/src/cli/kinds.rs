//! What lists and descriptions say of each kind, one file for each.

mod access_policy;
mod destination;
mod mesh;
mod settings;
mod text;
mod traffic_policy;
mod verdicts;
mod virtual_mesh;
mod workload;

use gloo_core::api::ApprovalState;
use gloo_core::id::{InputKind, InputRef};
use gloo_core::report::{Finding, Severity, Subject};

use super::exit::{Failure, Stop};
use super::inventory::named::Names;
use super::inventory::{Inventory, state_word};
use super::page::Page;
use super::select::Selection;

/// How a kind is shown.
pub struct View {
    /// The kind.
    pub kind: InputKind,
    /// Columns of its table.
    pub columns: &'static [&'static str],
    /// Further columns of a wide table.
    pub wide: &'static [&'static str],
    /// Whether its objects belong to clusters.
    pub has_cluster: bool,
    /// Its objects, with a cell for each column.
    pub list: fn(&Inventory<'_>) -> Vec<Item>,
    /// All there is to tell about one.
    pub page: fn(&Inventory<'_>, &InputRef) -> Page,
}

impl std::fmt::Debug for View {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("View").field("kind", &self.kind).finish_non_exhaustive()
    }
}

/// Every kind that can be shown.
static VIEWS: [View; 6] = [
    mesh::VIEW,
    workload::VIEW,
    destination::VIEW,
    traffic_policy::VIEW,
    access_policy::VIEW,
    virtual_mesh::VIEW,
];

/// One object in a table.
#[derive(Clone, Debug)]
pub struct Item {
    /// The object.
    pub input: InputRef,
    /// The cluster it belongs to; empty for kinds that belong to none.
    pub cluster: String,
    /// The namespace that people know it by: of its pods, its service, its control plane, or its own.
    pub namespace: String,
    /// What else it is called.
    pub names: Names,
    /// A text for each column, those of wide tables included.
    pub cells: Vec<String>,
}

impl Item {
    /// A policy or the like, which belongs to no cluster.
    fn of_plane(input: &InputRef, cells: Vec<String>) -> Self {
        Self {
            input: input.clone(),
            cluster: String::new(),
            namespace: input.namespace.to_string(),
            names: Names { input: Some(input.clone()), ..Names::default() },
            cells,
        }
    }
}

/// How a kind is shown that is called by any of its names: singular, plural, short, or with its group.
///
/// # Errors
///
/// If nothing is called so, or nothing of it can be shown.
pub fn view(word: &str) -> Result<&'static View, Stop> {
    let wanted = Selection::new(&[], &[word.to_owned()]);
    let fits = |view: &&View| {
        wanted.as_ref().is_ok_and(|wanted| wanted.kind(view.kind.kind(), view.kind.api_version()))
    };
    VIEWS.iter().find(fits).ok_or_else(|| {
        let known: Vec<&str> = VIEWS.iter().map(|view| view.kind.word()).collect();
        let failure = Failure::usage(format_args!("objects of the kind {word:?} cannot be shown"));
        failure.hint(format!("use one of {}", known.join(", "))).into()
    })
}

/// The state of an object that has a verdict.
fn state(state: Option<ApprovalState>) -> String {
    state.map(|state| state_word(state).to_owned()).unwrap_or_default()
}

/// What is wrong or doubtful about an object as a whole.
fn own_problems(inventory: &Inventory<'_>, input: &InputRef) -> Vec<String> {
    let all = inventory.findings_about(input).filter(|finding| finding.on.is_none());
    let all = all.filter(|finding| finding.severity < Severity::Info);
    all.map(|finding| format!("{}: {} [{}]", level(finding.severity), finding.cause, finding.code()))
        .collect()
}

/// What is wrong or doubtful about others because of an object, unless they are of these kinds.
fn problems_of_others(inventory: &Inventory<'_>, input: &InputRef, told: &[InputKind]) -> Vec<String> {
    let is_told = |subject: &Subject| match subject {
        Subject::Input(subject) => told.contains(&subject.kind),
        Subject::Other { .. } => false,
    };
    let all = inventory.findings_on(input).filter(|finding| finding.severity < Severity::Info);
    let all = all.filter(|finding| !is_told(&finding.subject));
    let line = |finding: &Finding| {
        format!("{}: {}: {} [{}]", level(finding.severity), finding.subject, finding.cause, finding.code())
    };
    all.map(line).collect()
}

/// What discovery says about the object of a cluster that an object stands for.
fn problems_of_discovery(inventory: &Inventory<'_>, cluster: &str, object: &str) -> Vec<String> {
    let all = inventory.notices_about(cluster, object);
    all.iter()
        .map(|notice| format!("{}: {} [{}]", level(notice.severity), notice.message, notice.code))
        .collect()
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => "info",
    }
}
