//! One output object: its body, what it came from, and its stable rendering.

use std::any::Any;
use std::collections::BTreeMap;
use std::fmt::Debug;
use std::sync::Arc;

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use crate::Istr;
use crate::api::ClusterObjectRef;
use crate::id::{InputKind, InputRef, OutputRef};
use crate::name::object_key;

/// Label whose value is the management namespace: the object is ours.
pub const OWNER_LABEL: &str = "owner.networking.mesh.gloo.solo.io";
/// Label whose value is the cluster that the object was written for.
pub const CLUSTER_LABEL: &str = "cluster.multicluster.solo.io";
/// Annotation that names the inputs of an object, as JSON: group, version and kind → references.
pub const PARENTS_ANNOTATION: &str = "parents.networking.mesh.gloo.solo.io";

/// Annotation that names the service of another cluster that an object is about.
pub const FEDERATION_ANNOTATION: &str = "federation.networking.mesh.gloo.solo.io";

/// At most this many references of one kind stand in the parents annotation; provenance keeps them all.
const MAX_PARENTS: usize = 50;

/// The `spec` of an output: any type that serialises, compares and can be shared between threads.
///
/// Implemented for all such types; backends only define their wire types.
pub trait Body: Debug + Send + Sync {
    /// Appends the spec as JSON.
    fn write_json(&self, json: &mut Vec<u8>) -> Result<(), serde_json::Error>;
    /// Whether `other` is of the same type and equal.
    fn same(&self, other: &dyn Body) -> bool;
    /// The typed value, for callers that know the type.
    fn as_any(&self) -> &dyn Any;
}

impl<T: Serialize + PartialEq + Debug + Send + Sync + 'static> Body for T {
    fn write_json(&self, json: &mut Vec<u8>) -> Result<(), serde_json::Error> {
        serde_json::to_writer(json, self)
    }

    fn same(&self, other: &dyn Body) -> bool {
        other.as_any().downcast_ref::<T>() == Some(self)
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

/// One object for one cluster.
///
/// Owner, cluster and parents are not stored as text: they follow from the fields and are written by
/// [`Object::write_json`], so that no backend can forget them.
#[derive(Clone, Debug)]
pub struct Object {
    /// Where it goes and what it is called.
    pub id: OutputRef,
    /// The management namespace that owns it.
    pub owner: Istr,
    /// The service of another cluster that it is about, if it is about one.
    pub about: Option<Box<ClusterObjectRef>>,
    /// Every input that has a part in it, sorted, without duplicates.
    pub inputs: Arc<[InputRef]>,
    /// The spec.
    pub body: Arc<dyn Body>,
}

impl PartialEq for Object {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id
            && self.owner == other.owner
            && self.about == other.about
            && self.inputs == other.inputs
            && (Arc::ptr_eq(&self.body, &other.body) || self.body.same(&*other.body))
    }
}

impl Object {
    /// Renders the object as compact JSON: `apiVersion`, `kind`, `metadata`, `spec`.
    ///
    /// # Errors
    ///
    /// Only if the body cannot be expressed in JSON, which no wire type of this project can cause.
    pub fn to_json(&self) -> Result<Vec<u8>, serde_json::Error> {
        let mut json = Vec::with_capacity(1024);
        self.write_json(&mut json)?;
        Ok(json)
    }

    /// Appends the object as compact JSON.
    ///
    /// # Errors
    ///
    /// As [`Object::to_json`].
    pub fn write_json(&self, json: &mut Vec<u8>) -> Result<(), serde_json::Error> {
        json.extend_from_slice(br#"{"apiVersion":""#);
        if !self.id.kind.group.is_empty() {
            json.extend_from_slice(self.id.kind.group.as_bytes());
            json.push(b'/');
        }
        json.extend_from_slice(self.id.kind.version.as_bytes());
        json.extend_from_slice(br#"","kind":""#);
        json.extend_from_slice(self.id.kind.kind.as_bytes());
        json.extend_from_slice(br#"","metadata":"#);
        serde_json::to_writer(&mut *json, &self.metadata())?;
        json.extend_from_slice(br#","spec":"#);
        self.body.write_json(json)?;
        json.push(b'}');
        Ok(())
    }

    /// The object as a JSON value, for edges where speed does not matter.
    ///
    /// # Errors
    ///
    /// As [`Object::to_json`].
    pub fn to_value(&self) -> Result<serde_json::Value, serde_json::Error> {
        serde_json::from_slice(&self.to_json()?)
    }

    /// The annotation that names the parents, empty if there are none.
    ///
    /// ```
    /// # use gloo_core::object::parents;
    /// # use gloo_core::id::{InputKind, InputRef};
    /// assert_eq!(
    ///     parents(&[InputRef::new(InputKind::VirtualMesh, "gloo-mesh", "retail")]),
    ///     r#"{"networking.mesh.gloo.solo.io/v1, Kind=VirtualMesh":[{"name":"retail","namespace":"gloo-mesh"}]}"#
    /// );
    /// ```
    pub fn parents(&self) -> String {
        parents(&self.inputs)
    }

    fn metadata(&self) -> Metadata<'_> {
        let parents = self.parents();
        let about = self.about.as_ref().map(|service| {
            let ClusterObjectRef { name, namespace, cluster_name } = &**service;
            object_key(name, namespace, cluster_name)
        });
        let annotations = Annotations { about, parents };
        Metadata {
            annotations: (!annotations.is_empty()).then_some(annotations),
            labels: Labels { cluster: &self.id.cluster, owner: &self.owner },
            name: &self.id.name,
            namespace: &self.id.namespace,
        }
    }
}

/// Writes the parents annotation for `inputs`: destinations, virtual meshes and policies, at most 50 of a
/// kind; other inputs are provenance only.
pub fn parents(inputs: &[InputRef]) -> String {
    let mut groups: BTreeMap<String, Vec<Parent<'_>>> = BTreeMap::new();
    for input in inputs {
        if matches!(
            input.kind,
            InputKind::Destination
                | InputKind::VirtualMesh
                | InputKind::VirtualDestination
                | InputKind::TrafficPolicy
                | InputKind::AccessPolicy
        ) {
            let group = format!("{}, Kind={}", input.kind.api_version(), input.kind.kind());
            groups.entry(group).or_default().push(Parent { name: &input.name, namespace: &input.namespace });
        }
    }
    if groups.is_empty() {
        return String::new();
    }
    for refs in groups.values_mut() {
        refs.sort_by_cached_key(|parent| object_key(parent.name, parent.namespace, ""));
        refs.truncate(MAX_PARENTS);
    }
    serde_json::to_string(&groups).unwrap_or_default()
}

#[derive(Serialize)]
struct Parent<'a> {
    name: &'a str,
    namespace: &'a str,
}

#[derive(Serialize)]
struct Metadata<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    annotations: Option<Annotations>,
    labels: Labels<'a>,
    name: &'a str,
    namespace: &'a str,
}

struct Annotations {
    about: Option<String>,
    parents: String,
}

impl Annotations {
    fn is_empty(&self) -> bool {
        self.about.is_none() && self.parents.is_empty()
    }
}

impl Serialize for Annotations {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        if let Some(about) = &self.about {
            map.serialize_entry(FEDERATION_ANNOTATION, about)?;
        }
        if !self.parents.is_empty() {
            map.serialize_entry(PARENTS_ANNOTATION, &self.parents)?;
        }
        map.end()
    }
}

struct Labels<'a> {
    cluster: &'a str,
    owner: &'a str,
}

impl Serialize for Labels<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(2))?;
        map.serialize_entry(CLUSTER_LABEL, self.cluster)?;
        map.serialize_entry(OWNER_LABEL, self.owner)?;
        map.end()
    }
}
