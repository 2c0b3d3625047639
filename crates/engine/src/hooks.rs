//! Running a service's hooks, the same on every engine: each as a command inside the container, one after the other.

use crate::{Error, Exec, Progress, Said, Session};
use evenkeel_model::{Hook, HookMoment, HookRun};
use futures::StreamExt;
use futures::future::BoxFuture;

/// Bytes that are kept of a failed hook's output.
const OUTPUT_BYTES: usize = 400;

/// How an engine runs a command inside a container.
pub(crate) type Inside<'a> = &'a (dyn Fn(Exec) -> BoxFuture<'a, Result<Session, Error>> + Send + Sync);

/// Runs hooks until one fails. What they say goes to the progress.
///
/// # Errors
/// [`Error::Rejected`] with `hook exited with status 1 (post_start: cmd): its last words`, in which the caller puts the service's name
/// first; otherwise the engine's.
pub(crate) async fn run(inside: Inside<'_>, run: &HookRun, progress: &Progress) -> Result<(), Error> {
    for hook in &run.hooks {
        let (code, said) = match one(inside, run, hook, progress).await {
            // It has ended meanwhile, by itself or by somebody's hand: there is nothing left to prepare for its stop.
            Err(Error::NotFound { .. } | Error::Conflict { .. }) if run.moment == HookMoment::PreStop => return Ok(()),
            other => other?,
        };
        if code != 0 {
            let words = if said.is_empty() { String::new() } else { format!(": {said}") };
            let command = hook.command.join(" ");
            let message = format!("hook exited with status {code} ({}: {command}){words}", run.moment.as_str());
            return Err(Error::Rejected { message });
        }
    }
    Ok(())
}

/// The exit code of one hook, and the end of what it said.
async fn one(inside: Inside<'_>, run: &HookRun, hook: &Hook, progress: &Progress) -> Result<(i64, String), Error> {
    let environment = hook.environment.iter().filter_map(|(name, value)| Some(format!("{name}={}", value.as_ref()?)));
    let exec = Exec {
        container: run.container.clone(),
        command: hook.command.clone(),
        user: hook.user.clone(),
        working_dir: hook.working_dir.clone(),
        environment: environment.collect(),
        privileged: hook.privileged,
        tty: false,
        stdin: false,
        detach: false,
    };
    let mut session = inside(exec).await?;
    let mut said = Vec::new();
    while let Some(piece) = session.output.next().await {
        match piece? {
            Said::Exit(code) => return Ok((code, String::from_utf8_lossy(&said).trim().to_owned())),
            Said::Stdout(bytes) | Said::Stderr(bytes) => {
                for line in String::from_utf8_lossy(&bytes).lines() {
                    progress.tell(line.to_owned());
                }
                said.extend_from_slice(&bytes);
                said.drain(..said.len().saturating_sub(OUTPUT_BYTES));
            }
        }
    }
    Err(Error::Unavailable { message: "it did not say how the hook ended".to_owned() })
}
