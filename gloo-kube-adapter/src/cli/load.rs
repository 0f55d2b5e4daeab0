//! Which world to read, and what to do with what cannot be read.

use std::path::{Path, PathBuf};

use gloo_core::snapshot::UserConfigMode;

use crate::cli::Explicit;
use crate::cli::args::{Choices, Global, Scope};
use crate::cli::console::Console;
use crate::cli::exit::{Exit, Failure, Stop};
use crate::render::CLUSTER_ANNOTATION;
use crate::world::{self, Loaded, Request, World, WorldOptions};

/// What the arguments of `command` want to be read.
pub fn request(
    command: &str,
    paths: &[PathBuf],
    options: WorldOptions,
    global: &Global,
    explicit: Explicit,
) -> Result<Request, Stop> {
    let flag = global.world.as_ref().filter(|path| !path.as_os_str().is_empty());
    let world = match (paths, flag) {
        ([], None) => {
            return Err(Failure::usage("no world is given, and live clusters cannot be read yet")
                .hint(format!("give a directory, a file, an archive or -: meshctl {command} PATH"))
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
    Ok(Request { world, changes: global.filename.clone(), namespace, fallback_namespace: fallback, options })
}

/// The choices that flags make.
pub fn options(choices: &Choices, scope: &Scope) -> WorldOptions {
    let disallowed = choices.disallow_intersecting_config.unwrap_or_default();
    WorldOptions {
        unsupported_fields: choices.unsupported_fields,
        user_config: choices.user_config.or(disallowed.then_some(UserConfigMode::Reject)),
        default_route: choices.default_route,
        ignored_namespaces: scope.ignored_namespaces.clone(),
    }
}

/// How the user called the world.
pub fn source(request: &Request) -> String {
    let name = |path: &PathBuf| path.display().to_string();
    let names: Vec<String> = request.world.iter().chain(&request.changes).map(name).collect();
    names.join(", ")
}

/// Reads the world and says what cannot be read; the exit code tells whether something could not.
pub fn load(request: &Request, console: &mut Console<'_>) -> (World, Exit) {
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
    (world, exit)
}

/// Refuses a world in which there is nothing to translate.
pub fn require_meshes(world: &World) -> Result<(), Stop> {
    if world.has_discovered() {
        return Ok(());
    }
    let message = "no Mesh, Workload or Destination found; is this the right directory?";
    let failure = Failure::new(Exit::Data, "EmptyWorld", message);
    let looked_at: Vec<&str> = world.discovered.clusters.keys().map(|cluster| &**cluster).collect();
    let failure = match looked_at.as_slice() {
        [] => failure.hint(where_objects_belong(world)),
        clusters => failure.hint(format!(
            "no mesh was found in the objects of {}; meshctl discover tells why",
            clusters.join(", ")
        )),
    };
    Err(failure.into())
}

/// What to do where a world has no objects of clusters.
pub fn where_objects_belong(world: &World) -> String {
    misplaced(world).unwrap_or_else(|| {
        "put what kubectl get -A -o yaml prints of a cluster into the folder clusters/NAME/".to_owned()
    })
}

/// What to do with objects that seem to be of a cluster and do not say so.
fn misplaced(world: &World) -> Option<String> {
    let mut all = world.snapshot.raw.keys().filter(|id| id.cluster.is_empty());
    let found =
        all.find(|id| matches!((&*id.group, &*id.kind), ("", "Pod" | "Service") | ("apps", "Deployment")))?;
    let kind = &found.kind;
    let name = &found.name;
    Some(format!(
        "objects of a cluster, such as {kind} {name}, belong into clusters/NAME/, or carry the annotation {CLUSTER_ANNOTATION}"
    ))
}
