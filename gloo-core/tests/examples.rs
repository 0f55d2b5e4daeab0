//! Written examples of every kind are read without loss, written back as they were, and satisfy our schemas.
#![expect(clippy::expect_used, clippy::indexing_slicing, reason = "a broken example must stop the test")]

#[path = "support/objects.rs"]
mod objects;

use gloo_core::api::{self, Kind};
use gloo_core::decode::decode;
use objects::{documents, schema_errors};
use serde_json::{Value, json};

const EXAMPLES: &[&str] = &[
    include_str!("examples/policies.yaml"),
    include_str!("examples/discovered.yaml"),
    include_str!("examples/certificates.yaml"),
    include_str!("examples/settings.yaml"),
];

/// Reads an object and writes it back; spec and status are given as the API writes them.
fn again<K: Kind>(object: Value) -> Value {
    let decoded = decode::<K>(object).expect("an example is valid");
    assert_eq!(decoded.unknown, Vec::<String>::new());
    assert_eq!(decoded.unreadable, []);
    serde_json::to_value(decoded.object).expect("objects are JSON")
}

fn again_by_kind(kind: &str, object: Value) -> Value {
    match kind {
        "TrafficPolicy" => again::<api::TrafficPolicy>(object),
        "AccessPolicy" => again::<api::AccessPolicy>(object),
        "VirtualMesh" => again::<api::VirtualMesh>(object),
        "Mesh" => again::<api::Mesh>(object),
        "Workload" => again::<api::Workload>(object),
        "Destination" => again::<api::Destination>(object),
        "Settings" => again::<api::Settings>(object),
        "Dashboard" => again::<api::Dashboard>(object),
        "IssuedCertificate" => again::<api::IssuedCertificate>(object),
        "CertificateRequest" => again::<api::CertificateRequest>(object),
        "PodBounceDirective" => again::<api::PodBounceDirective>(object),
        "KubernetesCluster" => again::<api::KubernetesCluster>(object),
        "VirtualDestination" => again::<api::VirtualDestination>(object),
        "CertificateVerification" => again::<api::CertificateVerification>(object),
        other => unreachable!("unknown kind {other}"),
    }
}

/// Rewrites the durations of a written example the way they come back.
fn normalised(value: Value) -> Value {
    match value {
        Value::String(text) => match text.parse::<api::Duration>() {
            Ok(duration) => json!(duration.to_string()),
            Err(_) => Value::String(text),
        },
        Value::Array(elements) => elements.into_iter().map(normalised).collect(),
        Value::Object(fields) => fields.into_iter().map(|(key, value)| (key, normalised(value))).collect(),
        other => other,
    }
}

#[test]
fn examples_come_back_as_they_were() {
    let mut kinds = std::collections::BTreeSet::new();
    for object in EXAMPLES.iter().flat_map(|text| documents(text)) {
        let kind = object["kind"].as_str().expect("an example has a kind").to_owned();
        let written = again_by_kind(&kind, object.clone());
        for part in ["apiVersion", "kind", "metadata", "spec", "status"] {
            let expected = match part {
                "spec" | "status" => normalised(object.get(part).cloned().unwrap_or(json!({}))),
                _ => object[part].clone(),
            };
            assert_eq!(written[part], expected, "{part} of {kind} {}", object["metadata"]["name"]);
        }
        kinds.insert(kind);
    }
    assert_eq!(kinds.len(), api::crds().len(), "every kind has an example: {kinds:?}");
}

#[test]
fn examples_satisfy_our_schemas() {
    for object in EXAMPLES.iter().flat_map(|text| documents(text)) {
        assert_eq!(schema_errors(&object), Vec::<String>::new(), "{object}");
        let kind = object["kind"].as_str().expect("an example has a kind").to_owned();
        let written = again_by_kind(&kind, object);
        assert_eq!(schema_errors(&written), Vec::<String>::new(), "{written}");
    }
}

#[test]
fn schemas_refuse_what_no_reader_understands() {
    let policy = |policy: Value| {
        json!({
            "apiVersion": "networking.mesh.gloo.solo.io/v1",
            "kind": "TrafficPolicy",
            "metadata": { "name": "a", "namespace": "b" },
            "spec": { "policy": policy },
        })
    };
    for wrong in [
        json!({ "requestTimeout": "soon" }),
        json!({ "mirror": { "percentage": 101 } }),
        json!({ "mirror": { "port": 65_536 } }),
        json!({ "mtls": { "istio": { "tlsMode": "simple" } } }),
        json!({ "faultInjection": { "abort": { "httpStatus": 99 } } }),
        json!({ "retries": { "attempts": "5" } }),
        json!({ "outlierDetection": { "maxEjectionPercent": 101 } }),
        json!({ "corsPolicy": { "maxAge": null } }),
    ] {
        assert_ne!(schema_errors(&policy(wrong.clone())), Vec::<String>::new(), "{wrong}");
    }
    for right in [
        json!({ "mirror": { "percentage": 0 } }),
        json!({ "trafficShift": { "destinations": [] } }),
        json!({ "corsPolicy": { "allowCredentials": null } }),
        json!({ "faultInjection": {}, "requestTimeout": "-5s" }),
    ] {
        assert_eq!(schema_errors(&policy(right.clone())), Vec::<String>::new(), "{right}");
    }
}
