//! What kinds with a verdict have in common.

use std::cmp::Reverse;

use gloo_core::Istr;
use gloo_core::api::ApprovalState;
use gloo_core::id::{InputKind, InputRef};
use gloo_core::report::{Severity, Status};

use super::own_problems;
use crate::cli::inventory::{Inventory, Verdict, short, state_word};

/// Columns of [`rows`].
pub const COLUMNS: &[&str] = &["DESTINATION", "STATE", "ORDER", "MESSAGE"];

/// Position of the column `ORDER` among them.
pub const ORDER: usize = 2;

/// Objects of a kind that get a verdict, those that cannot be read among them.
pub fn judged<'a>(inventory: &Inventory<'a>, kind: InputKind) -> impl Iterator<Item = &'a InputRef> {
    inventory.translation.report.statuses.keys().filter(move |input| input.kind == kind)
}

/// The verdicts on an object, the worst first.
pub fn rows(inventory: &Inventory<'_>, input: &InputRef) -> Vec<Vec<String>> {
    let mut all: Vec<(InputRef, Verdict<'_>)> = inventory.verdicts(input).into_iter().collect();
    all.sort_by_key(|(_, verdict)| Reverse(badness(verdict.state)));
    let order = |verdict: &Verdict<'_>| verdict.order.map(|order| order.to_string()).unwrap_or_default();
    all.iter().map(|(on, it)| vec![short(on), it.word(), order(it), it.message()]).collect()
}

fn badness(state: ApprovalState) -> u8 {
    match state {
        ApprovalState::Accepted => 0,
        ApprovalState::Pending => 1,
        ApprovalState::Invalid => 2,
        ApprovalState::Failed => 3,
    }
}

/// At how many destinations an object is accepted, and how many there are.
pub fn summary(inventory: &Inventory<'_>, input: &InputRef) -> String {
    let all = inventory.verdicts(input);
    let accepted = all.values().filter(|verdict| verdict.state == ApprovalState::Accepted).count();
    format!("{accepted}/{}", all.len())
}

/// What is wrong or doubtful about an object as a whole, and whether more stands at its verdicts.
pub fn problems(inventory: &Inventory<'_>, input: &InputRef) -> Vec<String> {
    let mut all = own_problems(inventory, input);
    let verdicts = inventory.verdicts(input);
    let refused = verdicts.values().filter(|verdict| verdict.state != ApprovalState::Accepted).count();
    if refused > 0 {
        all.push(format!("error: not accepted at {refused} of {} destinations, see above", verdicts.len()));
    }
    all
}

/// The first thing that is wrong with an object, wherever it is wrong.
pub fn first_error(inventory: &Inventory<'_>, input: &InputRef) -> String {
    let error = inventory.findings_about(input).find(|finding| finding.severity == Severity::Error);
    error.map(|error| format!("{} [{}]", error.cause, error.code())).unwrap_or_default()
}

/// The workloads of a status; empty for kinds that list none.
pub fn workloads(status: Option<&Status>) -> &[Istr] {
    match status {
        Some(Status::TrafficPolicy(status)) => &status.workloads,
        Some(Status::AccessPolicy(status)) => &status.workloads,
        _ => &[],
    }
}

/// The state in a status; empty for kinds that have none.
pub fn state(status: Option<&Status>) -> String {
    let state = match status {
        Some(Status::TrafficPolicy(status)) => Some(status.state),
        Some(Status::AccessPolicy(status)) => Some(status.state),
        Some(Status::VirtualMesh(status)) => Some(status.state),
        _ => None,
    };
    state.map(|state| state_word(state).to_owned()).unwrap_or_default()
}

/// Whether a status only counts some of its workloads.
pub fn is_cut(listed: &[Istr]) -> bool {
    counts(listed).1 > 0
}

/// How many workloads a status names, and how many more it counts.
fn counts(listed: &[Istr]) -> (usize, usize) {
    // A status that lists some only ends in `… and 3 more`.
    let rest =
        listed.last().and_then(|last| last.strip_prefix("… and ")?.strip_suffix(" more")?.parse().ok());
    match rest {
        Some(rest) => (listed.len() - 1, rest),
        None => (listed.len(), 0),
    }
}

/// How many workloads an object means as sources.
pub fn sources(inventory: &Inventory<'_>, input: &InputRef) -> String {
    let (told, counted) = counts(workloads(inventory.status(input)));
    (told + counted).to_string()
}

/// The workloads of a status, as other commands call them.
pub fn names(inventory: &Inventory<'_>, listed: &[Istr]) -> Vec<String> {
    let name = |key: &Istr| inventory.of_key(InputKind::Workload, key).map_or_else(|| key.to_string(), short);
    listed.iter().map(name).collect()
}

/// When an object was made.
pub fn created(time: Option<&impl ToString>) -> String {
    time.map(ToString::to_string).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::counts;

    #[test]
    fn what_a_status_leaves_out_counts() {
        assert_eq!(counts(&[]), (0, 0));
        assert_eq!(counts(&["a.b.".into(), "c.d.".into()]), (2, 0));
        assert_eq!(counts(&["a.b.".into(), "… and 31 more".into()]), (1, 31));
    }
}
