//! The outputs of all units, and who gets a name that several want.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::diff::{Plan, diff};
use crate::id::{InputKind, InputRef, OutputRef};
use crate::name::object_key;
use crate::object::Object;
use crate::output::Outputs;
use crate::rejection::Rejection;

/// Outputs under their names.
///
/// Two destinations for one service want the same objects, and names of virtual destinations can come to the same;
/// the first in the order of keys gets them.
#[derive(Debug, Default)]
pub(super) struct Shelf {
    outputs: Outputs,
    /// Objects whose name another has.
    losers: BTreeMap<OutputRef, Vec<Arc<Object>>>,
    /// What arrives before [`Shelf::settle`]: sorting everything at once is cheaper than many insertions.
    first: Vec<Arc<Object>>,
    is_settled: bool,
    /// Virtual meshes and virtual destinations from which objects follow that lost their names, or got them, since
    /// [`Shelf::take_contested`].
    contested: BTreeSet<InputRef>,
    /// What stood under the names that changed since [`Shelf::begin`].
    before: BTreeMap<OutputRef, Option<Arc<Object>>>,
}

impl Shelf {
    pub fn all(&self) -> &Outputs {
        &self.outputs
    }

    pub fn into_all(self) -> Outputs {
        self.outputs
    }

    /// Every unit has run once.
    pub fn settle(&mut self) {
        if self.is_settled {
            return;
        }
        // Sorted in small groups, which are nearly in order as they arrive.
        let mut groups: BTreeMap<_, Vec<Arc<Object>>> = BTreeMap::new();
        for object in std::mem::take(&mut self.first) {
            let OutputRef { cluster, kind, namespace, .. } = &object.id;
            groups.entry((cluster.clone(), *kind, namespace.clone())).or_default().push(object);
        }
        let losers = &mut self.losers;
        for group in groups.values_mut() {
            group.sort_by(|a, b| a.id.name.cmp(&b.id.name).then_with(|| precedence(a).cmp(&precedence(b))));
            group.dedup_by(|later, first| {
                let taken = later.id == first.id;
                if taken {
                    losers.entry(later.id.clone()).or_default().push(Arc::clone(later));
                }
                taken
            });
        }
        self.outputs = groups.into_values().flatten().collect();
        self.is_settled = true;
    }

    /// Begins to note what changes.
    pub fn begin(&mut self) {
        self.before.clear();
    }

    /// What changed since [`Shelf::begin`].
    pub fn end(&mut self) -> Plan {
        let (mut from, mut to) = (Outputs::default(), Outputs::default());
        for (id, before) in std::mem::take(&mut self.before) {
            if let Some(before) = before {
                from.insert(before);
            }
            if let Some(after) = self.outputs.find(&id) {
                to.insert(Arc::clone(after));
            }
        }
        diff(&from, &to)
    }

    /// Takes away what one unit wrote before and puts what it writes now. An object that is in both stays.
    pub fn replace(&mut self, before: &[Arc<Object>], after: &[Arc<Object>]) {
        if !self.is_settled {
            self.first.extend(after.iter().cloned());
            return;
        }
        let is_kept = |object: &Arc<Object>, others: &[Arc<Object>]| {
            others.iter().any(|other| Arc::ptr_eq(object, other))
        };
        for object in before.iter().filter(|object| !is_kept(object, after)) {
            self.take(object);
        }
        for object in after.iter().filter(|object| !is_kept(object, before)) {
            self.put(object);
        }
    }

    fn put(&mut self, object: &Arc<Object>) {
        let id = &object.id;
        self.note_losers(id);
        let before = match self.outputs.insert(Arc::clone(object)) {
            Some(other) if precedence(&other) < precedence(object) => {
                self.losers.entry(id.clone()).or_default().push(Arc::clone(object));
                self.outputs.insert(Arc::clone(&other));
                Some(other)
            }
            Some(other) => {
                self.losers.entry(id.clone()).or_default().push(Arc::clone(&other));
                Some(other)
            }
            None => None,
        };
        self.note(id, before);
        self.note_losers(id);
    }

    fn take(&mut self, object: &Arc<Object>) {
        let id = &object.id;
        self.note_losers(id);
        if let Some(losers) = self.losers.get_mut(id) {
            if let Some(position) = losers.iter().position(|loser| Arc::ptr_eq(loser, object)) {
                losers.remove(position);
            } else {
                let next =
                    losers.iter().enumerate().min_by(|(_, a), (_, b)| precedence(a).cmp(&precedence(b)));
                if let Some((position, _)) = next {
                    let next = losers.remove(position);
                    let before = self.outputs.insert(next);
                    self.note(id, before);
                }
            }
            if self.losers.get(id).is_some_and(Vec::is_empty) {
                self.losers.remove(id);
            }
            return;
        }
        let before = self.outputs.remove(id);
        self.note(id, before);
    }

    fn note_losers(&mut self, id: &OutputRef) {
        let tells =
            |input: &&InputRef| matches!(input.kind, InputKind::VirtualMesh | InputKind::VirtualDestination);
        let losers = self.losers.get(id).into_iter().flatten();
        self.contested.extend(losers.flat_map(|loser| loser.inputs.iter().filter(tells)).cloned());
    }

    /// Those of a kind from which objects follow that lost their names, or got them, since the last call.
    pub fn take_contested(&mut self, kind: InputKind) -> BTreeSet<InputRef> {
        let (taken, kept) = std::mem::take(&mut self.contested).into_iter().partition(|it| it.kind == kind);
        self.contested = kept;
        taken
    }

    /// Why an object is not written, if another has its name.
    pub fn taken(&self, object: &Arc<Object>) -> Option<Rejection> {
        let losers = self.losers.get(&object.id)?;
        losers.iter().find(|loser| Arc::ptr_eq(loser, object))?;
        let winner = self.outputs.find(&object.id).and_then(|winner| owner(winner))?;
        Some(Rejection::OutputTaken { object: object.id.to_string(), by: Box::new(winner.clone()) })
    }

    fn note(&mut self, id: &OutputRef, before: Option<Arc<Object>>) {
        self.before.entry(id.clone()).or_insert(before);
    }

    /// What does not get a name, with the name and what has it.
    pub fn losers(&self) -> impl Iterator<Item = (&InputRef, &OutputRef, &InputRef)> {
        self.displaced().filter_map(|(loser, winner)| Some((owner(loser)?, &loser.id, winner)))
    }

    /// Which objects that follow from a virtual mesh do not get their name: what each is written for, and why.
    /// Virtual destinations tell of theirs themselves.
    pub fn displaced_of(&self, virtual_mesh: &InputRef) -> BTreeMap<&InputRef, Vec<Rejection>> {
        let mut displaced: BTreeMap<&InputRef, Vec<Rejection>> = BTreeMap::new();
        for (loser, winner) in self.displaced().filter(|(loser, _)| loser.inputs.contains(virtual_mesh)) {
            if let Some(owner) = owner(loser).filter(|it| it.kind != InputKind::VirtualDestination) {
                let (object, by) = (loser.id.to_string(), Box::new(winner.clone()));
                displaced.entry(owner).or_default().push(Rejection::OutputTaken { object, by });
            }
        }
        displaced
    }

    /// Objects that do not get their name, and what has it.
    fn displaced(&self) -> impl Iterator<Item = (&Object, &InputRef)> {
        self.losers.iter().flat_map(|(id, losers)| {
            let winner = self.outputs.find(id).and_then(|winner| owner(winner));
            losers.iter().filter_map(move |loser| Some((&**loser, winner?)))
        })
    }
}

/// What objects are written for; of several that want one name, the first of these sorts gets it.
const OWNERS: [InputKind; 3] = [InputKind::Destination, InputKind::VirtualDestination, InputKind::Mesh];

/// What an object was written for.
fn owner(object: &Object) -> Option<&InputRef> {
    OWNERS.iter().find_map(|kind| object.inputs.iter().find(|input| input.kind == *kind))
}

/// Who comes first.
fn precedence(object: &Object) -> impl Ord + '_ {
    let owner = owner(object);
    let sort = owner.and_then(|owner| OWNERS.iter().position(|kind| owner.kind == *kind));
    (sort.unwrap_or(OWNERS.len()), owner.map(|owner| (object_key(&owner.name, &owner.namespace, ""), owner)))
}
