//! How connections to a destination are secured.

use crate::api::{MtlsPolicy, TlsMode};
use crate::check::Checks;

/// Where it stands in a policy.
pub const FIELD: &str = "spec.policy.mtls";

/// Reads `mtls`. A mode that is not written is not chosen: it never switches encryption off.
pub(crate) fn read(mtls: &MtlsPolicy, checks: &mut Checks) -> Option<TlsMode> {
    let mode = mtls.istio.as_ref().and_then(|istio| istio.tls_mode);
    match mode {
        None => checks.no_effect(FIELD, ": no tlsMode is written"),
        Some(TlsMode::Simple) => checks.unwise(
            format!("{FIELD}.istio.tlsMode"),
            "SIMPLE verifies the server against public authorities; workloads of a mesh do not pass that",
        ),
        Some(_) => (),
    }
    mode
}
