//! `attach`: to the main process of a service.

use super::Context;
use crate::args::Selection;
use crate::failure::Outcome;
use crate::session;
use evenkeel_wire::{AttachRequest, routes};

/// Attach to the main process of a service's container
///
/// What it says from now on is shown, what is typed goes to it where it reads, and signals too. It ends with the process, and with its
/// exit code.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  evenkeel attach web
  evenkeel attach --no-stdin --sig-proxy=false web")]
pub struct Args {
    /// The container's number; the first that runs unless told
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    index: Option<u32>,
    /// Leave its input alone
    #[arg(long)]
    no_stdin: bool,
    /// Whether it gets the signals that this command gets
    #[arg(long, value_name = "BOOL", action = clap::ArgAction::Set, num_args = 0..=1, require_equals = true, default_value_t = true, default_missing_value = "true")]
    sig_proxy: bool,
    /// Taken because Compose takes it: Ctrl-C without --sig-proxy detaches
    #[arg(long, hide = true, value_name = "KEYS")]
    detach_keys: Option<String>,
    /// Which project.
    #[command(flatten)]
    selection: Selection,
    /// The service
    #[arg(value_name = "SERVICE")]
    service: String,
}

/// Runs the verb.
pub async fn run(context: &Context<'_>, arguments: Args) -> Outcome {
    let stack = context.stack(arguments.selection)?;
    let client = context.client()?;
    let request = AttachRequest { index: arguments.index, no_stdin: arguments.no_stdin };
    let path = routes::fill(routes::ATTACH, &[&stack, &arguments.service]);
    let connection = client.session(&path, &request).await?;
    let input = if arguments.no_stdin { session::no_input() } else { session::stdin() };
    let kind = session::Kind { tty: false, signals: arguments.sig_proxy };
    session::carry(context.output, connection, input, kind).await
}
