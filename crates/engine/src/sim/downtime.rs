//! The engine goes down and comes back, with what that does to containers.

use super::agenda::What;
use super::container::Phase;
use super::world::World;
use crate::Change;
use evenkeel_model::{ContainerName, RestartPolicy};
use tokio::time::Instant;

impl World {
    /// Requests in flight fail; containers live on.
    pub(super) fn engine_goes_down(&mut self, now: Instant) {
        self.advance(now);
        if !self.up {
            return;
        }
        self.up = false;
        self.engine_run += 1;
        self.journal.write(self.clock.right(now), "engine down");
        self.hints.tell(Change::Lost("the connection to the engine broke (simulated)".to_owned()));
    }

    /// Without live-restore Docker stops every survivor and starts `always` containers alone, in no order to rely on. What was to go
    /// with its end and does not run by then is gone.
    pub(super) fn engine_comes_back(&mut self, now: Instant) {
        self.advance(now);
        if self.up {
            return;
        }
        self.journal.write(self.clock.right(now), "engine up");
        let names: Vec<ContainerName> = self.containers.keys().cloned().collect();
        if !self.options.live_restore {
            for name in &names {
                self.stop_survivor(name, now);
            }
        }
        self.up = true;
        self.hints.tell(Change::Everything);
        for name in &names {
            self.take_up(name, now);
        }
    }

    fn stop_survivor(&mut self, name: &ContainerName, now: Instant) {
        let Some(container) = self.containers.get_mut(name) else { return };
        if let Phase::Restarting(exit) = &container.phase {
            container.phase = Phase::Exited(exit.clone());
        }
        if let Some(run) = &mut container.run
            && matches!(container.phase, Phase::Running | Phase::Paused(_))
        {
            run.signalled = true;
            let code = if run.behaviour.deaf { 137 } else { run.behaviour.stop_code };
            self.process_ends(name, code, false, now);
        }
    }

    fn take_up(&mut self, name: &ContainerName, now: Instant) {
        let Some(container) = self.containers.get_mut(name) else { return };
        let always = container.new.spec.restart == Some(RestartPolicy::Always);
        match &container.phase {
            Phase::Created | Phase::Exited(_) if container.new.spec.auto_remove => self.depart(name, now),
            // What it cannot start stays as it is, with the reason on it.
            Phase::Exited(_) if always => drop(self.run(name, now)),
            Phase::Restarting(_) => self.plan(name, now, What::Restart),
            Phase::Running => {
                let lost = container.run.as_mut().is_some_and(|run| std::mem::take(&mut run.probe_lost));
                if lost {
                    self.plan_probe(name, now);
                }
            }
            Phase::Created | Phase::Paused(_) | Phase::Exited(_) => {}
        }
    }
}
