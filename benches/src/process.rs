//! How a benchmark runs: its arguments, its memory, and where its result goes.

use std::process::ExitCode;
use std::str::FromStr;

use serde::Serialize;

/// Makes mimalloc keep what is freed. Otherwise it goes back to the kernel between two rounds, and what is measured
/// is how fast the kernel clears pages.
const KEEP_MEMORY: (&str, &str) = ("MIMALLOC_PURGE_DELAY", "-1");

/// Runs a benchmark, in a process whose allocator keeps memory; it gets the arguments.
pub fn run(work: impl FnOnce(&mut dyn Iterator<Item = String>) -> Result<(), String>) -> ExitCode {
    if std::env::var_os(KEEP_MEMORY.0).is_none() {
        return again().unwrap_or_else(|error| {
            report(&error.to_string());
            ExitCode::FAILURE
        });
    }
    match work(&mut std::env::args().skip(1)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            report(&error);
            ExitCode::FAILURE
        }
    }
}

/// Runs this program again, with the setting that the allocator reads when it starts.
fn again() -> std::io::Result<ExitCode> {
    let (name, value) = KEEP_MEMORY;
    let mut command = std::process::Command::new(std::env::current_exe()?);
    let status = command.args(std::env::args_os().skip(1)).env(name, value).status()?;
    Ok(if status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The number that an argument is.
///
/// # Errors
///
/// If it is none.
pub fn number<T: FromStr>(text: Option<String>) -> Result<T, String> {
    let text = text.unwrap_or_default();
    text.parse().map_err(|_| format!("{text:?} is no number"))
}

/// Writes a result for programs.
///
/// # Errors
///
/// If the file cannot be written.
pub fn write_json(file: &str, result: &impl Serialize) -> Result<(), String> {
    let json = serde_json::to_string_pretty(result).map_err(|error| error.to_string())?;
    std::fs::write(file, json + "\n").map_err(|error| format!("{file}: {error}"))
}

/// Prints a result.
#[expect(clippy::print_stdout, reason = "the table is the result")]
pub fn say(text: &str) {
    println!("{text}");
}

#[expect(clippy::print_stderr, reason = "a program that fails says why")]
fn report(error: &str) {
    eprintln!("error: {error}");
}
