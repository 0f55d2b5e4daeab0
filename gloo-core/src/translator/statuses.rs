//! The statuses of all inputs, and what changed of them.

use std::collections::BTreeMap;

use crate::id::InputRef;
use crate::report::Status;

/// The status that each input would get.
#[derive(Debug, Default)]
pub(super) struct Statuses {
    all: BTreeMap<InputRef, Status>,
    /// What arrives before [`Statuses::settle`]: sorting everything at once is cheaper than many insertions.
    first: Vec<(InputRef, Status)>,
    is_settled: bool,
    /// What was there, of the statuses that were set since [`Statuses::begin`].
    before: BTreeMap<InputRef, Option<Status>>,
}

impl Statuses {
    pub fn all(&self) -> &BTreeMap<InputRef, Status> {
        &self.all
    }

    pub fn into_all(self) -> BTreeMap<InputRef, Status> {
        self.all
    }

    /// Sets the status of an input, or takes it away.
    pub fn set(&mut self, input: &InputRef, status: Option<Status>) {
        if !self.is_settled {
            self.first.extend(status.map(|status| (input.clone(), status)));
            return;
        }
        if self.all.get(input) == status.as_ref() {
            return;
        }
        let before = match status {
            Some(status) => self.all.insert(input.clone(), status),
            None => self.all.remove(input),
        };
        self.before.entry(input.clone()).or_insert(before);
    }

    /// Ends the first run.
    pub fn settle(&mut self) {
        self.all = std::mem::take(&mut self.first).into_iter().collect();
        self.is_settled = true;
    }

    /// Begins to note what changes.
    pub fn begin(&mut self) {
        self.before.clear();
    }

    /// The statuses that are others since [`Statuses::begin`]; `None` for those that are gone.
    pub fn end(&mut self) -> BTreeMap<InputRef, Option<Status>> {
        let before = std::mem::take(&mut self.before).into_iter();
        let changed = before.filter_map(|(input, before)| {
            let after = self.all.get(&input);
            (after != before.as_ref()).then(|| (input, after.cloned()))
        });
        changed.collect()
    }
}
