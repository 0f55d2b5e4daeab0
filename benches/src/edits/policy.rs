//! Edits of policies.

use gloo_core::Translator;
use gloo_core::api::{
    AccessPolicy, ApprovalState, DestinationSelector, Duration, KubeServiceMatcher, Policy, TrafficPolicy,
    TrafficShift,
};
use gloo_core::id::InputRef;
use gloo_core::report::Status;

use super::{Edit, Step, spread};

pub(super) fn service_timeout(translator: &Translator<'_>, most: usize) -> Vec<Edit> {
    edit_timeout(translator, most, is_of_service)
}

pub(super) fn namespace_timeout(translator: &Translator<'_>, most: usize) -> Vec<Edit> {
    edit_timeout(translator, most, |policy| matches(policy, |it| !it.namespaces.is_empty()))
}

pub(super) fn team_timeout(translator: &Translator<'_>, most: usize) -> Vec<Edit> {
    edit_timeout(translator, most, |policy| matches(policy, |it| !it.labels.is_empty()))
}

fn edit_timeout(translator: &Translator<'_>, most: usize, is_meant: fn(&TrafficPolicy) -> bool) -> Vec<Edit> {
    let policies = accepted(translator, most, |policy| is_meant(policy) && timeout(policy).is_some());
    policies.map(|policy| Edit::of(policy, |policy| set_timeout(policy, Duration::from_secs(7)))).collect()
}

pub(super) fn service_shift(translator: &Translator<'_>, most: usize) -> Vec<Edit> {
    let policies = accepted(translator, most, |policy| is_of_service(policy) && shift(policy).is_some());
    let edits =
        policies.map(|policy| Edit::of(policy, |policy| shift_mut(policy).into_iter().for_each(move_weight)));
    edits.collect()
}

pub(super) fn access(translator: &Translator<'_>, most: usize) -> Vec<Edit> {
    let policies = translator.snapshot().access_policies.values();
    let policies = policies.filter(|policy| {
        names_services(&policy.spec.destination_selector) && !policy.spec.allowed_paths.is_empty()
    });
    let policies = spread(policies.collect(), most);
    policies
        .map(|policy| {
            Edit::of((**policy).clone(), |policy: &mut AccessPolicy| {
                policy.spec.allowed_paths = vec!["/v2/*".into(), "/healthz".into()];
            })
        })
        .collect()
}

pub(super) fn existence(translator: &Translator<'_>, most: usize) -> Vec<Edit> {
    let is_meant = |policy: &TrafficPolicy| is_of_service(policy) && timeout(policy).is_some();
    accepted(translator, most, is_meant).map(Edit::removal).collect()
}

pub(super) fn refusal(translator: &Translator<'_>, most: usize) -> Vec<Edit> {
    let is_meant = |policy: &TrafficPolicy| is_of_service(policy) && timeout(policy).is_some();
    let policies = accepted(translator, most, is_meant);
    policies.map(|policy| Edit::of(policy, |policy| set_timeout(policy, Duration::from_secs(-1)))).collect()
}

/// Writing a status is no new generation. A policy with a status comes before those without one; so that nothing
/// changes while the others have none, it must have been the first already.
pub(super) fn status(translator: &Translator<'_>, most: usize) -> Vec<Edit> {
    let status_of = |input: &InputRef| match translator.statuses().get(input)? {
        Status::TrafficPolicy(status) => Some(status),
        _ => None,
    };
    let policies = translator.snapshot().traffic_policies.iter().filter_map(|(input, policy)| {
        let status = status_of(input).filter(|_| is_of_service(policy))?;
        let mut verdicts = status.destinations.values();
        let is_first = verdicts.all(|it| it.state == ApprovalState::Accepted && it.acceptance_order == 0);
        is_first.then_some((policy, status))
    });
    spread(policies.collect(), most)
        .map(|(policy, status)| {
            let mut after = (**policy).clone();
            after.status = Some((**status).clone());
            Edit { apply: Step::put(after), undo: Step::put((**policy).clone()) }
        })
        .collect()
}

/// Some traffic policies that every destination accepts: an edit of another may change nothing.
fn accepted(
    translator: &Translator<'_>,
    most: usize,
    is_meant: impl Fn(&TrafficPolicy) -> bool,
) -> impl Iterator<Item = TrafficPolicy> {
    let policies = translator.snapshot().traffic_policies.iter().filter(|(input, policy)| {
        let status = translator.statuses().get(input);
        let state =
            status.and_then(|it| if let Status::TrafficPolicy(it) = it { Some(it.state) } else { None });
        state == Some(ApprovalState::Accepted) && is_meant(policy)
    });
    spread(policies.collect(), most).map(|(_, policy)| (**policy).clone())
}

fn is_of_service(policy: &TrafficPolicy) -> bool {
    names_services(&policy.spec.destination_selector)
}

fn names_services(selectors: &[DestinationSelector]) -> bool {
    selectors.iter().any(|selector| selector.kube_service_refs.is_some())
}

fn matches(policy: &TrafficPolicy, is_meant: fn(&KubeServiceMatcher) -> bool) -> bool {
    let selectors = policy.spec.destination_selector.iter();
    selectors.filter_map(|selector| selector.kube_service_matcher.as_ref()).any(is_meant)
}

fn timeout(policy: &TrafficPolicy) -> Option<Duration> {
    policy.spec.policy.as_ref()?.request_timeout
}

fn set_timeout(policy: &mut TrafficPolicy, timeout: Duration) {
    policy.spec.policy.get_or_insert_with(Policy::default).request_timeout = Some(timeout);
}

fn shift(policy: &TrafficPolicy) -> Option<&TrafficShift> {
    policy.spec.policy.as_ref()?.traffic_shift.as_ref()
}

fn shift_mut(policy: &mut TrafficPolicy) -> Option<&mut TrafficShift> {
    policy.spec.policy.as_mut()?.traffic_shift.as_mut()
}

/// Takes from the first destination and gives to the second.
fn move_weight(shift: &mut TrafficShift) {
    if let [first, second] = shift.destinations.as_mut_slice() {
        first.weight -= 10;
        second.weight += 10;
    }
}
