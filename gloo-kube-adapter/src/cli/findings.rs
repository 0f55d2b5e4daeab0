//! What a translation has to say, for people and for programs: every finding once, with its place.

use std::borrow::Cow;
use std::collections::BTreeMap;

use gloo_core::id::{InputKind, InputRef};
use gloo_core::report::{Finding, Report, Severity};
use serde::Serialize;

use super::console::Console;
use super::style::Look;
use crate::world::discovery::{Notice, some_of};
use crate::world::{Place, World};

/// A reason that is told in more ways than this names objects, which differ; there are never so many sorts of it.
const SORTS: usize = 8;

/// Something to say once.
#[derive(Clone, Debug)]
pub struct Remark<'a> {
    about: About<'a>,
    place: Option<Place>,
}

#[derive(Clone, Debug)]
enum About<'a> {
    /// One finding, with all destinations or meshes on which it was made.
    Finding(&'a Finding, Vec<&'a InputRef>),
    /// Objects of a cluster of which the same is to be said.
    Objects(Alike<'a>),
}

/// A finding in documents for programs.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RemarkDocument {
    severity: Severity,
    code: String,
    subject: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    on: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    field: Option<String>,
    message: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<u64>,
}

/// The findings of a report: by subject, errors first, equal ones joined. Remarks of least importance are
/// left out unless `all` are wanted.
pub fn remarks<'a>(world: &World, report: &'a Report, all: bool) -> Vec<Remark<'a>> {
    let mut joined: Vec<(&'a Finding, Vec<&'a InputRef>)> = Vec::new();
    let findings = report.findings.iter().filter(|finding| all || finding.severity < Severity::Info);
    let mut of_subject = 0;
    for finding in findings {
        if joined.last().is_some_and(|(last, _)| last.subject != finding.subject) {
            of_subject = joined.len();
        }
        let same = |(other, _): &&mut (&'a Finding, Vec<&'a InputRef>)| {
            other.severity == finding.severity && other.cause == finding.cause
        };
        match joined.iter_mut().skip(of_subject).find(same) {
            Some((_, on)) => on.extend(&finding.on),
            None => joined.push((finding, finding.on.iter().collect())),
        }
    }
    joined.sort_by_key(|(finding, _)| (&finding.subject, finding.severity));
    let remark = |(finding, on)| Remark { about: About::Finding(finding, on), place: world.place(finding) };
    joined.into_iter().map(remark).collect()
}

/// What there is to say about objects of clusters: errors first, by cluster; what is said of several objects of a
/// kind is said once, unless each is to be told `apart`.
pub fn notices<'a>(
    world: &World,
    notices: impl IntoIterator<Item = &'a Notice>,
    apart: bool,
) -> Vec<Remark<'a>> {
    let remark = |alike: Alike<'a>| {
        let place = alike.first.and_then(|notice| world.place_of_notice(notice));
        Remark { about: About::Objects(alike), place }
    };
    alike(notices, apart).into_iter().map(remark).collect()
}

/// Objects of one kind and cluster of which the same is to be said.
#[derive(Clone, Debug)]
pub struct Alike<'a> {
    /// How much it matters.
    pub severity: Severity,
    /// The cluster.
    pub cluster: &'a str,
    /// The reason.
    pub code: &'a str,
    /// What there is to know.
    pub message: Cow<'a, str>,
    kind: &'a str,
    names: Vec<&'a str>,
    first: Option<&'a Notice>,
}

impl Alike<'_> {
    /// The objects: the kind once, the first few names, and how many there are besides. Empty for a cluster as a
    /// whole.
    pub fn objects(&self) -> String {
        format!("{} {}", self.kind, some_of(&self.names)).trim().to_owned()
    }

    fn subject(&self) -> String {
        let objects = self.objects();
        match (self.cluster, objects.as_str()) {
            (cluster, "") => cluster.to_owned(),
            // It is of the management cluster.
            ("", _) => objects,
            (cluster, _) => format!("{cluster}: {objects}"),
        }
    }
}

/// Notices by severity, cluster, reason and kind of object; those that say the same together, and those that say much
/// the same of many, unless each is to be told `apart`.
pub fn alike<'a>(notices: impl IntoIterator<Item = &'a Notice>, apart: bool) -> Vec<Alike<'a>> {
    let mut reasons: BTreeMap<_, BTreeMap<&str, Vec<Alike<'a>>>> = BTreeMap::new();
    for notice in notices {
        let Notice { cluster, object: _, severity, code, message } = notice;
        let (kind, name) = notice.kind_and_name();
        let reason = reasons.entry((*severity, cluster, code, kind)).or_default();
        let group = reason.entry(message).or_default();
        match group.last_mut() {
            Some(last) if !apart => last.names.push(name),
            _ => group.push(Alike {
                severity: *severity,
                cluster,
                code,
                message: Cow::Borrowed(message),
                kind,
                names: vec![name],
                first: Some(notice),
            }),
        }
    }
    let told = |reason: BTreeMap<&str, Vec<Alike<'a>>>| {
        let groups: Vec<Alike<'a>> = reason.into_values().flatten().collect();
        if apart || groups.len() <= SORTS { groups } else { merged(groups).into_iter().collect() }
    };
    reasons.into_values().flat_map(told).collect()
}

/// One group of those that differ in names only.
fn merged(groups: Vec<Alike<'_>>) -> Option<Alike<'_>> {
    let mut groups = groups.into_iter();
    let mut all = groups.next()?;
    all.message = Cow::Owned(format!("{}, and so on", all.message));
    all.names.extend(groups.flat_map(|group| group.names));
    Some(all)
}

impl Remark<'_> {
    /// How much it matters.
    pub fn severity(&self) -> Severity {
        match &self.about {
            About::Finding(finding, _) => finding.severity,
            About::Objects(alike) => alike.severity,
        }
    }

    /// Prints it.
    pub fn say(&self, console: &mut Console<'_>) {
        let (glyph, look) = match self.severity() {
            Severity::Error => (console.glyphs.error, Look::Bad),
            Severity::Warning => (console.glyphs.warning, Look::Doubtful),
            Severity::Info => (console.glyphs.info, Look::Strong),
        };
        let glyph = console.err_paint.apply(look, glyph);
        let place = self.place.as_ref().map(|place| format!("{place}: ")).unwrap_or_default();
        let place = console.err_paint.apply(Look::Strong, &place);
        let text = match &self.about {
            About::Finding(finding, on) => {
                let Finding { subject, cause, .. } = finding;
                let on = match on.as_slice() {
                    [] => String::new(),
                    [only] => format!(" on {only}"),
                    many if many.iter().all(|it| it.kind == InputKind::Mesh) => {
                        format!(" on {} meshes", many.len())
                    }
                    many => format!(" on {} destinations", many.len()),
                };
                format!("{subject}{on}: {cause} [{}]", finding.code())
            }
            About::Objects(alike) => format!("{}: {} [{}]", alike.subject(), alike.message, alike.code),
        };
        console.say(&format!("  {glyph} {place}{text}"));
    }

    /// The same for programs.
    pub fn document(&self) -> RemarkDocument {
        let file = self.place.as_ref().map(|place| place.file.clone());
        let line = self.place.as_ref().and_then(|place| place.line);
        match &self.about {
            About::Finding(finding, on) => RemarkDocument {
                severity: finding.severity,
                code: finding.code().to_owned(),
                subject: finding.subject.to_string(),
                on: on.iter().map(ToString::to_string).collect(),
                field: finding.field().map(str::to_owned),
                message: finding.cause.to_string(),
                file,
                line,
            },
            About::Objects(alike) => RemarkDocument {
                severity: alike.severity,
                code: alike.code.to_owned(),
                subject: alike.subject(),
                on: Vec::new(),
                field: None,
                message: alike.message.to_string(),
                file,
                line,
            },
        }
    }
}
