//! Certificates and where they come from.

use std::borrow::Cow;
use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{Error, Unexpected, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::refs::ObjectRef;
use super::wire::{Zero, enumeration, message};
use crate::Istr;

message! {
    /// Properties of a certificate.
    pub struct CommonCertOptions {
        /// Lifetime in days. Default: 365.
        pub ttl_days: u32,
        /// Size of the RSA key in bits, whatever the name says. Default: 4096.
        pub rsa_key_size_bytes: u32,
        /// Organisation in the subject. Default: `gloo-mesh` for a generated root, `Istio` for an intermediate certificate.
        pub org_name: Istr,
        /// Part of the lifetime, before its end, in which the certificate is renewed; between 0 and 1. Default: 0.1.
        #[schemars(extend("format" = "float"))]
        pub secret_rotation_grace_period_ratio: f64,
    }

    /// An authority that signs on the managed clusters. Has no effect here.
    #[derive(Eq)]
    pub struct IntermediateCertificateAuthority {
        /// A Vault server.
        pub vault: Option<VaultCa>,
    }

    /// A Vault server that signs. At most one of `tokenSecretRef` and `kubernetesAuth` is set.
    #[derive(Eq)]
    pub struct VaultCa {
        /// Path of the endpoint that signs.
        pub ca_path: Istr,
        /// Path of the endpoint that makes the key and the request of an intermediate authority.
        pub csr_path: Istr,
        /// URL of the server.
        pub server: Istr,
        /// Certificates, as PEM, that the server's certificate is checked against. Default: those of the system.
        pub ca_bundle: Bytes,
        /// Namespace within Vault.
        pub namespace: Istr,
        /// Secret that holds a token to log in with.
        pub token_secret_ref: Option<ObjectRef>,
        /// Logs in with the token of a service account.
        pub kubernetes_auth: Option<VaultKubernetesAuth>,
    }

    /// A login at Vault with the token of a service account. At most one of `serviceAccountRef` and `mountedSaPath` is set.
    #[derive(Eq)]
    pub struct VaultKubernetesAuth {
        /// Path where the login method is mounted. Default: `/v1/auth/kubernetes`.
        pub mount_path: Istr,
        /// Role to log in as; required.
        pub role: Istr,
        /// Key of the token in the service account's Secret. Default: `token`.
        pub secret_token_key: Istr,
        /// The service account.
        pub service_account_ref: Option<ObjectRef>,
        /// Directory of the mounted token. Default, also when neither is set: `/var/run/secrets/kubernetes.io/serviceaccount`.
        pub mounted_sa_path: Option<Istr>,
    }
}

enumeration! {
    /// Step of a certificate rotation.
    pub enum CertificateRotationState {
        /// Nothing is being rotated.
        NotRotating = "NOT_ROTATING",
        /// The previous authority is in force again.
        PreviousCa = "PREVIOUS_CA",
        /// The new root is being added to what everyone trusts.
        AddingNewRoot = "ADDING_NEW_ROOT",
        /// Certificates of the new authority are being handed out.
        PropagatingNewIntermediate = "PROPAGATING_NEW_INTERMEDIATE",
        /// The old root is being removed from what everyone trusts.
        DeletingOldRoot = "DELETING_OLD_ROOT",
        /// Waiting for a step to be verified.
        Verifying = "VERIFYING",
        /// A step was verified.
        Verified = "VERIFIED",
        /// On the way back to the previous authority.
        RollingBack = "ROLLING_BACK",
        /// The rotation is over.
        Finished = "FINISHED",
        /// The rotation failed.
        Failed = "FAILED",
    }
}

/// Bytes, written as standard base64 with padding.
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Bytes(pub Vec<u8>);

impl Zero for Bytes {
    fn is_zero(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Debug for Bytes {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Bytes({} bytes)", self.0.len())
    }
}

impl Serialize for Bytes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&STANDARD.encode(&self.0))
    }
}

impl<'de> Deserialize<'de> for Bytes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Base64;

        impl Visitor<'_> for Base64 {
            type Value = Bytes;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("bytes as standard base64 with padding")
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Bytes, E> {
                STANDARD.decode(text).map(Bytes).map_err(|_| E::invalid_value(Unexpected::Str(text), &self))
            }
        }

        deserializer.deserialize_str(Base64)
    }
}

impl JsonSchema for Bytes {
    fn schema_name() -> Cow<'static, str> {
        "Bytes".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "format": "binary" })
    }
}
