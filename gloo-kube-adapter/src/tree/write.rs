//! Brings a tree into the wanted state.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::index::{Entry, INDEX, Index, Leftover, TreeError, read};
use crate::files;
use crate::render::{Rendered, yaml};
use crate::world::hex;

/// What a tree is to contain.
#[derive(Clone, Copy, Debug)]
pub struct Desired<'a> {
    /// Digest of the world that it was made from.
    pub world_digest: &'a str,
    /// Clusters of the world.
    pub clusters: &'a [String],
    /// Objects for clusters.
    pub objects: &'a [Rendered],
    /// Statuses of inputs.
    pub statuses: &'a [Rendered],
}

/// What was done.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Written {
    /// Files that were written.
    pub written: usize,
    /// Files that were there with the right content.
    pub unchanged: usize,
    /// Files that were removed.
    pub removed: usize,
    /// Files that should have been written or removed, but are not ours any more.
    pub left: Vec<Left>,
}

/// A file that was left alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Left {
    /// The file, relative to the tree.
    pub path: String,
    /// Why.
    pub reason: &'static str,
}

impl fmt::Display for Left {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}; left alone", self.path, self.reason)
    }
}

/// Makes `directory` contain what is desired, and removes what an earlier run wrote and nobody wants any more.
///
/// Earlier entries that `keeps` picks stay as they are. With `force`, files that somebody else wrote or
/// changed are replaced and removed like all others.
///
/// # Errors
///
/// If the directory holds something that is no output tree, or cannot be written.
pub fn write(
    directory: &Path,
    desired: Desired<'_>,
    keeps: &dyn Fn(&Entry) -> bool,
    force: bool,
) -> Result<Written, TreeError> {
    let previous = match read(directory) {
        Ok(previous) => previous,
        Err(TreeError::Index { .. }) if force => None,
        Err(error) => return Err(error),
    };
    if previous.is_none() && !force && !is_empty(directory)? {
        return Err(TreeError::Foreign(directory.to_owned()));
    }
    fs::create_dir_all(directory).map_err(TreeError::io(directory))?;
    let mut tree = Tree {
        directory,
        force,
        folders: BTreeSet::new(),
        recorded: recorded(previous.as_ref()),
        done: Written::default(),
    };
    let mut index = Index::new(desired.world_digest.to_owned(), desired.clusters.to_vec());
    index.objects = tree.put_all(desired.objects)?;
    index.statuses = tree.put_all(desired.statuses)?;
    if let Some(previous) = previous {
        tree.keep(&previous.objects, keeps, &mut index.objects);
        tree.keep(&previous.statuses, keeps, &mut index.statuses);
    }
    index.leftovers = tree.clean()?;
    tree.finish(&index)?;
    Ok(tree.done)
}

/// Every file that earlier runs wrote, with the digest of what they wrote.
fn recorded(previous: Option<&Index>) -> BTreeMap<String, String> {
    let Some(previous) = previous else {
        return BTreeMap::new();
    };
    let entries = previous.objects.iter().chain(&previous.statuses);
    let leftovers = previous.leftovers.iter();
    entries
        .map(|entry| (entry.path.clone(), entry.sha256.clone()))
        .chain(leftovers.map(|left| (left.path.clone(), left.sha256.clone())))
        .collect()
}

fn is_empty(directory: &Path) -> Result<bool, TreeError> {
    match fs::read_dir(directory) {
        Ok(mut entries) => Ok(entries.next().is_none()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(true),
        Err(error) => Err(TreeError::io(directory)(error)),
    }
}

/// A tree while it is being written.
struct Tree<'a> {
    directory: &'a Path,
    force: bool,
    /// Folders that are known to be folders.
    folders: BTreeSet<PathBuf>,
    /// What is left of the previous index.
    recorded: BTreeMap<String, String>,
    done: Written,
}

/// What lies where a file of ours belongs.
enum There {
    Nothing,
    /// A file with this digest.
    File(String),
    /// Something that is replaced only by force.
    Link,
    /// Something that is never replaced.
    Folder,
}

impl Tree<'_> {
    fn put_all(&mut self, objects: &[Rendered]) -> Result<Vec<Entry>, TreeError> {
        let mut entries = Vec::with_capacity(objects.len());
        for object in objects {
            entries.extend(self.put(object)?);
        }
        entries.sort_by(|a, b| sorting(a).cmp(&sorting(b)));
        Ok(entries)
    }

    /// Writes one file; `None` if it is not ours.
    fn put(&mut self, object: &Rendered) -> Result<Option<Entry>, TreeError> {
        let path = self.directory.join(&object.path);
        let text = yaml(&object.value).map_err(|error| TreeError::Io {
            path: path.clone(),
            source: io::Error::other(error.to_string()),
        })?;
        let sha256 = sha256(text.as_bytes());
        let recorded = self.recorded.remove(&object.path);
        let entry = |sha256| Entry { id: object.id.clone(), path: object.path.clone(), sha256 };
        if !self.open_folder(&path)? {
            self.leave(&object.path, "its folder is no folder");
            return Ok(recorded.map(entry));
        }
        let obstacle = match there(&path)? {
            There::File(found) if found == sha256 => {
                self.done.unchanged += 1;
                return Ok(Some(entry(sha256)));
            }
            There::Folder => Some("a folder of this name is in the way"),
            There::Nothing => None,
            _ if self.force => None,
            There::File(found) if recorded.as_ref() == Some(&found) => None,
            There::File(_) if recorded.is_some() => Some("changed since it was written"),
            There::File(_) => Some("not written by this tool"),
            There::Link => Some("a symbolic link"),
        };
        if let Some(reason) = obstacle {
            self.leave(&object.path, reason);
            return Ok(recorded.map(entry));
        }
        files::write(&path, text.as_bytes()).map_err(TreeError::io(&path))?;
        self.done.written += 1;
        Ok(Some(entry(sha256)))
    }

    /// Takes over earlier entries that nobody speaks about.
    fn keep(&mut self, earlier: &[Entry], keeps: &dyn Fn(&Entry) -> bool, entries: &mut Vec<Entry>) {
        let before = entries.len();
        for entry in earlier {
            if self.recorded.contains_key(&entry.path) && keeps(entry) {
                self.recorded.remove(&entry.path);
                entries.push(entry.clone());
            }
        }
        if entries.len() > before {
            entries.sort_by(|a, b| sorting(a).cmp(&sorting(b)));
        }
    }

    /// Removes every recorded file that is left; returns those that must stay.
    fn clean(&mut self) -> Result<Vec<Leftover>, TreeError> {
        let mut leftovers = Vec::new();
        for (relative, sha256) in std::mem::take(&mut self.recorded) {
            let path = self.directory.join(&relative);
            if self.leads_out(&path) {
                self.leave(&relative, "its folder is a symbolic link");
                continue;
            }
            match there(&path)? {
                There::Nothing => {}
                There::File(found) if found == sha256 || self.force => self.remove(&path)?,
                There::Link if self.force => self.remove(&path)?,
                _ => {
                    self.leave(&relative, "no longer wanted, but changed since it was written");
                    leftovers.push(Leftover { path: relative, sha256 });
                }
            }
        }
        Ok(leftovers)
    }

    /// Removes a file and the folders that become empty.
    fn remove(&mut self, path: &Path) -> Result<(), TreeError> {
        fs::remove_file(path).map_err(TreeError::io(path))?;
        self.done.removed += 1;
        for folder in path.ancestors().skip(1).take_while(|folder| *folder != self.directory) {
            if fs::remove_dir(folder).is_err() {
                break;
            }
        }
        Ok(())
    }

    /// Writes the index, if it changed.
    fn finish(&mut self, index: &Index) -> Result<(), TreeError> {
        let path = self.directory.join(INDEX);
        let mut bytes = serde_json::to_vec_pretty(index)
            .map_err(|error| TreeError::Index { path: path.clone(), reason: error.to_string() })?;
        bytes.push(b'\n');
        if fs::read(&path).is_ok_and(|there| there == bytes) {
            return Ok(());
        }
        files::write(&path, &bytes).map_err(TreeError::io(&path))
    }

    /// Creates the folder of `path` below the tree; `false` if something else is in the way.
    fn open_folder(&mut self, path: &Path) -> Result<bool, TreeError> {
        let Some(folder) = path.parent() else {
            return Ok(false);
        };
        if self.folders.contains(folder) {
            return Ok(true);
        }
        if self.leads_out(path) {
            return Ok(false);
        }
        match fs::create_dir_all(folder) {
            Ok(()) => {
                self.folders.insert(folder.to_owned());
                Ok(true)
            }
            Err(error)
                if matches!(error.kind(), io::ErrorKind::NotADirectory | io::ErrorKind::AlreadyExists) =>
            {
                Ok(false)
            }
            Err(error) => Err(TreeError::io(folder)(error)),
        }
    }

    /// Whether a folder between the tree and `path` is a link.
    fn leads_out(&self, path: &Path) -> bool {
        path.ancestors().skip(1).take_while(|folder| *folder != self.directory).any(files::is_link)
    }

    fn leave(&mut self, path: &str, reason: &'static str) {
        self.done.left.push(Left { path: path.to_owned(), reason });
    }
}

/// What lies at `path`.
fn there(path: &Path) -> Result<There, TreeError> {
    match fs::symlink_metadata(path) {
        Ok(metadata) if metadata.is_symlink() => Ok(There::Link),
        Ok(metadata) if metadata.is_dir() => Ok(There::Folder),
        Ok(_) => fs::read(path).map(|bytes| There::File(sha256(&bytes))).map_err(TreeError::io(path)),
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
            Ok(There::Nothing)
        }
        Err(error) => Err(TreeError::io(path)(error)),
    }
}

/// Order of entries: cluster, namespace, kind, name.
fn sorting(entry: &Entry) -> (&str, &str, &str, &str) {
    let id = &entry.id;
    (&id.cluster, &id.namespace, &id.kind, &id.name)
}

fn sha256(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}
