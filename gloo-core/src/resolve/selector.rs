//! Checks selectors of destinations outside of policies: what is wrong with one is told, and left out.

use crate::api::DestinationSelector;
use crate::check::Checks;
use crate::context::Context;
use crate::index::bad_ref;

/// Tells which references lead nowhere, which clusters nobody knows, and which selectors select nothing.
pub(crate) fn check(cx: Context<'_>, selectors: &[DestinationSelector], field: &str, checks: &mut Checks) {
    for (position, selector) in selectors.iter().enumerate() {
        let field = format!("{field}[{position}]");
        let services = selector.kube_service_refs.iter().flat_map(|refs| &refs.services);
        for (number, service) in services.enumerate() {
            let field = format!("{field}.kubeServiceRefs.services[{number}]");
            checks.errors.extend(bad_ref(cx, field, service));
        }
        let clusters = selector.kube_service_matcher.iter().flat_map(|matcher| &matcher.clusters);
        cx.check_clusters(clusters, &format!("{field}.kubeServiceMatcher.clusters"), checks);
        if selector.kube_service_matcher.is_none() && selector.kube_service_refs.is_none() {
            checks.no_effect(field, ": it selects nothing");
        }
    }
}
