//! Which requests a policy is about, and which of two descriptions is the more specific one.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::fmt;

use crate::Istr;
use crate::api::{HeaderMatcher, HttpMatcher, QueryParameterMatcher, StringMatch};
use crate::check::{Checks, is_token};
use crate::pattern;
use crate::rejection::Warning;

/// A condition on requests; the default one holds for every request.
///
/// Two conditions that differ only in [`Request::name`] or in the order of their parts are equal.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// Label for access logs; takes no part in comparisons.
    pub name: Option<Istr>,
    /// What the path must be.
    pub path: Option<PathMatch>,
    /// Whether the case of an exact or prefix path is ignored.
    pub ignore_case: bool,
    /// What headers must be, by lower-case name.
    pub headers: BTreeMap<Istr, HeaderMatch>,
    /// What query parameters must be, by name.
    pub query: BTreeMap<Istr, QueryMatch>,
    /// The HTTP method.
    pub method: Option<Istr>,
}

/// What a path must be.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PathMatch {
    /// The whole path.
    Exact(Istr),
    /// Its beginning.
    Prefix(Istr),
    /// A regular expression for the whole path. Conditions on the end of a path arrive in this form.
    Regex(Istr),
}

/// What a value must be.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ValueMatch {
    /// It is there, with whatever value.
    Present,
    /// The whole value.
    Exact(Istr),
    /// A regular expression for the whole value.
    Regex(Istr),
}

/// What a header must be, or must not be.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct HeaderMatch {
    /// The condition.
    pub value: ValueMatch,
    /// Whether the condition must not hold.
    pub invert: bool,
}

/// What a query parameter must be.
pub type QueryMatch = ValueMatch;

impl Request {
    /// Whether every request meets the condition.
    pub fn is_any(&self) -> bool {
        self.path.is_none() && self.headers.is_empty() && self.query.is_empty() && self.method.is_none()
    }

    /// Whether no request can miss the condition: it holds for every request, or for every path that
    /// begins with `/`.
    pub fn takes_all(&self) -> bool {
        let every_path = match &self.path {
            None => true,
            Some(PathMatch::Prefix(prefix)) => &**prefix == "/",
            Some(PathMatch::Exact(_) | PathMatch::Regex(_)) => false,
        };
        every_path && self.headers.is_empty() && self.query.is_empty() && self.method.is_none()
    }

    /// Compares by specificity: the request that must be tried first is the lesser.
    ///
    /// Longer exact paths come first, then longer regular expressions, then longer prefixes; then more
    /// headers, more query parameters. `by_source` compares what stands between those and the method.
    pub(crate) fn specificity(&self, other: &Self, by_source: impl FnOnce() -> Ordering) -> Ordering {
        fn method(request: &Request) -> (bool, std::cmp::Reverse<Option<&Istr>>) {
            (request.method.is_none(), std::cmp::Reverse(request.method.as_ref()))
        }
        path_rank(self)
            .cmp(&path_rank(other))
            .then_with(|| other.count_headers(false).cmp(&self.count_headers(false)))
            .then_with(|| other.query.len().cmp(&self.query.len()))
            .then_with(by_source)
            .then_with(|| method(self).cmp(&method(other)))
            .then_with(|| other.count_headers(true).cmp(&self.count_headers(true)))
    }

    fn count_headers(&self, invert: bool) -> usize {
        self.headers.values().filter(|header| header.invert == invert).count()
    }

    fn key(&self) -> impl Ord + '_ {
        (&self.path, self.ignore_case, &self.headers, &self.query, &self.method)
    }

    /// Reads one matcher of `httpRequestMatchers`.
    pub(crate) fn read(matcher: &HttpMatcher, index: usize, checks: &mut Checks) -> Self {
        let field = format!("spec.httpRequestMatchers[{index}]");
        let deprecated = [
            ("prefix", matcher.prefix.is_some()),
            ("exact", matcher.exact.is_some()),
            ("regex", matcher.regex.is_some()),
        ];
        for (name, _) in deprecated.into_iter().filter(|(_, present)| *present) {
            let field = format!("{field}.{name}");
            if matcher.uri.is_some() {
                checks.no_effect(field, ": uri stands beside it");
            } else {
                checks.warn(Warning::Deprecated { field, instead: "uri" });
            }
        }
        let uri = matcher.path();
        let method = (!matcher.method.is_empty()).then(|| matcher.method.clone());
        if let Some(method) = &method
            && method.bytes().any(|byte| !is_token(byte) || byte.is_ascii_lowercase())
        {
            checks.invalid(format!("{field}.method"), format!("{method:?}"), "an upper-case HTTP method");
        }
        let path = uri.as_ref().and_then(|uri| read_path(uri, &field, checks));
        Self {
            name: (!matcher.name.is_empty()).then(|| matcher.name.clone()),
            ignore_case: uri.as_ref().is_some_and(|uri| uri.ignore_case)
                && !matches!(path, None | Some(PathMatch::Regex(_))),
            path,
            headers: read_headers(&matcher.headers, &field, checks),
            query: read_query(&matcher.query_parameters, &field, checks),
            method,
        }
    }
}

impl fmt::Display for Request {
    /// Writes `prefix /v1, method GET, header x-b = 1`; nothing for every request.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut parts = Vec::new();
        match &self.path {
            Some(PathMatch::Exact(text)) => parts.push(format!("path {text}")),
            Some(PathMatch::Prefix(text)) => parts.push(format!("prefix {text}")),
            Some(PathMatch::Regex(text)) => parts.push(format!("path regex {text}")),
            None => (),
        }
        if self.ignore_case {
            parts.push("any case".to_owned());
        }
        parts.extend(self.method.iter().map(|method| format!("method {method}")));
        parts.extend(self.headers.iter().map(|(name, header)| {
            let not = if header.invert { "not " } else { "" };
            format!("{not}header {name}{}", header.value)
        }));
        parts.extend(self.query.iter().map(|(name, value)| format!("query {name}{value}")));
        f.write_str(&parts.join(", "))
    }
}

impl fmt::Display for ValueMatch {
    /// Writes ` = text` or ` ~ regex`; nothing if any value will do.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Present => Ok(()),
            Self::Exact(text) => write!(f, " = {text}"),
            Self::Regex(text) => write!(f, " ~ {text}"),
        }
    }
}

impl PartialEq for Request {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Request {}

impl PartialOrd for Request {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Request {
    fn cmp(&self, other: &Self) -> Ordering {
        self.key().cmp(&other.key())
    }
}

/// Rank of a path: exact before regular expression before prefix before none; longer first, then by text.
fn path_rank(request: &Request) -> (u8, std::cmp::Reverse<usize>, &str) {
    let (rank, text): (u8, &str) = match &request.path {
        Some(PathMatch::Exact(text)) => (0, text),
        Some(PathMatch::Regex(text)) => (1, text),
        Some(PathMatch::Prefix(text)) => (2, text),
        None => (3, ""),
    };
    (rank, std::cmp::Reverse(text.len()), text)
}

fn read_path(uri: &StringMatch, field: &str, checks: &mut Checks) -> Option<PathMatch> {
    let StringMatch { exact, prefix, regex, suffix, ignore_case } = uri;
    if let Some(exact) = exact {
        check_path(exact, &format!("{field}.uri.exact"), checks);
        Some(PathMatch::Exact(exact.clone()))
    } else if let Some(prefix) = prefix {
        check_path(prefix, &format!("{field}.uri.prefix"), checks);
        Some(PathMatch::Prefix(prefix.clone()))
    } else if let Some(regex) = regex {
        checks.regex(&format!("{field}.uri.regex"), regex);
        Some(PathMatch::Regex(regex.clone()))
    } else if let Some(suffix) = suffix {
        let case = if *ignore_case { "(?i)" } else { "" };
        let text = format!("{case}.*{}", pattern::escape(suffix));
        checks.regex(&format!("{field}.uri.suffix"), &text);
        Some(PathMatch::Regex(text.into()))
    } else {
        checks.no_effect(format!("{field}.uri"), ": it names no path, so every path is meant");
        None
    }
}

fn check_path(path: &str, field: &str, checks: &mut Checks) {
    if path.is_empty() {
        checks.invalid(field, "empty", "a path");
    } else if path.contains(['?', '#']) {
        checks.unwise(field, "a path ends before ? and #, so no request has this one");
    } else if !path.starts_with('/') && path != "*" {
        checks.unwise(field, "no request has a path that does not begin with /");
    }
}

fn read_headers(matchers: &[HeaderMatcher], field: &str, checks: &mut Checks) -> BTreeMap<Istr, HeaderMatch> {
    let mut headers = BTreeMap::new();
    for (index, matcher) in matchers.iter().enumerate() {
        let field = format!("{field}.headers[{index}]");
        if !matches!(&*matcher.name, ":authority" | ":method" | ":path" | ":scheme") {
            checks.header_name(&format!("{field}.name"), &matcher.name);
        }
        let value = read_value(&matcher.value, matcher.regex, &field, checks);
        if let (true, ValueMatch::Regex(text)) = (matcher.invert_match, &value)
            && pattern::matches_empty(text)
        {
            checks.unwise(format!("{field}.value"), "it matches the empty text, and a missing header counts as empty: requests without it are left out");
        }
        let wanted = HeaderMatch { value, invert: matcher.invert_match };
        let name: Istr = matcher.name.to_ascii_lowercase().into();
        if headers.insert(name, wanted.clone()).is_some_and(|earlier| earlier != wanted) {
            checks.invalid(format!("{field}.name"), &matcher.name, "each header once in a matcher");
        }
    }
    headers
}

fn read_query(
    matchers: &[QueryParameterMatcher],
    field: &str,
    checks: &mut Checks,
) -> BTreeMap<Istr, QueryMatch> {
    let mut query = BTreeMap::new();
    for (index, matcher) in matchers.iter().enumerate() {
        let field = format!("{field}.queryParameters[{index}]");
        if matcher.name.is_empty() || matcher.name.len() > 1024 {
            let length = format!("{} bytes long", matcher.name.len());
            checks.invalid(
                format!("{field}.name"),
                length,
                "the name of a query parameter, up to 1024 bytes",
            );
        }
        let wanted = read_value(&matcher.value, matcher.regex, &field, checks);
        if query.insert(matcher.name.clone(), wanted.clone()).is_some_and(|earlier| earlier != wanted) {
            checks.invalid(format!("{field}.name"), &matcher.name, "each query parameter once in a matcher");
        }
    }
    query
}

/// Reads a value to compare with; an empty one means that anything may stand there.
fn read_value(value: &Istr, regex: bool, field: &str, checks: &mut Checks) -> ValueMatch {
    if value.chars().any(char::is_control) {
        checks.invalid(format!("{field}.value"), format!("{value:?}"), "a text without control characters");
    }
    if value.is_empty() {
        ValueMatch::Present
    } else if regex {
        checks.regex(&format!("{field}.value"), value);
        ValueMatch::Regex(value.clone())
    } else {
        ValueMatch::Exact(value.clone())
    }
}
