//! What `get` and `describe` show of a world.

use std::fmt::Write as _;
use std::path::Path;

use serde_json::Value;

use crate::bench::{Bench, Run, TEA};

/// The world of the front page, and a policy in it that contradicts another one.
fn bookinfo(arguments: &[&str]) -> Run {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/worlds");
    let path = |name: &str| folder.join(name).display().to_string();
    let (world, mistake) = (path("bookinfo"), path("bookinfo-mistake.yaml"));
    Bench::empty().run(&[arguments, &["-w", world.as_str(), "-f", mistake.as_str()]].concat())
}

/// Two meshes that share what they have.
fn two_clusters(arguments: &[&str]) -> Run {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures");
    let path = |name: &str| folder.join(name).display().to_string();
    let world = path("worlds/two-clusters.yaml");
    let shared = path("cases/federation/two-clusters/input.yaml");
    Bench::empty().run(&[arguments, &["-w", world.as_str(), "-f", shared.as_str()]].concat())
}

fn rows(run: &Run) -> Vec<&str> {
    run.stdout.lines().skip(1).map(|line| line.split(' ').next().unwrap_or_default()).collect()
}

const KINDS: [&str; 6] = ["mesh", "workload", "destination", "trafficpolicy", "accesspolicy", "virtualmesh"];

#[test]
fn lists_are_as_reviewed() {
    let mut text = String::new();
    for kind in KINDS {
        let world = if kind == "virtualmesh" { two_clusters } else { bookinfo };
        for format in ["table", "wide"] {
            let run = world(&["get", kind, "-o", format]);
            assert_eq!((run.code, run.stderr.as_str()), (0, ""), "{run:#?}");
            let _ = writeln!(text, "$ meshctl get {kind} -o {format}\n{}", run.stdout);
        }
    }
    insta::assert_snapshot!("lists", text);
}

#[test]
fn pages_are_as_reviewed() {
    let mut text = String::new();
    for (kind, name) in [
        ("mesh", "istiod-istio-system-cluster-1"),
        ("workload", "cluster-1/bookinfo/ratings-v1"),
        ("destination", "cluster-2/bookinfo/reviews"),
        ("trafficpolicy", "patient-reviews"),
        ("trafficpolicy", "slow-ratings-for-jason"),
        ("accesspolicy", "ratings-access"),
    ] {
        let run = bookinfo(&["describe", kind, name]);
        assert_eq!((run.code, run.stderr.as_str()), (0, ""), "{run:#?}");
        let _ = writeln!(text, "$ meshctl describe {kind} {name}\n{}", run.stdout);
    }
    for (kind, name) in [
        ("mesh", "istiod-istio-system-cluster-1"),
        ("destination", "reviews.bookinfo.svc.cluster-1.global"),
        ("virtualmesh", "virtual-mesh"),
    ] {
        let run = two_clusters(&["describe", kind, name]);
        assert_eq!((run.code, run.stderr.as_str()), (0, ""), "{run:#?}");
        let _ = writeln!(text, "$ meshctl describe {kind} {name}\n{}", run.stdout);
    }
    insta::assert_snapshot!("pages", text);
}

#[test]
fn a_kind_has_many_names() {
    let expected = bookinfo(&["get", "trafficpolicy"]).stdout;
    for name in ["tp", "TrafficPolicy", "trafficpolicies", "trafficpolicies.networking.mesh.gloo.solo.io"] {
        assert_eq!(bookinfo(&["get", name]).stdout, expected, "{name}");
    }
    let unknown = bookinfo(&["get", "virtualservices"]);
    assert_eq!(unknown.code, 64, "{unknown:#?}");
    assert!(unknown.stderr.contains("hint: use one of mesh, workload, destination"), "{unknown:#?}");
}

#[test]
fn an_object_has_many_names() {
    let one = "reviews-bookinfo-cluster-1";
    for name in [one, "gloo-mesh/reviews-bookinfo-cluster-1", "cluster-1/bookinfo/reviews"] {
        assert_eq!(rows(&bookinfo(&["get", "dst", name])), [one], "{name}");
        assert_eq!(rows(&bookinfo(&["get", "dst", name, name])), [one], "{name}");
    }
    // A short name can be enough.
    assert_eq!(rows(&bookinfo(&["get", "dst", "reviews", "--cluster", "*-1"])), [one]);
    let host = two_clusters(&["get", "dst", "reviews.bookinfo.svc.cluster-1.global"]);
    assert_eq!(rows(&host), [one], "{host:#?}");
    for command in ["get", "describe"] {
        let ambiguous = bookinfo(&[command, "dst", "bookinfo/reviews"]);
        assert_eq!((ambiguous.code, ambiguous.stdout.as_str()), (64, ""), "{ambiguous:#?}");
        let hint =
            "hint: say which: gloo-mesh/reviews-bookinfo-cluster-1, gloo-mesh/reviews-bookinfo-cluster-2";
        assert!(ambiguous.stderr.contains(hint), "{ambiguous:#?}");
        let unknown = bookinfo(&[command, "tp", "timeout"]);
        assert_eq!((unknown.code, unknown.stdout.as_str()), (65, ""), "{unknown:#?}");
        assert!(unknown.stderr.contains("hint: there is gloo-mesh/timeouts"), "{unknown:#?}");
        let json = bookinfo(&[command, "tp", "timeout", "-o", "json"]);
        let error: Value = serde_json::from_str(&json.stderr).expect("JSON");
        assert_eq!(error["error"]["reason"], "NotFound");
    }
}

#[test]
fn objects_can_be_chosen() {
    let count = |arguments: &[&str]| rows(&bookinfo(&[&["get"], arguments].concat())).len();
    assert_eq!(count(&["workloads"]), 12);
    assert_eq!(count(&["workloads", "--cluster", "cluster-2"]), 6);
    assert_eq!(count(&["workloads", "-n", "bookinfo"]), 12);
    assert_eq!(count(&["workloads", "-n", "gloo-mesh"]), 0);
    assert_eq!(count(&["workloads", "-n", "gloo-mesh", "-n", "bookinfo"]), 12);
    assert_eq!(count(&["workloads", "-A"]), 12);
    assert_eq!(count(&["meshes", "-n", "istio-system"]), 2);
    assert_eq!(count(&["tp", "-n", "gloo-mesh"]), 4);
    let nobody = bookinfo(&["get", "workloads", "-n", "moon"]);
    assert_eq!(
        (nobody.code, nobody.stdout.as_str(), nobody.stderr.as_str()),
        (0, "", "No resources found.\n")
    );
    let elsewhere = bookinfo(&["get", "workloads", "--cluster", "moon"]);
    assert_eq!(elsewhere.code, 65, "{elsewhere:#?}");
    let found = bookinfo(&["describe", "dst", "-s", "reviews", "-s", "ratings"]);
    assert_eq!(rows(&found).len(), 4, "{found:#?}");
}

#[test]
fn rows_can_be_sorted_and_bare() {
    let by_name = bookinfo(&["get", "dst", "--sort-by", "name"]);
    let mut sorted = rows(&by_name);
    sorted.sort_unstable();
    assert_eq!(rows(&by_name), sorted);
    assert_ne!(rows(&bookinfo(&["get", "dst"])), sorted);
    // As numbers: 6 comes before 12.
    let by_sources = bookinfo(&["get", "tp", "--sort-by", "SOURCES"]);
    assert_eq!(rows(&by_sources).last(), Some(&"timeouts"), "{by_sources:#?}");
    let bare = bookinfo(&["get", "mesh", "--no-headers"]);
    assert!(bare.stdout.starts_with("istiod-istio-system-cluster-1  istio"), "{bare:#?}");
    assert_eq!(bare.stdout.lines().count(), 2);
}

#[test]
fn objects_come_with_the_status_they_would_get() {
    let names = bookinfo(&["get", "tp", "timeouts", "patient-reviews", "-o", "name"]);
    let expected = "trafficpolicy.networking.mesh.gloo.solo.io/gloo-mesh/patient-reviews\n\
        trafficpolicy.networking.mesh.gloo.solo.io/gloo-mesh/timeouts\n";
    assert_eq!(names.stdout, expected);
    for kind in KINDS {
        let json = bookinfo(&["get", kind, "-o", "json"]).json();
        let items = json["items"].as_array().expect("a list");
        assert_eq!(json["kind"], "List");
        assert!(items.iter().all(|item| item["status"]["observedGeneration"].is_number()), "{items:#?}");
        let yaml = bookinfo(&["get", kind, "-o", "yaml"]).stdout;
        assert_eq!(serde_saphyr::from_str::<Value>(&yaml).expect("YAML"), json);
    }
    let policy = bookinfo(&["get", "tp", "patient-reviews", "-o", "json"]).json();
    assert_eq!(policy["status"]["state"], "INVALID");
    assert_eq!(policy["spec"]["policy"]["requestTimeout"], "10s");
    let two = bookinfo(&["get", "tp", "patient-reviews", "timeouts", "-o", "json"]).json();
    assert_eq!(two["items"].as_array().map(Vec::len), Some(2));
    let none = bookinfo(&["get", "tp", "-n", "moon", "-o", "yaml"]).stdout;
    assert_eq!(none, "apiVersion: v1\nitems: []\nkind: List\n");
}

#[test]
fn a_page_is_a_document_for_programs() {
    let json = bookinfo(&["describe", "dst", "cluster-2/bookinfo/reviews", "-o", "json"]).json();
    assert_eq!(json["kind"], "DestinationDescription");
    assert_eq!(json["destination"], "gloo-mesh/reviews-bookinfo-cluster-2");
    let refused = &json["traffic"][1];
    assert_eq!(
        (&refused["policy"], &refused["state"]),
        (&"gloo-mesh/patient-reviews".into(), &"Invalid".into())
    );
    assert!(
        refused["message"].as_str().is_some_and(|message| message.ends_with("[FieldTaken]")),
        "{json:#?}"
    );
    let yaml = bookinfo(&["describe", "dst", "cluster-2/bookinfo/reviews", "-o", "yaml"]).stdout;
    assert_eq!(serde_saphyr::from_str::<Value>(&yaml).expect("YAML"), json);
    for kind in KINDS {
        let all = bookinfo(&["describe", kind, "-o", "json"]).json();
        let items = all["items"].as_array().map(Vec::len);
        let listed = bookinfo(&["get", kind, "-o", "json"]).json();
        assert_eq!(items, listed["items"].as_array().map(Vec::len), "{kind}");
        assert!(all["kind"].as_str().is_some_and(|kind| kind.ends_with("DescriptionList")), "{all:#?}");
    }
}

#[test]
fn what_cannot_be_read_is_listed() {
    let bench = Bench::new();
    bench
        .write("world/mgmt/policies/odd.yaml", TEA.replace("name: tea,", "name: odd,").replace("2s", "soon"));
    let list = bench.run(&["get", "tp", "-w", "world", "-o", "wide"]);
    let line = list.stdout.lines().find(|line| line.starts_with("odd ")).expect("a row");
    assert!(line.contains("Invalid") && line.contains("[Undecodable]"), "{list:#?}");
    let page = bench.run(&["describe", "tp", "odd", "-w", "world"]).stdout;
    assert!(page.contains("error: cannot decode: spec.policy.requestTimeout"), "{page}");
}

#[test]
fn the_version_in_force_is_told() {
    let bench = Bench::new();
    let status = "\
apiVersion: discovery.mesh.gloo.solo.io/v1
kind: Destination
metadata: {name: tea-north, namespace: gloo-mesh}
spec:
  kubeService:
    ref: {name: tea, namespace: kitchen, clusterName: north}
    workloadSelectorLabels: {app: tea}
    ports: [{name: http, port: 80, protocol: TCP}]
  mesh: {name: istio-north, namespace: gloo-mesh}
status:
  appliedTrafficPolicies:
  - ref: {name: tea, namespace: gloo-mesh}
    observedGeneration: 4
    spec:
      destinationSelector:
      - kubeServiceRefs: {services: [{name: tea, namespace: kitchen, clusterName: north}]}
      policy: {requestTimeout: 2s}
";
    bench.write("status.yaml", status);
    let bad = TEA.replace("gloo-mesh}", "gloo-mesh, generation: 5}").replace("2s", "-1s");
    bench.write("bad.yaml", bad);
    let page = |kind, name| {
        let run = bench.run(&["describe", kind, name, "-w", "world", "-f", "status.yaml", "-f", "bad.yaml"]);
        assert_eq!(run.code, 0, "{run:#?}");
        run.stdout
    };
    let destination = page("dst", "tea");
    assert!(
        destination.contains("1  gloo-mesh/tea  Invalid (generation 4 is in force)  timeout 2s"),
        "{destination}"
    );
    let policy = page("tp", "tea");
    assert!(policy.contains("gloo-mesh/tea-north  Invalid (generation 4 is in force)"), "{policy}");
    assert!(policy.contains("Settings              timeout -1s"), "{policy}");
}

#[test]
fn many_are_counted_however_little_a_status_holds() {
    const COUNT: usize = 400;
    let bench = Bench::new();
    let mut many = String::new();
    for number in 0..COUNT {
        let _ = write!(
            many,
            "---
apiVersion: discovery.mesh.gloo.solo.io/v1
kind: Destination
metadata: {{name: service-with-a-rather-long-name-{number:03}, namespace: gloo-mesh}}
spec:
  kubeService:
    ref: {{name: s{number:03}, namespace: many, clusterName: north}}
    workloadSelectorLabels: {{app: s{number:03}}}
    ports: [{{name: http, port: 80, protocol: TCP}}]
  mesh: {{name: istio-north, namespace: gloo-mesh}}
---
apiVersion: discovery.mesh.gloo.solo.io/v1
kind: Workload
metadata: {{name: workload-with-a-rather-long-name-{number:03}, namespace: gloo-mesh}}
spec:
  kubernetes:
    controller: {{name: s{number:03}, namespace: many, clusterName: north}}
    podLabels: {{app: s{number:03}}}
  mesh: {{name: istio-north, namespace: gloo-mesh}}
"
        );
    }
    many.push_str(
        "---
apiVersion: networking.mesh.gloo.solo.io/v1
kind: TrafficPolicy
metadata: {name: wide, namespace: gloo-mesh}
spec:
  destinationSelector:
  - kubeServiceMatcher: {namespaces: [many]}
  policy: {requestTimeout: 9s}
",
    );
    bench.write("world/mgmt/many.yaml", many);
    let run = |arguments: &[&str]| bench.run(&[arguments, &["-w", "world"]].concat());
    let list = run(&["get", "tp", "wide"]).stdout;
    let row: Vec<&str> = list.lines().nth(1).expect("a row").split_whitespace().collect();
    assert_eq!(row, ["wide", "gloo-mesh", "Accepted", "requestTimeout", "400", "400/400"]);
    let json = run(&["get", "tp", "wide", "-o", "json"]).json();
    assert!(json["status"]["destinations"]["+more"].is_object(), "the status is cut");
    let page = run(&["describe", "tp", "wide"]).stdout;
    assert!(page.contains("and 380 more; -v shows all") && page.lines().count() < 80, "{page}");
    let all = run(&["describe", "tp", "wide", "-o", "json"]).json();
    assert_eq!(all["destinations"].as_array().map(Vec::len), Some(COUNT));
    // Whether a workload is meant that the status only counts, nobody knows.
    let first = run(&["describe", "wl", "workload-with-a-rather-long-name-000"]).stdout;
    assert!(first.contains("gloo-mesh/wide  Accepted\n"), "{first}");
    let other = run(&["describe", "wl", "workload-with-a-rather-long-name-399"]).stdout;
    assert!(other.contains("gloo-mesh/wide  Accepted  perhaps: "), "{other}");
}

#[test]
fn what_discovery_doubts_is_a_problem_of_the_object() {
    let bench = Bench::empty();
    bench.copy(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/worlds/kind"), "kind");
    let page = |name| bench.run(&["describe", "dst", name, "-w", "kind"]).stdout;
    assert!(page("bookinfo/reviews").contains("Problems              none"), "{}", page("bookinfo/reviews"));
    bench.remove("kind/clusters/home/endpointslices.yaml");
    let doubtful = page("bookinfo/reviews");
    assert!(
        doubtful.contains("Problems              warning: ") && doubtful.contains("[EndpointsMissing]"),
        "{doubtful}"
    );
    let mesh = bench.run(&["get", "mesh", "-w", "kind", "-o", "wide"]).stdout;
    assert!(mesh.contains("172.18.0.2:31443"), "{mesh}");
}
