//! Finds the line of a field in a document; done only when there is something to say about it.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_saphyr::Spanned;

use super::yaml;

/// The line of `path` within `text`, counted from 1; if the path leads further than the document, the line
/// of the last step that is there.
///
/// Paths are written as in `spec.httpRequestMatchers[0].headers[1].name`. Keys may contain dots.
pub fn line_of(text: &str, path: &str) -> Option<u64> {
    let found = yaml::visit(text, Seek { path, line: None })?;
    found.line
}

/// How far a path could be followed.
struct Found {
    /// Line of the last step.
    line: Option<u64>,
    /// Length of what could not be followed.
    left: usize,
}

/// Follows a path below one value.
#[derive(Clone, Copy)]
struct Seek<'p> {
    path: &'p str,
    /// Line of the step that led here.
    line: Option<u64>,
}

impl Seek<'_> {
    fn here(self) -> Found {
        Found { line: self.line, left: self.path.len() }
    }
}

impl<'de> DeserializeSeed<'de> for Seek<'_> {
    type Value = Found;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Found, D::Error> {
        if self.path.is_empty() {
            serde::Deserialize::deserialize(deserializer).map(|_: IgnoredAny| self.here())
        } else {
            deserializer.deserialize_any(self)
        }
    }
}

impl<'de> Visitor<'de> for Seek<'_> {
    type Value = Found;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }

    fn visit_bool<E>(self, _: bool) -> Result<Found, E> {
        Ok(self.here())
    }

    fn visit_i64<E>(self, _: i64) -> Result<Found, E> {
        Ok(self.here())
    }

    fn visit_u64<E>(self, _: u64) -> Result<Found, E> {
        Ok(self.here())
    }

    fn visit_f64<E>(self, _: f64) -> Result<Found, E> {
        Ok(self.here())
    }

    fn visit_str<E>(self, _: &str) -> Result<Found, E> {
        Ok(self.here())
    }

    fn visit_unit<E>(self) -> Result<Found, E> {
        Ok(self.here())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Found, A::Error> {
        let mut best = self.here();
        let step = index(self.path);
        let mut position = 0;
        loop {
            let seek = match step {
                Some((wanted, rest)) if wanted == position => Some(rest),
                _ => None,
            };
            position += 1;
            let Some(rest) = seek else {
                if items.next_element::<IgnoredAny>()?.is_none() {
                    return Ok(best);
                }
                continue;
            };
            if rest.is_empty() {
                let Some(item) = items.next_element::<Spanned<IgnoredAny>>()? else {
                    return Ok(best);
                };
                best = Found { line: Some(item.referenced.line()), left: 0 };
            } else {
                let Some(found) = items.next_element_seed(Seek { path: rest, ..self })? else {
                    return Ok(best);
                };
                best = found;
            }
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Found, A::Error> {
        let mut best = self.here();
        while let Some(key) = fields.next_key::<Spanned<String>>()? {
            let Some(rest) = after(self.path, &key.value) else {
                fields.next_value::<IgnoredAny>()?;
                continue;
            };
            let line = Some(key.referenced.line());
            let found = fields.next_value_seed(Seek { path: rest, line })?;
            if found.left < best.left {
                best = found;
            }
        }
        Ok(best)
    }
}

/// What follows `key` at the beginning of `path`.
fn after<'p>(path: &'p str, key: &str) -> Option<&'p str> {
    let rest = path.strip_prefix(key)?;
    match rest.strip_prefix('.') {
        Some(rest) => Some(rest),
        None if rest.is_empty() || rest.starts_with('[') => Some(rest),
        None => None,
    }
}

/// The number in brackets at the beginning of `path`, and what follows.
fn index(path: &str) -> Option<(usize, &str)> {
    let (number, rest) = path.strip_prefix('[')?.split_once(']')?;
    let number = number.parse().ok()?;
    Some((number, rest.strip_prefix('.').unwrap_or(rest)))
}

#[cfg(test)]
mod tests {
    use super::line_of;

    const TEXT: &str = "\
kind: X
spec:
  labels:
    app: a
    app.kubernetes.io/name: b
  list:
  - name: one
    port: 1
  - name: two

    port: 2
";

    #[test]
    fn fields_are_found() {
        assert_eq!(line_of(TEXT, "spec"), Some(2));
        assert_eq!(line_of(TEXT, "spec.labels.app"), Some(4));
        assert_eq!(line_of(TEXT, "spec.list[1].port"), Some(11));
        assert_eq!(line_of(TEXT, "spec.list[1]"), Some(9));
    }

    #[test]
    fn keys_may_contain_dots() {
        assert_eq!(line_of(TEXT, "spec.labels.app.kubernetes.io/name"), Some(5));
    }

    #[test]
    fn the_last_step_that_exists_counts() {
        assert_eq!(line_of(TEXT, "spec.labels.version"), Some(3));
        assert_eq!(line_of(TEXT, "spec.list[7].port"), Some(6));
        assert_eq!(line_of(TEXT, "the object"), None);
        assert_eq!(line_of("{\"a\":\n{\"b\": 1}}", "a.b"), Some(2));
    }
}
