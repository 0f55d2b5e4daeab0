//! Dashboard: how people log in to a web console. Read and kept; without effect here.

use kube::CustomResource;

use super::approval::ApprovalState;
use super::duration::Duration;
use super::kind::{OneOf, kind};
use super::refs::ObjectRef;
use super::wire::{Empty, int64, message};
use crate::Istr;
use crate::istr::Labels;

message! {
    /// How people log in to a web console.
    #[derive(CustomResource, Eq)]
    #[kube(
        group = "settings.mesh.gloo.solo.io",
        version = "v1",
        kind = "Dashboard",
        plural = "dashboards",
        namespaced,
        status = "DashboardStatus",
        doc = "How people log in to a web console. Has no effect here.",
        schema = "manual",
        derive = "Default",
        derive = "PartialEq",
        shortname = "dash",
        shortname = "dashes",
        category = "gloo-mesh",
        category = "gloo-mesh-policy",
        label("app", "gloo-mesh"),
        label("app.kubernetes.io/name", "gloo-mesh"),
        printcolumn(name = "State", type_ = "string", json_path = ".status.state"),
        printcolumn(name = "Age", type_ = "date", json_path = ".metadata.creationTimestamp")
    )]
    pub struct DashboardSpec {
        /// Login. Absent: none is needed.
        pub auth: Option<DashboardAuth>,
    }

    /// Login.
    #[derive(Eq)]
    pub struct DashboardAuth {
        /// Login by OpenID Connect.
        pub oidc: Option<OidcConfig>,
    }

    /// Login by OpenID Connect.
    #[derive(Eq)]
    pub struct OidcConfig {
        /// Name of this client at the provider.
        pub client_id: Istr,
        /// Secret that holds this client's secret.
        pub client_secret: Option<ObjectRef>,
        /// URL of the provider; its configuration is found below at `.well-known/openid-configuration`.
        pub issuer_url: Istr,
        /// More parameters for the provider's authorization endpoint.
        pub auth_endpoint_query_params: Labels,
        /// More parameters for the provider's token endpoint.
        pub token_endpoint_query_params: Labels,
        /// URL of the console.
        pub app_url: Istr,
        /// Path below it to which the provider sends people back.
        pub callback_path: Istr,
        /// Path below it that logs people out. Empty: nobody logs out.
        pub logout_path: Istr,
        /// Scopes to ask for beside `openid`.
        pub scopes: Vec<Istr>,
        /// How a login is remembered.
        pub session: Option<SessionConfig>,
        /// Headers that carry the tokens to the console.
        pub header: Option<TokenHeaders>,
        /// What to take instead of the provider's own configuration.
        pub discovery_override: Option<DiscoveryOverride>,
        /// How often the provider's configuration is read.
        pub discovery_poll_interval: Option<Duration>,
        /// When the provider's keys are read again.
        pub jwks_cache_refresh_policy: Option<JwksCacheRefreshPolicy>,
    }

    /// How a login is remembered. At most one of `cookie` and `redis` is set.
    #[derive(Eq)]
    pub struct SessionConfig {
        /// Properties of the cookie.
        pub cookie_options: Option<CookieOptions>,
        /// In the cookie itself.
        pub cookie: Option<CookieSession>,
        /// In a Redis store.
        pub redis: Option<RedisSession>,
    }

    /// Properties of a cookie.
    #[derive(Eq)]
    pub struct CookieOptions {
        /// Lifetime in seconds. Absent: 30 days; 0: it never expires.
        #[schemars(extend("nullable" = true))]
        pub max_age: Option<u32>,
        /// Whether it is also sent over plain HTTP.
        pub not_secure: bool,
        /// Path it belongs to. Absent: `/`; empty: none.
        #[schemars(extend("nullable" = true))]
        pub path: Option<Istr>,
        /// Domain it belongs to.
        pub domain: Istr,
    }

    /// A login that is kept in the cookie.
    #[derive(Eq)]
    pub struct CookieSession {}

    /// A login that is kept in a Redis store.
    #[derive(Eq)]
    pub struct RedisSession {
        /// Address of the store.
        pub host: Istr,
        /// Number of the database.
        pub db: i32,
        /// Number of connections. Default: 10 for each processor.
        pub pool_size: i32,
        /// What all keys begin with.
        pub key_prefix: Istr,
        /// Name of the cookie. Default: `__session`.
        pub cookie_name: Istr,
        /// Whether a login is prolonged while it is used. Absent: yes.
        #[schemars(extend("nullable" = true))]
        pub allow_refreshing: Option<bool>,
    }

    /// Headers that carry tokens.
    #[derive(Eq)]
    pub struct TokenHeaders {
        /// Header for the identity token.
        pub id_token_header: Istr,
        /// Header for the access token.
        pub access_token_header: Istr,
    }

    /// What to take instead of a provider's own configuration.
    #[derive(Eq)]
    pub struct DiscoveryOverride {
        /// URL of the authorization endpoint.
        pub auth_endpoint: Istr,
        /// URL of the token endpoint.
        pub token_endpoint: Istr,
        /// URL of the keys.
        pub jwks_uri: Istr,
        /// Scopes.
        pub scopes: Vec<Istr>,
        /// Types of responses.
        pub response_types: Vec<Istr>,
        /// Types of subjects.
        pub subjects: Vec<Istr>,
        /// Algorithms of identity tokens.
        pub id_token_algs: Vec<Istr>,
        /// Ways in which a client proves who it is.
        pub auth_methods: Vec<Istr>,
        /// Claims.
        pub claims: Vec<Istr>,
    }

    /// When a provider's keys are read again. At most one member is set.
    #[derive(Eq)]
    pub struct JwksCacheRefreshPolicy {
        /// Only with the configuration. The default.
        pub never: Option<Empty>,
        /// Whenever a key is not known.
        pub always: Option<Empty>,
        /// Whenever a key is not known, so many times between two readings of the configuration.
        pub max_idp_req_per_polling_interval: Option<u32>,
    }

    /// What became of the dashboard.
    #[derive(Eq)]
    pub struct DashboardStatus {
        /// Generation of the object that this status is about.
        #[serde(deserialize_with = "int64")]
        pub observed_generation: i64,
        /// The verdict.
        pub state: ApprovalState,
        /// What is wrong with it.
        pub errors: Vec<Istr>,
    }
}

kind!(Dashboard {
    spec: DashboardSpec,
    status: DashboardStatus,
    group: "settings.mesh.gloo.solo.io",
    version: "v1",
    plural: "dashboards",
    one_ofs: [
        OneOf { path: "spec.auth.oidc.session", members: &["cookie", "redis"] },
        OneOf {
            path: "spec.auth.oidc.jwksCacheRefreshPolicy",
            members: &["never", "always", "maxIdpReqPerPollingInterval"],
        },
    ],
});
