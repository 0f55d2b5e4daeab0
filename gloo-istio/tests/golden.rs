//! Runs the corpus: every case is translated, and what comes out must equal the snapshots beside it.

use gloo_core::translate;
use gloo_fixtures::plain::{self, Plain};
use gloo_fixtures::render;
use gloo_fixtures::schema::Schemas;
use gloo_istio::Istio;

#[test]
fn cases() {
    insta::glob!("../../fixtures/cases", "**/input.yaml", |input| {
        let world = gloo_fixtures::load(input);
        let istio = translate(&world, &[&Istio]);
        let model = translate(&world, &[&Plain]);
        let mut settings = insta::Settings::clone_current();
        settings.set_snapshot_path(input.parent().expect("a case is a directory"));
        settings.set_prepend_module_to_snapshot(false);
        settings.remove_snapshot_suffix();
        settings.set_omit_expression(true);
        settings.remove_input_file();
        settings.bind(|| {
            insta::assert_snapshot!("model", plain::text(&model.outputs));
            insta::assert_snapshot!("istio.outputs", render::outputs(&istio.outputs));
            insta::assert_snapshot!("istio.report", render::report(&istio.report));
        });
        // Every object must be one that the mesh's own definitions accept.
        if let Some(schemas) = Schemas::istio() {
            for object in render::objects(&istio) {
                let problems = schemas.check(&object);
                assert!(problems.is_empty(), "{problems:?}\n{}", render::yaml(&object));
            }
        }
    });
}
