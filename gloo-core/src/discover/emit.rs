//! Gives what is found its name, and tells what is different.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;

use crate::Istr;
use crate::api;
use crate::discover::diagnostic::{Code, Diagnostics};
use crate::discover::naming::{AllNames, Claimant, Names, distinct, plain, unfit};
use crate::discover::resource::{ControllerId, Name};
use crate::id::{InputKind, InputRef};
use crate::snapshot::{Change, Key};

/// Collects what is different.
#[derive(Debug, Default)]
pub(super) struct Emitter {
    /// The names of everything that is found.
    pub names: AllNames,
    /// What must be looked at again in other clusters, because its name may be another one now.
    pub renamed: Vec<(Istr, Renamed)>,
    gone: BTreeSet<InputRef>,
    /// What is there, with its identity.
    there: BTreeMap<InputRef, (usize, Change)>,
}

/// Something whose name may be another one now.
#[derive(Debug)]
pub(super) enum Renamed {
    Mesh,
    Workload(ControllerId),
    Destination(Name),
}

impl Emitter {
    /// Nothing is different yet.
    pub fn new(names: AllNames) -> Self {
        Self { names, ..Self::default() }
    }

    /// What is different: first what is gone, then what is there.
    pub fn into_changes(self) -> impl Iterator<Item = Change> {
        let Self { gone, there, .. } = self;
        let gone: Vec<InputRef> = gone.into_iter().filter(|input| !there.contains_key(input)).collect();
        let there = there.into_values().map(|(_, change)| change);
        gone.into_iter().map(|input| Change::remove(Key::Input(input))).chain(there)
    }

    fn remove<T: Found>(&mut self, object: &Arc<T>) {
        let input = input(&**object);
        // It may be new itself; or another object may have taken its name already.
        if self.there.get(&input).is_some_and(|(identity, _)| *identity == identity_of(object)) {
            self.there.remove(&input);
        }
        self.gone.insert(input);
    }

    fn put<T: Found>(&mut self, object: &Arc<T>) {
        self.there.insert(input(&**object), (identity_of(object), T::clone(object).into()));
    }
}

fn identity_of<T>(object: &Arc<T>) -> usize {
    Arc::as_ptr(object).addr()
}

/// A kind of objects that discovery writes.
pub(super) trait Found: Clone + PartialEq + Into<Change> {
    /// By what objects of this kind are found.
    type Key: Ord + Clone;
    const KIND: InputKind;
    fn metadata(&self) -> &ObjectMeta;
    fn metadata_mut(&mut self) -> &mut ObjectMeta;
    fn names(all: &mut AllNames) -> &mut Names<Self::Key>;
    fn renamed(key: Self::Key) -> Renamed;
}

macro_rules! found {
    ($($kind:ident by $key:ty, $names:ident, $renamed:expr;)+) => { $(
        impl Found for api::$kind {
            type Key = $key;
            const KIND: InputKind = InputKind::$kind;

            fn metadata(&self) -> &ObjectMeta {
                &self.metadata
            }

            fn metadata_mut(&mut self) -> &mut ObjectMeta {
                &mut self.metadata
            }

            fn names(all: &mut AllNames) -> &mut Names<Self::Key> {
                &mut all.$names
            }

            fn renamed(key: Self::Key) -> Renamed {
                $renamed(key)
            }
        }
    )+ };
}

found! {
    Mesh by Name, meshes, |_| Renamed::Mesh;
    Workload by ControllerId, workloads, Renamed::Workload;
    Destination by Name, destinations, Renamed::Destination;
}

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
pub(super) struct Emitted<T: Found> {
    objects: BTreeMap<T::Key, Arc<T>>,
}

impl<T: Found> Default for Emitted<T> {
    fn default() -> Self {
        Self { objects: BTreeMap::new() }
    }
}

impl<T: Found> Emitted<T> {
    pub fn keys(&self) -> impl Iterator<Item = &T::Key> {
        self.objects.keys()
    }

    pub fn get(&self, key: &T::Key) -> Option<&Arc<T>> {
        self.objects.get(key)
    }

    pub fn iter(&self) -> impl Iterator<Item = &Arc<T>> {
        self.objects.values()
    }

    /// Puts what was found by `source` in place, under the name that it gets, or takes it away; gives back the others
    /// of this cluster whose name may be another one now.
    pub fn put(
        &mut self,
        key: &T::Key,
        source: Source<'_>,
        object: Option<T>,
        (cluster, emitter): (&Istr, &mut Emitter),
        notes: &mut Diagnostics,
    ) -> Vec<T::Key> {
        let plain = plain(source.name, cluster, source.ending);
        let claimant = (source.name.clone(), cluster.clone(), key.clone());
        let names = T::names(&mut emitter.names);
        let renamed = names.claim(&plain, &claimant, object.is_some());
        let before = self.objects.remove(key);
        let after = object.map(|mut object| {
            let name = name(source, &plain, names.holder(&plain, &claimant), cluster, notes);
            object.metadata_mut().name = Some(name);
            Arc::new(object)
        });
        if before == after {
            self.objects.extend(before.map(|before| (key.clone(), before)));
        } else {
            if let Some(before) = &before {
                emitter.remove(before);
            }
            if let Some(after) = after {
                emitter.put(&after);
                self.objects.insert(key.clone(), after);
            }
        }
        let (own, others): (Vec<_>, Vec<_>) = renamed.into_iter().partition(|(_, of, _)| of == cluster);
        emitter.renamed.extend(others.into_iter().map(|(_, of, key)| (of, T::renamed(key))));
        own.into_iter().map(|(.., key)| key).collect()
    }
}

/// The name that something gets whose plain name another one may have.
fn name<K>(
    source: Source<'_>,
    plain: &Istr,
    holder: Option<&Claimant<K>>,
    cluster: &Istr,
    notes: &mut Diagnostics,
) -> String {
    let Source { kind, name: of, ending } = source;
    let object = format!("{kind} {of}");
    let mut name = plain.clone();
    if let Some((holder, its_cluster, _)) = holder {
        name = distinct(of, cluster, ending);
        let elsewhere = if its_cluster == cluster { String::new() } else { format!(" of {its_cluster}") };
        let message = format!("{holder}{elsewhere} has the name {plain} already; this one is called {name}");
        notes.note(Code::NameCollision, &object, message);
    }
    if let Some(unfit) = unfit(of, cluster) {
        let message = format!("{unfit} is no name that Kubernetes takes; what is found is called {name}");
        notes.note(Code::InvalidName, &object, message);
    }
    name.to_string()
}

fn input<T: Found>(object: &T) -> InputRef {
    let ObjectMeta { namespace, name, .. } = object.metadata();
    InputRef::new(T::KIND, namespace.as_deref().unwrap_or_default(), name.as_deref().unwrap_or_default())
}
