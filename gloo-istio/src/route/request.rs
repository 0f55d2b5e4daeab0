//! Conditions on clients and requests → `match`.

use std::collections::BTreeMap;

use gloo_core::Istr;
use gloo_core::model::{HeaderMatch, PathMatch, Request, Route, ValueMatch};

use crate::wire::{HttpMatch, StringMatch};

pub(super) fn condition(route: &Route<'_>) -> HttpMatch {
    let Request { name, path, ignore_case, headers, query, method } = route.request;
    HttpMatch {
        name: name.clone(),
        uri: path.as_ref().map(|path| match path {
            PathMatch::Exact(text) => StringMatch::Exact(text.clone()),
            PathMatch::Prefix(text) => StringMatch::Prefix(text.clone()),
            PathMatch::Regex(text) => StringMatch::Regex(text.clone()),
        }),
        ignore_uri_case: *ignore_case,
        method: method.clone().map(StringMatch::Exact),
        headers: with(headers, false),
        without_headers: with(headers, true),
        query_params: query.iter().map(|(name, wanted)| (name.clone(), value(wanted))).collect(),
        source_namespace: route.source.namespace.clone(),
        source_labels: route.source.labels.clone(),
        port: route.port,
    }
}

fn with(headers: &BTreeMap<Istr, HeaderMatch>, invert: bool) -> BTreeMap<Istr, StringMatch> {
    let wanted = headers.iter().filter(|(_, header)| header.invert == invert);
    wanted.map(|(name, header)| (name.clone(), value(&header.value))).collect()
}

fn value(wanted: &ValueMatch) -> StringMatch {
    match wanted {
        ValueMatch::Present => StringMatch::Present,
        ValueMatch::Exact(text) => StringMatch::Exact(text.clone()),
        ValueMatch::Regex(text) => StringMatch::Regex(text.clone()),
    }
}
