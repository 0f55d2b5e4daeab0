//! Finds what a virtual destination comes to: what is behind it, who sees it, in what order.

mod backing;

use std::collections::{BTreeMap, BTreeSet};

use crate::Istr;
use crate::api::{self, DestinationSelector, ObjectRef, VirtualDestinationSpec};
use crate::backend::Objection;
use crate::check::{Checks, is_dns_name};
use crate::context::Context;
use crate::id::{InputKind, InputRef};
use crate::index::{Mesh, MeshId, VirtualDestination};
use crate::model::failover::{Failover, FailoverClient, FailoverOrder, FailoverOutlier, FailoverProtocol};
use crate::model::traffic::Outlier;
use crate::model::virtual_mesh::DEFAULT_SUFFIX;
use crate::name::object_key;
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

impl<'a> Reader<'a> {
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
        let mut failover = Failover {
            id: self.it.id,
            input: self.it.input.clone(),
            hostname: self.spec.hostname.clone(),
            share: format!("{}.{}.vd.{}", self.it.input.name, self.it.input.namespace, group.suffix).into(),
            port,
            protocol,
            virtual_mesh: group.virtual_mesh,
            suffix: group.suffix,
            flat_network: group.flat_network,
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
                self.checks.invalid(field, "a choice of nothing", "destinations that exist");
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

    fn hostname(&mut self) {
        let hostname = &self.spec.hostname;
        if !is_dns_name(hostname) {
            self.checks.invalid("spec.hostname", format!("{hostname:?}"), "a DNS name");
        }
    }

    fn order(&mut self) -> Option<FailoverOrder> {
        match (&self.spec.static_destinations, &self.spec.localized) {
            (Some(_), _) => Some(FailoverOrder::Static),
            (None, Some(localized)) => {
                let directives = localized.failover_directives.iter().enumerate();
                let directives = directives.filter_map(|(position, directive)| {
                    let field = format!("spec.localized.failoverDirectives[{position}]");
                    let from = directive.from.as_ref().map(|from| from.region.clone()).unwrap_or_default();
                    let places = directive.from.iter().chain(&directive.to);
                    if places.clone().any(|place| !place.zone.is_empty() || !place.sub_zone.is_empty()) {
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
                });
                Some(FailoverOrder::Localized(directives.collect()))
            }
            (None, None) => {
                self.checks.invalid("spec", "without destinations", "static or localized");
                None
            }
        }
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

    /// The meshes that are to see it, in the order of keys.
    fn clients(&mut self) -> Option<Vec<&'a Mesh>> {
        let mut clients: Vec<&Mesh> = Vec::new();
        if let Some(name) = &self.spec.virtual_mesh {
            let Some(virtual_mesh) = self.cx.virtual_mesh_named(name) else {
                let reference = object_key(&name.name, &name.namespace, "");
                let field = "spec.virtualMesh".to_owned();
                self.checks.reject(Rejection::RefNotFound { field, kind: "virtual mesh", reference });
                return None;
            };
            let members = virtual_mesh.version.iter().flat_map(|version| &version.members);
            let members = members.filter_map(|mesh| self.cx.mesh(*mesh));
            let belongs = |mesh: &&Mesh| {
                self.cx.membership(mesh.id).is_some_and(|it| it.virtual_mesh == virtual_mesh.input)
            };
            clients.extend(members.filter(belongs));
        } else if let Some(list) = &self.spec.mesh_list {
            for (position, name) in list.meshes.iter().enumerate() {
                clients.extend(self.listed(name, position));
            }
        } else {
            self.checks.invalid("spec", "exported to nobody", "virtualMesh or meshList");
            return None;
        }
        clients.sort_by(|a, b| a.key.cmp(&b.key));
        clients.dedup_by_key(|mesh| mesh.id);
        if clients.is_empty() {
            let field = if self.spec.mesh_list.is_some() { "spec.meshList" } else { "spec.virtualMesh" };
            self.checks.invalid(field, "a choice of no mesh", "meshes that exist");
            return None;
        }
        Some(clients)
    }

    fn listed(&mut self, name: &ObjectRef, position: usize) -> Option<&'a Mesh> {
        let input = InputRef::new(InputKind::Mesh, name.namespace.clone(), name.name.clone());
        let mesh = self.cx.mesh_named(&input).and_then(|id| self.cx.mesh(id));
        if mesh.is_none() {
            let reference = object_key(&name.name, &name.namespace, "");
            let field = format!("spec.meshList.meshes[{position}]");
            self.checks.reject(Rejection::RefNotFound { field, kind: "mesh", reference });
        }
        mesh
    }

    /// What the meshes have in common; they must belong together.
    fn group(&mut self, clients: &[&Mesh]) -> Option<Group> {
        let memberships: Vec<_> = clients.iter().map(|mesh| self.cx.membership(mesh.id)).collect();
        let names: BTreeSet<Option<&InputRef>> =
            memberships.iter().map(|it| it.map(|it| &it.virtual_mesh)).collect();
        if names.len() > 1 || (names.contains(&None) && clients.len() > 1) {
            let field = "spec.meshList.meshes";
            self.checks.invalid(field, "meshes of different virtual meshes", "meshes of one virtual mesh");
            return None;
        }
        let membership = memberships.first().copied().flatten();
        let federation = membership.and_then(|membership| membership.federation.as_deref());
        Some(Group {
            virtual_mesh: membership.map(|it| it.virtual_mesh.clone()),
            suffix: federation.map_or_else(|| DEFAULT_SUFFIX.into(), |it| it.suffix.clone()),
            flat_network: federation.is_some_and(|it| it.flat_network),
            keepalive: federation.and_then(|it| it.keepalive),
        })
    }

    /// The meshes in which it takes effect, with a verdict on each.
    fn seen_by(&mut self, failover: &Failover, clients: &[&'a Mesh]) -> Vec<FailoverClient> {
        let mut seen: Vec<FailoverClient> = Vec::new();
        for mesh in clients {
            let mut checks = Checks::default();
            self.check_client(failover, mesh, &mut checks);
            let accepted = checks.errors.is_empty();
            self.meshes.insert(mesh.id, checks);
            // Two meshes of one cluster read the same configuration.
            if accepted && !seen.iter().any(|client| client.cluster == mesh.cluster) {
                seen.push(FailoverClient {
                    mesh: mesh.id,
                    cluster: mesh.cluster.clone(),
                    region: mesh.region.clone(),
                });
            }
        }
        seen
    }

    fn check_client(&self, failover: &Failover, mesh: &'a Mesh, checks: &mut Checks) {
        if mesh.cluster.is_empty() {
            let reason = "names no cluster";
            checks.reject(Rejection::Unfit { destination: mesh.input.clone(), reason });
            return;
        }
        let Some(backend) = self.cx.backend_for(mesh) else {
            let reason = format!("mesh type {} is not supported", mesh.platform.word());
            let context = format!("in {}: {reason}", mesh.input);
            checks.reject(Rejection::Unsupported { field: "spec".to_owned(), context });
            return;
        };
        let objections = backend.host_objections(mesh, &failover.hostname);
        for objection in objections.into_iter().chain(backend.failover_objections(mesh, failover)) {
            match objection {
                Objection::Reject(rejection) => checks.reject(rejection),
                Objection::Warn(warning) | Objection::Note(warning) => checks.warn(warning),
            }
        }
        if let Some(by) = self.holder(failover, mesh) {
            let hostname = failover.hostname.clone();
            checks.reject(Rejection::HostnameTaken { hostname, by: Box::new(by) });
        }
        let mut unreachable =
            failover.backings.iter().filter(|it| it.cluster != mesh.cluster && !it.is_reachable);
        let (left_out, all) = (unreachable.clone().count(), failover.backings.len());
        if left_out == all {
            if let Some(home) = unreachable.next().and_then(|backing| self.cx.mesh(backing.mesh)) {
                checks.reject(Rejection::GatewayMissing { mesh: home.input.clone() });
            }
            return;
        }
        for backing in unreachable {
            let note = format!(
                "{} is left out: its mesh has no gateway for traffic from other clusters",
                backing.input
            );
            checks.unwise("spec", note);
        }
    }

    /// Who has the host name already, as seen from a mesh.
    fn holder(&self, failover: &Failover, mesh: &Mesh) -> Option<InputRef> {
        let hostname = &failover.hostname;
        let age = |it: &VirtualDestination| (it.created.is_none(), it.created.clone(), it.key.clone());
        let own_age = age(self.it);
        let others = self.cx.virtual_destinations_named(hostname).filter(|other| other.id != self.it.id);
        let older = others.map(|other| (age(other), other)).filter(|(age, _)| *age < own_age);
        let meant = older.filter(|(_, other)| self.is_meant_for(other, mesh));
        if let Some((_, oldest)) = meant.min_by(|(a, _), (b, _)| a.cmp(b)) {
            return Some(oldest.input.clone());
        }
        let own = self.cx.service_named(hostname, &mesh.cluster);
        if let Some(destination) = own {
            return Some(destination.input.clone());
        }
        // Gateways take these names for those of services and shares of virtual destinations.
        let suffix = format!(".{}", failover.suffix);
        let begin = hostname.strip_suffix(&suffix)?;
        let mut labels = begin.split('.').skip(2);
        let reserved = labels.next() == Some("svc") || begin.rsplit('.').next() == Some("vd");
        reserved.then(|| failover.virtual_mesh.clone().unwrap_or_else(|| mesh.input.clone()))
    }

    /// Whether another virtual destination is to be seen in a mesh.
    fn is_meant_for(&self, other: &VirtualDestination, mesh: &Mesh) -> bool {
        let Some(object) = &other.object else { return false };
        let same = |name: &ObjectRef| name.name == mesh.input.name && name.namespace == mesh.input.namespace;
        let listed = object.spec.mesh_list.iter().flat_map(|list| &list.meshes).any(same);
        let by_virtual_mesh = object.spec.virtual_mesh.as_ref().is_some_and(|name| {
            let membership = self.cx.membership(mesh.id);
            membership.is_some_and(|it| {
                it.virtual_mesh.name == name.name && it.virtual_mesh.namespace == name.namespace
            })
        });
        listed || by_virtual_mesh
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
            self.checks.unwise(
                "spec.localized.outlierDetection.maxEjectionPercent",
                "below 100 some instances are never left out, and clients may not go to the next destination",
            );
        }
    }
}

/// Where destinations are listed.
const STATIC: &str = "spec.static.destinations";
/// Where destinations are selected.
const LOCALIZED: &str = "spec.localized.destinationSelectors";

/// What the meshes concerned have in common.
struct Group {
    virtual_mesh: Option<InputRef>,
    suffix: Istr,
    flat_network: bool,
    keepalive: Option<crate::model::Keepalive>,
}
