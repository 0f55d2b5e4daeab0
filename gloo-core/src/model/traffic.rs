//! How clients connect to a destination.

use crate::Istr;
use crate::api::TlsMode;
use crate::id::InputRef;
use crate::istr::Labels;
use crate::model::Claimed;

pub mod outlier;
pub mod tls;

pub use outlier::Outlier;

/// Connection settings of a destination for the clients of one cluster.
#[derive(Clone, Debug, Default)]
pub struct Traffic<'a> {
    /// TLS mode that a policy asks for.
    pub tls: Option<Claimed<'a, TlsMode>>,
    /// TLS mode of the settings, where no policy asks for one.
    pub default_tls: Option<TlsMode>,
    /// When an instance that fails is left out.
    pub outlier: Option<Claimed<'a, Outlier>>,
    /// Subsets that some route of this cluster sends requests to, by name.
    pub subsets: Vec<Subset<'a>>,
}

impl Traffic<'_> {
    /// The TLS mode in force, if one was asked for at all.
    pub fn tls_mode(&self) -> Option<TlsMode> {
        self.tls.as_ref().map(|tls| *tls.value).or(self.default_tls)
    }

    /// Every policy that has a part in the settings, without duplicates.
    pub fn policies(&self) -> Vec<&InputRef> {
        let Self { tls, default_tls: _, outlier, subsets } = self;
        let mut policies = Vec::new();
        policies.extend(tls.iter().flat_map(Claimed::policies));
        policies.extend(outlier.iter().flat_map(Claimed::policies));
        policies.extend(subsets.iter().flat_map(|subset| subset.policies.iter().copied()));
        policies.sort_unstable();
        policies.dedup();
        policies
    }
}

/// Instances of a destination that carry certain labels, under a name that is unique for the destination.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subset<'a> {
    /// The name.
    pub name: Istr,
    /// The labels.
    pub labels: &'a Labels,
    /// The policies whose routes use it, sorted.
    pub policies: Vec<&'a InputRef>,
}
