use std::sync::Arc;

use serde_json::{Value, json};

use super::{DecodeError, decode};
use crate::api::*;

fn read<K: Kind>(value: Value) -> K {
    let decoded = decode::<K>(value).unwrap();
    assert_eq!(decoded.unknown, Vec::<String>::new());
    decoded.object
}

fn policy(policy: &Value) -> Result<Policy, String> {
    match decode::<TrafficPolicy>(json!({ "spec": { "policy": policy } })) {
        Ok(decoded) => Ok(decoded.object.spec.policy.unwrap()),
        Err(error) => Err(error.to_string()),
    }
}

/// What becomes of a value at `spec.policy` when it is read and written again.
fn again(value: &Value) -> Value {
    serde_json::to_value(policy(value).unwrap()).unwrap()
}

fn refused<K: Kind>(value: Value) -> String {
    decode::<K>(value).unwrap_err().to_string()
}

#[test]
fn values_are_written_as_the_api_says() {
    for (written, rewritten) in [
        (json!({ "requestTimeout": "1m30s" }), json!({ "requestTimeout": "90s" })),
        (json!({ "requestTimeout": "0s" }), json!({ "requestTimeout": "0s" })),
        (
            json!({ "corsPolicy": { "allowCredentials": false } }),
            json!({ "corsPolicy": { "allowCredentials": false } }),
        ),
        (json!({ "corsPolicy": { "allowCredentials": null } }), json!({ "corsPolicy": {} })),
        // An explicit zero is a choice, not an absence: the next three keep what the rule about zero values would drop.
        (
            json!({ "mtls": { "istio": { "tlsMode": "DISABLE" } } }),
            json!({ "mtls": { "istio": { "tlsMode": "DISABLE" } } }),
        ),
        (json!({ "mirror": { "percentage": 0 } }), json!({ "mirror": { "percentage": 0 } })),
        (
            json!({ "faultInjection": { "percentage": 0.0 } }),
            json!({ "faultInjection": { "percentage": 0 } }),
        ),
        (json!({ "mtls": { "istio": {} } }), json!({ "mtls": { "istio": {} } })),
        (json!({ "mtls": {} }), json!({ "mtls": {} })),
        (
            json!({ "retries": { "attempts": 0 }, "mirror": { "port": 0 } }),
            json!({ "retries": {}, "mirror": {} }),
        ),
        (json!({ "trafficShift": { "destinations": [] } }), json!({ "trafficShift": {} })),
        (
            json!({ "headerManipulation": { "appendRequestHeaders": {} } }),
            json!({ "headerManipulation": {} }),
        ),
        (json!({ "rateLimit": { "raw": null } }), json!({ "rateLimit": {} })),
    ] {
        assert_eq!(again(&written), rewritten, "{written}");
    }
}

#[test]
fn presence_of_a_message_is_kept() {
    let spec = json!({ "httpRequestMatchers": [{ "uri": { "exact": "" } }] });
    let object: TrafficPolicy = read(json!({ "spec": spec }));
    assert_eq!(serde_json::to_value(&object.spec).unwrap(), spec);

    for federation in [json!({ "permissive": {} }), json!({ "selectors": [{}] }), json!({})] {
        let object: VirtualMesh = read(json!({ "spec": { "federation": federation } }));
        assert_eq!(serde_json::to_value(&object.spec.federation).unwrap(), federation);
    }
    let object: VirtualMesh = read(json!({ "spec": { "federation": { "permissive": null } } }));
    assert_eq!(object.spec.federation, Some(Federation::default()));

    let shared = json!({ "rootCertificateAuthority": { "generated": {} } });
    let object: VirtualMesh = read(json!({ "spec": { "mtlsConfig": { "shared": shared } } }));
    assert_eq!(serde_json::to_value(object.spec.mtls_config.unwrap().shared).unwrap(), shared);
}

#[test]
fn absent_and_null_messages_are_empty() {
    for value in [json!({}), json!({ "spec": null, "status": null }), json!({ "spec": {}, "status": {} })] {
        let object: TrafficPolicy = read(value);
        assert_eq!(object.spec, TrafficPolicySpec::default());
        assert_eq!(object.status, Some(TrafficPolicyStatus::default()));
    }
}

#[test]
fn empty_messages_everywhere_are_read() {
    for spec in [
        json!({ "sourceSelector": [{}], "destinationSelector": [{}], "httpRequestMatchers": [{}] }),
        json!({ "policy": { "mtls": {}, "faultInjection": {}, "mirror": {}, "trafficShift": {} } }),
        json!({ "policy": { "mtls": { "istio": {} } } }),
    ] {
        assert_eq!(serde_json::to_value(read::<TrafficPolicy>(json!({ "spec": spec })).spec).unwrap(), spec);
    }
    for spec in [
        json!({ "federation": {}, "mtlsConfig": {} }),
        json!({ "mtlsConfig": { "shared": {} } }),
        json!({ "mtlsConfig": { "shared": { "rootCertificateAuthority": {} }, "limited": null } }),
    ] {
        read::<VirtualMesh>(json!({ "spec": spec }));
    }
}

#[test]
fn integers_of_64_bits_are_read_from_text() {
    for (written, generation) in [(json!("7"), 7), (json!(7), 7), (json!("-1"), -1)] {
        let object: Destination = read(json!({ "status": { "observedGeneration": written } }));
        let status = object.status.unwrap();
        assert_eq!(status.observed_generation, generation);
        assert_eq!(serde_json::to_value(status).unwrap(), json!({ "observedGeneration": generation }));
    }
    for written in [json!("seven"), json!(7.5), json!(true), json!(u64::MAX)] {
        let error = refused::<Destination>(json!({ "status": { "observedGeneration": written } }));
        assert_eq!(error, format!("status.observedGeneration: expected a whole number, found {written}"));
    }
}

#[test]
fn bytes_are_standard_base64() {
    let object: CertificateRequest = read(json!({ "spec": { "certificateSigningRequest": "LS0t" } }));
    assert_eq!(object.spec.certificate_signing_request, Bytes(b"---".to_vec()));
    assert_eq!(serde_json::to_value(object.spec).unwrap(), json!({ "certificateSigningRequest": "LS0t" }));
    // Neither padding left out nor the alphabet for URLs is read.
    for text in ["LS0", "-_-_", "L S0t"] {
        let error = refused::<CertificateRequest>(json!({ "spec": { "certificateSigningRequest": text } }));
        assert_eq!(
            error,
            format!(
                "spec.certificateSigningRequest: expected bytes as standard base64 with padding, found {text:?}"
            )
        );
    }
}

#[test]
fn mistakes_are_named_with_their_place() {
    for (value, error) in [
        (
            json!({ "requestTimeout": "soon" }),
            r#"spec.policy.requestTimeout: expected a duration such as 5s, 100ms or 1m30s, found "soon""#,
        ),
        (
            json!({ "requestTimeout": 5 }),
            "spec.policy.requestTimeout: expected a duration such as 5s, 100ms or 1m30s, found 5",
        ),
        (
            json!({ "requestTimeout": "9999999h" }),
            r#"spec.policy.requestTimeout: expected a duration of at most 292 years, found "9999999h""#,
        ),
        // Numbers in quotes are not read (a vector of older readers).
        (
            json!({ "retries": { "attempts": "5" } }),
            r#"spec.policy.retries.attempts: expected a whole number from -2147483648 to 2147483647, found "5""#,
        ),
        (
            json!({ "mirror": { "percentage": "50" } }),
            r#"spec.policy.mirror.percentage: expected a number, found "50""#,
        ),
        (
            json!({ "retries": { "attempts": 75.5 } }),
            "spec.policy.retries.attempts: expected a whole number from -2147483648 to 2147483647, found 75.5",
        ),
        (
            json!({ "mirror": { "port": -1 } }),
            "spec.policy.mirror.port: expected a whole number from 0 to 4294967295, found -1",
        ),
        (
            json!({ "mirror": { "port": 4_294_967_296u64 } }),
            "spec.policy.mirror.port: expected a whole number from 0 to 4294967295, found 4294967296",
        ),
        // Numbers do not stand for the words of an enumeration (a vector of older readers).
        (
            json!({ "mtls": { "istio": { "tlsMode": 2 } } }),
            "spec.policy.mtls.istio.tlsMode: expected one of DISABLE, SIMPLE, ISTIO_MUTUAL, found 2",
        ),
        (
            json!({ "mtls": { "istio": { "tlsMode": "simple" } } }),
            r#"spec.policy.mtls.istio.tlsMode: expected one of DISABLE, SIMPLE, ISTIO_MUTUAL, found "simple""#,
        ),
        (
            json!({ "corsPolicy": { "allowCredentials": "true" } }),
            r#"spec.policy.corsPolicy.allowCredentials: expected true or false, found "true""#,
        ),
        (
            json!({ "mirror": { "kubeService": { "name": 5 } } }),
            "spec.policy.mirror.kubeService.name: expected a string, found 5",
        ),
        (json!([]), "spec.policy: expected an object, found a list"),
        (
            json!({ "trafficShift": { "destinations": {} } }),
            "spec.policy.trafficShift.destinations: expected a list, found an object",
        ),
        (
            json!({ "trafficShift": { "destinations": [{}, []] } }),
            "spec.policy.trafficShift.destinations[1]: expected an object, found a list",
        ),
    ] {
        assert_eq!(policy(&value).unwrap_err(), error, "{value}");
    }
}

#[test]
fn null_in_a_list_is_a_mistake() {
    let error = refused::<TrafficPolicy>(json!({ "spec": { "sourceSelector": [null] } }));
    assert_eq!(error, "spec.sourceSelector[0]: a list must not contain null");
}

#[test]
fn null_label_of_a_selector_is_a_mistake() {
    let selector = json!([{ "kubeServiceMatcher": { "labels": { "app": null } } }]);
    let error = refused::<TrafficPolicy>(json!({ "spec": { "destinationSelector": selector } }));
    assert_eq!(
        error,
        "spec.destinationSelector[0].kubeServiceMatcher.labels.app: expected a string, found null"
    );

    let selector = json!([{ "kubeServiceMatcher": { "labels": null } }]);
    read::<TrafficPolicy>(
        json!({ "spec": { "destinationSelector": selector }, "metadata": { "labels": null } }),
    );
}

#[test]
fn two_fields_of_one_group_are_refused_at_every_depth() {
    let shift = json!([{}, { "clusterHeader": "", "kubeService": {} }]);
    assert_eq!(
        policy(&json!({ "trafficShift": { "destinations": shift } })).unwrap_err(),
        "spec.policy.trafficShift.destinations[1]: only one of kubeService and clusterHeader may be set"
    );
    for (spec, error) in [
        (
            json!({ "shared": { "rootCertificateAuthority": { "generated": {}, "secret": {} } } }),
            "spec.mtlsConfig.shared.rootCertificateAuthority: only one of generated and secret may be set",
        ),
        (
            json!({ "shared": {}, "limited": {} }),
            "spec.mtlsConfig: only one of shared and limited may be set",
        ),
    ] {
        assert_eq!(refused::<VirtualMesh>(json!({ "spec": { "mtlsConfig": spec } })), error);
    }
    read::<VirtualMesh>(json!({ "spec": { "mtlsConfig": { "shared": {}, "limited": null } } }));
}

#[test]
fn every_group_of_every_kind_is_enforced() {
    fn enforced<K: Kind>() {
        for one_of in K::ONE_OFS {
            let [first, second, ..] = one_of.members else { panic!("{one_of:?} has one member") };
            let message = json!({ *first: {}, *second: {} });
            let value = one_of.path.rsplit('.').fold(message, |below, step| match step.strip_suffix("[]") {
                Some(list) => json!({ list: [below] }),
                None => json!({ step: below }),
            });
            let path = one_of.path.replace("[]", "[0]");
            let reason = format!("only one of {first} and {second} may be set");
            assert_eq!(decode::<K>(value).unwrap_err(), DecodeError { path, reason });
        }
    }
    enforced::<TrafficPolicy>();
    enforced::<VirtualMesh>();
    enforced::<Mesh>();
    enforced::<Destination>();
    enforced::<Dashboard>();
    enforced::<IssuedCertificate>();
    enforced::<VirtualDestination>();
}

#[test]
fn unknown_fields_are_dropped_and_named() {
    let value = json!({
        "metadata": { "clusterName": "east" },
        "spec": { "policy": { "request_timeout": "5s", "retries": { "attempts": 1, "retryOn": "5xx" } } },
        "status": { "sate": "ACCEPTED" },
    });
    let decoded = decode::<TrafficPolicy>(value).unwrap();
    let mut unknown = decoded.unknown;
    unknown.sort();
    assert_eq!(
        unknown,
        ["metadata.clusterName", "spec.policy.request_timeout", "spec.policy.retries.retryOn", "status.sate"]
    );
    assert_eq!(decoded.object.spec.policy.unwrap().request_timeout, None);
}

#[test]
fn unknown_conditions_are_refused() {
    for (spec, path) in [
        (
            json!({ "sourceSelector": [{ "KubeWorkloadMatcher": {} }] }),
            "spec.sourceSelector[0].KubeWorkloadMatcher",
        ),
        (
            json!({ "destinationSelector": [{ "kubeServiceMatcher": { "labelz": { "a": "b" } } }] }),
            "spec.destinationSelector[0].kubeServiceMatcher.labelz",
        ),
        (
            json!({ "httpRequestMatchers": [{ "uri": { "glob": "/a" } }] }),
            "spec.httpRequestMatchers[0].uri.glob",
        ),
        (
            json!({ "policy": { "corsPolicy": { "allowOrigins": [{ "glob": "a" }] } } }),
            "spec.policy.corsPolicy.allowOrigins[0].glob",
        ),
        (json!({ "destinationSelectors": [] }), "spec.destinationSelectors"),
        (json!({ "source_selector": [] }), "spec.source_selector"),
    ] {
        let error = decode::<TrafficPolicy>(json!({ "spec": spec })).unwrap_err();
        assert_eq!(error.path, path);
        assert_eq!(error.reason, "unknown field; without it more would be selected than is written");
    }
}

#[test]
fn objects_of_another_kind_are_refused() {
    let object = json!({ "apiVersion": "networking.mesh.gloo.solo.io/v1", "kind": "TrafficPolicy" });
    read::<TrafficPolicy>(object.clone());
    assert_eq!(refused::<AccessPolicy>(object), r#"kind: expected AccessPolicy, found "TrafficPolicy""#);
    assert_eq!(
        refused::<Mesh>(json!({ "apiVersion": "discovery.mesh.gloo.solo.io/v1alpha2", "kind": "Mesh" })),
        "apiVersion: expected discovery.mesh.gloo.solo.io/v1, found \"discovery.mesh.gloo.solo.io/v1alpha2\""
    );
    assert_eq!(refused::<Mesh>(json!([])), "expected an object, found a list");
}

#[test]
fn a_copy_that_cannot_be_read_does_not_spoil_its_object() {
    let copies = json!([
        { "ref": { "name": "a", "namespace": "b" }, "observedGeneration": 1, "spec": { "request_x": 1 } },
        { "ref": { "name": "c", "namespace": "b" }, "spec": { "policy": { "requestTimeout": "soon" } } },
        { "ref": { "name": "d", "namespace": "b" }, "spec": { "sourceSelector": [{ "labelz": {} }] } },
        { "ref": { "name": "e", "namespace": "b" }, "spec": { "sourceSelector": [null] } },
        { "ref": { "name": "f", "namespace": "b" }, "spec": { "policy": { "requestTimeout": "5s", "mirror": null } } },
        { "ref": { "name": "g", "namespace": "b" }, "spec": null },
        { "ref": { "name": "h", "namespace": "b" }, "spec": "text" },
    ]);
    let decoded = decode::<Destination>(json!({ "status": { "appliedTrafficPolicies": copies } })).unwrap();
    assert_eq!(decoded.unknown, ["status.appliedTrafficPolicies[0].spec.request_x"]);
    let unreadable: Vec<&str> = decoded.unreadable.iter().map(|error| error.path.as_str()).collect();
    assert_eq!(
        unreadable,
        [
            "status.appliedTrafficPolicies[1].spec.policy.requestTimeout",
            "status.appliedTrafficPolicies[2].spec.sourceSelector[0].labelz",
            "status.appliedTrafficPolicies[3].spec.sourceSelector[0]",
            "status.appliedTrafficPolicies[6].spec",
        ]
    );
    let applied = decoded.object.status.unwrap().applied_traffic_policies;
    let timeout = Policy { request_timeout: Some(Duration::from_secs(5)), ..Policy::default() };
    let specs: Vec<Option<Arc<TrafficPolicySpec>>> = applied.into_iter().map(|copy| copy.spec).collect();
    assert_eq!(
        specs,
        [
            Some(Arc::default()),
            None,
            None,
            None,
            Some(Arc::new(TrafficPolicySpec { policy: Some(timeout), ..TrafficPolicySpec::default() })),
            None,
            None,
        ]
    );
}

#[test]
fn a_copy_is_read_leniently_by_serde_alone() {
    let value = json!({ "appliedVirtualMesh": { "ref": { "name": "a" }, "spec": { "meshes": 5 } } });
    let status: MeshStatus = serde_json::from_value(value).unwrap();
    assert_eq!(status.applied_virtual_mesh.unwrap().spec, None);
}

#[test]
fn deprecated_path_conditions_are_read_as_uri() {
    let matchers =
        json!([{ "prefix": "/x" }, { "uri": {}, "prefix": "/x" }, { "regex": ".*" }, { "method": "GET" }]);
    let object: TrafficPolicy = read(json!({ "spec": { "httpRequestMatchers": matchers } }));
    let deprecated: Vec<bool> =
        object.spec.http_request_matchers.iter().map(HttpMatcher::is_deprecated_form).collect();
    assert_eq!(deprecated, [true, true, true, false]);
    assert_eq!(
        serde_json::to_value(object.spec.canonical()).unwrap(),
        json!({ "httpRequestMatchers": [
            { "uri": { "prefix": "/x" } }, { "uri": {} }, { "uri": { "regex": ".*" } }, { "method": "GET" },
        ] })
    );
    assert_eq!(
        refused::<TrafficPolicy>(
            json!({ "spec": { "httpRequestMatchers": [{ "prefix": "/x", "exact": "/y" }] } })
        ),
        "spec.httpRequestMatchers[0]: only one of prefix and exact may be set"
    );
}

#[test]
fn old_name_of_gateway_selectors_is_read() {
    let old = json!({ "eastWestIngressGatewaySelectors": [{ "portName": "old" }] });
    let object: VirtualMesh = read(json!({ "spec": { "federation": old } }));
    assert_eq!(
        serde_json::to_value(object.spec.canonical()).unwrap(),
        json!({ "federation": { "ingressGatewaySelectors": [{ "portName": "old" }] } })
    );
    let both = json!({
        "eastWestIngressGatewaySelectors": [{ "portName": "old" }],
        "ingressGatewaySelectors": [{ "portName": "new" }],
    });
    let object: VirtualMesh = read(json!({ "spec": { "federation": both } }));
    assert_eq!(&*object.spec.federation.unwrap().gateway_selectors()[0].port_name, "new");
}

#[test]
fn long_text_in_errors_is_cut() {
    let error = policy(&json!({ "requestTimeout": "ü".repeat(500) })).unwrap_err();
    assert!(error.ends_with(&format!("found {:?}...", "ü".repeat(60))), "{error}");
}
