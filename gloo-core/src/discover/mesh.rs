//! Which control plane a member belongs to.

use std::fmt;
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

/// The control plane that a member belongs to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    /// Its position among those there are.
    pub position: usize,
    /// What was claimed and what none of several control planes has.
    pub missed: Option<Missed>,
}

/// A part of a claim that leads nowhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Missed {
    /// No control plane has this revision.
    Revision(Istr),
    /// No control plane is in this namespace, and nothing else was claimed.
    Namespace(Istr),
}

impl fmt::Display for Missed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Revision(name) => write!(f, "has the revision {name}"),
            Self::Namespace(name) => write!(f, "is in the namespace {name}"),
        }
    }
}

/// The control plane of one kind that a member belongs to. Among several, the claim decides as far as it goes; then the
/// default one, then the first.
pub fn choose(identities: &[&MeshIdentity], plane: Plane, claim: &Claim) -> Option<Choice> {
    let mut candidates: Vec<usize> = (0..identities.len()).collect();
    let are_several = candidates.len() > 1;
    let mut narrow = |fits: &dyn Fn(&MeshIdentity) -> bool| {
        let fit = |position: &usize| identities.get(*position).is_some_and(|identity| fits(identity));
        let some = candidates.iter().any(fit);
        if some {
            candidates.retain(fit);
        }
        some
    };
    let lost = claim
        .namespace
        .as_ref()
        .filter(|namespace| !narrow(&|identity| identity.namespace == **namespace) && are_several)
        .filter(|_| claim.revision.is_none());
    if plane == Plane::Ambient && claim.revision.is_none() {
        narrow(&|identity| identity.serves_nodes);
    }
    let missed = claim.revision.as_ref().filter(|revision| {
        let mut own_first = [!claim.is_asked_for, claim.is_asked_for].into_iter();
        let is_found = own_first.any(|is_own| narrow(&|identity| has(identity, revision, is_own)));
        !is_found && are_several
    });
    narrow(&|identity| identity.is_default);
    let missed = missed.cloned().map(Missed::Revision).or(lost.cloned().map(Missed::Namespace));
    candidates.first().map(|position| Choice { position: *position, missed })
}

/// Whether a control plane has a revision, as its own name or as another one.
fn has(identity: &MeshIdentity, revision: &Istr, is_own: bool) -> bool {
    let position = identity.revisions.iter().position(|it| it == revision);
    position.is_some_and(|position| (position == 0) == is_own)
}

/// The mesh of one kind that a member belongs to, and what it claims and no mesh has.
pub(super) fn choose_mesh<'a>(
    meshes: &'a [KnownMesh],
    detector: usize,
    plane: Plane,
    claim: &Claim,
) -> Option<(&'a KnownMesh, Option<Missed>)> {
    let of_kind: Vec<&KnownMesh> = meshes.iter().filter(|mesh| mesh.detector == detector).collect();
    let identities: Vec<&MeshIdentity> = of_kind.iter().map(|mesh| &mesh.identity).collect();
    let Choice { position, missed } = choose(&identities, plane, claim)?;
    of_kind.get(position).map(|mesh| (*mesh, missed))
}
