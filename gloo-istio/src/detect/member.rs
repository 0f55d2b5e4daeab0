//! How a pod takes part in Istio.

use std::sync::Arc;

use gloo_core::Istr;
use gloo_core::discover::resource::{Container, Template};
use gloo_core::discover::{Claim, Member, Plane, Proxy, image_version};
use gloo_core::istr::Labels;
use serde::Deserialize;

use super::{NETWORK, REVISION, address, said};

/// Annotation in which the injector says what it did.
const STATUS: &str = "sidecar.istio.io/status";
/// Label by which Istio's controllers mark the pods they make.
const MANAGED: &str = "gateway.istio.io/managed";
/// Label that names the class of a gateway.
const CLASS: &str = "gateway.networking.k8s.io/gateway-class-name";
/// Labels that name a gateway.
const GATEWAY_NAMES: [&str; 2] = ["gateway.networking.k8s.io/gateway-name", "istio.io/gateway-name"];
/// Annotation that names what is injected.
const TEMPLATES: &str = "inject.istio.io/templates";
/// Annotation of pods whose traffic the proxy of their node takes.
const REDIRECTION: &str = "ambient.istio.io/redirection";

/// Variable by which the proxy of a gateway for other networks asks for the instances of its own network.
const NETWORK_VIEW: &str = "ISTIO_META_REQUESTED_NETWORK_VIEW";

/// How pods made from a template take part.
pub fn of(template: &Template) -> Option<Member> {
    let plane = plane(template)?;
    let proxy = proxy(template);
    let claim = if plane == Plane::Ambient { Claim::default() } else { claim(template, proxy) };
    Some(Member { plane, claim, proxy: proxy.map(|container| Arc::new(told_by(container))) })
}

/// What a proxy says about its mesh.
pub fn told_by(proxy: &Container) -> Proxy {
    let env = |name: &str| proxy.env.get(name).cloned().unwrap_or_default();
    Proxy {
        version: image_version(&proxy.image).unwrap_or_default().into(),
        trust_domain: env("TRUST_DOMAIN"),
        network: env("ISTIO_META_NETWORK"),
    }
}

/// In which way pods take part; the first sign counts.
fn plane(template: &Template) -> Option<Plane> {
    let Template { labels, annotations, .. } = template;
    let label = |key: &str| labels.get(key).map_or("", |value| value);
    let proxy = proxy(template);
    let runs = |what: &str| proxy.is_some_and(|container| container.runs(&["proxy", what]));
    let injects = |what: &str| annotations.get(TEMPLATES).is_some_and(|text| text.contains(what));
    if label("app") == "ztunnel" || label("app") == "istiod" || runs("ztunnel") {
        return None;
    }
    let managed = label(MANAGED);
    let class = label(CLASS);
    if is_waypoint(labels) {
        return Some(Plane::Waypoint);
    }
    if managed == "istio.io-eastwest-controller" || class == "istio-east-west" {
        return Some(Plane::EastWestGateway);
    }
    if runs("waypoint") {
        return Some(Plane::Waypoint);
    }
    let status = Status::read(template);
    let has_proxy = proxy.is_some() || status.as_ref().is_some_and(Status::has_proxy);
    // Every implementation of the Gateway API names its gateways so, and templates are only asked for: such words count
    // where something of Istio is really there.
    let is_called_gateway = GATEWAY_NAMES.iter().any(|key| labels.get(key).is_some()) || injects("gateway");
    let is_gateway = matches!(managed, "istio.io-gateway-controller" | "istio.io-agentgateway-controller")
        || runs("router")
        || is_called_gateway && (has_proxy || !managed.is_empty());
    if is_gateway {
        // The injector gives every pod the label of its network.
        let is_labelled = labels.get(NETWORK).is_some() && status.is_none();
        let sees_one_network = proxy.is_some_and(|container| said(container.env.get(NETWORK_VIEW)).is_some());
        let is_east_west = label("istio") == "eastwestgateway" || is_labelled || sees_one_network;
        return Some(if is_east_west { Plane::EastWestGateway } else { Plane::Gateway });
    }
    if has_proxy {
        return Some(Plane::Sidecar);
    }
    if status.is_some() && (injects("grpc-agent") || injects("grpc-simple")) {
        return Some(Plane::Proxyless);
    }
    let is_captured = annotations.get(REDIRECTION).is_some_and(|value| **value == *"enabled");
    (is_captured && !template.host_network).then_some(Plane::Ambient)
}

/// Whether Istio made a waypoint of something with these labels.
pub fn is_waypoint(labels: &Labels) -> bool {
    let label = |key: &str| labels.get(key).map_or("", |value| value);
    matches!(label(MANAGED), "istio.io-mesh-controller" | "istio.io-agentgateway-waypoint-controller")
        || matches!(label(CLASS), "istio-waypoint" | "istio-agentgateway-waypoint")
}

/// The container that is the proxy.
pub fn proxy(template: &Template) -> Option<&Container> {
    template.running().find(|container| *container.name == *"istio-proxy")
}

/// The control plane that pods say is their own.
fn claim(template: &Template, proxy: Option<&Container>) -> Claim {
    let address = proxy.and_then(address::of_proxy).unwrap_or_default();
    let injected = Status::read(template).and_then(|status| status.revision);
    let injected = injected.filter(|revision| !revision.is_empty());
    let written = injected.or_else(|| said(template.annotations.get(REVISION)).cloned()).or(address.revision);
    let is_asked_for = written.is_none();
    let revision = written.or_else(|| said(template.labels.get(REVISION)).cloned());
    Claim { namespace: address.namespace, revision, is_asked_for }
}

/// What the injector did.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Status {
    revision: Option<Istr>,
    containers: Option<Vec<Istr>>,
    init_containers: Option<Vec<Istr>>,
}

impl Status {
    fn read(template: &Template) -> Option<Self> {
        serde_json::from_str(template.annotations.get(STATUS)?).ok()
    }

    fn has_proxy(&self) -> bool {
        let containers = self.containers.iter().chain(&self.init_containers).flatten();
        containers.into_iter().any(|name| **name == *"istio-proxy")
    }
}
