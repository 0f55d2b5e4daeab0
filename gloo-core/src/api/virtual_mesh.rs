//! VirtualMesh: meshes that share trust, see each other's destinations and have one default for access.

use std::collections::BTreeMap;

use kube::CustomResource;

use super::approval::{ApprovalState, ApprovalStatus};
use super::certificates::{CertificateRotationState, CommonCertOptions, IntermediateCertificateAuthority};
use super::kind::{OneOf, kind};
use super::refs::ObjectRef;
use super::selectors::{DestinationSelector, IngressGatewaySelector};
use super::traffic::TcpKeepalive;
use super::wire::{Empty, enumeration, int64, message};
use crate::Istr;

message! {
    /// Which meshes belong together, and what they share.
    #[derive(CustomResource)]
    #[kube(
        group = "networking.mesh.gloo.solo.io",
        version = "v1",
        kind = "VirtualMesh",
        plural = "virtualmeshes",
        namespaced,
        status = "VirtualMeshStatus",
        doc = "Meshes that share trust, see each other's destinations and have one default for access.",
        schema = "manual",
        derive = "Default",
        derive = "PartialEq",
        shortname = "vm",
        shortname = "vms",
        category = "gloo-mesh",
        category = "gloo-mesh-policy",
        label("app", "gloo-mesh"),
        label("app.kubernetes.io/name", "gloo-mesh"),
        printcolumn(name = "State", type_ = "string", json_path = ".status.state"),
        printcolumn(name = "Access", type_ = "string", json_path = ".spec.globalAccessPolicy"),
        printcolumn(name = "Suffix", type_ = "string", json_path = ".spec.federation.hostnameSuffix", priority = 1),
        printcolumn(name = "Observed", type_ = "integer", json_path = ".status.observedGeneration", priority = 1),
        printcolumn(name = "First-Error", type_ = "string", json_path = ".status.errors[0]", priority = 1),
        printcolumn(name = "Age", type_ = "date", json_path = ".metadata.creationTimestamp")
    )]
    pub struct VirtualMeshSpec {
        /// The meshes. Each must exist; a mesh belongs to one VirtualMesh only.
        pub meshes: Vec<ObjectRef>,
        /// Shared trust. Absent: certificates are left alone.
        pub mtls_config: Option<MtlsConfig>,
        /// Which destinations other meshes see. Absent: none.
        pub federation: Option<Federation>,
        /// What is allowed where no access policy says anything.
        pub global_access_policy: GlobalAccessPolicy,
    }

    /// Shared trust. At most one of `shared` and `limited` is set.
    pub struct MtlsConfig {
        /// The meshes have one root of trust.
        pub shared: Option<SharedTrust>,
        /// The meshes trust each other at gateways only. Not supported.
        pub limited: Option<LimitedTrust>,
        /// Whether pods are restarted when certificates change. Restarts every workload of the meshes: for tests, not for production.
        pub auto_restart_pods: bool,
        /// Who verifies the steps of a rotation.
        pub rotation_verification_method: Option<RotationVerificationMethod>,
        /// How roots are rotated. Default: `MULTI_ROOT`.
        pub rotation_strategy: RotationStrategy,
    }

    /// One root of trust. At most one authority is set; none means a generated root.
    pub struct SharedTrust {
        /// The root that signs the certificates of the meshes.
        pub root_certificate_authority: Option<RootCertificateAuthority>,
        /// An authority that the agents of the clusters ask. Has no effect here.
        pub intermediate_certificate_authority: Option<IntermediateCertificateAuthority>,
        /// Properties of the certificates that the meshes get.
        pub intermediate_cert_options: Option<CommonCertOptions>,
    }

    /// A root certificate. At most one member is set.
    pub struct RootCertificateAuthority {
        /// A root that is made, signs itself, and is kept in a Secret.
        pub generated: Option<CommonCertOptions>,
        /// Secret of the management cluster that holds a root of one's own, with the keys `root-cert.pem` and `key.pem`.
        pub secret: Option<ObjectRef>,
    }

    /// Trust at gateways only.
    #[derive(Eq)]
    pub struct LimitedTrust {}

    /// Who verifies the steps of a rotation. At most one member is set.
    #[derive(Eq)]
    pub struct RotationVerificationMethod {
        /// Nobody: each step follows when the one before is done.
        pub none: Option<Empty>,
        /// A person, by a CertificateVerification for each step.
        pub manual: Option<Empty>,
    }

    /// Which destinations other meshes see, and how they reach them.
    #[derive(Eq)]
    pub struct Federation {
        /// Which destinations are seen by which meshes. Empty: none, unless `permissive` is set.
        pub selectors: Vec<FederationSelector>,
        /// Deprecated, use a selector without conditions: every destination is seen by every mesh. Ignored when there are selectors.
        pub permissive: Option<Empty>,
        /// Whether pods of all clusters reach each other without gateways. Has no effect here.
        pub flat_network: bool,
        /// Last part of the names under which other meshes see a destination:
        /// `<service>.<namespace>.svc.<cluster>.<suffix>`. Default: `global`.
        pub hostname_suffix: Istr,
        /// Keepalive on connections between clusters.
        pub tcp_keepalive: Option<TcpKeepalive>,
        /// Services that take traffic from other clusters, for every mesh. Empty: the mesh's default gateway.
        pub ingress_gateway_selectors: Vec<IngressGatewaySelector>,
        /// Deprecated name of `ingressGatewaySelectors`. Ignored when that is given.
        pub east_west_ingress_gateway_selectors: Vec<IngressGatewaySelector>,
    }

    /// Makes destinations visible to meshes.
    #[derive(Eq)]
    pub struct FederationSelector {
        /// The destinations. Empty: all destinations of the meshes.
        pub destination_selectors: Vec<DestinationSelector>,
        /// The meshes that see them. Empty: all meshes of the VirtualMesh.
        pub meshes: Vec<ObjectRef>,
    }

    /// What became of a VirtualMesh.
    pub struct VirtualMeshStatus {
        /// Generation of the VirtualMesh that this status is about.
        #[serde(deserialize_with = "int64")]
        pub observed_generation: i64,
        /// The overall verdict.
        pub state: ApprovalState,
        /// What is wrong: references to nothing, a mesh that belongs elsewhere, gateways, failed writes.
        pub errors: Vec<Istr>,
        /// The verdict for each mesh, by `name.namespace.cluster`.
        pub meshes: BTreeMap<Istr, ApprovalStatus>,
        /// The verdict for each federated destination, by `name.namespace.cluster`.
        pub destinations: BTreeMap<Istr, ApprovalStatus>,
        /// Steps of the certificate rotation, oldest first.
        pub conditions: Vec<RotationCondition>,
        /// The trust that is in force.
        pub deployed_shared_trust: Option<SharedTrust>,
    }

    /// One step of a certificate rotation.
    #[derive(Eq)]
    pub struct RotationCondition {
        /// When the step began, RFC 3339.
        pub timestamp: Istr,
        /// The step.
        pub state: CertificateRotationState,
        /// What happens in it.
        pub message: Istr,
        /// What went wrong in it.
        pub errors: Vec<Istr>,
    }
}

enumeration! {
    /// How roots are rotated.
    pub enum RotationStrategy {
        /// The old and the new root are trusted side by side for a while, so that connections go on working.
        MultiRoot = "MULTI_ROOT",
        /// The new root replaces the old one at once.
        None = "NONE",
    }

    /// What is allowed where no access policy says anything.
    pub enum GlobalAccessPolicy {
        /// What the mesh does by default.
        MeshDefault = "MESH_DEFAULT",
        /// Nothing is allowed without an access policy.
        Enabled = "ENABLED",
        /// Everything is allowed.
        Disabled = "DISABLED",
    }
}

impl VirtualMeshSpec {
    /// Returns the same VirtualMesh without deprecated fields that have a successor; copies are written in this form.
    #[must_use]
    pub fn canonical(&self) -> Self {
        Self { federation: self.federation.as_ref().map(Federation::canonical), ..self.clone() }
    }
}

impl Federation {
    /// Returns the selectors of gateways, under whichever name they were written; the current name wins.
    pub fn gateway_selectors(&self) -> &[IngressGatewaySelector] {
        if self.ingress_gateway_selectors.is_empty() {
            &self.east_west_ingress_gateway_selectors
        } else {
            &self.ingress_gateway_selectors
        }
    }

    /// Returns the same federation with the selectors of gateways under their current name.
    #[must_use]
    pub fn canonical(&self) -> Self {
        Self {
            ingress_gateway_selectors: self.gateway_selectors().to_vec(),
            east_west_ingress_gateway_selectors: Vec::new(),
            ..self.clone()
        }
    }
}

kind!(VirtualMesh {
    spec: VirtualMeshSpec,
    status: VirtualMeshStatus,
    group: "networking.mesh.gloo.solo.io",
    version: "v1",
    plural: "virtualmeshes",
    one_ofs: [
        OneOf { path: "spec.mtlsConfig", members: &["shared", "limited"] },
        OneOf { path: "spec.mtlsConfig.rotationVerificationMethod", members: &["none", "manual"] },
        OneOf { path: "spec.mtlsConfig.shared", members: SHARED_TRUST },
        OneOf { path: "spec.mtlsConfig.shared.rootCertificateAuthority", members: ROOT_AUTHORITY },
        OneOf { path: "spec.mtlsConfig.shared.intermediateCertificateAuthority.vault", members: VAULT_AUTH },
        OneOf {
            path: "spec.mtlsConfig.shared.intermediateCertificateAuthority.vault.kubernetesAuth",
            members: VAULT_ACCOUNT,
        },
        OneOf { path: "status.deployedSharedTrust", members: SHARED_TRUST },
        OneOf { path: "status.deployedSharedTrust.rootCertificateAuthority", members: ROOT_AUTHORITY },
        OneOf {
            path: "status.deployedSharedTrust.intermediateCertificateAuthority.vault",
            members: VAULT_AUTH
        },
        OneOf {
            path: "status.deployedSharedTrust.intermediateCertificateAuthority.vault.kubernetesAuth",
            members: VAULT_ACCOUNT,
        },
    ],
});

const SHARED_TRUST: &[&str] = &["rootCertificateAuthority", "intermediateCertificateAuthority"];
const ROOT_AUTHORITY: &[&str] = &["generated", "secret"];

/// Ways to log in at Vault.
pub(super) const VAULT_AUTH: &[&str] = &["tokenSecretRef", "kubernetesAuth"];

/// Ways to name the service account that logs in at Vault.
pub(super) const VAULT_ACCOUNT: &[&str] = &["serviceAccountRef", "mountedSaPath"];
