//! A JSON value as a source for serde, with errors that speak of what was written.
//!
//! It differs from the one of `serde_json` in two points only: a message is never read from a list, and errors name neither types of
//! the language nor anything else that the author of the value has not seen.

use std::cell::RefCell;
use std::fmt::{self, Display};

use serde::de::value::{StrDeserializer, StringDeserializer};
use serde::de::{
    DeserializeSeed, Deserializer, EnumAccess, Error, Expected, IntoDeserializer, MapAccess, SeqAccess,
    Unexpected, Visitor,
};
use serde::forward_to_deserialize_any;
use serde_json::{Map, Value};

use super::path::{element, join};

/// What is wrong with a value.
#[derive(Debug)]
pub(super) struct Reason(pub(super) String);

impl Display for Reason {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl std::error::Error for Reason {}

impl Error for Reason {
    fn custom<T: Display>(message: T) -> Self {
        Self(message.to_string())
    }

    fn invalid_type(found: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self(format!("expected {expected}, found {}", Found(found)))
    }

    fn invalid_value(found: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::invalid_type(found, expected)
    }

    fn missing_field(field: &'static str) -> Self {
        Self(format!("{field} is missing"))
    }
}

/// A found value in words; long text is cut.
struct Found<'a>(Unexpected<'a>);

/// Characters of a found text that an error repeats.
const SHOWN: usize = 60;

impl Display for Found<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Unexpected::Str(text) => match text.char_indices().nth(SHOWN) {
                Some((end, _)) => write!(formatter, "{:?}...", text.get(..end).unwrap_or_default()),
                None => write!(formatter, "{text:?}"),
            },
            Unexpected::Bool(value) => value.fmt(formatter),
            Unexpected::Unsigned(value) => value.fmt(formatter),
            Unexpected::Signed(value) => value.fmt(formatter),
            Unexpected::Float(value) => write!(formatter, "{value:?}"),
            Unexpected::Unit => formatter.write_str("null"),
            Unexpected::Seq => formatter.write_str("a list"),
            Unexpected::Map => formatter.write_str("an object"),
            other => other.fmt(formatter),
        }
    }
}

/// Says in words what a value is.
pub(super) fn kind_of(value: &Value) -> String {
    Found(unexpected(value)).to_string()
}

fn unexpected(value: &Value) -> Unexpected<'_> {
    match value {
        Value::Null => Unexpected::Unit,
        Value::Bool(value) => Unexpected::Bool(*value),
        Value::Number(number) => match (number.as_u64(), number.as_i64()) {
            (Some(value), _) => Unexpected::Unsigned(value),
            (None, Some(value)) => Unexpected::Signed(value),
            (None, None) => Unexpected::Float(number.as_f64().unwrap_or(f64::NAN)),
        },
        Value::String(text) => Unexpected::Str(text),
        Value::Array(_) => Unexpected::Seq,
        Value::Object(_) => Unexpected::Map,
    }
}

/// Where reading stands, and the unknown fields it has met.
///
/// When reading fails, the steps lead to the mistake. Keeping them here, and not in wrappers around the
/// deserializer, means that the code that reads a type exists once and not once for each kind that holds it.
#[derive(Debug, Default)]
pub(super) struct Trail {
    steps: RefCell<Vec<Step>>,
    unknown: RefCell<Vec<String>>,
}

/// One step into a value.
#[derive(Debug)]
enum Step {
    Field(String),
    Element(usize),
}

impl Trail {
    /// The path of where reading stands, from `base` on.
    pub(super) fn path(&self, base: &str) -> String {
        self.steps.borrow().iter().fold(base.to_owned(), |path, step| match step {
            Step::Field(field) => join(&path, field),
            Step::Element(index) => element(&path, *index),
        })
    }

    /// Paths of the unknown fields that were met, from the root on.
    pub(super) fn unknown(&self) -> Vec<String> {
        self.unknown.take()
    }

    /// Reads what is one step further in; after a mistake the steps stay as they are.
    fn step<T>(&self, step: Step, read: impl FnOnce() -> Result<T, Reason>) -> Result<T, Reason> {
        self.steps.borrow_mut().push(step);
        let value = read()?;
        self.steps.borrow_mut().pop();
        Ok(value)
    }
}

/// A JSON value that serde reads.
pub(super) struct Node<'t>(pub(super) Value, pub(super) &'t Trail);

impl Node<'_> {
    fn expected(&self, expected: &dyn Expected) -> Reason {
        Reason::invalid_type(unexpected(&self.0), expected)
    }
}

/// Reads an integer, refusing everything outside the range of `$type`.
macro_rules! deserialize_integer {
    ($($method:ident $visit:ident $type:ty: $expected:expr;)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Reason> {
            let number = self.0.as_i64().map(i128::from).or_else(|| self.0.as_u64().map(i128::from));
            match number.and_then(|number| <$type>::try_from(number).ok()) {
                Some(number) => visitor.$visit(number),
                None => Err(self.expected(&$expected)),
            }
        }
    )*};
}

impl<'de> Deserializer<'de> for Node<'_> {
    type Error = Reason;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Reason> {
        match self.0 {
            Value::Null => visitor.visit_unit(),
            Value::Bool(value) => visitor.visit_bool(value),
            Value::Number(ref number) => match (number.as_u64(), number.as_i64(), number.as_f64()) {
                (Some(value), _, _) => visitor.visit_u64(value),
                (None, Some(value), _) => visitor.visit_i64(value),
                (None, None, Some(value)) => visitor.visit_f64(value),
                (None, None, None) => Err(self.expected(&"a number")),
            },
            Value::String(text) => visitor.visit_string(text),
            Value::Array(elements) => {
                visitor.visit_seq(Elements { rest: elements.into_iter().enumerate(), trail: self.1 })
            }
            Value::Object(fields) => visitor.visit_map(Fields::new(fields, self.1)),
        }
    }

    deserialize_integer! {
        deserialize_u8 visit_u8 u8: "a whole number from 0 to 255";
        deserialize_u16 visit_u16 u16: "a whole number from 0 to 65535";
        deserialize_u32 visit_u32 u32: "a whole number from 0 to 4294967295";
        deserialize_u64 visit_u64 u64: "a whole number from 0";
        deserialize_i32 visit_i32 i32: "a whole number from -2147483648 to 2147483647";
        deserialize_i64 visit_i64 i64: "a whole number";
    }

    fn deserialize_f64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Reason> {
        match self.0.as_f64() {
            Some(number) => visitor.visit_f64(number),
            None => Err(self.expected(&"a number")),
        }
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Reason> {
        match self.0 {
            Value::Bool(value) => visitor.visit_bool(value),
            _ => Err(self.expected(&"true or false")),
        }
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Reason> {
        match self.0 {
            Value::String(text) => visitor.visit_string(text),
            _ => Err(self.expected(&visitor)),
        }
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Reason> {
        self.deserialize_str(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Reason> {
        if self.0.is_null() { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Reason> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Reason> {
        match self.0 {
            Value::Array(elements) => {
                visitor.visit_seq(Elements { rest: elements.into_iter().enumerate(), trail: self.1 })
            }
            _ => Err(self.expected(&"a list")),
        }
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Reason> {
        match self.0 {
            Value::Object(fields) => visitor.visit_map(Fields::new(fields, self.1)),
            _ => Err(self.expected(&"an object")),
        }
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Reason> {
        self.deserialize_map(visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Reason> {
        match self.0 {
            Value::String(word) => visitor.visit_enum(Word(word)),
            _ => Err(self.expected(&"a string")),
        }
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Reason> {
        self.1.unknown.borrow_mut().push(self.1.path(""));
        visitor.visit_unit()
    }

    forward_to_deserialize_any! {
        i8 i16 i128 u128 f32 char bytes byte_buf unit unit_struct tuple tuple_struct identifier
    }
}

/// The elements of a list.
struct Elements<'t> {
    rest: std::iter::Enumerate<std::vec::IntoIter<Value>>,
    trail: &'t Trail,
}

impl<'de> SeqAccess<'de> for Elements<'_> {
    type Error = Reason;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Reason> {
        let Some((index, element)) = self.rest.next() else {
            return Ok(None);
        };
        self.trail.step(Step::Element(index), || seed.deserialize(Node(element, self.trail))).map(Some)
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.rest.len())
    }
}

/// The fields of an object.
struct Fields<'t> {
    rest: serde_json::map::IntoIter,
    field: String,
    value: Value,
    trail: &'t Trail,
}

impl<'t> Fields<'t> {
    fn new(fields: Map<String, Value>, trail: &'t Trail) -> Self {
        Self { rest: fields.into_iter(), field: String::new(), value: Value::Null, trail }
    }
}

impl<'de> MapAccess<'de> for Fields<'_> {
    type Error = Reason;

    fn next_key_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Reason> {
        let Some((key, value)) = self.rest.next() else {
            return Ok(None);
        };
        self.value = value;
        let name: StrDeserializer<'_, Reason> = key.as_str().into_deserializer();
        let read = seed.deserialize(name).map(Some);
        self.field = key;
        read
    }

    fn next_value_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<T::Value, Reason> {
        let (field, value) = (std::mem::take(&mut self.field), self.value.take());
        self.trail.step(Step::Field(field), || seed.deserialize(Node(value, self.trail)))
    }
}

/// A word that stands for a variant without content.
struct Word(String);

impl<'de> EnumAccess<'de> for Word {
    type Error = Reason;
    type Variant = <StringDeserializer<Reason> as EnumAccess<'de>>::Variant;

    fn variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<(T::Value, Self::Variant), Reason> {
        let word: StringDeserializer<Reason> = self.0.into_deserializer();
        word.variant_seed(seed)
    }
}
