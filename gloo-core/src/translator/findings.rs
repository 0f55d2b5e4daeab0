//! What there is to say about the inputs, put together from what is known of each.

use std::borrow::Cow;
use std::collections::BTreeMap;

use crate::Istr;
use crate::index::{Current, DestinationId, Policy};
use crate::model::{AccessPolicy, TrafficPolicy};
use crate::rejection::{Rejection, Warning};
use crate::report::{Finding, Severity, Subject};
use crate::resolve::Verdict;
use crate::translator::Translator;
use crate::translator::policies::Told;

impl Translator<'_> {
    /// All findings: by subject, then by the destination on which something was found, then by severity.
    pub(super) fn findings(&self) -> Vec<Finding> {
        let mut findings: Vec<Finding> = Vec::new();
        for destination in self.index.destinations.iter() {
            let outcome = self.results.outcomes.get(&destination.id);
            findings.extend(outcome.into_iter().flat_map(|outcome| &outcome.findings).cloned());
        }
        findings.extend(self.snapshot.findings.values().flatten().cloned());
        for policy in self.index.traffic.iter() {
            self.add_findings::<TrafficPolicy>(policy, &mut findings);
        }
        for policy in self.index.access.iter() {
            self.add_findings::<AccessPolicy>(policy, &mut findings);
        }
        self.add_settings(&mut findings);
        for input in self.snapshot.virtual_meshes.keys() {
            let warning = Warning::NoEffect { field: "the object".to_owned(), detail: " yet" };
            findings.push(Finding::warning(Subject::Input(input.clone()), warning));
        }
        self.add_unread(&mut findings);
        for (loser, object, winner) in self.results.outputs.losers() {
            let rejection =
                Rejection::OutputTaken { object: object.to_string(), by: Box::new(winner.clone()) };
            findings.push(Finding::error(Subject::Input(loser.clone()), rejection));
        }
        findings.sort_by(|a, b| (&a.subject, &a.on, a.severity).cmp(&(&b.subject, &b.on, b.severity)));
        findings
    }

    /// What is to be said about a policy: once for the whole, then for each destination.
    fn add_findings<T: Told>(&self, policy: &Policy<T>, findings: &mut Vec<Finding>) {
        let subject = || Subject::Input(policy.input.clone());
        let verdicts: Vec<(DestinationId, Cow<'_, Verdict>)> = self.verdicts(policy);
        findings.extend(policy.bad_refs.iter().map(|rejection| Finding::error(subject(), rejection.clone())));
        let whole = match &policy.current {
            Current::Invalid(errors) => errors.as_slice(),
            Current::Valid(_) | Current::Unresolved(_) => &[],
        };
        findings.extend(whole.iter().map(|rejection| Finding::error(subject(), rejection.clone())));
        let own_warnings = &policy.checks.warnings;
        findings.extend(own_warnings.iter().map(|warning| Finding::warning(subject(), warning.clone())));
        if verdicts.is_empty() && policy.object.is_some() {
            let warning = Warning::SelectsNothing { field: "spec.destinationSelector" };
            findings.push(Finding::warning(subject(), warning));
        }
        for (id, verdict) in verdicts {
            let Some(destination) = self.index.destinations.find(id) else {
                continue;
            };
            let errors = verdict.errors.iter().filter(|rejection| !whole.contains(rejection));
            let errors = errors.map(|rejection| Finding::error(subject(), rejection.clone()));
            let warnings = verdict.warnings.iter().filter(|warning| !own_warnings.contains(warning));
            let warnings = warnings.map(|warning| Finding::warning(subject(), warning.clone()));
            let notes = verdict.notes.iter().map(|note| Finding::note(subject(), note.clone()));
            let all = errors.chain(warnings).chain(notes);
            findings.extend(all.map(|finding| finding.on(destination.input.clone())));
        }
    }

    /// Which settings count, and what of them has no effect.
    fn add_settings(&self, findings: &mut Vec<Finding>) {
        let counting = self.snapshot.settings_ref();
        for input in self.snapshot.settings.keys().filter(|input| **input != counting) {
            let detail = "; only the one named settings in the management namespace counts";
            let warning = Warning::NoEffect { field: "the object".to_owned(), detail };
            findings.push(Finding::warning(Subject::Input(input.clone()), warning));
        }
        let warning = match self.snapshot.settings.get(&counting) {
            Some(object) if object.spec.networking_extension_servers.is_empty() => return,
            Some(_) => Warning::NoEffect { field: "spec.networkingExtensionServers".to_owned(), detail: "" },
            None => {
                let broken = self.snapshot.broken.contains_key(&counting);
                let what = if broken { "the object cannot be read" } else { "the object does not exist" };
                let note = format!("{what}, so defaults are used");
                Warning::Unwise { field: "spec".to_owned(), note }
            }
        };
        findings.push(Finding::warning(Subject::Input(counting), warning));
    }

    /// Counts objects that neither the core nor a backend reads; what other planes wrote is theirs.
    fn add_unread(&self, findings: &mut Vec<Finding>) {
        let mut counts: BTreeMap<(String, Istr), usize> = BTreeMap::new();
        for foreign in self.index.foreign.values() {
            let raw = &foreign.raw;
            let read = self.backends.iter().any(|backend| backend.reads(&raw.id.group, &raw.id.kind));
            if !read && raw.owner().is_none() {
                *counts.entry((raw.api_version(), raw.id.kind.clone())).or_default() += 1;
            }
        }
        findings.extend(counts.into_iter().map(|((api_version, kind), count)| {
            let subject = Subject::Other {
                cluster: Istr::default(),
                api_version: api_version.as_str().into(),
                kind: kind.clone(),
                namespace: Istr::default(),
                name: Istr::default(),
            };
            let warning = Warning::KindUnread { api_version, kind: kind.to_string(), count };
            Finding { severity: Severity::Info, ..Finding::warning(subject, warning) }
        }));
    }
}
