//! The command's arguments as a tree. Each verb's own arguments stand in its file.

use crate::serve::ServeArgs;
use crate::verbs;
use clap::{CommandFactory as _, FromArgMatches as _, Parser, Subcommand};
use std::ffi::OsString;
use std::path::PathBuf;

/// What was asked on the command line.
#[derive(Debug)]
pub enum Command {
    /// Run the daemon.
    Serve(ServeArgs),
    /// Anything else.
    Client(Client),
}

/// Any verb but `serve`.
#[derive(Debug)]
pub struct Client {
    pub(crate) global: Global,
    pub(crate) before: Selection,
    pub(crate) verb: Box<Verb>,
}

/// Reads the process's arguments. Help, version and usage errors end the process with clap's exit codes, 0 and 2.
pub fn parse() -> Command {
    try_parse_from(std::env::args_os()).unwrap_or_else(|error| error.exit())
}

/// Reads these arguments, the first being the program's name.
///
/// # Errors
/// clap's, which also carry help and version texts.
pub fn try_parse_from<I, T>(arguments: I) -> Result<Command, clap::Error>
where
    I: IntoIterator<Item = T>,
    T: Into<OsString>,
{
    let arguments: Vec<OsString> = arguments.into_iter().map(Into::into).collect();
    // To build the arguments of all verbs takes longer than most verbs run. Only the one that is asked for has them, unless something is to be
    // said about the others.
    let quick = command().try_get_matches_from(&arguments);
    let whole = || {
        let mut command = command();
        command.build();
        command.try_get_matches_from(&arguments)
    };
    let matches = quick.or_else(|_| whole())?;
    Cli::from_arg_matches(&matches).map(split).map_err(|error| error.format(&mut command()))
}

/// The tree itself, for completions, manual pages and tests.
pub fn command() -> clap::Command {
    Cli::command()
}

fn split(cli: Cli) -> Command {
    match cli.verb {
        Verb::Serve(arguments) => Command::Serve(arguments),
        verb => {
            let mut global = cli.global;
            global.no_color |= cli.habits.ansi.as_deref() == Some("never");
            global.quiet |= cli.habits.progress.as_deref() == Some("quiet");
            let Habits { compatibility, all_resources, .. } = cli.habits;
            let before = Selection { compatibility, all_resources, ..cli.selection };
            Command::Client(Client { global, before, verb: Box::new(verb) })
        }
    }
}

/// Keeps Docker Compose stacks as their files say
///
/// A daemon plans, acts, waits for health and heals; this command talks to it. The files, flags and variables of
/// Docker Compose work here as they do there.
#[derive(Debug, Parser)]
#[command(
    name = "evenkeel",
    version,
    max_term_width = 110,
    after_help = "\
Examples:
  evenkeel serve &                     the daemon
  evenkeel up --wait                   this directory's Compose file, until everything is ready
  evenkeel ps                          what each service does, and what it waits for
  evenkeel plan                        what `up` would do, and why
  evenkeel system up accidents --wait  a shipped system

Exit codes:
  0 done · 1 failed · 2 usage, or for `plan`: changes pending · 3 no daemon answers · 4 timed out
  5 refused before anything was changed · 130 interrupted, the daemon goes on"
)]
struct Cli {
    #[command(flatten)]
    global: Global,
    #[command(flatten)]
    selection: Selection,
    #[command(flatten)]
    habits: Habits,
    #[command(subcommand)]
    verb: Verb,
}

/// What Compose takes before the verb and this command has in another form, for fingers and scripts that have it in them.
#[derive(Debug, Clone, Default, clap::Args)]
struct Habits {
    /// `never`: no colours
    #[arg(long, hide = true, value_name = "WHEN")]
    ansi: Option<String>,
    /// `quiet`: no progress; the terminal decides on the rest
    #[arg(long, hide = true, value_name = "HOW")]
    progress: Option<String>,
    /// Without effect: the daemon bounds its work by itself
    #[arg(long, hide = true, allow_negative_numbers = true, value_name = "N")]
    parallel: Option<i64>,
    /// Join names of containers and built images by underscores, as Compose 1 did; COMPOSE_COMPATIBILITY=1 does the same
    #[arg(long, hide = true)]
    compatibility: bool,
    /// Make networks and volumes that no service uses, too; EVENKEEL_ALL_RESOURCES=1 does the same
    #[arg(long, hide = true)]
    all_resources: bool,
    /// Without effect: what there is to say is said
    #[arg(long, hide = true)]
    verbose: bool,
}

/// Flags that every verb takes.
#[derive(Debug, Clone, Default, clap::Args)]
#[command(next_help_heading = "Global options")]
pub struct Global {
    /// The daemon: unix:///path or http(s)://host:port
    #[arg(long, global = true, env = "EVENKEEL_HOST", value_name = "URL")]
    pub host: Option<String>,
    /// API token, for a daemon over TCP
    #[arg(long, global = true, env = "EVENKEEL_TOKEN", hide_env_values = true, value_name = "TOKEN")]
    pub token: Option<String>,
    /// Results as one JSON document, or as JSON lines for streams
    #[arg(long, global = true)]
    pub json: bool,
    /// No progress; lists shrink to names
    #[arg(short, long, global = true)]
    pub quiet: bool,
    /// No colours; NO_COLOR does the same
    #[arg(long, global = true)]
    pub no_color: bool,
    /// Change nothing: `up` shows what it would do, other verbs that act end at once
    #[arg(long, global = true)]
    pub dry_run: bool,
}

/// Which project is meant, as Compose selects it.
#[derive(Debug, Clone, Default, PartialEq, Eq, clap::Args)]
#[command(next_help_heading = "Project selection")]
pub struct Selection {
    /// A Compose file; repeat it to merge several, `-` is stdin
    #[arg(short = 'f', long = "file", value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// The project's name; alone, a stack that the daemon keeps already
    #[arg(short = 'p', long, value_name = "NAME")]
    pub project_name: Option<String>,
    /// Where relative paths start; the first file's directory unless told
    #[arg(long, value_name = "DIR")]
    pub project_directory: Option<PathBuf>,
    /// Variables for the files; repeatable, instead of .env
    #[arg(long = "env-file", value_name = "FILE")]
    pub env_files: Vec<PathBuf>,
    /// Switch a profile on; repeatable
    #[arg(long = "profile", value_name = "NAME")]
    pub profiles: Vec<String>,
    /// Stands before the verb alone, as with Compose.
    #[arg(skip)]
    pub compatibility: bool,
    /// Stands before the verb alone, as with Compose.
    #[arg(skip)]
    pub all_resources: bool,
}

/// The same for verbs in which Compose gives `-f` another meaning.
#[derive(Debug, Clone, Default, PartialEq, Eq, clap::Args)]
#[command(next_help_heading = "Project selection")]
pub struct SelectionWithoutF {
    /// A Compose file; repeat it to merge several, `-` is stdin
    #[arg(long = "file", value_name = "FILE")]
    files: Vec<PathBuf>,
    /// The project's name; alone, a stack that the daemon keeps already
    #[arg(short = 'p', long, value_name = "NAME")]
    project_name: Option<String>,
    /// Where relative paths start; the first file's directory unless told
    #[arg(long, value_name = "DIR")]
    project_directory: Option<PathBuf>,
    /// Variables for the files; repeatable, instead of .env
    #[arg(long = "env-file", value_name = "FILE")]
    env_files: Vec<PathBuf>,
    /// Switch a profile on; repeatable
    #[arg(long = "profile", value_name = "NAME")]
    profiles: Vec<String>,
}

/// The same for verbs in which Compose gives `-p` another meaning.
#[derive(Debug, Clone, Default, PartialEq, Eq, clap::Args)]
#[command(next_help_heading = "Project selection")]
pub struct SelectionWithoutP {
    /// A Compose file; repeat it to merge several, `-` is stdin
    #[arg(short = 'f', long = "file", value_name = "FILE")]
    files: Vec<PathBuf>,
    /// The project's name; alone, a stack that the daemon keeps already
    #[arg(long, value_name = "NAME")]
    project_name: Option<String>,
    /// Where relative paths start; the first file's directory unless told
    #[arg(long, value_name = "DIR")]
    project_directory: Option<PathBuf>,
    /// Variables for the files; repeatable, instead of .env
    #[arg(long = "env-file", value_name = "FILE")]
    env_files: Vec<PathBuf>,
    /// Switch a profile on; repeatable
    #[arg(long = "profile", value_name = "NAME")]
    profiles: Vec<String>,
}

impl From<SelectionWithoutP> for Selection {
    fn from(from: SelectionWithoutP) -> Self {
        let SelectionWithoutP { files, project_name, project_directory, env_files, profiles } = from;
        Self { files, project_name, project_directory, env_files, profiles, ..Self::default() }
    }
}

impl From<SelectionWithoutF> for Selection {
    fn from(from: SelectionWithoutF) -> Self {
        let SelectionWithoutF { files, project_name, project_directory, env_files, profiles } = from;
        Self { files, project_name, project_directory, env_files, profiles, ..Self::default() }
    }
}

impl Selection {
    /// What stood before the verb, and then what stood after it: lists are joined, and of single values the later wins.
    #[must_use]
    pub fn after(self, before: &Self) -> Self {
        let join = |first: &[PathBuf], second: Vec<PathBuf>| first.iter().cloned().chain(second).collect();
        Self {
            files: join(&before.files, self.files),
            project_name: self.project_name.or_else(|| before.project_name.clone()),
            project_directory: self.project_directory.or_else(|| before.project_directory.clone()),
            env_files: join(&before.env_files, self.env_files),
            profiles: before.profiles.iter().cloned().chain(self.profiles).collect(),
            compatibility: before.compatibility || self.compatibility,
            all_resources: before.all_resources || self.all_resources,
        }
    }
}

/// The verbs, in the order of the help.
#[derive(Debug, Subcommand)]
#[command(defer = true)]
pub enum Verb {
    Serve(ServeArgs),
    Up(verbs::up::Args),
    Down(verbs::down::Args),
    Create(verbs::create::Args),
    Pull(verbs::pull::Args),
    Build(verbs::build::Args),
    Plan(verbs::plan::Args),
    Config(verbs::config::Args),
    Connections(verbs::connections::Args),
    Ps(verbs::ps::Args),
    Ls(verbs::ls::Args),
    Images(verbs::images::Args),
    Volumes(verbs::volumes::Args),
    Top(verbs::top::Args),
    Stats(verbs::stats::Args),
    Logs(verbs::logs::Args),
    Events(verbs::events::Args),
    History(verbs::history::Args),
    Restart(verbs::restart::Args),
    Stop(verbs::stop::Args),
    Start(verbs::start::Args),
    Run(verbs::run::Args),
    Exec(verbs::exec::Args),
    Attach(verbs::attach::Args),
    Cp(verbs::cp::Args),
    Pause(verbs::pause::Args),
    Unpause(verbs::unpause::Args),
    Kill(verbs::kill::Args),
    Port(verbs::port::Args),
    Wait(verbs::wait::Args),
    Export(verbs::export::Args),
    Commit(verbs::commit::Args),
    Rm(verbs::rm::Args),
    Scale(verbs::scale::Args),
    Reset(verbs::reset::Args),
    Rollback(verbs::rollback::Args),
    Hold(verbs::hold::Args),
    Release(verbs::release::Args),
    System(verbs::system::Args),
    Doctor(verbs::doctor::Args),
    Token(verbs::token::Args),
    Version(verbs::version::Args),
    Completions(verbs::completions::Args),
    Man(verbs::man::Args),
    /// Push images: not done
    #[command(hide = true)]
    Push(verbs::refused::Args),
    /// Publish the project as an artifact: not done
    #[command(hide = true)]
    Publish(verbs::refused::Args),
    /// Rebuild on changes of source files: not done
    #[command(hide = true)]
    Watch(verbs::refused::Args),
}

impl Verb {
    /// Whether it changes anything, and has nothing to show of what it would do.
    pub(crate) fn acts(&self) -> bool {
        matches!(
            self,
            Self::Down(_)
                | Self::Create(_)
                | Self::Pull(_)
                | Self::Build(_)
                | Self::Restart(_)
                | Self::Stop(_)
                | Self::Start(_)
                | Self::Run(_)
                | Self::Exec(_)
                | Self::Cp(_)
                | Self::Pause(_)
                | Self::Unpause(_)
                | Self::Kill(_)
                | Self::Export(_)
                | Self::Commit(_)
                | Self::Rm(_)
                | Self::Scale(_)
                | Self::Reset(_)
                | Self::Rollback(_)
                | Self::Hold(_)
                | Self::Release(_)
        )
    }
}

#[cfg(test)]
#[path = "args_tests.rs"]
mod tests;
