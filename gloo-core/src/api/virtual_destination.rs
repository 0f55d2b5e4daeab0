//! VirtualDestination: one host name in front of several destinations, with failover.

use std::collections::BTreeMap;

use kube::CustomResource;

use super::approval::{ApprovalState, ApprovalStatus};
use super::kind::{OneOf, kind};
use super::refs::{ClusterObjectRef, ObjectRef};
use super::selectors::DestinationSelector;
use super::traffic::{OutlierDetection, RequiredSubsets};
use super::traffic_policy::WEIGHTED_DESTINATION;
use super::wire::{int64, message};
use crate::Istr;

message! {
    /// A host name, who sees it, and what is behind it. At most one of `virtualMesh` and `meshList`, and at most one of
    /// `static` and `localized`, is set.
    #[derive(CustomResource, Eq)]
    #[kube(
        group = "networking.enterprise.mesh.gloo.solo.io",
        version = "v1beta1",
        kind = "VirtualDestination",
        plural = "virtualdestinations",
        namespaced,
        status = "VirtualDestinationStatus",
        doc = "One host name in front of several destinations, with failover.",
        schema = "manual",
        derive = "Default",
        derive = "PartialEq",
        shortname = "vd",
        shortname = "vds",
        category = "gloo-mesh",
        category = "gloo-mesh-policy",
        label("app", "gloo-mesh"),
        label("app.kubernetes.io/name", "gloo-mesh"),
        printcolumn(name = "State", type_ = "string", json_path = ".status.state"),
        printcolumn(name = "Observed", type_ = "integer", json_path = ".status.observedGeneration", priority = 1),
        printcolumn(name = "First-Error", type_ = "string", json_path = ".status.errors[0]", priority = 1),
        printcolumn(name = "Age", type_ = "date", json_path = ".metadata.creationTimestamp")
    )]
    pub struct VirtualDestinationSpec {
        /// The DNS name; unique in the mesh.
        pub hostname: Istr,
        /// The port at which clients reach it.
        pub port: Option<VirtualDestinationPort>,
        /// The VirtualMesh whose meshes see it.
        pub virtual_mesh: Option<ObjectRef>,
        /// The meshes that see it.
        pub mesh_list: Option<MeshList>,
        /// Destinations in a fixed order.
        #[serde(rename = "static")]
        pub static_destinations: Option<StaticDestinations>,
        /// Destinations by distance from the client.
        pub localized: Option<LocalizedDestinations>,
    }

    /// A port. At most one of `targetName` and `targetNumber` is set; none means the port of the Services with the same number.
    #[derive(Eq)]
    pub struct VirtualDestinationPort {
        /// Number at which clients reach it, 1 to 65535.
        #[schemars(range(max = 65535))]
        pub number: u32,
        /// Protocol: `HTTP`, `HTTPS`, `GRPC`, `HTTP2`, `MONGO`, `TCP` or `TLS`, in any case. Default: `HTTP`.
        pub protocol: Istr,
        /// Name of the target port of every Service behind it.
        pub target_name: Option<Istr>,
        /// Number of the target port of every Service behind it.
        #[schemars(range(max = 65535))]
        pub target_number: Option<u32>,
    }

    /// Meshes of one VirtualMesh.
    #[derive(Eq)]
    pub struct MeshList {
        /// The meshes.
        pub meshes: Vec<ObjectRef>,
    }

    /// Destinations in a fixed order.
    #[derive(Eq)]
    pub struct StaticDestinations {
        /// The destinations; a later one is used when the earlier ones fail.
        pub destinations: Vec<BackingDestination>,
    }

    /// A destination behind a virtual one.
    #[derive(Eq)]
    pub struct BackingDestination {
        /// A Kubernetes Service.
        pub kube_service: Option<ClusterObjectRef>,
    }

    /// Destinations by distance from the client: the nearest first, then those that the directives name.
    #[derive(Eq)]
    pub struct LocalizedDestinations {
        /// The destinations; at most one in each cluster.
        pub destination_selectors: Vec<DestinationSelector>,
        /// Where to go when the nearest destination fails.
        pub failover_directives: Vec<FailoverDirective>,
        /// When a destination counts as failed.
        pub outlier_detection: Option<OutlierDetection>,
    }

    /// Where clients of a place go when the nearest destination fails.
    #[derive(Eq)]
    pub struct FailoverDirective {
        /// Place of the clients.
        pub from: Option<Locality>,
        /// Places to try, in order.
        pub to: Vec<Locality>,
    }

    /// A place.
    #[derive(Eq)]
    pub struct Locality {
        /// The region.
        pub region: Istr,
        /// The zone within the region.
        pub zone: Istr,
        /// The part of the zone.
        pub sub_zone: Istr,
    }

    /// What became of a VirtualDestination.
    #[derive(Eq)]
    pub struct VirtualDestinationStatus {
        /// Generation of the object that this status is about.
        #[serde(deserialize_with = "int64")]
        pub observed_generation: i64,
        /// The overall verdict.
        pub state: ApprovalState,
        /// The verdict for each mesh, by `name.namespace.cluster`.
        pub meshes: BTreeMap<Istr, ApprovalStatus>,
        /// The destinations behind it.
        pub selected_destinations: Vec<SelectedDestination>,
        /// What is wrong with it as a whole.
        pub errors: Vec<Istr>,
        /// Traffic policies whose shift needs subsets of it.
        pub required_subsets: Vec<RequiredSubsets>,
    }

    /// A destination behind a virtual one.
    #[derive(Eq)]
    pub struct SelectedDestination {
        /// The Destination object.
        #[serde(rename = "ref")]
        pub reference: Option<ClusterObjectRef>,
        /// What it stands for.
        pub destination: Option<BackingDestination>,
    }
}

kind!(VirtualDestination {
    spec: VirtualDestinationSpec,
    status: VirtualDestinationStatus,
    group: "networking.enterprise.mesh.gloo.solo.io",
    version: "v1beta1",
    plural: "virtualdestinations",
    one_ofs: [
        OneOf { path: "spec", members: &["virtualMesh", "meshList"] },
        OneOf { path: "spec", members: &["static", "localized"] },
        OneOf { path: "spec.port", members: &["targetName", "targetNumber"] },
        OneOf { path: "status.requiredSubsets[].trafficShift.destinations[]", members: WEIGHTED_DESTINATION },
    ],
});
