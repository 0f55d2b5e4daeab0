//! All policies of one kind, and the destinations they are about.

use indexmap::IndexMap;

use crate::Istr;
use crate::id::InputRef;
use crate::index::arena::{Arena, Id};
use crate::index::destination::{Destination, DestinationId};
use crate::index::destinations::Destinations;
use crate::index::policy::{Checked, Policy};
use crate::index::selection::Selections;
use crate::reads::{Dirty, Question};

/// All policies of one kind.
#[derive(Debug)]
pub(crate) struct Policies<T: Checked> {
    arena: Arena<Policy<T>>,
    selections: Selections<Id<Policy<T>>>,
    /// Destinations at which an earlier run left a policy in force, by its namespace and name.
    applied: IndexMap<(Istr, Istr), Vec<DestinationId>>,
}

impl<T: Checked> Default for Policies<T> {
    fn default() -> Self {
        Self { arena: Arena::default(), selections: Selections::default(), applied: IndexMap::new() }
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
        self.selections.selected(id)
    }

    /// Policies that must be decided about at a destination.
    ///
    /// Nobody knows what a policy selects that cannot be decoded: it stays where it was.
    pub fn candidates(&self, destination: &Destination) -> Vec<&Policy<T>> {
        let selecting = self.selections.selecting(destination.id).iter();
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
        let selected = self.selections.set(id, policy.selectors(), destinations);
        (self.arena.put(id, policy), selected)
    }

    /// Takes a policy away; gives back what was there and what it selected.
    pub fn remove(
        &mut self,
        id: Id<Policy<T>>,
        destinations: &Destinations,
    ) -> (Option<Policy<T>>, Vec<DestinationId>) {
        (self.arena.remove(id), self.selections.set(id, None, destinations))
    }

    /// Finds anew which policies select a destination that is new or looks different.
    pub fn reselect(&mut self, destination: &Destination, is_first: bool, destinations: &Destinations) {
        self.selections.reselect(destination, is_first, destinations);
    }

    /// Forgets which policies select a destination.
    pub fn deselect(&mut self, destination: DestinationId) {
        self.selections.deselect(destination);
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
            dirty.changed(Question::InForce(T::KIND, applied.namespace, applied.name));
        }
        for applied in &new {
            let name = (applied.namespace.clone(), applied.name.clone());
            let places = self.applied.entry(name).or_default();
            if let Some(after) = after
                && places.last() != Some(&after.id)
            {
                places.push(after.id);
            }
            dirty.changed(Question::InForce(T::KIND, applied.namespace, applied.name));
        }
    }
}
