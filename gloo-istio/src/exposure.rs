//! How clients of another cluster reach a destination: a ServiceEntry, a DestinationRule, and a VirtualService
//! where routes are wanted. The gateways of its own cluster need the first two as well.

use std::collections::BTreeSet;

use gloo_core::api;
use gloo_core::backend::{Objection, Place, Sink};
use gloo_core::context::Context;
use gloo_core::id::InputRef;
use gloo_core::index::{DataPlane, Destination};
use gloo_core::model::traffic::{outlier, tls};
use gloo_core::model::{Claimed, Entry, Exposure, Keepalive, Resolved, RouteSettings, Subset, View};
use gloo_core::rejection::{Rejection, Warning};

use crate::user_config::{self, Ours};
use crate::wire::{
    ConnectionPool, DESTINATION_RULE, DestinationRule, Location, SERVICE_ENTRY, ServiceEntry, TcpKeepalive,
    TcpSettings, Tls, TlsMode, TrafficPolicy, VIRTUAL_SERVICE,
};
use crate::{route, service_entry, traffic};

/// What speaks against clients in other clusters seeing a destination.
pub(crate) fn objections(destination: &Destination) -> Vec<Objection> {
    match destination.data_plane {
        DataPlane::Sidecar => Vec::new(),
        DataPlane::Mixed => {
            let note = "some of its pods have no proxy of their own (ambient); connections from other clusters to them fail";
            let field = destination.input.to_string();
            vec![Objection::Warn(Warning::Unwise { field, note: note.to_owned() })]
        }
        DataPlane::Ambient => vec![Objection::Reject(Rejection::Unfit {
            destination: destination.input.clone(),
            reason: "is ambient: its pods have no proxy of their own that could take connections from other clusters",
        })],
    }
}

/// Writes what the clients of a view need.
pub(crate) fn write(
    cx: Context<'_>,
    resolved: &Resolved<'_>,
    view: &View<'_>,
    exposure: &Exposure<'_>,
    sink: &mut Sink<'_>,
) {
    let Some(client) = view.standpoint.client.and_then(|client| cx.mesh(client)) else { return };
    let service = &resolved.destination.service;
    let (cluster, namespace) = (&view.standpoint.cluster, &client.root_namespace);
    let host = &view.standpoint.host;
    let virtual_mesh = || exposure.virtual_mesh.clone();
    let entry = ServiceEntry {
        hosts: [host.clone()],
        addresses: [exposure.address],
        export_to: service_entry::everywhere(),
        location: Location::MeshInternal,
        resolution: service_entry::resolution(exposure.endpoints.iter()),
        ports: service_entry::ports(&exposure.ports),
        endpoints: exposure.endpoints.iter().map(|it| service_entry::endpoint(it, &[])).collect(),
        subject_alt_names: exposure.identities.clone(),
    };
    sink.write(Place { kind: &SERVICE_ENTRY, cluster, namespace, name: host }, [virtual_mesh()], entry);
    let name = cx.name_elsewhere(service);
    let mut rule = traffic::rule(view, Some(remote_tls(view, sink)));
    let policy = rule.traffic_policy.get_or_insert_default();
    if policy.outlier_detection.is_some() && !exposure.flat_network && exposure.addresses() < 2 {
        policy.outlier_detection = None;
        warn_about_outlier(view, host, sink);
    }
    policy.connection_pool = exposure.keepalive.map(connection_pool);
    rule.export_to = service_entry::everywhere();
    let routes = route::virtual_service(cx, view);
    let is_admitted =
        user_config::admits_rule(cx, host, &Ours::elsewhere(cx, service, client), routes.is_some(), sink);
    // Without its subsets requests would get 503.
    if is_admitted || !rule.subsets.is_empty() {
        let place = Place { kind: &DESTINATION_RULE, cluster, namespace, name: &name };
        sink.write_about(place, service, inputs(view, exposure), rule);
    }
    if let Some((mut body, policies)) = routes {
        warn_about_unmatched(view, sink);
        body.export_to = service_entry::everywhere();
        let place = Place { kind: &VIRTUAL_SERVICE, cluster, namespace, name: &name };
        sink.write_about(place, service, policies.into_iter().chain([virtual_mesh()]), body);
    }
}

fn inputs(view: &View<'_>, exposure: &Exposure<'_>) -> Vec<InputRef> {
    let mut inputs: Vec<InputRef> = view.traffic.policies().into_iter().cloned().collect();
    inputs.push(exposure.virtual_mesh.clone());
    inputs
}

/// The TLS mode towards another cluster: gateways find the destination by the name in Istio's own TLS, so only a
/// policy can ask for something else.
fn remote_tls(view: &View<'_>, sink: &mut Sink<'_>) -> TlsMode {
    let Some(claimed) = &view.traffic.tls else { return TlsMode::IstioMutual };
    if *claimed.value != api::TlsMode::IstioMutual {
        let host = &view.standpoint.host;
        let note = format!("clients of {host} come in through gateways, which take ISTIO_MUTUAL only");
        for policy in claimed.policies() {
            let warning = Warning::Unwise { field: tls::FIELD.to_owned(), note: note.clone() };
            sink.warn(policy, warning);
        }
    }
    traffic::tls_mode(*claimed.value)
}

/// A gateway is a single instance to its clients: leaving it out would cut off the whole destination.
fn warn_about_outlier(view: &View<'_>, host: &str, sink: &mut Sink<'_>) {
    let note = format!("clients of {host} reach it at a single address, which is never left out");
    for policy in view.traffic.outlier.iter().flat_map(Claimed::policies) {
        sink.warn(policy, Warning::Unwise { field: outlier::FIELD.to_owned(), note: note.clone() });
    }
}

/// Tells the authors of routes that some requests match none of them.
pub(crate) fn warn_about_unmatched(view: &View<'_>, sink: &mut Sink<'_>) {
    let unmatched = view.routes.leaving_requests_unmatched().flat_map(RouteSettings::policies);
    for policy in unmatched.collect::<BTreeSet<_>>() {
        sink.warn(policy, Warning::Unmatched { host: view.standpoint.host.clone() });
    }
}

pub(crate) fn connection_pool(keepalive: Keepalive) -> ConnectionPool {
    let Keepalive { probes, time, interval } = keepalive;
    ConnectionPool { tcp: TcpSettings { tcp_keepalive: TcpKeepalive { probes, time, interval } } }
}

/// Writes what the gateways of its own cluster need to find a destination.
pub(crate) fn write_entry(
    cx: Context<'_>,
    resolved: &Resolved<'_>,
    entry: &Entry<'_>,
    subsets: &[Subset<'_>],
    sink: &mut Sink<'_>,
) {
    let Some(mesh) = cx.mesh_of(resolved.destination) else { return };
    let (cluster, namespace) = (&resolved.destination.service.cluster_name, &mesh.root_namespace);
    let export_to = service_entry::to_gateways(entry.gateways, namespace);
    let body = ServiceEntry {
        hosts: [entry.host.clone()],
        addresses: [entry.address],
        export_to: export_to.clone(),
        location: Location::MeshInternal,
        resolution: service_entry::resolution(entry.endpoints.iter()),
        ports: service_entry::ports(&entry.ports),
        endpoints: entry.endpoints.iter().map(|it| service_entry::endpoint(it, &[])).collect(),
        subject_alt_names: Vec::new(),
    };
    let name = &entry.host;
    let virtual_mesh = || [entry.virtual_mesh.clone()];
    sink.write(Place { kind: &SERVICE_ENTRY, cluster, namespace, name }, virtual_mesh(), body);
    if subsets.is_empty() {
        return;
    }
    let policies = subsets.iter().flat_map(|subset| subset.policies.iter().copied().cloned());
    let rule = DestinationRule {
        host: entry.host.clone(),
        export_to,
        traffic_policy: Some(TrafficPolicy {
            tls: Some(Tls { mode: TlsMode::IstioMutual, sni: None }),
            ..TrafficPolicy::default()
        }),
        subsets: traffic::subsets(subsets),
    };
    let place = Place { kind: &DESTINATION_RULE, cluster, namespace, name };
    sink.write(place, policies.chain(virtual_mesh()), rule);
}
