//! What is sent to a container's process: the stop signal with its grace, other signals, the freezer.

use super::agenda::What;
use super::container::{Phase, SimContainer};
use super::health::Health;
use super::life::conflict;
use super::world::World;
use crate::Error;
use evenkeel_model::{ContainerName, EndedBy, Exit};
use std::time::Duration;
use tokio::time::Instant;

/// Docker's grace where the container has none.
const GRACE_S: u32 = 10;

impl World {
    /// Begins to stop a container: signal now, SIGKILL after the grace. Says which run has to end.
    pub(super) fn stop(
        &mut self,
        name: &ContainerName,
        grace_s: Option<u32>,
        now: Instant,
    ) -> Result<Option<(String, u32)>, Error> {
        let reap = self.options.pace.reap;
        let container = self.container(name)?;
        let grace_s = grace_s.or(container.new.spec.stop_grace_s).unwrap_or(GRACE_S);
        container.hands_off = true;
        match &container.phase {
            Phase::Created | Phase::Exited(_) => return Ok(None),
            Phase::Restarting(exit) => {
                container.phase = Phase::Exited(Exit { by: EndedBy::Outside, ..exit.clone() });
                self.container_changed(name, now, "stop");
                return Ok(None);
            }
            Phase::Running | Phase::Paused(_) => {}
        }
        let Some(run) = &mut container.run else { return Ok(None) };
        run.signalled = true;
        let (behaviour, ended) = (run.behaviour.clone(), (container.id.clone(), run.number));
        self.plan(name, now + Duration::from_secs(grace_s.into()) + reap, What::Grace);
        if !behaviour.deaf {
            self.plan(name, now + behaviour.stop_takes + reap, What::Obey { code: behaviour.stop_code });
        }
        Ok(Some(ended))
    }

    /// Whether a run is over.
    pub(super) fn has_ended(&self, (id, run): &(String, u32)) -> bool {
        let same = |container: &&SimContainer| container.run_number() == *run;
        self.with_id(id).filter(same).is_none_or(|container| !container.is_running())
    }

    /// Sends a signal. A container that does not run has nothing to send it to.
    pub(super) fn kill(&mut self, name: &ContainerName, signal: &str, now: Instant) -> Result<(), Error> {
        let reap = self.options.pace.reap;
        let container = self.container(name)?;
        if !container.is_running() {
            return Ok(());
        }
        container.hands_off = true;
        let Some(run) = &mut container.run else { return Ok(()) };
        let behaviour = run.behaviour.clone();
        let number = match signal.trim_start_matches("SIG") {
            "KILL" | "9" => 9,
            "TERM" | "15" => 15,
            "INT" | "2" => 2,
            "QUIT" | "3" => 3,
            // Processes take the others as news.
            _ => return Ok(()),
        };
        run.signalled = true;
        if number == 9 {
            self.plan(name, now + reap, What::Grace);
        } else if !behaviour.deaf {
            self.plan(name, now + behaviour.stop_takes + reap, What::Obey { code: behaviour.stop_code });
        }
        Ok(())
    }

    /// SIGKILL has arrived.
    pub(super) fn process_is_killed(&mut self, name: &ContainerName, now: Instant) {
        self.process_ends(name, 137, false, now);
    }

    /// Freezes a container's processes.
    pub(super) fn pause(&mut self, name: &ContainerName, now: Instant) -> Result<(), Error> {
        let container = self.container(name)?;
        match container.phase {
            Phase::Running => container.phase = Phase::Paused(Vec::new()),
            Phase::Paused(_) => return Ok(()),
            _ => return Err(conflict(name, "it is not running")),
        }
        self.container_changed(name, now, "pause");
        Ok(())
    }

    /// Lets them go on: what would have happened meanwhile happens now.
    pub(super) fn unpause(&mut self, name: &ContainerName, now: Instant) -> Result<(), Error> {
        let container = self.container(name)?;
        let missed = match &mut container.phase {
            Phase::Paused(missed) => std::mem::take(missed),
            _ => return Ok(()),
        };
        container.phase = Phase::Running;
        let mut probe_lost = false;
        if let Some(run) = &mut container.run {
            run.health.iter_mut().for_each(Health::stand_still);
            probe_lost = std::mem::take(&mut run.probe_lost);
        }
        self.container_changed(name, now, "unpause");
        if probe_lost {
            self.plan_probe(name, now);
        }
        for what in missed {
            self.plan(name, now, what);
        }
        Ok(())
    }
}
