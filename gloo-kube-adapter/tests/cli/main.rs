//! The command line tool, as its users see it: arguments in; streams, files and exit codes out.
#![expect(clippy::expect_used, reason = "a test that cannot run must stop")]

mod bench;
mod commands;
mod contract;
mod diff;
mod discover;
mod limits;
mod lost;
mod out;
mod show;
mod sources;
mod stream;
