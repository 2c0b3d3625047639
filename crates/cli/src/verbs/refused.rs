//! Verbs of Compose that Evenkeel does not have: taken with all their arguments, so that the answer is what to do instead.

use crate::failure::{Failure, Outcome};

/// Whatever follows the verb.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Not read
    #[arg(hide = true, trailing_var_arg = true, allow_hyphen_values = true)]
    _rest: Vec<String>,
}

/// Says that there is no such verb, and what does the job.
pub fn run(verb: &str, help: &str) -> Outcome {
    Err(Failure::Failed {
        message: format!("`{verb}` is not done by Evenkeel; nothing was changed"),
        help: Some(help.to_owned()),
    })
}
