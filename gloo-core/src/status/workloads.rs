//! Which workloads a policy is about.

use std::cmp::Reverse;
use std::collections::binary_heap::PeekMut;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap};

use crate::Istr;
use crate::api::{
    ClusterObjectRef, IdentitySelector, KubeIdentityMatcher, KubeWorkloadMatcher, WorkloadSelector,
};
use crate::context::Context;
use crate::index::{MeshId, Ranked, Workload};

/// The workloads that a policy is about.
#[derive(Debug, Default)]
pub(crate) struct Listed<'a> {
    /// Everybody of a mesh, or of a cluster within one; without common members.
    whole: BTreeMap<(MeshId, Option<Istr>), Ranked<'a>>,
    /// Others, by their place in the order of keys.
    single: BTreeMap<u32, &'a Workload>,
}

impl<'a> Listed<'a> {
    /// Every workload of some meshes.
    fn all(cx: Context<'a>, meshes: &BTreeSet<MeshId>) -> Self {
        let whole = meshes.iter().map(|mesh| ((*mesh, None), cx.workloads_of(*mesh)));
        Self { whole: whole.collect(), single: BTreeMap::new() }
    }

    /// Adds those of `candidates` that belong to one of the meshes and are meant.
    fn add(
        &mut self,
        candidates: Ranked<'a>,
        meshes: &BTreeSet<MeshId>,
        meant: impl Fn(&Workload, &ClusterObjectRef) -> bool,
    ) {
        self.single.extend(candidates.iter().filter(|(_, workload)| {
            workload.mesh.is_some_and(|mesh| meshes.contains(&mesh))
                && workload.controller().is_some_and(|controller| meant(workload, controller))
        }));
    }

    /// Adds everybody of some meshes, or of some clusters within them.
    fn add_clusters(&mut self, cx: Context<'a>, meshes: &BTreeSet<MeshId>, clusters: &[Istr]) {
        for mesh in meshes {
            for cluster in clusters {
                let workloads = cx.workloads_of_in(*mesh, cluster);
                self.whole.insert((*mesh, Some(cluster.clone())), workloads);
            }
        }
    }

    /// Takes out single ones that belong to a whole.
    fn settle(mut self) -> Self {
        let whole = &self.whole;
        self.single.retain(|_, workload| {
            let cluster = workload.controller().map(|controller| controller.cluster_name.clone());
            workload.mesh.is_none_or(|mesh| !whole.contains_key(&(mesh, cluster)))
        });
        self
    }

    /// All of them in the order of keys; costs what is taken, not what there is.
    fn iter(&self) -> impl Iterator<Item = &'a Workload> {
        let mut sources: Vec<Box<dyn Iterator<Item = (u32, &'a Workload)> + '_>> =
            vec![Box::new(self.single.iter().map(|(rank, workload)| (*rank, *workload)))];
        for list in self.whole.values() {
            sources.push(Box::new(list.iter()));
        }
        let mut heads = BinaryHeap::new();
        for (number, source) in sources.iter_mut().enumerate() {
            heads.extend(source.next().map(|(rank, workload)| Head {
                rank: Reverse(rank),
                number,
                workload,
            }));
        }
        std::iter::from_fn(move || {
            let mut head = heads.peek_mut()?;
            let Head { number, workload, .. } = *head;
            match sources.get_mut(number).and_then(Iterator::next) {
                Some((rank, workload)) => *head = Head { rank: Reverse(rank), number, workload },
                None => drop(PeekMut::pop(head)),
            }
            Some(workload)
        })
    }

    /// The keys that fit into `room` bytes of JSON; if not all do, the last element says how many are
    /// missing.
    pub(crate) fn fit(&self, mut room: usize) -> Vec<Istr> {
        let count = self.single.len() + self.whole.values().map(|list| list.len()).sum::<usize>();
        let mut keys: Vec<Istr> = Vec::new();
        for workload in self.iter() {
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
        keys.shrink_to_fit();
        keys
    }
}

/// The next workload of one source.
#[derive(Clone, Copy)]
struct Head<'a> {
    rank: Reverse<u32>,
    number: usize,
    workload: &'a Workload,
}

impl PartialEq for Head<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Head<'_> {}

impl PartialOrd for Head<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Head<'_> {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.rank, self.number).cmp(&(other.rank, other.number))
    }
}

/// Workloads of `meshes` that the selectors of a traffic policy mean.
pub(crate) fn sending<'a>(
    cx: Context<'a>,
    selectors: &[WorkloadSelector],
    meshes: &BTreeSet<MeshId>,
) -> Listed<'a> {
    let mut matchers = Vec::new();
    for selector in selectors {
        match &selector.kube_workload_matcher {
            Some(matcher) if *matcher != KubeWorkloadMatcher::default() => matchers.push(matcher),
            _ => return Listed::all(cx, meshes),
        }
    }
    if matchers.is_empty() {
        return Listed::all(cx, meshes);
    }
    let mut listed = Listed::default();
    for matcher in matchers {
        let KubeWorkloadMatcher { labels, namespaces, clusters } = matcher;
        let by_label = labels.iter().map(|(key, value)| vec![cx.workloads_with(key, value)]);
        let mut lists: Vec<Vec<Ranked<'a>>> = by_label.collect();
        if !namespaces.is_empty() {
            lists.push(namespaces.iter().map(|namespace| cx.workloads_in(namespace)).collect());
        }
        let size = |lists: &Vec<Ranked<'_>>| lists.iter().map(|list| list.len()).sum::<usize>();
        let Some(candidates) = lists.into_iter().min_by_key(size) else {
            listed.add_clusters(cx, meshes, clusters);
            continue;
        };
        for list in candidates {
            listed.add(list, meshes, |workload, at| {
                is_among(namespaces, &at.namespace)
                    && is_among(clusters, &at.cluster_name)
                    && labels
                        .iter()
                        .all(|(key, value)| workload.labels().and_then(|own| own.get(key)) == Some(value))
            });
        }
    }
    listed.settle()
}

/// Workloads of `meshes` that run under an identity that the selectors of an access policy mean.
pub(crate) fn identified<'a>(
    cx: Context<'a>,
    selectors: &[IdentitySelector],
    meshes: &BTreeSet<MeshId>,
) -> Listed<'a> {
    let mut listed = Listed::default();
    if selectors.is_empty() {
        return Listed::all(cx, meshes);
    }
    for selector in selectors {
        let matcher = selector.kube_identity_matcher.as_ref();
        let matcher =
            matcher.filter(|matcher| !matcher.namespaces.is_empty() || !matcher.clusters.is_empty());
        let accounts = selector.kube_service_account_refs.as_ref();
        if matcher.is_none() && accounts.is_none() {
            return Listed::all(cx, meshes);
        }
        match matcher {
            Some(KubeIdentityMatcher { namespaces, clusters }) if namespaces.is_empty() => {
                listed.add_clusters(cx, meshes, clusters);
            }
            Some(KubeIdentityMatcher { namespaces, clusters }) => {
                for namespace in namespaces {
                    let meant = |_: &Workload, at: &ClusterObjectRef| is_among(clusters, &at.cluster_name);
                    listed.add(cx.workloads_in(namespace), meshes, meant);
                }
            }
            None => (),
        }
        for account in accounts.iter().flat_map(|accounts| &accounts.service_accounts) {
            add_account(cx, &mut listed, account, meshes);
        }
    }
    listed.settle()
}

/// Adds those that run as an account; parts of its name that are empty match anything.
fn add_account<'a>(
    cx: Context<'a>,
    listed: &mut Listed<'a>,
    account: &ClusterObjectRef,
    meshes: &BTreeSet<MeshId>,
) {
    let ClusterObjectRef { name, namespace, cluster_name } = account;
    let in_cluster = |at: &ClusterObjectRef| cluster_name.is_empty() || at.cluster_name == *cluster_name;
    if namespace.is_empty() && !cluster_name.is_empty() {
        listed.add_clusters(cx, meshes, std::slice::from_ref(cluster_name));
    } else if namespace.is_empty() {
        for mesh in meshes {
            listed.add(cx.workloads_of(*mesh), meshes, |_, _| true);
        }
    } else {
        listed.add(cx.workloads_in(namespace), meshes, |workload, at| {
            in_cluster(at) && (name.is_empty() || workload.account() == Some(name))
        });
    }
}

/// Whether a name is among those named, where none means all.
fn is_among(named: &[Istr], name: &Istr) -> bool {
    named.is_empty() || named.contains(name)
}
