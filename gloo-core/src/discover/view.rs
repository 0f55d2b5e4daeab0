//! What detectors may ask about a cluster, and what they asked.

use std::cell::RefCell;
use std::collections::BTreeSet;

use crate::Istr;
use crate::api::IngressGatewayDetector;
use crate::discover::cluster::{Cluster, Members, most};
use crate::discover::detector::Member;
use crate::discover::naming::plain;
use crate::discover::resource::{ConfigMap, Controller, Name, Namespace, Node, Pod, Service, selects};
use crate::istr::Labels;

/// What detectors asked about pods and instances, which change all the time.
#[derive(Debug, Default)]
pub(super) struct Asked {
    /// Namespaces and selectors of pods.
    pods: RefCell<Vec<(Istr, Labels)>>,
    /// Services.
    services: RefCell<BTreeSet<Name>>,
}

impl Asked {
    /// Whether somebody asked for pods with such labels.
    pub fn about_pod(&self, namespace: &Istr, labels: &Labels) -> bool {
        self.pods.borrow().iter().any(|(of, selector)| of == namespace && selects(selector, labels))
    }

    /// Whether somebody asked for the instances behind a service.
    pub fn about_service(&self, service: &Name) -> bool {
        self.services.borrow().contains(service)
    }
}

/// What detectors may ask about a cluster.
#[derive(Clone, Copy, Debug)]
pub struct View<'a> {
    cluster: &'a Cluster,
    members: &'a Members,
    asked: &'a Asked,
}

impl<'a> View<'a> {
    pub(super) fn new(cluster: &'a Cluster, members: &'a Members, asked: &'a Asked) -> Self {
        Self { cluster, members, asked }
    }

    /// Its name.
    pub fn name(self) -> &'a Istr {
        &self.cluster.name
    }

    /// The name of a mesh that is found by an object, by which meshes are ordered.
    pub fn mesh_name(self, source: &Name) -> Istr {
        plain(source, &self.cluster.name, "")
    }

    /// The controllers that this detector, or another one, asked for by `reads_controller`, in the order of
    /// kinds and names.
    pub fn control_planes(self) -> impl Iterator<Item = &'a Controller> {
        self.cluster.read_controllers()
    }

    /// The distinct members of this kind of mesh.
    pub fn members(self) -> impl Iterator<Item = &'a Member> {
        self.members.keys()
    }

    /// A ConfigMap that this detector asked for by `reads_config_map`.
    pub fn config_map(self, name: &Name) -> Option<&'a ConfigMap> {
        self.cluster.config_maps.get(name)
    }

    /// All such ConfigMaps, in the order of names.
    pub fn config_maps(self) -> impl Iterator<Item = &'a ConfigMap> {
        self.cluster.config_maps.values()
    }

    /// All services, in the order of names.
    pub fn services(self) -> impl Iterator<Item = &'a Service> {
        self.cluster.services.values()
    }

    /// A namespace; `None` if it is not known, which does not mean that it is not there.
    pub fn namespace(self, name: &str) -> Option<&'a Namespace> {
        self.cluster.namespaces.get(name)
    }

    /// A node.
    pub fn node(self, name: &str) -> Option<&'a Node> {
        self.cluster.nodes.get(name)
    }

    /// Whether clients outside can reach some node of the cluster by an address that it tells.
    pub fn has_external_nodes(self) -> bool {
        self.cluster.has_external_nodes()
    }

    /// The region in which most nodes are; empty if none tells one.
    pub fn region(self) -> Istr {
        most(self.cluster.nodes.values().filter_map(|node| node.region.as_ref())).unwrap_or_default()
    }

    /// The pods of a namespace that a selector selects, in the order of names.
    pub fn pods_selected(self, namespace: &Istr, selector: &Labels) -> impl Iterator<Item = &'a Pod> {
        self.asked.pods.borrow_mut().push((namespace.clone(), selector.clone()));
        self.cluster.pods_selected(namespace, selector).into_iter().map(|known| &known.pod)
    }

    /// The number of a port of the instances behind a service, by the name that the service's port has.
    pub fn instance_port(self, service: &Name, port: &str) -> Option<u32> {
        self.asked.services.borrow_mut().insert(service.clone());
        let slices = self.cluster.slices_of(service).map(|slice| &slice.group);
        let endpoints = self.cluster.endpoints.get(service).into_iter().flat_map(|all| &all.groups);
        let mut ports = slices.chain(endpoints).flat_map(|group| &group.ports);
        ports.find(|candidate| *candidate.name == *port).map(|port| port.port)
    }

    /// How gateways are recognised, where the settings say so.
    pub fn gateway_detector(self) -> &'a IngressGatewayDetector {
        &self.cluster.gateway_detector
    }
}
