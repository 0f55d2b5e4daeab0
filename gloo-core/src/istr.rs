//! The string of this library: immutable, shared, cheap to clone.

mod labels;
mod share;

pub use labels::Labels;
pub use share::Recent;
pub(crate) use share::{Share, nothing_to_share};

use std::cmp::Ordering;
use std::sync::Arc;

/// A string whose clone costs one reference count.
///
/// Names, namespaces, hosts and label values appear in many objects of one world and in every output
/// made from them; sharing them keeps copies out of the translation.
pub type Istr = Arc<str>;

/// Compares texts; those that are shared are equal without a look at them.
pub(crate) fn compare(one: &Istr, other: &Istr) -> Ordering {
    if Arc::ptr_eq(one, other) { Ordering::Equal } else { one.cmp(other) }
}
