//! Running a container's own healthcheck ahead of the engine, or seeing that one without rests.

use super::is_process_of;
use crate::Error;
use crate::docker::Docker;
use crate::docker::client::Lane;
use crate::docker::convert_error::Failure;
use crate::docker::exec::exit_code;
use crate::docker::listening::listens;
use crate::docker::quiet::wait_until_quiet;
use bollard::exec::StartExecResults;
use bollard::models::ExecConfig;
use evenkeel_model::{EarlyProbe, Object, Probe, Timestamp};
use futures::StreamExt;
use std::path::Path;
use std::time::{Duration, Instant};

/// Nothing is known of a container whose ports and whose load cannot be seen: its check may be a heavy one, and is left alone for so long
/// after its start.
const UNSEEN: Duration = Duration::from_secs(3);

impl Docker {
    pub(super) async fn probe_container(&self, probe: &Probe) -> Result<(), Error> {
        let object = Object::Container(probe.container.clone());
        self.mirror.ready().await?;
        let seen =
            self.our_seen(&probe.container, "probe")?.ok_or_else(|| Error::NotFound { object: object.clone() })?;
        let refuse = |why: &str| Error::Rejected { message: format!("{object}: {why}") };
        let (Some(started_at), true) = (seen.container.started_at, seen.container.is_running()) else {
            return Err(refuse("it cannot be probed, because it does not run"));
        };
        let local = self.mirror.capabilities().is_some_and(|capabilities| capabilities.local);
        let pid = seen.pid.filter(|_| local);
        let began = Instant::now();
        if seen.check.is_empty() {
            // Whoever else has its number by now tells nothing about it.
            let is_its = |pid: &i32| is_process_of(Path::new(&format!("/proc/{pid}")), &seen.container.id);
            let pid = pid.filter(is_its);
            let pid = pid.ok_or_else(|| refuse("it has no healthcheck, and its processes cannot be seen"))?;
            let rests = tokio::time::timeout(Duration::from_millis(probe.timeout_ms), wait_until_quiet(pid, false));
            let passed = rests.await.unwrap_or(false);
            self.probed(&seen.container.id, started_at, began.elapsed(), passed, None);
            return Ok(());
        }
        let listening = match pid {
            Some(pid) if !probe.expects_ports.is_empty() => listens(pid, probe.expects_ports.clone()).await,
            _ => None,
        };
        let (passed, took) = match (listening, pid) {
            (Some(false), _) => (false, began.elapsed()),
            (_, pid) => {
                let unseen = match pid {
                    // What listens where others expect it to has started: it need not be told from one that only rests.
                    Some(pid) => !wait_until_quiet(pid, listening.is_none()).await,
                    None => false,
                };
                let age = (self.mirror.engine_now() - started_at).to_std().unwrap_or_default();
                if unseen && listening.is_none() && age < UNSEEN {
                    tokio::time::sleep(UNSEEN - age).await;
                }
                let began = Instant::now();
                let passed = self.run_check(&seen.container.id, seen.check, probe.timeout_ms, local, &object).await?;
                (passed, began.elapsed())
            }
        };
        self.probed(&seen.container.id, started_at, took, passed, listening);
        Ok(())
    }

    fn probed(&self, id: &str, started_at: Timestamp, took: Duration, passed: bool, listening: Option<bool>) {
        let took_ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
        let early = EarlyProbe { at: self.mirror.engine_now(), took_ms, passed, listening, count: 0 };
        self.mirror.probed(id, started_at, early);
    }

    /// Runs the command within its time. True where it ended with exit code 0.
    async fn run_check(
        &self,
        container: &str,
        check: Vec<String>,
        timeout_ms: u64,
        local: bool,
        object: &Object,
    ) -> Result<bool, Error> {
        let config = ExecConfig {
            cmd: Some(check),
            attach_stdout: Some(true),
            attach_stderr: Some(true),
            ..ExecConfig::default()
        };
        let exec = self
            .client
            .call(Lane::Other, "create exec", async |docker| docker.create_exec(container, config).await)
            .await
            .map_err(|failure| match failure.status {
                // It has ended or been paused since it was last seen.
                Some(409) => Error::Rejected { message: format!("{object}: its healthcheck cannot be run: {failure}") },
                _ => failure.about(object),
            })?;
        let run = self.client.call(Lane::Stream, "start exec", async |docker| {
            if let StartExecResults::Attached { mut output, .. } = docker.start_exec(&exec.id, None).await? {
                // Only its end matters; what it says is read so that it does not block.
                while output.next().await.is_some() {}
            }
            Ok(())
        });
        match tokio::time::timeout(Duration::from_millis(timeout_ms), run).await {
            Ok(Ok(())) => exit_code(&self.client, &exec.id)
                .await
                .map(|code| code == Some(0))
                .map_err(|failure| failure.about(object)),
            // The command cannot be run: the native check fails by that, too.
            Ok(Err(Failure { status: Some(_), .. })) => Ok(false),
            Ok(Err(failure)) => Err(failure.about(object)),
            Err(_) => {
                if local {
                    self.kill_check(&exec.id, container).await;
                }
                Ok(false)
            }
        }
    }

    /// Ends a check that hangs, as the engine does with its own: the API has no request for it.
    async fn kill_check(&self, exec: &str, container: &str) {
        let inspect =
            self.client.call(Lane::Other, "inspect exec", async |docker| docker.inspect_exec(exec).await).await;
        let Ok(inspect) = inspect else { return };
        let pid = inspect.pid.and_then(|pid| i32::try_from(pid).ok()).filter(|pid| *pid > 1);
        let is_it = |pid: &i32| is_process_of(Path::new(&format!("/proc/{pid}")), container);
        if let (Some(pid), Some(true)) = (pid.filter(is_it), inspect.running) {
            // Where that is not allowed the check goes on until it ends by itself.
            let _ = nix::sys::signal::kill(nix::unistd::Pid::from_raw(pid), nix::sys::signal::Signal::SIGKILL);
        }
    }
}
