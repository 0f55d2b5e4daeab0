//! A virtual destination: one host that clients call, and its share of the instances in each cluster.
//!
//! Clients send the same server name to every gateway, so each cluster has a host of that name which knows the
//! pods of that cluster only; thus no gateway ever passes a connection on to another cluster.

use gloo_core::Istr;
use gloo_core::backend::{Objection, Place, Sink};
use gloo_core::context::Context;
use gloo_core::index::Mesh;
use gloo_core::model::failover::{ClientSide, FailoverOrder, FailoverOutlier, ServerSide};
use gloo_core::model::{Failover, FailoverView, Subset};
use gloo_core::rejection::{Rejection, Warning};

use crate::exposure::connection_pool;
use crate::service_entry;
use crate::user_config::{self, Ours};
use crate::wire::{
    DESTINATION_RULE, DestinationRule, FailoverStep, LoadBalancer, LocalityLb, Location, OutlierDetection,
    Resolution, SERVICE_ENTRY, ServiceEntry, ServicePort, Subset as SubsetBody, Tls, TlsMode, TrafficPolicy,
    WorkloadEntry,
};

/// Labels that tell the rank of an endpoint: one of rank 0 has all, one of the last rank has none.
const RANK: &str = "failover.mesh.gloo.solo.io/rank-";

/// What speaks against clients of a mesh using a virtual destination.
pub(crate) fn objections(mesh: &Mesh, failover: &Failover) -> Vec<Objection> {
    if failover.order == FailoverOrder::Static && is_older(mesh, 18) {
        let context = format!("by Istio {} of {}; it needs 1.18 or newer", mesh.version, mesh.input);
        return vec![Objection::Reject(Rejection::Unsupported { field: "spec.static".to_owned(), context })];
    }
    Vec::new()
}

/// Whether a mesh is known to run an Istio before 1.`minor`.
fn is_older(mesh: &Mesh, minor: u32) -> bool {
    let mut parts = mesh.version.split(['.', '-']).map(|part| part.parse::<u32>().ok());
    matches!((parts.next().flatten(), parts.next().flatten()), (Some(1), Some(own)) if own < minor)
}

/// Writes what a virtual destination needs in one cluster.
pub(crate) fn write(cx: Context<'_>, view: &FailoverView<'_>, sink: &mut Sink<'_>) {
    if let Some(server) = &view.server {
        write_server(view, server, sink);
    }
    if let Some(client) = &view.client {
        write_client(cx, view, client, sink);
    }
}

fn port(failover: &Failover) -> ServicePort {
    let protocol = failover.protocol.word();
    ServicePort {
        number: failover.port,
        name: protocol.to_ascii_lowercase().into(),
        protocol: Some(protocol),
    }
}

fn write_server(view: &FailoverView<'_>, server: &ServerSide<'_>, sink: &mut Sink<'_>) {
    let name = &server.name;
    let FailoverView { failover, mesh: Mesh { cluster, root_namespace: namespace, .. }, .. } = *view;
    let export_to = service_entry::to_gateways(server.gateways, namespace);
    let entry = ServiceEntry {
        hosts: [failover.share.clone()],
        addresses: [server.address],
        export_to: export_to.clone(),
        location: Location::MeshInternal,
        resolution: service_entry::resolution(server.endpoints.iter()),
        ports: vec![port(failover)],
        endpoints: server.endpoints.iter().map(|it| service_entry::endpoint(it, &[])).collect(),
        subject_alt_names: Vec::new(),
    };
    sink.write(Place { kind: &SERVICE_ENTRY, cluster, namespace, name }, [], entry);
    if server.subsets.is_empty() {
        return;
    }
    let rule = DestinationRule {
        host: failover.share.clone(),
        export_to,
        traffic_policy: Some(TrafficPolicy {
            tls: Some(Tls { mode: TlsMode::IstioMutual, sni: None }),
            ..TrafficPolicy::default()
        }),
        subsets: crate::traffic::subsets(&server.subsets),
    };
    let place = Place { kind: &DESTINATION_RULE, cluster, namespace, name };
    sink.write(place, policies(&server.subsets), rule);
}

fn policies<'s>(subsets: &'s [Subset<'_>]) -> impl Iterator<Item = gloo_core::id::InputRef> + 's {
    subsets.iter().flat_map(|subset| subset.policies.iter().copied().cloned())
}

fn write_client(cx: Context<'_>, view: &FailoverView<'_>, client: &ClientSide<'_>, sink: &mut Sink<'_>) {
    let name = &client.name;
    let FailoverView { failover, mesh: Mesh { cluster, root_namespace: namespace, .. }, .. } = *view;
    let resolution = service_entry::resolution(client.endpoints.iter().map(|(_, endpoint)| endpoint));
    let by_labels = !is_older(view.mesh, 18);
    let last_rank = client.last_rank.filter(|_| by_labels);
    // istiod 1.30 and later crashes on ranks together with localities where names must be resolved.
    let without_locality = last_rank.is_some() && resolution == Resolution::Dns;
    if without_locality && !client.subsets.is_empty() {
        let note = "some addresses are names, so its subsets follow no ranks".to_owned();
        sink.remark(Warning::Unwise { field: failover.input.to_string(), note });
    }
    let endpoints = client.endpoints.iter().map(|(rank, endpoint)| {
        let labels = last_rank.map(|last| rank_labels(*rank, last)).unwrap_or_default();
        let mut written = service_entry::endpoint(endpoint, &labels);
        if without_locality {
            written.locality = Istr::default();
        }
        written
    });
    let entry = ServiceEntry {
        hosts: [failover.hostname.clone()],
        addresses: [client.address],
        export_to: service_entry::everywhere(),
        location: Location::MeshInternal,
        resolution,
        ports: vec![port(failover)],
        endpoints: endpoints.collect::<Vec<WorkloadEntry>>(),
        subject_alt_names: Vec::new(),
    };
    sink.write(Place { kind: &SERVICE_ENTRY, cluster, namespace, name }, [], entry);
    let steps = client.next_region.as_ref().filter(|_| !without_locality);
    let steps = steps.filter(|_| !by_labels || !is_older(view.mesh, 28));
    let rule = DestinationRule {
        host: failover.hostname.clone(),
        export_to: service_entry::everywhere(),
        traffic_policy: Some(TrafficPolicy {
            tls: Some(tls(failover, "")),
            outlier_detection: client.outlier.map(outlier_detection),
            connection_pool: failover.keepalive.map(connection_pool),
            load_balancer: Some(LoadBalancer {
                locality_lb_setting: LocalityLb {
                    enabled: true,
                    failover_priority: last_rank.map(priorities).unwrap_or_default(),
                    failover: steps
                        .map(|(from, to)| FailoverStep { from: from.clone(), to: to.clone() })
                        .into_iter()
                        .collect(),
                },
            }),
        }),
        subsets: client.subsets.iter().map(|it| subset(failover, it)).collect(),
    };
    let ours = Ours::of_virtual_destination(view.mesh, name);
    // Without its subsets requests would get 503.
    if !user_config::admits_rule(cx, &failover.hostname, &ours, false, sink) && rule.subsets.is_empty() {
        return;
    }
    let place = Place { kind: &DESTINATION_RULE, cluster, namespace, name };
    let policies = policies(&client.subsets).chain(client.outlier_policies.iter().cloned());
    sink.write(place, policies, rule);
}

/// The name that gateways look for.
fn tls(failover: &Failover, subset: &str) -> Tls {
    let sni = format!("outbound_.{}_.{subset}_.{}", failover.port, failover.share);
    Tls { mode: TlsMode::IstioMutual, sni: Some(sni.into()) }
}

fn subset(failover: &Failover, wanted: &Subset<'_>) -> SubsetBody {
    let traffic_policy = TrafficPolicy { tls: Some(tls(failover, &wanted.name)), ..TrafficPolicy::default() };
    SubsetBody {
        name: wanted.name.clone(),
        labels: wanted.labels.clone(),
        traffic_policy: Some(Box::new(traffic_policy)),
    }
}

fn outlier_detection(outlier: FailoverOutlier) -> OutlierDetection {
    let FailoverOutlier {
        gateway_errors,
        consecutive_errors,
        interval,
        base_ejection_time,
        max_ejection_percent,
    } = outlier;
    OutlierDetection {
        consecutive_gateway_errors: gateway_errors,
        consecutive_5xx_errors: consecutive_errors,
        interval,
        base_ejection_time,
        max_ejection_percent,
    }
}

/// The labels of an endpoint. Istio takes the first label of the list that does not fit for the priority.
fn rank_labels(rank: u32, last: u32) -> Vec<(Istr, Istr)> {
    let count = last.saturating_sub(rank);
    (1..=count).map(|number| (format!("{RANK}{number}").into(), "true".into())).collect()
}

fn priorities(last: u32) -> Vec<Istr> {
    (1..=last).map(|number| format!("{RANK}{number}=true").into()).collect()
}

#[cfg(test)]
mod tests {
    use super::{RANK, priorities, rank_labels};

    #[test]
    fn an_endpoint_has_as_many_labels_as_there_are_ranks_below_it() {
        let labels = |rank| -> Vec<String> {
            rank_labels(rank, 3).iter().map(|(key, _)| key.replace(RANK, "")).collect()
        };
        assert_eq!(labels(0), ["1", "2", "3"]);
        assert_eq!(labels(1), ["1", "2"]);
        assert_eq!(labels(2), ["1"]);
        assert!(labels(3).is_empty());
        assert_eq!(priorities(1).len(), 1);
    }
}
