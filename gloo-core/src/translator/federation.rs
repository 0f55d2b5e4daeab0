//! Virtual meshes and virtual destinations: reading those that changed, and finding out what hangs on them.

use std::collections::{BTreeMap, BTreeSet};

use crate::check::Checks;
use crate::id::{InputKind, InputRef};
use crate::index::{Age, Claim, MeshId, Touched, VirtualDestination, VirtualDestinationId, VirtualMeshId};
use crate::reads::{Question, Reads, Unit};
use crate::resolve::{self, Member};
use crate::snapshot::Key;
use crate::status;
use crate::translator::Translator;
use crate::translator::results::World;
use crate::translator::written::Written;

impl Translator<'_> {
    /// Brings virtual meshes, what meshes are part of, virtual destinations and addresses up to date.
    pub(super) fn federate(&mut self, touched: &Touched, units: &mut BTreeSet<Unit>) {
        self.reread_virtual_meshes(touched, units);
        self.settle_members(units);
        self.reread_virtual_destinations(touched, units);
        let mut dirty = crate::reads::Dirty::new(&self.results.watchers);
        self.index.settle_addresses(&self.snapshot, &mut dirty);
        units.append(&mut dirty.units);
    }

    /// Reads the virtual meshes that were touched or depend on what was.
    fn reread_virtual_meshes(&mut self, touched: &Touched, units: &mut BTreeSet<Unit>) {
        let mut inputs: BTreeSet<InputRef> = touched.of(InputKind::VirtualMesh).cloned().collect();
        let arena = &self.index.virtual_meshes.arena;
        let waiting = units.iter().filter_map(|unit| match unit {
            Unit::VirtualMesh(id) => arena.find(*id),
            _ => None,
        });
        inputs.extend(waiting.map(|virtual_mesh| virtual_mesh.input.clone()));
        let reads = Reads::new(self.results.keep);
        for input in &inputs {
            if let Some(object) = self.snapshot.virtual_meshes.get(input) {
                self.index.reserve_members(&object.spec);
            }
            let id = self.index.virtual_meshes.arena.reserve(input);
            let world = World { index: &self.index, backends: self.backends };
            let cx = world.context(&self.results.demands, &reads);
            let read = resolve::virtual_mesh::read(cx, &self.snapshot, id, input);
            self.results.watchers.set(Unit::VirtualMesh(id), reads.take());
            self.put_virtual_mesh(id, input, read, units);
        }
        self.index.virtual_meshes.arena.settle();
    }

    fn put_virtual_mesh(
        &mut self,
        id: VirtualMeshId,
        input: &InputRef,
        read: Option<crate::index::VirtualMesh>,
        units: &mut BTreeSet<Unit>,
    ) {
        units.insert(Unit::VirtualMeshStatus(id));
        let is_there = read.is_some();
        let all = &mut self.index.virtual_meshes;
        let before = match read {
            Some(virtual_mesh) => all.arena.put(id, virtual_mesh),
            None => all.arena.take(id),
        };
        if !is_there {
            self.results.statuses.set(input, None);
        }
        let after = all.arena.find(id);
        if before.as_ref().zip(after).is_some_and(|(before, after)| before.says_the_same_as(after)) {
            return;
        }
        let members = |it: Option<&crate::index::VirtualMesh>| -> Vec<MeshId> {
            it.and_then(|it| it.version.as_ref()).map(|version| version.members.clone()).unwrap_or_default()
        };
        let (old, new) = (members(before.as_ref()), members(after));
        let sharing = after.and_then(|it| it.version.as_ref()?.sharing.said().cloned());
        all.list(id, &old, &new);
        let text = crate::index::TextId { virtual_mesh: id, stored_for: None };
        let exports = sharing.as_ref().map_or(&[][..], |sharing| &sharing.exports);
        let moved = self.index.export(text, exports);
        self.results.changed(Question::VirtualMesh(id), units);
        for mesh in old.iter().filter(|it| !new.contains(it)).chain(new.iter().filter(|it| !old.contains(it)))
        {
            self.results.changed(Question::Listing(*mesh), units);
        }
        for destination in moved {
            self.results.changed(Question::Exports(destination), units);
        }
    }

    /// Finds out anew of what meshes are part, where that depends on something that changed.
    fn settle_members(&mut self, units: &mut BTreeSet<Unit>) {
        let ids: Vec<MeshId> = units
            .iter()
            .filter_map(|unit| if let Unit::Membership(id) = unit { Some(*id) } else { None })
            .collect();
        let reads = Reads::new(self.results.keep);
        for id in ids {
            let world = World { index: &self.index, backends: self.backends };
            let member = resolve::membership::resolve(world.context(&self.results.demands, &reads), id);
            self.results.watchers.set(Unit::Membership(id), reads.take());
            self.put_member(id, member, units);
        }
    }

    fn put_member(&mut self, id: MeshId, member: Option<Member>, units: &mut BTreeSet<Unit>) {
        let members = &mut self.index.virtual_meshes.members;
        let before = members.remove(&id);
        if let Some(member) = &member {
            members.insert(id, member.clone());
        }
        let (old, new) = (before.as_ref(), member.as_ref());
        let owner = |it: &Member| it.membership.text.virtual_mesh;
        if old.map(owner) != new.map(owner) {
            for owner in old.map(owner).into_iter().chain(new.map(owner)) {
                self.results.changed(Question::Members(owner), units);
            }
        }
        if old.map(|it| &it.membership) != new.map(|it| &it.membership) {
            self.results.changed(Question::Membership(id), units);
        }
        if old.map(|it| &it.standing) != new.map(|it| &it.standing) {
            self.results.changed(Question::Standing(id), units);
        }
        if old.map(|it| &it.gateways) != new.map(|it| &it.gateways) {
            self.results.changed(Question::Gateways(id), units);
        }
        self.restore_exports(id, old, new, units);
    }

    /// Puts the lists of an earlier text in place, or takes them away.
    fn restore_exports(
        &mut self,
        id: MeshId,
        old: Option<&Member>,
        new: Option<&Member>,
        units: &mut BTreeSet<Unit>,
    ) {
        let restored = |it: Option<&Member>| {
            let member = it.filter(|it| it.membership.text.stored_for == Some(id))?;
            Some((member.membership.text, member.standing.restored.clone()))
        };
        let (old, new) = (restored(old), restored(new));
        let mut moved = Vec::new();
        if let Some((text, _)) = &old
            && new.as_ref().is_none_or(|(other, _)| other != text)
        {
            moved.extend(self.index.export(*text, &[]));
        }
        if let Some((text, sharing)) = &new {
            let exports = sharing.as_ref().map_or(&[][..], |sharing| &sharing.exports);
            moved.extend(self.index.export(*text, exports));
        }
        for destination in moved {
            self.results.changed(Question::Exports(destination), units);
        }
    }

    /// Reads the virtual destinations that were touched, and finds anew what those come to that depend on
    /// something that changed.
    fn reread_virtual_destinations(&mut self, touched: &Touched, units: &mut BTreeSet<Unit>) {
        let inputs: Vec<InputRef> = touched.of(InputKind::VirtualDestination).cloned().collect();
        for input in &inputs {
            let id = self.put_virtual_destination(input, units);
            units.insert(Unit::VirtualDestination(id));
        }
        self.index.virtual_destinations.arena.settle();
        // Who is younger asks what became of the older one that has the host name.
        let mut waiting = self.by_age(units);
        let reads = Reads::new(self.results.keep);
        while let Some((_, id)) = waiting.pop_first() {
            let world = World { index: &self.index, backends: self.backends };
            let cx = world.context(&self.results.demands, &reads);
            let resolved = self.index.virtual_destinations.arena.find(id);
            let resolved = resolved.map(|it| resolve::failover::resolve(cx, it)).unwrap_or_default();
            self.results.watchers.set(Unit::VirtualDestination(id), reads.take());
            let mut moved = BTreeSet::new();
            self.put_failover(id, resolved, &mut moved);
            waiting.append(&mut self.by_age(&moved));
            units.append(&mut moved);
        }
        for input in &inputs {
            if !self.snapshot.contains(&Key::Input(input.clone())) {
                self.results.statuses.set(input, None);
            }
        }
    }

    /// The virtual destinations that must be read, the oldest first.
    fn by_age(&self, units: &BTreeSet<Unit>) -> BTreeSet<(Option<Age>, VirtualDestinationId)> {
        let ids = units.iter().filter_map(|unit| match unit {
            Unit::VirtualDestination(id) => Some(*id),
            _ => None,
        });
        let arena = &self.index.virtual_destinations.arena;
        ids.map(|id| (arena.find(id).map(VirtualDestination::age), id)).collect()
    }

    /// Puts the text of a virtual destination in place, or takes it away.
    fn put_virtual_destination(
        &mut self,
        input: &InputRef,
        units: &mut BTreeSet<Unit>,
    ) -> VirtualDestinationId {
        let object = self.snapshot.virtual_destinations.get(input);
        let broken = self.snapshot.broken.get(input);
        if let Some(object) = object {
            self.index.reserve_exports(&object.spec);
        }
        let selectors = object.map(|object| resolve::failover::selectors(&object.spec));
        let all = &mut self.index.virtual_destinations;
        let id = all.arena.reserve(input);
        let before = all.arena.take(id);
        let metadata = object.map(|object| &object.metadata);
        if object.is_some() || broken.is_some() {
            let key = all.arena.key(input);
            let created = metadata.and_then(|metadata| metadata.creation_timestamp.clone());
            let generation = metadata.and_then(|metadata| metadata.generation).unwrap_or_default();
            all.arena.put(
                id,
                VirtualDestination {
                    id,
                    input: input.clone(),
                    key,
                    created: broken.map_or(created, |broken| broken.created.clone()),
                    object: object.cloned(),
                    generation: broken.map_or(generation, |broken| broken.generation),
                    broken: broken.map(crate::snapshot::Broken::rejection),
                    failover: before.as_ref().and_then(|before| before.failover.clone()),
                    checks: Checks::default(),
                    meshes: BTreeMap::new(),
                },
            );
        } else if before.is_some() {
            // What it came to goes with it.
            for mesh in crate::index::meshes_of_failover(before.as_ref().and_then(|it| it.failover.as_ref()))
            {
                units.insert(Unit::Failover(id, mesh));
                self.results.changed(Question::FailoversIn(mesh), units);
            }
        }
        let all = &mut self.index.virtual_destinations;
        let after = all.arena.find(id);
        let claims = match (before.is_some(), after.is_some()) {
            (false, true) => Some(true),
            (true, false) => Some(false),
            _ => None,
        };
        let hostnames = [before.as_ref(), after].map(|it| it.and_then(VirtualDestination::hostname).cloned());
        let [old, new] = &hostnames;
        if after.is_none()
            && let Some(before) = before
        {
            all.forget(id, before.failover.as_ref());
        }
        all.name(id, old.as_ref(), new.as_ref());
        all.backings.set(id, selectors.as_deref(), &self.index.destinations);
        if let Some(wants) = claims {
            for claim in [Claim::of_virtual_destination(input), Claim::of_share(input)] {
                self.index.claim(claim, wants);
            }
        }
        for hostname in hostnames.iter().flatten() {
            self.results.changed(Question::HostsNamed(hostname), units);
        }
        self.results.changed(Question::VirtualDestination(&input.namespace, &input.name), units);
        self.results.changed(Question::Failover(id), units);
        units.insert(Unit::VirtualDestinationStatus(id));
        id
    }

    /// Puts what a virtual destination comes to in place.
    fn put_failover(
        &mut self,
        id: VirtualDestinationId,
        resolved: resolve::failover::Resolved,
        units: &mut BTreeSet<Unit>,
    ) {
        let resolve::failover::Resolved { failover, checks, meshes } = resolved;
        let all = &mut self.index.virtual_destinations;
        let Some(place) = all.arena.find_mut(id) else { return };
        if place.checks != checks || place.meshes != meshes {
            place.checks = checks;
            place.meshes = meshes;
            units.insert(Unit::VirtualDestinationStatus(id));
        }
        if place.failover == failover {
            return;
        }
        let input = place.input.clone();
        let concerned = all.set_failover(id, failover);
        units.insert(Unit::VirtualDestinationStatus(id));
        self.results.changed(Question::Failover(id), units);
        self.results.changed(Question::VirtualDestination(&input.namespace, &input.name), units);
        for mesh in concerned {
            units.insert(Unit::Failover(id, mesh));
            self.results.changed(Question::FailoversIn(mesh), units);
        }
    }

    /// Puts the statuses of virtual meshes together that the units name.
    pub(super) fn tell_virtual_meshes(&mut self, units: &BTreeSet<Unit>) {
        let ids = units.iter().filter_map(|unit| match unit {
            Unit::VirtualMeshStatus(id) => Some(*id),
            _ => None,
        });
        let mut ids: BTreeSet<VirtualMeshId> = ids.collect();
        let contested = self.results.outputs.take_contested(InputKind::VirtualMesh);
        let arena = &self.index.virtual_meshes.arena;
        ids.extend(contested.iter().filter_map(|input| arena.id_of(input)));
        let reads = Reads::new(self.results.keep);
        for id in ids {
            let unit = Unit::VirtualMeshStatus(id);
            let Some(virtual_mesh) = self.index.virtual_meshes.arena.find(id) else {
                self.results.watchers.set(unit, Vec::new());
                continue;
            };
            let world = World { index: &self.index, backends: self.backends };
            let displaced = self.results.outputs.displaced_of(&virtual_mesh.input);
            let shown = self.results.shown(&virtual_mesh.input).filter_map(|(id, outcome)| {
                let verdict = outcome.exposure.as_deref().filter(|verdict| !verdict.is_gateway)?;
                let destination = self.index.destinations.find(id)?;
                Some(status::Shown {
                    key: &destination.key,
                    state: verdict.state,
                    errors: &verdict.errors,
                    displaced: displaced.get(&destination.input).map_or(&[], Vec::as_slice),
                    warnings: &verdict.warnings,
                })
            });
            let cx = world.context(&self.results.demands, &reads);
            let written = |mesh: MeshId| {
                let said = self.results.meshes.get(&mesh).map(Written::said);
                said.map(|said| (said.blocked.clone(), said.exposure.clone())).unwrap_or_default()
            };
            let status = status::virtual_mesh_status(cx, virtual_mesh, shown, &displaced, written);
            self.results.watchers.set(unit, reads.take());
            self.results.statuses.set(&virtual_mesh.input, Some(status));
        }
    }

    /// Puts the statuses of virtual destinations together that the units name.
    pub(super) fn tell_virtual_destinations(&mut self, units: &BTreeSet<Unit>) {
        let ids = units.iter().filter_map(|unit| match unit {
            Unit::VirtualDestinationStatus(id) => Some(*id),
            _ => None,
        });
        let mut ids: BTreeSet<VirtualDestinationId> = ids.collect();
        let contested = self.results.outputs.take_contested(InputKind::VirtualDestination);
        let arena = &self.index.virtual_destinations.arena;
        ids.extend(contested.iter().filter_map(|input| arena.id_of(input)));
        let reads = Reads::new(self.results.keep);
        for id in ids {
            let unit = Unit::VirtualDestinationStatus(id);
            let Some(virtual_destination) = self.index.virtual_destinations.arena.find(id) else {
                self.results.watchers.set(unit, Vec::new());
                continue;
            };
            let world = World { index: &self.index, backends: self.backends };
            let cx = world.context(&self.results.demands, &reads);
            let written = |mesh: MeshId| {
                let Some(written) = self.results.failovers.get(&(id, mesh)) else {
                    return (Vec::new(), Vec::new());
                };
                let said = written.said();
                let taken = written.objects.iter().filter_map(|object| self.results.outputs.taken(object));
                (said.blocked.iter().cloned().chain(taken).collect(), said.exposure.clone())
            };
            let demands = &self.results.demands;
            let status = status::virtual_destination_status(cx, virtual_destination, demands, written);
            self.results.watchers.set(unit, reads.take());
            self.results.statuses.set(&virtual_destination.input, Some(status));
        }
    }
}
