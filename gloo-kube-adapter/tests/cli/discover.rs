//! Worlds that hold objects of clusters instead of what they amount to, and what `discover` says about them.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::bench::{Bench, Run};

/// A cluster of kind with Istio and a few services, as `kubectl get -A -o yaml` prints it, and a policy.
pub fn kind() -> Bench {
    let bench = Bench::empty();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/worlds/kind");
    bench.copy(&root, "kind");
    bench
}

fn documents(run: &Run) -> Vec<Value> {
    serde_saphyr::from_multiple(&run.stdout).expect("YAML")
}

fn change(bench: &Bench, file: &str, from: &str, to: &str) {
    let text = bench.read(file);
    assert!(text.contains(from), "{file}: {from}");
    bench.write(file, text.replace(from, to));
}

#[test]
fn what_is_found_comes_as_tables() {
    let run = kind().run(&["discover", "kind"]);
    assert_eq!(run.code, 0, "{run:#?}");
    insta::assert_snapshot!("discovered", format!("{}--- stderr\n{}", run.stdout, run.stderr));
}

#[test]
fn each_object_that_was_not_found_can_be_named() {
    let bench = kind();
    let few = bench.run(&["discover", "kind"]).stdout;
    assert!(few.contains("legacy/billing and 3 more") && !few.contains("legacy/payroll"), "{few}");
    let all = bench.run(&["discover", "kind", "--all"]).stdout;
    assert!(all.contains("Service legacy/payroll") && all.contains("Deployment legacy/payroll"), "{all}");
    assert_eq!(bench.run(&["discover", "kind", "-v"]).stdout, all);
    let quiet = bench.run(&["discover", "kind", "-o", "yaml"]);
    assert!(quiet.stderr.contains("left out: 13 objects; -o table tells why"), "{quiet:#?}");
    let verbose = bench.run(&["discover", "kind", "-o", "yaml", "-v"]);
    let line = "home: Service legacy/payroll: no workload of a mesh stands behind it [NoWorkload]";
    assert!(verbose.stderr.contains(line), "{verbose:#?}");
    assert!(
        verbose.stderr.contains("  · kind/clusters/home/services.yaml:"),
        "places are told: {verbose:#?}"
    );
}

#[test]
fn what_is_said_of_many_is_said_once() {
    let bench = kind();
    bench.remove("kind/clusters/home/replicasets.yaml");
    let few = bench.run(&["discover", "kind"]).stdout;
    let lines: Vec<&str> = few.lines().filter(|line| line.contains("ReplicaSetMissing")).collect();
    let [line] = lines.as_slice() else { panic!("{few}") };
    assert!(line.contains(" more ") && line.ends_with(" is not there, and so on"), "{few}");
    let each = bench.run(&["discover", "kind", "--all"]).stdout;
    let pods = bench.read("kind/clusters/home/pods.yaml").matches("kind: ReplicaSet").count();
    assert_eq!(each.matches("ReplicaSetMissing").count(), pods, "{each}");
}

/// A control plane of Linkerd, one workload with its proxy, and services that are none of users.
const LINKERD: &str = "\
apiVersion: v1
kind: List
items:
- apiVersion: apps/v1
  kind: Deployment
  metadata: {name: linkerd-destination, namespace: linkerd, labels: {linkerd.io/control-plane-component: destination}}
  spec:
    selector: {matchLabels: {app: plane}}
    template:
      metadata: {labels: {app: plane, linkerd.io/control-plane-ns: linkerd}}
      spec: {containers: [{name: destination, image: 'cr.l5d.io/linkerd/controller:edge-26.1.3'}]}
- apiVersion: apps/v1
  kind: StatefulSet
  metadata: {name: till, namespace: shop}
  spec:
    selector: {matchLabels: {app: till}}
    template: {metadata: {labels: {app: till}}, spec: {containers: [{name: till}]}}
- apiVersion: v1
  kind: Pod
  metadata:
    name: till-0
    namespace: shop
    labels: {app: till, linkerd.io/control-plane-ns: linkerd}
    ownerReferences: [{apiVersion: apps/v1, kind: StatefulSet, name: till, uid: '1', controller: true}]
  spec: {containers: [{name: linkerd-proxy}, {name: till}]}
  status: {phase: Running, podIP: 10.0.0.1}
- apiVersion: v1
  kind: Service
  metadata: {name: till, namespace: shop}
  spec: {selector: {app: till}, ports: [{name: http, port: 80}]}
- apiVersion: v1
  kind: Service
  metadata: {name: lost-0, namespace: shop}
  spec: {ports: [{port: 80}]}
- apiVersion: v1
  kind: Service
  metadata: {name: lost-1, namespace: shop}
  spec: {selector: {app: lost}, ports: [{port: 80}]}
";

#[test]
fn both_kinds_of_meshes_are_found() {
    let bench = kind();
    bench.write("kind/clusters/away/all.yaml", LINKERD);
    let run = bench.run(&["get", "workloads", "-w", "kind", "--cluster", "away"]);
    assert!(run.stdout.contains("till-shop-away-statefulset  away     shop       StatefulSet"), "{run:#?}");
    let meshes = bench.run(&["get", "mesh", "-w", "kind", "--no-headers", "--sort-by", "type"]).stdout;
    let types: Vec<Option<&str>> = meshes.lines().map(|line| line.split_whitespace().nth(1)).collect();
    assert_eq!(types, [Some("istio"), Some("linkerd")], "{meshes}");
    // Sorts of one reason are few, and stay apart.
    let text = bench.run(&["discover", "kind", "--cluster", "away"]).stdout;
    let reasons = text.lines().filter(|line| line.contains("Service shop/lost-"));
    assert_eq!(reasons.filter(|line| !line.contains("and so on")).count(), 2, "{text}");
}

#[test]
fn what_is_found_can_be_given() {
    let bench = kind();
    let found = bench.run(&["translate", "kind", "--statuses"]);
    assert_eq!(found.code, 0, "{found:#?}");
    assert!(found.stdout.contains("subset: version-v3"), "{found:#?}");
    let line = "discovered: 1 mesh, 7 workloads, 5 destinations in 70 objects of 1 cluster";
    assert!(found.stderr.lines().any(|it| it == line), "{found:#?}");

    let yaml = bench.run(&["discover", "kind", "-o", "yaml"]);
    let kinds: Vec<Value> = documents(&yaml).iter().map(|it| it["kind"].clone()).collect();
    assert_eq!((kinds.len(), &kinds[0], &kinds[12]), (13, &"Mesh".into(), &"Destination".into()));
    let mesh = &documents(&yaml)[0];
    assert_eq!(mesh["metadata"]["labels"]["owner.discovery.mesh.gloo.solo.io"], "gloo-mesh");
    assert_eq!(mesh["metadata"]["annotations"]["discovery.mesh.gloo.solo.io/revision"], "default");
    let json = bench.run(&["discover", "kind", "-o", "json"]);
    assert_eq!(json.json()["items"].as_array(), Some(&documents(&yaml)));

    bench.copy(&bench.path("kind/mgmt"), "plain");
    for (name, text) in [("plain/found.yaml", &yaml.stdout), ("plain/found.json", &json.stdout)] {
        bench.write(name, text);
        let given = bench.run(&["translate", "plain", "--statuses"]);
        assert_eq!((given.code, &given.stdout), (0, &found.stdout), "{given:#?}");
        assert!(!given.stderr.contains("discovered: "), "{given:#?}");
        bench.remove(name);
    }
}

#[test]
fn what_is_found_can_be_written_into_the_world() {
    let bench = kind();
    let expected = bench.run(&["translate", "kind"]).stdout;
    let first = bench.run(&["discover", "kind", "--out", "kind"]);
    assert_eq!((first.code, first.stdout.as_str()), (0, ""), "{first:#?}");
    assert!(first.stderr.contains("kind/mgmt/discovered: 13 written, 0 unchanged, 0 removed"), "{first:#?}");
    let path =
        "kind/mgmt/discovered/meshes.discovery.mesh.gloo.solo.io/gloo-mesh/istiod-istio-system-home.yaml";
    assert!(bench.read(path).starts_with("apiVersion: discovery.mesh.gloo.solo.io/v1\nkind: Mesh\n"));
    let given = bench.run(&["translate", "kind", "--fail-on", "warning"]);
    assert_eq!((given.code, &given.stdout), (0, &expected), "{given:#?}");
    let again = bench.run(&["discover", "kind", "--out", "kind"]);
    assert!(again.stderr.contains("0 written, 13 unchanged, 0 removed"), "{again:#?}");
    assert!(again.stderr.contains("in 70 objects; translations use what is given"), "{again:#?}");
}

#[test]
fn what_is_given_counts_and_differences_are_told() {
    let bench = kind();
    bench.run(&["discover", "kind", "--out", "kind"]);
    let before = bench.run(&["translate", "kind"]);
    change(&bench, "kind/clusters/home/services.yaml", "name: ratings\n", "name: stars\n");
    let after = bench.run(&["translate", "kind"]);
    assert_eq!((after.code, &after.stdout), (0, &before.stdout), "{after:#?}");
    let warning = "  ‼ home: what is given counts, and differs from what is found (found and not given: \
        destination gloo-mesh/stars-bookinfo-home; given and not found: \
        destination gloo-mesh/ratings-bookinfo-home) [DiscoveryDiffers]";
    assert!(after.stderr.lines().any(|it| it == warning), "{after:#?}");
    assert_eq!(bench.run(&["translate", "kind", "--fail-on", "warning"]).code, 1);
    assert_eq!(bench.run(&["translate", "kind", "--fail-on", "error"]).code, 0);
    let document = bench.run(&["translate", "kind", "-o", "json"]).json();
    let findings = document["findings"].as_array().expect("a list");
    let warnings = findings.iter().filter(|finding| finding["severity"] != "info");
    let codes: Vec<&Value> = warnings.map(|finding| &finding["code"]).collect();
    assert_eq!(codes, [&Value::from("DiscoveryDiffers")]);
    let renewed = bench.run(&["discover", "kind", "--out", "kind"]);
    assert!(renewed.stderr.contains("1 written, 12 unchanged, 1 removed"), "{renewed:#?}");
    assert_eq!(bench.run(&["translate", "kind", "--fail-on", "warning"]).code, 0);
}

#[test]
fn clusters_are_looked_at_one_by_one() {
    let bench = kind();
    bench.copy(&bench.path("kind/clusters/home"), "kind/clusters/away");
    let all = bench.run(&["discover", "kind", "-o", "yaml"]);
    assert_eq!(documents(&all).len(), 26, "{all:#?}");
    let one = bench.run(&["discover", "kind", "-o", "yaml", "--cluster", "aw*"]);
    assert_eq!(documents(&one).len(), 13, "{one:#?}");
    assert!(one.stdout.contains("# cluster: away\n") && !one.stdout.contains("# cluster: home\n"));
    bench.run(&["discover", "kind", "--cluster", "away", "--out", "kind"]);
    let run = bench.run(&["translate", "kind"]);
    let line = "discovered: 1 mesh, 7 workloads, 5 destinations in 70 objects of 1 cluster";
    assert!(run.stderr.lines().any(|it| it == line), "{run:#?}");
    assert!(run.stderr.contains("world: 2 clusters, 2 meshes, 14 workloads, 10 destinations"), "{run:#?}");
    let rest = bench.run(&["discover", "kind", "--cluster", "home", "--out", "kind"]);
    assert!(rest.stderr.contains("13 written, 0 unchanged, 0 removed"), "{rest:#?}");
    let unknown = bench.run(&["discover", "kind", "--cluster", "moon"]);
    assert_eq!(unknown.code, 65, "{unknown:#?}");
    assert!(unknown.stderr.contains("hint: clusters: away, home"), "{unknown:#?}");
}

#[test]
fn namespaces_can_be_ignored() {
    let bench = kind();
    let digest = |run: &Run| run.json()["meta"]["worldDigest"].clone();
    let plain = bench.run(&["translate", "kind", "-o", "json"]);
    let ignored = bench.run(&["discover", "kind", "--ignored-namespaces", "istio-system,bookinfo"]);
    assert!(ignored.stdout.contains("Destinations (0)"), "{ignored:#?}");
    assert!(ignored.stdout.contains("OptedOut    its namespace is ignored"), "{ignored:#?}");
    let head = "apiVersion: meshctl.mesh.gloo.solo.io/v1\nkind: World\n";
    bench.write(
        "kind/world.yaml",
        format!("{head}options: {{ignoredNamespaces: [istio-system, bookinfo]}}\n"),
    );
    assert_eq!(bench.run(&["discover", "kind"]).stdout, ignored.stdout);
    let by_world = bench.run(&["translate", "kind", "-o", "json", "--fail-on=never"]);
    assert_ne!(digest(&plain), digest(&by_world));
    let by_flag = bench.run(&["translate", "kind", "-o", "json", "--ignored-namespaces="]);
    assert_eq!((by_flag.code, digest(&by_flag)), (0, digest(&plain)), "{by_flag:#?}");
}

#[test]
fn settings_say_how_gateways_look() {
    let bench = kind();
    assert!(bench.run(&["discover", "kind"]).stdout.contains("172.18.0.2:31443"));
    let detectors =
        "spec: {discovery: {istio: {ingressGatewayDetectors: {'*': {gatewayTlsPortName: http2}}}}}";
    change(&bench, "kind/mgmt/settings.yaml", "spec: {}", detectors);
    let run = bench.run(&["discover", "kind"]);
    assert!(run.stdout.contains("172.18.0.2:30080"), "{run:#?}");
}

#[test]
fn secrets_are_not_needed() {
    let bench = kind();
    let before = bench.run(&["translate", "kind", "-o", "json"]).json();
    let secret = |name: &str| {
        format!(
            "- apiVersion: v1\n  kind: Secret\n  metadata: {{name: {name}, namespace: bookinfo}}\n  data: {{password: c2VjcmV0}}\n"
        )
    };
    let items: String = ["a", "b", "c", "d"].map(secret).concat();
    bench.write("kind/clusters/home/secrets.yaml", format!("apiVersion: v1\nkind: List\nitems:\n{items}"));
    let run = bench.run(&["translate", "kind"]);
    assert_eq!(run.code, 0, "{run:#?}");
    let warning = "  ‼ kind/clusters/home/secrets.yaml:4: home: Secret bookinfo/a, bookinfo/b, bookinfo/c and 1 more: nothing reads it";
    assert!(run.stderr.contains(warning) && run.stderr.contains("[SecretIgnored]"), "{run:#?}");
    assert_eq!(bench.run(&["translate", "kind", "--fail-on", "warning"]).code, 1);
    let after = bench.run(&["translate", "kind", "-o", "json"]).json();
    assert_eq!(after["meta"], before["meta"]);
    // Those of the management cluster are another matter.
    bench.remove("kind/clusters/home/secrets.yaml");
    bench.write("kind/mgmt/secrets.yaml", format!("apiVersion: v1\nkind: List\nitems:\n{items}"));
    assert!(!bench.run(&["translate", "kind"]).stderr.contains("SecretIgnored"));
}

#[test]
fn what_cannot_be_read_is_an_error() {
    let bench = kind();
    change(&bench, "kind/clusters/home/services.yaml", "port: 8080", "port: eighty");
    let run = bench.run(&["translate", "kind"]);
    assert_eq!(run.code, 1, "{run:#?}");
    let start = "  × kind/clusters/home/services.yaml:";
    let is_error = |line: &&str| line.starts_with(start) && line.ends_with("[Undecodable]");
    assert!(run.stderr.lines().any(|line| is_error(&line)), "{run:#?}");
    assert_eq!(bench.run(&["translate", "kind", "--fail-on", "never"]).code, 0);
    let discovered = bench.run(&["discover", "kind"]);
    assert_eq!(discovered.code, 1, "{discovered:#?}");
    assert!(discovered.stdout.contains("\nerror  home     Service legacy/"), "{discovered:#?}");
    assert_eq!(bench.run(&["discover", "kind", "--fail-on", "never"]).code, 0);
}

#[test]
fn whatever_else_a_dump_holds_does_no_harm() {
    let bench = kind();
    let before = bench.run(&["translate", "kind"]);
    bench.write("kind/clusters/home/version.yaml", "clientVersion: {gitVersion: v1.35.0}\n");
    bench.write("kind/clusters/home/other.json", r#"{"gitVersion": "v1.35.0", "major": "1"}"#);
    bench.write(
        "kind/clusters/home/crds.yaml",
        "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinitionList\nitems:\n- metadata: {name: a.example.com}\n",
    );
    let after = bench.run(&["translate", "kind"]);
    assert_eq!((after.code, &after.stdout, &after.stderr), (0, &before.stdout, &before.stderr));
    // Outside of clusters it might be a mistake.
    bench.write("kind/mgmt/values.yaml", "---\n---\nreplicas: 3\n");
    let after = bench.run(&["translate", "kind"]);
    assert_eq!((after.code, &after.stdout), (0, &before.stdout));
    let note = "note: kind/mgmt/values.yaml:3: no Kubernetes object; not read\n";
    assert_eq!(after.stderr, format!("{note}{}", before.stderr));
    // Half an object is one.
    bench.write("kind/mgmt/values.yaml", "kind: TrafficPolicy\nspec: {}\n");
    let half = bench.run(&["translate", "kind"]);
    assert!(half.code == 1 && half.stderr.contains("apiVersion: must be set"), "{half:#?}");
}

#[test]
fn one_command_dumps_a_cluster() {
    // kubectl get nodes,namespaces,... prints one list with members of all kinds.
    let bench = kind();
    let expected = bench.run(&["discover", "kind", "-o", "yaml"]).stdout;
    let mut items = Vec::new();
    for (path, text, _) in bench.files("kind/clusters/home") {
        bench.remove(&path);
        let list: Value = serde_saphyr::from_str(&text).expect("YAML");
        items.extend(list["items"].as_array().cloned().unwrap_or_default());
    }
    assert!(items.len() > 60, "{}", items.len());
    let list =
        json!({ "apiVersion": "v1", "kind": "List", "metadata": { "resourceVersion": "" }, "items": items });
    for (name, text) in [
        ("dump.json", list.to_string()),
        ("dump.yaml", serde_saphyr::to_string(&list).expect("YAML")),
        ("deep/down/dump.json", list.to_string()),
    ] {
        let file = format!("kind/clusters/home/{name}");
        bench.write(&file, text);
        let run = bench.run(&["discover", "kind", "-o", "yaml"]);
        assert_eq!((run.code, &run.stdout), (0, &expected), "{run:#?}");
        bench.remove(&file);
    }
}

#[test]
fn a_world_without_objects_of_clusters_has_nothing_to_discover() {
    let bench = Bench::new();
    let run = bench.run(&["discover", "world"]);
    assert_eq!((run.code, run.stdout.as_str()), (65, ""), "{run:#?}");
    assert!(run.stderr.contains("error: no objects of a cluster found"), "{run:#?}");
    assert!(run.stderr.contains("hint: put what kubectl get -A -o yaml prints"), "{run:#?}");
    bench.write("empty/mgmt/note.txt", "");
    let empty = bench.run(&["translate", "empty"]);
    assert!(
        empty.code == 65 && empty.stderr.contains("hint: put what kubectl get -A -o yaml prints"),
        "{empty:#?}"
    );
    let service = "apiVersion: v1\nkind: Service\nmetadata: {name: tea, namespace: kitchen}\nspec: {}\n";
    bench.write("flat/service.yaml", service);
    for command in ["discover", "translate"] {
        let flat = bench.run(&[command, "flat"]);
        assert_eq!(flat.code, 65, "{flat:#?}");
        assert!(flat.stderr.contains("such as Service tea, belong into clusters/NAME/"), "{flat:#?}");
    }
}

#[test]
fn a_cluster_without_a_mesh_has_a_reason() {
    let bench = kind();
    bench.remove("kind/clusters/home/deployments.yaml");
    bench.remove("kind/clusters/home/pods.yaml");
    let run = bench.run(&["translate", "kind"]);
    assert_eq!(run.code, 65, "{run:#?}");
    let hint = "hint: no mesh was found in the objects of home; meshctl discover tells why";
    assert!(run.stderr.contains(hint), "{run:#?}");
    let why = bench.run(&["discover", "kind"]);
    assert!(
        why.code == 0 && why.stdout.contains("Meshes (0)") && why.stdout.contains("NoWorkload"),
        "{why:#?}"
    );
}

#[test]
fn an_annotation_says_of_which_cluster_an_object_is() {
    let bench = kind();
    let expected = bench.run(&["discover", "kind", "-o", "yaml"]).stdout;
    let flat = [
        "configmaps",
        "deployments",
        "endpointslices",
        "namespaces",
        "nodes",
        "pods",
        "replicasets",
        "services",
    ];
    for name in flat {
        let text = bench.read(&format!("kind/clusters/home/{name}.yaml"));
        let list: Value = serde_saphyr::from_str(&text).expect("YAML");
        let mut objects = String::new();
        for object in list["items"].as_array().expect("a list") {
            let mut object = object.clone();
            object["metadata"]["annotations"]["cluster.solo.io/cluster"] = "home".into();
            let _ = writeln!(objects, "{object}");
        }
        bench.write(&format!("flat/{name}.json"), objects);
    }
    let run = bench.run(&["discover", "flat", "-o", "yaml"]);
    assert_eq!((run.code, &run.stdout), (0, &expected), "{}", run.stderr);
}

#[test]
fn a_cluster_may_have_a_name_that_no_label_can_hold() {
    const NAME: &str = "admin@prod.eu-west-1";
    let bench = Bench::empty();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/worlds/kind");
    bench.copy(&root.join("clusters/home"), &format!("odd/clusters/{NAME}"));
    bench.write("odd/mgmt/settings.yaml", fs::read(root.join("mgmt/settings.yaml")).expect("settings"));
    let tables = bench.run(&["discover", "odd"]);
    assert!(tables.stdout.contains(&format!("  istio  {NAME}  ")), "{tables:#?}");
    let one = bench.run(&["discover", "odd", "--cluster", NAME]);
    assert_eq!((one.code, &one.stdout), (0, &tables.stdout), "{one:#?}");
    let counts = "discovered: 1 mesh, 7 workloads, 5 destinations in 70 objects of 1 cluster";
    let before = bench.run(&["translate", "odd"]);
    assert!(before.code == 0 && before.stderr.contains(counts), "{before:#?}");
    // What was written counts as given, and nothing differs from what is found.
    assert_eq!(bench.run(&["discover", "odd", "--out", "odd"]).code, 0);
    let after = bench.run(&["translate", "odd", "--fail-on", "warning"]);
    assert_eq!((after.code, &after.stdout), (0, &before.stdout), "{after:#?}");
}
