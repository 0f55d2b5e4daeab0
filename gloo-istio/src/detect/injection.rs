//! Whether pods that a controller makes get a proxy: what Istio's webhook and injector would decide.

use std::collections::BTreeMap;

use gloo_core::Istr;
use gloo_core::discover::resource::{Controller, Template};
use gloo_core::discover::{Claim, Code, Diagnostics, Intent, Plane, View, read_config};
use gloo_core::istr::Labels;
use serde::Deserialize;

use super::{DEFAULT, REVISION, member, said};

/// Namespaces in which nothing is injected.
const NEVER: [&str; 4] = ["kube-system", "kube-public", "kube-node-lease", "local-path-storage"];
/// Label, and in older days annotation, by which pods ask for a proxy, or for none.
const INJECT: &str = "sidecar.istio.io/inject";
/// Label by which namespaces ask for proxies.
const NAMESPACE_INJECTION: &str = "istio-injection";

/// Whether pods of a controller get a proxy.
pub fn intent(cluster: View<'_>, controller: &Controller, notes: &mut Diagnostics) -> Intent {
    let template = &controller.template;
    if member::proxy(template).is_some()
        && let Some(member) = member::of(template)
    {
        return Intent::Yes(member.plane, member.claim);
    }
    let namespace = &controller.id.name.namespace;
    let asked = said(template.labels.get(INJECT).or(template.annotations.get(INJECT)));
    // Istio takes every word that it does not know for a no.
    let asks = asked.map(|text| matches!(&*text.to_lowercase(), "y" | "yes" | "true" | "on"));
    if template.host_network || NEVER.contains(&&**namespace) || asks == Some(false) {
        return Intent::No;
    }
    let labels = cluster.namespace(namespace).map(|namespace| &namespace.labels);
    if labels.is_none() {
        let message = "it is not known, so nobody can tell whether proxies are injected there";
        notes.note(Code::RbacMissing, format!("Namespace {namespace}"), message);
    }
    let Some(revision) = by_webhook(labels, template) else { return Intent::Unsaid };
    let revision = match revision {
        Wish::Revision(revision) => revision,
        // The namespace gives no proxies to new pods; that is no word about this workload.
        Wish::No => return Intent::Unsaid,
        // Whoever asks for a pod alone is not overruled by what is configured for all.
        Wish::Pod => return Intent::Yes(Plane::Sidecar, claim(DEFAULT.into())),
    };
    if asks == Some(true) || Injector::read(cluster, &revision, notes).injects(&template.labels) {
        Intent::Yes(Plane::Sidecar, claim(revision))
    } else {
        Intent::Unsaid
    }
}

fn claim(revision: Istr) -> Claim {
    Claim { namespace: None, revision: Some(revision), is_asked_for: true }
}

/// What labels ask for.
enum Wish {
    No,
    Revision(Istr),
    Pod,
}

fn by_webhook(namespace: Option<&Labels>, template: &Template) -> Option<Wish> {
    let of_namespace = |key: &str| namespace.and_then(|labels| labels.get(key));
    match of_namespace(NAMESPACE_INJECTION).map(|value| &**value) {
        Some("enabled") => return Some(Wish::Revision(DEFAULT.into())),
        Some(_) => return Some(Wish::No),
        None => (),
    }
    let revision = said(of_namespace(REVISION)).or(said(template.labels.get(REVISION)));
    if let Some(revision) = revision {
        return Some(Wish::Revision(revision.clone()));
    }
    let asks = template.labels.get(INJECT).is_some_and(|value| **value == *"true");
    asks.then_some(Wish::Pod)
}

/// What is configured for the injector.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Injector {
    policy: Option<Istr>,
    never_inject_selector: Option<Vec<Selector>>,
    always_inject_selector: Option<Vec<Selector>>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Selector {
    match_labels: Option<BTreeMap<Istr, Istr>>,
    match_expressions: Option<Vec<Expression>>,
}

#[derive(Deserialize)]
struct Expression {
    key: Istr,
    operator: Istr,
    #[serde(default)]
    values: Vec<Istr>,
}

impl Injector {
    /// What is configured for the injector of a revision. What cannot be read counts as if it were not there.
    fn read(cluster: View<'_>, revision: &str, notes: &mut Diagnostics) -> Self {
        let own = format!("istio-sidecar-injector-{revision}");
        let named = |name: &str| cluster.config_maps().find(|map| *map.name.name == *name);
        let Some(map) = named(&own).or_else(|| named("istio-sidecar-injector")) else {
            return Self::default();
        };
        let Some(text) = map.data.get("config") else { return Self::default() };
        let read = read_config::<Option<Self>>(text).unwrap_or_else(|error| {
            let message = format!("its entry config cannot be read: {error}");
            notes.note(Code::MeshConfigInvalid, format!("ConfigMap {}", map.name), message);
            None
        });
        read.unwrap_or_default()
    }

    /// Whether pods with these labels, which do not say what they want themselves, get a proxy.
    fn injects(&self, labels: &Labels) -> bool {
        let some = |selectors: &Option<Vec<Selector>>| {
            selectors.iter().flatten().any(|selector| selector.selects(labels))
        };
        if some(&self.never_inject_selector) {
            return false;
        }
        some(&self.always_inject_selector) || self.policy.as_ref().is_none_or(|policy| **policy == *"enabled")
    }
}

impl Selector {
    /// Whether it selects; one that asks for nothing does not.
    fn selects(&self, labels: &Labels) -> bool {
        let pairs = self.match_labels.iter().flatten();
        let expressions = self.match_expressions.iter().flatten();
        let asks = pairs.clone().next().is_some() || expressions.clone().next().is_some();
        asks && pairs.into_iter().all(|(key, value)| labels.get(key) == Some(value))
            && expressions.into_iter().all(|expression| expression.holds(labels))
    }
}

impl Expression {
    fn holds(&self, labels: &Labels) -> bool {
        let value = labels.get(&self.key);
        match &*self.operator {
            "In" => value.is_some_and(|value| self.values.contains(value)),
            "NotIn" => value.is_none_or(|value| !self.values.contains(value)),
            "Exists" => value.is_some(),
            "DoesNotExist" => value.is_none(),
            _ => false,
        }
    }
}
