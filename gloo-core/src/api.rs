//! The custom resources: what users and controllers write, field by field.
//!
//! One module for each kind, and modules for the types that several kinds share. The types say what is written, not what
//! is valid; [`decode`](crate::decode) turns a JSON value into them and says what it did not understand. Definitions for an
//! API server are made from the same types by [`crds`].

mod wire;

pub mod access_policy;
pub mod approval;
pub mod certificate_request;
pub mod certificate_verification;
pub mod certificates;
pub mod dashboard;
pub mod destination;
pub mod duration;
pub mod issued_certificate;
pub mod kind;
pub mod kubernetes_cluster;
pub mod matchers;
pub mod mesh;
pub mod pod_bounce_directive;
pub mod rate_limit;
pub mod refs;
mod schema;
pub mod selectors;
pub mod settings;
pub mod traffic;
pub mod traffic_policy;
pub mod virtual_destination;
pub mod virtual_mesh;
pub mod workload;

use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;

pub use self::access_policy::*;
pub use self::approval::*;
pub use self::certificate_request::*;
pub use self::certificate_verification::*;
pub use self::certificates::*;
pub use self::dashboard::*;
pub use self::destination::*;
pub use self::duration::{Duration, DurationError};
pub use self::issued_certificate::*;
pub use self::kind::{Kind, OneOf, StoredCopy};
pub use self::kubernetes_cluster::*;
pub use self::matchers::*;
pub use self::mesh::*;
pub use self::pod_bounce_directive::*;
pub use self::rate_limit::*;
pub use self::refs::*;
pub use self::selectors::*;
pub use self::settings::*;
pub use self::traffic::*;
pub use self::traffic_policy::*;
pub use self::virtual_destination::*;
pub use self::virtual_mesh::*;
pub use self::wire::Empty;
pub use self::workload::*;

/// Calls a function for each kind, and makes a list of the results.
macro_rules! of_all_kinds {
    ($each:ident) => {
        [
            $each::<AccessPolicy>(),
            $each::<CertificateRequest>(),
            $each::<CertificateVerification>(),
            $each::<Dashboard>(),
            $each::<Destination>(),
            $each::<IssuedCertificate>(),
            $each::<KubernetesCluster>(),
            $each::<Mesh>(),
            $each::<PodBounceDirective>(),
            $each::<Settings>(),
            $each::<TrafficPolicy>(),
            $each::<VirtualDestination>(),
            $each::<VirtualMesh>(),
            $each::<Workload>(),
        ]
    };
}

/// Returns the definitions of all kinds, sorted by name, ready to be applied to an API server.
pub fn crds() -> Vec<CustomResourceDefinition> {
    use kind::definition;

    let mut definitions = of_all_kinds!(definition).to_vec();
    definitions.sort_by(|left, right| left.metadata.name.cmp(&right.metadata.name));
    definitions
}

/// Group with version, and name, of all kinds, in the order of names.
pub fn kinds() -> Vec<(String, &'static str)> {
    use kind::name;

    of_all_kinds!(name).to_vec()
}
