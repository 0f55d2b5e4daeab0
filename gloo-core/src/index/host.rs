//! Which objects that users wrote configure a host.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::Istr;
use crate::index::UserObject;

/// Objects of one cluster by the hosts they configure.
#[derive(Debug, Default)]
pub(crate) struct Hosts {
    exact: BTreeMap<Istr, Vec<Arc<UserObject>>>,
    /// By the text after the `*`.
    wildcard: BTreeMap<Istr, Vec<Arc<UserObject>>>,
}

impl Hosts {
    pub(super) fn insert(&mut self, object: &Arc<UserObject>) {
        for host in &object.config.hosts {
            let (map, key) = match host.strip_prefix('*') {
                Some(suffix) => (&mut self.wildcard, suffix.into()),
                None => (&mut self.exact, host.clone()),
            };
            let objects = map.entry(key).or_default();
            let order = |other: &Arc<UserObject>| other.order() > object.order();
            let position = objects.iter().position(order).unwrap_or(objects.len());
            objects.insert(position, Arc::clone(object));
        }
    }

    pub(super) fn remove(&mut self, object: &UserObject) {
        for host in &object.config.hosts {
            let (map, key) = match host.strip_prefix('*') {
                Some(suffix) => (&mut self.wildcard, suffix),
                None => (&mut self.exact, &**host),
            };
            if let Some(objects) = map.get_mut(key) {
                objects.retain(|other| other.raw.id != object.raw.id || other.backend != object.backend);
                if objects.is_empty() {
                    map.remove(key);
                }
            }
        }
    }

    /// Objects whose hosts cover `host`, exact ones first, then the longest wildcards.
    ///
    /// Costs one look-up for each character of the host, however many objects there are.
    pub(crate) fn covering<'a>(&'a self, host: &'a str) -> impl Iterator<Item = &'a Arc<UserObject>> {
        let exact = self.exact.get(host).into_iter().flatten();
        let suffixes = if self.wildcard.is_empty() { None } else { Some(host.char_indices()) };
        let wildcard = suffixes
            .into_iter()
            .flatten()
            .map(|(at, _)| at)
            .chain(std::iter::once(host.len()))
            .filter_map(|at| self.wildcard.get(host.get(at..)?))
            .flatten();
        exact.chain(wildcard)
    }
}
