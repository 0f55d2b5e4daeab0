//! Brings destinations up to date.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::api;
use crate::id::{InputKind, InputRef};
use crate::index::destination::{Destination, DestinationId};
use crate::index::destinations::pod_label;
use crate::index::{Claim, Index, Touched};
use crate::reads::{Dirty, Question, Unit};
use crate::snapshot::Snapshot;

/// What remains to be done when all destinations are in place.
#[derive(Debug, Default)]
struct Rest {
    /// Those that must be posted.
    new: Vec<DestinationId>,
    /// Services that have lost a destination.
    left: BTreeSet<api::ClusterObjectRef>,
}

impl Index {
    pub(super) fn refresh_destinations(
        &mut self,
        snapshot: &Snapshot,
        touched: &Touched,
        dirty: &mut Dirty<'_>,
    ) {
        let mut rest = Rest::default();
        for (input, object) in touched.with(InputKind::Destination, &snapshot.destinations) {
            match object {
                Some(object) if is_service(object) => self.put_service(input, object, &mut rest, dirty),
                object => {
                    self.remove_service(input, &mut rest, dirty);
                    if self.destinations.put_external(input, object) || object.is_some() {
                        dirty.changed(Question::Externals);
                    }
                }
            }
        }
        self.destinations.settle();
        self.destinations.arena().sort(&mut rest.new);
        for id in &rest.new {
            self.destinations.post(*id);
            if let Some(destination) = self.destinations.find(*id) {
                changed(destination, dirty);
                let cluster = &destination.service.cluster_name;
                if self.destinations.in_cluster(cluster).len() == 1 {
                    dirty.changed(Question::Cluster(cluster));
                }
            }
        }
        self.reselect(rest, dirty);
    }

    /// Finds anew which policies select the destinations that changed, and those that share a service with them:
    /// of several destinations for one service, the first is the one that references mean.
    fn reselect(&mut self, rest: Rest, dirty: &mut Dirty<'_>) {
        for service in &rest.left {
            if self.destinations.in_cluster(&service.cluster_name).is_empty() {
                dirty.changed(Question::Cluster(&service.cluster_name));
            }
        }
        let mut others = BTreeSet::new();
        let services = rest.new.iter().filter_map(|id| self.destinations.find(*id)).map(|it| &it.service);
        for service in services.chain(&rest.left) {
            let sharing = self.destinations.all_of_service(service);
            if sharing.len() > 1 || rest.left.contains(service) {
                others.extend(sharing.iter().copied());
            }
        }
        for id in rest.new.into_iter().chain(others) {
            if let Some(destination) = self.destinations.find(id) {
                // What references mean may be another one now, which counts for the mesh of each of them.
                if let Some(mesh) = destination.mesh {
                    dirty.changed(Question::Services(mesh));
                }
                let is_first = self.destinations.is_first(destination);
                self.traffic.reselect(destination, is_first, &self.destinations);
                self.access.reselect(destination, is_first, &self.destinations);
                let exports = self.virtual_meshes.exports_mut();
                let before = exports.reselect(destination, is_first, &self.destinations);
                let after = exports.selecting(id);
                if before != after {
                    dirty.changed(Question::Exports(id));
                }
                let claims = match (before.is_empty(), after.is_empty()) {
                    (true, false) => Some(true),
                    (false, true) => Some(false),
                    _ => None,
                };
                let claim = claims.map(|claims| (Claim::of_service(&destination.service), claims));
                self.claims.extend(claim);
                let backings = &mut self.virtual_destinations.backings;
                let before = backings.reselect(destination, is_first, &self.destinations);
                let after = backings.selecting(id);
                if before != after {
                    for virtual_destination in before.iter().chain(after) {
                        dirty.changed(Question::Backings(*virtual_destination));
                    }
                }
                dirty.units.insert(Unit::Destination(id));
            }
        }
    }

    fn put_service(
        &mut self,
        input: &InputRef,
        object: &Arc<api::Destination>,
        rest: &mut Rest,
        dirty: &mut Dirty<'_>,
    ) {
        if self.destinations.put_external(input, None) {
            dirty.changed(Question::Externals);
        }
        let mesh = self.mesh_named(object.spec.mesh.as_ref());
        let domains = &self.cluster_domains;
        let (id, before) = self.destinations.put(input, object, mesh, domains);
        dirty.units.insert(Unit::Destination(id));
        let Some(after) = self.destinations.find(id) else {
            return;
        };
        self.traffic.note_applied(before.as_ref(), Some(after), dirty);
        self.access.note_applied(before.as_ref(), Some(after), dirty);
        let Some(before) = before else {
            rest.new.push(id);
            return;
        };
        if before.endpoints() != after.endpoints() {
            dirty.changed(Question::Endpoints(id));
        }
        if before.entrance() != after.entrance() {
            dirty.changed(Question::Entrance(id));
        }
        if !before.looks_like(after) {
            // The address goes with the name of the service.
            if before.service != after.service && !self.virtual_meshes.exporting(id).is_empty() {
                self.claims.push((Claim::of_service(&before.service), false));
                self.claims.push((Claim::of_service(&after.service), true));
            }
            rest.left.insert(before.service.clone());
            rest.new.push(id);
            changed(&before, dirty);
            self.destinations.unpost(&before);
        }
    }

    fn remove_service(&mut self, input: &InputRef, rest: &mut Rest, dirty: &mut Dirty<'_>) {
        let id = self.destinations.arena().id_of(input);
        let Some(before) = id.and_then(|id| self.destinations.remove(id)) else {
            return;
        };
        self.traffic.note_applied(Some(&before), None, dirty);
        self.access.note_applied(Some(&before), None, dirty);
        self.traffic.deselect(before.id);
        self.access.deselect(before.id);
        if !self.virtual_meshes.exports_mut().deselect(before.id).is_empty() {
            self.claims.push((Claim::of_service(&before.service), false));
            dirty.changed(Question::Exports(before.id));
        }
        for virtual_destination in self.virtual_destinations.backings.deselect(before.id) {
            dirty.changed(Question::Backings(virtual_destination));
        }
        changed(&before, dirty);
        dirty.units.insert(Unit::Destination(before.id));
        rest.left.insert(before.service);
    }
}

fn is_service(object: &Arc<api::Destination>) -> bool {
    object.spec.kube_service.as_ref().is_some_and(|service| service.reference.is_some())
}

/// A destination that is new, gone, or looks different: told as it was and as it is.
fn changed(destination: &Destination, dirty: &mut Dirty<'_>) {
    dirty.changed(Question::Destination(destination.id));
    dirty.changed(Question::MeshOf(destination.id));
    dirty.changed(Question::Endpoints(destination.id));
    dirty.changed(Question::Entrance(destination.id));
    let InputRef { namespace, name, .. } = &destination.input;
    dirty.changed(Question::DestinationNamed(namespace, name));
    if let Some(mesh) = destination.mesh {
        dirty.changed(Question::Services(mesh));
        if destination.may_be_gateway() {
            dirty.changed(Question::GatewayCandidates(mesh));
        }
    }
    dirty.changed(Question::Service(&destination.service));
    if let Some((cluster, namespace, key, value)) = &pod_label(destination) {
        dirty.changed(Question::Pods(cluster, namespace, key, value));
    }
}
