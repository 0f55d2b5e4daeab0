//! From a JSON value to an object: what is not understood is said, what cannot be meant is refused.
//!
//! A field with the value `null` is a field that was left out. An unknown field is dropped and its path noted, except where a
//! condition would get lost with it: a policy that selects more than its author wrote is worse than one that is
//! refused. An object is refused alone, with the path of the first mistake.

mod node;
mod path;
mod raw;

use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use self::node::{Node, Reason, Trail, kind_of};
use self::path::{is_condition, join};
use crate::api::{Kind, StoredCopy};

/// An object that was read.
#[derive(Clone, Debug)]
pub struct Decoded<K> {
    /// The object.
    pub object: K,
    /// Paths of the fields that were dropped because nobody knows them, such as `spec.policy.retrys`.
    pub unknown: Vec<String>,
    /// Copies of other objects that could not be read and count as absent; see [`StoredCopy`].
    pub unreadable: Vec<DecodeError>,
}

/// Why an object was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}{}{reason}", path, if path.is_empty() { "" } else { ": " })]
pub struct DecodeError {
    /// Where the mistake is, such as `spec.policy.retries.attempts`. Empty: the object as a whole.
    pub path: String,
    /// What is wrong there.
    pub reason: String,
}

impl DecodeError {
    fn new(path: impl Into<String>, reason: impl Into<String>) -> Self {
        Self { path: path.into(), reason: reason.into() }
    }
}

/// Reads an object of kind `K`.
///
/// ```
/// use gloo_core::api::TrafficPolicy;
/// use gloo_core::decode::decode;
/// use serde_json::json;
///
/// let error = decode::<TrafficPolicy>(json!({ "spec": { "policy": { "requestTimeout": "soon" } } })).unwrap_err();
/// assert_eq!(
///     error.to_string(),
///     r#"spec.policy.requestTimeout: expected a duration such as 5s, 100ms or 1m30s, found "soon""#
/// );
/// ```
pub fn decode<K: Kind>(mut value: Value) -> Result<Decoded<K>, DecodeError> {
    let Value::Object(fields) = &mut value else {
        return Err(DecodeError::new("", format!("expected an object, found {}", kind_of(&value))));
    };
    take_type::<K>(fields)?;
    let mut unknown = Vec::new();
    let mut unreadable = Vec::new();
    for copy in K::STORED_COPIES {
        check_copies(&mut value, copy, &mut unknown, &mut unreadable);
    }
    raw::remove_nulls(&mut value, "")?;
    if let Value::Object(fields) = &mut value {
        for message in ["metadata", "spec", "status"] {
            fields.entry(message).or_insert(json!({}));
        }
    }
    for one_of in K::ONE_OFS {
        raw::check_one_of(&value, one_of)?;
    }
    let (object, dropped) = read::<K>(value, "")?;
    unknown.splice(0..0, dropped);
    Ok(Decoded { object, unknown, unreadable })
}

/// Reads the spec of kind `K` alone, as it stands in copies. The value is left in the form that serde reads.
pub(crate) fn decode_spec<K: Kind>(value: &mut Value) -> Result<(K::Spec, Vec<String>), DecodeError> {
    let mut object = json!({ "spec": value.take() });
    raw::remove_nulls(&mut object, "")?;
    for one_of in K::ONE_OFS {
        raw::check_one_of(&object, one_of)?;
    }
    *value = object.get_mut("spec").map_or(json!({}), Value::take);
    read::<K::Spec>(value.clone(), "spec")
}

/// Reads a value of which nothing is known; what cannot be read is `None`.
pub(crate) fn lenient<T: DeserializeOwned>(mut value: Value) -> Option<T> {
    raw::remove_nulls(&mut value, "").ok()?;
    T::deserialize(Node(value, &Trail::default())).ok()
}

/// Removes the type of the object, after checking that it is the expected one if it is given.
fn take_type<K: Kind>(fields: &mut Map<String, Value>) -> Result<(), DecodeError> {
    let api_version = format!("{}/{}", K::GROUP, K::VERSION);
    for (field, expected) in [("apiVersion", api_version.as_str()), ("kind", K::KIND)] {
        match fields.remove(field) {
            None | Some(Value::Null) => {}
            Some(Value::String(found)) if found == expected => {}
            Some(found) => {
                return Err(DecodeError::new(
                    field,
                    format!("expected {expected}, found {}", kind_of(&found)),
                ));
            }
        }
    }
    Ok(())
}

/// Checks every copy at one place of an object; removes those that cannot be read.
fn check_copies(
    value: &mut Value,
    copy: &StoredCopy,
    unknown: &mut Vec<String>,
    unreadable: &mut Vec<DecodeError>,
) {
    let Some((parents, field)) = copy.path.rsplit_once('.') else {
        return;
    };
    raw::for_each(value, parents, "", &mut |path, parent| {
        let Some(spec) = parent.get_mut(field).filter(|spec| !spec.is_null()) else {
            return;
        };
        let place = format!("{path}.{field}");
        match (copy.check)(spec) {
            Ok(dropped) => unknown.extend(dropped.iter().map(|path| path.replacen("spec", &place, 1))),
            Err(error) => {
                unreadable.push(DecodeError::new(error.path.replacen("spec", &place, 1), error.reason));
                if let Value::Object(fields) = parent {
                    fields.remove(field);
                }
            }
        }
    });
}

/// Reads a value whose root stands at `base`; returns it with the paths of unknown fields.
fn read<T: DeserializeOwned>(value: Value, base: &str) -> Result<(T, Vec<String>), DecodeError> {
    let trail = Trail::default();
    let object = T::deserialize(Node(value, &trail))
        .map_err(|Reason(reason)| DecodeError { path: trail.path(base), reason })?;
    let unknown: Vec<String> = trail
        .unknown()
        .into_iter()
        .map(|path| if base.is_empty() { path } else { join(base, &path) })
        .collect();
    match unknown.iter().find(|path| is_condition(path)) {
        Some(path) => Err(DecodeError::new(
            path.as_str(),
            "unknown field; without it more would be selected than is written",
        )),
        None => Ok((object, unknown)),
    }
}

#[cfg(test)]
mod tests;
