//! How the fields of every kind are written: one rule for all of them, stated once.
//!
//! A field that holds its zero value is left out (empty text, `0`, `false`, an empty list or map, the
//! first constant of an enumeration); a message or an optional scalar that is present is written, even
//! when it is empty or zero. Reading is the mirror image: a field that is left out has its zero value.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::istr::Labels;
use serde::Serializer;
use serde::de::{Deserializer, Error, Unexpected, Visitor};

/// Says whether a field holds the value that is not written.
pub(crate) trait Zero {
    /// Returns `true` for the value that reading an absent field gives.
    fn is_zero(&self) -> bool;
}

/// The form of [`Zero::is_zero`] that serde's attributes name.
pub(crate) fn is_zero<T: Zero>(value: &T) -> bool {
    value.is_zero()
}

impl<T> Zero for Option<T> {
    fn is_zero(&self) -> bool {
        self.is_none()
    }
}

impl<T> Zero for Vec<T> {
    fn is_zero(&self) -> bool {
        self.is_empty()
    }
}

impl<K, V> Zero for BTreeMap<K, V> {
    fn is_zero(&self) -> bool {
        self.is_empty()
    }
}

impl Zero for Labels {
    fn is_zero(&self) -> bool {
        self.is_empty()
    }
}

impl Zero for Arc<str> {
    fn is_zero(&self) -> bool {
        self.is_empty()
    }
}

impl Zero for f64 {
    fn is_zero(&self) -> bool {
        self.to_bits() << 1 == 0
    }
}

macro_rules! zero_is_default {
    ($($scalar:ty),*) => {$(
        impl Zero for $scalar {
            fn is_zero(&self) -> bool {
                *self == <$scalar>::default()
            }
        }
    )*};
}

zero_is_default!(bool, u32, i32, i64);

/// Reads a 64-bit integer that older writers put into quotes.
pub(crate) fn int64<'de, D: Deserializer<'de>>(deserializer: D) -> Result<i64, D::Error> {
    struct Int64;

    impl Visitor<'_> for Int64 {
        type Value = i64;

        fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            formatter.write_str("a whole number")
        }

        fn visit_i64<E: Error>(self, value: i64) -> Result<i64, E> {
            Ok(value)
        }

        fn visit_u64<E: Error>(self, value: u64) -> Result<i64, E> {
            i64::try_from(value).map_err(|_| E::invalid_value(Unexpected::Unsigned(value), &self))
        }

        fn visit_str<E: Error>(self, value: &str) -> Result<i64, E> {
            value.parse().map_err(|_| E::invalid_value(Unexpected::Str(value), &self))
        }
    }

    deserializer.deserialize_any(Int64)
}

/// Writes a number without a fraction as a whole number, the way people write it.
#[expect(clippy::ref_option, reason = "serde hands over the field")]
pub(crate) fn number<S: Serializer>(value: &Option<f64>, serializer: S) -> Result<S::Ok, S::Error> {
    /// The largest number up to which every whole number has its own representation.
    const EXACT: f64 = 9_007_199_254_740_992.0;

    match *value {
        #[expect(clippy::cast_possible_truncation, reason = "the value is whole and in range")]
        Some(value) if value.fract().abs() == 0.0 && value.abs() <= EXACT => {
            serializer.serialize_i64(value as i64)
        }
        Some(value) => serializer.serialize_f64(value),
        None => serializer.serialize_none(),
    }
}

/// Declares messages: structs whose fields follow the one rule of this module.
macro_rules! message {
    ($(
        $(#[$meta:meta])*
        pub struct $name:ident {
            $($(#[$field_meta:meta])* pub $field:ident: $type:ty),* $(,)?
        }
    )+) => {$(
        #[derive(Clone, Debug, Default, PartialEq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
        #[serde(rename_all = "camelCase", default)]
        $(#[$meta])*
        pub struct $name {
            $(
                #[serde(skip_serializing_if = "crate::api::wire::is_zero")]
                $(#[$field_meta])*
                pub $field: $type,
            )*
        }

        impl crate::istr::Share for $name {
            fn share(&mut self, recent: &mut crate::istr::Recent) {
                let Self { $($field),* } = self;
                $(crate::istr::Share::share($field, recent);)*
                let _ = recent;
            }
        }
    )+};
}

/// Declares enumerations with the words that stand for their constants on the wire.
///
/// The first constant is the zero value.
macro_rules! enumeration {
    ($(
        $(#[$meta:meta])*
        pub enum $name:ident {
            $(#[$zero_meta:meta])* $zero:ident = $zero_word:literal,
            $($(#[$variant_meta:meta])* $variant:ident = $word:literal),* $(,)?
        }
    )+) => {$(
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name {
            $(#[$zero_meta])*
            #[default]
            $zero,
            $($(#[$variant_meta])* $variant,)*
        }

        crate::istr::nothing_to_share!($name);

        impl $name {
            /// The words for the constants, in order.
            pub const WORDS: &'static [&'static str] = &[$zero_word, $($word),*];

            /// Returns the word that stands for this constant on the wire.
            pub const fn as_str(self) -> &'static str {
                match self {
                    Self::$zero => $zero_word,
                    $(Self::$variant => $word,)*
                }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.write_str(self.as_str())
            }
        }

        impl crate::api::wire::Zero for $name {
            fn is_zero(&self) -> bool {
                *self == Self::default()
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                struct Word;

                impl serde::de::Visitor<'_> for Word {
                    type Value = $name;

                    fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                        write!(formatter, "one of {}", $name::WORDS.join(", "))
                    }

                    fn visit_str<E: serde::de::Error>(self, word: &str) -> Result<$name, E> {
                        match word {
                            $zero_word => Ok($name::$zero),
                            $($word => Ok($name::$variant),)*
                            _ => Err(E::invalid_value(serde::de::Unexpected::Str(word), &self)),
                        }
                    }
                }

                deserializer.deserialize_str(Word)
            }
        }

        impl schemars::JsonSchema for $name {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }

            fn inline_schema() -> bool {
                true
            }

            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                schemars::json_schema!({ "type": "string", "enum": $name::WORDS })
            }
        }
    )+};
}

pub(crate) use {enumeration, message};

message! {
    /// A message without fields: its presence is all it says.
    #[derive(Eq)]
    #[schemars(extend("maxProperties" = 0))]
    pub struct Empty {}
}
