//! What a unit of work may look at: every question that decisions and backends ask goes through here.

mod federation;

use std::sync::Arc;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;

use crate::Istr;
use crate::api::{ClusterObjectRef, TlsMode};
use crate::backend::Backend;
use crate::check::Checks;
use crate::id::{InputRef, OutputRef};
use crate::index::{
    Checked, Destination, DestinationId, Endpoints, ExternalDestination, Index, Mesh, MeshId, Ranked,
    UserObject, Workload,
};
use crate::istr::Labels;
use crate::model::route::TargetId;
use crate::model::{Request, Source};
use crate::name::object_key;
use crate::reads::{Question, Reads};
use crate::rejection::{Rejection, Warning};
use crate::resolve::{Demands, exposure};
use crate::snapshot::{Options, RawRef, Strictness};

/// A view of the world that is cheap to copy.
///
/// Units of work see the world only through its methods. Each method notes what was asked, also where there
/// was no answer, so that a unit runs again when an answer changes and only then.
#[derive(Clone, Copy, Debug)]
pub struct Context<'a> {
    index: &'a Index,
    backends: &'a [&'a dyn Backend],
    demands: &'a Demands,
    reads: &'a Reads,
}

impl<'a> Context<'a> {
    pub(crate) fn new(
        index: &'a Index,
        backends: &'a [&'a dyn Backend],
        demands: &'a Demands,
        reads: &'a Reads,
    ) -> Self {
        Self { index, backends, demands, reads }
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

    /// The host name by which clients in `cluster` call a destination that they can reach.
    pub fn host(self, destination: &Destination, cluster: &str) -> Istr {
        if &*destination.service.cluster_name == cluster {
            return destination.host.clone();
        }
        let federation = destination.mesh.and_then(|mesh| self.membership(mesh)?.federation.as_ref());
        federation
            .map_or_else(|| destination.host.clone(), |federation| exposure::host(destination, federation))
    }

    /// The host name by which clients in `cluster` call a target that they can reach.
    pub fn target_host(self, target: TargetId, cluster: &str) -> Option<Istr> {
        match target {
            TargetId::Destination(id) => {
                self.destination(id).map(|destination| self.host(destination, cluster))
            }
            TargetId::VirtualDestination(id) => {
                self.virtual_destination(id, cluster).map(|failover| failover.hostname.clone())
            }
        }
    }

    /// The key of a target, for people.
    pub fn target_name(self, target: TargetId) -> String {
        match target {
            TargetId::Destination(id) => self.destination(id).map(|destination| {
                let ClusterObjectRef { name, namespace, cluster_name } = &destination.service;
                object_key(name, namespace, cluster_name)
            }),
            TargetId::VirtualDestination(id) => {
                self.index.virtual_destinations.arena.find(id).map(|it| it.key.to_string())
            }
        }
        .unwrap_or_default()
    }

    /// Clusters whose clients cannot reach a target.
    pub(crate) fn unreached<'s>(
        self,
        target: TargetId,
        clusters: impl Iterator<Item = &'s Istr>,
    ) -> Vec<Istr> {
        match target {
            TargetId::Destination(id) => {
                let Some(destination) = self.destination(id) else { return Vec::new() };
                let home = &destination.service.cluster_name;
                let mut clusters = clusters.filter(|cluster| *cluster != home).peekable();
                if clusters.peek().is_none() {
                    return Vec::new();
                }
                let exposed = exposure::exposed(self, destination);
                let seen = |cluster: &Istr| exposed.as_ref().is_some_and(|it| it.is_seen_from(cluster));
                clusters.filter(|cluster| !seen(cluster)).cloned().collect()
            }
            TargetId::VirtualDestination(id) => {
                let clients = self.failover(id).map_or(&[][..], |failover| &failover.clients);
                let seen = |cluster: &Istr| clients.iter().any(|client| client.cluster == *cluster);
                clusters.filter(|cluster| !seen(cluster)).cloned().collect()
            }
        }
    }

    /// The name of a subset; routes and rules agree on it.
    pub fn subset_name(self, target: TargetId, labels: &Labels) -> Istr {
        self.reads.note(Question::SubsetNames(target));
        self.demands.name(target, labels)
    }

    /// The control planes that are one mesh together with this one, the one that configuration is written for
    /// first.
    pub fn revisions(self, mesh: &'a Mesh) -> Vec<&'a Mesh> {
        let mut revisions: Vec<&Mesh> =
            self.meshes_in(&mesh.cluster).filter(|other| other.is_revision_of(mesh)).collect();
        if revisions.is_empty() {
            revisions.push(mesh);
        }
        // They are in the order of keys.
        if let Some(position) = revisions.iter().position(|mesh| mesh.is_default_revision()) {
            revisions.swap(0, position);
        }
        revisions
    }

    /// The destination with this name.
    pub(crate) fn destination_named(self, input: &InputRef) -> Option<&'a Destination> {
        self.reads.note(Question::DestinationNamed(&input.namespace, &input.name));
        self.destination(self.index.destinations.arena().id_of(input)?)
    }

    /// The backend of a mesh.
    pub(crate) fn backend_for(self, mesh: &Mesh) -> Option<&'a dyn Backend> {
        self.backends.iter().find(|backend| Some(backend.name()) == mesh.backend).copied()
    }

    /// The backend of a destination.
    pub(crate) fn backend_of(self, destination: &Destination) -> Option<&'a dyn Backend> {
        self.backend_for(self.mesh_of(destination)?)
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
        self.reads.note(Question::InForce(policy.kind, &policy.namespace, &policy.name));
        let places = T::policies(self.index).applied(policy).iter();
        places.filter_map(|id| self.index.destinations.find(*id))
    }

    /// Notes that the subsets that routes need of a target are asked for.
    pub(crate) fn note_subsets(self, target: TargetId) {
        self.reads.note(Question::Subsets(target));
    }

    pub(crate) fn note(self, question: Question<'_>) {
        self.reads.note(question);
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
