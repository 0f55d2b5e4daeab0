//! Everything of the management plane that touches the outside world.
//!
//! The core and the backends are pure functions. This crate feeds them and carries their results away: it
//! reads worlds from files ([`world`]), writes output trees ([`tree`]), and holds the command line tool
//! ([`cli`]). It takes no decision about meshes itself.

#![forbid(unsafe_code)]

pub mod cli;
pub mod compare;
pub mod files;
pub mod render;
pub mod tree;
pub mod world;
