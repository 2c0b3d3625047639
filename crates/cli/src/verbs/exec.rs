//! `exec`: a command in a service's container.

use super::Context;
use crate::args::Selection;
use crate::failure::{DONE, Outcome};
use crate::{session, terminal};
use evenkeel_wire::{ExecRequest, ExecResult, routes};

/// Run a command in a running container of a service
///
/// With a terminal, where this has one. The exit code is the command's.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  evenkeel exec db psql -U shop                  with a terminal
  evenkeel exec -T db pg_dump -U shop > dump.sql
  evenkeel exec -T db psql -U shop < dump.sql
  evenkeel exec --index 2 -u root -w /tmp web sh -c 'id; pwd'")]
pub struct Args {
    /// Without a terminal, though this has one
    #[arg(short = 'T', long = "no-tty", visible_alias = "no-TTY")]
    no_tty: bool,
    /// Begin it and return
    #[arg(short, long)]
    detach: bool,
    /// user or uid:gid, instead of the container's
    #[arg(short, long, value_name = "USER")]
    user: Option<String>,
    /// Where it runs, instead of the container's
    #[arg(short, long, value_name = "DIR")]
    workdir: Option<String>,
    /// A variable for it; without a value, the one of this environment
    #[arg(short, long = "env", value_name = "KEY=VALUE")]
    env: Vec<String>,
    /// The container's number; the first that runs unless told
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    index: Option<u32>,
    /// With all of the host's capabilities
    #[arg(long)]
    privileged: bool,
    /// Which project.
    #[command(flatten)]
    selection: Selection,
    /// Taken because Compose takes it: input is always passed on
    #[arg(short, long, hide = true)]
    interactive: bool,
    /// Taken because Compose takes it: a terminal is given where there is one
    #[arg(short, long, hide = true, conflicts_with = "no_tty")]
    tty: bool,
    /// The service
    #[arg(value_name = "SERVICE")]
    service: String,
    /// The command and its arguments
    #[arg(value_name = "COMMAND", required = true, trailing_var_arg = true, allow_hyphen_values = true)]
    command: Vec<String>,
}

/// Runs the verb.
pub async fn run(context: &Context<'_>, arguments: Args) -> Outcome {
    let stack = context.stack(arguments.selection)?;
    let client = context.client()?;
    let tty = !arguments.no_tty && !arguments.detach && terminal::is_there();
    let request = ExecRequest {
        command: arguments.command,
        index: arguments.index,
        user: arguments.user,
        working_dir: arguments.workdir,
        environment: environment(&arguments.env),
        privileged: arguments.privileged,
        tty,
        detach: arguments.detach,
        stdin: None,
    };
    let path = routes::fill(routes::EXEC, &[&stack, &arguments.service]);
    if arguments.detach {
        client.once::<ExecResult>(&path, &request).await?;
        return Ok(DONE);
    }
    let connection = client.session(&path, &request).await?;
    session::carry(context.output, connection, session::stdin(), session::Kind { tty, signals: false }).await
}

/// Variables without a value take this environment's; where it has none they are left out.
fn environment(given: &[String]) -> Vec<String> {
    let with_value = |variable: &String| match variable.contains('=') {
        true => Some(variable.clone()),
        false => std::env::var(variable).ok().map(|value| format!("{variable}={value}")),
    };
    given.iter().filter_map(with_value).collect()
}
