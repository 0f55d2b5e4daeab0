//! Virtual destinations.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use indexmap::IndexMap;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;

use crate::Istr;
use crate::api;
use crate::check::Checks;
use crate::id::InputRef;
use crate::index::MeshId;
use crate::index::arena::{Arena, Id, Keyed};
use crate::index::selection::Selections;
use crate::model::Failover;
use crate::rejection::Rejection;

/// Names a virtual destination in the index.
pub type VirtualDestinationId = Id<VirtualDestination>;

/// Who comes first where two virtual destinations want the same: the older one, then the one whose key does.
pub(crate) type Age = (bool, Option<Time>, Istr);

/// A virtual destination.
#[derive(Debug)]
pub struct VirtualDestination {
    /// Its id.
    pub id: VirtualDestinationId,
    /// Its name.
    pub input: InputRef,
    /// Its key in statuses.
    pub key: Istr,
    pub(crate) created: Option<Time>,
    /// The object as it was last read.
    pub(crate) object: Option<Arc<api::VirtualDestination>>,
    /// Its generation, and why the present text cannot be decoded, if so.
    pub(crate) generation: i64,
    pub(crate) broken: Option<Rejection>,
    /// What it comes to, if to anything; found out after everything is in place.
    pub(crate) failover: Option<Failover>,
    /// What is to be said about it.
    pub(crate) checks: Checks,
    /// What is to be said about single meshes.
    pub(crate) meshes: BTreeMap<MeshId, Checks>,
}

impl Keyed for VirtualDestination {
    fn input(&self) -> &InputRef {
        &self.input
    }

    fn key(&self) -> &Istr {
        &self.key
    }
}

impl VirtualDestination {
    pub(crate) fn age(&self) -> Age {
        (self.created.is_none(), self.created.clone(), self.key.clone())
    }

    /// The host name that it asks for.
    pub(crate) fn hostname(&self) -> Option<&Istr> {
        self.object.as_ref().map(|object| &object.spec.hostname)
    }
}

/// All virtual destinations.
#[derive(Debug, Default)]
pub(crate) struct VirtualDestinations {
    pub arena: Arena<VirtualDestination>,
    /// What their selectors and references mean.
    pub backings: Selections<VirtualDestinationId>,
    /// Those that ask for a host name.
    pub by_hostname: IndexMap<Istr, Vec<VirtualDestinationId>>,
    /// Those that a mesh has to do with.
    pub by_mesh: BTreeMap<MeshId, BTreeSet<VirtualDestinationId>>,
}

impl VirtualDestinations {
    /// Puts what a virtual destination comes to in place; tells which meshes have, or had, to do with it.
    pub fn set_failover(&mut self, id: VirtualDestinationId, failover: Option<Failover>) -> BTreeSet<MeshId> {
        let Some(virtual_destination) = self.arena.find_mut(id) else { return BTreeSet::new() };
        let before = std::mem::replace(&mut virtual_destination.failover, failover);
        let (old, new) = (meshes(before.as_ref()), meshes(virtual_destination.failover.as_ref()));
        self.move_between(id, &old, &new);
        old.into_iter().chain(new).collect()
    }

    /// Forgets what a virtual destination came to.
    pub fn forget(&mut self, id: VirtualDestinationId, failover: Option<&Failover>) {
        self.move_between(id, &meshes(failover), &BTreeSet::new());
    }

    fn move_between(&mut self, id: VirtualDestinationId, old: &BTreeSet<MeshId>, new: &BTreeSet<MeshId>) {
        for mesh in old.difference(new) {
            if let Some(all) = self.by_mesh.get_mut(mesh) {
                all.remove(&id);
                if all.is_empty() {
                    self.by_mesh.remove(mesh);
                }
            }
        }
        for mesh in new.difference(old) {
            self.by_mesh.entry(*mesh).or_default().insert(id);
        }
    }

    /// Asks for a host name, or no longer.
    pub fn name(&mut self, id: VirtualDestinationId, before: Option<&Istr>, after: Option<&Istr>) {
        if before == after {
            return;
        }
        if let Some(before) = before
            && let Some(all) = self.by_hostname.get_mut(before)
        {
            all.retain(|other| *other != id);
            if all.is_empty() {
                self.by_hostname.swap_remove(before);
            }
        }
        if let Some(after) = after {
            self.by_hostname.entry(after.clone()).or_default().push(id);
        }
    }
}

/// The meshes that a virtual destination has to do with.
pub(crate) fn meshes(failover: Option<&Failover>) -> BTreeSet<MeshId> {
    let clients = failover.into_iter().flat_map(|it| it.clients.iter().map(|client| client.mesh));
    let homes = failover.into_iter().flat_map(|it| it.backings.iter().map(|backing| backing.mesh));
    clients.chain(homes).collect()
}
