//! Destination: a service that requests can go to.

use std::collections::BTreeMap;
use std::sync::Arc;

use kube::CustomResource;

use super::access_policy::{AccessPolicy, AccessPolicySpec};
use super::kind::{OneOf, StoredCopy, Unvalidated, kind, stored_copy};
use super::refs::{ClusterObjectRef, ObjectRef};
use super::traffic::{RequiredSubsets, TcpKeepalive};
use super::traffic_policy::{TrafficPolicy, TrafficPolicySpec, WEIGHTED_DESTINATION};
use super::wire::{enumeration, int64, message};
use crate::Istr;
use crate::istr::Labels;

message! {
    /// What is known of a destination. Exactly one of `kubeService` and `externalService` is set.
    #[derive(CustomResource, Eq)]
    #[kube(
        group = "discovery.mesh.gloo.solo.io",
        version = "v1",
        kind = "Destination",
        plural = "destinations",
        namespaced,
        status = "DestinationStatus",
        doc = "A service that requests can go to. Written by discovery; edits are reverted.",
        schema = "manual",
        derive = "Default",
        derive = "PartialEq",
        shortname = "dest",
        shortname = "dests",
        category = "gloo-mesh",
        label("app", "gloo-mesh"),
        label("app.kubernetes.io/name", "gloo-mesh"),
        printcolumn(name = "Cluster", type_ = "string", json_path = ".spec.kubeService.ref.clusterName"),
        printcolumn(name = "Namespace", type_ = "string", json_path = ".spec.kubeService.ref.namespace"),
        printcolumn(name = "Service", type_ = "string", json_path = ".spec.kubeService.ref.name"),
        printcolumn(name = "Type", type_ = "string", json_path = ".spec.kubeService.serviceType"),
        printcolumn(name = "Federated-As", type_ = "string", json_path = ".status.appliedFederation.federatedHostname"),
        printcolumn(name = "Age", type_ = "date", json_path = ".metadata.creationTimestamp")
    )]
    pub struct DestinationSpec {
        /// A Kubernetes Service.
        pub kube_service: Option<KubeService>,
        /// A service outside the clusters.
        pub external_service: Option<ExternalService>,
        /// The mesh that controls it. Absent only for external services.
        pub mesh: Option<ObjectRef>,
    }

    /// A Kubernetes Service.
    #[derive(Eq)]
    pub struct KubeService {
        /// The Service.
        #[serde(rename = "ref")]
        pub reference: Option<ClusterObjectRef>,
        /// Labels by which the Service selects its pods.
        pub workload_selector_labels: Labels,
        /// Labels of the Service.
        pub labels: Labels,
        /// Type of the Service. Default: `CLUSTER_IP`.
        pub service_type: ServiceType,
        /// Ports of the Service, in its order.
        pub ports: Vec<KubeServicePort>,
        /// Values that a label has on the Service's pods, by label; only labels with more than one value.
        pub subsets: BTreeMap<Istr, Subset>,
        /// Region of the pods.
        pub region: Istr,
        /// Addresses of ready pods, by set of ports.
        pub endpoint_subsets: Vec<EndpointSubset>,
        /// Addresses at which the Service is reached from outside its cluster.
        pub external_addresses: Vec<ExternalAddress>,
    }

    /// A port of a Service. At most one of `targetPortName` and `targetPortNumber` is set.
    #[derive(Eq)]
    pub struct KubeServicePort {
        /// Number of the port.
        pub port: u32,
        /// Name of the port.
        pub name: Istr,
        /// Transport protocol: `TCP`, `UDP` or `SCTP`.
        pub protocol: Istr,
        /// Application protocol.
        pub app_protocol: Istr,
        /// Name of the pods' port.
        pub target_port_name: Option<Istr>,
        /// Number of the pods' port.
        pub target_port_number: Option<u32>,
        /// Port on every node, for Services that have one.
        pub node_port: u32,
    }

    /// Values of a label.
    #[derive(Eq)]
    pub struct Subset {
        /// The values, sorted.
        pub values: Vec<Istr>,
    }

    /// Addresses that share a set of ports.
    #[derive(Eq)]
    pub struct EndpointSubset {
        /// The addresses.
        pub endpoints: Vec<Endpoint>,
        /// The ports.
        pub ports: Vec<EndpointPort>,
    }

    /// An address of a pod.
    #[derive(Eq)]
    pub struct Endpoint {
        /// The IP address.
        pub ip_address: Istr,
        /// Labels of the pod, from the workload that owns it.
        pub labels: Labels,
        /// Where in the region the pod runs.
        pub sub_locality: Option<SubLocality>,
    }

    /// A place within a region.
    #[derive(Eq)]
    pub struct SubLocality {
        /// The zone.
        pub zone: Istr,
        /// The part of the zone.
        pub sub_zone: Istr,
    }

    /// A port of pods.
    #[derive(Eq)]
    pub struct EndpointPort {
        /// Number of the port.
        pub port: u32,
        /// Name of the port.
        pub name: Istr,
        /// Transport protocol.
        pub protocol: Istr,
        /// Application protocol.
        pub app_protocol: Istr,
    }

    /// An address from outside. At most one member is set.
    #[derive(Eq)]
    pub struct ExternalAddress {
        /// A DNS name.
        pub dns_name: Option<Istr>,
        /// An IP address.
        pub ip: Option<Istr>,
    }

    /// A service outside the clusters.
    #[derive(Eq)]
    pub struct ExternalService {
        /// Name of the service.
        pub name: Istr,
        /// Host names that clients use.
        pub hosts: Vec<Istr>,
        /// Virtual addresses that clients use.
        pub addresses: Vec<Istr>,
        /// Ports of the service.
        pub ports: Vec<ExternalServicePort>,
        /// Where the service runs.
        pub endpoints: Vec<ExternalEndpoint>,
    }

    /// A port of an external service.
    #[derive(Eq)]
    pub struct ExternalServicePort {
        /// Number of the port.
        pub number: u32,
        /// Name of the port.
        pub name: Istr,
        /// Protocol: `HTTP`, `HTTPS`, `GRPC`, `HTTP2`, `MONGO`, `TCP` or `TLS`.
        pub protocol: Istr,
    }

    /// A place where an external service runs.
    #[derive(Eq)]
    pub struct ExternalEndpoint {
        /// IP address or DNS name.
        pub address: Istr,
        /// Port numbers, by the name of the service's port.
        pub ports: BTreeMap<Istr, u32>,
    }

    /// What is in force for a destination.
    pub struct DestinationStatus {
        /// Generation of the destination that this status is about.
        #[serde(deserialize_with = "int64")]
        pub observed_generation: i64,
        /// DNS name within its cluster.
        pub local_fqdn: Istr,
        /// Traffic policies in force, in the order in which they were accepted.
        #[schemars(with = "Vec<Unvalidated>")]
        pub applied_traffic_policies: Vec<AppliedTrafficPolicy>,
        /// Access policies in force, in the order in which they were accepted.
        pub applied_access_policies: Vec<AppliedAccessPolicy>,
        /// How other meshes see it. Absent: they do not.
        pub applied_federation: Option<AppliedFederation>,
        /// Traffic policies whose shift needs subsets of this destination.
        pub required_subsets: Vec<RequiredSubsets>,
    }

    /// A traffic policy that is in force for a destination.
    pub struct AppliedTrafficPolicy {
        /// The policy.
        #[serde(rename = "ref")]
        pub reference: Option<ObjectRef>,
        /// Generation of the policy that is in force.
        #[serde(deserialize_with = "int64")]
        pub observed_generation: i64,
        /// Copy of what it said then; it stays in force while the current text is refused. Absent also when it cannot be read.
        #[serde(deserialize_with = "stored_copy")]
        pub spec: Option<Arc<TrafficPolicySpec>>,
        /// Gateway routes. Never written here.
        pub routes: Vec<Istr>,
    }

    /// An access policy that is in force for a destination.
    #[derive(Eq)]
    pub struct AppliedAccessPolicy {
        /// The policy.
        #[serde(rename = "ref")]
        pub reference: Option<ObjectRef>,
        /// Generation of the policy that is in force.
        #[serde(deserialize_with = "int64")]
        pub observed_generation: i64,
        /// Copy of what it said then; it stays in force while the current text is refused. Absent also when it cannot be read.
        #[serde(deserialize_with = "stored_copy")]
        pub spec: Option<Arc<AccessPolicySpec>>,
    }

    /// How other meshes see a destination.
    #[derive(Eq)]
    pub struct AppliedFederation {
        /// The DNS name that they use.
        pub federated_hostname: Istr,
        /// The meshes that see it, sorted; its own is not among them.
        pub federated_to_meshes: Vec<ObjectRef>,
        /// Whether they reach its pods without a gateway.
        pub flat_network: bool,
        /// The VirtualMesh that says so.
        pub virtual_mesh_ref: Option<ObjectRef>,
        /// Keepalive on connections between clusters.
        pub tcp_keepalive: Option<TcpKeepalive>,
    }
}

enumeration! {
    /// Type of a Kubernetes Service.
    pub enum ServiceType {
        /// Reached within the cluster only.
        ClusterIp = "CLUSTER_IP",
        /// Reached at a port of every node.
        NodePort = "NODE_PORT",
        /// Reached at a load balancer.
        LoadBalancer = "LOAD_BALANCER",
        /// Stands for a name outside.
        ExternalName = "EXTERNAL_NAME",
    }
}

kind!(Destination {
    spec: DestinationSpec,
    status: DestinationStatus,
    group: "discovery.mesh.gloo.solo.io",
    version: "v1",
    plural: "destinations",
    one_ofs: [
        OneOf { path: "spec", members: &["kubeService", "externalService"] },
        OneOf { path: "spec.kubeService.ports[]", members: &["targetPortName", "targetPortNumber"] },
        OneOf { path: "spec.kubeService.externalAddresses[]", members: &["dnsName", "ip"] },
        OneOf { path: "status.requiredSubsets[].trafficShift.destinations[]", members: WEIGHTED_DESTINATION },
    ],
    stored_copies: [
        StoredCopy::of::<TrafficPolicy>("status.appliedTrafficPolicies[].spec"),
        StoredCopy::of::<AccessPolicy>("status.appliedAccessPolicies[].spec"),
    ],
});
