//! Worlds in files: everything that a translation reads, from a directory, an archive, a file or a pipe.
//!
//! A world is read completely before anything is done with it. What cannot be read is a [`Problem`] with its
//! file, line and column, and leaves the rest alone: the caller decides whether to go on without it. Objects
//! that can be read but not understood are no problem here; the core reports them.
//!
//! Objects of clusters are looked at while a world is read, and what they amount to takes their place: see
//! [`discovery`].
//!
//! Which files of a directory belong to a world is described in [`source`].

mod archive;
mod description;
pub mod discovery;
mod json;
mod limits;
mod locate;
mod lost;
mod parse;
mod problem;
pub mod source;
mod stream;
mod yaml;

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;
use std::ops::Range;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};

use gloo_core::Istr;
use gloo_core::discover;
use gloo_core::id::{InputKind, InputRef};
use gloo_core::report::{Finding, Subject};
use gloo_core::snapshot::{AddError, OnDuplicate, Options, Snapshot, SnapshotBuilder, flatten};
use serde_json::Value;
use sha2::{Digest, Sha256};

pub use description::{Description, WorldOptions, parse_strictness, parse_user_config};
pub use problem::{Place, Problem};

use crate::render::CLUSTER_ANNOTATION;
use discovery::{DETECTORS, Discovered, Notice};
use parse::Document;
use source::{File, Found};

/// Namespace of the management plane where nothing else is said.
pub const DEFAULT_NAMESPACE: &str = "gloo-mesh";
/// So many bytes are searched for lines of fields; after that, places are those of documents.
const MAX_SEARCHED: usize = 32 << 20;

/// What to read, and how.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// Directories, archives and files that make up the world; `-` is the standard input.
    pub world: Vec<PathBuf>,
    /// Directories and files whose objects are added to the world or replace objects of it.
    pub changes: Vec<PathBuf>,
    /// Namespace of the management plane; it counts more than what the world says.
    pub namespace: Option<String>,
    /// Namespace of the management plane where the world says nothing.
    pub fallback_namespace: Option<String>,
    /// Choices that count more than those of the world.
    pub options: WorldOptions,
}

/// A world and what was left out of it.
#[derive(Debug)]
pub struct Loaded {
    /// The world.
    pub world: World,
    /// What could not be read; nothing of it is in the world.
    pub problems: Vec<Problem>,
}

/// A world, with the places where its objects are written.
#[derive(Debug, Default)]
pub struct World {
    /// What the core reads.
    pub snapshot: Snapshot,
    /// What was found in the objects of clusters.
    pub discovered: Discovered,
    /// What the world says about itself.
    pub description: Description,
    /// SHA-256 of everything that the result depends on; files and their order play no part.
    pub digest: String,
    /// What a reader of the world should know, such as folders that were skipped.
    pub notes: Vec<String>,
    /// How many files were read.
    pub file_count: usize,
    /// Bytes that were searched for lines of fields.
    searched: AtomicUsize,
    files: Vec<File>,
    places: BTreeMap<Subject, Origin>,
    /// Where objects that are no inputs stand, whatever the version of their kind.
    versionless: BTreeMap<Versionless, Origin>,
}

/// Cluster, group, kind, namespace and name.
type Versionless = (Istr, Istr, Istr, Istr, Istr);

/// Where an object is written.
#[derive(Clone, Debug)]
struct Origin {
    file: usize,
    range: Range<usize>,
    first_line: u64,
    line: u64,
    /// Position in the list that the document is.
    item: Option<usize>,
}

impl World {
    /// The place that a finding is about: its field if that is written anywhere, else its object.
    pub fn place(&self, finding: &Finding) -> Option<Place> {
        let origin = self.places.get(&finding.subject)?;
        self.place_of(origin, finding.field())
    }

    /// The place of the object that a notice is about.
    pub fn place_of_notice(&self, notice: &Notice) -> Option<Place> {
        let (group, kind, namespace, name) = notice.names()?;
        let key: Versionless =
            (notice.cluster.clone(), group.into(), kind.into(), namespace.into(), name.into());
        self.place_of(self.versionless.get(&key)?, None)
    }

    /// Whether the world contains a mesh, a workload or a destination, readable or not, given or found.
    pub fn has_discovered(&self) -> bool {
        let is_given = |subject: &Subject| match subject {
            Subject::Input(input) => {
                matches!(input.kind, InputKind::Mesh | InputKind::Workload | InputKind::Destination)
            }
            Subject::Other { .. } => false,
        };
        self.discovered.is_used() || self.places.keys().any(is_given)
    }

    fn place_of(&self, origin: &Origin, field: Option<&str>) -> Option<Place> {
        let file = self.files.get(origin.file)?;
        let item = origin.item.map(|item| format!("items[{item}]"));
        let path = match (item, field) {
            (Some(item), Some(field)) => Some(format!("{item}.{field}")),
            (Some(path), None) => Some(path),
            (None, field) => field.map(str::to_owned),
        };
        let text = file.text.get(origin.range.clone())?;
        // Each search reads the document again, which must not take forever where much is wrong.
        let path = path.filter(|_| self.searched.fetch_add(text.len(), Ordering::Relaxed) < MAX_SEARCHED);
        let within = path.and_then(|path| locate::line_of(text, &path));
        let line = within.map_or(origin.line, |line| origin.first_line + line - 1);
        Some(Place::line(&*file.name, line))
    }
}

/// Reads a world.
pub fn load(request: &Request, stdin: &mut dyn Read) -> Loaded {
    let mut found = Found::default();
    for path in &request.world {
        found.read(path, false, stdin);
    }
    for path in &request.changes {
        found.read(path, true, stdin);
    }
    let Found { files, mut problems, notes } = found;
    let (documents, malformed) = parse::parse(&files);
    problems.extend(malformed);
    let mut world = World { notes, file_count: files.len(), files, ..World::default() };
    let objects = world.describe(documents, &mut problems);
    let namespace = request.namespace.as_deref();
    let namespace = namespace
        .or(world.description.mgmt_namespace.as_deref())
        .or(request.fallback_namespace.as_deref())
        .unwrap_or(DEFAULT_NAMESPACE);
    let scope = scope(namespace, &request.options, &world.description.options);
    let options = options(&request.options, &world.description.options);
    let mut builder = SnapshotBuilder::new(namespace, options);
    let mut notices = Vec::new();
    let digests = world.fill(&mut builder, objects, &mut notices, &mut problems);
    world.snapshot = builder.build();
    world.digest = digest(&world.snapshot, &scope, digests);
    world.discover(scope, notices);
    problems.sort_by(|a, b| a.place().cmp(b.place()));
    Loaded { world, problems }
}

/// Reads a file that holds exactly one YAML document.
///
/// # Errors
///
/// If it does not, with the place of the mistake.
pub(crate) fn read_document(name: &str, mut bytes: &[u8]) -> Result<Value, Box<Problem>> {
    let mut found = Found::default();
    found.take(source::file(name, None, source::Format::Yaml), &mut bytes);
    let (documents, malformed) = parse::parse(&found.files);
    found.problems.extend(malformed);
    let mut documents = documents.into_iter();
    match (found.problems.into_iter().next(), documents.next(), documents.next()) {
        (Some(problem), _, _) => Err(Box::new(problem)),
        (None, Some(document), None) => Ok(document.value),
        (None, _, _) => {
            let expected = "expected exactly one document".to_owned();
            Err(Box::new(Problem::Malformed { place: Place::file(name), expected }))
        }
    }
}

/// What was chosen on the command line counts more than what the world says.
fn options(asked: &WorldOptions, said: &WorldOptions) -> Options {
    Options {
        unsupported_fields: asked.unsupported_fields.or(said.unsupported_fields).unwrap_or_default(),
        user_config: asked.user_config.or(said.user_config).unwrap_or_default(),
        default_route: asked.default_route.or(said.default_route).unwrap_or_default(),
    }
}

/// Where meshes are looked for, and where what is found is written down.
fn scope(namespace: &str, asked: &WorldOptions, said: &WorldOptions) -> discover::Options {
    let ignored = asked.ignored_namespaces.as_ref().or(said.ignored_namespaces.as_ref());
    let ignored = ignored.into_iter().flatten().filter(|namespace| !namespace.is_empty());
    let ignored_namespaces: BTreeSet<Istr> = ignored.map(|namespace| namespace.as_str().into()).collect();
    discover::Options { ignored_namespaces, ..discover::Options::new(namespace) }
}

impl World {
    /// Looks at the objects of clusters.
    fn discover(&mut self, scope: discover::Options, notices: Vec<Notice>) {
        let places = &self.places;
        let is_written = |input: &_| places.contains_key(&Subject::Input(InputRef::clone(input)));
        self.discovered = discovery::discover(&mut self.snapshot, scope, DETECTORS, &is_written, notices);
    }

    /// Takes the description of the world out of the documents.
    fn describe(&mut self, documents: Vec<Document>, problems: &mut Vec<Problem>) -> Vec<Document> {
        // A tree of this tool may lie in a world.
        let documents = documents.into_iter().filter(|document| !description::is_index(&document.value));
        let (descriptions, objects): (Vec<_>, Vec<_>) =
            documents.partition(|document| description::is_description(&document.value));
        let mut seen = false;
        for document in descriptions {
            let place = Place::line(self.file_name(document.file), document.line);
            let read = if seen {
                Err("a world is described once".to_owned())
            } else {
                description::read(document.value)
            };
            seen = true;
            match read {
                Ok(read) => self.description = read,
                Err(reason) => problems.push(Problem::Description { place, reason }),
            }
        }
        objects
    }

    /// Hands all objects to the builder; returns the digest of each.
    fn fill(
        &mut self,
        builder: &mut SnapshotBuilder,
        documents: Vec<Document>,
        notices: &mut Vec<Notice>,
        problems: &mut Vec<Problem>,
    ) -> BTreeMap<Subject, [u8; 32]> {
        let mut digests = BTreeMap::new();
        for document in documents {
            if self.skip(&document) {
                continue;
            }
            let origin = Origin {
                file: document.file,
                range: document.range,
                first_line: document.first_line,
                line: document.line,
                item: None,
            };
            let direct = document.value.get("items").and_then(Value::as_array).map(Vec::len);
            let objects = match flatten(document.value) {
                Ok(objects) => objects,
                Err(source) => {
                    let place = Place::line(self.file_name(origin.file), origin.line);
                    problems.push(Problem::NotAnObject { place, source });
                    continue;
                }
            };
            // Where lists are nested, their members cannot be told apart by one position.
            let is_list =
                direct == Some(objects.len()) && objects.iter().all(|one| one.get("items").is_none());
            for (position, object) in objects.into_iter().enumerate() {
                let item = is_list.then_some(position);
                let origin = Origin { item, ..origin.clone() };
                if self.note(&object, &origin, notices) {
                    continue;
                }
                self.add(builder, object, &origin, &mut digests, problems);
            }
        }
        digests
    }

    /// Leaves out a document that is nothing of Kubernetes, such as what `kubectl version` prints.
    fn skip(&mut self, document: &Document) -> bool {
        let fields = ["apiVersion", "kind", "metadata", "items"];
        let Value::Object(object) = &document.value else { return false };
        if fields.iter().any(|field| object.contains_key(*field)) {
            return false;
        }
        let file = self.files.get(document.file);
        if let Some(file) = file.filter(|file| file.cluster.as_deref().unwrap_or_default().is_empty()) {
            self.notes.push(format!("{}:{}: no Kubernetes object; not read", file.name, document.line));
        }
        true
    }

    /// Notes an object that nothing reads; whether it is a Secret of a cluster, of which nothing is to be kept.
    fn note(&mut self, object: &Value, origin: &Origin, notices: &mut Vec<Notice>) -> bool {
        let text = |pointer: &str| object.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
        let annotations = object.pointer("/metadata/annotations");
        let annotated = annotations.and_then(|all| all.get(CLUSTER_ANNOTATION)).and_then(Value::as_str);
        let file = self.files.get(origin.file);
        let cluster = file.and_then(|file| file.cluster.as_deref()).or(annotated).unwrap_or_default();
        let (api_version, kind) = (text("/apiVersion"), text("/kind"));
        let (namespace, name) = (text("/metadata/namespace"), text("/metadata/name"));
        let is_secret = !cluster.is_empty() && (api_version, kind) == ("v1", "Secret");
        let notice = match lost::reason(cluster, api_version, kind) {
            _ if name.is_empty() => return false,
            _ if is_secret => Notice::secret(cluster, namespace, name),
            Some(reason) => Notice::lost(cluster, (kind, namespace, name), reason),
            None => return false,
        };
        // A notice names the kind only; the group of kinds that it does not know is none.
        if let Some((group, ..)) = notice.names() {
            let key = (cluster.into(), group.into(), kind.into(), namespace.into(), name.into());
            self.versionless.insert(key, origin.clone());
        }
        notices.push(notice);
        is_secret
    }

    fn add(
        &mut self,
        builder: &mut SnapshotBuilder,
        object: Value,
        origin: &Origin,
        digests: &mut BTreeMap<Subject, [u8; 32]>,
        problems: &mut Vec<Problem>,
    ) {
        let Some(file) = self.files.get(origin.file) else {
            return;
        };
        let duplicates = if file.replaces { OnDuplicate::Replace } else { OnDuplicate::Refuse };
        let digest = Sha256::digest(serde_json::to_vec(&object).unwrap_or_default());
        match builder.add(file.cluster.as_deref(), object, duplicates) {
            Ok(added) => {
                for subject in added.objects {
                    digests.insert(subject.clone(), digest.into());
                    self.versionless.extend(versionless(&subject).map(|key| (key, origin.clone())));
                    self.places.insert(subject, origin.clone());
                }
            }
            Err(error) => {
                let place = self.place_of(origin, None).unwrap_or_default();
                problems.push(self.refused(place, error));
            }
        }
    }

    fn refused(&self, place: Place, error: AddError) -> Problem {
        let AddError::Duplicate { subject } = error else {
            return Problem::NotAnObject { place, source: error };
        };
        let first = self
            .places
            .get(&subject)
            .or_else(|| versionless(&subject).and_then(|key| self.versionless.get(&key)));
        Problem::Duplicate {
            place,
            first: first.and_then(|origin| self.place_of(origin, None)).unwrap_or_default(),
            subject: Box::new(subject),
        }
    }

    fn file_name(&self, file: usize) -> &str {
        self.files.get(file).map_or("", |file| &file.name)
    }
}

/// How an object is called in every version of its kind; `None` for inputs, which have one version.
fn versionless(subject: &Subject) -> Option<Versionless> {
    match subject {
        Subject::Input(_) => None,
        Subject::Other { cluster, api_version, kind, namespace, name } => {
            let group = api_version.rsplit_once('/').map_or("", |(group, _)| group).into();
            Some((cluster.clone(), group, kind.clone(), namespace.clone(), name.clone()))
        }
    }
}

/// The digest of a world: its objects by name, its namespace and its options.
fn digest(snapshot: &Snapshot, scope: &discover::Options, objects: BTreeMap<Subject, [u8; 32]>) -> String {
    let mut whole = Sha256::new();
    whole.update(format!("{} {:?}\n", snapshot.management_namespace, snapshot.options));
    if !scope.ignored_namespaces.is_empty() {
        whole.update(format!("{:?}\n", scope.ignored_namespaces));
    }
    for (subject, digest) in objects {
        whole.update(format!("{subject}\n"));
        whole.update(digest);
    }
    format!("sha256:{}", hex(&whole.finalize()))
}

/// Bytes as lower-case hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;

    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
