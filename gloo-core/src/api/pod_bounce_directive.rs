//! PodBounceDirective: pods to restart after a certificate was issued.

use kube::CustomResource;

use super::kind::kind;
use super::refs::ObjectRef;
use super::wire::message;
use crate::Istr;
use crate::istr::Labels;

message! {
    /// Which pods are restarted.
    #[derive(CustomResource, Eq)]
    #[kube(
        group = "certificates.mesh.gloo.solo.io",
        version = "v1",
        kind = "PodBounceDirective",
        plural = "podbouncedirectives",
        namespaced,
        status = "PodBounceDirectiveStatus",
        doc = "Pods to restart after a certificate was issued.",
        schema = "manual",
        derive = "Default",
        derive = "PartialEq",
        category = "gloo-mesh",
        label("app", "gloo-mesh"),
        label("app.kubernetes.io/name", "gloo-mesh"),
        printcolumn(name = "Age", type_ = "date", json_path = ".metadata.creationTimestamp")
    )]
    pub struct PodBounceDirectiveSpec {
        /// Groups of pods, in the order in which they are restarted.
        pub pods_to_bounce: Vec<PodsToBounce>,
    }

    /// A group of pods.
    #[derive(Eq)]
    pub struct PodsToBounce {
        /// Namespace of the pods.
        pub namespace: Istr,
        /// Labels of the pods; all must match. Empty: every pod of the namespace.
        pub labels: Labels,
        /// Number of pods that must be ready again before the next group follows. 0: nobody waits.
        pub wait_for_replicas: u32,
        /// Waits until the mesh has handed out the new root. Absent: nobody waits.
        pub root_cert_sync: Option<RootCertSync>,
    }

    /// A Secret and a ConfigMap that must hold the same root.
    #[derive(Eq)]
    pub struct RootCertSync {
        /// The Secret.
        pub secret_ref: Option<ObjectRef>,
        /// Key of the root in the Secret.
        pub secret_key: Istr,
        /// The ConfigMap.
        pub config_map_ref: Option<ObjectRef>,
        /// Key of the root in the ConfigMap.
        pub config_map_key: Istr,
    }

    /// What was restarted.
    #[derive(Eq)]
    pub struct PodBounceDirectiveStatus {
        /// One entry for each group that was handled, in the order of the groups.
        pub pods_bounced: Vec<BouncedPods>,
    }

    /// Pods of a group that were restarted.
    #[derive(Eq)]
    pub struct BouncedPods {
        /// Names of the pods.
        pub bounced_pods: Vec<Istr>,
    }
}

kind!(PodBounceDirective {
    spec: PodBounceDirectiveSpec,
    status: PodBounceDirectiveStatus,
    group: "certificates.mesh.gloo.solo.io",
    version: "v1",
    plural: "podbouncedirectives",
    one_ofs: [],
});
