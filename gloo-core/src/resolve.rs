//! How the model comes about: reading policies, ordering them, and deciding what is in force where.

mod claim;
mod decide;
mod identity;
mod ledger;
mod read;
mod subset;
mod target;

pub(crate) use decide::{Decision, InForce, Said, Verdict, decide};
pub(crate) use subset::{Demand, Demands};
