//! After any sequence of edits, a translation that was kept up to date is the translation of the whole world.
#![expect(clippy::expect_used, reason = "a world that cannot be built must stop the test")]

use std::collections::BTreeMap;

use gloo_core::id::InputRef;
use gloo_core::report::Status;
use gloo_core::snapshot::{Change, Options, Strictness, UserConfigMode};
use gloo_core::{Delta, Translation, Translator, translate};
use gloo_fixtures::arbitrary;
use gloo_fixtures::arbitrary::edit::{Documents, edit};
use gloo_fixtures::world::{difference, snapshot, text};
use gloo_istio::Istio;
use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::json;

/// 200 worlds with up to 20 edits each; more if the environment asks for them (`just soak`).
fn config() -> ProptestConfig {
    let config = ProptestConfig::default();
    if std::env::var_os("PROPTEST_CASES").is_some() {
        config
    } else {
        ProptestConfig { cases: 200, ..config }
    }
}

fn options() -> impl Strategy<Value = Options> {
    let strictness = any::<bool>().prop_map(|it| if it { Strictness::Reject } else { Strictness::Warn });
    let user_config =
        prop_oneof![Just(UserConfigMode::Off), Just(UserConfigMode::Warn), Just(UserConfigMode::Reject)];
    (strictness, user_config, any::<bool>()).prop_map(|(unsupported_fields, user_config, default_route)| {
        Options { unsupported_fields, user_config, default_route }
    })
}

/// A delta leads from one translation to the next, and says nothing that is not so.
fn check_delta(before: &Translation, delta: &Delta, after: &Translation) -> Result<(), TestCaseError> {
    prop_assert_eq!(&delta.outputs.apply(&before.outputs), &after.outputs);
    prop_assert!(delta.outputs.create.iter().all(|it| before.outputs.find(&it.id).is_none()));
    prop_assert!(delta.outputs.update.iter().all(|it| it.from != it.to));
    let mut statuses: BTreeMap<InputRef, Status> = before.report.statuses.clone();
    for (input, status) in &delta.statuses {
        prop_assert_ne!(before.report.statuses.get(input), status.as_ref(), "{} did not change", input);
        match status {
            Some(status) => statuses.insert(input.clone(), status.clone()),
            None => statuses.remove(input),
        };
    }
    prop_assert_eq!(&statuses, &after.report.statuses);
    Ok(())
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn edits_yield_what_a_translation_of_the_whole_yields(
        documents in arbitrary::any_world(),
        options in options(),
        edits in vec(edit(), 1..20),
    ) {
        let mut translator = Translator::new(snapshot(&documents, options), &[&Istio]);
        let mut documents = Documents::new(documents);
        let mut before = translator.translation();
        for edit in &edits {
            let changes = documents.apply(edit, &before).expect("documents are objects");
            let delta = translator.update(changes);
            let after = translator.translation();
            let whole = translate(translator.snapshot(), &[&Istio]);
            let difference = difference(&text(&after), &text(&whole));
            prop_assert!(difference.is_empty(), "after {:?}: {:#?}", edit, difference);
            check_delta(&before, &delta, &after)?;
            before = after;
        }
    }
}

/// Found by fuzzing: users' objects were not read again.
#[test]
fn a_domain_that_becomes_known_changes_what_short_names_mean() {
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
        arbitrary::traffic_policy(
            0,
            json!({
                "destinationSelector": [{"kubeServiceMatcher": {"namespaces": ["a"]}}],
                "policy": {"requestTimeout": "1s"},
            }),
        ),
        json!({
            "apiVersion": "networking.istio.io/v1",
            "kind": "VirtualService",
            "metadata": {
                "name": "theirs",
                "namespace": "a",
                "annotations": {"cluster.solo.io/cluster": "c1"},
            },
            "spec": {"hosts": ["s"], "http": [{"route": [{"destination": {"host": "s"}}]}]},
        }),
    ];
    let cluster = json!({
        "apiVersion": "multicluster.solo.io/v1alpha1",
        "kind": "KubernetesCluster",
        "metadata": {"name": "c1", "namespace": "gloo-mesh"},
        "spec": {"clusterDomain": "prod.example"},
    });
    let options = Options { user_config: UserConfigMode::Reject, ..Options::default() };
    let mut translator = Translator::new(snapshot(&documents, options), &[&Istio]);
    translator.update(Change::read(None, cluster).expect("a cluster is an object"));
    let kept = text(&translator.translation());
    assert!(kept.iter().any(|line| line.contains("virtualservice a/theirs")), "{kept:#?}");
    assert_eq!(kept, text(&translate(translator.snapshot(), &[&Istio])));
}
