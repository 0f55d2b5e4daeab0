//! What Linkerd keeps about itself in its ConfigMap, in the forms that it had over the years.

use gloo_core::Istr;
use gloo_core::discover::resource::{ConfigMap, Name};
use gloo_core::discover::{Code, Diagnostics, View, read_config};
use serde::Deserialize;

/// Name of the ConfigMap; it lies beside the control plane.
pub(crate) const NAME: &str = "linkerd-config";
/// Entry with the values of the chart, as YAML; since 2.9.
const VALUES: &str = "values";
/// Entry with what all components need to know, as JSON; up to 2.8.
const GLOBAL: &str = "global";

/// What is read of the configuration. What it does not tell is empty.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Config {
    /// DNS suffix of the cluster's names.
    pub cluster_domain: Istr,
    /// Trust domain of identities.
    pub trust_domain: Istr,
    /// Version of the control plane.
    pub version: Istr,
    /// Where the issuer's certificate comes from.
    pub issuer_scheme: Istr,
}

impl Config {
    /// The configuration of the control plane in `namespace`. A control plane runs with a configuration that cannot
    /// be read here, so that is only noted.
    pub fn of(namespace: &Istr, cluster: View<'_>, notes: &mut Diagnostics) -> Self {
        let name = Name::new(namespace.clone(), NAME);
        let Some(map) = cluster.config_map(&name) else {
            let message = "it is not there; the arguments of the control plane count";
            notes.note(Code::MeshConfigMissing, subject(&name), message);
            return Self::default();
        };
        let read = [(VALUES, Self::from_values as Reader), (GLOBAL, Self::from_global)];
        // The newer form first: where both are there, the older one is left over.
        for (entry, read) in read {
            match map.data.get(entry).map(|text| read(text)) {
                Some(Ok(Some(config))) => return config,
                Some(Err(error)) => {
                    let message = format!("its entry {entry} cannot be read: {error}");
                    notes.note(Code::LinkerdConfigInvalid, subject(&name), message);
                }
                // An empty text says as much as none.
                Some(Ok(None)) | None => (),
            }
        }
        if !has_text(map) {
            let message = format!("it has neither an entry {VALUES} nor an entry {GLOBAL}");
            notes.note(Code::LinkerdConfigInvalid, subject(&name), message);
        }
        Self::default()
    }

    fn from_values(text: &str) -> Result<Option<Self>, String> {
        Ok(read_config::<Option<Values>>(text)?.map(|values| {
            let global = values.global.unwrap_or_default();
            let scheme =
                values.identity.and_then(|identity| identity.issuer).and_then(|issuer| issuer.scheme);
            Self {
                cluster_domain: first([values.cluster_domain, global.cluster_domain]),
                trust_domain: first([values.identity_trust_domain, global.identity_trust_domain]),
                version: first([values.linkerd_version, global.linkerd_version]),
                issuer_scheme: first([scheme]),
            }
        }))
    }

    fn from_global(text: &str) -> Result<Option<Self>, String> {
        Ok(read_config::<Option<Global>>(text)?.map(|global| {
            let identity = global.identity_context.unwrap_or_default();
            Self {
                cluster_domain: first([global.cluster_domain]),
                trust_domain: first([identity.trust_domain]),
                version: first([global.version]),
                issuer_scheme: first([identity.scheme]),
            }
        }))
    }
}

/// Reads one form; an empty text holds nothing.
type Reader = fn(&str) -> Result<Option<Config>, String>;

/// How remarks name the ConfigMap.
fn subject(name: &Name) -> String {
    format!("ConfigMap {name}")
}

fn has_text(map: &ConfigMap) -> bool {
    [VALUES, GLOBAL].iter().any(|entry| map.data.get(*entry).is_some_and(|text| !text.trim().is_empty()))
}

/// The first text that says something.
fn first<const N: usize>(texts: [Option<String>; N]) -> Istr {
    let mut texts = texts.iter().flatten().map(|text| text.trim());
    texts.find(|text| !text.is_empty()).unwrap_or_default().into()
}

// `None` stands for a `null` as well as for a field that is left out: charts write both.

/// Values of the chart, without those of certificates.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Values {
    cluster_domain: Option<String>,
    identity_trust_domain: Option<String>,
    linkerd_version: Option<String>,
    identity: Option<Identity>,
    global: Option<Moved>,
}

/// Values that 2.9 had in a place of their values.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Moved {
    cluster_domain: Option<String>,
    identity_trust_domain: Option<String>,
    linkerd_version: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
struct Identity {
    issuer: Option<Issuer>,
}

#[derive(Debug, Default, Deserialize)]
struct Issuer {
    scheme: Option<String>,
}

/// What components of 2.8 needed to know.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Global {
    cluster_domain: Option<String>,
    identity_context: Option<IdentityContext>,
    version: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct IdentityContext {
    trust_domain: Option<String>,
    scheme: Option<String>,
}
