//! What a kind of mesh tells discovery: how its control planes and its members look.

use std::fmt::Debug;
use std::sync::Arc;

use crate::Istr;
use crate::api::MeshSpec;
use crate::discover::diagnostic::Diagnostics;
use crate::discover::resource::{ConfigMap, Controller, Name, Pod, Service};
use crate::discover::view::View;
use crate::istr::Labels;

/// Recognises one kind of mesh in the objects of a cluster.
///
/// Implementations are pure, and they look at one cluster only. They say what they see; which mesh a workload
/// belongs to where there are several, what a name is, what a service leads to: that follows without them.
pub trait Detector: Debug + Send + Sync {
    /// Short name of the kind of mesh, as reports use it.
    fn name(&self) -> &'static str;

    /// Whether [`Detector::meshes`] reads a controller.
    fn reads_controller(&self, controller: &Controller) -> bool;

    /// Whether [`Detector::meshes`] or [`Detector::intent`] reads a ConfigMap. Others are not kept.
    fn reads_config_map(&self, config_map: &ConfigMap) -> bool;

    /// The control planes in a cluster.
    fn meshes(&self, cluster: View<'_>, notes: &mut Diagnostics) -> Vec<FoundMesh>;

    /// How a pod takes part in a mesh of this kind.
    fn member(&self, pod: &Pod) -> Option<Member>;

    /// Whether pods that a controller makes will take part, as its mesh decides that when they are made. Asked only
    /// in clusters in which there is a mesh of this kind.
    fn intent(&self, cluster: View<'_>, controller: &Controller, notes: &mut Diagnostics) -> Intent;

    /// Why a service is never a destination, if it is not: it is a part of a mesh itself, or a copy of something
    /// that is found elsewhere.
    fn hides(&self, service: &Service) -> Option<&'static str>;

    /// Labels of a namespace that hold for the services in it. They belong together: the first one decides, and a service
    /// that carries it carries all of them itself.
    fn inherited_labels(&self) -> &'static [&'static str] {
        &[]
    }

    /// What there is to note about a workload of such a mesh, beside what every workload has.
    fn annotate_workload(&self, controller: &Controller) -> Vec<(&'static str, Istr)> {
        let _ = controller;
        Vec::new()
    }
}

/// A control plane.
#[derive(Clone, Debug, PartialEq)]
pub struct FoundMesh {
    /// The object it was found by; the mesh is named after it.
    pub source: Name,
    /// The annotations of that object.
    pub annotations: Labels,
    /// What there is to note about it, without the common prefix of the names.
    pub facts: Vec<(&'static str, Istr)>,
    /// What the mesh is.
    pub spec: MeshSpec,
    /// What members claim that belong to it.
    pub identity: MeshIdentity,
}

/// By what members recognise their control plane.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MeshIdentity {
    /// Namespace of the control plane.
    pub namespace: Istr,
    /// Its revision first, then other names of the same revision; none where the mesh knows no revisions.
    pub revisions: Vec<Istr>,
    /// Whether it serves members that claim no revision.
    pub is_default: bool,
    /// Whether the proxies of the cluster's nodes belong to it.
    pub serves_nodes: bool,
}

/// How a pod takes part in a mesh.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Member {
    /// In which way.
    pub plane: Plane,
    /// The control plane that it says is its own.
    pub claim: Claim,
    /// What else its proxy says, for meshes of which no more than that is known.
    pub proxy: Option<Arc<Proxy>>,
}

/// In which way a pod takes part in a mesh.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Plane {
    /// A proxy in the pod takes its traffic.
    Sidecar,
    /// The proxy of its node takes its traffic.
    Ambient,
    /// It is a proxy for traffic that comes in.
    Gateway,
    /// It is a proxy for traffic from other clusters.
    EastWestGateway,
    /// It is a proxy for services of a namespace.
    Waypoint,
    /// It speaks with the control plane itself.
    Proxyless,
    /// It is a part of the control plane; what it does is nobody's workload.
    ControlPlane,
}

impl Plane {
    /// The way that is written so.
    pub fn read(word: &str) -> Option<Self> {
        let all = [
            Self::Sidecar,
            Self::Ambient,
            Self::Gateway,
            Self::EastWestGateway,
            Self::Waypoint,
            Self::Proxyless,
            Self::ControlPlane,
        ];
        all.into_iter().find(|plane| plane.word() == word)
    }

    /// How it is written.
    pub fn word(self) -> &'static str {
        match self {
            Self::Sidecar => "sidecar",
            Self::Ambient => "ambient",
            Self::Gateway => "gateway",
            Self::EastWestGateway => "east-west-gateway",
            Self::Waypoint => "waypoint",
            Self::Proxyless => "proxyless",
            Self::ControlPlane => "control-plane",
        }
    }
}

/// The control plane that a member says is its own, as far as it says so.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Claim {
    /// Namespace of the control plane.
    pub namespace: Option<Istr>,
    /// Its revision, or another name of it.
    pub revision: Option<Istr>,
    /// Whether somebody asks for that revision, so that other names count before those that control planes have. What
    /// a control plane wrote is its own name.
    pub is_asked_for: bool,
}

/// What a proxy says about its mesh.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Proxy {
    /// Its version.
    pub version: Istr,
    /// The trust domain of its identity; empty if it says none.
    pub trust_domain: Istr,
    /// The network in which it is; empty if it says none.
    pub network: Istr,
}

/// Whether pods of a controller will take part in a mesh.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Intent {
    /// Nothing says so.
    Unsaid,
    /// Somebody said that they must not.
    No,
    /// They will be.
    Yes(Plane, Claim),
}
