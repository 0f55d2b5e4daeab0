//! What `translate` prints, and what it says about it.

use serde_json::Value;

use crate::bench::{Bench, LOST};

#[test]
fn objects_come_as_a_stream_that_names_their_clusters() {
    let bench = Bench::new();
    let run = bench.run(&["translate", "world"]);
    assert_eq!(run.code, 0, "{run:#?}");
    let documents: Vec<&str> = run.stdout.split("---\n").filter(|text| !text.is_empty()).collect();
    assert!(documents.len() >= 2, "{run:#?}");
    for document in documents {
        let (comment, text) = document.split_once('\n').expect("a comment");
        let cluster = comment.strip_prefix("# cluster: ").expect("a cluster");
        let value: Value = serde_saphyr::from_str(text).expect("YAML");
        assert_eq!(value["metadata"]["annotations"]["cluster.solo.io/cluster"], cluster);
    }
    let north = run.stdout.find("# cluster: north").expect("north");
    let south = run.stdout.rfind("# cluster: south").expect("south");
    assert!(north < south);
}

#[test]
fn one_cluster_can_be_applied_as_it_is() {
    let bench = Bench::new();
    let run = bench.run(&["translate", "world", "--cluster", "nort?"]);
    assert!(run.stdout.contains("# cluster: north") && !run.stdout.contains("south"), "{run:#?}");
    assert!(!run.stdout.contains("cluster.solo.io/cluster"), "{run:#?}");
    let both = bench.run(&["translate", "world", "--cluster=north", "--cluster=south"]);
    assert_eq!(both.stdout, bench.run(&["translate", "world"]).stdout);
    let nobody = bench.run(&["translate", "world", "--cluster", "east"]);
    assert_eq!((nobody.code, nobody.stdout.as_str()), (65, ""), "{nobody:#?}");
    assert!(nobody.stderr.contains("hint: clusters: north, south"), "{nobody:#?}");
}

#[test]
fn kinds_are_chosen_by_any_name() {
    let bench = Bench::new();
    let expected = bench.run(&["translate", "world", "--kind", "vs"]).stdout;
    assert!(expected.contains("kind: VirtualService") && !expected.contains("DestinationRule"), "{expected}");
    for name in ["VirtualService", "virtualservices", "virtualservices.networking.istio.io"] {
        assert_eq!(bench.run(&["translate", "world", "--kind", name]).stdout, expected, "{name}");
    }
    assert_eq!(bench.run(&["translate", "world", "--kind", "teapot"]).code, 64);
}

#[test]
fn a_document_for_programs() {
    let bench = Bench::new();
    bench.write("world/mgmt/lost.yaml", LOST);
    let run = bench.run(&["translate", "world", "-o", "json", "--statuses"]);
    assert_eq!(run.code, 1, "{run:#?}");
    let document = run.json();
    assert_eq!(document["apiVersion"], "meshctl.mesh.gloo.solo.io/v1");
    assert_eq!(document["meta"]["source"], "world");
    assert!(document["meta"]["worldDigest"].as_str().is_some_and(|digest| digest.starts_with("sha256:")));
    assert!(document["meta"].get("generatedAt").is_none());
    let clusters: Vec<&Value> =
        document["objects"].as_array().expect("a list").iter().map(|one| &one["cluster"]).collect();
    assert!(clusters.contains(&&Value::from("north")) && clusters.is_sorted_by_key(|one| one.as_str()));
    let statuses = document["statuses"].as_array().expect("a list");
    let lost = statuses.iter().find(|one| one["metadata"]["name"] == "lost").expect("a status");
    assert_eq!(lost["status"]["state"], "INVALID");
    let finding =
        document["findings"].as_array().expect("a list").iter().find(|one| one["severity"] == "error");
    let finding = finding.expect("an error");
    assert_eq!((&finding["file"], &finding["line"]), (&"world/mgmt/lost.yaml".into(), &8.into()));
    assert_eq!(finding["code"], "RefNotFound");
    assert!(bench.run(&["translate", "world", "-o", "json"]).json().get("statuses").is_none());
}

#[test]
fn the_summary_says_what_came_of_a_world() {
    let bench = Bench::new();
    bench.write("world/mgmt/lost.yaml", LOST);
    let run = bench.run(&["translate", "world"]);
    let lines: Vec<&str> = run.stderr.lines().collect();
    let world = "world: 2 clusters, 2 meshes, 0 workloads, 2 destinations, 3 policies, 0 virtual meshes";
    assert!(lines.contains(&world), "{run:#?}");
    assert!(
        lines.iter().any(|line| line.starts_with("north: ") && line.contains("1 virtualservice")),
        "{run:#?}"
    );
    assert!(lines.contains(&"statuses: 2 accepted, 1 invalid"), "{run:#?}");
    let problem = "  × world/mgmt/lost.yaml:8: trafficpolicy gloo-mesh/lost: ";
    assert!(lines.iter().any(|line| line.starts_with(problem) && line.contains("not found")), "{run:#?}");
    let ascii = bench.run(&["translate", "world", "--ascii"]);
    assert!(ascii.stderr.contains("  xx world/mgmt/lost.yaml:8:") && ascii.stderr.is_ascii(), "{ascii:#?}");
    let mut plain = bench.command(&["translate", "world"]);
    let plain = crate::bench::finish(plain.env("LC_ALL", "C"));
    assert!(plain.stderr.contains("  xx world/mgmt/lost.yaml:8:"), "{plain:#?}");
    let quiet = bench.run(&["translate", "world", "-q"]);
    assert!(!quiet.stderr.contains("world: ") && quiet.stderr.contains("  × "), "{quiet:#?}");
}

#[test]
fn the_level_that_fails_is_a_choice() {
    let bench = Bench::new();
    let code = |arguments: &[&str]| bench.run(&[&["translate", "world"], arguments].concat()).code;
    assert_eq!([code(&[]), code(&["--fail-on=error"]), code(&["--fail-on=never"])], [0, 0, 0]);
    bench.write("world/mgmt/odd.yaml", LOST.replace("requestTimeout: 2s", "requestTimeout: soon"));
    assert_eq!([code(&[]), code(&["--fail-on=error"]), code(&["--fail-on=never"])], [1, 1, 0]);
    let run = bench.run(&["translate", "world"]);
    assert!(
        run.stderr
            .contains("odd.yaml:10: trafficpolicy gloo-mesh/lost: cannot decode: spec.policy.requestTimeout"),
        "{run:#?}"
    );
    bench.write(
        "world/mgmt/odd.yaml",
        LOST.replace("requestTimeout: 2s", "requestTimeout: 2s\n    retrys: {}")
            .replace("coffee", "tea")
            .replace("requestTimeout: 2s", "corsPolicy: {maxAge: 1s}"),
    );
    assert_eq!(
        [code(&["--fail-on=error"]), code(&["--fail-on=warning"])],
        [0, 1],
        "{:#?}",
        bench.run(&["translate", "world"])
    );
}

#[test]
fn choices_reach_the_core() {
    let bench = Bench::new();
    let unmatched =
        crate::bench::TEA.replace("  policy:", "  httpRequestMatchers: [{prefix: /a}]\n  policy:");
    bench.write("world/mgmt/policies/tea.yaml", unmatched);
    let plain = bench.run(&["translate", "world"]);
    let with_default = bench.run(&["translate", "world", "--default-route"]);
    assert_ne!(plain.stdout, with_default.stdout);
    assert_eq!(bench.run(&["translate", "world", "--default-route=false"]).stdout, plain.stdout);
    let mine = "apiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: {name: mine, namespace: kitchen}\n\
                spec: {hosts: [tea.kitchen.svc.cluster.local], http: [{route: [{destination: {host: tea}}]}]}\n";
    bench.write("world/clusters/north/mine.yaml", mine);
    let code = |arguments: &[&str]| bench.run(&[&["translate", "world"], arguments].concat()).code;
    assert_eq!(code(&[]), 0);
    assert_eq!(code(&["--user-config", "reject"]), 1);
    assert_eq!(code(&["--disallow-intersecting-config"]), 1);
    assert_eq!(code(&["--disallow-intersecting-config=true"]), 1);
    assert_eq!(code(&["--disallow-intersecting-config=false"]), 0);
    assert_eq!(code(&["--user-config", "perhaps"]), 64);
    assert_eq!(code(&["--user-config", "warn", "--disallow-intersecting-config"]), 64);
}

#[test]
fn the_result_can_go_to_a_file() {
    let bench = Bench::new();
    let expected = bench.run(&["translate", "world"]).stdout;
    let run = bench.run(&["translate", "world", "--output-file", "all.yaml"]);
    assert_eq!((run.code, run.stdout.as_str(), bench.read("all.yaml")), (0, "", expected));
    #[cfg(unix)]
    {
        bench.write("target.txt", "mine");
        std::os::unix::fs::symlink("target.txt", bench.path("link.yaml")).expect("a link");
        let link = bench.run(&["translate", "world", "--output-file", "link.yaml"]);
        assert_eq!((link.code, bench.read("target.txt")), (2, "mine".to_owned()), "{link:#?}");
    }
    assert_eq!(bench.run(&["translate", "world", "--output-file", "no/such/folder"]).code, 2);
}
