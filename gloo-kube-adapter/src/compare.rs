//! What changed between an earlier tree and a new result.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde::Serialize;
use serde_json::Value;
use similar::TextDiff;

use crate::render::{ObjectId, Rendered, yaml};

/// Lines around a change.
const CONTEXT: usize = 3;

/// What happens to an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Change {
    /// It is new.
    Create,
    /// It has other content.
    Update,
    /// It is gone.
    Delete,
}

/// One object that differs.
#[derive(Clone, Debug, PartialEq)]
pub struct Difference {
    /// The object.
    pub id: ObjectId,
    /// Where it lies in a tree.
    pub path: String,
    /// What happens to it.
    pub change: Change,
    /// What it was.
    pub from: Option<Value>,
    /// What it becomes.
    pub to: Option<Value>,
}

/// Compares two sets of objects: creations and updates in the order of `to`, then deletions in the reverse
/// order of `from`.
pub fn compare(from: Vec<Rendered>, to: &[Rendered]) -> Vec<Difference> {
    let order: Vec<String> = from.iter().rev().map(|object| object.path.clone()).collect();
    let mut earlier: BTreeMap<String, Rendered> =
        from.into_iter().map(|object| (object.path.clone(), object)).collect();
    let mut differences = Vec::new();
    for object in to {
        let before = earlier.remove(&object.path).map(|object| object.value);
        let change = match &before {
            Some(before) if *before == object.value => continue,
            Some(_) => Change::Update,
            None => Change::Create,
        };
        differences.push(Difference {
            id: object.id.clone(),
            path: object.path.clone(),
            change,
            from: before,
            to: Some(object.value.clone()),
        });
    }
    for gone in order.iter().filter_map(|path| earlier.remove(path)) {
        differences.push(Difference {
            id: gone.id,
            path: gone.path,
            change: Change::Delete,
            from: Some(gone.value),
            to: None,
        });
    }
    differences
}

impl Difference {
    /// The steps that make the new object of the old one, as RFC 6902 says. Where one of them does not
    /// exist, the whole document changes: an object that is not there is `null`.
    pub fn patch(&self) -> Value {
        match (&self.from, &self.to) {
            (Some(from), Some(to)) => serde_json::to_value(json_patch::diff(from, to)).unwrap_or_default(),
            (None, Some(to)) => serde_json::json!([{ "op": "add", "path": "", "value": to }]),
            (Some(_), None) => serde_json::json!([{ "op": "replace", "path": "", "value": null }]),
            (None, None) => serde_json::json!([]),
        }
    }

    /// The difference between the two objects as YAML, as a unified diff.
    ///
    /// # Errors
    ///
    /// If an object cannot be written as YAML, which no JSON value can cause.
    pub fn unified(&self) -> Result<String, serde_saphyr::SerializeError> {
        let text =
            |value: &Option<Value>| value.as_ref().map(yaml).transpose().map(Option::unwrap_or_default);
        let (from, to) = (text(&self.from)?, text(&self.to)?);
        let name = |side: &Option<Value>| if side.is_some() { &*self.path } else { "/dev/null" };
        let diff = TextDiff::from_lines(&from, &to);
        let mut unified = diff.unified_diff();
        unified.context_radius(CONTEXT).header(name(&self.from), name(&self.to));
        Ok(unified.to_string())
    }
}

/// How many objects differ in which way, as a sentence.
pub fn summary(differences: &[Difference], unchanged: usize) -> String {
    let count = |change| differences.iter().filter(|one| one.change == change).count();
    let mut text = String::new();
    let _ = write!(
        text,
        "{} to create, {} to update, {} to delete, {unchanged} unchanged",
        count(Change::Create),
        count(Change::Update),
        count(Change::Delete)
    );
    text
}
