//! Deployments, DaemonSets and StatefulSets.

use k8s_openapi::api::apps::v1 as apps;
use k8s_openapi::api::core::v1::PodTemplateSpec;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{LabelSelector, ObjectMeta};

use super::{Name, Template, labels, name_of, text};
use crate::Istr;
use crate::istr::Labels;

/// A kind of object that makes pods.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ControllerKind {
    /// A Deployment.
    #[default]
    Deployment,
    /// A DaemonSet.
    DaemonSet,
    /// A StatefulSet.
    StatefulSet,
}

impl ControllerKind {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Deployment, Self::DaemonSet, Self::StatefulSet];

    /// Its name in Kubernetes.
    pub fn word(self) -> &'static str {
        match self {
            Self::Deployment => "Deployment",
            Self::DaemonSet => "DaemonSet",
            Self::StatefulSet => "StatefulSet",
        }
    }
}

/// Names a controller within a cluster.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ControllerId {
    /// Its kind.
    pub kind: ControllerKind,
    /// Its name.
    pub name: Name,
}

/// An object that makes pods.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Controller {
    /// Its name.
    pub id: ControllerId,
    /// Its identity, if it is told.
    pub uid: Istr,
    /// Its labels.
    pub labels: Labels,
    /// Its annotations.
    pub annotations: Labels,
    /// Labels of the pods that belong to it.
    pub selector: Labels,
    /// What it makes pods from.
    pub template: Template,
}

impl Controller {
    pub(super) fn deployment(object: apps::Deployment) -> Self {
        let spec = object.spec.unwrap_or_default();
        Self::new(ControllerKind::Deployment, object.metadata, spec.selector, spec.template)
    }

    pub(super) fn daemon_set(object: apps::DaemonSet) -> Self {
        let spec = object.spec.unwrap_or_default();
        Self::new(ControllerKind::DaemonSet, object.metadata, spec.selector, spec.template)
    }

    pub(super) fn stateful_set(object: apps::StatefulSet) -> Self {
        let spec = object.spec.unwrap_or_default();
        Self::new(ControllerKind::StatefulSet, object.metadata, spec.selector, spec.template)
    }

    fn new(
        kind: ControllerKind,
        metadata: ObjectMeta,
        selector: LabelSelector,
        template: PodTemplateSpec,
    ) -> Self {
        Self {
            id: ControllerId { kind, name: name_of(&metadata) },
            uid: text(metadata.uid.as_ref()),
            labels: labels(metadata.labels.unwrap_or_default()),
            annotations: labels(metadata.annotations.unwrap_or_default()),
            selector: labels(selector.match_labels.unwrap_or_default()),
            template: Template::new(template.metadata, template.spec),
        }
    }
}
