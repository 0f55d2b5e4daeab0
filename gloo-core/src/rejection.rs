//! Why a piece of user configuration was not applied, and what its author should know.

use crate::Istr;
use crate::id::InputRef;

/// Why a policy is not in force, as a value.
///
/// `field` is the path as users write it. The text of a rejection names what was written, where, and by whom.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Rejection {
    /// The object could not be read at all.
    #[error("cannot decode: {path}: {reason}")]
    Undecodable {
        /// Where reading stopped.
        path: String,
        /// What was expected there.
        reason: String,
    },
    /// A reference lacks parts that it must have.
    #[error("{field} is incomplete: {missing} must be set")]
    RefIncomplete {
        /// Where the reference stands.
        field: String,
        /// The fields that are empty, joined by commas.
        missing: String,
    },
    /// A reference names something that is not there.
    #[error("{field}: {kind} {reference} not found")]
    RefNotFound {
        /// Where the reference stands.
        field: String,
        /// What kind of thing it names.
        kind: &'static str,
        /// What it names.
        reference: String,
    },
    /// A target lives in another cluster and no virtual mesh makes it reachable from there.
    #[error("{field}: {target} is not federated to {clusters}")]
    NotFederated {
        /// Where the target is named.
        field: String,
        /// The target.
        target: String,
        /// The clusters whose clients would need it, as in `cluster east` or `clusters east, west`.
        clusters: String,
    },
    /// A target that exists but is wrong itself.
    #[error("{field}: {target} is invalid and not in force")]
    NotInForce {
        /// Where the target is named.
        field: String,
        /// The target.
        target: InputRef,
    },
    /// A port that the service does not have.
    #[error("{field}: {service} has no port {port}")]
    PortUnknown {
        /// Where the port is named.
        field: String,
        /// The service.
        service: String,
        /// The port.
        port: u32,
    },
    /// No port is named and the service has several, or none.
    #[error("{field} must be set: {service} has {count} ports")]
    PortAmbiguous {
        /// Where the port is missing.
        field: String,
        /// The service.
        service: String,
        /// How many ports it has.
        count: usize,
    },
    /// A value outside of what is allowed there.
    #[error("{field} is {value}; expected {expected}")]
    InvalidValue {
        /// Where it stands.
        field: String,
        /// What was written.
        value: String,
        /// What may be written.
        expected: &'static str,
    },
    /// A policy that was accepted earlier holds the field with another value.
    #[error("{field} is already set by {winner}{scope}")]
    FieldTaken {
        /// The field.
        field: &'static str,
        /// The policy that keeps it.
        winner: Box<InputRef>,
        /// Which requests both want to govern; empty when it is about all of them.
        scope: String,
    },
    /// The mesh of the destination has no way to do this.
    #[error("{field} is not supported {context}")]
    Unsupported {
        /// The field.
        field: String,
        /// Where and why it is not supported.
        context: String,
    },
    /// The destination cannot take any policy of this kind.
    #[error("{destination} {reason}")]
    Unfit {
        /// The destination.
        destination: InputRef,
        /// What it lacks.
        reason: &'static str,
    },
    /// Configuration that a user wrote for the mesh already governs the same host.
    #[error("{object} already configures {host}{detail}")]
    UserConfig {
        /// The user's object.
        object: String,
        /// The host that both configure.
        host: String,
        /// Which part is affected; empty when it is the whole host.
        detail: String,
    },
    /// An object of the same kind and name exists, and it is not ours.
    #[error("{object} exists and is not managed here; it is left alone")]
    ForeignObject {
        /// The object in the way.
        object: String,
    },
    /// Two destinations want to write the same object, because they stand for the same service.
    #[error("{object} is written for {by} already")]
    OutputTaken {
        /// The object.
        object: String,
        /// The destination that it is written for.
        by: Box<InputRef>,
    },
    /// No identity can be derived for a cluster.
    #[error("{field}: no mesh with identities is known in cluster {cluster}")]
    IdentityUnknown {
        /// Where the cluster is named.
        field: String,
        /// The cluster.
        cluster: Istr,
    },
    /// No access policy is in force although one selects the destination.
    #[error("nothing restricts access to {destination}")]
    Unrestricted {
        /// The destination.
        destination: InputRef,
    },
    /// No access policy is in force although one selects the destination, and what no policy allows is forbidden.
    #[error(
        "nobody has access to {destination}: none of its access policies is in force, and globalAccessPolicy \
         forbids what they do not allow"
    )]
    Closed {
        /// The destination.
        destination: InputRef,
    },
    /// A mesh belongs to one virtual mesh only, and another one has it.
    #[error("{mesh} already belongs to {by}")]
    MeshTaken {
        /// The mesh.
        mesh: InputRef,
        /// The virtual mesh that keeps it.
        by: Box<InputRef>,
    },
    /// Traffic from other clusters has no way into a mesh.
    #[error(
        "{mesh} has no gateway for traffic from other clusters; select a service of it in \
         spec.federation.ingressGatewaySelectors, or label the pods of one istio: ingressgateway"
    )]
    GatewayMissing {
        /// The mesh.
        mesh: InputRef,
    },
    /// A service cannot take traffic from other clusters.
    #[error("gateway {gateway}: {reason}")]
    GatewayUnfit {
        /// The service.
        gateway: InputRef,
        /// What is wrong with it.
        reason: String,
    },
    /// Meshes of different kinds do not reach each other.
    #[error("{mesh} runs {platform} and cannot reach destinations of {home_platform} meshes")]
    OtherMeshKind {
        /// The mesh of the clients.
        mesh: InputRef,
        /// What it runs.
        platform: &'static str,
        /// What the mesh of the destination runs.
        home_platform: &'static str,
    },
    /// Clients could not resolve the host name.
    #[error(
        "{mesh} does not have smart DNS proxying enabled, without which its clients cannot resolve names that \
         end in {suffix}; set ISTIO_META_DNS_CAPTURE there, or let hostnameSuffix end in global"
    )]
    NameUnresolvable {
        /// The mesh of the clients.
        mesh: InputRef,
        /// The end of the names.
        suffix: Istr,
    },
    /// Names under a suffix are those of services within a cluster.
    #[error(
        "spec.federation.hostnameSuffix is {suffix}, but names like {names} are those of services within cluster \
         {cluster}, whose domain is {domain}; choose a suffix that no cluster has in its domain"
    )]
    SuffixLocal {
        /// The suffix.
        suffix: Istr,
        /// The names, as a pattern.
        names: String,
        /// The cluster.
        cluster: Istr,
        /// How names within it end.
        domain: Istr,
    },
    /// Two objects want the same host name.
    #[error("{hostname} belongs to {by} already")]
    HostnameTaken {
        /// The name.
        hostname: Istr,
        /// Who has it.
        by: Box<InputRef>,
    },
    /// A host name that may mean something else at any time.
    #[error("{hostname} is reserved for {purpose}")]
    HostnameReserved {
        /// The name.
        hostname: Istr,
        /// What such names are for.
        purpose: String,
    },
    /// A list of identities that selects nobody; taking it as "anybody" would open the destination.
    #[error("{field} selects no identity")]
    NoIdentity {
        /// The list.
        field: String,
    },
}

impl Rejection {
    /// Stable machine-readable name of the reason.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Undecodable { .. } => "Undecodable",
            Self::RefIncomplete { .. } => "RefIncomplete",
            Self::RefNotFound { .. } => "RefNotFound",
            Self::NotFederated { .. } => "NotFederated",
            Self::NotInForce { .. } => "NotInForce",
            Self::PortUnknown { .. } => "PortUnknown",
            Self::PortAmbiguous { .. } => "PortAmbiguous",
            Self::InvalidValue { .. } => "InvalidValue",
            Self::FieldTaken { .. } => "FieldTaken",
            Self::Unsupported { .. } => "Unsupported",
            Self::Unfit { .. } => "Unfit",
            Self::UserConfig { .. } => "UserConfig",
            Self::ForeignObject { .. } => "ForeignObject",
            Self::OutputTaken { .. } => "OutputTaken",
            Self::IdentityUnknown { .. } => "IdentityUnknown",
            Self::Unrestricted { .. } => "Unrestricted",
            Self::Closed { .. } => "Closed",
            Self::MeshTaken { .. } => "MeshTaken",
            Self::GatewayMissing { .. } => "GatewayMissing",
            Self::GatewayUnfit { .. } => "GatewayUnfit",
            Self::OtherMeshKind { .. } => "OtherMeshKind",
            Self::NameUnresolvable { .. } => "NameUnresolvable",
            Self::SuffixLocal { .. } => "SuffixLocal",
            Self::HostnameTaken { .. } => "HostnameTaken",
            Self::HostnameReserved { .. } => "HostnameReserved",
            Self::NoIdentity { .. } => "NoIdentity",
        }
    }

    /// The path of the field concerned, where there is one.
    pub fn field(&self) -> Option<&str> {
        match self {
            Self::Undecodable { path, .. } => Some(path),
            Self::FieldTaken { field, .. } => Some(field),
            Self::SuffixLocal { .. } => Some(crate::resolve::virtual_mesh::SUFFIX_FIELD),
            Self::RefIncomplete { field, .. }
            | Self::RefNotFound { field, .. }
            | Self::NotFederated { field, .. }
            | Self::NotInForce { field, .. }
            | Self::PortUnknown { field, .. }
            | Self::PortAmbiguous { field, .. }
            | Self::InvalidValue { field, .. }
            | Self::Unsupported { field, .. }
            | Self::IdentityUnknown { field, .. }
            | Self::NoIdentity { field } => Some(field),
            Self::Unfit { .. }
            | Self::UserConfig { .. }
            | Self::ForeignObject { .. }
            | Self::OutputTaken { .. }
            | Self::Unrestricted { .. }
            | Self::Closed { .. }
            | Self::MeshTaken { .. }
            | Self::GatewayMissing { .. }
            | Self::GatewayUnfit { .. }
            | Self::OtherMeshKind { .. }
            | Self::NameUnresolvable { .. }
            | Self::HostnameTaken { .. }
            | Self::HostnameReserved { .. } => None,
        }
    }
}

/// What the author of an accepted policy should know: it is in force, but perhaps not as they think.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Warning {
    /// A field that nothing here acts on.
    #[error("{field} has no effect here{detail}")]
    NoEffect {
        /// The field.
        field: String,
        /// Why, or what happens instead; empty or starting with a separator.
        detail: &'static str,
    },
    /// A field that exists for old objects only.
    #[error("{field} is deprecated; use {instead}")]
    Deprecated {
        /// The field.
        field: String,
        /// What to write today.
        instead: &'static str,
    },
    /// Something unknown was found and left out.
    #[error("unknown field {field} is ignored")]
    UnknownField {
        /// The field.
        field: String,
    },
    /// A value is allowed but probably does not do what was meant.
    #[error("{field}: {note}")]
    Unwise {
        /// The field.
        field: String,
        /// What happens.
        note: String,
    },
    /// An earlier version of the policy is in force instead of the current one.
    #[error("generation {generation} stays in force")]
    LastGood {
        /// The generation in force.
        generation: i64,
    },
    /// Nothing is selected.
    #[error("{field} selects nothing{detail}")]
    SelectsNothing {
        /// The selector.
        field: Istr,
        /// What of; empty or starting with a separator.
        detail: &'static str,
    },
    /// No backend drives the destination's mesh.
    #[error("not translated: {reason}")]
    NotTranslated {
        /// Why.
        reason: String,
    },
    /// The destination cannot take policies of this kind and was selected only broadly.
    #[error("{destination} {reason}; the policy has no effect there")]
    Unfit {
        /// The destination.
        destination: InputRef,
        /// What it lacks.
        reason: &'static str,
    },
    /// Configuration that a user wrote for the mesh governs the same host.
    #[error("{object} also configures {host}{detail}")]
    UserConfig {
        /// The user's object.
        object: String,
        /// The host that both configure.
        host: String,
        /// Who wins, and where.
        detail: String,
    },
    /// Requests that no route matches are answered with 404.
    #[error("requests to {host} that no route matches are answered with 404; add a policy without matchers")]
    Unmatched {
        /// The host.
        host: Istr,
    },
    /// Two services select the same workloads, so the rules of both open them.
    #[error("{other} selects the same workloads; rules of both open them")]
    SharedWorkloads {
        /// The other destination.
        other: InputRef,
    },
    /// Identities of clusters with one trust domain cannot be told apart.
    #[error("clusters {clusters} share trust domain {trust_domain}; their identities cannot be told apart")]
    SharedTrustDomain {
        /// The clusters, joined by commas.
        clusters: String,
        /// What they share.
        trust_domain: Istr,
    },
    /// Nobody can reach a gateway yet.
    #[error("waiting for external address of gateway {gateway}")]
    GatewayWaiting {
        /// The gateway.
        gateway: InputRef,
    },
    /// A destination is seen by fewer meshes than asked for.
    #[error("not seen by {mesh}: {reason}")]
    ClientLeftOut {
        /// The mesh of the clients.
        mesh: InputRef,
        /// Why.
        reason: Box<Rejection>,
    },
    /// A whole kind of objects in the input is not read.
    #[error("{count} of {api_version} {kind} are not read")]
    KindUnread {
        /// Group and version.
        api_version: String,
        /// Kind.
        kind: String,
        /// How many there are.
        count: usize,
    },
}

impl Warning {
    /// Stable machine-readable name of the warning.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NoEffect { .. } => "NoEffect",
            Self::Deprecated { .. } => "Deprecated",
            Self::UnknownField { .. } => "UnknownField",
            Self::Unwise { .. } => "Unwise",
            Self::LastGood { .. } => "LastGood",
            Self::SelectsNothing { .. } => "SelectsNothing",
            Self::NotTranslated { .. } => "NotTranslated",
            Self::Unfit { .. } => "Unfit",
            Self::UserConfig { .. } => "UserConfig",
            Self::Unmatched { .. } => "Unmatched",
            Self::SharedWorkloads { .. } => "SharedWorkloads",
            Self::SharedTrustDomain { .. } => "SharedTrustDomain",
            Self::GatewayWaiting { .. } => "GatewayWaiting",
            Self::ClientLeftOut { .. } => "ClientLeftOut",
            Self::KindUnread { .. } => "KindUnread",
        }
    }

    /// The path of the field concerned, where there is one.
    pub fn field(&self) -> Option<&str> {
        match self {
            Self::SelectsNothing { field, .. } => Some(field),
            Self::NoEffect { field, .. }
            | Self::Deprecated { field, .. }
            | Self::UnknownField { field }
            | Self::Unwise { field, .. } => Some(field),
            Self::LastGood { .. }
            | Self::NotTranslated { .. }
            | Self::Unfit { .. }
            | Self::UserConfig { .. }
            | Self::Unmatched { .. }
            | Self::SharedWorkloads { .. }
            | Self::SharedTrustDomain { .. }
            | Self::GatewayWaiting { .. }
            | Self::ClientLeftOut { .. }
            | Self::KindUnread { .. } => None,
        }
    }
}
