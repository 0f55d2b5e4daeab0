//! `retries` → `retries`.

use gloo_core::Istr;
use gloo_core::context::Context;
use gloo_core::model::RouteSettings;

use crate::wire::{Retries, Settings};

/// Without this list neither an answered 503 nor an expired try is tried again.
const RETRY_ON: &str = "connect-failure,refused-stream,unavailable,cancelled,gateway-error";

/// No attempts switch Istio's own retries off; nothing else may stand beside them.
pub(super) fn pass(_: Context<'_>, _: &Istr, wanted: &RouteSettings<'_>, draft: &mut Settings) {
    draft.retries = wanted.retry.as_ref().map(|retry| {
        let retry = retry.value;
        Retries {
            attempts: retry.attempts,
            per_try_timeout: retry.per_try_timeout,
            retry_on: (retry.attempts > 0).then_some(RETRY_ON),
        }
    });
}
