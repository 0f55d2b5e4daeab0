//! Whatever object of a case goes and comes back, the translation that was kept up to date is that of the whole.
#![expect(clippy::expect_used, reason = "a broken fixture must stop the test")]

use std::sync::Arc;

use gloo_core::snapshot::{Change, Snapshot};
use gloo_core::{Translator, translate};
use gloo_fixtures::load;
use gloo_fixtures::world::{difference, text};
use gloo_istio::Istio;
use serde_json::Value;

/// The objects of a case that others hang on.
fn objects(snapshot: &Snapshot) -> Vec<Value> {
    fn values<T: serde::Serialize>(objects: impl Iterator<Item = Arc<T>>) -> impl Iterator<Item = Value> {
        objects.map(|object| serde_json::to_value(&*object).expect("an object is JSON"))
    }
    let virtual_destinations = values(snapshot.virtual_destinations.values().cloned());
    let virtual_meshes = values(snapshot.virtual_meshes.values().cloned());
    let meshes = values(snapshot.meshes.values().cloned());
    virtual_destinations.chain(virtual_meshes).chain(meshes).collect()
}

fn check(translator: &Translator<'_>, case: &str, what: &str) {
    let whole = translate(translator.snapshot(), &[&Istio]);
    let (kept, whole) = (text(&translator.translation()), text(&whole));
    assert!(kept == whole, "{case}, {what}: {:#?}", difference(&kept, &whole));
}

#[test]
fn objects_of_virtual_destinations_come_and_go() {
    let cases = gloo_fixtures::root().join("cases/failover");
    for case in std::fs::read_dir(cases).expect("there are cases") {
        let path = case.expect("a folder can be read").path();
        let snapshot = load(&path.join("input.yaml"));
        let name = path.display().to_string();
        let objects = objects(&snapshot);
        let mut translator = Translator::new(snapshot, &[&Istio]);
        for object in objects {
            let what = object.pointer("/metadata/name").map(ToString::to_string).unwrap_or_default();
            let back = Change::read(None, object).expect("an object of a case can be read");
            translator.update(back.iter().map(|back| Change::remove(back.key().clone())).collect::<Vec<_>>());
            check(&translator, &name, &format!("without {what}"));
            translator.update(back);
            check(&translator, &name, &format!("with {what} again"));
        }
    }
}
