//! Finds out to which virtual mesh a mesh belongs, and what of it is in force there.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::api::{AppliedVirtualMesh, VirtualMeshSpec};
use crate::backend::{Backend, Objection};
use crate::check::Checks;
use crate::context::Context;
use crate::id::InputRef;
use crate::index::{Mesh, MeshId, TextId, VirtualMesh};
use crate::model::membership::{Entry, Standing};
use crate::model::{self, Gateway, Membership, Neighbor, Part, Sharing};
use crate::rejection::{Rejection, Warning};
use crate::resolve::{gateway, suffix, virtual_mesh};

/// How a mesh takes part in a virtual mesh. The parts change for different reasons, and different units ask
/// for them.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Member {
    pub membership: Membership,
    pub standing: Standing,
    pub gateways: Vec<Gateway>,
}

/// Finds out of what a mesh is a part, if of anything.
pub(crate) fn resolve(cx: Context<'_>, id: MeshId) -> Option<Member> {
    let mesh = cx.mesh(id)?;
    let revisions = cx.revisions(mesh);
    let owner = owner(cx, &revisions)?;
    let stored = stored(cx, &revisions, owner);
    let in_force = InForce::of(owner, stored.as_ref(), |members, sharing| {
        suffix::refusal(cx, mesh, members, &sharing.said()?.federation.suffix)
    })?;
    let InForce { text, members, sharing, denies_by_default, is_last_good, refused } = &in_force;
    let backend = cx.backend_for(mesh);
    let (neighbors, trust_domains) = neighbors(cx, backend, mesh, &revisions, owner, &in_force);
    let mut errors: Vec<Rejection> = refused.iter().cloned().collect();
    let mut warnings = Vec::new();
    let sharing_here = sharing.said().cloned().unwrap_or_default();
    // Whether traffic from other clusters comes in by a gateway. If not, gateways are known only so that they stay
    // open.
    let is_entered = *sharing != Part::Refused && members.len() >= 2 && !sharing_here.federation.flat_network;
    let mut gateways = Vec::new();
    if let Some(reason) = mesh.lacks() {
        errors.push(Rejection::Unfit { destination: mesh.input.clone(), reason });
    } else if backend.is_none() {
        let reason = format!("mesh type {} is not supported", mesh.platform.word());
        warnings.push(Warning::NotTranslated { reason });
    } else {
        let found = gateway::find(cx, mesh, &sharing_here.gateways);
        gateways = found.gateways;
        if is_entered {
            errors.extend(found.errors);
            warnings.extend(found.warnings);
        }
        if sharing_here.exports.is_empty() {
            // Nothing is shown to anybody, so nobody misses a gateway.
            errors.retain(|error| !matches!(error, Rejection::GatewayMissing { .. }));
        }
    }
    let (generation, spec) = match &stored {
        Some(stored) if *is_last_good => {
            warnings.insert(0, Warning::LastGood { generation: stored.generation });
            (stored.generation, Some(Arc::clone(&stored.spec)))
        }
        _ => (owner.generation, owner.spec.clone()),
    };
    Some(Member {
        membership: Membership {
            virtual_mesh: owner.input.clone(),
            federation: sharing.said().map(|sharing| Arc::clone(&sharing.federation)),
            text: *text,
            neighbors,
            trust_domains,
            gateways: match sharing {
                Part::Refused => Vec::new(),
                Part::Absent | Part::Said(_) => gateways.iter().map(|gateway| gateway.id).collect(),
            },
        },
        standing: Standing {
            virtual_mesh: owner.input.clone(),
            generation,
            spec,
            denies_by_default: *denies_by_default && mesh.lacks().is_none(),
            members: members.len(),
            restored: sharing.said().filter(|_| text.stored_for.is_some()).cloned(),
            shows: sharing.said().is_some_and(|sharing| !sharing.exports.is_empty()),
            entry: is_entered.then(|| Entry { suffix: sharing_here.federation.suffix.clone() }),
            errors,
            warnings,
        },
        gateways,
    })
}

/// The virtual mesh to which the revisions of a mesh belong: the one that has it, if it still lists it; else the
/// one that was accepted before, the older one, the one whose key comes first.
pub(crate) fn owner<'a>(cx: Context<'a>, revisions: &[&Mesh]) -> Option<&'a VirtualMesh> {
    let mut holders = BTreeSet::new();
    let mut candidates: Vec<&VirtualMesh> = Vec::new();
    for mesh in revisions {
        candidates.extend(cx.listing(mesh.id));
        if let Some(holder) = cx.applied_to(mesh.id).and_then(|applied| cx.virtual_mesh_applied(applied)) {
            holders.insert(holder.id);
            // What cannot be decoded stays where it was.
            candidates.extend(holder.version.is_none().then_some(holder));
        }
    }
    candidates.into_iter().min_by(|a, b| {
        let rank = |it: &VirtualMesh| (!holders.contains(&it.id), !it.was_accepted, it.created.is_none());
        rank(a)
            .cmp(&rank(b))
            .then_with(|| a.created.cmp(&b.created))
            .then_with(|| (&a.key, &a.input).cmp(&(&b.key, &b.input)))
    })
}

/// An earlier text that is in force for a mesh.
struct Stored {
    text: TextId,
    generation: i64,
    spec: Arc<VirtualMeshSpec>,
    version: model::VirtualMesh,
}

/// What an earlier run left of a virtual mesh in force for one of the revisions, if the text was another one.
fn stored(cx: Context<'_>, revisions: &[&Mesh], owner: &VirtualMesh) -> Option<Stored> {
    let (mesh, applied) = revisions.iter().find_map(|mesh| {
        let applied = cx.applied_to(mesh.id)?;
        (cx.virtual_mesh_applied(applied)?.id == owner.id).then_some((mesh, applied))
    })?;
    let AppliedVirtualMesh { reference: _, observed_generation, spec } = applied;
    let differs = *observed_generation != owner.generation || owner.version.is_none();
    let spec = spec.as_ref().filter(|_| differs)?;
    let annotations = owner.object.as_ref().and_then(|object| object.metadata.annotations.as_ref());
    // What was in force was right then; references that lead nowhere by now say so where they are used.
    let mut checks = Checks::default();
    let version = virtual_mesh::version(cx, annotations, *observed_generation, spec, &mut checks);
    Some(Stored {
        text: TextId { virtual_mesh: owner.id, stored_for: Some(mesh.id) },
        generation: *observed_generation,
        spec: Arc::clone(spec),
        version,
    })
}

/// What of a virtual mesh is in force for a mesh: each part of the current text that is right, else that of an
/// earlier one.
struct InForce {
    text: TextId,
    members: Vec<MeshId>,
    sharing: Part<Arc<Sharing>>,
    denies_by_default: bool,
    is_last_good: bool,
    /// Why the sharing of the newest text is refused here, if that depends on the mesh.
    refused: Option<Rejection>,
}

impl InForce {
    /// `refusal` tells whether a mesh with these fellow members can have a sharing.
    fn of(
        owner: &VirtualMesh,
        stored: Option<&Stored>,
        refusal: impl Fn(&[MeshId], &Part<Arc<Sharing>>) -> Option<Rejection>,
    ) -> Option<Self> {
        let current = TextId { virtual_mesh: owner.id, stored_for: None };
        let Some(version) = &owner.version else {
            let Stored { text, version, .. } = stored?;
            let refused = refusal(&version.members, &version.sharing);
            return Some(Self {
                text: *text,
                members: version.members.clone(),
                sharing: if refused.is_some() { Part::Refused } else { version.sharing.clone() },
                denies_by_default: version.denies_by_default,
                is_last_good: true,
                refused,
            });
        };
        let refused = refusal(&version.members, &version.sharing);
        let is_refused = refused.is_some() || version.sharing == Part::Refused;
        let earlier = stored.filter(|stored| {
            let sharing = &stored.version.sharing;
            is_refused && *sharing != Part::Refused && refusal(&version.members, sharing).is_none()
        });
        let (text, sharing) = match earlier {
            Some(stored) => (stored.text, stored.version.sharing.clone()),
            None if is_refused => (current, Part::Refused),
            None => (current, version.sharing.clone()),
        };
        Some(Self {
            text,
            members: version.members.clone(),
            sharing,
            denies_by_default: version.denies_by_default,
            is_last_good: earlier.is_some(),
            refused,
        })
    }
}

/// The other members with what speaks against them as clients, and the trust domains of all.
fn neighbors(
    cx: Context<'_>,
    backend: Option<&dyn Backend>,
    mesh: &Mesh,
    revisions: &[&Mesh],
    owner_here: &VirtualMesh,
    in_force: &InForce,
) -> (Vec<Neighbor>, Vec<crate::Istr>) {
    let mut trust_domains = BTreeSet::new();
    let mut add = |mesh: &Mesh| {
        if mesh.has_identities() {
            trust_domains.extend(mesh.trust_domains.first().cloned());
        }
    };
    for revision in revisions {
        add(revision);
    }
    let mut neighbors: Vec<(&crate::Istr, Neighbor)> = Vec::new();
    for id in &in_force.members {
        let Some(other) = cx.mesh(*id) else { continue };
        if revisions.iter().any(|revision| revision.id == *id) {
            continue;
        }
        let elsewhere = owner(cx, &cx.revisions(other)).is_none_or(|owner| owner.id != owner_here.id);
        if elsewhere {
            continue;
        }
        add(other);
        let mut warnings = Vec::new();
        let mut refusal = None;
        if let Some(reason) = other.lacks() {
            refusal = Some(Rejection::Unfit { destination: other.input.clone(), reason });
        } else if other.platform != mesh.platform {
            refusal = Some(Rejection::OtherMeshKind {
                mesh: other.input.clone(),
                platform: other.platform.word(),
                home_platform: mesh.platform.word(),
            });
        } else if let (Some(backend), Part::Said(sharing)) = (backend, &in_force.sharing) {
            for objection in backend.host_objections(other, &sharing.federation.suffix) {
                match objection {
                    Objection::Reject(rejection) => refusal = refusal.or(Some(rejection)),
                    Objection::Warn(warning) | Objection::Note(warning) => warnings.push(warning),
                }
            }
        }
        neighbors
            .push((&other.key, Neighbor { mesh: *id, cluster: other.cluster.clone(), refusal, warnings }));
    }
    neighbors.sort_by_key(|(key, _)| *key);
    (neighbors.into_iter().map(|(_, neighbor)| neighbor).collect(), trust_domains.into_iter().collect())
}

/// Why a mesh that a virtual mesh lists has nothing of it, if that is so.
pub(crate) fn missing(
    cx: Context<'_>,
    id: MeshId,
    name: &InputRef,
    wants: &VirtualMesh,
) -> Option<Rejection> {
    let Some(mesh) = cx.mesh(id) else {
        let reference = crate::name::object_key(&name.name, &name.namespace, "");
        return Some(Rejection::RefNotFound { field: "spec.meshes".to_owned(), kind: "mesh", reference });
    };
    let owner = owner(cx, &cx.revisions(mesh))?;
    (owner.id != wants.id)
        .then(|| Rejection::MeshTaken { mesh: mesh.input.clone(), by: Box::new(owner.input.clone()) })
}
