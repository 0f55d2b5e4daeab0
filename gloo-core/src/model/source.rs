//! Who sends a request.

use std::fmt;

use crate::Istr;
use crate::api::WorkloadSelector;
use crate::check::{Checks, is_dns_label};
use crate::istr::Labels;

/// One condition on the workload that sends a request; the default one holds for every workload.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Source {
    /// The namespace it runs in.
    pub namespace: Option<Istr>,
    /// Labels that it carries.
    pub labels: Labels,
}

impl Source {
    /// Whether every workload meets the condition.
    pub fn is_any(&self) -> bool {
        self.namespace.is_none() && self.labels.is_empty()
    }

    /// Whether every workload that meets `other` meets this condition too.
    pub fn includes(&self, other: &Self) -> bool {
        (self.namespace.is_none() || self.namespace == other.namespace)
            && self.labels.iter().all(|(key, value)| other.labels.get(key) == Some(value))
    }
}

impl fmt::Display for Source {
    /// Writes `namespace web, app=fe`; nothing for every workload.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut separator = "";
        if let Some(namespace) = &self.namespace {
            write!(f, "namespace {namespace}")?;
            separator = ", ";
        }
        for (key, value) in &self.labels {
            write!(f, "{separator}{key}={value}")?;
            separator = ", ";
        }
        Ok(())
    }
}

/// One entry of `sourceSelector`: clusters, and what must hold within them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SourceSelector {
    /// Clusters whose workloads are meant; empty means every cluster.
    pub clusters: Vec<Istr>,
    /// One condition for each namespace named, or a single one; never empty.
    pub sources: Vec<Source>,
}

/// Where source selectors stand in a policy.
const FIELD: &str = "spec.sourceSelector";

impl SourceSelector {
    /// Reads one selector; one without a matcher means every workload.
    pub(crate) fn read(selector: &WorkloadSelector, index: usize, checks: &mut Checks) -> Self {
        let Some(matcher) = &selector.kube_workload_matcher else {
            return Self { clusters: Vec::new(), sources: vec![Source::default()] };
        };
        for namespace in &matcher.namespaces {
            if !is_dns_label(namespace) {
                let field = format!("{FIELD}[{index}].kubeWorkloadMatcher.namespaces");
                checks.invalid(field, format!("{namespace:?}"), "the name of a namespace");
            }
        }
        checks.labels(&format!("{FIELD}[{index}].kubeWorkloadMatcher.labels"), &matcher.labels);
        let labels = &matcher.labels;
        let sources = if matcher.namespaces.is_empty() {
            vec![Source { namespace: None, labels: labels.clone() }]
        } else {
            let condition =
                |namespace: &Istr| Source { namespace: Some(namespace.clone()), labels: labels.clone() };
            matcher.namespaces.iter().map(condition).collect()
        };
        Self { clusters: matcher.clusters.clone(), sources }
    }

    /// Whether workloads of `cluster` can be meant.
    pub fn selects_cluster(&self, cluster: &str) -> bool {
        self.clusters.is_empty() || self.clusters.iter().any(|named| &**named == cluster)
    }
}
