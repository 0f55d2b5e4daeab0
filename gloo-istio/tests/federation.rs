//! What holds for every world of several clusters, right or wrong.

use std::collections::{BTreeMap, BTreeSet};

use gloo_core::id::InputKind;
use gloo_core::snapshot::Options;
use gloo_core::{Translation, translate};
use gloo_fixtures::arbitrary::{self, CLUSTERS};
use gloo_fixtures::render::objects;
use gloo_fixtures::world::snapshot;
use gloo_istio::Istio;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Value, json};

/// 100 worlds for each law; as many as the environment asks for if it does (`just soak`).
fn config() -> ProptestConfig {
    let config = ProptestConfig::default();
    if std::env::var_os("PROPTEST_CASES").is_some() {
        config
    } else {
        ProptestConfig { cases: 100, ..config }
    }
}

fn run(documents: &[Value]) -> Translation {
    translate(&snapshot(documents, Options::default()), &[&Istio])
}

/// Worlds of which most show a lot to other clusters, and some of any sort.
fn world() -> impl Strategy<Value = Vec<Value>> {
    prop_oneof![3 => arbitrary::federated_world(), 1 => arbitrary::world()]
}

/// The text at a place of a value, empty if there is none.
fn text<'a>(value: &'a Value, pointer: &str) -> &'a str {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

/// The list at a place of a value, empty if there is none.
fn list<'a>(value: &'a Value, pointer: &str) -> &'a [Value] {
    value.pointer(pointer).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

fn texts<'a>(value: &'a Value, pointer: &str) -> Vec<&'a str> {
    list(value, pointer).iter().filter_map(Value::as_str).collect()
}

/// The cluster that an output is for.
fn cluster(object: &Value) -> &str {
    text(object, "/metadata/labels/cluster.multicluster.solo.io")
}

fn kind(object: &Value) -> &str {
    text(object, "/kind")
}

/// Outputs of one kind.
fn of_kind<'a>(objects: &'a [Value], wanted: &str) -> Vec<&'a Value> {
    objects.iter().filter(|object| kind(object) == wanted).collect()
}

/// Where the gateways of each cluster are reached, as the documents say: the cluster by address.
fn gateway_addresses(documents: &[Value]) -> BTreeMap<String, String> {
    let mut addresses = BTreeMap::new();
    for document in documents.iter().filter(|it| kind(it) == "Destination") {
        for address in list(document, "/spec/kubeService/externalAddresses") {
            for field in ["/ip", "/dnsName"] {
                let cluster = text(document, "/spec/kubeService/ref/clusterName");
                addresses.insert(text(address, field).to_owned(), cluster.to_owned());
            }
        }
    }
    addresses.remove("");
    addresses.remove("*.example");
    addresses
}

/// Whether a host of a Gateway, perhaps with a wildcard, covers a host.
fn covers(pattern: &str, host: &str) -> bool {
    match pattern.strip_prefix('*') {
        Some(end) => host.ends_with(end),
        None => pattern == host,
    }
}

/// Port, subset and host of a server name by which a gateway finds a service.
fn server_name(name: &str) -> Option<(&str, &str, &str)> {
    let mut parts = name.strip_prefix("outbound_.")?.splitn(3, "_.");
    Some((parts.next()?, parts.next()?, parts.next()?))
}

/// The documents without those that hold one of some texts.
fn without(documents: &[Value], unwanted: impl Fn(&Value) -> bool) -> Vec<Value> {
    documents.iter().filter(|it| !unwanted(it)).cloned().collect()
}

/// Whether an object belongs to a cluster: a mesh, a destination or a workload.
fn is_in(document: &Value, wanted: &str) -> bool {
    let places = [
        "/spec/istio/installation/cluster",
        "/spec/linkerd/installation/cluster",
        "/spec/kubeService/ref/clusterName",
        "/spec/kubernetes/controller/clusterName",
    ];
    places.iter().any(|place| text(document, place) == wanted)
}

fn is_policy(document: &Value) -> bool {
    ["TrafficPolicy", "AccessPolicy"].contains(&kind(document))
}

/// Whether everybody in a cluster sees an object, and not only its gateways.
fn is_for_clients(object: &Value) -> bool {
    texts(object, "/spec/exportTo") == ["*"]
}

fn name(object: &Value) -> String {
    let metadata = |field| text(object, &format!("/metadata/{field}"));
    [cluster(object), kind(object), metadata("namespace"), metadata("name")].join(" ")
}

/// The rules of a cluster that count for a host, as clients or as gateways see them.
fn rules_for<'a>(objects: &'a [Value], in_cluster: &str, host: &str, clients: bool) -> Vec<&'a Value> {
    let rules = of_kind(objects, "DestinationRule").into_iter();
    rules
        .filter(|it| {
            cluster(it) == in_cluster && text(it, "/spec/host") == host && is_for_clients(it) == clients
        })
        .collect()
}

proptest! {
    #![proptest_config(config())]

    /// What is compared are objects about destinations of other clusters. Policies that name the cluster, or that
    /// have targets, depend on it. So do access policies: identities of the cluster may be among those that they
    /// admit.
    #[test]
    fn a_cluster_that_goes_takes_its_endpoints_along_and_nothing_else(
        documents in world(),
        gone in select(CLUSTERS.to_vec()),
    ) {
        let depends = |it: &Value| {
            let body = it.to_string();
            is_policy(it) && (body.contains(&format!("\"{gone}\"")) || body.contains("trafficShift") || body.contains("mirror"))
        };
        let documents = without(&documents, |it| depends(it) || kind(it) == "AccessPolicy");
        let rest = without(&documents, |it| is_in(it, gone));
        let (before, after) = (run(&documents), run(&rest));
        let addresses = gateway_addresses(&documents);
        let mut lost: BTreeSet<&str> =
            addresses.iter().filter(|(_, at)| *at == gone).map(|(address, _)| &**address).collect();
        for document in documents.iter().filter(|it| is_in(it, gone)) {
            for subset in list(document, "/spec/kubeService/endpointSubsets") {
                lost.extend(list(subset, "/endpoints").iter().map(|it| text(it, "/ipAddress")));
            }
        }
        for object in objects(&after) {
            prop_assert_ne!(cluster(&object), gone);
            for endpoint in list(&object, "/spec/endpoints") {
                prop_assert!(!lost.contains(text(endpoint, "/address")), "{}", object);
            }
        }
        let is_about_others = |object: &&std::sync::Arc<gloo_core::object::Object>| {
            let about = object.inputs.iter().filter(|input| input.kind == InputKind::Destination);
            let mut documents_about = about.flat_map(|input| {
                documents.iter().filter(move |it| kind(it) == "Destination" && *text(it, "/metadata/name") == *input.name)
            }).peekable();
            &*object.id.cluster != gone
                && documents_about.peek().is_some()
                && documents_about.all(|it| !is_in(it, gone))
        };
        for object in before.outputs.iter().filter(is_about_others) {
            let now = after.outputs.find(&object.id);
            // A gateway needs to know what is seen from other clusters only.
            let value = object.to_value().unwrap_or_default();
            let was_for_the_gone = matches!(kind(&value), "ServiceEntry" | "DestinationRule")
                && !is_for_clients(&value)
                && value.pointer("/spec/exportTo").is_some()
                && !after.outputs.iter().any(|other| {
                    let other = other.to_value().unwrap_or_default();
                    is_for_clients(&other) && other.pointer("/spec/hosts") == value.pointer("/spec/hosts")
                });
            prop_assert!(was_for_the_gone || now == Some(object), "{:?} is {:?} now", object, now);
        }
        for object in after.outputs.iter().filter(is_about_others) {
            prop_assert!(before.outputs.find(&object.id).is_some(), "{:?} is new", object);
        }
    }

    #[test]
    fn no_two_objects_of_a_cluster_define_one_host_or_one_address_in_silence(documents in world()) {
        let translation = run(&documents);
        let objects = objects(&translation);
        let mut hosts: BTreeMap<(&str, &str, &str), &Value> = BTreeMap::new();
        let mut addresses: BTreeMap<(&str, &str), &Value> = BTreeMap::new();
        for object in &objects {
            let named = match kind(object) {
                "ServiceEntry" | "VirtualService" => texts(object, "/spec/hosts"),
                "DestinationRule" => vec![text(object, "/spec/host")],
                _ => Vec::new(),
            };
            for host in named {
                let other = hosts.insert((cluster(object), kind(object), host), object);
                prop_assert!(other.is_none(), "{} is in {} and in {}", host, object, other.unwrap_or(object));
            }
            for address in texts(object, "/spec/addresses") {
                let other = addresses.insert((cluster(object), address), object);
                prop_assert!(other.is_none(), "{} is in {} and in {}", address, object, other.unwrap_or(object));
            }
        }
        // A name that services of the cluster have already is not given to something else.
        for document in documents.iter().filter(|it| kind(it) == "Destination") {
            let service = |field| text(document, &format!("/spec/kubeService/ref/{field}"));
            let host = format!("{}.{}.svc.cluster.local", service("name"), service("namespace"));
            prop_assert!(!hosts.contains_key(&(service("clusterName"), "ServiceEntry", &*host)), "{}", host);
        }
    }

    #[test]
    fn a_gateway_never_relays_to_another_cluster(documents in world()) {
        let objects = objects(&run(&documents));
        let addresses = gateway_addresses(&documents);
        for gateway in of_kind(&objects, "Gateway") {
            let covered: Vec<&str> =
                list(gateway, "/spec/servers").iter().flat_map(|server| texts(server, "/hosts")).collect();
            let entries = of_kind(&objects, "ServiceEntry").into_iter();
            for entry in entries.filter(|entry| cluster(entry) == cluster(gateway)) {
                for host in texts(entry, "/spec/hosts") {
                    if covered.iter().any(|pattern| covers(pattern, host)) {
                        for endpoint in list(entry, "/spec/endpoints") {
                            let leads_to = addresses.get(text(endpoint, "/address"));
                            prop_assert_eq!(leads_to, None, "{} by {}", entry, gateway);
                        }
                    }
                }
            }
        }
    }

    /// Istio crashes on it.
    #[test]
    fn no_host_that_is_resolved_has_both_ranks_and_localities(documents in world()) {
        let objects = objects(&run(&documents));
        for entry in of_kind(&objects, "ServiceEntry") {
            let located = list(entry, "/spec/endpoints").iter().any(|it| it.get("locality").is_some());
            if text(entry, "/spec/resolution") != "DNS" || !located {
                continue;
            }
            for host in texts(entry, "/spec/hosts") {
                for rule in rules_for(&objects, cluster(entry), host, true) {
                    let ranks = list(rule, "/spec/trafficPolicy/loadBalancer/localityLbSetting/failoverPriority");
                    prop_assert!(ranks.is_empty(), "{} {}", entry, rule);
                }
            }
        }
    }

    /// Meshes that take each other's trust domains for their own read an account of one as that account of all,
    /// but not `<trust domain>/ns/*`.
    #[test]
    fn access_for_clusters_admits_no_identity_of_another_cluster(
        documents in world(),
        clusters in select(vec![vec!["c1"], vec!["c2"], vec!["c1", "c2"], vec!["c2", "c3"]]),
        sort in 0..3,
    ) {
        let source = match sort {
            0 => json!({"kubeIdentityMatcher": {"clusters": clusters}}),
            1 => json!({"kubeIdentityMatcher": {"clusters": clusters, "namespaces": ["a"]}}),
            _ => {
                let accounts: Vec<Value> =
                    clusters.iter().map(|cluster| json!({"name": "s", "namespace": "a", "clusterName": cluster})).collect();
                json!({"kubeServiceAccountRefs": {"serviceAccounts": accounts}})
            }
        };
        let mut documents = without(&documents, |it| kind(it) == "AccessPolicy");
        documents.push(json!({
            "apiVersion": "networking.mesh.gloo.solo.io/v1",
            "kind": "AccessPolicy",
            "metadata": {"name": "restricted", "namespace": "gloo-mesh", "generation": 1},
            "spec": {"sourceSelector": [source]},
        }));
        let translation = run(&documents);
        let mut trust_domains: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for mesh in documents.iter().filter(|it| kind(it) == "Mesh") {
            let domain = match text(mesh, "/spec/istio/trustDomain") {
                "" => "cluster.local",
                domain => domain,
            };
            for at in CLUSTERS.iter().filter(|at| is_in(mesh, at)) {
                trust_domains.entry(at).or_default().insert(domain);
            }
        }
        let of = |wanted: &[&str]| -> BTreeSet<&str> {
            wanted.iter().flat_map(|cluster| trust_domains.get(cluster).into_iter().flatten().copied()).collect()
        };
        let admitted = of(&clusters);
        for object in &objects(&translation) {
            let is_ours = object.to_string().contains("Kind=AccessPolicy");
            if kind(object) != "AuthorizationPolicy" || !is_ours {
                continue;
            }
            // Clusters that are one virtual mesh with it.
            let together: Vec<&str> = together_with(&translation, &documents, cluster(object));
            let all = of(&together);
            // Pods let the waypoint of their own mesh in, which has checked the request.
            let own = if has_waypoint(&documents, object) { of(&[cluster(object)]) } else { BTreeSet::new() };
            let others = all.iter().filter(|domain| !admitted.contains(*domain) && !own.contains(*domain));
            for domain in others {
                for namespace in ["a", "b"] {
                    for account in ["s", "t"] {
                        let identity = Identity { domain, namespace, account, all: &all };
                        prop_assert!(
                            !identity.is_admitted(object),
                            "{}/ns/{}/sa/{} by {}", domain, namespace, account, object
                        );
                    }
                }
            }
        }
    }

    /// Policies with targets or for clients of some clusters are left out: they are taken whole or not at all, so what
    /// clients of the cluster reach, and what others claim for them, is part of the decision.
    #[test]
    fn a_cluster_that_cannot_be_a_client_changes_nothing_for_others(
        documents in world(),
        refusing in select(CLUSTERS.to_vec()),
    ) {
        let depends = |it: &Value| {
            let body = it.to_string();
            let is_for_some = list(it, "/spec/sourceSelector")
                .iter()
                .any(|source| !list(source, "/kubeWorkloadMatcher/clusters").is_empty());
            is_policy(it) && (is_for_some || body.contains("trafficShift") || body.contains("mirror"))
        };
        let mut documents = without(&documents, depends);
        for document in &mut documents {
            if let Some(federation) = document.pointer_mut("/spec/federation").and_then(Value::as_object_mut) {
                federation.insert("hostnameSuffix".to_owned(), "mesh.internal".into());
            }
        }
        let with = |answers: bool| {
            let mut documents = documents.clone();
            for mesh in documents.iter_mut().filter(|it| is_in(it, refusing)) {
                if let Some(istio) = mesh.pointer_mut("/spec/istio").and_then(Value::as_object_mut) {
                    istio.insert("smartDnsProxyingEnabled".to_owned(), answers.into());
                }
            }
            run(&documents)
        };
        let (seeing, blind) = (objects(&with(true)), objects(&with(false)));
        let is_seen = |object: &Value| {
            let hosts = texts(object, "/spec/hosts").into_iter().chain([text(object, "/spec/host")]);
            hosts.filter(|host| !host.is_empty()).any(|host| {
                blind.iter().any(|other| {
                    cluster(other) != cluster(object) && is_for_clients(other) && other.to_string().contains(host)
                })
            })
        };
        let after: BTreeMap<String, &Value> = blind.iter().map(|it| (name(it), it)).collect();
        let before: BTreeMap<String, &Value> = seeing.iter().map(|it| (name(it), it)).collect();
        for (name, object) in before.iter().filter(|(_, it)| cluster(it) != refusing) {
            // What gateways need goes with the only client.
            let for_gateways = object.pointer("/spec/exportTo").is_some() && !is_for_clients(object);
            let gone_with_it = for_gateways && !after.contains_key(name) && !is_seen(object);
            prop_assert!(gone_with_it || after.get(name) == Some(object), "{} is {:?} now", object, after.get(name));
        }
        for (name, object) in after.iter().filter(|(_, it)| cluster(it) != refusing) {
            prop_assert!(before.contains_key(name), "{} is new", object);
        }
    }

    #[test]
    fn what_clients_ask_a_gateway_for_is_there_for_every_port_and_subset(documents in world()) {
        let translation = run(&documents);
        // Something whose name another has is not written, which is an error.
        prop_assume!(!translation.report.findings.iter().any(|finding| finding.code() == "OutputTaken"));
        let objects = objects(&translation);
        let addresses = gateway_addresses(&documents);
        for entry in of_kind(&objects, "ServiceEntry").into_iter().filter(|entry| is_for_clients(entry)) {
            for host in texts(entry, "/spec/hosts") {
                let rules = rules_for(&objects, cluster(entry), host, true);
                prop_assert_eq!(rules.len(), 1, "{}", entry);
                for endpoint in list(entry, "/spec/endpoints") {
                    if let Some(home) = addresses.get(text(endpoint, "/address")) {
                        for rule in &rules {
                            check_asked(&objects, entry, rule, host, home)?;
                        }
                    }
                }
            }
        }
    }
}

/// Whether an object is about a service whose pods may have no proxy of their own.
fn has_waypoint(documents: &[Value], object: &Value) -> bool {
    let is_it = |it: &&Value| {
        kind(it) == "Destination"
            && is_in(it, cluster(object))
            && text(it, "/spec/kubeService/ref/namespace") == text(object, "/metadata/namespace")
            && it.pointer("/metadata/annotations").is_some()
    };
    documents.iter().any(|it| is_it(&it))
}

/// Clusters whose meshes are in one virtual mesh with those of a cluster.
fn together_with(translation: &Translation, documents: &[Value], with: &str) -> Vec<&'static str> {
    let of = |mesh: &Value| {
        let status =
            translation.report.statuses.iter().find(|(input, _)| {
                input.kind == InputKind::Mesh && *input.name == *text(mesh, "/metadata/name")
            });
        let status = status.and_then(|(_, status)| serde_json::to_value(status).ok()).unwrap_or_default();
        text(&status, "/appliedVirtualMesh/ref/name").to_owned()
    };
    let meshes = || documents.iter().filter(|it| kind(it) == "Mesh");
    let own: BTreeSet<String> = meshes().filter(|mesh| is_in(mesh, with)).map(of).collect();
    let is_member =
        |mesh: &&Value| is_in(mesh, with) || own.iter().any(|it| !it.is_empty() && *it == of(mesh));
    let members: Vec<&Value> = meshes().filter(is_member).collect();
    CLUSTERS.iter().filter(|at| members.iter().any(|mesh| is_in(mesh, at))).copied().collect()
}

/// Somebody who asks for access, where all trust domains of a virtual mesh are aliases of each other.
struct Identity<'a> {
    domain: &'a str,
    namespace: &'a str,
    account: &'a str,
    all: &'a BTreeSet<&'a str>,
}

impl Identity<'_> {
    fn is_admitted(&self, policy: &Value) -> bool {
        list(policy, "/spec/rules").iter().any(|rule| {
            let sources = list(rule, "/from");
            sources.is_empty() || sources.iter().any(|from| self.matches(from))
        })
    }

    fn matches(&self, from: &Value) -> bool {
        let principals = texts(from, "/source/principals");
        let namespaces = texts(from, "/source/namespaces");
        (principals.is_empty() || principals.iter().any(|it| self.is_meant(it)))
            && (namespaces.is_empty() || namespaces.contains(&self.namespace))
            && !texts(from, "/source/notPrincipals").iter().any(|it| self.is_meant(it))
    }

    fn is_meant(&self, principal: &str) -> bool {
        let Self { domain, namespace, account, all } = *self;
        let parts: Vec<&str> = principal.split('/').collect();
        match parts.as_slice() {
            [trust_domain, "ns", ns, "sa", sa] => {
                (*trust_domain == domain || (all.contains(trust_domain) && all.contains(domain)))
                    && *ns == namespace
                    && (*sa == account || *sa == "*")
            }
            [trust_domain, "ns", "*"] => *trust_domain == domain,
            _ => true,
        }
    }
}

/// A gateway of the home cluster finds what a client asks for: each port, as a whole and in subsets.
fn check_asked(
    objects: &[Value],
    entry: &Value,
    rule: &Value,
    host: &str,
    home: &str,
) -> Result<(), TestCaseError> {
    let subsets = list(rule, "/spec/subsets").iter();
    let subsets = subsets.map(|it| (text(it, "/name"), text(it, "/trafficPolicy/tls/sni"), it.get("labels")));
    let whole = ("", text(rule, "/spec/trafficPolicy/tls/sni"), None);
    for port in list(entry, "/spec/ports") {
        let number = port.get("number").cloned().unwrap_or_default();
        for (subset, written, labels) in std::iter::once(whole).chain(subsets.clone()) {
            let sni = match written {
                "" => format!("outbound_.{number}_.{subset}_.{host}"),
                written => written.to_owned(),
            };
            let Some((asked_port, asked_subset, asked_host)) = server_name(&sni) else {
                return Err(TestCaseError::fail(format!("{sni} in {rule}")));
            };
            prop_assert_eq!((asked_port, asked_subset), (&*number.to_string(), subset), "{}", rule);
            let there = |wanted: &str| -> Vec<&Value> {
                of_kind(objects, wanted).into_iter().filter(|it| cluster(it) == home).collect()
            };
            let gateways = there("Gateway").into_iter().filter(|gateway| {
                let mut servers = list(gateway, "/spec/servers").iter();
                servers.any(|server| texts(server, "/hosts").iter().any(|it| covers(it, asked_host)))
            });
            let gateways: Vec<&Value> = gateways.collect();
            prop_assert!(!gateways.is_empty(), "no gateway in {} for {}", home, sni);
            let is_seen = |object: &&Value| {
                gateways.iter().all(|gateway| {
                    let own = text(object, "/metadata/namespace");
                    let namespace = text(gateway, "/metadata/namespace");
                    texts(object, "/spec/exportTo")
                        .iter()
                        .any(|it| *it == namespace || (*it == "." && own == namespace))
                })
            };
            let entries =
                there("ServiceEntry").into_iter().filter(|it| texts(it, "/spec/hosts") == [asked_host]);
            let behind = entries
                .filter(is_seen)
                .find(|entry| list(entry, "/spec/ports").iter().any(|it| it.get("number") == Some(&number)));
            prop_assert!(behind.is_some(), "nothing in {} for {} of {}", home, sni, entry);
            if subset.is_empty() {
                continue;
            }
            let rules =
                there("DestinationRule").into_iter().filter(|it| text(it, "/spec/host") == asked_host);
            let has_it = rules.filter(is_seen).any(|rule| {
                let mut subsets = list(rule, "/spec/subsets").iter();
                subsets.any(|it| text(it, "/name") == subset && it.get("labels") == labels)
            });
            prop_assert!(has_it, "no subset in {} for {} of {}", home, sni, rule);
        }
    }
    Ok(())
}

/// Found by random worlds: which of them was written depended on the order of arrival, and nobody said so.
#[test]
fn virtual_destinations_whose_names_are_joined_alike_do_not_displace_each_other() {
    let virtual_destination = |name: &str, namespace: &str| {
        json!({
            "apiVersion": "networking.enterprise.mesh.gloo.solo.io/v1beta1",
            "kind": "VirtualDestination",
            "metadata": {"name": name, "namespace": namespace, "generation": 1},
            "spec": {
                "hostname": format!("{name}.{namespace}.global"),
                "port": {"number": 80, "protocol": "http"},
                "localized": {"destinationSelectors": [{"kubeServiceMatcher": {"namespaces": ["a"]}}]},
                "meshList": {"meshes": [{"name": "mesh-c1", "namespace": "gloo-mesh"}]},
            },
        })
    };
    let documents = [
        json!({
            "apiVersion": "discovery.mesh.gloo.solo.io/v1",
            "kind": "Mesh",
            "metadata": {"name": "mesh-c1", "namespace": "gloo-mesh"},
            "spec": {"istio": {"installation": {"namespace": "istio-system", "cluster": "c1"}}},
        }),
        json!({
            "apiVersion": "discovery.mesh.gloo.solo.io/v1",
            "kind": "Destination",
            "metadata": {"name": "s-a-c1", "namespace": "gloo-mesh"},
            "spec": {
                "kubeService": {
                    "ref": {"name": "s", "namespace": "a", "clusterName": "c1"},
                    "workloadSelectorLabels": {"app": "s"},
                    "ports": [{"port": 80, "name": "http", "protocol": "TCP"}],
                },
                "mesh": {"name": "mesh-c1", "namespace": "gloo-mesh"},
            },
        }),
        virtual_destination("x", "y-z"),
        virtual_destination("x-y", "z"),
    ];
    let translation = run(&documents);
    let hosts: Vec<(String, String)> = translation
        .outputs
        .iter()
        .filter_map(|object| {
            let value = object.to_value().ok()?;
            let host = value.pointer("/spec/host").or_else(|| value.pointer("/spec/hosts/0"))?;
            Some((object.id.to_string(), host.as_str()?.to_owned()))
        })
        .collect();
    // `-` sorts before `.`, so x-y comes first and keeps the name.
    let rule_and_entry = |end: &str, host: &str| {
        let named = |kind: &str| (format!("c1/istio-system/{kind}:x-y-z{end}"), host.to_owned());
        [named("destinationrule"), named("serviceentry")]
    };
    let [first, other] = [rule_and_entry("", "x-y.z.global"), rule_and_entry("-a8c5b088", "x.y-z.global")];
    let expected: BTreeSet<(String, String)> = first.into_iter().chain(other).collect();
    assert_eq!(BTreeSet::from_iter(hosts), expected);
    assert!(translation.report.findings.iter().all(|finding| finding.code() != "OutputTaken"));
}
