//! The index of an output tree, and how a tree is read.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::render::ObjectId;
use crate::world::{Problem, read_document};

/// Name of the index file.
pub const INDEX: &str = "index.json";
/// Version of the index.
const API_VERSION: &str = "meshctl.mesh.gloo.solo.io/v1";
/// Kind of the index.
const KIND: &str = "TranslationIndex";

/// What a tree contains.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Index {
    api_version: String,
    kind: String,
    /// Digest of the world that the tree was made from.
    pub world_digest: String,
    /// Objects for clusters.
    pub objects: Vec<Entry>,
    /// Statuses of inputs.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub statuses: Vec<Entry>,
    /// Files that are no longer wanted and were changed by somebody else before they could be removed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub leftovers: Vec<Leftover>,
    /// Clusters of the world.
    pub clusters: Vec<String>,
}

/// One file with one object.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// The object.
    #[serde(flatten)]
    pub id: ObjectId,
    /// The file, relative to the tree, with `/` between folders.
    pub path: String,
    /// Digest of the file as it was written.
    pub sha256: String,
}

/// A file that is no longer wanted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Leftover {
    /// The file, relative to the tree.
    pub path: String,
    /// Digest of the file as it was written.
    pub sha256: String,
}

/// Why a tree cannot be read or written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TreeError {
    /// The directory holds something else.
    #[error("{}: not empty and without {INDEX}, so it is not an output tree", .0.display())]
    Foreign(PathBuf),
    /// There is no index.
    #[error("{}: no {INDEX}, so it is not an output tree", .0.display())]
    NoIndex(PathBuf),
    /// The index is broken.
    #[error("{}: {reason}", path.display())]
    Index {
        /// The index.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// A file of the tree is broken.
    #[error(transparent)]
    Object(#[from] Box<Problem>),
    /// Something cannot be read or written.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file or directory.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

impl TreeError {
    /// Ties an error to a path.
    pub(super) fn io(path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Io { path, source }
    }
}

impl Index {
    /// An index without entries.
    pub fn new(world_digest: String, clusters: Vec<String>) -> Self {
        Self {
            api_version: API_VERSION.to_owned(),
            kind: KIND.to_owned(),
            world_digest,
            objects: Vec::new(),
            statuses: Vec::new(),
            leftovers: Vec::new(),
            clusters,
        }
    }
}

/// Reads the index of the tree in `directory`, if it has one.
///
/// # Errors
///
/// If there is one that cannot be read, is of another kind, or names files outside of the tree.
pub fn read(directory: &Path) -> Result<Option<Index>, TreeError> {
    let path = directory.join(INDEX);
    let bytes = match fs::read(&path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(TreeError::io(&path)(error)),
    };
    let broken = |reason| TreeError::Index { path: path.clone(), reason };
    let index: Index = serde_json::from_slice(&bytes).map_err(|error| broken(error.to_string()))?;
    if index.api_version != API_VERSION || index.kind != KIND {
        return Err(broken(format!("expected a {KIND} of {API_VERSION}")));
    }
    let entries = index.objects.iter().chain(&index.statuses).map(|entry| &entry.path);
    let leftovers = index.leftovers.iter().map(|leftover| &leftover.path);
    match entries.chain(leftovers).find(|path| !is_inside(path)) {
        Some(path) => Err(broken(format!("{path:?} is no file of the tree"))),
        None => Ok(Some(index)),
    }
}

/// Reads one object of a tree; `None` if its file is gone.
///
/// # Errors
///
/// If the file cannot be read or holds no object.
pub fn read_object(directory: &Path, entry: &Entry) -> Result<Option<Value>, TreeError> {
    let path = directory.join(&entry.path);
    match fs::read(&path) {
        Ok(bytes) => Ok(Some(read_document(&path.display().to_string(), &bytes)?)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(TreeError::io(&path)(error)),
    }
}

/// Whether a path of an index leads to a file below the tree.
fn is_inside(path: &str) -> bool {
    path != INDEX
        && !path.contains(['\\', '\0'])
        && path.split('/').all(|step| !matches!(step, "" | "." | "..") && !step.contains(':'))
}

#[cfg(test)]
mod tests {
    use super::is_inside;

    #[test]
    fn only_files_below_the_tree_are_inside() {
        assert!(is_inside("c1/virtualservices.networking.istio.io/shop/a.yaml"));
        for path in ["", "/etc/passwd", "../a", "a/../../b", "a//b", "index.json", "c:\\a", "a/./b"] {
            assert!(!is_inside(path), "{path}");
        }
    }
}
