//! References to objects.

use super::wire::message;
use crate::Istr;

message! {
    /// Names an object of the management cluster, unless the field that holds the reference says otherwise.
    #[derive(Eq, PartialOrd, Ord, Hash)]
    pub struct ObjectRef {
        /// Name of the object.
        pub name: Istr,
        /// Namespace of the object. There is no default: empty does not mean "the same namespace".
        pub namespace: Istr,
    }

    /// Names an object of a registered cluster.
    #[derive(Eq, PartialOrd, Ord, Hash)]
    pub struct ClusterObjectRef {
        /// Name of the object.
        pub name: Istr,
        /// Namespace of the object.
        pub namespace: Istr,
        /// Name under which the object's cluster is registered.
        pub cluster_name: Istr,
    }
}
