//! `scale`: change the number of containers.

use super::{Context, duration};
use crate::args::Selection;
use crate::failure::{DONE, Outcome};
use crate::operate::{Operate, Until};
use evenkeel_wire::{ScaleRequest, routes};
use std::time::Duration;

/// Change how many containers services have
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  evenkeel scale worker=3 web=2")]
pub struct Args {
    /// How many containers of which service
    #[arg(value_name = "SERVICE=N", required = true, value_parser = pair)]
    scale: Vec<(String, u32)>,
    /// Leave alone what they depend on
    #[arg(long)]
    no_deps: bool,
    /// Give up waiting after this; the daemon goes on
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    wait_timeout: Option<Duration>,
    /// Which project.
    #[command(flatten)]
    selection: Selection,
}

/// Runs the verb.
pub async fn run(context: &Context<'_>, arguments: Args) -> Outcome {
    let stack = context.stack(arguments.selection)?;
    let client = context.client()?;
    let timeout = arguments.wait_timeout;
    let operate = Operate { client: &client, output: context.output, stack: &stack, until: Until::Ended, timeout };
    let request = ScaleRequest { scale: arguments.scale.into_iter().collect(), no_deps: arguments.no_deps };
    operate.run(routes::SCALE, &request).await?;
    Ok(DONE)
}

/// Reads `web=3`.
pub fn pair(text: &str) -> Result<(String, u32), String> {
    let (service, number) = text.split_once('=').ok_or("use SERVICE=N, such as web=3")?;
    if service.is_empty() {
        return Err("the service's name is missing before `=`".to_owned());
    }
    let number = number.parse().map_err(|_| format!("`{number}` is not a number of containers"))?;
    Ok((service.to_owned(), number))
}
