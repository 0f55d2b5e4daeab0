//! Limits on the size of a status, in bytes of compact JSON.

use serde::Serialize;

use crate::Istr;
use crate::api::{ApprovalState, ApprovalStatus};

/// A whole status.
pub(crate) const STATUS: usize = 16_384;
/// A status with its verdicts by destination.
pub(crate) const VERDICTS: usize = 12 * 1024;
/// A status with its list of workloads.
pub(crate) const WORKLOADS: usize = 15 * 1024 + 512;
/// How many errors stand at the top, and how long each may be.
pub(crate) const ERRORS: (usize, usize) = (20, 512);
/// How many errors, and how many warnings, stand at one destination, and how long each may be.
pub(crate) const NOTES: (usize, usize) = (3, 256);

/// Size of a value as JSON.
pub(crate) fn of(value: &impl Serialize) -> usize {
    serde_json::to_vec(value).map_or(0, |json| json.len())
}

/// Size of a text as JSON.
pub(crate) fn of_text(text: &str) -> usize {
    let is_plain = |byte: u8| matches!(byte, b' '..=b'~') && !matches!(byte, b'"' | b'\\');
    if text.bytes().all(is_plain) { text.len() + 2 } else { of(&text) }
}

/// Size of a verdict as JSON. Most say nothing but that all is well, so those are not written to be measured.
pub(crate) fn of_verdict(verdict: &ApprovalStatus) -> usize {
    let ApprovalStatus { acceptance_order, state, errors, warnings } = verdict;
    if *state != ApprovalState::Accepted || !errors.is_empty() || !warnings.is_empty() {
        return of(verdict);
    }
    let order = match acceptance_order.checked_ilog10() {
        None => 0,
        Some(log) => r#""acceptanceOrder":,"#.len() + log as usize + 1,
    };
    r#"{"state":"ACCEPTED"}"#.len() + order
}

/// The first texts, each cut to its length, and how many more there are.
pub(crate) fn cut<T: ToString>(texts: &[T], (count, length): (usize, usize)) -> Vec<Istr> {
    let mut shown: Vec<Istr> =
        texts.iter().take(count).map(|text| cut_text(text.to_string(), length)).collect();
    if texts.len() > count {
        shown.push(format!("… and {} more", texts.len() - count).into());
    }
    shown
}

/// The beginning of a text whose JSON is too long, at a character boundary. Control characters, which could be
/// instructions to a terminal, are written out.
fn cut_text(text: String, length: usize) -> Istr {
    let text = if text.chars().any(char::is_control) {
        text.chars()
            .flat_map(|c| if c.is_control() { c.escape_default().collect() } else { vec![c] })
            .collect()
    } else {
        text
    };
    let in_json = |c: char| if matches!(c, '"' | '\\') { 2 } else { c.len_utf8() };
    if text.chars().map(in_json).sum::<usize>() <= length {
        return text.into();
    }
    let mut room = length.saturating_sub('…'.len_utf8());
    let fits = |c: &char| {
        let fits = in_json(*c) <= room;
        room = room.saturating_sub(in_json(*c));
        fits
    };
    let mut start: String = text.chars().take_while(fits).collect();
    start.push('…');
    start.into()
}

#[cfg(test)]
mod tests {
    use super::{cut, cut_text, of, of_text, of_verdict};
    use crate::api::{ApprovalState, ApprovalStatus};

    #[test]
    fn texts_are_as_long_as_they_are_written() {
        for text in ["", "plain", "a \"quote\"", "back\\slash", "\u{1b}", "é", "\u{7f}"] {
            assert_eq!(of_text(text), of(&text), "{text:?}");
        }
    }

    #[test]
    fn verdicts_are_as_long_as_they_are_written() {
        for state in [ApprovalState::Pending, ApprovalState::Accepted, ApprovalState::Invalid] {
            for acceptance_order in [0, 1, 9, 10, 99, 100, u32::MAX] {
                for warnings in [vec![], vec!["\"quoted\"".into()]] {
                    let verdict =
                        ApprovalStatus { acceptance_order, state, warnings, ..ApprovalStatus::default() };
                    let written = serde_json::to_string(&verdict).unwrap();
                    assert_eq!(
                        (of_verdict(&verdict), of(&verdict)),
                        (written.len(), written.len()),
                        "{written}"
                    );
                }
            }
        }
    }

    #[test]
    fn long_texts_are_cut_between_characters() {
        assert_eq!(&*cut_text("short".to_owned(), 8), "short");
        assert_eq!(&*cut_text("long enough".to_owned(), 8), "long …");
        assert_eq!(&*cut_text("ééééé".to_owned(), 8), "éé…");
        assert_eq!(&*cut_text("\"\"\"\"\"".to_owned(), 8), "\"\"…");
        assert_eq!(&*cut_text("a\u{1b}b".to_owned(), 20), "a\\u{1b}b");
    }

    #[test]
    fn long_lists_say_how_much_is_left_out() {
        let shown = cut(&["a", "b", "c"], (2, 10));
        assert_eq!(shown.iter().map(|text| &**text).collect::<Vec<_>>(), ["a", "b", "… and 1 more"]);
    }
}
