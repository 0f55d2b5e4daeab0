//! Verdicts on policies and meshes, as they stand in statuses.

use super::wire::{enumeration, message};
use crate::Istr;

enumeration! {
    /// Verdict on an object, or on an object for one of its targets.
    pub enum ApprovalState {
        /// Not processed yet.
        Pending = "PENDING",
        /// Valid, and applied everywhere it was meant to apply.
        Accepted = "ACCEPTED",
        /// Refused: for its content, for a reference to nothing, or for a conflict with another object.
        Invalid = "INVALID",
        /// Valid, but writing the result to some cluster failed.
        Failed = "FAILED",
    }
}

message! {
    /// Verdict on an object for one of its targets.
    #[derive(Eq)]
    pub struct ApprovalStatus {
        /// Position among the accepted policies of the target, counted from 0; the one accepted earlier keeps
        /// a field that two of them set.
        pub acceptance_order: u32,
        /// The verdict.
        pub state: ApprovalState,
        /// Why the object was not accepted for this target.
        pub errors: Vec<Istr>,
        /// What was accepted but may not do what its author expects.
        pub warnings: Vec<Istr>,
    }
}
