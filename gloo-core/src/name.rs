//! Names of the objects that this library writes, and keys by which statuses name objects.

use std::fmt::Write as _;

use md5::{Digest, Md5};

/// Longest name that [`sanitize`] returns, in bytes.
pub const MAX_NAME: usize = 63;

/// Bytes of the text that a shortened name keeps.
const KEPT: usize = 31;

/// Makes a name for a Kubernetes object out of a text, such as the joined parts of a reference.
///
/// Each `*`, `/`, `.`, `:` and space becomes `-`; brackets, quotes and line breaks go; a result of more than 63 bytes keeps its
/// first 31 and ends in a part of its MD5 sum; letters become small last. Two texts may give one name.
///
/// ```
/// use gloo_core::name::sanitize;
///
/// assert_eq!(sanitize("reviews-bookinfo-east.example"), "reviews-bookinfo-east-example");
/// ```
pub fn sanitize(text: &str) -> String {
    let mut name: String = text
        .chars()
        .filter(|c| !matches!(c, '[' | ']' | '\n' | '"' | '\''))
        .map(|c| if matches!(c, '*' | '/' | '.' | ':' | ' ') { '-' } else { c })
        .collect();
    if name.len() > MAX_NAME {
        name = shortened(&name);
    }
    name.to_lowercase()
}

/// The first eight hexadecimal digits of SHA-256, for names that would not be unique without.
///
/// ```
/// assert_eq!(gloo_core::name::short_hash("a=b-c"), gloo_core::name::short_hash("a=b-c"));
/// ```
pub fn short_hash(text: &str) -> String {
    sha2::Sha256::digest(text).iter().take(4).fold(String::new(), |mut hash, byte| {
        // Writing to a string does not fail.
        let _ = write!(hash, "{byte:02x}");
        hash
    })
}

/// Keeps the beginning of a text and lets a sum of the whole stand for the rest.
fn shortened(text: &str) -> String {
    let mut short = prefix(text, KEPT).to_owned();
    short.push('-');
    for byte in Md5::digest(text.as_bytes()) {
        // Writing to a string does not fail.
        let _ = write!(short, "{byte:02x}");
    }
    prefix(&short, MAX_NAME).to_owned()
}

/// Returns the longest beginning of `text` that has at most `bytes` bytes.
fn prefix(text: &str, bytes: usize) -> &str {
    let end = (0..=bytes.min(text.len())).rev().find(|end| text.is_char_boundary(*end)).unwrap_or(0);
    text.get(..end).unwrap_or_default()
}

/// Returns the key by which statuses name an object: `name.namespace.cluster`.
///
/// An object of the management cluster has no cluster, so its key ends with a dot. Names may contain dots: keys are compared, never
/// taken apart.
///
/// ```
/// use gloo_core::name::object_key;
///
/// assert_eq!(object_key("reviews", "bookinfo", "east"), "reviews.bookinfo.east");
/// assert_eq!(object_key("mesh", "gloo-mesh", ""), "mesh.gloo-mesh.");
/// ```
pub fn object_key(name: &str, namespace: &str, cluster: &str) -> String {
    [name, namespace, cluster].join(".")
}

#[cfg(test)]
mod tests {
    use super::{object_key, sanitize};

    #[test]
    fn unfit_characters_are_replaced_or_removed() {
        for (text, name) in [
            ("a*b/c.d:e f", "a-b-c-d-e-f"),
            ("1.1.1.1", "1-1-1-1"),
            ("A/b.c:d [x]", "a-b-c-d-x"),
            ("'q'\"r\"\n", "qr"),
            ("under_score", "under_score"),
            ("", ""),
            (
                "istio-ingressgateway-istio-system-cluster-1-gloo-mesh",
                "istio-ingressgateway-istio-system-cluster-1-gloo-mesh",
            ),
        ] {
            assert_eq!(sanitize(text), name, "{text}");
        }
    }

    #[test]
    fn long_text_ends_in_its_sum() {
        for (text, name) in [
            (
                "this-is-a-quite-long-service-name.with-a-long-namespace-name.and-a-cluster-name",
                "this-is-a-quite-long-service-na-3212398b29c2191156217b022071238",
            ),
            (
                "istio-ingressgateway-istio-system-my-very-long-cluster-name-eu-central-1-gloo-mesh",
                "istio-ingressgateway-istio-syst-b9782564bf980386d483351f787a3d5",
            ),
        ] {
            assert_eq!(sanitize(text), name, "{text}");
        }
    }

    #[test]
    fn length_is_bounded_at_63_bytes() {
        assert_eq!(sanitize(&"a".repeat(63)), "a".repeat(63));
        let name = sanitize(&"A".repeat(64));
        assert_eq!(name.len(), 63);
        let (kept, sum) = name.split_at(32);
        assert_eq!(kept, format!("{}-", "a".repeat(31)));
        assert!(sum.bytes().all(|byte| byte.is_ascii_hexdigit()));
    }

    #[test]
    fn long_text_of_other_scripts_is_cut_between_characters() {
        assert!(sanitize(&"ü".repeat(40)).len() <= 63);
    }

    #[test]
    fn key_of_an_object_without_cluster_ends_with_a_dot() {
        assert_eq!(object_key("n", "ns", ""), "n.ns.");
        assert_eq!(object_key("n", "ns", "c.d"), "n.ns.c.d");
    }
}
