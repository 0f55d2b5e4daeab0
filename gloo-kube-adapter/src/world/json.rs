//! Reads JSON values, one after the other, and refuses what `serde_json` would silently take.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

/// A value in which no field is given twice.
struct Strict(Value);

/// One value of a stream.
#[derive(Debug)]
pub struct Piece {
    /// Byte range in the stream.
    pub range: std::ops::Range<usize>,
    /// Line on which it begins, counted from 1.
    pub line: u64,
    /// The value, or why there is none; nothing follows a mistake.
    pub value: Result<Value, serde_json::Error>,
}

/// Reads all values of `text`.
pub fn read(text: &str) -> Vec<Piece> {
    let text_start = text.len() - text.trim_start_matches('\u{feff}').len();
    let body = text.get(text_start..).unwrap_or_default();
    let mut values = serde_json::Deserializer::from_str(body).into_iter::<Strict>();
    let mut pieces = Vec::new();
    let (mut line, mut counted) = (1, 0);
    loop {
        let before = values.byte_offset();
        let rest = body.get(before..).unwrap_or_default();
        let start = before + (rest.len() - rest.trim_start().len());
        line += newlines(body.get(counted..start).unwrap_or_default());
        counted = start;
        let Some(value) = values.next() else {
            return pieces;
        };
        let failed = value.is_err();
        let end = if failed { body.len() } else { values.byte_offset() };
        pieces.push(Piece {
            range: text_start + start..text_start + end,
            line,
            value: value.map(|Strict(value)| value),
        });
        if failed {
            return pieces;
        }
    }
}

fn newlines(text: &str) -> u64 {
    text.bytes().filter(|byte| *byte == b'\n').map(|_| 1).sum()
}

impl<'de> Deserialize<'de> for Strict {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(StrictVisitor).map(Strict)
    }
}

struct StrictVisitor;

impl<'de> Visitor<'de> for StrictVisitor {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut all = Vec::new();
        while let Some(Strict(item)) = items.next_element()? {
            all.push(item);
        }
        Ok(Value::Array(all))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Value, A::Error> {
        let mut all = Map::new();
        while let Some(key) = fields.next_key::<String>()? {
            if all.contains_key(&key) {
                return Err(A::Error::custom(format_args!("duplicate key {key:?}")));
            }
            let Strict(value) = fields.next_value()?;
            all.insert(key, value);
        }
        Ok(Value::Object(all))
    }
}

#[cfg(test)]
mod tests {
    use super::read;

    #[test]
    fn values_follow_each_other() {
        let pieces = read("{\"a\": 1}\n\n{\"b\": [true, null]}  ");
        let found: Vec<_> =
            pieces.iter().map(|piece| (piece.line, piece.value.as_ref().unwrap().to_string())).collect();
        assert_eq!(found, [(1, r#"{"a":1}"#.to_owned()), (3, r#"{"b":[true,null]}"#.to_owned())]);
    }

    #[test]
    fn a_field_given_twice_is_refused() {
        let [piece] = read("{\"a\": 1,\n \"a\": 2}").try_into().unwrap();
        let error = piece.value.unwrap_err();
        assert_eq!((error.line(), error.to_string().contains("duplicate key")), (2, true));
    }

    #[test]
    fn nothing_holds_no_values() {
        assert!(read(" \n").is_empty());
    }
}
