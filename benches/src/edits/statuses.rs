//! A world as it is while it is in use: every status that was computed stands in its object.

use gloo_core::Translator;
use gloo_core::report::Status;
use gloo_core::snapshot::Change;

/// Writes back the statuses that a translation reads: those of policies and destinations.
pub(crate) fn statuses(translator: &Translator<'_>) -> Vec<Change> {
    let world = translator.snapshot();
    let changes = translator.statuses().iter().filter_map(|(input, status)| match status {
        Status::TrafficPolicy(status) => {
            let mut policy = (**world.traffic_policies.get(input)?).clone();
            policy.status = Some((**status).clone());
            Some(Change::from(policy))
        }
        Status::AccessPolicy(status) => {
            let mut policy = (**world.access_policies.get(input)?).clone();
            policy.status = Some((**status).clone());
            Some(Change::from(policy))
        }
        Status::Destination(status) => {
            let mut destination = (**world.destinations.get(input)?).clone();
            destination.status = Some((**status).clone());
            Some(Change::from(destination))
        }
        _ => None,
    });
    changes.collect()
}
