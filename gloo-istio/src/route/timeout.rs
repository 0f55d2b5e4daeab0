//! `requestTimeout` → `timeout`.

use gloo_core::Istr;
use gloo_core::context::Context;
use gloo_core::model::RouteSettings;

use crate::wire::Settings;

/// A limit that is taken away is not written: Istio has none by default.
pub(super) fn pass(_: Context<'_>, _: &Istr, wanted: &RouteSettings<'_>, draft: &mut Settings) {
    draft.timeout = wanted.timeout.as_ref().and_then(|timeout| timeout.value.0);
}
