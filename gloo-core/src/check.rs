//! Collects what is wrong with one object, so that its author sees everything at once.

use std::collections::BTreeMap;

use crate::api::Duration;
use crate::istr::Labels;
use crate::pattern;
use crate::rejection::{Rejection, Warning};

/// Shortest duration that the proxies of every mesh accept.
const MILLISECOND: i64 = 1_000_000;

/// The domain of all annotations that could be meant for us.
const OURS: &str = "mesh.gloo.solo.io";

/// Rejections and warnings found while reading one object.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Checks {
    /// What makes it invalid.
    pub errors: Vec<Rejection>,
    /// What its author should know.
    pub warnings: Vec<Warning>,
}

impl Checks {
    /// Adds a rejection.
    pub fn reject(&mut self, rejection: Rejection) {
        self.errors.push(rejection);
    }

    /// Adds a warning.
    pub fn warn(&mut self, warning: Warning) {
        self.warnings.push(warning);
    }

    /// Rejects `value` at `field`.
    pub fn invalid(
        &mut self,
        field: impl Into<String>,
        value: impl std::fmt::Display,
        expected: &'static str,
    ) {
        self.errors.push(Rejection::InvalidValue { field: field.into(), value: value.to_string(), expected });
    }

    /// Warns that something at `field` is allowed but probably not what was meant.
    pub fn unwise(&mut self, field: impl Into<String>, note: impl Into<String>) {
        self.warnings.push(Warning::Unwise { field: field.into(), note: note.into() });
    }

    /// Warns that `field` does nothing.
    pub fn no_effect(&mut self, field: impl Into<String>, detail: &'static str) {
        self.warnings.push(Warning::NoEffect { field: field.into(), detail });
    }

    /// Warns about annotations that look like ours but mean nothing on an object of this kind.
    pub fn annotations(&mut self, annotations: Option<&BTreeMap<String, String>>, known: &[&str]) {
        let is_ours = |key: &str| {
            let begin = key.split_once('/').and_then(|(domain, _)| domain.strip_suffix(OURS));
            begin.is_some_and(|begin| begin.is_empty() || begin.ends_with('.'))
        };
        for key in annotations.into_iter().flat_map(BTreeMap::keys) {
            if is_ours(key) && !known.contains(&key.as_str()) {
                self.no_effect(format!("metadata.annotations[{key}]"), "");
            }
        }
    }

    /// Rejects durations below one millisecond or with fractions of one.
    pub fn duration(&mut self, field: &str, value: Option<Duration>) {
        if let Some(value) = value
            && (value.as_nanos() < MILLISECOND || value.as_nanos() % MILLISECOND != 0)
        {
            self.invalid(field, value, "at least 1ms, in whole milliseconds");
        }
    }

    /// Rejects percentages outside of 0 to 100 and those too small to be told from 0.
    pub fn percentage(&mut self, field: &str, value: f64) {
        if !(value == 0.0 || (0.0001..=100.0).contains(&value)) {
            self.invalid(field, value, "0, or from 0.0001 to 100");
        }
    }

    /// Rejects regular expressions that the proxies (RE2 syntax) cannot run.
    pub fn regex(&mut self, field: &str, value: &str) {
        if !pattern::is_valid(value) {
            self.invalid(
                field,
                format!("{value:?}"),
                "an expression that RE2 runs (1 to 1024 bytes, no named classes, no huge repetitions)",
            );
        }
    }

    /// Rejects labels that no object can carry; wildcards have no meaning in policies.
    pub fn labels(&mut self, field: &str, labels: &Labels) {
        for (key, value) in labels {
            let (prefix, name) =
                key.split_once('/').map_or((None, &**key), |(prefix, name)| (Some(prefix), name));
            if prefix.is_some_and(|prefix| !is_dns_name(prefix))
                || name.is_empty()
                || !is_label_text(name)
                || !is_label_text(value)
            {
                self.invalid(
                    field,
                    format!("{key:?}: {value:?}"),
                    "a label that an object can carry, without wildcards",
                );
            }
        }
    }

    /// Rejects names that HTTP does not allow for a header.
    pub fn header_name(&mut self, field: &str, name: &str) {
        if name.is_empty() || name.len() > 1024 || !name.bytes().all(is_token) {
            self.invalid(field, format!("{name:?}"), "the name of an HTTP header");
        }
    }
}

/// Whether a byte may stand in an HTTP token, such as a header name or a method.
pub fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

/// Whether a text may stand as a label's value, or as the name part of its key: at most 63 of letters, digits,
/// `-`, `_` and `.`, the last three not at the ends; or nothing.
pub fn is_label_text(text: &str) -> bool {
    let inner = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    text.len() <= 63
        && text.bytes().all(inner)
        && !text.starts_with(['-', '_', '.'])
        && !text.ends_with(['-', '_', '.'])
}

/// Whether a port can have this number.
pub fn is_port(number: u32) -> bool {
    (1..=65535).contains(&number)
}

/// Whether `name` is a DNS name: labels joined by dots, at most 253 characters.
pub fn is_dns_name(name: &str) -> bool {
    name.len() <= 253 && name.split('.').all(is_dns_label)
}

/// Whether `name` is a DNS label: at most 63 of `a-z`, `0-9` and `-`, not at the ends.
pub fn is_dns_label(name: &str) -> bool {
    !name.is_empty()
        && name.len() <= 63
        && !name.starts_with('-')
        && !name.ends_with('-')
        && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
}

#[cfg(test)]
mod tests {
    use super::{Checks, is_dns_label, is_dns_name};
    use crate::api::Duration;
    use crate::istr::Labels;

    #[test]
    fn labels_are_those_that_objects_can_carry() {
        for (key, value, valid) in [
            ("app", "web", true),
            ("app.kubernetes.io/name", "Web_1.0", true),
            ("app", "", true),
            ("", "web", false),
            ("app", "*", false),
            ("app", "-web", false),
            ("example.com/", "web", false),
            ("A B!/v", "x", false),
        ] {
            let mut checks = Checks::default();
            checks.labels("at", &Labels::from([(key.into(), value.into())]));
            assert_eq!(checks.errors.is_empty(), valid, "{key}={value}");
        }
    }

    #[test]
    fn names_are_those_that_dns_takes() {
        assert!(is_dns_label("a-1") && is_dns_name("a.b-2"));
        for bad in ["", "-a", "a-", "A", "a_b", "*", &"a".repeat(64)] {
            assert!(!is_dns_label(bad) && !is_dns_name(bad), "{bad}");
        }
        assert!(!is_dns_label("a.b") && !is_dns_name("a..b"));
    }

    #[test]
    fn durations_are_whole_milliseconds() {
        for (nanos, valid) in
            [(1_000_000, true), (1_500_000, false), (999_999, false), (0, false), (-1, false)]
        {
            let mut checks = Checks::default();
            checks.duration("at", Some(Duration(nanos)));
            assert_eq!(checks.errors.is_empty(), valid, "{nanos}");
        }
    }

    #[test]
    fn percentages_are_zero_or_large_enough_to_count() {
        for (value, valid) in [
            (0.0, true),
            (0.0001, true),
            (100.0, true),
            (0.00001, false),
            (-1.0, false),
            (100.1, false),
            (f64::NAN, false),
        ] {
            let mut checks = Checks::default();
            checks.percentage("at", value);
            assert_eq!(checks.errors.is_empty(), valid, "{value}");
        }
    }
}
