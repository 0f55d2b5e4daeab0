//! Which services are destinations, what they lead to, and how they are reached from outside.

use core::net::IpAddr;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use crate::Istr;
use crate::api::{
    self, ClusterObjectRef, DestinationSpec, EndpointSubset, ExternalAddress, KubeService, ObjectRef,
    ServiceType,
};
use crate::discover::cluster::{Cluster, KnownPod, most};
use crate::discover::detector::Plane;
use crate::discover::diagnostic::{Code, Diagnostics};
use crate::discover::naming::{annotations, copied_labels, metadata, wish};
use crate::discover::resource::{AddressType, Instance, InstanceGroup, Name, Node, Service, merged};
use crate::discover::workload::{Finder, KnownWorkload, Workloads};
use crate::istr::Labels;

/// Label by which this plane marks what it wrote into a cluster.
const WRITTEN_BY_US: &str = "owner.networking.mesh.gloo.solo.io";
/// Labels of pods that tell apart what belongs together.
const NO_SUBSETS: [&str; 9] = [
    "pod-template-hash",
    "service.istio.io/canonical-revision",
    "service.istio.io/canonical-name",
    "controller-revision-hash",
    "statefulset.kubernetes.io/pod-name",
    "apps.kubernetes.io/pod-index",
    "helm.sh/chart",
    "istio.io/rev",
    "security.istio.io/tlsMode",
];
/// Prefixes of such labels.
const NO_SUBSETS_BELOW: [&str; 2] = ["linkerd.io/", "topology.istio.io/"];
/// Labels of pods that say where they are.
const LOCALITY: [&str; 2] = ["topology.istio.io/locality", "istio-locality"];
/// How large a destination may become, in bytes; etcd takes little more.
const MAX_BYTES: usize = 1 << 20;
/// Finds out about one service.
struct Reader<'a> {
    finder: Finder<'a>,
    service: &'a Service,
    /// The workloads behind it.
    backing: Vec<&'a KnownWorkload>,
    workloads: &'a Workloads,
}

impl<'a> Finder<'a> {
    /// The destination that a service is, if it is one.
    pub fn destination(
        self,
        service: &'a Service,
        workloads: &'a Workloads,
        notes: &mut Diagnostics,
    ) -> Option<api::Destination> {
        let object = format!("Service {}", service.name);
        if let Some((code, why)) = self.hidden(service) {
            notes.note(code, object, why);
            return None;
        }
        let backing = workloads.behind(service);
        if !backing.is_empty() && backing.iter().all(|workload| workload.plane == Plane::Waypoint) {
            notes.note(Code::PartOfMesh, object, "it leads to a waypoint");
            return None;
        }
        let reader = Reader { finder: self, service, backing, workloads };
        reader.read(&object, notes)
    }

    fn hidden(self, service: &Service) -> Option<(Code, &'static str)> {
        if self.options.ignores(&service.name.namespace) {
            return Some((Code::OptedOut, "its namespace is ignored"));
        }
        if wish(&service.annotations) == Some(false) {
            return Some((Code::OptedOut, "its annotation says that it is not to be discovered"));
        }
        if service.labels.get(WRITTEN_BY_US).is_some() {
            return Some((Code::PartOfMesh, "this plane wrote it"));
        }
        let why = self.detectors.iter().find_map(|detector| detector.hides(service))?;
        Some((Code::PartOfMesh, why))
    }
}

impl<'a> Reader<'a> {
    fn read(&self, object: &str, notes: &mut Diagnostics) -> Option<api::Destination> {
        let cluster = self.finder.cluster;
        let groups = self.groups(object, notes);
        let mesh = self.mesh(&groups, object, notes)?;
        let pods = cluster.pods_selected(&self.service.name.namespace, &self.service.selector);
        let endpoint_subsets = groups.iter().map(|group| EndpointSubset {
            endpoints: group.instances.iter().map(|it| self.endpoint(it)).collect(),
            ports: group.ports.clone(),
        });
        let mut kube_service = KubeService {
            reference: Some(ClusterObjectRef {
                name: self.service.name.name.clone(),
                namespace: self.service.name.namespace.clone(),
                cluster_name: cluster.name.clone(),
            }),
            workload_selector_labels: self.service.selector.clone(),
            labels: self.labels(),
            service_type: self.service.service_type,
            ports: self.service.ports.clone(),
            subsets: self.subsets(),
            region: self.region(&pods),
            endpoint_subsets: endpoint_subsets.collect(),
            external_addresses: external_addresses(cluster, self.service, &pods),
        };
        bound(&mut kube_service, object, notes);
        let annotations = annotations(&self.service.annotations, &self.facts());
        let metadata = metadata(self.finder.options, &cluster.name, &Istr::default(), annotations);
        let spec =
            DestinationSpec { kube_service: Some(kube_service), external_service: None, mesh: Some(mesh) };
        Some(api::Destination { metadata, spec, status: None })
    }

    /// The labels of the service, and those of its namespace that hold for it.
    fn labels(&self) -> Labels {
        let own = copied_labels(&self.service.labels);
        let Finder { cluster, detectors, .. } = self.finder;
        let Some(namespace) = cluster.namespaces.get(&self.service.name.namespace) else { return own };
        let inherited = detectors.iter().map(|detector| detector.inherited_labels()).filter(|group| {
            group
                .first()
                .is_some_and(|first| own.get(first).is_none() && namespace.labels.get(first).is_some())
        });
        inherited.fold(own.clone(), |labels, group| {
            let others = labels.iter().filter(|(key, _)| !group.contains(&&***key));
            let taken = namespace.labels.iter().filter(|(key, _)| group.contains(&&***key));
            others.chain(taken).map(|(key, value)| (key.clone(), value.clone())).collect()
        })
    }

    /// The mesh of most instances; if there are none, of most workloads. A service that asks to be discovered gets
    /// one even with nothing behind it.
    fn mesh(&self, groups: &[InstanceGroup], object: &str, notes: &mut Diagnostics) -> Option<ObjectRef> {
        let asks = wish(&self.service.annotations) == Some(true);
        if self.backing.is_empty() {
            if !asks {
                let why = if self.service.selector.is_empty() {
                    "it selects no pods"
                } else {
                    "no workload of a mesh stands behind it"
                };
                notes.note(Code::NoWorkload, object, why);
                return None;
            }
            let meshes = self.finder.meshes;
            let mesh = meshes.iter().find(|mesh| mesh.identity.is_default).or(meshes.first());
            if mesh.is_none() {
                let message = "it asks to be discovered, and the cluster has no mesh";
                notes.note(Code::AnnotatedServiceWithoutMesh, object, message);
            }
            return mesh.map(super::mesh::KnownMesh::reference);
        }
        let meshes: BTreeSet<&Istr> = self.backing.iter().map(|workload| &workload.mesh.name).collect();
        if meshes.len() > 1 {
            let names: Vec<&str> = meshes.iter().map(|name| &***name).collect();
            notes.note(
                Code::MixedMeshes,
                object,
                format!("workloads behind it belong to {}", names.join(", ")),
            );
        }
        let instances: BTreeSet<&Name> =
            groups.iter().flat_map(|group| &group.instances).filter_map(|it| it.pod.as_ref()).collect();
        let behind =
            instances.into_iter().filter_map(|pod| self.workload_of(pod)).map(|workload| &workload.mesh);
        most(behind).or_else(|| most(self.backing.iter().map(|workload| &workload.mesh)))
    }

    fn workload_of(&self, pod: &Name) -> Option<&'a KnownWorkload> {
        let cluster = self.finder.cluster;
        let controller = cluster.controller_of(&cluster.pods.get(pod)?.pod)?;
        self.workloads.get(&controller)
    }

    /// The instances behind it, by the ports that they have.
    fn groups(&self, object: &str, notes: &mut Diagnostics) -> Vec<InstanceGroup> {
        let cluster = self.finder.cluster;
        let is_ipv6 = Some(self.service.prefers_ipv6);
        let mut slices = cluster.slices_of(&self.service.name).peekable();
        let has_slices = slices.peek().is_some();
        let from_slices = merged(slices.filter(|slice| slice.is_ipv6 == is_ipv6).map(|slice| &slice.group));
        let endpoints = cluster.endpoints.get(&self.service.name);
        let from_endpoints = endpoints.map(|endpoints| merged(endpoints.groups.iter()));
        match (has_slices, from_endpoints) {
            (true, None) => from_slices,
            (true, Some(from_endpoints)) => {
                let (newer, older) = (places(&from_slices), places(&from_endpoints));
                // Endpoints take no more than a thousand.
                let is_part = endpoints.is_some_and(|endpoints| endpoints.is_truncated);
                let agree = if is_part { older.is_subset(&newer) } else { older == newer };
                if !agree {
                    let message =
                        "its EndpointSlices and its Endpoints name different instances; the slices count";
                    notes.note(Code::EndpointsDisagree, object, message);
                }
                from_slices
            }
            (false, Some(from_endpoints)) => from_endpoints,
            (false, None) => {
                if !self.backing.is_empty() {
                    let message = "it has neither EndpointSlices nor Endpoints";
                    notes.note(Code::EndpointsMissing, object, message);
                }
                Vec::new()
            }
        }
    }

    fn endpoint(&self, instance: &Instance) -> api::Endpoint {
        let cluster = self.finder.cluster;
        let pod = instance.pod.as_ref().and_then(|name| cluster.pods.get(name));
        let workload = instance.pod.as_ref().and_then(|pod| self.workload_of(pod));
        let node = cluster.nodes.get(&instance.node);
        let told = pod.and_then(|known| locality(&known.pod.template.labels));
        let zone = match (&told, node.and_then(|node| node.zone.as_ref()), node) {
            (Some((_, zone, _)), ..) | (None, Some(zone), _) => zone.clone(),
            (None, None, None) => instance.zone.clone(),
            (None, None, Some(_)) => Istr::default(),
        };
        let sub_zone = match told {
            Some((_, _, sub_zone)) => sub_zone,
            None => node.map(|node| node.sub_zone.clone()).unwrap_or_default(),
        };
        api::Endpoint {
            ip_address: instance.address.clone(),
            labels: workload.map(|workload| workload.labels.clone()).unwrap_or_default(),
            sub_locality: (!zone.is_empty()).then_some(api::SubLocality { zone, sub_zone }),
        }
    }

    /// Labels by which the workloads behind it differ.
    fn subsets(&self) -> BTreeMap<Istr, api::Subset> {
        let mut values: BTreeMap<&Istr, BTreeSet<&Istr>> = BTreeMap::new();
        for (key, value) in self.backing.iter().flat_map(|workload| &workload.labels) {
            values.entry(key).or_default().insert(value);
        }
        let tells = |key: &str| {
            !NO_SUBSETS.contains(&key) && !NO_SUBSETS_BELOW.iter().any(|prefix| key.starts_with(prefix))
        };
        let several = values.into_iter().filter(|(key, values)| values.len() > 1 && tells(key));
        several
            .map(|(key, values)| (key.clone(), api::Subset { values: values.into_iter().cloned().collect() }))
            .collect()
    }

    /// The region in which most of its ready pods are.
    fn region(&self, pods: &[&KnownPod]) -> Istr {
        let ready = pods.iter().filter(|known| known.pod.is_ready && !known.pod.is_finished());
        let regions: Vec<Istr> = ready
            .filter_map(|known| {
                let told = locality(&known.pod.template.labels).map(|(region, ..)| region);
                told.or_else(|| self.finder.cluster.nodes.get(&known.pod.node)?.region.clone())
            })
            .collect();
        most(regions.iter()).unwrap_or_default()
    }

    fn facts(&self) -> Vec<(&'static str, Istr)> {
        let planes: BTreeSet<Plane> = self.backing.iter().map(|workload| workload.plane).collect();
        let plane = match planes.iter().collect::<Vec<_>>().as_slice() {
            [] => "",
            [only] => only.word(),
            _ => "mixed",
        };
        let headless = if self.service.is_headless { "true" } else { "" };
        let ips = self.service.cluster_ips.join(",");
        vec![("data-plane", plane.into()), ("headless", headless.into()), ("cluster-ips", ips.into())]
    }
}

/// Addresses with ports; those that have no ports, as behind a headless service without any, with none.
fn places(groups: &[InstanceGroup]) -> BTreeSet<(&Istr, Option<u32>)> {
    let all = groups.iter().flat_map(|group| {
        let ports = group.ports.iter().map(|port| Some(port.port));
        let ports: Vec<Option<u32>> = if group.ports.is_empty() { vec![None] } else { ports.collect() };
        group.instances.iter().flat_map(move |it| ports.clone().into_iter().map(|port| (&it.address, port)))
    });
    all.collect()
}

/// Region, zone and place within the zone, if labels tell them.
fn locality(labels: &Labels) -> Option<(Istr, Istr, Istr)> {
    let told = LOCALITY.iter().find_map(|key| labels.get(key)).filter(|told| !told.is_empty())?;
    let separator = if told.contains('/') { '/' } else { '.' };
    let mut parts = told.split(separator).map(Istr::from);
    let mut next = || parts.next().unwrap_or_default();
    Some((next(), next(), next()))
}

/// The addresses at which a service is reached from outside.
fn external_addresses(cluster: &Cluster, service: &Service, pods: &[&KnownPod]) -> Vec<ExternalAddress> {
    let mut all: Vec<ExternalAddress> = service.external_ips.iter().map(address).collect();
    match service.service_type {
        ServiceType::NodePort => {
            let has_external_nodes = cluster.has_external_nodes();
            let takes = |known: &&&KnownPod| known.pod.serves();
            let nodes: BTreeSet<&Istr> = pods
                .iter()
                .filter(takes)
                .map(|known| &known.pod.node)
                .filter(|node| !node.is_empty())
                .collect();
            let nodes = nodes.into_iter().filter_map(|name| cluster.nodes.get(name));
            all.extend(nodes.flat_map(|node| node_addresses(node, has_external_nodes)));
        }
        ServiceType::LoadBalancer => all.extend(service.load_balancer.iter().cloned()),
        ServiceType::ClusterIp | ServiceType::ExternalName => (),
    }
    let mut seen = BTreeSet::new();
    all.retain(|it| seen.insert((it.ip.clone(), it.dns_name.clone())));
    all
}

/// The addresses of a node at which clients outside reach it best.
pub fn node_addresses(node: &Node, has_external_nodes: bool) -> Vec<ExternalAddress> {
    let mut kinds = vec![AddressType::ExternalIp, AddressType::ExternalDns];
    if node.is_kind || !has_external_nodes {
        kinds.push(AddressType::InternalIp);
    }
    let found = kinds.into_iter().map(|kind| node.addresses_of(kind).map(address).collect::<Vec<_>>());
    found.into_iter().find(|addresses| !addresses.is_empty()).unwrap_or_default()
}

/// An address, as an IP address or a DNS name, whatever its author called it.
pub fn address(text: &Istr) -> ExternalAddress {
    if text.parse::<IpAddr>().is_ok() {
        ExternalAddress { ip: Some(text.clone()), dns_name: None }
    } else {
        ExternalAddress { dns_name: Some(text.clone()), ip: None }
    }
}

/// Keeps an object so small that Kubernetes can store it.
fn bound(service: &mut KubeService, object: &str, notes: &mut Diagnostics) {
    // Nothing but the endpoints can be that many.
    let count: usize = service.endpoint_subsets.iter().map(|subset| subset.endpoints.len()).sum();
    let size = |service: &KubeService| serde_json::to_vec(service).map_or(0, |bytes| bytes.len());
    if count < 1000 || size(service) <= MAX_BYTES {
        return;
    }
    for endpoint in service.endpoint_subsets.iter_mut().flat_map(|subset| &mut subset.endpoints) {
        endpoint.labels = Labels::new();
    }
    let mut message = format!("it has {count} instances; their labels are left out");
    while size(service) > MAX_BYTES {
        let dropped = thin_out(service);
        if dropped == 0 {
            break;
        }
        let left: usize = service.endpoint_subsets.iter().map(|subset| subset.endpoints.len()).sum();
        message =
            format!("it has {count} instances; {left} of them are kept, without labels, evenly over zones");
    }
    notes.note(Code::DestinationTruncated, object, message);
}

/// Drops a tenth of the endpoints, from the largest zones first; tells how many.
fn thin_out(service: &mut KubeService) -> usize {
    let mut zones: BTreeMap<Istr, usize> = BTreeMap::new();
    let zone = |endpoint: &api::Endpoint| {
        endpoint.sub_locality.as_ref().map(|locality| locality.zone.clone()).unwrap_or_default()
    };
    for endpoint in service.endpoint_subsets.iter().flat_map(|subset| &subset.endpoints) {
        *zones.entry(zone(endpoint)).or_default() += 1;
    }
    let total: usize = zones.values().sum();
    let mut left: BTreeMap<Istr, usize> = zones;
    for _ in 0..total.div_ceil(10) {
        let largest = left.iter().max_by_key(|(name, count)| (**count, Reverse((*name).clone())));
        let Some(largest) = largest.map(|(name, _)| name.clone()) else { break };
        if let Some(count) = left.get_mut(&largest) {
            *count -= 1;
        }
    }
    for subset in &mut service.endpoint_subsets {
        subset.endpoints.retain(|endpoint| match left.get_mut(&zone(endpoint)) {
            Some(count) if *count > 0 => {
                *count -= 1;
                true
            }
            _ => false,
        });
    }
    service.endpoint_subsets.retain(|subset| !subset.endpoints.is_empty());
    let now: usize = service.endpoint_subsets.iter().map(|subset| subset.endpoints.len()).sum();
    total - now
}
