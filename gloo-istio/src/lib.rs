//! The Istio backend: turns the resolved model into VirtualServices, DestinationRules and
//! AuthorizationPolicies.
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
mod objection;
mod route;
mod traffic;
mod user_config;
mod waypoint;

pub mod wire;

use std::collections::BTreeSet;

use gloo_core::Istr;
use gloo_core::backend::{Backend, Objection, Sink, UserConfig};
use gloo_core::context::Context;
use gloo_core::index::{Destination, Mesh, Platform};
use gloo_core::model::{AccessPolicy, Resolved, RouteSettings, TrafficPolicy, View};
use gloo_core::rejection::Warning;
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
        view_cluster: &Istr,
        policy: &TrafficPolicy,
    ) -> Vec<Objection> {
        objection::traffic(cx, destination, view_cluster, policy)
    }

    fn access_objections(&self, _: Context<'_>, _: &Destination, policy: &AccessPolicy) -> Vec<Objection> {
        objection::access(policy)
    }

    fn view(&self, cx: Context<'_>, resolved: &Resolved<'_>, view: &View<'_>, sink: &mut Sink<'_>) {
        let service = &resolved.destination.service;
        if let Some((body, policies)) = route::virtual_service(cx, view) {
            let unmatched = view.routes.leaving_requests_unmatched().flat_map(RouteSettings::policies);
            for policy in unmatched.collect::<BTreeSet<_>>() {
                sink.warn(policy, Warning::Unmatched { host: view.host.clone() });
            }
            sink.write(&VIRTUAL_SERVICE, &view.cluster, &service.namespace, &service.name, policies, body);
        }
        if let Some((body, inputs)) = traffic::destination_rule(cx, view) {
            sink.write(&DESTINATION_RULE, &view.cluster, &service.namespace, &service.name, inputs, body);
        }
    }

    fn access(&self, cx: Context<'_>, resolved: &Resolved<'_>, sink: &mut Sink<'_>) {
        access::write(cx, resolved, sink);
    }
}
