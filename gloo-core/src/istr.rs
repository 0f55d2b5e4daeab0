//! The string of this library: immutable, shared, cheap to clone.

use std::sync::Arc;

/// A string whose clone costs one reference count.
///
/// Names, namespaces, hosts and label values appear in many objects of one world and in every output
/// made from them; sharing them keeps copies out of the translation.
pub type Istr = Arc<str>;

/// Labels, annotations, headers: text by name, in the order of names.
pub type Labels = std::collections::BTreeMap<Istr, Istr>;
