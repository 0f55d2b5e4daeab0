//! Differences to an earlier tree.

use json_patch::Patch;
use serde_json::Value;

use crate::bench::{Bench, CAKE, TEA};

/// A tree, and a world that has moved on: tea changed, cake gone.
fn moved_on() -> Bench {
    let bench = Bench::new();
    assert_eq!(bench.run(&["translate", "world", "--out", "out"]).code, 0);
    bench.write("world/mgmt/policies/tea.yaml", TEA.replace("2s", "4s"));
    bench.remove("world/mgmt/policies/cake.yaml");
    bench
}

#[test]
fn nothing_changed() {
    let bench = Bench::new();
    assert_eq!(bench.run(&["translate", "world", "--out", "out"]).code, 0);
    let run = bench.run(&["translate", "world", "--diff", "out"]);
    assert_eq!((run.code, run.stdout.as_str()), (0, ""), "{run:#?}");
    assert!(run.stderr.contains("diff: 0 to create, 0 to update, 0 to delete"), "{run:#?}");
    let json = bench.run(&["translate", "world", "--diff", "out", "-o", "json"]);
    assert_eq!((json.code, &json.json()["objects"]), (0, &serde_json::json!([])));
}

#[test]
fn changes_are_shown_as_text() {
    let bench = moved_on();
    let run = bench.run(&["translate", "world", "--diff", "out"]);
    assert_eq!(run.code, 1, "{run:#?}");
    let tea = "north/virtualservices.networking.istio.io/kitchen/tea.yaml";
    let cake = "south/virtualservices.networking.istio.io/kitchen/cake.yaml";
    assert!(run.stdout.contains(&format!("--- {tea}\n+++ {tea}\n@@ ")), "{}", run.stdout);
    assert!(run.stdout.contains("-    timeout: 2s\n+    timeout: 4s\n"), "{}", run.stdout);
    assert!(run.stdout.contains(&format!("--- {cake}\n+++ /dev/null\n")), "{}", run.stdout);
    assert!(!run.stdout.contains('\u{1b}'));
    let colored = bench.run(&["translate", "world", "--diff", "out", "--color", "always"]);
    assert!(colored.stdout.contains("\u{1b}[32m+    timeout: 4s\u{1b}[0m\n"), "{}", colored.stdout);
    let created = bench.run_with(&["translate", "world", "--diff", "out", "-f", "-"], CAKE);
    assert!(!created.stdout.contains(cake), "{}", created.stdout);
}

#[test]
fn patches_lead_from_the_old_to_the_new() {
    let bench = moved_on();
    let added = CAKE.replace("name: cake, namespace: gloo", "name: pie, namespace: gloo");
    let added = added
        .replace("cake", "tea")
        .replace("south", "north")
        .replace("name: tea, namespace: gloo", "name: pie, namespace: gloo");
    bench.write(
        "world/mgmt/policies/pie.yaml",
        added.replace("  policy:\n    requestTimeout: 3s", "  policy:\n    retries: {attempts: 3}"),
    );
    let run = bench.run(&["translate", "world", "--diff", "out", "-o", "json"]);
    assert_eq!(run.code, 1, "{run:#?}");
    let document = run.json();
    assert_eq!(document["kind"], "TranslationDiff");
    let objects = bench.run(&["translate", "world", "-o", "json"]).json();
    let now = |reference: &Value| {
        let all = objects["objects"].as_array().expect("a list").iter();
        let mut found = all.filter(|one| {
            one["cluster"] == reference["cluster"]
                && one["object"]["kind"] == reference["kind"]
                && one["object"]["metadata"]["name"] == reference["name"]
        });
        found.next().map_or(Value::Null, |one| one["object"].clone())
    };
    let changes = document["objects"].as_array().expect("a list");
    assert_eq!(changes.len(), 2, "{document:#}");
    for change in changes {
        let reference = &change["ref"];
        let (cluster, name) =
            (reference["cluster"].as_str().expect("text"), reference["name"].as_str().expect("text"));
        let path = format!("out/{cluster}/virtualservices.networking.istio.io/kitchen/{name}.yaml");
        let mut object: Value = serde_saphyr::from_str(&bench.read(&path)).expect("YAML");
        let steps: Patch = serde_json::from_value(change["patch"].clone()).expect("a patch");
        json_patch::patch(&mut object, &steps).expect("a patch that applies");
        assert_eq!(object, now(reference), "{change:#}");
    }
    assert_eq!(document["summary"]["update"], 1);
    assert_eq!(document["summary"]["delete"], 1);
}

#[test]
fn only_a_tree_can_be_compared_with() {
    let bench = moved_on();
    let nothing = bench.run(&["translate", "world", "--diff", "world"]);
    assert_eq!(nothing.code, 65, "{nothing:#?}");
    assert!(nothing.stderr.contains("world: no index.json"), "{nothing:#?}");
    bench.write("out/north/virtualservices.networking.istio.io/kitchen/tea.yaml", "kind: A\nb: [\n");
    let broken = bench.run(&["translate", "world", "--diff", "out", "-o", "json"]);
    assert_eq!((broken.code, broken.stdout.as_str()), (65, ""), "{broken:#?}");
    let error = broken.stderr.lines().find(|line| line.starts_with('{')).expect("an error for programs");
    let error: Value = serde_json::from_str(error).expect("JSON");
    assert_eq!(error["error"]["code"], 65);
    assert_eq!(error["error"]["reason"], "Malformed");
    assert!(error["error"]["line"].as_u64().is_some_and(|line| line >= 2), "{error}");
}

#[test]
fn comparing_and_writing_at_once_compares_first() {
    let bench = moved_on();
    let run = bench.run(&["translate", "world", "--diff", "out", "--out", "out"]);
    assert_eq!(run.code, 1, "{run:#?}");
    assert!(run.stdout.contains("+    timeout: 4s\n"), "{run:#?}");
    assert_eq!(bench.run(&["translate", "world", "--diff", "out"]).code, 0);
}

#[test]
fn statuses_take_part_if_they_are_asked_for() {
    let bench = Bench::new();
    assert_eq!(bench.run(&["translate", "world", "--out", "out", "--statuses"]).code, 0);
    assert_eq!(bench.run(&["translate", "world", "--diff", "out"]).code, 0);
    assert_eq!(bench.run(&["translate", "world", "--diff", "out", "--statuses"]).code, 0);
    bench.write("world/mgmt/policies/tea.yaml", TEA.replace("metadata: {", "metadata: {generation: 7, "));
    let run = bench.run(&["translate", "world", "--diff", "out", "--statuses"]);
    assert_eq!(run.code, 1, "{run:#?}");
    assert!(run.stdout.contains("--- _status/trafficpolicies."), "{run:#?}");
}
