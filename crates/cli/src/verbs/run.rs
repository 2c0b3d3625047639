//! `run`: a one-off container of a service.

use super::Context;
use super::up::PullWhen;
use crate::args::SelectionWithoutP;
use crate::failure::{DONE, Failure, Outcome};
use crate::project::{self, Found};
use crate::{session, terminal};
use evenkeel_wire::{Pull, RunRequest, RunResult, routes};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Run a command in a container of its own, made as a service's
///
/// What the service depends on is brought up first; the service itself is not, and where it is up it is not touched. The exit code is the
/// command's. With a terminal, where this has one.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  evenkeel run --rm web ./manage.py migrate
  evenkeel run -T --rm db pg_dump -U shop shop > dump.sql
  evenkeel run -d --name worker-debug -e LOG=debug worker")]
pub struct Args {
    /// Begin it, print its id and return
    #[arg(short, long)]
    detach: bool,
    /// Remove it when it has ended
    #[arg(long = "rm")]
    remove: bool,
    /// A variable for it; without a value, the one of this environment or of the project's
    #[arg(short, long = "env", value_name = "KEY=VALUE")]
    env: Vec<String>,
    /// Variables for it, from a file
    #[arg(long, value_name = "FILE")]
    env_from_file: Vec<PathBuf>,
    /// Instead of the image's entrypoint; then the service's command is left out
    #[arg(long, value_name = "COMMAND")]
    entrypoint: Option<String>,
    /// user or uid:gid, instead of the service's
    #[arg(short, long, value_name = "USER")]
    user: Option<String>,
    /// Where it runs, instead of the service's
    #[arg(short, long, value_name = "DIR")]
    workdir: Option<String>,
    /// A mount beside the service's
    #[arg(short, long = "volume", visible_alias = "volumes", value_name = "SOURCE:TARGET")]
    volume: Vec<String>,
    /// A label beside the service's
    #[arg(short, long = "label", visible_alias = "labels", value_name = "KEY=VALUE")]
    label: Vec<String>,
    /// Publish this port; the service's are not published
    #[arg(short, long, value_name = "HOST:CONTAINER", conflicts_with = "service_ports")]
    publish: Vec<String>,
    /// Publish the service's ports
    #[arg(short = 'P', long)]
    service_ports: bool,
    /// Reach it under the service's name and aliases, too
    #[arg(long)]
    use_aliases: bool,
    /// The container's name
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// Leave alone what the service depends on
    #[arg(long)]
    no_deps: bool,
    /// Build images though they are there
    #[arg(long)]
    build: bool,
    /// When to ask a registry for images
    #[arg(long, value_name = "WHEN", value_enum)]
    pull: Option<PullWhen>,
    /// Add a capability
    #[arg(long, value_name = "CAPABILITY")]
    cap_add: Vec<String>,
    /// Drop a capability
    #[arg(long, value_name = "CAPABILITY")]
    cap_drop: Vec<String>,
    /// Remove containers of services that the files no longer have
    #[arg(long)]
    remove_orphans: bool,
    /// Without a terminal, though this has one
    #[arg(short = 'T', long = "no-tty", visible_alias = "no-TTY")]
    no_tty: bool,
    /// Whether it reads what is typed here
    #[arg(short, long, value_name = "BOOL", action = clap::ArgAction::Set, num_args = 0..=1, require_equals = true, default_value_t = true, default_missing_value = "true")]
    interactive: bool,
    /// Taken because Compose takes it: a terminal is given where there is one
    #[arg(short, long, hide = true, conflicts_with = "no_tty")]
    tty: bool,
    /// Taken because Compose takes it: pulls are not shown
    #[arg(long, hide = true)]
    quiet_pull: bool,
    /// Taken because Compose takes it: builds are not shown
    #[arg(long, hide = true)]
    quiet_build: bool,
    /// Which project.
    #[command(flatten)]
    selection: SelectionWithoutP,
    /// The service
    #[arg(value_name = "SERVICE")]
    service: String,
    /// The command and its arguments, instead of the service's
    #[arg(value_name = "COMMAND", trailing_var_arg = true, allow_hyphen_values = true)]
    command: Vec<String>,
}

/// Runs the verb.
pub async fn run(context: &Context<'_>, arguments: Args) -> Outcome {
    let selection = context.selection(arguments.selection.clone());
    let found = project::find(&selection, std::slice::from_ref(&arguments.service), context.output)?;
    let remove_orphans = arguments.remove_orphans || project::is_set(&selection, "COMPOSE_REMOVE_ORPHANS");
    let client = context.client()?;
    let stack = found.name().to_owned();
    let tty = !arguments.no_tty && if arguments.detach { arguments.tty } else { terminal::is_there() };
    let mut request = RunRequest { tty, remove_orphans, ..request(arguments)? };
    if let Found::Files(project) = found {
        request.definition = Some(Box::new(project.into_definition()));
    }
    let path = routes::fill(routes::RUNS, &[&stack]);
    if request.detach {
        let started: RunResult = client.once(&path, &request).await?;
        if context.output.json {
            context.output.document(&started)?;
        } else {
            context.output.line(&started.id);
        }
        return Ok(DONE);
    }
    let connection = client.session(&path, &request).await?;
    let input = if request.interactive { session::stdin() } else { session::no_input() };
    session::carry(context.output, connection, input, session::Kind { tty, signals: true }).await
}

/// What is asked of the daemon, but for the definition and the terminal.
fn request(arguments: Args) -> Result<RunRequest, Failure> {
    let entrypoint = arguments.entrypoint.as_deref().map(words).transpose()?;
    let mut labels = BTreeMap::new();
    for label in &arguments.label {
        let (key, value) = label
            .split_once('=')
            .ok_or_else(|| Failure::usage(format!("label `{label}` has no value"), "write it as KEY=VALUE"))?;
        labels.insert(key.to_owned(), value.to_owned());
    }
    // A later one wins, and what stands on the command line is later than any file.
    let mut environment = Vec::new();
    for file in &arguments.env_from_file {
        environment.extend(project::environment_of(file)?);
    }
    environment.extend(arguments.env.iter().map(|variable| match variable.contains('=') {
        true => variable.clone(),
        // Where this environment has none, the daemon looks into the project's files.
        false => std::env::var(variable).map_or_else(|_| variable.clone(), |value| format!("{variable}={value}")),
    }));
    Ok(RunRequest {
        service: arguments.service,
        command: (!arguments.command.is_empty()).then_some(arguments.command),
        entrypoint,
        name: arguments.name,
        environment,
        labels,
        user: arguments.user,
        working_dir: arguments.workdir,
        volumes: arguments.volume.iter().map(|volume| absolute(volume)).collect::<Result<_, _>>()?,
        ports: arguments.publish,
        service_ports: arguments.service_ports,
        use_aliases: arguments.use_aliases,
        cap_add: arguments.cap_add,
        cap_drop: arguments.cap_drop,
        interactive: arguments.interactive,
        detach: arguments.detach,
        remove: arguments.remove,
        no_deps: arguments.no_deps,
        build: arguments.build,
        pull: arguments.pull.map(Pull::from),
        ..RunRequest::default()
    })
}

/// A command line as words, as a shell would part it.
fn words(text: &str) -> Result<Vec<String>, Failure> {
    evenkeel_compose::split_words(text)
        .ok_or_else(|| Failure::usage(format!("--entrypoint `{text}` has a quote that is not closed"), "close it"))
}

/// A mount whose source is a path of this directory, with the whole path.
fn absolute(volume: &str) -> Result<String, Failure> {
    if !volume.starts_with('.') {
        return Ok(volume.to_owned());
    }
    let here = std::env::current_dir().map_err(|error| Failure::failed(format!("the current directory: {error}")))?;
    let (source, target) = volume.split_once(':').unwrap_or((volume, ""));
    let path: PathBuf = here.join(source).components().filter(|part| part != &std::path::Component::CurDir).collect();
    Ok(format!("{}:{target}", Path::new(&path).display()))
}
