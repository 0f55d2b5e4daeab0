//! Which world to read, and what to do with what cannot be read.

use std::path::{Path, PathBuf};

use gloo_core::snapshot::UserConfigMode;

use crate::cli::Explicit;
use crate::cli::args::{Choices, Global, Translate};
use crate::cli::console::Console;
use crate::cli::exit::{Exit, Failure, Stop};
use crate::world::{self, Loaded, Request, World, WorldOptions};

/// What the arguments want to be read.
pub fn request(args: &Translate, global: &Global, explicit: Explicit) -> Result<Request, Stop> {
    let flag = global.world.as_ref().filter(|path| !path.as_os_str().is_empty());
    let world = match (args.paths.as_slice(), flag) {
        ([], None) => {
            return Err(Failure::usage("no world is given, and live clusters cannot be read yet")
                .hint("give a directory, a file, an archive or -: meshctl translate PATH")
                .into());
        }
        ([], Some(path)) => vec![path.clone()],
        (_, Some(_)) if explicit.world => {
            return Err(Failure::usage("the world is given twice, as PATH and by --world")
                .hint("use -f for objects that are to be added to a world")
                .into());
        }
        (paths, _) => paths.to_vec(),
    };
    let piped = world.iter().chain(&global.filename).filter(|path| *path == Path::new("-"));
    if piped.count() > 1 {
        return Err(Failure::usage("the standard input (-) can be read only once").into());
    }
    let namespace = global.mgmt_namespace.clone().filter(|namespace| !namespace.is_empty());
    let (namespace, fallback) = if explicit.namespace { (namespace, None) } else { (None, namespace) };
    Ok(Request {
        world,
        changes: global.filename.clone(),
        namespace,
        fallback_namespace: fallback,
        options: options(&args.choices),
    })
}

fn options(choices: &Choices) -> WorldOptions {
    let disallowed = choices.disallow_intersecting_config.unwrap_or_default();
    WorldOptions {
        unsupported_fields: choices.unsupported_fields,
        user_config: choices.user_config.or(disallowed.then_some(UserConfigMode::Reject)),
        default_route: choices.default_route,
    }
}

/// How the user called the world.
pub fn source(request: &Request) -> String {
    let name = |path: &PathBuf| path.display().to_string();
    let names: Vec<String> = request.world.iter().chain(&request.changes).map(name).collect();
    names.join(", ")
}

/// Reads the world and says what cannot be read; the exit code tells whether something could not.
pub fn load(request: &Request, keep_going: bool, console: &mut Console<'_>) -> Result<(World, Exit), Stop> {
    let Loaded { world, problems } = world::load(request, console.stdin);
    for note in &world.notes {
        console.progress(&format!("note: {note}"));
    }
    if console.verbose > 0 {
        console.say(&format!("read {} files", world.file_count));
    }
    for problem in &problems {
        console.failure(&Failure::from(problem));
    }
    let exit = if problems.is_empty() { Exit::Success } else { Exit::Data };
    if !world.has_discovered() && (problems.is_empty() || keep_going) {
        let message = "no Mesh, Workload or Destination found; is this the right directory?";
        let mut failure = Failure::new(Exit::Data, "EmptyWorld", message);
        if !world.snapshot.raw.is_empty() {
            failure = failure.hint("meshes and services are not discovered from Kubernetes objects yet");
        }
        return Err(failure.into());
    }
    Ok((world, exit))
}
