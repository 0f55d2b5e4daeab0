//! Access as AuthorizationPolicies.
//!
//! Proxies beside the workloads enforce everything in one policy. Where the node's proxy takes the traffic
//! (ambient), it enforces identities and ports only, and drops rules that say more; what is said about
//! requests belongs to the waypoint in front of the service, whose own identity the node's proxy sees then.

use gloo_core::Istr;
use gloo_core::api::TlsMode;
use gloo_core::backend::{Place, Sink};
use gloo_core::context::Context;
use gloo_core::id::InputRef;
use gloo_core::index::{DataPlane, Destination, Mesh};
use gloo_core::model::{Access, AccessRule, Peer, Principal, Resolved, Sources};
use gloo_core::name::short_hash;
use gloo_core::rejection::Warning;

use crate::mesh::policy_name;
use crate::waypoint::{self, Waypoint};
use crate::wire::{
    AUTHORIZATION_POLICY, Action, AuthorizationPolicy, From, Operation, Rule, Source, Target, TargetRef, To,
};

/// Istio takes at most this many rules in a policy, and this many sources in a rule.
const MOST: usize = 512;

/// Writes the policies of one destination.
pub(crate) fn write(cx: Context<'_>, resolved: &Resolved<'_>, sink: &mut Sink<'_>) {
    let destination = resolved.destination;
    let Access { rules, open_despite } = &resolved.access;
    if destination.pod_selector().is_empty() {
        return;
    }
    if let Some(virtual_mesh) = open_despite {
        write_open(destination, &destination.service.namespace, virtual_mesh, sink);
    }
    if rules.is_empty() {
        return;
    }
    warn(cx, resolved, sink);
    let waypoint = match destination.data_plane {
        DataPlane::Sidecar => None,
        DataPlane::Ambient | DataPlane::Mixed => waypoint::of(cx, destination),
    };
    let at_workload: Vec<&AccessRule<'_>> = match (destination.data_plane, &waypoint) {
        (DataPlane::Ambient, Some(_)) => rules.iter().filter(|rule| !is_about_requests(rule)).collect(),
        _ => rules.iter().collect(),
    };
    let mut written: Vec<Rule> = at_workload.into_iter().flat_map(rule).collect();
    if let (Some(waypoint), Some(mesh)) = (&waypoint, cx.mesh_of(destination)) {
        written.push(admit(cx, waypoint, mesh));
    }
    let name = &destination.service.name;
    let inputs = || rules.iter().map(|rule| rule.policy.clone());
    split(
        cx,
        sink,
        destination,
        name,
        &Target::Selector(destination.pod_selector().clone()),
        written,
        inputs,
    );
    if waypoint.is_some() {
        let target = Target::Ref(TargetRef { group: "", kind: "Service", name: name.clone() });
        let name = free_name(cx, destination, format!("{name}-waypoint"));
        let written = rules.iter().flat_map(rule).collect();
        split(cx, sink, destination, &name, &target, written, inputs);
    }
}

/// Lets everybody reach the pods of a gateway, whose routes decide what comes in.
pub(crate) fn write_open(
    gateway: &Destination,
    namespace: &Istr,
    virtual_mesh: &InputRef,
    sink: &mut Sink<'_>,
) {
    let body = AuthorizationPolicy {
        target: Target::Selector(gateway.pod_selector().clone()),
        action: Action::Allow,
        rules: vec![Rule::default()],
    };
    let (cluster, name) = (&gateway.service.cluster_name, policy_name(&gateway.input).into());
    let place = Place { kind: &AUTHORIZATION_POLICY, cluster, namespace, name: &name };
    sink.write(place, [virtual_mesh.clone()], body);
}

/// A name for a further object of a destination that no other service's own object has.
fn free_name(cx: Context<'_>, destination: &Destination, name: String) -> Istr {
    let mut namesake = destination.service.clone();
    namesake.name = name.into();
    if cx.destination_of(&namesake).is_none() {
        return namesake.name;
    }
    format!("{}-{}", namesake.name, short_hash(&namesake.name)).into()
}

/// Writes rules into as many policies as they need.
fn split<I: Iterator<Item = InputRef>>(
    cx: Context<'_>,
    sink: &mut Sink<'_>,
    destination: &Destination,
    name: &Istr,
    target: &Target,
    mut rules: Vec<Rule>,
    inputs: impl Fn() -> I,
) {
    let service = &destination.service;
    let mut part = 0;
    while !rules.is_empty() {
        let rest = rules.split_off(rules.len().min(MOST));
        let name =
            if part == 0 { name.clone() } else { free_name(cx, destination, format!("{name}-{part}")) };
        let body = AuthorizationPolicy { target: target.clone(), action: Action::Allow, rules };
        let place = Place {
            kind: &AUTHORIZATION_POLICY,
            cluster: &service.cluster_name,
            namespace: &service.namespace,
            name: &name,
        };
        sink.write(place, inputs(), body);
        rules = rest;
        part += 1;
    }
}

/// One policy as rules; more than one only where its sources are too many for one.
fn rule(rule: &AccessRule<'_>) -> Vec<Rule> {
    let to = rule.operation.as_ref().map(|operation| To {
        operation: Operation {
            paths: operation.paths.to_vec(),
            methods: operation.methods.to_vec(),
            ports: operation.ports.iter().map(|port| port.to_string().into()).collect(),
        },
    });
    let to: Vec<To> = to.into_iter().collect();
    match &*rule.sources {
        Sources::Any => vec![Rule { from: Vec::new(), to }],
        Sources::Peers(peers) => peers
            .chunks(MOST)
            .map(|peers| Rule { from: peers.iter().map(from).collect(), to: to.clone() })
            .collect(),
    }
}

fn from(peer: &Peer) -> From {
    let Peer { principals, not_trust_domains, namespaces, request_principals, not_request_principals } = peer;
    From {
        source: Source {
            principals: principals.iter().map(principal).collect(),
            not_principals: not_trust_domains.iter().map(everybody_of).collect(),
            namespaces: namespaces.clone(),
            request_principals: request_principals.clone(),
            not_request_principals: not_request_principals.clone(),
        },
    }
}

/// Every identity of a trust domain, and of none that is taken for it.
fn everybody_of(domain: &Istr) -> Istr {
    principal(&Principal { trust_domain: domain.clone(), namespace: None, account: None })
}

/// An identity as Istio compares it: a SPIFFE id without its scheme.
fn principal(principal: &Principal) -> Istr {
    let Principal { trust_domain, namespace, account } = principal;
    match (namespace, account) {
        (Some(namespace), Some(account)) => format!("{trust_domain}/ns/{namespace}/sa/{account}").into(),
        (Some(namespace), None) => format!("{trust_domain}/ns/{namespace}/sa/*").into(),
        (None, _) => format!("{trust_domain}/ns/*").into(),
    }
}

/// What the waypoint forwards must be let in: it has checked the request already. An account of its name in
/// another mesh has not, although meshes that take each other's trust domains for their own read it as the same.
fn admit(cx: Context<'_>, waypoint: &Waypoint, mesh: &Mesh) -> Rule {
    let trust_domain = mesh.trust_domains.first().cloned().unwrap_or_default();
    let all = cx.membership(mesh.id).map_or(&[][..], |membership| &membership.trust_domains);
    let others = all.iter().filter(|domain| **domain != trust_domain);
    let not_principals = others.map(everybody_of).collect();
    let identity = Principal {
        trust_domain,
        namespace: Some(waypoint.namespace.clone()),
        account: Some(waypoint.account.clone()),
    };
    let source = Source { principals: vec![principal(&identity)], not_principals, ..Source::default() };
    Rule { from: vec![From { source }], to: Vec::new() }
}

/// Whether a rule says something that only a proxy that reads HTTP can check.
fn is_about_requests(rule: &AccessRule<'_>) -> bool {
    rule.operation
        .as_ref()
        .is_some_and(|operation| !operation.paths.is_empty() || !operation.methods.is_empty())
        || match &*rule.sources {
            Sources::Any => false,
            Sources::Peers(peers) => peers
                .iter()
                .any(|peer| !peer.request_principals.is_empty() || !peer.not_request_principals.is_empty()),
        }
}

/// What the authors of the policies should know about this destination.
fn warn(cx: Context<'_>, resolved: &Resolved<'_>, sink: &mut Sink<'_>) {
    let destination = resolved.destination;
    let other = cx.sharing_workloads(destination);
    let plaintext = resolved.views.iter().any(|view| view.traffic.tls_mode() == Some(TlsMode::Disable));
    let no_waypoint = destination.data_plane == DataPlane::Ambient && waypoint::of(cx, destination).is_none();
    for rule in &resolved.access.rules {
        if let Some(other) = other {
            sink.warn(rule.policy, Warning::SharedWorkloads { other: other.input.clone() });
        }
        if plaintext && *rule.sources != Sources::Any {
            let note = "clients connect without mTLS (tlsMode DISABLE), so they have no identity to match";
            sink.warn(rule.policy, unwise("spec.sourceSelector", note));
        }
        if no_waypoint && is_about_requests(rule) {
            let note = "there is no waypoint, so nobody reads requests; this rule admits nobody";
            sink.warn(rule.policy, unwise("spec", note));
        }
    }
}

fn unwise(field: &str, note: &str) -> Warning {
    Warning::Unwise { field: field.to_owned(), note: note.to_owned() }
}
