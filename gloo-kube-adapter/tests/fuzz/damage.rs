//! Worlds that were right once, and what happens to them.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::sync::LazyLock;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};

/// At most so many bytes are copied or deleted at once.
const LONGEST: usize = 400;

/// Real documents: each alone, some files as a whole, and the same as JSON.
static WHOLE: LazyLock<Vec<String>> = LazyLock::new(|| {
    let mut texts = Vec::new();
    collect(&gloo_fixtures::root().join("worlds"), &mut texts);
    let documents = texts.iter().flat_map(|text| text.split("---\n"));
    let documents: Vec<String> = documents.filter(|text| text.contains("kind:")).map(str::to_owned).collect();
    let json = documents.iter().filter_map(|text| serde_saphyr::from_str::<serde_json::Value>(text).ok());
    let json: Vec<String> = json.map(|value| format!("{value:#}\n")).collect();
    texts.push(json.concat());
    texts.extend(documents);
    texts.extend(json);
    texts
});

/// Texts that a reader may stumble over.
static SPECIALS: LazyLock<Vec<Vec<u8>>> = LazyLock::new(|| {
    let plain = [
        "&a ",
        "*a",
        "&a [*a]",
        "<<: *a\n",
        "<<: {a: 1}\n",
        "? ",
        "? [a, b]\n: c\n",
        "!!binary aGk=",
        "!!python/object x",
        "!<tag:yaml.org,2002:int> x",
        "!!set {a, b}",
        "%YAML 9.9\n---\n",
        "%TAG ! tag:x,2000:\n---\n",
        "---\n",
        "...\n",
        "--- ",
        "|\n",
        ">-9\n",
        "|+\n\n\n",
        "\t",
        "\r",
        "\r\n",
        "\0",
        "\u{feff}",
        "\u{85}",
        "\u{2028}",
        "\u{202e}",
        "\x1b[2J",
        "\"\\ud800\"",
        "\"\\x",
        "'",
        "\"",
        "#",
        ": ",
        "- ",
        "- - - - ",
        "[",
        "]",
        "{",
        "}",
        "{}",
        "[]",
        "null",
        "~",
        "yes",
        "9999999999999999999999999999999999",
        "-0",
        "0x7fffffffffffffffffff",
        "1e999",
        "-1e-999",
        ".inf",
        ".nan",
        "18446744073709551616",
        "1_000",
        "012",
        "2026-99-99T99:99:99Z",
        "kind: List\nitems: [{}]\n",
        "kind: World\n",
        "metadata: {name: ../../x, namespace: \"\"}\n",
        "items:\n- items:\n  - ",
        "{\"a\": 1, \"a\": 2}",
    ];
    let long = [
        "[".repeat(150),
        "{a: ".repeat(150),
        "- ".repeat(300),
        "{\"a\":".repeat(150),
        "x".repeat(20_000),
        "? ".repeat(200),
        format!("\"{}\"", "\\n".repeat(5_000)),
        format!("a: &a [{}]\nb: &b [{}]\nc: [{}]\n", "x, ".repeat(20), "*a, ".repeat(20), "*b, ".repeat(20)),
        format!("a: &a {}\nb: [{}]\n", "x".repeat(4_000), "*a, ".repeat(2_000)),
        format!("- &a {{{}: 1}}\n- {{<<: [{}]}}\n", "k".repeat(500), "*a, ".repeat(200)),
        bombs(30),
    ];
    let mut all: Vec<Vec<u8>> = plain.iter().map(|text| text.as_bytes().to_vec()).collect();
    all.extend(long.map(String::into_bytes));
    all.extend([b"\xff\xfe".to_vec(), b"\xc3".to_vec(), b"\xed\xa0\x80".to_vec(), b"\x1f\x8b".to_vec()]);
    all
});

/// Documents of some hundred bytes each that stand for almost as many nodes as one document may.
pub fn bombs(count: usize) -> String {
    let mut bomb = "a: &a [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for (name, below) in [("b", "a"), ("c", "b"), ("d", "c")] {
        let aliases = vec![format!("*{below}"); 10].join(", ");
        let _ = writeln!(bomb, "{name}: &{name} [{aliases}]");
    }
    format!("{bomb}e: [*d, *d]\n---\n").repeat(count)
}

/// One thing that happens to some bytes.
#[derive(Clone, Debug)]
pub enum Damage {
    /// Bits of one byte.
    Flip(Index, u8),
    /// Something strange.
    Insert(Index, Vec<u8>),
    /// A piece is gone.
    Delete(Index, usize),
    /// A piece is there again, somewhere else.
    Copy(Index, Index, usize),
    /// The rest is gone.
    Truncate(Index),
}

/// One thing that happens to some bytes.
pub fn damage() -> impl Strategy<Value = Damage> {
    prop_oneof![
        2 => (any::<Index>(), any::<u8>()).prop_map(|(at, bits)| Damage::Flip(at, bits)),
        6 => (any::<Index>(), select(&**SPECIALS)).prop_map(|(at, special)| Damage::Insert(at, special)),
        1 => (any::<Index>(), vec(any::<u8>(), 1..9)).prop_map(|(at, bytes)| Damage::Insert(at, bytes)),
        2 => (any::<Index>(), 1..LONGEST).prop_map(|(at, length)| Damage::Delete(at, length)),
        2 => (any::<Index>(), any::<Index>(), 1..LONGEST)
            .prop_map(|(from, to, length)| Damage::Copy(from, to, length)),
        1 => any::<Index>().prop_map(Damage::Truncate),
    ]
}

/// The text of a world, or of a part of it, with some damage.
pub fn damaged() -> impl Strategy<Value = Vec<u8>> {
    (select(&**WHOLE), vec(damage(), 0..6))
        .prop_map(|(text, damages)| damages.into_iter().fold(text.into_bytes(), Damage::happen))
}

impl Damage {
    /// The bytes after it.
    pub fn happen(mut bytes: Vec<u8>, damage: Self) -> Vec<u8> {
        let place = |at: Index, bytes: &[u8]| at.index(bytes.len() + 1);
        let piece = |from: usize, length: usize, bytes: &[u8]| from..bytes.len().min(from + length);
        match damage {
            Self::Flip(at, bits) => {
                let at = place(at, &bytes);
                bytes.iter_mut().skip(at).take(1).for_each(|byte| *byte ^= bits);
            }
            Self::Insert(at, new) => {
                let at = place(at, &bytes);
                bytes.splice(at..at, new);
            }
            Self::Delete(at, length) => {
                bytes.drain(piece(place(at, &bytes), length, &bytes));
            }
            Self::Copy(from, to, length) => {
                let copy = bytes[piece(place(from, &bytes), length, &bytes)].to_vec();
                let to = place(to, &bytes);
                bytes.splice(to..to, copy);
            }
            Self::Truncate(at) => bytes.truncate(place(at, &bytes)),
        }
        bytes
    }
}

/// The texts of all files below `folder`.
fn collect(folder: &Path, texts: &mut Vec<String>) {
    let mut paths: Vec<_> =
        fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path()).collect();
    paths.sort();
    for path in paths {
        if path.is_dir() {
            collect(&path, texts);
        } else {
            texts.push(fs::read_to_string(path).expect("a text"));
        }
    }
}
