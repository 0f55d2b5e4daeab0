//! The core of a management plane for service meshes: policies and discovered services in, what each cluster
//! must contain out, with a verdict on every policy.
//!
//! It knows no mesh. What a decision means in the resources of a mesh is written down by a
//! [`Backend`](backend::Backend), which lives in a crate of its own.
//!
//! It never reads a file, a clock, the network or the environment, never starts a thread, and never fails: its result
//! is a function of its input, and mistakes of users are part of that result.
//!
//! A controller keeps a [`Translator`], hands it every change that it sees, and carries out what comes back:
//!
//! ```
//! use gloo_core::Translator;
//! use gloo_core::snapshot::{Change, Options, SnapshotBuilder};
//! use gloo_istio::Istio;
//! use serde_json::json;
//!
//! let nothing = SnapshotBuilder::new("gloo-mesh", Options::default()).build();
//! let mut translator = Translator::new(nothing, &[&Istio]);
//! # let mesh = json!({
//! #     "apiVersion": "discovery.mesh.gloo.solo.io/v1",
//! #     "kind": "Mesh",
//! #     "metadata": { "name": "istio", "namespace": "gloo-mesh" },
//! #     "spec": { "istio": { "installation": { "namespace": "istio-system", "cluster": "east" } } },
//! # });
//! # let reviews = json!({
//! #     "apiVersion": "discovery.mesh.gloo.solo.io/v1",
//! #     "kind": "Destination",
//! #     "metadata": { "name": "reviews", "namespace": "gloo-mesh" },
//! #     "spec": {
//! #         "kubeService": {
//! #             "ref": { "name": "reviews", "namespace": "shop", "clusterName": "east" },
//! #             "ports": [{ "port": 80, "name": "http", "protocol": "TCP" }],
//! #         },
//! #         "mesh": { "name": "istio", "namespace": "gloo-mesh" },
//! #     },
//! # });
//! for discovered in [mesh, reviews] {
//!     translator.update(Change::read(None, discovered)?);
//! }
//!
//! let policy = json!({
//!     "apiVersion": "networking.mesh.gloo.solo.io/v1",
//!     "kind": "TrafficPolicy",
//!     "metadata": { "name": "slow", "namespace": "gloo-mesh" },
//!     "spec": {
//!         "destinationSelector": [{ "kubeServiceMatcher": { "namespaces": ["shop"] } }],
//!         "policy": { "requestTimeout": "5s" },
//!     },
//! });
//! let changes = Change::read(None, policy)?;
//! let key = changes.first().map(|change| change.key().clone());
//! let delta = translator.update(changes);
//! let [created] = delta.outputs.create.as_slice() else { panic!("one object follows") };
//! assert_eq!(created.id.to_string(), "east/shop/virtualservice:reviews");
//! assert_eq!(delta.statuses.len(), 2); // of the policy, and of the destination
//!
//! let delta = translator.update(key.map(Change::remove));
//! assert_eq!(delta.outputs.delete.len(), 1);
//! # Ok::<(), gloo_core::snapshot::AddError>(())
//! ```
//!
//! The example `watch` does so with a stream of watch events: `cargo run -p gloo-core --example watch`.
//!
//! A world that is looked at once is translated by [`translate()`], which also tells every finding:
//!
//! ```
//! use gloo_core::snapshot::{OnDuplicate, Options, SnapshotBuilder};
//! use gloo_core::translate;
//! use serde_json::json;
//!
//! let mut world = SnapshotBuilder::new("gloo-mesh", Options::default());
//! let policy = json!({
//!     "apiVersion": "networking.mesh.gloo.solo.io/v1",
//!     "kind": "TrafficPolicy",
//!     "metadata": { "name": "slow", "namespace": "gloo-mesh" },
//!     "spec": { "policy": { "requestTimeout": "soon" } },
//! });
//! world.add(None, policy, OnDuplicate::Refuse)?;
//!
//! // Without a backend nothing is written, but everything is decided.
//! let translation = translate(&world.build(), &[]);
//! assert!(translation.outputs.is_empty());
//! let text = translation.report.to_text();
//! assert!(text.contains("trafficpolicy gloo-mesh/slow: cannot decode: spec.policy.requestTimeout"), "{text}");
//! # Ok::<(), gloo_core::snapshot::AddError>(())
//! ```
//!
//! Where to begin: [`snapshot`] is the input, [`model`] what is decided, [`output`] and [`report`] the result.
//! [`api`] has the custom resources, [`decode`] reads them, [`diff`](mod@diff) compares two results. Those who write
//! a backend need [`backend`], [`context`] and [`model`].

#![forbid(unsafe_code)]
#![warn(missing_docs)]

pub mod api;
pub mod backend;
pub mod check;
pub mod context;
pub mod decode;
pub mod diff;
pub mod discover;
pub mod id;
pub mod index;
pub mod istr;
pub mod model;
pub mod name;
pub mod object;
pub mod output;
pub mod pattern;
pub mod rejection;
pub mod report;
pub mod snapshot;
pub mod translate;
pub mod translator;

mod reads;
mod resolve;
mod status;

pub use istr::Istr;
pub use translate::{Translation, translate};
pub use translator::{Delta, Translator};
