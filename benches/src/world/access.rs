//! AccessPolicies: in turn two accounts to a service, a namespace of two clusters to a namespace, a namespace of
//! all clusters to some paths of a service, a whole cluster to a team.

use serde_json::{Value, json};

use super::{Service, Size};

pub(super) fn policy(size: Size, a: usize) -> Value {
    let c = a % size.clusters;
    let c2 = (c + 1) % size.clusters;
    let k = (13 * a + 1) % size.services;
    let n = a / size.clusters % size.namespaces();
    let spec = match a % 4 {
        0 => {
            let account = |c, k| Service { c, k: k % size.services }.reference();
            let accounts = json!({ "serviceAccounts": [account(c, k + 1), account(c2, k + 2)] });
            json!({
                "sourceSelector": [{ "kubeServiceAccountRefs": accounts }],
                "destinationSelector": Service { c, k }.selector(),
            })
        }
        1 => {
            let clusters = [super::cluster(c), super::cluster(c2)];
            json!({
                "sourceSelector": identity(&json!({ "namespaces": [super::namespace(0)], "clusters": clusters })),
                "destinationSelector": super::namespace_selector(n, c),
            })
        }
        2 => json!({
            "sourceSelector": identity(&json!({ "namespaces": [super::namespace(0)] })),
            "destinationSelector": Service { c, k }.selector(),
            "allowedPaths": ["/v1/*", "/healthz"],
            "allowedMethods": ["GET", "HEAD"],
            "allowedPorts": [8080],
        }),
        _ => json!({
            "sourceSelector": identity(&json!({ "clusters": [super::cluster(c)] })),
            "destinationSelector": super::team_selector(a / 4 % size.teams()),
        }),
    };
    super::object("networking.mesh.gloo.solo.io/v1", "AccessPolicy", &format!("ap-{a:04}"), spec)
}

fn identity(matcher: &Value) -> Value {
    json!([{ "kubeIdentityMatcher": matcher }])
}
