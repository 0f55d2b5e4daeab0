//! One unit of work: what a mesh needs as a whole.

use std::collections::BTreeSet;

use crate::Istr;
use crate::backend::Sink;
use crate::check::is_dns_name;
use crate::context::Context;
use crate::index::{Destination, Mesh, MeshId};
use crate::model::MeshView;
use crate::model::failover::Reach;
use crate::model::membership::Standing;
use crate::translator::written::Written;

/// Writes what a mesh needs as a whole. Of several revisions, one stands for all.
pub(super) fn write(cx: Context<'_>, id: MeshId) -> Option<Written> {
    let mesh = cx.mesh(id)?;
    if cx.revisions(mesh).first()?.id != id {
        return None;
    }
    let standing = cx.standing(id)?;
    let backend = cx.backend_for(mesh).filter(|_| mesh.lacks().is_none())?;
    let mut hosts = BTreeSet::new();
    let gateways = if let Some(entry) = &standing.entry {
        // The name of a cluster can be one that no host can have; then nothing of it is seen by others.
        let own = format!("svc.{}.{}", mesh.cluster, entry.suffix);
        if is_dns_name(&own) {
            hosts.insert(Istr::from(own));
        }
        for revision in cx.revisions(mesh) {
            let has_share = cx.failovers_in(revision.id).filter(|it| {
                let mut backings = it.backings.iter();
                backings.any(|backing| backing.mesh == revision.id && backing.reach == Reach::Gateways)
            });
            hosts.extend(has_share.map(|failover| Istr::from(format!("vd.{}", failover.suffix))));
        }
        cx.gateways(id)
    } else {
        &[]
    };
    let view = MeshView {
        mesh,
        virtual_mesh: &standing.virtual_mesh,
        gateways,
        hosts: hosts.into_iter().collect(),
        sees_others: sees_others(cx, mesh, standing),
        denies_by_default: standing.denies_by_default,
        ingress: if standing.denies_by_default { ingress(cx, id) } else { Vec::new() },
    };
    let mut sink = Sink::new(cx, vec![mesh.input.clone(), standing.virtual_mesh.clone()]);
    backend.mesh(cx, &view, &mut sink);
    Some(Written::new(sink, Vec::new()))
}

/// Whether clients of a mesh may see hosts of other clusters.
fn sees_others(cx: Context<'_>, mesh: &Mesh, standing: &Standing) -> bool {
    let has_failovers = |revision: &&Mesh| cx.failovers_in(revision.id).next().is_some();
    standing.members > 1 && (standing.shows || cx.revisions(mesh).iter().any(has_failovers))
}

/// Services that take traffic from outside of the mesh: the gateways for other clusters, and those that old
/// discoveries recorded.
fn ingress(cx: Context<'_>, id: MeshId) -> Vec<&Destination> {
    let Some(mesh) = cx.mesh(id) else { return Vec::new() };
    let mut ingress: Vec<&Destination> = Vec::new();
    ingress.extend(cx.gateways(id).iter().filter_map(|gateway| cx.destination(gateway.id)));
    for recorded in cx.revisions(mesh).into_iter().flat_map(Mesh::recorded_gateways) {
        let service = crate::api::ClusterObjectRef {
            name: recorded.name.clone(),
            namespace: recorded.namespace.clone(),
            cluster_name: mesh.cluster.clone(),
        };
        ingress.extend(cx.destination_of(&service));
    }
    ingress.sort_by(|a, b| a.key.cmp(&b.key));
    ingress.dedup_by_key(|destination| destination.id);
    ingress
}
