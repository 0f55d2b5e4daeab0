//! Reads a world from a tar archive, compressed or not.

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::{Component, Path};

use flate2::read::MultiGzDecoder;

use super::limits::{MAX_ARCHIVE, MAX_FILE};
use super::problem::{Place, Problem};
use super::source::{Format, Found, file, format_of};

/// Whether the name of a file says that it is an archive.
pub fn is_archive(path: &Path) -> bool {
    let name = path.to_string_lossy().to_ascii_lowercase();
    [".tar", ".tar.gz", ".tgz"].iter().any(|end| name.ends_with(end))
}

/// Reads the files of the archive at `path` by the rules of a directory.
///
/// A folder that holds everything else, as archives of a directory have it, is not counted. Links are not
/// followed, and nothing is written anywhere.
pub fn read(path: &Path, found: &mut Found) {
    let mut members = match unpack(path) {
        Ok(members) => members,
        Err(error) => return found.unreadable(path, error),
    };
    strip_root(&mut members);
    members.sort_by(|a, b| a.steps.cmp(&b.steps));
    let mut skipped = Vec::new();
    let mut is_layout = false;
    for member in members {
        let name = format!("{}:{}", path.display(), member.steps.join("/"));
        let steps: Vec<&str> = member.steps.iter().map(String::as_str).collect();
        let cluster = match steps.as_slice() {
            ["mgmt", _, ..] => Some(""),
            ["clusters", cluster, _, ..] => Some(*cluster),
            ["clusters", _] => {
                let place = Place::file(name);
                found.problems.push(Problem::Misplaced { place });
                continue;
            }
            [_] => None,
            [folder, ..] => {
                if skipped.last().map(String::as_str) != Some(*folder) {
                    skipped.push((*folder).to_owned());
                }
                continue;
            }
            [] => continue,
        };
        is_layout |= cluster.is_some();
        found.take(file(&name, cluster, member.format), &mut member.bytes.as_slice());
    }
    found.note_skipped(&path.display().to_string(), is_layout, &skipped);
}

struct Member {
    /// Folders and file name.
    steps: Vec<String>,
    format: Format,
    bytes: Vec<u8>,
}

fn unpack(path: &Path) -> io::Result<Vec<Member>> {
    let file = BufReader::new(File::open(path)?);
    let plain = path.extension().is_some_and(|end| end.eq_ignore_ascii_case("tar"));
    let content: Box<dyn Read> = if plain { Box::new(file) } else { Box::new(MultiGzDecoder::new(file)) };
    let mut archive = tar::Archive::new(content.take(MAX_ARCHIVE));
    let mut members = Vec::new();
    for entry in archive.entries()? {
        let mut entry = entry?;
        if !entry.header().entry_type().is_file() {
            continue;
        }
        let path = entry.path()?.into_owned();
        let Some((steps, format)) = steps(&path).zip(format_of(&path)) else {
            continue;
        };
        let mut bytes = Vec::new();
        // One byte more than allowed, so that whoever reads it sees that it is too large.
        (&mut entry).take(MAX_FILE + 1).read_to_end(&mut bytes)?;
        members.push(Member { steps, format, bytes });
    }
    Ok(members)
}

/// The folders and the name; `None` if one of them is hidden or leads out of the archive.
fn steps(path: &Path) -> Option<Vec<String>> {
    let mut steps = Vec::new();
    for component in path.components() {
        match component {
            Component::CurDir | Component::RootDir => {}
            Component::Normal(step) => {
                let step = step.to_string_lossy().into_owned();
                if step.starts_with('.') {
                    return None;
                }
                steps.push(step);
            }
            Component::ParentDir | Component::Prefix(_) => return None,
        }
    }
    Some(steps)
}

fn strip_root(members: &mut [Member]) {
    let root = |member: &Member| match member.steps.as_slice() {
        [root, _, ..] if root != "mgmt" && root != "clusters" => Some(root.clone()),
        _ => None,
    };
    let Some(first) = members.first().and_then(root) else {
        return;
    };
    if members.iter().all(|member| root(member).as_ref() == Some(&first)) {
        for member in members {
            member.steps.remove(0);
        }
    }
}
