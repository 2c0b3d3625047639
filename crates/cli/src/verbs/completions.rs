//! `completions`: for shells.

use super::Context;
use crate::failure::{DONE, Failure, Outcome};
use clap_complete::Shell;

/// Print completions for a shell
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  evenkeel completions bash > /etc/bash_completion.d/evenkeel")]
pub struct Args {
    /// The shell
    shell: Shell,
}

/// Runs the verb.
pub fn run(context: &Context<'_>, arguments: Args) -> Outcome {
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut crate::args::command(), "evenkeel", &mut script);
    let script = String::from_utf8(script).map_err(|error| Failure::failed(error.to_string()))?;
    context.output.line(script.trim_end());
    Ok(DONE)
}
