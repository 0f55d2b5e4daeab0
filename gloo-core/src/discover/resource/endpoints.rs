//! EndpointSlices and Endpoints: which instances stand behind a service.

use ::core::net::IpAddr;

use k8s_openapi::api::core::v1 as core;
use k8s_openapi::api::discovery::v1 as discovery;

use super::{Name, text};
use crate::Istr;
use crate::api::EndpointPort;

/// Annotation of endpoints that says that there are more.
const CAPACITY: &str = "endpoints.kubernetes.io/over-capacity";
/// Label of a slice that names its service.
const SERVICE_NAME: &str = "kubernetes.io/service-name";

/// Instances that have the same ports.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct InstanceGroup {
    /// The ports, by number and name.
    pub ports: Vec<EndpointPort>,
    /// The instances.
    pub instances: Vec<Instance>,
}

/// One instance behind a service that takes requests.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Instance {
    /// Its address.
    pub address: Istr,
    /// The node on which it runs; empty if it is not told.
    pub node: Istr,
    /// The zone, if a slice tells it; empty if not.
    pub zone: Istr,
    /// The pod that it is, if it is one.
    pub pod: Option<Name>,
}

/// A part of the instances of a service.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Slice {
    /// The service.
    pub service: Name,
    /// Whether the addresses are IPv6 addresses; `None` if they are no addresses.
    pub is_ipv6: Option<bool>,
    /// The instances.
    pub group: InstanceGroup,
}

/// The instances of a service, as an older interface tells them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Endpoints {
    /// The instances.
    pub groups: Vec<InstanceGroup>,
    /// Whether there are more than the interface takes.
    pub is_truncated: bool,
}

impl From<discovery::EndpointSlice> for Slice {
    fn from(object: discovery::EndpointSlice) -> Self {
        let service = object.metadata.labels.as_ref().and_then(|labels| labels.get(SERVICE_NAME));
        let ports = object.ports.unwrap_or_default().into_iter();
        let ports = ports.filter_map(|it| endpoint_port(it.port, it.name, it.protocol, it.app_protocol));
        let ready = |it: &discovery::Endpoint| {
            it.conditions.as_ref().and_then(|conditions| conditions.ready).unwrap_or(true)
        };
        let instances = object.endpoints.into_iter().filter(ready).filter_map(|it| {
            let pod = it.target_ref.filter(|target| target.kind.as_deref().is_none_or(|kind| kind == "Pod"));
            Some(Instance {
                address: it.addresses.into_iter().next()?.into(),
                node: it.node_name.unwrap_or_default().into(),
                zone: it.zone.unwrap_or_default().into(),
                pod: pod.map(|pod| Name::new(text(pod.namespace.as_ref()), text(pod.name.as_ref()))),
            })
        });
        Self {
            service: Name::new(text(object.metadata.namespace.as_ref()), text(service)),
            is_ipv6: match object.address_type.as_str() {
                "IPv4" => Some(false),
                "IPv6" => Some(true),
                _ => None,
            },
            group: group(ports.collect(), instances.collect()),
        }
    }
}

impl From<core::Endpoints> for Endpoints {
    fn from(object: core::Endpoints) -> Self {
        let groups = object.subsets.unwrap_or_default().into_iter().map(|subset| {
            let ports = subset.ports.unwrap_or_default().into_iter();
            let ports =
                ports.filter_map(|it| endpoint_port(Some(it.port), it.name, it.protocol, it.app_protocol));
            let instances = subset.addresses.unwrap_or_default().into_iter().map(|it| {
                let pod =
                    it.target_ref.filter(|target| target.kind.as_deref().is_none_or(|kind| kind == "Pod"));
                Instance {
                    address: it.ip.into(),
                    node: it.node_name.unwrap_or_default().into(),
                    zone: Istr::default(),
                    pod: pod.map(|pod| Name::new(text(pod.namespace.as_ref()), text(pod.name.as_ref()))),
                }
            });
            group(ports.collect(), instances.collect())
        });
        let annotations = object.metadata.annotations.unwrap_or_default();
        let is_truncated = annotations.get(CAPACITY).is_some_and(|word| word == "truncated");
        Self { groups: groups.collect(), is_truncated }
    }
}

fn group(mut ports: Vec<EndpointPort>, instances: Vec<Instance>) -> InstanceGroup {
    ports.sort_by(|a, b| port_order(a).cmp(&port_order(b)));
    InstanceGroup { ports, instances }
}

fn endpoint_port(
    number: Option<i32>,
    name: Option<String>,
    protocol: Option<String>,
    app_protocol: Option<String>,
) -> Option<EndpointPort> {
    Some(EndpointPort {
        port: number.and_then(|number| u32::try_from(number).ok()).filter(|number| *number != 0)?,
        name: name.unwrap_or_default().into(),
        protocol: protocol.unwrap_or_else(|| "TCP".to_owned()).into(),
        app_protocol: app_protocol.unwrap_or_default().into(),
    })
}

/// By what ports are ordered.
fn port_order(port: &EndpointPort) -> (u32, &str, &str, &str) {
    (port.port, &port.name, &port.protocol, &port.app_protocol)
}

/// Joins groups that have the same ports; the result does not depend on how instances were spread over them.
pub(in crate::discover) fn merged<'a>(groups: impl Iterator<Item = &'a InstanceGroup>) -> Vec<InstanceGroup> {
    let mut merged: Vec<InstanceGroup> = Vec::new();
    for group in groups {
        match merged.iter_mut().find(|known| known.ports == group.ports) {
            Some(known) => known.instances.extend(group.instances.iter().cloned()),
            None => merged.push(group.clone()),
        }
    }
    for group in &mut merged {
        // By value, so that 10.0.0.9 stands before 10.0.0.10.
        group.instances.sort_by_cached_key(|it| (it.address.parse::<IpAddr>().ok(), it.address.clone()));
        group.instances.dedup_by(|later, earlier| later.address == earlier.address);
    }
    merged.retain(|group| !group.instances.is_empty());
    merged.sort_by(|a, b| a.ports.iter().map(port_order).cmp(b.ports.iter().map(port_order)));
    merged
}
