//! Who sees a destination from other clusters, and how they reach it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::Istr;
use crate::backend::Objection;
use crate::check::is_dns_name;
use crate::context::Context;
use crate::index::{Destination, MeshId, Port, names};
use crate::istr::Labels;
use crate::model::exposure::{Endpoint, EndpointSort, Entry, Exposure, Locality, weight};
use crate::model::{Federation, Gateway, Membership, Subset};
use crate::rejection::{Rejection, Warning};

/// Most endpoints that one host can have.
const MOST_ENDPOINTS: usize = 4096;
/// Most ports that one endpoint can have.
const MOST_PORTS: usize = 128;

/// Who sees a destination from other clusters.
#[derive(Debug)]
pub(crate) struct Exposed<'a> {
    pub membership: &'a Membership,
    pub federation: &'a Arc<Federation>,
    /// The host name that they use.
    pub host: Istr,
    /// The meshes that see it, in the order of keys.
    pub seen_by: Vec<MeshId>,
    /// One mesh for each other cluster from which it is seen.
    pub clients: Vec<(MeshId, &'a Istr)>,
    /// Why nobody sees it.
    pub errors: Vec<Rejection>,
    /// What is to be said, which includes meshes that do not see it.
    pub warnings: Vec<Warning>,
    /// Whether it is a gateway and selected only broadly.
    pub is_gateway: bool,
}

impl Exposed<'_> {
    /// Whether clients in `cluster`, which is not its own, see it.
    pub fn is_seen_from(&self, cluster: &str) -> bool {
        self.clients.iter().any(|(_, client)| ***client == *cluster)
    }
}

/// Finds out who sees a destination from other clusters; `None` if nobody is meant to.
pub(crate) fn exposed<'a>(cx: Context<'a>, destination: &Destination) -> Option<Exposed<'a>> {
    let lists = cx.exports_of(destination.id);
    if lists.is_empty() {
        return None;
    }
    let home = destination.mesh?;
    let membership = cx.membership(home)?;
    let federation = membership.federation.as_ref()?;
    let exports = lists.iter().filter(|list| list.text == membership.text);
    let exports: Vec<_> = exports.filter_map(|list| cx.export(*list)).collect();
    if exports.is_empty() {
        return None;
    }
    let service = &destination.service;
    let everybody = exports.iter().any(|export| export.clients.is_empty());
    let named: BTreeSet<MeshId> = exports.iter().flat_map(|export| &export.clients).copied().collect();
    let wanted = || membership.neighbors.iter().filter(|it| everybody || named.contains(&it.mesh));
    wanted().next()?;
    let by_name =
        exports.iter().any(|export| export.destinations.iter().any(|selector| names(selector, service)));
    let is_gateway = membership.gateways.contains(&destination.id) && !by_name;
    let mut exposed = Exposed {
        membership,
        federation,
        host: host(destination, federation),
        seen_by: Vec::new(),
        clients: Vec::new(),
        errors: Vec::new(),
        warnings: Vec::new(),
        is_gateway,
    };
    if is_gateway {
        return Some(exposed);
    }
    // What is wrong with it matters only if there is a client that could see it.
    if wanted().any(|neighbor| neighbor.refusal.is_none()) {
        exposed.object(cx, destination);
    }
    let mut refusals = Vec::new();
    for neighbor in wanted() {
        if let Some(refusal) = &neighbor.refusal {
            let foreign = matches!(refusal, Rejection::OtherMeshKind { .. });
            refusals.push((neighbor.mesh, refusal, foreign && !named.contains(&neighbor.mesh)));
            continue;
        }
        if !exposed.errors.is_empty() {
            continue;
        }
        exposed.warnings.extend(neighbor.warnings.iter().cloned());
        exposed.seen_by.push(neighbor.mesh);
        if neighbor.cluster != service.cluster_name && !exposed.is_seen_from(&neighbor.cluster) {
            exposed.clients.push((neighbor.mesh, &neighbor.cluster));
        }
    }
    exposed.tell(cx, refusals);
    Some(exposed)
}

impl Exposed<'_> {
    /// Finds what keeps the destination from being seen at all.
    fn object(&mut self, cx: Context<'_>, destination: &Destination) {
        self.errors = errors(destination, self.membership, self.federation, cx);
        let backend = cx.backend_of(destination);
        for objection in backend.into_iter().flat_map(|it| it.exposure_objections(cx, destination)) {
            match objection {
                Objection::Reject(rejection) => self.errors.push(rejection),
                Objection::Warn(warning) | Objection::Note(warning) => self.warnings.push(warning),
            }
        }
    }

    /// Tells who was left out: a warning as long as somebody sees the destination.
    fn tell(&mut self, cx: Context<'_>, refusals: Vec<(MeshId, &Rejection, bool)>) {
        let in_vain = self.seen_by.is_empty() && refusals.iter().any(|(_, _, harmless)| !harmless);
        for (mesh, refusal, _) in refusals {
            if in_vain {
                self.errors.push(refusal.clone());
            } else if let Some(mesh) = cx.mesh(mesh) {
                let reason = Box::new(refusal.clone());
                self.warnings.push(Warning::ClientLeftOut { mesh: mesh.input.clone(), reason });
            }
        }
    }
}

/// What keeps a destination from being seen at all.
fn errors(
    destination: &Destination,
    membership: &Membership,
    federation: &Federation,
    cx: Context<'_>,
) -> Vec<Rejection> {
    let mut errors = Vec::new();
    let mut unfit = |reason| {
        errors.push(Rejection::Unfit { destination: destination.input.clone(), reason });
    };
    if !is_dns_name(&host(destination, federation)) {
        unfit(
            "would have a host name that DNS does not take; its cluster needs another name, or the suffix must be shorter",
        );
    }
    if destination.ports.is_empty() {
        unfit("has no ports");
    } else if destination.ports.len() > MOST_PORTS {
        unfit("has more than 128 ports");
    }
    let mut labels: Vec<&Istr> = destination.ports.iter().map(|port| &port.label).collect();
    labels.sort_unstable();
    if labels.windows(2).any(|pair| matches!(pair, [one, other] if one == other)) {
        unfit("has two ports of one name");
    }
    if !federation.flat_network
        && membership.gateways.is_empty()
        && let Some(mesh) = cx.mesh_of(destination)
    {
        errors.push(Rejection::GatewayMissing { mesh: mesh.input.clone() });
    }
    errors
}

/// The host name that clients in other clusters use.
pub(crate) fn host(destination: &Destination, federation: &Federation) -> Istr {
    let service = &destination.service;
    let crate::api::ClusterObjectRef { name, namespace, cluster_name } = service;
    format!("{name}.{namespace}.svc.{cluster_name}.{}", federation.suffix).into()
}

/// How the clients of one mesh reach a destination, and what there is to say about it.
pub(crate) fn exposure<'a>(
    cx: Context<'a>,
    destination: &'a Destination,
    subsets: &[Subset<'_>],
) -> Option<(Exposure<'a>, Vec<Warning>)> {
    let mut warnings = Vec::new();
    let home = cx.mesh_of(destination)?;
    let membership = cx.membership(home.id)?;
    let federation = membership.federation.as_ref()?;
    let keys: BTreeSet<&Istr> =
        subsets.iter().flat_map(|subset| subset.labels.iter().map(|(key, _)| key)).collect();
    let region = destination.region().cloned().unwrap_or_else(|| home.region.clone());
    let endpoints = if federation.flat_network {
        pods(cx, destination, &region, &mut warnings)
    } else {
        let gateways = cx.gateways(home.id);
        warnings.extend(waiting(gateways));
        let backings = classes(cx, destination, &keys);
        let labels: Vec<&Istr> = ports(destination).into_iter().map(|port| &port.label).collect();
        through_gateways(gateways, &backings, &labels, &region)
    };
    if cx.endpoints(destination.id).is_none_or(crate::index::Endpoints::is_empty) {
        let note = "no ready instance of it is known, so clients get 503".to_owned();
        warnings.push(Warning::Unwise { field: destination.input.to_string(), note });
    }
    if ports(destination).len() < destination.ports.len() {
        let note = "several of its ports have one number; clients in other clusters see the first of them that is not UDP";
        warnings.push(Warning::Unwise { field: destination.input.to_string(), note: note.to_owned() });
    }
    if cx.has_other_address(&destination.service) {
        let note =
            "the address that follows from its name stands for another name already; it gets another one";
        warnings.push(Warning::Unwise { field: destination.input.to_string(), note: note.to_owned() });
    }
    let identities = if federation.secure_naming {
        let (identities, warning) = identities(cx, destination);
        warnings.extend(warning);
        identities
    } else {
        Vec::new()
    };
    let exposure = Exposure {
        virtual_mesh: &membership.virtual_mesh,
        address: cx.address_of(&destination.service),
        ports: ports(destination),
        endpoints,
        flat_network: federation.flat_network,
        keepalive: federation.keepalive,
        identities,
    };
    Some((exposure, warnings))
}

/// The ports that clients in other clusters see. A name has one port of a number only, whatever the transport;
/// proxies have no use for UDP.
fn ports(destination: &Destination) -> Vec<&Port> {
    let mut ports: Vec<&Port> = Vec::with_capacity(destination.ports.len());
    for port in &destination.ports {
        match ports.iter_mut().find(|other| other.number == port.number) {
            Some(other) if other.is_udp() && !port.is_udp() => *other = port,
            Some(_) => (),
            None => ports.push(port),
        }
    }
    ports
}

fn waiting(gateways: &[Gateway]) -> impl Iterator<Item = Warning> {
    let waiting = gateways.iter().filter(|gateway| gateway.addresses.is_empty());
    waiting.map(|gateway| Warning::GatewayWaiting { gateway: gateway.input.clone() })
}

/// Instances with the same labels, as far as subsets tell them apart.
#[derive(Debug, Default)]
pub(crate) struct Class {
    pub count: usize,
    /// The zones in which they run.
    pub zones: BTreeSet<Istr>,
}

/// Sorts the instances of a destination by the labels that subsets look at.
pub(crate) fn classes(
    cx: Context<'_>,
    destination: &Destination,
    keys: &BTreeSet<&Istr>,
) -> BTreeMap<Labels, Class> {
    let mut classes: BTreeMap<Labels, Class> = BTreeMap::new();
    for (endpoint, _) in cx.endpoints(destination.id).into_iter().flat_map(crate::index::Endpoints::iter) {
        let projected = if keys.is_empty() {
            Labels::new()
        } else {
            let kept = endpoint.labels.iter().filter(|(key, _)| keys.contains(*key));
            kept.map(|(key, value)| (key.clone(), value.clone())).collect()
        };
        let class = classes.entry(projected).or_default();
        class.count += 1;
        let zone = endpoint.sub_locality.as_ref().map(|place| place.zone.clone());
        class.zones.insert(zone.unwrap_or_default());
    }
    classes
}

/// One endpoint for each address of a gateway and each class of instances behind it.
///
/// A proxy keeps one endpoint of those that share an address, so each carries the weight of all instances behind
/// the address.
pub(crate) fn through_gateways(
    gateways: &[Gateway],
    classes: &BTreeMap<Labels, Class>,
    ports: &[&Istr],
    region: &Istr,
) -> Vec<Endpoint> {
    let addresses: usize = gateways.iter().map(|gateway| gateway.addresses.len()).sum();
    let total = weight(classes.values().map(|class| class.count).sum());
    let share = total.div_ceil(u32::try_from(addresses.max(1)).unwrap_or(u32::MAX)).max(1);
    let mut endpoints = Vec::with_capacity(addresses * classes.len());
    for gateway in gateways {
        let ports: Arc<[(Istr, u32)]> =
            ports.iter().map(|port| ((*port).clone(), gateway.external_port)).collect();
        for address in &gateway.addresses {
            for (labels, class) in classes {
                let mut zones = class.zones.iter();
                let zone = zones.next().filter(|_| zones.next().is_none() && !region.is_empty());
                endpoints.push(Endpoint {
                    address: address.clone(),
                    ports: Arc::clone(&ports),
                    labels: labels.clone(),
                    locality: Locality {
                        region: region.clone(),
                        zone: zone.cloned().unwrap_or_default(),
                        sub_zone: Istr::default(),
                    },
                    weight: share,
                    sort: EndpointSort::Gateway,
                });
            }
        }
    }
    endpoints.sort_by(|a, b| (&a.address, &a.labels).cmp(&(&b.address, &b.labels)));
    endpoints
}

/// The pods of a destination, as clients that reach them see them.
pub(crate) fn pods(
    cx: Context<'_>,
    destination: &Destination,
    region: &Istr,
    warnings: &mut Vec<Warning>,
) -> Vec<Endpoint> {
    let mut pods = Vec::new();
    let exposed_ports = self::ports(destination);
    for (endpoint, ports) in cx.endpoints(destination.id).into_iter().flat_map(crate::index::Endpoints::iter)
    {
        if pods.len() == MOST_ENDPOINTS {
            let note =
                format!("only the first {MOST_ENDPOINTS} of its instances are reached from other clusters");
            warnings.push(Warning::Unwise { field: destination.input.to_string(), note });
            break;
        }
        let ports = exposed_ports.iter().filter_map(|port| {
            let is_it = |there: &&crate::api::EndpointPort| {
                there.name == port.name || (there.name.is_empty() && there.protocol == port.label)
            };
            let number = ports.iter().find(is_it).map(|there| there.port).or(port.target)?;
            Some((port.label.clone(), number))
        });
        let place = endpoint.sub_locality.as_ref().filter(|_| !region.is_empty());
        pods.push(Endpoint {
            address: endpoint.ip_address.clone(),
            ports: ports.filter(|(_, number)| (1..=65535).contains(number)).collect(),
            labels: endpoint.labels.clone(),
            locality: Locality {
                region: region.clone(),
                zone: place.map(|place| place.zone.clone()).unwrap_or_default(),
                sub_zone: place.map(|place| place.sub_zone.clone()).unwrap_or_default(),
            },
            weight: 0,
            sort: EndpointSort::Pod,
        });
    }
    pods
}

/// What the gateways of its own mesh need to find a destination.
pub(crate) fn entry<'a>(
    cx: Context<'a>,
    destination: &'a Destination,
    exposed: &Exposed<'a>,
    warnings: &mut Vec<Warning>,
) -> Option<Entry<'a>> {
    if exposed.federation.flat_network || exposed.clients.is_empty() {
        return None;
    }
    let home = cx.mesh_of(destination)?;
    let region = destination.region().cloned().unwrap_or_else(|| home.region.clone());
    Some(Entry {
        virtual_mesh: &exposed.membership.virtual_mesh,
        host: exposed.host.clone(),
        address: cx.address_of(&destination.service),
        ports: ports(destination),
        endpoints: pods(cx, destination, &region, warnings),
        gateways: cx.gateways(home.id),
    })
}

/// The identities under which the instances of a destination run, if all are known.
fn identities(cx: Context<'_>, destination: &Destination) -> (Vec<Istr>, Option<Warning>) {
    let service = &destination.service;
    let mut identities = BTreeSet::new();
    let mut unknown = false;
    if let Some((key, value)) = destination.pod_selector().first_key_value() {
        let selected = cx.workloads_with_label(&service.cluster_name, &service.namespace, key, value);
        for workload in selected.filter(|workload| workload.runs(destination.pod_selector())) {
            let mesh = workload.mesh.and_then(|mesh| cx.mesh(mesh));
            let account = workload.account().filter(|account| !account.is_empty());
            match (mesh.and_then(|mesh| mesh.trust_domains.first()), account) {
                (Some(domain), Some(account)) => {
                    identities
                        .insert(format!("spiffe://{domain}/ns/{}/sa/{account}", service.namespace).into());
                }
                _ => unknown = true,
            }
        }
    }
    if unknown || identities.is_empty() {
        let note = "the service accounts behind it are not all known, so clients do not check them";
        let field = destination.input.to_string();
        return (Vec::new(), Some(Warning::Unwise { field, note: note.to_owned() }));
    }
    (identities.into_iter().collect(), None)
}
