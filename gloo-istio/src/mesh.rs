//! What a mesh needs as a whole: what its gateways take in, and what is forbidden by default.

use gloo_core::Istr;
use gloo_core::backend::{Objection, Place, Sink};
use gloo_core::context::Context;
use gloo_core::id::InputRef;
use gloo_core::index::Mesh;
use gloo_core::model::virtual_mesh::DEFAULT_SUFFIX;
use gloo_core::model::{Gateway, MeshView};
use gloo_core::name::sanitize;
use gloo_core::rejection::Rejection;

use crate::access::write_open;
use crate::user_config;
use crate::wire::{
    DENY_ALL, DenyAll, GATEWAY, Gateway as GatewayBody, Server, ServerPort, ServerTls, ServerTlsMode,
};

/// What speaks against clients of a mesh calling host names with this ending.
pub(crate) fn host_objections(mesh: &Mesh, ending: &str) -> Vec<Objection> {
    let last = ending.rsplit('.').next().unwrap_or_default();
    if last == DEFAULT_SUFFIX || mesh.answers_dns() {
        return Vec::new();
    }
    vec![Objection::Reject(Rejection::NameUnresolvable { mesh: mesh.input.clone(), suffix: ending.into() })]
}

/// Writes what a mesh needs as a whole.
pub(crate) fn write(cx: Context<'_>, view: &MeshView<'_>, sink: &mut Sink<'_>) {
    let hosts: Vec<Istr> = view.hosts.iter().map(|host| ["*.", host].concat().into()).collect();
    for gateway in view.gateways.iter().filter(|_| !hosts.is_empty()) {
        write_gateway(view, gateway, &hosts, sink);
    }
    if view.sees_others {
        user_config::warn_about_sidecars(cx, view.mesh, sink);
    }
    if !view.denies_by_default {
        return;
    }
    let (cluster, namespace) = (&view.mesh.cluster, &view.mesh.root_namespace);
    let nothing = std::iter::empty::<InputRef>;
    let name: Istr = "global-access-control".into();
    let place = Place { kind: &DENY_ALL, cluster, namespace, name: &name };
    sink.write(place, nothing(), DenyAll {});
    for ingress in &view.ingress {
        if ingress.pod_selector().is_empty() {
            continue;
        }
        write_open(ingress, namespace, view.virtual_mesh, sink);
    }
}

fn write_gateway(view: &MeshView<'_>, gateway: &Gateway, hosts: &[Istr], sink: &mut Sink<'_>) {
    let InputRef { name, namespace, .. } = &gateway.input;
    let name: Istr = sanitize(&format!("{name}-{namespace}")).into();
    let place = Place {
        kind: &GATEWAY,
        cluster: &view.mesh.cluster,
        namespace: &gateway.service.namespace,
        name: &name,
    };
    let body = GatewayBody {
        selector: gateway.pods.clone(),
        servers: [Server {
            hosts: hosts.to_vec(),
            port: ServerPort { name: "tls", number: gateway.server_port, protocol: "TLS" },
            tls: ServerTls { mode: ServerTlsMode::AutoPassthrough },
        }],
    };
    sink.write(place, std::iter::empty(), body);
}

/// The name of the policy that opens a gateway. Names that were cut, or nearly, end in a number instead, as Gloo
/// Mesh writes them.
pub(crate) fn policy_name(gateway: &InputRef) -> String {
    const BEGIN: &str = "allow-ingress-gateway-";
    let name = sanitize(&format!("{BEGIN}{}-{}", gateway.name, gateway.namespace));
    if name.len() < gloo_core::name::MAX_NAME {
        return name;
    }
    let hash = fnv1(&fnv1(name.as_bytes()).to_le_bytes());
    format!("{BEGIN}{hash}")
}

/// FNV-1 with 64 bits: multiply, then combine.
fn fnv1(bytes: &[u8]) -> u64 {
    const OFFSET: u64 = 0xcbf2_9ce4_8422_2325;
    const PRIME: u64 = 0x0100_0000_01b3;
    bytes.iter().fold(OFFSET, |hash, byte| hash.wrapping_mul(PRIME) ^ u64::from(*byte))
}

#[cfg(test)]
mod tests {
    use gloo_core::id::{InputKind, InputRef};

    use super::policy_name;

    #[test]
    fn policies_of_gateways_are_called_as_gloo_mesh_calls_them() {
        let long = "a-quick-brown-istio-ingressgateway-jumped-over-the-lazy-red-dog";
        for (name, namespace, end) in [
            ("istio-ingressgateway", "istio-system", "istio-ingressgateway-istio-system"),
            ("ew-edge-c1", "gloo-mesh", "ew-edge-c1-gloo-mesh"),
            ("istio-ingressgateway-istio-system-cluster-1", "gloo-mesh", "12350185528123220037"),
            ("istio-ingressgateway-istio-system-cluster-2", "gloo-mesh", "1397443078956207805"),
            ("istio-eastwestgateway-istio-system-east", "gloo-mesh", "16985943727011034799"),
            (long, "istio-system", "12556735161280984284"),
            (&"x".repeat(30), "gloo-mesh", &format!("{}-gloo-mesh", "x".repeat(30))),
            (&"x".repeat(31), "gloo-mesh", "8034976204487429336"),
        ] {
            let input = InputRef::new(InputKind::Destination, namespace, name);
            assert_eq!(policy_name(&input), format!("allow-ingress-gateway-{end}"));
        }
    }
}
