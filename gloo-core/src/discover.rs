//! Finds meshes, workloads and destinations in the objects of clusters, so that nobody has to write them down.
//!
//! [`Discovery`] stands before a [`Translator`](crate::Translator): it takes the objects of clusters out of a stream of
//! changes, and puts what it finds in their place. Everything else passes. What a kind of mesh looks like is told by a
//! [`Detector`], which lives in the crate of its backend.
//!
//! Of each cluster these kinds are read; others pass. No Secret is needed, and `get`, `list` and `watch` are all the rights.
//!
//! | kind | tells | without it |
//! |---|---|---|
//! | Deployment, DaemonSet, StatefulSet | control planes; workloads and their service accounts | no workloads, and no services in front of them |
//! | Pod | who takes part in which mesh | only what injection says about pods that are yet to be made |
//! | ReplicaSet | which Deployment a Pod belongs to | as without those Pods, with a remark for each |
//! | Service | destinations, gateways | no destinations |
//! | EndpointSlice, or Endpoints | instances of a service, with their zones | destinations without instances, with a remark |
//! | Node | regions and zones; addresses of gateways behind node ports | neither |
//! | Namespace | which workloads get a proxy, and whose | only what the workloads themselves say |
//! | ConfigMap, those that a [`Detector`] asks for | trust domains and other settings of a mesh | defaults, with a remark |
//! | IssuedCertificate | the certificate of a mesh | meshes without it |
//!
//! Each cluster is looked at alone, so nothing that happens in one changes what is found in another; only where things
//! of two clusters come to one name does one of them get another. Only what may be different is looked at again: a pod
//! that changes concerns the workload it belongs to and the services that lead to it.
//!
//! ```
//! use gloo_core::Translator;
//! use gloo_core::discover::{Discovery, Options};
//! use gloo_core::snapshot::{self, Change, SnapshotBuilder};
//! use serde_json::json;
//!
//! let mut discovery = Discovery::new(Options::new("gloo-mesh"), &[]);
//! let service = json!({
//!     "apiVersion": "v1",
//!     "kind": "Service",
//!     "metadata": { "name": "cart", "namespace": "shop" },
//!     "spec": { "selector": { "app": "cart" }, "ports": [{ "port": 80 }] },
//! });
//! let changes = discovery.update(Change::read(Some("east"), service)?);
//! assert!(changes.is_empty());
//!
//! // Whatever was not found has a reason.
//! let why: Vec<String> = discovery.diagnostics().map(|it| it.to_string()).collect();
//! assert_eq!(why, ["east: Service shop/cart: no workload of a mesh stands behind it [NoWorkload]"]);
//! # Ok::<(), snapshot::AddError>(())
//! ```

mod cluster;
mod config;
mod destination;
mod detector;
mod diagnostic;
mod emit;
mod image;
mod lacks;
mod mesh;
mod naming;
mod pods;
pub mod resource;
mod state;
mod view;
mod workload;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

pub use config::read_config;
pub use destination::{address, node_addresses};
pub use detector::{Claim, Detector, FoundMesh, Intent, Member, MeshIdentity, Plane, Proxy};
pub use diagnostic::{Code, Diagnostic, Diagnostics};
pub use image::{InvalidImage, control_plane_version, image_version};
pub use mesh::{Choice, Missed, choose};
pub use view::View;

use crate::Istr;
use crate::api::{Destination, IngressGatewayDetector, Mesh, SettingsSpec, Workload};
use crate::id::InputKind;
use crate::snapshot::{Change, Key};
use emit::Emitter;
use naming::AllNames;
use resource::{ControllerId, ControllerKind, Kind, Name};
use state::State;

/// Choices that change what is found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// Namespace of the management plane, in which everything that is found is written down.
    pub management_namespace: Istr,
    /// The cluster, where each cluster is looked at by an agent of its own.
    pub agent_cluster: Option<Istr>,
    /// Namespaces of clusters in which nothing is found.
    pub ignored_namespaces: BTreeSet<Istr>,
}

impl Options {
    /// The usual choices.
    pub fn new(management_namespace: impl Into<Istr>) -> Self {
        Self { management_namespace: management_namespace.into(), ..Self::default() }
    }

    /// The value of the label by which objects are recognised as ours.
    fn owner(&self) -> String {
        match &self.agent_cluster {
            Some(cluster) => format!("{}-{cluster}", self.management_namespace),
            None => self.management_namespace.to_string(),
        }
    }

    fn ignores(&self, namespace: &Istr) -> bool {
        self.ignored_namespaces.contains(namespace)
    }
}

/// Finds meshes, workloads and destinations, and keeps up with changes.
#[derive(Debug)]
pub struct Discovery<'d> {
    options: Options,
    detectors: &'d [&'d dyn Detector],
    /// How gateways are recognised, by cluster; `*` is for those without an entry.
    gateway_detectors: BTreeMap<Istr, IngressGatewayDetector>,
    clusters: BTreeMap<Istr, State>,
    /// The names of what is found in them.
    names: AllNames,
}

impl<'d> Discovery<'d> {
    /// Nothing is found yet. Earlier detectors are asked first.
    pub fn new(options: Options, detectors: &'d [&'d dyn Detector]) -> Self {
        Self {
            options,
            detectors,
            gateway_detectors: BTreeMap::new(),
            clusters: BTreeMap::new(),
            names: AllNames::default(),
        }
    }

    /// Takes the objects of clusters out of the changes, and puts in what is found, or no longer found, because of
    /// them.
    pub fn update(&mut self, changes: impl IntoIterator<Item = Change>) -> Vec<Change> {
        let mut passed = Vec::new();
        for change in changes {
            if !self.take(&change) {
                passed.push(change);
            }
        }
        let mut emitter = Emitter::new(std::mem::take(&mut self.names));
        loop {
            for state in self.clusters.values_mut() {
                state.run(&self.options, self.detectors, &mut emitter);
            }
            if emitter.renamed.is_empty() {
                break;
            }
            // The cluster is the last part of a name: cart, shop and eu-west come to the same as cart, shop-eu and west.
            for (cluster, what) in std::mem::take(&mut emitter.renamed) {
                if let Some(state) = self.clusters.get_mut(&cluster) {
                    state.renamed(what);
                }
            }
        }
        self.names = std::mem::take(&mut emitter.names);
        passed.extend(emitter.into_changes());
        passed
    }

    /// A workload that was found before, perhaps by another process: it stays while its pods are away.
    pub fn remember(&mut self, workload: &Workload) {
        let kubernetes = workload.spec.kubernetes.as_ref();
        let controller = kubernetes.and_then(|kubernetes| kubernetes.controller.as_ref());
        let (Some(controller), Some(mesh)) = (controller, &workload.spec.mesh) else { return };
        let name = workload.metadata.name.as_deref().unwrap_or_default();
        let Some(kind) =
            ControllerKind::ALL.into_iter().find(|kind| name.ends_with(&kind.word().to_lowercase()))
        else {
            return;
        };
        let id =
            ControllerId { kind, name: Name::new(controller.namespace.clone(), controller.name.clone()) };
        let fact = format!("{}data-plane", naming::FACT);
        let plane = workload.metadata.annotations.as_ref().and_then(|all| Plane::read(all.get(&fact)?));
        let plane = plane.unwrap_or(Plane::Sidecar);
        self.cluster(&controller.cluster_name).remember(id, mesh.clone(), plane);
    }

    /// The meshes that are found, by cluster.
    pub fn meshes(&self) -> impl Iterator<Item = &Arc<Mesh>> {
        self.clusters.values().flat_map(|state| state.found_meshes.iter())
    }

    /// The workloads that are found, by cluster.
    pub fn workloads(&self) -> impl Iterator<Item = &Arc<Workload>> {
        self.clusters.values().flat_map(|state| state.found_workloads.iter())
    }

    /// The destinations that are found, by cluster.
    pub fn destinations(&self) -> impl Iterator<Item = &Arc<Destination>> {
        self.clusters.values().flat_map(|state| state.found_destinations.iter())
    }

    /// What is doubtful, and why something was not found, by cluster and object.
    pub fn diagnostics(&self) -> impl Iterator<Item = Diagnostic> {
        self.clusters.values().flat_map(State::diagnostics)
    }

    /// The clusters of which some object was seen.
    pub fn clusters(&self) -> impl Iterator<Item = &Istr> {
        self.clusters.keys()
    }

    /// Takes a change if it is about an object of a cluster; settings are read and pass.
    fn take(&mut self, change: &Change) -> bool {
        let id = match change.key() {
            Key::Input(input) => {
                if input.kind == InputKind::Settings && input.namespace == self.options.management_namespace {
                    self.read_settings(change.settings().map(|settings| &settings.spec));
                }
                return false;
            }
            Key::Raw(id) if !id.cluster.is_empty() => id.clone(),
            Key::Raw(_) | Key::Address(_) => return false,
        };
        let Some(kind) = Kind::of(&id.group, &id.kind) else { return false };
        let name = Name::new(id.namespace, id.name);
        let detectors = self.detectors;
        let state = self.cluster(&id.cluster);
        match change.raw_object().map(|raw| kind.read(&raw.value)) {
            None => state.put(kind, name, None, detectors),
            Some(Ok(resource)) => state.put(kind, name, Some(resource), detectors),
            Some(Err(error)) => state.note_undecodable(kind, &name, &error.to_string()),
        }
        true
    }

    fn read_settings(&mut self, settings: Option<&SettingsSpec>) {
        let discovery = settings.and_then(|settings| settings.discovery.as_ref());
        let istio = discovery.and_then(|discovery| discovery.istio.as_ref());
        self.gateway_detectors =
            istio.map(|istio| istio.ingress_gateway_detectors.clone()).unwrap_or_default();
        for (name, state) in &mut self.clusters {
            state.set_gateway_detector(gateway_detector(&self.gateway_detectors, name));
        }
    }

    fn cluster(&mut self, name: &Istr) -> &mut State {
        let (detectors, gateways) = (self.detectors, &self.gateway_detectors);
        self.clusters.entry(name.clone()).or_insert_with(|| {
            let mut state = State::new(name, detectors);
            state.set_gateway_detector(gateway_detector(gateways, name));
            state
        })
    }
}

/// How gateways of a cluster are recognised: each field as the cluster's entry says, else as that for all says.
fn gateway_detector(all: &BTreeMap<Istr, IngressGatewayDetector>, cluster: &str) -> IngressGatewayDetector {
    let entries: Vec<&IngressGatewayDetector> =
        [cluster, "*"].iter().filter_map(|name| all.get(*name)).collect();
    let labels = entries.iter().map(|entry| &entry.gateway_workload_labels).find(|labels| !labels.is_empty());
    let port = entries.iter().map(|entry| &entry.gateway_tls_port_name).find(|port| !port.is_empty());
    IngressGatewayDetector {
        gateway_workload_labels: labels.cloned().unwrap_or_default(),
        gateway_tls_port_name: port.cloned().unwrap_or_default(),
    }
}
