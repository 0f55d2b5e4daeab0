//! Kinds of which nothing is there although other objects tell that there must be something: often somebody who dumps a
//! cluster leaves a kind out, or may not read it.

use crate::discover::cluster::Cluster;
use crate::discover::diagnostic::{Code, Diagnostic};

/// The remarks about a cluster, one for each kind.
pub(super) fn remarks(cluster: &Cluster) -> impl Iterator<Item = Diagnostic> + '_ {
    let groups = cluster.slices.values().map(|slice| &slice.group);
    let groups = groups.chain(cluster.endpoints.values().flat_map(|endpoints| &endpoints.groups));
    let mut instances = groups.flat_map(|group| &group.instances);
    let mut pods = cluster.pods.values();
    let lacks = [
        (
            cluster.pods.is_empty() && instances.any(|instance| instance.pod.is_some()),
            "no Pod is there, but instances of services are Pods: who has a proxy is only guessed from what \
             injection says",
        ),
        (
            cluster.nodes.is_empty() && pods.any(|known| !known.pod.node.is_empty()),
            "no Node is there, but Pods run on some: regions and zones are not known",
        ),
        (
            cluster.namespaces.is_empty() && !cluster.controllers.is_empty(),
            "no Namespace is there, but objects lie in some: who gets a proxy, and which waypoints services use, is \
             known only as far as the objects say it themselves",
        ),
        (
            cluster.services.is_empty() && !cluster.controllers.is_empty(),
            "no Service is there, and every cluster has some: without them there are no destinations",
        ),
    ];
    let lacking = lacks.into_iter().filter(|(is_lacking, _)| *is_lacking);
    lacking.map(|(_, message)| {
        Diagnostic::new(&cluster.name, Code::RbacMissing, String::new(), message.to_owned())
    })
}
