//! From the text of files to documents: split, parsed (in parallel where it pays), checked against limits.

use std::ops::Range;
use std::thread;

use serde_json::Value;

use super::limits::{MAX_DEPTH, MAX_EXPANDED, MAX_EXPANDED_TEXT, depth, most_text, nodes, text_bytes};
use super::problem::{Place, Problem};
use super::source::{File, Format};
use super::yaml::MistakeKind;
use super::{json, stream, yaml};

/// Below this many bytes a second thread costs more than it gains.
const WORTH_A_THREAD: usize = 1 << 20;

/// One document and where it came from.
#[derive(Debug)]
pub struct Document {
    /// Position of its file.
    pub file: usize,
    /// Byte range in the text of the file.
    pub range: Range<usize>,
    /// Line of the first byte, counted from 1.
    pub first_line: u64,
    /// Line on which the content begins, counted from 1.
    pub line: u64,
    /// What it says.
    pub value: Value,
}

/// Parses all files. Both results are in the order of the files, then of their documents.
pub fn parse(files: &[File]) -> (Vec<Document>, Vec<Problem>) {
    let mut documents = Vec::new();
    let mut problems = Vec::new();
    let mut jobs = Vec::new();
    for (index, file) in files.iter().enumerate() {
        match file.format {
            Format::Json => take_json(index, file, json::read(&file.text), &mut documents, &mut problems),
            Format::Unknown if looks_like_json(&file.text) => {
                let pieces = json::read(&file.text);
                let is_json = pieces.iter().all(|piece| piece.value.is_ok());
                if is_json || !is_yaml(&file.text) {
                    take_json(index, file, pieces, &mut documents, &mut problems);
                } else {
                    jobs.extend(stream::split(&file.text).into_iter().map(|part| (index, part)));
                }
            }
            Format::Yaml | Format::Unknown => {
                jobs.extend(stream::split(&file.text).into_iter().map(|part| (index, part)));
            }
        }
    }
    let (aliased, plain): (Vec<Job>, Vec<Job>) = jobs.into_iter().partition(|job| has_aliases(files, job));
    let outcomes = run(files, plain).into_iter();
    // One after the other: how much of them is kept at once must not depend on threads.
    let mut expansions = vec![Expansion::default(); files.len()];
    let outcomes = outcomes.chain(aliased.into_iter().map(|job| parse_aliased(files, job, &mut expansions)));
    for (file, part, result) in outcomes {
        match result {
            Ok(Value::Null) => {}
            Ok(value) => documents.push(Document {
                file,
                range: part.range,
                first_line: part.first_line,
                line: part.content_line,
                value,
            }),
            Err(problem) => problems.push(problem),
        }
    }
    documents.sort_by_key(|document| (document.file, document.first_line));
    (documents, problems)
}

fn looks_like_json(text: &str) -> bool {
    text.trim_start_matches('\u{feff}').trim_start().starts_with(['{', '['])
}

/// Whether every document of a text is YAML.
fn is_yaml(text: &str) -> bool {
    stream::split(text)
        .into_iter()
        .all(|part| text.get(part.range).is_some_and(|text| yaml::read(text).is_ok()))
}

type Job = (usize, stream::Part);
type Outcome = (usize, stream::Part, Result<Value, Problem>);

/// What aliases may have multiplied in the documents of one file.
#[derive(Clone, Default)]
struct Expansion {
    nodes: usize,
    text: usize,
}

impl Expansion {
    fn add(&mut self, value: &Value) {
        self.nodes += nodes(value);
        self.text += text_bytes(value);
    }

    /// Whether this is more than any file of so many bytes could hold without aliases, and than aliases may add.
    fn is_too_much(&self, bytes: usize) -> bool {
        // A text has fewer nodes than bytes.
        self.nodes > MAX_EXPANDED + bytes || self.text > MAX_EXPANDED_TEXT + most_text(bytes)
    }
}

/// Name and text of a part.
fn text_of<'f>(files: &'f [File], (index, part): &Job) -> (&'f str, &'f str) {
    files
        .get(*index)
        .map_or(("", ""), |file| (&*file.name, file.text.get(part.range.clone()).unwrap_or_default()))
}

fn has_aliases(files: &[File], job: &Job) -> bool {
    let (_, text) = text_of(files, job);
    text.contains('*') && text.contains('&')
}

/// Parses all parts, on several threads if there is much to do.
fn run(files: &[File], jobs: Vec<Job>) -> Vec<Outcome> {
    let bytes: usize = jobs.iter().map(|(_, part)| part.range.len()).sum();
    let threads = thread::available_parallelism().map_or(1, usize::from);
    let threads = threads.min(1 + bytes / WORTH_A_THREAD);
    if threads <= 1 {
        return jobs.into_iter().map(|job| parse_part(files, job)).collect();
    }
    let share = bytes / threads + 1;
    let mut shares: Vec<Vec<Job>> = vec![Vec::new()];
    let mut filled = 0;
    for job in jobs {
        filled += job.1.range.len();
        if let Some(last) = shares.last_mut() {
            last.push(job);
        }
        if filled >= share {
            filled = 0;
            shares.push(Vec::new());
        }
    }
    thread::scope(|scope| {
        let workers: Vec<_> = shares
            .into_iter()
            .map(|share| {
                scope.spawn(|| -> Vec<Outcome> {
                    share.into_iter().map(|job| parse_part(files, job)).collect()
                })
            })
            .collect();
        workers
            .into_iter()
            .flat_map(|worker| match worker.join() {
                Ok(outcomes) => outcomes,
                Err(panic) => std::panic::resume_unwind(panic),
            })
            .collect()
    })
}

fn parse_part(files: &[File], job: Job) -> Outcome {
    let (name, text) = text_of(files, &job);
    let (index, part) = job;
    let result = yaml::read(text).map_err(|mistake| {
        let place = Place {
            file: name.to_owned(),
            line: Some(mistake.line.map_or(part.content_line, |line| part.first_line + line.max(1) - 1)),
            column: mistake.column.filter(|column| *column > 0),
        };
        match mistake.kind {
            MistakeKind::Syntax(expected) => Problem::Malformed { place, expected },
            MistakeKind::Aliases => Problem::AliasBomb { place, limit: MAX_EXPANDED },
            MistakeKind::Depth => Problem::TooDeep { place, limit: MAX_DEPTH },
        }
    });
    (index, part, result)
}

/// Parses a part that has aliases. Each document is limited while it is parsed; here all documents of a file are
/// limited together, and what comes after too much is not even parsed.
fn parse_aliased(files: &[File], job: Job, expansions: &mut [Expansion]) -> Outcome {
    let Some((file, expansion)) = files.get(job.0).zip(expansions.get_mut(job.0)) else {
        return parse_part(files, job);
    };
    let place = Place::line(&*file.name, job.1.content_line);
    let bomb = |place| Problem::AliasBomb { place, limit: MAX_EXPANDED };
    if expansion.is_too_much(file.text.len()) {
        return (job.0, job.1, Err(bomb(place)));
    }
    let (index, part, result) = parse_part(files, job);
    let result = match result {
        Ok(value) => {
            expansion.add(&value);
            if expansion.is_too_much(file.text.len()) {
                Err(bomb(place))
            } else if depth(&value) > MAX_DEPTH {
                Err(Problem::TooDeep { place, limit: MAX_DEPTH })
            } else {
                Ok(value)
            }
        }
        Err(problem) => Err(problem),
    };
    (index, part, result)
}

fn take_json(
    index: usize,
    file: &File,
    pieces: Vec<json::Piece>,
    documents: &mut Vec<Document>,
    problems: &mut Vec<Problem>,
) {
    for piece in pieces {
        match piece.value {
            Ok(value) if depth(&value) > MAX_DEPTH => problems
                .push(Problem::TooDeep { place: Place::line(&*file.name, piece.line), limit: MAX_DEPTH }),
            Ok(Value::Null) => {}
            Ok(value) => documents.push(Document {
                file: index,
                range: piece.range,
                first_line: piece.line,
                line: piece.line,
                value,
            }),
            Err(error) => problems.push(malformed_json(file, &error)),
        }
    }
}

fn malformed_json(file: &File, error: &serde_json::Error) -> Problem {
    let place = Place {
        file: file.name.clone(),
        line: Some(error.line() as u64),
        column: Some(error.column().max(1) as u64),
    };
    let text = error.to_string();
    if text.starts_with("recursion limit exceeded") {
        return Problem::TooDeep { place, limit: MAX_DEPTH };
    }
    let expected = text.split(" at line ").next().unwrap_or_default().to_owned();
    Problem::Malformed { place, expected }
}
