//! Who may call a destination.

use std::borrow::Cow;

use crate::Istr;
use crate::id::InputRef;

/// Access to a destination.
#[derive(Debug, Default)]
pub struct Access<'a> {
    /// What is allowed, in the order of the policies' keys. Empty leaves the mesh's default in force;
    /// otherwise everything that no rule allows is denied.
    pub rules: Vec<AccessRule<'a>>,
    /// The virtual mesh whose default does not count here: traffic from outside of the mesh comes in by this
    /// destination, and nobody says who may call it.
    pub open_despite: Option<InputRef>,
}

/// One AccessPolicy as it applies to one destination.
#[derive(Debug)]
pub struct AccessRule<'a> {
    /// The policy.
    pub policy: &'a InputRef,
    /// Who may call.
    pub sources: Cow<'a, Sources>,
    /// What they may do; `None` allows everything.
    pub operation: Option<Operation<'a>>,
}

/// One version of an AccessPolicy: every identity found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccessPolicy {
    /// The policy.
    pub input: InputRef,
    /// The generation of this version.
    pub generation: i64,
    /// Who may call.
    pub sources: Sources,
    /// Paths that may be called; empty means all.
    pub paths: Vec<Istr>,
    /// Methods that may be used; empty means all.
    pub methods: Vec<Istr>,
    /// Service ports that may be called; empty means all.
    pub ports: Vec<u32>,
}

/// Who may call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sources {
    /// Everybody, also clients without an identity.
    Any,
    /// Whoever is one of these; never empty.
    Peers(Vec<Peer>),
}

/// A client; every part that is not empty must hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Peer {
    /// It is one of these identities.
    pub principals: Vec<Principal>,
    /// It is of none of these trust domains: meshes that take trust domains for each other's would admit them.
    pub not_trust_domains: Vec<Istr>,
    /// It runs in one of these namespaces, of whatever cluster.
    pub namespaces: Vec<Istr>,
    /// Its request carries one of these identities of end users.
    pub request_principals: Vec<Istr>,
    /// Its request carries none of these identities of end users.
    pub not_request_principals: Vec<Istr>,
}

/// One identity, or all of a namespace or trust domain.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Principal {
    /// The trust domain that issued it.
    pub trust_domain: Istr,
    /// The namespace; `None` means every one.
    pub namespace: Option<Istr>,
    /// The service account; `None` means every one of the namespace.
    pub account: Option<Istr>,
}

/// What a client may do; empty lists allow everything.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Operation<'a> {
    /// Paths: exact, `/begin*`, `*end`.
    pub paths: &'a [Istr],
    /// HTTP methods.
    pub methods: &'a [Istr],
    /// Ports of the workload.
    pub ports: Vec<u32>,
}
