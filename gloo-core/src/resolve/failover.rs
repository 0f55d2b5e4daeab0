//! Finds what a virtual destination comes to: what is behind it, who sees it, in what order.

mod backing;
mod client;
mod hostname;

use std::collections::BTreeMap;

use crate::Istr;
use crate::api::{self, DestinationSelector, FailoverDirective, VirtualDestinationSpec};
use crate::check::Checks;
use crate::context::Context;
use crate::index::{MeshId, VirtualDestination};
use crate::model::failover::{Failover, FailoverOrder, FailoverOutlier, FailoverProtocol};
use crate::model::traffic::Outlier;
use crate::rejection::Rejection;

/// What a virtual destination comes to, and what there is to say.
#[derive(Debug, Default)]
pub(crate) struct Resolved {
    pub failover: Option<Failover>,
    pub checks: Checks,
    pub meshes: BTreeMap<MeshId, Checks>,
}

/// The selectors of what is behind a virtual destination.
pub(crate) fn selectors(spec: &VirtualDestinationSpec) -> Vec<DestinationSelector> {
    let named = spec.static_destinations.iter().flat_map(|list| &list.destinations);
    let named: Vec<_> = named.filter_map(|backing| backing.kube_service.clone()).collect();
    let mut selectors: Vec<DestinationSelector> = Vec::new();
    if !named.is_empty() {
        let kube_service_refs = Some(api::KubeServiceRefs { services: named });
        selectors.push(DestinationSelector { kube_service_refs, ..DestinationSelector::default() });
    }
    selectors.extend(spec.localized.iter().flat_map(|it| &it.destination_selectors).cloned());
    selectors
}

/// Finds what a virtual destination comes to.
pub(crate) fn resolve(cx: Context<'_>, it: &VirtualDestination) -> Resolved {
    let mut resolved = Resolved::default();
    resolved.checks.errors.extend(it.broken.clone());
    let Some(object) = &it.object else { return resolved };
    resolved.checks.annotations(object.metadata.annotations.as_ref(), &[]);
    let mut reader = Reader { cx, it, spec: &object.spec, checks: resolved.checks, meshes: BTreeMap::new() };
    resolved.failover = reader.read();
    resolved.checks = reader.checks;
    resolved.meshes = reader.meshes;
    resolved
}

struct Reader<'a> {
    cx: Context<'a>,
    it: &'a VirtualDestination,
    spec: &'a VirtualDestinationSpec,
    checks: Checks,
    meshes: BTreeMap<MeshId, Checks>,
}

impl Reader<'_> {
    fn read(&mut self) -> Option<Failover> {
        let errors = self.checks.errors.len();
        let (port, protocol) = self.port().unzip();
        self.hostname();
        let order = self.order();
        let outlier = self.outlier();
        let clients = self.clients();
        if self.checks.errors.len() > errors {
            return None;
        }
        let (port, protocol, clients) = (port?, protocol?, clients?);
        let group = self.group(&clients)?;
        self.check_reserved(&group.suffix);
        let share = self.share(&group.suffix);
        if self.checks.errors.len() > errors {
            return None;
        }
        let mut failover = Failover {
            id: self.it.id,
            input: self.it.input.clone(),
            hostname: self.spec.hostname.clone(),
            share: share?,
            port,
            protocol,
            virtual_mesh: group.virtual_mesh,
            suffix: group.suffix,
            keepalive: group.keepalive,
            order: order?,
            outlier,
            backings: Vec::new(),
            clients: Vec::new(),
        };
        failover.backings = self.backings(&failover, &clients);
        if failover.backings.is_empty() {
            if self.checks.errors.len() == errors {
                let field = if self.spec.localized.is_some() { LOCALIZED } else { STATIC };
                self.checks.invalid(field, "a choice of nothing", "destinations that can be behind it");
            }
            return None;
        }
        failover.clients = self.seen_by(&failover, &clients);
        self.advise(&failover);
        Some(failover)
    }

    fn port(&mut self) -> Option<(u32, FailoverProtocol)> {
        let Some(port) = &self.spec.port else {
            self.checks.invalid("spec.port", "not given", "a port");
            return None;
        };
        if !(1..=65535).contains(&port.number) {
            self.checks.invalid("spec.port.number", port.number, "1 to 65535");
        }
        let protocol = FailoverProtocol::read(&port.protocol);
        if protocol.is_none() {
            let expected = "HTTP, HTTPS, GRPC, HTTP2, MONGO, TCP or TLS";
            self.checks.invalid("spec.port.protocol", format!("{:?}", port.protocol), expected);
        }
        Some((port.number, protocol?))
    }

    fn order(&mut self) -> Option<FailoverOrder> {
        match (&self.spec.static_destinations, &self.spec.localized) {
            (Some(_), _) => Some(FailoverOrder::Static),
            (None, Some(localized)) => {
                if localized.destination_selectors.is_empty() {
                    // Everywhere else no selector means everything, which nobody wants behind one name.
                    self.checks.invalid(LOCALIZED, "a choice of everything", "selectors");
                }
                let directives = localized.failover_directives.iter().enumerate();
                let directives = directives.filter_map(|(position, it)| self.directive(position, it));
                Some(FailoverOrder::Localized(directives.collect()))
            }
            (None, None) => {
                self.checks.invalid("spec", "without destinations", "static or localized");
                None
            }
        }
    }

    /// From which region to which others; `None` if it says nothing.
    fn directive(&mut self, position: usize, directive: &FailoverDirective) -> Option<(Istr, Vec<Istr>)> {
        let field = format!("spec.localized.failoverDirectives[{position}]");
        let from = directive.from.as_ref().map(|from| from.region.clone()).unwrap_or_default();
        let mut places = directive.from.iter().chain(&directive.to);
        if places.any(|place| !place.zone.is_empty() || !place.sub_zone.is_empty()) {
            self.checks.no_effect(field.clone(), ": only regions are compared; zones");
        }
        if from.is_empty() || directive.to.iter().any(|to| to.region.is_empty()) {
            self.checks.no_effect(field, ": it names no region");
            return None;
        }
        let mut to: Vec<Istr> = Vec::new();
        for place in &directive.to {
            if place.region != from && !to.contains(&place.region) {
                to.push(place.region.clone());
            }
        }
        Some((from, to))
    }

    fn outlier(&mut self) -> Option<FailoverOutlier> {
        let localized = self.spec.localized.as_ref()?;
        let Some(given) = &localized.outlier_detection else {
            return Some(FailoverOutlier::default());
        };
        let mut checks = Checks::default();
        let Outlier { consecutive_errors, interval, base_ejection_time, max_ejection_percent } =
            Outlier::read(given, &mut checks);
        for error in checks.errors {
            if let Rejection::InvalidValue { field, value, expected } = error {
                let field =
                    field.replace(crate::model::traffic::outlier::FIELD, "spec.localized.outlierDetection");
                self.checks.reject(Rejection::InvalidValue { field, value, expected });
            }
        }
        Some(FailoverOutlier {
            gateway_errors: None,
            consecutive_errors,
            interval,
            base_ejection_time,
            max_ejection_percent,
        })
    }

    /// What its author should know.
    fn advise(&mut self, failover: &Failover) {
        if !failover.protocol.carries_http() {
            self.checks.unwise(
                "spec.port.protocol",
                "proxies see connections only: clients leave a destination when its address is dead, not when the application behind it is",
            );
        }
        if failover.outlier.is_some_and(|outlier| outlier.max_ejection_percent < 100) {
            self.checks.unwise("spec.localized.outlierDetection.maxEjectionPercent", NOT_ALL);
        }
    }
}

/// What follows where not all instances may be left out.
pub(crate) const NOT_ALL: &str =
    "below 100: some instances are never left out, and clients may not go to the next destination";
/// Where destinations are listed.
const STATIC: &str = "spec.static.destinations";
/// Where destinations are selected.
const LOCALIZED: &str = "spec.localized.destinationSelectors";
