//! Turns selectors of identities into identities.

use std::borrow::Cow;
use std::collections::BTreeMap;

use crate::Istr;
use crate::api::{ClusterObjectRef, IdentitySelector, KubeIdentityMatcher, RequestIdentityMatcher};
use crate::check::{Checks, is_dns_label, is_dns_name};
use crate::context::Context;
use crate::index::{Destination, Mesh};
use crate::model::{Peer, Principal, Sources};
use crate::rejection::{Rejection, Warning};

/// Where the selectors stand in a policy.
const FIELD: &str = "spec.sourceSelector";

/// Reads the selectors of one AccessPolicy. No selector means everybody; a selector that names nobody is
/// refused, so that nothing ever opens a destination by accident.
pub(super) fn read_sources(
    cx: Context<'_>,
    selectors: &[IdentitySelector],
    own: &mut Checks,
    targets: &mut Checks,
) -> Sources {
    let mut peers = Vec::new();
    let mut any = selectors.is_empty();
    for (position, selector) in selectors.iter().enumerate() {
        let field = format!("{FIELD}[{position}]");
        if let Some(more) = read_selector(cx, selector, &field, own, targets) {
            peers.extend(more);
        } else {
            any = true;
            let note = "it names nobody in particular, so clients without identity are admitted too";
            own.unwise(field, note);
        }
    }
    if any { Sources::Any } else { Sources::Peers(peers) }
}

/// The peers of one selector; `None` if it admits everybody.
///
/// A matcher of namespaces only and a list of accounts are alternatives, so they become two peers; what is
/// asked of the request itself is asked in both.
fn read_selector(
    cx: Context<'_>,
    selector: &IdentitySelector,
    field: &str,
    own: &mut Checks,
    targets: &mut Checks,
) -> Option<Vec<Peer>> {
    let IdentitySelector { kube_identity_matcher, kube_service_account_refs, request_identity_matcher } =
        selector;
    let matcher = kube_identity_matcher
        .as_ref()
        .filter(|matcher| !matcher.namespaces.is_empty() || !matcher.clusters.is_empty());
    let accounts = kube_service_account_refs.as_ref().map(|refs| refs.service_accounts.as_slice());
    let request = of_request(request_identity_matcher.as_ref(), field, own);
    let earlier_errors = targets.errors.len();
    let mut principals = Vec::new();
    let mut namespaces = Vec::new();
    match matcher {
        Some(KubeIdentityMatcher { namespaces: named, clusters }) if clusters.is_empty() => {
            check_namespaces(named, field, own);
            namespaces.clone_from(named);
        }
        Some(matcher) => principals.extend(of_matcher(cx, matcher, field, own, targets)),
        None => (),
    }
    for (position, account) in accounts.unwrap_or_default().iter().enumerate() {
        let field = format!("{field}.kubeServiceAccountRefs.serviceAccounts[{position}]");
        principals.extend(of_account(cx, account, &field, own, targets));
    }
    dedup(&mut principals);
    let mut peers = Vec::new();
    if !principals.is_empty() {
        peers.push(Peer { principals, ..request.clone() });
    }
    if !namespaces.is_empty() {
        peers.push(Peer { namespaces, ..request.clone() });
    }
    if peers.is_empty() {
        if matcher.is_none() && accounts.is_none() {
            return (request != Peer::default()).then(|| vec![request]);
        }
        if targets.errors.len() == earlier_errors {
            let field = format!("{field}.kubeServiceAccountRefs.serviceAccounts");
            targets.reject(Rejection::NoIdentity { field });
        }
    }
    Some(peers)
}

/// What is asked of the end user of a request.
fn of_request(matcher: Option<&RequestIdentityMatcher>, field: &str, own: &mut Checks) -> Peer {
    let Some(RequestIdentityMatcher { request_principals, not_request_principals }) = matcher else {
        return Peer::default();
    };
    if request_principals.iter().chain(not_request_principals).any(|user| user.is_empty()) {
        let field = format!("{field}.requestIdentityMatcher");
        own.invalid(field, "an empty text", "identities of end users, such as issuer/subject");
    }
    Peer {
        request_principals: request_principals.clone(),
        not_request_principals: not_request_principals.clone(),
        ..Peer::default()
    }
}

/// Identities of whole clusters, or of namespaces in clusters, cluster by cluster.
fn of_matcher(
    cx: Context<'_>,
    matcher: &KubeIdentityMatcher,
    field: &str,
    own: &mut Checks,
    targets: &mut Checks,
) -> Vec<Principal> {
    let KubeIdentityMatcher { namespaces, clusters } = matcher;
    let field = format!("{field}.kubeIdentityMatcher");
    check_namespaces(namespaces, &field, own);
    let mut principals = Vec::new();
    for cluster in clusters {
        let meshes = meshes_of(cx, cluster, &format!("{field}.clusters"), targets);
        warn_about_shared_trust(cx, cluster, &meshes, targets);
        for mesh in meshes {
            if namespaces.is_empty() {
                principals.extend(whole_trust_domain(mesh, &field, targets));
            } else {
                principals.extend(namespaces.iter().map(|namespace| principal(mesh, Some(namespace), None)));
            }
        }
    }
    principals
}

/// Identities of one account reference; parts that are empty match anything.
fn of_account(
    cx: Context<'_>,
    account: &ClusterObjectRef,
    field: &str,
    own: &mut Checks,
    targets: &mut Checks,
) -> Vec<Principal> {
    let ClusterObjectRef { name, namespace, cluster_name } = account;
    let meshes = if cluster_name.is_empty() {
        cx.meshes().filter(|mesh| mesh.has_identities()).collect()
    } else {
        let meshes = meshes_of(cx, cluster_name, &format!("{field}.clusterName"), targets);
        warn_about_shared_trust(cx, cluster_name, &meshes, targets);
        meshes
    };
    if namespace.is_empty() {
        if !name.is_empty() {
            own.no_effect(format!("{field}.name"), ": without namespace every account is meant");
        }
        return meshes.into_iter().flat_map(|mesh| whole_trust_domain(mesh, field, targets)).collect();
    }
    check_namespaces(std::slice::from_ref(namespace), field, own);
    // A star would be taken for a wildcard by the mesh and admit every account.
    if !name.is_empty() && !is_dns_name(name) {
        own.invalid(format!("{field}.name"), format!("{name:?}"), "the name of a service account");
    }
    let account = (!name.is_empty()).then_some(name);
    meshes.into_iter().map(|mesh| principal(mesh, Some(namespace), account)).collect()
}

fn principal(mesh: &Mesh, namespace: Option<&Istr>, account: Option<&Istr>) -> Principal {
    let trust_domain = mesh.trust_domains.first().cloned().unwrap_or_default();
    Principal { trust_domain, namespace: namespace.cloned(), account: account.cloned() }
}

/// Everybody of a trust domain. Aliases do not count there, so each is named.
fn whole_trust_domain(mesh: &Mesh, field: &str, checks: &mut Checks) -> Vec<Principal> {
    if !mesh.trust_domain_known {
        checks.unwise(field, format!("{} names no trust domain; cluster.local is assumed", mesh.input));
    }
    let all = mesh.trust_domains.iter();
    all.map(|domain| Principal { trust_domain: domain.clone(), namespace: None, account: None }).collect()
}

/// Meshes with identities that are installed in a cluster; none is an error.
fn meshes_of<'a>(cx: Context<'a>, cluster: &Istr, field: &str, checks: &mut Checks) -> Vec<&'a Mesh> {
    let meshes: Vec<&Mesh> = cx.meshes_in(cluster).filter(|mesh| mesh.has_identities()).collect();
    if meshes.is_empty() {
        checks.reject(Rejection::IdentityUnknown { field: field.to_owned(), cluster: cluster.clone() });
    }
    meshes
}

/// Clusters with one trust domain: naming one of them admits the same accounts of the others.
fn warn_about_shared_trust(cx: Context<'_>, cluster: &Istr, meshes: &[&Mesh], checks: &mut Checks) {
    let mut clusters: BTreeMap<&Istr, Vec<&str>> = BTreeMap::new();
    for mesh in meshes {
        let Some(domain) = mesh.trust_domains.first() else {
            continue;
        };
        let sharing = cx.meshes().filter(|other| other.trust_domains.first() == Some(domain));
        let mut names: Vec<&str> = sharing.map(|other| &*other.cluster).collect();
        names.sort_unstable();
        names.dedup();
        if names.len() > 1 && names.contains(&&**cluster) {
            clusters.insert(domain, names);
        }
    }
    for (trust_domain, clusters) in clusters {
        let warning =
            Warning::SharedTrustDomain { clusters: clusters.join(", "), trust_domain: trust_domain.clone() };
        if !checks.warnings.contains(&warning) {
            checks.warn(warning);
        }
    }
}

fn check_namespaces(namespaces: &[Istr], field: &str, checks: &mut Checks) {
    for namespace in namespaces {
        if !is_dns_label(namespace) {
            checks.invalid(field, format!("{namespace:?}"), "the name of a namespace");
        }
    }
}

/// The same sources at a destination of a virtual mesh with several trust domains.
///
/// Meshes that take each other's trust domains for their own would read an account of one as that account of
/// all. So each peer is limited to the trust domains that it names.
pub(super) fn separated<'a>(
    cx: Context<'_>,
    destination: &Destination,
    sources: &'a Sources,
) -> Cow<'a, Sources> {
    let Sources::Peers(peers) = sources else { return Cow::Borrowed(sources) };
    let membership = destination.mesh.and_then(|mesh| cx.membership(mesh));
    let Some(membership) = membership.filter(|membership| membership.trust_domains.len() > 1) else {
        return Cow::Borrowed(sources);
    };
    let separate = |peer: &Peer| separate(peer, &membership.trust_domains);
    Cow::Owned(Sources::Peers(peers.iter().flat_map(separate).collect()))
}

/// Trust domains of which the same accounts are meant.
struct Group<'a> {
    accounts: Vec<(&'a Option<Istr>, &'a Option<Istr>)>,
    domains: Vec<&'a Istr>,
    principals: Vec<Principal>,
}

/// One peer for each group of trust domains that mean the same accounts.
fn separate(peer: &Peer, all: &[Istr]) -> Vec<Peer> {
    let mut by_domain: BTreeMap<&Istr, Vec<&Principal>> = BTreeMap::new();
    for principal in &peer.principals {
        by_domain.entry(&principal.trust_domain).or_default().push(principal);
    }
    let mut groups: Vec<Group<'_>> = Vec::new();
    for (domain, principals) in by_domain {
        let mut accounts: Vec<_> = principals.iter().map(|it| (&it.namespace, &it.account)).collect();
        accounts.sort_unstable();
        let principals = principals.into_iter().cloned();
        match groups.iter_mut().find(|group| group.accounts == accounts) {
            Some(group) => {
                group.domains.push(domain);
                group.principals.extend(principals);
            }
            None => {
                groups.push(Group { accounts, domains: vec![domain], principals: principals.collect() });
            }
        }
    }
    if groups.is_empty() {
        return vec![peer.clone()];
    }
    let limited = groups.into_iter().map(|group| Peer {
        principals: group.principals,
        not_trust_domains: all.iter().filter(|domain| !group.domains.contains(domain)).cloned().collect(),
        ..peer.clone()
    });
    limited.collect()
}

/// Drops repeated identities, keeping the first of each.
fn dedup(principals: &mut Vec<Principal>) {
    let mut seen = std::collections::BTreeSet::new();
    principals.retain(|principal| seen.insert(principal.clone()));
}
