//! Schemas of custom resources, as an API server wants them, made from the types.

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema};
use serde_json::{Map, Value, json};

use super::kind::{Kind, OneOf};

/// Returns the schema of whole objects of kind `K`.
pub(crate) fn of<K: Kind>() -> Schema {
    let spec = structural::<K::Spec>();
    let mut root = json!({
        "type": "object",
        "description": spec.get("description").cloned().unwrap_or_default(),
        "properties": { "spec": spec, "status": structural::<K::Status>() },
    });
    for one_of in K::ONE_OFS {
        enforce(&mut root, one_of);
    }
    Schema::try_from(root).unwrap_or_default()
}

/// Returns the schema of a message in structural form: everything inline, no `null` beside the wrappers, no defaults.
fn structural<T: JsonSchema>() -> Value {
    let settings = SchemaSettings::draft2020_12().with(|settings| settings.inline_subschemas = true);
    let mut schema = settings.into_generator().into_root_schema_for::<T>().to_value();
    simplify(&mut schema);
    schema
}

fn simplify(schema: &mut Value) {
    let Some(fields) = schema.as_object_mut() else {
        return;
    };
    for key in ["$schema", "title", "default"] {
        fields.remove(key);
    }
    if let Some(Value::String(description)) = fields.get_mut("description") {
        *description = description.replace('\n', " ");
    }
    unwrap_optional(fields);
    name_range(fields);
    for key in ["items", "additionalProperties"] {
        if let Some(inner) = fields.get_mut(key) {
            simplify(inner);
        }
    }
    if let Some(Value::Object(properties)) = fields.get_mut("properties") {
        properties.values_mut().for_each(simplify);
    }
}

/// Turns "this or null" into "this": a field that may be left out is not a field that may be null.
fn unwrap_optional(fields: &mut Map<String, Value>) {
    if let Some(Value::Array(choices)) = fields.remove("anyOf") {
        let present = choices.into_iter().find(|choice| choice.get("type") != Some(&json!("null")));
        if let Some(Value::Object(present)) = present {
            for (key, value) in present {
                fields.entry(key).or_insert(value);
            }
        }
    }
    if let Some(Value::Array(types)) = fields.get_mut("type") {
        types.retain(|name| name != "null");
        if let Some(only) = types.pop() {
            fields.insert("type".to_owned(), only);
        }
    }
    if let Some(Value::Array(words)) = fields.get_mut("enum") {
        words.retain(|word| !word.is_null());
    }
}

/// Writes the range of an unsigned number out, because API servers do not know its format.
fn name_range(fields: &mut Map<String, Value>) {
    if fields.get("format") == Some(&json!("uint32")) {
        fields.remove("format");
        fields.entry("minimum").or_insert(json!(0));
        fields.entry("maximum").or_insert(json!(u32::MAX));
    }
}

/// Adds the check for one group of exclusive fields to the schema of a whole object.
///
/// A validation rule names the fields when it refuses an object, but API servers want to know how often it runs at most;
/// below a list without bounds a plain `oneOf` does the same work.
fn enforce(root: &mut Value, one_of: &OneOf) {
    let mut schema = root;
    let mut bounded = true;
    for step in one_of.path.split('.') {
        let name = step.trim_end_matches("[]");
        let Some(field) = schema.pointer_mut(&format!("/properties/{name}")) else {
            return;
        };
        schema = field;
        if step.ends_with("[]") {
            bounded &= schema.get("maxItems").is_some();
            let Some(items) = schema.get_mut("items") else {
                return;
            };
            schema = items;
        }
    }
    let Some(fields) = schema.as_object_mut() else {
        return;
    };
    let (key, check) = if bounded {
        ("x-kubernetes-validations", rule(one_of.members))
    } else {
        ("allOf", at_most_one(one_of.members))
    };
    if let Value::Array(checks) = fields.entry(key).or_insert(json!([])) {
        checks.push(check);
    }
}

fn rule(members: &[&str]) -> Value {
    let rule = if let [first, second] = members {
        format!("!(has(self.{first}) && has(self.{second}))")
    } else {
        let counts: Vec<String> =
            members.iter().map(|member| format!("(has(self.{member}) ? 1 : 0)")).collect();
        format!("{} <= 1", counts.join(" + "))
    };
    json!({ "rule": rule, "message": format!("at most one of {} may be set", members.join(", ")) })
}

fn at_most_one(members: &[&str]) -> Value {
    let each: Vec<Value> = members.iter().map(|member| json!({ "required": [member] })).collect();
    let mut choices = vec![json!({ "not": { "anyOf": each } })];
    choices.extend(each);
    json!({ "oneOf": choices })
}
