//! `doctor`: what is wrong, and how to mend it. It asks the daemon where one answers, and looks itself where none does.

mod local;

use super::Context;
use crate::client::Client;
use crate::failure::{DONE, FAILED, Failure, NO_DAEMON, Outcome};
use crate::output::{ERROR, GOOD, Output, WARN};
use evenkeel_wire::{Check, CheckState, Doctor, Readiness, Version, routes};

/// Look for what is wrong and say how to mend it: daemon, engine, disk, and each stack's ports, subnets and images
///
/// Works without a daemon. Exit code 0 where nothing is wrong, 3 where no daemon answers, 1 otherwise.
#[derive(Debug, clap::Args)]
pub struct Args {}

/// Runs the verb.
pub async fn run(context: &Context<'_>, _arguments: Args) -> Outcome {
    let client = context.client()?;
    let (daemon, answers) = daemon(&client).await;
    let mut checks = vec![daemon];
    if answers {
        checks.extend(asked(&client).await?);
    } else {
        checks.push(local::socket(client.host()));
        checks.push(local::engine().await);
        checks.extend(local::disk());
    }
    let ok = checks.iter().all(|check| check.state != CheckState::Failed);
    let doctor = Doctor { ok, checks };
    if context.output.json {
        context.output.document(&doctor)?;
    } else {
        doctor.checks.iter().for_each(|check| print(context.output, check));
    }
    Ok(match (ok, answers) {
        (_, false) => NO_DAEMON,
        (true, true) => DONE,
        (false, true) => FAILED,
    })
}

/// Whether a daemon answers at all.
async fn daemon(client: &Client) -> (Check, bool) {
    let check = |state, detail: String, help: Option<&str>| Check {
        name: "daemon".into(),
        state,
        detail,
        help: help.map(str::to_owned),
    };
    match client.get::<Version>(routes::VERSION, &()).await {
        Ok(version) => {
            let mine = env!("CARGO_PKG_VERSION");
            let detail = format!("version {} at {}", version.version, client.host());
            if version.version == mine {
                return (check(CheckState::Ok, detail, None), true);
            }
            let help = format!("this command is version {mine}; restart the daemon with the same version");
            (check(CheckState::Warning, detail, Some(&help)), true)
        }
        Err(Failure::Problem(problem)) => {
            let detail = format!("answers at {}: {}", client.host(), problem.detail.unwrap_or(problem.title));
            (check(CheckState::Failed, detail, problem.help.as_deref()), true)
        }
        Err(Failure::NoDaemon { host, cause, .. }) => {
            let detail = format!("none answers at {host}: {cause}");
            (check(CheckState::Failed, detail, Some("start one with `evenkeel serve`")), false)
        }
        Err(_) => (check(CheckState::Failed, format!("no sensible answer at {}", client.host()), None), false),
    }
}

/// What the daemon finds; of an older one at least whether it is ready.
async fn asked(client: &Client) -> Result<Vec<Check>, Failure> {
    match client.get::<Doctor>(routes::DOCTOR, &()).await {
        Ok(doctor) => return Ok(doctor.checks),
        Err(Failure::Problem(_)) => {}
        Err(failure) => return Err(failure),
    }
    match client.get::<Readiness>(routes::READYZ, &()).await {
        Ok(readiness) => Ok(readiness.checks),
        Err(Failure::Problem(problem)) => Ok(vec![Check {
            name: "ready".into(),
            state: CheckState::Failed,
            detail: problem.detail.unwrap_or(problem.title),
            help: problem.help,
        }]),
        Err(failure) => Err(failure),
    }
}

fn print(output: &Output, check: &Check) {
    let (style, sign) = match check.state {
        CheckState::Ok => (GOOD, "ok     "),
        CheckState::Warning => (WARN, "warning"),
        CheckState::Failed => (ERROR, "failed "),
    };
    output.line(&format!("{}  {}: {}", output.on_out(style, sign), check.name, check.detail));
    if let Some(help) = &check.help {
        output.line(&format!("         {help}"));
    }
}
