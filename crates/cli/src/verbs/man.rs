//! `man`: manual pages.

use super::Context;
use crate::failure::{DONE, Failure, Outcome};
use std::path::PathBuf;

/// Print the manual page, or write a page for every verb
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  evenkeel man | man -l -\n  evenkeel man --dir /usr/local/share/man/man1")]
pub struct Args {
    /// Write evenkeel.1, evenkeel-up.1 and so on into this directory
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
}

/// Runs the verb.
pub fn run(context: &Context<'_>, arguments: Args) -> Outcome {
    let command = crate::args::command();
    if let Some(dir) = arguments.dir {
        let failed = |error: std::io::Error| Failure::failed(format!("{}: {error}", dir.display()));
        std::fs::create_dir_all(&dir).map_err(failed)?;
        clap_mangen::generate_to(command, &dir).map_err(failed)?;
        return Ok(DONE);
    }
    let mut page = Vec::new();
    clap_mangen::Man::new(command).render(&mut page).map_err(|error| Failure::failed(error.to_string()))?;
    context.output.line(String::from_utf8_lossy(&page).trim_end());
    Ok(DONE)
}
