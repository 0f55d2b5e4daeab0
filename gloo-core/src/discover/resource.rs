//! Objects of clusters, as far as discovery reads them.
//!
//! Everything else is dropped when an object arrives, so that what changes all the time (heart-beats of nodes,
//! conditions of pods) is not even a change.

mod controller;
mod endpoints;
mod node;
mod pod;
mod service;

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1 as core;
use k8s_openapi::api::discovery::v1::EndpointSlice;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use serde::de::DeserializeOwned;
use serde_json::Value;

pub use controller::{Controller, ControllerId, ControllerKind};
pub(super) use endpoints::merged;
pub use endpoints::{Endpoints, Instance, InstanceGroup, Slice};
pub use node::{AddressType, Node};
pub use pod::{Container, Owner, Phase, Pod, ReplicaSet, Template};
pub use service::Service;

use crate::Istr;
use crate::istr::Labels;

/// Names an object of a cluster within its kind.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Name {
    /// Namespace; empty if it has none.
    pub namespace: Istr,
    /// Name.
    pub name: Istr,
}

impl Name {
    /// The object `name` in `namespace`.
    pub fn new(namespace: impl Into<Istr>, name: impl Into<Istr>) -> Self {
        Self { namespace: namespace.into(), name: name.into() }
    }
}

impl std::fmt::Display for Name {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.namespace.is_empty() {
            f.write_str(&self.name)
        } else {
            write!(f, "{}/{}", self.namespace, self.name)
        }
    }
}

/// A ConfigMap.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ConfigMap {
    /// Its name.
    pub name: Name,
    /// Its labels.
    pub labels: Labels,
    /// Its entries.
    pub data: BTreeMap<Istr, Istr>,
}

/// A Namespace.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Namespace {
    /// Its labels.
    pub labels: Labels,
    /// Its annotations.
    pub annotations: Labels,
}

/// An object of a kind that discovery reads.
#[derive(Clone, Debug)]
pub(super) enum Resource {
    Pod(Pod),
    Controller(Controller),
    ReplicaSet(ReplicaSet),
    Service(Service),
    Node(Node),
    Namespace(Namespace),
    ConfigMap(ConfigMap),
    Slice(Slice),
    Endpoints(Endpoints),
    IssuedCertificate(Box<crate::api::IssuedCertificateStatus>),
}

/// A kind that discovery reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    Pod,
    Deployment,
    DaemonSet,
    StatefulSet,
    ReplicaSet,
    Service,
    Node,
    Namespace,
    ConfigMap,
    EndpointSlice,
    Endpoints,
    IssuedCertificate,
}

impl Kind {
    /// The kind of a group that has this name, if discovery reads it.
    pub fn of(group: &str, kind: &str) -> Option<Self> {
        Some(match (group, kind) {
            ("", "Pod") => Self::Pod,
            ("apps", "Deployment") => Self::Deployment,
            ("apps", "DaemonSet") => Self::DaemonSet,
            ("apps", "StatefulSet") => Self::StatefulSet,
            ("apps", "ReplicaSet") => Self::ReplicaSet,
            ("", "Service") => Self::Service,
            ("", "Node") => Self::Node,
            ("", "Namespace") => Self::Namespace,
            ("", "ConfigMap") => Self::ConfigMap,
            ("discovery.k8s.io", "EndpointSlice") => Self::EndpointSlice,
            ("", "Endpoints") => Self::Endpoints,
            ("certificates.mesh.gloo.solo.io", "IssuedCertificate") => Self::IssuedCertificate,
            _ => return None,
        })
    }

    /// The controllers among the kinds.
    pub fn controller(self) -> Option<ControllerKind> {
        match self {
            Self::Deployment => Some(ControllerKind::Deployment),
            Self::DaemonSet => Some(ControllerKind::DaemonSet),
            Self::StatefulSet => Some(ControllerKind::StatefulSet),
            _ => None,
        }
    }

    /// Reads an object of this kind.
    pub fn read(self, value: &Value) -> Result<Resource, serde_json::Error> {
        Ok(match self {
            Self::Pod => Resource::Pod(Pod::from(typed::<core::Pod>(value)?)),
            Self::Deployment => Resource::Controller(Controller::deployment(typed(value)?)),
            Self::DaemonSet => Resource::Controller(Controller::daemon_set(typed(value)?)),
            Self::StatefulSet => Resource::Controller(Controller::stateful_set(typed(value)?)),
            Self::ReplicaSet => {
                let Partial { metadata } = typed(value)?;
                Resource::ReplicaSet(metadata.into())
            }
            Self::Service => Resource::Service(Service::from(typed::<core::Service>(value)?)),
            Self::Node => Resource::Node(Node::from(typed::<core::Node>(value)?)),
            Self::Namespace => {
                let Partial { metadata } = typed(value)?;
                let annotations = labels(metadata.annotations.unwrap_or_default());
                Resource::Namespace(Namespace {
                    labels: labels(metadata.labels.unwrap_or_default()),
                    annotations,
                })
            }
            Self::ConfigMap => Resource::ConfigMap(typed(value).map(config_map)?),
            Self::EndpointSlice => Resource::Slice(Slice::from(typed::<EndpointSlice>(value)?)),
            Self::Endpoints => Resource::Endpoints(Endpoints::from(typed::<core::Endpoints>(value)?)),
            Self::IssuedCertificate => {
                let status = value.get("status").filter(|status| !status.is_null());
                let status = status.map(typed).transpose()?.unwrap_or_default();
                Resource::IssuedCertificate(Box::new(status))
            }
        })
    }
}

fn typed<T: DeserializeOwned>(value: &Value) -> Result<T, serde_json::Error> {
    T::deserialize(value)
}

/// An object of which only the metadata are read.
#[derive(serde::Deserialize)]
struct Partial {
    #[serde(default)]
    metadata: ObjectMeta,
}

fn config_map(object: core::ConfigMap) -> ConfigMap {
    let data = object.data.unwrap_or_default();
    ConfigMap {
        name: name_of(&object.metadata),
        labels: labels(object.metadata.labels.unwrap_or_default()),
        data: data.into_iter().map(|(key, text)| (key.into(), text.into())).collect(),
    }
}

fn name_of(metadata: &ObjectMeta) -> Name {
    Name::new(text(metadata.namespace.as_ref()), text(metadata.name.as_ref()))
}

fn text(text: Option<&String>) -> Istr {
    text.map(String::as_str).unwrap_or_default().into()
}

fn labels(map: BTreeMap<String, String>) -> Labels {
    map.into_iter().map(|(key, value)| (key.into(), value.into())).collect()
}

/// Whether labels have everything that a selector asks for. A selector that asks for nothing selects nothing.
pub fn selects(selector: &Labels, labels: &Labels) -> bool {
    !selector.is_empty() && selector.iter().all(|(key, value)| labels.get(key) == Some(value))
}
