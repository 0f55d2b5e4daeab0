//! What holds for every command: exit codes, streams, colour.

use std::io::Read as _;
use std::process::Stdio;

use crate::bench::{Bench, LOST, finish};

#[test]
fn wrong_usage_is_64() {
    let bench = Bench::new();
    for arguments in [
        ["translate"].as_slice(),
        &["translate", "world", "-w", "world"],
        &["translate", "-", "-f", "-"],
        &["translate", "world", "--nonsense"],
        &["translate", "world", "-o", "table"],
        &["translate", "world", "-o", "xml"],
        &["translate", "world", "--force"],
        &["translate", "world", "--fail-on", "sometimes"],
        &["discover"],
        &["discover", "world", "--force"],
        &["discover", "world", "-w", "world"],
        &["get"],
        &["get", "mesh"],
        &["get", "pods", "-w", "world"],
        &["get", "mesh", "-w", "world", "--sort-by", "SIZE"],
        &["get", "tp", "-w", "world", "--cluster", "north"],
        &["get", "tp", "-w", "world", "-A", "-n", "gloo-mesh"],
        &["describe", "mesh", "-w", "world", "-o", "name"],
        &["install"],
        &["completion", "tcsh"],
        &["nonsense"],
        &[],
    ] {
        let run = bench.run(arguments);
        assert_eq!((run.code, run.stdout.as_str()), (64, ""), "{arguments:?} {run:#?}");
        assert!(!run.stderr.is_empty());
    }
}

#[test]
fn live_worlds_are_not_there_yet_and_the_error_says_what_to_give() {
    let run = Bench::empty().run(&["translate"]);
    assert!(run.stderr.starts_with("error: no world is given"), "{run:#?}");
    assert!(run.stderr.contains("\n  hint: give a directory"), "{run:#?}");
}

#[test]
fn the_worse_of_two_codes_counts() {
    let bench = Bench::new();
    bench.write("world/mgmt/lost.yaml", LOST);
    assert_eq!(bench.run(&["translate", "world"]).code, 1);
    bench.write("world/mgmt/broken.yaml", "a: [");
    let keep_going = bench.run(&["translate", "world", "--keep-going"]);
    assert_eq!(keep_going.code, 65, "{keep_going:#?}");
    assert_eq!(bench.run(&["translate", "world", "--nonsense"]).code, 64);
    bench.remove("world/mgmt/broken.yaml");
    bench.write("out/mine", "mine");
    assert_eq!(bench.run(&["translate", "world", "--out", "out"]).code, 2);
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let bench = Bench::new();
    let documents = (0..4000).map(|number| LOST.replace("name: lost", &format!("name: lost-{number}")));
    bench.write("world/mgmt/many.yaml", documents.collect::<Vec<_>>().join("---\n"));
    let tool = assert_cmd::cargo::cargo_bin("meshctl");
    let mut child = std::process::Command::new(tool)
        .args(["translate", "world", "-o", "json", "--statuses"])
        .current_dir(bench.path(""))
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("the tool runs");
    let mut first = [0; 10];
    child.stdout.take().expect("a pipe").read_exact(&mut first).expect("a beginning");
    assert_eq!(child.wait().expect("an end").code(), Some(0));
}

#[test]
fn a_mistake_in_the_tool_is_one_line() {
    let bench = Bench::new();
    let mut command = bench.command(&["version"]);
    let run = finish(command.env("MESHCTL_PROVOKE_PANIC", "1"));
    assert_eq!((run.code, run.stdout.as_str(), run.stderr.lines().count()), (2, "", 1), "{run:#?}");
    assert!(
        run.stderr.starts_with("error: internal error at ") && run.stderr.contains("provoked"),
        "{run:#?}"
    );
}

#[test]
fn the_standard_output_is_the_document_alone() {
    let bench = Bench::new();
    bench.write("world/mgmt/lost.yaml", LOST);
    for arguments in [
        ["translate", "world", "-o", "json"].as_slice(),
        &["-o=json", "translate", "world", "-v"],
        &["translate", "world", "-o", "json", "--cluster", "north", "--kind", "sidecar"],
        &["version", "-o", "json"],
        &["install", "--crds", "-o", "json"],
    ] {
        let first = bench.run(arguments);
        assert!(first.json().is_object(), "{arguments:?}");
        assert_eq!(bench.run(arguments).stdout, first.stdout, "{arguments:?}");
    }
    let failed = bench.run(&["translate", "nothing", "-o", "json"]);
    assert_eq!((failed.code, failed.stdout.as_str()), (65, ""), "{failed:#?}");
    let error: serde_json::Value =
        serde_json::from_str(failed.stderr.lines().next().expect("a line")).expect("JSON");
    assert_eq!(
        (&error["error"]["reason"], &error["error"]["file"]),
        (&"Unreadable".into(), &"nothing".into())
    );
}

#[test]
fn colour_is_for_those_who_want_it() {
    let bench = Bench::new();
    bench.write("world/mgmt/lost.yaml", LOST);
    let colored = |arguments: &[&str], variables: &[(&str, &str)]| {
        let mut command = bench.command(&[&["translate", "world"], arguments].concat());
        let run = finish(command.envs(variables.iter().copied()));
        assert!(!run.stdout.contains('\u{1b}'), "{run:#?}");
        run.stderr.contains('\u{1b}')
    };
    assert!(!colored(&[], &[]));
    assert!(colored(&[], &[("CLICOLOR_FORCE", "1")]));
    assert!(colored(&[], &[("CLICOLOR_FORCE", "1"), ("NO_COLOR", ""), ("TERM", "dumb")]));
    assert!(!colored(&[], &[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")]));
    assert!(!colored(&[], &[("CLICOLOR_FORCE", "")]));
    assert!(colored(&["--color=always"], &[("NO_COLOR", "1")]));
    assert!(!colored(&["--color", "never"], &[("CLICOLOR_FORCE", "1")]));
}

#[test]
fn a_format_from_a_variable_is_a_wish_only_where_it_is_known() {
    let bench = Bench::new();
    let with =
        |arguments: &[&str], format: &str| finish(bench.command(arguments).env("MESHCTL_OUTPUT", format));
    assert!(with(&["translate", "world"], "json").json().is_object());
    assert_eq!(with(&["translate", "world"], "table").code, 0);
    assert!(with(&["version"], "table").stdout.starts_with("COMPONENT"));
    assert!(with(&["translate", "world", "-o", "yaml"], "json").stdout.starts_with("---\n"));
}
