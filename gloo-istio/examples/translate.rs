//! Translates files of resources and prints what comes out: outputs, then findings and statuses.
//!
//! ```text
//! cargo run -p gloo-istio --example translate -- fixtures/worlds/shop.yaml
//! ```
#![expect(clippy::print_stdout, reason = "printing is what this program is for")]

use std::{env, fs, io};

use gloo_core::snapshot::Options;
use gloo_fixtures::{load_texts, render};
use gloo_istio::Istio;

fn main() -> io::Result<()> {
    let texts = env::args().skip(1).map(fs::read_to_string).collect::<io::Result<Vec<String>>>()?;
    let translation = gloo_core::translate(&load_texts(Options::default(), &texts), &[&Istio]);
    print!("{}", render::outputs(&translation.outputs));
    print!("{}", render::report(&translation.report));
    Ok(())
}
