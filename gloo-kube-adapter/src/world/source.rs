//! Finds the files of a world and says to which cluster each belongs.
//!
//! A directory with a folder `mgmt` or `clusters` has the layout of a world: what lies below `mgmt` belongs
//! to the management cluster, what lies below `clusters/<cluster>` to that cluster. Files directly in it are
//! read too, and other folders are not. Of any other directory only the files directly in it are read. In
//! files outside of `mgmt` and `clusters` an annotation names the cluster of an object. Archives follow
//! the same rules; directories of changes (`-f`) are read to any depth.

use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use super::archive;
use super::limits::{MAX_FILE, MAX_FILE_MIB};
use super::problem::{Place, Problem};

/// Folders within folders are followed so far.
const MAX_FOLDERS: usize = 32;

/// How the content of a file is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// A stream of YAML documents.
    Yaml,
    /// JSON values.
    Json,
    /// Whatever its beginning looks like.
    Unknown,
}

/// The content of one file.
#[derive(Clone, Debug)]
pub struct File {
    /// How to call it.
    pub name: String,
    /// Cluster of its objects, empty for the management cluster; `None` if the objects say so themselves.
    pub cluster: Option<String>,
    /// How it is written.
    pub format: Format,
    /// Whether its objects replace those that are there.
    pub replaces: bool,
    /// Its text.
    pub text: String,
}

/// Everything that was found.
#[derive(Debug, Default)]
pub struct Found {
    /// Files, in the order of the arguments, then of their paths.
    pub files: Vec<File>,
    /// Files that cannot be read.
    pub problems: Vec<Problem>,
    /// What was left out.
    pub notes: Vec<String>,
}

impl Found {
    /// Reads what `path` names: a directory, an archive, a file, or the standard input (`-`).
    pub fn read(&mut self, path: &Path, replaces: bool, stdin: &mut dyn Read) {
        let from = self.files.len();
        if path.as_os_str() == "-" {
            let blank = file("<stdin>", None, Format::Unknown);
            self.take(blank, stdin);
        } else if path.is_dir() && replaces {
            self.walk(path, None, MAX_FOLDERS);
        } else if path.is_dir() {
            self.directory(path);
        } else if archive::is_archive(path) {
            archive::read(path, self);
        } else {
            let format = match format_of(path) {
                Some(format) => format,
                None => Format::Unknown,
            };
            self.open(path, None, format);
        }
        for file in self.files.iter_mut().skip(from) {
            file.replaces = replaces;
        }
    }

    fn directory(&mut self, path: &Path) {
        let is_layout = ["mgmt", "clusters"].iter().any(|name| path.join(name).is_dir());
        let mut skipped = Vec::new();
        for entry in self.entries(path) {
            let name = name_of(&entry);
            match (entry.is_dir(), name.as_str()) {
                (true, "mgmt") => self.walk(&entry, Some(""), MAX_FOLDERS),
                (true, "clusters") => self.clusters(&entry),
                (true, _) => skipped.push(name),
                (false, _) => self.open_known(&entry, None),
            }
        }
        self.note_skipped(&path.display().to_string(), is_layout, &skipped);
    }

    /// Says which folders were not read.
    pub(super) fn note_skipped(&mut self, place: &str, is_layout: bool, skipped: &[String]) {
        if skipped.is_empty() {
            return;
        }
        let folders = skipped.join(", ");
        self.notes.push(if is_layout {
            format!("{place}: only mgmt and clusters are read; not read: {folders}")
        } else {
            format!("{place}: no folder mgmt or clusters, so only files directly in it are read; not read: {folders}")
        });
    }

    fn clusters(&mut self, path: &Path) {
        for entry in self.entries(path) {
            if entry.is_dir() {
                self.walk(&entry, Some(&name_of(&entry)), MAX_FOLDERS);
            } else if format_of(&entry).is_some() {
                let place = Place::file(entry.display().to_string());
                self.problems.push(Problem::Misplaced { place });
            }
        }
    }

    fn walk(&mut self, path: &Path, cluster: Option<&str>, folders: usize) {
        for entry in self.entries(path) {
            if !entry.is_dir() {
                self.open_known(&entry, cluster);
            } else if folders == 0 || entry.is_symlink() {
                let note = format!("{}: a link, or too many folders deep; not read", entry.display());
                self.notes.push(note);
            } else {
                self.walk(&entry, cluster, folders - 1);
            }
        }
    }

    /// The entries of a directory that are not hidden, by name.
    fn entries(&mut self, path: &Path) -> Vec<PathBuf> {
        let listed = fs::read_dir(path).and_then(Iterator::collect::<io::Result<Vec<_>>>);
        match listed {
            Ok(entries) => {
                let mut paths: Vec<PathBuf> = entries.into_iter().map(|entry| entry.path()).collect();
                paths.retain(|path| !name_of(path).starts_with('.'));
                paths.sort();
                paths
            }
            Err(source) => {
                self.unreadable(path, source);
                Vec::new()
            }
        }
    }

    fn open_known(&mut self, path: &Path, cluster: Option<&str>) {
        let Some(format) = format_of(path) else { return };
        // Opening a pipe would wait for somebody who writes into it.
        if fs::metadata(path).is_ok_and(|metadata| !metadata.is_file()) {
            self.notes.push(format!("{}: no ordinary file; not read", path.display()));
        } else {
            self.open(path, cluster, format);
        }
    }

    fn open(&mut self, path: &Path, cluster: Option<&str>, format: Format) {
        let name = path.display().to_string();
        let opened = fs::File::open(path).and_then(|file| Ok((file.metadata()?, file)));
        match opened {
            Ok((metadata, _)) if metadata.is_file() && metadata.len() > MAX_FILE => self.too_large(name),
            Ok((_, mut content)) => self.take(file(&name, cluster, format), &mut content),
            Err(source) => self.unreadable(path, source),
        }
    }

    /// Reads the text of `file` from `content`.
    pub(super) fn take(&mut self, mut file: File, content: &mut dyn Read) {
        let mut bytes = Vec::new();
        if let Err(source) = content.take(MAX_FILE + 1).read_to_end(&mut bytes) {
            let place = Place::file(file.name);
            self.problems.push(Problem::Unreadable { place, source });
            return;
        }
        if bytes.len() as u64 > MAX_FILE {
            self.too_large(file.name);
            return;
        }
        match String::from_utf8(bytes) {
            Ok(text) => {
                file.text = text;
                self.files.push(file);
            }
            Err(error) => {
                let valid = error.utf8_error().valid_up_to();
                let line = 1 + error.as_bytes().iter().take(valid).filter(|byte| **byte == b'\n').count();
                let place = Place::line(file.name, line as u64);
                self.problems.push(Problem::NotUtf8 { place });
            }
        }
    }

    pub(super) fn too_large(&mut self, name: String) {
        self.problems.push(Problem::TooLarge { place: Place::file(name), limit: MAX_FILE_MIB });
    }

    pub(super) fn unreadable(&mut self, path: &Path, source: io::Error) {
        self.problems.push(Problem::Unreadable { place: Place::file(path.display().to_string()), source });
    }
}

/// A file whose text is not read yet.
pub(super) fn file(name: &str, cluster: Option<&str>, format: Format) -> File {
    File {
        name: name.to_owned(),
        cluster: cluster.map(str::to_owned),
        format,
        replaces: false,
        text: String::new(),
    }
}

/// How a file is written, by its name; `None` for files that are no part of a world.
pub(super) fn format_of(path: &Path) -> Option<Format> {
    let extension = path.extension()?.to_str()?;
    if extension.eq_ignore_ascii_case("yaml") || extension.eq_ignore_ascii_case("yml") {
        Some(Format::Yaml)
    } else if extension.eq_ignore_ascii_case("json") {
        Some(Format::Json)
    } else {
        None
    }
}

fn name_of(path: &Path) -> String {
    path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}
