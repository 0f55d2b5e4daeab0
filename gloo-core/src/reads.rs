//! Which units of work asked what, so that a change is told to exactly those whom it concerns.
//!
//! A unit sees the world only through [`Context`](crate::context::Context), and every method of it notes the
//! question, whether there was an answer or not. A question is kept as a hash: two that collide cost a needless
//! run of a unit, never a wrong result.

use std::cell::Cell;
use std::collections::BTreeSet;
use std::fmt;
use std::hash::{BuildHasherDefault, Hash, Hasher};

use indexmap::IndexMap;

use crate::api::ClusterObjectRef;
use crate::id::InputKind;
use crate::index::{AccessId, DestinationId, MeshId, TrafficId, VirtualDestinationId, VirtualMeshId};
use crate::model::route::TargetId;

/// Something that can be run again alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Unit {
    /// Reading a traffic policy.
    Traffic(TrafficId),
    /// Reading an access policy.
    Access(AccessId),
    /// Reading a virtual mesh.
    VirtualMesh(VirtualMeshId),
    /// Finding out to which virtual mesh a mesh belongs.
    Membership(MeshId),
    /// Reading a virtual destination.
    VirtualDestination(VirtualDestinationId),
    /// Deciding about a destination and writing it down for its own cluster.
    Destination(DestinationId),
    /// Writing a destination down for the clients of another mesh.
    View(DestinationId, MeshId),
    /// Writing a virtual destination down for the cluster of a mesh.
    Failover(VirtualDestinationId, MeshId),
    /// Writing down what a mesh needs as a whole, and its status.
    Mesh(MeshId),
    /// The status of a traffic policy.
    TrafficStatus(TrafficId),
    /// The status of an access policy.
    AccessStatus(AccessId),
    /// The status of a virtual mesh.
    VirtualMeshStatus(VirtualMeshId),
    /// The status of a virtual destination.
    VirtualDestinationStatus(VirtualDestinationId),
}

/// Something that units ask the world.
#[derive(Clone, Copy, Debug, Hash)]
pub(crate) enum Question<'a> {
    /// What do the settings say?
    Settings,
    /// Is a cluster known?
    Cluster(&'a str),
    /// How do names within a cluster end?
    Domain(&'a str),
    /// Which mesh is this?
    Mesh(MeshId),
    /// Which meshes are there?
    Meshes,
    /// Which meshes are in a cluster?
    MeshesIn(&'a str),
    /// Which destination is this?
    Destination(DestinationId),
    /// To which mesh does a destination belong?
    MeshOf(DestinationId),
    /// How is a destination reached from outside of its cluster?
    Entrance(DestinationId),
    /// Which destination has this name: namespace, name?
    DestinationNamed(&'a str, &'a str),
    /// What is decided about a destination?
    Decision(DestinationId),
    /// On which lists of virtual meshes is a destination?
    Exports(DestinationId),
    /// Which destinations does a mesh have, and what do they look like?
    Services(MeshId),
    /// Which destinations of a mesh may be its gateways?
    GatewayCandidates(MeshId),
    /// What did an earlier run leave in force for a mesh?
    Applied(MeshId),
    /// What does a virtual mesh say?
    VirtualMesh(VirtualMeshId),
    /// Which virtual meshes list a mesh?
    Listing(MeshId),
    /// Which meshes belong to a virtual mesh?
    Members(VirtualMeshId),
    /// Of what is a mesh a part, and what do its destinations need to know of that?
    Membership(MeshId),
    /// What does a mesh itself need to know of that?
    Standing(MeshId),
    /// Where does traffic from other clusters enter a mesh?
    Gateways(MeshId),
    /// Which address stands for a name in all clusters?
    Address(&'a str),
    /// Which destinations are behind a virtual destination?
    Backings(VirtualDestinationId),
    /// What does a virtual destination come to?
    Failover(VirtualDestinationId),
    /// Which virtual destinations have destinations in a mesh, or are seen there?
    FailoversIn(MeshId),
    /// Which virtual destinations want a host name?
    HostsNamed(&'a str),
    /// Which instances are behind a service?
    Endpoints(DestinationId),
    /// Which destination is this service?
    Service(&'a ClusterObjectRef),
    /// Which destinations select pods with a label, in a namespace of a cluster?
    Pods(&'a str, &'a str, &'a str, &'a str),
    /// Which destinations are no services?
    Externals,
    /// Which workloads belong to a mesh?
    WorkloadsOf(MeshId),
    /// Which workloads are in namespaces of a name?
    WorkloadsIn(&'a str),
    /// Which workloads carry a label?
    WorkloadsWith(&'a str, &'a str),
    /// Where did an earlier run leave a policy in force?
    InForce(InputKind, &'a str, &'a str),
    /// Is there a virtual destination, by namespace and name?
    VirtualDestination(&'a str, &'a str),
    /// What did users write for exactly this host in a cluster?
    UserConfig(&'a str, &'a str),
    /// What did users write for many hosts in a cluster?
    UserConfigOfMany(&'a str),
    /// Which objects have a name: cluster, namespace, name? Outputs for one service share theirs, so one mark
    /// stands for all of them.
    Objects(&'a str, &'a str, &'a str),
    /// How are the subsets of a destination called?
    SubsetNames(TargetId),
    /// Which subsets of a target are needed?
    Subsets(TargetId),
}

/// The hash of a question.
pub(crate) type Mark = u64;

impl Question<'_> {
    fn mark(&self) -> Mark {
        let mut hasher = Fast::default();
        self.hash(&mut hasher);
        hasher.finish()
    }
}

/// Hashes questions: eight bytes a step, the same in every process. It may be weak, because nothing but time is
/// lost where two questions have one hash.
#[derive(Debug, Default)]
pub(crate) struct Fast(u64);

impl Fast {
    fn step(&mut self, word: u64) {
        self.0 = (self.0.rotate_left(5) ^ word).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    }
}

impl Hasher for Fast {
    fn finish(&self) -> u64 {
        self.0 ^ (self.0 >> 32)
    }

    fn write(&mut self, bytes: &[u8]) {
        let (words, rest) = bytes.as_chunks::<8>();
        for word in words {
            self.step(u64::from_le_bytes(*word));
        }
        let mut last = [0; 8];
        for (place, byte) in last.iter_mut().zip(rest) {
            *place = *byte;
        }
        self.step(u64::from_le_bytes(last) ^ (bytes.len() as u64).rotate_left(56));
    }

    fn write_u8(&mut self, byte: u8) {
        self.step(u64::from(byte));
    }

    fn write_u32(&mut self, number: u32) {
        self.step(u64::from(number));
    }

    fn write_usize(&mut self, number: usize) {
        self.step(number as u64);
    }

    fn write_isize(&mut self, number: isize) {
        self.step(number.cast_unsigned() as u64);
    }
}

/// Whether anybody will ask who must run again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Keep {
    /// The world will be edited.
    Everything,
    /// It will not, so only what changes within one run counts: how subsets are called.
    SubsetNames,
}

/// Notes the questions of the unit that runs.
pub(crate) struct Reads {
    keep: Keep,
    marks: Cell<Vec<Mark>>,
}

impl fmt::Debug for Reads {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reads").finish_non_exhaustive()
    }
}

impl Reads {
    pub fn new(keep: Keep) -> Self {
        Self { keep, marks: Cell::default() }
    }

    pub fn note(&self, question: Question<'_>) {
        let within_one_run = matches!(question, Question::SubsetNames(_) | Question::Subsets(_));
        if self.keep == Keep::SubsetNames && !within_one_run {
            return;
        }
        let mut marks = self.marks.take();
        let mark = question.mark();
        // Units often ask the same again at once.
        if marks.last() != Some(&mark) {
            marks.push(mark);
        }
        self.marks.set(marks);
    }

    /// What was asked since the last call.
    pub fn take(&self) -> Vec<Mark> {
        self.marks.take()
    }
}

/// Takes a mark for its own hash.
#[derive(Debug, Default)]
struct Itself(u64);

impl Hasher for Itself {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(*byte);
        }
    }

    fn write_u64(&mut self, mark: u64) {
        self.0 = mark;
    }
}

/// Who waits for which answer.
#[derive(Debug, Default)]
pub(crate) struct Watchers {
    by_mark: IndexMap<Mark, Waiting, BuildHasherDefault<Itself>>,
    marks: IndexMap<Unit, Box<[Mark]>>,
}

/// Units that wait for one answer: nearly always a single one.
#[derive(Debug)]
enum Waiting {
    One(Unit),
    Many(Vec<Unit>),
}

impl Waiting {
    fn add(&mut self, unit: Unit) {
        match self {
            Self::One(first) => *self = Self::Many(vec![*first, unit]),
            Self::Many(units) => units.push(unit),
        }
    }

    /// Takes a unit out; tells whether none is left.
    fn remove(&mut self, unit: Unit) -> bool {
        match self {
            Self::One(only) => *only == unit,
            Self::Many(units) => {
                if let Some(position) = units.iter().position(|other| *other == unit) {
                    units.swap_remove(position);
                }
                units.is_empty()
            }
        }
    }

    fn units(&self) -> &[Unit] {
        match self {
            Self::One(unit) => std::slice::from_ref(unit),
            Self::Many(units) => units,
        }
    }
}

impl Watchers {
    /// Replaces what a unit waits for.
    pub fn set(&mut self, unit: Unit, mut marks: Vec<Mark>) {
        marks.sort_unstable();
        marks.dedup();
        let before = self.marks.get(&unit).map_or(&[][..], |marks| &**marks);
        if *before == *marks {
            return;
        }
        let gone: Vec<Mark> =
            before.iter().filter(|mark| marks.binary_search(mark).is_err()).copied().collect();
        for mark in &marks {
            if before.binary_search(mark).is_err() {
                let entry = self.by_mark.entry(*mark);
                entry.and_modify(|waiting| waiting.add(unit)).or_insert(Waiting::One(unit));
            }
        }
        self.leave(unit, &gone);
        if marks.is_empty() {
            self.marks.swap_remove(&unit);
        } else {
            self.marks.insert(unit, marks.into());
        }
    }

    fn leave(&mut self, unit: Unit, marks: &[Mark]) {
        for mark in marks {
            if self.by_mark.get_mut(mark).is_some_and(|waiting| waiting.remove(unit)) {
                self.by_mark.swap_remove(mark);
            }
        }
    }
}

/// Units that must run again.
#[derive(Debug)]
pub(crate) struct Dirty<'a> {
    watchers: &'a Watchers,
    pub units: BTreeSet<Unit>,
}

impl<'a> Dirty<'a> {
    pub fn new(watchers: &'a Watchers) -> Self {
        Self { watchers, units: BTreeSet::new() }
    }

    /// The answer to a question may have changed.
    pub fn changed(&mut self, question: Question<'_>) {
        if self.watchers.by_mark.is_empty() {
            return;
        }
        let waiting = self.watchers.by_mark.get(&question.mark());
        self.units.extend(waiting.into_iter().flat_map(Waiting::units).copied());
    }
}
