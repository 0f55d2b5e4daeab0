//! World S-A: ten clusters full of services under a few rules of every sort.
//!
//! Everything is a function of indices: cluster `c`, service `k`, policy `j`; no randomness, integer division.
//! Services live in namespaces of fifty and belong to teams of ten; every tenth is federated, every fourth has
//! a second port. Objects come out in the order of the recipe; a snapshot does not depend on it.

mod access;
mod discovery;
mod traffic;

use gloo_core::snapshot::{AddError, OnDuplicate, Options, Snapshot, SnapshotBuilder};
use serde_json::{Value, json};

/// Namespace of the management plane, where every object lives.
pub const MANAGEMENT: &str = "gloo-mesh";

/// Services in one namespace.
const PER_NAMESPACE: usize = 50;
/// Services of one team.
const PER_TEAM: usize = 10;

/// How large a world is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size {
    /// Number of clusters.
    pub clusters: usize,
    /// Number of services in each cluster.
    pub services: usize,
}

impl Size {
    /// S-A itself.
    pub const FULL: Self = Self { clusters: 10, services: 1000 };
    /// A tenth of it.
    pub const TENTH: Self = Self { clusters: 10, services: 100 };
    /// A hundredth of it.
    pub const HUNDREDTH: Self = Self { clusters: 10, services: 10 };

    /// S-A with `factor` times as many services in each cluster.
    #[must_use]
    pub const fn times(factor: usize) -> Self {
        Self { clusters: Self::FULL.clusters, services: Self::FULL.services * factor }
    }

    /// Namespaces of each cluster. A world too small for one still has one.
    pub const fn namespaces(self) -> usize {
        self.services.div_ceil(PER_NAMESPACE)
    }

    /// Teams; each has services in every cluster.
    pub const fn teams(self) -> usize {
        self.services.div_ceil(PER_TEAM)
    }

    /// Number of TrafficPolicies.
    pub const fn traffic_policies(self) -> usize {
        self.clusters * self.services / 10
    }

    /// Number of AccessPolicies.
    pub const fn access_policies(self) -> usize {
        self.clusters * self.services / 50
    }
}

/// A service: number `k` of cluster `c`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Service {
    c: usize,
    k: usize,
}

impl Service {
    fn name(self) -> String {
        format!("svc-{:04}", self.k)
    }

    fn namespace(self) -> String {
        namespace(self.k / PER_NAMESPACE)
    }

    fn team(self) -> String {
        team(self.k / PER_TEAM)
    }

    /// The service as policies and discovery refer to it.
    fn reference(self) -> Value {
        json!({ "name": self.name(), "namespace": self.namespace(), "clusterName": cluster(self.c) })
    }

    /// The selector that means this service and no other.
    fn selector(self) -> Value {
        json!([{ "kubeServiceRefs": { "services": [self.reference()] } }])
    }
}

fn cluster(c: usize) -> String {
    format!("c{c:02}")
}

fn namespace(n: usize) -> String {
    format!("ns-{n:02}")
}

fn team(number: usize) -> String {
    format!("team-{number:03}")
}

/// The selector of every service of a team.
fn team_selector(number: usize) -> Value {
    json!([{ "kubeServiceMatcher": { "labels": { "team": team(number) } } }])
}

/// The selector of every service in one namespace of one cluster.
fn namespace_selector(n: usize, c: usize) -> Value {
    json!([{ "kubeServiceMatcher": { "namespaces": [namespace(n)], "clusters": [cluster(c)] } }])
}

/// An object of the management cluster.
fn object(api_version: &str, kind: &str, name: &str, spec: Value) -> Value {
    let metadata = json!({ "name": name, "namespace": MANAGEMENT, "generation": 1 });
    with(json!({ "apiVersion": api_version, "kind": kind, "metadata": metadata }), "spec", spec)
}

/// The same object with one field more.
fn with(mut object: Value, field: &str, value: Value) -> Value {
    if let Some(fields) = object.as_object_mut() {
        fields.insert(field.to_owned(), value);
    }
    object
}

/// Every object of the world.
pub fn objects(size: Size) -> impl Iterator<Item = Value> {
    let clusters = || 0..size.clusters;
    let services = move || clusters().flat_map(move |c| (0..size.services).map(move |k| Service { c, k }));
    [discovery::settings(), discovery::certificate(), discovery::virtual_mesh(size)]
        .into_iter()
        .chain(clusters().flat_map(|c| [discovery::cluster(c), discovery::mesh(c), discovery::gateway(c)]))
        .chain(services().map(discovery::destination))
        .chain(services().map(discovery::workload))
        .chain((0..size.traffic_policies()).map(move |j| traffic::policy(size, j)))
        .chain((0..size.access_policies()).map(move |a| access::policy(size, a)))
}

/// A world, ready to be translated.
#[derive(Clone, Debug)]
pub struct World {
    /// The objects as the library holds them.
    pub snapshot: Snapshot,
    /// How many there are.
    pub objects: usize,
    /// Their size as compact JSON.
    pub bytes: usize,
}

/// Generates the world.
///
/// # Errors
///
/// If two objects have one name, which is a mistake of the generator.
pub fn world(size: Size) -> Result<World, AddError> {
    let mut builder = SnapshotBuilder::new(MANAGEMENT, Options::default());
    let (mut count, mut bytes) = (0, 0);
    for object in objects(size) {
        count += 1;
        bytes += object.to_string().len();
        builder.add(None, object, OnDuplicate::Refuse)?;
    }
    Ok(World { snapshot: builder.build(), objects: count, bytes })
}

#[cfg(test)]
mod tests;
