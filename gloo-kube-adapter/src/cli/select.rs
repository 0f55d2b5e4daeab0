//! What a user wants to see: clusters by pattern, kinds by any of their names.

use super::exit::{Exit, Failure, Stop};

/// Kinds that inputs and outputs can have, with their short names.
const KINDS: [(&str, &[&str]); 28] = [
    ("AccessPolicy", &["ap"]),
    ("AuthorizationPolicy", &["authz"]),
    ("CertificateRequest", &[]),
    ("ConfigMap", &["cm"]),
    ("Destination", &["dst"]),
    ("DestinationRule", &["dr"]),
    ("EnvoyFilter", &["ef"]),
    ("GRPCRoute", &[]),
    ("Gateway", &["gw"]),
    ("HTTPLocalRateLimitPolicy", &[]),
    ("HTTPRoute", &[]),
    ("IssuedCertificate", &[]),
    ("KubernetesCluster", &[]),
    ("Link", &[]),
    ("Mesh", &[]),
    ("MeshTLSAuthentication", &[]),
    ("NetworkAuthentication", &[]),
    ("PodBounceDirective", &[]),
    ("Secret", &[]),
    ("Server", &[]),
    ("Service", &["svc"]),
    ("ServiceEntry", &["se"]),
    ("Settings", &[]),
    ("Sidecar", &[]),
    ("TrafficPolicy", &["tp"]),
    ("VirtualMesh", &["vm", "vmesh"]),
    ("VirtualService", &["vs"]),
    ("Workload", &["wl"]),
];

/// A choice of clusters and kinds; what is not spoken about is chosen.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selection {
    clusters: Vec<String>,
    kinds: Vec<Wanted>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Wanted {
    kind: &'static str,
    group: Option<String>,
}

impl Selection {
    /// Reads the choice.
    ///
    /// # Errors
    ///
    /// If nothing is called like one of `kinds`.
    pub fn new(clusters: &[String], kinds: &[String]) -> Result<Self, Stop> {
        let kinds = kinds.iter().map(|word| {
            wanted(word).ok_or_else(|| {
                Failure::usage(format_args!("unknown kind {word:?}"))
                    .hint("use a kind, its plural or its short name, such as VirtualService or vs")
                    .into()
            })
        });
        Ok(Self { clusters: clusters.to_vec(), kinds: kinds.collect::<Result<_, Stop>>()? })
    }

    /// Whether objects for `cluster` are chosen.
    pub fn cluster(&self, cluster: &str) -> bool {
        self.clusters.is_empty() || self.clusters.iter().any(|pattern| matches(pattern, cluster))
    }

    /// Whether objects of `kind` are chosen.
    pub fn kind(&self, kind: &str, api_version: &str) -> bool {
        let group = api_version.rsplit_once('/').map_or("", |(group, _)| group);
        let fits =
            |wanted: &Wanted| wanted.kind == kind && wanted.group.as_deref().is_none_or(|it| it == group);
        self.kinds.is_empty() || self.kinds.iter().any(fits)
    }

    /// The only one of `clusters` that is chosen, if there is a choice.
    ///
    /// # Errors
    ///
    /// If a pattern fits none of them.
    pub fn only<'c>(&self, clusters: &'c [String]) -> Result<Option<&'c str>, Stop> {
        for pattern in &self.clusters {
            if !clusters.iter().any(|cluster| matches(pattern, cluster)) {
                let message = format!("no cluster of the world is called {pattern:?}");
                let failure = Failure::new(Exit::Data, "ClusterUnknown", message);
                return Err(failure.hint(format!("clusters: {}", clusters.join(", "))).into());
            }
        }
        let mut chosen = clusters.iter().filter(|cluster| self.cluster(cluster));
        match (self.clusters.is_empty(), chosen.next(), chosen.next()) {
            (false, Some(cluster), None) => Ok(Some(cluster)),
            _ => Ok(None),
        }
    }
}

fn wanted(word: &str) -> Option<Wanted> {
    let (name, group) = match word.split_once('.') {
        Some((name, group)) => (name, Some(group.to_ascii_lowercase())),
        None => (word, None),
    };
    let name = name.to_ascii_lowercase();
    let called = |(kind, short): &&(&'static str, &[&str])| {
        let kind = kind.to_ascii_lowercase();
        name == plural(&kind) || name == kind || short.contains(&name.as_str())
    };
    KINDS.iter().find(called).map(|(kind, _)| Wanted { kind, group })
}

fn plural(kind: &str) -> String {
    match kind.strip_suffix('y') {
        Some(stem) if !kind.ends_with("ay") => format!("{stem}ies"),
        _ if kind.ends_with('s') => kind.to_owned(),
        _ if kind.ends_with("sh") => format!("{kind}es"),
        _ => format!("{kind}s"),
    }
}

/// Whether `text` fits `pattern`, in which `*` stands for any letters and `?` for one.
fn matches(pattern: &str, text: &str) -> bool {
    let mut pattern: &[u8] = pattern.as_bytes();
    let mut text: &[u8] = text.as_bytes();
    let mut retry: Option<(&[u8], &[u8])> = None;
    loop {
        match (pattern, text) {
            ([b'*', rest @ ..], _) => {
                retry = Some((rest, text));
                pattern = rest;
            }
            ([wanted, after @ ..], [found, rest @ ..]) if *wanted == b'?' || wanted == found => {
                (pattern, text) = (after, rest);
            }
            ([], []) => return true,
            _ => match retry {
                Some((after, [_, rest @ ..])) => {
                    retry = Some((after, rest));
                    (pattern, text) = (after, rest);
                }
                _ => return false,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Selection, matches};

    #[test]
    fn patterns() {
        let hits =
            [("a", "a"), ("*", ""), ("c-*", "c-1"), ("*-1", "a-1-1"), ("c?", "c1"), ("a*b*c", "aXbYbZc")];
        let misses = [("a", "b"), ("c?", "c"), ("c-*", "d-1"), ("*a", "ab"), ("", "a")];
        assert!(hits.iter().all(|(pattern, text)| matches(pattern, text)));
        assert!(!misses.iter().any(|(pattern, text)| matches(pattern, text)));
    }

    #[test]
    fn a_kind_has_many_names() {
        let one = |word: &str| Selection::new(&[], &[word.to_owned()]);
        for word in ["vs", "VirtualService", "virtualservices", "virtualservice.networking.istio.io"] {
            let selection = one(word).unwrap();
            assert!(selection.kind("VirtualService", "networking.istio.io/v1"), "{word}");
            assert!(!selection.kind("DestinationRule", "networking.istio.io/v1"), "{word}");
        }
        assert!(one("gateways").unwrap().kind("Gateway", "networking.istio.io/v1"));
        assert!(one("meshes").unwrap().kind("Mesh", "discovery.mesh.gloo.solo.io/v1"));
        assert!(one("authz").unwrap().kind("AuthorizationPolicy", "security.istio.io/v1"));
        assert!(!one("authorizationpolicies.policy.linkerd.io").unwrap().kind("AuthorizationPolicy", "x/v1"));
        assert!(one("nothing").is_err());
    }
}
