//! Istio objects that users wrote themselves, and where they collide with ours.
//!
//! Between two VirtualServices for one host Istio takes the older and ignores the other as a whole; a rule in
//! the client's namespace hides every other rule for that host. Neither is visible in any status of Istio,
//! so it is said here.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::sync::Arc;

use gloo_core::Istr;
use gloo_core::backend::{Objection, UserConfig};
use gloo_core::context::Context;
use gloo_core::id::OutputRef;
use gloo_core::index::{Destination, UserObject};
use gloo_core::model::TrafficPolicy;
use gloo_core::rejection::{Rejection, Warning};
use gloo_core::snapshot::{RawObject, UserConfigMode};
use serde::Deserialize;
use serde_json::Value;

use crate::wire::VIRTUAL_SERVICE;

/// Where a mesh keeps configuration for all namespaces, if not beside its control plane.
const ROOT_NAMESPACE: &str = "discovery.mesh.gloo.solo.io/root-namespace";

/// What a user's object says, as far as it matters here.
#[derive(Debug)]
enum Body {
    VirtualService {
        export_to: Vec<Istr>,
        /// The ports it is about; `None` if some route is about all.
        ports: Option<BTreeSet<u32>>,
        /// Whether every route names the clients it is for.
        some_clients: bool,
    },
    DestinationRule {
        has_workload_selector: bool,
        has_traffic_policy: bool,
    },
}

/// Whether objects of this kind are read.
pub(crate) fn reads(group: &str, kind: &str) -> bool {
    group == "networking.istio.io" && matches!(kind, "VirtualService" | "DestinationRule")
}

/// Reads an object, if it can collide with ours.
pub(crate) fn read(object: &RawObject, cluster_domain: &str) -> Option<UserConfig> {
    if !reads(&object.id.group, &object.id.kind) {
        return None;
    }
    let spec = object.value.get("spec")?;
    if &*object.id.kind == "VirtualService" {
        read_virtual_service(object, spec, cluster_domain)
    } else {
        read_destination_rule(object, spec, cluster_domain)
    }
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
    let body = Body::DestinationRule {
        has_workload_selector: spec.get("workloadSelector").is_some(),
        has_traffic_policy: spec.get("trafficPolicy").is_some(),
    };
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

/// Adds what `policy` collides with on a destination, as the options ask for.
pub(crate) fn collide(
    cx: Context<'_>,
    destination: &Destination,
    cluster: &Istr,
    policy: &TrafficPolicy,
    objections: &mut Vec<Objection>,
) {
    let mode = cx.options().user_config;
    if mode == UserConfigMode::Off {
        return;
    }
    let host = cx.host(destination, cluster);
    for object in cx.user_config(cluster, &host, "istio") {
        let collision = match object.config.body.downcast_ref::<Body>() {
            Some(Body::VirtualService { export_to, ports, some_clients }) if policy.sets_routes() => {
                routes(cx, destination, cluster, object, export_to, ports.as_ref(), *some_clients)
            }
            Some(Body::DestinationRule { has_workload_selector, has_traffic_policy })
                if policy.sets_traffic() =>
            {
                rules(cx, destination, object, &host, *has_workload_selector, *has_traffic_policy)
            }
            _ => None,
        };
        objections.extend(collision.map(|collision| collision.objection(object, &host, mode)));
    }
    for target in policy.shift.iter().flat_map(|shift| &shift.targets) {
        let Some(service) = cx.destination(target.target.destination) else {
            continue;
        };
        if target.subset.is_empty() {
            continue;
        }
        let host = cx.host(service, cluster);
        for object in cx.user_config(cluster, &host, "istio") {
            if let Some(collision) = subsets(cx, service, object, &host) {
                objections.push(collision.objection(object, &host, mode));
            }
        }
    }
}

/// How much of a policy is lost, and to whom.
struct Collision {
    detail: String,
    /// Whether the policy's own effect is lost; otherwise it is only worth knowing.
    serious: bool,
}

impl Collision {
    fn objection(self, object: &UserObject, host: &Istr, mode: UserConfigMode) -> Objection {
        let Self { detail, serious } = self;
        let id = &object.raw.id;
        let (object, host) =
            (format!("{} {}/{}", id.kind.to_ascii_lowercase(), id.namespace, id.name), host.to_string());
        if serious && mode == UserConfigMode::Reject {
            Objection::Reject(Rejection::UserConfig { object, host, detail })
        } else {
            Objection::Warn(Warning::UserConfig { object, host, detail })
        }
    }
}

/// Another VirtualService for the same host.
fn routes(
    cx: Context<'_>,
    destination: &Destination,
    cluster: &Istr,
    object: &UserObject,
    export_to: &[Istr],
    ports: Option<&BTreeSet<u32>>,
    some_clients: bool,
) -> Option<Collision> {
    let own = &object.raw.id.namespace;
    let public = export_to.is_empty() || export_to.iter().any(|to| &**to == "*");
    let namespaces: Vec<&str> = export_to
        .iter()
        .map(|to| if &**to == "." { &**own } else { &**to })
        .filter(|to| *to != "~")
        .collect();
    if !public && namespaces.is_empty() {
        return None;
    }
    let mut detail = String::new();
    if let Some(ports) = ports {
        let carry_http = destination.ports.iter().filter(|port| port.protocol.carries_http());
        let shared: Vec<String> = carry_http
            .map(|port| port.number)
            .filter(|port| ports.contains(port))
            .map(|port| port.to_string())
            .collect();
        if shared.is_empty() {
            return None;
        }
        let _ = write!(detail, " on port {}", shared.join(", "));
    }
    if some_clients {
        detail.push_str(" for the clients that it names");
    }
    if public {
        let id = OutputRef {
            cluster: cluster.clone(),
            kind: &VIRTUAL_SERVICE,
            namespace: destination.service.namespace.clone(),
            name: destination.service.name.clone(),
        };
        let ours_is_older = match (cx.created(&id), &object.raw.created) {
            (Some(ours), Some(theirs)) => ours < theirs,
            (Some(_), None) => true,
            (None, _) => false,
        };
        detail.push_str(if ours_is_older {
            "; ours is older, so it wins and the other has no effect"
        } else {
            "; it is older than ours, so it wins and the routes of this policy have no effect"
        });
    } else {
        let _ = write!(detail, "; it wins for clients in namespace {}", namespaces.join(", "));
    }
    Some(Collision { detail, serious: true })
}

/// Another DestinationRule, against connection settings of ours.
fn rules(
    cx: Context<'_>,
    destination: &Destination,
    object: &UserObject,
    host: &Istr,
    has_workload_selector: bool,
    has_traffic_policy: bool,
) -> Option<Collision> {
    match place(cx, destination, object, host) {
        Place::Service if has_workload_selector || !has_traffic_policy => None,
        Place::Service => {
            let detail = "; the two are merged, and the connection settings of the older count as a whole";
            Some(Collision { detail: detail.to_owned(), serious: true })
        }
        Place::Clients(namespace) => {
            let detail = format!("; for clients in namespace {namespace} it counts instead of ours");
            Some(Collision { detail, serious: true })
        }
        Place::Mesh => {
            let detail = "; it no longer counts for this service, because ours does";
            Some(Collision { detail: detail.to_owned(), serious: false })
        }
    }
}

/// Another DestinationRule, against subsets of ours.
fn subsets(cx: Context<'_>, service: &Destination, object: &UserObject, host: &Istr) -> Option<Collision> {
    let Body::DestinationRule { .. } = object.config.body.downcast_ref::<Body>()? else {
        return None;
    };
    match place(cx, service, object, host) {
        Place::Service => None,
        Place::Clients(namespace) => {
            let detail = format!("; clients in namespace {namespace} do not see our subsets and get 503");
            Some(Collision { detail, serious: true })
        }
        Place::Mesh => {
            let detail = "; it no longer counts for this service, because our subsets do";
            Some(Collision { detail: detail.to_owned(), serious: false })
        }
    }
}

/// Where a rule stands, seen from a service.
enum Place {
    /// Beside the service, for exactly its host: it is merged with ours.
    Service,
    /// In some other namespace: clients there see nothing else.
    Clients(Istr),
    /// Above: ours is preferred.
    Mesh,
}

fn place(cx: Context<'_>, service: &Destination, object: &UserObject, host: &Istr) -> Place {
    let namespace = &object.raw.id.namespace;
    let root = cx.mesh_of(service).map(|mesh| {
        let annotations = mesh.object.metadata.annotations.as_ref();
        annotations.and_then(|all| all.get(ROOT_NAMESPACE)).map_or(&*mesh.namespace, String::as_str)
    });
    let exact = object.config.hosts.contains(host);
    if *namespace == service.service.namespace {
        if exact { Place::Service } else { Place::Mesh }
    } else if root == Some(&**namespace) {
        Place::Mesh
    } else {
        Place::Clients(namespace.clone())
    }
}
