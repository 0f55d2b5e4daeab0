//! Finds the destinations behind a virtual destination, and the port of each.

use std::collections::{BTreeMap, BTreeSet};

use super::{LOCALIZED, Reader, STATIC};
use crate::Istr;
use crate::backend::Objection;
use crate::id::InputRef;
use crate::index::{Destination, Mesh};
use crate::model::Membership;
use crate::model::failover::{Backing, Failover, FailoverOrder, Reach};
use crate::resolve::selector;

impl<'a> Reader<'a> {
    /// What is behind it: destinations of the same virtual mesh that have the port.
    pub(super) fn backings(&mut self, failover: &Failover, clients: &[&Mesh]) -> Vec<Backing> {
        let is_static = failover.order == FailoverOrder::Static;
        let mut backings: Vec<Backing> = Vec::new();
        for destination in self.candidates() {
            let mesh = match self.home(destination, failover, clients) {
                Ok(mesh) => mesh,
                Err(reason) => {
                    self.outside(destination, reason, is_static);
                    continue;
                }
            };
            let Some(port_label) = self.port_of(destination, failover.port) else { continue };
            if !self.takes_connections(destination) {
                continue;
            }
            backings.push(Backing {
                destination: destination.id,
                input: destination.input.clone(),
                mesh: mesh.id,
                cluster: destination.service.cluster_name.clone(),
                region: destination.region().unwrap_or(&mesh.region).clone(),
                port_label,
                reach: reach(self.cx.membership(mesh.id)),
            });
        }
        if !is_static {
            self.keep_one_in_each_cluster(&mut backings);
        }
        backings
    }

    /// Of several in a cluster the one stays that was behind it before. If none was, nobody knows which is meant.
    fn keep_one_in_each_cluster(&mut self, backings: &mut Vec<Backing>) {
        let mut clusters: BTreeMap<Istr, Vec<InputRef>> = BTreeMap::new();
        for backing in &*backings {
            clusters.entry(backing.cluster.clone()).or_default().push(backing.input.clone());
        }
        let status = self.it.object.as_ref().and_then(|object| object.status.as_ref());
        let before = status.into_iter().flat_map(|status| &status.selected_destinations);
        let before: BTreeSet<(&Istr, &Istr)> =
            before.filter_map(|it| it.reference.as_ref().map(|it| (&it.namespace, &it.name))).collect();
        for (cluster, several) in clusters.into_iter().filter(|(_, several)| several.len() > 1) {
            let mut known = several.iter().filter(|it| before.contains(&(&it.namespace, &it.name)));
            let kept = known.next().filter(|_| known.next().is_none());
            let outcome = kept.map_or_else(|| "none is taken".to_owned(), |kept| format!("{kept} stays"));
            let names: Vec<String> = several.iter().map(ToString::to_string).collect();
            let names = names.join(", ");
            let found = format!("more than one destination in cluster {cluster} ({names}; {outcome})");
            self.checks.invalid(LOCALIZED, found, "at most one destination in each cluster");
            backings.retain(|backing| backing.cluster != cluster || Some(&backing.input) == kept);
        }
    }

    /// The destinations that are named, in order, or selected, in the order of keys.
    fn candidates(&mut self) -> Vec<&'a Destination> {
        let Some(list) = &self.spec.static_destinations else {
            let selectors = self.spec.localized.as_ref().map(|it| it.destination_selectors.as_slice());
            selector::check(self.cx, selectors.unwrap_or_default(), LOCALIZED, &mut self.checks);
            return self.cx.backings_of(self.it.id).collect();
        };
        let mut candidates: Vec<&Destination> = Vec::new();
        for (position, backing) in list.destinations.iter().enumerate() {
            let field = format!("{STATIC}[{position}].kubeService");
            let Some(service) = &backing.kube_service else {
                self.checks.invalid(field, "not given", "a service");
                continue;
            };
            if let Some(rejection) = crate::index::bad_ref(self.cx, field.clone(), service) {
                self.checks.reject(rejection);
            } else if let Some(destination) = self.cx.destination_of(service) {
                if candidates.iter().any(|other| other.id == destination.id) {
                    self.checks.no_effect(field, ": the service is listed before");
                } else {
                    candidates.push(destination);
                }
            }
        }
        candidates
    }

    /// The mesh of a destination, or why no client of the meshes concerned can use the destination.
    fn home(
        &self,
        destination: &Destination,
        failover: &Failover,
        clients: &[&Mesh],
    ) -> Result<&'a Mesh, String> {
        let Some(mesh) = self.cx.mesh_of(destination) else {
            return Err("is in no mesh that is known".to_owned());
        };
        let belongs = match &failover.virtual_mesh {
            Some(virtual_mesh) => {
                self.cx.membership(mesh.id).is_some_and(|it| it.virtual_mesh == *virtual_mesh)
            }
            None => clients.iter().any(|client| client.id == mesh.id || client.is_revision_of(mesh)),
        };
        if !belongs {
            Err("is not in a mesh that belongs to those that see it".to_owned())
        } else if mesh.backend.is_none() {
            Err(format!("is in {}, and mesh type {} is not supported", mesh.input, mesh.platform.word()))
        } else if !clients.iter().any(|client| client.platform == mesh.platform) {
            Err(format!("is in {}, which is of another kind than those that see it", mesh.input))
        } else {
            Ok(mesh)
        }
    }

    /// A destination that no client can use.
    fn outside(&mut self, destination: &Destination, reason: String, is_static: bool) {
        if is_static {
            let value = format!("{}, which {reason}", destination.input);
            self.checks.invalid(STATIC, value, "destinations that its clients can use");
        } else {
            self.checks.unwise(LOCALIZED, format!("{} {reason}; it is left out", destination.input));
        }
    }

    /// Whether pods of a destination take connections as proxies make them; if not, it is left out.
    fn takes_connections(&mut self, destination: &Destination) -> bool {
        let backend = self.cx.backend_of(destination);
        let errors = self.checks.errors.len();
        for objection in backend.into_iter().flat_map(|it| it.exposure_objections(self.cx, destination)) {
            match objection {
                Objection::Reject(rejection) => self.checks.reject(rejection),
                Objection::Warn(warning) | Objection::Note(warning) => self.checks.warn(warning),
            }
        }
        self.checks.errors.len() == errors
    }

    /// The port behind the port of the virtual destination.
    fn port_of(&mut self, destination: &Destination, number: u32) -> Option<Istr> {
        let port = self.spec.port.as_ref()?;
        // All that a virtual destination can speak runs over TCP.
        let mut ports = destination.ports.iter().filter(|port| !port.is_udp());
        let found = if let Some(name) = port.target_name.as_ref().filter(|name| !name.is_empty()) {
            ports.find(|port| port.name == *name)
        } else if let Some(target) = port.target_number.filter(|target| *target != 0) {
            ports.find(|port| port.number == target)
        } else {
            let mut others = ports.clone();
            let only = others.next().filter(|_| others.next().is_none());
            ports.find(|port| port.number == number).or(only)
        };
        if found.is_none() {
            let value = format!("without match at {}", destination.input);
            self.checks.invalid(
                "spec.port",
                value,
                "a port that every destination has; set targetName or targetNumber",
            );
        }
        found.map(|port| port.label.clone())
    }
}

/// How clients of other clusters get into a mesh, by what is in force there.
fn reach(membership: Option<&Membership>) -> Reach {
    let Some(membership) = membership else { return Reach::Nothing };
    if membership.federation.as_ref().is_some_and(|federation| federation.flat_network) {
        Reach::Pods
    } else if membership.gateways.is_empty() {
        Reach::Nothing
    } else {
        Reach::Gateways
    }
}
