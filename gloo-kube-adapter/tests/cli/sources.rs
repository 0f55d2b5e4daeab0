//! Where worlds come from, and which files belong to them.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::Path;
use std::process::Command;

use crate::bench::{Bench, CAKE, LOST, MESHES, TEA};

const SERVICE: &str = "\
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: tea, namespace: kitchen}
spec: {hosts: [tea.kitchen.svc.cluster.local]}
";

#[test]
fn every_form_of_a_world_gives_the_same_bytes() {
    let bench = Bench::new();
    let expected = bench.run(&["translate", "world"]);
    assert_eq!(expected.code, 0, "{expected:#?}");
    let all = format!("{MESHES}---\n{TEA}---\n{CAKE}");
    bench.write("one.yaml", &all);
    bench.write("flat/a.yml", MESHES);
    bench.write("flat/b.yaml", format!("{CAKE}---\n{TEA}"));
    bench.write("flat/README.md", "not read");
    archive(&bench);
    for world in ["one.yaml", "flat", "world.tar", "world.tar.gz", "plain.tgz"] {
        let run = bench.run(&["translate", world]);
        assert_eq!((run.code, &run.stdout), (0, &expected.stdout), "{world}: {run:#?}");
    }
    for arguments in [["translate", "-"].as_slice(), &["translate", "-w", "-"], &["-w=-", "translate"]] {
        assert_eq!(bench.run_with(arguments, &all).stdout, expected.stdout, "{arguments:?}");
    }
    let several = bench.run(&["translate", "world/mgmt/meshes.yaml", "world/mgmt/policies"]);
    assert_eq!(several.stdout, expected.stdout, "{several:#?}");
    let mut by_variable = bench.command(&["translate"]);
    let by_variable = crate::bench::finish(by_variable.env("MESHCTL_WORLD", "world"));
    assert_eq!(by_variable.stdout, expected.stdout, "{by_variable:#?}");
}

fn archive(bench: &Bench) {
    let file = |name: &str| File::create(bench.path(name)).expect("a file");
    let mut plain = tar::Builder::new(file("world.tar"));
    plain.append_dir_all("world", bench.path("world")).expect("an archive");
    plain.finish().expect("an archive");
    let packed = flate2::write::GzEncoder::new(file("world.tar.gz"), flate2::Compression::fast());
    let mut packed = tar::Builder::new(packed);
    packed.append_dir_all(".", bench.path("world")).expect("an archive");
    packed.into_inner().and_then(flate2::write::GzEncoder::finish).expect("an archive");
    // An archive of one flat folder.
    let packed = flate2::write::GzEncoder::new(file("plain.tgz"), flate2::Compression::fast());
    let mut packed = tar::Builder::new(packed);
    packed.append_dir_all("flat", bench.path("flat")).expect("an archive");
    packed.into_inner().and_then(flate2::write::GzEncoder::finish).expect("an archive");
}

#[test]
fn names_and_order_of_files_play_no_part() {
    let bench = Bench::new();
    let expected = bench.run(&["translate", "world", "-o", "json"]).json();
    let other = Bench::empty();
    other.write("world/mgmt/1.yaml", format!("{CAKE}---\n{TEA}"));
    other.write("world/mgmt/2/3/meshes.yaml", MESHES);
    let found = other.run(&["translate", "world", "-o", "json"]).json();
    for part in ["/objects", "/meta/worldDigest"] {
        assert_eq!(expected.pointer(part), found.pointer(part));
    }
}

#[test]
fn json_is_read_too() {
    let bench = Bench::empty();
    let values = [MESHES, TEA].map(|text| {
        let documents =
            text.split("---\n").map(|one| serde_saphyr::from_str::<serde_json::Value>(one).expect("yaml"));
        documents.map(|value| value.to_string()).collect::<Vec<_>>().join("\n")
    });
    let all = values.join("\n\n");
    bench.write("world.json", &all);
    let file = bench.run(&["translate", "world.json"]);
    assert_eq!(file.code, 0, "{file:#?}");
    assert!(file.stdout.contains("timeout: 2s"), "{file:#?}");
    assert_eq!(bench.run_with(&["translate", "-"], &all).stdout, file.stdout);
    let flow = all.replace('\n', "\n---\n");
    assert_eq!(bench.run_with(&["translate", "-"], &flow).stdout, file.stdout);
    let broken = bench.run_with(&["translate", "-"], &format!("{all}\n{{\"a\": }}"));
    assert_eq!(broken.code, 65, "{broken:#?}");
    assert!(broken.stderr.contains("<stdin>:"), "{broken:#?}");
}

#[test]
fn lists_are_flattened_and_their_members_have_places() {
    let bench = Bench::new();
    let item = LOST.replace('\n', "\n  ").replace("apiVersion", "- apiVersion");
    let lost = item.trim_end();
    bench.write("world/mgmt/list.yaml", format!("apiVersion: v1\nkind: List\nitems:\n{lost}\n"));
    let run = bench.run(&["translate", "world"]);
    assert_eq!(run.code, 1, "{run:#?}");
    assert!(run.stderr.contains("list.yaml:11: trafficpolicy gloo-mesh/lost"), "{run:#?}");
}

#[test]
fn folders_that_are_no_part_of_a_world_are_named() {
    let bench = Bench::new();
    bench.write("world/out/broken.yaml", "a: [");
    bench.write("world/.git/broken.yaml", "a: [");
    let layout = bench.run(&["translate", "world"]);
    assert_eq!(layout.code, 0, "{layout:#?}");
    assert!(
        layout.stderr.contains("note: world: only mgmt and clusters are read; not read: out\n"),
        "{layout:#?}"
    );
    bench.write("flat/all.yaml", MESHES);
    bench.write("flat/old/broken.yaml", "a: [");
    let flat = bench.run(&["translate", "flat"]);
    assert_eq!(flat.code, 0, "{flat:#?}");
    assert!(
        flat.stderr.contains("no folder mgmt or clusters") && flat.stderr.contains("not read: old"),
        "{flat:#?}"
    );
}

#[test]
fn directories_and_annotations_say_to_which_cluster_an_object_belongs() {
    let bench = Bench::new();
    bench.write("world/clusters/north/mine.yaml", SERVICE);
    let by_folder = bench.run(&["translate", "world"]);
    bench.remove("world/clusters/north/mine.yaml");
    let annotated = SERVICE
        .replace("namespace: kitchen", "namespace: kitchen, annotations: {cluster.solo.io/cluster: north}");
    bench.write("world/mine.yaml", annotated);
    let by_annotation = bench.run(&["translate", "world"]);
    for run in [by_folder, by_annotation] {
        assert!(run.stderr.contains("trafficpolicy gloo-mesh/tea"), "{run:#?}");
        assert!(run.stderr.contains("north/kitchen/virtualservice:tea"), "{run:#?}");
    }
    bench.write("world/clusters/mine.yaml", SERVICE);
    let misplaced = bench.run(&["translate", "world"]);
    assert_eq!(misplaced.code, 65, "{misplaced:#?}");
    assert!(misplaced.stderr.contains("clusters/mine.yaml: belongs to no cluster"), "{misplaced:#?}");
}

#[test]
fn objects_given_twice_are_refused_unless_they_are_changes() {
    let bench = Bench::new();
    bench.write("world/mgmt/again.yaml", format!("# again\n{TEA}"));
    let twice = bench.run(&["translate", "world"]);
    assert_eq!(twice.code, 65, "{twice:#?}");
    let text = "world/mgmt/policies/tea.yaml:1: trafficpolicy gloo-mesh/tea is given twice; first at world/mgmt/again.yaml:2";
    assert!(twice.stderr.contains(text), "{twice:#?}");
    bench.remove("world/mgmt/again.yaml");
    bench.write("change/deep/er/tea.yaml", TEA.replace("2s", "7s"));
    let changed = bench.run(&["translate", "world", "-f", "change"]);
    assert_eq!(changed.code, 0, "{changed:#?}");
    assert!(
        changed.stdout.contains("timeout: 7s") && !changed.stdout.contains("timeout: 2s"),
        "{changed:#?}"
    );
    let piped = bench.run_with(&["translate", "world", "-f", "-"], &TEA.replace("2s", "8s"));
    assert!(piped.stdout.contains("timeout: 8s"), "{piped:#?}");
}

#[test]
fn the_world_describes_itself() {
    let bench = Bench::new();
    let describe = |rest: &str| {
        let head = "apiVersion: meshctl.mesh.gloo.solo.io/v1\nkind: World\n";
        bench.write("world/world.yaml", format!("{head}{rest}"));
        bench.run(&["translate", "world"])
    };
    let other = describe(
        "mgmtNamespace: plane\nmgmtCluster: north\noptions: {default-route: true, userConfig: reject}\n",
    );
    assert_eq!(other.code, 0, "{other:#?}");
    assert!(other.stdout.contains("owner.networking.mesh.gloo.solo.io: plane"), "{other:#?}");
    let by_flag = bench.run(&["translate", "world", "--mgmt-namespace", "mine"]);
    assert!(by_flag.stdout.contains("owner.networking.mesh.gloo.solo.io: mine"), "{by_flag:#?}");
    let mut by_variable = bench.command(&["translate", "world"]);
    let by_variable = crate::bench::finish(by_variable.env("MESHCTL_NAMESPACE", "elsewhere"));
    assert!(by_variable.stdout.contains("owner.networking.mesh.gloo.solo.io: plane"), "{by_variable:#?}");
    for (rest, problem) in [
        ("mgmtnamespace: x\n", "unknown field"),
        ("options: {userConfig: maybe}\n", "expected off, warn or reject"),
    ] {
        let run = describe(rest);
        assert_eq!(run.code, 65, "{run:#?}");
        assert!(run.stderr.contains("world/world.yaml:1: ") && run.stderr.contains(problem), "{run:#?}");
    }
}

#[test]
fn a_world_without_meshes_is_probably_the_wrong_directory() {
    let bench = Bench::empty();
    bench.write("world/policy.yaml", TEA);
    bench.write("nothing/empty.yaml", "");
    for world in ["world", "nothing"] {
        let run = bench.run(&["translate", world]);
        assert_eq!(run.code, 65, "{run:#?}");
        let text = "no Mesh, Workload or Destination found; is this the right directory?";
        assert!(run.stderr.contains(text), "{run:#?}");
    }
}

#[test]
fn a_cluster_that_only_policies_name_is_no_error_of_the_world() {
    let bench = Bench::new();
    bench.write("world/mgmt/lost.yaml", LOST.replace("north", "east"));
    let run = bench.run(&["translate", "world", "--fail-on=never"]);
    assert_eq!(run.code, 0, "{run:#?}");
    assert!(run.stderr.contains("lost.yaml:8: trafficpolicy gloo-mesh/lost"), "{run:#?}");
    assert!(!run.stderr.contains("order"), "{run:#?}");
}

#[test]
fn a_captured_installation_is_a_world() {
    let captured = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data/realworld");
    if !captured.is_dir() {
        let _ = writeln!(std::io::stderr(), "skipped: {} is not there", captured.display());
        return;
    }
    let bench = Bench::empty();
    let path = fs::canonicalize(captured).expect("a path").display().to_string();
    let run = bench.run(&["translate", &path, "--fail-on", "never"]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert!(run.stderr.contains("not read: gloo-mesh-1.1.2"), "{}", run.stderr);
    assert!(
        run.stderr.contains("world: 2 clusters, 2 meshes, 13 workloads, 10 destinations"),
        "{}",
        run.stderr
    );
}

#[test]
#[cfg(unix)]
fn a_pipe_in_place_of_a_file_is_read() {
    let bench = Bench::new();
    let tool = assert_cmd::cargo::cargo_bin("meshctl");
    let script = format!("cat world/mgmt/meshes.yaml | {} translate /dev/stdin", tool.display());
    let output =
        Command::new("sh").arg("-c").arg(script).current_dir(bench.path("")).output().expect("a shell");
    assert!(output.status.success(), "{output:?}");
}
