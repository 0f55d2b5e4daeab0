//! What all kinds have in common: names, groups of exclusive fields, copies of other objects.

use std::borrow::Cow;
use std::sync::Arc;

use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{Deserialize, DeserializeOwned, Deserializer};
use serde_json::Value;

use crate::decode::{DecodeError, decode_spec};

/// A kind of custom resource that this library reads or writes.
pub trait Kind:
    kube::CustomResourceExt
    + kube::Resource<DynamicType = ()>
    + Clone
    + Default
    + std::fmt::Debug
    + PartialEq
    + DeserializeOwned
    + serde::Serialize
{
    /// What the user or a controller asks for.
    type Spec: Clone
        + Default
        + std::fmt::Debug
        + PartialEq
        + DeserializeOwned
        + serde::Serialize
        + JsonSchema;
    /// What became of it.
    type Status: Clone
        + Default
        + std::fmt::Debug
        + PartialEq
        + DeserializeOwned
        + serde::Serialize
        + JsonSchema;
    /// API group, such as `networking.mesh.gloo.solo.io`.
    const GROUP: &'static str;
    /// API version, such as `v1`.
    const VERSION: &'static str;
    /// Name of the kind, such as `TrafficPolicy`.
    const KIND: &'static str;
    /// Name of the resource in URLs, such as `trafficpolicies`.
    const PLURAL: &'static str;
    /// Groups of fields of which at most one may be present, for decoding and for the schema alike.
    const ONE_OFS: &'static [OneOf];
    /// Places that hold a copy of another kind's spec.
    const STORED_COPIES: &'static [StoredCopy];
}

/// Fields of one message of which at most one may be present.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OneOf {
    /// Where the message is, such as `spec.policy.trafficShift.destinations[]`; `[]` stands for every element.
    pub path: &'static str,
    /// Names of the fields.
    pub members: &'static [&'static str],
}

/// A place that holds a copy of another kind's spec.
///
/// A copy was written by an older version or another program, so it may be anything: one that cannot be read counts as
/// absent and never spoils the object that holds it.
#[derive(Clone, Copy)]
pub struct StoredCopy {
    /// Where the copy is, such as `status.appliedTrafficPolicies[].spec`.
    pub path: &'static str,
    /// Brings a copy into the form that serde reads, and returns the paths that are not understood.
    pub(crate) check: fn(&mut Value) -> Result<Vec<String>, DecodeError>,
}

impl StoredCopy {
    /// Describes a copy of the spec of kind `K`.
    pub(crate) const fn of<K: Kind>(path: &'static str) -> Self {
        Self { path, check: |value| decode_spec::<K>(value).map(|(_, unknown)| unknown) }
    }
}

impl std::fmt::Debug for StoredCopy {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("StoredCopy").field("path", &self.path).finish_non_exhaustive()
    }
}

/// Reads a copy; one that cannot be read is `None`.
pub(crate) fn stored_copy<'de, D, S>(deserializer: D) -> Result<Option<Arc<S>>, D::Error>
where
    D: Deserializer<'de>,
    S: DeserializeOwned,
{
    Value::deserialize(deserializer).map(|copy| crate::decode::lenient(copy).map(Arc::new))
}

/// Stands in a schema for objects that the API server neither checks nor prunes.
pub(crate) struct Unvalidated;

impl JsonSchema for Unvalidated {
    fn schema_name() -> Cow<'static, str> {
        "Unvalidated".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "object", "x-kubernetes-preserve-unknown-fields": true })
    }
}

/// Implements [`Kind`] and the schema of the whole object.
macro_rules! kind {
    ($kind:ident {
        spec: $spec:ty,
        status: $status:ty,
        group: $group:literal,
        version: $version:literal,
        plural: $plural:literal,
        one_ofs: [$($one_of:expr),* $(,)?],
        $(stored_copies: [$($stored_copy:expr),* $(,)?],)?
    }) => {
        impl crate::api::kind::Kind for $kind {
            type Spec = $spec;
            type Status = $status;
            const GROUP: &'static str = $group;
            const VERSION: &'static str = $version;
            const KIND: &'static str = stringify!($kind);
            const PLURAL: &'static str = $plural;
            const ONE_OFS: &'static [crate::api::kind::OneOf] = &[$($one_of),*];
            const STORED_COPIES: &'static [crate::api::kind::StoredCopy] = &[$($($stored_copy),*)?];
        }

        impl crate::istr::Share for $kind {
            fn share(&mut self, recent: &mut crate::istr::Recent) {
                self.spec.share(recent);
                self.status.share(recent);
            }
        }

        impl schemars::JsonSchema for $kind {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($kind).into()
            }

            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                crate::api::schema::of::<$kind>()
            }
        }
    };
}

pub(crate) use kind;

/// Returns the name of kind `K` with its group and version.
pub(crate) fn name<K: Kind>() -> (String, &'static str) {
    (K::api_version(&()).into_owned(), K::KIND)
}

/// Returns the definition of kind `K`, with the version of this library noted on it.
pub(crate) fn definition<K: Kind>() -> CustomResourceDefinition {
    let mut definition = K::crd();
    definition
        .metadata
        .annotations
        .get_or_insert_default()
        .insert(CRD_VERSION.to_owned(), env!("CARGO_PKG_VERSION").to_owned());
    let schemas = definition.spec.versions.iter_mut().filter_map(|version| version.schema.as_mut());
    for schema in schemas.filter_map(|validation| validation.open_api_v3_schema.as_mut()) {
        schema.title = None;
    }
    definition.spec.names.list_kind = Some(format!("{}List", K::KIND));
    definition
}

/// Annotation of a definition that says which version of this library made it.
pub const CRD_VERSION: &str = "mesh.gloo.solo.io/crd-version";

#[cfg(test)]
mod tests {
    use super::Kind;
    use crate::api::*;

    #[test]
    fn names_of_a_kind_are_those_of_its_definition() {
        fn check<K: Kind>() {
            let definition = K::crd();
            let version = definition.spec.versions.first().map(|version| version.name.as_str());
            assert_eq!(definition.spec.group, K::GROUP);
            assert_eq!(version, Some(K::VERSION));
            assert_eq!(definition.spec.names.kind, K::KIND);
            assert_eq!(definition.spec.names.plural, K::PLURAL);
        }
        check::<AccessPolicy>();
        check::<CertificateRequest>();
        check::<CertificateVerification>();
        check::<Dashboard>();
        check::<Destination>();
        check::<IssuedCertificate>();
        check::<KubernetesCluster>();
        check::<Mesh>();
        check::<PodBounceDirective>();
        check::<Settings>();
        check::<TrafficPolicy>();
        check::<VirtualDestination>();
        check::<VirtualMesh>();
        check::<Workload>();
    }
}
