//! Meshes: which software runs where, and under which trust domain.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::Istr;
use crate::api;
use crate::backend::Backend;
use crate::id::InputRef;
use crate::index::arena::{Id, Keyed};
use crate::name::object_key;

/// Trust domain of a mesh that names none.
const DEFAULT_TRUST_DOMAIN: &str = "cluster.local";
/// Other trust domains that the mesh takes for its own, joined by commas.
const ALIASES: &str = "discovery.mesh.gloo.solo.io/trust-domain-aliases";
/// Where a mesh keeps configuration for all namespaces, if not beside its control plane.
const ROOT_NAMESPACE: &str = "discovery.mesh.gloo.solo.io/root-namespace";
/// Which of several control planes in a namespace it is.
const REVISION: &str = "discovery.mesh.gloo.solo.io/revision";

/// Names a mesh in the index. A mesh that is named somewhere has an id, whether it exists or not.
pub type MeshId = Id<Mesh>;

/// The software of a mesh.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Platform {
    /// Istio.
    Istio,
    /// Linkerd.
    Linkerd,
    /// AWS App Mesh.
    AppMesh,
    /// Consul Connect.
    Consul,
    /// Open Service Mesh.
    Osm,
    /// The object names none.
    Unknown,
}

impl Platform {
    /// The name in a sentence.
    pub fn word(self) -> &'static str {
        match self {
            Self::Istio => "Istio",
            Self::Linkerd => "Linkerd",
            Self::AppMesh => "AWS App Mesh",
            Self::Consul => "Consul Connect",
            Self::Osm => "Open Service Mesh",
            Self::Unknown => "unknown",
        }
    }
}

/// One installation of a mesh.
#[derive(Debug)]
pub struct Mesh {
    /// Its id.
    pub id: MeshId,
    /// Its name.
    pub input: InputRef,
    /// Its key in statuses.
    pub key: Istr,
    /// The object as it was read. Units see of it what fields and methods show.
    pub(crate) object: Arc<api::Mesh>,
    /// What it runs.
    pub platform: Platform,
    /// The cluster it is installed in; empty if it belongs to none.
    pub cluster: Istr,
    /// The namespace of its control plane.
    pub namespace: Istr,
    /// The namespace in which configuration counts for all namespaces.
    pub root_namespace: Istr,
    /// The region of its cluster; empty if it is not known.
    pub region: Istr,
    /// The version of its control plane; empty if it is not known.
    pub version: Istr,
    /// Trust domains under which its workloads are known: its own first, then its aliases.
    pub trust_domains: Vec<Istr>,
    /// Whether its own trust domain is written, not assumed.
    pub trust_domain_known: bool,
    /// Name of the backend that writes its resources, if there is one.
    pub backend: Option<&'static str>,
}

impl Mesh {
    /// Whether its workloads have identities that access policies can name.
    pub fn has_identities(&self) -> bool {
        matches!(self.platform, Platform::Istio | Platform::Linkerd)
    }

    /// Whether its proxies answer DNS questions of their workloads.
    pub fn answers_dns(&self) -> bool {
        self.object.spec.istio.as_ref().is_some_and(|istio| istio.smart_dns_proxying_enabled)
    }

    /// The value of an annotation.
    pub fn annotation(&self, key: &str) -> Option<&str> {
        self.object.metadata.annotations.as_ref()?.get(key).map(String::as_str)
    }

    /// What discovery left out without which nothing can be written for it.
    pub(crate) fn lacks(&self) -> Option<&'static str> {
        if self.cluster.is_empty() {
            Some("names no cluster")
        } else if self.backend.is_some() && self.root_namespace.is_empty() {
            Some("names no namespace of its control plane")
        } else {
            None
        }
    }

    /// The generation of the object.
    pub(crate) fn generation(&self) -> i64 {
        self.object.metadata.generation.unwrap_or_default()
    }

    /// Gateways as old discoveries recorded them.
    pub(crate) fn recorded_gateways(&self) -> &[api::IngressGatewayInfo] {
        self.object.spec.istio.as_ref().map_or(&[], |istio| &istio.ingress_gateways)
    }

    /// Control planes of one sort in one namespace of one cluster are one mesh in several revisions.
    pub(crate) fn is_revision_of(&self, other: &Self) -> bool {
        self.cluster == other.cluster
            && self.namespace == other.namespace
            && self.platform == other.platform
            && !self.cluster.is_empty()
    }

    /// Whether it is the revision that configuration is written for first.
    pub(crate) fn is_default_revision(&self) -> bool {
        self.annotation(REVISION).is_none_or(|revision| revision.is_empty() || revision == "default")
    }

    /// Whether everything that units can see of it is the same.
    pub(super) fn looks_like(&self, other: &Self) -> bool {
        self.object.spec == other.object.spec
            && self.object.metadata.annotations == other.object.metadata.annotations
            && self.backend == other.backend
    }
}

impl Keyed for Mesh {
    fn input(&self) -> &InputRef {
        &self.input
    }

    fn key(&self) -> &Istr {
        &self.key
    }
}

/// Reads a mesh and finds the backend that drives it.
pub(super) fn read(id: MeshId, input: &InputRef, object: &Arc<api::Mesh>, backends: &[&dyn Backend]) -> Mesh {
    let mut mesh = mesh(id, input, object);
    mesh.backend = backends.iter().find(|backend| backend.drives(&mesh)).map(|backend| backend.name());
    mesh
}

fn mesh(id: MeshId, input: &InputRef, object: &Arc<api::Mesh>) -> Mesh {
    let spec = &object.spec;
    let (platform, installation, trust_domain) = if let Some(istio) = &spec.istio {
        (Platform::Istio, istio.installation.as_ref(), istio.trust_domain.clone())
    } else if let Some(linkerd) = &spec.linkerd {
        (Platform::Linkerd, linkerd.installation.as_ref(), Istr::default())
    } else if let Some(consul) = &spec.consul_connect {
        (Platform::Consul, consul.installation.as_ref(), Istr::default())
    } else if let Some(osm) = &spec.osm {
        (Platform::Osm, osm.installation.as_ref(), Istr::default())
    } else if spec.aws_app_mesh.is_some() {
        (Platform::AppMesh, None, Istr::default())
    } else {
        (Platform::Unknown, None, Istr::default())
    };
    let annotation = |key: &str| object.metadata.annotations.as_ref().and_then(|all| all.get(key));
    let namespace = installation.map(|at| at.namespace.clone()).unwrap_or_default();
    let trust_domain_known = !trust_domain.is_empty();
    let own = if trust_domain_known { trust_domain } else { DEFAULT_TRUST_DOMAIN.into() };
    let aliases: BTreeSet<&str> = annotation(ALIASES)
        .into_iter()
        .flat_map(|list| list.split(','))
        .map(str::trim)
        .filter(|alias| !alias.is_empty() && *alias != &*own)
        .collect();
    Mesh {
        id,
        key: object_key(&input.name, &input.namespace, "").into(),
        input: input.clone(),
        object: Arc::clone(object),
        platform,
        cluster: installation.map(|at| at.cluster.clone()).unwrap_or_default(),
        root_namespace: annotation(ROOT_NAMESPACE)
            .map_or_else(|| namespace.clone(), |root| root.as_str().into()),
        namespace,
        region: installation.map(|at| at.region.clone()).unwrap_or_default(),
        version: installation.map(|at| at.version.clone()).unwrap_or_default(),
        trust_domains: std::iter::once(own.clone()).chain(aliases.into_iter().map(Istr::from)).collect(),
        trust_domain_known,
        backend: None,
    }
}
