//! What meshes, workloads and destinations have in common where they are found, given or shown.

use gloo_core::Istr;
use gloo_core::api::{Destination, Mesh, Workload};
use gloo_core::id::{InputKind, InputRef};

/// Label that says in which cluster something was found.
const CLUSTER: &str = "cluster.discovery.mesh.gloo.solo.io";

/// An object that discovery writes, or that somebody wrote in its place.
pub trait Found {
    /// Its kind.
    const KIND: InputKind;
    /// What it says.
    type Spec: PartialEq;

    /// What it says.
    fn spec(&self) -> &Self::Spec;

    /// Its name.
    fn input(&self) -> InputRef;

    /// The registered cluster that it belongs to; empty if it is of none.
    fn cluster(&self) -> &str;

    /// A fact about it for which its fields have no place.
    fn fact(&self, name: &str) -> Option<&str>;
}

macro_rules! found {
    ($kind:ident, $spec:ident, |$it:ident| $cluster:expr) => {
        impl Found for $kind {
            const KIND: InputKind = InputKind::$kind;
            type Spec = gloo_core::api::$spec;

            fn spec(&self) -> &Self::Spec {
                &self.spec
            }

            fn input(&self) -> InputRef {
                let text = |text: &Option<String>| text.as_deref().unwrap_or_default().to_owned();
                InputRef::new(Self::KIND, text(&self.metadata.namespace), text(&self.metadata.name))
            }

            fn cluster(&self) -> &str {
                let $it = &self.spec;
                let said: Option<&Istr> = $cluster;
                let said = said.map(|cluster| &**cluster).filter(|cluster| !cluster.is_empty());
                let label = || self.metadata.labels.as_ref()?.get(CLUSTER).map(String::as_str);
                // A label cannot hold every name, so it may be a changed one; the spec holds the name itself.
                said.or_else(label).unwrap_or_default()
            }

            fn fact(&self, name: &str) -> Option<&str> {
                let annotations = self.metadata.annotations.as_ref()?;
                annotations.get(&format!("discovery.mesh.gloo.solo.io/{name}")).map(String::as_str)
            }
        }
    };
}

found!(Mesh, MeshSpec, |spec| {
    let installation = spec.istio.as_ref().and_then(|istio| istio.installation.as_ref());
    let installation =
        installation.or_else(|| spec.linkerd.as_ref().and_then(|linkerd| linkerd.installation.as_ref()));
    let installation = installation
        .or_else(|| spec.consul_connect.as_ref().and_then(|consul| consul.installation.as_ref()))
        .or_else(|| spec.osm.as_ref().and_then(|osm| osm.installation.as_ref()));
    installation.map(|installation| &installation.cluster)
});
found!(Workload, WorkloadSpec, |spec| {
    let controller = spec.kubernetes.as_ref().and_then(|workload| workload.controller.as_ref());
    controller.map(|controller| &controller.cluster_name)
});
found!(Destination, DestinationSpec, |spec| {
    let service = spec.kube_service.as_ref().and_then(|service| service.reference.as_ref());
    service.map(|service| &service.cluster_name)
});
