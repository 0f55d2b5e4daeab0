//! Checks that need the value as it was written, before it becomes an object.

use serde_json::Value;

use super::DecodeError;
use super::path::{element, is_condition, join};
use crate::api::OneOf;

/// Removes the fields whose value is `null`.
///
/// A `null` in a list is a mistake, and so is one among the labels of a selector: leaving it out would select more.
pub(super) fn remove_nulls(value: &mut Value, path: &str) -> Result<(), DecodeError> {
    match value {
        Value::Array(elements) => {
            for (index, item) in elements.iter_mut().enumerate() {
                if item.is_null() {
                    return Err(DecodeError::new(element(path, index), "a list must not contain null"));
                }
                if item.is_array() || item.is_object() {
                    remove_nulls(item, &element(path, index))?;
                }
            }
        }
        Value::Object(fields) => {
            if is_condition(path)
                && holds_labels(path)
                && let Some((key, _)) = fields.iter().find(|(_, value)| value.is_null())
            {
                return Err(DecodeError::new(join(path, key), "expected a string, found null"));
            }
            fields.retain(|_, value| !value.is_null());
            for (key, field) in fields.iter_mut().filter(|(_, field)| field.is_array() || field.is_object()) {
                remove_nulls(field, &join(path, key))?;
            }
        }
        _ => {}
    }
    Ok(())
}

fn holds_labels(path: &str) -> bool {
    path.ends_with(".labels") || path.ends_with(".routeLabelMatcher")
}

/// Refuses a message that has two fields of one group.
pub(super) fn check_one_of(value: &Value, one_of: &OneOf) -> Result<(), DecodeError> {
    check_below(value, one_of.path, one_of.members, "")
}

fn check_below(value: &Value, path: &str, members: &[&str], at: &str) -> Result<(), DecodeError> {
    let Some((step, rest)) = next_step(path) else {
        let present: Vec<&str> =
            members.iter().copied().filter(|member| value.get(member).is_some()).collect();
        return match present.as_slice() {
            [first, second, ..] => {
                Err(DecodeError::new(at, format!("only one of {first} and {second} may be set")))
            }
            _ => Ok(()),
        };
    };
    let Some(field) = value.get(step.trim_end_matches("[]")) else {
        return Ok(());
    };
    let at = join(at, step.trim_end_matches("[]"));
    if !step.ends_with("[]") {
        return check_below(field, rest, members, &at);
    }
    let elements = field.as_array().map(Vec::as_slice).unwrap_or_default();
    elements
        .iter()
        .enumerate()
        .try_for_each(|(index, item)| check_below(item, rest, members, &element(&at, index)))
}

/// Calls `act` with every value at `path` below `value`, and with where exactly it is.
pub(super) fn for_each(value: &mut Value, path: &str, at: &str, act: &mut impl FnMut(&str, &mut Value)) {
    let Some((step, rest)) = next_step(path) else {
        return act(at, value);
    };
    let Some(field) = value.get_mut(step.trim_end_matches("[]")) else {
        return;
    };
    let at = join(at, step.trim_end_matches("[]"));
    if !step.ends_with("[]") {
        return for_each(field, rest, &at, act);
    }
    for (index, item) in field.as_array_mut().into_iter().flatten().enumerate() {
        for_each(item, rest, &element(&at, index), act);
    }
}

/// Splits the first step off a path; `None` at its end.
fn next_step(path: &str) -> Option<(&str, &str)> {
    if path.is_empty() { None } else { Some(path.split_once('.').unwrap_or((path, ""))) }
}
