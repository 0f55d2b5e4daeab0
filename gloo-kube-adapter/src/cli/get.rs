//! `meshctl get`: what a world contains of one kind, and what became of it.

use gloo_core::id::{InputKind, InputRef};
use gloo_core::{Translation, translate};
use serde_json::{Value, json};

use super::args::{Format, Get, Global, Wanted};
use super::console::Console;
use super::exit::{Exit, Failure, Stop};
use super::inventory::Inventory;
use super::inventory::named::{self, Names};
use super::kinds::{Item, View, view};
use super::select::Selection;
use super::table::Table;
use super::{BACKENDS, Explicit, load, summary};
use crate::render::yaml;
use crate::world::{World, WorldOptions};

/// Prints the objects of a kind.
pub fn run(
    args: &Get,
    global: &Global,
    explicit: Explicit,
    format: Option<Format>,
    console: &mut Console<'_>,
) -> Result<Exit, Stop> {
    let view = view(&args.wanted.kind)?;
    let is_wide = format == Some(Format::Wide);
    let sorting = args.sort_by.as_deref().map(|name| column(view, name)).transpose()?;
    let question = Question::new(view, &args.wanted, global)?;
    let choices = load::options(&args.choices, &args.scope);
    let Known { world, read, .. } = match know("get", &args.wanted, choices, global, explicit, console)? {
        Ok(known) => known,
        Err(exit) => return Ok(exit),
    };
    let translation = translate(&world.snapshot, &BACKENDS);
    let inventory = Inventory::new(&world, &translation);
    let mut items = question.answer(&inventory)?;
    if let Some(position) = sorting {
        items.sort_by(|a, b| compare(a, b, position));
    }
    let text = match format {
        Some(Format::Json) => {
            let document = document(&items, &args.wanted.names, &world, &translation)?;
            serde_json::to_string_pretty(&document)? + "\n"
        }
        Some(Format::Yaml) => yaml(&document(&items, &args.wanted.names, &world, &translation)?)?,
        Some(Format::Name) => items.iter().map(|item| full_name(&item.input)).collect(),
        Some(Format::Table | Format::Wide) | None => table(view, &items, is_wide, args.no_headers, console),
    };
    console.document(text.as_bytes())?;
    say_if_empty(&items, console);
    Ok(read)
}

/// Which objects a user wants to see.
#[derive(Debug)]
pub struct Question<'q> {
    view: &'static View,
    wanted: &'q Wanted,
    selection: Selection,
}

impl<'q> Question<'q> {
    /// Reads it from the arguments.
    pub fn new(view: &'static View, wanted: &'q Wanted, global: &Global) -> Result<Self, Stop> {
        if !global.cluster.is_empty() && !view.has_cluster {
            let message =
                format!("--cluster selects nothing, because a {} belongs to no cluster", view.kind.word());
            return Err(Failure::usage(message).into());
        }
        Ok(Self { view, wanted, selection: Selection::new(&global.cluster, &[])? })
    }

    /// The objects, by cluster, namespace and name.
    pub fn answer(&self, inventory: &Inventory<'_>) -> Result<Vec<Item>, Stop> {
        self.selection.only(&summary::clusters(inventory.world, inventory.translation))?;
        let mut items = (self.view.list)(inventory);
        let namespaces = &self.wanted.namespace;
        items.retain(|item| {
            self.selection.cluster(&item.cluster)
                && (namespaces.is_empty() || namespaces.contains(&item.namespace))
        });
        items.sort_by(|a, b| key(a).cmp(&key(b)));
        if self.wanted.names.is_empty() {
            return Ok(items);
        }
        let names: Vec<Names> = items.iter().map(|item| item.names.clone()).collect();
        let found = self.wanted.names.iter().map(|word| named::find(self.view.kind.word(), word, &names));
        let mut positions = found.collect::<Result<Vec<usize>, Stop>>()?;
        positions.sort_unstable();
        positions.dedup();
        Ok(positions.into_iter().filter_map(|position| items.get(position).cloned()).collect())
    }
}

fn key(item: &Item) -> (&str, &str, &str) {
    (&item.cluster, &item.namespace, &item.input.name)
}

/// A world that was read, perhaps in part.
#[derive(Debug)]
pub struct Known {
    /// The world.
    pub world: World,
    /// How the user called it.
    pub source: String,
    /// Whether everything could be read.
    pub read: Exit,
}

/// Reads the world that a list or a description is about, or tells how to end if it must be read as a whole.
pub fn know(
    command: &str,
    wanted: &Wanted,
    choices: WorldOptions,
    global: &Global,
    explicit: Explicit,
    console: &mut Console<'_>,
) -> Result<Result<Known, Exit>, Stop> {
    let request = load::request(&format!("{command} {} -w", wanted.kind), &[], choices, global, explicit)?;
    let source = load::source(&request);
    let (world, read) = load::load(&request, console);
    if read != Exit::Success && !wanted.keep_going {
        return Ok(Err(read));
    }
    load::require_meshes(&world)?;
    Ok(Ok(Known { world, source, read }))
}

/// A table of objects; nothing if there are none.
pub fn table(view: &View, items: &[Item], is_wide: bool, no_headers: bool, console: &Console<'_>) -> String {
    if items.is_empty() {
        return String::new();
    }
    let columns: Vec<&'static str> =
        if is_wide { [view.columns, view.wide].concat() } else { view.columns.to_vec() };
    let mut table = Table::new(&columns);
    for item in items {
        table.push(item.cells.iter().take(columns.len()).cloned());
    }
    let text = table.to_text(console.out_paint);
    match text.split_once('\n') {
        Some((_, rows)) if no_headers => rows.to_owned(),
        _ => text,
    }
}

/// Says that there is nothing to see, where nothing is printed.
pub fn say_if_empty(items: &[Item], console: &mut Console<'_>) {
    if items.is_empty() {
        console.progress("No resources found.");
    }
}

/// The position of a column that is called so.
fn column(view: &View, name: &str) -> Result<usize, Stop> {
    let all = [view.columns, view.wide].concat();
    all.iter().position(|column| column.eq_ignore_ascii_case(name)).ok_or_else(|| {
        let failure = Failure::usage(format_args!("there is no column {name:?}"));
        failure.hint(format!("columns: {}", all.join(", "))).into()
    })
}

/// Numbers by their value, before texts.
fn compare(a: &Item, b: &Item, position: usize) -> std::cmp::Ordering {
    let key = |item: &Item| {
        let cell = item.cells.get(position).cloned().unwrap_or_default();
        (cell.parse::<u64>().map_err(|_| ()).ok().map_or((1, 0), |number| (0, number)), cell)
    };
    key(a).cmp(&key(b))
}

fn full_name(input: &InputRef) -> String {
    let group = input.kind.api_version().split('/').next().unwrap_or_default();
    format!("{}.{group}/{}/{}\n", input.kind.word(), input.namespace, input.name)
}

/// The object that was named, or a list.
fn document(
    items: &[Item],
    names: &[String],
    world: &World,
    translation: &Translation,
) -> Result<Value, serde_json::Error> {
    let objects = items.iter().map(|item| object(&item.input, world, translation));
    let mut objects = objects.collect::<Result<Vec<Value>, _>>()?;
    match (names, objects.pop()) {
        ([_], Some(only)) if objects.is_empty() => Ok(only),
        (_, last) => {
            objects.extend(last);
            Ok(json!({ "apiVersion": "v1", "kind": "List", "items": objects }))
        }
    }
}

/// An object with the status that it would get; of one that cannot be read, the status is all there is.
fn object(input: &InputRef, world: &World, translation: &Translation) -> Result<Value, serde_json::Error> {
    let snapshot = &world.snapshot;
    let found = match input.kind {
        InputKind::Mesh => snapshot.meshes.get(input).map(serde_json::to_value),
        InputKind::Workload => snapshot.workloads.get(input).map(serde_json::to_value),
        InputKind::Destination => snapshot.destinations.get(input).map(serde_json::to_value),
        InputKind::TrafficPolicy => snapshot.traffic_policies.get(input).map(serde_json::to_value),
        InputKind::AccessPolicy => snapshot.access_policies.get(input).map(serde_json::to_value),
        InputKind::VirtualMesh => snapshot.virtual_meshes.get(input).map(serde_json::to_value),
        InputKind::Settings | InputKind::KubernetesCluster | InputKind::VirtualDestination => None,
    };
    let mut value = found.transpose()?.unwrap_or_else(|| {
        json!({
            "apiVersion": input.kind.api_version(),
            "kind": input.kind.kind(),
            "metadata": { "name": &*input.name, "namespace": &*input.namespace },
        })
    });
    if let (Some(fields), Some(status)) = (value.as_object_mut(), translation.report.statuses.get(input)) {
        fields.insert("status".to_owned(), serde_json::to_value(status)?);
    }
    Ok(value)
}
