//! Cuts a YAML stream into documents, so that a broken one stays alone.

/// One document of a stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// Byte range in the stream, separators included.
    pub range: std::ops::Range<usize>,
    /// Line of the first byte, counted from 1.
    pub first_line: u64,
    /// Line on which the content begins, counted from 1.
    pub content_line: u64,
}

/// Cuts `text` at lines that begin with `---` or `...`; parts that hold nothing but comments are left out.
///
/// A marker counts only in the first column and only if white space or the end of the line follows, which
/// is why the text of a block scalar can never be taken for one. Directives stay with the document they
/// introduce.
pub fn split(text: &str) -> Vec<Part> {
    let mut parts = Vec::new();
    let mut part = Open::at(0, 1);
    let mut offset = 0;
    for (line, number) in text.split_inclusive('\n').zip(1..) {
        if is_marker(line, "---") && !part.awaits_start {
            part.close(offset, &mut parts);
            part = Open::at(offset, number);
        }
        offset += line.len();
        if is_marker(line, "...") {
            part.close(offset, &mut parts);
            part = Open::at(offset, number + 1);
        } else {
            part.read(line, number);
        }
    }
    part.close(offset, &mut parts);
    parts
}

/// A part whose end is not known yet.
struct Open {
    start: usize,
    first_line: u64,
    content_line: Option<u64>,
    /// Directives were read, and the marker that ends them was not.
    awaits_start: bool,
}

impl Open {
    fn at(start: usize, first_line: u64) -> Self {
        Self { start, first_line, content_line: None, awaits_start: false }
    }

    fn read(&mut self, line: &str, number: u64) {
        let marker = is_marker(line, "---");
        if line.starts_with('%') && self.content_line.is_none() {
            self.awaits_start = true;
            return;
        }
        if marker {
            self.awaits_start = false;
        }
        let content = if marker { line.get(3..).unwrap_or("") } else { line };
        let content = content.trim_start_matches(['\u{feff}', ' ', '\t']).trim_end();
        if self.content_line.is_none() && !content.is_empty() && !content.starts_with('#') {
            self.content_line = Some(number);
        }
    }

    fn close(self, end: usize, parts: &mut Vec<Part>) {
        // Directives without a document are kept: the parser says what is wrong with them.
        let alone = self.awaits_start.then_some(self.first_line);
        if let Some(content_line) = self.content_line.or(alone) {
            parts.push(Part { range: self.start..end, first_line: self.first_line, content_line });
        }
    }
}

fn is_marker(line: &str, marker: &str) -> bool {
    line.trim_start_matches('\u{feff}')
        .strip_prefix(marker)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with([' ', '\t', '\r', '\n']))
}

#[cfg(test)]
mod tests {
    use super::split;

    fn lines(text: &str) -> Vec<(&str, u64, u64)> {
        let cut = |part: super::Part| (text.get(part.range).unwrap(), part.first_line, part.content_line);
        split(text).into_iter().map(cut).collect()
    }

    #[test]
    fn documents_keep_their_separator_and_their_lines() {
        assert_eq!(
            lines("a: 1\n---\n# about b\nb: 2\n"),
            [("a: 1\n", 1, 1), ("---\n# about b\nb: 2\n", 2, 4)]
        );
    }

    #[test]
    fn separators_may_carry_comments_content_and_carriage_returns() {
        assert_eq!(lines("--- # first\r\na: 1\r\n---\r\nb: 2").len(), 2);
        assert_eq!(lines("--- {a: 1}\n--- {b: 2}\n").len(), 2);
        assert_eq!(lines("a: 1\n----\n").len(), 1);
        assert_eq!(lines("a: |\n  text\n  ---\n  more\n").len(), 1);
    }

    #[test]
    fn nothing_but_comments_is_no_document() {
        assert_eq!(lines(""), []);
        assert_eq!(lines("# nothing\n---\n\n---\n# here\n...\n"), []);
    }

    #[test]
    fn an_end_marker_begins_a_new_document() {
        assert_eq!(lines("a: 1\n...\n---\nb: 2\n"), [("a: 1\n...\n", 1, 1), ("---\nb: 2\n", 3, 4)]);
    }

    #[test]
    fn directives_stay_with_their_document() {
        assert_eq!(
            lines("%YAML 1.2\n---\na: 1\n---\nb: 2\n"),
            [("%YAML 1.2\n---\na: 1\n", 1, 3), ("---\nb: 2\n", 4, 5)]
        );
        assert_eq!(lines("%YAML 1.2\n").len(), 1);
    }
}
