//! Services.

use k8s_openapi::api::core::v1 as core;
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

use super::{Name, labels, name_of};
use crate::Istr;
use crate::api::{ExternalAddress, KubeServicePort, ServiceType};
use crate::istr::Labels;

/// A Service.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Service {
    /// Its name.
    pub name: Name,
    /// Its labels.
    pub labels: Labels,
    /// Its annotations.
    pub annotations: Labels,
    /// Its type.
    pub service_type: ServiceType,
    /// Labels by which it selects pods; without any it selects none.
    pub selector: Labels,
    /// Its ports, in its order.
    pub ports: Vec<KubeServicePort>,
    /// Addresses that its author says lead to it.
    pub external_ips: Vec<Istr>,
    /// Addresses of its load balancer.
    pub load_balancer: Vec<ExternalAddress>,
    /// Addresses within the cluster; empty for a headless service.
    pub cluster_ips: Vec<Istr>,
    /// Whether it stands for its pods without an address of its own.
    pub is_headless: bool,
    /// Whether its first address is an IPv6 address.
    pub prefers_ipv6: bool,
}

impl From<core::Service> for Service {
    fn from(object: core::Service) -> Self {
        let name = name_of(&object.metadata);
        let spec = object.spec.unwrap_or_default();
        let balancer = object.status.and_then(|status| status.load_balancer);
        let ingress = balancer.and_then(|balancer| balancer.ingress).unwrap_or_default();
        let given = |text: Option<String>| text.filter(|text| !text.is_empty()).map(Istr::from);
        let load_balancer = ingress.into_iter().filter_map(|entry| {
            let ip = given(entry.ip);
            let dns_name = given(entry.hostname).filter(|_| ip.is_none());
            (ip.is_some() || dns_name.is_some()).then_some(ExternalAddress { dns_name, ip })
        });
        let is_alias = spec.type_.as_deref() == Some("ExternalName");
        let is_headless = spec.cluster_ip.as_deref() == Some("None");
        let first = spec.cluster_ip.filter(|ip| !ip.is_empty());
        let cluster_ips = spec.cluster_ips.filter(|all| !all.is_empty()).or(first.map(|ip| vec![ip]));
        let cluster_ips = cluster_ips.unwrap_or_default().into_iter().filter(|ip| ip != "None");
        let families = spec.ip_families.unwrap_or_default();
        Self {
            name,
            labels: labels(object.metadata.labels.unwrap_or_default()),
            annotations: labels(object.metadata.annotations.unwrap_or_default()),
            service_type: match spec.type_.as_deref() {
                Some("NodePort") => ServiceType::NodePort,
                Some("LoadBalancer") => ServiceType::LoadBalancer,
                Some("ExternalName") => ServiceType::ExternalName,
                _ => ServiceType::ClusterIp,
            },
            // Kubernetes does not read the selector of an alias.
            selector: labels(spec.selector.filter(|_| !is_alias).unwrap_or_default()),
            ports: spec.ports.unwrap_or_default().into_iter().map(port).collect(),
            external_ips: spec.external_ips.unwrap_or_default().into_iter().map(Istr::from).collect(),
            load_balancer: load_balancer.collect(),
            cluster_ips: cluster_ips.map(Istr::from).collect(),
            is_headless,
            prefers_ipv6: families.first().is_some_and(|family| family == "IPv6"),
        }
    }
}

fn port(port: core::ServicePort) -> KubeServicePort {
    let number = |number: i32| u32::try_from(number).unwrap_or_default();
    let (target_port_number, target_port_name) = match port.target_port {
        Some(IntOrString::Int(target)) => (Some(number(target)), None),
        Some(IntOrString::String(name)) => (None, Some(name.into())),
        // Kubernetes writes the number in; what a person wrote may leave it out.
        None => (Some(number(port.port)), None),
    };
    KubeServicePort {
        port: number(port.port),
        name: port.name.unwrap_or_default().into(),
        protocol: port.protocol.unwrap_or_else(|| "TCP".to_owned()).into(),
        app_protocol: port.app_protocol.unwrap_or_default().into(),
        target_port_name,
        target_port_number,
        node_port: port.node_port.map(number).unwrap_or_default(),
    }
}
