//! One edit of a world: an object that is there now, or no longer.

use core::net::Ipv4Addr;
use std::collections::BTreeMap;
use std::sync::Arc;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::{ObjectMeta, Time};
use kube::Resource as _;
use serde_json::Value;

use crate::Istr;
use crate::api::{self, Kind};
use crate::decode::{DecodeError, decode};
use crate::id::{InputKind, InputRef};
use crate::istr::{Labels, Share as _};
use crate::rejection::{Rejection, Warning};
use crate::report::{Finding, Subject};
use crate::snapshot::{AddError, Broken, RawObject, RawRef, Snapshot, flatten};

/// Annotation that names the cluster of an object where nothing else does. Only files carry it.
pub(crate) const CLUSTER: &str = "cluster.solo.io/cluster";

/// Annotation in which `kubectl apply` keeps a copy of the object.
const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";

/// Names an object of a world.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Key {
    /// An object of the management cluster that the core reads.
    Input(InputRef),
    /// Any other object.
    Raw(RawRef),
    /// An address that stands for a name, by key of the service or virtual destination.
    Address(Istr),
}

/// One edit of a world.
///
/// Of the metadata only name, namespace, generation, time of creation and annotations are kept.
/// Made from JSON by [`Change::read`], from typed objects by `From`, or by [`Change::remove`].
///
/// ```
/// use gloo_core::api::TrafficPolicy;
/// use gloo_core::snapshot::Change;
/// use serde_json::json;
///
/// let policy = json!({
///     "apiVersion": "networking.mesh.gloo.solo.io/v1",
///     "kind": "TrafficPolicy",
///     "metadata": { "name": "slow", "namespace": "gloo-mesh" },
/// });
/// let [added] = <[Change; 1]>::try_from(Change::read(None, policy)?).expect("one object");
/// let removed = Change::remove(added.key().clone());
/// assert_eq!(added.key(), removed.key());
///
/// let mut policy = TrafficPolicy::default();
/// policy.metadata.name = Some("slow".to_owned());
/// policy.metadata.namespace = Some("gloo-mesh".to_owned());
/// assert_eq!(Change::from(policy).key(), added.key());
/// # Ok::<(), gloo_core::snapshot::AddError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Change {
    key: Key,
    content: Content,
    findings: Vec<Finding>,
}

/// What is there after a change.
#[derive(Clone, Debug)]
enum Content {
    Nothing,
    /// It cannot be decoded and has no status to say so: what is there stays.
    Unreadable,
    Settings(Arc<api::Settings>),
    KubernetesCluster(Arc<api::KubernetesCluster>),
    Mesh(Arc<api::Mesh>),
    Workload(Arc<api::Workload>),
    Destination(Arc<api::Destination>),
    TrafficPolicy(Arc<api::TrafficPolicy>),
    AccessPolicy(Arc<api::AccessPolicy>),
    VirtualMesh(Arc<api::VirtualMesh>),
    VirtualDestination(Arc<api::VirtualDestination>),
    Broken(Box<Broken>),
    Raw(Arc<RawObject>),
    Address(Ipv4Addr),
}

impl Change {
    /// The objects of a document are there, as it says: an object, or a list of objects.
    ///
    /// `cluster` is where the document was found; where that is not known, the object's annotation
    /// `cluster.solo.io/cluster` says so, and without it the object is of the management cluster. An object
    /// that cannot be decoded is there too: as one that is refused.
    ///
    /// # Errors
    ///
    /// If the document, or a member of the list, is no object or does not say which.
    pub fn read(cluster: Option<&str>, document: Value) -> Result<Vec<Self>, AddError> {
        flatten(document)?.into_iter().map(|object| Self::read_one(cluster, object)).collect()
    }

    /// The object is there.
    pub(super) fn read_one(cluster: Option<&str>, object: Value) -> Result<Self, AddError> {
        let head = Head::read(cluster, &object)?;
        Ok(match head.input_kind() {
            Some(kind) => Self::input(kind, head, object),
            None => Self::raw(head, object),
        })
    }

    /// The object is no longer there.
    pub fn remove(key: Key) -> Self {
        Self { key, content: Content::Nothing, findings: Vec::new() }
    }

    /// A name of other clusters has an address already, or no longer: `name` is the key of the service or
    /// virtual destination, see [`Snapshot::addresses`].
    pub fn address(name: impl Into<Istr>, address: Option<Ipv4Addr>) -> Self {
        let content = address.map_or(Content::Nothing, Content::Address);
        Self { key: Key::Address(name.into()), content, findings: Vec::new() }
    }

    /// The object of a kind that the core does not translate, if it is there.
    pub(crate) fn raw_object(&self) -> Option<&RawObject> {
        if let Content::Raw(raw) = &self.content { Some(raw) } else { None }
    }

    /// The settings, if the change is about them and they are there.
    pub(crate) fn settings(&self) -> Option<&api::Settings> {
        if let Content::Settings(settings) = &self.content { Some(settings) } else { None }
    }

    /// The object that changes.
    pub fn key(&self) -> &Key {
        &self.key
    }

    /// How findings name the object.
    pub fn subject(&self) -> Subject {
        match (&self.key, &self.content) {
            (Key::Input(input), _) => Subject::Input(input.clone()),
            (Key::Raw(id), Content::Raw(raw)) => id.subject(raw.api_version().into()),
            (Key::Raw(id), _) => id.subject(id.group.clone()),
            (Key::Address(name), _) => Subject::Other {
                cluster: Istr::default(),
                api_version: Istr::default(),
                kind: "address".into(),
                namespace: Istr::default(),
                name: name.clone(),
            },
        }
    }

    fn input(kind: InputKind, head: Head, object: Value) -> Self {
        let input = InputRef { kind, namespace: head.namespace.clone(), name: head.name.clone() };
        let decoded = match kind {
            InputKind::Settings => decoded(object, Content::Settings),
            InputKind::KubernetesCluster => decoded(object, Content::KubernetesCluster),
            InputKind::Mesh => decoded(object, Content::Mesh),
            InputKind::Workload => decoded(object, Content::Workload),
            InputKind::Destination => decoded(object, Content::Destination),
            InputKind::TrafficPolicy => decoded(object, Content::TrafficPolicy),
            InputKind::AccessPolicy => decoded(object, Content::AccessPolicy),
            InputKind::VirtualMesh => decoded(object, Content::VirtualMesh),
            InputKind::VirtualDestination => decoded(object, Content::VirtualDestination),
        };
        let subject = Subject::Input(input.clone());
        let key = Key::Input(input);
        match decoded {
            Ok((content, warnings)) => {
                let findings = warnings.into_iter().map(|it| Finding::warning(subject.clone(), it)).collect();
                Self { key, content, findings }
            }
            Err(error) => {
                let broken = Broken { generation: head.generation, created: head.created, error };
                // Policies say it in their status.
                let is_policy = matches!(
                    kind,
                    InputKind::TrafficPolicy
                        | InputKind::AccessPolicy
                        | InputKind::VirtualMesh
                        | InputKind::VirtualDestination
                );
                let finding = (!is_policy).then(|| Finding::error(subject, broken.rejection()));
                let content = match kind {
                    InputKind::Settings => Content::Broken(Box::new(broken)),
                    _ if is_policy => Content::Broken(Box::new(broken)),
                    _ => Content::Unreadable,
                };
                Self { key, content, findings: finding.into_iter().collect() }
            }
        }
    }

    fn raw(head: Head, value: Value) -> Self {
        let id = RawRef {
            cluster: head.cluster,
            group: head.group,
            kind: head.kind,
            namespace: head.namespace,
            name: head.name,
        };
        let key = Key::Raw(id.clone());
        let raw = RawObject { id, version: head.version, labels: head.labels, created: head.created, value };
        Self { key, content: Content::Raw(Arc::new(raw)), findings: Vec::new() }
    }
}

/// Decodes an object; tells what was left out.
fn decoded<K: Kind>(
    object: Value,
    content: fn(Arc<K>) -> Content,
) -> Result<(Content, Vec<Warning>), DecodeError> {
    let decoded = decode::<K>(object)?;
    let unknown = decoded.unknown.into_iter().map(|field| Warning::UnknownField { field });
    let unreadable = decoded.unreadable.into_iter().map(|DecodeError { path, reason }| Warning::Unwise {
        field: path,
        note: format!("this copy of an earlier version cannot be read and is left out: {reason}"),
    });
    let mut object = decoded.object;
    lighten(object.meta_mut());
    Ok((content(Arc::new(object)), unknown.chain(unreadable).collect()))
}

/// Drops what no translation reads: it is often most of an object.
fn lighten(metadata: &mut ObjectMeta) {
    let ObjectMeta { annotations, creation_timestamp, generation, name, namespace, .. } =
        std::mem::take(metadata);
    let annotations = annotations.map(|mut annotations| {
        annotations.remove(LAST_APPLIED);
        annotations
    });
    let annotations = annotations.filter(|annotations| !annotations.is_empty());
    *metadata =
        ObjectMeta { annotations, creation_timestamp, generation, name, namespace, ..ObjectMeta::default() };
}

macro_rules! from_typed {
    ($($kind:ident),+) => { $(
        impl From<api::$kind> for Change {
            /// The object is there, as it stands.
            fn from(mut object: api::$kind) -> Self {
                lighten(object.meta_mut());
                let namespace = object.metadata.namespace.as_deref().unwrap_or_default();
                let name = object.metadata.name.as_deref().unwrap_or_default();
                let key = Key::Input(InputRef::new(InputKind::$kind, namespace, name));
                Self { key, content: Content::$kind(Arc::new(object)), findings: Vec::new() }
            }
        }
    )+ };
}

from_typed!(
    Settings,
    KubernetesCluster,
    Mesh,
    Workload,
    Destination,
    TrafficPolicy,
    AccessPolicy,
    VirtualMesh,
    VirtualDestination
);

impl Snapshot {
    /// Whether there is an object of this name, readable or not.
    pub fn contains(&self, key: &Key) -> bool {
        match key {
            Key::Raw(id) => self.raw.contains_key(id),
            Key::Address(name) => self.addresses.contains_key(name),
            Key::Input(input) => {
                self.broken.contains_key(input)
                    || match input.kind {
                        InputKind::Settings => self.settings.contains_key(input),
                        InputKind::KubernetesCluster => self.clusters.contains_key(input),
                        InputKind::Mesh => self.meshes.contains_key(input),
                        InputKind::Workload => self.workloads.contains_key(input),
                        InputKind::Destination => self.destinations.contains_key(input),
                        InputKind::TrafficPolicy => self.traffic_policies.contains_key(input),
                        InputKind::AccessPolicy => self.access_policies.contains_key(input),
                        InputKind::VirtualMesh => self.virtual_meshes.contains_key(input),
                        InputKind::VirtualDestination => self.virtual_destinations.contains_key(input),
                    }
            }
        }
    }

    /// Makes an edit; tells which object it was about.
    pub fn apply(&mut self, change: Change) -> Key {
        let Change { mut key, content, findings } = change;
        if let Key::Input(input) = &mut key
            && input.namespace == self.management_namespace
        {
            // Nearly all inputs are there; a name that is shared costs nothing to compare.
            input.namespace = Arc::clone(&self.management_namespace);
        }
        match &key {
            Key::Raw(id) => {
                put(&mut self.raw, id, if let Content::Raw(raw) = content { Some(raw) } else { None });
            }
            Key::Address(name) => {
                put(
                    &mut self.addresses,
                    name,
                    if let Content::Address(it) = content { Some(it) } else { None },
                );
            }
            Key::Input(input) => {
                self.apply_input(input, content);
                put(
                    &mut self.findings,
                    &Subject::Input(input.clone()),
                    Some(findings).filter(|it| !it.is_empty()),
                );
            }
        }
        key
    }

    fn apply_input(&mut self, input: &InputRef, mut content: Content) {
        if matches!(content, Content::Unreadable) {
            return;
        }
        macro_rules! put_each {
            ($($kind:ident in $place:ident),+) => {
                match input.kind {
                    $(InputKind::$kind => {
                        let object = if let Content::$kind(object) = &mut content { Some(object) } else { None };
                        let object = object.map(|object| {
                            if let Some(object) = Arc::get_mut(object) {
                                object.share(&mut self.recent);
                            }
                            Arc::clone(object)
                        });
                        put(&mut self.$place, input, object);
                    })+
                }
            };
        }
        let keeps_its_effect =
            input.kind == InputKind::VirtualDestination && matches!(content, Content::Broken(_));
        if keeps_its_effect {
            // No status holds a copy of it, so what was read last stays here.
            put(&mut self.broken, input, if let Content::Broken(it) = content { Some(*it) } else { None });
            return;
        }
        put_each!(
            Settings in settings,
            KubernetesCluster in clusters,
            Mesh in meshes,
            Workload in workloads,
            Destination in destinations,
            TrafficPolicy in traffic_policies,
            AccessPolicy in access_policies,
            VirtualMesh in virtual_meshes,
            VirtualDestination in virtual_destinations
        );
        put(
            &mut self.broken,
            input,
            if let Content::Broken(broken) = content { Some(*broken) } else { None },
        );
    }
}

/// Puts a value in its place, or takes away what is there. What is shared is copied only if it changes.
fn put<K: Ord + Clone, V: Clone>(place: &mut Arc<BTreeMap<K, V>>, key: &K, value: Option<V>) {
    match value {
        Some(value) => {
            Arc::make_mut(place).insert(key.clone(), value);
        }
        None if place.contains_key(key) => {
            Arc::make_mut(place).remove(key);
        }
        None => (),
    }
}

/// What every object says about itself.
struct Head {
    cluster: Istr,
    group: Istr,
    version: Istr,
    kind: Istr,
    namespace: Istr,
    name: Istr,
    generation: i64,
    created: Option<Time>,
    labels: Labels,
}

impl Head {
    /// Reads the head; what lacks a part of its name is no object of a world.
    fn read(cluster: Option<&str>, object: &Value) -> Result<Self, AddError> {
        let text = |pointer: &str| object.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
        let metadata = |field: &str| object.pointer("/metadata").and_then(|all| all.get(field));
        let api_version = text("/apiVersion");
        let (group, version) = api_version.split_once('/').unwrap_or(("", api_version));
        let annotated = metadata("annotations").and_then(|all| all.get(CLUSTER)).and_then(Value::as_str);
        let head = Self {
            cluster: cluster.or(annotated).unwrap_or_default().into(),
            group: group.into(),
            version: version.into(),
            kind: text("/kind").into(),
            namespace: text("/metadata/namespace").into(),
            name: text("/metadata/name").into(),
            generation: metadata("generation").and_then(Value::as_i64).unwrap_or_default(),
            created: metadata("creationTimestamp").and_then(|time| serde_json::from_value(time.clone()).ok()),
            labels: metadata("labels")
                .and_then(|labels| serde_json::from_value(labels.clone()).ok())
                .unwrap_or_default(),
        };
        let parts = [("apiVersion", api_version), ("kind", &head.kind), ("metadata.name", &head.name)];
        let missing = parts.iter().find(|(_, value)| value.is_empty()).map(|(field, _)| *field);
        match missing {
            None => Ok(head),
            Some(field) => {
                let Self { cluster, kind, namespace, name, .. } = head;
                let api_version = api_version.into();
                let subject = Subject::Other { cluster, api_version, kind, namespace, name };
                Err(AddError::Incomplete { subject, field })
            }
        }
    }

    /// The kind of input, if the object is one and lives on the management cluster.
    fn input_kind(&self) -> Option<InputKind> {
        InputKind::ALL.into_iter().find(|kind| {
            self.cluster.is_empty()
                && kind.kind() == &*self.kind
                && kind.api_version().split_once('/') == Some((&*self.group, &*self.version))
        })
    }
}

impl AddError {
    /// What is to be said about an object that lacks a part of its name, if that is the error.
    pub(super) fn finding(&self) -> Option<Finding> {
        let Self::Incomplete { subject, field } = self else {
            return None;
        };
        let reason = "must be set; the object is left out".to_owned();
        let rejection = Rejection::Undecodable { path: (*field).to_owned(), reason };
        Some(Finding::error(subject.clone(), rejection))
    }
}
