//! What holds for every world, right or wrong.

use std::collections::{BTreeMap, BTreeSet};

use gloo_core::api::ApprovalState;
use gloo_core::diff::diff;
use gloo_core::id::{InputKind, InputRef};
use gloo_core::object::{CLUSTER_LABEL, OWNER_LABEL, PARENTS_ANNOTATION};
use gloo_core::report::Status;
use gloo_core::snapshot::{OnDuplicate, Options, SnapshotBuilder};
use gloo_core::{Translation, translate};
use gloo_fixtures::arbitrary;
use gloo_fixtures::render::objects;
use gloo_fixtures::schema::Schemas;
use gloo_fixtures::world::{difference, fed_back, snapshot, text};
use gloo_istio::Istio;
use proptest::prelude::*;
use serde_json::Value;

/// 200 worlds for each law; as many as the environment asks for if it does (`just soak`).
fn config() -> ProptestConfig {
    let config = ProptestConfig::default();
    if std::env::var_os("PROPTEST_CASES").is_some() {
        config
    } else {
        ProptestConfig { cases: 200, ..config }
    }
}

fn run(documents: &[Value]) -> Translation {
    translate(&snapshot(documents, Options::default()), &[&Istio])
}

/// Verdicts by policy and destination key.
fn verdicts(translation: &Translation) -> BTreeMap<(InputRef, String), ApprovalState> {
    let mut verdicts = BTreeMap::new();
    for (input, status) in &translation.report.statuses {
        let destinations = match status {
            Status::TrafficPolicy(status) => &status.destinations,
            Status::AccessPolicy(status) => &status.destinations,
            _ => continue,
        };
        verdicts
            .extend(destinations.iter().map(|(key, entry)| ((input.clone(), key.to_string()), entry.state)));
    }
    verdicts
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn order_of_arrival_does_not_matter(
        (documents, shuffled) in arbitrary::any_world().prop_flat_map(|all| (Just(all.clone()), Just(all).prop_shuffle()))
    ) {
        let difference = difference(&text(&run(&documents)), &text(&run(&shuffled)));
        prop_assert!(difference.is_empty(), "{:#?}", difference);
    }

    #[test]
    fn statuses_fed_back_change_nothing(documents in arbitrary::any_world()) {
        let first = run(&documents);
        let again = fed_back(&documents, &first);
        let second = run(&again);
        let changed = difference(&text(&first), &text(&second));
        prop_assert!(changed.is_empty(), "{:#?}", changed);
        let third = run(&fed_back(&again, &second));
        let changed = difference(&text(&second), &text(&third));
        prop_assert!(changed.is_empty(), "{:#?}", changed);
    }

    #[test]
    fn a_new_policy_never_displaces_an_accepted_one(
        documents in arbitrary::any_world(),
        spec in arbitrary::traffic_spec(),
        position in 0_usize..50,
    ) {
        let first = run(&documents);
        let mut more = fed_back(&documents, &first);
        let mut newcomer = arbitrary::traffic_policy(position, spec);
        if let Some(name) = newcomer.pointer_mut("/metadata/name") {
            // A name that sorts before all others, an age that may be greater.
            *name = "a-newcomer".into();
        }
        more.push(newcomer);
        let after = verdicts(&run(&more));
        for (key, state) in verdicts(&first) {
            if state == ApprovalState::Accepted {
                prop_assert_eq!(after.get(&key), Some(&state), "{:?}", key);
            }
        }
    }

    #[test]
    fn a_policy_refused_everywhere_leaves_no_trace_in_outputs(documents in arbitrary::any_world()) {
        let with = run(&documents);
        let states = verdicts(&with);
        let policies: BTreeSet<&InputRef> = states.keys().map(|(input, _)| input).collect();
        for policy in policies {
            let refused = states
                .iter()
                .filter(|((input, _), _)| input == policy)
                .all(|(_, state)| *state == ApprovalState::Invalid);
            if refused {
                let others: Vec<Value> = documents
                    .iter()
                    .filter(|document| document.pointer("/metadata/name").and_then(Value::as_str) != Some(&policy.name))
                    .cloned()
                    .collect();
                prop_assert_eq!(&run(&others).outputs, &with.outputs, "{}", policy);
            }
        }
    }

    #[test]
    fn a_broken_edit_keeps_what_was_in_force(documents in arbitrary::any_world(), victim in 0_usize..7) {
        let name = format!("tp-{victim}");
        let is_victim = |document: &Value| document.pointer("/metadata/name").and_then(Value::as_str) == Some(&name);
        prop_assume!(documents.iter().any(is_victim));
        let before = run(&documents);
        let mut edited = fed_back(&documents, &before);
        for document in edited.iter_mut().filter(|document| is_victim(document)) {
            if let Some(timeout) = document.pointer_mut("/spec/policy") {
                *timeout = serde_json::json!({"requestTimeout": "soon"});
            }
            if let Some(generation) = document.pointer_mut("/metadata/generation") {
                *generation = 99.into();
            }
        }
        prop_assert_eq!(&run(&edited).outputs, &before.outputs);
    }

    #[test]
    fn every_subset_of_a_route_exists_in_a_rule(documents in arbitrary::any_world()) {
        let translation = run(&documents);
        let mut defined = BTreeSet::new();
        let mut used = BTreeSet::new();
        // The server names by which clients in other clusters ask gateways for subsets, as cluster, host, subset.
        let mut asked = BTreeSet::new();
        for object in objects(&translation) {
            let text = |value: &Value, pointer: &str| value.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned();
            let list = |value: &Value, pointer: &str| value.pointer(pointer).and_then(Value::as_array).cloned().unwrap_or_default();
            let cluster = object
                .pointer("/metadata/labels")
                .and_then(|labels| labels.get(CLUSTER_LABEL))
                .and_then(Value::as_str)
                .unwrap_or_default()
                .to_owned();
            let host = text(&object, "/spec/host");
            for subset in list(&object, "/spec/subsets") {
                let name = text(&subset, "/name");
                if let Some((host, subset)) = server_name(&text(&subset, "/trafficPolicy/tls/sni")) {
                    asked.insert((cluster.clone(), host.to_owned(), subset.to_owned()));
                }
                prop_assert!(defined.insert((cluster.clone(), host.clone(), name)), "a subset name is used twice");
            }
            for route in list(&object, "/spec/http") {
                for target in list(&route, "/route") {
                    let subset = text(&target, "/destination/subset");
                    if !subset.is_empty() {
                        used.insert((cluster.clone(), text(&target, "/destination/host"), subset));
                    }
                }
            }
        }
        // A rule that a user's object stands in the way of, or another output, is reported, not written.
        let in_the_way = |code: &str| translation.report.findings.iter().any(|finding| finding.code() == code);
        let hidden = in_the_way("ForeignObject") || in_the_way("OutputTaken");
        prop_assert!(hidden || used.is_subset(&defined), "{:?} not in {:?}", used, defined);
        // Gateways know subsets that routes in other clusters use.
        let elsewhere = |(cluster, host, subset): &(String, String, String)| {
            used.iter().chain(&asked).any(|it| it.0 != *cluster && it.1 == *host && it.2 == *subset)
        };
        let unused = defined.iter().find(|it| !hidden && !used.contains(*it) && !elsewhere(it));
        prop_assert_eq!(unused, None, "a subset that no route uses: {:?}", used);
    }

    #[test]
    fn every_output_is_ours_and_valid(documents in arbitrary::any_world()) {
        let translation = run(&documents);
        for object in objects(&translation) {
            let metadata = object.get("metadata").expect("an object has metadata");
            prop_assert_eq!(metadata.pointer("/labels").and_then(|all| all.get(OWNER_LABEL)), Some(&Value::from("gloo-mesh")));
            prop_assert!(metadata.pointer("/labels").and_then(|all| all.get(CLUSTER_LABEL)).is_some());
            let parents = metadata.pointer("/annotations").and_then(|all| all.get(PARENTS_ANNOTATION));
            let about = ["Kind=Destination", "Kind=VirtualMesh", "Kind=VirtualDestination"];
            let parents = parents.and_then(Value::as_str);
            prop_assert!(parents.is_some_and(|text| about.iter().any(|kind| text.contains(kind))), "{}", object);
            if let Some(schemas) = Schemas::istio() {
                let problems = schemas.check(&object);
                prop_assert!(problems.is_empty(), "{:?} in {}", problems, object);
            }
            within_envoy_limits(&object)?;
        }
        for object in translation.outputs.iter() {
            // What a mesh needs as a whole comes from its virtual mesh, and a virtual destination is none of the
            // destinations behind it.
            let comes_from = |kind| object.inputs.iter().any(|input| input.kind == kind);
            let is_of_mesh = comes_from(InputKind::VirtualMesh) && comes_from(InputKind::Mesh);
            prop_assert!(
                comes_from(InputKind::Destination) || is_of_mesh || comes_from(InputKind::VirtualDestination),
                "{}", object.id
            );
        }
    }

    #[test]
    fn a_plan_leads_from_one_set_to_the_other(one in arbitrary::any_world(), other in arbitrary::any_world()) {
        let (one, other) = (run(&one).outputs, run(&other).outputs);
        prop_assert!(diff(&one, &one).is_empty());
        prop_assert_eq!(diff(&one, &other).apply(&one), other);
    }

    #[test]
    fn nothing_panics_whatever_an_object_holds(
        documents in arbitrary::any_world(),
        victim in any::<prop::sample::Index>(),
        replacement in prop::sample::select(vec![
            Value::Null, Value::from(-1), Value::from(1e300), Value::from(""), Value::from("…"), serde_json::json!([null]), serde_json::json!({"": {}}),
        ]),
        path in any::<prop::sample::Index>(),
    ) {
        let mut documents = documents;
        let position = victim.index(documents.len());
        if let Some(document) = documents.get_mut(position) {
            let mut paths = Vec::new();
            collect_paths(document, String::new(), &mut paths);
            let at = paths.get(path.index(paths.len())).cloned().unwrap_or_default();
            if let Some(place) = document.pointer_mut(&at) {
                *place = replacement;
            }
        }
        let mut builder = SnapshotBuilder::new("gloo-mesh", Options::default());
        for document in documents {
            // Whatever is no object any more is refused, which is fine.
            let _ = builder.add(None, document, OnDuplicate::Refuse);
        }
        let translation = translate(&builder.build(), &[&Istio]);
        prop_assert_eq!(text(&translation).len(), text(&translation).len());
    }
}

fn collect_paths(value: &Value, at: String, paths: &mut Vec<String>) {
    match value {
        Value::Object(map) => {
            for (key, value) in map {
                let key = key.replace('~', "~0").replace('/', "~1");
                collect_paths(value, format!("{at}/{key}"), paths);
            }
        }
        Value::Array(list) => {
            for (index, value) in list.iter().enumerate() {
                collect_paths(value, format!("{at}/{index}"), paths);
            }
        }
        _ => (),
    }
    paths.push(at);
}

/// Host and subset of a server name by which a gateway finds a service.
fn server_name(name: &str) -> Option<(&str, &str)> {
    let mut parts = name.strip_prefix("outbound_.")?.splitn(3, "_.");
    let (_port, subset, host) = (parts.next()?, parts.next()?, parts.next()?);
    Some((host, subset))
}

/// Limits whose violation freezes the routes of a whole mesh, although the API server accepts the object.
fn within_envoy_limits(object: &Value) -> Result<(), TestCaseError> {
    let routes = object.pointer("/spec/http").and_then(Value::as_array).cloned().unwrap_or_default();
    for route in routes {
        let weights: Vec<u64> = route
            .get("route")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .map(|target| target.get("weight").and_then(Value::as_u64).unwrap_or_default())
            .collect();
        prop_assert!(!weights.is_empty(), "a route without target");
        prop_assert!(u32::try_from(weights.iter().sum::<u64>()).is_ok(), "weights wrap around");
        prop_assert!(weights.len() == 1 || weights.iter().sum::<u64>() > 0, "all weights are 0");
        if let Some(status) = route.pointer("/fault/abort/httpStatus").and_then(Value::as_u64) {
            prop_assert!((200..=599).contains(&status), "no such status");
        }
    }
    Ok(())
}
