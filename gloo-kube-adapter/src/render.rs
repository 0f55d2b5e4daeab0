//! Objects as text: YAML the way people of this field write it, JSON, and the names of files.

use gloo_core::Translation;
use gloo_core::id::{InputRef, OutputKind};
use gloo_core::report::Status;
use serde::Serialize;
use serde_json::{Value, json};

use crate::world::hex;
use sha2::{Digest, Sha256};

/// Annotation that names the cluster of an object in a stream.
pub const CLUSTER_ANNOTATION: &str = "cluster.solo.io/cluster";
/// Folder of the statuses.
const STATUS: &str = "_status";
/// Longest part of a path; file systems end at 255 bytes.
const MAX_STEP: usize = 240;

/// An object ready to be written.
#[derive(Clone, Debug, PartialEq)]
pub struct Rendered {
    /// What it is.
    pub id: ObjectId,
    /// Where it lies in an output tree, with `/` between folders.
    pub path: String,
    /// The object.
    pub value: Value,
}

/// Names an object in documents of this tool.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ObjectId {
    /// Cluster that it is for; empty for objects of the management cluster.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub cluster: String,
    /// Group and version.
    pub api_version: String,
    /// Kind.
    pub kind: String,
    /// Namespace; empty if it has none.
    #[serde(default)]
    pub namespace: String,
    /// Name.
    pub name: String,
}

/// An output object and the rank of its kind in the order of writing.
#[derive(Clone, Debug, PartialEq)]
pub struct Output {
    /// What it is.
    pub kind: &'static OutputKind,
    /// The object.
    pub rendered: Rendered,
}

/// The objects of a translation that `wanted` picks, in the order in which they can be applied.
///
/// # Errors
///
/// If a backend wrote something that is no JSON.
pub fn outputs(
    translation: &Translation,
    wanted: impl Fn(&str, &OutputKind) -> bool,
) -> Result<Vec<Output>, serde_json::Error> {
    let picked = translation.outputs.iter().filter(|object| wanted(&object.id.cluster, object.id.kind));
    let mut outputs = Vec::new();
    for object in picked {
        let id = &object.id;
        let steps = [&*id.cluster, &id.kind.resource(), &*id.namespace, &*id.name];
        outputs.push(Output {
            kind: id.kind,
            rendered: Rendered {
                path: path(&steps),
                value: object.to_value()?,
                id: ObjectId {
                    cluster: id.cluster.to_string(),
                    api_version: id.kind.api_version(),
                    kind: id.kind.kind.to_owned(),
                    namespace: id.namespace.to_string(),
                    name: id.name.to_string(),
                },
            },
        });
    }
    outputs.sort_by(|a, b| order(a).cmp(&order(b)));
    Ok(outputs)
}

/// Clusters one after the other; within a cluster, what others refer to comes first.
fn order(output: &Output) -> (&str, u8, &str, &str, &str) {
    let id = &output.rendered.id;
    (&id.cluster, output.kind.rank, &id.namespace, &id.name, &id.kind)
}

/// The status of an input, as an object that holds nothing else.
///
/// # Errors
///
/// If the status cannot be written as JSON.
pub fn status(input: &InputRef, status: &Status) -> Result<Rendered, serde_json::Error> {
    let steps = [input.kind.resource(), &*input.namespace, &*input.name];
    let value = json!({
        "apiVersion": input.kind.api_version(),
        "kind": input.kind.kind(),
        "metadata": { "name": &*input.name, "namespace": &*input.namespace },
        "status": serde_json::to_value(status)?,
    });
    Ok(Rendered {
        id: ObjectId {
            cluster: String::new(),
            api_version: input.kind.api_version().to_owned(),
            kind: input.kind.kind().to_owned(),
            namespace: input.namespace.to_string(),
            name: input.name.to_string(),
        },
        path: format!("{STATUS}/{}", path(&steps)),
        value,
    })
}

/// An object of the management cluster that tells something about `cluster`; its path is that within the folder of
/// the management cluster's objects.
///
/// # Errors
///
/// If it cannot be written as JSON.
pub fn managed(
    input: &InputRef,
    cluster: &str,
    object: &impl Serialize,
) -> Result<Rendered, serde_json::Error> {
    let steps = [input.kind.resource(), &*input.namespace, &*input.name];
    Ok(Rendered {
        id: ObjectId {
            cluster: cluster.to_owned(),
            api_version: input.kind.api_version().to_owned(),
            kind: input.kind.kind().to_owned(),
            namespace: input.namespace.to_string(),
            name: input.name.to_string(),
        },
        path: path(&steps),
        value: serde_json::to_value(object)?,
    })
}

/// The same object with a note to which cluster it belongs.
#[must_use]
pub fn annotated(mut object: Value, cluster: &str) -> Value {
    let annotations = object
        .as_object_mut()
        .and_then(|object| object.entry("metadata").or_insert_with(|| json!({})).as_object_mut())
        .and_then(|metadata| metadata.entry("annotations").or_insert_with(|| json!({})).as_object_mut());
    if let Some(annotations) = annotations {
        annotations.insert(CLUSTER_ANNOTATION.to_owned(), cluster.into());
    }
    object
}

/// Writes `value` as a YAML document: two spaces, one line for each line of text, a line feed at the end.
///
/// # Errors
///
/// If the value cannot be written, which no JSON value can cause.
pub fn yaml(value: &impl Serialize) -> Result<String, serde_saphyr::SerializeError> {
    let options = serde_saphyr::ser_options! {
        indent_step: 2,
        compact_list_indent: true,
        // Texts of several lines are written as such, but long lines are never broken.
        prefer_block_scalars: true,
        folded_wrap_chars: usize::MAX,
    };
    let mut text = serde_saphyr::to_string_with_options(value, options)?;
    if !text.ends_with('\n') {
        text.push('\n');
    }
    Ok(text)
}

/// The path of an object: its steps as folders, the last one as a file.
fn path(steps: &[&str]) -> String {
    let steps: Vec<String> = steps.iter().map(|step| encode(step)).collect();
    steps.join("/") + ".yaml"
}

/// A name as one step of a path, whatever it contains.
///
/// Names of Kubernetes objects stay as they are. Everything else that a file could be tricked into is
/// written as `%XX`, a name that no file system takes ends in its digest, and an empty name is `_`.
fn encode(name: &str) -> String {
    use std::fmt::Write as _;

    if name.is_empty() {
        return "_".to_owned();
    }
    let mut step = String::with_capacity(name.len());
    for (position, byte) in name.bytes().enumerate() {
        let plain =
            byte.is_ascii_alphanumeric() || byte == b'-' || position > 0 && matches!(byte, b'.' | b'_');
        // A cluster of this name would take the place of the index.
        let plain = plain && !(position == 0 && name == "index.json");
        if plain {
            step.push(char::from(byte));
        } else {
            let _ = write!(step, "%{byte:02X}");
        }
    }
    if step.len() > MAX_STEP {
        let digest = hex(&Sha256::digest(name));
        step.truncate(MAX_STEP - digest.len() - 1);
        step.push('.');
        step.push_str(&digest);
    }
    step
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{annotated, encode, yaml};

    #[test]
    fn names_of_objects_stay_as_they_are() {
        assert_eq!(encode("reviews-v1.shop"), "reviews-v1.shop");
        assert_eq!(encode(""), "_");
    }

    #[test]
    fn no_name_leads_out_of_a_tree() {
        assert_eq!(encode(".."), "%2E.");
        assert_eq!(encode("../../etc/passwd"), "%2E.%2F..%2Fetc%2Fpasswd");
        assert_eq!(encode("_status"), "%5Fstatus");
        assert_eq!(encode("index.json"), "%69ndex.json");
        assert_eq!(encode("a:b\\c\u{e9}"), "a%3Ab%5Cc%C3%A9");
        let (long, other) = ("a".repeat(253), "a".repeat(252) + "b");
        assert!(encode(&long).len() <= 240 && encode(&long) != encode(&other));
    }

    #[test]
    fn yaml_keeps_what_json_says() {
        let long = "word ".repeat(60);
        let value = json!({
            "kind": "X",
            "spec": { "empty": {}, "list": [{ "a": 1, "b": [] }], "text": "a\nb\n", "long": long.trim(),
                "odd": ["yes", "1", "null", "012", "~", "- a", "2020-01-01", "*", "0x1f", "1_000", "a: b", "#"] },
        });
        let text = yaml(&value).unwrap();
        let back: serde_json::Value = serde_saphyr::from_str(&text).unwrap();
        assert_eq!(back, value);
        assert!(text.contains("  list:\n  - a: 1\n    b: []\n"), "{text}");
        assert!(text.contains("text: |\n    a\n    b\n"), "{text}");
        assert!(text.ends_with('\n') && !text.contains('\r'), "{text}");
    }

    #[test]
    fn an_annotation_is_added_where_there_are_none() {
        let object = annotated(json!({ "metadata": { "name": "a" } }), "c1");
        assert_eq!(object["metadata"]["annotations"]["cluster.solo.io/cluster"], "c1");
    }
}
