//! Gateways that take traffic from other clusters, as a mesh lists them where no virtual mesh selects any.

use std::collections::BTreeSet;

use gloo_core::Istr;
use gloo_core::api::{IngressGatewayInfo, KubeServicePort, ServiceType};
use gloo_core::discover::resource::{AddressType, Name, Node, Service, selects};
use gloo_core::discover::{Code, Diagnostics, MeshIdentity, View, address, node_addresses};
use gloo_core::istr::Labels;

use super::member::is_waypoint;
use super::{NETWORK, REVISION, said};

/// Name of the port that takes traffic from other clusters.
const TLS: &str = "tls";
/// The sorts of gateways that Istio's own charts make: for clients outside, and for other clusters.
const STOCK: [&str; 2] = ["ingressgateway", "eastwestgateway"];

/// The gateways of the control plane in `namespace`, which is one of those of the cluster.
pub fn find(
    cluster: View<'_>,
    namespace: &Istr,
    control_planes: &[&MeshIdentity],
    notes: &mut Diagnostics,
) -> Vec<IngressGatewayInfo> {
    let detector = cluster.gateway_detector();
    let port = &*detector.gateway_tls_port_name;
    let port = if port.is_empty() { TLS } else { port };
    let labels = &detector.gateway_workload_labels;
    if !labels.is_empty() {
        let mut services = services(cluster, namespace);
        services.retain(|service| service.name.namespace == *namespace && selects(labels, &service.selector));
        let read = |service| Reader { cluster, service, port, labels, is_asked_for: true }.read(notes);
        return services.into_iter().filter_map(read).collect();
    }
    // Where nobody says how gateways look, those that Istio's own charts make are found.
    let [ingress, east_west] = STOCK.map(stock);
    let mut all = services(cluster, namespace);
    all.retain(|service| is_own(cluster, service, namespace, control_planes));
    // Ingress gateways need not take traffic from other clusters; those of the other sorts are there for nothing else.
    let selecting = |labels: &Labels, is_near: bool| {
        let near = |service: &&&Service| !is_near || service.name.namespace == *namespace;
        let fits = all.iter().filter(near).filter(|service| selects(labels, &service.selector));
        fits.map(|service| (*service, labels.clone())).collect::<Vec<_>>()
    };
    // Waypoints carry that label as well.
    let of_networks =
        all.iter().filter(|service| service.labels.get(NETWORK).is_some() && !is_waypoint(&service.labels));
    let of_networks: Vec<_> = of_networks.map(|service| (*service, service.selector.clone())).collect();
    let sets = [
        (selecting(&ingress, true), false),
        (selecting(&ingress, false), false),
        (selecting(&east_west, false), true),
        (of_networks, true),
    ];
    for (set, is_asked_for) in sets {
        let found: Vec<IngressGatewayInfo> = set
            .into_iter()
            .filter_map(|(service, labels)| {
                Reader { cluster, service, port, labels: &labels, is_asked_for }.read(notes)
            })
            .collect();
        if !found.is_empty() {
            return found;
        }
    }
    Vec::new()
}

/// The label that the charts give to gateways of a sort.
fn stock(value: &str) -> Labels {
    Labels::from([("istio".into(), value.into())])
}

/// All services, those in `namespace` first, then by name.
fn services<'a>(cluster: View<'a>, namespace: &Istr) -> Vec<&'a Service> {
    let mut all: Vec<&Service> = cluster.services().collect();
    all.sort_by_key(|service| {
        let Name { namespace: of, name } = &service.name;
        (of != namespace, name, of)
    });
    all
}

/// Whether a service may lead to gateways of the control plane in `namespace`. Where there are others elsewhere in the
/// cluster, gateways belong to those whose revision is a label of their pods; as far as that leaves it open, to those beside
/// which they are, and else to all.
fn is_own(cluster: View<'_>, service: &Service, namespace: &Istr, control_planes: &[&MeshIdentity]) -> bool {
    let Service { name: Name { namespace: place, .. }, selector, labels, .. } = service;
    let are_apart = control_planes.iter().any(|other| other.namespace != *namespace);
    // Pods are asked for only where a gateway can be: whoever asks has to look again whenever one changes.
    let is_gateway =
        || labels.get(NETWORK).is_some() || STOCK.iter().any(|value| selects(&stock(value), selector));
    if !are_apart || !is_gateway() {
        return true;
    }
    let pods = cluster.pods_selected(place, selector).filter(|pod| !pod.is_finished());
    let said: BTreeSet<&Istr> = pods.filter_map(|pod| said(pod.template.labels.get(REVISION))).collect();
    let has = |it: &&&MeshIdentity| it.revisions.iter().any(|revision| said.contains(revision));
    let tells = control_planes.iter().any(|it| has(&it));
    let mut owners = control_planes.iter().filter(|it| !tells || has(it)).map(|it| &it.namespace);
    let is_beside_owner = owners.clone().any(|owner| owner == place);
    owners.any(|owner| owner == namespace) && (place == namespace || !is_beside_owner)
}

/// Reads one service as a gateway.
struct Reader<'a, 'l> {
    cluster: View<'a>,
    service: &'a Service,
    port: &'l str,
    /// Labels of the gateway's pods.
    labels: &'l Labels,
    /// Whether it is to take traffic from other clusters, so that it is worth a remark if it does not.
    is_asked_for: bool,
}

impl Reader<'_, '_> {
    fn read(&self, notes: &mut Diagnostics) -> Option<IngressGatewayInfo> {
        let service = self.service;
        let object = format!("Service {}", service.name);
        let Some(port) = service.ports.iter().find(|port| *port.name == *self.port) else {
            if self.is_asked_for {
                notes.note(Code::GatewayNoTlsPort, object, format!("it has no port {}", self.port));
            }
            return None;
        };
        let external_tls_port = match service.service_type {
            ServiceType::NodePort => port.node_port,
            ServiceType::LoadBalancer => port.port,
            ServiceType::ClusterIp | ServiceType::ExternalName => {
                let message = "it is a gateway that is reached from within the cluster only";
                notes.note(Code::GatewayUnsupportedType, object, message);
                return None;
            }
        };
        let external = match self.address() {
            Ok(external) => external,
            Err(why) => {
                notes.note(Code::GatewayNoAddress, object, why);
                return None;
            }
        };
        let Some(tls_container_port) = self.container_port(port) else {
            let message = format!("nothing tells the number of its port {}", self.port);
            notes.note(Code::GatewayNoTlsPort, object, message);
            return None;
        };
        let told = address(&external);
        Some(IngressGatewayInfo {
            name: service.name.name.clone(),
            namespace: service.name.namespace.clone(),
            workload_labels: service.selector.clone(),
            external_address: external,
            dns_name: told.dns_name,
            ip: told.ip,
            external_tls_port,
            tls_container_port,
        })
    }

    /// The address at which other clusters reach it.
    fn address(&self) -> Result<Istr, String> {
        let service = self.service;
        let given = service.external_ips.first().filter(|ip| !ip.is_empty()).cloned();
        if service.service_type == ServiceType::NodePort {
            return self.node_address().or_else(|why| given.ok_or(why));
        }
        let balancer = service.load_balancer.first();
        let balancer = balancer.and_then(|entry| entry.ip.as_ref().or(entry.dns_name.as_ref())).cloned();
        balancer
            .or(given)
            .ok_or_else(|| "its load balancer has no address yet; externalIPs would give it one".to_owned())
    }

    fn node_address(&self) -> Result<Istr, String> {
        let pods = self.cluster.pods_selected(&self.service.name.namespace, self.labels);
        let mut pods = pods.filter(|pod| pod.serves() && !pod.node.is_empty());
        let pod = pods.next().ok_or("no pods that run stand behind it")?;
        let node = self.cluster.node(&pod.node).ok_or_else(|| format!("node {} is not known", pod.node))?;
        let found = node_addresses(node, self.cluster.has_external_nodes()).into_iter().next();
        let found = found.and_then(|address| address.ip.or(address.dns_name));
        let hostname = |node: &Node| node.addresses_of(AddressType::Hostname).next().cloned();
        found
            .or_else(|| hostname(node))
            .ok_or_else(|| format!("node {} has no address that other clusters could reach", pod.node))
    }

    fn container_port(&self, port: &KubeServicePort) -> Option<u32> {
        match (port.target_port_number, &port.target_port_name) {
            (Some(number), _) if number != 0 => Some(number),
            (_, Some(_)) => self.cluster.instance_port(&self.service.name, &port.name),
            _ => Some(port.port),
        }
    }
}
