//! The address of a control plane, as proxies know it.

use gloo_core::Istr;
use gloo_core::discover::Claim;
use gloo_core::discover::resource::Container;

use super::DEFAULT;

/// The control plane behind an address such as `istiod-canary.istio-system.svc:15012`.
pub fn claim(address: &str) -> Option<Claim> {
    let host = address.split(':').next().unwrap_or_default();
    let mut labels = host.split('.');
    let service = labels.next()?.strip_prefix("istiod")?;
    let namespace = labels.next().filter(|namespace| !namespace.is_empty())?;
    if labels.next() != Some("svc") {
        return None;
    }
    let revision = match service.strip_prefix('-') {
        Some(revision) if !revision.is_empty() => revision,
        None if service.is_empty() => DEFAULT,
        _ => return None,
    };
    Some(Claim { namespace: Some(namespace.into()), revision: Some(revision.into()), is_asked_for: false })
}

/// The control plane that a proxy is told to ask.
pub fn of_proxy(container: &Container) -> Option<Claim> {
    #[derive(serde::Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct ProxyConfig {
        discovery_address: Option<Istr>,
    }

    let config = container.env.get("PROXY_CONFIG");
    let config = config.and_then(|text| serde_json::from_str::<ProxyConfig>(text).ok());
    let told = config.and_then(|config| config.discovery_address);
    told.and_then(|address| claim(&address)).or_else(|| claim(container.env.get("CA_ADDR")?))
}

/// The control plane that the proxy of a node is told to ask.
pub fn of_node_proxy(container: &Container) -> Option<Claim> {
    ["XDS_ADDRESS", "CA_ADDRESS"].iter().find_map(|name| claim(container.env.get(name)?))
}

#[cfg(test)]
mod tests {
    use gloo_core::discover::Claim;

    use super::claim;

    #[test]
    fn addresses_name_namespace_and_revision() {
        let found = |address| {
            let Claim { namespace, revision, .. } = claim(address)?;
            Some((namespace?.to_string(), revision?.to_string()))
        };
        let pair = |a: &str, b: &str| Some((a.to_owned(), b.to_owned()));
        assert_eq!(found("istiod.istio-system.svc:15012"), pair("istio-system", "default"));
        assert_eq!(found("istiod-1-30-0.mesh.svc.cluster.local:15012"), pair("mesh", "1-30-0"));
        for other in
            ["istiod:15012", "istiod-.x.svc", "other.x.svc:1", "istiod.x.example.com", "", "istiodx.x.svc"]
        {
            assert_eq!(found(other), None, "{other}");
        }
    }
}
