//! Gives what is found its name, and tells what is different.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;

use crate::Istr;
use crate::api;
use crate::discover::diagnostic::{Code, Diagnostics};
use crate::discover::naming::{Names, distinct, plain, repaired};
use crate::discover::resource::Name;
use crate::id::{InputKind, InputRef};
use crate::snapshot::{Change, Key};

/// Collects what is different.
#[derive(Debug, Default)]
pub(super) struct Emitter {
    gone: BTreeSet<InputRef>,
    there: BTreeMap<InputRef, Change>,
}

impl Emitter {
    /// What is different: first what is gone, then what is there.
    pub fn into_changes(self) -> impl Iterator<Item = Change> {
        let Self { gone, there } = self;
        let gone: Vec<InputRef> = gone.into_iter().filter(|input| !there.contains_key(input)).collect();
        gone.into_iter().map(|input| Change::remove(Key::Input(input))).chain(there.into_values())
    }
}

/// A kind of objects that discovery writes.
pub(super) trait Found: Clone + PartialEq + Into<Change> {
    const KIND: InputKind;
    fn metadata(&self) -> &ObjectMeta;
    fn metadata_mut(&mut self) -> &mut ObjectMeta;
}

macro_rules! found {
    ($($kind:ident),+) => { $(
        impl Found for api::$kind {
            const KIND: InputKind = InputKind::$kind;

            fn metadata(&self) -> &ObjectMeta {
                &self.metadata
            }

            fn metadata_mut(&mut self) -> &mut ObjectMeta {
                &mut self.metadata
            }
        }
    )+ };
}

found!(Mesh, Workload, Destination);

/// What something was found by.
#[derive(Clone, Copy, Debug)]
pub(super) struct Source<'a> {
    /// How remarks call its kind.
    pub kind: &'a str,
    /// Its name.
    pub name: &'a Name,
    /// What follows the name of that which is found by it.
    pub ending: &'a str,
}

/// The objects of one kind that were found in a cluster, by what they were found by.
#[derive(Debug)]
pub(super) struct Emitted<K, T> {
    names: Names<K>,
    objects: BTreeMap<K, Arc<T>>,
}

impl<K, T> Default for Emitted<K, T> {
    fn default() -> Self {
        Self { names: Names::default(), objects: BTreeMap::new() }
    }
}

impl<K: Ord + Clone, T: Found> Emitted<K, T> {
    pub fn keys(&self) -> impl Iterator<Item = &K> {
        self.objects.keys()
    }

    pub fn get(&self, key: &K) -> Option<&Arc<T>> {
        self.objects.get(key)
    }

    pub fn iter(&self) -> impl Iterator<Item = &Arc<T>> {
        self.objects.values()
    }

    /// Puts what was found by `source` in place, under the name that it gets, or takes it away; gives back the others
    /// whose name may be another one now.
    pub fn put(
        &mut self,
        key: &K,
        source: Source<'_>,
        object: Option<T>,
        (cluster, emitter): (&Istr, &mut Emitter),
        notes: &mut Diagnostics,
    ) -> Vec<K> {
        let plain = plain(source.name, cluster, source.ending);
        let renamed = self.names.claim(&plain, source.name, key, object.is_some());
        let before = self.objects.remove(key);
        let after = object.map(|mut object| {
            let name = self.name(key, source, &plain, cluster, notes);
            object.metadata_mut().name = Some(name);
            Arc::new(object)
        });
        if before == after {
            self.objects.extend(before.map(|before| (key.clone(), before)));
            return renamed;
        }
        if let Some(before) = &before {
            emitter.gone.insert(input(&**before));
        }
        if let Some(after) = after {
            emitter.there.insert(input(&*after), T::clone(&after).into());
            self.objects.insert(key.clone(), after);
        }
        renamed
    }

    fn name(
        &self,
        key: &K,
        source: Source<'_>,
        plain: &Istr,
        cluster: &Istr,
        notes: &mut Diagnostics,
    ) -> String {
        let Source { kind, name: of, ending } = source;
        let object = format!("{kind} {of}");
        let mut name = plain.clone();
        if let Some(holder) = self.names.holder(plain, of, key) {
            name = distinct(of, cluster, ending);
            let message = format!("{holder} has the name {plain} already; this one is called {name}");
            notes.note(Code::NameCollision, &object, message);
        }
        if let Some(repaired) = repaired(&name) {
            let message = format!("{name} is no name that Kubernetes takes; it is called {repaired}");
            notes.note(Code::InvalidName, &object, message);
            name = repaired;
        }
        name.to_string()
    }
}

fn input<T: Found>(object: &T) -> InputRef {
    let ObjectMeta { namespace, name, .. } = object.metadata();
    InputRef::new(T::KIND, namespace.as_deref().unwrap_or_default(), name.as_deref().unwrap_or_default())
}
