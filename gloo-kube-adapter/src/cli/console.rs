//! The two streams of a command: the document on one, everything about it on the other.

use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use super::args::Global;
use super::exit::{Exit, Failure, Stop};
use super::style::{Glyphs, Look, Paint, Surroundings};
use crate::files;

/// What a command reads from and writes to.
pub struct Streams<'a> {
    /// The standard input.
    pub stdin: &'a mut dyn Read,
    /// The standard output.
    pub stdout: &'a mut dyn Write,
    /// The standard error output.
    pub stderr: &'a mut dyn Write,
    /// What is known about them.
    pub surroundings: Surroundings,
}

/// The streams of one command, with its choices about them.
pub struct Console<'a> {
    /// The standard input.
    pub stdin: &'a mut dyn Read,
    stdout: &'a mut dyn Write,
    stderr: &'a mut dyn Write,
    /// How text on the standard output looks.
    pub out_paint: Paint,
    /// How text on the standard error output looks.
    pub err_paint: Paint,
    /// Signs in front of findings.
    pub glyphs: Glyphs,
    /// Whether progress and summaries are left out.
    pub quiet: bool,
    /// How much more is said than usual.
    pub verbose: u8,
    /// Whether somebody looks at the result: it goes to a terminal, and no pipeline runs us.
    pub is_watched: bool,
    /// Whether errors are written for programs.
    pub json_errors: bool,
    file: Option<PathBuf>,
}

impl<'a> Console<'a> {
    /// Takes the streams, as the flags want them.
    pub fn new(streams: Streams<'a>, global: &Global, json_errors: bool) -> Self {
        let Streams { stdin, stdout, stderr, surroundings: around } = streams;
        // A file is no terminal.
        let out_terminal = around.stdout_terminal && global.output_file.is_none();
        Self {
            stdin,
            stdout,
            stderr,
            out_paint: Paint { colored: around.colored(global.color, out_terminal) },
            err_paint: Paint { colored: around.colored(global.color, around.stderr_terminal) },
            glyphs: if around.utf8 && !global.ascii { Glyphs::UNICODE } else { Glyphs::ASCII },
            quiet: global.quiet,
            verbose: global.verbose,
            is_watched: out_terminal && !around.ci,
            json_errors,
            file: global.output_file.clone(),
        }
    }

    /// Writes the document that was asked for.
    ///
    /// # Errors
    ///
    /// If nobody reads it any more, or the file for it cannot be written.
    pub fn document(&mut self, document: &[u8]) -> Result<(), Stop> {
        match self.file.clone() {
            Some(path) => to_file(&path, document),
            None => Ok(self.stdout.write_all(document).and_then(|()| self.stdout.flush())?),
        }
    }

    /// Writes a line about the document. That nobody may read it is no reason to stop.
    pub fn say(&mut self, line: &str) {
        let _ = writeln!(self.stderr, "{line}");
    }

    /// Writes a line that only people who wait want to read.
    pub fn progress(&mut self, line: &str) {
        if !self.quiet {
            self.say(line);
        }
    }

    /// Writes what went wrong.
    pub fn failure(&mut self, failure: &Failure) {
        if self.json_errors {
            let _ = writeln!(self.stderr, "{}", failure.to_json());
            return;
        }
        let label = self.err_paint.apply(Look::Bad, "error:");
        let message = &failure.message;
        let _ = writeln!(self.stderr, "{label} {message}");
        if let Some(hint) = &failure.hint {
            let _ = writeln!(self.stderr, "  hint: {hint}");
        }
    }
}

impl std::fmt::Debug for Console<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Console").finish_non_exhaustive()
    }
}

impl std::fmt::Debug for Streams<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Streams").field("surroundings", &self.surroundings).finish_non_exhaustive()
    }
}

fn to_file(path: &Path, document: &[u8]) -> Result<(), Stop> {
    let failed = |error: io::Error| {
        Failure::new(Exit::Failed, "WriteFailed", format_args!("{}: cannot write: {error}", path.display()))
    };
    if files::is_link(path) {
        let failure = failed(io::Error::other("it is a symbolic link"));
        return Err(failure.hint("name the file that it leads to").into());
    }
    files::write(path, document).map_err(|error| failed(error).into())
}
