//! CertificateVerification: a person's word on a step of a certificate rotation.

use kube::CustomResource;

use super::certificates::CertificateRotationState;
use super::kind::kind;
use super::refs::ObjectRef;
use super::wire::{enumeration, int64, message};
use crate::Istr;

message! {
    /// How a rotation goes on.
    #[derive(CustomResource, Eq)]
    #[kube(
        group = "networking.enterprise.mesh.gloo.solo.io",
        version = "v1beta1",
        kind = "CertificateVerification",
        plural = "certificateverifications",
        namespaced,
        status = "CertificateVerificationStatus",
        doc = "A person's word on a step of a certificate rotation.",
        schema = "manual",
        derive = "Default",
        derive = "PartialEq",
        shortname = "cv",
        shortname = "cvs",
        category = "gloo-mesh",
        category = "gloo-mesh-policy",
        label("app", "gloo-mesh"),
        label("app.kubernetes.io/name", "gloo-mesh"),
        printcolumn(name = "State", type_ = "string", json_path = ".status.state"),
        printcolumn(name = "First-Error", type_ = "string", json_path = ".status.errors[0]", priority = 1),
        printcolumn(name = "Age", type_ = "date", json_path = ".metadata.creationTimestamp")
    )]
    pub struct CertificateVerificationSpec {
        /// The step that was looked at: `ADDING_NEW_ROOT`, `PROPAGATING_NEW_INTERMEDIATE`, `DELETING_OLD_ROOT` or `PREVIOUS_CA`.
        pub step: CertificateRotationState,
        /// How it goes on.
        pub action: VerificationAction,
        /// The VirtualMesh whose certificates are rotated. An empty namespace means the namespace of this object.
        pub virtual_mesh: Option<ObjectRef>,
    }

    /// What became of a person's word.
    #[derive(Eq)]
    pub struct CertificateVerificationStatus {
        /// Generation of the object that this status is about.
        #[serde(deserialize_with = "int64")]
        pub observed_generation: i64,
        /// What is wrong with it.
        pub errors: Vec<Istr>,
        /// The verdict.
        pub state: VerificationState,
    }
}

enumeration! {
    /// How a rotation goes on.
    pub enum VerificationAction {
        /// To the next step.
        Continue = "CONTINUE",
        /// Back to the previous authority.
        Rollback = "ROLLBACK",
    }

    /// Verdict on a person's word.
    pub enum VerificationState {
        /// Not looked at yet.
        Pending = "PENDING",
        /// Taken.
        Verified = "VERIFIED",
        /// Refused.
        Invalid = "INVALID",
    }
}

kind!(CertificateVerification {
    spec: CertificateVerificationSpec,
    status: CertificateVerificationStatus,
    group: "networking.enterprise.mesh.gloo.solo.io",
    version: "v1beta1",
    plural: "certificateverifications",
    one_ofs: [],
});
