//! Changes to the headers of requests and responses.

use crate::Istr;
use crate::api::HeaderManipulation;
use crate::check::{Checks, is_token};
use crate::istr::Labels;

/// Where it stands in a policy.
pub const FIELD: &str = "spec.policy.headerManipulation";

/// Longest value that proxies add, in bytes.
const MAX_VALUE: usize = 16_384;

/// Headers that are added and removed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HeaderChanges {
    /// Added to requests.
    pub add_to_request: Labels,
    /// Removed from requests.
    pub remove_from_request: Vec<Istr>,
    /// Added to responses.
    pub add_to_response: Labels,
    /// Removed from responses.
    pub remove_from_response: Vec<Istr>,
}

impl HeaderChanges {
    /// Reads a `headerManipulation` that stands at `field`.
    pub(crate) fn read(headers: &HeaderManipulation, field: &str, checks: &mut Checks) -> Self {
        let HeaderManipulation {
            append_request_headers,
            remove_request_headers,
            append_response_headers,
            remove_response_headers,
        } = headers;
        check_added(append_request_headers, &format!("{field}.appendRequestHeaders"), checks);
        check_added(append_response_headers, &format!("{field}.appendResponseHeaders"), checks);
        check_removed(remove_request_headers, &format!("{field}.removeRequestHeaders"), checks);
        check_removed(remove_response_headers, &format!("{field}.removeResponseHeaders"), checks);
        if remove_response_headers.iter().any(|name| name.eq_ignore_ascii_case("server")) {
            checks
                .no_effect(format!("{field}.removeResponseHeaders"), " for server: the proxy writes it anew");
        }
        Self {
            add_to_request: append_request_headers.clone(),
            remove_from_request: remove_request_headers.clone(),
            add_to_response: append_response_headers.clone(),
            remove_from_response: remove_response_headers.clone(),
        }
    }

    /// Whether nothing is changed.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

fn check_added(headers: &Labels, field: &str, checks: &mut Checks) {
    let authority = |name: &str| name.eq_ignore_ascii_case("host") || name.eq_ignore_ascii_case(":authority");
    if headers.keys().filter(|name| authority(name)).count() > 1 {
        checks.invalid(field, "host twice", "the host at most once");
    }
    for (name, value) in headers {
        if !authority(name) {
            checks.header_name(field, name);
        }
        if has_bare_percent(value) {
            checks.invalid(
                format!("{field}[{name}]"),
                format!("{value:?}"),
                "%% where a percent sign is meant",
            );
        }
        if value.len() > MAX_VALUE || value.chars().any(|c| c.is_control() && c != '\t') {
            checks.invalid(
                format!("{field}[{name}]"),
                format!("{value:?}"),
                "at most 16384 bytes without control characters",
            );
        }
    }
}

fn check_removed(names: &[Istr], field: &str, checks: &mut Checks) {
    for name in names {
        if name.eq_ignore_ascii_case("host") || name.starts_with(':') {
            checks.invalid(field, name, "headers other than host and those that begin with a colon");
        } else {
            checks.header_name(field, name);
        }
    }
}

/// Commands without arguments that proxies replace in header values.
const COMMANDS: [&str; 16] = [
    "DOWNSTREAM_REMOTE_ADDRESS",
    "DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT",
    "DOWNSTREAM_LOCAL_ADDRESS",
    "DOWNSTREAM_LOCAL_ADDRESS_WITHOUT_PORT",
    "DOWNSTREAM_LOCAL_PORT",
    "DOWNSTREAM_PEER_URI_SAN",
    "DOWNSTREAM_PEER_SUBJECT",
    "DOWNSTREAM_TLS_VERSION",
    "HOSTNAME",
    "PROTOCOL",
    "REQUESTED_SERVER_NAME",
    "RESPONSE_CODE",
    "RESPONSE_FLAGS",
    "ROUTE_NAME",
    "START_TIME",
    "UPSTREAM_REMOTE_ADDRESS",
];

/// Whether a `%` is neither doubled nor around a command that every proxy knows, such as `%REQ(x-id)%`. An
/// unknown command freezes the routes of a whole mesh.
fn has_bare_percent(value: &str) -> bool {
    let mut rest = value;
    while let Some((_, after)) = rest.split_once('%') {
        if let Some(doubled) = after.strip_prefix('%') {
            rest = doubled;
            continue;
        }
        let Some((command, after)) = after.split_once('%') else { return true };
        if !COMMANDS.contains(&command) && !copies_header(command) {
            return true;
        }
        rest = after;
    }
    false
}

/// Whether a command copies a header: `REQ(name)` or `RESP(name)`, perhaps with a length.
fn copies_header(command: &str) -> bool {
    let Some((name, rest)) = command
        .strip_prefix("REQ(")
        .or_else(|| command.strip_prefix("RESP("))
        .and_then(|rest| rest.split_once(')'))
    else {
        return false;
    };
    let length = rest.strip_prefix(':').unwrap_or("0");
    let name = name.strip_prefix(':').unwrap_or(name);
    let is_length =
        !length.is_empty() && length.len() < 6 && length.bytes().all(|byte| byte.is_ascii_digit());
    !name.is_empty() && name.bytes().all(is_token) && (rest.is_empty() || rest.starts_with(':')) && is_length
}

#[cfg(test)]
mod tests {
    use super::has_bare_percent;

    #[test]
    fn a_percent_sign_is_doubled_or_begins_a_command() {
        for good in ["", "plain", "100%%", "%REQ(x-id)%", "a%%b%START_TIME%c", "%REQ(:path):10%", "%RESP(x)%"]
        {
            assert!(!has_bare_percent(good), "{good}");
        }
        for bad in
            ["100%", "%", "5% of 10%", "%%%", "%lower%", "%FOO%", "%REQ%", "%REQ(%", "%REQ()%", "%REQ(x):%"]
        {
            assert!(has_bare_percent(bad), "{bad}");
        }
    }
}
