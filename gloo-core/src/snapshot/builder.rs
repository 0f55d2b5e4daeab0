//! Puts a snapshot together from documents, one object at a time.

use std::collections::BTreeMap;
use std::sync::Arc;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use serde_json::Value;

use crate::Istr;
use crate::api::{self, Kind};
use crate::decode::{DecodeError, decode};
use crate::id::{InputKind, InputRef};
use crate::istr::Labels;
use crate::rejection::{Rejection, Warning};
use crate::report::{Finding, Severity, Subject};
use crate::snapshot::{Broken, Options, RawObject, RawRef, SettingsInput, Snapshot};

/// Annotation that names the cluster of an object where nothing else does. Only files carry it.
const CLUSTER: &str = "cluster.solo.io/cluster";
/// Name of the settings object that counts.
const SETTINGS: &str = "settings";

/// Takes documents and sorts them into a [`Snapshot`].
///
/// An object that cannot be decoded becomes a finding and changes nothing else.
#[derive(Debug)]
pub struct SnapshotBuilder {
    snapshot: Snapshot,
    settings: BTreeMap<InputRef, Arc<api::Settings>>,
    findings: Vec<Finding>,
}

/// What to do with an object that is there already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnDuplicate {
    /// It is an error.
    Refuse,
    /// The later one counts.
    Replace,
}

/// What a document contained.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Added {
    /// The objects, in the order of the document.
    pub objects: Vec<Subject>,
}

/// Why a document cannot be part of a world.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AddError {
    /// It is a list, a number or the like.
    #[error("expected a Kubernetes object, found {found}")]
    NotAnObject {
        /// What it is.
        found: &'static str,
    },
    /// The same object is there already.
    #[error("{subject} is given twice")]
    Duplicate {
        /// The object.
        subject: Subject,
    },
}

impl SnapshotBuilder {
    /// Begins an empty world whose management plane lives in `management_namespace`.
    pub fn new(management_namespace: impl Into<Istr>, options: Options) -> Self {
        let management_namespace = management_namespace.into();
        let snapshot = Snapshot { management_namespace, options, ..Snapshot::default() };
        Self { snapshot, settings: BTreeMap::new(), findings: Vec::new() }
    }

    /// Adds a document: an object, or a list of objects.
    ///
    /// `cluster` is where it was found; where that is not known, the object's annotation
    /// `cluster.solo.io/cluster` says so, and without it the object is of the management cluster.
    ///
    /// # Errors
    ///
    /// If the document is no object, or one that is there already and must not be replaced. Objects of a list
    /// before the one concerned stay added. An object without kind or name is a finding, not an error.
    pub fn add(
        &mut self,
        cluster: Option<&str>,
        document: Value,
        duplicates: OnDuplicate,
    ) -> Result<Added, AddError> {
        let mut added = Added::default();
        for object in flatten(document)? {
            added.objects.push(match Head::read(cluster, &object) {
                Ok(head) => self.add_object(head, object, duplicates)?,
                Err((subject, field)) => {
                    let rejection = Rejection::Undecodable {
                        path: field.to_owned(),
                        reason: "must be set; the object is left out".to_owned(),
                    };
                    self.findings.push(Finding::error(subject.clone(), rejection));
                    subject
                }
            });
        }
        Ok(added)
    }

    /// Notes something that was noticed about the input.
    pub fn note(&mut self, finding: Finding) {
        self.findings.push(finding);
    }

    /// The finished snapshot.
    pub fn build(mut self) -> Snapshot {
        let counting =
            InputRef::new(InputKind::Settings, Arc::clone(&self.snapshot.management_namespace), SETTINGS);
        for input in self.settings.keys().filter(|input| **input != counting) {
            let detail = "; only the one named settings in the management namespace counts";
            let warning = Warning::NoEffect { field: "the object".to_owned(), detail };
            self.findings.push(Finding::warning(Subject::Input(input.clone()), warning));
        }
        if let Some(object) = self.settings.remove(&counting) {
            if !object.spec.networking_extension_servers.is_empty() {
                let field = "spec.networkingExtensionServers".to_owned();
                let warning = Warning::NoEffect { field, detail: "" };
                self.findings.push(Finding::warning(Subject::Input(counting.clone()), warning));
            }
            self.snapshot.settings = Some(SettingsInput { input: counting, object });
        } else {
            let broken = self.snapshot.broken.contains_key(&counting);
            let what = if broken { "the object cannot be read" } else { "the object does not exist" };
            let note = format!("{what}, so defaults are used");
            let warning = Warning::Unwise { field: "spec".to_owned(), note };
            self.findings.push(Finding::warning(Subject::Input(counting), warning));
        }
        self.snapshot.findings = Arc::new(self.findings);
        self.snapshot
    }

    fn add_object(
        &mut self,
        head: Head,
        object: Value,
        duplicates: OnDuplicate,
    ) -> Result<Subject, AddError> {
        let Some(kind) = head.input_kind() else {
            return self.add_raw(head, object, duplicates);
        };
        let input = InputRef { kind, namespace: head.namespace.clone(), name: head.name.clone() };
        let subject = Subject::Input(input.clone());
        if duplicates == OnDuplicate::Refuse && self.contains(&input) {
            return Err(AddError::Duplicate { subject });
        }
        self.forget(&input);
        let snapshot = &mut self.snapshot;
        let decoded = match kind {
            InputKind::Settings => decode_into(&mut self.settings, &input, object),
            InputKind::KubernetesCluster => {
                decode_into(Arc::make_mut(&mut snapshot.clusters), &input, object)
            }
            InputKind::Mesh => decode_into(Arc::make_mut(&mut snapshot.meshes), &input, object),
            InputKind::Workload => decode_into(Arc::make_mut(&mut snapshot.workloads), &input, object),
            InputKind::Destination => decode_into(Arc::make_mut(&mut snapshot.destinations), &input, object),
            InputKind::TrafficPolicy => {
                decode_into(Arc::make_mut(&mut snapshot.traffic_policies), &input, object)
            }
            InputKind::AccessPolicy => {
                decode_into(Arc::make_mut(&mut snapshot.access_policies), &input, object)
            }
            InputKind::VirtualMesh => {
                decode_into(Arc::make_mut(&mut snapshot.virtual_meshes), &input, object)
            }
            InputKind::VirtualDestination => {
                decode_into(Arc::make_mut(&mut snapshot.virtual_destinations), &input, object)
            }
        };
        self.note_decoded(input, head, decoded);
        Ok(subject)
    }

    /// Turns what came of decoding into findings; what failed and has a verdict is kept as broken.
    fn note_decoded(&mut self, input: InputRef, head: Head, decoded: Result<Vec<Warning>, DecodeError>) {
        match decoded {
            Ok(warnings) => {
                let subject = Subject::Input(input);
                let findings = warnings.into_iter().map(|warning| Finding::warning(subject.clone(), warning));
                self.findings.extend(findings);
            }
            Err(error) if has_verdict(input.kind) => {
                if input.kind == InputKind::Settings {
                    let DecodeError { path, reason } = error.clone();
                    let rejection = Rejection::Undecodable { path, reason };
                    self.findings.push(Finding::error(Subject::Input(input.clone()), rejection));
                }
                let broken = Broken { generation: head.generation, created: head.created, error };
                Arc::make_mut(&mut self.snapshot.broken).insert(input, broken);
            }
            Err(DecodeError { path, reason }) => {
                let rejection = Rejection::Undecodable { path, reason };
                self.findings.push(Finding::error(Subject::Input(input), rejection));
            }
        }
    }

    fn add_raw(&mut self, head: Head, value: Value, duplicates: OnDuplicate) -> Result<Subject, AddError> {
        let id = RawRef {
            cluster: head.cluster,
            group: head.group,
            kind: head.kind,
            namespace: head.namespace,
            name: head.name,
        };
        let raw = RawObject { id, version: head.version, labels: head.labels, created: head.created, value };
        let subject = Subject::Other {
            cluster: raw.id.cluster.clone(),
            api_version: raw.api_version().into(),
            kind: raw.id.kind.clone(),
            namespace: raw.id.namespace.clone(),
            name: raw.id.name.clone(),
        };
        let all = Arc::make_mut(&mut self.snapshot.raw);
        if duplicates == OnDuplicate::Refuse && all.contains_key(&raw.id) {
            return Err(AddError::Duplicate { subject });
        }
        all.insert(raw.id.clone(), Arc::new(raw));
        Ok(subject)
    }

    fn contains(&self, input: &InputRef) -> bool {
        let snapshot = &self.snapshot;
        snapshot.broken.contains_key(input)
            || match input.kind {
                InputKind::Settings => self.settings.contains_key(input),
                InputKind::KubernetesCluster => snapshot.clusters.contains_key(input),
                InputKind::Mesh => snapshot.meshes.contains_key(input),
                InputKind::Workload => snapshot.workloads.contains_key(input),
                InputKind::Destination => snapshot.destinations.contains_key(input),
                InputKind::TrafficPolicy => snapshot.traffic_policies.contains_key(input),
                InputKind::AccessPolicy => snapshot.access_policies.contains_key(input),
                InputKind::VirtualMesh => snapshot.virtual_meshes.contains_key(input),
                InputKind::VirtualDestination => snapshot.virtual_destinations.contains_key(input),
            }
    }

    /// Drops what is known about an object that is about to be replaced.
    fn forget(&mut self, input: &InputRef) {
        if !self.contains(input) {
            return;
        }
        Arc::make_mut(&mut self.snapshot.broken).remove(input);
        match input.kind {
            InputKind::TrafficPolicy => {
                Arc::make_mut(&mut self.snapshot.traffic_policies).remove(input);
            }
            InputKind::AccessPolicy => {
                Arc::make_mut(&mut self.snapshot.access_policies).remove(input);
            }
            InputKind::Settings => {
                self.settings.remove(input);
            }
            _ => (),
        }
        self.findings.retain(|finding| finding.subject != Subject::Input(input.clone()));
    }
}

/// Whether objects of a kind have a status that says what is wrong with them.
fn has_verdict(kind: InputKind) -> bool {
    matches!(kind, InputKind::TrafficPolicy | InputKind::AccessPolicy | InputKind::Settings)
}

/// Decodes an object into its place; returns what was left out.
fn decode_into<K: Kind>(
    place: &mut BTreeMap<InputRef, Arc<K>>,
    input: &InputRef,
    object: Value,
) -> Result<Vec<Warning>, DecodeError> {
    let decoded = decode::<K>(object)?;
    place.insert(input.clone(), Arc::new(decoded.object));
    let unknown = decoded.unknown.into_iter().map(|field| Warning::UnknownField { field });
    let unreadable = decoded.unreadable.into_iter().map(|DecodeError { path, reason }| Warning::Unwise {
        field: path,
        note: format!("this copy of an earlier version cannot be read and is left out: {reason}"),
    });
    Ok(unknown.chain(unreadable).collect())
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
    /// Reads the head; if it lacks something, tells what and of which object.
    fn read(cluster: Option<&str>, object: &Value) -> Result<Self, (Subject, &'static str)> {
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
                Err((Subject::Other { cluster, api_version, kind, namespace, name }, field))
            }
        }
    }

    /// The kind of input, if the object is one and lives on the management cluster.
    fn input_kind(&self) -> Option<InputKind> {
        let api_version = format!("{}/{}", self.group, self.version);
        InputKind::ALL.into_iter().find(|kind| {
            self.cluster.is_empty() && kind.kind() == &*self.kind && kind.api_version() == api_version
        })
    }
}

/// The objects of a document. Members of a list may leave out what the list says already.
///
/// [`SnapshotBuilder::add`] does the same; who wants to know which member of a list is wrong flattens first.
///
/// # Errors
///
/// If the document, or a member of the list, cannot be an object.
pub fn flatten(document: Value) -> Result<Vec<Value>, AddError> {
    let found = match document {
        Value::Object(mut map) => {
            let kind = map.get("kind").and_then(Value::as_str).unwrap_or_default().to_owned();
            let is_list = kind.ends_with("List") && map.get("items").is_some_and(Value::is_array);
            if !is_list {
                return Ok(vec![Value::Object(map)]);
            }
            let api_version = map.remove("apiVersion").unwrap_or_default();
            let Some(Value::Array(items)) = map.remove("items") else {
                return Ok(Vec::new());
            };
            return complete(items, &api_version, kind.trim_end_matches("List"));
        }
        Value::Null => "nothing",
        Value::Array(_) => "a list",
        Value::Bool(_) | Value::Number(_) | Value::String(_) => "a single value",
    };
    Err(AddError::NotAnObject { found })
}

fn complete(items: Vec<Value>, api_version: &Value, kind: &str) -> Result<Vec<Value>, AddError> {
    let mut objects = Vec::with_capacity(items.len());
    for mut item in items {
        if let Some(map) = item.as_object_mut()
            && !kind.is_empty()
        {
            map.entry("apiVersion").or_insert_with(|| api_version.clone());
            map.entry("kind").or_insert_with(|| kind.into());
        }
        objects.extend(flatten(item)?);
    }
    Ok(objects)
}

/// One finding for each kind of objects that nobody reads.
pub(crate) fn unread(counts: BTreeMap<(String, Istr), usize>) -> impl Iterator<Item = Finding> {
    counts.into_iter().map(|((api_version, kind), count)| {
        let subject = Subject::Other {
            cluster: Istr::default(),
            api_version: api_version.as_str().into(),
            kind: kind.clone(),
            namespace: Istr::default(),
            name: Istr::default(),
        };
        let warning = Warning::KindUnread { api_version, kind: kind.to_string(), count };
        Finding { severity: Severity::Info, ..Finding::warning(subject, warning) }
    })
}
