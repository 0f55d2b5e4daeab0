//! Finds out whether a virtual destination may have its host name, and that of its shares.

use core::net::IpAddr;

use super::Reader;
use crate::Istr;
use crate::check::{Checks, is_dns_name};
use crate::id::InputRef;
use crate::index::{Mesh, VirtualDestination};
use crate::model::failover::Failover;
use crate::rejection::Rejection;

impl Reader<'_> {
    /// Checks whether the host name is one that clients can look up.
    pub(super) fn hostname(&mut self) {
        let hostname = &*self.spec.hostname;
        if !is_dns_name(hostname) || hostname.parse::<IpAddr>().is_ok() {
            self.checks.invalid("spec.hostname", format!("{hostname:?}"), "a DNS name");
        } else if !hostname.contains('.') || hostname.ends_with(".localhost") {
            // Clients complete single names by the domains of their own cluster.
            self.checks.invalid("spec.hostname", format!("{hostname:?}"), "a DNS name such as shop.global");
        }
    }

    /// The name of its share in each cluster.
    pub(super) fn share(&mut self, suffix: &str) -> Option<Istr> {
        let InputRef { name, namespace, .. } = &self.it.input;
        let share = format!("{name}.{namespace}.vd.{suffix}");
        if is_dns_name(&share) {
            return Some(share.into());
        }
        let value = format!("one that makes {share} the host name of its shares, which DNS does not take");
        self.checks.invalid("metadata.name", value, "a shorter name, or a shorter hostnameSuffix");
        None
    }

    /// Gateways take some names for those of services and shares, whoever has them.
    pub(super) fn check_reserved(&mut self, suffix: &str) {
        let hostname = &self.spec.hostname;
        let begin = hostname.strip_suffix(suffix).and_then(|begin| begin.strip_suffix('.'));
        let Some(begin) = begin else { return };
        let purpose = if begin.split('.').nth(2) == Some("svc") {
            "services of other clusters"
        } else if begin.rsplit('.').next() == Some("vd") {
            "shares of virtual destinations"
        } else {
            return;
        };
        let (hostname, purpose) = (hostname.clone(), purpose.to_owned());
        self.checks.reject(Rejection::HostnameReserved { hostname, purpose });
    }

    /// Checks whether the host name belongs to something else, as seen from a mesh.
    pub(super) fn check_holder(&self, failover: &Failover, mesh: &Mesh, checks: &mut Checks) {
        let hostname = &failover.hostname;
        let taken = |by: &InputRef| {
            let by = Box::new(by.clone());
            Rejection::HostnameTaken { hostname: hostname.clone(), by }
        };
        if let Some(older) = self.holder(hostname, mesh) {
            checks.reject(taken(&older.input));
        } else if let Some(service) = self.cx.service_named(hostname, &mesh.cluster) {
            checks.reject(taken(&service.input));
        } else if format!(".{hostname}")
            .strip_suffix(&*self.cx.cluster_domain(&mesh.cluster))
            .is_some_and(|begin| begin.ends_with(".svc."))
        {
            let purpose = format!("services of cluster {}", mesh.cluster);
            checks.reject(Rejection::HostnameReserved { hostname: hostname.clone(), purpose });
        }
    }

    /// The oldest virtual destination that is in force under the host name where clients of the mesh see it. One
    /// that is in force nowhere holds nothing.
    ///
    /// The younger asks about the older one, never the other way round, so no two wait for each other.
    fn holder(&self, hostname: &Istr, mesh: &Mesh) -> Option<&VirtualDestination> {
        let own_age = self.it.age();
        let others = self.cx.virtual_destinations_named(hostname).filter(|other| other.id != self.it.id);
        let older = others.map(|other| (other.age(), other)).filter(|(age, _)| *age < own_age);
        let in_force =
            older.filter(|(_, other)| self.cx.virtual_destination(other.id, &mesh.cluster).is_some());
        in_force.min_by(|(a, _), (b, _)| a.cmp(b)).map(|(_, oldest)| oldest)
    }
}
