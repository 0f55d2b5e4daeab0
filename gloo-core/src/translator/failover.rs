//! One unit of work: what a virtual destination needs in the cluster of one mesh.

use core::net::Ipv4Addr;
use std::collections::BTreeSet;

use crate::Istr;
use crate::backend::Sink;
use crate::context::Context;
use crate::id::InputRef;
use crate::index::{Claim, Index, MeshId, VirtualDestinationId};
use crate::model::exposure::{Endpoint, EndpointSort};
use crate::model::failover::{
    Backing, ClientSide, Failover, FailoverClient, FailoverOrder, FailoverOutlier, FailoverView, Reach,
    ServerSide,
};
use crate::model::route::TargetId;
use crate::model::{Subset, traffic::Outlier};
use crate::reads::Question;
use crate::rejection::Warning;
use crate::resolve::failover::NOT_ALL;
use crate::resolve::{Demands, exposure};
use crate::translator::outcome;
use crate::translator::written::Written;

/// Writes what a virtual destination needs in the cluster of a mesh.
pub(super) fn write(
    cx: Context<'_>,
    index: &Index,
    demands: &Demands,
    id: VirtualDestinationId,
    mesh_id: MeshId,
) -> Option<Written> {
    let mesh = cx.mesh(mesh_id)?;
    let failover = cx.failover(id)?;
    let backend = cx.backend_for(mesh)?;
    let target = TargetId::VirtualDestination(id);
    cx.note_subsets(target);
    let mut remarks = Vec::new();
    let client = failover.clients.iter().find(|client| client.mesh == mesh_id).map(|client| {
        let subsets = demands.subsets(target, &mesh.cluster);
        client_side(cx, index, failover, client, subsets, &mut remarks)
    });
    // Revisions of one mesh share a cluster; the first that has a share writes it.
    let backing = failover.backings.iter().find(|backing| backing.cluster == mesh.cluster);
    let backing = backing.filter(|it| it.mesh == mesh_id && it.reach == Reach::Gateways);
    let reached = failover.clients.iter().any(|client| client.cluster != mesh.cluster);
    let input = &failover.input;
    let server = backing.filter(|_| reached).map(|_| {
        let (address, name) = place(cx, &Claim::of_share(input), (input, "its shares"), &mut remarks);
        ServerSide {
            name,
            address,
            endpoints: share(cx, failover, &mesh.cluster, &mut remarks),
            gateways: cx.gateways(mesh_id),
            subsets: demands.subsets_where(target, |cluster| *cluster != *mesh.cluster),
        }
    });
    let view = FailoverView { failover, mesh, client, server };
    let mut sources = vec![input.clone()];
    sources.extend(failover.virtual_mesh.clone());
    let mut sink = Sink::new(cx, sources);
    backend.failover(cx, &view, &mut sink);
    Some(Written::new(sink, remarks))
}

/// The address and the name of objects for one of the host names of a virtual destination.
fn place(
    cx: Context<'_>,
    claim: &Claim,
    (input, of): (&InputRef, &str),
    remarks: &mut Vec<Warning>,
) -> (Ipv4Addr, Istr) {
    if cx.is_displaced(claim) {
        let note = format!(
            "the address that follows from the name of {of} stands for another name already; it gets another one"
        );
        remarks.push(Warning::Unwise { field: input.to_string(), note });
    }
    (cx.address(claim), cx.name_of(claim))
}

fn client_side<'a>(
    cx: Context<'a>,
    index: &'a Index,
    failover: &'a Failover,
    client: &FailoverClient,
    subsets: Vec<Subset<'a>>,
    remarks: &mut Vec<Warning>,
) -> ClientSide<'a> {
    let ranks = ranks(failover, &client.region);
    let keys: BTreeSet<&Istr> =
        subsets.iter().flat_map(|subset| subset.labels.iter().map(|(key, _)| key)).collect();
    let mut endpoints = endpoints(cx, failover, client, (&ranks, &keys), remarks);
    limit(&mut endpoints, &client.cluster, remarks);
    if endpoints.is_empty() {
        let note = format!("no ready instance is reached from {}, so clients there get 503", client.cluster);
        remarks.push(Warning::Unwise { field: failover.input.to_string(), note });
    }
    let mut outlier_policies = Vec::new();
    let mut outlier = None;
    if is_single_gateway(&endpoints) {
        // A gateway is a single instance to its clients: leaving it out would cut off everything behind it.
        let note =
            format!("clients in {} reach it at a single address, which is never left out", client.cluster);
        remarks.push(Warning::Unwise { field: failover.input.to_string(), note });
    } else {
        outlier = failover.outlier.or_else(|| {
            let (outlier, policies) = outlier_of_backings(cx, index, failover, remarks);
            outlier_policies = policies;
            Some(outlier)
        });
    }
    let input = &failover.input;
    let (address, name) = place(cx, &Claim::of_virtual_destination(input), (input, "it"), remarks);
    ClientSide {
        name,
        address,
        endpoints,
        last_rank: ranks.last,
        next_region: ranks.next,
        outlier,
        outlier_policies,
        subsets,
    }
}

/// Where connections of clients go, in the order of ranks.
fn endpoints(
    cx: Context<'_>,
    failover: &Failover,
    client: &FailoverClient,
    (ranks, keys): (&Ranks, &BTreeSet<&Istr>),
    remarks: &mut Vec<Warning>,
) -> Vec<(u32, Endpoint)> {
    let mut ranked: Vec<(u32, &Backing)> = Vec::with_capacity(failover.backings.len());
    for backing in &failover.backings {
        if let Some(rank) = ranks.rank(failover, backing) {
            ranked.push((rank, backing));
        } else if backing.cluster == client.cluster {
            let note = format!(
                "{} is left out for clients of its own cluster: its region is {:?}, and the directive for their \
                 region {} does not name that",
                backing.input, &*backing.region, client.region
            );
            let field = "spec.localized.failoverDirectives".to_owned();
            remarks.push(Warning::Unwise { field, note });
        }
    }
    ranked.sort_by_key(|(rank, backing)| {
        // Without ranks the own cluster comes first, for people to read, and where not all can be written.
        (*rank, ranks.last.is_none() && backing.cluster != client.cluster)
    });
    let mut endpoints: Vec<(u32, Endpoint)> = Vec::new();
    for (rank, backing) in ranked {
        let before = endpoints.len();
        let reached = reach(cx, failover, backing, client, keys, remarks);
        let count = reached.len();
        for endpoint in reached {
            // Gateways know what is behind them by one name, so what they have been given stands for all of it.
            let is_known = |(_, other): &(u32, Endpoint)| {
                (&other.address, &other.ports, &other.labels)
                    == (&endpoint.address, &endpoint.ports, &endpoint.labels)
            };
            if endpoint.sort == EndpointSort::Pod || !endpoints.iter().take(before).any(is_known) {
                endpoints.push((rank, endpoint));
            }
        }
        if endpoints.len() < before + count {
            let note = format!(
                "clients of other clusters do not tell {} from what comes before it in {}",
                backing.input, backing.cluster
            );
            remarks.push(Warning::Unwise { field: "spec.static.destinations".to_owned(), note });
        }
    }
    endpoints
}

/// Most endpoints that one host can have.
const MOST_ENDPOINTS: usize = 4096;

/// Leaves out what one host cannot hold, from the end: the last ranks first.
fn limit<T>(endpoints: &mut Vec<T>, cluster: &str, remarks: &mut Vec<Warning>) {
    if endpoints.len() > MOST_ENDPOINTS {
        let note = format!(
            "{} endpoints in {cluster} are more than one host can have; the last {} are left out",
            endpoints.len(),
            endpoints.len() - MOST_ENDPOINTS
        );
        endpoints.truncate(MOST_ENDPOINTS);
        remarks.push(Warning::Unwise { field: "spec".to_owned(), note });
    }
}

/// Whether all connections go to one address of a gateway.
fn is_single_gateway(endpoints: &[(u32, Endpoint)]) -> bool {
    let Some((_, first)) = endpoints.first() else { return false };
    let is_it = |(_, it): &(u32, Endpoint)| it.sort == EndpointSort::Gateway && it.address == first.address;
    endpoints.iter().all(is_it)
}

/// The order in which the clients of one region try destinations.
struct Ranks {
    /// Regions in order, where a directive says so.
    regions: Option<Vec<Istr>>,
    last: Option<u32>,
    next: Option<(Istr, Istr)>,
}

fn ranks(failover: &Failover, region: &Istr) -> Ranks {
    let last = |count: usize| u32::try_from(count.saturating_sub(1)).ok().filter(|last| *last > 0);
    match &failover.order {
        FailoverOrder::Static => Ranks { regions: None, last: last(failover.backings.len()), next: None },
        FailoverOrder::Localized(directives) => {
            let directive = directives.iter().find(|(from, _)| from == region && !region.is_empty());
            let Some((from, to)) = directive else {
                return Ranks { regions: None, last: None, next: None };
            };
            let regions: Vec<Istr> = std::iter::once(from).chain(to).cloned().collect();
            let next = to.first().map(|to| (from.clone(), to.clone()));
            Ranks { last: last(regions.len()), regions: Some(regions), next }
        }
    }
}

impl Ranks {
    /// The rank of a destination; none if it is not tried at all.
    fn rank(&self, failover: &Failover, backing: &Backing) -> Option<u32> {
        let position = match (&self.regions, &failover.order) {
            (Some(regions), _) => regions.iter().position(|region| *region == backing.region)?,
            (None, FailoverOrder::Static) => failover.backings.iter().position(|it| it == backing)?,
            (None, FailoverOrder::Localized(_)) => 0,
        };
        u32::try_from(position).ok()
    }
}

/// Where the clients of a cluster reach a destination.
fn reach(
    cx: Context<'_>,
    failover: &Failover,
    backing: &Backing,
    client: &FailoverClient,
    keys: &BTreeSet<&Istr>,
    remarks: &mut Vec<Warning>,
) -> Vec<Endpoint> {
    let Some(destination) = cx.destination(backing.destination) else { return Vec::new() };
    if backing.cluster == client.cluster || backing.reach == Reach::Pods {
        return ports_as(
            failover,
            &backing.port_label,
            exposure::pods(cx, destination, &backing.region, remarks),
        );
    }
    if backing.reach == Reach::Nothing {
        return Vec::new();
    }
    let gateways = cx.gateways(backing.mesh);
    for gateway in gateways.iter().filter(|gateway| gateway.addresses.is_empty()) {
        remarks.push(Warning::GatewayWaiting { gateway: gateway.input.clone() });
    }
    let classes = exposure::classes(cx, destination, keys);
    let label: Istr = label(failover);
    exposure::through_gateways(gateways, &classes, &[&label], &backing.region)
}

/// The name of the only port of a virtual destination.
fn label(failover: &Failover) -> Istr {
    failover.protocol.word().to_ascii_lowercase().into()
}

/// Pods with one port, under the name that the virtual destination gives it.
fn ports_as(failover: &Failover, port_label: &Istr, pods: Vec<Endpoint>) -> Vec<Endpoint> {
    let label = label(failover);
    let pods = pods.into_iter().map(|mut pod| {
        pod.ports = pod
            .ports
            .iter()
            .filter(|(port, _)| port == port_label)
            .map(|(_, number)| (label.clone(), *number))
            .collect();
        pod
    });
    pods.filter(|pod| !pod.ports.is_empty() && pod.sort == EndpointSort::Pod).collect()
}

/// The instances of one cluster.
fn share(cx: Context<'_>, failover: &Failover, cluster: &Istr, remarks: &mut Vec<Warning>) -> Vec<Endpoint> {
    let mut endpoints = Vec::new();
    for backing in failover.backings.iter().filter(|backing| backing.cluster == *cluster) {
        if let Some(destination) = cx.destination(backing.destination) {
            let pods = exposure::pods(cx, destination, &backing.region, remarks);
            endpoints.extend(ports_as(failover, &backing.port_label, pods));
        }
    }
    limit(&mut endpoints, cluster, remarks);
    endpoints
}

/// When an instance counts as failed, where the virtual destination does not say it: as a policy on the first
/// destination says that has one.
fn outlier_of_backings(
    cx: Context<'_>,
    index: &Index,
    failover: &Failover,
    remarks: &mut Vec<Warning>,
) -> (FailoverOutlier, Vec<InputRef>) {
    for backing in &failover.backings {
        cx.note(Question::Decision(backing.destination));
        let decision = outcome::decide(cx, index, backing.destination);
        let home = decision.as_ref().and_then(|decision| decision.resolved.views.first());
        if let Some(claimed) = home.and_then(|view| view.traffic.outlier.as_ref()) {
            let Outlier { consecutive_errors, interval, base_ejection_time, max_ejection_percent } =
                *claimed.value;
            let policies: Vec<InputRef> = claimed.policies().cloned().collect();
            if max_ejection_percent < 100 {
                let field = "spec.static".to_owned();
                let by = policies.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
                let note = format!("maxEjectionPercent of {by} is {NOT_ALL}");
                remarks.push(Warning::Unwise { field, note });
            }
            let outlier = FailoverOutlier {
                gateway_errors: None,
                consecutive_errors,
                interval,
                base_ejection_time,
                max_ejection_percent,
            };
            return (outlier, policies);
        }
    }
    let note = "no policy sets outlierDetection on any destination behind it, so defaults decide when one has failed";
    remarks.push(Warning::Unwise { field: "spec.static".to_owned(), note: note.to_owned() });
    (FailoverOutlier::default(), Vec::new())
}
