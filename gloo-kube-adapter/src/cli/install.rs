//! `meshctl install`: what a management cluster needs.

use gloo_core::api::crds;
use serde_json::json;

use super::args::{Format, Install};
use super::console::Console;
use super::exit::{Exit, Failure, Stop};
use crate::render::yaml;

/// Prints the definitions of the custom resources.
pub fn run(args: &Install, format: Option<Format>, console: &mut Console<'_>) -> Result<Exit, Stop> {
    if !args.crds {
        let failure = Failure::usage("nothing to print");
        return Err(failure.hint("print the custom resource definitions: meshctl install --crds").into());
    }
    let definitions = crds();
    let mut text = String::new();
    if format == Some(Format::Json) {
        let list = json!({ "apiVersion": "v1", "kind": "List", "items": definitions });
        text = serde_json::to_string_pretty(&list)? + "\n";
    } else {
        for definition in &definitions {
            text.push_str("---\n");
            text.push_str(&yaml(&serde_json::to_value(definition)?)?);
        }
    }
    console.document(text.as_bytes())?;
    Ok(Exit::Success)
}
