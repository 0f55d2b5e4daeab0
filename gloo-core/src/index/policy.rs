//! Policies: what their current version says, what it selects, and which earlier versions are stored.

use std::collections::BTreeMap;
use std::sync::Arc;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::{ObjectMeta, Time};

use crate::Istr;
use crate::api::{self, ApprovalState, ApprovalStatus, DestinationSelector};
use crate::check::Checks;
use crate::id::{InputKind, InputRef};
use crate::index::{Destination, DestinationId, Index};
use crate::model::{AccessPolicy, TrafficPolicy};
use crate::name::object_key;
use crate::rejection::Rejection;
use crate::snapshot::{Inputs, Snapshot};
use crate::status::size;

/// Position of a policy among those of its kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PolicyId(u32);

impl PolicyId {
    pub(crate) fn index(self) -> usize {
        self.0 as usize
    }
}

/// A checked version of a policy and where it comes from.
pub(crate) trait Checked: Sized + std::fmt::Debug {
    /// The kind of the object.
    const KIND: InputKind;
    /// The object.
    type Object: std::fmt::Debug;
    /// What users write.
    type Spec: Clone + PartialEq + std::fmt::Debug + serde::Serialize;

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
        index: &Index,
        input: &InputRef,
        generation: i64,
        spec: &Self::Spec,
        own: &mut Checks,
        targets: &mut Checks,
    ) -> Self;
}

/// One entry of what an earlier run left in force.
pub(crate) struct Applied<'a, S> {
    pub name: &'a str,
    pub namespace: &'a str,
    pub generation: i64,
    pub spec: Option<&'a Arc<S>>,
}

/// What the current version of a policy amounts to.
#[derive(Debug)]
pub(crate) enum Current<T> {
    /// It can be applied.
    Valid(T),
    /// It cannot: the text itself is wrong.
    Invalid(Vec<Rejection>),
    /// It cannot, because of other objects.
    Unresolved(Vec<Rejection>),
}

impl Current<TrafficPolicy> {
    /// Whether it sends requests to a subset of a destination.
    pub fn uses_subset_of(&self, destination: DestinationId) -> bool {
        let Self::Valid(version) = self else { return false };
        let mut targets = version.shift.iter().flat_map(|shift| &shift.targets);
        targets.any(|target| target.target.destination == destination && !target.subset.is_empty())
    }
}

/// A policy of the management cluster.
#[derive(Debug)]
pub(crate) struct Policy<T: Checked> {
    pub id: PolicyId,
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
    /// Destinations that the current version selects, in the order of keys.
    pub selected: Vec<DestinationId>,
    /// Earlier versions in force, by destination.
    pub stored: BTreeMap<DestinationId, Stored<T>>,
}

/// An earlier version of a policy as it is in force at one destination.
#[derive(Debug)]
pub struct Stored<T> {
    /// Position in the order of acceptance.
    pub position: usize,
    /// Its generation.
    pub generation: i64,
    /// The checked version, where it differs from the current one and still can be applied.
    pub version: Option<T>,
}

impl<T: Checked> Policy<T> {
    /// Whether the current version selects every destination, those outside of Kubernetes included.
    pub fn selects_everything(&self) -> bool {
        self.spec.as_ref().is_some_and(|(spec, _)| T::selectors(spec).is_empty())
    }

    /// Whether the current version names the destination itself.
    pub fn names(&self, destination: &Destination) -> bool {
        self.spec.as_ref().is_some_and(|(spec, _)| {
            T::selectors(spec)
                .iter()
                .any(|selector| super::destination::names(selector, &destination.service))
        })
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

/// Reads all policies of both kinds.
pub(super) fn read(
    snapshot: &Snapshot,
    index: &mut Index,
) -> (Vec<Policy<TrafficPolicy>>, Vec<Policy<AccessPolicy>>) {
    (read_kind(snapshot, index), read_kind(snapshot, index))
}

fn read_kind<T: Checked>(snapshot: &Snapshot, index: &Index) -> Vec<Policy<T>> {
    let read = T::objects(snapshot).iter().map(|(input, object)| decoded(index, input, object));
    let broken = snapshot.broken.iter().filter(|(input, _)| input.kind == T::KIND);
    let broken = broken.map(|(input, broken)| Policy {
        id: PolicyId(0),
        input: input.clone(),
        key: object_key(&input.name, &input.namespace, "").into(),
        generation: broken.generation,
        created: broken.created.clone(),
        object: None,
        spec: None,
        bad_refs: Vec::new(),
        current: Current::Invalid(vec![broken.rejection()]),
        checks: Checks::default(),
        selected: Vec::new(),
        stored: BTreeMap::new(),
    });
    let mut policies: Vec<Policy<T>> = read.chain(broken).collect();
    policies.sort_by(|a, b| a.key.cmp(&b.key));
    for (position, policy) in policies.iter_mut().enumerate() {
        policy.id = PolicyId(u32::try_from(position).unwrap_or(u32::MAX));
    }
    read_stored(index, &mut policies);
    policies
}

fn decoded<T: Checked>(index: &Index, input: &InputRef, object: &Arc<T::Object>) -> Policy<T> {
    let metadata = T::metadata(object);
    let spec = T::spec(object);
    let generation = metadata.generation.unwrap_or_default();
    let (mut own, mut targets) = (Checks::default(), Checks::default());
    let version = T::check(index, input, generation, spec, &mut own, &mut targets);
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
        index.check_clusters(clusters, &field, &mut own);
    }
    Policy {
        id: PolicyId(0),
        input: input.clone(),
        key: object_key(&input.name, &input.namespace, "").into(),
        generation,
        created: metadata.creation_timestamp.clone(),
        object: Some(Arc::clone(object)),
        spec: Some((Arc::new(copy), size)),
        bad_refs: bad_refs(index, selectors),
        current,
        checks: own,
        selected: index.destinations.select(selectors),
        stored: BTreeMap::new(),
    }
}

/// Notes what earlier runs left in force, and checks versions that differ from the current one.
fn read_stored<T: Checked>(index: &Index, policies: &mut [Policy<T>]) {
    let mut ids = indexmap::IndexMap::new();
    for (position, policy) in policies.iter().enumerate() {
        ids.insert((policy.input.name.clone(), policy.input.namespace.clone()), position);
    }
    for destination in index.destinations() {
        for (position, applied) in T::applied(destination).into_iter().enumerate() {
            let id = ids.get(&(Istr::from(applied.name), Istr::from(applied.namespace)));
            let Some(policy) = id.and_then(|id| policies.get_mut(*id)) else {
                continue;
            };
            let differs = applied.generation != policy.generation || policy.object.is_none();
            let spec = applied.spec.filter(|_| differs);
            let version = spec.and_then(|spec| {
                let (mut own, mut targets) = (Checks::default(), Checks::default());
                let version =
                    T::check(index, &policy.input, applied.generation, spec, &mut own, &mut targets);
                (own.errors.is_empty() && targets.errors.is_empty()).then_some(version)
            });
            let stored = Stored { position, generation: applied.generation, version };
            policy.stored.entry(destination.id).or_insert(stored);
        }
    }
}

/// Selector references that are incomplete or name no destination.
fn bad_refs(index: &Index, selectors: &[DestinationSelector]) -> Vec<Rejection> {
    let mut bad = Vec::new();
    for (position, selector) in selectors.iter().enumerate() {
        let services = selector.kube_service_refs.iter().flat_map(|refs| &refs.services);
        for (number, service) in services.enumerate() {
            let field = format!("spec.destinationSelector[{position}].kubeServiceRefs.services[{number}]");
            if let Some(rejection) = bad_ref(index, field, service) {
                bad.push(rejection);
            }
        }
    }
    bad
}

/// What is wrong with a reference to a service, if anything.
pub(crate) fn bad_ref(index: &Index, field: String, service: &api::ClusterObjectRef) -> Option<Rejection> {
    let parts =
        [("name", &service.name), ("namespace", &service.namespace), ("clusterName", &service.cluster_name)];
    let missing: Vec<&str> =
        parts.iter().filter(|(_, value)| value.is_empty()).map(|(name, _)| *name).collect();
    if !missing.is_empty() {
        return Some(Rejection::RefIncomplete { field, missing: missing.join(", ") });
    }
    if index.destination_of(service).is_some() {
        return None;
    }
    let reference = object_key(&service.name, &service.namespace, &service.cluster_name);
    Some(Rejection::RefNotFound { field, kind: "destination", reference })
}
