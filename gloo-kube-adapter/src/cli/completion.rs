//! `meshctl completion`: a script that teaches a shell our flags.

use clap_complete::{Shell, generate};

use super::args::command;
use super::console::Console;
use super::exit::{Exit, Stop};

/// Prints the script for `shell`.
pub fn run(shell: Shell, console: &mut Console<'_>) -> Result<Exit, Stop> {
    let mut script = Vec::new();
    generate(shell, &mut command(), "meshctl", &mut script);
    console.document(&script)?;
    Ok(Exit::Success)
}
