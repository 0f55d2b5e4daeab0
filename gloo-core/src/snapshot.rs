//! Everything a translation reads, as one immutable value, and how it is put together.

mod builder;
mod change;
mod raw;

pub use builder::{AddError, Added, OnDuplicate, SnapshotBuilder, flatten};
pub(crate) use change::CLUSTER;
pub use change::{Change, Key};
pub use raw::{RawObject, RawRef};

use core::net::Ipv4Addr;
use std::collections::BTreeMap;
use std::sync::Arc;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;

use crate::Istr;
use crate::api;
use crate::decode::DecodeError;
use crate::id::{InputKind, InputRef};
use crate::istr::Recent;
use crate::rejection::Rejection;
use crate::report::{Finding, Subject};

/// Objects of one kind by name.
pub type Inputs<K> = Arc<BTreeMap<InputRef, Arc<K>>>;

/// How a world looks at one moment, with everything that the result of a translation depends on.
///
/// Statuses of earlier runs are part of the objects: they decide which policy was accepted first and which
/// version of it was last good. A clone shares everything.
#[derive(Clone, Debug, Default)]
pub struct Snapshot {
    /// Namespace of the management plane on its own cluster; outputs carry it as their owner.
    pub management_namespace: Istr,
    /// Choices that change the result.
    pub options: Options,
    /// Settings; only those named `settings` in the management namespace count.
    pub settings: Inputs<api::Settings>,
    /// Registered clusters.
    pub clusters: Inputs<api::KubernetesCluster>,
    /// Meshes.
    pub meshes: Inputs<api::Mesh>,
    /// Workloads.
    pub workloads: Inputs<api::Workload>,
    /// Destinations.
    pub destinations: Inputs<api::Destination>,
    /// Traffic policies.
    pub traffic_policies: Inputs<api::TrafficPolicy>,
    /// Access policies.
    pub access_policies: Inputs<api::AccessPolicy>,
    /// Virtual meshes.
    pub virtual_meshes: Inputs<api::VirtualMesh>,
    /// Virtual destinations.
    pub virtual_destinations: Inputs<api::VirtualDestination>,
    /// Policies, virtual meshes and destinations, and settings that could not be decoded. They are refused; of
    /// policies and virtual meshes the last good version stays in force, of virtual destinations what is here.
    pub broken: Arc<BTreeMap<InputRef, Broken>>,
    /// Objects of other kinds; backends read those that can collide with their outputs.
    pub raw: Arc<BTreeMap<RawRef, Arc<RawObject>>>,
    /// Addresses that stand for names of other clusters already, by key of the service or virtual destination
    /// (`name.namespace.cluster`; that of a virtual destination and `#internal` for its shares). They stay; without them each follows from its name alone, and a new name may
    /// displace an old one.
    pub addresses: Arc<BTreeMap<Istr, Ipv4Addr>>,
    /// What was noticed while reading, by object.
    pub findings: Arc<BTreeMap<Subject, Vec<Finding>>>,
    /// Texts that many objects have in common.
    recent: Recent,
}

/// Name of the settings that count.
const SETTINGS: &str = "settings";

impl Snapshot {
    /// Names the settings that count, whether they exist or not.
    pub fn settings_ref(&self) -> InputRef {
        InputRef::new(InputKind::Settings, Arc::clone(&self.management_namespace), SETTINGS)
    }
}

/// An object with a verdict that could not be decoded.
#[derive(Clone, Debug)]
pub struct Broken {
    /// Its generation.
    pub generation: i64,
    /// When it was created.
    pub created: Option<Time>,
    /// What is wrong.
    pub error: DecodeError,
}

impl Broken {
    /// The refusal that follows.
    pub fn rejection(&self) -> Rejection {
        Rejection::Undecodable { path: self.error.path.clone(), reason: self.error.reason.clone() }
    }
}

/// Choices that change the result of a translation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// What to make of fields that no backend acts on.
    pub unsupported_fields: Strictness,
    /// What to make of configuration that users wrote for the same hosts.
    pub user_config: UserConfigMode,
    /// Whether requests that no route matches go to the destination itself instead of being answered
    /// with 404.
    pub default_route: bool,
}

/// Whether something doubtful is refused.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Strictness {
    /// It is accepted with a warning.
    #[default]
    Warn,
    /// The policy is refused.
    Reject,
}

/// What to make of configuration that users wrote for the same hosts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum UserConfigMode {
    /// It is not looked at.
    Off,
    /// Policies are accepted with a warning.
    #[default]
    Warn,
    /// Policies are refused where they would collide with it.
    Reject,
}
