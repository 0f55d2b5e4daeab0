//! What there is to say about the inputs, put together from what is known of each.

use std::collections::BTreeMap;

use crate::Istr;
use crate::api::TlsMode;
use crate::check::Checks;
use crate::id::InputRef;
use crate::index::{Current, DestinationId, ExportId, MeshId, Policy, TextId, VirtualMesh};
use crate::model::{AccessPolicy, TrafficPolicy};
use crate::reads::Reads;
use crate::rejection::{Rejection, Warning};
use crate::report::{Finding, Severity, Subject};
use crate::resolve::{Member, Said, Verdict};
use crate::status;
use crate::translator::Translator;
use crate::translator::policies::Told;
use crate::translator::results::World;

impl Translator<'_> {
    /// All findings: by subject, then by the destination on which something was found, then by severity.
    pub(super) fn findings(&self) -> Vec<Finding> {
        let mut findings: Vec<Finding> = Vec::new();
        findings.extend(self.results.outcomes().flat_map(|outcome| &outcome.findings).cloned());
        findings.extend(self.snapshot.findings.values().flatten().cloned());
        self.add_policies::<TrafficPolicy>(&mut findings);
        self.add_policies::<AccessPolicy>(&mut findings);
        self.add_settings(&mut findings);
        self.add_virtual_meshes(&mut findings);
        self.add_virtual_destinations(&mut findings);
        self.add_meshes(&mut findings);
        self.add_default_tls(&mut findings);
        self.add_unread(&mut findings);
        for (loser, object, winner) in self.results.outputs.losers() {
            let rejection =
                Rejection::OutputTaken { object: object.to_string(), by: Box::new(winner.clone()) };
            findings.push(Finding::error(Subject::Input(loser.clone()), rejection));
        }
        findings.sort_by(|a, b| (&a.subject, &a.on, a.severity).cmp(&(&b.subject, &b.on, b.severity)));
        findings
    }

    /// What is to be said about policies: once for the whole, then for each destination.
    fn add_policies<T: Told>(&self, findings: &mut Vec<Finding>) {
        let policies = T::policies(&self.index);
        for policy in policies.iter() {
            add_whole(policy, policies.selected(policy.id).is_empty(), findings);
            if !self.failures(policy).is_empty() {
                for (id, verdict) in self.verdicts(policy) {
                    let destination = self.index.destinations.find(id).map(|destination| &destination.input);
                    destination.inspect(|destination| add_verdict(policy, destination, &verdict, findings));
                }
            }
        }
        for outcome in self.results.outcomes() {
            let told = T::told(outcome).iter().filter(|(_, verdict)| !verdict.is_plain());
            for (id, verdict) in told {
                if let (Some(policy), Some(destination)) = (policies.find(*id), &outcome.input)
                    && self.failures(policy).is_empty()
                {
                    add_verdict(policy, destination, verdict, findings);
                }
            }
        }
    }

    /// What is to be said about virtual meshes: once for the whole, then for each mesh and each destination.
    fn add_virtual_meshes(&self, findings: &mut Vec<Finding>) {
        let reads = Reads::new(self.results.keep);
        let world = World { index: &self.index, backends: self.backends };
        let cx = world.context(&self.results.demands, &reads);
        for virtual_mesh in self.index.virtual_meshes.arena.iter() {
            let subject = || Subject::Input(virtual_mesh.input.clone());
            add_checks(&subject, &virtual_mesh.checks, None, findings);
            let vain = self.selectors_in_vain(virtual_mesh);
            findings.extend(vain.map(|warning| Finding::warning(subject(), warning)));
            for mesh in status::of_meshes(cx, virtual_mesh) {
                let checks = Checks { errors: mesh.errors, warnings: mesh.warnings };
                add_checks(&subject, &checks, Some(&mesh.input), findings);
            }
        }
        for virtual_mesh in self.index.virtual_meshes.arena.iter() {
            for (owner, errors) in self.results.outputs.displaced_of(&virtual_mesh.input) {
                let errors = errors.into_iter();
                let subject = || Subject::Input(virtual_mesh.input.clone());
                findings.extend(errors.map(|error| Finding::error(subject(), error).on(owner.clone())));
            }
        }
        for outcome in self.results.outcomes() {
            let (Some(verdict), Some(input)) = (&outcome.exposure, &outcome.input) else { continue };
            let subject = || Subject::Input(verdict.virtual_mesh.clone());
            if verdict.is_gateway {
                let field = "spec.federation.selectors".to_owned();
                let note =
                    format!("{input} is a gateway, so it is shown to other meshes only if it is named");
                let note = Finding::note(subject(), Warning::Unwise { field, note });
                findings.push(note.on(input.clone()));
            }
            let errors = verdict.errors.iter().map(|it| Finding::error(subject(), it.clone()));
            let warnings = verdict.warnings.iter().map(|it| Finding::warning(subject(), it.clone()));
            findings.extend(errors.chain(warnings).map(|finding| finding.on(input.clone())));
        }
        reads.take();
    }

    /// Where a virtual mesh selects nothing that another of its meshes would see.
    fn selectors_in_vain<'a>(&'a self, virtual_mesh: &'a VirtualMesh) -> impl Iterator<Item = Warning> + 'a {
        let text = TextId { virtual_mesh: virtual_mesh.id, stored_for: None };
        let all = &self.index.virtual_meshes;
        let follows = move |mesh: &MeshId| {
            all.members.get(mesh).map(|member| &member.membership).filter(|it| it.text == text)
        };
        let version = virtual_mesh.version.as_ref();
        // An earlier text in force says nothing about the selectors of this one, nor do meshes that are alone.
        let counts = version.is_some_and(|version| {
            version
                .members
                .iter()
                .filter_map(follows)
                .any(|it| it.federation.is_some() && !it.neighbors.is_empty())
        });
        let sharing = version.and_then(|version| version.sharing.said()).filter(|_| counts);
        let exports = sharing.into_iter().flat_map(|sharing| (0_u32..).zip(&sharing.exports));
        exports.filter_map(move |(position, export)| {
            let seen = |id: &DestinationId| {
                let mesh = self.index.destinations.find(*id).and_then(|destination| destination.mesh);
                mesh.as_ref().and_then(follows).is_some_and(|membership| {
                    let clients = &export.clients;
                    let is_meant = |mesh: &MeshId| clients.is_empty() || clients.contains(mesh);
                    membership.neighbors.iter().any(|neighbor| is_meant(&neighbor.mesh))
                })
            };
            let selected = all.exported(ExportId { text, position });
            let detail = " that another mesh would see";
            (!selected.iter().any(seen))
                .then(|| Warning::SelectsNothing { field: export.field.clone(), detail })
        })
    }

    /// What is to be said about virtual destinations: once for the whole, then for each mesh.
    fn add_virtual_destinations(&self, findings: &mut Vec<Finding>) {
        let meshes = &self.index.meshes;
        for virtual_destination in self.index.virtual_destinations.arena.iter() {
            let subject = || Subject::Input(virtual_destination.input.clone());
            add_checks(&subject, &virtual_destination.checks, None, findings);
            for (mesh, checks) in &virtual_destination.meshes {
                add_checks(&subject, checks, meshes.name_of(*mesh), findings);
            }
            for (mesh, written) in self.results.failovers_of(virtual_destination.id) {
                let on = meshes.name_of(mesh);
                let said = written.said();
                let checks = Checks { errors: said.blocked.clone(), warnings: said.exposure.clone() };
                add_checks(&subject, &checks, on, findings);
            }
        }
    }

    /// What writing for meshes brought to light; the virtual mesh asked for it.
    fn add_meshes(&self, findings: &mut Vec<Finding>) {
        for (mesh, written) in &self.results.meshes {
            let member = self.index.virtual_meshes.members.get(mesh);
            let (Some(input), Some(member)) = (self.index.meshes.name_of(*mesh), member) else { continue };
            let subject = || Subject::Input(member.standing.virtual_mesh.clone());
            let said = written.said();
            let checks = Checks { errors: said.blocked.clone(), warnings: said.exposure.clone() };
            add_checks(&subject, &checks, Some(input), findings);
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

    /// Between clusters the TLS mode of the settings does not count.
    fn add_default_tls(&self, findings: &mut Vec<Finding>) {
        let mode = self.index.settings.default_tls.filter(|mode| *mode != TlsMode::IstioMutual);
        let shows = |member: &Member| member.standing.shows;
        if let (Some(_), Some(input)) = (mode, &self.index.settings.input)
            && self.index.virtual_meshes.members.values().any(shows)
        {
            let field = "spec.mtls.istio.tlsMode".to_owned();
            let note =
                "clients of other clusters use ISTIO_MUTUAL all the same, because gateways take nothing else";
            let warning = Warning::Unwise { field, note: note.to_owned() };
            findings.push(Finding::warning(Subject::Input(input.clone()), warning));
        }
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

fn add_checks(
    subject: &impl Fn() -> Subject,
    checks: &Checks,
    on: Option<&InputRef>,
    findings: &mut Vec<Finding>,
) {
    let errors = checks.errors.iter().map(|it| Finding::error(subject(), it.clone()));
    let warnings = checks.warnings.iter().map(|it| Finding::warning(subject(), it.clone()));
    findings.extend(errors.chain(warnings).map(|finding| match on {
        Some(on) => finding.on(on.clone()),
        None => finding,
    }));
}

/// What makes a policy invalid as a whole.
fn errors_of_whole<T: Told>(policy: &Policy<T>) -> &[Rejection] {
    match &policy.current {
        Current::Invalid(errors) => errors,
        Current::Valid(_) | Current::Unresolved(_) => &[],
    }
}

fn add_whole<T: Told>(policy: &Policy<T>, selects_nothing: bool, findings: &mut Vec<Finding>) {
    let subject = || Subject::Input(policy.input.clone());
    let errors = policy.bad_refs.iter().chain(errors_of_whole(policy));
    findings.extend(errors.map(|rejection| Finding::error(subject(), rejection.clone())));
    let warnings = &policy.checks.warnings;
    findings.extend(warnings.iter().map(|warning| Finding::warning(subject(), warning.clone())));
    if selects_nothing && policy.object.is_some() {
        let warning = Warning::SelectsNothing { field: "spec.destinationSelector".into(), detail: "" };
        findings.push(Finding::warning(subject(), warning));
    }
}

/// What is said about a policy at one destination, unless it is said about the whole.
fn add_verdict<T: Told>(
    policy: &Policy<T>,
    destination: &InputRef,
    verdict: &Verdict,
    findings: &mut Vec<Finding>,
) {
    let subject = || Subject::Input(policy.input.clone());
    let (whole, own_warnings) = (errors_of_whole(policy), &policy.checks.warnings);
    let Said { errors, warnings, notes } = verdict.said();
    let errors = errors.iter().filter(|rejection| !whole.contains(rejection));
    let errors = errors.map(|rejection| Finding::error(subject(), rejection.clone()));
    let warnings = warnings.iter().filter(|warning| !own_warnings.contains(warning));
    let warnings = warnings.map(|warning| Finding::warning(subject(), warning.clone()));
    let notes = notes.iter().map(|note| Finding::note(subject(), note.clone()));
    let all = errors.chain(warnings).chain(notes);
    findings.extend(all.map(|finding| finding.on(destination.clone())));
}
