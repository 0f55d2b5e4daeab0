//! Where a control plane keeps its configuration, and what counts where it cannot be read.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::support::{North, anchor, config, mesh_facts, values};

#[test]
fn every_form_of_the_configuration_is_read() {
    let told = |data: Value| {
        let mut anchor = anchor("linkerd");
        anchor["spec"]["template"]["spec"]["containers"][0]["image"] = json!("controller");
        anchor["metadata"]["labels"] = json!({});
        let north = North::new([anchor, config("linkerd", data)]);
        let facts = mesh_facts(north.mesh());
        let fact = |key: &str| facts.get(key).copied().unwrap_or_default().to_owned();
        assert_eq!(north.notes_about("ConfigMap linkerd/linkerd-config"), Vec::<String>::new());
        (
            north.linkerd().cluster_domain.to_string(),
            fact("trust-domain"),
            north.version().to_owned(),
            fact("issuer-scheme"),
        )
    };
    let is = |domain: &str, trust: &str, version: &str, scheme: &str| {
        (domain.to_owned(), trust.to_owned(), version.to_owned(), scheme.to_owned())
    };

    let now = "clusterDomain: k8s.acme\nidentityTrustDomain: root.acme\nlinkerdVersion: edge-26.1.3\n\
               identity:\n  externalCA: false\n  issuer:\n    scheme: linkerd.io/tls\n    tls:\n      crtPEM: x\n\
               proxy:\n  nativeSidecar: true\n";
    assert_eq!(told(json!({ "values": now })), is("k8s.acme", "root.acme", "edge-26.1.3", "linkerd.io/tls"));

    let of_2_9 = "global:\n  clusterDomain: k8s.acme\n  identityTrustDomain: root.acme\n  linkerdVersion: stable-2.9.5\n\
                  identity: {issuer: {scheme: kubernetes.io/tls}}\n";
    let expected = is("k8s.acme", "root.acme", "stable-2.9.5", "kubernetes.io/tls");
    assert_eq!(told(json!({ "values": of_2_9 })), expected);
    // Both places: what later charts read wins, field by field.
    let both = format!("clusterDomain: new.acme\nidentityTrustDomain: ''\n{of_2_9}");
    let expected = is("new.acme", "root.acme", "stable-2.9.5", "kubernetes.io/tls");
    assert_eq!(told(json!({ "values": both })), expected);

    let of_2_8 = r#"{"linkerdNamespace":"linkerd","cniEnabled":false,"version":"stable-2.8.1","identityContext":
        {"trustDomain":"root.acme","trustAnchorsPem":"x","issuanceLifetime":"86400s","scheme":"linkerd.io/tls"},
        "autoInjectContext":null,"clusterDomain":"k8s.acme"}"#;
    let expected = is("k8s.acme", "root.acme", "stable-2.8.1", "linkerd.io/tls");
    assert_eq!(told(json!({ "global": of_2_8, "proxy": "{}", "install": "{}" })), expected);
    assert_eq!(told(json!({ "values": "", "global": of_2_8 })), expected, "an empty text is none");
    assert_eq!(told(json!({ "values": now, "global": of_2_8 })).0, "k8s.acme");
    assert_eq!(told(json!({ "values": now, "global": of_2_8 })).2, "edge-26.1.3", "the newer form wins");

    let domain_only = "clusterDomain: k8s.acme\nidentityTrustDomain: null\nidentity: null\nglobal: null\n";
    assert_eq!(told(json!({ "values": domain_only })), is("k8s.acme", "k8s.acme", "", ""));
    assert_eq!(told(json!({ "values": "{}" })), is("cluster.local", "cluster.local", "", ""));
}

#[test]
fn without_a_configuration_the_arguments_count() {
    let mut anchor = anchor("linkerd");
    let mut north = North::new([anchor.clone()]);
    assert_eq!(&*north.linkerd().cluster_domain, "cluster.local");
    assert_eq!(mesh_facts(north.mesh())["trust-domain"], "cluster.local");
    assert_eq!(
        north.notes_about("ConfigMap linkerd/linkerd-config"),
        ["it is not there; the arguments of the control plane count [MeshConfigMissing]"]
    );

    let args = |args: Value, anchor: &mut Value| {
        anchor["spec"]["template"]["spec"]["containers"][0]["args"] = args;
        anchor.clone()
    };
    north.put(args(json!(["destination", "-addr=:8086", "-cluster-domain=k8s.acme"]), &mut anchor));
    assert_eq!(&*north.linkerd().cluster_domain, "k8s.acme");
    assert_eq!(mesh_facts(north.mesh())["trust-domain"], "k8s.acme");
    let both = json!(["destination", "--cluster-domain", "k8s.acme", "-identity-trust-domain=root.acme"]);
    north.put(args(both, &mut anchor));
    assert_eq!(&*north.linkerd().cluster_domain, "k8s.acme");
    assert_eq!(mesh_facts(north.mesh())["trust-domain"], "root.acme");

    north.put(config("linkerd", json!({ "values": "clusterDomain: told.acme" })));
    assert_eq!(&*north.linkerd().cluster_domain, "told.acme");
    assert_eq!(north.notes_about("ConfigMap linkerd/linkerd-config"), Vec::<String>::new());
}

#[test]
fn a_broken_configuration_takes_no_mesh_away() {
    let mut north = North::new([anchor("linkerd"), values("linkerd")]);
    let notes = |north: &North| north.notes_about("ConfigMap linkerd/linkerd-config");
    north.put(config("linkerd", json!({ "values": "clusterDomain: [k8s.acme" })));
    assert_eq!(&*north.linkerd().cluster_domain, "cluster.local");
    let told = notes(&north);
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(told[0].starts_with("its entry values cannot be read: "), "{told:?}");
    assert!(told[0].ends_with(" [LinkerdConfigInvalid]"), "{told:?}");

    north.put(config(
        "linkerd",
        json!({ "values": "clusterDomain: {a: b}", "global": "{\"clusterDomain\":\"k8s.acme\"}" }),
    ));
    assert_eq!(&*north.linkerd().cluster_domain, "k8s.acme", "the other form can be read");
    assert_eq!(notes(&north).len(), 1);

    let neither = ["it has neither an entry values nor an entry global [LinkerdConfigInvalid]"];
    north.put(config("linkerd", json!({ "proxy": "{}" })));
    assert_eq!(notes(&north), neither);
    north.put(config("linkerd", json!({ "values": " \n" })));
    assert_eq!(notes(&north), neither);
    north.put(config("linkerd", Value::Null));
    assert_eq!(notes(&north), neither);
    assert_eq!(north.meshes(), BTreeSet::from(["linkerd-destination-linkerd-north"]));

    // A map of the same name elsewhere is somebody else's.
    north.put(config("shop", json!({ "values": "clusterDomain: shop.acme" })));
    assert_eq!(&*north.linkerd().cluster_domain, "cluster.local");
}
