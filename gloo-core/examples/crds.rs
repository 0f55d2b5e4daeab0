//! Prints the definitions of all kinds, one JSON document for each, for `kubectl apply -f -`.

use std::io::{self, Write};

fn main() -> io::Result<()> {
    let mut output = io::stdout().lock();
    for definition in gloo_core::api::crds() {
        serde_json::to_writer(&mut output, &definition)?;
        writeln!(output)?;
    }
    Ok(())
}
