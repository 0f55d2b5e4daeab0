//! `meshctl translate`: from a world to objects for each cluster.

mod load;
mod write;

use gloo_core::report::{Report, Severity};
use gloo_core::{Translation, translate};

use super::args::{FailOn, Format, Global, Translate};
use super::console::Console;
use super::exit::{Exit, Stop};
use super::findings::{Remark, remarks};
use super::select::Selection;
use super::{BACKENDS, Explicit, summary};
use crate::render::{Output, Rendered, outputs, status};
use crate::world::World;

/// What came of a world, as far as the user wants to see it.
struct Rendering<'a> {
    args: &'a Translate,
    format: Option<Format>,
    /// How the user called the world.
    source: String,
    world: &'a World,
    clusters: Vec<String>,
    selection: Selection,
    /// The only cluster that was chosen, if there was a choice.
    only: Option<String>,
    outputs: Vec<Output>,
    statuses: Vec<Rendered>,
    remarks: Vec<Remark<'a>>,
}

/// Translates a world.
pub fn run(
    args: &Translate,
    global: &Global,
    explicit: Explicit,
    format: Option<Format>,
    console: &mut Console<'_>,
) -> Result<Exit, Stop> {
    let by_default = fail_on_by_default(console);
    let selection = Selection::new(&global.cluster, &args.kind)?;
    let request = load::request(args, global, explicit)?;
    let source = load::source(&request);
    let (world, read) = load::load(&request, args.keep_going, console)?;
    if read != Exit::Success && !args.keep_going {
        return Ok(read);
    }
    let translation = translate(&world.snapshot, &BACKENDS);
    let rendering = render(args, format, source, selection, &world, &translation, console)?;
    let written = write::write(&rendering, console)?;
    report(&rendering, &translation, console);
    let verdict = verdict(args.fail_on.unwrap_or(by_default), &translation.report);
    Ok(read.min(written).min(verdict))
}

fn render<'a>(
    args: &'a Translate,
    format: Option<Format>,
    source: String,
    selection: Selection,
    world: &'a World,
    translation: &'a Translation,
    console: &Console<'_>,
) -> Result<Rendering<'a>, Stop> {
    let clusters = summary::clusters(&world.snapshot, translation);
    let only = selection.only(&clusters)?.map(str::to_owned);
    let outputs = outputs(translation, |cluster, kind| {
        selection.cluster(cluster) && selection.kind(kind.kind, &kind.api_version())
    })?;
    let mut statuses = Vec::new();
    if args.statuses {
        let all = translation.report.statuses.iter();
        for (input, found) in
            all.filter(|(input, _)| selection.kind(input.kind.kind(), input.kind.api_version()))
        {
            statuses.push(status(input, found)?);
        }
    }
    let for_programs = format == Some(Format::Json) && args.out.is_none();
    let remarks = remarks(world, &translation.report, console.verbose > 0 || for_programs);
    Ok(Rendering { args, format, source, world, clusters, selection, only, outputs, statuses, remarks })
}

/// Says how large the world is, what came of it, and what is wrong with it.
fn report(rendering: &Rendering<'_>, translation: &Translation, console: &mut Console<'_>) {
    console.progress(&summary::world(&rendering.world.snapshot, &rendering.clusters));
    if let Some(line) = summary::federation(&translation.report) {
        console.progress(&line);
    }
    for line in summary::objects(&rendering.outputs) {
        console.progress(&line);
    }
    if let Some(line) = summary::statuses(&translation.report) {
        console.progress(&line);
    }
    let least = if console.verbose > 0 { Severity::Info } else { Severity::Warning };
    for remark in rendering.remarks.iter().filter(|remark| remark.severity() <= least) {
        remark.say(console);
    }
}

/// In a pipeline nobody looks at findings, so errors are told by the exit code.
fn fail_on_by_default(console: &Console<'_>) -> FailOn {
    if console.is_watched { FailOn::Never } else { FailOn::Error }
}

fn verdict(fail_on: FailOn, report: &Report) -> Exit {
    let any = |least| report.findings.iter().any(|finding| finding.severity <= least);
    let failed = match fail_on {
        FailOn::Error => any(Severity::Error) || summary::is_any_refused(report),
        FailOn::Warning => any(Severity::Warning) || summary::is_any_refused(report),
        FailOn::Never => false,
    };
    if failed { Exit::Finding } else { Exit::Success }
}
