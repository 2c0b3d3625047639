//! What happened and what is known: the trace, what clients asked and were answered, what the daemon was shown, and every breach of
//! a promise.

use chrono::TimeDelta;
use evenkeel_control::{Control, Request};
use evenkeel_engine::sim::Outside;
use evenkeel_model::*;
use evenkeel_plan::{ServiceState, service_hash};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard};

/// What a client asked.
#[derive(Debug, Clone)]
pub enum What {
    Up(Box<Stack>, UpOptions),
    Request(Request),
    /// `run` of a service.
    Run(ServiceName),
    Hold(bool),
}

/// What became of it.
#[derive(Debug, Clone, PartialEq)]
pub enum Answer {
    /// The client still waits.
    None,
    Accepted {
        at: Timestamp,
        operation: Option<Operation>,
    },
    Refused,
    /// The daemon was killed before it answered: it may have been taken on or not.
    Lost,
}

/// One request of a client.
#[derive(Debug, Clone)]
pub struct Ask {
    pub stack: StackName,
    pub what: What,
    pub sent: Timestamp,
    pub answer: Answer,
}

impl Ask {
    /// When it was taken on at the earliest, and by when at the latest; `None` for what was refused.
    pub fn taken(&self) -> Option<(Timestamp, Timestamp)> {
        match &self.answer {
            Answer::Refused => None,
            Answer::Accepted { at, .. } => Some((self.sent, *at)),
            Answer::None | Answer::Lost => Some((self.sent, Timestamp::MAX_UTC)),
        }
    }

    /// Whether the stack's goal is up afterwards.
    pub fn goes_up(&self) -> bool {
        match &self.what {
            What::Up(..) => true,
            What::Request(request) => {
                let up =
                    |request: &Request| matches!(request, Request::Up(_) | Request::Create(_) | Request::Scale { .. });
                up(request) || matches!(request, Request::Reset | Request::Rollback { .. })
            }
            What::Run(_) | What::Hold(_) => false,
        }
    }

    /// Whether it may change where the whole stack goes, depending on what it finds.
    pub fn may_turn(&self) -> bool {
        match &self.what {
            What::Run(_) => true,
            What::Request(Request::Down(options)) => !options.services.is_empty(),
            What::Request(_) | What::Up(..) | What::Hold(_) => false,
        }
    }

    /// Whether what was before is to be wiped.
    pub fn begins_epoch(&self) -> bool {
        match &self.what {
            What::Request(Request::Reset) => true,
            What::Request(Request::Down(options)) => options.volumes,
            What::Request(_) | What::Up(..) | What::Run(_) | What::Hold(_) => false,
        }
    }

    /// Whether a job that is done may run again because of it.
    fn repeats(&self, service: &ServiceName) -> bool {
        match &self.what {
            What::Up(_, options) | What::Request(Request::Up(options)) => options.force_recreate,
            // What is made where nothing was left of a job that is done is started by the next `up`.
            What::Request(Request::Create(_)) => true,
            What::Request(Request::Down(_) | Request::Reset) => true,
            What::Request(Request::Rm { services, .. }) => services.is_empty() || services.contains(service),
            What::Request(Request::Restart { services, .. }) => services.contains(service),
            What::Request(_) | What::Run(_) | What::Hold(_) => false,
        }
    }
}

/// A job's run that is done: the container, its spec hash, epoch and image.
type Done = (ContainerName, SpecHash, u64, ImageId);

#[derive(Default)]
pub struct Notes {
    pub trace: Vec<String>,
    pub breaches: Vec<String>,
    pub asks: Vec<Ask>,
    /// What the daemon was shown of each stack, newest last.
    seen: BTreeMap<StackName, VecDeque<Observed>>,
    /// What should be, as the daemon's passes had it, newest last.
    desires: BTreeMap<StackName, VecDeque<Arc<Desired>>>,
    /// When the newest run began that is done.
    done: BTreeMap<Done, Timestamp>,
    /// The living daemon.
    pub control: Option<Control>,
    /// Observations and actions that the daemon asked for.
    pub calls: u64,
    /// Actions that the daemon took, apart from probes.
    pub actions: u64,
    /// Passes from the last fault until all had come to rest.
    pub passes: u64,
    /// Passes while nothing happened.
    pub idle_passes: u64,
    /// The engine was made to refuse a command in a container.
    pub hook_refused: bool,
}

/// Shared by everybody in a run.
pub struct Scene {
    pub outside: Outside,
    pub began: Timestamp,
    notes: Mutex<Notes>,
}

impl Scene {
    pub fn new(outside: Outside) -> Arc<Self> {
        Arc::new(Self { began: outside.now(), outside, notes: Mutex::default() })
    }

    pub fn notes(&self) -> MutexGuard<'_, Notes> {
        self.notes.lock().unwrap()
    }

    pub fn trace(&self, what: impl AsRef<str>) {
        let ms = (self.outside.now() - self.began).num_milliseconds();
        self.notes().trace.push(format!("{ms:>8} {}", what.as_ref()));
    }

    /// The trace, from another thread than the run's, unless that holds it.
    pub fn trace_so_far(&self) -> String {
        self.notes.try_lock().map_or_else(|_| String::new(), |notes| notes.trace.join("\n"))
    }

    pub fn breach(&self, what: impl AsRef<str>) {
        self.trace(format!("BREACH {}", what.as_ref()));
        self.notes().breaches.push(what.as_ref().to_owned());
    }

    pub fn control(&self) -> Option<Control> {
        self.notes().control.clone()
    }

    /// What should be, as the daemon's newest passes had it. A step may begin in the moment in which another wish comes into force.
    fn desires(&self, stack: &StackName) -> Vec<Arc<Desired>> {
        let newest = self.control().and_then(|control| control.view(stack)).map(|view| view.desired.clone());
        let mut desires: Vec<_> = newest.into_iter().collect();
        desires.extend(self.notes().desires.get(stack).into_iter().flatten().rev().cloned());
        desires
    }

    /// A pass begins: what the one before showed as completed is written down, and must never run again.
    pub fn note_completed(&self, stack: &StackName) {
        let Some(view) = self.control().and_then(|control| control.view(stack)) else { return };
        keep(self.notes().desires.entry(stack.clone()).or_default(), view.desired.clone());
        let mut states = view.status.services.values().flat_map(|service| &service.replicas).map(|it| &it.state);
        if !states.any(|state| *state == ServiceState::Completed) {
            return;
        }
        let there = self.outside.everything().containers;
        for (name, service) in &view.status.services {
            let Some(definition) = view.desired.stack.services.get(name) else { continue };
            for replica in service.replicas.iter().filter(|replica| replica.state == ServiceState::Completed) {
                let hash = service_hash(&definition.container);
                let Some(container) = there.get(&replica.container) else { continue };
                let same = container.spec_hash.as_ref() == Some(&hash) && container.epoch == view.desired.intent.epoch;
                let began = self.outside.happened(&format!("{} start", container.name));
                if let (true, Some(began), Some(_)) = (same, began, container.exit()) {
                    let key = (replica.container.clone(), hash, container.epoch, container.image.clone());
                    let mut notes = self.notes();
                    // One that is done from another definition has not done what this one asks for, nor the other way round.
                    notes.done.retain(|other, _| other.0 != key.0 || *other == key);
                    notes.done.insert(key, began);
                }
            }
        }
    }

    /// The daemon was shown this.
    pub fn saw(&self, stack: &StackName, observed: &Observed) {
        keep(self.notes().seen.entry(stack.clone()).or_default(), observed.clone());
    }

    /// The daemon asks the engine for this now.
    pub fn judge(&self, action: &Action) {
        if matches!(action, Action::ProbeContainer(_)) {
            return;
        }
        self.trace(format!("  > {} {}", action.verb(), action.object()));
        self.notes().actions += 1;
        match action {
            Action::StartContainer(name) => self.judge_start(name),
            Action::RemoveVolume(name) => self.judge_wipe(name),
            Action::RemoveContainer { container, .. } | Action::StopContainer { container, .. } => {
                self.judge_ours(container);
            }
            _ => {}
        }
        self.judge_hold(action);
    }

    fn judge_ours(&self, name: &ContainerName) {
        let world = self.outside.everything();
        if world.containers.get(name).is_some_and(|it| !matches!(it.owner, Owner::Evenkeel(_))) {
            self.breach(format!("{name} is not ours"));
        }
    }

    fn judge_start(&self, name: &ContainerName) {
        let world = self.outside.everything();
        let Some(container) = world.containers.get(name) else { return };
        let (Owner::Evenkeel(stack), Some(service)) = (&container.owner, &container.service) else {
            return self.breach(format!("{name} is not ours"));
        };
        // It stands in no place, and what it needs was there when it was made.
        if container.one_off {
            return;
        }
        let place = (&container.owner, &container.service, container.number);
        let second = world.containers.values().find(|other| {
            other.is_running()
                && !other.one_off
                && other.name != *name
                && (&other.owner, &other.service, other.number) == place
        });
        if let Some(second) = second {
            self.breach(format!("{name} is started beside {}", second.name));
        }
        let desires = self.desires(stack);
        let Some(newest) = desires.first() else { return };
        if newest.stack.services.contains_key(service) {
            self.judge_repeat(newest, service, container);
        }
        let unmet: Vec<_> = desires.iter().map(|desired| self.unmet(desired, service)).collect();
        if let (Some(unmet), true) = (unmet.first().cloned().flatten(), unmet.iter().all(Option::is_some)) {
            self.breach(format!("{name} is started although {unmet}"));
        }
    }

    /// The condition that a service's dependency does not meet.
    fn unmet(&self, desired: &Desired, service: &ServiceName) -> Option<String> {
        let mut dependencies = desired.stack.services.get(service)?.depends_on.iter();
        let (other, dependency) = dependencies.find(|(other, dependency)| {
            desired.intent.targets.get(*other) == Some(&Target::Up) && !self.held(desired, other, **dependency)
        })?;
        Some(format!("{other} does not meet {}", dependency.condition.as_str()))
    }

    /// Whether a dependency's condition held in anything that the daemon was shown lately.
    fn held(&self, desired: &Desired, name: &ServiceName, dependency: Dependency) -> bool {
        let Some(service) = desired.stack.services.get(name) else { return true };
        let places = evenkeel_plan::slots(desired, name, service);
        let ended_well = self.ended_well(&desired.stack.name, &places);
        let notes = self.notes();
        let Some(seen) = notes.seen.get(&desired.stack.name) else { return false };
        let hash = service_hash(&service.container);
        // What is not required is not waited for once one of its containers can never meet the condition.
        let hopeless = |observed: &Observed| {
            let mut there = places.iter().filter_map(|place| observed.containers.get(place));
            !dependency.required
                && there.any(|it| {
                    let ended = matches!(&it.state, ContainerState::Exited(exit) if exit.by != EndedBy::Outside);
                    ended || it.is_running() && !it.has_healthcheck
                })
        };
        let met = |observed: &Observed, place: &ContainerName| {
            let done = ended_well.contains(place);
            let there = observed.containers.get(place);
            let fits = |it: &&Container| {
                it.epoch >= desired.intent.epoch && (it.spec_hash.as_ref() == Some(&hash) || desired.intent.no_recreate)
            };
            let Some(container) = there.filter(fits) else { return done && dependency.condition != Condition::Healthy };
            let ended = container.exit().filter(|_| matches!(container.state, ContainerState::Exited(_)));
            let ended = ended.filter(|exit| exit.by != EndedBy::Outside);
            let hopeless = hopeless(observed);
            let probed = container.early_probe.as_ref().is_some_and(|probe| probe.passed);
            match dependency.condition {
                Condition::Started => container.is_running() || ended.is_some() || done,
                Condition::Healthy => {
                    let passes = match &container.state {
                        ContainerState::Running { health: Health::Healthy { .. } } => true,
                        ContainerState::Running { health: Health::Starting } => probed,
                        _ => false,
                    };
                    passes || hopeless
                }
                Condition::Completed => ended.is_some_and(|exit| exit.code == 0) || done || hopeless,
            }
        };
        seen.iter().any(|observed| places.iter().all(|place| met(observed, place)))
    }

    /// The places where a run ended with 0 since the stack went down or was reset last.
    fn ended_well(&self, stack: &StackName, places: &[ContainerName]) -> BTreeSet<ContainerName> {
        let ends = |ask: &&Ask| {
            let whole = |options: &DownOptions| options.services.is_empty();
            let down = matches!(&ask.what, What::Request(Request::Down(options)) if whole(options));
            ask.stack == *stack && (down || ask.begins_epoch())
        };
        let accepted = |ask: &Ask| if let Answer::Accepted { at, .. } = &ask.answer { Some(*at) } else { None };
        let since = self.notes().asks.iter().filter(ends).filter_map(accepted).max().unwrap_or(self.began);
        let well = |place: &&ContainerName| self.outside.happened(&format!("{place} die 0")) >= Some(since);
        places.iter().filter(well).cloned().collect()
    }

    fn judge_repeat(&self, desired: &Desired, service: &ServiceName, container: &Container) {
        let Some(hash) = container.spec_hash.clone().filter(|_| is_job(&desired.stack, service)) else { return };
        let key = (container.name.clone(), hash, container.epoch, container.image.clone());
        let mut notes = self.notes();
        // Once another definition's run has begun, this one's is to be done again, however far that came.
        notes.done.retain(|done, _| done.0 != key.0 || done.1 == key.1);
        let Some(began) = notes.done.get(&key).copied() else { return };
        let asks: Vec<&Ask> = notes.asks.iter().filter(|ask| ask.stack == desired.stack.name).collect();
        // A restart of all is one of what runs and of what is no job: it counts for one that was begun again by hand, and for one that
        // an earlier definition had as none.
        let begun_again = self.outside.happened(&format!("{} start", container.name)) > Some(began);
        let was_none = |before: &[&Ask]| {
            before.iter().any(|ask| matches!(&ask.what, What::Up(stack, _) if !is_job(stack, service)))
        };
        let asked = asks.iter().enumerate().any(|(index, ask)| {
            let all = matches!(&ask.what, What::Request(Request::Restart { services, .. }) if services.is_empty());
            let repeats = ask.repeats(service) || all && (begun_again || was_none(&asks[..index]));
            repeats && ask.taken().is_some_and(|(_, by)| by >= began)
        });
        drop(notes);
        if !asked {
            self.breach(format!("{} is done and runs again, which nobody asked for", container.name));
        }
    }

    fn judge_wipe(&self, name: &VolumeName) {
        let world = self.outside.everything();
        let Some(volume) = world.volumes.get(name) else { return };
        let Owner::Evenkeel(stack) = &volume.owner else {
            return self.breach(format!("volume {name} is not ours"));
        };
        let made = self.outside.happened(&format!("{name} create")).unwrap_or(self.began);
        let notes = self.notes();
        let asks: Vec<&Ask> = notes.asks.iter().filter(|ask| ask.stack == *stack).collect();
        let down = asks.iter().any(|ask| {
            let What::Request(Request::Down(DownOptions { volumes: true, .. })) = &ask.what else { return false };
            let Some((from, _)) = ask.taken() else { return false };
            // It says nothing of what was made after a later `up`.
            let mut ups = asks.iter().filter(|other| other.goes_up()).filter_map(|other| match &other.answer {
                Answer::Accepted { at, .. } if *at > from => Some(*at),
                _ => None,
            });
            ups.all(|up| made <= up)
        });
        let epochs = asks.iter().filter(|ask| ask.begins_epoch() && ask.taken().is_some());
        let reset = volume.epoch < 1 + epochs.count() as u64;
        drop(notes);
        if !down && !reset {
            self.breach(format!("volume {name} is removed, which nobody asked for"));
        }
    }

    fn judge_hold(&self, action: &Action) {
        let Some(stack) = self.stack_of(action) else { return };
        let now = self.outside.now();
        let notes = self.notes();
        let asks = notes.asks.iter().filter(|ask| ask.stack == stack);
        let mut held = None;
        for ask in asks {
            match (&ask.what, &ask.answer) {
                (What::Hold(true), Answer::Accepted { at, .. }) => held = Some(*at),
                (What::Hold(false), answer) if *answer != Answer::Refused => held = None,
                _ => {}
            }
        }
        drop(notes);
        // What was planned in the same moment may still begin.
        if held.is_some_and(|at| now > at + TimeDelta::milliseconds(2)) {
            self.breach(format!("{} {} although {stack} is held", action.verb(), action.object()));
        }
    }

    fn stack_of(&self, action: &Action) -> Option<StackName> {
        let name = match action.object() {
            Object::Container(name) => name.to_string(),
            Object::Network(name) => name.to_string(),
            Object::Volume(name) => name.to_string(),
            Object::Image(_) => return None,
        };
        let end = name.find(['-', '_'])?;
        name.starts_with('s').then(|| StackName::new(&name[..end]))
    }
}

/// Keeps the newest few.
fn keep<T>(newest: &mut VecDeque<T>, one: T) {
    const KEPT: usize = 4;
    newest.push_back(one);
    if newest.len() > KEPT {
        newest.pop_front();
    }
}

/// Others wait for it to complete.
pub fn is_job(stack: &Stack, name: &ServiceName) -> bool {
    let mut dependencies = stack.services.values().flat_map(|service| &service.depends_on);
    dependencies.any(|(other, it)| other == name && it.condition == Condition::Completed)
}
