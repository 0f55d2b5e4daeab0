//! Settings: defaults of the management plane.

use std::collections::BTreeMap;

use kube::CustomResource;

use super::approval::ApprovalState;
use super::kind::kind;
use super::traffic::MtlsPolicy;
use super::wire::{int64, message};
use crate::Istr;
use crate::istr::Labels;

message! {
    /// Defaults of the management plane. One object, by default `settings` in the controllers' namespace, is read.
    #[derive(CustomResource, Eq)]
    #[kube(
        group = "settings.mesh.gloo.solo.io",
        version = "v1",
        kind = "Settings",
        plural = "settings",
        namespaced,
        status = "SettingsStatus",
        doc = "Defaults of the management plane.",
        schema = "manual",
        derive = "Default",
        derive = "PartialEq",
        shortname = "s",
        category = "gloo-mesh",
        category = "gloo-mesh-policy",
        label("app", "gloo-mesh"),
        label("app.kubernetes.io/name", "gloo-mesh"),
        printcolumn(name = "State", type_ = "string", json_path = ".status.state"),
        printcolumn(name = "Age", type_ = "date", json_path = ".metadata.creationTimestamp")
    )]
    pub struct SettingsSpec {
        /// TLS mode of connections to every destination, unless a traffic policy says otherwise. Absent: left to the mesh.
        pub mtls: Option<MtlsPolicy>,
        /// Servers that may change outputs. Not supported.
        pub networking_extension_servers: Vec<GrpcServer>,
        /// How meshes are discovered.
        pub discovery: Option<DiscoverySettings>,
        /// Connection of clusters through a relay. Has no effect here.
        pub relay: Option<RelaySettings>,
    }

    /// How meshes are discovered.
    #[derive(Eq)]
    pub struct DiscoverySettings {
        /// How Istio is discovered.
        pub istio: Option<IstioDiscoverySettings>,
    }

    /// How Istio is discovered.
    #[derive(Eq)]
    pub struct IstioDiscoverySettings {
        /// Deprecated: how gateways are recognised, by registered cluster; `*` stands for the clusters without an entry.
        pub ingress_gateway_detectors: BTreeMap<Istr, IngressGatewayDetector>,
    }

    /// How gateways are recognised.
    #[derive(Eq)]
    pub struct IngressGatewayDetector {
        /// Labels that the selector of a gateway's Service must have. Default: `istio: ingressgateway`.
        pub gateway_workload_labels: Labels,
        /// Name of the Service port that takes TLS traffic from other clusters. Default: `tls`.
        pub gateway_tls_port_name: Istr,
    }

    /// Connection of clusters through a relay.
    #[derive(Eq)]
    pub struct RelaySettings {
        /// Whether the relay is used.
        pub enabled: bool,
        /// The relay's server.
        pub server: Option<GrpcServer>,
    }

    /// A gRPC server.
    #[derive(Eq)]
    pub struct GrpcServer {
        /// Host and port.
        pub address: Istr,
        /// Whether the connection is plain text.
        pub insecure: bool,
        /// Whether to connect again when the network fails.
        pub reconnect_on_network_failures: bool,
    }

    /// What became of the settings.
    #[derive(Eq)]
    pub struct SettingsStatus {
        /// Generation of the settings that this status is about.
        #[serde(deserialize_with = "int64")]
        pub observed_generation: i64,
        /// The verdict.
        pub state: ApprovalState,
        /// What is wrong with them.
        pub errors: Vec<Istr>,
    }
}

kind!(Settings {
    spec: SettingsSpec,
    status: SettingsStatus,
    group: "settings.mesh.gloo.solo.io",
    version: "v1",
    plural: "settings",
    one_ofs: [],
});
