//! Puts a snapshot together from documents, one object at a time.

use std::sync::Arc;

use serde_json::Value;

use crate::Istr;
use crate::report::{Finding, Subject};
use crate::snapshot::{Change, Options, Snapshot};

/// Takes documents and sorts them into a [`Snapshot`].
///
/// An object that cannot be decoded becomes a finding and changes nothing else.
#[derive(Debug)]
pub struct SnapshotBuilder {
    snapshot: Snapshot,
}

/// What to do with an object that is there already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnDuplicate {
    /// It is an error.
    Refuse,
    /// The later one counts.
    Replace,
}

/// What a document contained.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Added {
    /// The objects, in the order of the document.
    pub objects: Vec<Subject>,
}

/// Why a document cannot be part of a world.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AddError {
    /// It is a list, a number or the like.
    #[error("expected a Kubernetes object, found {found}")]
    NotAnObject {
        /// What it is.
        found: &'static str,
    },
    /// It does not say which object it is.
    #[error("{subject}: {field} must be set")]
    Incomplete {
        /// What is known of its name.
        subject: Subject,
        /// The field that is missing.
        field: &'static str,
    },
    /// The same object is there already.
    #[error("{subject} is given twice")]
    Duplicate {
        /// The object.
        subject: Subject,
    },
}

impl SnapshotBuilder {
    /// Begins an empty world whose management plane lives in `management_namespace`.
    pub fn new(management_namespace: impl Into<Istr>, options: Options) -> Self {
        let management_namespace = management_namespace.into();
        Self { snapshot: Snapshot { management_namespace, options, ..Snapshot::default() } }
    }

    /// Adds a document: an object, or a list of objects, as [`Change::read`] reads it.
    ///
    /// # Errors
    ///
    /// If the document is no object, or one that is there already and must not be replaced. Objects of a list
    /// before the one concerned stay added. An object without kind or name is a finding, not an error.
    pub fn add(
        &mut self,
        cluster: Option<&str>,
        document: Value,
        duplicates: OnDuplicate,
    ) -> Result<Added, AddError> {
        let mut added = Added::default();
        for object in flatten(document)? {
            match Change::read_one(cluster, object) {
                Ok(change) => {
                    let subject = change.subject();
                    if duplicates == OnDuplicate::Refuse && self.snapshot.contains(change.key()) {
                        return Err(AddError::Duplicate { subject });
                    }
                    self.snapshot.apply(change);
                    added.objects.push(subject);
                }
                Err(error) => {
                    let Some(finding) = error.finding() else { return Err(error) };
                    added.objects.push(finding.subject.clone());
                    self.note(finding);
                }
            }
        }
        Ok(added)
    }

    /// Notes something that was noticed about the input.
    pub fn note(&mut self, finding: Finding) {
        let findings = Arc::make_mut(&mut self.snapshot.findings);
        findings.entry(finding.subject.clone()).or_default().push(finding);
    }

    /// The finished snapshot.
    pub fn build(self) -> Snapshot {
        self.snapshot
    }
}

/// The objects of a document. Members of a list may leave out what the list says already.
///
/// [`SnapshotBuilder::add`] does the same; who wants to know which member of a list is wrong flattens first.
///
/// # Errors
///
/// If the document, or a member of the list, cannot be an object.
pub fn flatten(document: Value) -> Result<Vec<Value>, AddError> {
    let found = match document {
        Value::Object(mut map) => {
            let kind = map.get("kind").and_then(Value::as_str).unwrap_or_default().to_owned();
            let is_list = kind.ends_with("List") && map.get("items").is_some_and(Value::is_array);
            if !is_list {
                return Ok(vec![Value::Object(map)]);
            }
            let api_version = map.remove("apiVersion").unwrap_or_default();
            let Some(Value::Array(items)) = map.remove("items") else {
                return Ok(Vec::new());
            };
            return complete(items, &api_version, kind.trim_end_matches("List"));
        }
        Value::Null => "nothing",
        Value::Array(_) => "a list",
        Value::Bool(_) | Value::Number(_) | Value::String(_) => "a single value",
    };
    Err(AddError::NotAnObject { found })
}

fn complete(items: Vec<Value>, api_version: &Value, kind: &str) -> Result<Vec<Value>, AddError> {
    let mut objects = Vec::with_capacity(items.len());
    for mut item in items {
        if let Some(map) = item.as_object_mut()
            && !kind.is_empty()
        {
            map.entry("apiVersion").or_insert_with(|| api_version.clone());
            map.entry("kind").or_insert_with(|| kind.into());
        }
        objects.extend(flatten(item)?);
    }
    Ok(objects)
}
