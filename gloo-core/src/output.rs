//! The set of outputs of a translation, in a total order.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::id::OutputRef;
use crate::object::Object;

/// Objects by cluster, kind, namespace and name.
///
/// The order depends on nothing but the content, so equal inputs give equal bytes.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Outputs {
    objects: BTreeMap<OutputRef, Arc<Object>>,
}

impl Outputs {
    /// Adds `object`; gives back the object that stood under the same reference, if any.
    pub fn insert(&mut self, object: Arc<Object>) -> Option<Arc<Object>> {
        self.objects.insert(object.id.clone(), object)
    }

    /// Removes the object with this reference.
    pub fn remove(&mut self, id: &OutputRef) -> Option<Arc<Object>> {
        self.objects.remove(id)
    }

    /// The object with this reference.
    pub fn find(&self, id: &OutputRef) -> Option<&Arc<Object>> {
        self.objects.get(id)
    }

    /// All objects in order.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<Object>> {
        self.objects.values()
    }

    /// How many objects there are.
    pub fn len(&self) -> usize {
        self.objects.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.objects.is_empty()
    }
}

impl FromIterator<Arc<Object>> for Outputs {
    fn from_iter<I: IntoIterator<Item = Arc<Object>>>(objects: I) -> Self {
        Self { objects: objects.into_iter().map(|object| (object.id.clone(), object)).collect() }
    }
}
