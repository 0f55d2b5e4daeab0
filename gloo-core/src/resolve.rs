//! How the model comes about: reading policies, ordering them, and deciding what is in force where.

mod claim;
mod decide;
pub(crate) mod exposure;
pub(crate) mod failover;
pub(crate) mod gateway;
mod identity;
mod ledger;
pub(crate) mod membership;
mod read;
mod selector;
mod subset;
mod suffix;
mod target;
pub(crate) mod virtual_mesh;

pub(crate) use decide::{Decision, InForce, Said, Verdict, decide};
pub(crate) use membership::Member;
pub(crate) use subset::{Demand, Demands};
