//! What speaks against a policy on an Istio destination.

use gloo_core::Istr;
use gloo_core::backend::Objection;
use gloo_core::context::Context;
use gloo_core::index::{DataPlane, Destination};
use gloo_core::model::traffic::outlier;
use gloo_core::model::{AccessPolicy, Standpoint, TrafficPolicy};
use gloo_core::rejection::{Rejection, Warning};

use crate::{user_config, waypoint};

pub(crate) fn traffic(
    cx: Context<'_>,
    destination: &Destination,
    standpoint: &Standpoint,
    policy: &TrafficPolicy,
) -> Vec<Objection> {
    let mut objections = Vec::new();
    let cluster = &standpoint.cluster;
    if destination.data_plane != DataPlane::Sidecar {
        ambient(cx, destination, cluster, policy, &mut objections);
    }
    if policy.outlier.is_some() {
        objections.push(note(
            outlier::FIELD,
            "with outlier detection clients prefer instances in their own zone; if all are left out, they get 503",
        ));
    }
    user_config::collide(cx, destination, standpoint, policy, &mut objections);
    objections
}

pub(crate) fn access(policy: &AccessPolicy) -> Vec<Objection> {
    let partial = |path: &&Istr| &***path != "*" && (path.starts_with('*') || path.ends_with('*'));
    let note_on_paths = policy.paths.iter().find(partial).map(|path| {
        let text = format!(
            "{path} is compared before %2f, // and the like are resolved, so it can be got round; \
             set meshConfig.pathNormalization to DECODE_AND_MERGE_SLASHES"
        );
        warning("spec.allowedPaths", &text)
    });
    note_on_paths.into_iter().collect()
}

/// Where no proxy stands beside the client, routes are evaluated by the waypoint, which does not know who
/// called; without waypoint nobody evaluates them.
fn ambient(
    cx: Context<'_>,
    destination: &Destination,
    cluster: &Istr,
    policy: &TrafficPolicy,
    objections: &mut Vec<Objection>,
) {
    let restricted = policy.sets_routes() && policy.sources_in(cluster).iter().any(|source| !source.is_any());
    if restricted && destination.data_plane == DataPlane::Mixed {
        objections.push(warning(
            "spec.sourceSelector",
            "clients without a proxy of their own (ambient) are not told apart",
        ));
    } else if restricted {
        let context =
            format!("on {}: it is ambient, and a waypoint does not know who calls", destination.input);
        let field = "spec.sourceSelector".to_owned();
        objections.push(Objection::Reject(Rejection::Unsupported { field, context }));
    }
    if destination.data_plane == DataPlane::Mixed {
        objections.push(warning(
            "spec.policy",
            "some pods have no proxy of their own (ambient); between those it takes effect only at a waypoint",
        ));
    } else if waypoint::of(cx, destination).is_none() {
        objections.push(warning(
            "spec.policy",
            "no waypoint is known for the service, so nobody enforces it between ambient workloads",
        ));
    }
}

fn warning(field: &str, note: &str) -> Objection {
    Objection::Warn(Warning::Unwise { field: field.to_owned(), note: note.to_owned() })
}

fn note(field: &str, note: &str) -> Objection {
    Objection::Note(Warning::Unwise { field: field.to_owned(), note: note.to_owned() })
}
