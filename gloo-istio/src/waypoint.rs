//! The proxy in front of an ambient service.

use gloo_core::Istr;
use gloo_core::context::Context;
use gloo_core::index::Destination;

/// Label of a service, or of its namespace, that names its waypoint.
pub(crate) const USE_WAYPOINT: &str = "istio.io/use-waypoint";
/// Label beside it that names the namespace of the waypoint.
pub(crate) const USE_WAYPOINT_NAMESPACE: &str = "istio.io/use-waypoint-namespace";
/// Label on the pods of a gateway that names it.
const GATEWAY_NAME: &str = "gateway.networking.k8s.io/gateway-name";

/// A waypoint as far as access needs it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Waypoint {
    /// Where it runs.
    pub namespace: Istr,
    /// The service account it runs as.
    pub account: Istr,
}

/// The waypoint that a service names, if it names one.
///
/// Its service account is that of its workload; while that is not known, Istio's rule holds that a waypoint's
/// account is called like the waypoint.
pub(crate) fn of(cx: Context<'_>, destination: &Destination) -> Option<Waypoint> {
    let labels = destination.labels();
    let name = labels.get(USE_WAYPOINT).filter(|name| !name.is_empty() && &***name != "none")?;
    let namespace = labels.get(USE_WAYPOINT_NAMESPACE).unwrap_or(&destination.service.namespace);
    let cluster = &destination.service.cluster_name;
    let account = cx
        .workloads_with_label(cluster, namespace, GATEWAY_NAME, name)
        .find_map(|workload| workload.account().filter(|account| !account.is_empty()).cloned());
    Some(Waypoint { namespace: namespace.clone(), account: account.unwrap_or_else(|| name.clone()) })
}
