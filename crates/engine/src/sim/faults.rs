//! What goes wrong, and when: the next request of a kind, events, the engine itself, or anything at rates that the seed
//! decides.

use super::Shared;
use super::random::Random;
use crate::Error;
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

/// A kind of request to the engine. One action may take several.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Call {
    /// The engine's version.
    Version,
    /// Lists and inspections, for an observation that memory could not answer.
    Observe,
    /// See [`evenkeel_model::Action::PullImage`].
    PullImage,
    /// See [`evenkeel_model::Action::BuildImage`].
    BuildImage,
    /// See [`evenkeel_model::Action::RemoveImage`].
    RemoveImage,
    /// See [`evenkeel_model::Action::CreateNetwork`].
    CreateNetwork,
    /// See [`evenkeel_model::Action::RemoveNetwork`].
    RemoveNetwork,
    /// See [`evenkeel_model::Action::CreateVolume`].
    CreateVolume,
    /// See [`evenkeel_model::Action::RemoveVolume`].
    RemoveVolume,
    /// The first request of [`evenkeel_model::Action::CreateContainer`].
    CreateContainer,
    /// Each further network of it, and [`evenkeel_model::Action::ConnectNetwork`].
    Connect,
    /// The injected files of it.
    CopyFiles,
    /// See [`evenkeel_model::Action::StartContainer`].
    Start,
    /// See [`evenkeel_model::Action::StopContainer`].
    Stop,
    /// See [`evenkeel_model::Action::KillContainer`].
    Kill,
    /// See [`evenkeel_model::Action::PauseContainer`].
    Pause,
    /// See [`evenkeel_model::Action::UnpauseContainer`].
    Unpause,
    /// See [`evenkeel_model::Action::RenameContainer`].
    Rename,
    /// See [`evenkeel_model::Action::RemoveContainer`].
    RemoveContainer,
    /// See [`evenkeel_model::Action::ProbeContainer`] and [`crate::Engine::exec`].
    Exec,
    /// See [`crate::Engine::attach`]; its start is a [`Call::Start`].
    Attach,
    /// Files read from a container or written into one.
    Files,
    /// See [`crate::Engine::commit`].
    Commit,
    /// A container's log.
    Logs,
    /// See [`crate::Engine::reach`].
    Reach,
    /// See [`crate::Engine::look`].
    Look,
    /// A survey.
    Survey,
}

/// What happens to a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// It fails with this error, and nothing was done.
    Fail(Error),
    /// It is done, and the answer is lost.
    LoseReply,
    /// It waits before it is done.
    Delay(Duration),
    /// It is neither done nor answered, until the engine goes down.
    Hang,
}

/// How often things go wrong by chance, each from 0 to 1.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Rates {
    /// A request does not reach the engine.
    pub fail: f64,
    /// A request is done, and the answer is lost.
    pub lose_reply: f64,
    /// A request waits for [`Rates::delay_by`].
    pub delay: f64,
    /// How long it waits.
    pub delay_by: Duration,
    /// An event does not arrive.
    pub drop_event: f64,
    /// An event arrives twice.
    pub double_event: f64,
}

/// The handle by which a test lets things go wrong.
#[derive(Debug, Clone)]
pub struct Faults {
    pub(super) shared: Arc<Shared>,
}

impl Faults {
    /// What happens to the next request of this kind that no other fault has been planned for.
    pub fn next(&self, call: Call, fault: Fault) {
        self.shared.world().faults.planned.push_back((call, fault));
    }

    /// The next request of this kind does not reach the engine.
    pub fn fail_next(&self, call: Call) {
        self.next(call, Fault::Fail(unreachable()));
    }

    /// Things go wrong by chance from now on.
    pub fn rates(&self, rates: Rates) {
        self.shared.world().faults.rates = rates;
    }

    /// The next so many events do not arrive.
    pub fn drop_events(&self, count: u32) {
        self.shared.world().faults.drop_events = count;
    }

    /// The next so many events arrive twice.
    pub fn double_events(&self, count: u32) {
        self.shared.world().faults.double_events = count;
    }

    /// Forgets all faults that are planned and all rates.
    pub fn clear(&self) {
        self.shared.world().faults = FaultPlan::default();
    }

    /// The engine goes down: requests in flight fail, containers live on until it is back.
    pub fn kill_engine(&self) {
        let now = tokio::time::Instant::now();
        self.shared.world().engine_goes_down(now);
    }

    /// The engine comes back. Without live-restore it stops what still ran, and starts only `always` containers again.
    pub fn revive_engine(&self) {
        let now = tokio::time::Instant::now();
        self.shared.world().engine_comes_back(now);
    }
}

/// What becomes of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum EventFate {
    Told,
    Doubled,
    Dropped,
}

/// The faults that are yet to come.
#[derive(Debug, Default)]
pub(super) struct FaultPlan {
    planned: VecDeque<(Call, Fault)>,
    rates: Rates,
    drop_events: u32,
    double_events: u32,
}

impl FaultPlan {
    pub(super) fn of_call(&mut self, call: Call, random: &mut Random) -> Option<Fault> {
        if let Some(index) = self.planned.iter().position(|(planned, _)| *planned == call) {
            return self.planned.remove(index).map(|(_, fault)| fault);
        }
        if random.chance(self.rates.fail) {
            return Some(Fault::Fail(unreachable()));
        }
        if random.chance(self.rates.lose_reply) {
            return Some(Fault::LoseReply);
        }
        random.chance(self.rates.delay).then_some(Fault::Delay(self.rates.delay_by))
    }

    pub(super) fn of_event(&mut self, random: &mut Random) -> EventFate {
        if self.drop_events > 0 {
            self.drop_events -= 1;
            return EventFate::Dropped;
        }
        if self.double_events > 0 {
            self.double_events -= 1;
            return EventFate::Doubled;
        }
        if random.chance(self.rates.drop_event) {
            EventFate::Dropped
        } else if random.chance(self.rates.double_event) {
            EventFate::Doubled
        } else {
            EventFate::Told
        }
    }
}

pub(super) fn unreachable() -> Error {
    Error::Unavailable { message: "connection refused (simulated)".to_owned() }
}

pub(super) fn broken_off() -> Error {
    Error::Unavailable { message: "the connection broke before an answer came (simulated)".to_owned() }
}
