//! Subsets that routes send requests to, and the names that routes and rules agree on.

use std::collections::{BTreeMap, BTreeSet};

use crate::Istr;
use crate::check::is_dns_label;
use crate::id::InputRef;
use crate::index::DestinationId;
use crate::istr::Labels;
use crate::model::Subset;
use crate::name::{sanitize, short_hash};
use crate::resolve::Decision;

/// Longest name that still can take a hash.
const MAX_BASE: usize = 54;

/// Every subset that some route in force sends requests to.
#[derive(Debug, Default)]
pub(crate) struct Demands<'a> {
    /// By destination and labels: clusters whose routes use it, and the policies that ask for it.
    by_destination: BTreeMap<DestinationId, BTreeMap<&'a Labels, BTreeMap<Istr, BTreeSet<&'a InputRef>>>>,
    /// By destination and readable name: how many subsets would have it.
    plain_names: BTreeMap<DestinationId, BTreeMap<String, usize>>,
}

impl<'a> Demands<'a> {
    /// Notes what the routes of one destination need.
    pub fn add(&mut self, decision: &Decision<'a>) {
        for view in &decision.resolved.views {
            if view.routes.routes.is_empty() {
                continue;
            }
            for in_force in &decision.traffic {
                let version = in_force.version;
                if !version.selects_cluster(&view.cluster) {
                    continue;
                }
                for target in version.shift.iter().flat_map(|shift| &shift.targets) {
                    if !target.subset.is_empty() {
                        let subsets = self.by_destination.entry(target.target.destination).or_default();
                        let clusters = subsets.entry(&target.subset).or_default();
                        clusters.entry(view.cluster.clone()).or_default().insert(&version.input);
                    }
                }
            }
        }
    }

    /// Counts how many subsets of a destination would have each name. To be called when nothing is added any
    /// more.
    pub fn finish(&mut self) {
        for (destination, subsets) in &self.by_destination {
            let counts = self.plain_names.entry(*destination).or_default();
            for labels in subsets.keys() {
                *counts.entry(plain_name(labels)).or_default() += 1;
            }
        }
    }

    /// The name of a subset: readable where that is unique and valid, else with a hash of its labels.
    pub fn name(&self, destination: DestinationId, labels: &Labels) -> Istr {
        let plain = plain_name(labels);
        let namesakes = self.plain_names.get(&destination).and_then(|counts| counts.get(&plain));
        if is_dns_label(&plain) && namesakes.is_none_or(|count| *count < 2) {
            return plain.into();
        }
        let valid = |c: char| if c.is_ascii_lowercase() || c.is_ascii_digit() { c } else { '-' };
        let base: String = plain.chars().map(valid).take(MAX_BASE).collect();
        format!("{}-{}", base.trim_matches('-'), labels_hash(labels)).trim_start_matches('-').into()
    }

    /// The subsets of a destination that routes in `cluster` use, by name.
    pub fn subsets(&self, destination: DestinationId, cluster: &Istr) -> Vec<Subset<'a>> {
        let Some(all) = self.by_destination.get(&destination) else {
            return Vec::new();
        };
        let used = all.iter().filter_map(|(labels, clusters)| {
            let policies = clusters.get(cluster)?.iter().copied().collect();
            Some(Subset { name: self.name(destination, labels), labels, policies })
        });
        let mut subsets: Vec<Subset<'a>> = used.collect();
        subsets.sort_by(|a, b| a.name.cmp(&b.name));
        subsets
    }

    /// The policies whose routes use some subset of a destination, in whatever cluster.
    pub fn policies(&self, destination: DestinationId) -> BTreeSet<&'a InputRef> {
        let subsets = self.by_destination.get(&destination).into_iter().flat_map(BTreeMap::values);
        subsets.flat_map(BTreeMap::values).flatten().copied().collect()
    }
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
    use super::{Demands, Labels};

    fn labels(pairs: &[(&str, &str)]) -> Labels {
        pairs.iter().map(|(key, value)| ((*key).into(), (*value).into())).collect()
    }

    #[test]
    fn a_name_is_the_labels_where_that_is_valid() {
        let demands = Demands::default();
        let destination = crate::index::DestinationId::default();
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
            assert_eq!(&*demands.name(destination, &labels(pairs)), expected);
        }
        let hashed = demands.name(destination, &labels(&[("env_tier", "gold")]));
        assert!(
            hashed.starts_with("env-tier-gold-") && hashed.len() == "env-tier-gold-".len() + 8,
            "{hashed}"
        );
    }

    #[test]
    fn names_that_would_be_equal_get_a_hash_each() {
        let destination = crate::index::DestinationId::default();
        let (one, other) = (labels(&[("a", "b-c")]), labels(&[("a-b", "c")]));
        let mut demands = Demands::default();
        let subsets = demands.by_destination.entry(destination).or_default();
        subsets.entry(&one).or_default();
        subsets.entry(&other).or_default();
        demands.finish();
        let (first, second) = (demands.name(destination, &one), demands.name(destination, &other));
        assert_ne!(first, second);
        assert!(first.starts_with("a-b-c-") && second.starts_with("a-b-c-"), "{first} {second}");
    }
}
