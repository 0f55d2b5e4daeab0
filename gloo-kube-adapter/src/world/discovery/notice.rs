//! What is to be said about objects of clusters.

use gloo_core::Istr;
use gloo_core::discover::Diagnostic;
use gloo_core::report::Severity;

use crate::world::lost::{MISPLACED, UNKNOWN_KIND};

/// Nothing reads Secrets of clusters.
const SECRET_IGNORED: &str = "SecretIgnored";
/// What is found is not what is given.
const DIFFERS: &str = "DiscoveryDiffers";
/// What is given cannot be compared with anything.
const NOTHING_FOUND: &str = "NothingFound";
/// So many objects are named before they are only counted.
const NAMED: usize = 3;

/// Something to know about the objects of a cluster.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Notice {
    /// The cluster.
    pub cluster: Istr,
    /// Kind, namespace and name of an object; empty for the cluster as a whole.
    pub object: String,
    /// How much it matters.
    pub severity: Severity,
    /// Stable machine-readable name of the reason.
    pub code: String,
    /// What there is to know.
    pub message: String,
}

impl Notice {
    /// A Secret among the objects of a cluster.
    pub(crate) fn secret(cluster: &str, namespace: &str, name: &str) -> Self {
        Self {
            cluster: cluster.into(),
            object: format!("Secret {namespace}/{name}"),
            severity: Severity::Warning,
            code: SECRET_IGNORED.to_owned(),
            message:
                "nothing reads it, and it is left out; no Secret needs to be among the objects of a cluster"
                    .to_owned(),
        }
    }

    /// An object that nothing reads, for a reason that has a code and words.
    pub(crate) fn lost(
        cluster: &str,
        (kind, namespace, name): (&str, &str, &str),
        (code, message): (&str, String),
    ) -> Self {
        let slash = if namespace.is_empty() { "" } else { "/" };
        Self {
            cluster: cluster.into(),
            object: format!("{kind} {namespace}{slash}{name}"),
            severity: Severity::Warning,
            code: code.to_owned(),
            message,
        }
    }

    /// What is given of a cluster differs from what is found in it.
    pub(super) fn differs(cluster: &Istr, how: &str) -> Self {
        let message = format!("what is given counts, and differs from what is found ({how})");
        Self::of_cluster(cluster, Severity::Warning, DIFFERS, message)
    }

    /// What is given of a cluster cannot be compared: often somebody took only a few objects of it along.
    pub(super) fn nothing_found(cluster: &Istr) -> Self {
        let message = "what is given counts; its objects hold no mesh with which it could be compared";
        Self::of_cluster(cluster, Severity::Info, NOTHING_FOUND, message.to_owned())
    }

    fn of_cluster(cluster: &Istr, severity: Severity, code: &str, message: String) -> Self {
        Self { cluster: cluster.clone(), object: String::new(), severity, code: code.to_owned(), message }
    }

    /// Whether it is about the world and not about what discovery makes of it.
    pub(super) fn is_about_the_world(&self) -> bool {
        [SECRET_IGNORED, DIFFERS, NOTHING_FOUND, MISPLACED, UNKNOWN_KIND].contains(&self.code.as_str())
    }

    /// The kind of the object, and its name with the namespace.
    pub fn kind_and_name(&self) -> (&str, &str) {
        self.object.split_once(' ').unwrap_or(("", &self.object))
    }

    /// Group, kind, namespace and name of the object, if it is known.
    pub(crate) fn names(&self) -> Option<(&'static str, &str, &str, &str)> {
        let (kind, name) = self.object.split_once(' ')?;
        let (namespace, name) = name.split_once('/').unwrap_or(("", name));
        let group = match kind {
            "Deployment" | "DaemonSet" | "StatefulSet" | "ReplicaSet" => "apps",
            "EndpointSlice" => "discovery.k8s.io",
            "IssuedCertificate" => "certificates.mesh.gloo.solo.io",
            _ => "",
        };
        Some((group, kind, namespace, name))
    }
}

impl From<Diagnostic> for Notice {
    fn from(diagnostic: Diagnostic) -> Self {
        let Diagnostic { cluster, object, severity, code, message } = diagnostic;
        Self { cluster, object, severity, code: code.to_string(), message }
    }
}

/// The first of several, and how many there are besides.
pub fn some_of<T: ToString>(all: &[T]) -> String {
    let named: Vec<String> = all.iter().take(NAMED).map(ToString::to_string).collect();
    match all.len().saturating_sub(NAMED) {
        0 => named.join(", "),
        more => format!("{} and {more} more", named.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::some_of;

    #[test]
    fn many_are_counted() {
        assert_eq!(some_of(&["a", "b", "c"]), "a, b, c");
        assert_eq!(some_of(&["a", "b", "c", "d", "e"]), "a, b, c and 2 more");
    }
}
