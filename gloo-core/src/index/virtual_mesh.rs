//! Virtual meshes, and which of them each mesh belongs to.

use std::collections::BTreeMap;
use std::sync::Arc;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;

use crate::Istr;
use crate::api::{self, VirtualMeshSpec};
use crate::check::Checks;
use crate::id::InputRef;
use crate::index::MeshId;
use crate::index::arena::{Arena, Id, Keyed};
use crate::index::destination::DestinationId;
use crate::index::destinations::Destinations;
use crate::index::selection::Selections;
use crate::model::{self, Export};
use crate::resolve::Member;

/// Names a virtual mesh in the index.
pub type VirtualMeshId = Id<VirtualMesh>;

/// A virtual mesh: what its text says now.
#[derive(Debug)]
pub struct VirtualMesh {
    /// Its id.
    pub id: VirtualMeshId,
    /// Its name.
    pub input: InputRef,
    /// Its key in statuses.
    pub key: Istr,
    /// The generation of its text.
    pub(crate) generation: i64,
    /// When it was created.
    pub(crate) created: Option<Time>,
    /// Whether an earlier run accepted it.
    pub(crate) was_accepted: bool,
    /// The object; `None` if it could not be decoded.
    pub(crate) object: Option<Arc<api::VirtualMesh>>,
    /// What it says; `None` if it could not be decoded.
    pub(crate) version: Option<model::VirtualMesh>,
    /// The text for copies in statuses.
    pub(crate) spec: Option<Arc<VirtualMeshSpec>>,
    /// What is wrong with it or worth knowing.
    pub(crate) checks: Checks,
}

impl Keyed for VirtualMesh {
    fn input(&self) -> &InputRef {
        &self.input
    }

    fn key(&self) -> &Istr {
        &self.key
    }
}

impl VirtualMesh {
    /// Whether everything that units can see of it is the same.
    pub(crate) fn says_the_same_as(&self, other: &Self) -> bool {
        // Annotations hold for an earlier text, too.
        let annotations = |it: &Self| it.object.as_ref().map(|object| object.metadata.annotations.clone());
        self.generation == other.generation
            && annotations(self) == annotations(other)
            && self.created == other.created
            && self.was_accepted == other.was_accepted
            && self.version == other.version
            && self.spec == other.spec
            && self.checks == other.checks
    }
}

/// Names one text of a virtual mesh: the current one, or the one that an earlier run left in force for a mesh.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct TextId {
    pub virtual_mesh: VirtualMeshId,
    pub stored_for: Option<MeshId>,
}

/// Names one list of destinations that a text shows to other meshes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct ExportId {
    pub text: TextId,
    pub position: u32,
}

/// All virtual meshes.
#[derive(Debug, Default)]
pub(crate) struct VirtualMeshes {
    pub arena: Arena<VirtualMesh>,
    /// The virtual meshes whose current text lists a mesh.
    pub listing: BTreeMap<MeshId, Vec<VirtualMeshId>>,
    /// What each mesh belongs to.
    pub members: BTreeMap<MeshId, Member>,
    /// The destinations that are shown to other meshes.
    exports: Selections<ExportId>,
    /// The lists of each text.
    texts: BTreeMap<TextId, Vec<Export>>,
}

impl VirtualMeshes {
    /// The lists that a destination is on.
    pub fn exporting(&self, destination: DestinationId) -> &[ExportId] {
        self.exports.selecting(destination)
    }

    /// Replaces the lists of a text; gives back the destinations that are on other lists now, and whether they
    /// were on any before.
    pub fn export(
        &mut self,
        text: TextId,
        exports: &[Export],
        destinations: &Destinations,
    ) -> BTreeMap<DestinationId, bool> {
        let before = if exports.is_empty() {
            self.texts.remove(&text)
        } else {
            self.texts.insert(text, exports.to_vec())
        };
        let before = before.unwrap_or_default();
        let changed = (0..exports.len().max(before.len())).filter(|at| exports.get(*at) != before.get(*at));
        let changed: Vec<usize> = changed.collect();
        let key = |at: usize| ExportId { text, position: u32::try_from(at).unwrap_or(u32::MAX) };
        let mut moved = BTreeMap::new();
        for at in &changed {
            for id in self.exports.selected(key(*at)) {
                moved.entry(*id).or_insert(true);
            }
            if let Some(export) = exports.get(*at) {
                for id in destinations.select(&export.destinations) {
                    moved.entry(id).or_insert_with(|| !self.exports.selecting(id).is_empty());
                }
            }
        }
        for at in changed {
            let selectors = exports.get(at).map(|export| export.destinations.as_slice());
            self.exports.set(key(at), selectors, destinations);
        }
        moved
    }

    /// The destinations on a list, in the order of keys.
    pub fn exported(&self, id: ExportId) -> &[DestinationId] {
        self.exports.selected(id)
    }

    /// One list of a text.
    pub fn find_export(&self, id: ExportId) -> Option<&Export> {
        self.texts.get(&id.text)?.get(id.position as usize)
    }

    pub fn exports_mut(&mut self) -> &mut Selections<ExportId> {
        &mut self.exports
    }

    /// Replaces the members that a virtual mesh lists.
    pub fn list(&mut self, id: VirtualMeshId, before: &[MeshId], after: &[MeshId]) {
        for mesh in before.iter().filter(|mesh| !after.contains(mesh)) {
            if let Some(all) = self.listing.get_mut(mesh) {
                all.retain(|other| *other != id);
                if all.is_empty() {
                    self.listing.remove(mesh);
                }
            }
        }
        for mesh in after.iter().filter(|mesh| !before.contains(mesh)) {
            self.listing.entry(*mesh).or_default().push(id);
        }
    }
}
