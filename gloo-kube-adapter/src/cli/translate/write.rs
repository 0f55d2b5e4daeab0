//! Where the result goes: a stream, a document, a tree, or the difference to an earlier tree.

use std::fmt::Write as _;
use std::path::Path;

use serde::Serialize;
use serde_json::Value;

use super::Rendering;
use crate::cli::args::Format;
use crate::cli::console::Console;
use crate::cli::exit::{Exit, Failure, Stop};
use crate::cli::findings::{Remark, RemarkDocument};
use crate::cli::style::Look;
use crate::cli::written;
use crate::compare::{Change, Difference, compare, summary};
use crate::render::{ObjectId, Rendered, annotated, yaml};
use crate::tree::{self, Desired, Entry, TreeError};

const API_VERSION: &str = "meshctl.mesh.gloo.solo.io/v1";

/// Writes the result wherever it was asked for.
pub fn write(rendering: &Rendering<'_>, console: &mut Console<'_>) -> Result<Exit, Stop> {
    let objects: Vec<Rendered> = rendering.outputs.iter().map(|output| output.rendered.clone()).collect();
    let mut exit = Exit::Success;
    // The earlier tree may be the one that is about to be overwritten.
    if let Some(directory) = &rendering.args.diff {
        exit = exit.min(difference(rendering, &objects, directory, console)?);
    }
    if let Some(directory) = &rendering.args.out {
        exit = exit.min(out(rendering, &objects, directory, console)?);
    }
    if rendering.args.diff.is_none() && rendering.args.out.is_none() {
        let document = match rendering.format {
            Some(Format::Json) => json(rendering)?,
            _ => stream(rendering)?,
        };
        console.document(document.as_bytes())?;
    }
    Ok(exit)
}

/// All objects as one YAML stream, in the order in which they can be applied.
fn stream(rendering: &Rendering<'_>) -> Result<String, Stop> {
    let mut text = String::new();
    for output in &rendering.outputs {
        let Rendered { id, value, .. } = &output.rendered;
        let _ = writeln!(text, "---\n# cluster: {}", one_line(&id.cluster));
        text.push_str(&match rendering.only {
            Some(_) => yaml(value)?,
            None => yaml(&annotated(value.clone(), &id.cluster))?,
        });
    }
    for status in &rendering.statuses {
        text.push_str("---\n# status\n");
        text.push_str(&yaml(&status.value)?);
    }
    Ok(text)
}

/// Text in a comment must not end it.
fn one_line(text: &str) -> String {
    text.replace(char::is_control, " ")
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Document<'a> {
    api_version: &'static str,
    kind: &'static str,
    meta: Meta<'a>,
    objects: Vec<ClusterObject<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    statuses: Option<Vec<&'a Value>>,
    findings: Vec<RemarkDocument>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Meta<'a> {
    source: &'a str,
    world_digest: &'a str,
}

#[derive(Serialize)]
struct ClusterObject<'a> {
    cluster: &'a str,
    object: &'a Value,
}

fn meta<'a>(rendering: &'a Rendering<'_>) -> Meta<'a> {
    Meta { source: &rendering.source, world_digest: &rendering.world.digest }
}

/// The result as one document.
fn json(rendering: &Rendering<'_>) -> Result<String, Stop> {
    let objects = rendering
        .outputs
        .iter()
        .map(|output| ClusterObject { cluster: &output.rendered.id.cluster, object: &output.rendered.value });
    let statuses = rendering.statuses.iter().map(|status| &status.value);
    let document = Document {
        api_version: API_VERSION,
        kind: "Translation",
        meta: meta(rendering),
        objects: objects.collect(),
        statuses: rendering.args.statuses.then(|| statuses.collect()),
        findings: rendering.remarks.iter().map(Remark::document).collect(),
    };
    Ok(serde_json::to_string_pretty(&document)? + "\n")
}

/// Writes the tree.
fn out(
    rendering: &Rendering<'_>,
    objects: &[Rendered],
    directory: &Path,
    console: &mut Console<'_>,
) -> Result<Exit, Stop> {
    let desired = Desired {
        world_digest: &rendering.world.digest,
        clusters: &rendering.clusters,
        objects,
        statuses: &rendering.statuses,
    };
    let keeps = |entry: &Entry| !is_spoken_about(rendering, &entry.id);
    let written = tree::write(directory, desired, &keeps, rendering.args.force)?;
    Ok(written::say(&written, directory, console))
}

/// Whether this run says what becomes of an object of an earlier tree.
fn is_spoken_about(rendering: &Rendering<'_>, id: &ObjectId) -> bool {
    let selection = &rendering.selection;
    let is_status = id.cluster.is_empty();
    if is_status && !rendering.args.statuses {
        return true;
    }
    selection.kind(&id.kind, &id.api_version) && (is_status || selection.cluster(&id.cluster))
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct DiffDocument<'a> {
    api_version: &'static str,
    kind: &'static str,
    meta: Meta<'a>,
    objects: Vec<DiffObject<'a>>,
    summary: DiffSummary,
}

#[derive(Serialize)]
struct DiffObject<'a> {
    #[serde(rename = "ref")]
    reference: &'a ObjectId,
    change: Change,
    patch: Value,
}

#[derive(Serialize)]
struct DiffSummary {
    create: usize,
    update: usize,
    delete: usize,
    unchanged: usize,
}

/// Prints how the result differs from the tree in `directory`.
fn difference(
    rendering: &Rendering<'_>,
    objects: &[Rendered],
    directory: &Path,
    console: &mut Console<'_>,
) -> Result<Exit, Stop> {
    let earlier = earlier(rendering, directory)?;
    let mut now = objects.to_vec();
    now.extend_from_slice(&rendering.statuses);
    let differences = compare(earlier, &now);
    let count = |change| differences.iter().filter(|one| one.change == change).count();
    let unchanged = now.len() - count(Change::Create) - count(Change::Update);
    let text = if rendering.format == Some(Format::Json) {
        let document = DiffDocument {
            api_version: API_VERSION,
            kind: "TranslationDiff",
            meta: meta(rendering),
            objects: differences.iter().map(diff_object).collect(),
            summary: DiffSummary {
                create: count(Change::Create),
                update: count(Change::Update),
                delete: count(Change::Delete),
                unchanged,
            },
        };
        serde_json::to_string_pretty(&document)? + "\n"
    } else {
        let mut text = String::new();
        for difference in &differences {
            text.push_str(&colored(&difference.unified()?, console));
        }
        text
    };
    console.document(text.as_bytes())?;
    console.progress(&format!("diff: {}", summary(&differences, unchanged)));
    Ok(if differences.is_empty() { Exit::Success } else { Exit::Finding })
}

fn diff_object(difference: &Difference) -> DiffObject<'_> {
    DiffObject { reference: &difference.id, change: difference.change, patch: difference.patch() }
}

/// The objects of an earlier tree that this run speaks about.
fn earlier(rendering: &Rendering<'_>, directory: &Path) -> Result<Vec<Rendered>, Stop> {
    let Some(index) = tree::read(directory)? else {
        if !directory.exists() {
            let failure =
                Failure::new(Exit::Data, "NotATree", format!("{}: does not exist", directory.display()));
            return Err(failure.hint("write a tree first: meshctl translate WORLD --out DIR").into());
        }
        return Err(TreeError::NoIndex(directory.to_owned()).into());
    };
    let statuses = index.statuses.iter().filter(|_| rendering.args.statuses);
    let mut earlier = Vec::new();
    for entry in index.objects.iter().chain(statuses) {
        if !is_spoken_about(rendering, &entry.id) {
            continue;
        }
        if let Some(value) = tree::read_object(directory, entry)? {
            earlier.push(Rendered { id: entry.id.clone(), path: entry.path.clone(), value });
        }
    }
    Ok(earlier)
}

/// A unified diff with its lines in colour.
fn colored(diff: &str, console: &Console<'_>) -> String {
    let paint = console.out_paint;
    if !paint.colored {
        return diff.to_owned();
    }
    let line = |line: &str| {
        let text = line.trim_end_matches('\n');
        let look = match text.as_bytes().first() {
            _ if text.starts_with("--- ") || text.starts_with("+++ ") => Look::Strong,
            Some(b'-') => Look::Bad,
            Some(b'+') => Look::Good,
            Some(b'@') => Look::Doubtful,
            _ => return line.to_owned(),
        };
        paint.apply(look, text) + "\n"
    };
    diff.split_inclusive('\n').map(line).collect()
}
