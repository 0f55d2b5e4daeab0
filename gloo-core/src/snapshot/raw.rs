//! Objects of kinds that the core does not know.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use serde_json::Value;

use crate::Istr;
use crate::istr::Labels;
use crate::object::OWNER_LABEL;
use crate::report::Subject;

/// Annotation by which a user hands an object over to this plane.
const ADOPT: &str = "mesh.gloo.solo.io/adopt";

/// Names an object of any kind.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RawRef {
    /// Registered cluster; empty for the management cluster.
    pub cluster: Istr,
    /// API group; empty for the core group.
    pub group: Istr,
    /// Kind.
    pub kind: Istr,
    /// Namespace; empty if it has none.
    pub namespace: Istr,
    /// Name.
    pub name: Istr,
}

impl RawRef {
    /// How findings name it.
    pub(super) fn subject(&self, api_version: Istr) -> Subject {
        let Self { cluster, group: _, kind, namespace, name } = self.clone();
        Subject::Other { cluster, api_version, kind, namespace, name }
    }
}

/// An object of any kind.
#[derive(Clone, Debug, PartialEq)]
pub struct RawObject {
    /// Its name.
    pub id: RawRef,
    /// Version within the group.
    pub version: Istr,
    /// Its labels.
    pub labels: Labels,
    /// When it was created.
    pub created: Option<Time>,
    /// The whole object.
    pub value: Value,
}

impl RawObject {
    /// The management namespace that wrote it, if some plane did.
    pub fn owner(&self) -> Option<&Istr> {
        self.labels.get(OWNER_LABEL)
    }

    /// Whether its author allows that it is overwritten.
    pub fn may_be_adopted(&self) -> bool {
        self.value.pointer("/metadata/annotations").and_then(|all| all.get(ADOPT)).and_then(Value::as_str)
            == Some("true")
    }

    /// Group and version.
    pub fn api_version(&self) -> String {
        if self.id.group.is_empty() {
            self.version.to_string()
        } else {
            format!("{}/{}", self.id.group, self.version)
        }
    }
}
