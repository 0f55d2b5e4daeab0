//! Reads what users wrote in policies into the model, field by field.

use std::collections::BTreeMap;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;

use crate::Istr;
use crate::api::{self, ApprovalStatus, DestinationSelector, Policy};
use crate::check::{Checks, is_port, is_token};
use crate::context::Context;
use crate::id::{InputKind, InputRef};
use crate::index::{self, Applied, Checked, Destination, Destinations, Id, Index, Policies};
use crate::model::route::{Cors, Fault, HeaderChanges, Retry, Timeout, cors, header};
use crate::model::traffic::{Outlier, outlier, tls};
use crate::model::{AccessPolicy, Request, Source, SourceSelector, TrafficPolicy};
use crate::reads::Unit;
use crate::resolve::{identity, target};
use crate::snapshot::{Inputs, Snapshot};

/// What differs between the kinds of policies only in names.
macro_rules! parts_of {
    ($kind:ident, $spec:ident, $objects:ident, $applied:ident, $policies:ident, $unit:ident, $status:ident) => {
        const KIND: InputKind = InputKind::$kind;
        type Object = api::$kind;
        type Spec = api::$spec;

        fn objects(snapshot: &Snapshot) -> &Inputs<api::$kind> {
            &snapshot.$objects
        }

        fn metadata(object: &api::$kind) -> &ObjectMeta {
            &object.metadata
        }

        fn spec(object: &api::$kind) -> &api::$spec {
            &object.spec
        }

        fn verdicts(object: &api::$kind) -> Option<(i64, &BTreeMap<Istr, ApprovalStatus>)> {
            object.status.as_ref().map(|status| (status.observed_generation, &status.destinations))
        }

        fn selectors(spec: &api::$spec) -> &[DestinationSelector] {
            &spec.destination_selector
        }

        fn applied(destination: &Destination) -> Vec<Applied<'_, api::$spec>> {
            let applied = destination.object().status.iter().flat_map(|status| &status.$applied);
            applied
                .filter_map(|applied| {
                    let at = applied.reference.as_ref()?;
                    let generation = applied.observed_generation;
                    Some(Applied {
                        name: &at.name,
                        namespace: &at.namespace,
                        generation,
                        spec: applied.spec.as_ref(),
                    })
                })
                .collect()
        }

        fn policies(index: &Index) -> &Policies<Self> {
            &index.$policies
        }

        fn parts(index: &mut Index) -> (&mut Policies<Self>, &Destinations) {
            (&mut index.$policies, &index.destinations)
        }

        fn unit(id: Id<index::Policy<Self>>) -> Unit {
            Unit::$unit(id)
        }

        fn status_unit(id: Id<index::Policy<Self>>) -> Unit {
            Unit::$status(id)
        }
    };
}

impl Checked for TrafficPolicy {
    parts_of!(
        TrafficPolicy,
        TrafficPolicySpec,
        traffic_policies,
        applied_traffic_policies,
        traffic,
        Traffic,
        TrafficStatus
    );

    fn canonical(spec: &api::TrafficPolicySpec) -> api::TrafficPolicySpec {
        spec.canonical()
    }

    fn check(
        cx: Context<'_>,
        input: &InputRef,
        generation: i64,
        spec: &api::TrafficPolicySpec,
        own: &mut Checks,
        targets: &mut Checks,
    ) -> Self {
        let api::TrafficPolicySpec {
            source_selector,
            destination_selector: _,
            route_selector,
            http_request_matchers,
            policy,
        } = spec;
        if !route_selector.is_empty() {
            cx.unsupported("spec.routeSelector", "; the policy applies to every destination it selects", own);
        }
        let sources = read_clients(cx, source_selector, own);
        let empty = Policy::default();
        let policy = policy.as_ref().unwrap_or(&empty);
        let version = Self {
            input: input.clone(),
            generation,
            sources,
            requests: read_requests(http_request_matchers, own),
            timeout: None,
            retry: None,
            fault: None,
            shift: None,
            mirror: None,
            headers: None,
            cors: None,
            outlier: None,
            tls: None,
        };
        let version = version.with_settings(cx, policy, own, targets);
        version.warn_about_combinations(own);
        version
    }
}

fn read_clients(
    cx: Context<'_>,
    selectors: &[api::WorkloadSelector],
    own: &mut Checks,
) -> Vec<SourceSelector> {
    let mut sources = Vec::with_capacity(selectors.len());
    for (position, selector) in selectors.iter().enumerate() {
        sources.push(SourceSelector::read(selector, position, own));
        let clusters = selector.kube_workload_matcher.iter().flat_map(|matcher| &matcher.clusters);
        let field = format!("spec.sourceSelector[{position}].kubeWorkloadMatcher.clusters");
        cx.check_clusters(clusters, &field, own);
    }
    if sources.is_empty() {
        sources.push(SourceSelector { clusters: Vec::new(), sources: vec![Source::default()] });
    }
    sources
}

fn read_requests(matchers: &[api::HttpMatcher], checks: &mut Checks) -> Vec<Request> {
    let mut requests: Vec<Request> = Vec::new();
    for (position, matcher) in matchers.iter().enumerate() {
        let request = Request::read(matcher, position, checks);
        if requests.contains(&request) {
            let field = format!("spec.httpRequestMatchers[{position}]");
            checks.no_effect(field, ": an earlier matcher says the same");
        } else {
            requests.push(request);
        }
    }
    if requests.is_empty() {
        requests.push(Request::default());
    }
    requests
}

impl TrafficPolicy {
    /// Reads every field of `policy`. Destructured in full, so that a new field cannot be forgotten.
    fn with_settings(
        mut self,
        cx: Context<'_>,
        policy: &Policy,
        own: &mut Checks,
        targets: &mut Checks,
    ) -> Self {
        let Policy {
            traffic_shift,
            fault_injection,
            request_timeout,
            retries,
            cors_policy,
            mirror,
            header_manipulation,
            outlier_detection,
            mtls,
            csrf,
            rate_limit,
            extauth,
        } = policy;
        if *policy == Policy::default() {
            own.no_effect("spec.policy", ": it is empty");
        }
        for (field, set) in [
            ("spec.policy.csrf", csrf.is_some()),
            ("spec.policy.rateLimit", rate_limit.is_some()),
            ("spec.policy.extauth", extauth.is_some()),
        ] {
            if set {
                cx.unsupported(field, "", own);
            }
        }
        self.timeout = request_timeout.map(|timeout| Timeout::read(timeout, own));
        self.retry = retries.as_ref().map(|retries| Retry::read(retries, own));
        self.fault = fault_injection.as_ref().and_then(|fault| Fault::read(fault, own));
        self.shift = traffic_shift.as_ref().and_then(|shift| target::read_shift(cx, shift, own, targets));
        self.mirror = mirror.as_ref().and_then(|mirror| target::read_mirror(cx, mirror, own, targets));
        self.headers =
            header_manipulation.as_ref().map(|headers| HeaderChanges::read(headers, header::FIELD, own));
        self.cors = cors_policy.as_ref().map(|cors| Cors::read(cors, own));
        self.outlier = outlier_detection.as_ref().map(|outlier| Outlier::read(outlier, own));
        self.tls = mtls.as_ref().and_then(|mtls| tls::read(mtls, own));
        self
    }

    /// Notes about fields that are fine alone but surprise together.
    fn warn_about_combinations(&self, checks: &mut Checks) {
        let methods = || self.requests.iter().map(|request| request.method.as_deref());
        let takes_preflight = methods().any(|method| method.is_none_or(|method| method == "OPTIONS"));
        if self.cors.is_some() && !takes_preflight {
            checks.unwise(
                cors::FIELD,
                "preflight requests use OPTIONS, which a matcher with another method leaves out",
            );
        }
        if !self.is_unconditional() {
            for (field, set) in [(outlier::FIELD, self.outlier.is_some()), (tls::FIELD, self.tls.is_some())] {
                if set {
                    checks.unwise(
                        field,
                        "applies to every client in the selected clusters; labels, namespaces and matchers do not narrow it",
                    );
                }
            }
        }
    }
}

impl Checked for AccessPolicy {
    parts_of!(
        AccessPolicy,
        AccessPolicySpec,
        access_policies,
        applied_access_policies,
        access,
        Access,
        AccessStatus
    );

    fn canonical(spec: &api::AccessPolicySpec) -> api::AccessPolicySpec {
        spec.clone()
    }

    fn check(
        cx: Context<'_>,
        input: &InputRef,
        generation: i64,
        spec: &api::AccessPolicySpec,
        own: &mut Checks,
        targets: &mut Checks,
    ) -> Self {
        let api::AccessPolicySpec {
            source_selector,
            destination_selector: _,
            allowed_paths,
            allowed_methods,
            allowed_ports,
        } = spec;
        check_operations(spec, own);
        Self {
            input: input.clone(),
            generation,
            sources: identity::read_sources(cx, source_selector, own, targets),
            paths: allowed_paths.clone(),
            methods: allowed_methods.clone(),
            ports: allowed_ports.clone(),
        }
    }
}

fn check_operations(spec: &api::AccessPolicySpec, own: &mut Checks) {
    for (position, path) in spec.allowed_paths.iter().enumerate() {
        check_path(path, &format!("spec.allowedPaths[{position}]"), own);
    }
    for method in &spec.allowed_methods {
        // A star would be taken for a wildcard by the mesh, which the field does not promise.
        if method.is_empty() || !method.bytes().all(|byte| is_token(byte) && byte != b'*') {
            own.invalid("spec.allowedMethods", format!("{method:?}"), "an HTTP method");
        } else if method.bytes().any(|byte| byte.is_ascii_lowercase()) {
            own.unwise("spec.allowedMethods", "methods are written in capitals; no request has this one");
        }
    }
    for port in &spec.allowed_ports {
        if !is_port(*port) {
            own.invalid("spec.allowedPorts", port, "1 to 65535");
        }
    }
}

fn check_path(path: &str, field: &str, checks: &mut Checks) {
    if path.is_empty() || path.contains(['{', '}']) || path.chars().any(char::is_control) {
        checks.invalid(field, format!("{path:?}"), "a path, with * as first or last character at most");
        return;
    }
    let inner = path.strip_prefix('*').or_else(|| path.strip_suffix('*')).unwrap_or(path);
    if !path.starts_with(['/', '*']) {
        checks.unwise(field, "no request has a path that does not begin with /");
    } else if inner.contains('*') {
        checks.unwise(field, "* is a wildcard only as first or last character; elsewhere it is literal");
    }
}
