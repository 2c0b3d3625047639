//! `export`: a container's file system as an archive.

use super::Context;
use crate::args::Selection;
use crate::copy;
use crate::failure::{DONE, Failure, Outcome};
use evenkeel_wire::{IndexQuery, routes};
use std::io::IsTerminal as _;
use std::path::PathBuf;

/// Write a service's container's file system as a tar archive
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  evenkeel export -o web.tar web")]
pub struct Args {
    /// The container's number; the first unless told
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    index: Option<u32>,
    /// A file, rather than stdout
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Which project.
    #[command(flatten)]
    selection: Selection,
    /// The service
    #[arg(value_name = "SERVICE")]
    service: String,
}

/// Runs the verb.
pub async fn run(context: &Context<'_>, arguments: Args) -> Outcome {
    if arguments.output.is_none() && std::io::stdout().is_terminal() {
        return Err(Failure::usage("an archive is nothing for a terminal", "name a file with -o, or redirect stdout"));
    }
    let stack = context.stack(arguments.selection)?;
    let path = routes::fill(routes::EXPORT, &[&stack, &arguments.service]);
    let archive = context.client()?.download(&path, &IndexQuery { index: arguments.index }).await?;
    match &arguments.output {
        Some(file) => copy::to_file(archive, file).await?,
        None => copy::to_stdout(archive).await?,
    }
    Ok(DONE)
}
