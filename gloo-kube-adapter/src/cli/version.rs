//! `meshctl version`: what this program is.

use std::env::consts::{ARCH, OS};

use serde::Serialize;

use super::args::Format;
use super::console::Console;
use super::exit::{Exit, Stop};
use crate::render::yaml;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Document {
    api_version: &'static str,
    kind: &'static str,
    client: Client,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Client {
    version: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    git_commit: Option<&'static str>,
    platform: String,
}

/// Prints the version.
pub fn run(format: Option<Format>, console: &mut Console<'_>) -> Result<Exit, Stop> {
    let document = Document {
        api_version: "meshctl.mesh.gloo.solo.io/v1",
        kind: "Version",
        client: Client {
            version: env!("CARGO_PKG_VERSION"),
            // Whoever builds a release says what it was built from.
            git_commit: option_env!("MESHCTL_GIT_COMMIT"),
            platform: format!("{OS}/{ARCH}"),
        },
    };
    let text = match format {
        Some(Format::Yaml) => yaml(&document)?,
        Some(Format::Table) => format!(
            "COMPONENT  CLUSTER  VERSION  IMAGE\nmeshctl    -        {}    -\n",
            document.client.version
        ),
        Some(Format::Json | Format::Wide | Format::Name) | None => {
            serde_json::to_string_pretty(&document)? + "\n"
        }
    };
    console.document(text.as_bytes())?;
    Ok(Exit::Success)
}
