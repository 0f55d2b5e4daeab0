//! What makes a file unfit to be part of a world, and where.

use std::fmt;
use std::io;

use gloo_core::report::Subject;
use gloo_core::snapshot::AddError;

/// A place in a file, written as `file:line:column`.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The file, as its reader named it.
    pub file: String,
    /// Line, counted from 1.
    pub line: Option<u64>,
    /// Column in characters, counted from 1.
    pub column: Option<u64>,
}

impl Place {
    /// A whole file.
    pub fn file(file: impl Into<String>) -> Self {
        Self { file: file.into(), ..Self::default() }
    }

    /// A line of a file.
    pub fn line(file: impl Into<String>, line: u64) -> Self {
        Self { file: file.into(), line: Some(line), column: None }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file)?;
        for number in [self.line, self.column].into_iter().flatten() {
            write!(f, ":{number}")?;
        }
        Ok(())
    }
}

/// Why a file, or one document of it, is not part of the world.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Problem {
    /// It cannot be read.
    #[error("{place}: cannot read: {source}")]
    Unreadable {
        /// The file or directory.
        place: Place,
        /// Why.
        source: io::Error,
    },
    /// It is larger than anything a person writes.
    #[error("{place}: larger than {limit} MiB")]
    TooLarge {
        /// The file.
        place: Place,
        /// How large it may be.
        limit: u64,
    },
    /// It is no text.
    #[error("{place}: not UTF-8 text")]
    NotUtf8 {
        /// The line that contains the first wrong byte.
        place: Place,
    },
    /// It is neither YAML nor JSON.
    #[error("{place}: {expected}")]
    Malformed {
        /// Where reading stopped.
        place: Place,
        /// What was expected there.
        expected: String,
    },
    /// Its aliases expand to more than anybody needs.
    #[error("{place}: aliases expand to more than {limit} nodes, or to too much text")]
    AliasBomb {
        /// Where the limit was passed.
        place: Place,
        /// How many nodes there may be.
        limit: usize,
    },
    /// It is nested too deeply.
    #[error("{place}: nested more than {limit} levels deep")]
    TooDeep {
        /// The document.
        place: Place,
        /// How deep it may be.
        limit: usize,
    },
    /// It is no Kubernetes object.
    #[error("{place}: {source}")]
    NotAnObject {
        /// The document.
        place: Place,
        /// What it lacks.
        source: AddError,
    },
    /// The same object is there already.
    #[error("{place}: {subject} is given twice; first at {first}")]
    Duplicate {
        /// The later one.
        place: Place,
        /// The earlier one.
        first: Place,
        /// The object.
        subject: Box<Subject>,
    },
    /// The description of the world is wrong.
    #[error("{place}: {reason}")]
    Description {
        /// Where it is.
        place: Place,
        /// What is wrong with it.
        reason: String,
    },
    /// A file lies where no cluster owns it.
    #[error("{place}: belongs to no cluster; move it into clusters/<cluster>/")]
    Misplaced {
        /// The file.
        place: Place,
    },
}

impl Problem {
    /// Where it is.
    pub fn place(&self) -> &Place {
        match self {
            Self::Unreadable { place, .. }
            | Self::TooLarge { place, .. }
            | Self::NotUtf8 { place }
            | Self::Malformed { place, .. }
            | Self::AliasBomb { place, .. }
            | Self::TooDeep { place, .. }
            | Self::NotAnObject { place, .. }
            | Self::Duplicate { place, .. }
            | Self::Description { place, .. }
            | Self::Misplaced { place } => place,
        }
    }

    /// Stable machine-readable name of the reason.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Unreadable { .. } => "Unreadable",
            Self::TooLarge { .. } => "TooLarge",
            Self::NotUtf8 { .. } => "NotUtf8",
            Self::Malformed { .. } => "Malformed",
            Self::AliasBomb { .. } => "AliasBomb",
            Self::TooDeep { .. } => "TooDeep",
            Self::NotAnObject { .. } => "NotAnObject",
            Self::Duplicate { .. } => "Duplicate",
            Self::Description { .. } => "Description",
            Self::Misplaced { .. } => "Misplaced",
        }
    }
}
