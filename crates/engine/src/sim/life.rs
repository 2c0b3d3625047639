//! The life of a container's process: start, readiness, end, and Docker's restart policies.

use super::agenda::What;
use super::behaviour::Ends;
use super::container::{Phase, Run, SimContainer};
use super::health::Health;
use super::owner;
use super::shelf::Belongs;
use super::world::World;
use crate::Error;
use chrono::TimeDelta;
use evenkeel_model::{ContainerName, EndedBy, Exit, NetworkMode, Object, RestartPolicy};
use std::time::Duration;
use tokio::time::Instant;

/// Docker's first pause before a restart by policy; it doubles up to a minute.
const FIRST_BACKOFF: Duration = Duration::from_millis(100);
const LONGEST_BACKOFF: Duration = Duration::from_secs(60);
/// A run of this length sets the pause back.
const GOOD_RUN: Duration = Duration::from_secs(10);

impl World {
    /// A container, whosever it is.
    pub(super) fn container(&mut self, name: &ContainerName) -> Result<&mut SimContainer, Error> {
        self.containers.get_mut(name).ok_or_else(|| Error::NotFound { object: Object::Container(name.clone()) })
    }

    /// Refuses to touch a container that is not ours, or not there.
    pub(super) fn ours(&self, name: &ContainerName) -> Result<(), Error> {
        let object = Object::Container(name.clone());
        let container = self.containers.get(name).ok_or_else(|| Error::NotFound { object: object.clone() })?;
        owner::ours(object, &container.new.labels, self.claims.has_container(&container.id))
    }

    /// Starts a container by hand.
    pub(super) fn start(&mut self, name: &ContainerName, now: Instant) -> Result<(), Error> {
        let container = self.container(name)?;
        match container.phase {
            Phase::Running | Phase::Restarting(_) => return Ok(()),
            Phase::Paused(_) => return Err(conflict(name, "it is paused: unpause it instead")),
            Phase::Created | Phase::Exited(_) => {}
        }
        container.restart_count = 0;
        container.backoff = Duration::ZERO;
        container.hands_off = false;
        self.run(name, now)
    }

    /// Starts a container's process, by whomever. A refusal is written onto the container, as Docker does.
    pub(super) fn run(&mut self, name: &ContainerName, now: Instant) -> Result<(), Error> {
        let Some(container) = self.containers.get(name) else { return Ok(()) };
        let (image, service) = (container.new.spec.image.clone(), container.service());
        let behaviour = self.behaviours.of(image.as_ref(), service.as_ref(), &container.new.spec.environment);
        let prepared = self.find_namespace(name).and_then(|()| self.take_addresses(name)).and_then(|()| {
            self.take_ports(name)?;
            behaviour.start_error.clone().map_or(Ok(()), |message| Err(refused(name, &message)))
        });
        if let Err(error) = prepared {
            self.let_go(name);
            self.start_failed(name, &error, now);
            return Err(error);
        }
        let mut started_at = self.clock.engine(now);
        let Some(container) = self.containers.get_mut(name) else { return Ok(()) };
        // No two runs of a container begin in the same nanosecond, however short simulated ones are.
        if let Some(before) = container.run.as_ref().map(|run| run.started_at).filter(|before| *before == started_at) {
            started_at = before + TimeDelta::nanoseconds(1);
        }
        let number = container.run_number() + 1;
        let files_missing = !container.files_copied && !container.new.spec.files.is_empty();
        container.phase = Phase::Running;
        container.lines.write(started_at, false, format!("simulated process of {name}, run {number}"));
        container.run = Some(Run {
            number,
            began: now,
            ended: None,
            started_at,
            behaviour: behaviour.clone(),
            health: container.checks.as_ref().map(|_| Health::starting()),
            ready: false,
            probe_lost: false,
            forced: None,
            signalled: false,
        });
        self.container_changed(name, now, "start");
        if files_missing || number <= behaviour.crashes {
            self.plan(name, now, What::Exit { code: 1, oom: false });
        } else if let Ends::After { after, code, oom } = behaviour.ends {
            self.plan(name, now + after, What::Exit { code, oom });
        }
        if let Some(after) = behaviour.ready_after {
            self.plan(name, now + after, What::Ready);
        }
        self.plan_probe(name, now);
        Ok(())
    }

    /// Docker keeps a container that it could not start as it was, with the code 128 and its own words.
    fn start_failed(&mut self, name: &ContainerName, error: &Error, now: Instant) {
        let words = error.to_string();
        let Some(container) = self.containers.get_mut(name) else { return };
        if let Phase::Exited(exit) | Phase::Restarting(exit) = &container.phase {
            container.phase = Phase::Exited(Exit { code: 128, error: words, ..exit.clone() });
        }
        self.container_changed(name, now, "start refused");
    }

    fn find_namespace(&self, name: &ContainerName) -> Result<(), Error> {
        let Some(container) = self.containers.get(name) else { return Ok(()) };
        let NetworkMode::Container(of) = &container.new.spec.network_mode else { return Ok(()) };
        match self.containers.get(of) {
            Some(other) if other.is_running() => Ok(()),
            Some(_) => Err(conflict(name, &format!("cannot join network of a non running container: {of}"))),
            None => Err(refused(name, &format!("no such container: {of}"))),
        }
    }

    /// The process can serve. A job that others wait for is done then.
    pub(super) fn process_is_ready(&mut self, name: &ContainerName, now: Instant) {
        let at = self.clock.engine(now);
        let awaited = self.is_awaited(name);
        let Some(container) = self.containers.get_mut(name) else { return };
        let Some(run) = &mut container.run else { return };
        run.ready = true;
        container.lines.write(at, false, "ready");
        self.hints.stir();
        if awaited {
            self.plan(name, now, What::Exit { code: 0, oom: false });
        }
    }

    /// Whether a container of the same stack waits for this one's service to complete, by Compose's label, and its behaviour
    /// leaves it to that.
    pub(super) fn is_awaited(&self, name: &ContainerName) -> bool {
        let Some(container) = self.containers.get(name) else { return false };
        let leaves_it = container.run.as_ref().is_some_and(|run| run.behaviour.ends == Ends::IfAwaited);
        let project = container.project().unwrap_or_default();
        leaves_it && self.containers.of(project).any(|(_, other)| other.awaits(container))
    }

    /// The process is gone: its ports and addresses are free, and the restart policy has its say.
    pub(super) fn process_ends(&mut self, name: &ContainerName, code: i64, oom: bool, now: Instant) {
        self.let_go(name);
        let at = self.clock.engine(now);
        let up = self.up;
        let told = self.container_changed(name, now, &format!("die {code}"));
        let Some(container) = self.containers.get_mut(name) else { return };
        container.lines.write(at, code != 0, format!("exit code {code}"));
        let lasted = container.run.as_ref().map_or(Duration::ZERO, |run| now.saturating_duration_since(run.began));
        let signalled = container.run.as_ref().is_some_and(|run| run.signalled);
        if let Some(run) = &mut container.run {
            run.ended = Some(now);
        }
        let by = match (signalled, told) {
            (true, _) => EndedBy::Outside,
            (false, true) => EndedBy::Itself,
            (false, false) => EndedBy::Unknown,
        };
        let exit = Exit { code, at, oom, by, error: String::new() };
        // Without an engine nobody restarts.
        if !(up && container.policy_restarts(code)) {
            container.phase = Phase::Exited(exit);
            if up && container.new.spec.auto_remove {
                self.depart(name, now);
            }
            return;
        }
        container.phase = Phase::Restarting(exit);
        container.backoff = match container.backoff {
            _ if lasted >= GOOD_RUN => FIRST_BACKOFF,
            Duration::ZERO => FIRST_BACKOFF,
            last => (last * 2).min(LONGEST_BACKOFF),
        };
        let pause = container.backoff;
        self.plan(name, now + pause, What::Restart);
    }

    /// The restart policy's pause is over.
    pub(super) fn restart_by_policy(&mut self, name: &ContainerName, now: Instant) {
        if let Some(container) = self.containers.get_mut(name) {
            container.restart_count += 1;
        }
        // A refusal stands on the container; Docker does not try again by itself.
        let _ = self.run(name, now);
    }
}

impl SimContainer {
    /// Whether Docker starts it again after an end with this code.
    fn policy_restarts(&self, code: i64) -> bool {
        !self.hands_off
            && match self.new.spec.restart {
                None | Some(RestartPolicy::No) => false,
                Some(RestartPolicy::Always | RestartPolicy::UnlessStopped) => true,
                Some(RestartPolicy::OnFailure(limit)) => {
                    code != 0 && limit.is_none_or(|limit| limit == 0 || self.restart_count < limit)
                }
            }
    }
}

pub(super) fn conflict(name: &ContainerName, message: &str) -> Error {
    Error::Conflict { object: Object::Container(name.clone()), message: message.to_owned() }
}

pub(super) fn refused(name: &ContainerName, message: &str) -> Error {
    Error::Rejected { message: format!("container {name}: {message}") }
}
