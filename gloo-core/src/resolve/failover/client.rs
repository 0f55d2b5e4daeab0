//! Finds the meshes that see a virtual destination, what they have in common, and what speaks against each.

use std::collections::BTreeSet;

use super::Reader;
use crate::Istr;
use crate::api::ObjectRef;
use crate::backend::Objection;
use crate::check::Checks;
use crate::id::{InputKind, InputRef};
use crate::index::Mesh;
use crate::model::failover::{Failover, FailoverClient, Reach};
use crate::model::virtual_mesh::DEFAULT_SUFFIX;
use crate::model::{Federation, Keepalive, Membership};
use crate::name::object_key;
use crate::rejection::Rejection;

/// What the meshes concerned have in common.
pub(super) struct Group {
    pub virtual_mesh: Option<InputRef>,
    pub suffix: Istr,
    pub keepalive: Option<Keepalive>,
}

impl<'a> Reader<'a> {
    /// The meshes that are to see it, in the order of keys.
    pub(super) fn clients(&mut self) -> Option<Vec<&'a Mesh>> {
        let mut clients: Vec<&Mesh> = Vec::new();
        if let Some(name) = &self.spec.virtual_mesh {
            let Some(virtual_mesh) = self.cx.virtual_mesh_named(name) else {
                let reference = object_key(&name.name, &name.namespace, "");
                let field = "spec.virtualMesh".to_owned();
                self.checks.reject(Rejection::RefNotFound { field, kind: "virtual mesh", reference });
                return None;
            };
            // Who belongs to it counts, not whom its text lists: that may be unreadable just now.
            clients.extend(self.cx.members_of(virtual_mesh.id));
        } else if let Some(list) = &self.spec.mesh_list {
            for (position, name) in list.meshes.iter().enumerate() {
                clients.extend(self.listed(name, position));
            }
        } else {
            self.checks.invalid("spec", "exported to nobody", "virtualMesh or meshList");
            return None;
        }
        clients.sort_by(|a, b| a.key.cmp(&b.key));
        clients.dedup_by_key(|mesh| mesh.id);
        if clients.is_empty() {
            let field = if self.spec.mesh_list.is_some() { "spec.meshList" } else { "spec.virtualMesh" };
            self.checks.invalid(field, "a choice of no mesh", "meshes that exist");
            return None;
        }
        Some(clients)
    }

    /// A mesh that is listed; if it is not there, that concerns no other mesh.
    fn listed(&mut self, name: &ObjectRef, position: usize) -> Option<&'a Mesh> {
        let input = InputRef::new(InputKind::Mesh, name.namespace.clone(), name.name.clone());
        let id = self.cx.mesh_named(&input);
        let mesh = id.and_then(|id| self.cx.mesh(id));
        if mesh.is_none() {
            let reference = object_key(&name.name, &name.namespace, "");
            let field = format!("spec.meshList.meshes[{position}]");
            let rejection = Rejection::RefNotFound { field, kind: "mesh", reference };
            match id {
                Some(id) => self.meshes.entry(id).or_default().reject(rejection),
                None => self.checks.reject(rejection),
            }
        }
        mesh
    }

    /// What the meshes have in common; they must belong together.
    pub(super) fn group(&mut self, clients: &[&Mesh]) -> Option<Group> {
        let memberships: Vec<_> = clients.iter().map(|mesh| self.cx.membership(mesh.id)).collect();
        let names: BTreeSet<Option<&InputRef>> =
            memberships.iter().map(|it| it.map(|it| &it.virtual_mesh)).collect();
        if names.len() > 1 || (names.contains(&None) && clients.len() > 1) {
            let field = "spec.meshList.meshes";
            self.checks.invalid(field, "meshes of different virtual meshes", "meshes of one virtual mesh");
            return None;
        }
        let membership = memberships.first().copied().flatten();
        let federation = membership.and_then(|membership| self.federation(membership));
        Some(Group {
            virtual_mesh: membership.map(|it| it.virtual_mesh.clone()),
            suffix: federation.map_or_else(|| DEFAULT_SUFFIX.into(), |it| it.suffix.clone()),
            keepalive: federation.and_then(|it| it.keepalive),
        })
    }

    /// What is in force of a federation. Where earlier texts are, they can differ from mesh to mesh, but clients
    /// send one name to all gateways: that of the first member, by key, at which any is in force.
    fn federation(&self, membership: &Membership) -> Option<&'a Federation> {
        let mut members: Vec<&Mesh> = self.cx.members_of(membership.text.virtual_mesh).collect();
        members.sort_by(|a, b| a.key.cmp(&b.key));
        members.into_iter().find_map(|mesh| self.cx.membership(mesh.id)?.federation.as_deref())
    }

    /// The meshes in which it takes effect, with a verdict on each.
    pub(super) fn seen_by(&mut self, failover: &Failover, clients: &[&'a Mesh]) -> Vec<FailoverClient> {
        let mut seen: Vec<FailoverClient> = Vec::new();
        for mesh in clients {
            let mut checks = Checks::default();
            self.check_client(failover, mesh, &mut checks);
            let accepted = checks.errors.is_empty();
            self.meshes.insert(mesh.id, checks);
            // Two meshes of one cluster read the same configuration.
            if accepted && !seen.iter().any(|client| client.cluster == mesh.cluster) {
                seen.push(FailoverClient {
                    mesh: mesh.id,
                    cluster: mesh.cluster.clone(),
                    region: mesh.region.clone(),
                });
            }
        }
        seen
    }

    fn check_client(&self, failover: &Failover, mesh: &'a Mesh, checks: &mut Checks) {
        if mesh.cluster.is_empty() {
            let reason = "names no cluster";
            checks.reject(Rejection::Unfit { destination: mesh.input.clone(), reason });
            return;
        }
        let Some(backend) = self.cx.backend_for(mesh) else {
            let reason = format!("mesh type {} is not supported", mesh.platform.word());
            let context = format!("in {}: {reason}", mesh.input);
            checks.reject(Rejection::Unsupported { field: "spec".to_owned(), context });
            return;
        };
        let objections = backend.host_objections(mesh, &failover.hostname);
        for objection in objections.into_iter().chain(backend.failover_objections(mesh, failover)) {
            match objection {
                Objection::Reject(rejection) => checks.reject(rejection),
                Objection::Warn(warning) | Objection::Note(warning) => checks.warn(warning),
            }
        }
        self.check_holder(failover, mesh, checks);
        let mut unreachable =
            failover.backings.iter().filter(|it| it.cluster != mesh.cluster && it.reach == Reach::Nothing);
        let (left_out, all) = (unreachable.clone().count(), failover.backings.len());
        if left_out == all {
            if let Some(home) = unreachable.next().and_then(|backing| self.cx.mesh(backing.mesh)) {
                checks.reject(Rejection::GatewayMissing { mesh: home.input.clone() });
            }
            return;
        }
        for backing in unreachable {
            let reason = if self.cx.gateways(backing.mesh).is_empty() {
                "its mesh has no gateway for traffic from other clusters"
            } else {
                "no federation is in force at its mesh"
            };
            checks.unwise("spec", format!("{} is left out: {reason}", backing.input));
        }
    }
}
