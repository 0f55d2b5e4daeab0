//! Istio's MeshConfig, as far as discovery reads it.

use std::collections::BTreeMap;

use gloo_core::Istr;
use gloo_core::discover::resource::Name;
use gloo_core::discover::{Code, Diagnostics, View, read_config};
use serde::Deserialize;
use serde_json::Value;

use super::DEFAULT;

/// The key of a ConfigMap that holds the configuration.
const KEY: &str = "mesh";
/// What Istio takes where no trust domain is configured.
const TRUST_DOMAIN: &str = "cluster.local";

/// What is configured for a mesh.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct MeshConfig {
    trust_domain: Option<Istr>,
    trust_domain_aliases: Option<Vec<Istr>>,
    root_namespace: Option<Istr>,
    default_config: Option<ProxyConfig>,
}

/// What is configured for each proxy.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct ProxyConfig {
    mesh_id: Option<Istr>,
    proxy_metadata: Option<BTreeMap<String, Text>>,
}

/// A text; people forget the quotes of `true`.
#[derive(Clone, Debug, PartialEq)]
struct Text(String);

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Value::deserialize(deserializer)? {
            Value::String(text) => Ok(Self(text)),
            Value::Bool(value) => Ok(Self(value.to_string())),
            other => Err(serde::de::Error::custom(format_args!("expected a text, found {other}"))),
        }
    }
}

impl MeshConfig {
    /// The configuration of a control plane; what cannot be read is noted, and Istio's defaults are taken.
    pub fn read(
        cluster: View<'_>,
        namespace: &Istr,
        revision: &str,
        shared: Option<&Istr>,
        object: &str,
        notes: &mut Diagnostics,
    ) -> Self {
        let own = (revision != DEFAULT).then(|| format!("istio-{revision}"));
        let names = own.into_iter().chain(["istio".to_owned()]);
        let maps = names.map(|name| Name::new(namespace.clone(), name));
        let found = maps.clone().find(|name| cluster.config_map(name).is_some());
        let primary = if let Some(name) = found {
            Self::from_map(cluster, &name, notes)
        } else {
            let names: Vec<String> = maps.map(|name| name.to_string()).collect();
            let message = format!("there is no ConfigMap {}; defaults are taken", names.join(" or "));
            notes.note(Code::MeshConfigMissing, object, message);
            None
        };
        let shared = shared.map(|name| Name::new(namespace.clone(), name.clone()));
        let shared = shared.and_then(|name| Self::from_map(cluster, &name, notes));
        match (primary, shared) {
            (Some(primary), Some(shared)) => primary.over(shared),
            (primary, shared) => primary.or(shared).unwrap_or_default(),
        }
    }

    /// The configuration in a ConfigMap.
    fn from_map(cluster: View<'_>, name: &Name, notes: &mut Diagnostics) -> Option<Self> {
        let object = format!("ConfigMap {name}");
        let Some(text) = cluster.config_map(name).and_then(|map| map.data.get(KEY)) else {
            notes.note(Code::MeshConfigMissing, object, "it has no entry mesh; defaults are taken");
            return None;
        };
        match read_config::<Option<Self>>(text) {
            Ok(config) => Some(config.unwrap_or_default()),
            Err(why) => {
                notes.note(Code::MeshConfigInvalid, object, format!("{why}; defaults are taken"));
                None
            }
        }
    }

    /// What this one says, and where it says nothing what `below` says.
    fn over(self, below: Self) -> Self {
        let proxies = match (self.default_config, below.default_config) {
            (Some(own), Some(below)) => {
                let mut metadata = below.proxy_metadata.unwrap_or_default();
                metadata.extend(own.proxy_metadata.unwrap_or_default());
                Some(ProxyConfig { mesh_id: own.mesh_id.or(below.mesh_id), proxy_metadata: Some(metadata) })
            }
            (own, below) => own.or(below),
        };
        Self {
            trust_domain: self.trust_domain.or(below.trust_domain),
            trust_domain_aliases: self.trust_domain_aliases.or(below.trust_domain_aliases),
            root_namespace: self.root_namespace.or(below.root_namespace),
            default_config: proxies,
        }
    }

    /// The trust domain, if one is configured.
    pub fn own_trust_domain(&self) -> Option<&Istr> {
        super::said(self.trust_domain.as_ref())
    }

    /// The trust domain.
    pub fn trust_domain(&self) -> Istr {
        self.own_trust_domain().cloned().unwrap_or_else(|| TRUST_DOMAIN.into())
    }

    /// Other names of the trust domain, with commas between them.
    pub fn trust_domain_aliases(&self) -> Istr {
        self.trust_domain_aliases.as_deref().unwrap_or_default().join(",").into()
    }

    /// The namespace whose configuration is for the whole mesh; empty if none is configured.
    pub fn root_namespace(&self) -> Istr {
        self.root_namespace.clone().unwrap_or_default()
    }

    /// The name of the mesh; empty if none is configured.
    pub fn mesh_id(&self) -> Istr {
        self.default_config.as_ref().and_then(|proxies| proxies.mesh_id.clone()).unwrap_or_default()
    }

    /// Whether the proxies of pods answer questions about names.
    pub fn captures_dns(&self) -> bool {
        let metadata = self.default_config.as_ref().and_then(|proxies| proxies.proxy_metadata.as_ref());
        metadata.and_then(|all| all.get("ISTIO_META_DNS_CAPTURE")).is_some_and(|Text(text)| is_true(text))
    }
}

/// Whether Istio reads a text as true.
pub fn is_true(text: &str) -> bool {
    matches!(text, "1" | "t" | "T" | "TRUE" | "true" | "True")
}

#[cfg(test)]
mod tests {
    use super::{MeshConfig, Text};
    use gloo_core::discover::read_config;

    fn read(text: &str) -> MeshConfig {
        read_config(text).unwrap()
    }

    #[test]
    fn a_forgotten_quote_is_forgiven() {
        let config = read("defaultConfig: {proxyMetadata: {ISTIO_META_DNS_CAPTURE: true}}");
        assert!(config.captures_dns());
        assert!(!read("defaultConfig: {proxyMetadata: {ISTIO_META_DNS_CAPTURE: \"yes\"}}").captures_dns());
        read_config::<MeshConfig>("defaultConfig: {proxyMetadata: {X: [1]}}").unwrap_err();
    }

    #[test]
    fn the_primary_configuration_counts_more() {
        let shared =
            read("trustDomain: shared\nrootNamespace: roots\ndefaultConfig: {proxyMetadata: {A: x, B: x}}");
        let primary = read("trustDomain: own\ndefaultConfig: {meshId: m, proxyMetadata: {A: own}}");
        let both = primary.over(shared);
        assert_eq!((&*both.trust_domain(), &*both.root_namespace(), &*both.mesh_id()), ("own", "roots", "m"));
        let metadata = both.default_config.unwrap().proxy_metadata.unwrap();
        assert_eq!((&metadata["A"], &metadata["B"]), (&Text("own".to_owned()), &Text("x".to_owned())));
    }

    #[test]
    fn without_a_trust_domain_it_is_istios() {
        assert_eq!(&*read("trustDomain: \"\"").trust_domain(), "cluster.local");
    }
}
