//! Finds the services that take traffic from other clusters.

use core::net::IpAddr;
use std::collections::BTreeSet;

use crate::api::AppliedIngressGateway;
use crate::check::{is_dns_name, is_port};
use crate::context::Context;
use crate::id::{InputKind, InputRef};
use crate::index::{Destination, DestinationId, GATEWAYS, Mesh, NETWORK};
use crate::model::{Gateway, GatewaySelector};
use crate::rejection::{Rejection, Warning};

/// The port that takes traffic from other clusters where none is named.
const DEFAULT_PORT: &str = "tls";
/// The number by which such a port is known where its name is not.
const DEFAULT_NUMBER: u32 = 15443;
/// Label of a gateway service: the gateway listens on the number that it is given.
const NO_TRANSLATION: &str = "experimental.istio.io/disable-gateway-port-translation";

/// The gateways of a mesh, and what is to be said about them.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub gateways: Vec<Gateway>,
    pub errors: Vec<Rejection>,
    pub warnings: Vec<Warning>,
}

/// Finds the gateways of a mesh: those that the selectors name, or its default.
///
/// What cannot be used stays as it was in an earlier run, as long as its destination is there.
pub(super) fn find<'a>(cx: Context<'a>, mesh: &'a Mesh, selectors: &[GatewaySelector]) -> Found {
    let mut found = Found::default();
    let mut failed = BTreeSet::new();
    let mut taken = BTreeSet::new();
    for selector in selectors {
        if selector.destinations.is_empty() {
            default(cx, mesh, &selector.port_name, &mut taken, &mut found);
            continue;
        }
        for destination in cx.services_of(mesh, &selector.destinations) {
            if taken.insert(destination.id) {
                match usable(cx, destination, &selector.port_name) {
                    Ok(gateway) => found.gateways.push(gateway),
                    Err(error) => {
                        failed.insert(destination.id);
                        found.errors.push(error);
                    }
                }
            }
        }
    }
    if selectors.is_empty() {
        default(cx, mesh, "", &mut taken, &mut found);
    }
    if found.gateways.is_empty() && found.errors.is_empty() {
        found.errors.push(Rejection::GatewayMissing { mesh: mesh.input.clone() });
    }
    if !found.errors.is_empty() {
        let nothing = found.gateways.is_empty();
        let before = cx.applied_gateways(mesh.id).iter().filter_map(|applied| restore(cx, mesh, applied));
        for gateway in before.filter(|gateway| nothing || failed.contains(&gateway.id)) {
            let note = format!("{} stays its gateway, as an earlier run found it", gateway.input);
            found.warnings.push(Warning::Unwise { field: mesh.input.to_string(), note });
            found.gateways.push(gateway);
        }
    }
    check_ports(&mut found);
    check_addresses(&mut found);
    found
}

/// A gateway as an earlier run left it.
fn restore(cx: Context<'_>, mesh: &Mesh, applied: &AppliedIngressGateway) -> Option<Gateway> {
    let AppliedIngressGateway { destination_ref, external_addresses, port, external_port } = applied;
    let name = destination_ref.as_ref()?;
    let input = InputRef::new(InputKind::Destination, name.namespace.clone(), name.name.clone());
    let destination = cx.destination_named(&input)?;
    // Its name can have gone to a service of another mesh.
    let home = cx.mesh_of(destination)?;
    if home.id != mesh.id && !home.is_revision_of(mesh) {
        return None;
    }
    (*port != 0 && *external_port != 0 && !destination.pod_selector().is_empty()).then(|| Gateway {
        id: destination.id,
        input,
        service: destination.service.clone(),
        pods: destination.pod_selector().clone(),
        addresses: external_addresses.clone(),
        external_port: *external_port,
        port: *port,
        server_port: server_port(destination, *port),
    })
}

/// The gateway of a mesh that nobody names.
fn default<'a>(
    cx: Context<'a>,
    mesh: &'a Mesh,
    port_name: &str,
    taken: &mut BTreeSet<DestinationId>,
    found: &mut Found,
) {
    let before = found.gateways.len();
    for recorded in mesh.recorded_gateways() {
        let service = crate::api::ClusterObjectRef {
            name: recorded.name.clone(),
            namespace: recorded.namespace.clone(),
            cluster_name: mesh.cluster.clone(),
        };
        let Some(destination) = cx.destination_of(&service) else { continue };
        let gateway = if port_name.is_empty() {
            recorded_port(cx, destination, recorded.external_tls_port)
                .map(|port| gateway(cx, destination, port, recorded.external_tls_port))
        } else {
            usable(cx, destination, port_name).ok()
        };
        match gateway {
            Some(gateway) if taken.insert(destination.id) => found.gateways.push(gateway),
            Some(_) => (),
            None => found.warnings.push(Warning::Unwise {
                field: mesh.input.to_string(),
                note: format!(
                    "{} is recorded as a gateway, but has no port {} that takes traffic from other clusters",
                    destination.input,
                    if port_name.is_empty() {
                        recorded.external_tls_port.to_string()
                    } else {
                        port_name.to_owned()
                    },
                ),
            }),
        }
    }
    if found.gateways.len() > before {
        return;
    }
    let mut unusable = None;
    let sorts: [(Sort, bool); 3] =
        [(is_ingress, false), (is_east_west, false), (is_of_network, port_name.is_empty())];
    for (is_one, also_by_number) in sorts {
        for destination in cx.gateway_candidates(mesh).into_iter().filter(|it| is_one(it)) {
            let by_name = usable(cx, destination, port_name);
            let by_number = || numbered(cx, destination).filter(|_| also_by_number);
            match by_name.or_else(|error| by_number().ok_or(error)) {
                Ok(gateway) => {
                    found.gateways.extend(taken.insert(destination.id).then_some(gateway));
                    return;
                }
                Err(error) => unusable = unusable.or(Some(error)),
            }
        }
    }
    found.errors.extend(unusable);
}

/// Tells whether a destination is of a sort.
type Sort = fn(&Destination) -> bool;

fn is_ingress(destination: &Destination) -> bool {
    selects(destination, GATEWAYS[0])
}

fn is_east_west(destination: &Destination) -> bool {
    selects(destination, GATEWAYS[1])
}

fn is_of_network(destination: &Destination) -> bool {
    destination.labels().get(NETWORK).is_some()
}

fn selects(destination: &Destination, value: &str) -> bool {
    destination.pod_selector().get("istio").is_some_and(|it| &**it == value)
}

/// The port of the service behind a port that is reached from outside, or the one that is named by default.
fn recorded_port<'a>(cx: Context<'a>, destination: &'a Destination, external: u32) -> Option<u32> {
    if external == 0 {
        return None;
    }
    let ports: Vec<_> = cx.entrance(destination).ports().map(|(port, _)| port).collect();
    let same = ports.iter().rev().find(|port| port.port == external || port.node_port == external);
    same.or_else(|| ports.iter().find(|port| &*port.name == DEFAULT_PORT)).map(|port| port.port)
}

/// A destination as a gateway, by the name of its port.
fn usable<'a>(cx: Context<'a>, destination: &'a Destination, port_name: &str) -> Result<Gateway, Rejection> {
    let input = destination.input.clone();
    if destination.pod_selector().is_empty() {
        return Err(Rejection::GatewayUnfit { gateway: input, reason: "it selects no pods".to_owned() });
    }
    let wanted = if port_name.is_empty() { DEFAULT_PORT } else { port_name };
    let found = cx.entrance(destination).ports().find(|(port, _)| &*port.name == wanted);
    match found {
        Some((port, external)) if port.port != 0 && external != 0 => {
            Ok(gateway(cx, destination, port.port, external))
        }
        Some(_) => Err(Rejection::GatewayUnfit {
            gateway: input,
            reason: format!(
                "its port {wanted} is not reached from outside of the cluster; make the service a LoadBalancer or NodePort"
            ),
        }),
        None => Err(Rejection::GatewayUnfit {
            gateway: input,
            reason: format!("it has no port named {wanted}; name its TLS port in portName"),
        }),
    }
}

/// A destination as a gateway, by the number of its port.
fn numbered<'a>(cx: Context<'a>, destination: &'a Destination) -> Option<Gateway> {
    if destination.pod_selector().is_empty() {
        return None;
    }
    let mut ports = cx.entrance(destination).ports();
    let (port, external) = ports.find(|(port, external)| port.port == DEFAULT_NUMBER && *external != 0)?;
    Some(gateway(cx, destination, port.port, external))
}

fn gateway<'a>(cx: Context<'a>, destination: &'a Destination, port: u32, external_port: u32) -> Gateway {
    Gateway {
        id: destination.id,
        input: destination.input.clone(),
        service: destination.service.clone(),
        pods: destination.pod_selector().clone(),
        addresses: cx.entrance(destination).addresses().cloned().collect(),
        external_port,
        port,
        server_port: server_port(destination, port),
    }
}

fn server_port(destination: &Destination, port: u32) -> u32 {
    let as_written = destination.labels().get(NO_TRANSLATION).is_some();
    let target = destination.port(port).and_then(|port| port.target);
    if as_written { target.unwrap_or(port) } else { port }
}

/// Leaves out gateways with ports that cannot exist.
fn check_ports(found: &mut Found) {
    let errors = &mut found.errors;
    found.gateways.retain(|gateway| {
        let ports = [gateway.external_port, gateway.port, gateway.server_port];
        let wrong = ports.into_iter().find(|port| !is_port(*port));
        errors.extend(wrong.map(|port| Rejection::GatewayUnfit {
            gateway: gateway.input.clone(),
            reason: format!("its port {port} is not from 1 to 65535"),
        }));
        wrong.is_none()
    });
}

/// Leaves out addresses that nobody can dial; tells which gateways wait for one.
fn check_addresses(found: &mut Found) {
    for gateway in &mut found.gateways {
        let input = &gateway.input;
        let errors = &mut found.errors;
        let mut seen = BTreeSet::new();
        gateway.addresses.retain(|address| {
            let dialled = address.parse::<IpAddr>().is_ok() || is_dns_name(address);
            if !dialled {
                let reason = format!("{address:?} is no address that can be dialled");
                errors.push(Rejection::GatewayUnfit { gateway: input.clone(), reason });
            }
            dialled && seen.insert(address.clone())
        });
        if gateway.addresses.is_empty() {
            found.warnings.push(Warning::GatewayWaiting { gateway: input.clone() });
        }
    }
}

/// What a gateway is in a status.
pub(crate) fn applied(gateway: &Gateway) -> AppliedIngressGateway {
    let Gateway { input, addresses, external_port, port, .. } = gateway;
    AppliedIngressGateway {
        destination_ref: Some(crate::api::ObjectRef {
            name: input.name.clone(),
            namespace: input.namespace.clone(),
        }),
        external_addresses: addresses.clone(),
        port: *port,
        external_port: *external_port,
    }
}
