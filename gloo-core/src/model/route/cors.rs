//! Which web pages of other origins may call.

use crate::Istr;
use crate::api::{CorsPolicy, Duration, StringMatch};
use crate::check::{Checks, is_token};
use crate::pattern;

/// Where it stands in a policy.
pub const FIELD: &str = "spec.policy.corsPolicy";

/// Methods that a policy may allow; proxies refuse others.
const METHODS: [&str; 10] =
    ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "CONNECT", "OPTIONS", "TRACE", "*"];

/// Cross-origin resource sharing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cors {
    /// Origins that may call.
    pub allow_origins: Vec<OriginMatch>,
    /// Methods they may use.
    pub allow_methods: Vec<Istr>,
    /// Headers they may send.
    pub allow_headers: Vec<Istr>,
    /// Headers they may read.
    pub expose_headers: Vec<Istr>,
    /// How long a browser may remember the answer, in whole seconds.
    pub max_age: Option<Duration>,
    /// Whether requests may carry credentials.
    pub allow_credentials: Option<bool>,
}

/// What an origin must be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OriginMatch {
    /// The whole origin.
    Exact(Istr),
    /// Its beginning.
    Prefix(Istr),
    /// A regular expression for the whole origin; ends and ignored case arrive in this form.
    Regex(Istr),
}

impl Cors {
    /// Reads `corsPolicy`.
    pub(crate) fn read(cors: &CorsPolicy, checks: &mut Checks) -> Self {
        let CorsPolicy {
            allow_origins,
            allow_methods,
            allow_headers,
            max_age,
            expose_headers,
            allow_credentials,
        } = cors;
        if allow_origins.is_empty() {
            checks.no_effect(format!("{FIELD}.allowOrigins"), ": it is empty, so no origin may call");
        }
        for method in allow_methods {
            if !METHODS.contains(&&**method) {
                checks.invalid(format!("{FIELD}.allowMethods"), method, "a standard HTTP method or *");
            }
        }
        for (list, headers) in [("allowHeaders", allow_headers), ("exposeHeaders", expose_headers)] {
            for header in headers {
                if header.is_empty() || !header.bytes().all(is_token) {
                    checks.header_name(&format!("{FIELD}.{list}"), header);
                }
            }
        }
        if let Some(age) = max_age
            && (age.as_nanos() < 1_000_000_000 || age.as_nanos() % 1_000_000_000 != 0)
        {
            checks.invalid(format!("{FIELD}.maxAge"), age, "at least 1s, in whole seconds");
        }
        let origins = allow_origins.iter().enumerate();
        Self {
            allow_origins: origins.filter_map(|(index, origin)| read_origin(origin, index, checks)).collect(),
            allow_methods: allow_methods.clone(),
            allow_headers: allow_headers.clone(),
            expose_headers: expose_headers.clone(),
            max_age: *max_age,
            allow_credentials: *allow_credentials,
        }
    }
}

/// Reads one origin; the end of an origin and ignored case become regular expressions.
fn read_origin(origin: &StringMatch, index: usize, checks: &mut Checks) -> Option<OriginMatch> {
    let StringMatch { exact, prefix, regex, suffix, ignore_case } = origin;
    let field = format!("{FIELD}.allowOrigins[{index}]");
    let (text, before, after) = match (exact, prefix, regex, suffix) {
        (Some(text), _, _, _) => (text, "", ""),
        (_, Some(text), _, _) => (text, "", ".*"),
        (_, _, Some(text), _) => {
            checks.regex(&format!("{field}.regex"), text);
            return Some(OriginMatch::Regex(text.clone()));
        }
        (_, _, _, Some(text)) => (text, ".*", ""),
        _ => {
            checks.invalid(field, "empty", "one of exact, prefix, suffix and regex");
            return None;
        }
    };
    if text.is_empty() {
        checks.invalid(field, "empty", "an origin such as https://app.example");
        return None;
    }
    Some(match (exact, prefix) {
        (Some(text), _) if !ignore_case => OriginMatch::Exact(text.clone()),
        (_, Some(text)) if !ignore_case => OriginMatch::Prefix(text.clone()),
        _ => {
            let case = if *ignore_case { "(?i)" } else { "" };
            let regex = format!("{case}{before}{}{after}", pattern::escape(text));
            checks.regex(&field, &regex);
            OriginMatch::Regex(regex.into())
        }
    })
}
