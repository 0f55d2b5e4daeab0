//! A few lines that say how large a world is and what came of it.

use std::collections::{BTreeMap, BTreeSet};

use gloo_core::Translation;
use gloo_core::id::InputKind;
use gloo_core::report::{Report, Status};
use gloo_core::snapshot::Snapshot;

use crate::render::Output;
use crate::world::World;
use crate::world::discovery::{Discovered, Found as _, Source};

/// Every cluster that the world knows, by name.
pub fn clusters(world: &World, translation: &Translation) -> Vec<String> {
    let snapshot = &world.snapshot;
    let registered = snapshot.clusters.keys().map(|input| &*input.name);
    let destinations = snapshot.destinations.values().filter_map(|destination| {
        let service = destination.spec.kube_service.as_ref()?;
        Some(&*service.reference.as_ref()?.cluster_name)
    });
    let workloads = snapshot.workloads.values().filter_map(|workload| {
        let workload = workload.spec.kubernetes.as_ref()?;
        Some(&*workload.controller.as_ref()?.cluster_name)
    });
    let installed = snapshot.meshes.values().filter_map(|mesh| {
        let istio = mesh.spec.istio.as_ref().and_then(|istio| istio.installation.as_ref());
        let linkerd = mesh.spec.linkerd.as_ref().and_then(|linkerd| linkerd.installation.as_ref());
        istio.or(linkerd).map(|installation| &*installation.cluster)
    });
    let raw = snapshot.raw.keys().map(|raw| &*raw.cluster);
    let looked_at = world.discovered.clusters.keys().map(|cluster| &**cluster);
    let written = translation.outputs.iter().map(|object| &*object.id.cluster);
    let all: BTreeSet<&str> = registered
        .chain(destinations)
        .chain(workloads)
        .chain(installed)
        .chain(raw)
        .chain(looked_at)
        .chain(written)
        .collect();
    all.into_iter().filter(|cluster| !cluster.is_empty()).map(str::to_owned).collect()
}

/// How large the world is.
pub fn world(snapshot: &Snapshot, clusters: &[String]) -> String {
    let broken = |kinds: &[InputKind]| snapshot.broken.keys().filter(|it| kinds.contains(&it.kind)).count();
    let policies = snapshot.traffic_policies.len()
        + snapshot.access_policies.len()
        + broken(&[InputKind::TrafficPolicy, InputKind::AccessPolicy]);
    let virtual_meshes = snapshot.virtual_meshes.len() + broken(&[InputKind::VirtualMesh]);
    let counts = [
        (clusters.len(), "cluster", "clusters"),
        (snapshot.meshes.len(), "mesh", "meshes"),
        (snapshot.workloads.len(), "workload", "workloads"),
        (snapshot.destinations.len(), "destination", "destinations"),
        (policies, "policy", "policies"),
        (virtual_meshes, "virtual mesh", "virtual meshes"),
    ];
    let counts: Vec<String> = counts.iter().map(|(count, one, many)| counted(*count, one, many)).collect();
    format!("world: {}", counts.join(", "))
}

/// What the world has from the objects of clusters; nothing if everything is given.
pub fn discovery(discovered: &Discovered) -> Option<String> {
    let used: Vec<_> = discovered.clusters.iter().filter(|(_, it)| it.source == Source::Found).collect();
    let is_used = |cluster: &str| used.iter().any(|(name, _)| ***name == *cluster);
    let counts = [
        (discovered.meshes.iter().filter(|it| is_used(it.cluster())).count(), "mesh", "meshes"),
        (discovered.workloads.iter().filter(|it| is_used(it.cluster())).count(), "workload", "workloads"),
        (
            discovered.destinations.iter().filter(|it| is_used(it.cluster())).count(),
            "destination",
            "destinations",
        ),
    ];
    let counts: Vec<String> = counts.iter().map(|(count, one, many)| counted(*count, one, many)).collect();
    let objects = counted(used.iter().map(|(_, cluster)| cluster.objects).sum(), "object", "objects");
    let clusters = counted(used.len(), "cluster", "clusters");
    (!used.is_empty()).then(|| format!("discovered: {} in {objects} of {clusters}", counts.join(", ")))
}

/// How much of the world is seen across clusters; nothing if no mesh belongs to a virtual mesh.
pub fn federation(report: &Report) -> Option<String> {
    let (mut meshes, mut services, mut views, mut failovers) = (0, 0, 0, 0);
    for status in report.statuses.values() {
        match status {
            Status::Mesh(status) => meshes += usize::from(status.applied_virtual_mesh.is_some()),
            Status::Destination(status) => {
                if let Some(applied) = &status.applied_federation {
                    services += 1;
                    views += applied.federated_to_meshes.len();
                }
            }
            Status::VirtualDestination(status) => {
                failovers += usize::from(!status.selected_destinations.is_empty());
            }
            _ => (),
        }
    }
    let counts = [
        counted(meshes, "mesh", "meshes"),
        counted(services, "federated service", "federated services"),
        counted(views, "view from another mesh", "views from other meshes"),
        counted(failovers, "virtual destination", "virtual destinations"),
    ];
    (meshes > 0 || failovers > 0).then(|| format!("federation: {}", counts.join(", ")))
}

/// How many objects there are of each kind, by plural and singular; with the rank by which kinds are ordered.
type Kinds<'a> = BTreeMap<(&'a str, &'a str), (u8, usize)>;

/// What each cluster gets, one line for each.
pub fn objects<'a>(outputs: impl IntoIterator<Item = &'a Output>) -> Vec<String> {
    let mut clusters: BTreeMap<&str, Kinds<'_>> = BTreeMap::new();
    for output in outputs {
        let kinds = clusters.entry(&output.rendered.id.cluster).or_default();
        let (rank, count) =
            kinds.entry((output.kind.plural, output.kind.kind)).or_insert((output.kind.rank, 0));
        *rank = output.kind.rank.min(*rank);
        *count += 1;
    }
    let line = |(cluster, kinds): (&str, Kinds<'_>)| {
        let total = counted(kinds.values().map(|(_, count)| count).sum(), "object", "objects");
        let mut kinds: Vec<_> = kinds.into_iter().collect();
        kinds.sort_by_key(|(_, (rank, _))| *rank);
        let kind = |((plural, kind), (_, count)): &((&str, &str), (u8, usize))| {
            counted(*count, &kind.to_ascii_lowercase(), plural)
        };
        let kinds: Vec<String> = kinds.iter().map(kind).collect();
        format!("{cluster}: {total} ({})", kinds.join(", "))
    };
    clusters.into_iter().map(line).collect()
}

/// How the policies ended; nothing if there are none.
pub fn statuses(report: &Report) -> Option<String> {
    let mut total = [0; 4];
    for counts in report.policy_states().values() {
        for (sum, count) in total.iter_mut().zip(counts) {
            *sum += count;
        }
    }
    let [failed, invalid, pending, accepted] = total;
    let states = [(accepted, "accepted"), (invalid, "invalid"), (pending, "pending"), (failed, "failed")];
    let states: Vec<String> = states
        .iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, state)| format!("{count} {state}"))
        .collect();
    (!states.is_empty()).then(|| format!("statuses: {}", states.join(", ")))
}

/// Whether a policy is not in force as it is written.
pub fn is_any_refused(report: &Report) -> bool {
    report.policy_states().values().any(|[failed, invalid, ..]| failed + invalid > 0)
}

/// A number with its noun.
pub fn counted(count: usize, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}
