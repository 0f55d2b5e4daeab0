//! Measures translations and edits of world S-A in graded sizes; `README.md` of this crate explains the table.
//!
//! ```text
//! cargo bench -p gloo-benches [-- [SIZE…] [--json FILE] [--seconds N] [--counts] [--repeat N]]
//! ```
//!
//! A `SIZE` is `CLUSTERSxSERVICES`, such as `10x1000`; without any, four sizes are measured. `--counts` only
//! prints what is the same on every machine. `--repeat` only translates that many times and prints nothing, for
//! profilers. Without `--bench`, which `cargo bench` adds,
//! one round of the smallest size only shows that everything still runs.

use std::hint::black_box;
use std::process::ExitCode;
use std::time::Duration;

use gloo_benches::counts::{counts, to_json};
use gloo_benches::machine::{Machine, today};
use gloo_benches::measure::{Effort, measure, run};
use gloo_benches::process::{self, number, say, write_json};
use gloo_benches::table::Table;
use gloo_benches::world::{Size, world};

/// Serves and counts everything that is measured.
#[global_allocator]
static ALLOCATOR: alloc_tracker::Allocator<mimalloc::MiMalloc> =
    alloc_tracker::Allocator::new(mimalloc::MiMalloc);

#[derive(Debug)]
struct Arguments {
    sizes: Vec<Size>,
    json: Option<String>,
    effort: Effort,
    counts: bool,
    repeat: Option<usize>,
}

fn main() -> ExitCode {
    process::run(|arguments| Arguments::read(arguments)?.run())
}

impl Arguments {
    fn read(given: impl Iterator<Item = String>) -> Result<Self, String> {
        let mut sizes = Vec::new();
        let (mut json, mut seconds, mut repeat) = (None, 2, None);
        let (mut counts, mut in_earnest) = (false, false);
        let mut given = given;
        while let Some(argument) = given.next() {
            match argument.as_str() {
                "--bench" => in_earnest = true,
                "--json" => json = Some(given.next().ok_or("--json needs a file")?),
                "--seconds" => seconds = number(given.next())?,
                "--counts" => counts = true,
                "--repeat" => repeat = Some(number(given.next())?),
                size => sizes.push(parse_size(size)?),
            }
        }
        let effort = if in_earnest || !sizes.is_empty() {
            Effort { warm_up: 2, rounds: 7, edits: 3, time: Duration::from_secs(seconds) }
        } else {
            Effort { warm_up: 0, rounds: 1, edits: 1, time: Duration::ZERO }
        };
        if sizes.is_empty() {
            let graded = [Size::TENTH, Size::FULL, Size::times(2), Size::times(4)];
            sizes.extend(if in_earnest { &graded[..] } else { &[Size::HUNDREDTH] });
        }
        Ok(Self { sizes, json, effort, counts, repeat })
    }

    fn run(&self) -> Result<(), String> {
        if let Some(times) = self.repeat {
            return self.repeat(times);
        }
        if self.counts {
            let counts = counts().map_err(|error| error.to_string())?;
            say(to_json(&counts).map_err(|error| error.to_string())?.trim_end());
            return Ok(());
        }
        let mut rows = Vec::new();
        for size in &self.sizes {
            rows.push(measure(*size, self.effort).map_err(|error| error.to_string())?);
        }
        let table = Table { date: today(), machine: Machine::here(), allocator: "mimalloc, counted", rows };
        say(&table.to_markdown());
        if let Some(file) = &self.json {
            write_json(file, &table)?;
        }
        Ok(())
    }

    fn repeat(&self, times: usize) -> Result<(), String> {
        for size in &self.sizes {
            let world = world(*size).map_err(|error| error.to_string())?;
            for _ in 0..times {
                drop(black_box(run(&world.snapshot)));
            }
        }
        Ok(())
    }
}

fn parse_size(text: &str) -> Result<Size, String> {
    let parts = text.split_once('x').and_then(|(clusters, services)| {
        Some(Size { clusters: clusters.parse().ok()?, services: services.parse().ok()? })
    });
    let sound = |size: &Size| size.clusters > 0 && size.services > 0;
    parts.filter(sound).ok_or_else(|| format!("{text:?} is no size such as 10x100"))
}
