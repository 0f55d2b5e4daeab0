//! What stands for names of one cluster in others: addresses, and names of objects.

use core::net::Ipv4Addr;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::Istr;
use crate::api::ClusterObjectRef;
use crate::id::InputRef;
use crate::name::{object_key, sanitize, short_hash};

/// Something that needs an address.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Claim {
    /// Name, namespace and cluster in one: the order in which addresses are given out.
    key: Istr,
    sort: Sort,
    /// Name, namespace and cluster without anything between.
    text: Istr,
}

/// What needs an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Sort {
    Service,
    VirtualDestination,
    Share,
}

/// The end of keys of shares, which no other key can have.
const SHARE: &str = "#internal";

impl Claim {
    /// Of a service.
    pub fn of_service(service: &ClusterObjectRef) -> Self {
        let ClusterObjectRef { name, namespace, cluster_name } = service;
        Self {
            key: object_key(name, namespace, cluster_name).into(),
            sort: Sort::Service,
            text: [&**name, namespace, cluster_name].concat().into(),
        }
    }

    /// Of a virtual destination: for its host name.
    pub fn of_virtual_destination(input: &InputRef) -> Self {
        let InputRef { name, namespace, .. } = input;
        Self {
            key: object_key(name, namespace, "").into(),
            sort: Sort::VirtualDestination,
            text: [&**name, namespace].concat().into(),
        }
    }

    /// Of a virtual destination: for the host name of its shares. The address is that of a resource that is
    /// called like the object for it; a virtual destination can have that name, so the key tells them apart.
    pub fn of_share(input: &InputRef) -> Self {
        let own = Self::of_virtual_destination(input);
        let mut claim = Self { key: [&*own.key, SHARE].concat().into(), sort: Sort::Share, text: own.text };
        claim.text = [&*claim.joined(), &*input.namespace].concat().into();
        claim
    }

    /// Name, namespace and cluster joined by dashes. A cluster may have dots, the others of a service have none.
    fn joined(&self) -> String {
        let of_virtual_destination = |key: &str| sanitize(key.trim_end_matches('.'));
        match self.sort {
            Sort::Service => self.key.replacen('.', "-", 2),
            Sort::VirtualDestination => of_virtual_destination(&self.key),
            Sort::Share => of_virtual_destination(self.key.trim_end_matches(SHARE)) + "-internal",
        }
    }

    /// What the address is for.
    fn scope(&self) -> &'static str {
        match self.sort {
            Sort::Service => "kube-service",
            // Of the management cluster.
            Sort::VirtualDestination | Sort::Share => "local-resource",
        }
    }

    /// By which it is known in a snapshot.
    pub fn key(&self) -> &Istr {
        &self.key
    }

    /// The address for the first try, or a later one.
    fn candidate(&self, attempt: u32) -> Ipv4Addr {
        const OFFSET: u32 = 0x811c_9dc5;
        const PRIME: u32 = 0x0100_0193;
        let again = if attempt == 0 { String::new() } else { format!("#{attempt}") };
        let bytes = self.text.bytes().chain(self.scope().bytes()).chain(again.bytes());
        let hash = bytes.fold(OFFSET, |hash, byte| hash.wrapping_mul(PRIME) ^ u32::from(byte));
        let [a, b, c, d] = hash.to_le_bytes();
        Ipv4Addr::new(a | 0xf0, b, c, d)
    }
}

/// Whether an address means something else: broadcast, or what Istio gives out itself.
fn is_reserved(address: Ipv4Addr) -> bool {
    let [a, b, ..] = address.octets();
    address == Ipv4Addr::BROADCAST || (a, b) == (240, 240)
}

/// Who has which address. Who had one before keeps it; the rest get theirs in the order of keys.
#[derive(Debug, Default)]
pub(crate) struct Addresses {
    claims: BTreeMap<Claim, Ipv4Addr>,
    taken: BTreeMap<Ipv4Addr, Claim>,
    /// Those that did not get their first choice.
    displaced: BTreeSet<Claim>,
    /// How many want an address for the same.
    holders: BTreeMap<Claim, u32>,
    /// Who would be written under which name, where that is ambiguous or not.
    joined: BTreeMap<String, BTreeSet<Claim>>,
    /// Addresses that names have already, by key.
    known: Arc<BTreeMap<Istr, Ipv4Addr>>,
}

impl Addresses {
    /// The address of something that was claimed for.
    pub fn of(&self, claim: &Claim) -> Ipv4Addr {
        self.claims.get(claim).copied().unwrap_or_else(|| claim.candidate(0))
    }

    /// Whether something did not get its first choice, because another name has it.
    pub fn is_displaced(&self, claim: &Claim) -> bool {
        self.displaced.contains(claim)
    }

    /// Claims or gives up; tells whose addresses are others now.
    pub fn change(
        &mut self,
        claimed: impl IntoIterator<Item = Claim>,
        given_up: impl IntoIterator<Item = Claim>,
        known: &Arc<BTreeMap<Istr, Ipv4Addr>>,
    ) -> Vec<Claim> {
        let claimed: Vec<Claim> = claimed.into_iter().collect();
        let mut renamed = Vec::new();
        for claim in &claimed {
            let holders = self.holders.entry(claim.clone()).or_default();
            *holders += 1;
            if *holders == 1 {
                let all = self.joined.entry(claim.joined()).or_default();
                renamed.extend(all.iter().cloned());
                all.insert(claim.clone());
            }
        }
        let mut gone = Vec::new();
        for claim in given_up {
            if let Some(count) = self.holders.get_mut(&claim) {
                *count -= 1;
                if *count == 0 {
                    self.holders.remove(&claim);
                    if let Some(all) = self.joined.get_mut(&claim.joined()) {
                        all.remove(&claim);
                        renamed.extend(all.iter().cloned());
                        if all.is_empty() {
                            self.joined.remove(&claim.joined());
                        }
                    }
                    gone.push(claim);
                }
            }
        }
        renamed.extend(self.assign(claimed, gone, known));
        renamed
    }

    /// The name under which objects about a service are written in other clusters, or those of a virtual
    /// destination: its parts joined by dashes. Where several come to the same name, all but the first get a hash.
    pub fn name_of(&self, claim: &Claim) -> String {
        let name = claim.joined();
        let first = self.joined.get(&name).and_then(BTreeSet::first);
        if first.is_none_or(|first| first == claim) {
            return name;
        }
        format!("{name}-{}", short_hash(&claim.key))
    }

    fn assign(
        &mut self,
        claimed: Vec<Claim>,
        given_up: Vec<Claim>,
        known: &Arc<BTreeMap<Istr, Ipv4Addr>>,
    ) -> Vec<Claim> {
        if claimed.is_empty() && given_up.is_empty() && *known == self.known {
            return Vec::new();
        }
        let mut changed = Vec::new();
        // Nobody's choice depends on an address that is free, whoever takes it.
        let mut simple = *known == self.known;
        for claim in given_up {
            if let Some(address) = self.claims.remove(&claim) {
                self.taken.remove(&address);
                self.displaced.remove(&claim);
                simple &=
                    known.is_empty() && !self.displaced.iter().any(|other| self.prefers(other, address));
                changed.push(claim);
            }
        }
        let mut pending = Vec::new();
        for claim in claimed {
            if self.claims.contains_key(&claim) || !self.holders.contains_key(&claim) {
                continue;
            }
            let choice = known.get(claim.key()).copied().unwrap_or_else(|| claim.candidate(0));
            if simple && !is_reserved(choice) && !self.taken.contains_key(&choice) {
                self.taken.insert(choice, claim.clone());
                self.claims.insert(claim.clone(), choice);
                changed.push(claim);
            } else {
                simple = false;
                pending.push(claim);
            }
        }
        if !simple {
            self.known = Arc::clone(known);
            changed.extend(self.give_out(pending));
        }
        changed
    }

    /// Whether something would rather have an address than the one it has.
    fn prefers(&self, claim: &Claim, address: Ipv4Addr) -> bool {
        let own = self.of(claim);
        (0..u32::MAX)
            .map(|attempt| claim.candidate(attempt))
            .take_while(|it| *it != own)
            .any(|it| it == address)
    }

    /// Gives out all addresses anew; tells whose are others now.
    fn give_out(&mut self, pending: Vec<Claim>) -> Vec<Claim> {
        let before = std::mem::take(&mut self.claims);
        self.taken.clear();
        let displaced_before = std::mem::take(&mut self.displaced);
        let all: BTreeSet<Claim> = before.keys().cloned().chain(pending).collect();
        for claim in &all {
            let known = self.known.get(claim.key()).copied();
            if let Some(address) = known.filter(|known| !self.taken.contains_key(known)) {
                self.taken.insert(address, claim.clone());
                self.claims.insert(claim.clone(), address);
            }
        }
        for claim in &all {
            if self.claims.contains_key(claim) {
                continue;
            }
            let free = |address: &Ipv4Addr| !is_reserved(*address) && !self.taken.contains_key(address);
            let mut attempts = 0..u32::MAX;
            let Some(address) = attempts.find_map(|attempt| Some(claim.candidate(attempt)).filter(free))
            else {
                continue;
            };
            if self.taken.contains_key(&claim.candidate(0)) {
                self.displaced.insert(claim.clone());
            }
            self.taken.insert(address, claim.clone());
            self.claims.insert(claim.clone(), address);
        }
        let moved = |claim: &Claim| {
            before.get(claim) != self.claims.get(claim)
                || displaced_before.contains(claim) != self.displaced.contains(claim)
        };
        all.into_iter().filter(moved).collect()
    }
}

#[cfg(test)]
mod tests {
    use core::net::Ipv4Addr;
    use std::collections::{BTreeMap, BTreeSet};
    use std::sync::Arc;

    use super::{Addresses, Claim, is_reserved};
    use crate::api::ClusterObjectRef;
    use crate::id::{InputKind, InputRef};

    fn service(name: &str, namespace: &str, cluster: &str) -> Claim {
        Claim::of_service(&ClusterObjectRef {
            name: name.into(),
            namespace: namespace.into(),
            cluster_name: cluster.into(),
        })
    }

    fn named(name: &str) -> InputRef {
        InputRef::new(InputKind::VirtualDestination, "gloo-mesh", name)
    }

    #[test]
    fn a_share_is_told_from_what_has_the_name_of_its_object() {
        let (share, other) =
            (Claim::of_share(&named("x")), Claim::of_virtual_destination(&named("x-gloo-mesh-internal")));
        assert_eq!(share.candidate(0), other.candidate(0));
        let mut addresses = Addresses::default();
        addresses.change([share.clone(), other.clone()], [], &Arc::default());
        assert_ne!(addresses.of(&share), addresses.of(&other));
        assert!(addresses.is_displaced(&share) != addresses.is_displaced(&other));
        // Its object has the name of another virtual destination's.
        let other =
            Claim::of_virtual_destination(&InputRef { namespace: "mesh-internal".into(), ..named("x-gloo") });
        addresses.change([other.clone()], [], &Arc::default());
        assert_ne!(addresses.name_of(&share), addresses.name_of(&other));
    }

    #[test]
    fn addresses_are_those_of_gloo_mesh() {
        for (claim, expected) in [
            (service("some-svc", "some-ns", "cluster"), [243, 21, 204, 125]),
            (service("reviews", "bookinfo", "cluster-1"), [244, 80, 133, 147]),
            (service("reviews", "bookinfo", "cluster-2"), [255, 51, 210, 11]),
            (service("ratings", "bookinfo", "cluster-1"), [243, 61, 54, 251]),
            (service("istio-ingressgateway", "istio-system", "cluster-1"), [252, 121, 211, 71]),
            (Claim::of_virtual_destination(&named("reviews-global")), [245, 162, 77, 156]),
            (Claim::of_share(&named("reviews-global")), [243, 189, 193, 80]),
        ] {
            assert_eq!(claim.candidate(0), Ipv4Addr::from(expected), "{claim:?}");
        }
    }

    #[test]
    fn ten_thousand_services_get_an_address_each_and_keep_it() {
        let mut claims: Vec<Claim> =
            (0..10_000).map(|number| service(&format!("svc-{number}"), "ns", "cluster")).collect();
        claims.extend([service("ab", "c", "d"), service("a", "bc", "d"), service("abc", "d", "")]);
        let nothing = Arc::default();
        let mut addresses = Addresses::default();
        addresses.change(claims.iter().cloned(), [], &nothing);
        let given: BTreeSet<Ipv4Addr> = claims.iter().map(|claim| addresses.of(claim)).collect();
        assert_eq!(given.len(), claims.len());
        assert!(given.iter().all(|address| !is_reserved(*address)));
        assert!(claims.iter().any(|claim| addresses.is_displaced(claim)), "nothing collides");

        // One by one, in another order, and with others that come and go, comes to the same.
        let mut one_by_one = Addresses::default();
        let passing = service("a", "b", "cd");
        one_by_one.change([passing.clone()], [], &nothing);
        for claim in claims.iter().rev() {
            one_by_one.change([claim.clone()], [], &nothing);
        }
        one_by_one.change([], [passing], &nothing);
        assert!(claims.iter().all(|claim| addresses.of(claim) == one_by_one.of(claim)));

        let known: BTreeMap<_, _> = claims.iter().map(|it| (it.key().clone(), addresses.of(it))).collect();
        let more = (0..10_000).map(|number| service(&format!("a-{number}"), "ns", "cluster"));
        let mut later = Addresses::default();
        later.change(claims.iter().cloned().chain(more), [], &Arc::new(known));
        assert!(claims.iter().all(|claim| addresses.of(claim) == later.of(claim)));
    }

    #[test]
    fn names_that_are_joined_alike_are_told_apart() {
        let (one, other) = (service("a", "b-c", "d"), service("a-b", "c", "d"));
        let mut addresses = Addresses::default();
        addresses.change([one.clone(), other.clone()], [], &Arc::default());
        assert_eq!(addresses.name_of(&other), "a-b-c-d");
        assert!(addresses.name_of(&one).starts_with("a-b-c-d-"));
        addresses.change([], [other], &Arc::default());
        assert_eq!(addresses.name_of(&one), "a-b-c-d");
    }

    #[test]
    fn names_that_run_together_get_different_addresses() {
        let (one, other) = (service("ab", "c", "d"), service("a", "bc", "d"));
        let nothing = Arc::default();
        let mut addresses = Addresses::default();
        addresses.change([one.clone(), other.clone()], [], &nothing);
        assert_ne!(addresses.of(&one), addresses.of(&other));
        // The first in the order of keys keeps its choice.
        assert!(addresses.is_displaced(&one) && !addresses.is_displaced(&other));
        let changed = addresses.change([], [other], &nothing);
        assert_eq!(addresses.of(&one), one.candidate(0));
        assert_eq!(changed.len(), 2);
    }
}
