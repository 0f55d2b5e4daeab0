//! Measures discovery in clusters of graded sizes; `README.md` of this crate explains the table.
//!
//! ```text
//! cargo bench -p gloo-benches --bench discover [-- [SERVICES…] [--json FILE] [--seconds N] [--repeat N]]
//! ```
//!
//! Without numbers of services, three sizes are measured. `--repeat` only discovers that many times and prints
//! nothing, for profilers. Without `--bench`, which `cargo bench` adds, one round of the smallest size only shows that
//! everything still runs.

use std::process::ExitCode;
use std::time::Duration;

use gloo_benches::cluster::Size;
use gloo_benches::discover::{Table, measure, repeat};
use gloo_benches::machine::{Machine, today};
use gloo_benches::measure::Effort;
use gloo_benches::process::{self, number, say, write_json};

/// Serves and counts everything that is measured.
#[global_allocator]
static ALLOCATOR: alloc_tracker::Allocator<mimalloc::MiMalloc> =
    alloc_tracker::Allocator::new(mimalloc::MiMalloc);

fn main() -> ExitCode {
    process::run(run)
}

fn run(arguments: &mut dyn Iterator<Item = String>) -> Result<(), String> {
    let (mut sizes, mut json, mut seconds) = (Vec::new(), None, 2);
    let (mut times, mut in_earnest) = (None, false);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--bench" => in_earnest = true,
            "--json" => json = Some(arguments.next().ok_or("--json needs a file")?),
            "--seconds" => seconds = number(arguments.next())?,
            "--repeat" => times = Some(number(arguments.next())?),
            _ => sizes.push(Size { services: number(Some(argument))? }),
        }
    }
    let effort = if in_earnest || !sizes.is_empty() {
        Effort { warm_up: 2, rounds: 7, edits: 3, time: Duration::from_secs(seconds) }
    } else {
        Effort { warm_up: 0, rounds: 1, edits: 1, time: Duration::ZERO }
    };
    if sizes.is_empty() {
        let graded = [Size::TENTH, Size::FULL, Size::TENFOLD];
        sizes.extend(if in_earnest { &graded[..] } else { &[Size::HUNDREDTH] });
    }
    if let Some(times) = times {
        return sizes.into_iter().try_for_each(|size| repeat(size, times)).map_err(|error| error.to_string());
    }
    let rows = sizes.into_iter().map(|size| measure(size, effort).map_err(|error| error.to_string()));
    let rows = rows.collect::<Result<_, _>>()?;
    let table = Table { date: today(), machine: Machine::here(), allocator: "mimalloc, counted", rows };
    say(&table.to_markdown());
    json.map_or(Ok(()), |file| write_json(&file, &table))
}
