//! Our definitions against those of Gloo Mesh 1.1.2, and real objects against our schemas.
//!
//! The reference files are not part of the project: where they are missing, the tests say so and pass.
#![expect(clippy::expect_used, clippy::indexing_slicing, reason = "a broken fixture must stop the test")]

#[path = "support/objects.rs"]
mod objects;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use gloo_core::api::{self, Kind, OneOf};
use objects::{documents, schema_errors};
use serde_json::{Value, json};

const SHARED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared");

/// Paths, or beginnings of paths, that our schemas have beyond those of 1.1.2: fields that are deprecated and still read.
const BEYOND: &[(&str, &str)] = &[
    ("TrafficPolicy", ".spec.policy.rateLimit.basic"),
    ("VirtualMesh", ".spec.federation.eastWestIngressGatewaySelectors"),
    ("Mesh", ".status.appliedVirtualMesh.spec.federation.eastWestIngressGatewaySelectors"),
];

/// Short names that ours have beyond those of 1.1.2.
const SHORT_NAMES_BEYOND: &[(&str, &str)] = &[("Mesh", "gmmesh"), ("KubernetesCluster", "gmcluster")];

/// Returns a folder of the reference files, or says that the test is skipped.
fn reference(folder: &str) -> Option<PathBuf> {
    let path = Path::new(SHARED).join("data").join(folder);
    if path.is_dir() {
        return Some(path);
    }
    // Past the test harness, which would keep it to itself.
    writeln!(io::stderr(), "SKIPPED: {} is not there", path.display()).expect("standard error is open");
    None
}

fn yaml_files(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = fs::read_dir(folder)
        .expect("the folder can be read")
        .map(|entry| entry.expect("the folder can be read").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "yaml"))
        .collect();
    files.sort();
    files
}

fn theirs() -> Option<BTreeMap<String, Value>> {
    let kinds: BTreeSet<String> = api::crds().into_iter().map(|crd| crd.spec.names.kind).collect();
    let mut definitions = BTreeMap::new();
    for file in yaml_files(&reference("crds-gloo-mesh-1.1.2")?) {
        let text = fs::read_to_string(&file).expect("the file can be read");
        for definition in documents(&text) {
            let kind = definition["spec"]["names"]["kind"].as_str().unwrap_or_default().to_owned();
            if kinds.contains(&kind) {
                definitions.insert(kind, definition);
            }
        }
    }
    assert_eq!(definitions.len(), kinds.len());
    Some(definitions)
}

fn ours() -> BTreeMap<String, Value> {
    let definitions = api::crds().into_iter().map(|definition| {
        (definition.spec.names.kind.clone(), serde_json::to_value(definition).expect("definitions are JSON"))
    });
    definitions.collect()
}

/// Lists what a schema says about each path: type, enumeration and whether null is allowed.
fn paths(schema: &Value, path: &str, out: &mut BTreeMap<String, Value>) {
    let said: BTreeMap<&str, &Value> = ["type", "enum", "nullable", "x-kubernetes-preserve-unknown-fields"]
        .into_iter()
        .filter_map(|key| Some((key, schema.get(key)?)))
        .chain(schema.get("format").map(|format| ("format", format)))
        .collect();
    out.insert(path.to_owned(), json!(said));
    for (name, field) in schema["properties"].as_object().into_iter().flatten() {
        paths(field, &format!("{path}.{name}"), out);
    }
    if let Some(items) = schema.get("items") {
        paths(items, &format!("{path}[]"), out);
    }
    if let Some(values) = schema.get("additionalProperties") {
        paths(values, &format!("{path}{{}}"), out);
    }
}

#[test]
fn fields_types_and_words_are_those_of_1_1_2() {
    let Some(theirs) = theirs() else { return };
    for (kind, ours) in ours() {
        let (mut our_paths, mut their_paths) = (BTreeMap::new(), BTreeMap::new());
        paths(&ours["spec"]["versions"][0]["schema"]["openAPIV3Schema"], "", &mut our_paths);
        paths(&theirs[&kind]["spec"]["validation"]["openAPIV3Schema"], "", &mut their_paths);
        for (path, said) in &their_paths {
            assert_eq!(our_paths.get(path), Some(said), "{kind} {path}");
        }
        let beyond: Vec<&String> = our_paths
            .keys()
            .filter(|path| !their_paths.contains_key(*path))
            .filter(|path| !BEYOND.iter().any(|(of, begin)| *of == kind && path.starts_with(begin)))
            .collect();
        assert_eq!(beyond, Vec::<&String>::new(), "{kind}");
    }
}

#[test]
fn names_and_versions_are_those_of_1_1_2() {
    let Some(theirs) = theirs() else { return };
    for (kind, ours) in ours() {
        let theirs = &theirs[&kind];
        assert_eq!(ours["metadata"]["name"], theirs["metadata"]["name"]);
        assert_eq!(ours["metadata"]["labels"], theirs["metadata"]["labels"]);
        assert_eq!(ours["spec"]["group"], theirs["spec"]["group"]);
        assert_eq!(ours["spec"]["scope"], theirs["spec"]["scope"]);
        for name in ["kind", "listKind", "plural", "singular"] {
            assert_eq!(ours["spec"]["names"][name], theirs["spec"]["names"][name], "{kind}");
        }
        let short: Vec<&Value> = ours["spec"]["names"]["shortNames"]
            .as_array()
            .into_iter()
            .flatten()
            .filter(|name| !SHORT_NAMES_BEYOND.iter().any(|(of, beyond)| *of == kind && *name == beyond))
            .collect();
        let their_short: Vec<&Value> =
            theirs["spec"]["names"]["shortNames"].as_array().into_iter().flatten().collect();
        assert_eq!(short, their_short, "{kind}");
        let version = &ours["spec"]["versions"][0];
        for key in ["name", "served", "storage"] {
            assert_eq!(version[key], theirs["spec"]["versions"][0][key], "{kind}");
        }
        assert_eq!(version["subresources"], json!({ "status": {} }), "{kind}");
    }
}

/// Collects the groups of exclusive fields that a schema of 1.1.2 states, as sets of members by path.
fn stated_groups(schema: &Value, path: &str, out: &mut BTreeSet<(String, BTreeSet<String>)>) {
    let mut pending = vec![schema];
    while let Some(node) = pending.pop() {
        if let Some(choices) = node["oneOf"].as_array() {
            let required =
                choices.iter().flat_map(|choice| choice["required"].as_array().into_iter().flatten());
            let members: BTreeSet<String> =
                required.filter_map(|name| Some(name.as_str()?.to_owned())).collect();
            if members.len() > 1 {
                out.insert((path.trim_start_matches('.').to_owned(), members));
            }
        }
        pending.extend(node["allOf"].as_array().into_iter().flatten());
    }
    for (name, field) in schema["properties"].as_object().into_iter().flatten() {
        stated_groups(field, &format!("{path}.{name}"), out);
    }
    for (key, suffix) in [("items", "[]"), ("additionalProperties", "{}")] {
        if let Some(inner) = schema.get(key) {
            stated_groups(inner, &format!("{path}{suffix}"), out);
        }
    }
}

#[test]
fn groups_of_exclusive_fields_are_those_of_1_1_2() {
    fn groups<K: Kind>(all: &mut BTreeMap<&str, &[OneOf]>) {
        all.insert(K::KIND, K::ONE_OFS);
    }
    let Some(theirs) = theirs() else { return };
    let mut all = BTreeMap::new();
    groups::<api::TrafficPolicy>(&mut all);
    groups::<api::VirtualMesh>(&mut all);
    groups::<api::Mesh>(&mut all);
    groups::<api::Destination>(&mut all);
    groups::<api::Dashboard>(&mut all);
    groups::<api::IssuedCertificate>(&mut all);
    groups::<api::VirtualDestination>(&mut all);
    for (kind, definition) in theirs {
        let mut stated = BTreeSet::new();
        stated_groups(&definition["spec"]["validation"]["openAPIV3Schema"], "", &mut stated);
        let ours = all.get(kind.as_str()).copied().unwrap_or_default();
        for (path, members) in stated {
            // Copies of specs are checked as specs of their own kinds.
            if path.starts_with("status.applied") && path.contains("].spec.")
                || path.contains("VirtualMesh.spec")
            {
                continue;
            }
            let found = ours.iter().any(|one_of| {
                one_of.path == path
                    && one_of.members.iter().map(|member| (*member).to_owned()).collect::<BTreeSet<_>>()
                        == members
            });
            assert!(found, "{kind} {path} {members:?}");
        }
    }
}

#[test]
fn definitions_follow_the_rules_of_api_servers() {
    fn check(schema: &Value, path: &str) {
        assert!(schema["type"].is_string(), "{path} has a type");
        for key in ["$ref", "anyOf", "default", "title", "definitions", "$defs"] {
            assert!(schema.get(key).is_none(), "{path} has no {key}");
        }
        assert!(schema.get("properties").is_none() || schema.get("additionalProperties").is_none(), "{path}");
        for (name, field) in schema["properties"].as_object().into_iter().flatten() {
            if path.matches('.').count() >= 1 {
                assert!(field["description"].is_string(), "{path}.{name} is described");
            }
            check(field, &format!("{path}.{name}"));
        }
        for key in ["items", "additionalProperties"] {
            if let Some(inner) = schema.get(key) {
                check(inner, &format!("{path}[]"));
            }
        }
    }
    let names: Vec<String> =
        api::crds().into_iter().filter_map(|definition| definition.metadata.name).collect();
    assert!(names.is_sorted());
    for (kind, definition) in ours() {
        check(&definition["spec"]["versions"][0]["schema"]["openAPIV3Schema"], &kind);
        assert!(definition.to_string().len() < 200_000, "{kind} fits into an annotation");
    }
}

#[test]
fn real_objects_satisfy_our_schemas() {
    let Some(folder) = reference("realworld") else {
        return;
    };
    let mut seen = 0;
    for file in yaml_files(&folder) {
        for object in documents(&fs::read_to_string(&file).expect("the file can be read")) {
            assert_eq!(schema_errors(&object), Vec::<String>::new(), "{}: {object}", file.display());
            seen += 1;
        }
    }
    assert!(seen > 20, "{seen} objects");
}

#[test]
fn real_objects_are_read() {
    fn read<K: Kind>(object: &Value) -> bool {
        if object["kind"] != K::KIND {
            return false;
        }
        let decoded = gloo_core::decode::decode::<K>(object.clone()).expect("a real object is valid");
        assert_eq!(decoded.unreadable, []);
        let fields: Vec<&String> =
            decoded.unknown.iter().filter(|path| !path.starts_with("metadata.")).collect();
        assert_eq!(fields, Vec::<&String>::new());
        let again = serde_json::to_value(&decoded.object).expect("objects are JSON");
        assert_eq!(
            gloo_core::decode::decode::<K>(again).expect("what we write we read").object,
            decoded.object
        );
        true
    }
    let Some(folder) = reference("realworld") else {
        return;
    };
    for file in yaml_files(&folder) {
        for object in documents(&fs::read_to_string(&file).expect("the file can be read")) {
            let known = read::<api::TrafficPolicy>(&object)
                || read::<api::AccessPolicy>(&object)
                || read::<api::VirtualMesh>(&object)
                || read::<api::Mesh>(&object)
                || read::<api::Workload>(&object)
                || read::<api::Destination>(&object)
                || read::<api::Settings>(&object);
            assert!(known, "{}", object["kind"]);
        }
    }
}
