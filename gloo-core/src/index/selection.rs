//! Which selectors select which destinations, kept up to date from both sides.

use std::hash::{BuildHasherDefault, Hash};

use indexmap::IndexMap;

use crate::Istr;
use crate::api::{ClusterObjectRef, DestinationSelector};
use crate::index::arena::insert;
use crate::index::destination::{Destination, DestinationId};
use crate::index::destinations::{self, Destinations};
use crate::reads::Fast;

/// Selectors under keys, with what they select.
#[derive(Debug)]
pub(crate) struct Selections<K> {
    by_key: IndexMap<K, Selection, BuildHasherDefault<Fast>>,
    /// Keys by something that every destination they select has.
    terms: IndexMap<Term, Vec<K>>,
    /// Keys that select a destination, sorted.
    selecting: Vec<Vec<K>>,
}

/// What stands under one key.
#[derive(Debug)]
struct Selection {
    selectors: Vec<DestinationSelector>,
    /// In the order of keys of destinations.
    selected: Vec<DestinationId>,
}

/// Something that a destination has.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Term {
    Anything,
    Service(ClusterObjectRef),
    Label(Istr, Istr),
    Namespace(Istr),
    Cluster(Istr),
}

impl<K> Default for Selections<K> {
    fn default() -> Self {
        Self { by_key: IndexMap::default(), terms: IndexMap::new(), selecting: Vec::new() }
    }
}

impl<K: Copy + Ord + Hash> Selections<K> {
    /// Destinations that the selectors under a key mean, in the order of keys.
    pub fn selected(&self, key: K) -> &[DestinationId] {
        self.by_key.get(&key).map_or(&[], |selection| &selection.selected)
    }

    /// Keys whose selectors mean a destination, sorted.
    pub fn selecting(&self, destination: DestinationId) -> &[K] {
        self.selecting.get(destination.index()).map_or(&[], Vec::as_slice)
    }

    /// Puts selectors under a key, or takes them away; gives back what was selected before.
    pub fn set(
        &mut self,
        key: K,
        selectors: Option<&[DestinationSelector]>,
        destinations: &Destinations,
    ) -> Vec<DestinationId> {
        let same = self.by_key.get(&key).map(|selection| selection.selectors.as_slice()) == selectors;
        if same {
            return self.selected(key).to_vec();
        }
        let before = self.by_key.swap_remove(&key);
        for term in before.iter().flat_map(|before| terms(&before.selectors)) {
            if let Some(keys) = self.terms.get_mut(&term) {
                keys.retain(|other| *other != key);
                if keys.is_empty() {
                    self.terms.swap_remove(&term);
                }
            }
        }
        let before = before.map(|before| before.selected).unwrap_or_default();
        let selected = selectors.map(|selectors| destinations.select(selectors)).unwrap_or_default();
        if before != selected {
            for destination in &before {
                at(&mut self.selecting, *destination).retain(|other| *other != key);
            }
            for destination in &selected {
                let keys = at(&mut self.selecting, *destination);
                if let Err(position) = keys.binary_search(&key) {
                    keys.insert(position, key);
                }
            }
        }
        if let Some(selectors) = selectors {
            for term in terms(selectors) {
                self.terms.entry(term).or_default().push(key);
            }
            self.by_key.insert(key, Selection { selectors: selectors.to_vec(), selected });
        }
        before
    }

    /// Finds anew which selectors mean a destination that is new or looks different; gives back the keys of
    /// those that did before.
    pub fn reselect(
        &mut self,
        destination: &Destination,
        is_first: bool,
        destinations: &Destinations,
    ) -> Vec<K> {
        let before = self.deselect(destination.id);
        if self.terms.is_empty() {
            return before;
        }
        let service = &destination.service;
        let labels = destination.labels().iter();
        let shared = [
            Term::Anything,
            Term::Service(service.clone()),
            Term::Namespace(service.namespace.clone()),
            Term::Cluster(service.cluster_name.clone()),
        ];
        let terms =
            shared.into_iter().chain(labels.map(|(key, value)| Term::Label(key.clone(), value.clone())));
        let mut found: Vec<K> = terms.filter_map(|term| self.terms.get(&term)).flatten().copied().collect();
        found.sort_unstable();
        found.dedup();
        found.retain(|key| {
            let selection = self.by_key.get(key);
            selection.is_some_and(|it| destinations::selects(&it.selectors, destination, is_first))
        });
        for key in &found {
            if let Some(selection) = self.by_key.get_mut(key) {
                insert(&mut selection.selected, destination.id, destinations.arena());
            }
        }
        *at(&mut self.selecting, destination.id) = found;
        before
    }

    /// Forgets which selectors mean a destination; gives back their keys.
    pub fn deselect(&mut self, destination: DestinationId) -> Vec<K> {
        let keys = std::mem::take(at(&mut self.selecting, destination));
        for key in &keys {
            if let Some(selection) = self.by_key.get_mut(key) {
                selection.selected.retain(|other| *other != destination);
            }
        }
        keys
    }
}

/// Something that every destination has that the selectors mean, one for each way to be meant.
fn terms(selectors: &[DestinationSelector]) -> Vec<Term> {
    let mut terms = Vec::new();
    for selector in selectors {
        let services = selector.kube_service_refs.iter().flat_map(|refs| &refs.services);
        terms.extend(services.cloned().map(Term::Service));
        if let Some(matcher) = &selector.kube_service_matcher {
            if let Some((key, value)) = matcher.labels.first_key_value() {
                terms.push(Term::Label(key.clone(), value.clone()));
            } else if !matcher.namespaces.is_empty() {
                terms.extend(matcher.namespaces.iter().cloned().map(Term::Namespace));
            } else if !matcher.clusters.is_empty() {
                terms.extend(matcher.clusters.iter().cloned().map(Term::Cluster));
            } else {
                terms.push(Term::Anything);
            }
        }
    }
    if selectors.is_empty() {
        terms.push(Term::Anything);
    }
    terms.sort_unstable();
    terms.dedup();
    terms
}

/// The place of a destination in a list by destination.
fn at<V>(list: &mut Vec<Vec<V>>, destination: DestinationId) -> &mut Vec<V> {
    let index = destination.index();
    if list.len() <= index {
        list.resize_with(index + 1, Vec::new);
    }
    // The list was made long enough.
    #[expect(clippy::indexing_slicing, reason = "the list is long enough")]
    &mut list[index]
}
