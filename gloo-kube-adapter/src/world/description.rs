//! What `world.yaml` says about a world as a whole.

use gloo_core::snapshot::{Strictness, UserConfigMode};
use serde::Deserialize;
use serde_json::Value;

/// Group of the documents that belong to this tool.
const GROUP: &str = "meshctl.mesh.gloo.solo.io/";
/// Its version.
const API_VERSION: &str = "meshctl.mesh.gloo.solo.io/v1";

/// A document of kind `World`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Description {
    api_version: String,
    kind: String,
    metadata: Value,
    /// Namespace of the management plane.
    pub mgmt_namespace: Option<String>,
    /// Registered name of the management cluster, if it is registered.
    pub mgmt_cluster: Option<String>,
    /// When the world was like this, as RFC 3339.
    pub now: Option<String>,
    /// Choices that change the result.
    pub options: WorldOptions,
}

/// Choices that change the result of a translation, where they are made at all.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct WorldOptions {
    /// What to make of fields that no backend acts on: `warn` or `reject`.
    #[serde(alias = "unsupported-fields", deserialize_with = "strictness")]
    pub unsupported_fields: Option<Strictness>,
    /// What to make of configuration that users wrote for the same hosts: `off`, `warn` or `reject`.
    #[serde(alias = "user-config", deserialize_with = "user_config")]
    pub user_config: Option<UserConfigMode>,
    /// Whether unmatched requests go to the destination itself.
    #[serde(alias = "default-route")]
    pub default_route: Option<bool>,
    /// Namespaces of clusters in which nothing is found.
    #[serde(alias = "ignored-namespaces")]
    pub ignored_namespaces: Option<Vec<String>>,
}

/// Whether a document is the description of a world; one of another version is, too.
pub fn is_description(document: &Value) -> bool {
    is_ours(document, "World")
}

/// Whether a document is the index of an output tree.
pub fn is_index(document: &Value) -> bool {
    is_ours(document, "TranslationIndex")
}

fn is_ours(document: &Value, kind: &str) -> bool {
    let text = |field| document.get(field).and_then(Value::as_str).unwrap_or_default();
    text("kind") == kind && text("apiVersion").starts_with(GROUP)
}

/// Reads the description of a world.
pub fn read(document: Value) -> Result<Description, String> {
    let description: Description = serde_json::from_value(document).map_err(|error| error.to_string())?;
    if description.api_version == API_VERSION {
        Ok(description)
    } else {
        Err(format!("apiVersion is {}; expected {API_VERSION}", description.api_version))
    }
}

/// Reads the name of a strictness.
pub fn parse_strictness(word: &str) -> Result<Strictness, String> {
    match word {
        "warn" => Ok(Strictness::Warn),
        "reject" => Ok(Strictness::Reject),
        _ => Err(format!("expected warn or reject, found {word:?}")),
    }
}

/// Reads the name of a way to treat what users configured.
pub fn parse_user_config(word: &str) -> Result<UserConfigMode, String> {
    match word {
        "off" => Ok(UserConfigMode::Off),
        "warn" => Ok(UserConfigMode::Warn),
        "reject" => Ok(UserConfigMode::Reject),
        _ => Err(format!("expected off, warn or reject, found {word:?}")),
    }
}

fn strictness<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Strictness>, D::Error> {
    word(deserializer, parse_strictness)
}

fn user_config<'de, D: serde::Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<UserConfigMode>, D::Error> {
    word(deserializer, parse_user_config)
}

fn word<'de, D, T>(deserializer: D, parse: fn(&str) -> Result<T, String>) -> Result<Option<T>, D::Error>
where
    D: serde::Deserializer<'de>,
{
    match Value::deserialize(deserializer)? {
        Value::Null => Ok(None),
        Value::String(text) => parse(&text).map(Some).map_err(serde::de::Error::custom),
        other => Err(serde::de::Error::custom(format_args!("expected a word, found {other}"))),
    }
}
