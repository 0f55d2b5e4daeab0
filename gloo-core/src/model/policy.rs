//! A TrafficPolicy as it is believed after reading it.

use crate::api::TlsMode;
use crate::id::InputRef;
use crate::model::route::{Cors, Fault, HeaderChanges, Mirror, Retry, Shift, Timeout};
use crate::model::traffic::Outlier;
use crate::model::{Request, Source, SourceSelector};

/// One version of a TrafficPolicy: every value checked, every target found.
///
/// Where it applies is not part of it; that is decided by selection.
#[derive(Clone, Debug, PartialEq)]
pub struct TrafficPolicy {
    /// The policy.
    pub input: InputRef,
    /// The generation of this version.
    pub generation: i64,
    /// Whose requests are meant; never empty.
    pub sources: Vec<SourceSelector>,
    /// Which requests are meant; never empty.
    pub requests: Vec<Request>,
    /// Limit for a whole request.
    pub timeout: Option<Timeout>,
    /// Tries after a failure.
    pub retry: Option<Retry>,
    /// Errors and delays made on purpose.
    pub fault: Option<Fault>,
    /// Other targets.
    pub shift: Option<Shift>,
    /// A second service that gets copies.
    pub mirror: Option<Mirror>,
    /// Changes to headers.
    pub headers: Option<HeaderChanges>,
    /// Web pages of other origins.
    pub cors: Option<Cors>,
    /// Leaving out instances that fail.
    pub outlier: Option<Outlier>,
    /// How connections are secured.
    pub tls: Option<TlsMode>,
}

impl TrafficPolicy {
    /// Whether it sets anything that belongs to routes.
    pub fn sets_routes(&self) -> bool {
        self.timeout.is_some()
            || self.retry.is_some()
            || self.fault.is_some()
            || self.shift.is_some()
            || self.mirror.is_some()
            || self.headers.is_some()
            || self.cors.is_some()
    }

    /// Whether it sets anything that belongs to connections.
    pub fn sets_traffic(&self) -> bool {
        self.outlier.is_some() || self.tls.is_some()
    }

    /// Whether clients in `cluster` can be meant.
    pub fn selects_cluster(&self, cluster: &str) -> bool {
        self.sources.iter().any(|selector| selector.selects_cluster(cluster))
    }

    /// Whether every client of the clusters selected and every request is meant.
    pub fn is_unconditional(&self) -> bool {
        self.sources.iter().any(|selector| selector.sources.iter().any(Source::is_any))
            && self.requests.iter().any(Request::is_any)
    }

    /// The conditions on clients in `cluster`, without duplicates.
    ///
    /// Selectors of other clusters are left out first. If one of the others admits every workload, the rest
    /// adds nothing.
    pub fn sources_in(&self, cluster: &str) -> Vec<&Source> {
        let mut sources = Vec::new();
        for selector in self.sources.iter().filter(|selector| selector.selects_cluster(cluster)) {
            for source in &selector.sources {
                if source.is_any() {
                    return vec![source];
                }
                if !sources.contains(&source) {
                    sources.push(source);
                }
            }
        }
        sources
    }
}
