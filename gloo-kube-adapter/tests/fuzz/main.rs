//! Whatever bytes come in: no panic, and memory and work within what their number allows.
//!
//! The entry points can also be given to a fuzzer that learns from the coverage of its inputs: `just fuzz`. What it
//! finds is kept in `fixtures/fuzz/corpus` and tried here each time.
#![expect(clippy::expect_used, clippy::indexing_slicing, reason = "a test that cannot run must stop")]

mod bound;
mod damage;
mod entry;

use std::fs;
use std::io::{self, Read as _, Write as _};

use flate2::Compression;
use flate2::read::MultiGzDecoder;
use flate2::write::GzEncoder;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use bound::Bound;
use damage::{Damage, bombs, damage, damaged};

/// 150 cases of each kind; as many as `PROPTEST_CASES` asks for if it is set.
fn config() -> ProptestConfig {
    let config = ProptestConfig::default();
    if std::env::var_os("PROPTEST_CASES").is_some() {
        config
    } else {
        ProptestConfig { cases: 150, ..config }
    }
}

fn check_world(bytes: &[u8]) {
    Bound::of_text(bytes).check(|| entry::world(bytes));
}

fn check_archive(bytes: &[u8]) {
    // What is packed may be as large as the limits of archives say, so the content counts.
    let mut content = Vec::new();
    let _ = MultiGzDecoder::new(bytes).read_to_end(&mut content);
    content.extend_from_slice(bytes);
    Bound::of_text(&content).check(|| entry::archive(bytes));
}

fn check_edits(bytes: &[u8]) {
    Bound::of_edits(bytes).check(|| entry::edits(bytes));
}

/// An archive of damaged files, itself damaged before it is packed.
fn archives() -> impl Strategy<Value = Vec<u8>> {
    let name = select(vec![
        "world.yaml",
        "world.json",
        "mgmt/a.yaml",
        "clusters/c1/b.yaml",
        "clusters/c.yaml",
        "root/mgmt/a.yml",
        "other/a.yaml",
        ".hidden/a.yaml",
        "a.txt",
        "./b.yaml",
        "mgmt//deep/er/a.yaml",
    ]);
    (vec((name, damaged()), 0..4), vec(damage(), 0..3), any::<bool>()).prop_map(|(files, damages, packed)| {
        let mut tar = tar::Builder::new(Vec::new());
        for (name, content) in files {
            let mut header = tar::Header::new_gnu();
            header.set_size(content.len() as u64);
            tar.append_data(&mut header, name, &*content).expect("memory can be written");
        }
        let tar = damages.into_iter().fold(tar.into_inner().expect("memory can be written"), Damage::happen);
        if packed { pack(&tar) } else { tar }
    })
}

fn pack(bytes: &[u8]) -> Vec<u8> {
    let mut packer = GzEncoder::new(Vec::new(), Compression::fast());
    packer.write_all(bytes).expect("memory can be written");
    packer.finish().expect("memory can be written")
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn any_bytes_are_read(bytes in vec(any::<u8>(), 0..2000)) {
        check_world(&bytes);
        check_archive(&bytes);
    }

    #[test]
    fn damaged_worlds_are_read(bytes in damaged()) {
        check_world(&bytes);
    }

    #[test]
    fn damaged_archives_are_read(bytes in archives()) {
        check_archive(&bytes);
    }

    #[test]
    fn edits_agree_with_the_whole(bytes in vec(any::<u8>(), 0..40)) {
        check_edits(&bytes);
    }
}

#[test]
fn the_corpus_is_read() {
    let corpus = gloo_fixtures::root().join("fuzz/corpus");
    for (target, check) in
        [("world", check_world as fn(&[u8])), ("archive", check_archive), ("edits", check_edits)]
    {
        let files: Vec<_> =
            fs::read_dir(corpus.join(target)).and_then(Iterator::collect::<io::Result<_>>).expect("a folder");
        assert!(!files.is_empty(), "{target} has a corpus");
        for file in files {
            check(&fs::read(file.path()).expect("a file"));
        }
    }
}

#[test]
fn many_bombs_cost_no_more_than_one() {
    check_world(bombs(100).as_bytes());
}

#[test]
fn a_long_text_is_not_repeated_forever() {
    check_world(format!("a: &a {}\nb: [{}]\n", "x".repeat(40_000), "*a, ".repeat(10_000)).as_bytes());
}

#[test]
fn objects_in_two_versions_are_found_at_once() {
    let object =
        |version, name| format!("{{apiVersion: g/{version}, kind: K, metadata: {{name: n{name}}}}}\n---\n");
    let world: String =
        ["v1", "v2"].iter().flat_map(|version| (0..2000).map(move |name| object(version, name))).collect();
    check_world(world.as_bytes());
}
