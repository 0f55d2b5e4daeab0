//! What happens to requests: an ordered list of conditions and settings.

use std::cmp::{Ordering, Reverse};
use std::collections::BTreeMap;

use crate::id::InputRef;
use crate::model::{Claimed, Request, Source};

pub mod cors;
pub mod fault;
pub mod header;
pub mod mirror;
pub mod retry;
pub mod shift;
pub mod timeout;

pub use cors::{Cors, OriginMatch};
pub use fault::{Fault, FaultKind};
pub use header::HeaderChanges;
pub use mirror::Mirror;
pub use retry::Retry;
pub use shift::{Shift, Target, TargetId, WeightedTarget};
pub use timeout::Timeout;

/// Routes of a destination for the clients of one cluster.
///
/// The first route whose source, request and port fit a request decides it.
#[derive(Debug, Default)]
pub struct Routes<'a> {
    /// The routes, most specific first.
    pub routes: Vec<Route<'a>>,
    /// What the routes do; several routes share an entry.
    pub settings: Vec<RouteSettings<'a>>,
}

/// One condition and where to find what happens then.
#[derive(Clone, Copy, Debug)]
pub struct Route<'a> {
    /// Who sends the request.
    pub source: &'a Source,
    /// What the request looks like.
    pub request: &'a Request,
    /// The service port it is sent to.
    pub port: u32,
    /// Position in [`Routes::settings`].
    pub settings: usize,
}

/// What happens to requests of one kind. Fields that nobody set keep the mesh's own behaviour.
#[derive(Clone, Debug, Default)]
pub struct RouteSettings<'a> {
    /// How long the whole request may take.
    pub timeout: Option<Claimed<'a, Timeout>>,
    /// How often a failed request is tried again.
    pub retry: Option<Claimed<'a, Retry>>,
    /// Errors or delays made on purpose.
    pub fault: Option<Claimed<'a, Fault>>,
    /// Other targets instead of the destination.
    pub shift: Option<Claimed<'a, Shift>>,
    /// A second service that gets a copy.
    pub mirror: Option<Claimed<'a, Mirror>>,
    /// Changes to headers.
    pub headers: Option<Claimed<'a, HeaderChanges>>,
    /// Which web pages of other origins may call.
    pub cors: Option<Claimed<'a, Cors>>,
}

impl RouteSettings<'_> {
    /// Whether requests are treated as if there were no route.
    pub fn changes_nothing(&self) -> bool {
        let Self { timeout, retry, fault, shift, mirror, headers, cors } = self;
        timeout.as_ref().is_none_or(|timeout| timeout.value.0.is_none())
            && headers.as_ref().is_none_or(|headers| headers.value.is_empty())
            && retry.is_none()
            && fault.is_none()
            && shift.is_none()
            && mirror.is_none()
            && cors.is_none()
    }

    /// Every policy that has a part in the settings, without duplicates, in no particular order.
    pub fn policies(&self) -> Vec<&InputRef> {
        let Self { timeout, retry, fault, shift, mirror, headers, cors } = self;
        let mut policies = Vec::new();
        policies.extend(timeout.iter().flat_map(Claimed::policies));
        policies.extend(retry.iter().flat_map(Claimed::policies));
        policies.extend(fault.iter().flat_map(Claimed::policies));
        policies.extend(shift.iter().flat_map(Claimed::policies));
        policies.extend(mirror.iter().flat_map(Claimed::policies));
        policies.extend(headers.iter().flat_map(Claimed::policies));
        policies.extend(cors.iter().flat_map(Claimed::policies));
        policies.sort_unstable();
        policies.dedup();
        policies
    }
}

impl<'a> Routes<'a> {
    /// Puts settings and their conditions into the order in which requests must try them, once for each port.
    pub(crate) fn new(
        atoms: BTreeMap<(&'a Source, &'a Request), Box<RouteSettings<'a>>>,
        ports: &[u32],
    ) -> Self {
        let mut routes = Vec::with_capacity(atoms.len() * ports.len());
        let mut all = Vec::with_capacity(atoms.len());
        for (index, ((source, request), settings)) in atoms.into_iter().enumerate() {
            routes.extend(ports.iter().map(|port| Route { source, request, port: *port, settings: index }));
            all.push(*settings);
        }
        routes.sort_by(Route::precedence);
        Self { routes, settings: all }
    }

    /// The settings of routes whose clients also send requests, to the same port, that no route takes.
    ///
    /// Clients that no route is for keep the mesh's own behaviour, so they do not count.
    pub fn leaving_requests_unmatched(&self) -> impl Iterator<Item = &RouteSettings<'a>> {
        let takes_all: Vec<&Route<'_>> =
            self.routes.iter().filter(|route| route.request.takes_all()).collect();
        let unmatched = self.routes.iter().filter(move |route| {
            !takes_all.iter().any(|rest| rest.port == route.port && rest.source.includes(route.source))
        });
        unmatched.filter_map(|route| self.settings.get(route.settings))
    }
}

impl Route<'_> {
    /// Total order of routes: the one to try first is the lesser.
    ///
    /// By path, headers and query parameters of the request, labels and namespace of the source, method,
    /// inverted headers and port; what is equal in all of them is ordered by content.
    pub fn precedence(&self, other: &Self) -> Ordering {
        let any = |route: &Self| route.source.is_any() && route.request.is_any();
        let by_source = || {
            let labels = |source: &Source| Reverse(source.labels.len());
            labels(self.source)
                .cmp(&labels(other.source))
                .then_with(|| other.source.namespace.cmp(&self.source.namespace))
        };
        any(self)
            .cmp(&any(other))
            .then_with(|| self.request.specificity(other.request, by_source))
            .then_with(|| self.port.cmp(&other.port))
            .then_with(|| self.request.cmp(other.request))
            .then_with(|| self.source.cmp(other.source))
    }
}
