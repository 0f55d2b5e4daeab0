//! Istio objects that users wrote themselves, and where they collide with ours.
//!
//! Between two VirtualServices for one host Istio takes the older and ignores the other as a whole; a rule in
//! the client's namespace hides every other rule for that host. Neither is visible in any status of Istio,
//! so it is said here.

mod read;

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::iter;
use std::sync::Arc;

use gloo_core::Istr;
use gloo_core::api::ClusterObjectRef;
use gloo_core::backend::{Objection, Sink};
use gloo_core::context::Context;
use gloo_core::id::{OutputKind, OutputRef};
use gloo_core::index::{Destination, Mesh, MeshId, UserObject};
use gloo_core::model::route::TargetId;
use gloo_core::model::{Standpoint, TrafficPolicy};
use gloo_core::rejection::{Rejection, Warning};
use gloo_core::snapshot::UserConfigMode;

use read::{Body, Rule};
pub(crate) use read::{read, reads};

use crate::wire::{DESTINATION_RULE, VIRTUAL_SERVICE};

/// Warns about Sidecars that hide everything in the root namespace, where hosts of other clusters are written.
pub(crate) fn warn_about_sidecars(cx: Context<'_>, mesh: &Mesh, sink: &mut Sink<'_>) {
    let sees = |host: &Istr| {
        host.split_once('/')
            .is_some_and(|(namespace, _)| namespace == "*" || *namespace == *mesh.root_namespace)
    };
    for object in cx.user_config(&mesh.cluster, "", "istio") {
        let id = &object.raw.id;
        if let Some(Body::Sidecar { egress }) = object.config.body.downcast_ref::<Body>()
            && !egress.iter().any(sees)
        {
            let field = format!("sidecar {}/{}", id.namespace, id.name);
            let root = &mesh.root_namespace;
            let note = format!(
                "its clients do not see hosts of other clusters, which are written to {root}; add {root}/* to its egress"
            );
            sink.remark(Warning::Unwise { field, note });
        }
    }
}

/// Adds what `policy` collides with on a destination, as the options ask for, and what it needs and cannot get.
pub(crate) fn collide(
    cx: Context<'_>,
    destination: &Destination,
    standpoint: &Standpoint,
    policy: &TrafficPolicy,
    objections: &mut Vec<Objection>,
) {
    let mode = cx.options().user_config;
    let (cluster, host) = (&standpoint.cluster, &standpoint.host);
    let ours = Ours::of(cx, destination, cluster, standpoint.client);
    let neighbors = (mode != UserConfigMode::Off).then(|| beside_ours(cx, cluster, host, &ours));
    for object in neighbors.into_iter().flatten() {
        let collision = match object.config.body.downcast_ref::<Body>() {
            Some(Body::VirtualService { export_to, ports, some_clients }) if policy.sets_routes() => {
                routes(cx, (destination, &ours), object, export_to, ports.as_ref(), *some_clients)
            }
            Some(Body::DestinationRule(rule)) if policy.sets_traffic() => {
                rules(cx, &ours, object, rule, host)
            }
            _ => None,
        };
        objections.extend(collision.map(|collision| collision.objection(object, host, mode)));
    }
    let targets = policy.shift.iter().flat_map(|shift| &shift.targets);
    let mut seen = BTreeSet::new();
    for target in targets.filter(|target| !target.subset.is_empty() && seen.insert(target.target.id)) {
        let TargetId::Destination(service) = target.target.id else { continue };
        let Some(service) = cx.destination(service) else { continue };
        let client = standpoint.client.or_else(|| cx.mesh_of(destination).map(|mesh| mesh.id));
        lose_subsets(cx, service, cluster, client, objections);
    }
}

/// Adds what keeps clients in `cluster` from seeing our subsets of a service.
fn lose_subsets(
    cx: Context<'_>,
    service: &Destination,
    cluster: &Istr,
    client: Option<MeshId>,
    objections: &mut Vec<Objection>,
) {
    let mode = cx.options().user_config;
    let ours = Ours::of(cx, service, cluster, client);
    // Routes to subsets that are not there answer 503, so they are not written either. That is no matter of taste: what
    // somebody else owns is left alone in every mode.
    let at_gateways = at_gateways(cx, service, cluster);
    let rules = iter::once(&ours).chain(&at_gateways).map(|ours| ours.output(&DESTINATION_RULE));
    objections.extend(
        rules
            .filter(|rule| cx.is_foreign(rule))
            .map(|rule| Objection::Reject(Rejection::ForeignObject { object: rule.to_string() })),
    );
    if mode == UserConfigMode::Off {
        return;
    }
    let host = cx.host(service, cluster);
    for object in beside_ours(cx, cluster, &host, &ours) {
        if let Some(collision) = subsets(cx, &ours, object, &host) {
            objections.push(collision.objection(object, &host, mode));
        }
    }
}

/// Our objects for the gateways by which clients in `cluster` reach a service elsewhere; those look for its subsets, too.
fn at_gateways(cx: Context<'_>, service: &Destination, cluster: &Istr) -> Option<Ours> {
    let mesh = cx.mesh_of(service).filter(|_| service.service.cluster_name != *cluster)?;
    let federation = cx.membership(mesh.id)?.federation.as_ref()?;
    (!federation.flat_network).then(|| Ours::in_root(mesh, cx.host(service, cluster)))
}

/// Tells what configures a host that is not only of the clients' own cluster beside our objects, whoever asked for
/// those; tells whether our rule may be written.
pub(crate) fn admits_rule(
    cx: Context<'_>,
    host: &Istr,
    ours: &Ours,
    has_routes: bool,
    sink: &mut Sink<'_>,
) -> bool {
    let mode = cx.options().user_config;
    if mode == UserConfigMode::Off {
        return true;
    }
    let mut admitted = true;
    for object in beside_ours(cx, &ours.cluster, host, ours) {
        let collision = match object.config.body.downcast_ref::<Body>() {
            Some(Body::DestinationRule(rule)) => rules(cx, ours, object, rule, host),
            // Where we have routes, the policies that ask for them are told.
            Some(Body::VirtualService { export_to, .. }) if !has_routes => only_routes(object, export_to),
            _ => None,
        };
        match collision.map(|collision| collision.objection(object, host, mode)) {
            Some(Objection::Reject(rejection)) => {
                sink.refuse(rejection);
                admitted = false;
            }
            Some(Objection::Warn(warning) | Objection::Note(warning)) => sink.remark(warning),
            None => (),
        }
    }
    admitted
}

/// A VirtualService where we write none.
fn only_routes(object: &UserObject, export_to: &[Istr]) -> Option<Collision> {
    let namespaces = exported_to(export_to, &object.raw.id.namespace);
    let clients = match &namespaces {
        Some(namespaces) if namespaces.is_empty() => return None,
        Some(namespaces) => format!(" of clients in namespace {}", namespaces.join(", ")),
        None => String::new(),
    };
    Some(Collision { detail: format!("; it decides where requests{clients} go"), serious: false })
}

/// Where our objects for a host are, in the cluster of the clients.
pub(crate) struct Ours {
    cluster: Istr,
    namespace: Istr,
    name: Istr,
    /// The namespace in which configuration counts for all namespaces.
    root: Option<Istr>,
}

impl Ours {
    /// In its own cluster they are beside the service, elsewhere in the root namespace of the clients' mesh.
    fn of(cx: Context<'_>, destination: &Destination, cluster: &Istr, client: Option<MeshId>) -> Self {
        let service = &destination.service;
        if service.cluster_name == *cluster {
            return Self {
                cluster: cluster.clone(),
                namespace: service.namespace.clone(),
                name: service.name.clone(),
                root: cx.mesh_of(destination).map(|mesh| mesh.root_namespace.clone()),
            };
        }
        match client.and_then(|client| cx.mesh(client)) {
            Some(client) => Self::elsewhere(cx, service, client),
            None => Self {
                cluster: cluster.clone(),
                namespace: Istr::default(),
                name: cx.name_elsewhere(service),
                root: None,
            },
        }
    }

    /// Those for a service of another cluster.
    pub(crate) fn elsewhere(cx: Context<'_>, service: &ClusterObjectRef, client: &Mesh) -> Self {
        Self::in_root(client, cx.name_elsewhere(service))
    }

    /// Those for a virtual destination.
    pub(crate) fn of_virtual_destination(client: &Mesh, name: &Istr) -> Self {
        Self::in_root(client, name.clone())
    }

    /// The object of this kind.
    fn output(&self, kind: &'static OutputKind) -> OutputRef {
        let Self { cluster, namespace, name, root: _ } = self;
        OutputRef { cluster: cluster.clone(), kind, namespace: namespace.clone(), name: name.clone() }
    }

    fn in_root(client: &Mesh, name: Istr) -> Self {
        let root = &client.root_namespace;
        Self { cluster: client.cluster.clone(), namespace: root.clone(), name, root: Some(root.clone()) }
    }
}

/// Users' objects for a host. One that has the name of ours is no neighbour: it is overwritten, or ours is not
/// written at all.
fn beside_ours<'s>(
    cx: Context<'s>,
    cluster: &str,
    host: &'s str,
    ours: &'s Ours,
) -> impl Iterator<Item = &'s Arc<UserObject>> {
    cx.user_config(cluster, host, "istio")
        .filter(|object| object.raw.id.name != ours.name || object.raw.id.namespace != ours.namespace)
}

/// How much of a policy is lost, and to whom.
struct Collision {
    detail: String,
    /// Whether a policy may be refused for it; otherwise it is only worth knowing.
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
    (destination, ours): (&Destination, &Ours),
    object: &UserObject,
    export_to: &[Istr],
    ports: Option<&BTreeSet<u32>>,
    some_clients: bool,
) -> Option<Collision> {
    let namespaces = exported_to(export_to, &object.raw.id.namespace);
    if namespaces.as_ref().is_some_and(Vec::is_empty) {
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
    match namespaces {
        Some(namespaces) => {
            let _ = write!(detail, "; it wins for clients in namespace {}", namespaces.join(", "));
        }
        None if is_older(cx, &VIRTUAL_SERVICE, ours, object) => {
            detail.push_str("; ours is older, so it wins and the other has no effect");
        }
        None => {
            let there = if detail.is_empty() { "" } else { " there" };
            let loss = "; it is older than ours, so it wins and the routes of this policy have no effect";
            detail.push_str(loss);
            detail.push_str(there);
        }
    }
    Some(Collision { detail, serious: true })
}

/// The namespaces whose clients see an object that stands in `own`; `None` means all.
fn exported_to<'a>(export_to: &'a [Istr], own: &'a str) -> Option<Vec<&'a str>> {
    if export_to.is_empty() || export_to.iter().any(|to| &**to == "*") {
        return None;
    }
    let named = export_to.iter().map(|to| if &**to == "." { own } else { &**to });
    Some(named.filter(|to| *to != "~").collect())
}

/// Whether our object for a service is older than the user's. One that is not there yet is the youngest;
/// of two from the same second the one with the lower name counts as older.
fn is_older(cx: Context<'_>, kind: &'static OutputKind, ours: &Ours, object: &UserObject) -> bool {
    let Ours { namespace, name, .. } = ours;
    let theirs = &object.raw.id;
    match (cx.created(&ours.output(kind)), &object.raw.created) {
        (Some(ours), Some(other)) if ours == other => (name, namespace) < (&theirs.name, &theirs.namespace),
        (Some(ours), Some(other)) => ours < other,
        (Some(_), None) => true,
        (None, _) => false,
    }
}

/// Another DestinationRule, against connection settings of ours.
fn rules(cx: Context<'_>, ours: &Ours, object: &UserObject, rule: &Rule, host: &Istr) -> Option<Collision> {
    let ours_is_older = || is_older(cx, &DESTINATION_RULE, ours, object);
    let detail = match place(ours, object, host) {
        Place::Service if rule.has_workload_selector => return None,
        Place::Service => match exported_to(&rule.export_to, &object.raw.id.namespace) {
            Some(namespaces) => unmerged(&namespaces, ours_is_older(), "")?,
            None if !rule.has_traffic_policy => return None,
            None if ours_is_older() => {
                "; the two are merged; ours is older, so the connection settings of the other are lost"
                    .to_owned()
            }
            None => "; the two are merged; it is older than ours, so ours loses its connection settings"
                .to_owned(),
        },
        Place::Clients(namespace) => {
            format!("; for clients in namespace {namespace} it counts instead of ours")
        }
        Place::Mesh => {
            let detail = "; it no longer counts for this service, because ours does".to_owned();
            return Some(Collision { detail, serious: false });
        }
    };
    Some(Collision { detail, serious: true })
}

/// Another DestinationRule, against subsets of ours.
fn subsets(cx: Context<'_>, ours: &Ours, object: &UserObject, host: &Istr) -> Option<Collision> {
    let Body::DestinationRule(rule) = object.config.body.downcast_ref::<Body>()? else {
        return None;
    };
    let detail = match place(ours, object, host) {
        Place::Service if rule.has_workload_selector => return None,
        Place::Service => {
            let namespaces = exported_to(&rule.export_to, &object.raw.id.namespace)?;
            let ours_is_older = is_older(cx, &DESTINATION_RULE, ours, object);
            unmerged(&namespaces, ours_is_older, "; they do not see our subsets and get 503")?
        }
        Place::Clients(namespace) => {
            format!("; clients in namespace {namespace} do not see our subsets and get 503")
        }
        Place::Mesh => {
            let detail = "; it no longer counts for this service, because our subsets do".to_owned();
            return Some(Collision { detail, serious: false });
        }
    };
    Some(Collision { detail, serious: true })
}

/// A rule beside ours that is not exported as ours is: the two are not merged, and who sees both uses the
/// newer alone. Nothing happens if nobody sees it.
fn unmerged(namespaces: &[&str], ours_is_older: bool, loss: &str) -> Option<String> {
    if namespaces.is_empty() {
        return None;
    }
    let (which, loss) = if ours_is_older { ("it", loss) } else { ("ours", "") };
    let namespaces = namespaces.join(", ");
    Some(format!("; clients in namespace {namespaces} see both and use {which} alone, which is newer{loss}"))
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

fn place(ours: &Ours, object: &UserObject, host: &Istr) -> Place {
    let namespace = &object.raw.id.namespace;
    let exact = object.config.hosts.contains(host);
    if *namespace == ours.namespace {
        if exact { Place::Service } else { Place::Mesh }
    } else if ours.root.as_ref() == Some(namespace) {
        Place::Mesh
    } else {
        Place::Clients(namespace.clone())
    }
}
