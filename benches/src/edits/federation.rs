//! Edits that concern what clusters see of each other.

use gloo_core::Translator;
use gloo_core::api::{DestinationSelector, FederationSelector, KubeServiceRefs, VirtualMesh};

use super::discovery::{labelled, move_endpoint};
use super::{Edit, spread};

/// The label by which the virtual mesh of the world selects what it shows to others.
const FEDERATE: &str = "federate";

pub(super) fn endpoint(translator: &Translator<'_>, most: usize) -> Vec<Edit> {
    let federated = labelled(translator, most, |labels| labels.get(FEDERATE).is_some());
    federated.map(|(_, destination)| move_endpoint(destination)).collect()
}

pub(super) fn gateway_address(translator: &Translator<'_>, most: usize) -> Vec<Edit> {
    let gateways = labelled(translator, most, |labels| labels.get("istio").is_some());
    gateways
        .map(|(_, gateway)| {
            Edit::of(gateway, |gateway| {
                let service = gateway.spec.kube_service.iter_mut();
                if let Some(address) = service.flat_map(|service| &mut service.external_addresses).next() {
                    address.ip = Some("198.51.100.1".into());
                }
            })
        })
        .collect()
}

/// One more service is shown to everybody; each edit takes another service that is not shown yet.
pub(super) fn selector(translator: &Translator<'_>, most: usize) -> Vec<Edit> {
    let hidden = labelled(translator, usize::MAX, |labels| {
        labels.get(FEDERATE).is_none() && labels.get("team").is_some()
    });
    let services: Vec<_> = hidden.filter_map(|(_, it)| it.spec.kube_service?.reference).collect();
    let virtual_mesh = translator.snapshot().virtual_meshes.values().next();
    let edits = virtual_mesh.into_iter().flat_map(|virtual_mesh| {
        spread(services.clone(), most).map(move |service| {
            Edit::of((**virtual_mesh).clone(), |virtual_mesh: &mut VirtualMesh| {
                let refs = KubeServiceRefs { services: vec![service] };
                let selector =
                    DestinationSelector { kube_service_refs: Some(refs), ..DestinationSelector::default() };
                if let Some(federation) = &mut virtual_mesh.spec.federation {
                    let destination_selectors = vec![selector];
                    federation
                        .selectors
                        .push(FederationSelector { destination_selectors, meshes: Vec::new() });
                }
            })
        })
    });
    edits.collect()
}
