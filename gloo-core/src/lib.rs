//! Core.

pub mod api;
pub mod backend;
pub mod check;
pub mod context;
pub mod decode;
pub mod diff;
pub mod id;
pub mod index;
pub mod istr;
pub mod model;
pub mod name;
pub mod object;
pub mod output;
pub mod rejection;
pub mod report;
pub mod snapshot;
pub mod translate;

mod resolve;
mod status;

pub use istr::Istr;
pub use translate::{Translation, translate};
