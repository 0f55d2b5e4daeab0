//! `meshctl translate`: from a world to objects for each cluster.

mod write;

use gloo_core::report::{Report, Severity};
use gloo_core::{Translation, translate};

use super::args::{FailOn, Format, Global, Translate};
use super::console::Console;
use super::exit::{Exit, Stop};
use super::findings::{Remark, notices};
use super::select::Selection;
use super::{BACKENDS, Explicit, findings, load, summary};
use crate::render::{Output, Rendered, outputs, status};
use crate::world::World;
use crate::world::discovery::Discovered;

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
    let options = load::options(&args.choices, &args.scope);
    let request = load::request("translate", &args.paths, options, global, explicit)?;
    let source = load::source(&request);
    let (world, read) = load::load(&request, console);
    if read != Exit::Success && !args.keep_going {
        return Ok(read);
    }
    load::require_meshes(&world)?;
    let translation = translate(&world.snapshot, &BACKENDS);
    let rendering = render(args, format, source, selection, &world, &translation, console)?;
    let written = write::write(&rendering, console)?;
    report(&rendering, &translation, console);
    let verdict =
        verdict(args.fail_on.unwrap_or(by_default), &translation.report, &rendering.world.discovered);
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
    let clusters = summary::clusters(world, translation);
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
    // Why something was not found is told by `discover`.
    let noticed = world.discovered.notices.iter();
    let noticed = noticed.filter(|it| it.severity < Severity::Info && world.discovered.concerns(it));
    let mut remarks = notices(world, noticed, console.verbose > 0 || for_programs);
    remarks.extend(findings::remarks(world, &translation.report, console.verbose > 0 || for_programs));
    Ok(Rendering { args, format, source, world, clusters, selection, only, outputs, statuses, remarks })
}

/// Says how large the world is, what came of it, and what is wrong with it.
fn report(rendering: &Rendering<'_>, translation: &Translation, console: &mut Console<'_>) {
    console.progress(&summary::world(&rendering.world.snapshot, &rendering.clusters));
    if let Some(line) = summary::discovery(&rendering.world.discovered) {
        console.progress(&line);
    }
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
pub fn fail_on_by_default(console: &Console<'_>) -> FailOn {
    if console.is_watched { FailOn::Never } else { FailOn::Error }
}

fn verdict(fail_on: FailOn, report: &Report, discovered: &Discovered) -> Exit {
    let found = report.findings.iter().map(|finding| finding.severity);
    let noticed = discovered.notices.iter().filter(|notice| discovered.concerns(notice));
    let severities = found.chain(noticed.map(|notice| notice.severity));
    let is_failed =
        fail_on.is_reached(severities) || fail_on != FailOn::Never && summary::is_any_refused(report);
    if is_failed { Exit::Finding } else { Exit::Success }
}
