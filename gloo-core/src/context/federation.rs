//! Questions about virtual meshes, gateways, and what is reached across clusters.

use core::net::Ipv4Addr;

use super::Context;
use crate::Istr;
use crate::api::{
    AppliedIngressGateway, AppliedVirtualMesh, ClusterObjectRef, DestinationSelector, ObjectRef,
};
use crate::id::{InputKind, InputRef};
use crate::index::{
    Claim, Destination, DestinationId, Entrance, ExportId, Mesh, MeshId, VirtualDestination,
    VirtualDestinationId, VirtualMesh, VirtualMeshId,
};
use crate::model::membership::Standing;
use crate::model::{Export, Failover, Gateway, Membership};
use crate::reads::Question;

impl<'a> Context<'a> {
    /// The address that stands for a service in clusters where it has none.
    pub fn address_of(self, service: &ClusterObjectRef) -> Ipv4Addr {
        self.address(&Claim::of_service(service))
    }

    /// The name under which objects about a service are written in other clusters.
    pub fn name_elsewhere(self, service: &ClusterObjectRef) -> Istr {
        self.name_of(&Claim::of_service(service))
    }

    /// The name under which objects about something are written.
    pub(crate) fn name_of(self, claim: &Claim) -> Istr {
        self.reads.note(Question::Address(claim.key()));
        self.index.addresses.name_of(claim).into()
    }

    /// Whether the address that follows from the name of a service alone belongs to another name.
    pub(crate) fn has_other_address(self, service: &ClusterObjectRef) -> bool {
        self.is_displaced(&Claim::of_service(service))
    }

    /// Whether the address that follows from a name alone belongs to another name.
    pub(crate) fn is_displaced(self, claim: &Claim) -> bool {
        self.reads.note(Question::Address(claim.key()));
        self.index.addresses.is_displaced(claim)
    }

    pub(crate) fn address(self, claim: &Claim) -> Ipv4Addr {
        self.reads.note(Question::Address(claim.key()));
        self.index.addresses.of(claim)
    }

    /// A virtual destination that clients in `cluster` can reach.
    pub fn virtual_destination(self, id: VirtualDestinationId, cluster: &str) -> Option<&'a Failover> {
        let failover = self.failover(id)?;
        failover.clients.iter().any(|client| &*client.cluster == cluster).then_some(failover)
    }

    pub(crate) fn failover(self, id: VirtualDestinationId) -> Option<&'a Failover> {
        self.reads.note(Question::Failover(id));
        self.index.virtual_destinations.arena.find(id)?.failover.as_ref()
    }

    /// The gateways that take traffic from other clusters into a mesh.
    pub fn gateways(self, mesh: MeshId) -> &'a [Gateway] {
        self.reads.note(Question::Gateways(mesh));
        self.index.virtual_meshes.members.get(&mesh).map_or(&[], |member| &member.gateways)
    }

    /// How a mesh takes part in a virtual mesh.
    pub fn membership(self, mesh: MeshId) -> Option<&'a Membership> {
        self.reads.note(Question::Membership(mesh));
        self.index.virtual_meshes.members.get(&mesh).map(|member| &member.membership)
    }

    pub(crate) fn standing(self, mesh: MeshId) -> Option<&'a Standing> {
        self.reads.note(Question::Standing(mesh));
        self.index.virtual_meshes.members.get(&mesh).map(|member| &member.standing)
    }

    /// The name of a mesh that is named somewhere, whether it exists or not.
    pub(crate) fn name_of_mesh(self, mesh: MeshId) -> Option<&'a InputRef> {
        self.index.meshes.name_of(mesh)
    }

    /// The key of a virtual destination, which never changes.
    pub(crate) fn key_of_virtual_destination(self, id: VirtualDestinationId) -> Option<&'a Istr> {
        self.index.virtual_destinations.arena.find(id).map(|it| &it.key)
    }

    /// The generation of a virtual destination.
    pub(crate) fn generation_of_virtual_destination(self, id: VirtualDestinationId) -> i64 {
        self.reads.note(Question::Failover(id));
        self.index.virtual_destinations.arena.find(id).map_or(0, |it| it.generation)
    }

    /// The id of a mesh that is named somewhere, whether it exists or not.
    pub(crate) fn mesh_named(self, input: &InputRef) -> Option<MeshId> {
        self.index.meshes.id_of(input)
    }

    /// The virtual meshes that list a mesh.
    pub(crate) fn listing(self, mesh: MeshId) -> impl Iterator<Item = &'a VirtualMesh> {
        self.reads.note(Question::Listing(mesh));
        let ids = self.index.virtual_meshes.listing.get(&mesh).into_iter().flatten();
        ids.filter_map(move |id| self.virtual_mesh(*id))
    }

    pub(crate) fn virtual_mesh(self, id: VirtualMeshId) -> Option<&'a VirtualMesh> {
        self.reads.note(Question::VirtualMesh(id));
        self.index.virtual_meshes.arena.find(id)
    }

    /// The virtual mesh of a name.
    pub(crate) fn virtual_mesh_named(self, name: &ObjectRef) -> Option<&'a VirtualMesh> {
        let input = InputRef::new(InputKind::VirtualMesh, name.namespace.clone(), name.name.clone());
        self.virtual_mesh(self.index.virtual_meshes.arena.id_of(&input)?)
    }

    /// The meshes that belong to a virtual mesh, in no particular order.
    pub(crate) fn members_of(self, virtual_mesh: VirtualMeshId) -> impl Iterator<Item = &'a Mesh> {
        self.reads.note(Question::Members(virtual_mesh));
        let members = self.index.virtual_meshes.members.iter();
        let members = members.filter(move |(_, it)| it.membership.text.virtual_mesh == virtual_mesh);
        members.filter_map(move |(mesh, _)| self.mesh(*mesh))
    }

    /// What an earlier run left in force for a mesh.
    pub(crate) fn applied_to(self, mesh: MeshId) -> Option<&'a AppliedVirtualMesh> {
        self.reads.note(Question::Applied(mesh));
        self.index.meshes.find(mesh)?.object.status.as_ref()?.applied_virtual_mesh.as_ref()
    }

    /// The virtual mesh that an earlier run left in force, if it is still there.
    pub(crate) fn virtual_mesh_applied(self, applied: &AppliedVirtualMesh) -> Option<&'a VirtualMesh> {
        self.virtual_mesh_named(applied.reference.as_ref()?)
    }

    /// The gateways that an earlier run found.
    pub(crate) fn applied_gateways(self, mesh: MeshId) -> &'a [AppliedIngressGateway] {
        self.reads.note(Question::Applied(mesh));
        let mesh = self.index.meshes.find(mesh);
        let status = mesh.and_then(|mesh| mesh.object.status.as_ref());
        status.map_or(&[], |status| &status.applied_east_west_ingress_gateways)
    }

    /// The lists of virtual meshes on which a destination is.
    pub(crate) fn exports_of(self, destination: DestinationId) -> &'a [ExportId] {
        self.reads.note(Question::Exports(destination));
        self.index.virtual_meshes.exporting(destination)
    }

    /// One list of a virtual mesh on which some destination is; who asks has asked for the lists of the
    /// destination.
    pub(crate) fn export(self, id: ExportId) -> Option<&'a Export> {
        self.index.virtual_meshes.find_export(id)
    }

    /// The destinations of a mesh, in all its revisions, that selectors mean.
    pub(crate) fn services_of(
        self,
        mesh: &'a Mesh,
        selectors: &[DestinationSelector],
    ) -> impl Iterator<Item = &'a Destination> {
        let revisions: Vec<MeshId> = self.revisions(mesh).iter().map(|mesh| mesh.id).collect();
        for mesh in &revisions {
            self.reads.note(Question::Services(*mesh));
        }
        let selected = self.index.destinations.select(selectors).into_iter();
        let selected = selected.filter_map(move |id| self.index.destinations.find(id));
        selected.filter(move |it| it.mesh.is_some_and(|mesh| revisions.contains(&mesh)))
    }

    /// The destinations of a mesh, in all its revisions, that may be its gateways, in the order of keys.
    pub(crate) fn gateway_candidates(self, mesh: &'a Mesh) -> Vec<&'a Destination> {
        let mut ids = Vec::new();
        for mesh in self.revisions(mesh) {
            self.reads.note(Question::GatewayCandidates(mesh.id));
            ids.extend_from_slice(self.index.destinations.gateways_of(mesh.id));
        }
        self.index.destinations.arena().sort(&mut ids);
        ids.into_iter().filter_map(|id| self.destination(id)).collect()
    }

    /// How a destination is reached from outside of its cluster.
    pub(crate) fn entrance(self, destination: &'a Destination) -> Entrance<'a> {
        self.reads.note(Question::Entrance(destination.id));
        destination.entrance()
    }

    /// The virtual destination of a name.
    pub(crate) fn virtual_destination_named(
        self,
        namespace: &Istr,
        name: &Istr,
    ) -> Option<&'a VirtualDestination> {
        self.reads.note(Question::VirtualDestination(namespace, name));
        let input = InputRef::new(InputKind::VirtualDestination, namespace.clone(), name.clone());
        let arena = &self.index.virtual_destinations.arena;
        arena.id_of(&input).and_then(|id| arena.find(id))
    }

    /// The virtual destinations that ask for a host name.
    pub(crate) fn virtual_destinations_named(
        self,
        hostname: &Istr,
    ) -> impl Iterator<Item = &'a VirtualDestination> {
        self.reads.note(Question::HostsNamed(hostname));
        let all = &self.index.virtual_destinations;
        let ids = all.by_hostname.get(hostname).into_iter().flatten();
        ids.filter_map(|id| all.arena.find(*id))
    }

    /// The destinations that a virtual destination selects or names.
    pub(crate) fn backings_of(self, id: VirtualDestinationId) -> impl Iterator<Item = &'a Destination> {
        self.reads.note(Question::Backings(id));
        let selected = self.index.virtual_destinations.backings.selected(id).iter();
        selected.filter_map(move |id| self.destination(*id))
    }

    /// The virtual destinations that a mesh has to do with.
    pub(crate) fn failovers_in(self, mesh: MeshId) -> impl Iterator<Item = &'a Failover> {
        self.reads.note(Question::FailoversIn(mesh));
        let ids = self.index.virtual_destinations.by_mesh.get(&mesh).into_iter().flatten();
        ids.filter_map(move |id| self.failover(*id))
    }

    /// The service of a cluster whose own host name this is, in full or without its end.
    pub(crate) fn service_named(self, hostname: &str, cluster: &Istr) -> Option<&'a Destination> {
        let mut parts = hostname.splitn(3, '.');
        let (name, namespace) = (parts.next()?, parts.next()?);
        match parts.next() {
            None | Some("svc") => (),
            Some(end) if end.strip_prefix("svc.") == Some(&*self.cluster_domain(cluster)) => (),
            Some(_) => return None,
        }
        self.destination_of(&ClusterObjectRef {
            name: name.into(),
            namespace: namespace.into(),
            cluster_name: cluster.clone(),
        })
    }

    /// How names within a cluster end.
    pub(crate) fn cluster_domain(self, cluster: &str) -> Istr {
        self.reads.note(Question::Domain(cluster));
        self.index.cluster_domain(cluster)
    }

    /// The mesh that a destination says it belongs to, known or not.
    pub(crate) fn mesh_id_of(self, destination: DestinationId) -> Option<MeshId> {
        self.reads.note(Question::MeshOf(destination));
        self.index.destinations.find(destination)?.mesh
    }
}
