//! A translation that is kept up to date: changes in, differences out.
//!
//! The unit of work is one destination. A change runs again only those units that asked something whose answer
//! is another one now; what comes out is always what a translation of the whole world would yield, byte for
//! byte.

mod failover;
mod federation;
mod findings;
mod mesh;
mod outcome;
mod policies;
mod results;
mod shelf;
mod statuses;
mod written;

use std::collections::BTreeMap;

use crate::backend::Backend;
use crate::diff::Plan;
use crate::id::{InputKind, InputRef};
use crate::index::{Index, Touched};
use crate::model::{AccessPolicy, TrafficPolicy};
use crate::output::Outputs;
use crate::reads::{Dirty, Keep};
use crate::report::{Report, Status};
use crate::snapshot::{Change, Snapshot};
use crate::status;
use crate::translate::Translation;

use results::{Results, World};

/// Owns a world and its translation, and keeps the second up to date with the first.
///
/// ```
/// use gloo_core::Translator;
/// use gloo_core::snapshot::{Change, Options, SnapshotBuilder};
/// use serde_json::json;
///
/// let nothing = SnapshotBuilder::new("gloo-mesh", Options::default()).build();
/// let mut translator = Translator::new(nothing, &[]);
/// let policy = json!({
///     "apiVersion": "networking.mesh.gloo.solo.io/v1",
///     "kind": "TrafficPolicy",
///     "metadata": { "name": "slow", "namespace": "gloo-mesh" },
///     "spec": { "policy": { "requestTimeout": "5s" } },
/// });
/// let delta = translator.update(Change::read(None, policy)?);
/// assert!(delta.outputs.is_empty());
/// assert_eq!(delta.statuses.len(), 1);
/// # Ok::<(), gloo_core::snapshot::AddError>(())
/// ```
#[derive(Debug)]
pub struct Translator<'b> {
    backends: &'b [&'b dyn Backend],
    snapshot: Snapshot,
    index: Index,
    results: Results,
}

/// What an update changed.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Delta {
    /// The steps from the outputs before to those after.
    pub outputs: Plan,
    /// Statuses that are others now; `None` where the object is gone.
    pub statuses: BTreeMap<InputRef, Option<Status>>,
}

impl Delta {
    /// Whether nothing changed.
    pub fn is_empty(&self) -> bool {
        self.outputs.is_empty() && self.statuses.is_empty()
    }
}

impl<'b> Translator<'b> {
    /// Translates a world.
    pub fn new(snapshot: Snapshot, backends: &'b [&'b dyn Backend]) -> Self {
        Self::translate(snapshot, backends, Keep::Everything)
    }

    /// Translates a world that will not be edited.
    pub(crate) fn once(snapshot: Snapshot, backends: &'b [&'b dyn Backend]) -> Translation {
        Self::translate(snapshot, backends, Keep::SubsetNames).into_translation()
    }

    fn translate(snapshot: Snapshot, backends: &'b [&'b dyn Backend], keep: Keep) -> Self {
        let touched = Touched::all(&snapshot);
        let mut translator =
            Self { backends, index: Index::new(&snapshot), snapshot, results: Results::new(keep) };
        translator.run(touched);
        translator.results.settle();
        translator
    }

    /// Makes edits and translates what they concern; tells what changed.
    ///
    /// Edits of one call count as one: what is in between is never looked at.
    pub fn update(&mut self, changes: impl IntoIterator<Item = Change>) -> Delta {
        let mut touched = Touched::default();
        for change in changes {
            touched.insert(self.snapshot.apply(change));
        }
        self.results.begin();
        self.run(touched);
        self.results.end()
    }

    /// The world as it is now.
    pub fn snapshot(&self) -> &Snapshot {
        &self.snapshot
    }

    /// What each cluster must contain.
    pub fn outputs(&self) -> &Outputs {
        self.results.outputs.all()
    }

    /// The status that each input would get.
    pub fn statuses(&self) -> &BTreeMap<InputRef, Status> {
        self.results.statuses.all()
    }

    /// Everything there is to say, put together anew: costs what there is, not what changed.
    pub fn report(&self) -> Report {
        Report { findings: self.findings(), statuses: self.statuses().clone() }
    }

    /// The whole translation.
    pub fn translation(&self) -> Translation {
        Translation { outputs: self.outputs().clone(), report: self.report() }
    }

    /// The whole translation, at the end.
    pub fn into_translation(self) -> Translation {
        let findings = self.findings();
        let Results { outputs, statuses, .. } = self.results;
        Translation {
            outputs: outputs.into_all(),
            report: Report { findings, statuses: statuses.into_all() },
        }
    }

    /// Translates what hangs on the objects touched.
    fn run(&mut self, mut touched: Touched) {
        let mut dirty = Dirty::new(&self.results.watchers);
        self.index.refresh(&self.snapshot, &mut touched, self.backends, &mut dirty);
        let mut units = dirty.units;
        self.federate(&touched, &mut units);
        self.reread::<TrafficPolicy>(&touched, &mut units);
        self.reread::<AccessPolicy>(&touched, &mut units);
        let world = World { index: &self.index, backends: self.backends };
        self.results.run(world, &mut units);
        self.tell::<TrafficPolicy>(&units);
        self.tell::<AccessPolicy>(&units);
        self.tell_virtual_meshes(&units);
        self.tell_virtual_destinations(&units);
        self.tell_observed(&touched);
    }

    /// Statuses of objects about which nothing is decided.
    fn tell_observed(&mut self, touched: &Touched) {
        for input in &touched.inputs {
            let is_decided = match input.kind {
                InputKind::TrafficPolicy
                | InputKind::AccessPolicy
                | InputKind::VirtualMesh
                | InputKind::VirtualDestination
                | InputKind::Mesh => true,
                InputKind::Destination => self.index.destinations.arena().id_of(input).is_some(),
                _ => false,
            };
            if !is_decided {
                let status = status::observed(&self.snapshot, input);
                self.results.statuses.set(input, status);
            }
        }
    }
}
