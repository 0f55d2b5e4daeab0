//! A snapshot made ready for questions: one pass builds the lookups, no question walks through everything.

mod address;
pub(crate) mod arena;
mod destination;
mod destinations;
mod host;
mod mesh;
mod policies;
mod policy;
mod refresh;
mod selection;
mod virtual_destination;
mod virtual_mesh;
mod workload;

pub use arena::Id;
pub use destination::{DataPlane, Destination, DestinationId, Endpoints, ExternalDestination, Port};
pub use mesh::{Mesh, MeshId, Platform};
pub use virtual_destination::{VirtualDestination, VirtualDestinationId};
pub use virtual_mesh::{VirtualMesh, VirtualMeshId};
pub use workload::{Workload, WorkloadId};

pub(crate) use address::Claim;
pub(crate) use destination::{Entrance, GATEWAYS, NETWORK};
pub(crate) use destinations::{Destinations, names};
pub(crate) use policies::Policies;
pub(crate) use policy::{
    AccessId, Applied, Checked, Current, Policy, TrafficId, bad_ref, read as read_policy,
};
pub(crate) use refresh::Touched;
pub(crate) use virtual_destination::{Age, meshes as meshes_of_failover};
pub(crate) use virtual_mesh::{ExportId, TextId};
pub(crate) use workload::Ranked;

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;

use crate::Istr;
use crate::api::TlsMode;
use crate::backend::UserConfig;
use crate::id::InputRef;
use crate::model::{AccessPolicy, Export, Request, Source, TrafficPolicy};
use crate::snapshot::{Options, RawObject, RawRef, Snapshot};

use address::Addresses;
use arena::Arena;
use host::Hosts;
use virtual_destination::VirtualDestinations;
use virtual_mesh::VirtualMeshes;
use workload::Workloads;

/// Domain of names within a cluster where nothing else is known.
const DEFAULT_CLUSTER_DOMAIN: &str = "cluster.local";

/// Everything a unit of work may ask, in a form that answers at the cost of the answer.
#[derive(Debug)]
pub(crate) struct Index {
    pub options: Options,
    pub owner: Istr,
    pub settings: Settings,
    cluster_domains: BTreeMap<Istr, Istr>,
    /// Clusters that are registered, although perhaps nothing of them was discovered yet.
    registered: BTreeSet<Istr>,
    pub meshes: Arena<Mesh>,
    pub meshes_by_cluster: BTreeMap<Istr, Vec<MeshId>>,
    pub destinations: Destinations,
    pub workloads: Workloads,
    pub virtual_meshes: VirtualMeshes,
    pub virtual_destinations: VirtualDestinations,
    pub addresses: Addresses,
    /// Who begins to want an address, and who no longer wants one.
    claims: Vec<(Claim, bool)>,
    pub traffic: Policies<TrafficPolicy>,
    pub access: Policies<AccessPolicy>,
    pub user_config: BTreeMap<Istr, Hosts>,
    pub foreign: BTreeMap<RawRef, Foreign>,
    /// Our own objects that an earlier run wrote, and when they were created.
    pub owned: BTreeMap<RawRef, Option<Time>>,
    /// The condition that every client and every request meets.
    pub any: (Source, Request),
}

/// What the settings say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Settings {
    /// The object, if there is one.
    pub input: Option<InputRef>,
    /// The TLS mode of destinations for which no policy asks for one.
    pub default_tls: Option<TlsMode>,
}

/// An object that somebody else wrote.
#[derive(Debug)]
pub(crate) struct Foreign {
    pub raw: Arc<RawObject>,
    /// The domain of its cluster: short names in it mean services there.
    domain: Istr,
    /// What backends read of it.
    configs: Vec<Arc<UserObject>>,
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

impl UserObject {
    fn order(&self) -> impl Ord + '_ {
        (&self.raw.id, self.backend)
    }
}

impl Index {
    /// An index of nothing, for worlds with the options and the management namespace of `snapshot`.
    pub fn new(snapshot: &Snapshot) -> Self {
        Self {
            options: snapshot.options.clone(),
            owner: snapshot.management_namespace.clone(),
            settings: Settings::default(),
            cluster_domains: BTreeMap::new(),
            registered: BTreeSet::new(),
            meshes: Arena::default(),
            meshes_by_cluster: BTreeMap::new(),
            destinations: Destinations::default(),
            workloads: Workloads::default(),
            virtual_meshes: VirtualMeshes::default(),
            virtual_destinations: VirtualDestinations::default(),
            addresses: Addresses::default(),
            claims: Vec::new(),
            traffic: Policies::default(),
            access: Policies::default(),
            user_config: BTreeMap::new(),
            foreign: BTreeMap::new(),
            owned: BTreeMap::new(),
            any: (Source::default(), Request::default()),
        }
    }

    /// Whether a cluster is registered, or something of it was discovered.
    pub fn knows_cluster(&self, cluster: &Istr) -> bool {
        self.registered.contains(cluster)
            || self.meshes_by_cluster.contains_key(cluster)
            || !self.destinations.in_cluster(cluster).is_empty()
    }

    /// Destinations about which a policy must be decided, in the order of keys: those it selects, or where it was
    /// in force.
    pub fn concerned<T: Checked>(&self, policy: &Policy<T>) -> Cow<'_, [DestinationId]> {
        if policy.object.is_some() {
            return Cow::Borrowed(T::policies(self).selected(policy.id));
        }
        let mut places: Vec<DestinationId> = policy.stored.keys().copied().collect();
        self.destinations.arena().sort(&mut places);
        Cow::Owned(places)
    }

    /// Replaces the lists of a text of a virtual mesh; gives back the destinations that are on other lists now.
    pub fn export(&mut self, text: TextId, exports: &[Export]) -> Vec<DestinationId> {
        let moved = self.virtual_meshes.export(text, exports, &self.destinations);
        for (id, was_there) in &moved {
            let is_there = !self.virtual_meshes.exporting(*id).is_empty();
            if is_there != *was_there
                && let Some(destination) = self.destinations.find(*id)
            {
                self.claims.push((Claim::of_service(&destination.service), is_there));
            }
        }
        moved.into_keys().collect()
    }

    /// Domain of names within `cluster`.
    pub fn cluster_domain(&self, cluster: &str) -> Istr {
        self.cluster_domains.get(cluster).cloned().unwrap_or_else(|| DEFAULT_CLUSTER_DOMAIN.into())
    }
}
