//! Keeps a translation up to date with a stream of changes, as a controller does, and prints what each changes.
//!
//! Changes come as lines of JSON in the shape of Kubernetes watch events; `cluster` names the registered
//! cluster that an object was seen in, and is left out for the management cluster:
//!
//! ```json
//! {"type": "ADDED", "cluster": "cluster-1", "object": {"apiVersion": "…", "kind": "…", "metadata": {}, "spec": {}}}
//! ```
//!
//! Without a pipe, or with an argument, a small stream of its own is played:
//!
//! ```text
//! cargo run -p gloo-core --example watch
//! kubectl get trafficpolicies -A --watch --output-watch-events -o json | jq -c --unbuffered \
//!     | cargo run -p gloo-core --example watch
//! ```

use std::io::{self, BufRead, IsTerminal as _, Write};

use gloo_core::snapshot::{AddError, Change, Options, SnapshotBuilder};
use gloo_core::{Delta, Translator};
use gloo_istio::Istio;
use serde::Deserialize;
use serde_json::Value;

/// What is played when nothing is piped in.
pub const STREAM: &str = include_str!("watch.jsonl");

/// One line of the stream.
#[derive(Deserialize)]
struct Event {
    r#type: Type,
    cluster: Option<String>,
    object: Value,
}

#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
enum Type {
    Added,
    Modified,
    Deleted,
    /// Tells only how far the stream has come.
    Bookmark,
}

fn main() -> io::Result<()> {
    let output = io::stdout().lock();
    if io::stdin().is_terminal() || std::env::args().len() > 1 {
        watch(STREAM.as_bytes(), output)
    } else {
        watch(io::stdin().lock(), output)
    }
}

/// Follows a stream to its end.
pub fn watch(stream: impl BufRead, mut output: impl Write) -> io::Result<()> {
    let nothing = SnapshotBuilder::new("gloo-mesh", Options::default()).build();
    let mut translator = Translator::new(nothing, &[&Istio]);
    for line in stream.lines() {
        match serde_json::from_str::<Event>(&line?) {
            Ok(event) => {
                writeln!(output, "{:?} {}", event.r#type, name(&event.object))?;
                match changes(event) {
                    // A controller would apply these outputs and write these statuses. When its own statuses
                    // come back as events, they change nothing.
                    Ok(changes) => print(&translator.update(changes), &mut output)?,
                    Err(error) => writeln!(output, "  not understood: {error}")?,
                }
            }
            Err(error) => writeln!(output, "no event: {error}")?,
        }
    }
    Ok(())
}

/// What an event changes. Several events may be handed to one update: they count as one edit.
fn changes(event: Event) -> Result<Vec<Change>, AddError> {
    if event.r#type == Type::Bookmark {
        return Ok(Vec::new());
    }
    let seen = Change::read(event.cluster.as_deref(), event.object)?;
    Ok(if event.r#type == Type::Deleted {
        seen.into_iter().map(|change| Change::remove(change.key().clone())).collect()
    } else {
        seen
    })
}

/// Prints outputs in the order in which they may be applied, then statuses.
fn print(delta: &Delta, output: &mut impl Write) -> io::Result<()> {
    for object in &delta.outputs.create {
        writeln!(output, "  + {} {}", object.id, spec(&object.to_value()?))?;
    }
    for update in &delta.outputs.update {
        writeln!(output, "  ~ {} {}", update.to.id, spec(&update.to.to_value()?))?;
    }
    for object in &delta.outputs.delete {
        writeln!(output, "  - {}", object.id)?;
    }
    for (input, status) in &delta.statuses {
        let state = match status {
            Some(status) => serde_json::to_value(status)?.get("state").cloned().unwrap_or("updated".into()),
            None => "gone".into(),
        };
        writeln!(output, "  {input}: {}", state.as_str().unwrap_or_default())?;
    }
    Ok(())
}

fn name(object: &Value) -> String {
    let text = |pointer| object.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
    format!("{} {}/{}", text("/kind"), text("/metadata/namespace"), text("/metadata/name"))
}

fn spec(object: &Value) -> &Value {
    object.get("spec").unwrap_or(&Value::Null)
}
