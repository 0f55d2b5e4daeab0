//! The command line: every flag, with what the help says about it.
#![expect(clippy::doc_markdown, reason = "help is plain text")]

use std::path::PathBuf;

use clap::{Arg, ArgAction, Args, CommandFactory as _, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;
use gloo_core::report::Severity;
use gloo_core::snapshot::{Strictness, UserConfigMode};

use super::style::ColorWhen;
use crate::world::{parse_strictness, parse_user_config};

/// Renders and compares what the policies of a service mesh mean for each cluster.
#[derive(Debug, Parser)]
#[command(name = "meshctl", version, max_term_width = 100, disable_help_subcommand = true)]
pub struct Cli {
    /// Flags of all commands.
    #[command(flatten)]
    pub global: Global,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// The command line as clap knows it: every switch also takes `=true` and `=false`.
pub fn command() -> clap::Command {
    fn switches(command: clap::Command) -> clap::Command {
        let command = command.mut_args(|arg| match arg.get_action() {
            ArgAction::SetTrue => arg
                .action(ArgAction::Set)
                .value_parser(clap::value_parser!(bool))
                .value_name("BOOL")
                .num_args(0..=1)
                .require_equals(true)
                .default_value("false")
                .default_missing_value("true")
                .hide_default_value(true)
                .hide_possible_values(true),
            _ => arg,
        });
        command.mut_subcommands(switches)
    }
    let command = switches(Cli::command());
    let output = command.get_arguments().find(|arg| arg.get_id() == "output").cloned();
    match output {
        Some(output) => command.mut_subcommands(|command| with_formats(command, &output)),
        None => command,
    }
}

/// A command whose help names the formats that it knows, instead of all that there are.
fn with_formats(command: clap::Command, output: &Arg) -> clap::Command {
    let known: Vec<String> = Format::known(command.get_name()).iter().map(|format| format.word()).collect();
    // Other values stay readable: the refusal names the right ones, and one from a variable is no wish.
    let output = output.clone().hide_possible_values(true);
    command.arg(match known.as_slice() {
        [] => output.hide(true),
        known => output.help(format!("Format of the result: {}", known.join(", "))),
    })
}

/// Flags that may stand before or after the command.
#[derive(Debug, Args)]
#[command(next_help_heading = "Global options")]
pub struct Global {
    /// World to read: a directory, a file, a .tar, .tar.gz or .tgz archive, or - for the standard input
    #[arg(short, long, global = true, value_name = "PATH", env = "MESHCTL_WORLD", hide_env_values = true)]
    pub world: Option<PathBuf>,
    /// Objects to add to the world or to replace in it: a file, a directory (read to any depth), or -
    #[arg(short, long, global = true, value_name = "PATH", action = ArgAction::Append)]
    pub filename: Vec<PathBuf>,
    /// Only this cluster; repeat for several, * and ? stand for any letters
    #[arg(long, global = true, value_name = "NAME", action = ArgAction::Append)]
    pub cluster: Vec<String>,
    /// Namespace of the management plane, which owns what is written [default: gloo-mesh]
    #[arg(long, global = true, value_name = "NS", env = "MESHCTL_NAMESPACE", hide_env_values = true)]
    pub mgmt_namespace: Option<String>,
    /// Format of the result
    #[arg(short, long, global = true, value_name = "FORMAT", env = "MESHCTL_OUTPUT", hide_env_values = true)]
    pub output: Option<Format>,
    /// Write the result to a file instead of the standard output
    #[arg(long, global = true, value_name = "FILE")]
    pub output_file: Option<PathBuf>,
    /// When to use colour; NO_COLOR, CLICOLOR_FORCE and TERM are respected
    #[arg(long, global = true, value_name = "WHEN", value_enum, default_value_t)]
    pub color: ColorWhen,
    /// Use ASCII signs only
    #[arg(long, global = true)]
    pub ascii: bool,
    /// Print neither progress nor summaries
    #[arg(short, long, global = true)]
    pub quiet: bool,
    /// Say more; repeat for even more
    #[arg(short, long, global = true, action = ArgAction::Count)]
    pub verbose: u8,
}

/// Formats of results; each command knows some of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people.
    Table,
    /// For people, with more columns.
    Wide,
    /// Names only.
    Name,
    /// One JSON document.
    Json,
    /// YAML documents.
    Yaml,
}

impl Format {
    /// The formats that a command knows.
    pub fn known(command: &str) -> &'static [Self] {
        match command {
            "translate" | "install" => &[Self::Yaml, Self::Json],
            "discover" => &[Self::Table, Self::Yaml, Self::Json],
            "get" => &[Self::Table, Self::Wide, Self::Name, Self::Yaml, Self::Json],
            "describe" => &[Self::Table, Self::Wide, Self::Yaml, Self::Json],
            "version" => &[Self::Json, Self::Yaml, Self::Table],
            _ => &[],
        }
    }

    /// What users write.
    pub fn word(self) -> String {
        format!("{self:?}").to_ascii_lowercase()
    }
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Compute what each cluster must contain, with a verdict on every policy
    ///
    /// Without --out the objects are printed as one YAML stream, in the order in which they can be applied.
    /// Policies that are invalid do not stop the others: they are reported, and the exit code says so.
    ///
    /// A directory with a folder mgmt or clusters is read as a world: mgmt/ holds objects of the management
    /// cluster, clusters/NAME/ those of cluster NAME. Of any other directory only the files directly in it
    /// are read.
    ///
    /// Meshes, workloads and destinations of a cluster are those below mgmt/; where none are given, they are
    /// discovered in the cluster's objects.
    ///
    /// Exit codes: 0 done; 1 differences were found, or a policy is invalid; 2 something could not be
    /// written; 64 wrong usage; 65 input that cannot be read.
    Translate(Translate),
    /// Find meshes, workloads and destinations in the objects of clusters, and say why others were not found
    ///
    /// The objects of cluster NAME lie below clusters/NAME/, as kubectl get -A -o yaml prints them: Nodes,
    /// Namespaces, Pods, Services, EndpointSlices, ConfigMaps, Deployments, DaemonSets, StatefulSets and
    /// ReplicaSets. Whatever else lies there does no harm; Secrets are not needed.
    ///
    /// With -o yaml or json the objects are printed as they are to be put into mgmt/, where they count more
    /// than what would be discovered.
    ///
    /// Exit codes: 0 done; 1 an object cannot be read or used, see --fail-on; 2 something could not be written;
    /// 64 wrong usage; 65 input that cannot be read.
    Discover(Discover),
    /// List objects of a world with what became of them
    ///
    /// KIND is mesh, workload, destination, trafficpolicy, accesspolicy or virtualmesh, or its plural or short name,
    /// with or without its group. Workloads and destinations may be called as in their cluster, [[CLUSTER/]NAMESPACE/]NAME,
    /// destinations also by a host name.
    ///
    /// With -o yaml or json the objects are printed with the status that they would get: one that is named alone as it is,
    /// others as a list.
    ///
    /// Exit codes: 0 done; 64 wrong usage, or a name that may mean several objects; 65 input that cannot be read, or a
    /// name that nothing has.
    Get(Get),
    /// Tell all there is to know about objects of a world: policies with verdicts, members, outputs, problems
    ///
    /// KIND and NAME are those of get. Without NAME objects are listed as get lists them, or described one and all with
    /// -o yaml or json.
    ///
    /// Exit codes: 0 done; 64 wrong usage, or a name that may mean several objects; 65 input that cannot be read, or a
    /// name that nothing has.
    Describe(Describe),
    /// Print what must be installed in the management cluster
    Install(Install),
    /// Print the version
    Version(Version),
    /// Print a completion script for a shell
    Completion(Completion),
}

/// What `translate` reads, writes and prefers.
#[derive(Debug, Args)]
pub struct Translate {
    /// World to read, as for --world; several paths make up one world
    #[arg(value_name = "PATH")]
    pub paths: Vec<PathBuf>,
    /// Write a tree with one file for each object and an index.json, and remove files of earlier runs
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Write into any directory, and over files that were changed since they were written
    #[arg(long, requires = "out")]
    pub force: bool,
    /// Print how the result differs from an earlier tree
    #[arg(long, value_name = "DIR")]
    pub diff: Option<PathBuf>,
    /// Only objects of this kind: VirtualService, virtualservices, vs, …; repeat for several
    #[arg(long, value_name = "KIND", value_delimiter = ',', action = ArgAction::Append)]
    pub kind: Vec<String>,
    /// Also write the status that each input would get
    #[arg(long)]
    pub statuses: bool,
    /// Exit with 1 for findings of this level [default: error without a terminal or with CI set, else never]
    #[arg(long, value_name = "LEVEL")]
    pub fail_on: Option<FailOn>,
    /// Leave out what cannot be read and translate the rest; the exit code is 65 all the same
    #[arg(long)]
    pub keep_going: bool,
    /// Choices that change the result.
    #[command(flatten)]
    pub choices: Choices,
    /// Where meshes are looked for.
    #[command(flatten)]
    pub scope: Scope,
}

/// What `discover` reads and writes.
#[derive(Debug, Args)]
pub struct Discover {
    /// World to read, as for --world; several paths make up one world
    #[arg(value_name = "PATH")]
    pub paths: Vec<PathBuf>,
    /// Write one file for each object into DIR/mgmt/discovered, and remove files of earlier runs; DIR may be the world
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Write into any directory, and over files that were changed since they were written
    #[arg(long, requires = "out")]
    pub force: bool,
    /// Name each object that was not found, instead of the first few of each sort; the same as -v
    #[arg(long)]
    pub all: bool,
    /// Exit with 1 for remarks of this level [default: error without a terminal or with CI set, else never]
    #[arg(long, value_name = "LEVEL")]
    pub fail_on: Option<FailOn>,
    /// Leave out what cannot be read and look at the rest; the exit code is 65 all the same
    #[arg(long)]
    pub keep_going: bool,
    /// Where meshes are looked for.
    #[command(flatten)]
    pub scope: Scope,
}

/// What `get` shows.
#[derive(Debug, Args)]
pub struct Get {
    /// Which objects.
    #[command(flatten)]
    pub wanted: Wanted,
    /// Order of the rows: the name of a column, in any case
    #[arg(long, value_name = "COLUMN")]
    pub sort_by: Option<String>,
    /// Leave out the headings of the columns
    #[arg(long)]
    pub no_headers: bool,
    /// Choices that change the result.
    #[command(flatten)]
    pub choices: Choices,
    /// Where meshes are looked for.
    #[command(flatten)]
    pub scope: Scope,
}

/// What `describe` shows.
#[derive(Debug, Args)]
pub struct Describe {
    /// Which objects.
    #[command(flatten)]
    pub wanted: Wanted,
    /// Only objects whose name contains this; repeat for several
    #[arg(short, long, value_name = "TERM", action = ArgAction::Append)]
    pub search: Vec<String>,
    /// Choices that change the result.
    #[command(flatten)]
    pub choices: Choices,
    /// Where meshes are looked for.
    #[command(flatten)]
    pub scope: Scope,
}

/// Which objects are to be shown.
#[derive(Debug, Args)]
pub struct Wanted {
    /// Kind of the objects
    #[arg(value_name = "KIND")]
    pub kind: String,
    /// The objects; all of the kind if none is named
    #[arg(value_name = "NAME")]
    pub names: Vec<String>,
    /// Only objects of this namespace: of the pods, the service, the control plane, or the policy; repeat for several
    #[arg(short, long, value_name = "NS", action = ArgAction::Append)]
    pub namespace: Vec<String>,
    /// Objects of all namespaces, as without -n
    #[arg(short = 'A', long, conflicts_with = "namespace")]
    pub all_namespaces: bool,
    /// Leave out what cannot be read and show the rest; the exit code is 65 all the same
    #[arg(long)]
    pub keep_going: bool,
}

/// Where meshes are looked for; it counts more than what world.yaml says.
#[derive(Debug, Args)]
#[command(next_help_heading = "Choices that change the result")]
pub struct Scope {
    /// Namespaces of clusters in which nothing is discovered, such as kube-system
    #[arg(long, value_name = "NS", value_delimiter = ',', action = ArgAction::Append)]
    pub ignored_namespaces: Option<Vec<String>>,
}

/// Choices that change the result; they count more than those in world.yaml.
#[derive(Debug, Args)]
#[command(next_help_heading = "Choices that change the result")]
pub struct Choices {
    /// What to make of fields that no mesh acts on: warn or reject [default: warn]
    #[arg(long, value_name = "MODE", value_parser = parse_strictness)]
    pub unsupported_fields: Option<Strictness>,
    /// What to make of mesh configuration that users wrote for the same hosts: off, warn or reject
    /// [default: warn]
    #[arg(long, value_name = "MODE", value_parser = parse_user_config)]
    pub user_config: Option<UserConfigMode>,
    /// The same as --user-config=reject
    #[arg(long, conflicts_with = "user_config", num_args = 0..=1, require_equals = true, default_missing_value = "true", hide_possible_values = true, value_name = "BOOL")]
    pub disallow_intersecting_config: Option<bool>,
    /// Send requests that no route matches to the destination instead of answering with 404
    #[arg(long, num_args = 0..=1, require_equals = true, default_missing_value = "true", hide_possible_values = true, value_name = "BOOL")]
    pub default_route: Option<bool>,
}

/// What makes a command end with 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum FailOn {
    /// Errors: policies that are not in force, objects that cannot be used.
    Error,
    /// Errors and warnings.
    Warning,
    /// Nothing.
    Never,
}

impl FailOn {
    /// Whether one of these severities is bad enough.
    pub fn is_reached(self, severities: impl IntoIterator<Item = Severity>) -> bool {
        let least = match self {
            Self::Error => Severity::Error,
            Self::Warning => Severity::Warning,
            Self::Never => return false,
        };
        severities.into_iter().any(|severity| severity <= least)
    }
}

/// What `install` prints.
#[derive(Debug, Args)]
pub struct Install {
    /// Print the definitions of the custom resources
    #[arg(long)]
    pub crds: bool,
}

/// What `version` prints.
#[derive(Debug, Args)]
pub struct Version {
    /// Only the version of this program, which is all there is without a cluster
    #[arg(long)]
    pub client: bool,
}

/// For whom `completion` writes.
#[derive(Debug, Args)]
pub struct Completion {
    /// The shell
    pub shell: Shell,
}
