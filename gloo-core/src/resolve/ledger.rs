//! What is in force so far at one destination, and what that means for the next policy.

use crate::backend::{Backend, Objection};
use crate::context::Context;
use crate::index::{Checked, Destination, Policy};
use crate::model::{AccessPolicy, AccessRule, Operation, Standpoint, TrafficPolicy};
use crate::name::object_key;
use crate::rejection::{Rejection, Warning};
use crate::resolve::claim::{Draft, unreachable_targets};
use crate::resolve::identity::separated;

/// Why access policies cannot be enforced at a service.
const NO_SELECTOR: &str = "selects no workloads";

/// Remarks on a version that do not speak against it.
#[derive(Debug, Default)]
pub(super) struct Remarks {
    pub warnings: Vec<Warning>,
    pub notes: Vec<Warning>,
}

/// Tries a version: in force with remarks, or refused.
pub(super) type Tried = Result<Remarks, Vec<Rejection>>;

/// What is in force of one kind of policies.
pub(super) trait Ledger<'a, T: Checked> {
    /// What speaks against a version, or what is to be said about it.
    fn judge(&self, policy: &Policy<T>, version: &'a T) -> Tried;
    /// Puts a version in force that nothing speaks against.
    fn commit(&mut self, version: &'a T);

    /// Puts a version in force if nothing speaks against it.
    fn accept(&mut self, policy: &Policy<T>, version: &'a T) -> Tried {
        let remarks = self.judge(policy, version)?;
        self.commit(version);
        Ok(remarks)
    }
}

/// Traffic policies in force, as claims of fields.
pub(super) struct TrafficLedger<'a, 'b> {
    cx: Context<'a>,
    backend: Option<&'b dyn Backend>,
    destination: &'a Destination,
    /// One for each cluster whose clients can reach the destination.
    pub drafts: Vec<Draft<'a>>,
}

impl<'a, 'b> TrafficLedger<'a, 'b> {
    pub fn new(
        cx: Context<'a>,
        backend: Option<&'b dyn Backend>,
        destination: &'a Destination,
        standpoints: Vec<Standpoint>,
    ) -> Self {
        let drafts = standpoints.into_iter().map(Draft::new).collect();
        Self { cx, backend, destination, drafts }
    }

    /// What policies ask for as seen from each cluster whose clients a version is about.
    fn concerned<'s>(&'s self, version: &'s TrafficPolicy) -> impl Iterator<Item = &'s Draft<'a>> + Clone {
        self.drafts.iter().filter(|draft| version.selects_cluster(&draft.standpoint.cluster))
    }
}

impl<'a> Ledger<'a, TrafficPolicy> for TrafficLedger<'a, '_> {
    fn judge(&self, _: &Policy<TrafficPolicy>, version: &'a TrafficPolicy) -> Tried {
        let (mut errors, mut remarks) = (Vec::new(), Remarks::default());
        let clusters = self.concerned(version).map(|draft| &draft.standpoint.cluster);
        errors.extend(unreachable_targets(self.cx, self.destination, clusters, version));
        for draft in self.concerned(version) {
            errors.extend(draft.conflicts(version));
            let objections = self.backend.map(|backend| {
                backend.traffic_objections(self.cx, self.destination, &draft.standpoint, version)
            });
            sort(objections.unwrap_or_default(), &mut errors, &mut remarks);
        }
        if self.concerned(version).next().is_none() {
            let detail = ": no clients of the clusters that it names reach the destination";
            remarks.warnings.push(Warning::NoEffect { field: "spec.sourceSelector".to_owned(), detail });
        }
        if version.sets_routes() && !self.destination.ports.iter().any(|port| port.protocol.carries_http()) {
            let note = format!(
                "no port of {} speaks HTTP, so nothing of it takes effect there",
                self.destination.input
            );
            remarks.warnings.push(Warning::Unwise { field: "spec.policy".to_owned(), note });
        }
        if errors.is_empty() { Ok(remarks) } else { Err(errors) }
    }

    fn commit(&mut self, version: &'a TrafficPolicy) {
        for draft in self.drafts.iter_mut().filter(|draft| version.selects_cluster(&draft.standpoint.cluster))
        {
            draft.commit(version);
        }
    }
}

/// Access policies in force, as rules.
pub(super) struct AccessLedger<'a, 'b> {
    cx: Context<'a>,
    backend: Option<&'b dyn Backend>,
    destination: &'a Destination,
    rules: Vec<AccessRule<'a>>,
}

impl<'a, 'b> AccessLedger<'a, 'b> {
    pub fn new(cx: Context<'a>, backend: Option<&'b dyn Backend>, destination: &'a Destination) -> Self {
        Self { cx, backend, destination, rules: Vec::new() }
    }

    /// The rules, in the order of their policies' keys.
    pub fn into_rules(mut self) -> Vec<AccessRule<'a>> {
        self.rules.sort_by_cached_key(|rule| object_key(&rule.policy.name, &rule.policy.namespace, ""));
        self.rules
    }

    /// Whether access to the destination can be controlled at all.
    fn is_fit(&self) -> bool {
        !self.destination.pod_selector().is_empty()
    }
}

impl<'a> Ledger<'a, AccessPolicy> for AccessLedger<'a, '_> {
    fn judge(&self, policy: &Policy<AccessPolicy>, version: &'a AccessPolicy) -> Tried {
        if !self.is_fit() {
            return unfit(policy, self.destination);
        }
        let objections =
            self.backend.map(|backend| backend.access_objections(self.cx, self.destination, version));
        let (mut errors, mut remarks) = (Vec::new(), Remarks::default());
        sort(objections.unwrap_or_default(), &mut errors, &mut remarks);
        if errors.is_empty() { Ok(remarks) } else { Err(errors) }
    }

    fn commit(&mut self, version: &'a AccessPolicy) {
        if self.is_fit() {
            self.rules.push(rule(self.cx, self.destination, version));
        }
    }
}

/// Sorts objections by what follows from them.
fn sort(objections: Vec<Objection>, errors: &mut Vec<Rejection>, remarks: &mut Remarks) {
    for objection in objections {
        match objection {
            Objection::Reject(rejection) => errors.push(rejection),
            // What holds for one cluster often holds for all.
            Objection::Warn(warning) if remarks.warnings.contains(&warning) => (),
            Objection::Warn(warning) => remarks.warnings.push(warning),
            Objection::Note(note) if remarks.notes.contains(&note) => (),
            Objection::Note(note) => remarks.notes.push(note),
        }
    }
}

/// A destination that no access policy fits is an error only for those that name it.
fn unfit(policy: &Policy<AccessPolicy>, destination: &Destination) -> Tried {
    let destination_ref = destination.input.clone();
    if policy.names(destination) {
        Err(vec![Rejection::Unfit { destination: destination_ref, reason: NO_SELECTOR }])
    } else {
        let warnings = vec![Warning::Unfit { destination: destination_ref, reason: NO_SELECTOR }];
        Ok(Remarks { warnings, notes: Vec::new() })
    }
}

/// Writes a policy down for one destination: users name service ports, proxies see those of workloads.
fn rule<'a>(cx: Context<'_>, destination: &Destination, version: &'a AccessPolicy) -> AccessRule<'a> {
    let of_workload = |port: &u32| destination.port(*port).and_then(|found| found.target).unwrap_or(*port);
    let mut ports: Vec<u32> = version.ports.iter().map(of_workload).collect();
    ports.sort_unstable();
    ports.dedup();
    let operation = Operation { paths: &version.paths, methods: &version.methods, ports };
    let unrestricted =
        operation.paths.is_empty() && operation.methods.is_empty() && operation.ports.is_empty();
    AccessRule {
        policy: &version.input,
        sources: separated(cx, destination, &version.sources),
        operation: (!unrestricted).then_some(operation),
    }
}
