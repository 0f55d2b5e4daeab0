//! Reads what users wrote in virtual meshes, field by field.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::Istr;
use crate::api::{self, GlobalAccessPolicy, ObjectRef, VirtualMeshSpec};
use crate::check::{Checks, is_dns_name};
use crate::context::Context;
use crate::id::{InputKind, InputRef};
use crate::index::{MeshId, VirtualMesh, VirtualMeshId};
use crate::model::virtual_mesh::DEFAULT_SUFFIX;
use crate::model::{self, Export, Federation, GatewaySelector, Keepalive, Part, Sharing};
use crate::name::object_key;
use crate::rejection::Rejection;
use crate::resolve::selector;
use crate::snapshot::Snapshot;

/// Annotation that makes clients check the service accounts behind a service.
const SECURE_NAMING: &str = "networking.mesh.gloo.solo.io/secure-naming";
/// What stands in an annotation that switches something on.
const YES: &str = "true";
/// What stands in an annotation that leaves something off.
const NO: &str = "false";

/// Reads a virtual mesh, if it is there.
pub(crate) fn read(
    cx: Context<'_>,
    snapshot: &Snapshot,
    id: VirtualMeshId,
    input: &InputRef,
) -> Option<VirtualMesh> {
    let key: Istr = object_key(&input.name, &input.namespace, "").into();
    let mut checks = Checks::default();
    let Some(object) = snapshot.virtual_meshes.get(input) else {
        let broken = snapshot.broken.get(input)?;
        checks.reject(broken.rejection());
        return Some(VirtualMesh {
            id,
            input: input.clone(),
            key,
            generation: broken.generation,
            created: broken.created.clone(),
            was_accepted: false,
            object: None,
            version: None,
            spec: None,
            checks,
        });
    };
    let generation = object.metadata.generation.unwrap_or_default();
    let annotations = object.metadata.annotations.as_ref();
    check_annotations(annotations, &mut checks);
    let version = version(cx, annotations, generation, &object.spec, &mut checks);
    let status = object.status.as_ref();
    Some(VirtualMesh {
        id,
        input: input.clone(),
        key,
        generation,
        created: object.metadata.creation_timestamp.clone(),
        was_accepted: status.is_some_and(|status| status.state == api::ApprovalState::Accepted),
        object: Some(Arc::clone(object)),
        version: Some(version),
        spec: Some(Arc::new(object.spec.canonical())),
        checks,
    })
}

/// Reads one text of a virtual mesh: the current one or an earlier one.
pub(crate) fn version(
    cx: Context<'_>,
    annotations: Option<&Annotations>,
    generation: i64,
    spec: &VirtualMeshSpec,
    checks: &mut Checks,
) -> model::VirtualMesh {
    let VirtualMeshSpec { meshes: listed, mtls_config, federation, global_access_policy } = spec;
    let members = read_members(cx, listed, checks);
    let limited = mtls_config.as_ref().is_some_and(|mtls| mtls.limited.is_some());
    if limited {
        let context = "here: trust at gateways only cannot be built, so nothing is federated".to_owned();
        checks.reject(Rejection::Unsupported { field: "spec.mtlsConfig.limited".to_owned(), context });
    } else if mtls_config.is_some() {
        checks.no_effect(
            "spec.mtlsConfig",
            " yet: certificates are left as they are; see that the meshes trust a common root",
        );
    }
    let errors = checks.errors.len();
    let sharing = federation.as_ref().map(|federation| {
        let mut read = Reader { cx, members: &members, checks };
        let secure_naming = annotations.and_then(|all| all.get(SECURE_NAMING)).is_some_and(|it| it == YES);
        read.sharing(federation, secure_naming)
    });
    // A reference to nothing leaves the rest of the federation as it is; a name that no host can have does not.
    let unnamed = checks.errors.iter().skip(errors).any(|it| it.field() == Some(SUFFIX_FIELD));
    model::VirtualMesh {
        generation,
        members,
        sharing: match sharing {
            _ if limited || unnamed => Part::Refused,
            None => Part::Absent,
            Some(sharing) => Part::Said(Arc::new(sharing)),
        },
        denies_by_default: *global_access_policy == GlobalAccessPolicy::Enabled,
    }
}

/// Where the suffix of host names stands.
pub(crate) const SUFFIX_FIELD: &str = "spec.federation.hostnameSuffix";

/// Annotations of an object.
pub(crate) type Annotations = BTreeMap<String, String>;

/// Warns about annotations that mean nothing here, or not what somebody may think.
fn check_annotations(annotations: Option<&Annotations>, checks: &mut Checks) {
    checks.annotations(annotations, &[SECURE_NAMING]);
    let value = annotations.and_then(|all| all.get(SECURE_NAMING));
    if let Some(value) = value.filter(|value| *value != YES && *value != NO) {
        let field = format!("metadata.annotations[{SECURE_NAMING}]");
        checks.unwise(field, format!("{value:?} is neither true nor false, so it counts as false"));
    }
}

/// The meshes listed, each once.
fn read_members(cx: Context<'_>, listed: &[ObjectRef], checks: &mut Checks) -> Vec<MeshId> {
    let mut members = Vec::with_capacity(listed.len());
    for (position, mesh) in listed.iter().enumerate() {
        let field = format!("spec.meshes[{position}]");
        let Some(id) = read_mesh(cx, mesh, &field, checks) else { continue };
        if members.contains(&id) {
            checks.no_effect(field, ": the mesh is listed before");
        } else {
            members.push(id);
        }
    }
    if listed.is_empty() {
        checks.unwise("spec.meshes", "it lists no meshes, so nothing follows from it");
    }
    members
}

fn read_mesh(cx: Context<'_>, mesh: &ObjectRef, field: &str, checks: &mut Checks) -> Option<MeshId> {
    let parts = [("name", &mesh.name), ("namespace", &mesh.namespace)];
    let missing: Vec<&str> =
        parts.iter().filter(|(_, value)| value.is_empty()).map(|(name, _)| *name).collect();
    if missing.is_empty() {
        return cx.mesh_named(&InputRef::new(InputKind::Mesh, mesh.namespace.clone(), mesh.name.clone()));
    }
    checks.reject(Rejection::RefIncomplete { field: field.to_owned(), missing: missing.join(", ") });
    None
}

/// Reads `federation`.
struct Reader<'m> {
    cx: Context<'m>,
    members: &'m [MeshId],
    checks: &'m mut Checks,
}

impl Reader<'_> {
    fn sharing(&mut self, federation: &api::Federation, secure_naming: bool) -> Sharing {
        let api::Federation {
            selectors,
            permissive,
            flat_network,
            hostname_suffix,
            tcp_keepalive,
            ingress_gateway_selectors,
            east_west_ingress_gateway_selectors,
        } = federation;
        if !east_west_ingress_gateway_selectors.is_empty() {
            let old = "spec.federation.eastWestIngressGatewaySelectors";
            if ingress_gateway_selectors.is_empty() {
                let instead = "ingressGatewaySelectors";
                let field = old.to_owned();
                self.checks.warn(crate::rejection::Warning::Deprecated { field, instead });
            } else {
                self.checks.no_effect(old, ": ingressGatewaySelectors stands beside it");
            }
        }
        let mut exports: Vec<Export> = Vec::with_capacity(selectors.len());
        for (position, selector) in selectors.iter().enumerate() {
            exports.extend(self.export(selector, &format!("spec.federation.selectors[{position}]")));
        }
        match (permissive.is_some(), selectors.is_empty()) {
            (true, true) => exports.push(Export {
                field: "spec.federation.permissive".into(),
                destinations: Vec::new(),
                clients: Vec::new(),
            }),
            (true, false) => {
                self.checks.no_effect("spec.federation.permissive", ": selectors stand beside it");
            }
            (false, _) => (),
        }
        let gateways = federation.gateway_selectors().iter().enumerate().map(|(position, selector)| {
            let field = format!("spec.federation.ingressGatewaySelectors[{position}].destinationSelectors");
            selector::check(self.cx, &selector.destination_selectors, &field, self.checks);
            GatewaySelector {
                destinations: selector.destination_selectors.clone(),
                port_name: selector.port_name.clone(),
            }
        });
        let gateways = gateways.collect();
        let federation = Federation {
            suffix: self.suffix(hostname_suffix),
            flat_network: *flat_network,
            keepalive: tcp_keepalive.as_ref().and_then(|keepalive| self.keepalive(keepalive)),
            secure_naming,
        };
        Sharing { federation: Arc::new(federation), gateways, exports }
    }

    fn suffix(&mut self, suffix: &Istr) -> Istr {
        if suffix.is_empty() {
            return DEFAULT_SUFFIX.into();
        }
        if !is_dns_name(suffix) {
            self.checks.invalid(SUFFIX_FIELD, format!("{suffix:?}"), "a DNS name, such as mesh.internal");
        }
        suffix.clone()
    }

    fn keepalive(&mut self, keepalive: &api::TcpKeepalive) -> Option<Keepalive> {
        let api::TcpKeepalive { probes, time, interval } = keepalive;
        let errors = self.checks.errors.len();
        self.checks.duration("spec.federation.tcpKeepalive.time", *time);
        self.checks.duration("spec.federation.tcpKeepalive.interval", *interval);
        let valid = self.checks.errors.len() == errors;
        let says_something = *probes > 0 || time.is_some() || interval.is_some();
        (valid && says_something).then_some(Keepalive { probes: *probes, time: *time, interval: *interval })
    }

    /// Reads one selector; `None` if nobody is left who could see anything.
    fn export(&mut self, selector: &api::FederationSelector, field: &str) -> Option<Export> {
        let api::FederationSelector { destination_selectors, meshes } = selector;
        let selected = format!("{field}.destinationSelectors");
        selector::check(self.cx, destination_selectors, &selected, self.checks);
        let mut clients = Vec::with_capacity(meshes.len());
        for (position, mesh) in meshes.iter().enumerate() {
            let field = format!("{field}.meshes[{position}]");
            let Some(id) = read_mesh(self.cx, mesh, &field, self.checks) else { continue };
            let meant = self.members_meant(id);
            clients.extend(meant.iter().copied());
            if meant.is_empty() {
                let mesh = object_key(&mesh.name, &mesh.namespace, "");
                let value = format!("{mesh}, which is not listed");
                self.checks.invalid(field, value, "a mesh of spec.meshes");
            }
        }
        // An empty list would mean everybody.
        let nobody = clients.is_empty() && !meshes.is_empty();
        let field = field.into();
        (!nobody).then(|| Export { field, destinations: destination_selectors.clone(), clients })
    }

    /// The members that are the mesh of this name, in any of its revisions.
    fn members_meant(&self, id: MeshId) -> Vec<MeshId> {
        let revisions: Vec<MeshId> = self.cx.mesh(id).map_or_else(
            || vec![id],
            |mesh| self.cx.revisions(mesh).iter().map(|revision| revision.id).collect(),
        );
        self.members.iter().copied().filter(|member| revisions.contains(member)).collect()
    }
}
