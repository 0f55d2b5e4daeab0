//! What the tests of the custom resources share.
#![allow(dead_code, reason = "each test uses a part of this")]

use std::collections::BTreeMap;
use std::sync::LazyLock;

use gloo_core::api;
use serde_json::{Value, json};

/// Reads the documents of a YAML stream, with the items of lists in place of the lists.
pub(crate) fn documents(text: &str) -> Vec<Value> {
    let mut objects = Vec::new();
    for document in text.split("\n---") {
        let value: Value =
            serde_saphyr::from_str(document.trim_start_matches('-')).expect("documents are YAML");
        match value.get("items") {
            Some(Value::Array(items)) => objects.extend(items.iter().cloned()),
            _ if value.is_null() => {}
            _ => objects.push(value),
        }
    }
    objects
}

/// Checks an object against our schema of its kind.
pub(crate) fn schema_errors(object: &Value) -> Vec<String> {
    static SCHEMAS: LazyLock<BTreeMap<String, jsonschema::Validator>> = LazyLock::new(|| {
        api::crds()
            .into_iter()
            .map(|definition| {
                let definition = serde_json::to_value(definition).expect("definitions are JSON");
                let mut schema = definition["spec"]["versions"][0]["schema"]["openAPIV3Schema"].clone();
                to_json_schema(&mut schema);
                let validator = jsonschema::validator_for(&schema).expect("our schemas are schemas");
                (definition["spec"]["names"]["kind"].as_str().unwrap_or_default().to_owned(), validator)
            })
            .collect()
    });

    let kind = object["kind"].as_str().unwrap_or_default();
    let validator = SCHEMAS.get(kind).expect("the kind is one of ours");
    validator.iter_errors(object).map(|error| format!("{}: {error}", error.instance_path())).collect()
}

/// Turns the schema of an API server into one that validators of JSON understand: `nullable` becomes a type, rules become the
/// schemas that say the same, unknown fields of messages are refused.
fn to_json_schema(schema: &mut Value) {
    let Value::Object(fields) = schema else { return };
    let rules = fields.remove("x-kubernetes-validations");
    let open = fields.remove("x-kubernetes-preserve-unknown-fields").is_some();
    if fields.remove("nullable") == Some(json!(true)) {
        fields.insert("type".to_owned(), json!([fields["type"], "null"]));
    }
    // Formats of API servers, not of validators; `format: binary` is no promise at all.
    fields.remove("format");
    if fields.get("type") == Some(&json!("object")) && !fields.contains_key("additionalProperties") {
        let root = fields.get("properties").is_some_and(|properties| properties.get("spec").is_some());
        fields.insert("additionalProperties".to_owned(), json!(open || root));
    }
    for rule in rules.iter().flat_map(|rules| rules.as_array().into_iter().flatten()) {
        let message = rule["message"].as_str().unwrap_or_default();
        let members =
            message.trim_start_matches("at most one of ").trim_end_matches(" may be set").split(", ");
        let each: Vec<Value> = members.map(|member| json!({ "required": [member] })).collect();
        let mut choices = vec![json!({ "not": { "anyOf": each } })];
        choices.extend(each);
        let all = fields.entry("allOf").or_insert(json!([]));
        all.as_array_mut().expect("allOf is a list").push(json!({ "oneOf": choices }));
    }
    for key in ["items", "additionalProperties"] {
        if let Some(inner) = fields.get_mut(key) {
            to_json_schema(inner);
        }
    }
    if let Some(Value::Object(properties)) = fields.get_mut("properties") {
        properties.values_mut().for_each(to_json_schema);
    }
}
