//! Objects under ids that last as long as the objects, and their order.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::marker::PhantomData;

use indexmap::{Equivalent, IndexMap};

use crate::Istr;
use crate::id::InputRef;

/// Names one object of an index, as long as it is there.
///
/// Ids are given out in the order of arrival: they compare and hash, but their order means nothing.
pub struct Id<T>(u32, PhantomData<fn() -> T>);

impl<T> Id<T> {
    fn new(position: usize) -> Self {
        Self(u32::try_from(position).unwrap_or(u32::MAX), PhantomData)
    }

    pub(crate) fn index(self) -> usize {
        self.0 as usize
    }
}

impl<T> Default for Id<T> {
    fn default() -> Self {
        Self::new(0)
    }
}

impl<T> Clone for Id<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Id<T> {}

impl<T> fmt::Debug for Id<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{}", self.0)
    }
}

impl<T> PartialEq for Id<T> {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}

impl<T> Eq for Id<T> {}

impl<T> PartialOrd for Id<T> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<T> Ord for Id<T> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.cmp(&other.0)
    }
}

impl<T> Hash for Id<T> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.hash(state);
    }
}

/// What an arena must know of an object.
pub(crate) trait Keyed {
    /// Its name.
    fn input(&self) -> &InputRef;
    /// Its key in statuses, by which objects are ordered.
    fn key(&self) -> &Istr;
}

/// Objects of one kind. Their order is known after [`Arena::settle`].
#[derive(Debug)]
pub(crate) struct Arena<T> {
    items: Vec<Option<T>>,
    ids: IndexMap<InputRef, Id<T>>,
    /// Objects in the order of keys.
    order: Vec<Id<T>>,
    /// Positions in that order, by id.
    ranks: Vec<u32>,
    added: Vec<Id<T>>,
    /// Ids that are free from the next [`Arena::settle`] on, so that nothing confuses old and new within one
    /// round of changes.
    freed: Vec<Id<T>>,
    vacant: Vec<Id<T>>,
    /// Room to put keys together in.
    scratch: String,
}

impl<T> Default for Arena<T> {
    fn default() -> Self {
        Self {
            items: Vec::new(),
            ids: IndexMap::new(),
            order: Vec::new(),
            ranks: Vec::new(),
            added: Vec::new(),
            freed: Vec::new(),
            vacant: Vec::new(),
            scratch: String::new(),
        }
    }
}

impl<T: Keyed> Arena<T> {
    /// The id of an object, whether it is there or not.
    pub fn reserve(&mut self, input: &InputRef) -> Id<T> {
        *self.ids.entry(input.clone()).or_insert_with(|| {
            self.vacant.pop().unwrap_or_else(|| {
                self.items.push(None);
                self.ranks.push(u32::MAX);
                Id::new(self.items.len() - 1)
            })
        })
    }

    /// The key of an object in statuses, as [`object_key`](crate::name::object_key) writes it.
    pub fn key(&mut self, input: &InputRef) -> Istr {
        self.scratch.clear();
        for part in [&input.name, ".", &input.namespace, "."] {
            self.scratch.push_str(part);
        }
        self.scratch.as_str().into()
    }

    /// Puts an object where its id says; gives back what was there.
    pub fn put(&mut self, id: Id<T>, item: T) -> Option<T> {
        let place = self.items.get_mut(id.index())?;
        let before = place.replace(item);
        if before.is_none() {
            self.added.push(id);
        }
        before
    }

    /// Takes an object out; its id stays reserved.
    pub fn take(&mut self, id: Id<T>) -> Option<T> {
        let item = self.items.get_mut(id.index())?.take()?;
        if let Some(position) = self.added.iter().position(|added| *added == id) {
            self.added.swap_remove(position);
        } else if let Some(rank) = self.ranks.get(id.index())
            && self.order.get(*rank as usize) == Some(&id)
        {
            self.order.remove(*rank as usize);
            self.number(*rank as usize);
        }
        Some(item)
    }

    /// Takes an object out and gives its id back.
    pub fn remove(&mut self, id: Id<T>) -> Option<T> {
        let item = self.take(id)?;
        if self.ids.swap_remove(item.input()).is_some() {
            self.freed.push(id);
        }
        Some(item)
    }

    /// Puts what was added into the order; tells whether anything was.
    pub fn settle(&mut self) {
        self.vacant.append(&mut self.freed);
        if self.added.is_empty() {
            return;
        }
        let items = &self.items;
        let name = |id: &Id<T>| {
            let item = items.get(id.index()).and_then(Option::as_ref);
            item.map(|item| (item.key(), item.input()))
        };
        self.order.append(&mut self.added);
        // What is in order already is one long run, which the sort takes as it is.
        self.order.sort_by(|a, b| name(a).cmp(&name(b)));
        self.number(0);
    }

    fn number(&mut self, from: usize) {
        for (rank, id) in self.order.iter().enumerate().skip(from) {
            if let Some(place) = self.ranks.get_mut(id.index()) {
                *place = u32::try_from(rank).unwrap_or(u32::MAX);
            }
        }
    }

    pub fn find(&self, id: Id<T>) -> Option<&T> {
        self.items.get(id.index()).and_then(Option::as_ref)
    }

    pub fn find_mut(&mut self, id: Id<T>) -> Option<&mut T> {
        self.items.get_mut(id.index()).and_then(Option::as_mut)
    }

    /// The id of an object, if it is reserved.
    pub fn id_of(&self, input: &InputRef) -> Option<Id<T>> {
        self.ids.get(input).copied()
    }

    /// The name that has an id.
    pub fn name_of(&self, id: Id<T>) -> Option<&InputRef> {
        if let Some(item) = self.find(id) {
            return Some(item.input());
        }
        // Only what is gone or was never there is looked for.
        self.ids.iter().find(|(_, other)| **other == id).map(|(input, _)| input)
    }

    /// Where an object stands in the order of keys.
    pub fn rank(&self, id: Id<T>) -> u32 {
        self.ranks.get(id.index()).copied().unwrap_or(u32::MAX)
    }

    /// Ids of all objects, in the order of keys.
    pub fn ids(&self) -> &[Id<T>] {
        &self.order
    }

    /// All objects, in the order of keys.
    pub fn iter(&self) -> impl Iterator<Item = &T> {
        self.order.iter().filter_map(|id| self.find(*id))
    }

    /// Puts ids into the order of keys.
    pub fn sort(&self, ids: &mut [Id<T>]) {
        ids.sort_unstable_by_key(|id| self.rank(*id));
    }
}

/// Ids of objects by something that they have in common, each list in the order of keys.
#[derive(Debug)]
pub(crate) struct Postings<K, T> {
    lists: IndexMap<K, Vec<Id<T>>>,
}

impl<K, T> Default for Postings<K, T> {
    fn default() -> Self {
        Self { lists: IndexMap::new() }
    }
}

impl<K: Hash + Eq, T: Keyed> Postings<K, T> {
    /// Adds an object of the arena, which must be settled.
    pub fn insert(&mut self, key: K, id: Id<T>, arena: &Arena<T>) {
        insert(self.lists.entry(key).or_default(), id, arena);
    }

    /// Takes an object out again.
    pub fn remove<Q: Hash + Equivalent<K> + ?Sized>(&mut self, key: &Q, id: Id<T>) {
        let Some(list) = self.lists.get_mut(key) else {
            return;
        };
        list.retain(|member| *member != id);
        if list.is_empty() {
            self.lists.swap_remove(key);
        }
    }

    /// The objects under a key.
    pub fn of<Q: Hash + Equivalent<K> + ?Sized>(&self, key: &Q) -> &[Id<T>] {
        self.lists.get(key).map_or(&[], Vec::as_slice)
    }
}

/// Adds an id to a list in the order of keys, if it is not there yet.
pub(crate) fn insert<T: Keyed>(list: &mut Vec<Id<T>>, id: Id<T>, arena: &Arena<T>) {
    let rank = arena.rank(id);
    if list.last().is_none_or(|last| arena.rank(*last) < rank) {
        list.push(id);
    } else if let Err(position) = list.binary_search_by_key(&rank, |member| arena.rank(*member)) {
        list.insert(position, id);
    }
}

/// One label, to look for among postings by label.
#[derive(Clone, Copy, Debug, Hash)]
pub(crate) struct Label<'a>(pub &'a str, pub &'a str);

impl Equivalent<(Istr, Istr)> for Label<'_> {
    fn equivalent(&self, key: &(Istr, Istr)) -> bool {
        *self.0 == *key.0 && *self.1 == *key.1
    }
}
