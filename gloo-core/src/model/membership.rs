//! What a mesh is part of, and where traffic from other clusters enters it.

use std::sync::Arc;

use crate::Istr;
use crate::api::VirtualMeshSpec;
use crate::id::InputRef;
use crate::index::{DestinationId, MeshId, TextId};
use crate::model::{Federation, Sharing};
use crate::rejection::{Rejection, Warning};

/// How a mesh takes part in a virtual mesh, as far as its destinations need to know.
#[derive(Clone, Debug, PartialEq)]
pub struct Membership {
    /// The virtual mesh.
    pub virtual_mesh: InputRef,
    /// How the members see destinations of each other, if they see any.
    pub federation: Option<Arc<Federation>>,
    /// The text that says so.
    pub(crate) text: TextId,
    /// The other members, in the order of keys.
    pub neighbors: Vec<Neighbor>,
    /// The trust domains of all members, sorted.
    pub trust_domains: Vec<Istr>,
    /// The destinations that take traffic from other clusters.
    pub(crate) gateways: Vec<DestinationId>,
}

/// Another member of the virtual mesh.
#[derive(Clone, Debug, PartialEq)]
pub struct Neighbor {
    /// The mesh.
    pub mesh: MeshId,
    /// Its cluster.
    pub cluster: Istr,
    /// Why its clients can see nothing.
    pub refusal: Option<Rejection>,
    /// What is to be said about it.
    pub warnings: Vec<Warning>,
}

/// What a mesh itself must know of its membership.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Standing {
    /// The virtual mesh.
    pub virtual_mesh: InputRef,
    /// The generation in force.
    pub generation: i64,
    /// The text in force, unless it cannot be copied.
    pub spec: Option<Arc<VirtualMeshSpec>>,
    /// Whether everything is forbidden that no access policy allows.
    pub denies_by_default: bool,
    /// How many meshes the virtual mesh has.
    pub members: usize,
    /// The lists of an earlier text, if that is in force.
    pub restored: Option<Arc<Sharing>>,
    /// Whether anything is shown to anybody.
    pub shows: bool,
    /// The last part of host names, and whether gateways are needed at all.
    pub entry: Option<Entry>,
    /// What is wrong for this mesh.
    pub errors: Vec<Rejection>,
    /// What is to be said about this mesh.
    pub warnings: Vec<Warning>,
}

/// What the gateways of a mesh take in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    /// The last part of the host names of the mesh's destinations.
    pub suffix: Istr,
}
