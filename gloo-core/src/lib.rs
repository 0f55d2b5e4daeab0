//! Core.

pub mod istr;

pub use istr::Istr;
