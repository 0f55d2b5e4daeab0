//! AccessPolicy: which clients may reach which destinations.

use std::collections::BTreeMap;

use kube::CustomResource;

use super::approval::{ApprovalState, ApprovalStatus};
use super::kind::kind;
use super::selectors::{DestinationSelector, IdentitySelector};
use super::wire::{int64, message};
use crate::Istr;

message! {
    /// What an access policy allows. Policies only ever allow; once one selects a destination, what none allows is refused there.
    #[derive(CustomResource, Eq)]
    #[kube(
        group = "networking.mesh.gloo.solo.io",
        version = "v1",
        kind = "AccessPolicy",
        plural = "accesspolicies",
        namespaced,
        status = "AccessPolicyStatus",
        doc = "Allows clients to reach destinations.",
        schema = "manual",
        derive = "Default",
        derive = "PartialEq",
        shortname = "ap",
        shortname = "aps",
        category = "gloo-mesh",
        category = "gloo-mesh-policy",
        label("app", "gloo-mesh"),
        label("app.kubernetes.io/name", "gloo-mesh"),
        printcolumn(name = "State", type_ = "string", json_path = ".status.state"),
        printcolumn(name = "Observed", type_ = "integer", json_path = ".status.observedGeneration", priority = 1),
        printcolumn(name = "First-Error", type_ = "string", json_path = ".status.errors[0]", priority = 1),
        printcolumn(name = "Age", type_ = "date", json_path = ".metadata.creationTimestamp")
    )]
    pub struct AccessPolicySpec {
        /// Identities of the clients that are allowed. Empty: any identity.
        pub source_selector: Vec<IdentitySelector>,
        /// Destinations that may be reached. Empty: all destinations.
        pub destination_selector: Vec<DestinationSelector>,
        /// Paths that are allowed: `/a/b` exactly, `/a*` by prefix, `*/b` by suffix; for gRPC `/package.Service/Method`.
        /// Empty: any path.
        pub allowed_paths: Vec<Istr>,
        /// HTTP methods that are allowed, such as `GET`. Empty: any method.
        pub allowed_methods: Vec<Istr>,
        /// Ports that are allowed, 1 to 65535. Empty: any port.
        #[schemars(inner(range(max = 65535)))]
        pub allowed_ports: Vec<u32>,
    }

    /// What became of an access policy.
    #[derive(Eq)]
    pub struct AccessPolicyStatus {
        /// Generation of the policy that this status is about.
        #[serde(deserialize_with = "int64")]
        pub observed_generation: i64,
        /// The worst verdict over all destinations.
        pub state: ApprovalState,
        /// The verdict for each selected destination, by `name.namespace.cluster`.
        pub destinations: BTreeMap<Istr, ApprovalStatus>,
        /// Workloads that the policy allows as clients, as `name.namespace.cluster`.
        pub workloads: Vec<Istr>,
        /// What is wrong with the policy as a whole.
        pub errors: Vec<Istr>,
    }
}

kind!(AccessPolicy {
    spec: AccessPolicySpec,
    status: AccessPolicyStatus,
    group: "networking.mesh.gloo.solo.io",
    version: "v1",
    plural: "accesspolicies",
    one_ofs: [],
});
