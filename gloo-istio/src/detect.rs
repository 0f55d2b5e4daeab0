//! Recognises Istio in the objects of a cluster: its control planes, and the pods that take part.

mod address;
mod control_plane;
mod gateway;
mod injection;
mod member;
mod mesh_config;
mod remote;

use gloo_core::Istr;
use gloo_core::discover::resource::{ConfigMap, Controller, Pod, Service};
use gloo_core::discover::{Detector, Diagnostics, FoundMesh, Intent, Member, View};

use crate::Istio;
use crate::waypoint::{USE_WAYPOINT, USE_WAYPOINT_NAMESPACE};

/// Label that names a revision.
const REVISION: &str = "istio.io/rev";
/// Label of services that stand for another name of a revision.
const TAG: &str = "istio.io/tag";
/// Label that names a network.
const NETWORK: &str = "topology.istio.io/network";
/// The revision that has no name of its own.
const DEFAULT: &str = "default";

impl Detector for Istio {
    fn name(&self) -> &'static str {
        "istio"
    }

    fn reads_controller(&self, controller: &Controller) -> bool {
        control_plane::container(controller).is_some() || control_plane::is_ztunnel(controller)
    }

    fn reads_config_map(&self, config_map: &ConfigMap) -> bool {
        let name = &config_map.name.name;
        **name == *"istio"
            || name.starts_with("istio-sidecar-injector")
            || **name == *"istio-cni-config"
            || config_map.data.contains_key("mesh")
    }

    fn meshes(&self, cluster: View<'_>, notes: &mut Diagnostics) -> Vec<FoundMesh> {
        let found = control_plane::find(cluster, notes);
        if found.is_empty() { remote::find(cluster, notes) } else { found }
    }

    fn member(&self, pod: &Pod) -> Option<Member> {
        member::of(&pod.template)
    }

    fn intent(&self, cluster: View<'_>, controller: &Controller, notes: &mut Diagnostics) -> Intent {
        injection::intent(cluster, controller, notes)
    }

    fn inherited_labels(&self) -> &'static [&'static str] {
        &[USE_WAYPOINT, USE_WAYPOINT_NAMESPACE]
    }

    fn hides(&self, service: &Service) -> Option<&'static str> {
        use gloo_core::api::ServiceType;

        if service.labels.get(TAG).is_some() {
            return Some("it stands for a revision of Istio");
        }
        let is_control_plane =
            service.service_type == ServiceType::ExternalName && service.name.name.starts_with("istiod");
        is_control_plane.then_some("it stands for a control plane elsewhere")
    }
}

/// A text of an annotation or label that says something.
fn said(text: Option<&Istr>) -> Option<&Istr> {
    text.filter(|text| !text.is_empty())
}
