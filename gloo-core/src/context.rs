//! What a unit of work may look at: every question that decisions and backends ask goes through here.

use std::sync::Arc;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;

use crate::Istr;
use crate::api::{ClusterObjectRef, TlsMode};
use crate::id::{InputRef, OutputRef};
use crate::index::{Destination, DestinationId, Index, Mesh, MeshId, UserObject, Workload};
use crate::istr::Labels;
use crate::model::{Request, Source};
use crate::rejection::Warning;
use crate::resolve::Demands;
use crate::snapshot::{Options, RawRef};

/// A view of the world that is cheap to copy.
///
/// Units of work see the world only through its methods, never through the index itself, so that what a
/// unit depends on can be told from the questions it asked.
#[derive(Clone, Copy, Debug)]
pub struct Context<'a> {
    index: &'a Index,
    demands: Option<&'a Demands<'a>>,
}

impl<'a> Context<'a> {
    pub(crate) fn new(index: &'a Index) -> Self {
        Self { index, demands: None }
    }

    pub(crate) fn with_demands(self, demands: &'a Demands<'a>) -> Self {
        Self { demands: Some(demands), ..self }
    }

    pub(crate) fn index(self) -> &'a Index {
        self.index
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
        self.index.default_tls
    }

    /// The settings object, if there is one.
    pub fn settings(self) -> Option<&'a InputRef> {
        self.index.settings.as_ref()
    }

    /// The destination with this id.
    pub fn destination(self, id: DestinationId) -> Option<&'a Destination> {
        self.index.destination(id)
    }

    /// The destination of a service.
    pub fn destination_of(self, service: &ClusterObjectRef) -> Option<&'a Destination> {
        self.index.destination_of(service)
    }

    /// Another destination that selects the same workloads.
    pub fn sharing_workloads(self, destination: &Destination) -> Option<&'a Destination> {
        self.index.destinations.sharing_workloads(destination)
    }

    /// The mesh with this id.
    pub fn mesh(self, id: MeshId) -> Option<&'a Mesh> {
        self.index.mesh(id)
    }

    /// The mesh of a destination.
    pub fn mesh_of(self, destination: &Destination) -> Option<&'a Mesh> {
        destination.mesh.and_then(|mesh| self.index.mesh(mesh))
    }

    /// Workloads with a label, in one namespace of one cluster, in the order of their keys.
    pub fn workloads_with_label(
        self,
        cluster: &'a str,
        namespace: &'a str,
        key: &Istr,
        value: &Istr,
    ) -> impl Iterator<Item = &'a Workload> {
        let ids = self.index.workloads.with_label(key, value).iter();
        ids.filter_map(move |id| self.index.workloads.find(*id)).filter(move |workload| {
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
        match self.demands {
            Some(demands) => demands.name(destination, labels),
            None => Demands::default().name(destination, labels),
        }
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
        let hosts = self.index.user_config.get(cluster);
        let covering = hosts.into_iter().flat_map(move |hosts| hosts.covering(host));
        covering.filter(move |object| object.backend == backend)
    }

    /// When an output that an earlier run wrote was created, if it is there.
    pub fn created(self, id: &OutputRef) -> Option<&'a Time> {
        if self.index.owned.is_empty() { None } else { self.index.owned.get(&raw_ref(id)) }
    }

    /// Whether an object of this name exists that is not ours and must be left alone.
    pub fn is_foreign(self, id: &OutputRef) -> bool {
        !self.index.foreign.is_empty()
            && self.index.foreign.get(&raw_ref(id)).is_some_and(|object| !object.may_be_adopted())
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
