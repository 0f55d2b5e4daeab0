//! Output trees: what is written, what is removed, and what is never touched.

use std::fs;

use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::bench::Bench;

const TEA: &str = "out/north/virtualservices.networking.istio.io/kitchen/tea.yaml";
const CAKE: &str = "out/south/virtualservices.networking.istio.io/kitchen/cake.yaml";

fn translated() -> Bench {
    let bench = Bench::new();
    let run = bench.run(&["translate", "world", "--out", "out", "--statuses"]);
    assert_eq!((run.code, run.stdout.as_str()), (0, ""), "{run:#?}");
    bench
}

#[test]
fn a_tree_has_a_file_for_each_object_and_an_index() {
    let bench = translated();
    let text = bench.read(TEA);
    assert!(
        text.starts_with("apiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata:\n"),
        "{text}"
    );
    assert!(text.contains("\nspec:\n  ") && text.ends_with('\n') && !text.contains('\r'), "{text}");
    assert!(!text.contains("cluster.solo.io/cluster"), "{text}");
    let index: Value = serde_json::from_str(&bench.read("out/index.json")).expect("JSON");
    assert_eq!(index["kind"], "TranslationIndex");
    assert_eq!(index["apiVersion"], "meshctl.mesh.gloo.solo.io/v1");
    assert_eq!(index["clusters"], serde_json::json!(["north", "south"]));
    let objects = index["objects"].as_array().expect("a list");
    let tea = objects.iter().find(|entry| "out/".to_owned() + entry["path"].as_str().expect("a path") == TEA);
    let tea = tea.expect("an entry");
    assert_eq!(
        (&tea["cluster"], &tea["kind"], &tea["name"]),
        (&"north".into(), &"VirtualService".into(), &"tea".into())
    );
    let digest = format!("{:x}", Sha256::digest(&text));
    assert_eq!(tea["sha256"], digest.as_str());
    let status = bench.read("out/_status/trafficpolicies.networking.mesh.gloo.solo.io/gloo-mesh/tea.yaml");
    assert!(
        status.starts_with("apiVersion: networking.mesh.gloo.solo.io/v1\nkind: TrafficPolicy\n"),
        "{status}"
    );
    assert!(status.contains("state: ACCEPTED"), "{status}");
}

#[test]
fn a_second_run_writes_nothing() {
    let bench = translated();
    let before = bench.files("out");
    let run = bench.run(&["translate", "world", "--out", "out", "--statuses"]);
    assert_eq!(run.code, 0, "{run:#?}");
    assert!(run.stderr.contains("out: 0 written"), "{run:#?}");
    assert_eq!(bench.files("out"), before);
}

#[test]
fn what_is_no_longer_wanted_is_removed() {
    let bench = translated();
    bench.remove("world/mgmt/policies/cake.yaml");
    let run = bench.run(&["translate", "world", "--out", "out"]);
    assert_eq!(run.code, 0, "{run:#?}");
    assert!(bench.path(TEA).exists());
    assert!(!bench.path("out/south/virtualservices.networking.istio.io").exists());
    assert!(!bench.path("out/_status").exists());
}

#[test]
fn foreign_files_are_never_touched() {
    let bench = translated();
    bench.write("out/south/notes.txt", "mine");
    bench.remove("world/mgmt/policies/cake.yaml");
    let run = bench.run(&["translate", "world", "--out", "out", "--force"]);
    assert_eq!(run.code, 0, "{run:#?}");
    assert_eq!(bench.read("out/south/notes.txt"), "mine");
}

#[test]
fn a_foreign_file_in_the_way_is_reported() {
    let bench = translated();
    bench.remove("world/mgmt/policies/cake.yaml");
    bench.run(&["translate", "world", "--out", "out"]);
    bench.write(CAKE, "mine");
    bench.write("world/mgmt/policies/cake.yaml", crate::bench::CAKE);
    let run = bench.run(&["translate", "world", "--out", "out"]);
    assert_eq!(run.code, 2, "{run:#?}");
    assert!(run.stderr.contains("cake.yaml: not written by this tool; left alone"), "{run:#?}");
    assert_eq!(bench.read(CAKE), "mine");
    let forced = bench.run(&["translate", "world", "--out", "out", "--force"]);
    assert_eq!(forced.code, 0, "{forced:#?}");
    assert!(bench.read(CAKE).contains("timeout: 3s"));
}

#[test]
fn files_that_a_user_changed_are_reported_until_they_are_settled() {
    let bench = translated();
    bench.write(TEA, "changed");
    bench.write(CAKE, "changed, too");
    bench.write("world/mgmt/policies/tea.yaml", crate::bench::TEA.replace("2s", "4s"));
    bench.remove("world/mgmt/policies/cake.yaml");
    for _ in 0..2 {
        let run = bench.run(&["translate", "world", "--out", "out"]);
        assert_eq!(run.code, 2, "{run:#?}");
        assert!(run.stderr.contains("tea.yaml: changed since it was written; left alone"), "{run:#?}");
        assert!(run.stderr.contains("cake.yaml: no longer wanted, but changed"), "{run:#?}");
        assert_eq!((bench.read(TEA), bench.read(CAKE)), ("changed".into(), "changed, too".into()));
    }
    let forced = bench.run(&["translate", "world", "--out", "out", "--force"]);
    assert_eq!(forced.code, 0, "{forced:#?}");
    assert!(bench.read(TEA).contains("timeout: 4s") && !bench.path(CAKE).exists());
}

#[test]
fn a_directory_with_something_else_is_refused() {
    let bench = Bench::new();
    bench.write("out/important.txt", "mine");
    let run = bench.run(&["translate", "world", "--out", "out"]);
    assert_eq!(run.code, 2, "{run:#?}");
    assert!(run.stderr.contains("error: out: not empty and without index.json"), "{run:#?}");
    assert!(run.stderr.contains("  hint: "), "{run:#?}");
    assert_eq!(bench.files("out").len(), 1);
    assert_eq!(bench.run(&["translate", "world", "--out", "out", "--force"]).code, 0);
    assert_eq!(bench.read("out/important.txt"), "mine");
}

#[test]
fn what_is_no_directory_is_no_place_for_a_tree() {
    let bench = Bench::new();
    bench.write("out", "a file");
    let run = bench.run(&["translate", "world", "--out", "out"]);
    assert_eq!(run.code, 2, "{run:#?}");
    assert_eq!(bench.read("out"), "a file");
}

#[test]
fn a_broken_or_hostile_index_is_refused() {
    let bench = translated();
    let good = bench.read("out/index.json");
    bench.write("precious", "mine");
    for broken in [
        "{".to_owned(),
        good.replace("TranslationIndex", "Other"),
        good.replace("north/virtualservices.networking.istio.io/kitchen/tea.yaml", "../precious"),
    ] {
        bench.write("out/index.json", &broken);
        let run = bench.run(&["translate", "world", "--out", "out"]);
        assert_eq!(run.code, 65, "{broken} {run:#?}");
        assert!(run.stderr.contains("out/index.json: "), "{run:#?}");
    }
    assert_eq!(bench.read("precious"), "mine");
}

#[test]
fn a_choice_of_clusters_leaves_the_others_as_they_are() {
    let bench = translated();
    bench.write("world/mgmt/policies/tea.yaml", crate::bench::TEA.replace("2s", "4s"));
    bench.write("world/mgmt/policies/cake.yaml", crate::bench::CAKE.replace("3s", "5s"));
    let run = bench.run(&["translate", "world", "--out", "out", "--statuses", "--cluster", "n*"]);
    assert_eq!(run.code, 0, "{run:#?}");
    assert!(bench.read(TEA).contains("timeout: 4s") && bench.read(CAKE).contains("timeout: 3s"));
    let kinds = bench.run(&["translate", "world", "--out", "out", "--statuses", "--kind", "dr,tp"]);
    assert_eq!(kinds.code, 0, "{kinds:#?}");
    assert!(bench.read(CAKE).contains("timeout: 3s"));
    let all = bench.run(&["translate", "world", "--out", "out", "--statuses"]);
    assert_eq!(all.code, 0, "{all:#?}");
    assert!(bench.read(CAKE).contains("timeout: 5s"));
}

#[test]
#[cfg(unix)]
fn links_lead_nowhere() {
    use std::os::unix::fs::symlink;

    let bench = Bench::new();
    bench.write("elsewhere/file", "mine");
    fs::create_dir(bench.path("out")).expect("a folder");
    bench.run(&["translate", "world", "--out", "out"]);
    fs::remove_dir_all(bench.path("out/north")).expect("removed");
    symlink(bench.path("elsewhere"), bench.path("out/north")).expect("a link");
    bench.remove(CAKE);
    symlink(bench.path("elsewhere/file"), bench.path(CAKE)).expect("a link");
    for force in [None, Some("--force")] {
        let mut arguments = vec!["translate", "world", "--out", "out"];
        arguments.extend(force);
        let run = bench.run(&arguments);
        assert_eq!(run.code, 2, "{run:#?}");
        assert!(run.stderr.contains("tea.yaml: its folder is no folder"), "{run:#?}");
        assert_eq!(bench.files("elsewhere").len(), 1);
        assert_eq!(bench.read("elsewhere/file"), "mine");
    }
    assert!(bench.read(CAKE).contains("timeout: 3s"), "a link is replaced by force, not followed");
}

#[test]
fn names_cannot_leave_the_tree() {
    let bench = Bench::new();
    let hostile = crate::bench::MESHES.replace("clusterName: north", "clusterName: ../../north");
    let hostile = hostile.replace("cluster: north", "cluster: ../../north");
    bench.write("world/mgmt/meshes.yaml", hostile);
    let policy = crate::bench::TEA.replace("clusterName: north", "clusterName: ../../north");
    bench.write("world/mgmt/policies/tea.yaml", policy);
    let run = bench.run(&["translate", "world", "--out", "deep/er/out", "--fail-on", "never"]);
    assert_eq!(run.code, 0, "{run:#?}");
    let outside: Vec<_> = bench.files("").into_iter().map(|(path, ..)| path).collect();
    assert!(
        outside.iter().all(|path| path.contains("/world/") || path.contains("/deep/er/out/")),
        "{outside:#?}"
    );
}
