//! Finds the destinations behind a virtual destination, and the port of each.

use super::{LOCALIZED, Reader, STATIC};
use crate::Istr;
use crate::backend::Objection;
use crate::index::{Destination, Mesh};
use crate::model::failover::{Backing, Failover, FailoverOrder};

impl<'a> Reader<'a> {
    /// What is behind it: destinations of the same virtual mesh that have the port.
    pub(super) fn backings(&mut self, failover: &Failover, clients: &[&Mesh]) -> Vec<Backing> {
        let is_static = failover.order == FailoverOrder::Static;
        let mut backings: Vec<Backing> = Vec::new();
        for destination in self.candidates() {
            let Some(mesh) = self.cx.mesh_of(destination) else { continue };
            let membership = self.cx.membership(mesh.id);
            let belongs = match &failover.virtual_mesh {
                Some(virtual_mesh) => membership.is_some_and(|it| it.virtual_mesh == *virtual_mesh),
                None => clients.iter().any(|client| client.id == mesh.id || client.is_revision_of(mesh)),
            };
            let same_kind = clients.iter().any(|client| client.platform == mesh.platform);
            if !belongs || !same_kind || mesh.backend.is_none() {
                self.outside(destination, is_static);
                continue;
            }
            let Some(port_label) = self.port_of(destination, failover.port) else { continue };
            if !is_static && self.is_second(destination, &backings) {
                continue;
            }
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
                is_reachable: failover.flat_network || membership.is_some_and(|it| !it.gateways.is_empty()),
            });
        }
        backings
    }

    /// The destinations that are named, in order, or selected, in the order of keys.
    fn candidates(&mut self) -> Vec<&'a Destination> {
        let Some(list) = &self.spec.static_destinations else {
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

    /// A destination that does not belong to the meshes concerned.
    fn outside(&mut self, destination: &Destination, is_static: bool) {
        let note = format!("{} is not in a mesh that belongs to those that see it", destination.input);
        if is_static {
            self.checks.invalid(STATIC, note, "destinations of the same virtual mesh");
        } else {
            self.checks.unwise(LOCALIZED, format!("{note}; it is left out"));
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

    fn is_second(&mut self, destination: &Destination, backings: &[Backing]) -> bool {
        let cluster = &destination.service.cluster_name;
        let first = backings.iter().find(|backing| backing.cluster == *cluster);
        if let Some(first) = first {
            let found = format!(
                "more than one destination in cluster {cluster}: {}, {}",
                first.input, destination.input
            );
            self.checks.invalid(LOCALIZED, found, "at most one destination in each cluster");
        }
        first.is_some()
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
