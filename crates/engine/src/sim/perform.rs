//! Each action as the requests that a client of Docker's would send for it.

use super::behaviour::Ends;
use super::client::Client;
use super::faults::Call;
use crate::{Error, Exec, Progress, Session};
use evenkeel_model::{Action, Attachment, ContainerName, EarlyProbe, ImageRef, NetworkName, NewContainer, Probe};
use futures::FutureExt;
use std::time::Duration;

/// How long it takes to see that a process rests.
const RESTS_AFTER: Duration = Duration::from_millis(50);
/// Lines of progress that a pull or a build tells.
const PROGRESS_LINES: u32 = 4;

impl Client {
    /// Performs one action. Whatever comes of it, the client looks again afterwards.
    pub(super) async fn perform(&self, action: &Action, progress: &Progress) -> Result<(), Error> {
        let result = self.act(action, progress).await;
        if !matches!(action, Action::ProbeContainer(_)) {
            self.memory().told = None;
        }
        result
    }

    async fn act(&self, action: &Action, progress: &Progress) -> Result<(), Error> {
        let pace = self.shared.world().options.pace;
        let none = Duration::ZERO;
        match action {
            Action::PullImage { image, .. } => self.bring(Call::PullImage, image, pace.pull, progress).await,
            Action::BuildImage { image, .. } => self.bring(Call::BuildImage, image, pace.build, progress).await,
            Action::RemoveImage(image) => {
                let request = self.request(Call::RemoveImage, none).await?;
                request.carry_out(|world, now| {
                    world.remove_image(image, now);
                    Ok(())
                })?;
                request.reply(())
            }
            Action::CreateNetwork(new) => {
                let request = self.request(Call::CreateNetwork, pace.create_network).await?;
                request.carry_out(|world, now| world.create_network(new, now))?;
                request.reply(())
            }
            Action::RemoveNetwork(name) => {
                let request = self.request(Call::RemoveNetwork, pace.remove_network).await?;
                request.carry_out(|world, now| world.remove_network(name, now))?;
                request.reply(())
            }
            Action::CreateVolume(new) => {
                let request = self.request(Call::CreateVolume, none).await?;
                request.carry_out(|world, now| world.create_volume(new, now))?;
                request.reply(())
            }
            Action::RemoveVolume(name) => {
                let request = self.request(Call::RemoveVolume, none).await?;
                request.carry_out(|world, now| world.remove_volume(name, now))?;
                request.reply(())
            }
            Action::CreateContainer(new) => self.create(new, pace.create_container).await,
            Action::ConnectNetwork { container, network, attachment, .. } => {
                let request = self.request(Call::Connect, none).await?;
                request.carry_out(|world, now| {
                    world.ours(container)?;
                    world.connect(container, network, attachment, now)
                })?;
                request.reply(())
            }
            Action::StartContainer(name) => {
                let request = self.request(Call::Start, pace.start).await?;
                request.carry_out(|world, now| {
                    world.ours(name)?;
                    world.start(name, now)
                })?;
                request.reply(())
            }
            Action::StopContainer { container, grace_s } => self.stop(container, *grace_s).await,
            Action::KillContainer { container, signal } => {
                let request = self.request(Call::Kill, none).await?;
                request.carry_out(|world, now| {
                    world.ours(container)?;
                    world.kill(container, signal, now)
                })?;
                request.reply(())
            }
            Action::PauseContainer(name) => {
                let request = self.request(Call::Pause, none).await?;
                request.carry_out(|world, now| {
                    world.ours(name)?;
                    world.pause(name, now)
                })?;
                request.reply(())
            }
            Action::UnpauseContainer(name) => {
                let request = self.request(Call::Unpause, none).await?;
                request.carry_out(|world, now| {
                    world.ours(name)?;
                    world.unpause(name, now)
                })?;
                request.reply(())
            }
            Action::RemoveContainer { container, volumes } => {
                let request = self.request(Call::RemoveContainer, pace.remove_container).await?;
                request.carry_out(|world, now| world.remove_container(container, *volumes, now))?;
                request.reply(())
            }
            Action::RenameContainer { container, to } => {
                let request = self.request(Call::Rename, none).await?;
                request.carry_out(|world, now| world.rename_container(container, to, now))?;
                request.reply(())
            }
            Action::RunHooks(run) => {
                crate::hooks::run(&|exec| async move { self.exec(&exec).await }.boxed(), run, progress).await
            }
            Action::ProbeContainer(probe) => self.probe(probe).await,
        }
    }

    /// Runs a command inside a container.
    pub(super) async fn exec(&self, exec: &Exec) -> Result<Session, Error> {
        let request = self.request(Call::Exec, Duration::ZERO).await?;
        request.carry_out(|world, _| {
            world.ours(&exec.container)?;
            world.container(&exec.container)?.takes_commands()
        })?;
        request.reply(super::exec::session(exec))
    }

    async fn bring(&self, call: Call, image: &ImageRef, takes: Duration, progress: &Progress) -> Result<(), Error> {
        let request = self.request(call, Duration::ZERO).await?;
        for part in 1..=PROGRESS_LINES {
            if !takes.is_zero() {
                tokio::time::sleep(takes / PROGRESS_LINES).await;
            }
            progress.tell(format!("{image}: part {part} of {PROGRESS_LINES}"));
        }
        request.carry_out(|world, now| match call {
            Call::BuildImage => world.build(image, now),
            _ => world.pull(image, now),
        })?;
        request.reply(())
    }

    /// Creates a container and completes it. A refusal on the way removes it again, as half a container would pass for a whole
    /// one; silence leaves it, and a repeated creation goes on where this one ended.
    async fn create(&self, new: &NewContainer, takes: Duration) -> Result<(), Error> {
        let request = self.request(Call::CreateContainer, takes).await?;
        let lacking = request.carry_out(|world, now| {
            world.create_container(new, now)?;
            Ok(world.lacking(new))
        })?;
        request.reply(())?;
        let completed = self.complete(new, lacking).await;
        if let Err(error) = &completed
            && !matches!(error, Error::Unavailable { .. })
        {
            let request = self.request(Call::RemoveContainer, Duration::ZERO).await?;
            request.carry_out(|world, now| world.remove_container(&new.name, true, now))?;
            request.reply(())?;
        }
        completed
    }

    async fn complete(
        &self,
        new: &NewContainer,
        (files, networks): (bool, Vec<(NetworkName, Attachment)>),
    ) -> Result<(), Error> {
        if files {
            let request = self.request(Call::CopyFiles, Duration::ZERO).await?;
            request.carry_out(|world, _| world.copy_files(&new.name))?;
            request.reply(())?;
        }
        for (network, attachment) in networks {
            let request = self.request(Call::Connect, Duration::ZERO).await?;
            request.carry_out(|world, now| world.connect(&new.name, &network, &attachment, now))?;
            request.reply(())?;
        }
        Ok(())
    }

    async fn stop(&self, container: &ContainerName, grace_s: Option<u32>) -> Result<(), Error> {
        let request = self.request(Call::Stop, Duration::ZERO).await?;
        let run = request.carry_out(|world, now| {
            if !world.containers.contains_key(container) {
                return Ok(None);
            }
            world.ours(container)?;
            world.stop(container, grace_s, now)
        })?;
        if let Some(run) = run {
            request.until(|world| world.has_ended(&run)).await?;
        }
        request.reply(())
    }

    /// Runs a healthcheck by exec, unless the process does not listen yet where it is expected to; without one, sees that the process rests. A run
    /// that ends meanwhile takes the probe with it.
    async fn probe(&self, probe: &Probe) -> Result<(), Error> {
        let request = self.request(Call::Exec, Duration::ZERO).await?;
        let timeout = Duration::from_millis(probe.timeout_ms);
        let (run, takes, passed, listening) = request.carry_out(|world, now| {
            world.ours(&probe.container)?;
            let local = world.options.local;
            let (container, run) = world.probed(&probe.container)?;
            let seen = local && !probe.expects_ports.is_empty();
            let listening = seen.then(|| run.listens(now));
            let takes = match (listening, &container.checks) {
                (Some(false), _) => Duration::ZERO,
                (_, Some(_)) => run.behaviour.probe_takes,
                (_, None) => RESTS_AFTER,
            };
            let passes = match &container.checks {
                Some(_) => run.passes(now),
                // What ends by itself is busy until then.
                None => !matches!(run.behaviour.ends, Ends::After { .. }),
            };
            let passed = listening != Some(false) && passes && takes <= timeout;
            Ok(((container.id.clone(), run.started_at), takes.min(timeout), passed, listening))
        })?;
        tokio::time::sleep(takes).await;
        let at = request.carry_out(|world, now| {
            let same = world.probed(&probe.container);
            let same = same.is_ok_and(|(container, now)| (&container.id, now.started_at) == (&run.0, run.1));
            Ok(same.then(|| world.clock.engine(now)))
        })?;
        if let Some(at) = at {
            let took_ms = u64::try_from(takes.as_millis()).unwrap_or(u64::MAX);
            self.memory().probed(run, EarlyProbe { at, took_ms, passed, listening, count: 1 });
        }
        request.reply(())
    }
}
