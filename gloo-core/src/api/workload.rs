//! Workload: pods of a mesh, as the controller that owns them describes them.

use kube::CustomResource;

use super::kind::kind;
use super::refs::{ClusterObjectRef, ObjectRef};
use super::wire::{int64, message};
use crate::Istr;
use crate::istr::Labels;

message! {
    /// What is known of a workload.
    #[derive(CustomResource, Eq)]
    #[kube(
        group = "discovery.mesh.gloo.solo.io",
        version = "v1",
        kind = "Workload",
        plural = "workloads",
        namespaced,
        status = "WorkloadStatus",
        doc = "Pods that belong to a mesh. Written by discovery; edits are reverted.",
        schema = "manual",
        derive = "Default",
        derive = "PartialEq",
        shortname = "wkld",
        shortname = "wklds",
        category = "gloo-mesh",
        label("app", "gloo-mesh"),
        label("app.kubernetes.io/name", "gloo-mesh"),
        printcolumn(name = "Cluster", type_ = "string", json_path = ".spec.kubernetes.controller.clusterName"),
        printcolumn(name = "Namespace", type_ = "string", json_path = ".spec.kubernetes.controller.namespace"),
        printcolumn(name = "Controller", type_ = "string", json_path = ".spec.kubernetes.controller.name"),
        printcolumn(name = "Mesh", type_ = "string", json_path = ".spec.mesh.name"),
        printcolumn(name = "Age", type_ = "date", json_path = ".metadata.creationTimestamp")
    )]
    pub struct WorkloadSpec {
        /// A Kubernetes workload.
        pub kubernetes: Option<KubernetesWorkload>,
        /// The mesh that it belongs to.
        pub mesh: Option<ObjectRef>,
        /// What AWS App Mesh knows of it.
        pub app_mesh: Option<AppMeshWorkload>,
    }

    /// A Kubernetes workload.
    #[derive(Eq)]
    pub struct KubernetesWorkload {
        /// The Deployment, DaemonSet or StatefulSet; which of them, the name of the Workload says.
        pub controller: Option<ClusterObjectRef>,
        /// Labels of its pods.
        pub pod_labels: Labels,
        /// Service account of its pods.
        pub service_account_name: Istr,
    }

    /// What AWS App Mesh knows of a workload.
    #[derive(Eq)]
    pub struct AppMeshWorkload {
        /// Name of its virtual node.
        pub virtual_node_name: Istr,
        /// Ports of its virtual node.
        pub ports: Vec<AppMeshPort>,
    }

    /// A port of a virtual node.
    #[derive(Eq)]
    pub struct AppMeshPort {
        /// The number.
        pub port: u32,
        /// The protocol.
        pub protocol: Istr,
    }

    /// What is in force for a workload.
    #[derive(Eq)]
    pub struct WorkloadStatus {
        /// Generation of the workload that this status is about.
        #[serde(deserialize_with = "int64")]
        pub observed_generation: i64,
        /// Access log records in force. Never written here.
        pub applied_access_log_records: Vec<AppliedToWorkload>,
        /// Wasm deployments in force. Never written here.
        pub applied_wasm_deployments: Vec<AppliedToWorkload>,
        /// Destinations that the workload is said to need. Never written here.
        pub service_dependencies: Option<ServiceDependencies>,
    }

    /// An object that is in force for a workload.
    #[derive(Eq)]
    pub struct AppliedToWorkload {
        /// The object.
        #[serde(rename = "ref")]
        pub reference: Option<ObjectRef>,
        /// Generation of the object that was looked at.
        #[serde(deserialize_with = "int64")]
        pub observed_generation: i64,
        /// What went wrong with it for this workload.
        pub errors: Vec<Istr>,
    }

    /// Destinations that a workload is said to need.
    #[derive(Eq)]
    pub struct ServiceDependencies {
        /// The objects that say so.
        pub applied_service_dependencies: Vec<AppliedServiceDependency>,
        /// Host names of the destinations.
        pub destination_hostnames: Vec<Istr>,
    }

    /// A service dependency that is in force.
    #[derive(Eq)]
    pub struct AppliedServiceDependency {
        /// The service dependency.
        pub service_dependency_ref: Option<ObjectRef>,
        /// Generation of it that was looked at.
        #[serde(deserialize_with = "int64")]
        pub observed_generation: i64,
    }
}

kind!(Workload {
    spec: WorkloadSpec,
    status: WorkloadStatus,
    group: "discovery.mesh.gloo.solo.io",
    version: "v1",
    plural: "workloads",
    one_ofs: [],
});
