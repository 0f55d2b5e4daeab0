//! From a snapshot to outputs and report.

use crate::backend::Backend;
use crate::output::Outputs;
use crate::report::Report;
use crate::snapshot::Snapshot;
use crate::translator::Translator;

/// What a translation yields.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Translation {
    /// The objects for each cluster.
    pub outputs: Outputs,
    /// What is to be said about the inputs.
    pub report: Report,
}

/// Turns a snapshot into what each cluster must contain, with a verdict on every policy.
///
/// Total: mistakes of users are part of the report, and what is right is translated whatever else is wrong.
/// The same snapshot always yields the same bytes, in whatever order its objects arrived. Whoever edits a
/// world again and again keeps a [`Translator`] instead.
pub fn translate(snapshot: &Snapshot, backends: &[&dyn Backend]) -> Translation {
    Translator::once(snapshot.clone(), backends)
}
