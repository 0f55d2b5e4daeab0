//! Durations as users write them.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{Error, Unexpected, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The texts that [`Duration`] reads, as a regular expression.
pub const PATTERN: &str = r"^[-+]?(0|(([0-9]+(\.[0-9]*)?|\.[0-9]+)(ns|us|µs|μs|ms|s|m|h))+)$";

/// A span of time in nanoseconds, at most about 292 years in either direction.
///
/// Read from numbers with units, such as `5s`, `100ms` or `1h30m`; written in seconds with 0, 3, 6 or 9
/// decimals, the fewest that are exact.
///
/// ```
/// use gloo_core::api::Duration;
///
/// let timeout: Duration = "1m0.5s".parse()?;
/// assert_eq!(timeout.to_string(), "60.500s");
/// # Ok::<(), gloo_core::api::DurationError>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Duration(pub i64);

/// Why a text is not a [`Duration`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DurationError {
    /// The text is not a sequence of numbers with units.
    #[error("not a duration such as 5s, 100ms or 1m30s")]
    Syntax,
    /// The value has more nanoseconds than fit into 64 bits.
    #[error("a duration of more than 292 years")]
    Range,
}

const NANOS_PER_SECOND: u64 = 1_000_000_000;

/// Units by their suffix, in nanoseconds; a suffix comes before the suffixes it ends with.
const UNITS: [(&str, u64); 8] = [
    ("ns", 1),
    ("us", 1_000),
    ("µs", 1_000),
    ("μs", 1_000),
    ("ms", 1_000_000),
    ("s", NANOS_PER_SECOND),
    ("m", 60 * NANOS_PER_SECOND),
    ("h", 3_600 * NANOS_PER_SECOND),
];

impl Duration {
    /// Returns the number of nanoseconds.
    pub const fn as_nanos(self) -> i64 {
        self.0
    }

    /// Returns a duration of whole seconds, or the longest one if there are too many.
    pub const fn from_secs(seconds: i64) -> Self {
        Self(seconds.saturating_mul(1_000_000_000))
    }

    /// Returns a duration of whole milliseconds, or the longest one if there are too many.
    pub const fn from_millis(milliseconds: i64) -> Self {
        Self(milliseconds.saturating_mul(1_000_000))
    }
}

impl FromStr for Duration {
    type Err = DurationError;

    fn from_str(text: &str) -> Result<Self, DurationError> {
        let (negative, magnitude) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text.strip_prefix('+').unwrap_or(text)),
        };
        if magnitude == "0" {
            return Ok(Self(0));
        }
        if magnitude.is_empty() {
            return Err(DurationError::Syntax);
        }
        let mut rest = magnitude;
        let mut nanos: i128 = 0;
        while !rest.is_empty() {
            let (part, after) = leading_part(rest)?;
            nanos = nanos.checked_add(part).ok_or(DurationError::Range)?;
            rest = after;
        }
        let signed = if negative { -nanos } else { nanos };
        i64::try_from(signed).map(Self).map_err(|_| DurationError::Range)
    }
}

/// Reads one number with its unit; returns its nanoseconds, rounded down, and what follows.
fn leading_part(text: &str) -> Result<(i128, &str), DurationError> {
    let (whole, rest) = leading_digits(text);
    let (fraction, rest) = match rest.strip_prefix('.') {
        Some(after) => leading_digits(after),
        None => ("", rest),
    };
    if whole.is_empty() && fraction.is_empty() {
        return Err(DurationError::Syntax);
    }
    let (unit, rest) = UNITS
        .iter()
        .find_map(|(suffix, nanos)| Some((i128::from(*nanos), rest.strip_prefix(suffix)?)))
        .ok_or(DurationError::Syntax)?;
    let whole = if whole.is_empty() { 0 } else { whole.parse::<u64>().map_err(|_| DurationError::Range)? };
    let nanos = i128::from(whole) * unit + fraction_of(fraction, unit);
    Ok((nanos, rest))
}

fn leading_digits(text: &str) -> (&str, &str) {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    text.split_at(end)
}

/// Returns the digits after the point, taken as a part of `unit`. Digits beyond the eighteenth cannot change a nanosecond.
fn fraction_of(digits: &str, unit: i128) -> i128 {
    let (value, scale) = digits
        .bytes()
        .take(18)
        .fold((0i128, 1i128), |(value, scale), digit| (value * 10 + i128::from(digit - b'0'), scale * 10));
    value * unit / scale
}

impl fmt::Display for Duration {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let magnitude = self.0.unsigned_abs();
        let (seconds, nanos) = (magnitude / NANOS_PER_SECOND, magnitude % NANOS_PER_SECOND);
        if nanos == 0 {
            write!(formatter, "{sign}{seconds}s")
        } else if nanos.is_multiple_of(1_000_000) {
            write!(formatter, "{sign}{seconds}.{:03}s", nanos / 1_000_000)
        } else if nanos.is_multiple_of(1_000) {
            write!(formatter, "{sign}{seconds}.{:06}s", nanos / 1_000)
        } else {
            write!(formatter, "{sign}{seconds}.{nanos:09}s")
        }
    }
}

impl Serialize for Duration {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Duration {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;

        impl Visitor<'_> for Text {
            type Value = Duration;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a duration such as 5s, 100ms or 1m30s")
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Duration, E> {
                text.parse().map_err(|error| match error {
                    DurationError::Syntax => E::invalid_value(Unexpected::Str(text), &self),
                    DurationError::Range => {
                        E::invalid_value(Unexpected::Str(text), &"a duration of at most 292 years")
                    }
                })
            }
        }

        deserializer.deserialize_str(Text)
    }
}

impl JsonSchema for Duration {
    fn schema_name() -> Cow<'static, str> {
        "Duration".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "pattern": PATTERN })
    }
}

#[cfg(test)]
mod tests;
