//! Conditions on requests.

use super::wire::message;
use crate::Istr;

message! {
    /// A condition on a text. Exactly one of `exact`, `prefix`, `regex` and `suffix` is meant to be set; none is no condition.
    #[derive(Eq)]
    pub struct StringMatch {
        /// The text equals this.
        pub exact: Option<Istr>,
        /// The text starts with this.
        pub prefix: Option<Istr>,
        /// The whole text matches this regular expression (RE2 syntax).
        pub regex: Option<Istr>,
        /// The text ends with this.
        pub suffix: Option<Istr>,
        /// Whether `exact`, `prefix` and `suffix` ignore the case of letters. Does not change `regex`.
        pub ignore_case: bool,
    }

    /// Conditions on an HTTP request; all that are given must hold.
    #[derive(Eq)]
    pub struct HttpMatcher {
        /// Label for access logs; has no effect on matching.
        pub name: Istr,
        /// Condition on the path.
        pub uri: Option<StringMatch>,
        /// Conditions on headers.
        pub headers: Vec<HeaderMatcher>,
        /// Conditions on the parameters of the query.
        pub query_parameters: Vec<QueryParameterMatcher>,
        /// The HTTP method, such as `GET`. Empty: any method.
        pub method: Istr,
        /// Deprecated, use `uri.prefix`: the path starts with this. Ignored when `uri` is present.
        pub prefix: Option<Istr>,
        /// Deprecated, use `uri.exact`: the path equals this. Ignored when `uri` is present.
        pub exact: Option<Istr>,
        /// Deprecated, use `uri.regex`: the path matches this regular expression. Ignored when `uri` is present.
        pub regex: Option<Istr>,
    }

    /// A condition on a request header.
    #[derive(Eq)]
    pub struct HeaderMatcher {
        /// Name of the header.
        pub name: Istr,
        /// Expected value. Empty: the header is present, whatever its value.
        pub value: Istr,
        /// Whether `value` is a regular expression (RE2 syntax, matching the whole value).
        pub regex: bool,
        /// Whether the condition is turned round.
        pub invert_match: bool,
    }

    /// A condition on a parameter of the query.
    #[derive(Eq)]
    pub struct QueryParameterMatcher {
        /// Name of the parameter.
        pub name: Istr,
        /// Expected value.
        pub value: Istr,
        /// Whether `value` is a regular expression (RE2 syntax, matching the whole value).
        pub regex: bool,
    }
}

impl HttpMatcher {
    /// Says whether one of the deprecated members `prefix`, `exact` and `regex` is present.
    pub fn is_deprecated_form(&self) -> bool {
        self.prefix.is_some() || self.exact.is_some() || self.regex.is_some()
    }

    /// Returns the condition on the path, wherever it was written.
    ///
    /// `uri` wins when it is present, even when it is empty; else the one deprecated member is read as
    /// the member of `uri` with the same name.
    pub fn path(&self) -> Option<StringMatch> {
        if self.uri.is_some() || !self.is_deprecated_form() {
            return self.uri.clone();
        }
        Some(StringMatch {
            exact: self.exact.clone(),
            prefix: self.prefix.clone(),
            regex: self.regex.clone(),
            ..StringMatch::default()
        })
    }

    /// Returns the same matcher in the form without deprecated members.
    #[must_use]
    pub fn canonical(&self) -> Self {
        Self { uri: self.path(), prefix: None, exact: None, regex: None, ..self.clone() }
    }
}
