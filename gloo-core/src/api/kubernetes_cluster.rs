//! KubernetesCluster: a cluster that is registered with the management plane.

use kube::CustomResource;

use super::kind::kind;
use super::wire::{enumeration, int64, message};
use crate::Istr;

message! {
    /// How a registered cluster is reached. The name of the object is the name of the cluster everywhere.
    #[derive(CustomResource, Eq)]
    #[kube(
        group = "multicluster.solo.io",
        version = "v1alpha1",
        kind = "KubernetesCluster",
        plural = "kubernetesclusters",
        namespaced,
        status = "KubernetesClusterStatus",
        doc = "A cluster that is registered with the management plane.",
        schema = "manual",
        derive = "Default",
        derive = "PartialEq",
        shortname = "gmcluster",
        category = "gloo-mesh",
        label("app", "skv2"),
        label("app.kubernetes.io/name", "skv2"),
        printcolumn(name = "Secret", type_ = "string", json_path = ".spec.secretName"),
        printcolumn(name = "Domain", type_ = "string", json_path = ".spec.clusterDomain"),
        printcolumn(name = "Age", type_ = "date", json_path = ".metadata.creationTimestamp")
    )]
    pub struct KubernetesClusterSpec {
        /// Secret of the same namespace that holds the access, of type `solo.io/kubeconfig`.
        pub secret_name: Istr,
        /// DNS suffix of names within the cluster. Default: `cluster.local`.
        pub cluster_domain: Istr,
        /// Where the cluster runs.
        pub provider_info: Option<ProviderInfo>,
    }

    /// Where a cluster runs.
    #[derive(Eq)]
    pub struct ProviderInfo {
        /// Amazon EKS.
        pub eks: Option<EksInfo>,
    }

    /// A cluster of Amazon EKS.
    #[derive(Eq)]
    pub struct EksInfo {
        /// Resource name (ARN) of the cluster.
        pub arn: Istr,
        /// Account of the cluster.
        pub account_id: Istr,
        /// Region of the cluster.
        pub region: Istr,
        /// Name of the cluster at EKS.
        pub name: Istr,
    }

    /// What became of a registration.
    #[derive(Eq)]
    pub struct KubernetesClusterStatus {
        /// Verdicts, one for each controller that gives one.
        pub status: Vec<ClusterCondition>,
        /// Namespace on the registered cluster that holds the objects of the registration.
        pub namespace: Istr,
        /// What the registration was granted.
        pub policy_rules: Vec<PolicyRule>,
    }

    /// Verdict of one controller.
    #[derive(Eq)]
    pub struct ClusterCondition {
        /// The verdict.
        pub state: ClusterState,
        /// What it says to people.
        pub message: Istr,
        /// Generation of the object that was looked at.
        #[serde(deserialize_with = "int64")]
        pub observed_generation: i64,
        /// When it was given.
        #[schemars(extend("format" = "date-time"))]
        pub processing_time: Option<Istr>,
        /// Name of the controller.
        #[schemars(extend("nullable" = true))]
        pub owner: Option<Istr>,
    }

    /// A right, as in the rules of a ClusterRole.
    #[derive(Eq)]
    pub struct PolicyRule {
        /// What may be done.
        pub verbs: Vec<Istr>,
        /// API groups.
        pub api_groups: Vec<Istr>,
        /// Resources.
        pub resources: Vec<Istr>,
        /// Names of the resources. Empty: all.
        pub resource_names: Vec<Istr>,
        /// Paths that are no resources.
        pub non_resource_urls: Vec<Istr>,
    }
}

enumeration! {
    /// Verdict of one controller on a cluster.
    pub enum ClusterState {
        /// Not looked at yet.
        Pending = "PENDING",
        /// Being looked at.
        Processing = "PROCESSING",
        /// Refused for what it says.
        Invalid = "INVALID",
        /// Something went wrong.
        Failed = "FAILED",
        /// In order.
        Accepted = "ACCEPTED",
    }
}

kind!(KubernetesCluster {
    spec: KubernetesClusterSpec,
    status: KubernetesClusterStatus,
    group: "multicluster.solo.io",
    version: "v1alpha1",
    plural: "kubernetesclusters",
    one_ofs: [],
});
