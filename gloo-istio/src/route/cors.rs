//! `corsPolicy` → `corsPolicy`.

use gloo_core::Istr;
use gloo_core::context::Context;
use gloo_core::model::RouteSettings;
use gloo_core::model::route::{Cors, OriginMatch};

use crate::wire::{CorsPolicy, Settings, StringMatch};

pub(super) fn pass(_: Context<'_>, _: &Istr, wanted: &RouteSettings<'_>, draft: &mut Settings) {
    draft.cors_policy = wanted.cors.as_ref().map(|cors| {
        let Cors { allow_origins, allow_methods, allow_headers, expose_headers, max_age, allow_credentials } =
            cors.value;
        CorsPolicy {
            allow_origins: allow_origins.iter().map(origin).collect(),
            allow_methods: allow_methods.clone(),
            allow_headers: allow_headers.clone(),
            expose_headers: expose_headers.clone(),
            max_age: *max_age,
            allow_credentials: *allow_credentials,
        }
    });
}

fn origin(origin: &OriginMatch) -> StringMatch {
    match origin {
        OriginMatch::Exact(text) => StringMatch::Exact(text.clone()),
        OriginMatch::Prefix(text) => StringMatch::Prefix(text.clone()),
        OriginMatch::Regex(text) => StringMatch::Regex(text.clone()),
    }
}
