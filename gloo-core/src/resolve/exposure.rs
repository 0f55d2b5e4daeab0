//! Who sees a destination from other clusters, and how they reach it.

mod endpoints;
mod ports;

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::Istr;
use crate::backend::Objection;
use crate::check::{is_dns_label, is_dns_name};
use crate::context::Context;
use crate::index::{Destination, MeshId, names};
use crate::model::exposure::{Entry, Exposure};
use crate::model::{Federation, Gateway, Membership, Subset};
use crate::rejection::{Rejection, Warning};

pub(crate) use endpoints::{classes, pods, through_gateways};

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
    let reason = (!is_dns_name(&host(destination, federation))).then(|| {
        if is_dns_label(&destination.service.name) {
            "would have a host name that DNS does not take; its cluster needs another name, or the suffix must be shorter"
        } else {
            "stands for a service whose name is no DNS label, so it has no host name"
        }
    });
    let reasons = reason.into_iter().chain(ports::refusal(destination, federation.flat_network));
    let unfit = |reason| Rejection::Unfit { destination: destination.input.clone(), reason };
    let mut errors: Vec<Rejection> = reasons.map(unfit).collect();
    let Some(mesh) = cx.mesh_of(destination) else { return errors };
    if let Some(reason) = mesh.lacks() {
        errors.push(Rejection::Unfit { destination: mesh.input.clone(), reason });
    } else if !federation.flat_network && membership.gateways.is_empty() {
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
    let ports = ports::seen(destination, federation.flat_network);
    let (endpoints, is_empty) = if federation.flat_network {
        let pods = endpoints::pods_at(cx, destination, &ports, &region, &mut warnings);
        let is_empty = pods.is_empty();
        (pods, is_empty)
    } else {
        let gateways = cx.gateways(home.id);
        warnings.extend(waiting(gateways));
        let classes = classes(cx, destination, &keys);
        let labels: Vec<&Istr> = ports.iter().map(|port| &port.label).collect();
        let left_out = endpoints::left_out(gateways, classes.len());
        warnings.extend(left_out.map(|note| Warning::Unwise { field: destination.input.to_string(), note }));
        (through_gateways(gateways, &classes, &labels, &region), classes.is_empty())
    };
    let mut remark =
        |note: String| warnings.push(Warning::Unwise { field: destination.input.to_string(), note });
    if is_empty {
        remark("no ready instance of it is known, so clients get 503".to_owned());
    }
    ports::remarks(destination, &ports, federation.flat_network).into_iter().for_each(&mut remark);
    if cx.has_other_address(&destination.service) {
        let note =
            "the address that follows from its name stands for another name already; it gets another one";
        remark(note.to_owned());
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
        ports,
        endpoints,
        flat_network: federation.flat_network,
        keepalive: federation.keepalive,
        identities,
    };
    Some((exposure, warnings))
}

fn waiting(gateways: &[Gateway]) -> impl Iterator<Item = Warning> {
    let waiting = gateways.iter().filter(|gateway| gateway.addresses.is_empty());
    waiting.map(|gateway| Warning::GatewayWaiting { gateway: gateway.input.clone() })
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
    let ports = ports::seen(destination, false);
    Some(Entry {
        virtual_mesh: &exposed.membership.virtual_mesh,
        host: exposed.host.clone(),
        address: cx.address_of(&destination.service),
        endpoints: endpoints::pods_at(cx, destination, &ports, &region, warnings),
        ports,
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
