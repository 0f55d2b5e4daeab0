//! Subsets that routes send requests to, and the names that routes and rules agree on.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::Istr;
use crate::api::TrafficPolicySpec;
use crate::check::is_dns_label;
use crate::id::InputRef;
use crate::index::DestinationId;
use crate::istr::Labels;
use crate::model::Subset;
use crate::model::route::TargetId;
use crate::name::{sanitize, short_hash};
use crate::resolve::Decision;

/// Longest name that still can take a hash.
const MAX_BASE: usize = 54;

/// A route in force that sends requests to a subset.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Demand {
    /// What the subset is of.
    target: TargetId,
    labels: Labels,
    /// The cluster that has the route.
    cluster: Istr,
    /// The policy that asks for it, and which version of it.
    pub policy: InputRef,
    pub generation: i64,
    pub spec: Option<Arc<TrafficPolicySpec>>,
}

impl Demand {
    /// What the routes of one destination need.
    pub fn of(decision: &Decision<'_>) -> Vec<Self> {
        let mut demands = Vec::new();
        for view in decision.resolved.views.iter().filter(|view| !view.routes.routes.is_empty()) {
            for in_force in &decision.traffic {
                let version = in_force.version;
                let targets = version.shift.iter().flat_map(|shift| &shift.targets);
                let subsets = targets.filter(|target| !target.subset.is_empty());
                if version.selects_cluster(&view.standpoint.cluster) {
                    demands.extend(subsets.map(|target| Self {
                        target: target.target.id,
                        labels: target.subset.clone(),
                        cluster: view.standpoint.cluster.clone(),
                        policy: version.input.clone(),
                        generation: in_force.generation,
                        spec: in_force.spec.as_ref().map(|(spec, _)| Arc::clone(spec)),
                    }));
                }
            }
        }
        demands
    }
}

/// Every subset that some route in force sends requests to.
#[derive(Debug, Default)]
pub(crate) struct Demands {
    /// By the destination whose routes they are.
    by_source: BTreeMap<DestinationId, Vec<Demand>>,
    /// The destinations with routes to subsets of a target.
    sources: BTreeMap<TargetId, BTreeSet<DestinationId>>,
    /// Names of subsets, where they are not what the labels say.
    names: BTreeMap<TargetId, BTreeMap<Labels, Istr>>,
}

/// Whom a change of demands concerns.
#[derive(Debug, Default)]
pub(crate) struct Shifted {
    /// Targets of which something else is needed: whether it is other subsets, or the same for others. If not, only
    /// versions of policies differ.
    pub targets: BTreeMap<TargetId, bool>,
    /// Targets whose subsets are called otherwise.
    pub renamed: BTreeSet<TargetId>,
}

impl Demands {
    /// Replaces what the routes of a destination need.
    pub fn replace(&mut self, source: DestinationId, demands: Vec<Demand>) -> Shifted {
        let before = self.by_source.get(&source).map_or(&[][..], Vec::as_slice);
        if before == demands {
            return Shifted::default();
        }
        let (old, new) = (targets(before), targets(&demands));
        for target in old.difference(&new) {
            if let Some(sources) = self.sources.get_mut(target) {
                sources.remove(&source);
            }
        }
        for target in &new {
            self.sources.entry(*target).or_default().insert(source);
        }
        let wanted = |demands: &[Demand], target: TargetId| -> BTreeSet<_> {
            let of_target = demands.iter().filter(|demand| demand.target == target);
            of_target.map(|it| (it.labels.clone(), it.cluster.clone(), it.policy.clone())).collect()
        };
        let all: BTreeSet<TargetId> = old.into_iter().chain(new).collect();
        let is_other = |target: &TargetId| wanted(before, *target) != wanted(&demands, *target);
        let targets: BTreeMap<TargetId, bool> =
            all.into_iter().map(|target| (target, is_other(&target))).collect();
        if demands.is_empty() {
            self.by_source.remove(&source);
        } else {
            self.by_source.insert(source, demands);
        }
        let renamed = targets.keys().filter(|target| self.rename(**target)).copied();
        let renamed = renamed.collect();
        Shifted { targets, renamed }
    }

    /// Names the subsets of a target anew; tells whether that changed anything.
    fn rename(&mut self, target: TargetId) -> bool {
        let labels: BTreeSet<&Labels> = self.on(target).map(|demand| &demand.labels).collect();
        let mut namesakes: BTreeMap<String, Vec<&Labels>> = BTreeMap::new();
        for labels in labels {
            namesakes.entry(plain_name(labels)).or_default().push(labels);
        }
        let shared = namesakes.iter().filter(|(_, labels)| labels.len() > 1);
        let hashed =
            shared.flat_map(|(name, all)| all.iter().map(|it| ((*it).clone(), hashed_name(name, it))));
        let names: BTreeMap<Labels, Istr> = hashed.collect();
        if self.sources.get(&target).is_some_and(BTreeSet::is_empty) {
            self.sources.remove(&target);
        }
        let before = self.names.remove(&target).unwrap_or_default();
        let changed = before != names;
        if !names.is_empty() {
            self.names.insert(target, names);
        }
        changed
    }

    /// The demands for subsets of a target.
    pub fn on(&self, target: TargetId) -> impl Iterator<Item = &Demand> {
        let sources = self.sources.get(&target).into_iter().flatten();
        let demands = sources.filter_map(|source| self.by_source.get(source)).flatten();
        demands.filter(move |demand| demand.target == target)
    }

    /// The name of a subset: readable where that is unique and valid, else with a hash of its labels.
    pub fn name(&self, target: TargetId, labels: &Labels) -> Istr {
        if let Some(name) = self.names.get(&target).and_then(|names| names.get(labels)) {
            return name.clone();
        }
        let plain = plain_name(labels);
        if is_dns_label(&plain) { plain.into() } else { hashed_name(&plain, labels) }
    }

    /// The subsets of a target that routes in `cluster` use, by name.
    pub fn subsets(&self, target: TargetId, cluster: &str) -> Vec<Subset<'_>> {
        self.subsets_where(target, |user| user == cluster)
    }

    /// The subsets of a target that routes in some clusters use, by name.
    pub fn subsets_where(&self, target: TargetId, uses: impl Fn(&str) -> bool) -> Vec<Subset<'_>> {
        let mut asking: BTreeMap<&Labels, BTreeSet<&InputRef>> = BTreeMap::new();
        for demand in self.on(target).filter(|demand| uses(&demand.cluster)) {
            asking.entry(&demand.labels).or_default().insert(&demand.policy);
        }
        let subsets = asking.into_iter().map(|(labels, policies)| Subset {
            name: self.name(target, labels),
            labels,
            policies: policies.into_iter().collect(),
        });
        let mut subsets: Vec<Subset<'_>> = subsets.collect();
        subsets.sort_by(|a, b| a.name.cmp(&b.name));
        subsets
    }
}

fn targets(demands: &[Demand]) -> BTreeSet<TargetId> {
    demands.iter().map(|demand| demand.target).collect()
}

fn hashed_name(plain: &str, labels: &Labels) -> Istr {
    let valid = |c: char| if c.is_ascii_lowercase() || c.is_ascii_digit() { c } else { '-' };
    let base: String = plain.chars().map(valid).take(MAX_BASE).collect();
    format!("{}-{}", base.trim_matches('-'), labels_hash(labels)).trim_start_matches('-').into()
}

fn plain_name(labels: &Labels) -> String {
    let pairs: Vec<String> = labels.iter().map(|(key, value)| format!("{key}-{value}")).collect();
    sanitize(&pairs.join("-"))
}

/// A hash over `key=value,…`.
fn labels_hash(labels: &Labels) -> String {
    let pairs: Vec<String> = labels.iter().map(|(key, value)| format!("{key}={value}")).collect();
    short_hash(&pairs.join(","))
}

#[cfg(test)]
mod tests {
    use super::{Demand, Demands, DestinationId, InputRef, Labels, TargetId};
    use crate::id::InputKind;

    fn labels(pairs: &[(&str, &str)]) -> Labels {
        pairs.iter().map(|(key, value)| ((*key).into(), (*value).into())).collect()
    }

    #[test]
    fn a_name_is_the_labels_where_that_is_valid() {
        let demands = Demands::default();
        let destination = DestinationId::default();
        for (pairs, expected) in [
            (&[("version", "v2")][..], "version-v2"),
            (&[("version", "v1"), ("foo", "bar")], "foo-bar-version-v1"),
            (&[("app.kubernetes.io/version", "1.2.3")], "app-kubernetes-io-version-1-2-3"),
            (
                &[
                    ("app.kubernetes.io/component", "recommendation-engine"),
                    ("app.kubernetes.io/version", "2021-07-14-release"),
                ],
                "app-kubernetes-io-component-rec-a71142bed28fee33bf806919b4cbdf8",
            ),
        ] {
            assert_eq!(&*demands.name(TargetId::Destination(destination), &labels(pairs)), expected);
        }
        let hashed = demands.name(TargetId::Destination(destination), &labels(&[("env_tier", "gold")]));
        assert!(
            hashed.starts_with("env-tier-gold-") && hashed.len() == "env-tier-gold-".len() + 8,
            "{hashed}"
        );
    }

    fn demand(labels: &Labels) -> Demand {
        Demand {
            target: TargetId::Destination(DestinationId::default()),
            labels: labels.clone(),
            cluster: "c1".into(),
            policy: InputRef::new(InputKind::TrafficPolicy, "gloo-mesh", "canary"),
            generation: 1,
            spec: None,
        }
    }

    #[test]
    fn names_that_would_be_equal_get_a_hash_each() {
        let destination = DestinationId::default();
        let (one, other) = (labels(&[("a", "b-c")]), labels(&[("a-b", "c")]));
        let mut demands = Demands::default();
        let alone = demands.replace(destination, vec![demand(&one)]);
        assert_eq!((alone.targets.len(), alone.renamed.len()), (1, 0));
        assert_eq!(&*demands.name(TargetId::Destination(destination), &one), "a-b-c");
        let both = demands.replace(destination, vec![demand(&one), demand(&other)]);
        assert_eq!(both.renamed.len(), 1);
        let (first, second) = (
            demands.name(TargetId::Destination(destination), &one),
            demands.name(TargetId::Destination(destination), &other),
        );
        assert_ne!(first, second);
        assert!(first.starts_with("a-b-c-") && second.starts_with("a-b-c-"), "{first} {second}");
        let again = demands.replace(destination, vec![demand(&one)]);
        assert_eq!(again.renamed.len(), 1);
        assert_eq!(&*demands.name(TargetId::Destination(destination), &one), "a-b-c");
    }
}
