//! Text by name: labels, headers and the like.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::istr::{Istr, Recent, Share};

/// Labels, annotations, headers: text by name, in the order of names.
///
/// Most objects carry few and nobody changes them, so they lie side by side, and a clone costs one reference
/// count.
///
/// ```
/// use gloo_core::istr::Labels;
///
/// let labels = Labels::from([("version".into(), "v1".into()), ("app".into(), "reviews".into())]);
/// assert_eq!(labels.get("app").map(|app| &**app), Some("reviews"));
/// assert_eq!(labels.first_key_value().map(|(name, _)| &**name), Some("app"));
/// ```
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Labels(Option<Arc<[(Istr, Istr)]>>);

/// The entries of [`Labels`].
type Entries<'a> =
    std::iter::Map<std::slice::Iter<'a, (Istr, Istr)>, fn(&'a (Istr, Istr)) -> (&'a Istr, &'a Istr)>;

impl Labels {
    /// No labels.
    pub const fn new() -> Self {
        Self(None)
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.entries().len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    /// The value of a name.
    pub fn get(&self, name: &str) -> Option<&Istr> {
        self.iter().find(|(key, _)| ***key == *name).map(|(_, value)| value)
    }

    /// The first name, and its value.
    pub fn first_key_value(&self) -> Option<(&Istr, &Istr)> {
        self.iter().next()
    }

    /// All names with their values, in the order of names.
    pub fn iter(&self) -> Entries<'_> {
        self.entries().iter().map(|(name, value)| (name, value))
    }

    /// All names in order.
    pub fn keys(&self) -> impl Iterator<Item = &Istr> {
        self.iter().map(|(name, _)| name)
    }

    fn entries(&self) -> &[(Istr, Istr)] {
        self.0.as_deref().unwrap_or_default()
    }
}

impl fmt::Debug for Labels {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}

impl FromIterator<(Istr, Istr)> for Labels {
    /// Of several values of one name the last counts.
    fn from_iter<I: IntoIterator<Item = (Istr, Istr)>>(entries: I) -> Self {
        let mut entries: Vec<(Istr, Istr)> = entries.into_iter().collect();
        entries.sort_by(|(a, _), (b, _)| a.cmp(b));
        entries.dedup_by(|later, earlier| {
            let same = later.0 == earlier.0;
            if same {
                std::mem::swap(later, earlier);
            }
            same
        });
        if entries.is_empty() { Self(None) } else { Self(Some(entries.into())) }
    }
}

impl<const N: usize> From<[(Istr, Istr); N]> for Labels {
    fn from(entries: [(Istr, Istr); N]) -> Self {
        entries.into_iter().collect()
    }
}

impl<'a> IntoIterator for &'a Labels {
    type Item = (&'a Istr, &'a Istr);
    type IntoIter = Entries<'a>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl Serialize for Labels {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self)
    }
}

impl<'de> Deserialize<'de> for Labels {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Map;

        impl<'de> Visitor<'de> for Map {
            type Value = Labels;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a map")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Labels, A::Error> {
                let mut entries = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    entries.push(entry);
                }
                Ok(entries.into_iter().collect())
            }
        }

        deserializer.deserialize_map(Map)
    }
}

impl JsonSchema for Labels {
    fn schema_name() -> Cow<'static, str> {
        "Labels".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        BTreeMap::<String, String>::json_schema(generator)
    }
}

impl Share for Labels {
    fn share(&mut self, recent: &mut Recent) {
        for (name, value) in self.0.as_mut().and_then(Arc::get_mut).into_iter().flatten() {
            name.share(recent);
            value.share(recent);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Labels;

    #[test]
    fn the_last_of_several_values_counts() {
        let labels: Labels =
            [("b", "1"), ("a", "2"), ("b", "3")].map(|(name, value)| (name.into(), value.into())).into();
        assert_eq!(serde_json::to_string(&labels).unwrap(), r#"{"a":"2","b":"3"}"#);
        assert_eq!(labels, serde_json::from_str(r#"{"b":"3","a":"2"}"#).unwrap());
    }

    #[test]
    fn none_is_the_least() {
        let some = Labels::from([("a".into(), "".into())]);
        assert!(Labels::new() < some);
        assert_eq!(Labels::new(), std::iter::empty().collect());
        assert_eq!((some.len(), Labels::new().len()), (1, 0));
    }
}
