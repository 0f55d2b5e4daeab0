//! What a unit of work may look at: every question that decisions and backends ask goes through here.

use std::sync::Arc;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;

use crate::Istr;
use crate::api::{ClusterObjectRef, TlsMode};
use crate::check::Checks;
use crate::id::{InputRef, OutputRef};
use crate::index::{
    Checked, Destination, DestinationId, Endpoints, ExternalDestination, Index, Mesh, MeshId, Ranked,
    UserObject, Workload,
};
use crate::istr::Labels;
use crate::model::{Request, Source};
use crate::reads::{Question, Reads};
use crate::rejection::{Rejection, Warning};
use crate::resolve::Demands;
use crate::snapshot::{Options, RawRef, Strictness};

/// A view of the world that is cheap to copy.
///
/// Units of work see the world only through its methods. Each method notes what was asked, also where there
/// was no answer, so that a unit runs again when an answer changes and only then.
#[derive(Clone, Copy, Debug)]
pub struct Context<'a> {
    index: &'a Index,
    demands: &'a Demands,
    reads: &'a Reads,
}

impl<'a> Context<'a> {
    pub(crate) fn new(index: &'a Index, demands: &'a Demands, reads: &'a Reads) -> Self {
        Self { index, demands, reads }
    }

    /// The options of the translation.
    pub fn options(self) -> &'a Options {
        &self.index.options
    }

    /// The management namespace, which owns every output.
    pub fn owner(self) -> &'a Istr {
        &self.index.owner
    }

    /// The TLS mode that the settings ask for.
    pub fn default_tls(self) -> Option<TlsMode> {
        self.reads.note(Question::Settings);
        self.index.settings.default_tls
    }

    /// The settings object, if there is one.
    pub fn settings(self) -> Option<&'a InputRef> {
        self.reads.note(Question::Settings);
        self.index.settings.input.as_ref()
    }

    /// The destination with this id.
    pub fn destination(self, id: DestinationId) -> Option<&'a Destination> {
        self.reads.note(Question::Destination(id));
        self.index.destinations.find(id)
    }

    /// The destination of a service.
    pub fn destination_of(self, service: &ClusterObjectRef) -> Option<&'a Destination> {
        self.reads.note(Question::Service(service));
        let found = self.index.destinations.of_service(service)?;
        self.destination(found.id)
    }

    /// The instances behind a service.
    pub fn endpoints(self, destination: DestinationId) -> Option<Endpoints<'a>> {
        self.reads.note(Question::Endpoints(destination));
        self.index.destinations.find(destination).map(Destination::endpoints)
    }

    /// Another destination that selects the same workloads.
    pub fn sharing_workloads(self, destination: &Destination) -> Option<&'a Destination> {
        if let Some((key, value)) = destination.pod_selector().first_key_value() {
            let ClusterObjectRef { cluster_name, namespace, .. } = &destination.service;
            self.reads.note(Question::Pods(cluster_name, namespace, key, value));
        }
        self.index.destinations.sharing_workloads(destination)
    }

    /// The mesh with this id.
    pub fn mesh(self, id: MeshId) -> Option<&'a Mesh> {
        self.reads.note(Question::Mesh(id));
        self.index.meshes.find(id)
    }

    /// The mesh of a destination.
    pub fn mesh_of(self, destination: &Destination) -> Option<&'a Mesh> {
        destination.mesh.and_then(|mesh| self.mesh(mesh))
    }

    /// All meshes, in the order of their keys.
    pub fn meshes(self) -> impl Iterator<Item = &'a Mesh> {
        self.reads.note(Question::Meshes);
        self.index.meshes.iter()
    }

    /// The meshes in a cluster, in the order of their keys.
    pub fn meshes_in(self, cluster: &str) -> impl Iterator<Item = &'a Mesh> {
        self.reads.note(Question::MeshesIn(cluster));
        let ids = self.index.meshes_by_cluster.get(cluster).into_iter().flatten();
        ids.filter_map(move |id| self.index.meshes.find(*id))
    }

    /// Workloads with a label, in one namespace of one cluster, in the order of their keys.
    pub fn workloads_with_label(
        self,
        cluster: &'a str,
        namespace: &'a str,
        key: &str,
        value: &str,
    ) -> impl Iterator<Item = &'a Workload> {
        let workloads = self.workloads_with(key, value).iter().map(|(_, workload)| workload);
        workloads.filter(move |workload| {
            let at = workload.controller();
            at.is_some_and(|at| &*at.cluster_name == cluster && &*at.namespace == namespace)
        })
    }

    /// Clusters whose clients can reach a destination, its own first.
    pub fn consumers(self, destination: &Destination) -> Vec<Istr> {
        vec![destination.service.cluster_name.clone()]
    }

    /// Whether clients in `cluster` can reach a destination.
    pub fn reaches(self, destination: DestinationId, cluster: &str) -> bool {
        let destination = self.destination(destination);
        destination.is_some_and(|destination| &*destination.service.cluster_name == cluster)
    }

    /// The host name by which clients in `cluster` call a destination that they can reach.
    pub fn host(self, destination: &Destination, _cluster: &str) -> Istr {
        destination.host.clone()
    }

    /// The name of a subset of a destination; routes and rules agree on it.
    pub fn subset_name(self, destination: DestinationId, labels: &Labels) -> Istr {
        self.reads.note(Question::SubsetNames(destination));
        self.demands.name(destination, labels)
    }

    /// Objects in `cluster` that somebody else wrote and that configure `host`, exact hosts first, as the
    /// backend named `backend` read them.
    pub fn user_config<'s>(
        self,
        cluster: &str,
        host: &'s str,
        backend: &'static str,
    ) -> impl Iterator<Item = &'s Arc<UserObject>>
    where
        'a: 's,
    {
        self.reads.note(Question::UserConfig(cluster, host));
        self.reads.note(Question::UserConfigOfMany(cluster));
        let hosts = self.index.user_config.get(cluster);
        let covering = hosts.into_iter().flat_map(move |hosts| hosts.covering(host));
        covering.filter(move |object| object.backend == backend)
    }

    /// When an output that an earlier run wrote was created, if it is there.
    pub fn created(self, id: &OutputRef) -> Option<&'a Time> {
        self.note_object(id);
        let owned = &self.index.owned;
        if owned.is_empty() { None } else { owned.get(&raw_ref(id))?.as_ref() }
    }

    /// Whether an object of this name exists that is not ours and must be left alone.
    pub fn is_foreign(self, id: &OutputRef) -> bool {
        self.note_object(id);
        let foreign = &self.index.foreign;
        !foreign.is_empty() && foreign.get(&raw_ref(id)).is_some_and(|object| !object.raw.may_be_adopted())
    }

    fn note_object(self, id: &OutputRef) {
        let OutputRef { cluster, kind: _, namespace, name } = id;
        self.reads.note(Question::Objects(cluster, namespace, name));
    }

    /// Why nothing is written for a destination, if nothing is.
    pub(crate) fn not_translated(self, destination: &Destination) -> Option<Warning> {
        let reason = match self.mesh_of(destination) {
            None => format!("{} belongs to no known mesh", destination.input),
            Some(mesh) if mesh.backend.is_none() => {
                format!("mesh type {} is not supported", mesh.platform.word())
            }
            Some(_) => return None,
        };
        Some(Warning::NotTranslated { reason })
    }

    /// The condition that every client and every request meets.
    pub(crate) fn any_request(self) -> (&'a Source, &'a Request) {
        (&self.index.any.0, &self.index.any.1)
    }

    /// Destinations at which an earlier run left a policy in force.
    pub(crate) fn having_in_force<T: Checked>(
        self,
        policy: &InputRef,
    ) -> impl Iterator<Item = &'a Destination> {
        self.reads.note(Question::Applied(policy.kind, &policy.namespace, &policy.name));
        let places = T::policies(self.index).applied(policy).iter();
        places.filter_map(|id| self.index.destinations.find(*id))
    }

    /// Whether there is a virtual destination of that name.
    pub(crate) fn has_virtual_destination(self, namespace: &Istr, name: &Istr) -> bool {
        self.reads.note(Question::VirtualDestination(namespace, name));
        self.index.virtual_destinations.contains(&(namespace.clone(), name.clone()))
    }

    /// The mesh that a destination says it belongs to, known or not.
    pub(crate) fn membership(self, destination: DestinationId) -> Option<MeshId> {
        self.reads.note(Question::Membership(destination));
        self.index.destinations.find(destination)?.mesh
    }

    /// The key of a destination, which never changes.
    pub(crate) fn key_of(self, destination: DestinationId) -> Option<&'a Istr> {
        self.index.destinations.find(destination).map(|destination| &destination.key)
    }

    /// Destinations that are no services of clusters.
    pub(crate) fn external_destinations(self) -> impl Iterator<Item = &'a ExternalDestination> {
        self.reads.note(Question::Externals);
        self.index.destinations.external()
    }

    /// The workloads of a mesh.
    pub(crate) fn workloads_of(self, mesh: MeshId) -> Ranked<'a> {
        self.reads.note(Question::WorkloadsOf(mesh));
        self.index.workloads.of_mesh(mesh)
    }

    /// The workloads of a mesh in a cluster.
    pub(crate) fn workloads_of_in(self, mesh: MeshId, cluster: &Istr) -> Ranked<'a> {
        self.reads.note(Question::WorkloadsOf(mesh));
        self.index.workloads.in_cluster(mesh, cluster)
    }

    /// The workloads in namespaces of a name.
    pub(crate) fn workloads_in(self, namespace: &Istr) -> Ranked<'a> {
        self.reads.note(Question::WorkloadsIn(namespace));
        self.index.workloads.in_namespace(namespace)
    }

    /// The workloads whose pods carry a label.
    pub(crate) fn workloads_with(self, key: &str, value: &str) -> Ranked<'a> {
        self.reads.note(Question::WorkloadsWith(key, value));
        self.index.workloads.with_label(key, value)
    }

    /// Reports a field that no backend acts on, as the options ask for.
    pub(crate) fn unsupported(self, field: &str, detail: &'static str, checks: &mut Checks) {
        match self.options().unsupported_fields {
            Strictness::Warn => checks.no_effect(field, detail),
            Strictness::Reject => checks.reject(Rejection::Unsupported {
                field: field.to_owned(),
                context: "by this plane".to_owned(),
            }),
        }
    }

    /// Warns about clusters that nobody knows, at the place where they are named.
    pub(crate) fn check_clusters<'c>(
        self,
        clusters: impl Iterator<Item = &'c Istr>,
        field: &str,
        checks: &mut Checks,
    ) {
        for cluster in clusters {
            self.reads.note(Question::Cluster(cluster));
            if !self.index.knows_cluster(cluster) {
                checks.unwise(field, format!("no cluster {cluster} is known"));
            }
        }
    }
}

fn raw_ref(id: &OutputRef) -> RawRef {
    RawRef {
        cluster: id.cluster.clone(),
        group: id.kind.group.into(),
        kind: id.kind.kind.into(),
        namespace: id.namespace.clone(),
        name: id.name.clone(),
    }
}
