//! What discovery has to say: what is doubtful, and why something was not found.

use std::fmt;

use serde::Serialize;

use crate::Istr;
use crate::report::Severity;

/// What was noticed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub enum Code {
    /// An object cannot be read; what was known of it stays.
    Undecodable,
    /// The version of a control plane cannot be told from its image.
    ImageUnparsable,
    /// The configuration of a mesh is not there.
    MeshConfigMissing,
    /// The configuration of a mesh cannot be read.
    MeshConfigInvalid,
    /// The configuration of Linkerd cannot be read.
    LinkerdConfigInvalid,
    /// A pod has a proxy, and the cluster has no control plane for it.
    SidecarWithoutMesh,
    /// A pod claims a revision, or a namespace, that no control plane has.
    RevisionNotFound,
    /// Something belongs to several meshes.
    MixedMeshes,
    /// A gateway has no port for traffic from other clusters.
    GatewayNoTlsPort,
    /// A gateway has no address that other clusters could reach.
    GatewayNoAddress,
    /// A gateway is a service that other clusters cannot reach.
    GatewayUnsupportedType,
    /// The owner of a pod is not known.
    ReplicaSetMissing,
    /// Nothing made a pod that can be a workload.
    UnknownOwner,
    /// The node of a pod is not known.
    NodeMissing,
    /// No node runs a pod yet.
    NotScheduled,
    /// Nothing is known about the instances behind a service.
    EndpointsMissing,
    /// Two sources say different things about the instances behind a service.
    EndpointsDisagree,
    /// Two objects would get one name.
    NameCollision,
    /// An object would get a name that Kubernetes does not take.
    InvalidName,
    /// An object of that name exists, and discovery did not write it.
    ForeignObject,
    /// A service has more instances than an object can hold.
    DestinationTruncated,
    /// A service asks to be discovered, and the cluster has no mesh.
    AnnotatedServiceWithoutMesh,
    /// Pods will get a proxy when they are made anew; those that run have none.
    InjectionPending,
    /// Something cannot be read that a decision needs.
    RbacMissing,
    /// It takes part in no mesh.
    NotInMesh,
    /// It is a part of a mesh itself, or a copy of something that is found elsewhere.
    PartOfMesh,
    /// Nothing that takes part in a mesh stands behind it.
    NoWorkload,
    /// Its author does not want it to be discovered.
    OptedOut,
}

impl Code {
    /// How much it matters.
    pub fn severity(self) -> Severity {
        match self {
            Self::Undecodable | Self::ForeignObject | Self::AnnotatedServiceWithoutMesh => Severity::Error,
            Self::NotScheduled | Self::NotInMesh | Self::PartOfMesh | Self::NoWorkload | Self::OptedOut => {
                Severity::Info
            }
            _ => Severity::Warning,
        }
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

/// One remark about an object of a cluster.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Diagnostic {
    /// The cluster.
    pub cluster: Istr,
    /// The object: kind, namespace and name; empty for the cluster as a whole.
    pub object: String,
    /// How much it matters.
    pub severity: Severity,
    /// What was noticed.
    pub code: Code,
    /// What there is to know about it.
    pub message: String,
}

impl Diagnostic {
    /// A remark about `object`, which is its kind, namespace and name.
    pub(super) fn new(cluster: &Istr, code: Code, object: String, message: String) -> Self {
        Self { cluster: cluster.clone(), object, severity: code.severity(), code, message }
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { cluster, object, severity: _, code, message } = self;
        write!(f, "{cluster}: ")?;
        if !object.is_empty() {
            write!(f, "{object}: ")?;
        }
        write!(f, "{message} [{code}]")
    }
}

/// Collects remarks about the objects of one cluster.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Diagnostics {
    cluster: Istr,
    all: Vec<Diagnostic>,
}

impl Diagnostics {
    /// None yet, about objects of `cluster`.
    pub fn new(cluster: &Istr) -> Self {
        Self { cluster: cluster.clone(), all: Vec::new() }
    }

    /// Adds a remark; `object` is its kind, namespace and name, as in `Service shop/cart`. The same remark counts
    /// once.
    pub fn note(&mut self, code: Code, object: impl fmt::Display, message: impl Into<String>) {
        let diagnostic = Diagnostic::new(&self.cluster, code, object.to_string(), message.into());
        if !self.all.contains(&diagnostic) {
            self.all.push(diagnostic);
        }
    }

    /// The remarks, in the order in which they were made.
    pub fn iter(&self) -> impl Iterator<Item = &Diagnostic> {
        self.all.iter()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.all.is_empty()
    }
}
