//! Colour and glyphs: when they are used, and what they look like.

use std::env;
use std::io::IsTerminal as _;

use anstyle::{AnsiColor, Style};
use clap::ValueEnum;

/// When to use colour.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum ColorWhen {
    /// On a terminal that has not asked for plain text.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// What the surroundings of the process say about colour and letters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each one is a fact of its own, read from one variable")]
pub struct Surroundings {
    /// The standard output is a terminal.
    pub stdout_terminal: bool,
    /// The standard error output is a terminal.
    pub stderr_terminal: bool,
    /// `NO_COLOR` is set and not empty.
    pub no_color: bool,
    /// `CLICOLOR_FORCE` is set and not empty.
    pub force_color: bool,
    /// `TERM` is `dumb`.
    pub dumb: bool,
    /// The locale is UTF-8.
    pub utf8: bool,
    /// `CI` is set and not empty.
    pub ci: bool,
}

impl Surroundings {
    /// Reads them from the process.
    pub fn of_process() -> Self {
        let set = |name| env::var_os(name).is_some_and(|value| !value.is_empty());
        let locale = ["LC_ALL", "LC_CTYPE", "LANG"]
            .into_iter()
            .filter_map(env::var_os)
            .find(|value| !value.is_empty())
            .map(|value| value.to_string_lossy().to_ascii_lowercase())
            .unwrap_or_default();
        Self {
            stdout_terminal: std::io::stdout().is_terminal(),
            stderr_terminal: std::io::stderr().is_terminal(),
            no_color: set("NO_COLOR"),
            force_color: set("CLICOLOR_FORCE"),
            dumb: env::var_os("TERM").is_some_and(|term| term == "dumb"),
            utf8: locale.contains("utf-8") || locale.contains("utf8"),
            ci: set("CI"),
        }
    }

    /// Whether a stream gets colour: the flag counts more than `NO_COLOR`, that more than `CLICOLOR_FORCE`,
    /// and that more than what the stream is.
    pub fn colored(&self, when: ColorWhen, terminal: bool) -> bool {
        match when {
            ColorWhen::Always => true,
            ColorWhen::Never => false,
            ColorWhen::Auto if self.no_color => false,
            ColorWhen::Auto => self.force_color || (terminal && !self.dumb),
        }
    }
}

/// How a piece of text looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Look {
    /// An error, or a line that is gone.
    Bad,
    /// A warning.
    Doubtful,
    /// A line that is new.
    Good,
    /// A place or a heading.
    Strong,
}

/// Puts looks on text, or leaves it plain.
#[derive(Clone, Copy, Debug, Default)]
pub struct Paint {
    /// Whether there is colour at all.
    pub colored: bool,
}

impl Paint {
    /// The text with its look.
    pub fn apply(self, look: Look, text: &str) -> String {
        if !self.colored {
            return text.to_owned();
        }
        let style = match look {
            Look::Bad => AnsiColor::Red.on_default(),
            Look::Doubtful => AnsiColor::Yellow.on_default(),
            Look::Good => AnsiColor::Green.on_default(),
            Look::Strong => Style::new().bold(),
        };
        format!("{style}{text}{style:#}")
    }
}

/// Signs in front of findings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Glyphs {
    /// An error.
    pub error: &'static str,
    /// A warning.
    pub warning: &'static str,
    /// A remark.
    pub info: &'static str,
}

impl Glyphs {
    /// Signs that every terminal shows.
    pub const ASCII: Self = Self { error: "xx", warning: "!!", info: "--" };
    /// Signs for terminals that show all letters.
    pub const UNICODE: Self = Self { error: "×", warning: "‼", info: "·" };
}

#[cfg(test)]
mod tests {
    use super::{ColorWhen, Look, Paint, Surroundings};

    #[test]
    fn who_decides_about_colour() {
        let mut wrong = Vec::new();
        for bits in 0..32_u8 {
            let bit = |position: u8| bits & (1 << position) != 0;
            let (terminal, no_color, force_color, dumb) = (bit(0), bit(1), bit(2), bit(3));
            let around = Surroundings { no_color, force_color, dumb, ..Surroundings::default() };
            let auto = !no_color && (force_color || (terminal && !dumb));
            let expected = [(ColorWhen::Auto, auto), (ColorWhen::Always, true), (ColorWhen::Never, false)];
            wrong.extend(expected.into_iter().filter(|(when, is)| around.colored(*when, terminal) != *is));
        }
        assert_eq!(wrong, []);
    }

    #[test]
    fn plain_text_stays_plain() {
        assert_eq!(Paint { colored: false }.apply(Look::Bad, "a"), "a");
        assert_eq!(Paint { colored: true }.apply(Look::Bad, "a"), "\u{1b}[31ma\u{1b}[0m");
    }
}
