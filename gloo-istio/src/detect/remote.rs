//! Control planes that run somewhere else: the cluster has proxies, and no istiod.

use std::collections::BTreeMap;

use gloo_core::Istr;
use gloo_core::api::{IstioMesh, MeshInstallation, MeshSpec, ServiceType};
use gloo_core::discover::resource::{Name, Service};
use gloo_core::discover::{Claim, Diagnostics, FoundMesh, Member, MeshIdentity, View};
use gloo_core::istr::Labels;

use super::control_plane::{captures_dns, facts, members, node_proxy, serving_nodes};
use super::mesh_config::MeshConfig;
use super::{DEFAULT, REVISION, address, gateway, member, said};

/// The control planes that serve a cluster from outside.
pub fn find(cluster: View<'_>, notes: &mut Diagnostics) -> Vec<FoundMesh> {
    let mut found: BTreeMap<(Istr, Istr), Labels> = BTreeMap::new();
    for service in cluster.services() {
        if let Some(revision) = revision_of(service) {
            let key = (service.name.namespace.clone(), revision);
            found.entry(key).or_insert_with(|| service.annotations.clone());
        }
    }
    if found.is_empty() {
        // What pods in ambient mode say nothing about, the proxies of their nodes know.
        let of_nodes = node_proxy(cluster).and_then(address::of_node_proxy);
        let claims = cluster.members().map(|member| member.claim.clone()).chain(of_nodes);
        let complete = claims.filter_map(|Claim { namespace, revision, .. }| {
            Some((namespace?, revision.unwrap_or_else(|| DEFAULT.into())))
        });
        found.extend(complete.map(|key| (key, Labels::new())));
    }
    let mut found: Vec<Found> =
        found.into_iter().map(|((namespace, revision), it)| Found::new(namespace, revision, it)).collect();
    // The first of several is the one whose mesh has the first name.
    found.sort_by_cached_key(|it| cluster.mesh_name(&it.source));
    let all: Vec<&MeshIdentity> = found.iter().map(|it| &it.identity).collect();
    if let Some(found) = serving_nodes(cluster, &all).and_then(|position| found.get_mut(position)) {
        found.identity.serves_nodes = true;
    }
    let all: Vec<&MeshIdentity> = found.iter().map(|it| &it.identity).collect();
    let meshes = found.iter().enumerate();
    let of = |position: usize| members(cluster, &all, position);
    meshes.map(|(position, it)| describe(cluster, (it, &all), &of(position), notes)).collect()
}

/// A control plane elsewhere.
struct Found {
    /// What it would be called if it ran here.
    source: Name,
    identity: MeshIdentity,
    annotations: Labels,
}

impl Found {
    fn new(namespace: Istr, revision: Istr, annotations: Labels) -> Self {
        let is_default = *revision == *DEFAULT;
        let name = if is_default { "istiod".to_owned() } else { format!("istiod-{revision}") };
        let source = Name::new(namespace.clone(), name);
        let identity = MeshIdentity { namespace, revisions: vec![revision], is_default, serves_nodes: false };
        Self { source, identity, annotations }
    }
}

/// The revision of the control plane elsewhere that a service stands for.
fn revision_of(service: &Service) -> Option<Istr> {
    let rest = service.name.name.strip_prefix("istiod")?;
    let is_marked = service.labels.get(REVISION).is_some()
        || service.labels.get("app.kubernetes.io/name").is_some_and(|name| **name == *"istiod");
    let leads_elsewhere = service.selector.is_empty() || service.service_type == ServiceType::ExternalName;
    if !is_marked || !leads_elsewhere || service.labels.get(super::TAG).is_some() {
        return None;
    }
    let named = rest.strip_suffix("-remote").unwrap_or(rest).strip_prefix('-');
    let named = named.filter(|named| !named.is_empty()).map(Istr::from);
    Some(said(service.labels.get(REVISION)).cloned().or(named).unwrap_or_else(|| DEFAULT.into()))
}

/// A control plane elsewhere, among `all` that serve the cluster.
fn describe(
    cluster: View<'_>,
    (found, all): (&Found, &[&MeshIdentity]),
    members: &[&Member],
    notes: &mut Diagnostics,
) -> FoundMesh {
    let Found { source, identity, annotations } = found;
    let revision = identity.revisions.first().cloned().unwrap_or_default();
    let namespace = &identity.namespace;
    // It has no object of its own here that a remark could be about.
    let object = format!("Namespace {namespace}");
    let config = MeshConfig::read(cluster, namespace, &revision, None, &object, notes);
    let of_nodes = node_proxy(cluster).filter(|_| identity.serves_nodes).map(member::told_by);
    let proxies = || members.iter().filter_map(|member| member.proxy.as_deref()).chain(&of_nodes);
    let version = proxies().map(|proxy| &proxy.version).max_by_key(|version| numbers(version));
    let version = version.cloned().unwrap_or_default();
    let told = proxies().map(|proxy| &proxy.trust_domain).find(|domain| !domain.is_empty());
    let trust_domain = config.own_trust_domain().or(told).cloned();
    let dns = captures_dns(cluster, &config, &version, members);
    let installation = MeshInstallation {
        namespace: namespace.clone(),
        cluster: cluster.name().clone(),
        pod_labels: Labels::new(),
        version,
        region: cluster.region(),
    };
    let istio = IstioMesh {
        installation: Some(installation),
        trust_domain: trust_domain.unwrap_or_else(|| config.trust_domain()),
        // Its certificates are issued where it runs.
        istiod_service_account: Istr::default(),
        smart_dns_proxying_enabled: dns,
        ingress_gateways: gateway::find(cluster, namespace, all, notes),
    };
    let mut facts = facts(cluster, identity, &config, members);
    facts.push(("control-plane", "remote".into()));
    FoundMesh {
        source: source.clone(),
        annotations: annotations.clone(),
        facts,
        spec: MeshSpec { istio: Some(istio), ..MeshSpec::default() },
        identity: identity.clone(),
    }
}

/// The numbers of a version, by which versions are compared.
fn numbers(version: &str) -> Vec<u32> {
    version.split(['.', '-']).map_while(|part| part.parse().ok()).collect()
}
