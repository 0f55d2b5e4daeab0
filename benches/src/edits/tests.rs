//! Every kind of edits changes what it claims, in the world of 10 × 100, and its undo takes all of it back.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use gloo_core::api::ApprovalState;
use gloo_core::id::InputKind;
use gloo_core::report::Status;
use gloo_core::snapshot::Key;
use gloo_core::{Delta, Translation, Translator, translate};

use super::{Kind, Undo, spread, statuses};
use crate::measure::BACKENDS;
use crate::world::{Size, world};

/// Edits of each kind that are looked at.
const EDITS: usize = 4;

/// How many outputs an edit changes, and how many statuses of each kind of input. The undo changes as many.
type Claim = (RangeInclusive<usize>, &'static [(InputKind, RangeInclusive<usize>)]);

/// Of a hundred services of a cluster, fifty are in a namespace, and ten in a team. Where several policies select a
/// service, one that goes changes the places of those that were accepted after it.
fn claim(kind: Kind) -> Claim {
    use InputKind::{AccessPolicy, Destination, Mesh, Settings, TrafficPolicy, VirtualMesh, Workload};
    match kind {
        Kind::ServiceTimeout => (1..=1, &[(Destination, 1..=1), (TrafficPolicy, 1..=1)]),
        // Shifts are of federated services: clients of ten clusters have the routes. The status of the next cluster's
        // service names the shift, because it needs a subset there.
        Kind::ServiceShift => (10..=10, &[(Destination, 2..=2), (TrafficPolicy, 1..=1)]),
        // One of ten services is federated to nine other clusters.
        Kind::NamespaceTimeout => (95..=95, &[(Destination, 50..=50), (TrafficPolicy, 1..=1)]),
        Kind::TeamTimeout => (190..=190, &[(Destination, 100..=100), (TrafficPolicy, 1..=1)]),
        Kind::Access => (1..=1, &[(Destination, 1..=1), (AccessPolicy, 1..=1)]),
        Kind::Existence | Kind::Refusal => (1..=1, &[(Destination, 1..=1), (TrafficPolicy, 1..=4)]),
        Kind::PolicyStatus | Kind::DestinationStatus => (0..=0, &[]),
        // Gateways are told of the endpoints of federated services, nobody of others; the status names the
        // generation.
        Kind::Endpoint => (0..=1, &[(Destination, 1..=1)]),
        Kind::FederatedEndpoint => (1..=1, &[(Destination, 1..=1)]),
        // Ten services of a cluster are seen from nine others.
        Kind::GatewayAddress => (90..=90, &[(Destination, 1..=1), (Mesh, 1..=1)]),
        // A ServiceEntry and a DestinationRule in nine clusters, and a ServiceEntry for the gateways.
        // The author of a policy with outlier detection learns that it does not hold for all clients.
        Kind::FederationSelector => {
            (19..=28, &[(Destination, 1..=1), (Mesh, 10..=10), (VirtualMesh, 1..=1), (TrafficPolicy, 0..=1)])
        }
        // As many in each of the nine clusters that see it.
        Kind::Label => (1..=20, &[(Destination, 1..=1), (TrafficPolicy, 1..=2), (AccessPolicy, 0..=1)]),
        // Policies name the workloads whose requests they concern.
        Kind::Workload => (0..=0, &[(Workload, 1..=1), (TrafficPolicy, 17..=19), (AccessPolicy, 0..=2)]),
        // One that others see goes in ten clusters, and with it the routes that send requests there.
        Kind::Destination => (
            2..=60,
            &[(Destination, 1..=3), (TrafficPolicy, 2..=4), (AccessPolicy, 0..=2), (VirtualMesh, 0..=1)],
        ),
        // The DestinationRules of all services but those of three teams whose policies have a mode of their own,
        // which are a hundred each. Access policies that need identities are warned.
        Kind::Settings => (710..=710, &[(Settings, 1..=1), (AccessPolicy, 17..=17)]),
    }
}

/// In a world with its statuses an edited policy is accepted after those that stand, so that more statuses change.
fn check_outputs(kind: Kind, what: &str, delta: &Delta) {
    let plan = &delta.outputs;
    let number = plan.create.len() + plan.update.len() + plan.delete.len();
    assert!(claim(kind).0.contains(&number), "{what} of {kind:?}: {number} outputs");
}

fn check(kind: Kind, what: &str, delta: &Delta) {
    check_outputs(kind, what, delta);
    let (statuses, changed) = (claim(kind).1, &delta.statuses);
    let mut of_kind: BTreeMap<InputKind, usize> = BTreeMap::new();
    for input in changed.keys() {
        *of_kind.entry(input.kind).or_default() += 1;
    }
    for (input, range) in statuses {
        let number = of_kind.remove(input).unwrap_or_default();
        assert!(range.contains(&number), "{what} of {kind:?}: {number} statuses of {input:?}");
    }
    assert_eq!(of_kind, BTreeMap::new(), "{what} of {kind:?}");
}

/// Compares without printing two worlds if they differ.
fn assert_same(left: &Translation, right: &Translation, what: &str) {
    assert!(left == right, "{what}: another translation");
}

/// Makes edits of some kinds, and their undos.
fn check_all(translator: &mut Translator<'_>, kinds: &[Kind], check: fn(Kind, &str, &Delta)) {
    let before = translator.translation();
    for kind in kinds.iter().copied() {
        let edits = kind.edits(translator, EDITS);
        assert_eq!(edits.len(), if kind == Kind::Settings { 1 } else { EDITS }, "{kind:?}");
        for (number, edit) in edits.iter().enumerate() {
            check(kind, "edit", &translator.update([edit.apply.change()]));
            if number == 0 {
                let whole = translate(translator.snapshot(), BACKENDS);
                assert_same(&translator.translation(), &whole, kind.name());
            }
            check(kind, "undo", &translator.update([edit.undo.change()]));
        }
        assert_same(&translator.translation(), &before, kind.name());
    }
}

#[test]
fn every_kind_changes_what_it_claims_and_its_undo_takes_it_back() {
    let mut translator = Translator::new(world(Size::TENTH).unwrap().snapshot, BACKENDS);
    check_all(&mut translator, &Kind::ALL, check);
}

#[test]
fn edits_of_a_world_with_its_statuses_change_as_many_outputs() {
    let mut translator = Translator::new(world(Size::TENTH).unwrap().snapshot, BACKENDS);
    let written = statuses(&translator);
    assert_eq!(written.len(), 100 + 20 + 1_010);
    assert!(translator.update(written).is_empty());
    check_all(&mut translator, &Kind::IN_USE, check_outputs);
}

#[test]
fn a_refused_timeout_is_refused() {
    let mut translator = Translator::new(world(Size::TENTH).unwrap().snapshot, BACKENDS);
    for edit in Kind::Refusal.edits(&translator, EDITS) {
        let change = edit.apply.change();
        let Key::Input(input) = change.key().clone() else { panic!("a policy is an input") };
        translator.update([change]);
        let Some(Status::TrafficPolicy(status)) = translator.statuses().get(&input) else {
            panic!("{input}")
        };
        assert_eq!((status.state, status.errors.len()), (ApprovalState::Invalid, 1), "{input}");
    }
}

#[test]
fn names_are_unique() {
    let undo = |kind: Kind| if let Undo::Named(name) = kind.undo() { Some(name) } else { None };
    let mut names: Vec<&str> =
        Kind::ALL.into_iter().flat_map(|kind| [Some(kind.name()), undo(kind)]).flatten().collect();
    let all = names.len();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), all);
}

#[test]
fn a_choice_is_spread_over_all() {
    let choose = |all: u32, most| spread((0..all).collect(), most).collect::<Vec<_>>();
    assert_eq!(choose(10, 4), [0, 2, 5, 7]);
    assert_eq!(choose(3, 4), [0, 1, 2]);
    assert_eq!(choose(3, 0), [0_u32; 0]);
    assert_eq!(choose(0, 4), [0_u32; 0]);
}
