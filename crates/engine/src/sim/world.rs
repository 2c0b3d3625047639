//! The simulated world: what is on the engine and its host, and how it moves with time.

use super::agenda::{Agenda, Due, What};
use super::behaviour::Behaviours;
use super::clock::Clock;
use super::container::{Phase, SimContainer};
use super::faults::{EventFate, FaultPlan};
use super::hints::Hints;
use super::images::Images;
use super::networks::SimNetwork;
use super::options::SimOptions;
use super::random::Random;
use super::shelf::Watched;
use super::volumes::SimVolume;
use super::{journal::Journal, owner};
use crate::claims::Claims;
use evenkeel_model::{ContainerName, NetworkName, Owner, PortInUse, SubnetInUse, VolumeName};
use std::collections::{BTreeSet, HashMap, VecDeque};
use tokio::time::Instant;

/// All there is.
#[derive(Debug)]
pub(super) struct World {
    pub(super) options: SimOptions,
    pub(super) clock: Clock,
    pub(super) containers: Watched<ContainerName, SimContainer>,
    /// Their names by their ids.
    pub(super) names: HashMap<String, ContainerName>,
    /// Containers that went when they ended, the newest first: for those who are attached to them.
    pub(super) departed: VecDeque<SimContainer>,
    pub(super) networks: Watched<NetworkName, SimNetwork>,
    pub(super) volumes: Watched<VolumeName, SimVolume>,
    /// Looks at it so far.
    pub(super) looks: u64,
    pub(super) images: Images,
    /// What stacks have taken over.
    pub(super) claims: Claims,
    /// Ports of the host that its own processes hold.
    pub(super) host_ports: Vec<PortInUse>,
    /// Routes of the host.
    pub(super) host_routes: Vec<SubnetInUse>,
    /// Paths of the host that do not exist; all others do.
    pub(super) missing_paths: BTreeSet<String>,
    pub(super) behaviours: Behaviours,
    pub(super) faults: FaultPlan,
    pub(super) random: Random,
    pub(super) hints: Hints,
    pub(super) journal: Journal,
    /// The engine answers.
    pub(super) up: bool,
    /// Which of the engine's own runs this is: a request does not outlive the one in which it was sent.
    pub(super) engine_run: u64,
    agenda: Agenda,
    resynced: Instant,
}

impl World {
    pub(super) fn new(options: SimOptions) -> Self {
        let mut world = Self {
            clock: Clock::new(options.started_at),
            containers: Watched::default(),
            names: HashMap::new(),
            departed: VecDeque::new(),
            networks: Watched::default(),
            volumes: Watched::default(),
            looks: 0,
            images: Images::default(),
            claims: Claims::default(),
            host_ports: Vec::new(),
            host_routes: Vec::new(),
            missing_paths: BTreeSet::new(),
            behaviours: Behaviours::default(),
            faults: FaultPlan::default(),
            random: Random::new(options.seed),
            hints: Hints::new(),
            journal: Journal::default(),
            up: true,
            engine_run: 1,
            agenda: Agenda::default(),
            resynced: Instant::now(),
            options,
        };
        world.add_builtin_networks();
        world
    }

    /// Lets everything happen that is due by now, each at its own time.
    pub(super) fn advance(&mut self, now: Instant) {
        while let Some((at, due)) = self.agenda.pop(now) {
            self.happen(due, at);
        }
        if now.saturating_duration_since(self.resynced) >= self.options.resync {
            self.resynced = now;
            if self.up {
                self.hints.resync();
            }
        }
    }

    /// When to advance next.
    pub(super) fn next(&self) -> Instant {
        let resync = self.resynced + self.options.resync;
        self.agenda.next().map_or(resync, |next| next.min(resync))
    }

    pub(super) fn wake(&self) -> std::sync::Arc<tokio::sync::Notify> {
        self.agenda.wake()
    }

    /// Plans something for the present run of a container.
    pub(super) fn plan(&mut self, name: &ContainerName, at: Instant, what: What) {
        let Some(container) = self.containers.get(name) else { return };
        let due = Due { container: container.id.clone(), run: container.run_number(), what };
        self.agenda.plan(at, due);
    }

    /// The container of this id.
    pub(super) fn with_id(&self, id: &str) -> Option<&SimContainer> {
        self.containers.get(self.names.get(id)?)
    }

    fn happen(&mut self, due: Due, now: Instant) {
        let Some(name) = self.names.get(&due.container).cloned() else { return };
        let found = self.containers.get_mut(&name);
        let Some(container) = found.filter(|container| container.run_number() == due.run) else { return };
        match (&mut container.phase, due.what) {
            (Phase::Running, What::Ready) => self.process_is_ready(&name, now),
            (Phase::Running, What::Exit { code, oom }) => self.process_ends(&name, code, oom, now),
            (Phase::Running, What::Obey { code }) => self.process_ends(&name, code, false, now),
            (Phase::Running | Phase::Paused(_), What::Grace) => self.process_is_killed(&name, now),
            // The engine runs the probes: none while it is down.
            (Phase::Running, What::Probe | What::ProbeEnds { .. }) if !self.up => {
                if let Some(run) = &mut container.run {
                    run.probe_lost = true;
                }
            }
            (Phase::Running, What::Probe) => self.probe_begins(&name, now),
            (Phase::Running, What::ProbeEnds { passed, early }) => self.probe_ends(&name, passed, early, now),
            (Phase::Paused(missed), what) => missed.push(what),
            (Phase::Restarting(_), What::Restart) if self.up => self.restart_by_policy(&name, now),
            _ => {}
        }
    }

    /// Tells that a container changed, unless a fault keeps it back. Says whether clients were told.
    pub(super) fn container_changed(&mut self, name: &ContainerName, now: Instant, what: &str) -> bool {
        let whose = self.containers.get(name).map_or(Owner::Nobody, |container| owner::of(&container.new.labels));
        self.changed(&whose, now, &format!("{name} {what}"))
    }

    /// Tells that something of this owner changed, unless a fault keeps it back. Says whether clients were told.
    pub(super) fn changed(&mut self, whose: &Owner, now: Instant, what: &str) -> bool {
        self.journal.write(self.clock.right(now), what);
        // Without an engine nobody tells.
        let fate = if self.up { self.faults.of_event(&mut self.random) } else { EventFate::Dropped };
        self.hints.changed(whose, fate);
        fate != EventFate::Dropped
    }
}
