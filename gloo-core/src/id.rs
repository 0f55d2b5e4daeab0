//! References with a total order: what was read (inputs) and what is written (outputs).

use std::cmp::Ordering;
use std::fmt;

use crate::Istr;
use crate::istr::compare;

/// Kinds of objects that a translation reads from the management cluster.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum InputKind {
    /// `settings.mesh.gloo.solo.io/v1`
    Settings,
    /// `multicluster.solo.io/v1alpha1`
    KubernetesCluster,
    /// `discovery.mesh.gloo.solo.io/v1`
    Mesh,
    /// `discovery.mesh.gloo.solo.io/v1`
    Workload,
    /// `discovery.mesh.gloo.solo.io/v1`
    Destination,
    /// `networking.mesh.gloo.solo.io/v1`
    TrafficPolicy,
    /// `networking.mesh.gloo.solo.io/v1`
    AccessPolicy,
    /// `networking.mesh.gloo.solo.io/v1`
    VirtualMesh,
    /// `networking.enterprise.mesh.gloo.solo.io/v1beta1`
    VirtualDestination,
}

impl InputKind {
    /// Every kind, in the order in which reports list them.
    pub const ALL: [Self; 9] = [
        Self::Settings,
        Self::KubernetesCluster,
        Self::Mesh,
        Self::Workload,
        Self::Destination,
        Self::TrafficPolicy,
        Self::AccessPolicy,
        Self::VirtualMesh,
        Self::VirtualDestination,
    ];

    /// The kind's name, as in `kind: TrafficPolicy`.
    pub fn kind(self) -> &'static str {
        self.names().0
    }

    /// The group and version, as in `apiVersion: networking.mesh.gloo.solo.io/v1`.
    pub fn api_version(self) -> &'static str {
        self.names().1
    }

    /// The plural with its group, as in `trafficpolicies.networking.mesh.gloo.solo.io`.
    pub fn resource(self) -> &'static str {
        self.names().2
    }

    /// The kind in a sentence, as in `trafficpolicy`.
    pub fn word(self) -> &'static str {
        self.names().3
    }

    fn names(self) -> (&'static str, &'static str, &'static str, &'static str) {
        const DISCOVERY: &str = "discovery.mesh.gloo.solo.io/v1";
        const NETWORKING: &str = "networking.mesh.gloo.solo.io/v1";
        match self {
            Self::Settings => (
                "Settings",
                "settings.mesh.gloo.solo.io/v1",
                "settings.settings.mesh.gloo.solo.io",
                "settings",
            ),
            Self::KubernetesCluster => (
                "KubernetesCluster",
                "multicluster.solo.io/v1alpha1",
                "kubernetesclusters.multicluster.solo.io",
                "kubernetescluster",
            ),
            Self::Mesh => ("Mesh", DISCOVERY, "meshes.discovery.mesh.gloo.solo.io", "mesh"),
            Self::Workload => ("Workload", DISCOVERY, "workloads.discovery.mesh.gloo.solo.io", "workload"),
            Self::Destination => {
                ("Destination", DISCOVERY, "destinations.discovery.mesh.gloo.solo.io", "destination")
            }
            Self::TrafficPolicy => {
                ("TrafficPolicy", NETWORKING, "trafficpolicies.networking.mesh.gloo.solo.io", "trafficpolicy")
            }
            Self::AccessPolicy => {
                ("AccessPolicy", NETWORKING, "accesspolicies.networking.mesh.gloo.solo.io", "accesspolicy")
            }
            Self::VirtualMesh => {
                ("VirtualMesh", NETWORKING, "virtualmeshes.networking.mesh.gloo.solo.io", "virtualmesh")
            }
            Self::VirtualDestination => (
                "VirtualDestination",
                "networking.enterprise.mesh.gloo.solo.io/v1beta1",
                "virtualdestinations.networking.enterprise.mesh.gloo.solo.io",
                "virtualdestination",
            ),
        }
    }
}

/// Names one input object of the management cluster.
///
/// Ordered by kind, namespace and name. It reads as `trafficpolicy gloo-mesh/canary`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct InputRef {
    /// What it is.
    pub kind: InputKind,
    /// Its namespace.
    pub namespace: Istr,
    /// Its name.
    pub name: Istr,
}

impl InputRef {
    /// Names the object `name` in `namespace`.
    pub fn new(kind: InputKind, namespace: impl Into<Istr>, name: impl Into<Istr>) -> Self {
        Self { kind, namespace: namespace.into(), name: name.into() }
    }
}

impl PartialOrd for InputRef {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for InputRef {
    fn cmp(&self, other: &Self) -> Ordering {
        let names =
            || compare(&self.namespace, &other.namespace).then_with(|| compare(&self.name, &other.name));
        self.kind.cmp(&other.kind).then_with(names)
    }
}

impl fmt::Display for InputRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}/{}", self.kind.word(), self.namespace, self.name)
    }
}

/// A kind of object that a backend writes; one `static` for each, compared by its names.
#[derive(Debug)]
pub struct OutputKind {
    /// API group, empty for the core group.
    pub group: &'static str,
    /// Version within the group.
    pub version: &'static str,
    /// The kind's name, as in `kind: VirtualService`.
    pub kind: &'static str,
    /// Lower-case plural, as in URLs and output trees.
    pub plural: &'static str,
    /// Position in the order of writing: lower ranks are written first and deleted last, so that nothing
    /// refers to an object that is not there yet.
    pub rank: u8,
}

impl OutputKind {
    /// The `apiVersion` text.
    pub fn api_version(&self) -> String {
        if self.group.is_empty() {
            self.version.to_owned()
        } else {
            format!("{}/{}", self.group, self.version)
        }
    }

    /// The plural with its group (`core` for the core group), as output trees name their folders.
    pub fn resource(&self) -> String {
        format!("{}.{}", self.plural, if self.group.is_empty() { "core" } else { self.group })
    }
}

impl PartialEq for OutputKind {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for OutputKind {}

impl PartialOrd for OutputKind {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for OutputKind {
    fn cmp(&self, other: &Self) -> Ordering {
        if std::ptr::eq(self, other) {
            return Ordering::Equal;
        }
        (self.kind, self.group, self.version).cmp(&(other.kind, other.group, other.version))
    }
}

/// Names one output: where it goes and what it is called there.
///
/// Ordered by cluster, kind, namespace and name. It reads as `c1/shop/virtualservice:orders`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutputRef {
    /// Registered name of the cluster that receives it.
    pub cluster: Istr,
    /// What it is.
    pub kind: &'static OutputKind,
    /// Its namespace.
    pub namespace: Istr,
    /// Its name.
    pub name: Istr,
}

impl PartialOrd for OutputRef {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for OutputRef {
    fn cmp(&self, other: &Self) -> Ordering {
        compare(&self.cluster, &other.cluster)
            .then_with(|| self.kind.cmp(other.kind))
            .then_with(|| compare(&self.namespace, &other.namespace))
            .then_with(|| compare(&self.name, &other.name))
    }
}

impl fmt::Display for OutputRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}:{}", self.cluster, self.namespace, self.kind.kind.to_ascii_lowercase(), self.name)
    }
}
