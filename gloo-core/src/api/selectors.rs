//! Selectors: which workloads, destinations, identities and objects something is about.

use super::refs::{ClusterObjectRef, ObjectRef};
use super::wire::{enumeration, message};
use crate::Istr;
use crate::istr::Labels;

message! {
    /// Selects workloads by their pods. A selector without conditions selects every workload.
    #[derive(Eq)]
    pub struct WorkloadSelector {
        /// Conditions on Kubernetes workloads.
        pub kube_workload_matcher: Option<KubeWorkloadMatcher>,
    }

    /// Conditions on a Kubernetes workload; all that are given must hold.
    #[derive(Eq)]
    pub struct KubeWorkloadMatcher {
        /// Labels that the workload's pods must carry. Empty: any labels.
        pub labels: Labels,
        /// Namespaces, one of which the workload must be in. Empty: any namespace. `*` is not a wildcard.
        pub namespaces: Vec<Istr>,
        /// Registered clusters, one of which the workload must run in. Empty: any cluster. `*` is not a wildcard.
        pub clusters: Vec<Istr>,
    }

    /// Selects destinations by conditions, by name, or both: then the union is selected.
    /// A selector with neither selects nothing; an empty list of selectors selects every destination.
    #[derive(Eq)]
    pub struct DestinationSelector {
        /// Conditions on Kubernetes Services.
        pub kube_service_matcher: Option<KubeServiceMatcher>,
        /// Kubernetes Services by name.
        pub kube_service_refs: Option<KubeServiceRefs>,
    }

    /// Conditions on a Kubernetes Service; all that are given must hold.
    #[derive(Eq)]
    pub struct KubeServiceMatcher {
        /// Labels that the Service must carry. Empty: any labels.
        pub labels: Labels,
        /// Namespaces, one of which the Service must be in. Empty: any namespace. `*` is not a wildcard.
        pub namespaces: Vec<Istr>,
        /// Registered clusters, one of which the Service must be in. Empty: any cluster. `*` is not a wildcard.
        pub clusters: Vec<Istr>,
    }

    /// Kubernetes Services by name.
    #[derive(Eq)]
    pub struct KubeServiceRefs {
        /// The Services. Name, namespace and cluster are all required, and each Service must be discovered.
        pub services: Vec<ClusterObjectRef>,
    }

    /// Selects the identities of clients. The members of one selector are all required to hold;
    /// a selector without members stands for any identity.
    #[derive(Eq)]
    pub struct IdentitySelector {
        /// Conditions on the service account of the client.
        pub kube_identity_matcher: Option<KubeIdentityMatcher>,
        /// Service accounts by name.
        pub kube_service_account_refs: Option<KubeServiceAccountRefs>,
        /// Conditions on the identity in the request's JSON web token.
        pub request_identity_matcher: Option<RequestIdentityMatcher>,
    }

    /// Conditions on a client's service account.
    #[derive(Eq)]
    pub struct KubeIdentityMatcher {
        /// Namespaces, one of which the account must be in. Empty: any namespace.
        pub namespaces: Vec<Istr>,
        /// Registered clusters, one of whose trust domains the account must be in. Empty: any cluster.
        pub clusters: Vec<Istr>,
    }

    /// Service accounts by name.
    #[derive(Eq)]
    pub struct KubeServiceAccountRefs {
        /// The accounts. An empty field of a reference stands for any value: no cluster means every trust
        /// domain, no namespace means every namespace (the name is then ignored), no name means every account of the namespace.
        pub service_accounts: Vec<ClusterObjectRef>,
    }

    /// Conditions on the identity in a request's JSON web token, written `issuer/subject`.
    /// Values match exactly, or as `prefix*`, `*suffix`, or `*` for any identity.
    #[derive(Eq)]
    pub struct RequestIdentityMatcher {
        /// Identities, one of which the request must carry. Empty: no condition.
        pub request_principals: Vec<Istr>,
        /// Identities that the request must not carry.
        pub not_request_principals: Vec<Istr>,
    }

    /// Selects the Services that take traffic from other clusters.
    #[derive(Eq)]
    pub struct IngressGatewaySelector {
        /// Which destinations of a mesh are its gateways. Empty: every destination of the mesh.
        pub destination_selectors: Vec<DestinationSelector>,
        /// Name of the Service port that takes TLS traffic from other clusters. Default: `tls`.
        pub port_name: Istr,
    }

    /// Selects objects of the management cluster by namespace and labels.
    #[derive(Eq)]
    pub struct ObjectSelector {
        /// Namespaces to look in. Empty: the namespace of the object that holds the selector. `*`: every namespace.
        pub namespaces: Vec<Istr>,
        /// Labels that the object must carry. Not to be combined with `expressions`.
        pub labels: Labels,
        /// Conditions on labels; all must hold. Not to be combined with `labels`.
        pub expressions: Vec<ObjectSelectorExpression>,
    }

    /// One condition on a label.
    #[derive(Eq)]
    pub struct ObjectSelectorExpression {
        /// Key of the label.
        pub key: Istr,
        /// How the label is compared. Default: `Equals`.
        pub operator: SelectorOperator,
        /// Values to compare with: exactly one for the equalities and comparisons, at least one for `In` and
        /// `NotIn`, none for `Exists` and `DoesNotExist`.
        pub values: Vec<Istr>,
    }

    /// Selects the gateway routes that a policy is attached to. Has no effect here: a policy with a route selector still
    /// applies to every destination that its `destinationSelector` selects.
    #[derive(Eq)]
    pub struct RouteSelector {
        /// VirtualHosts by name.
        pub virtual_host_refs: Vec<ObjectRef>,
        /// VirtualHosts by labels.
        pub virtual_host_selector: Option<ObjectSelector>,
        /// RouteTables by name.
        pub route_table_refs: Vec<ObjectRef>,
        /// RouteTables by labels.
        pub route_table_selector: Option<ObjectSelector>,
        /// Labels that the route must carry.
        pub route_label_matcher: Labels,
    }
}

enumeration! {
    /// How a label is compared.
    pub enum SelectorOperator {
        /// The label has the value.
        Equals = "Equals",
        /// The label has the value.
        DoubleEquals = "DoubleEquals",
        /// The label is absent or has another value.
        NotEquals = "NotEquals",
        /// The label has one of the values.
        In = "In",
        /// The label is absent or has none of the values.
        NotIn = "NotIn",
        /// The label is present.
        Exists = "Exists",
        /// The label is absent.
        DoesNotExist = "DoesNotExist",
        /// The label is a greater number.
        GreaterThan = "GreaterThan",
        /// The label is a smaller number.
        LessThan = "LessThan",
    }
}
