//! Reads one YAML document, within limits.

use serde_json::Value;
use serde_saphyr::budget::BudgetBreach;
use serde_saphyr::{Error, MessageFormatter, Options, UserMessageFormatter};

use super::limits::{MAX_DEPTH, MAX_EXPANDED, MAX_EXPANDED_TEXT, most_text};

/// What is wrong with a document, counted from its own first line.
#[derive(Debug)]
pub struct Mistake {
    /// Line within the document, counted from 1.
    pub line: Option<u64>,
    /// Column, counted from 1.
    pub column: Option<u64>,
    /// What kind of mistake it is.
    pub kind: MistakeKind,
}

/// What kind of mistake was found.
#[derive(Debug)]
pub enum MistakeKind {
    /// The text breaks the rules of the language; what was expected instead.
    Syntax(String),
    /// Aliases expand to too much.
    Aliases,
    /// It is nested too deeply.
    Depth,
}

/// Options for a document of so many bytes: nothing is guessed, and nothing is limited that the size of a file
/// limits.
pub fn options(bytes: usize) -> Options {
    serde_saphyr::options! {
        budget: serde_saphyr::budget! {
            max_events: usize::MAX,
            max_nodes: usize::MAX,
            max_aliases: usize::MAX,
            max_anchors: usize::MAX,
            max_merge_keys: usize::MAX,
            // Text that aliases repeat is counted each time: a long one, repeated often, is a bomb of few nodes.
            max_total_scalar_bytes: most_text(bytes) + MAX_EXPANDED_TEXT,
            max_recorded_anchor_events: 10_000_000,
            max_depth: MAX_DEPTH,
            flow_nesting_limit: 2 * MAX_DEPTH,
            enforce_alias_anchor_ratio: false,
        },
        alias_limits: serde_saphyr::alias_limits! {
            max_total_replayed_events: MAX_EXPANDED,
        },
        emit_comments: false,
        // `yes` and `on` are words in Kubernetes objects, and `012` and `1_000` are read differently by
        // different programs: as text they are refused wherever a number is expected.
        strict_booleans: true,
        leading_zero_numbers_as_strings: true,
        underscored_numbers_as_strings: true,
        with_snippet: false,
    }
}

/// Reads a document; a document without content is `null`.
pub fn read(text: &str) -> Result<Value, Mistake> {
    let text = text.trim_start_matches('\u{feff}');
    match serde_saphyr::from_str_with_options(text, options(text.len())) {
        Ok(value) => Ok(value),
        Err(error) => Err(mistake(&error)),
    }
}

/// Reads a document through `seed`, for looks at places rather than values.
pub fn visit<'de, S>(text: &'de str, seed: S) -> Option<S::Value>
where
    S: serde::de::DeserializeSeed<'de>,
{
    let text = text.trim_start_matches('\u{feff}');
    serde_saphyr::with_deserializer_from_str_with_options(text, options(text.len()), |deserializer| {
        seed.deserialize(deserializer)
    })
    .ok()
}

fn mistake(error: &Error) -> Mistake {
    let location = error.location();
    let mut cause = error.without_snippet();
    while let Error::AliasError { error, .. } = cause {
        cause = error;
    }
    let kind = match cause {
        Error::AliasReplayLimitExceeded { .. }
        | Error::AliasReplayStackDepthExceeded { .. }
        | Error::Budget { breach: BudgetBreach::ScalarBytes { .. }, .. } => MistakeKind::Aliases,
        Error::Budget { breach: BudgetBreach::Depth { .. }, .. } => MistakeKind::Depth,
        other => MistakeKind::Syntax(printable(&UserMessageFormatter.format_message(other))),
    };
    Mistake { line: location.map(|at| at.line()), column: location.map(|at| at.column()), kind }
}

/// The text without control characters, which could be instructions to a terminal.
fn printable(text: &str) -> String {
    text.chars()
        .flat_map(|letter| {
            let escaped = letter.is_control().then(|| letter.escape_default());
            let plain = escaped.is_none().then_some(letter);
            escaped.into_iter().flatten().chain(plain)
        })
        .collect()
}
