//! What no file may contain, and the corners of YAML that it may.

use std::fmt::Write as _;
use std::fs::File;

use crate::bench::{Bench, CAKE, MESHES, TEA};

/// Runs the tool on a good world with one more file; returns its errors.
fn refused(name: &str, content: impl AsRef<[u8]>) -> String {
    let bench = Bench::new();
    bench.write(&format!("world/mgmt/{name}"), content);
    let run = bench.run(&["translate", "world"]);
    assert_eq!((run.code, run.stdout.as_str()), (65, ""), "{run:#?}");
    run.stderr
}

#[test]
fn mistakes_are_told_with_line_and_column() {
    let stderr = refused("a.yaml", "kind: A\nspec:\n  a: [1, 2\nb: 3\n");
    assert!(stderr.contains("error: world/mgmt/a.yaml:"), "{stderr}");
    let place = stderr.split("a.yaml:").nth(1).expect("a place");
    assert!(place.starts_with(['3', '4']) && place.matches(':').count() >= 2, "{stderr}");
}

#[test]
fn lines_count_from_the_beginning_of_the_file() {
    let stderr = refused("a.yaml", format!("{TEA}---\n# broken\nkind: [\n"));
    let lines = TEA.lines().count();
    let found = stderr.split("a.yaml:").nth(1).and_then(|rest| rest.split(':').next());
    let found: usize = found.expect("a line").parse().expect("a number");
    assert!((lines + 3..=lines + 4).contains(&found), "{stderr}");
}

#[test]
fn tabs_and_duplicate_keys_are_mistakes() {
    let tab = refused("a.yaml", "kind: A\nspec:\n\ta: 1\n");
    assert!(tab.contains("a.yaml:3:"), "{tab}");
    let twice = refused("a.yaml", "kind: A\nspec: {}\nkind: B\n");
    assert!(twice.contains("a.yaml:3:1") && twice.contains("duplicate"), "{twice}");
    let json = refused("a.json", "{\"kind\": \"A\",\n \"kind\": \"B\"}");
    assert!(json.contains("a.json:2:") && json.contains("duplicate key"), "{json}");
}

#[test]
fn aliases_must_not_explode() {
    let mut bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..7 {
        let alias = format!("*a{}", level - 1);
        let _ = writeln!(bomb, "a{level}: &a{level} [{}]", [alias.as_str(); 10].join(", "));
    }
    let stderr = refused("a.yaml", bomb);
    assert!(stderr.contains("a.yaml:") && stderr.contains("more than 100000 nodes"), "{stderr}");
}

#[test]
fn many_small_explosions_are_one() {
    let one = "a: &a [x, x, x, x, x, x, x, x, x, x]\nb: &b [*a, *a, *a, *a, *a, *a, *a, *a, *a, *a]\n\
               c: [*b, *b, *b, *b, *b, *b, *b, *b, *b, *b, *b, *b, *b, *b, *b, *b, *b, *b, *b, *b]\n---\n";
    let stderr = refused("a.yaml", one.repeat(100));
    assert!(stderr.contains("more than 100000 nodes"), "{stderr}");
}

#[test]
fn aliases_must_not_repeat_much_text() {
    let stderr = refused("a.yaml", format!("a: &a {}\nb: [{}]\n", "x".repeat(50_000), "*a, ".repeat(1_000)));
    assert!(stderr.contains("a.yaml:") && stderr.contains("too much text"), "{stderr}");
}

#[test]
fn documents_without_aliases_are_no_bombs() {
    let bomb = "a: &a [x, x, x, x, x, x, x, x, x, x]\nb: &b [*a, *a, *a, *a, *a, *a, *a, *a, *a, *a]\n---\n"
        .repeat(2_000);
    let bench = Bench::new();
    bench.write("world/mgmt/policies/a.yaml", format!("{bomb}{CAKE}"));
    let run = bench.run(&["translate", "world", "--keep-going"]);
    assert_eq!(run.code, 65, "{run:#?}");
    assert!(run.stdout.contains("timeout: 3s"), "{}", run.stdout);
}

#[test]
fn aliases_within_reason_are_read() {
    let bench = Bench::empty();
    let aliased = TEA.replace(
        "requestTimeout: 2s",
        "requestTimeout: &t 2s\n    retries: {attempts: 2, perTryTimeout: *t}",
    );
    bench.write("world.yaml", format!("{MESHES}---\n{aliased}"));
    let run = bench.run(&["translate", "world.yaml"]);
    assert_eq!(run.code, 0, "{run:#?}");
    assert!(run.stdout.contains("perTryTimeout: 2s"), "{run:#?}");
}

#[test]
fn nesting_ends_at_a_hundred() {
    let yaml = refused("a.yaml", format!("a: {}1{}\n", "[".repeat(150), "]".repeat(150)));
    assert!(yaml.contains("nested more than 100 levels"), "{yaml}");
    let json = refused("a.json", format!("{{\"a\": {}1{}}}", "[".repeat(110), "]".repeat(110)));
    assert!(json.contains("a.json:1: nested more than 100 levels"), "{json}");
    let deeper = refused("a.json", format!("{{\"a\": {}1{}}}", "[".repeat(9000), "]".repeat(9000)));
    assert!(deeper.contains("nested more than 100 levels"), "{deeper}");
}

#[test]
fn files_are_limited() {
    let bench = Bench::new();
    let file = File::create(bench.path("world/mgmt/huge.yaml")).expect("a file");
    file.set_len((64 << 20) + 1).expect("a sparse file");
    let run = bench.run(&["translate", "world"]);
    assert_eq!(run.code, 65, "{run:#?}");
    assert!(run.stderr.contains("huge.yaml: larger than 64 MiB"), "{run:#?}");
}

#[test]
fn text_is_utf_8() {
    let stderr = refused("a.yaml", b"kind: A\nname: \xff\xfe\n");
    assert!(stderr.contains("a.yaml:2: not UTF-8"), "{stderr}");
}

#[test]
fn what_cannot_be_opened_is_named() {
    let bench = Bench::new();
    #[cfg(unix)]
    std::os::unix::fs::symlink("nowhere", bench.path("world/mgmt/gone.yaml")).expect("a link");
    let run = bench.run(&["translate", "world"]);
    assert_eq!(run.code, 65, "{run:#?}");
    assert!(run.stderr.contains("world/mgmt/gone.yaml: cannot read"), "{run:#?}");
    let missing = bench.run(&["translate", "nothing"]);
    assert_eq!(missing.code, 65, "{missing:#?}");
    assert!(missing.stderr.contains("error: nothing: cannot read"), "{missing:#?}");
}

#[test]
fn corners_of_streams() {
    let bench = Bench::empty();
    let cases = [
        format!("\u{feff}{MESHES}---\n{TEA}"),
        format!("{MESHES}---\n{TEA}").replace('\n', "\r\n"),
        format!("--- # meshes\n{MESHES}\n...\n---\n# nothing\n---\n\n--- # tea\n{TEA}...\n"),
        format!("%YAML 1.2\n---\n{MESHES}---\n{TEA}---\nnull\n"),
    ];
    let expected = {
        bench.write("plain.yaml", format!("{MESHES}---\n{TEA}"));
        bench.run(&["translate", "plain.yaml"]).stdout
    };
    assert!(expected.contains("timeout: 2s"), "{expected}");
    for case in cases {
        bench.write("case.yaml", &case);
        let run = bench.run(&["translate", "case.yaml"]);
        assert_eq!((run.code, run.stdout.as_str()), (0, expected.as_str()), "{case}\n{}", run.stderr);
    }
}

#[test]
fn words_are_not_booleans_and_odd_numbers_not_numbers() {
    let bench = Bench::empty();
    let odd = TEA.replace(
        "name: tea, namespace: gloo-mesh",
        "name: tea, namespace: gloo-mesh, labels: {a: yes, b: 012, c: 1_0}",
    );
    bench.write("world.yaml", format!("{MESHES}---\n{odd}"));
    let run = bench.run(&["translate", "world.yaml"]);
    assert_eq!(run.code, 0, "{run:#?}");
}

#[test]
fn going_on_leaves_out_what_is_broken() {
    let bench = Bench::new();
    bench.write("world/mgmt/policies/cake.yaml", format!("kind: [\n---\n{CAKE}"));
    let stop = bench.run(&["translate", "world"]);
    assert_eq!((stop.code, stop.stdout.as_str()), (65, ""), "{stop:#?}");
    let go = bench.run(&["translate", "world", "--keep-going"]);
    assert_eq!(go.code, 65, "{go:#?}");
    assert!(go.stderr.contains("cake.yaml:"), "{go:#?}");
    assert!(go.stdout.contains("timeout: 2s") && go.stdout.contains("timeout: 3s"), "{go:#?}");
}
