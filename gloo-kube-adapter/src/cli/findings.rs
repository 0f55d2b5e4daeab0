//! What a translation has to say, for people and for programs: every finding once, with its place.

use gloo_core::id::{InputKind, InputRef};
use gloo_core::report::{Finding, Report, Severity};
use serde::Serialize;

use super::console::Console;
use super::style::Look;
use crate::world::{Place, World};

/// One finding, with all destinations or meshes on which it was made.
#[derive(Clone, Debug)]
pub struct Remark<'a> {
    finding: &'a Finding,
    on: Vec<&'a InputRef>,
    place: Option<Place>,
}

/// A finding in documents for programs.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RemarkDocument {
    severity: Severity,
    code: &'static str,
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
    let mut remarks: Vec<Remark<'a>> = Vec::new();
    let findings = report.findings.iter().filter(|finding| all || finding.severity < Severity::Info);
    let mut of_subject = 0;
    for finding in findings {
        if remarks.last().is_some_and(|last| last.finding.subject != finding.subject) {
            of_subject = remarks.len();
        }
        let same = |remark: &&mut Remark<'a>| {
            remark.finding.severity == finding.severity && remark.finding.cause == finding.cause
        };
        match remarks.iter_mut().skip(of_subject).find(same) {
            Some(remark) => remark.on.extend(&finding.on),
            None => remarks.push(Remark { finding, on: finding.on.iter().collect(), place: None }),
        }
    }
    remarks.sort_by_key(|remark| (&remark.finding.subject, remark.finding.severity));
    for remark in &mut remarks {
        remark.place = world.place(remark.finding);
    }
    remarks
}

impl Remark<'_> {
    /// How much it matters.
    pub fn severity(&self) -> Severity {
        self.finding.severity
    }

    /// Prints it.
    pub fn say(&self, console: &mut Console<'_>) {
        let (glyph, look) = match self.finding.severity {
            Severity::Error => (console.glyphs.error, Look::Bad),
            Severity::Warning => (console.glyphs.warning, Look::Doubtful),
            Severity::Info => (console.glyphs.info, Look::Strong),
        };
        let glyph = console.err_paint.apply(look, glyph);
        let place = self.place.as_ref().map(|place| format!("{place}: ")).unwrap_or_default();
        let place = console.err_paint.apply(Look::Strong, &place);
        let Finding { subject, cause, .. } = self.finding;
        let on = match self.on.as_slice() {
            [] => String::new(),
            [only] => format!(" on {only}"),
            many if many.iter().all(|it| it.kind == InputKind::Mesh) => format!(" on {} meshes", many.len()),
            many => format!(" on {} destinations", many.len()),
        };
        let code = self.finding.code();
        console.say(&format!("  {glyph} {place}{subject}{on}: {cause} [{code}]"));
    }

    /// The same for programs.
    pub fn document(&self) -> RemarkDocument {
        let finding = self.finding;
        RemarkDocument {
            severity: finding.severity,
            code: finding.code(),
            subject: finding.subject.to_string(),
            on: self.on.iter().map(ToString::to_string).collect(),
            field: finding.field().map(str::to_owned),
            message: finding.cause.to_string(),
            file: self.place.as_ref().map(|place| place.file.clone()),
            line: self.place.as_ref().and_then(|place| place.line),
        }
    }
}
