//! Requests of one client: counted, delayed, failed or carried out, as the faults have it; and what the client remembers.

use super::Shared;
use super::faults::{Call, Fault, broken_off, unreachable};
use super::observe::{EarlyProbes, News, Seen};
use super::world::World;
use crate::Error;
use evenkeel_model::{EarlyProbe, Timestamp};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// A client of the simulated engine, as a daemon is.
#[derive(Debug)]
pub(super) struct Client {
    pub(super) shared: Arc<Shared>,
    /// What happened before is known to it only as far as the engine tells.
    pub(super) since: Instant,
    calls: AtomicU64,
    memory: Mutex<Memory>,
}

#[derive(Debug, Default)]
pub(super) struct Memory {
    pub(super) seen: Seen,
    /// How much had been told when that was taken in. `None` before the first look, and where an action of ours has ended since.
    pub(super) told: Option<u64>,
    pub(super) probes: EarlyProbes,
}

impl Memory {
    /// Takes in what a look brought, and forgets the probes of containers that are gone.
    pub(super) fn look(&mut self, news: News) {
        let told = news.told;
        if let Some(gone) = self.seen.take_in(news) {
            self.told = Some(told);
            self.probes.retain(|container, _| !gone.contains(container));
        }
    }

    /// Remembers an early probe of a run, and how many there were.
    pub(super) fn probed(&mut self, (container, started_at): (String, Timestamp), probe: EarlyProbe) {
        let before = self.probes.get(&container).filter(|(run, _)| *run == started_at);
        let count = before.map_or(0, |(_, probe)| probe.count).saturating_add(1);
        self.probes.insert(container, (started_at, EarlyProbe { count, ..probe }));
    }
}

impl Client {
    pub(super) fn new(shared: Arc<Shared>) -> Self {
        Self { shared, since: Instant::now(), calls: AtomicU64::new(0), memory: Mutex::default() }
    }

    pub(super) fn calls(&self) -> u64 {
        self.calls.load(Ordering::Relaxed)
    }

    pub(super) fn memory(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sends a request, which takes its time. It is not carried out yet.
    pub(super) async fn request(&self, call: Call, takes: Duration) -> Result<Request<'_>, Error> {
        self.calls.fetch_add(1, Ordering::Relaxed);
        let (fault, engine_run) = {
            let world = &mut *self.shared.world();
            if !world.up {
                return Err(unreachable());
            }
            (world.faults.of_call(call, &mut world.random), world.engine_run)
        };
        let mut request = Request { shared: &self.shared, engine_run, lose_reply: false };
        match fault {
            None => {}
            Some(Fault::Fail(error)) => return Err(error),
            Some(Fault::LoseReply) => request.lose_reply = true,
            Some(Fault::Delay(by)) => tokio::time::sleep(by).await,
            Some(Fault::Hang) => request.until(|_| false).await?,
        }
        let starts = self.shared.starts.as_ref().filter(|_| matches!(call, Call::CreateContainer | Call::Start));
        // It is never closed, and the turn is over when the time is.
        let _turn = match starts {
            Some(starts) => starts.acquire().await.ok(),
            None => None,
        };
        if !takes.is_zero() {
            tokio::time::sleep(takes).await;
        }
        Ok(request)
    }
}

/// A request that has reached the engine.
pub(super) struct Request<'a> {
    shared: &'a Shared,
    engine_run: u64,
    lose_reply: bool,
}

impl Request<'_> {
    /// Carries it out.
    pub(super) fn carry_out<T>(&self, act: impl FnOnce(&mut World, Instant) -> Result<T, Error>) -> Result<T, Error> {
        let mut world = self.shared.world();
        self.engine_lives(&world)?;
        act(&mut world, Instant::now())
    }

    /// Waits within the engine until something is so.
    pub(super) async fn until(&self, is_so: impl Fn(&World) -> bool) -> Result<(), Error> {
        let mut version = self.shared.world().hints.version();
        loop {
            {
                let world = self.shared.world();
                self.engine_lives(&world)?;
                if is_so(&world) {
                    return Ok(());
                }
                version.mark_unchanged();
            }
            // The sender lives in the world, which we hold.
            let _ = version.changed().await;
        }
    }

    /// Answers.
    pub(super) fn reply<T>(self, value: T) -> Result<T, Error> {
        if self.lose_reply { Err(broken_off()) } else { Ok(value) }
    }

    fn engine_lives(&self, world: &World) -> Result<(), Error> {
        if world.up && world.engine_run == self.engine_run { Ok(()) } else { Err(broken_off()) }
    }
}
