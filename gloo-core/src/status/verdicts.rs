//! Verdicts by key, as many as fit into a status.

use std::collections::BTreeMap;

use crate::Istr;
use crate::api::{ApprovalState, ApprovalStatus};
use crate::rejection::Rejection;
use crate::status::size;

/// How bad a state is; the worst verdict is that of the whole.
pub(crate) fn badness(state: ApprovalState) -> u8 {
    match state {
        ApprovalState::Accepted => 0,
        ApprovalState::Pending => 1,
        ApprovalState::Invalid => 2,
        ApprovalState::Failed => 3,
    }
}

/// The worse of two states.
pub(crate) fn worse(one: ApprovalState, other: ApprovalState) -> ApprovalState {
    if badness(other) > badness(one) { other } else { one }
}

/// The state of something with these errors. What is right but cannot be written has failed; everything else is to be
/// set right by those who wrote it.
pub(crate) fn state_of<'a>(errors: impl IntoIterator<Item = &'a Rejection>) -> ApprovalState {
    let states = errors.into_iter().map(|error| match error {
        Rejection::ForeignObject { .. } => ApprovalState::Failed,
        _ => ApprovalState::Invalid,
    });
    states.fold(ApprovalState::Accepted, worse)
}

/// The verdicts that fit, the worst first, and their size; what is left out is counted under one key.
pub(crate) fn fit(
    mut entries: Vec<(Istr, ApprovalStatus)>,
    room: usize,
) -> (BTreeMap<Istr, ApprovalStatus>, usize) {
    let size: usize = entries.iter().map(|(key, entry)| entry_size(key, entry)).sum();
    if size <= room {
        return (entries.into_iter().collect(), size);
    }
    entries.sort_by(|(a_key, a), (b_key, b)| {
        let rank = |entry: &ApprovalStatus| (u8::MAX - badness(entry.state), entry.warnings.is_empty());
        rank(a).cmp(&rank(b)).then_with(|| a_key.cmp(b_key))
    });
    let (mut fitting, mut used) = (BTreeMap::new(), 0);
    let mut entries = entries.into_iter();
    for (key, entry) in entries.by_ref() {
        let size = entry_size(&key, &entry);
        if used + size > room {
            let more = more(std::iter::once(entry).chain(entries.map(|(_, entry)| entry)));
            let key = Istr::from("+more");
            used += entry_size(&key, &more);
            fitting.insert(key, more);
            break;
        }
        used += size;
        fitting.insert(key, entry);
    }
    (fitting, used)
}

/// Size of an entry as JSON, with its key, a colon and a comma.
fn entry_size(key: &Istr, entry: &ApprovalStatus) -> usize {
    size::of_text(key) + 2 + size::of_verdict(entry)
}

/// One entry that stands for those left out.
fn more(entries: impl Iterator<Item = ApprovalStatus>) -> ApprovalStatus {
    let mut counts: [(ApprovalState, &str, usize); 4] = [
        (ApprovalState::Failed, "failed", 0),
        (ApprovalState::Invalid, "invalid", 0),
        (ApprovalState::Pending, "pending", 0),
        (ApprovalState::Accepted, "accepted", 0),
    ];
    for entry in entries {
        for (state, _, count) in &mut counts {
            *count += usize::from(entry.state == *state);
        }
    }
    let total: usize = counts.iter().map(|(_, _, count)| count).sum();
    let present = counts.iter().filter(|(_, _, count)| *count > 0);
    let words: Vec<String> = present.clone().map(|(_, word, count)| format!("{count} {word}")).collect();
    let state = present.map(|(state, _, _)| *state).next().unwrap_or_default();
    let warning = format!("{total} more: {}", words.join(", "));
    ApprovalStatus { state, warnings: vec![warning.into()], ..ApprovalStatus::default() }
}
