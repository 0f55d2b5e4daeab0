//! Which workloads a policy is about.

use std::borrow::Cow;
use std::cmp::Reverse;
use std::collections::binary_heap::PeekMut;
use std::collections::{BTreeSet, BinaryHeap};

use crate::Istr;
use crate::api::{IdentitySelector, KubeIdentityMatcher, WorkloadSelector};
use crate::index::{Index, MeshId, Workload, WorkloadId};

/// The workloads that a policy is about: lists in the order of keys, without common members.
#[derive(Debug, Default)]
pub(crate) struct Listed<'a> {
    lists: Vec<Cow<'a, [WorkloadId]>>,
}

impl<'a> Listed<'a> {
    /// Every workload of some meshes.
    fn all(index: &'a Index, meshes: &BTreeSet<MeshId>) -> Self {
        let lists = meshes.iter().map(|mesh| Cow::Borrowed(index.workloads.of_mesh(*mesh)));
        Self { lists: lists.collect() }
    }

    fn of(ids: BTreeSet<WorkloadId>) -> Self {
        Self { lists: vec![ids.into_iter().collect()] }
    }

    /// Members of all lists in the order of keys; costs what is taken, not what there is.
    fn iter(&self) -> impl Iterator<Item = WorkloadId> + '_ {
        let heads = self.lists.iter().filter_map(|list| Some(Reverse((*list.first()?, &**list))));
        let mut heads: BinaryHeap<Reverse<(WorkloadId, &[WorkloadId])>> = heads.collect();
        std::iter::from_fn(move || {
            let mut head = heads.peek_mut()?;
            let (id, list) = head.0;
            let rest = list.get(1..).unwrap_or_default();
            match rest.first() {
                Some(next) => *head = Reverse((*next, rest)),
                None => drop(PeekMut::pop(head)),
            }
            Some(id)
        })
    }

    /// The keys that fit into `room` bytes of JSON; if not all do, the last element says how many are
    /// missing.
    pub(crate) fn fit(&self, index: &Index, mut room: usize) -> Vec<Istr> {
        let count: usize = self.lists.iter().map(|list| list.len()).sum();
        let mut keys: Vec<Istr> = Vec::new();
        for workload in self.iter().filter_map(|id| index.workloads.find(id)) {
            let size = workload.key.len() + 3;
            if size > room {
                break;
            }
            room -= size;
            keys.push(workload.key.clone());
        }
        if keys.len() < count {
            keys.push(format!("… and {} more", count - keys.len()).into());
        }
        keys
    }
}

/// Workloads of `meshes` that the selectors of a traffic policy mean.
pub(crate) fn sending<'a>(
    index: &'a Index,
    selectors: &[WorkloadSelector],
    meshes: &BTreeSet<MeshId>,
) -> Listed<'a> {
    let mut matchers = Vec::new();
    for selector in selectors {
        match &selector.kube_workload_matcher {
            Some(matcher) if *matcher != crate::api::KubeWorkloadMatcher::default() => matchers.push(matcher),
            _ => return Listed::all(index, meshes),
        }
    }
    if matchers.is_empty() {
        return Listed::all(index, meshes);
    }
    let mut found = BTreeSet::new();
    for matcher in matchers {
        let mut lists: Vec<Vec<&[WorkloadId]>> =
            matcher.labels.iter().map(|(key, value)| vec![index.workloads.with_label(key, value)]).collect();
        if !matcher.namespaces.is_empty() {
            let in_namespace = |namespace: &Istr| index.workloads.in_namespace(namespace);
            lists.push(matcher.namespaces.iter().map(in_namespace).collect());
        }
        let shortest =
            lists.into_iter().min_by_key(|lists| lists.iter().map(|list| list.len()).sum::<usize>());
        let candidates = shortest.unwrap_or_else(|| of_meshes(index, meshes));
        let meant = |workload: &Workload| {
            let (Some(at), Some(labels)) = (workload.controller(), workload.labels()) else {
                return false;
            };
            (matcher.namespaces.is_empty() || matcher.namespaces.contains(&at.namespace))
                && (matcher.clusters.is_empty() || matcher.clusters.contains(&at.cluster_name))
                && matcher.labels.iter().all(|(key, value)| labels.get(key) == Some(value))
        };
        found.extend(filter(index, candidates, meshes, meant));
    }
    Listed::of(found)
}

/// Workloads of `meshes` that run under an identity that the selectors of an access policy mean.
pub(crate) fn identified<'a>(
    index: &'a Index,
    selectors: &[IdentitySelector],
    meshes: &BTreeSet<MeshId>,
) -> Listed<'a> {
    let mut found = BTreeSet::new();
    if selectors.is_empty() {
        return Listed::all(index, meshes);
    }
    for selector in selectors {
        let matcher = selector.kube_identity_matcher.as_ref();
        let matcher =
            matcher.filter(|matcher| !matcher.namespaces.is_empty() || !matcher.clusters.is_empty());
        let accounts = selector.kube_service_account_refs.as_ref();
        if matcher.is_none() && accounts.is_none() {
            return Listed::all(index, meshes);
        }
        if let Some(KubeIdentityMatcher { namespaces, clusters }) = matcher {
            let candidates = if namespaces.is_empty() {
                of_meshes(index, meshes)
            } else {
                namespaces.iter().map(|namespace| index.workloads.in_namespace(namespace)).collect()
            };
            found.extend(filter(index, candidates, meshes, |workload| {
                workload.controller().is_some_and(|at| {
                    (namespaces.is_empty() || namespaces.contains(&at.namespace))
                        && (clusters.is_empty() || clusters.contains(&at.cluster_name))
                })
            }));
        }
        for account in accounts.iter().flat_map(|accounts| &accounts.service_accounts) {
            let candidates = if account.namespace.is_empty() {
                of_meshes(index, meshes)
            } else {
                vec![index.workloads.in_namespace(&account.namespace)]
            };
            found.extend(filter(index, candidates, meshes, |workload| {
                let any_name = account.name.is_empty() || account.namespace.is_empty();
                workload.controller().is_some_and(|at| {
                    (account.namespace.is_empty() || at.namespace == account.namespace)
                        && (account.cluster_name.is_empty() || at.cluster_name == account.cluster_name)
                        && (any_name || workload.account() == Some(&account.name))
                })
            }));
        }
    }
    Listed::of(found)
}

fn of_meshes<'a>(index: &'a Index, meshes: &BTreeSet<MeshId>) -> Vec<&'a [WorkloadId]> {
    meshes.iter().map(|mesh| index.workloads.of_mesh(*mesh)).collect()
}

fn filter<'a>(
    index: &'a Index,
    candidates: Vec<&'a [WorkloadId]>,
    meshes: &'a BTreeSet<MeshId>,
    meant: impl Fn(&Workload) -> bool + 'a,
) -> impl Iterator<Item = WorkloadId> + 'a {
    candidates.into_iter().flatten().copied().filter(move |id| {
        index.workloads.find(*id).is_some_and(|workload| {
            workload.mesh.is_some_and(|mesh| meshes.contains(&mesh)) && meant(workload)
        })
    })
}
