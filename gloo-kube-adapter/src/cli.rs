//! The command line tool `meshctl`.
//!
//! [`main`] is all that the binary calls; [`run`] does the same with any streams. Commands read worlds, ask
//! the core and write what it says; they decide nothing themselves. The standard output carries the document
//! that was asked for and nothing else.

mod args;
mod columns;
mod completion;
mod console;
mod describe;
mod discover;
mod exit;
mod findings;
mod get;
mod install;
mod inventory;
mod kinds;
mod load;
mod page;
mod select;
mod style;
mod summary;
mod table;
mod translate;
mod version;
mod written;

use std::env;
use std::ffi::OsString;
use std::io::{self, Write as _};
use std::panic::{self, PanicHookInfo};
use std::process::{self, ExitCode};

use clap::error::ErrorKind;
use clap::parser::ValueSource;
use clap::{ArgMatches, FromArgMatches as _};
use gloo_core::backend::Backend;
use gloo_istio::Istio;

use args::{Cli, Command, Format, command};
use console::Console;
pub use console::Streams;
pub use exit::Exit;
use exit::{Failure, Stop};
pub use style::{ColorWhen, Surroundings};

/// Every backend that this tool has.
const BACKENDS: [&dyn Backend; 1] = [&Istio];

/// Runs the tool for the process: its arguments, its streams, its surroundings.
pub fn main() -> ExitCode {
    panic::set_hook(Box::new(|panic| {
        let _ = io::stderr().write_all(panic_line(panic).as_bytes());
        process::exit(i32::from(Exit::Failed.code()));
    }));
    let streams = Streams {
        stdin: &mut io::stdin(),
        stdout: &mut io::stdout().lock(),
        stderr: &mut io::stderr(),
        surroundings: Surroundings::of_process(),
    };
    ExitCode::from(run(env::args_os(), streams))
}

/// Runs the tool with `arguments`, the first of which is its own name; returns the exit code.
pub fn run(arguments: impl IntoIterator<Item = OsString>, mut streams: Streams<'_>) -> u8 {
    let arguments: Vec<OsString> = arguments.into_iter().collect();
    let parsed = command().try_get_matches_from(&arguments).and_then(|matches| {
        let cli = Cli::from_arg_matches(&matches)?;
        Ok((cli, Explicit::of(&matches)))
    });
    match parsed {
        Ok((cli, explicit)) => {
            let json_errors = cli.global.output == Some(Format::Json);
            let mut console = Console::new(streams, &cli.global, json_errors);
            finish(dispatch(&cli, explicit, &mut console), &mut console)
        }
        Err(error) => explain(&error, &arguments, &mut streams),
    }
}

/// Which values came from the command line itself and not from a variable.
#[derive(Clone, Copy, Debug)]
struct Explicit {
    world: bool,
    namespace: bool,
    output: bool,
}

impl Explicit {
    fn of(matches: &ArgMatches) -> Self {
        let given = |id| matches.value_source(id) == Some(ValueSource::CommandLine);
        Self { world: given("world"), namespace: given("mgmt_namespace"), output: given("output") }
    }
}

fn dispatch(cli: &Cli, explicit: Explicit, console: &mut Console<'_>) -> Result<Exit, Stop> {
    #[cfg(debug_assertions)]
    provoked_panic();
    let format = |command| format_of(cli, explicit, Format::known(command));
    match &cli.command {
        Command::Translate(args) => {
            translate::run(args, &cli.global, explicit, format("translate")?, console)
        }
        Command::Discover(args) => discover::run(args, &cli.global, explicit, format("discover")?, console),
        Command::Get(args) => get::run(args, &cli.global, explicit, format("get")?, console),
        Command::Describe(args) => describe::run(args, &cli.global, explicit, format("describe")?, console),
        Command::Install(args) => install::run(args, format("install")?, console),
        Command::Version(_) => version::run(format("version")?, console),
        Command::Completion(args) => completion::run(args.shell, console),
    }
}

/// The wanted format, if the command knows it; a format from a variable that it does not know is no wish.
fn format_of(cli: &Cli, explicit: Explicit, known: &[Format]) -> Result<Option<Format>, Stop> {
    match cli.global.output {
        Some(format) if known.contains(&format) => Ok(Some(format)),
        Some(format) if explicit.output => {
            let known: Vec<String> = known.iter().map(|format| format.word()).collect();
            let message = format!("this command has no output format {}", format.word());
            Err(Failure::usage(message).hint(format!("use -o {}", known.join(" or -o "))).into())
        }
        _ => Ok(None),
    }
}

fn finish(result: Result<Exit, Stop>, console: &mut Console<'_>) -> u8 {
    let exit = match result {
        Ok(exit) => exit,
        Err(Stop::ClosedPipe) => Exit::Success,
        Err(Stop::Failure(failure)) => {
            console.failure(&failure);
            failure.exit
        }
    };
    exit.code()
}

/// Prints help where it was asked for, else what is wrong with the arguments.
fn explain(error: &clap::Error, arguments: &[OsString], streams: &mut Streams<'_>) -> u8 {
    let wanted = matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion);
    let around = streams.surroundings;
    let (stream, terminal): (&mut dyn io::Write, bool) = if wanted {
        (streams.stdout, around.stdout_terminal)
    } else {
        (streams.stderr, around.stderr_terminal)
    };
    let text = error.render();
    let text = if around.colored(color_flag(arguments), terminal) {
        text.ansi().to_string()
    } else {
        text.to_string()
    };
    let _ = stream.write_all(text.as_bytes()).and_then(|()| stream.flush());
    if wanted { Exit::Success.code() } else { Exit::Usage.code() }
}

/// What the arguments say about colour, when they cannot be understood as a whole.
fn color_flag(arguments: &[OsString]) -> ColorWhen {
    let words: Vec<&str> = arguments.iter().filter_map(|argument| argument.to_str()).collect();
    let says = |word: &str| {
        words.contains(&format!("--color={word}").as_str())
            || words.windows(2).any(|two| two == ["--color", word])
    };
    match (says("always"), says("never")) {
        (true, false) => ColorWhen::Always,
        (false, true) => ColorWhen::Never,
        _ => ColorWhen::Auto,
    }
}

/// What is said before the process ends because of a mistake in this program.
fn panic_line(panic: &PanicHookInfo<'_>) -> String {
    let what = panic.payload_as_str().unwrap_or("unknown reason").replace(['\n', '\r'], " ");
    let place = panic.location().map(|at| format!(" at {}:{}", at.file(), at.line())).unwrap_or_default();
    format!("error: internal error{place}: {what}; please report it with the input that caused it\n")
}

/// Builds for tests end in a panic on request, to show what users would see.
#[cfg(debug_assertions)]
fn provoked_panic() {
    assert!(env::var_os("MESHCTL_PROVOKE_PANIC").is_none(), "provoked");
}
