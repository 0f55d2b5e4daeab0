//! The other commands, and what the help says about all of them.

use std::fmt::Write as _;
use std::io::Write as _;
use std::process::Command;

use crate::bench::Bench;

#[test]
fn the_help_is_as_reviewed() {
    let bench = Bench::empty();
    let mut text = String::new();
    for arguments in [
        ["--help"].as_slice(),
        &["translate", "--help"],
        &["discover", "--help"],
        &["get", "-h"],
        &["describe", "--help"],
        &["install", "--help"],
        &["version", "-h"],
        &["completion", "-h"],
    ] {
        let run = bench.run(arguments);
        assert_eq!((run.code, run.stderr.as_str()), (0, ""), "{run:#?}");
        let _ = write!(text, "$ meshctl {}\n{}\n", arguments.join(" "), run.stdout);
    }
    insta::assert_snapshot!("help", text);
}

#[test]
fn every_flag_is_in_the_help() {
    let bench = Bench::empty();
    let help = bench.run(&["translate", "--help"]).stdout;
    for flag in [
        "--world",
        "--filename",
        "--cluster",
        "--mgmt-namespace",
        "--output",
        "--output-file",
        "--color",
        "--ascii",
        "--quiet",
        "--verbose",
        "--out",
        "--force",
        "--diff",
        "--kind",
        "--statuses",
        "--fail-on",
        "--keep-going",
        "--unsupported-fields",
        "--user-config",
        "--disallow-intersecting-config",
        "--default-route",
        "--ignored-namespaces",
        "--help",
    ] {
        assert!(help.contains(flag), "{flag}");
    }
}

#[test]
fn the_version_has_three_forms() {
    let bench = Bench::empty();
    let version = env!("CARGO_PKG_VERSION");
    assert_eq!(bench.run(&["version"]).json()["client"]["version"], version);
    assert_eq!(bench.run(&["version", "--client"]).json()["kind"], "Version");
    let yaml: serde_json::Value =
        serde_saphyr::from_str(&bench.run(&["version", "-o", "yaml"]).stdout).expect("YAML");
    assert_eq!(yaml["client"]["version"], version);
    assert!(
        bench
            .run(&["version", "-o", "table"])
            .stdout
            .starts_with("COMPONENT  CLUSTER  VERSION  IMAGE\nmeshctl")
    );
    assert_eq!(bench.run(&["--version"]).stdout, format!("meshctl {version}\n"));
}

#[test]
fn the_definitions_of_custom_resources_can_be_applied() {
    let bench = Bench::empty();
    let yaml = bench.run(&["install", "--crds"]);
    let list = bench.run(&["install", "--crds", "-o", "json"]).json();
    let items = list["items"].as_array().expect("a list");
    assert_eq!(items.len(), gloo_core::api::crds().len());
    let documents: Vec<serde_json::Value> = serde_saphyr::from_multiple(&yaml.stdout).expect("YAML");
    assert_eq!(&documents, items);
    assert!(yaml.stdout.starts_with(
        "---\napiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata:\n"
    ));
}

#[test]
fn completion_scripts_are_scripts() {
    let bench = Bench::empty();
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let run = bench.run(&["completion", shell]);
        assert_eq!(run.code, 0, "{run:#?}");
        assert!(run.stdout.contains("translate"), "{shell}");
        bench.write(shell, &run.stdout);
    }
    for shell in ["bash", "zsh", "fish"] {
        let mut command = Command::new(shell);
        let script = if shell == "zsh" {
            "autoload -U compinit && compinit -u && source ./zsh"
        } else {
            &format!("source ./{shell}")
        };
        match command.args(["-c", script]).current_dir(bench.path("")).env("HOME", bench.path("")).output() {
            Ok(output) => assert!(output.status.success() && output.stderr.is_empty(), "{shell}: {output:?}"),
            Err(error) => drop(writeln!(std::io::stderr(), "skipped: {shell}: {error}")),
        }
    }
}

#[test]
fn help_names_the_formats_that_a_command_takes() {
    let formats = [
        ("translate", "yaml, json"),
        ("discover", "table, yaml, json"),
        ("get", "table, wide, name, yaml, json"),
        ("describe", "table, wide, yaml, json"),
        ("install", "yaml, json"),
        ("version", "json, yaml, table"),
    ];
    for (command, known) in formats {
        for flag in ["-h", "--help"] {
            let help = Bench::empty().run(&[command, flag]).stdout;
            assert!(help.contains(&format!("Format of the result: {known}")), "{help}");
            assert!(!help.contains("table, wide, name, json"), "{help}");
        }
    }
}
