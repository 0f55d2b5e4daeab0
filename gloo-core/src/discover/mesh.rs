//! Which control plane a member belongs to.

use std::sync::Arc;

use crate::Istr;
use crate::api::{Mesh, ObjectRef};
use crate::discover::detector::{Claim, MeshIdentity, Plane};
use crate::discover::resource::Name;

/// A mesh of a cluster, as its members need it.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct KnownMesh {
    /// The detector that found it.
    pub detector: usize,
    /// The object it was found by.
    pub source: Name,
    /// What members claim that belong to it.
    pub identity: MeshIdentity,
    /// The object.
    pub object: Arc<Mesh>,
}

impl KnownMesh {
    /// The name of the mesh.
    pub fn name(&self) -> &str {
        self.object.metadata.name.as_deref().unwrap_or_default()
    }

    /// The reference to it.
    pub fn reference(&self) -> ObjectRef {
        let namespace = self.object.metadata.namespace.as_deref().unwrap_or_default();
        ObjectRef { name: self.name().into(), namespace: namespace.into() }
    }

    /// Whether the same members belong to it.
    pub fn takes_like(&self, other: &Self) -> bool {
        self.detector == other.detector
            && self.identity == other.identity
            && self.object.metadata.name == other.object.metadata.name
            && self.object.metadata.namespace == other.object.metadata.namespace
    }
}

/// The mesh that was chosen.
#[derive(Clone, Debug)]
pub(super) struct Chosen<'a> {
    pub mesh: &'a KnownMesh,
    /// The revision that was claimed and that no mesh has.
    pub missed: Option<Istr>,
}

/// The mesh of one kind that a member belongs to. Among several, the claim decides as far as it goes.
pub(super) fn choose<'a>(
    meshes: &'a [KnownMesh],
    detector: usize,
    plane: Plane,
    claim: &Claim,
) -> Option<Chosen<'a>> {
    let mut candidates: Vec<&KnownMesh> = meshes.iter().filter(|mesh| mesh.detector == detector).collect();
    let are_several = candidates.len() > 1;
    if are_several {
        if let Some(namespace) = &claim.namespace {
            narrow(&mut candidates, |mesh| mesh.identity.namespace == *namespace);
        }
        if plane == Plane::Ambient && claim.revision.is_none() {
            narrow(&mut candidates, |mesh| mesh.identity.serves_nodes);
        }
    }
    let mut missed = None;
    if are_several
        && let Some(revision) = &claim.revision
        && !narrow(&mut candidates, |mesh| mesh.identity.revisions.contains(revision))
    {
        missed = Some(revision.clone());
    }
    let default = candidates.iter().find(|mesh| mesh.identity.is_default).or(candidates.first());
    default.map(|mesh| Chosen { mesh, missed })
}

/// Keeps those that fit, if any do; tells whether any did.
fn narrow(candidates: &mut Vec<&KnownMesh>, fits: impl Fn(&KnownMesh) -> bool) -> bool {
    let some = candidates.iter().any(|mesh| fits(mesh));
    if some {
        candidates.retain(|mesh| fits(mesh));
    }
    some
}
