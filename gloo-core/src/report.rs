//! What a translation says: findings about inputs, and the status that each input would get.

use std::collections::BTreeMap;
use std::fmt;
use std::fmt::Write as _;
use std::sync::Arc;

use serde::Serialize;

use crate::Istr;
use crate::api::{
    AccessPolicyStatus, DestinationStatus, MeshStatus, SettingsStatus, TrafficPolicyStatus,
    VirtualDestinationStatus, VirtualMeshStatus, WorkloadStatus,
};
use crate::id::{InputKind, InputRef};
use crate::rejection::{Rejection, Warning};

/// How much a finding matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Something the user asked for is not in force.
    Error,
    /// It is in force, but perhaps not as the user thinks.
    Warning,
    /// Worth knowing.
    Info,
}

/// What a finding is about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Subject {
    /// An object of the management cluster.
    Input(InputRef),
    /// Any other object or group of objects.
    Other {
        /// Registered cluster, empty for the management cluster.
        cluster: Istr,
        /// Group and version.
        api_version: Istr,
        /// Kind.
        kind: Istr,
        /// Namespace, empty if it has none or a whole kind is meant.
        namespace: Istr,
        /// Name, empty if a whole kind is meant.
        name: Istr,
    },
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Input(input) => input.fmt(f),
            Self::Other { cluster, api_version, kind, namespace, name } => {
                if !cluster.is_empty() {
                    write!(f, "{cluster}: ")?;
                }
                write!(f, "{api_version} {kind}")?;
                match (namespace.is_empty(), name.is_empty()) {
                    (_, true) => Ok(()),
                    (true, false) => write!(f, " {name}"),
                    (false, false) => write!(f, " {namespace}/{name}"),
                }
            }
        }
    }
}

/// Why something was found: a refusal or a remark.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Cause {
    /// Something is not in force.
    #[error(transparent)]
    Rejection(#[from] Rejection),
    /// Something is in force with a remark.
    #[error(transparent)]
    Warning(#[from] Warning),
}

/// One remark about one input, perhaps only as it applies to one destination.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// How much it matters.
    pub severity: Severity,
    /// The object it is about.
    pub subject: Subject,
    /// The destination on which it was found, if it is not about the object as a whole.
    pub on: Option<InputRef>,
    /// What was found.
    pub cause: Cause,
}

impl Finding {
    /// A refusal of `subject` as a whole.
    pub fn error(subject: Subject, rejection: Rejection) -> Self {
        Self { severity: Severity::Error, subject, on: None, cause: rejection.into() }
    }

    /// A warning about `subject` as a whole.
    pub fn warning(subject: Subject, warning: Warning) -> Self {
        Self { severity: Severity::Warning, subject, on: None, cause: warning.into() }
    }

    /// Something about `subject` that is worth knowing and nobody's mistake.
    pub fn note(subject: Subject, note: Warning) -> Self {
        Self { severity: Severity::Info, subject, on: None, cause: note.into() }
    }

    /// The same finding, tied to one destination.
    #[must_use]
    pub fn on(mut self, destination: InputRef) -> Self {
        self.on = Some(destination);
        self
    }

    /// The code of the cause.
    pub fn code(&self) -> &'static str {
        match &self.cause {
            Cause::Rejection(rejection) => rejection.code(),
            Cause::Warning(warning) => warning.code(),
        }
    }

    /// The path of the field concerned, as users write it, where there is one.
    pub fn field(&self) -> Option<&str> {
        match &self.cause {
            Cause::Rejection(rejection) => rejection.field(),
            Cause::Warning(warning) => warning.field(),
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.subject)?;
        if let Some(destination) = &self.on {
            write!(f, " on {destination}")?;
        }
        write!(f, ": {} [{}]", self.cause, self.code())
    }
}

/// The status that one input would get.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Status {
    /// Of a TrafficPolicy.
    TrafficPolicy(Arc<TrafficPolicyStatus>),
    /// Of an AccessPolicy.
    AccessPolicy(Arc<AccessPolicyStatus>),
    /// Of a VirtualMesh.
    VirtualMesh(Arc<VirtualMeshStatus>),
    /// Of a VirtualDestination.
    VirtualDestination(Arc<VirtualDestinationStatus>),
    /// Of a Destination.
    Destination(Arc<DestinationStatus>),
    /// Of a Workload.
    Workload(Arc<WorkloadStatus>),
    /// Of a Mesh.
    Mesh(Arc<MeshStatus>),
    /// Of the Settings.
    Settings(Arc<SettingsStatus>),
}

/// Everything a translation has to say, in a total order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Report {
    /// Findings, by subject, then in the order in which they were made.
    pub findings: Vec<Finding>,
    /// The status each input would get. Inputs without an entry keep the status they have.
    pub statuses: BTreeMap<InputRef, Status>,
}

impl Report {
    /// How many policies ended in each state, worst first: failed, invalid, pending, accepted.
    pub fn policy_states(&self) -> BTreeMap<InputKind, [usize; 4]> {
        let mut counts: BTreeMap<InputKind, [usize; 4]> = BTreeMap::new();
        for (input, status) in &self.statuses {
            let state = match status {
                Status::TrafficPolicy(status) => status.state,
                Status::AccessPolicy(status) => status.state,
                Status::VirtualMesh(status) => status.state,
                Status::VirtualDestination(status) => status.state,
                _ => continue,
            };
            let [failed, invalid, pending, accepted] = counts.entry(input.kind).or_default();
            *match state {
                crate::api::ApprovalState::Failed => failed,
                crate::api::ApprovalState::Invalid => invalid,
                crate::api::ApprovalState::Pending => pending,
                crate::api::ApprovalState::Accepted => accepted,
            } += 1;
        }
        counts
    }

    /// The findings as text, one line each, errors first within a subject.
    pub fn to_text(&self) -> String {
        let mut text = String::new();
        for finding in &self.findings {
            let severity = match finding.severity {
                Severity::Error => "error",
                Severity::Warning => "warning",
                Severity::Info => "info",
            };
            let _ = writeln!(text, "{severity}: {finding}");
        }
        text
    }
}
