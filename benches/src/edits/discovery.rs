//! Edits of what discovery writes, and of the settings.

use gloo_core::Translator;
use gloo_core::api::{Destination, DestinationStatus, Settings, TlsMode};
use gloo_core::id::InputRef;
use gloo_core::istr::Labels;
use gloo_core::report::Status;

use super::{Edit, Step, spread};

/// The label by which policies select teams.
const TEAM: &str = "team";

/// Writing a status is no new generation.
pub(super) fn status(translator: &Translator<'_>, most: usize) -> Vec<Edit> {
    services(translator, most)
        .filter_map(|(input, destination)| {
            let mut after = destination.clone();
            after.status = Some(status_of(translator, &input)?);
            Some(Edit { apply: Step::put(after), undo: Step::put(destination) })
        })
        .collect()
}

fn status_of(translator: &Translator<'_>, input: &InputRef) -> Option<DestinationStatus> {
    match translator.statuses().get(input)? {
        Status::Destination(status) => Some((**status).clone()),
        _ => None,
    }
}

pub(super) fn endpoint(translator: &Translator<'_>, most: usize) -> Vec<Edit> {
    services(translator, most).map(|(_, destination)| move_endpoint(destination)).collect()
}

/// The first endpoint of a service gets another address.
pub(super) fn move_endpoint(destination: Destination) -> Edit {
    Edit::of(destination, |destination| {
        let service = destination.spec.kube_service.iter_mut();
        let mut sets = service.flat_map(|service| &mut service.endpoint_subsets);
        if let Some(endpoint) = sets.next().and_then(|set| set.endpoints.first_mut()) {
            endpoint.ip_address = "192.0.2.1".into();
        }
    })
}

pub(super) fn label(translator: &Translator<'_>, most: usize) -> Vec<Edit> {
    services(translator, most)
        .map(|(_, destination)| {
            Edit::of(destination, |destination| {
                if let Some(service) = &mut destination.spec.kube_service {
                    let others = service.labels.iter().filter(|(name, _)| ***name != *TEAM);
                    service.labels = others.map(|(name, value)| (name.clone(), value.clone())).collect();
                }
            })
        })
        .collect()
}

pub(super) fn destination(translator: &Translator<'_>, most: usize) -> Vec<Edit> {
    services(translator, most).map(|(_, destination)| Edit::removal(destination)).collect()
}

pub(super) fn workload(translator: &Translator<'_>, most: usize) -> Vec<Edit> {
    let workloads = spread(translator.snapshot().workloads.values().collect(), most);
    workloads.map(|workload| Edit::removal((**workload).clone())).collect()
}

pub(super) fn settings(translator: &Translator<'_>, most: usize) -> Vec<Edit> {
    let settings = spread(translator.snapshot().settings.values().collect(), most);
    settings
        .map(|settings| {
            Edit::of((**settings).clone(), |settings: &mut Settings| {
                let istio = settings.spec.mtls.as_mut().and_then(|mtls| mtls.istio.as_mut());
                if let Some(istio) = istio {
                    istio.tls_mode = Some(TlsMode::Disable);
                }
            })
        })
        .collect()
}

/// Some services of teams; gateways belong to none.
fn services(translator: &Translator<'_>, most: usize) -> impl Iterator<Item = (InputRef, Destination)> {
    labelled(translator, most, |labels| labels.get(TEAM).is_some())
}

/// Some services whose labels suit.
pub(super) fn labelled(
    translator: &Translator<'_>,
    most: usize,
    suit: impl Fn(&Labels) -> bool,
) -> impl Iterator<Item = (InputRef, Destination)> {
    let is_meant = |destination: &Destination| {
        let service = destination.spec.kube_service.as_ref();
        service.is_some_and(|service| suit(&service.labels))
    };
    let all = translator.snapshot().destinations.iter().filter(|(_, destination)| is_meant(destination));
    spread(all.collect(), most).map(|(input, destination)| (input.clone(), (**destination).clone()))
}
