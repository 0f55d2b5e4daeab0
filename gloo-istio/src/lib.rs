//! The Istio backend: turns the resolved model into VirtualServices, DestinationRules, AuthorizationPolicies,
//! ServiceEntries and Gateways.
//!
//! It decides nothing. Before a decision it says what Istio cannot express ([`Istio`] as a
//! [`Backend`]); after it, it writes the decision down in [`wire`] types.
//!
//! ```
//! use gloo_core::snapshot::{Options, SnapshotBuilder};
//! use gloo_istio::Istio;
//!
//! let world = SnapshotBuilder::new("gloo-mesh", Options::default()).build();
//! let translation = gloo_core::translate(&world, &[&Istio]);
//! assert!(translation.outputs.is_empty());
//! ```

#![forbid(unsafe_code)]
#![warn(missing_docs)]

mod access;
mod detect;
mod exposure;
mod failover;
mod mesh;
mod objection;
mod route;
mod service_entry;
mod traffic;
mod user_config;
mod waypoint;

pub mod wire;

use gloo_core::api::ClusterObjectRef;
use gloo_core::backend::{Backend, Objection, Place, Sink, UserConfig};
use gloo_core::context::Context;
use gloo_core::index::{Destination, Mesh, Platform};
use gloo_core::model::{
    AccessPolicy, Entry, Exposure, Failover, FailoverView, MeshView, Resolved, Standpoint, Subset,
    TrafficPolicy, View,
};
use gloo_core::snapshot::RawObject;

use crate::wire::{DESTINATION_RULE, VIRTUAL_SERVICE};

/// The Istio backend.
#[derive(Clone, Copy, Debug, Default)]
pub struct Istio;

impl Backend for Istio {
    fn name(&self) -> &'static str {
        "istio"
    }

    fn drives(&self, mesh: &Mesh) -> bool {
        mesh.platform == Platform::Istio
    }

    fn reads(&self, group: &str, kind: &str) -> bool {
        user_config::reads(group, kind)
    }

    fn read(&self, object: &RawObject, cluster_domain: &str) -> Option<UserConfig> {
        user_config::read(object, cluster_domain)
    }

    fn traffic_objections(
        &self,
        cx: Context<'_>,
        destination: &Destination,
        standpoint: &Standpoint,
        policy: &TrafficPolicy,
    ) -> Vec<Objection> {
        objection::traffic(cx, destination, standpoint, policy)
    }

    fn access_objections(&self, _: Context<'_>, _: &Destination, policy: &AccessPolicy) -> Vec<Objection> {
        objection::access(policy)
    }

    fn exposure_objections(&self, _: Context<'_>, destination: &Destination) -> Vec<Objection> {
        exposure::objections(destination)
    }

    fn host_objections(&self, mesh: &Mesh, ending: &str) -> Vec<Objection> {
        mesh::host_objections(mesh, ending)
    }

    fn failover_objections(&self, mesh: &Mesh, failover: &Failover) -> Vec<Objection> {
        failover::objections(mesh, failover)
    }

    fn view(&self, cx: Context<'_>, resolved: &Resolved<'_>, view: &View<'_>, sink: &mut Sink<'_>) {
        let ClusterObjectRef { name, namespace, cluster_name: cluster } = &resolved.destination.service;
        if let Some((body, policies)) = route::virtual_service(cx, view) {
            exposure::warn_about_unmatched(view, sink);
            sink.write(Place { kind: &VIRTUAL_SERVICE, cluster, namespace, name }, policies, body);
        }
        if let Some((body, inputs)) = traffic::destination_rule(cx, view) {
            sink.write(Place { kind: &DESTINATION_RULE, cluster, namespace, name }, inputs, body);
        }
    }

    fn exposure(
        &self,
        cx: Context<'_>,
        resolved: &Resolved<'_>,
        view: &View<'_>,
        exposure: &Exposure<'_>,
        sink: &mut Sink<'_>,
    ) {
        exposure::write(cx, resolved, view, exposure, sink);
    }

    fn entry(
        &self,
        cx: Context<'_>,
        resolved: &Resolved<'_>,
        entry: &Entry<'_>,
        subsets: &[Subset<'_>],
        sink: &mut Sink<'_>,
    ) {
        exposure::write_entry(cx, resolved, entry, subsets, sink);
    }

    fn access(&self, cx: Context<'_>, resolved: &Resolved<'_>, sink: &mut Sink<'_>) {
        access::write(cx, resolved, sink);
    }

    fn mesh(&self, cx: Context<'_>, view: &MeshView<'_>, sink: &mut Sink<'_>) {
        mesh::write(cx, view, sink);
    }

    fn failover(&self, cx: Context<'_>, view: &FailoverView<'_>, sink: &mut Sink<'_>) {
        failover::write(cx, view, sink);
    }
}
