//! CertificateRequest: an agent's request for a signature.

use kube::CustomResource;

use super::certificates::Bytes;
use super::kind::kind;
use super::wire::{enumeration, int64, message};
use crate::Istr;

message! {
    /// What is to be signed.
    #[derive(CustomResource, Eq)]
    #[kube(
        group = "certificates.mesh.gloo.solo.io",
        version = "v1",
        kind = "CertificateRequest",
        plural = "certificaterequests",
        namespaced,
        status = "CertificateRequestStatus",
        doc = "An agent's request for a signature. Has the name of the IssuedCertificate it belongs to.",
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
    pub struct CertificateRequestSpec {
        /// The request (PKCS #10) as PEM.
        pub certificate_signing_request: Bytes,
    }

    /// The answer to a request.
    #[derive(Eq)]
    pub struct CertificateRequestStatus {
        /// Generation of the request that this status is about.
        #[serde(deserialize_with = "int64")]
        pub observed_generation: i64,
        /// What went wrong. Empty: nothing.
        pub error: Istr,
        /// How far the request is.
        pub state: CertificateRequestState,
        /// The certificate as PEM.
        pub signed_certificate: Bytes,
        /// The root as PEM.
        pub signing_root_ca: Bytes,
        /// The certificate followed by the certificates of those who signed it, as PEM. Absent from older issuers:
        /// then it is the certificate followed by the root.
        pub cert_chain: Bytes,
    }
}

enumeration! {
    /// How far a request is.
    pub enum CertificateRequestState {
        /// Not answered yet.
        Pending = "PENDING",
        /// Signed.
        Finished = "FINISHED",
        /// Refused, or something went wrong.
        Failed = "FAILED",
    }
}

kind!(CertificateRequest {
    spec: CertificateRequestSpec,
    status: CertificateRequestStatus,
    group: "certificates.mesh.gloo.solo.io",
    version: "v1",
    plural: "certificaterequests",
    one_ofs: [],
});
