//! The pure crates do nothing but compute: no file, no clock, no thread, no environment is even named in them.
#![expect(clippy::expect_used, reason = "a source that cannot be read must stop the test")]

use std::fs;
use std::path::{Path, PathBuf};

/// Crates that must stay pure, beside this one.
const PURE: [&str; 3] = ["gloo-core", "gloo-istio", "gloo-linkerd"];

/// What would reach outside, or make two runs differ.
const IMPURE: [&str; 15] = [
    "std::env",
    "std::fs",
    "std::io",
    "std::net",
    "std::os",
    "std::process",
    "std::thread",
    "std::collections::HashMap",
    "std::collections::HashSet",
    "SystemTime",
    "Instant::now",
    "Timestamp::now",
    "Zoned::now",
    "async fn",
    "static mut",
];

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("sources can be listed") {
        let path = entry.expect("sources can be listed").path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

#[test]
fn pure_crates_name_nothing_that_reaches_outside() {
    for name in PURE {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(name).join("src");
        let mut files = Vec::new();
        sources(&folder, &mut files);
        assert!(files.len() > 2, "{} holds the sources of {name}", folder.display());
        for file in files {
            let text = fs::read_to_string(&file).expect("a source can be read");
            let found: Vec<&str> = IMPURE.into_iter().filter(|impure| text.contains(impure)).collect();
            assert_eq!(found, Vec::<&str>::new(), "{}", file.display());
        }
    }
}
