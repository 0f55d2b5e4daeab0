//! Reads Istio objects that users wrote, as far as they can collide with ours.

use std::collections::BTreeSet;
use std::sync::Arc;

use gloo_core::Istr;
use gloo_core::backend::UserConfig;
use gloo_core::snapshot::RawObject;
use serde::Deserialize;
use serde_json::Value;

/// What a user's object says, as far as it matters here.
#[derive(Debug)]
pub(super) enum Body {
    VirtualService {
        export_to: Vec<Istr>,
        /// The ports it is about; `None` if some route is about all.
        ports: Option<BTreeSet<u32>>,
        /// Whether every route names the clients it is for.
        some_clients: bool,
    },
    DestinationRule(Rule),
    Sidecar {
        /// What its proxies see: `namespace/host`, where nothing means what the mesh says.
        egress: Vec<Istr>,
    },
}

/// What a user's DestinationRule says, as far as it matters here.
#[derive(Debug)]
pub(super) struct Rule {
    pub export_to: Vec<Istr>,
    pub has_workload_selector: bool,
    pub has_traffic_policy: bool,
}

/// Whether objects of this kind are read.
pub(crate) fn reads(group: &str, kind: &str) -> bool {
    group == "networking.istio.io" && matches!(kind, "VirtualService" | "DestinationRule" | "Sidecar")
}

/// Reads an object, if it can collide with ours.
pub(crate) fn read(object: &RawObject, cluster_domain: &str) -> Option<UserConfig> {
    if !reads(&object.id.group, &object.id.kind) {
        return None;
    }
    let spec = object.value.get("spec")?;
    match &*object.id.kind {
        "VirtualService" => read_virtual_service(object, spec, cluster_domain),
        "DestinationRule" => read_destination_rule(object, spec, cluster_domain),
        _ => read_sidecar(spec),
    }
}

/// A Sidecar is about every host: it says which of them its proxies see.
fn read_sidecar(spec: &Value) -> Option<UserConfig> {
    let egress = spec.get("egress").and_then(Value::as_array)?;
    let hosts = egress.iter().flat_map(|it| it.get("hosts").and_then(Value::as_array).into_iter().flatten());
    let egress: Vec<Istr> = hosts.filter_map(Value::as_str).map(Istr::from).collect();
    (!egress.is_empty())
        .then(|| UserConfig { hosts: vec!["*".into()], body: Arc::new(Body::Sidecar { egress }) })
}

fn read_virtual_service(object: &RawObject, spec: &Value, cluster_domain: &str) -> Option<UserConfig> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase", default)]
    #[derive(Default)]
    struct Spec {
        hosts: Vec<Istr>,
        gateways: Vec<Istr>,
        export_to: Vec<Istr>,
        http: Vec<Value>,
    }
    let Spec { hosts, gateways, export_to, http } = Spec::deserialize(spec).ok()?;
    let for_mesh = gateways.is_empty() || gateways.iter().any(|gateway| &**gateway == "mesh");
    if !for_mesh || http.is_empty() {
        return None;
    }
    // A wildcard never beats an exact host, so only exact ones can collide.
    let exact = hosts.iter().filter(|host| !host.starts_with('*'));
    let hosts: Vec<Istr> = exact.map(|host| full_name(host, &object.id.namespace, cluster_domain)).collect();
    let conditions: Vec<Vec<&Value>> = http
        .iter()
        .map(|route| route.get("match").and_then(Value::as_array).into_iter().flatten().collect())
        .collect();
    let ports: Option<BTreeSet<u32>> = conditions
        .iter()
        .map(|route| {
            let ports: Option<Vec<u32>> = route.iter().map(|condition| port(condition)).collect();
            ports.filter(|ports| !ports.is_empty())
        })
        .collect::<Option<Vec<_>>>()
        .map(|ports| ports.into_iter().flatten().collect());
    let names_clients = |condition: &&Value| {
        condition.get("sourceNamespace").is_some() || condition.get("sourceLabels").is_some()
    };
    let some_clients = conditions.iter().all(|route| !route.is_empty() && route.iter().all(names_clients));
    let body = Body::VirtualService { export_to, ports, some_clients };
    (!hosts.is_empty()).then(|| UserConfig { hosts, body: Arc::new(body) })
}

fn port(condition: &Value) -> Option<u32> {
    condition.get("port").and_then(Value::as_u64).and_then(|port| u32::try_from(port).ok())
}

fn read_destination_rule(object: &RawObject, spec: &Value, cluster_domain: &str) -> Option<UserConfig> {
    let host = spec.get("host").and_then(Value::as_str)?;
    let export_to = spec.get("exportTo").and_then(|to| Vec::deserialize(to).ok());
    let body = Body::DestinationRule(Rule {
        export_to: export_to.unwrap_or_default(),
        has_workload_selector: spec.get("workloadSelector").is_some(),
        has_traffic_policy: spec.get("trafficPolicy").is_some(),
    });
    let hosts = vec![full_name(host, &object.id.namespace, cluster_domain)];
    Some(UserConfig { hosts, body: Arc::new(body) })
}

/// A name without dots is a service of the object's own namespace; any other name is taken as it is.
fn full_name(host: &str, namespace: &str, cluster_domain: &str) -> Istr {
    if host.contains(['.', '*']) {
        host.into()
    } else {
        format!("{host}.{namespace}.svc.{cluster_domain}").into()
    }
}
