//! The difference between two sets of outputs, as steps that lead from one to the other.

use std::cmp::Reverse;
use std::sync::Arc;

use crate::id::OutputRef;
use crate::object::Object;
use crate::output::Outputs;

/// What must be done so that one set of outputs becomes another.
///
/// Creations and updates are in the order of writing (what others refer to comes first), deletions in the
/// reverse order, so that nothing refers to a missing object in between.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Plan {
    /// Objects that are not there yet.
    pub create: Vec<Arc<Object>>,
    /// Objects that are there with other content.
    pub update: Vec<Update>,
    /// Objects that are no longer wanted.
    pub delete: Vec<Arc<Object>>,
}

/// One object that changes.
#[derive(Clone, Debug, PartialEq)]
pub struct Update {
    /// What is there.
    pub from: Arc<Object>,
    /// What is wanted.
    pub to: Arc<Object>,
}

impl Plan {
    /// Whether nothing must be done.
    pub fn is_empty(&self) -> bool {
        self.create.is_empty() && self.update.is_empty() && self.delete.is_empty()
    }

    /// What `outputs` are after every step.
    pub fn apply(&self, outputs: &Outputs) -> Outputs {
        let mut after = outputs.clone();
        for object in self.create.iter().chain(self.update.iter().map(|update| &update.to)) {
            after.insert(Arc::clone(object));
        }
        for object in &self.delete {
            after.remove(&object.id);
        }
        after
    }
}

/// Compares what is there with what is wanted.
pub fn diff(from: &Outputs, to: &Outputs) -> Plan {
    let mut plan = Plan::default();
    for wanted in to.iter() {
        match from.find(&wanted.id) {
            None => plan.create.push(Arc::clone(wanted)),
            Some(there) if there == wanted => (),
            Some(there) => plan.update.push(Update { from: Arc::clone(there), to: Arc::clone(wanted) }),
        }
    }
    plan.delete = from.iter().filter(|there| to.find(&there.id).is_none()).cloned().collect();
    plan.create.sort_by(|a, b| writing_order(&a.id).cmp(&writing_order(&b.id)));
    plan.update.sort_by(|a, b| writing_order(&a.to.id).cmp(&writing_order(&b.to.id)));
    plan.delete.sort_by(|a, b| Reverse(writing_order(&a.id)).cmp(&Reverse(writing_order(&b.id))));
    plan
}

/// Order of writing within one cluster.
fn writing_order(id: &OutputRef) -> (&str, u8, &str, &str, &str) {
    (&id.cluster, id.kind.rank, &id.namespace, &id.name, id.kind.kind)
}
