//! Where bytes that nobody has checked come in: what a fuzzer calls, and what the plain tests call.
//!
//! Each function does with any bytes whatever a user's command would do. It may panic only to say that it has
//! found a mistake.

use std::ffi::OsString;
use std::hint::black_box;
use std::io::{self, Write as _};
use std::path::Path;

use flate2::Compression;
use flate2::write::GzEncoder;
use gloo_core::snapshot::{OnDuplicate, Options, SnapshotBuilder, Strictness, UserConfigMode};
use gloo_core::{Translation, Translator, translate};
use gloo_fixtures::arbitrary;
use gloo_fixtures::arbitrary::edit::{Documents, edit};
use gloo_istio::Istio;
use gloo_kube_adapter::cli::{self, Streams, Surroundings};
use gloo_kube_adapter::world::{Loaded, Request, load};
use proptest::strategy::{Strategy, ValueTree as _};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

/// Bytes that choose one random value.
const CHOICE: usize = 4;
/// So many edits of one world are made; more of them would find nothing that fewer do not.
const MAX_EDITS: usize = 32;

/// Reads the bytes as a world: as YAML, as JSON, and as whichever of the two they look like.
pub fn world(bytes: &[u8]) {
    for suffix in [".yaml", ".json"] {
        read_file(suffix, bytes);
    }
    let arguments = ["meshctl", "translate", "--keep-going", "--statuses", "--color", "always", "-"];
    let streams = Streams {
        stdin: &mut &*bytes,
        stdout: &mut io::sink(),
        stderr: &mut io::sink(),
        surroundings: Surroundings::default(),
    };
    black_box(cli::run(arguments.map(OsString::from), streams));
}

/// Reads the bytes as an archive: packed and plain as they are, and packed by us, because a fuzzer does not
/// guess checksums.
pub fn archive(bytes: &[u8]) {
    read_file(".tar.gz", bytes);
    read_file(".tar", bytes);
    let mut packer = GzEncoder::new(Vec::new(), Compression::fast());
    packer.write_all(bytes).expect("memory can be written");
    read_file(".tar.gz", &packer.finish().expect("memory can be written"));
}

/// Reads the bytes as choices: of options (one byte), of a world (four), and of edits (four each). After each edit
/// the translation that was kept up to date must be the translation of the whole.
///
/// Each four bytes seed a generator of their own. Handing the bytes through as random numbers (`PassThrough`)
/// sounds better and is worse: each choice between strategies splits what is left into halves, and
/// nothing is left after some twenty of them. This way a fuzzer can leave out, repeat and swap whole edits.
pub fn edits(bytes: &[u8]) {
    let (options, choices) = bytes.split_at_checked(1).unwrap_or_default();
    let mut choices = choices.chunks(CHOICE).take(MAX_EDITS + 1);
    let documents = choose(choices.next().unwrap_or_default(), arbitrary::world());
    let mut builder = SnapshotBuilder::new("gloo-mesh", self::options(options.first().copied()));
    for document in &documents {
        builder.add(None, document.clone(), OnDuplicate::Refuse).expect("a random world holds objects");
    }
    let mut translator = Translator::new(builder.build(), &[&Istio]);
    let mut documents = Documents::new(documents);
    for choice in choices {
        let edit = choose(choice, edit());
        let changes = documents.apply(&edit, &translator.translation()).expect("documents are objects");
        translator.update(changes);
        let whole = translate(translator.snapshot(), &[&Istio]);
        assert_eq!(translator.translation(), whole, "after {edit:?}");
        show(&whole);
    }
}

/// Reads a file of these bytes, translates it, and finds the place of everything there is to say.
fn read_file(suffix: &str, bytes: &[u8]) {
    let mut file = tempfile::Builder::new().suffix(suffix).tempfile().expect("a file can be made");
    file.write_all(bytes).expect("a file can be written");
    read(file.path());
}

fn read(path: &Path) {
    let request = Request { world: vec![path.to_owned()], ..Request::default() };
    let Loaded { world, problems } = load(&request, &mut io::empty());
    for problem in problems {
        black_box(problem.to_string());
    }
    let translation = translate(&world.snapshot, &[&Istio]);
    for finding in &translation.report.findings {
        black_box(world.place(finding));
    }
    show(&translation);
}

/// Writes down everything that a user could see.
fn show(translation: &Translation) {
    for object in translation.outputs.iter() {
        black_box(object.to_json().expect("an output is JSON"));
    }
    for status in translation.report.statuses.values() {
        black_box(serde_json::to_string(status).expect("a status is JSON"));
    }
    black_box(translation.report.to_text());
}

fn choose<S: Strategy>(choice: &[u8], strategy: S) -> S::Value {
    let mut seed = [0; 32];
    seed.iter_mut().zip(choice).for_each(|(seed, byte)| *seed = *byte);
    let random = TestRng::from_seed(RngAlgorithm::ChaCha, &seed);
    let mut runner = TestRunner::new_with_rng(Config::default(), random);
    strategy.new_tree(&mut runner).expect("nothing is filtered").current()
}

fn options(choice: Option<u8>) -> Options {
    let choice = choice.unwrap_or_default();
    let unsupported_fields = if choice & 1 == 0 { Strictness::Warn } else { Strictness::Reject };
    let user_config = match choice >> 1 & 3 {
        0 => UserConfigMode::Off,
        1 => UserConfigMode::Reject,
        _ => UserConfigMode::Warn,
    };
    Options { unsupported_fields, user_config, default_route: choice & 8 != 0 }
}
