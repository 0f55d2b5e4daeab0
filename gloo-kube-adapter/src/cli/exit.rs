//! How a command ends: exit codes, and errors that say what to do next.

use std::fmt::Display;
use std::io;

use serde_json::{Value, json};

use crate::tree::TreeError;
use crate::world::{Place, Problem};

/// Exit codes, in the order of precedence: the first of several counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Exit {
    /// Wrong usage.
    Usage,
    /// Input that cannot be read.
    Data,
    /// An API server does not permit it.
    Forbidden,
    /// A needed cluster cannot be reached.
    Unreachable,
    /// Out of time.
    TimedOut,
    /// The operation failed.
    Failed,
    /// The question was answered negatively.
    Finding,
    /// All is well.
    Success,
}

impl Exit {
    /// The code that the process ends with.
    pub fn code(self) -> u8 {
        match self {
            Self::Usage => 64,
            Self::Data => 65,
            Self::Forbidden => 77,
            Self::Unreachable => 69,
            Self::TimedOut => 75,
            Self::Failed => 2,
            Self::Finding => 1,
            Self::Success => 0,
        }
    }
}

/// Why a command stops.
#[derive(Debug)]
pub enum Stop {
    /// Nobody reads the output any more, which is no error.
    ClosedPipe,
    /// Something is wrong.
    Failure(Box<Failure>),
}

/// What is wrong, and what to do about it.
#[derive(Debug)]
pub struct Failure {
    /// How the process ends.
    pub exit: Exit,
    /// Stable machine-readable name of the reason.
    pub reason: &'static str,
    /// What failed and why.
    pub message: String,
    /// What to run or change.
    pub hint: Option<String>,
    /// Where it is.
    pub place: Option<Place>,
}

impl Failure {
    /// A failure without place and hint.
    pub fn new(exit: Exit, reason: &'static str, message: impl Display) -> Self {
        Self { exit, reason, message: message.to_string(), hint: None, place: None }
    }

    /// A wrong use of the command line.
    pub fn usage(message: impl Display) -> Self {
        Self::new(Exit::Usage, "Usage", message)
    }

    /// The same failure, with what to run or change.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// The failure for programs.
    pub fn to_json(&self) -> Value {
        let mut error = json!({
            "code": self.exit.code(),
            "reason": self.reason,
            "message": self.message,
        });
        if let Some(fields) = error.as_object_mut() {
            if let Some(place) = &self.place {
                fields.insert("file".to_owned(), place.file.as_str().into());
                let numbers = [("line", place.line), ("column", place.column)];
                for (name, number) in numbers.into_iter().filter_map(|(name, it)| Some((name, it?))) {
                    fields.insert(name.to_owned(), number.into());
                }
            }
            if let Some(hint) = &self.hint {
                fields.insert("hint".to_owned(), hint.as_str().into());
            }
        }
        json!({ "error": error })
    }
}

impl From<Failure> for Stop {
    fn from(failure: Failure) -> Self {
        Self::Failure(Box::new(failure))
    }
}

impl From<&Problem> for Failure {
    fn from(problem: &Problem) -> Self {
        let place = Some(problem.place().clone());
        let failure = Self { place, ..Self::new(Exit::Data, problem.code(), problem) };
        match problem {
            Problem::TooLarge { .. } => failure.hint("dump a large cluster kind by kind, one file for each"),
            _ => failure,
        }
    }
}

impl From<TreeError> for Stop {
    fn from(error: TreeError) -> Self {
        let failure = |exit, reason| Failure::new(exit, reason, &error);
        Self::from(match &error {
            TreeError::Foreign(_) => failure(Exit::Failed, "NotATree")
                .hint("choose an empty directory, or add --force to write into this one"),
            TreeError::NoIndex(_) => {
                failure(Exit::Data, "NotATree").hint("write a tree first: meshctl translate WORLD --out DIR")
            }
            TreeError::Index { .. } => failure(Exit::Data, "BrokenIndex"),
            TreeError::Object(problem) => Failure::from(&**problem),
            TreeError::Io { .. } => failure(Exit::Failed, "WriteFailed"),
        })
    }
}

impl From<io::Error> for Stop {
    fn from(error: io::Error) -> Self {
        if error.kind() == io::ErrorKind::BrokenPipe {
            return Self::ClosedPipe;
        }
        Failure::new(Exit::Failed, "WriteFailed", format_args!("cannot write the result: {error}")).into()
    }
}

impl From<serde_json::Error> for Stop {
    fn from(error: serde_json::Error) -> Self {
        if error.is_io() {
            return io::Error::from(error).into();
        }
        Failure::new(Exit::Failed, "Internal", format_args!("cannot write a result as JSON: {error}")).into()
    }
}

impl From<serde_saphyr::SerializeError> for Stop {
    fn from(error: serde_saphyr::SerializeError) -> Self {
        Failure::new(Exit::Failed, "Internal", format_args!("cannot write a result as YAML: {error}")).into()
    }
}

#[cfg(test)]
mod tests {
    use super::Exit;

    #[test]
    fn the_most_severe_code_counts() {
        let codes = [64, 65, 77, 69, 75, 2, 1, 0];
        let mut exits = [
            Exit::Success,
            Exit::Finding,
            Exit::Failed,
            Exit::TimedOut,
            Exit::Unreachable,
            Exit::Forbidden,
            Exit::Data,
            Exit::Usage,
        ];
        exits.sort();
        assert_eq!(exits.map(Exit::code), codes);
        assert_eq!(Exit::Data.min(Exit::Finding), Exit::Data);
    }
}
