//! What a backend is: it objects before a decision and writes down what was decided.

use std::any::Any;
use std::fmt::Debug;
use std::sync::Arc;

use crate::Istr;
use crate::api::ClusterObjectRef;
use crate::context::Context;
use crate::id::{InputKind, InputRef, OutputKind, OutputRef};
use crate::index::{Destination, Mesh};
use crate::model::{
    AccessPolicy, Entry, Exposure, Failover, FailoverView, MeshView, Resolved, Standpoint, Subset,
    TrafficPolicy, View,
};
use crate::object::{Body, Object};
use crate::rejection::{Rejection, Warning};
use crate::snapshot::RawObject;

/// Turns the resolved model into one mesh's own resources.
///
/// Implementations are pure: the same context always yields the same objects. They decide nothing that the
/// model decides, and they never fail: what cannot be expressed is an objection, raised before the decision.
pub trait Backend: Debug + Send + Sync {
    /// Short name used in reports and fixture file names.
    fn name(&self) -> &'static str;

    /// Whether this backend writes the resources of `mesh`.
    fn drives(&self, mesh: &Mesh) -> bool;

    /// Whether this backend reads objects of a kind that somebody else wrote.
    fn reads(&self, group: &str, kind: &str) -> bool;

    /// Reads an object that somebody else wrote into a cluster, if this backend's outputs can collide with
    /// it; what cannot be understood is `None`. `cluster_domain` completes short host names.
    fn read(&self, object: &RawObject, cluster_domain: &str) -> Option<UserConfig>;

    /// What speaks against `policy` on `destination` for the clients of `standpoint`.
    fn traffic_objections(
        &self,
        cx: Context<'_>,
        destination: &Destination,
        standpoint: &Standpoint,
        policy: &TrafficPolicy,
    ) -> Vec<Objection>;

    /// What speaks against `policy` on `destination`.
    fn access_objections(
        &self,
        cx: Context<'_>,
        destination: &Destination,
        policy: &AccessPolicy,
    ) -> Vec<Objection>;

    /// What speaks against clients in other clusters seeing `destination`.
    fn exposure_objections(&self, cx: Context<'_>, destination: &Destination) -> Vec<Objection>;

    /// What speaks against clients of `mesh` calling host names with this ending.
    fn host_objections(&self, mesh: &Mesh, ending: &str) -> Vec<Objection>;

    /// What speaks against clients of `mesh` using a virtual destination.
    fn failover_objections(&self, mesh: &Mesh, failover: &Failover) -> Vec<Objection>;

    /// Writes what one destination needs in its own cluster.
    fn view(&self, cx: Context<'_>, resolved: &Resolved<'_>, view: &View<'_>, sink: &mut Sink<'_>);

    /// Writes what the clients of another cluster need to reach a destination.
    fn exposure(
        &self,
        cx: Context<'_>,
        resolved: &Resolved<'_>,
        view: &View<'_>,
        exposure: &Exposure<'_>,
        sink: &mut Sink<'_>,
    );

    /// Writes what the gateways of its own cluster need to find a destination; `subsets` are those that clients
    /// in other clusters use.
    fn entry(
        &self,
        cx: Context<'_>,
        resolved: &Resolved<'_>,
        entry: &Entry<'_>,
        subsets: &[Subset<'_>],
        sink: &mut Sink<'_>,
    );

    /// Writes what one destination needs in its own cluster to control access.
    fn access(&self, cx: Context<'_>, resolved: &Resolved<'_>, sink: &mut Sink<'_>);

    /// Writes what a mesh needs as a whole.
    fn mesh(&self, cx: Context<'_>, view: &MeshView<'_>, sink: &mut Sink<'_>);

    /// Writes what a virtual destination needs in one cluster.
    fn failover(&self, cx: Context<'_>, view: &FailoverView<'_>, sink: &mut Sink<'_>);
}

/// What a backend has to say about a policy on a destination.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Objection {
    /// It cannot be expressed; the policy is refused there.
    Reject(Rejection),
    /// It can, with a remark that belongs into the policy's status.
    Warn(Warning),
    /// It can, and there is something to know about it that is nobody's mistake.
    Note(Warning),
}

/// An object that somebody else wrote for a mesh, as far as a backend understands it.
#[derive(Clone, Debug)]
pub struct UserConfig {
    /// Hosts that it configures: exact names, or `*` and `*.suffix`.
    pub hosts: Vec<Istr>,
    /// What else the backend wants to know about it.
    pub body: Arc<dyn Any + Send + Sync>,
}

/// Takes what a backend writes and notes where it came from.
#[derive(Debug)]
pub struct Sink<'a> {
    cx: Context<'a>,
    /// What everything follows from that is written.
    sources: Vec<InputRef>,
    /// Objects written so far.
    pub(crate) objects: Vec<Arc<Object>>,
    /// Remarks on policies.
    pub(crate) warnings: Vec<(InputRef, Warning)>,
    /// Objects that could not be written, because something is in the way.
    pub(crate) blocked: Vec<Rejection>,
    /// The policies whose object could not be written.
    pub(crate) failures: Vec<(InputRef, Rejection)>,
    /// Remarks on what the sink is for.
    pub(crate) remarks: Vec<Warning>,
}

/// Where an object goes and what it is called.
#[derive(Clone, Copy, Debug)]
pub struct Place<'a> {
    /// What it is.
    pub kind: &'static OutputKind,
    /// The cluster.
    pub cluster: &'a Istr,
    /// The namespace.
    pub namespace: &'a Istr,
    /// The name.
    pub name: &'a Istr,
}

impl<'a> Sink<'a> {
    pub(crate) fn new(cx: Context<'a>, sources: Vec<InputRef>) -> Self {
        Self {
            cx,
            sources,
            objects: Vec::new(),
            warnings: Vec::new(),
            failures: Vec::new(),
            blocked: Vec::new(),
            remarks: Vec::new(),
        }
    }

    /// Writes an object that follows from what the sink is for and from `inputs`.
    ///
    /// If an object of that name exists and is not ours, nothing is written; what the object follows from
    /// learns why.
    pub fn write(
        &mut self,
        place: Place<'_>,
        inputs: impl IntoIterator<Item = InputRef>,
        body: impl Body + 'static,
    ) {
        self.put(place, None, inputs, body);
    }

    /// Writes an object as [`Sink::write`] does, about a service of another cluster.
    pub fn write_about(
        &mut self,
        place: Place<'_>,
        service: &ClusterObjectRef,
        inputs: impl IntoIterator<Item = InputRef>,
        body: impl Body + 'static,
    ) {
        self.put(place, Some(service), inputs, body);
    }

    fn put(
        &mut self,
        place: Place<'_>,
        about: Option<&ClusterObjectRef>,
        inputs: impl IntoIterator<Item = InputRef>,
        body: impl Body + 'static,
    ) {
        let Place { kind, cluster, namespace, name } = place;
        let id =
            OutputRef { cluster: cluster.clone(), kind, namespace: namespace.clone(), name: name.clone() };
        let mut inputs: Vec<InputRef> = inputs.into_iter().collect();
        inputs.extend(self.sources.iter().cloned());
        inputs.sort_unstable();
        inputs.dedup();
        if self.cx.is_foreign(&id) {
            let rejection = Rejection::ForeignObject { object: id.to_string() };
            self.blocked.push(rejection.clone());
            let policies = inputs
                .into_iter()
                .filter(|input| matches!(input.kind, InputKind::TrafficPolicy | InputKind::AccessPolicy));
            self.failures.extend(policies.map(|policy| (policy, rejection.clone())));
            return;
        }
        let owner = self.cx.owner().clone();
        let about = about.map(|service| Box::new(service.clone()));
        let object = Object { id, owner, about, inputs: inputs.into(), body: Arc::new(body) };
        self.objects.push(Arc::new(object));
    }

    /// Adds a remark on how other clusters see what is written, or on what the mesh as a whole needs.
    pub fn remark(&mut self, warning: Warning) {
        if !self.remarks.contains(&warning) {
            self.remarks.push(warning);
        }
    }

    /// Notes why something is not written that is needed.
    pub fn refuse(&mut self, rejection: Rejection) {
        if !self.blocked.contains(&rejection) {
            self.blocked.push(rejection);
        }
    }

    /// Adds a remark to `policy`.
    pub fn warn(&mut self, policy: &InputRef, warning: Warning) {
        if !self.warnings.iter().any(|(input, known)| input == policy && *known == warning) {
            self.warnings.push((policy.clone(), warning));
        }
    }
}
