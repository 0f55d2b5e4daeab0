//! Tables for people: columns of text, aligned.

use super::style::{Look, Paint};

/// A table with a heading for each column.
#[derive(Clone, Debug)]
pub struct Table {
    headings: Vec<&'static str>,
    rows: Vec<Vec<String>>,
}

impl Table {
    /// A table without rows.
    pub fn new(headings: &[&'static str]) -> Self {
        Self { headings: headings.to_vec(), rows: Vec::new() }
    }

    /// Adds a row, one text for each heading. A cell without text shows a dash.
    pub fn push(&mut self, cells: impl IntoIterator<Item = String>) {
        let shown = |cell: String| if cell.is_empty() { "-".to_owned() } else { printable(&cell) };
        self.rows.push(cells.into_iter().map(shown).collect());
    }

    /// How many rows there are.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// The lines of the table.
    pub fn to_text(&self, paint: Paint) -> String {
        let mut lines = self.lines().into_iter();
        let mut text = paint.apply(Look::Strong, &lines.next().unwrap_or_default()) + "\n";
        for line in lines {
            text.push_str(&line);
            text.push('\n');
        }
        text
    }

    /// The headings, then the rows, a line each.
    pub fn lines(&self) -> Vec<String> {
        let mut widths: Vec<usize> = self.headings.iter().map(|heading| heading.len()).collect();
        for row in &self.rows {
            for (width, cell) in widths.iter_mut().zip(row) {
                *width = cell.chars().count().max(*width);
            }
        }
        let line = |cells: &mut dyn Iterator<Item = &str>| {
            let cells = cells.zip(&widths).map(|(cell, width)| format!("{cell:width$}"));
            cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
        };
        let mut lines = vec![line(&mut self.headings.iter().copied())];
        lines.extend(self.rows.iter().map(|row| line(&mut row.iter().map(String::as_str))));
        lines
    }
}

/// The text without control characters, which could be instructions to a terminal.
pub fn printable(text: &str) -> String {
    text.replace(char::is_control, " ")
}

#[cfg(test)]
mod tests {
    use super::{Paint, Table};

    #[test]
    fn columns_are_as_wide_as_what_is_in_them() {
        let mut table = Table::new(&["NAME", "PORTS", "MESH"]);
        table.push(["tea-kitchen".to_owned(), String::new(), "n\u{f6}rd".to_owned()]);
        table.push(["a\u{1b}[31m".to_owned(), "80".to_owned(), String::new()]);
        let expected = "NAME         PORTS  MESH\ntea-kitchen  -      n\u{f6}rd\na [31m       80     -\n";
        assert_eq!((table.to_text(Paint::default()).as_str(), table.len()), (expected, 2));
    }
}
