//! `meshctl discover`: what the objects of clusters amount to, and why not more.

mod tables;

use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;

use gloo_core::api::{Destination, Mesh, Workload};
use gloo_core::report::Severity;
use serde::Serialize;
use serde_json::json;

use super::args::{Discover, Format, Global};
use super::console::Console;
use super::exit::{Exit, Failure, Stop};
use super::findings::notices;
use super::select::Selection;
use super::summary::counted;
use super::translate::fail_on_by_default;
use super::{Explicit, columns, load, written};
use crate::render::{Rendered, managed, yaml};
use crate::tree::{self, Desired, Entry};
use crate::world::discovery::{Found, Notice, Source};
use crate::world::{World, WorldOptions};

/// Where what was found lies in a world.
const FOLDER: &str = "mgmt/discovered";

/// What was found, as far as the user wants to see it.
struct Findings<'a> {
    world: &'a World,
    selection: Selection,
    /// The clusters that were looked at.
    clusters: Vec<String>,
    meshes: Vec<&'a Arc<Mesh>>,
    workloads: Vec<&'a Arc<Workload>>,
    destinations: Vec<&'a Arc<Destination>>,
    notices: Vec<&'a Notice>,
}

/// Looks at the objects of clusters.
pub fn run(
    args: &Discover,
    global: &Global,
    explicit: Explicit,
    format: Option<Format>,
    console: &mut Console<'_>,
) -> Result<Exit, Stop> {
    let by_default = fail_on_by_default(console);
    let selection = Selection::new(&global.cluster, &[])?;
    let ignored_namespaces = args.scope.ignored_namespaces.clone();
    let options = WorldOptions { ignored_namespaces, ..WorldOptions::default() };
    let request = load::request("discover", &args.paths, options, global, explicit)?;
    let (world, read) = load::load(&request, console);
    if read != Exit::Success && !args.keep_going {
        return Ok(read);
    }
    let findings = select(&world, selection)?;
    let every = args.all || console.verbose > 0;
    let written = match (&args.out, format) {
        (Some(directory), _) => out(&findings, directory, args.force, console)?,
        (None, Some(Format::Json)) => {
            let items: Vec<_> = findings.rendered()?.into_iter().map(|object| object.value).collect();
            let list = json!({ "apiVersion": "v1", "kind": "List", "items": items });
            document(&(serde_json::to_string_pretty(&list)? + "\n"), console)?
        }
        (None, Some(Format::Yaml)) => document(&stream(&findings)?, console)?,
        (None, _) => document(&tables::text(&findings, every, console.out_paint), console)?,
    };
    let is_told = args.out.is_none() && !matches!(format, Some(Format::Json | Format::Yaml));
    report(&findings, is_told, every, console);
    let severities = findings.notices.iter().map(|notice| notice.severity);
    let is_failed = args.fail_on.unwrap_or(by_default).is_reached(severities);
    Ok(read.min(written).min(if is_failed { Exit::Finding } else { Exit::Success }))
}

fn document(text: &str, console: &mut Console<'_>) -> Result<Exit, Stop> {
    console.document(text.as_bytes())?;
    Ok(Exit::Success)
}

fn select(world: &World, selection: Selection) -> Result<Findings<'_>, Stop> {
    let discovered = &world.discovered;
    let all: Vec<String> = discovered.clusters.keys().map(ToString::to_string).collect();
    if all.is_empty() {
        let message = "no objects of a cluster found; is this the right directory?";
        let hint = load::where_objects_belong(world);
        return Err(Failure::new(Exit::Data, "NoClusters", message).hint(hint).into());
    }
    selection.only(&all)?;
    let clusters = all.into_iter().filter(|cluster| selection.cluster(cluster)).collect();
    let notices = discovered.notices.iter().filter(|notice| selection.cluster(&notice.cluster));
    let mut workloads = chosen(&discovered.workloads, &selection);
    // Discovery has them by kind of controller first.
    workloads.sort_by_key(|workload| (workload.cluster(), columns::workload_namespace(workload)));
    Ok(Findings {
        world,
        clusters,
        meshes: chosen(&discovered.meshes, &selection),
        workloads,
        destinations: chosen(&discovered.destinations, &selection),
        notices: notices.collect(),
        selection,
    })
}

fn chosen<'a, T: Found>(all: &'a [Arc<T>], selection: &Selection) -> Vec<&'a Arc<T>> {
    all.iter().filter(|object| selection.cluster(object.cluster())).collect()
}

impl Findings<'_> {
    /// What was found as objects of the management cluster, those first to which others refer.
    fn rendered(&self) -> Result<Vec<Rendered>, serde_json::Error> {
        let mut all = Vec::new();
        render(&self.meshes, &mut all)?;
        render(&self.workloads, &mut all)?;
        render(&self.destinations, &mut all)?;
        Ok(all)
    }
}

fn render<T: Found + Serialize>(
    objects: &[&Arc<T>],
    all: &mut Vec<Rendered>,
) -> Result<(), serde_json::Error> {
    for object in objects {
        all.push(managed(&object.input(), object.cluster(), &***object)?);
    }
    Ok(())
}

/// What was found as one YAML stream.
fn stream(findings: &Findings<'_>) -> Result<String, Stop> {
    let mut text = String::new();
    for Rendered { id, value, .. } in findings.rendered()? {
        let cluster = id.cluster.replace(char::is_control, " ");
        let _ = write!(text, "---\n# cluster: {cluster}\n{}", yaml(&value)?);
    }
    Ok(text)
}

/// Writes what was found as a part of a world.
fn out(
    findings: &Findings<'_>,
    directory: &Path,
    force: bool,
    console: &mut Console<'_>,
) -> Result<Exit, Stop> {
    let directory = directory.join(FOLDER);
    let objects = findings.rendered()?;
    let desired = Desired {
        world_digest: &findings.world.digest,
        clusters: &findings.clusters,
        objects: &objects,
        statuses: &[],
    };
    let keeps = |entry: &Entry| !findings.selection.cluster(&entry.id.cluster);
    let done = tree::write(&directory, desired, &keeps, force)?;
    Ok(written::say(&done, &directory, console))
}

/// Says what was looked at, and what is doubtful unless the document tells it.
fn report(findings: &Findings<'_>, is_told: bool, every: bool, console: &mut Console<'_>) {
    let clusters = &findings.world.discovered.clusters;
    for name in &findings.clusters {
        let Some(cluster) = clusters.get(&**name) else { continue };
        let found = [
            (count(&findings.meshes, name), "mesh", "meshes"),
            (count(&findings.workloads, name), "workload", "workloads"),
            (count(&findings.destinations, name), "destination", "destinations"),
        ];
        let found: Vec<String> = found.iter().map(|(count, one, many)| counted(*count, one, many)).collect();
        let objects = counted(cluster.objects, "object", "objects");
        let given = match cluster.source {
            Source::Given => "; translations use what is given in the world",
            Source::Found => "",
        };
        console.progress(&format!("{name}: {} in {objects}{given}", found.join(", ")));
    }
    if is_told {
        return;
    }
    let (infos, others): (Vec<&Notice>, Vec<&Notice>) =
        findings.notices.iter().partition(|notice| notice.severity == Severity::Info);
    for remark in notices(findings.world, others, every) {
        remark.say(console);
    }
    if every {
        for remark in notices(findings.world, infos, every) {
            remark.say(console);
        }
    } else if !infos.is_empty() {
        let objects = counted(infos.len(), "object", "objects");
        console.progress(&format!("left out: {objects}; -o table tells why, -v names each"));
    }
}

fn count<T: Found>(objects: &[&Arc<T>], cluster: &str) -> usize {
    objects.iter().filter(|object| object.cluster() == cluster).count()
}
