//! IssuedCertificate: a certificate that a mesh is to have.

use kube::CustomResource;

use super::certificates::{CertificateRotationState, CommonCertOptions, IntermediateCertificateAuthority};
use super::kind::{OneOf, kind};
use super::refs::ObjectRef;
use super::virtual_mesh::{VAULT_ACCOUNT, VAULT_AUTH};
use super::wire::{enumeration, int64, message};
use crate::Istr;

message! {
    /// What a certificate is to be. At most one of `glooMeshCa` and `agentCa` is set.
    #[derive(CustomResource)]
    #[kube(
        group = "certificates.mesh.gloo.solo.io",
        version = "v1",
        kind = "IssuedCertificate",
        plural = "issuedcertificates",
        namespaced,
        status = "IssuedCertificateStatus",
        doc = "A certificate that a mesh is to have. Lives on the mesh's cluster and has the mesh's name.",
        schema = "manual",
        derive = "Default",
        derive = "PartialEq",
        category = "gloo-mesh",
        label("app", "gloo-mesh"),
        label("app.kubernetes.io/name", "gloo-mesh"),
        printcolumn(name = "State", type_ = "string", json_path = ".status.state"),
        printcolumn(name = "Error", type_ = "string", json_path = ".status.error", priority = 1),
        printcolumn(name = "Age", type_ = "date", json_path = ".metadata.creationTimestamp")
    )]
    pub struct IssuedCertificateSpec {
        /// Alternative names of the subject.
        pub hosts: Vec<Istr>,
        /// Deprecated, use `certOptions.orgName`: organisation in the subject. Still written, for older agents.
        pub org: Istr,
        /// Deprecated, use `glooMeshCa.signingCertificateSecret`. Still written, for older agents.
        pub signing_certificate_secret: Option<ObjectRef>,
        /// Where the agent stores the certificate. Absent: storing it is not the agent's task.
        pub issued_certificate_secret: Option<ObjectRef>,
        /// Pods that are restarted afterwards. Absent: none.
        pub pod_bounce_directive: Option<ObjectRef>,
        /// Properties of the certificate.
        pub cert_options: Option<CommonCertOptions>,
        /// The management plane signs.
        pub gloo_mesh_ca: Option<GlooMeshCa>,
        /// The agent asks another authority. Has no effect here.
        pub agent_ca: Option<IntermediateCertificateAuthority>,
        /// Step of the rotation that the certificate is part of.
        pub rotation_state: CertificateRotationState,
    }

    /// The root by which the management plane signs.
    #[derive(Eq)]
    pub struct GlooMeshCa {
        /// Secret of the management cluster that holds the root.
        pub signing_certificate_secret: Option<ObjectRef>,
    }

    /// How far a certificate is. At most one of `appliedGlooMeshCa` and `appliedAgentCa` is set.
    #[derive(Eq)]
    pub struct IssuedCertificateStatus {
        /// Generation of the object that this status is about.
        #[serde(deserialize_with = "int64")]
        pub observed_generation: i64,
        /// What went wrong last. Empty: nothing.
        pub error: Istr,
        /// How far the certificate is.
        pub state: IssuedCertificateState,
        /// Step of the rotation that was reached.
        pub observed_rotation_state: CertificateRotationState,
        /// The management plane signed.
        pub applied_gloo_mesh_ca: Option<GlooMeshCa>,
        /// Another authority signed.
        pub applied_agent_ca: Option<IntermediateCertificateAuthority>,
    }
}

enumeration! {
    /// How far a certificate is.
    pub enum IssuedCertificateState {
        /// The agent has not picked it up yet.
        Pending = "PENDING",
        /// Key and request are made; waiting for the signature.
        Requested = "REQUESTED",
        /// The certificate is stored; pods are being restarted.
        Issued = "ISSUED",
        /// Done.
        Finished = "FINISHED",
        /// Something went wrong; it starts again.
        Failed = "FAILED",
    }
}

kind!(IssuedCertificate {
    spec: IssuedCertificateSpec,
    status: IssuedCertificateStatus,
    group: "certificates.mesh.gloo.solo.io",
    version: "v1",
    plural: "issuedcertificates",
    one_ofs: [
        OneOf { path: "spec", members: &["glooMeshCa", "agentCa"] },
        OneOf { path: "spec.agentCa.vault", members: VAULT_AUTH },
        OneOf { path: "spec.agentCa.vault.kubernetesAuth", members: VAULT_ACCOUNT },
        OneOf { path: "status", members: APPLIED_CA },
        OneOf { path: "status.appliedAgentCa.vault", members: VAULT_AUTH },
        OneOf { path: "status.appliedAgentCa.vault.kubernetesAuth", members: VAULT_ACCOUNT },
    ],
});

/// Who signed a certificate.
pub(super) const APPLIED_CA: &[&str] = &["appliedGlooMeshCa", "appliedAgentCa"];
