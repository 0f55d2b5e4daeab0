//! Which policies select which destinations, kept up to date from both sides.

use indexmap::IndexMap;

use crate::Istr;
use crate::api::{ClusterObjectRef, DestinationSelector};
use crate::id::InputRef;
use crate::index::arena::{Arena, Id, insert};
use crate::index::destination::{self, Destination, DestinationId, Destinations};
use crate::index::policy::{Checked, Policy};
use crate::reads::{Dirty, Question};

/// All policies of one kind.
#[derive(Debug)]
pub(crate) struct Policies<T: Checked> {
    arena: Arena<Policy<T>>,
    /// Policies by something that every destination they select has.
    terms: IndexMap<Term, Vec<Id<Policy<T>>>>,
    /// Destinations that a policy selects, in the order of keys.
    selected: Vec<Vec<DestinationId>>,
    /// Policies that select a destination.
    selecting: Vec<Vec<Id<Policy<T>>>>,
    /// Destinations at which an earlier run left a policy in force, by its namespace and name.
    applied: IndexMap<(Istr, Istr), Vec<DestinationId>>,
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

impl<T: Checked> Default for Policies<T> {
    fn default() -> Self {
        Self {
            arena: Arena::default(),
            terms: IndexMap::new(),
            selected: Vec::new(),
            selecting: Vec::new(),
            applied: IndexMap::new(),
        }
    }
}

impl<T: Checked> Policies<T> {
    pub fn find(&self, id: Id<Policy<T>>) -> Option<&Policy<T>> {
        self.arena.find(id)
    }

    pub fn find_named(&self, input: &InputRef) -> Option<&Policy<T>> {
        self.arena.id_of(input).and_then(|id| self.find(id))
    }

    /// All policies, in the order of keys.
    pub fn iter(&self) -> impl Iterator<Item = &Policy<T>> {
        self.arena.iter()
    }

    /// The id of a policy, whether it is there or not.
    pub fn reserve(&mut self, input: &InputRef) -> Id<Policy<T>> {
        self.arena.reserve(input)
    }

    /// The id of a policy, if it has one.
    pub fn id_of(&self, input: &InputRef) -> Option<Id<Policy<T>>> {
        self.arena.id_of(input)
    }

    /// To be called when all are in place.
    pub fn settle(&mut self) {
        self.arena.settle();
    }

    /// Destinations that a policy selects, in the order of keys.
    pub fn selected(&self, id: Id<Policy<T>>) -> &[DestinationId] {
        self.selected.get(id.index()).map_or(&[], Vec::as_slice)
    }

    /// Policies that must be decided about at a destination.
    ///
    /// Nobody knows what a policy selects that cannot be decoded: it stays where it was.
    pub fn candidates(&self, destination: &Destination) -> Vec<&Policy<T>> {
        let selecting = self.selecting.get(destination.id.index()).into_iter().flatten();
        let selecting = selecting.filter_map(|id| self.find(*id));
        let applied = T::applied(destination).into_iter().filter_map(|applied| {
            let policy =
                self.find_named(&InputRef::new(T::KIND, applied.namespace.clone(), applied.name.clone()))?;
            policy.object.is_none().then_some(policy)
        });
        let mut candidates: Vec<&Policy<T>> = selecting.chain(applied).collect();
        candidates.sort_by_key(|policy| policy.id);
        candidates.dedup_by_key(|policy| policy.id);
        candidates
    }

    /// Destinations at which an earlier run left a policy in force.
    pub fn applied(&self, policy: &InputRef) -> &[DestinationId] {
        let name = (policy.namespace.clone(), policy.name.clone());
        self.applied.get(&name).map_or(&[], Vec::as_slice)
    }

    /// Puts a policy in place; gives back what was there and what it selected.
    pub fn put(
        &mut self,
        policy: Policy<T>,
        destinations: &Destinations,
    ) -> (Option<Policy<T>>, Vec<DestinationId>) {
        let id = policy.id;
        let selectors = policy.selectors();
        let selected = selectors.map(|selectors| destinations.select(selectors)).unwrap_or_default();
        let terms: Vec<Term> = selectors.map(terms).unwrap_or_default();
        let before = self.arena.put(id, policy);
        if let Some(before) = &before {
            self.drop_terms(before);
        }
        for term in terms {
            self.terms.entry(term).or_default().push(id);
        }
        (before, self.set_selected(id, selected))
    }

    /// Takes a policy away; gives back what was there and what it selected.
    pub fn remove(&mut self, id: Id<Policy<T>>) -> (Option<Policy<T>>, Vec<DestinationId>) {
        let policy = self.arena.remove(id);
        if let Some(policy) = &policy {
            self.drop_terms(policy);
        }
        (policy, self.set_selected(id, Vec::new()))
    }

    fn drop_terms(&mut self, policy: &Policy<T>) {
        for term in policy.selectors().map(terms).unwrap_or_default() {
            if let Some(policies) = self.terms.get_mut(&term) {
                policies.retain(|other| *other != policy.id);
                if policies.is_empty() {
                    self.terms.swap_remove(&term);
                }
            }
        }
    }

    fn set_selected(&mut self, id: Id<Policy<T>>, selected: Vec<DestinationId>) -> Vec<DestinationId> {
        let before = std::mem::take(at(&mut self.selected, id.index()));
        if before != selected {
            for destination in &before {
                at(&mut self.selecting, destination.index()).retain(|other| *other != id);
            }
            for destination in &selected {
                at(&mut self.selecting, destination.index()).push(id);
            }
        }
        *at(&mut self.selected, id.index()) = selected;
        before
    }

    /// Finds anew which policies select a destination that is new or looks different.
    pub fn reselect(&mut self, destination: &Destination, is_first: bool, destinations: &Destinations) {
        self.deselect(destination.id);
        if self.terms.is_empty() {
            return;
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
        let mut found: Vec<Id<Policy<T>>> =
            terms.filter_map(|term| self.terms.get(&term)).flatten().copied().collect();
        found.sort_unstable();
        found.dedup();
        found.retain(|id| {
            let selectors = self.arena.find(*id).and_then(Policy::selectors);
            selectors.is_some_and(|selectors| destination::selects(selectors, destination, is_first))
        });
        for id in &found {
            insert(at(&mut self.selected, id.index()), destination.id, destinations.arena());
        }
        *at(&mut self.selecting, destination.id.index()) = found;
    }

    /// Forgets which policies select a destination.
    pub fn deselect(&mut self, destination: DestinationId) {
        for id in std::mem::take(at(&mut self.selecting, destination.index())) {
            at(&mut self.selected, id.index()).retain(|other| *other != destination);
        }
    }

    /// Notes what an earlier run left in force at a destination, as it was before and as it is now.
    pub fn note_applied(
        &mut self,
        before: Option<&Destination>,
        after: Option<&Destination>,
        dirty: &mut Dirty<'_>,
    ) {
        let (old, new) =
            (before.map(T::applied).unwrap_or_default(), after.map(T::applied).unwrap_or_default());
        if old == new {
            return;
        }
        for applied in &old {
            let name = (applied.namespace.clone(), applied.name.clone());
            if let (Some(before), Some(places)) = (before, self.applied.get_mut(&name)) {
                places.retain(|place| *place != before.id);
            }
            dirty.changed(Question::Applied(T::KIND, applied.namespace, applied.name));
        }
        for applied in &new {
            let name = (applied.namespace.clone(), applied.name.clone());
            let places = self.applied.entry(name).or_default();
            if let Some(after) = after
                && places.last() != Some(&after.id)
            {
                places.push(after.id);
            }
            dirty.changed(Question::Applied(T::KIND, applied.namespace, applied.name));
        }
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

/// The place of an id in a list by id.
fn at<V>(list: &mut Vec<Vec<V>>, index: usize) -> &mut Vec<V> {
    if list.len() <= index {
        list.resize_with(index + 1, Vec::new);
    }
    // The list was made long enough.
    #[expect(clippy::indexing_slicing, reason = "the list is long enough")]
    &mut list[index]
}
