//! Words for what several kinds have in common: outputs, selectors, labels.

use std::collections::BTreeMap;

use gloo_core::Istr;
use gloo_core::api::{ClusterObjectRef, DestinationSelector, IdentitySelector, WorkloadSelector};
use gloo_core::istr::Labels;
use gloo_core::object::Object;

use crate::world::discovery::some_of;

/// Columns of [`outputs`].
pub const OUTPUTS: &[&str] = &["CLUSTER", "KIND", "COUNT", "OBJECTS"];

/// What is written, by cluster and kind.
pub fn outputs<'a>(objects: impl IntoIterator<Item = &'a Object>) -> Vec<Vec<String>> {
    let mut kinds: BTreeMap<(&str, &str), Vec<String>> = BTreeMap::new();
    for object in objects {
        let id = &object.id;
        kinds.entry((&id.cluster, id.kind.kind)).or_default().push(format!("{}/{}", id.namespace, id.name));
    }
    let row = |((cluster, kind), names): ((&str, &str), Vec<String>)| {
        vec![cluster.to_owned(), kind.to_owned(), names.len().to_string(), some_of(&names)]
    };
    kinds.into_iter().map(row).collect()
}

/// Labels as people write them.
pub fn labels(labels: &Labels) -> String {
    labels.iter().map(|(key, value)| format!("{key}={value}")).collect::<Vec<_>>().join(",")
}

/// An object of a cluster.
pub fn place(reference: &ClusterObjectRef) -> String {
    format!("{}/{}/{}", reference.cluster_name, reference.namespace, reference.name)
}

/// Texts with commas, or a word for none.
pub fn or_any(all: &[Istr], any: &str) -> String {
    if all.is_empty() { any.to_owned() } else { all.join(", ") }
}

/// Conditions that must all hold; `everything` if there are none.
fn conditions(parts: &[(&str, String)], everything: &str) -> String {
    let said = parts.iter().filter(|(_, text)| !text.is_empty());
    let said: Vec<String> = said.map(|(name, text)| format!("{name} {text}")).collect();
    if said.is_empty() { everything.to_owned() } else { said.join(", ") }
}

/// Which workloads send requests.
pub fn workloads(selectors: &[WorkloadSelector]) -> Vec<String> {
    const EVERYBODY: &str = "every workload";
    if selectors.is_empty() {
        return vec![EVERYBODY.to_owned()];
    }
    let one = |selector: &WorkloadSelector| {
        let Some(matcher) = &selector.kube_workload_matcher else { return EVERYBODY.to_owned() };
        let parts = [
            ("labels", labels(&matcher.labels)),
            ("namespace", matcher.namespaces.join(" or ")),
            ("cluster", matcher.clusters.join(" or ")),
        ];
        conditions(&parts, EVERYBODY)
    };
    selectors.iter().map(one).collect()
}

/// Which destinations are meant.
pub fn destinations(selectors: &[DestinationSelector]) -> Vec<String> {
    const EVERYTHING: &str = "every destination";
    if selectors.is_empty() {
        return vec![EVERYTHING.to_owned()];
    }
    let one = |selector: &DestinationSelector| {
        let matcher = selector.kube_service_matcher.iter().map(|matcher| {
            let parts = [
                ("labels", labels(&matcher.labels)),
                ("namespace", matcher.namespaces.join(" or ")),
                ("cluster", matcher.clusters.join(" or ")),
            ];
            conditions(&parts, EVERYTHING)
        });
        let services = selector.kube_service_refs.iter().flat_map(|refs| &refs.services);
        matcher.chain(services.map(|service| format!("service {}", place(service)))).collect::<Vec<_>>()
    };
    selectors.iter().flat_map(one).collect()
}

/// Who may call.
pub fn identities(selectors: &[IdentitySelector]) -> Vec<String> {
    const ANYBODY: &str = "anybody with an identity";
    if selectors.is_empty() {
        return vec![ANYBODY.to_owned()];
    }
    let one = |selector: &IdentitySelector| {
        let matcher = selector.kube_identity_matcher.as_ref();
        let accounts = selector.kube_service_account_refs.iter().flat_map(|refs| &refs.service_accounts);
        let accounts: Vec<String> = accounts.map(account).collect();
        let request = selector.request_identity_matcher.as_ref();
        let list = |list: Option<&Vec<Istr>>| list.map(|all| all.join(" or ")).unwrap_or_default();
        let parts = [
            ("service account", accounts.join(" or ")),
            ("namespace", list(matcher.map(|it| &it.namespaces))),
            ("cluster", list(matcher.map(|it| &it.clusters))),
            ("request principal", list(request.map(|it| &it.request_principals))),
            ("not request principal", list(request.map(|it| &it.not_request_principals))),
        ];
        conditions(&parts, ANYBODY)
    };
    selectors.iter().map(one).collect()
}

/// A service account, in which an empty part stands for any.
fn account(reference: &ClusterObjectRef) -> String {
    let part = |text: &Istr| if text.is_empty() { "*".to_owned() } else { text.to_string() };
    let ClusterObjectRef { name, namespace, cluster_name } = reference;
    format!("{}/{}/{}", part(cluster_name), part(namespace), part(name))
}

#[cfg(test)]
mod tests {
    use gloo_core::api::{
        ClusterObjectRef, DestinationSelector, IdentitySelector, KubeServiceAccountRefs, KubeWorkloadMatcher,
        WorkloadSelector,
    };

    use super::{destinations, identities, workloads};

    #[test]
    fn selectors_in_words() {
        assert_eq!(workloads(&[]), ["every workload"]);
        assert_eq!(destinations(&[]), ["every destination"]);
        assert_eq!(identities(&[]), ["anybody with an identity"]);
        assert_eq!(destinations(&[DestinationSelector::default()]), [""; 0]);
        let matcher = KubeWorkloadMatcher {
            labels: [("app".into(), "tea".into())].into_iter().collect(),
            namespaces: vec!["kitchen".into(), "bar".into()],
            ..KubeWorkloadMatcher::default()
        };
        let selector = WorkloadSelector { kube_workload_matcher: Some(matcher) };
        assert_eq!(workloads(&[selector]), ["labels app=tea, namespace kitchen or bar"]);
        let account =
            ClusterObjectRef { name: "cook".into(), namespace: "kitchen".into(), ..Default::default() };
        let refs = KubeServiceAccountRefs { service_accounts: vec![account] };
        let selector = IdentitySelector { kube_service_account_refs: Some(refs), ..Default::default() };
        assert_eq!(identities(&[selector]), ["service account */kitchen/cook"]);
    }
}
