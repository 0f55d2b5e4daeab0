//! A snapshot made ready for questions: one pass builds the lookups, no question walks through everything.

mod destination;
mod host;
mod mesh;
mod policy;
mod workload;

pub use destination::{DataPlane, Destination, DestinationId, ExternalDestination, Port};
pub use mesh::{Mesh, MeshId, Platform};
pub use policy::{PolicyId, Stored};
pub use workload::{Workload, WorkloadId};

pub(crate) use policy::{Applied, Checked, Current, Policy, bad_ref};

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use indexmap::IndexMap;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;

use crate::Istr;
use crate::api::{ClusterObjectRef, TlsMode};
use crate::backend::{Backend, UserConfig};
use crate::check::Checks;
use crate::id::InputRef;
use crate::model::{AccessPolicy, Request, Source, TrafficPolicy};
use crate::rejection::Rejection;
use crate::snapshot::{Options, RawObject, RawRef, Snapshot, Strictness};

use destination::Destinations;
use host::Hosts;
use workload::Workloads;

/// Domain of names within a cluster where nothing else is known.
const DEFAULT_CLUSTER_DOMAIN: &str = "cluster.local";

/// Everything a unit of work may ask, in a form that answers at the cost of the answer.
#[derive(Debug)]
pub struct Index {
    pub(crate) options: Options,
    pub(crate) owner: Istr,
    pub(crate) settings: Option<InputRef>,
    pub(crate) default_tls: Option<TlsMode>,
    pub(crate) cluster_domains: BTreeMap<Istr, Istr>,
    /// Clusters that are registered, although perhaps nothing of them was discovered yet.
    pub(crate) registered: BTreeSet<Istr>,
    pub(crate) meshes: Vec<Mesh>,
    pub(crate) meshes_by_cluster: BTreeMap<Istr, Vec<MeshId>>,
    pub(crate) destinations: Destinations,
    pub(crate) workloads: Workloads,
    pub(crate) virtual_destinations: BTreeSet<(Istr, Istr)>,
    pub(crate) traffic: Vec<Policy<TrafficPolicy>>,
    pub(crate) access: Vec<Policy<AccessPolicy>>,
    pub(crate) user_config: BTreeMap<Istr, Hosts>,
    pub(crate) foreign: BTreeMap<RawRef, Arc<RawObject>>,
    /// When our own objects were created that an earlier run wrote.
    pub(crate) owned: BTreeMap<RawRef, Time>,
    /// The condition that every client and every request meets.
    pub(crate) any: (Source, Request),
}

/// An object that somebody else wrote, as one backend read it.
#[derive(Debug)]
pub struct UserObject {
    /// The object.
    pub raw: Arc<RawObject>,
    /// Name of the backend that understands it.
    pub backend: &'static str,
    /// What it understood.
    pub config: UserConfig,
}

impl Index {
    /// Reads a snapshot. `backends` tell which meshes they drive and read what users wrote for them.
    pub fn build(snapshot: &Snapshot, backends: &[&dyn Backend]) -> Self {
        let cluster_domains = cluster_domains(snapshot);
        let meshes = mesh::read(snapshot, backends);
        let mut meshes_by_cluster: BTreeMap<Istr, Vec<MeshId>> = BTreeMap::new();
        for mesh in &meshes {
            meshes_by_cluster.entry(mesh.cluster.clone()).or_default().push(mesh.id);
        }
        let mesh_ids: IndexMap<(&str, &str), MeshId> =
            meshes.iter().map(|mesh| ((&*mesh.input.namespace, &*mesh.input.name), mesh.id)).collect();
        let destinations = Destinations::read(snapshot, &mesh_ids, &cluster_domains);
        let workloads = Workloads::read(snapshot, &mesh_ids);
        drop(mesh_ids);
        let settings = snapshot.settings.as_ref().map(|settings| settings.input.clone());
        let default_tls = snapshot
            .settings
            .as_ref()
            .and_then(|settings| settings.object.spec.mtls.as_ref()?.istio.as_ref()?.tls_mode);
        let mut index = Self {
            options: snapshot.options.clone(),
            owner: snapshot.management_namespace.clone(),
            settings,
            default_tls,
            cluster_domains,
            registered: registered_clusters(snapshot),
            meshes,
            meshes_by_cluster,
            destinations,
            workloads,
            virtual_destinations: snapshot
                .virtual_destinations
                .keys()
                .map(|input| (input.namespace.clone(), input.name.clone()))
                .collect(),
            traffic: Vec::new(),
            access: Vec::new(),
            user_config: BTreeMap::new(),
            foreign: BTreeMap::new(),
            owned: BTreeMap::new(),
            any: (Source::default(), Request::default()),
        };
        index.read_raw(snapshot, backends);
        let (traffic, access) = policy::read(snapshot, &mut index);
        index.traffic = traffic;
        index.access = access;
        index
    }

    fn read_raw(&mut self, snapshot: &Snapshot, backends: &[&dyn Backend]) {
        for (id, raw) in snapshot.raw.iter() {
            if raw.owner() == Some(&self.owner) {
                self.owned.extend(raw.created.clone().map(|created| (id.clone(), created)));
                continue;
            }
            let domain = self.cluster_domain(&id.cluster).to_owned();
            self.foreign.insert(id.clone(), Arc::clone(raw));
            for backend in backends {
                if let Some(config) = backend.read(raw, &domain) {
                    let object =
                        Arc::new(UserObject { raw: Arc::clone(raw), backend: backend.name(), config });
                    self.user_config.entry(raw.id.cluster.clone()).or_default().insert(&object);
                }
            }
        }
    }

    /// The mesh with this id.
    pub fn mesh(&self, id: MeshId) -> Option<&Mesh> {
        self.meshes.get(id.index())
    }

    /// The destination with this id.
    pub fn destination(&self, id: DestinationId) -> Option<&Destination> {
        self.destinations.find(id)
    }

    /// The destination of a service.
    pub fn destination_of(&self, service: &ClusterObjectRef) -> Option<&Destination> {
        self.destinations.of_service(service)
    }

    /// All destinations that are services, in the order of their keys.
    pub fn destinations(&self) -> impl Iterator<Item = &Destination> {
        self.destinations.iter()
    }

    /// All meshes, in the order of their keys.
    pub fn meshes(&self) -> impl Iterator<Item = &Mesh> {
        self.meshes.iter()
    }

    /// All workloads, in the order of their keys.
    pub fn workloads(&self) -> impl Iterator<Item = &Workload> {
        self.workloads.iter()
    }

    /// Reports a field that no backend acts on, as the options ask for.
    pub(crate) fn unsupported(&self, field: &str, detail: &'static str, checks: &mut Checks) {
        match self.options.unsupported_fields {
            Strictness::Warn => checks.no_effect(field, detail),
            Strictness::Reject => checks.reject(Rejection::Unsupported {
                field: field.to_owned(),
                context: "by this plane".to_owned(),
            }),
        }
    }

    /// Warns about clusters that nobody knows, at the place where they are named.
    pub(crate) fn check_clusters<'c>(
        &self,
        clusters: impl Iterator<Item = &'c Istr>,
        field: &str,
        checks: &mut Checks,
    ) {
        let known = |cluster: &Istr| {
            self.registered.contains(cluster)
                || self.meshes_by_cluster.contains_key(cluster)
                || self.destinations.are_in(cluster)
        };
        for cluster in clusters.filter(|cluster| !known(cluster)) {
            checks.unwise(field, format!("no cluster {cluster} is known"));
        }
    }

    /// Domain of names within `cluster`.
    pub fn cluster_domain(&self, cluster: &str) -> &str {
        self.cluster_domains.get(cluster).map_or(DEFAULT_CLUSTER_DOMAIN, |domain| domain)
    }
}

fn registered_clusters(snapshot: &Snapshot) -> BTreeSet<Istr> {
    let registered =
        snapshot.clusters.keys().filter(|input| input.namespace == snapshot.management_namespace);
    registered.map(|input| input.name.clone()).collect()
}

fn cluster_domains(snapshot: &Snapshot) -> BTreeMap<Istr, Istr> {
    snapshot
        .clusters
        .iter()
        .filter(|(input, cluster)| {
            input.namespace == snapshot.management_namespace && !cluster.spec.cluster_domain.is_empty()
        })
        .map(|(input, cluster)| (input.name.clone(), cluster.spec.cluster_domain.clone()))
        .collect()
}
