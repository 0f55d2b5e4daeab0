//! Objects that nothing reads where they lie, although whoever put them there surely thinks otherwise.

use gloo_core::api::kinds;
use gloo_core::id::InputKind;
use similar::TextDiff;

/// Nothing reads objects of this kind in this folder.
pub const MISPLACED: &str = "MisplacedObject";
/// Nothing reads objects of this kind or version in any folder.
pub const UNKNOWN_KIND: &str = "UnknownKind";
/// Groups of our own end like this.
const OUR_GROUPS: &str = ".mesh.gloo.solo.io";
/// How much alike two names are if one may be a slip of the other.
const ALIKE: f32 = 0.8;

/// Why nothing reads an object, as a code and in words; `cluster` is empty for the management cluster.
pub fn reason(cluster: &str, api_version: &str, kind: &str) -> Option<(&'static str, String)> {
    if InputKind::ALL.iter().any(|input| (input.api_version(), input.kind()) == (api_version, kind)) {
        let message = "nothing reads it here, and it has no effect; move it below mgmt/";
        return (!cluster.is_empty()).then(|| (MISPLACED, message.to_owned()));
    }
    let group = api_version.split('/').next().unwrap_or_default();
    if group.ends_with(OUR_GROUPS) {
        // Some of them nothing reads yet, which is no mistake of users.
        let is_known = kinds().iter().any(|(version, name)| (&**version, *name) == (api_version, kind));
        return (!is_known).then(|| (UNKNOWN_KIND, unknown(api_version, kind)));
    }
    let message = "nothing reads it here; objects of a cluster belong into clusters/NAME/";
    (cluster.is_empty() && is_of_clusters(api_version, kind)).then(|| (MISPLACED, message.to_owned()))
}

/// What to write instead of a kind of ours that does not exist.
fn unknown(api_version: &str, kind: &str) -> String {
    let known = kinds();
    if let Some((version, _)) = known.iter().find(|(_, name)| *name == kind) {
        return format!("{api_version} is not read, and it has no effect; write {version}");
    }
    let slip = known.iter().map(|(_, name)| (TextDiff::from_chars(kind, *name).ratio(), name));
    let slip = slip.filter(|(ratio, _)| *ratio >= ALIKE).max_by(|one, other| one.0.total_cmp(&other.0));
    let meant = slip.map(|(_, name)| format!("; is {name} meant?")).unwrap_or_default();
    format!("{api_version} has no such kind here, and it has no effect{meant}")
}

/// Whether discovery reads objects of this kind. Namespaces and ConfigMaps often lie beside policies for other reasons.
fn is_of_clusters(api_version: &str, kind: &str) -> bool {
    matches!(
        (api_version.split('/').next(), kind),
        (Some("v1"), "Node" | "Pod" | "Service")
            | (Some("apps"), "Deployment" | "DaemonSet" | "StatefulSet" | "ReplicaSet")
            | (Some("discovery.k8s.io"), "EndpointSlice")
    )
}

#[cfg(test)]
mod tests {
    use super::{MISPLACED, UNKNOWN_KIND, reason};

    #[test]
    fn folders_and_kinds_must_fit() {
        let code = |cluster, api_version, kind| reason(cluster, api_version, kind).map(|(code, _)| code);
        let traffic = "networking.mesh.gloo.solo.io/v1";
        assert_eq!(code("", traffic, "TrafficPolicy"), None);
        assert_eq!(code("east", traffic, "TrafficPolicy"), Some(MISPLACED));
        assert_eq!(code("east", "multicluster.solo.io/v1alpha1", "KubernetesCluster"), Some(MISPLACED));
        assert_eq!(code("", "networking.mesh.gloo.solo.io/v1beta1", "TrafficPolicy"), Some(UNKNOWN_KIND));
        assert_eq!(code("east", "v1", "Pod"), None);
        assert_eq!(code("", "v1", "Pod"), Some(MISPLACED));
        assert_eq!(code("", "v1", "ConfigMap"), None);
        // Agents work in clusters, and nothing reads what they need yet.
        assert_eq!(code("east", "certificates.mesh.gloo.solo.io/v1", "IssuedCertificate"), None);
        assert_eq!(code("", "networking.istio.io/v1", "VirtualService"), None);
    }

    #[test]
    fn slips_are_recognised() {
        let why = |api_version, kind| reason("", api_version, kind).unwrap().1;
        let slip = why("networking.mesh.gloo.solo.io/v1", "TraficPolicy");
        assert!(slip.ends_with("; is TrafficPolicy meant?"), "{slip}");
        let version = why("networking.mesh.gloo.solo.io/v1beta1", "TrafficPolicy");
        assert!(version.ends_with("; write networking.mesh.gloo.solo.io/v1"), "{version}");
        let other = why("networking.enterprise.mesh.gloo.solo.io/v1beta1", "WasmDeployment");
        assert!(!other.contains("meant"), "{other}");
    }
}
