//! `meshctl describe`: all there is to know about objects of a world.

use gloo_core::translate;
use serde::Serialize;

use super::args::{Describe, Format, Global};
use super::console::Console;
use super::exit::{Exit, Stop};
use super::get::{Known, Question, know, say_if_empty, table};
use super::inventory::Inventory;
use super::kinds::{Item, View, view};
use super::page::Page;
use super::{BACKENDS, Explicit, load};
use crate::render::yaml;

const API_VERSION: &str = "meshctl.mesh.gloo.solo.io/v1";

/// Describes objects.
pub fn run(
    args: &Describe,
    global: &Global,
    explicit: Explicit,
    format: Option<Format>,
    console: &mut Console<'_>,
) -> Result<Exit, Stop> {
    let view = view(&args.wanted.kind)?;
    let question = Question::new(view, &args.wanted, global)?;
    let choices = load::options(&args.choices, &args.scope);
    let Known { world, source, read } =
        match know("describe", &args.wanted, choices, global, explicit, console)? {
            Ok(known) => known,
            Err(exit) => return Ok(exit),
        };
    let translation = translate(&world.snapshot, &BACKENDS);
    let inventory = Inventory::new(&world, &translation);
    let mut items = question.answer(&inventory)?;
    if !args.search.is_empty() {
        items.retain(|item| args.search.iter().any(|term| item.input.name.contains(term.as_str())));
    }
    let is_list = args.wanted.names.is_empty();
    let text = match format {
        Some(Format::Json) => {
            serde_json::to_string_pretty(&document(view, &items, is_list, &source, &inventory))? + "\n"
        }
        Some(Format::Yaml) => yaml(&document(view, &items, is_list, &source, &inventory))?,
        _ if is_list => table(view, &items, format == Some(Format::Wide), false, console),
        _ => {
            let every = console.verbose > 0;
            let page = |item: &Item| (view.page)(&inventory, &item.input).to_text(every, console.out_paint);
            items.iter().map(page).collect::<Vec<_>>().join("\n")
        }
    };
    console.document(text.as_bytes())?;
    say_if_empty(&items, console);
    Ok(read)
}

/// What was described, for programs.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Document<'a> {
    api_version: &'static str,
    kind: String,
    meta: Meta<'a>,
    #[serde(flatten)]
    content: Content,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Meta<'a> {
    /// How the user called the world.
    source: &'a str,
    world_digest: &'a str,
}

/// The one object that was named, or a list.
#[derive(Serialize)]
#[serde(untagged)]
enum Content {
    One(Page),
    List { items: Vec<Page> },
}

fn document<'a>(
    view: &View,
    items: &[Item],
    is_list: bool,
    source: &'a str,
    inventory: &Inventory<'a>,
) -> Document<'a> {
    let kind = view.kind.kind();
    let mut pages: Vec<Page> = items.iter().map(|item| (view.page)(inventory, &item.input)).collect();
    let (ending, content) = match (is_list, pages.pop()) {
        (false, Some(page)) if pages.is_empty() => ("", Content::One(page)),
        (_, last) => {
            pages.extend(last);
            ("List", Content::List { items: pages })
        }
    };
    Document {
        api_version: API_VERSION,
        kind: format!("{kind}Description{ending}"),
        meta: Meta { source, world_digest: &inventory.world.digest },
        content,
    }
}
