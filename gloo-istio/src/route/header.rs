//! `headerManipulation` → `headers`.

use gloo_core::Istr;
use gloo_core::context::Context;
use gloo_core::model::RouteSettings;
use gloo_core::model::route::HeaderChanges;

use crate::wire::{HeaderChange, Headers, Settings};

pub(super) fn pass(_: Context<'_>, _: &Istr, wanted: &RouteSettings<'_>, draft: &mut Settings) {
    draft.headers = wanted.headers.as_ref().and_then(|headers| write(headers.value));
}

/// Nothing if nothing is changed.
pub(super) fn write(changes: &HeaderChanges) -> Option<Headers> {
    if changes.is_empty() {
        return None;
    }
    let HeaderChanges { add_to_request, remove_from_request, add_to_response, remove_from_response } =
        changes;
    Some(Headers {
        request: HeaderChange { add: add_to_request.clone(), remove: remove_from_request.clone() },
        response: HeaderChange { add: add_to_response.clone(), remove: remove_from_response.clone() },
    })
}
