//! Whether the names that other clusters use can be told from those of services within a cluster.

use std::collections::BTreeSet;

use crate::Istr;
use crate::context::Context;
use crate::index::{Mesh, MeshId};
use crate::rejection::Rejection;

/// Why destinations of a mesh cannot be shown under a suffix, if that is so: their names would be those of services
/// within the cluster of a member, and gateways would take in every service there.
pub(super) fn refusal(cx: Context<'_>, mesh: &Mesh, members: &[MeshId], suffix: &Istr) -> Option<Rejection> {
    let ends = [format!("svc.{}.{suffix}", mesh.cluster), format!("vd.{suffix}")];
    let members = members.iter().filter_map(|id| cx.mesh(*id)).map(|member| &member.cluster);
    let clusters: BTreeSet<&Istr> = members.chain([&mesh.cluster]).filter(|it| !it.is_empty()).collect();
    clusters.into_iter().find_map(|cluster| {
        let domain = cx.cluster_domain(cluster);
        let own = format!("svc.{domain}");
        let end = ends.iter().find(|end| is_below(end, &own) || is_below(&own, end))?;
        let (suffix, names) = (suffix.clone(), format!("*.{end}"));
        Some(Rejection::SuffixLocal { suffix, names, cluster: cluster.clone(), domain })
    })
}

/// Whether a name is another one or ends with it.
fn is_below(name: &str, end: &str) -> bool {
    name.strip_suffix(end).is_some_and(|begin| begin.is_empty() || begin.ends_with('.'))
}

#[cfg(test)]
mod tests {
    use super::is_below;

    #[test]
    fn only_whole_labels_count() {
        for (name, end, expected) in [
            ("svc.cluster.local", "svc.cluster.local", true),
            ("svc.west.svc.cluster.local", "svc.cluster.local", true),
            ("mysvc.cluster.local", "svc.cluster.local", false),
            ("cluster.local", "svc.cluster.local", false),
        ] {
            assert_eq!(is_below(name, end), expected, "{name}");
        }
    }
}
