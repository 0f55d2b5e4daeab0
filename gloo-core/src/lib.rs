//! Core.

pub mod api;
pub mod decode;
pub mod istr;
pub mod name;

pub use istr::Istr;
