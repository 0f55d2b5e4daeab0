//! Mesh: a service mesh that was found in a cluster.

use std::sync::Arc;

use kube::CustomResource;

use super::issued_certificate::IssuedCertificateStatus;
use super::kind::{OneOf, StoredCopy, kind, stored_copy};
use super::refs::ObjectRef;
use super::virtual_mesh::{VirtualMesh, VirtualMeshSpec};
use super::wire::{int64, message};
use crate::Istr;
use crate::istr::Labels;

message! {
    /// What is known of a mesh. Exactly one of `istio`, `linkerd`, `awsAppMesh`, `consulConnect` and `osm` is set.
    #[derive(CustomResource, Eq)]
    #[kube(
        group = "discovery.mesh.gloo.solo.io",
        version = "v1",
        kind = "Mesh",
        plural = "meshes",
        namespaced,
        status = "MeshStatus",
        doc = "A service mesh that was found in a cluster. Written by discovery; edits are reverted.",
        schema = "manual",
        derive = "Default",
        derive = "PartialEq",
        shortname = "gmmesh",
        category = "gloo-mesh",
        label("app", "gloo-mesh"),
        label("app.kubernetes.io/name", "gloo-mesh"),
        printcolumn(
            name = "Cluster",
            type_ = "string",
            json_path = ".metadata.labels.cluster\\.discovery\\.mesh\\.gloo\\.solo\\.io"
        ),
        printcolumn(name = "Istio-Version", type_ = "string", json_path = ".spec.istio.installation.version"),
        printcolumn(name = "Linkerd-Version", type_ = "string", json_path = ".spec.linkerd.installation.version"),
        printcolumn(name = "VirtualMesh", type_ = "string", json_path = ".status.appliedVirtualMesh.ref.name"),
        printcolumn(name = "Age", type_ = "date", json_path = ".metadata.creationTimestamp")
    )]
    pub struct MeshSpec {
        /// An Istio control plane.
        pub istio: Option<IstioMesh>,
        /// A Linkerd control plane.
        pub linkerd: Option<LinkerdMesh>,
        /// A mesh of AWS App Mesh.
        pub aws_app_mesh: Option<AwsAppMesh>,
        /// A Consul Connect control plane.
        pub consul_connect: Option<ConsulConnectMesh>,
        /// An Open Service Mesh control plane.
        pub osm: Option<OsmMesh>,
        /// The certificate agent of the mesh's cluster. Absent: there is none, and no certificates are issued.
        pub agent_info: Option<AgentInfo>,
        /// Copy of the status of the mesh's IssuedCertificate. Absent: there is none.
        pub issued_certificate_status: Option<IssuedCertificateStatus>,
    }

    /// Where a control plane is installed.
    #[derive(Eq)]
    pub struct MeshInstallation {
        /// Namespace of the control plane.
        pub namespace: Istr,
        /// Registered cluster of the control plane.
        pub cluster: Istr,
        /// Labels of the control plane's pods.
        pub pod_labels: Labels,
        /// Version of the control plane: the tag or digest of its image.
        pub version: Istr,
        /// Region of the cluster.
        pub region: Istr,
    }

    /// An Istio control plane.
    #[derive(Eq)]
    pub struct IstioMesh {
        /// Where it is installed.
        pub installation: Option<MeshInstallation>,
        /// Trust domain of its identities.
        pub trust_domain: Istr,
        /// Service account of istiod.
        pub istiod_service_account: Istr,
        /// Whether its proxies answer DNS questions of their workloads.
        pub smart_dns_proxying_enabled: bool,
        /// Deprecated: gateways that take traffic from other clusters; used as the default where no selector names gateways.
        pub ingress_gateways: Vec<IngressGatewayInfo>,
    }

    /// A gateway that takes traffic from other clusters. At most one of `dnsName` and `ip` is set.
    #[derive(Eq)]
    pub struct IngressGatewayInfo {
        /// Name of the gateway's Service.
        pub name: Istr,
        /// Namespace of the gateway's Service.
        pub namespace: Istr,
        /// Labels of the gateway's pods.
        pub workload_labels: Labels,
        /// Deprecated copy of `dnsName` or `ip`.
        pub external_address: Istr,
        /// External address, as a DNS name.
        pub dns_name: Option<Istr>,
        /// External address, as an IP address.
        pub ip: Option<Istr>,
        /// Port to connect to from outside.
        pub external_tls_port: u32,
        /// Port that the gateway's container listens on.
        pub tls_container_port: u32,
    }

    /// A mesh of AWS App Mesh.
    #[derive(Eq)]
    pub struct AwsAppMesh {
        /// Name of the mesh at AWS.
        pub aws_name: Istr,
        /// Region of the mesh.
        pub region: Istr,
        /// Account of the mesh.
        pub aws_account_id: Istr,
        /// Resource name (ARN) of the mesh.
        pub arn: Istr,
        /// Registered clusters that the mesh spans, sorted.
        pub clusters: Vec<Istr>,
    }

    /// A Linkerd control plane.
    #[derive(Eq)]
    pub struct LinkerdMesh {
        /// Where it is installed.
        pub installation: Option<MeshInstallation>,
        /// DNS suffix of the cluster's names.
        pub cluster_domain: Istr,
    }

    /// A Consul Connect control plane.
    #[derive(Eq)]
    pub struct ConsulConnectMesh {
        /// Where it is installed.
        pub installation: Option<MeshInstallation>,
    }

    /// An Open Service Mesh control plane.
    #[derive(Eq)]
    pub struct OsmMesh {
        /// Where it is installed.
        pub installation: Option<MeshInstallation>,
    }

    /// A certificate agent.
    #[derive(Eq)]
    pub struct AgentInfo {
        /// Namespace of the agent.
        pub agent_namespace: Istr,
    }

    /// What is in force for a mesh.
    pub struct MeshStatus {
        /// Generation of the mesh that this status is about.
        #[serde(deserialize_with = "int64")]
        pub observed_generation: i64,
        /// The VirtualMesh that the mesh belongs to.
        pub applied_virtual_mesh: Option<AppliedVirtualMesh>,
        /// VirtualDestinations that the mesh sees.
        pub applied_virtual_destinations: Vec<AppliedVirtualDestination>,
        /// Gateways of the mesh that take traffic from other clusters.
        pub applied_east_west_ingress_gateways: Vec<AppliedIngressGateway>,
    }

    /// The VirtualMesh that is in force for a mesh.
    pub struct AppliedVirtualMesh {
        /// The VirtualMesh.
        #[serde(rename = "ref")]
        pub reference: Option<ObjectRef>,
        /// Generation of the VirtualMesh that is in force.
        #[serde(deserialize_with = "int64")]
        pub observed_generation: i64,
        /// Copy of what it said then; it stays in force while the current text is refused.
        #[serde(deserialize_with = "stored_copy")]
        pub spec: Option<Arc<VirtualMeshSpec>>,
    }

    /// A VirtualDestination that a mesh sees.
    #[derive(Eq)]
    pub struct AppliedVirtualDestination {
        /// The VirtualDestination.
        #[serde(rename = "ref")]
        pub reference: Option<ObjectRef>,
        /// Generation of the VirtualDestination that was looked at.
        #[serde(deserialize_with = "int64")]
        pub observed_generation: i64,
        /// What went wrong with it in this mesh.
        pub errors: Vec<Istr>,
    }

    /// A gateway that takes traffic from other clusters.
    #[derive(Eq)]
    pub struct AppliedIngressGateway {
        /// The gateway's Destination.
        pub destination_ref: Option<ObjectRef>,
        /// Addresses at which other clusters reach it.
        pub external_addresses: Vec<Istr>,
        /// Port of the gateway's Service.
        pub port: u32,
        /// Port that other clusters connect to.
        pub external_port: u32,
    }
}

kind!(Mesh {
    spec: MeshSpec,
    status: MeshStatus,
    group: "discovery.mesh.gloo.solo.io",
    version: "v1",
    plural: "meshes",
    one_ofs: [
        OneOf { path: "spec", members: &["istio", "linkerd", "awsAppMesh", "consulConnect", "osm"] },
        OneOf { path: "spec.istio.ingressGateways[]", members: &["dnsName", "ip"] },
        OneOf { path: "spec.issuedCertificateStatus", members: super::issued_certificate::APPLIED_CA },
        OneOf {
            path: "spec.issuedCertificateStatus.appliedAgentCa.vault",
            members: super::virtual_mesh::VAULT_AUTH,
        },
        OneOf {
            path: "spec.issuedCertificateStatus.appliedAgentCa.vault.kubernetesAuth",
            members: super::virtual_mesh::VAULT_ACCOUNT,
        },
    ],
    stored_copies: [StoredCopy::of::<VirtualMesh>("status.appliedVirtualMesh.spec")],
});
