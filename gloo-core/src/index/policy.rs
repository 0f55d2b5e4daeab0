//! Policies: what their current version says, what it selects, and which earlier versions are stored.

use std::collections::BTreeMap;
use std::sync::Arc;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::{ObjectMeta, Time};

use crate::Istr;
use crate::api::{self, ApprovalState, ApprovalStatus, DestinationSelector};
use crate::check::Checks;
use crate::context::Context;
use crate::id::{InputKind, InputRef};
use crate::index::arena::{Id, Keyed};
use crate::index::destinations::Destinations;
use crate::index::{Destination, DestinationId, Index, Policies};
use crate::model::{AccessPolicy, TrafficPolicy};
use crate::name::object_key;
use crate::reads::Unit;
use crate::rejection::Rejection;
use crate::snapshot::{Broken, Inputs, Snapshot};
use crate::status::size;

/// Names a traffic policy in the index.
pub(crate) type TrafficId = Id<Policy<TrafficPolicy>>;

/// Names an access policy in the index.
pub(crate) type AccessId = Id<Policy<AccessPolicy>>;

/// A checked version of a policy and where it comes from.
pub(crate) trait Checked: Sized + PartialEq + std::fmt::Debug + 'static {
    /// The kind of the object.
    const KIND: InputKind;
    /// The object.
    type Object: std::fmt::Debug + 'static;
    /// What users write.
    type Spec: Clone + PartialEq + std::fmt::Debug + serde::Serialize + 'static;

    fn objects(snapshot: &Snapshot) -> &Inputs<Self::Object>;
    fn metadata(object: &Self::Object) -> &ObjectMeta;
    fn spec(object: &Self::Object) -> &Self::Spec;
    /// The spec without deprecated forms, as copies in statuses are written.
    fn canonical(spec: &Self::Spec) -> Self::Spec;
    /// The verdicts of an earlier run: generation they are about, and by destination.
    fn verdicts(object: &Self::Object) -> Option<(i64, &BTreeMap<Istr, ApprovalStatus>)>;
    fn selectors(spec: &Self::Spec) -> &[DestinationSelector];
    /// What an earlier run left in force at a destination.
    fn applied(destination: &Destination) -> Vec<Applied<'_, Self::Spec>>;
    /// Checks a spec. What is wrong with the text itself goes to `own`, what depends on other objects to
    /// `targets`; the result counts only if neither rejects.
    fn check(
        cx: Context<'_>,
        input: &InputRef,
        generation: i64,
        spec: &Self::Spec,
        own: &mut Checks,
        targets: &mut Checks,
    ) -> Self;

    /// All policies of the kind.
    fn policies(index: &Index) -> &Policies<Self>;
    /// The same, to be changed, and the destinations that they select.
    fn parts(index: &mut Index) -> (&mut Policies<Self>, &Destinations);
    /// The unit that reads a policy.
    fn unit(id: Id<Policy<Self>>) -> Unit;
    /// The unit that puts its status together.
    fn status_unit(id: Id<Policy<Self>>) -> Unit;
}

/// One entry of what an earlier run left in force.
#[derive(PartialEq)]
pub(crate) struct Applied<'a, S> {
    pub name: &'a Istr,
    pub namespace: &'a Istr,
    pub generation: i64,
    pub spec: Option<&'a Arc<S>>,
}

/// What the current version of a policy amounts to.
#[derive(Debug, PartialEq)]
pub(crate) enum Current<T> {
    /// It can be applied.
    Valid(T),
    /// It cannot: the text itself is wrong.
    Invalid(Vec<Rejection>),
    /// It cannot, because of other objects.
    Unresolved(Vec<Rejection>),
}

/// A policy of the management cluster.
#[derive(Debug)]
pub(crate) struct Policy<T: Checked> {
    pub id: Id<Self>,
    pub input: InputRef,
    pub key: Istr,
    pub generation: i64,
    pub created: Option<Time>,
    /// The object; `None` if it could not be decoded.
    pub object: Option<Arc<T::Object>>,
    /// The spec for copies in statuses, and its size as JSON.
    pub spec: Option<(Arc<T::Spec>, usize)>,
    /// Selector references that name nothing.
    pub bad_refs: Vec<Rejection>,
    pub current: Current<T>,
    pub checks: Checks,
    /// Earlier versions in force, by destination.
    pub stored: BTreeMap<DestinationId, Stored<T>>,
}

impl<T: Checked> Keyed for Policy<T> {
    fn input(&self) -> &InputRef {
        &self.input
    }

    fn key(&self) -> &Istr {
        &self.key
    }
}

/// An earlier version of a policy as it is in force at one destination.
#[derive(Debug, PartialEq)]
pub(crate) struct Stored<T> {
    /// Position in the order of acceptance.
    pub position: usize,
    /// Its generation.
    pub generation: i64,
    /// The checked version, where it differs from the current one and still can be applied.
    pub version: Option<T>,
}

impl<T: Checked> Policy<T> {
    /// What the current version selects; `None` if it cannot be decoded.
    pub fn selectors(&self) -> Option<&[DestinationSelector]> {
        self.object.as_deref().map(|object| T::selectors(T::spec(object)))
    }

    /// Whether the current version selects every destination, those outside of Kubernetes included.
    pub fn selects_everything(&self) -> bool {
        self.selectors().is_some_and(<[_]>::is_empty)
    }

    /// Whether nothing but earlier versions and the order of acceptance may differ.
    pub fn says_the_same_as(&self, other: &Self) -> bool {
        let specs = self.object.as_deref().map(T::spec) == other.object.as_deref().map(T::spec);
        self.generation == other.generation
            && self.created == other.created
            && self.bad_refs == other.bad_refs
            && self.checks == other.checks
            && self.current == other.current
            && specs
    }

    /// Whether the current version names the destination itself.
    pub fn names(&self, destination: &Destination) -> bool {
        let mut selectors = self.selectors().into_iter().flatten();
        selectors.any(|selector| super::destinations::names(selector, &destination.service))
    }

    /// Whether it stands where another version of it stands among the policies of a destination.
    pub fn stands_like(&self, other: &Self, destination: &Destination) -> bool {
        self.order(destination) == other.order(destination)
    }

    /// Where the policy stands among those of a destination: who was accepted first comes first.
    pub fn order(&self, destination: &Destination) -> impl Ord + '_ {
        let stale = |generation| u8::from(generation != self.generation || self.object.is_none());
        let (rank, group, position) = if let Some(stored) = self.stored.get(&destination.id) {
            (stale(stored.generation), 0, stored.position)
        } else {
            let verdicts = self.object.as_deref().and_then(T::verdicts);
            match verdicts.and_then(|(at, verdicts)| Some((at, verdicts.get(&destination.key)?))) {
                Some((at, verdict)) if verdict.state == ApprovalState::Accepted => {
                    (stale(at), 1, verdict.acceptance_order as usize)
                }
                Some(_) => (2, 0, 0),
                None => (3, 0, 0),
            }
        };
        (rank, group, position, self.created.is_none(), self.created.as_ref(), &self.key)
    }
}

/// Reads a policy, if it is there.
pub(crate) fn read<T: Checked>(
    cx: Context<'_>,
    snapshot: &Snapshot,
    id: Id<Policy<T>>,
    input: &InputRef,
) -> Option<Policy<T>> {
    let mut policy = match (T::objects(snapshot).get(input), snapshot.broken.get(input)) {
        (Some(object), _) => decoded(cx, id, input, object),
        (None, Some(broken)) => undecoded(id, input, broken),
        (None, None) => return None,
    };
    for destination in cx.having_in_force::<T>(input) {
        if let Some(stored) = stored(cx, destination, &policy) {
            policy.stored.insert(destination.id, stored);
        }
    }
    Some(policy)
}

fn undecoded<T: Checked>(id: Id<Policy<T>>, input: &InputRef, broken: &Broken) -> Policy<T> {
    Policy {
        id,
        input: input.clone(),
        key: object_key(&input.name, &input.namespace, "").into(),
        generation: broken.generation,
        created: broken.created.clone(),
        object: None,
        spec: None,
        bad_refs: Vec::new(),
        current: Current::Invalid(vec![broken.rejection()]),
        checks: Checks::default(),
        stored: BTreeMap::new(),
    }
}

fn decoded<T: Checked>(
    cx: Context<'_>,
    id: Id<Policy<T>>,
    input: &InputRef,
    object: &Arc<T::Object>,
) -> Policy<T> {
    let metadata = T::metadata(object);
    let spec = T::spec(object);
    let generation = metadata.generation.unwrap_or_default();
    let (mut own, mut targets) = (Checks::default(), Checks::default());
    let version = T::check(cx, input, generation, spec, &mut own, &mut targets);
    let current = match (own.errors.is_empty(), targets.errors.is_empty()) {
        (true, true) => Current::Valid(version),
        (false, _) => Current::Invalid(std::mem::take(&mut own.errors)),
        (true, false) => Current::Unresolved(std::mem::take(&mut targets.errors)),
    };
    own.warnings.append(&mut targets.warnings);
    let copy = T::canonical(spec);
    let size = size::of(&copy);
    let selectors = T::selectors(spec);
    for (position, selector) in selectors.iter().enumerate() {
        let clusters = selector.kube_service_matcher.iter().flat_map(|matcher| &matcher.clusters);
        let field = format!("spec.destinationSelector[{position}].kubeServiceMatcher.clusters");
        cx.check_clusters(clusters, &field, &mut own);
    }
    Policy {
        id,
        input: input.clone(),
        key: object_key(&input.name, &input.namespace, "").into(),
        generation,
        created: metadata.creation_timestamp.clone(),
        object: Some(Arc::clone(object)),
        spec: Some((Arc::new(copy), size)),
        bad_refs: bad_refs(cx, selectors),
        current,
        checks: own,
        stored: BTreeMap::new(),
    }
}

/// What an earlier run left of a policy in force at a destination; the version is checked if it differs from
/// the current one.
fn stored<T: Checked>(cx: Context<'_>, destination: &Destination, policy: &Policy<T>) -> Option<Stored<T>> {
    let input = &policy.input;
    let applied = T::applied(destination);
    let is_it =
        |applied: &Applied<'_, T::Spec>| *applied.name == input.name && *applied.namespace == input.namespace;
    let position = applied.iter().position(is_it)?;
    let applied = applied.get(position)?;
    let differs = applied.generation != policy.generation || policy.object.is_none();
    let version = applied.spec.filter(|_| differs).and_then(|spec| {
        let (mut own, mut targets) = (Checks::default(), Checks::default());
        let version = T::check(cx, input, applied.generation, spec, &mut own, &mut targets);
        (own.errors.is_empty() && targets.errors.is_empty()).then_some(version)
    });
    Some(Stored { position, generation: applied.generation, version })
}

/// Selector references that are incomplete or name no destination.
fn bad_refs(cx: Context<'_>, selectors: &[DestinationSelector]) -> Vec<Rejection> {
    let mut bad = Vec::new();
    for (position, selector) in selectors.iter().enumerate() {
        let services = selector.kube_service_refs.iter().flat_map(|refs| &refs.services);
        for (number, service) in services.enumerate() {
            let field = format!("spec.destinationSelector[{position}].kubeServiceRefs.services[{number}]");
            if let Some(rejection) = bad_ref(cx, field, service) {
                bad.push(rejection);
            }
        }
    }
    bad
}

/// What is wrong with a reference to a service, if anything.
pub(crate) fn bad_ref(cx: Context<'_>, field: String, service: &api::ClusterObjectRef) -> Option<Rejection> {
    let parts =
        [("name", &service.name), ("namespace", &service.namespace), ("clusterName", &service.cluster_name)];
    let missing: Vec<&str> =
        parts.iter().filter(|(_, value)| value.is_empty()).map(|(name, _)| *name).collect();
    if !missing.is_empty() {
        return Some(Rejection::RefIncomplete { field, missing: missing.join(", ") });
    }
    if cx.destination_of(service).is_some() {
        return None;
    }
    let reference = object_key(&service.name, &service.namespace, &service.cluster_name);
    Some(Rejection::RefNotFound { field, kind: "destination", reference })
}
