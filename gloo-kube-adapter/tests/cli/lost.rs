//! Objects that nothing reads where they lie.

use crate::discover::kind;

#[test]
fn objects_that_nothing_reads_are_told() {
    let bench = kind();
    let before = bench.run(&["translate", "kind"]);
    let policy = bench.read("kind/mgmt/reviews-canary.yaml");
    let other = |from: &str, to: &str| policy.replacen(from, to, 1);
    bench.write("kind/clusters/home/policy.yaml", &policy);
    bench.write("kind/mgmt/kind.yaml", other("kind: TrafficPolicy", "kind: TraficPolicy"));
    bench.write("kind/mgmt/version.yaml", other("gloo.solo.io/v1", "gloo.solo.io/v1beta1"));
    let pod =
        |name: &str| format!("---\napiVersion: v1\nkind: Pod\nmetadata: {{name: {name}, namespace: shop}}\n");
    bench.write("kind/mgmt/pods.yaml", ["a", "b", "c", "d"].map(pod).concat());
    let run = bench.run(&["translate", "kind"]);
    assert_eq!((run.code, &run.stdout), (0, &before.stdout), "{run:#?}");
    for line in [
        "  ‼ kind/mgmt/pods.yaml:2: Pod shop/a, shop/b, shop/c and 1 more: nothing reads it here; objects of a cluster belong into clusters/NAME/ [MisplacedObject]\n",
        "home: TrafficPolicy gloo-mesh/reviews-canary: nothing reads it here, and it has no effect; move it below mgmt/ [MisplacedObject]\n",
        "TraficPolicy gloo-mesh/reviews-canary: networking.mesh.gloo.solo.io/v1 has no such kind here, and it has no effect; is TrafficPolicy meant? [UnknownKind]\n",
        ": TrafficPolicy gloo-mesh/reviews-canary: networking.mesh.gloo.solo.io/v1beta1 is not read, and it has no effect; write networking.mesh.gloo.solo.io/v1 [UnknownKind]\n",
    ] {
        assert!(run.stderr.contains(line), "{line}{}", run.stderr);
    }
    for place in ["‼ kind/clusters/home/policy.yaml:", "‼ kind/mgmt/kind.yaml:", "‼ kind/mgmt/version.yaml:"]
    {
        assert!(run.stderr.contains(place), "{place} {}", run.stderr);
    }
    assert_eq!(bench.run(&["translate", "kind", "--fail-on", "warning"]).code, 1);
    // What no command of this tool reads yet is no mistake.
    let certificate = "apiVersion: certificates.mesh.gloo.solo.io/v1\nkind: IssuedCertificate\nmetadata: {name: a, namespace: b}\n";
    let bench = kind();
    bench.write("kind/mgmt/certificate.yaml", certificate);
    assert_eq!(bench.run(&["translate", "kind"]).stderr, before.stderr);
}
