//! Brings an index up to date with a snapshot, and tells whose questions have other answers now.

mod destination;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::Istr;
use crate::api::{self, ObjectRef};
use crate::backend::Backend;
use crate::id::{InputKind, InputRef};
use crate::index::{Claim, Foreign, Index, Mesh, MeshId, Settings, UserObject, Workload, mesh};
use crate::reads::{Dirty, Question, Unit};
use crate::snapshot::{Key, RawObject, RawRef, Snapshot};

/// Objects that were added, changed or removed.
#[derive(Debug, Default)]
pub(crate) struct Touched {
    pub inputs: BTreeSet<InputRef>,
    pub raw: BTreeSet<RawRef>,
}

impl Touched {
    /// Everything that there is.
    pub fn all(snapshot: &Snapshot) -> Self {
        let inputs = (snapshot.settings.keys())
            .chain(snapshot.clusters.keys())
            .chain(snapshot.meshes.keys())
            .chain(snapshot.workloads.keys())
            .chain(snapshot.destinations.keys())
            .chain(snapshot.traffic_policies.keys())
            .chain(snapshot.access_policies.keys())
            .chain(snapshot.virtual_meshes.keys())
            .chain(snapshot.virtual_destinations.keys())
            .chain(snapshot.broken.keys());
        Self { inputs: inputs.cloned().collect(), raw: snapshot.raw.keys().cloned().collect() }
    }

    pub fn insert(&mut self, key: Key) {
        match key {
            Key::Input(input) => self.inputs.insert(input),
            Key::Raw(id) => self.raw.insert(id),
            // They are looked at in every run.
            Key::Address(_) => false,
        };
    }

    /// The objects of one kind.
    pub fn of(&self, kind: InputKind) -> impl Iterator<Item = &InputRef> {
        let first = InputRef::new(kind, "", "");
        self.inputs.range(first..).take_while(move |input| input.kind == kind)
    }

    /// The objects of one kind with what is there now. Where many follow each other, most are found without a
    /// search.
    pub fn with<'a, K>(
        &'a self,
        kind: InputKind,
        objects: &'a BTreeMap<InputRef, Arc<K>>,
    ) -> impl Iterator<Item = (&'a InputRef, Option<&'a Arc<K>>)> {
        let mut following = objects.range(InputRef::new(kind, "", "")..);
        self.of(kind).map(move |input| {
            let mut next = following.next();
            if next.is_none_or(|(found, _)| found != input) {
                following = objects.range(input..);
                next = following.next();
            }
            (input, next.filter(|(found, _)| *found == input).map(|(_, object)| object))
        })
    }
}

impl Index {
    /// Reads everything but policies anew that was touched. What hangs on a touched object is added to
    /// `touched`.
    pub fn refresh(
        &mut self,
        snapshot: &Snapshot,
        touched: &mut Touched,
        backends: &[&dyn Backend],
        dirty: &mut Dirty<'_>,
    ) {
        self.refresh_settings(snapshot, dirty);
        self.refresh_clusters(snapshot, touched, dirty);
        self.refresh_meshes(snapshot, touched, backends, dirty);
        self.refresh_workloads(snapshot, touched, dirty);
        self.refresh_destinations(snapshot, touched, dirty);
        self.refresh_raw(snapshot, touched, backends, dirty);
    }

    fn refresh_settings(&mut self, snapshot: &Snapshot, dirty: &mut Dirty<'_>) {
        let input = snapshot.settings_ref();
        let object = snapshot.settings.get(&input);
        let default_tls = object.and_then(|object| object.spec.mtls.as_ref()?.istio.as_ref()?.tls_mode);
        let settings = Settings { input: object.map(|_| input), default_tls };
        if self.settings != settings {
            self.settings = settings;
            dirty.changed(Question::Settings);
        }
    }

    fn refresh_clusters(&mut self, snapshot: &Snapshot, touched: &mut Touched, dirty: &mut Dirty<'_>) {
        let mut moved: Vec<Istr> = Vec::new();
        for input in touched.of(InputKind::KubernetesCluster).filter(|it| it.namespace == self.owner) {
            let name = &input.name;
            let object = snapshot.clusters.get(input);
            let changed = match object {
                Some(_) => self.registered.insert(name.clone()),
                None => self.registered.remove(name),
            };
            if changed {
                dirty.changed(Question::Cluster(name));
            }
            let domain = object.map(|object| &object.spec.cluster_domain).filter(|it| !it.is_empty());
            let before = match domain {
                Some(domain) => self.cluster_domains.insert(name.clone(), domain.clone()),
                None => self.cluster_domains.remove(name),
            };
            if before.as_ref() != domain {
                moved.push(name.clone());
            }
        }
        // The domain is part of the names of services, and of what short names in users' objects mean.
        for cluster in moved {
            dirty.changed(Question::Domain(&cluster));
            let services = self.destinations.in_cluster(&cluster).iter();
            let services = services.filter_map(|id| self.destinations.find(*id));
            touched.inputs.extend(services.map(|service| service.input.clone()));
            let objects = self.foreign.keys().filter(|id| id.cluster == cluster);
            touched.raw.extend(objects.cloned());
        }
    }

    fn refresh_meshes(
        &mut self,
        snapshot: &Snapshot,
        touched: &Touched,
        backends: &[&dyn Backend],
        dirty: &mut Dirty<'_>,
    ) {
        for input in touched.of(InputKind::Mesh) {
            let id = self.meshes.reserve(input);
            if let Some(object) = snapshot.meshes.get(input) {
                self.reserve_applied(object);
            }
            let before = match snapshot.meshes.get(input) {
                Some(object) => self.meshes.put(id, mesh::read(id, input, object, backends)),
                None => self.meshes.take(id),
            };
            dirty.units.extend([Unit::Membership(id), Unit::Mesh(id)]);
            let after = self.meshes.find(id);
            let applied = |mesh: Option<&Mesh>| mesh.and_then(|mesh| mesh.object.status.clone());
            if applied(before.as_ref()) != applied(after) {
                dirty.changed(Question::Applied(id));
            }
            if before.as_ref().zip(after).is_some_and(|(before, after)| before.looks_like(after)) {
                continue;
            }
            dirty.changed(Question::Mesh(id));
            dirty.changed(Question::Meshes);
            let after = after.map(|mesh| mesh.cluster.clone());
            let before = before.map(|mesh| mesh.cluster);
            for cluster in before.iter().filter(|cluster| after.as_ref() != Some(cluster)) {
                self.leave_cluster(id, cluster);
            }
            for cluster in before.iter().chain(&after) {
                dirty.changed(Question::MeshesIn(cluster));
                dirty.changed(Question::Cluster(cluster));
            }
            if let Some(cluster) = after {
                let meshes = self.meshes_by_cluster.entry(cluster).or_default();
                if !meshes.contains(&id) {
                    meshes.push(id);
                }
            }
        }
        self.meshes.settle();
        for meshes in self.meshes_by_cluster.values_mut() {
            self.meshes.sort(meshes);
        }
    }

    fn leave_cluster(&mut self, mesh: MeshId, cluster: &Istr) {
        if let Some(meshes) = self.meshes_by_cluster.get_mut(cluster) {
            meshes.retain(|other| *other != mesh);
            if meshes.is_empty() {
                self.meshes_by_cluster.remove(cluster);
            }
        }
    }

    /// Gives ids to everything that an earlier run named in the status of a mesh, so that it can be asked for.
    fn reserve_applied(&mut self, object: &api::Mesh) {
        let Some(applied) = object.status.as_ref().and_then(|status| status.applied_virtual_mesh.as_ref())
        else {
            return;
        };
        if let Some(name) = &applied.reference {
            let input = InputRef::new(InputKind::VirtualMesh, name.namespace.clone(), name.name.clone());
            self.virtual_meshes.arena.reserve(&input);
        }
        if let Some(spec) = &applied.spec {
            self.reserve_members(spec);
        }
    }

    /// Gives ids to the meshes that a virtual mesh names.
    pub(crate) fn reserve_members(&mut self, spec: &api::VirtualMeshSpec) {
        let selectors = spec.federation.iter().flat_map(|federation| &federation.selectors);
        for mesh in spec.meshes.iter().chain(selectors.flat_map(|selector| &selector.meshes)) {
            self.mesh_named(Some(mesh));
        }
    }

    /// Gives ids to the meshes and virtual meshes that a virtual destination names.
    pub(crate) fn reserve_exports(&mut self, spec: &api::VirtualDestinationSpec) {
        for mesh in spec.mesh_list.iter().flat_map(|list| &list.meshes) {
            self.mesh_named(Some(mesh));
        }
        if let Some(name) = &spec.virtual_mesh {
            let input = InputRef::new(InputKind::VirtualMesh, name.namespace.clone(), name.name.clone());
            self.virtual_meshes.arena.reserve(&input);
        }
    }

    /// Gives out addresses to those that began to want one.
    pub(crate) fn settle_addresses(&mut self, snapshot: &Snapshot, dirty: &mut Dirty<'_>) {
        let (claimed, given_up): (Vec<_>, Vec<_>) =
            std::mem::take(&mut self.claims).into_iter().partition(|(_, claims)| *claims);
        let only = |list: Vec<(Claim, bool)>| list.into_iter().map(|(claim, _)| claim);
        for claim in self.addresses.change(only(claimed), only(given_up), &snapshot.addresses) {
            dirty.changed(Question::Address(claim.key()));
        }
    }

    /// Notes that something begins to want an address, or no longer wants one.
    pub(crate) fn claim(&mut self, claim: Claim, wants: bool) {
        self.claims.push((claim, wants));
    }

    /// The id of a mesh that is named somewhere.
    fn mesh_named(&mut self, name: Option<&ObjectRef>) -> Option<MeshId> {
        let name = name?;
        Some(self.meshes.reserve(&InputRef::new(
            InputKind::Mesh,
            Arc::clone(&name.namespace),
            Arc::clone(&name.name),
        )))
    }

    fn refresh_workloads(&mut self, snapshot: &Snapshot, touched: &Touched, dirty: &mut Dirty<'_>) {
        let mut new = Vec::new();
        for (input, object) in touched.with(InputKind::Workload, &snapshot.workloads) {
            let Some(object) = object else {
                if let Some(workload) = self.workloads.remove(input) {
                    changed_workload(&workload, dirty);
                }
                continue;
            };
            let mesh = self.mesh_named(object.spec.mesh.as_ref());
            let (id, before) = self.workloads.put(input, object, mesh);
            let after = self.workloads.find(id);
            let same = before.as_ref().zip(after).is_some_and(|(before, after)| before.looks_like(after));
            if same {
                continue;
            }
            if let Some(before) = before {
                changed_workload(&before, dirty);
                self.workloads.unpost(&before);
            }
            new.push(id);
        }
        self.workloads.settle();
        self.workloads.arena().sort(&mut new);
        for id in new {
            self.workloads.post(id);
            if let Some(workload) = self.workloads.find(id) {
                changed_workload(workload, dirty);
            }
        }
    }

    fn refresh_raw(
        &mut self,
        snapshot: &Snapshot,
        touched: &Touched,
        backends: &[&dyn Backend],
        dirty: &mut Dirty<'_>,
    ) {
        for id in &touched.raw {
            let after = snapshot.raw.get(id);
            let is_ours = after.is_some_and(|raw| raw.owner() == Some(&self.owner));
            let created = after.filter(|_| is_ours).map(|raw| raw.created.clone());
            let owned = match created.clone() {
                Some(created) => self.owned.insert(id.clone(), created),
                None => self.owned.remove(id),
            };
            let before = self.foreign.remove(id);
            let foreign = after.filter(|_| !is_ours).map(|raw| self.read_foreign(raw, backends));
            let in_the_way = |foreign: &Option<Foreign>| foreign.as_ref().map(|it| it.raw.may_be_adopted());
            if owned != created || in_the_way(&before) != in_the_way(&foreign) {
                dirty.changed(Question::Objects(&id.cluster, &id.namespace, &id.name));
            }
            let read_from = |foreign: &Option<Foreign>| {
                foreign.as_ref().map(|it| (Arc::clone(&it.raw), it.domain.clone()))
            };
            if read_from(&before) == read_from(&foreign) {
                self.foreign.extend(before.map(|before| (id.clone(), before)));
                continue;
            }
            let hosts = self.user_config.entry(id.cluster.clone()).or_default();
            for object in before.iter().flat_map(|before| &before.configs) {
                hosts.remove(object);
                changed_user_object(object, dirty);
            }
            for object in foreign.iter().flat_map(|foreign| &foreign.configs) {
                hosts.insert(object);
                changed_user_object(object, dirty);
            }
            self.foreign.extend(foreign.map(|foreign| (id.clone(), foreign)));
        }
    }

    fn read_foreign(&self, raw: &Arc<RawObject>, backends: &[&dyn Backend]) -> Foreign {
        let domain = self.cluster_domain(&raw.id.cluster);
        let configs = backends.iter().filter_map(|backend| {
            let config = backend.read(raw, &domain)?;
            Some(Arc::new(UserObject { raw: Arc::clone(raw), backend: backend.name(), config }))
        });
        let configs = configs.collect();
        Foreign { raw: Arc::clone(raw), domain, configs }
    }
}

fn changed_workload(workload: &Workload, dirty: &mut Dirty<'_>) {
    if let Some(mesh) = workload.mesh {
        dirty.changed(Question::WorkloadsOf(mesh));
    }
    if let Some(controller) = workload.controller() {
        dirty.changed(Question::WorkloadsIn(&controller.namespace));
    }
    for (key, value) in workload.labels().into_iter().flatten() {
        dirty.changed(Question::WorkloadsWith(key, value));
    }
}

fn changed_user_object(object: &UserObject, dirty: &mut Dirty<'_>) {
    for host in &object.config.hosts {
        let cluster = &object.raw.id.cluster;
        dirty.changed(if host.starts_with('*') {
            Question::UserConfigOfMany(cluster)
        } else {
            Question::UserConfig(cluster, host)
        });
    }
}
