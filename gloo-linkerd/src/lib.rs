//! Linkerd: how its control planes, its members and its copies of services look in the objects of a cluster.
//!
//! It decides nothing. [`Linkerd`] as a [`Detector`](gloo_core::discover::Detector) says what it sees;
//! [`Discovery`](gloo_core::discover::Discovery) makes meshes, workloads and destinations of that.
//!
//! ```
//! use gloo_core::discover::{Discovery, Options};
//! use gloo_core::snapshot::{self, Change};
//! use gloo_linkerd::Linkerd;
//! use serde_json::json;
//!
//! let mut discovery = Discovery::new(Options::new("gloo-mesh"), &[&Linkerd]);
//! let control_plane = json!({
//!     "apiVersion": "apps/v1",
//!     "kind": "Deployment",
//!     "metadata": { "name": "linkerd-destination", "namespace": "linkerd" },
//!     "spec": { "template": { "spec": { "containers": [
//!         { "name": "destination", "image": "cr.l5d.io/linkerd/controller:edge-26.8.3" },
//!     ] } } },
//! });
//! discovery.update(Change::read(Some("north"), control_plane)?);
//!
//! let linkerd = discovery.meshes().next().and_then(|mesh| mesh.spec.linkerd.as_ref());
//! let version = linkerd.and_then(|linkerd| linkerd.installation.as_ref()).map(|it| &*it.version);
//! assert_eq!(version, Some("edge-26.8.3"));
//! # Ok::<(), snapshot::AddError>(())
//! ```

#![forbid(unsafe_code)]
#![warn(missing_docs)]

mod config;
mod detector;

/// Linkerd.
#[derive(Clone, Copy, Debug, Default)]
pub struct Linkerd;
