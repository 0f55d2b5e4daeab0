//! Names of what discovery finds, and what it copies from the objects of clusters.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use md5::{Digest as _, Md5};

use crate::Istr;
use crate::check::{is_dns_label, is_label_text};
use crate::discover::Options;
use crate::discover::diagnostic::{Code, Diagnostic};
use crate::discover::resource::{ControllerId, Name};
use crate::istr::Labels;
use crate::name::sanitize;

/// Prefix of the annotations in which discovery notes what the fields have no place for.
pub const FACT: &str = "discovery.mesh.gloo.solo.io/";
/// Annotation by which the author of an object says whether it is to be discovered.
pub const ENABLED: &str = "discovery.mesh.gloo.solo.io/enabled";
/// Label that names the discovery that wrote an object.
pub const OWNER: &str = "owner.discovery.mesh.gloo.solo.io";
/// Label that names the cluster in which something was found.
pub const CLUSTER: &str = "cluster.discovery.mesh.gloo.solo.io";

/// Annotations that say nothing about an object, or change all the time.
const NOISE: [&str; 6] = [
    // Where an object of a file was found; what is found by it is of the management cluster.
    crate::snapshot::CLUSTER,
    "kubectl.kubernetes.io/last-applied-configuration",
    "deployment.kubernetes.io/revision",
    "deprecated.daemonset.template.generation",
    "control-plane.alpha.kubernetes.io/leader",
    "endpoints.kubernetes.io/last-change-trigger-time",
];
/// Prefixes of labels and annotations that the plane itself puts on objects of clusters.
const OURS: [&str; 2] = ["export.mesh.gloo.solo.io/", "failover.mesh.gloo.solo.io/"];

/// The names of everything that was found. Clusters share them: what is found in all of them is written into one
/// namespace.
#[derive(Debug, Default)]
pub(super) struct AllNames {
    pub meshes: Names<Name>,
    pub workloads: Names<ControllerId>,
    pub destinations: Names<Name>,
}

/// The names of one kind of objects that were found.
///
/// Two objects may come to one name; the one whose namespace and name come first keeps it, the others get names of
/// their own.
#[derive(Clone, Debug)]
pub(super) struct Names<K> {
    claims: BTreeMap<Istr, BTreeSet<Claimant<K>>>,
}

/// An object that asks for a name: namespace and name, cluster, and what it is found by.
pub(super) type Claimant<K> = (Name, Istr, K);

impl<K> Default for Names<K> {
    fn default() -> Self {
        Self { claims: BTreeMap::new() }
    }
}

impl<K: Ord + Clone> Names<K> {
    /// An object asks for a name, or no longer does; gives back the others that ask for the same, because theirs
    /// may be another one now.
    pub fn claim(&mut self, plain: &Istr, by: &Claimant<K>, is_there: bool) -> Vec<Claimant<K>> {
        let claims = self.claims.entry(plain.clone()).or_default();
        let first = claims.first().cloned();
        let changed = if is_there { claims.insert(by.clone()) } else { claims.remove(by) };
        let others = if changed && claims.first() != first.as_ref() {
            claims.iter().filter(|other| *other != by).cloned().collect()
        } else {
            Vec::new()
        };
        if claims.is_empty() {
            self.claims.remove(plain);
        }
        others
    }

    /// The object that has the plain name, if it is another one.
    pub fn holder(&self, plain: &Istr, by: &Claimant<K>) -> Option<&Claimant<K>> {
        self.claims.get(plain)?.first().filter(|first| *first != by)
    }
}

/// The name of what is found by an object `name` of a cluster; `ending` follows it. Kubernetes takes it, whatever the
/// cluster is called.
pub(super) fn plain(name: &Name, cluster: &str, ending: &str) -> Istr {
    let sanitized = sanitize(&format!("{}-{}-{cluster}", name.name, name.namespace));
    let joined = format!("{sanitized}{ending}");
    repaired(&joined).unwrap_or_else(|| joined.into())
}

/// What Kubernetes does not take in the name of an object, if it is the object that has it, and not the cluster.
pub(super) fn unfit(name: &Name, cluster: &str) -> Option<String> {
    let own = format!("{}-{}", name.name, name.namespace);
    (is_dns_label(cluster) && repaired(&sanitize(&own)).is_some()).then_some(own)
}

/// A name that nobody else has, for an object whose plain name another one holds.
pub(super) fn distinct(name: &Name, cluster: &str, ending: &str) -> Istr {
    let plain = plain(name, cluster, "");
    let kept: String = plain.chars().take(31).collect();
    let text = format!("{}/{}/{cluster}", name.name, name.namespace);
    let mut sum = String::new();
    for byte in Md5::digest(text.as_bytes()) {
        // Writing to a string does not fail.
        let _ = write!(sum, "{byte:02x}");
    }
    sum.truncate(31);
    format!("{kept}-{sum}{ending}").into()
}

/// A name that Kubernetes takes; `None` if it does take this one.
fn repaired(name: &str) -> Option<Istr> {
    let fits = |byte: char| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == '-' || byte == '.';
    let repaired: String = name.chars().map(|byte| if fits(byte) { byte } else { '-' }).collect();
    // A cluster's name ends it, with whatever that ends.
    let repaired = repaired.trim_matches(['-', '.']);
    (repaired != name).then(|| repaired.into())
}

/// The name of a cluster as the value of a label.
fn label_value(cluster: &str) -> String {
    if is_label_text(cluster) {
        return cluster.to_owned();
    }
    let fits = |letter: char| letter.is_ascii_alphanumeric() || "-_.".contains(letter);
    let value: String =
        cluster.chars().map(|letter| if fits(letter) { letter } else { '-' }).take(63).collect();
    value.trim_matches(['-', '_', '.']).to_owned()
}

/// What there is to say about the name of a cluster: it stands in names, labels and host names.
pub(super) fn about_cluster(cluster: &Istr) -> Option<Diagnostic> {
    let message = "the name of the cluster is no DNS label: names and labels of what is found in it are \
                   changed where Kubernetes does not take them";
    (!is_dns_label(cluster))
        .then(|| Diagnostic::new(cluster, Code::InvalidName, String::new(), message.to_owned()))
}

/// The annotations of an object that are copied, and the facts about it.
pub(super) fn annotations(of: &Labels, facts: &[(&str, Istr)]) -> BTreeMap<String, String> {
    let copied = of.iter().filter(|(key, _)| {
        !NOISE.contains(&&***key) && !is_ours(key) && (!key.starts_with(FACT) || &***key == ENABLED)
    });
    let copied = copied.map(|(key, value)| (key.to_string(), value.to_string()));
    let facts = facts.iter().filter(|(_, value)| !value.is_empty());
    copied.chain(facts.map(|(key, value)| (format!("{FACT}{key}"), value.to_string()))).collect()
}

/// The labels of an object that are copied.
pub(super) fn copied_labels(of: &Labels) -> Labels {
    of.iter().filter(|(key, _)| !is_ours(key)).map(|(key, value)| (key.clone(), value.clone())).collect()
}

fn is_ours(key: &str) -> bool {
    OURS.iter().any(|prefix| key.starts_with(prefix))
}

/// The metadata of what is found in `cluster`.
pub(super) fn metadata(
    options: &Options,
    cluster: &Istr,
    name: &Istr,
    annotations: BTreeMap<String, String>,
) -> ObjectMeta {
    let labels = [(OWNER.to_owned(), options.owner()), (CLUSTER.to_owned(), label_value(cluster))];
    ObjectMeta {
        name: Some(name.to_string()),
        namespace: Some(options.management_namespace.to_string()),
        labels: Some(labels.into()),
        annotations: Some(annotations).filter(|all| !all.is_empty()),
        ..ObjectMeta::default()
    }
}

/// What the author of an object says about being discovered.
pub(super) fn wish(annotations: &Labels) -> Option<bool> {
    match annotations.get(ENABLED).map(|value| &**value) {
        Some("true") => Some(true),
        Some("false") => Some(false),
        _ => None,
    }
}
