//! AuthorizationPolicy: who may call certain workloads.

use gloo_core::Istr;
use gloo_core::id::OutputKind;
use gloo_core::istr::Labels;
use serde::Serialize;
use serde::Serializer;
use serde::ser::SerializeMap;

/// Where AuthorizationPolicies are written.
pub static AUTHORIZATION_POLICY: OutputKind = OutputKind {
    group: "security.istio.io",
    version: "v1",
    kind: "AuthorizationPolicy",
    plural: "authorizationpolicies",
    rank: 8,
};

/// The same for what forbids: it is written after everything that allows.
pub static DENY_ALL: OutputKind = OutputKind {
    group: "security.istio.io",
    version: "v1",
    kind: "AuthorizationPolicy",
    plural: "authorizationpolicies",
    rank: 9,
};

/// What is allowed to whom.
#[derive(Clone, Debug, PartialEq)]
pub struct AuthorizationPolicy {
    /// Which workloads are concerned.
    pub target: Target,
    /// What the rules do.
    pub action: Action,
    /// What is allowed; never empty, because no rule would mean that nothing is.
    pub rules: Vec<Rule>,
}

/// The policy that allows nothing: without rules, and in the root namespace for the whole mesh.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct DenyAll {}

/// Which workloads a policy is about. There is no way to say "all of the namespace".
#[derive(Clone, Debug, PartialEq)]
pub enum Target {
    /// Pods with these labels; never empty.
    Selector(Labels),
    /// Whatever sits in front of this object.
    Ref(TargetRef),
}

/// An object that a waypoint sits in front of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TargetRef {
    /// Its group; empty for Kubernetes' own.
    pub group: &'static str,
    /// Its kind.
    pub kind: &'static str,
    /// Its name.
    pub name: Istr,
}

impl Serialize for AuthorizationPolicy {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        #[serde(rename_all = "camelCase")]
        struct Selector<'a> {
            match_labels: &'a Labels,
        }
        let Self { target, action, rules } = self;
        let mut map = serializer.serialize_map(Some(3))?;
        match target {
            Target::Selector(labels) => {
                map.serialize_entry("selector", &Selector { match_labels: labels })?;
            }
            Target::Ref(target) => map.serialize_entry("targetRefs", &[target])?,
        }
        map.serialize_entry("action", action)?;
        map.serialize_entry("rules", rules)?;
        map.end()
    }
}

/// What rules do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Action {
    /// Allow what matches, and nothing else.
    Allow,
}

/// One thing that is allowed. Empty lists are left out: they mean "any".
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Rule {
    /// One of these must fit the client.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub from: Vec<From>,
    /// One of these must fit the request.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub to: Vec<To>,
}

/// A client.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct From {
    /// The client.
    pub source: Source,
}

/// A client; all lists that are not empty must fit, and at least one is not.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Source {
    /// Its identity.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub principals: Vec<Istr>,
    /// What its identity must not be.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub not_principals: Vec<Istr>,
    /// Its namespace.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub namespaces: Vec<Istr>,
    /// The end user.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub request_principals: Vec<Istr>,
    /// Who the end user must not be.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub not_request_principals: Vec<Istr>,
}

/// A request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct To {
    /// The request.
    pub operation: Operation,
}

/// A request; all lists that are not empty must fit, and at least one is not.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Operation {
    /// Its path.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub paths: Vec<Istr>,
    /// Its method.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub methods: Vec<Istr>,
    /// The port of the workload, as text.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub ports: Vec<Istr>,
}
