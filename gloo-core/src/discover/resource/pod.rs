//! Pods, and what controllers make pods from.

use k8s_openapi::api::core::v1 as core;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;

use super::{Name, labels, name_of, text};
use crate::Istr;
use crate::istr::Labels;

/// The controller to which an object belongs.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Owner {
    /// Its kind.
    pub kind: Istr,
    /// Its name.
    pub name: Istr,
    /// Its identity, if it is told.
    pub uid: Istr,
}

impl Owner {
    pub(super) fn of(metadata: &ObjectMeta) -> Option<Self> {
        let owners = metadata.owner_references.as_deref().unwrap_or_default();
        let owner = owners.iter().find(|owner| owner.controller == Some(true))?;
        Some(Self {
            kind: owner.kind.as_str().into(),
            name: owner.name.as_str().into(),
            uid: owner.uid.as_str().into(),
        })
    }
}

/// A container.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Container {
    /// Its name.
    pub name: Istr,
    /// Its image.
    pub image: Istr,
    /// Its arguments.
    pub args: Vec<Istr>,
    /// Its environment, as far as it is written down as text.
    pub env: Labels,
    /// Whether it keeps running although it is an init container.
    pub restarts_always: bool,
}

impl Container {
    /// Whether its arguments begin with these words.
    pub fn runs(&self, words: &[&str]) -> bool {
        self.args.len() >= words.len() && words.iter().zip(&self.args).all(|(word, arg)| **arg == **word)
    }

    /// The last part of the path of its image, without tag and digest.
    pub fn image_name(&self) -> &str {
        let path = self.image.split('@').next().unwrap_or_default();
        let last = path.rsplit('/').next().unwrap_or_default();
        last.split(':').next().unwrap_or_default()
    }
}

/// What a pod is made from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Template {
    /// Labels.
    pub labels: Labels,
    /// Annotations.
    pub annotations: Labels,
    /// Service account; empty if none is named.
    pub service_account: Istr,
    /// Whether it uses the network of its node.
    pub host_network: bool,
    /// Containers.
    pub containers: Vec<Container>,
    /// Containers that run first; those that restart always stay.
    pub init_containers: Vec<Container>,
}

impl Template {
    pub(super) fn new(metadata: Option<ObjectMeta>, spec: Option<core::PodSpec>) -> Self {
        let metadata = metadata.unwrap_or_default();
        let spec = spec.unwrap_or_default();
        let named = spec.service_account_name.or(spec.service_account).unwrap_or_default();
        Self {
            labels: labels(metadata.labels.unwrap_or_default()),
            annotations: labels(metadata.annotations.unwrap_or_default()),
            service_account: named.into(),
            host_network: spec.host_network.unwrap_or_default(),
            containers: spec.containers.into_iter().map(container).collect(),
            init_containers: spec.init_containers.into_iter().flatten().map(container).collect(),
        }
    }

    /// The containers that run as long as the pod does.
    pub fn running(&self) -> impl Iterator<Item = &Container> {
        let kept = self.init_containers.iter().filter(|container| container.restarts_always);
        self.containers.iter().chain(kept)
    }

    /// The service account under which its pods run.
    pub fn account(&self) -> Istr {
        if self.service_account.is_empty() { "default".into() } else { self.service_account.clone() }
    }
}

fn container(container: core::Container) -> Container {
    let env = container.env.unwrap_or_default();
    let env = env.into_iter().filter_map(|it| Some((it.name.into(), it.value?.into())));
    Container {
        name: container.name.into(),
        image: container.image.unwrap_or_default().into(),
        args: container.args.unwrap_or_default().into_iter().map(Istr::from).collect(),
        env: env.collect(),
        restarts_always: container.restart_policy.as_deref() == Some("Always"),
    }
}

/// How far a pod is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Phase {
    /// It does not run yet, or nobody knows.
    #[default]
    Pending,
    /// It runs.
    Running,
    /// It has ended for good.
    Finished,
}

/// What makes pods on behalf of a Deployment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReplicaSet {
    /// What made it.
    pub owner: Option<Owner>,
}

impl From<ObjectMeta> for ReplicaSet {
    fn from(metadata: ObjectMeta) -> Self {
        Self { owner: Owner::of(&metadata) }
    }
}

/// A pod.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pod {
    /// Its name.
    pub name: Name,
    /// What it is made from; once members are known, without containers.
    pub template: Template,
    /// What made it.
    pub owner: Option<Owner>,
    /// The node on which it runs; empty if it has none yet.
    pub node: Istr,
    /// How far it is.
    pub phase: Phase,
    /// Whether it is being taken away.
    pub is_terminating: bool,
    /// Whether it takes requests.
    pub is_ready: bool,
}

impl Pod {
    /// Whether it runs and stays.
    pub fn serves(&self) -> bool {
        self.phase == Phase::Running && !self.is_terminating
    }

    /// Whether it has ended for good.
    pub fn is_finished(&self) -> bool {
        self.phase == Phase::Finished
    }
}

impl From<core::Pod> for Pod {
    fn from(object: core::Pod) -> Self {
        let status = object.status.unwrap_or_default();
        let phase = status.phase.as_deref().unwrap_or_default();
        let conditions = status.conditions.as_deref().unwrap_or_default();
        Self {
            name: name_of(&object.metadata),
            owner: Owner::of(&object.metadata),
            node: text(object.spec.as_ref().and_then(|spec| spec.node_name.as_ref())),
            phase: match phase {
                "Running" => Phase::Running,
                "Succeeded" | "Failed" => Phase::Finished,
                _ => Phase::Pending,
            },
            is_terminating: object.metadata.deletion_timestamp.is_some(),
            is_ready: conditions.iter().any(|it| it.type_ == "Ready" && it.status == "True"),
            template: Template::new(Some(object.metadata), object.spec),
        }
    }
}
