//! What is said about a tree that was written.

use std::path::Path;

use super::console::Console;
use super::exit::{Exit, Failure};
use crate::tree::Written;

/// Says what was written into `directory`, and what was not.
pub fn say(written: &Written, directory: &Path, console: &mut Console<'_>) -> Exit {
    let Written { written, unchanged, removed, left } = written;
    for left in left {
        let message = format!("{}/{left}", directory.display());
        let failure = Failure::new(Exit::Failed, "NotOurs", message);
        console.failure(&failure.hint("add --force to treat it like a file of this tool"));
    }
    let place = directory.display();
    console.progress(&format!("{place}: {written} written, {unchanged} unchanged, {removed} removed"));
    if left.is_empty() { Exit::Success } else { Exit::Failed }
}
