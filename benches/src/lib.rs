//! Worlds of graded sizes, and what translations and edits of them cost.
//!
//! `cargo bench -p gloo-benches` measures and prints two tables; `README.md` beside this crate says what its
//! columns mean. Nothing here is a timed test: a slow machine makes a slow table, never a failure.
//!
//! - [`world`]: the generator. Everything is a function of indices, so that anyone gets the same input.
//! - [`edits`]: edits of a world by kind, each with its undo.
//! - [`measure`]: runs one size and counts.
//! - [`counts`]: counts that must not grow unnoticed.
//! - [`table`]: rows as Markdown and JSON.
//! - [`cluster`]: objects of a cluster for discovery, and [`discover`]: what that costs.
//! - [`machine`]: on what it ran, and [`process`]: how.

#![forbid(unsafe_code)]
#![warn(missing_docs)]

pub mod cluster;
pub mod counts;
pub mod discover;
pub mod edits;
pub mod machine;
pub mod measure;
pub mod process;
pub mod table;
pub mod world;
