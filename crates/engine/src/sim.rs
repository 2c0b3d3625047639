//! A simulated engine: a world in memory that behaves as Docker 20.10 does where Evenkeel depends on it, and goes wrong on
//! demand. It decides nothing by itself but what an engine decides: restart policies, healthchecks, conflicts.
//!
//! Its time is tokio's, so paused time in a test drives it; its only chance is the seed in [`SimOptions`].

mod agenda;
mod attach;
mod behaviour;
mod client;
mod clock;
mod container;
mod containers;
mod downtime;
mod exec;
mod faults;
mod files;
mod health;
mod hints;
mod images;
mod journal;
mod life;
mod lines;
mod logs;
mod networks;
mod observe;
mod options;
mod outside;
mod owner;
mod perform;
mod ports;
mod random;
mod reach;
mod shelf;
mod show;
mod signals;
mod survey;
mod volumes;
mod world;

pub use behaviour::{Behaviour, Ends};
pub use faults::{Call, Fault, Faults, Rates};
pub use options::{Pace, SimOptions};
pub use outside::Outside;

use crate::{
    Archive, Attach, Change, Commit, Engine, Error, Exec, Files, FilesToWrite, LogLine, LogQuery, Look, PathInfo,
    Progress, Question, Reached, Session,
};
use async_trait::async_trait;
use client::Client;
use evenkeel_model::{
    Action, Capabilities, Container, ContainerName, ImageId, ImageRef, Interest, Object, Observed, ServiceName,
    StackName, Survey, SurveyRequest,
};
use futures::StreamExt;
use futures::stream::{self, BoxStream};
use logs::Reader;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::Semaphore;
use tokio::sync::broadcast::error::RecvError;
use tokio::task::AbortHandle;
use tokio::time::Instant;
use world::World;

/// A client of a simulated engine. Clones are the same client; [`Sim::attach`] makes another of the same engine.
#[derive(Debug, Clone)]
pub struct Sim {
    shared: Arc<Shared>,
    client: Arc<Client>,
    driver: Arc<Driver>,
}

impl Sim {
    /// A new world with nothing in it. Must be called within a tokio runtime, whose clock it follows.
    pub fn new(options: SimOptions) -> Self {
        let starts = options.starts_at_once.map(Semaphore::new);
        let shared = Arc::new(Shared { world: Mutex::new(World::new(options)), starts });
        let driver = tokio::spawn(drive(Arc::clone(&shared))).abort_handle();
        let client = Arc::new(Client::new(Arc::clone(&shared)));
        Self { shared, client, driver: Arc::new(Driver(driver)) }
    }

    /// Another client of the same engine, such as a daemon that was killed and started again: it does not know who ended what
    /// before it came, and has run no early probe.
    pub fn attach(&self) -> Self {
        let client = Arc::new(Client::new(Arc::clone(&self.shared)));
        Self { shared: Arc::clone(&self.shared), client, driver: Arc::clone(&self.driver) }
    }

    /// How the containers of an image behave from their next start on.
    pub fn behave_image(&self, image: impl Into<ImageRef>, behaviour: Behaviour) {
        self.shared.world().behaviours.images.insert(image.into(), behaviour);
    }

    /// How the containers of a service, of any stack, behave from their next start on. Goes before the image's.
    pub fn behave_service(&self, service: impl Into<ServiceName>, behaviour: Behaviour) {
        self.shared.world().behaviours.services.insert(service.into(), behaviour);
    }

    /// The handle to let things go wrong.
    pub fn faults(&self) -> Faults {
        Faults { shared: Arc::clone(&self.shared) }
    }

    /// The handle to act as everybody else, and to see everything.
    pub fn outside(&self) -> Outside {
        Outside { shared: Arc::clone(&self.shared) }
    }
}

#[async_trait]
impl Engine for Sim {
    async fn capabilities(&self) -> Result<Capabilities, Error> {
        let request = self.client.request(Call::Version, Duration::ZERO).await?;
        let capabilities = request.carry_out(|world, _| Ok(world.capabilities()))?;
        request.reply(capabilities)
    }

    async fn observe(&self, interest: &Interest) -> Result<Observed, Error> {
        loop {
            let known = {
                let mut world = self.shared.world();
                if !world.up {
                    return Err(faults::unreachable());
                }
                world.claims.learn(interest);
                self.client.memory().told == Some(world.hints.told())
            };
            if !known {
                let request = self.client.request(Call::Observe, Duration::ZERO).await?;
                let since = self.client.memory().seen.moment();
                let news = request.carry_out(|world, _| Ok(world.look(since)))?;
                self.client.memory().look(request.reply(news)?);
            }
            let (now, capabilities) = {
                let world = self.shared.world();
                (world.clock.engine(Instant::now()), world.capabilities())
            };
            let memory = self.client.memory();
            // An action of ours that has ended between the look and here wants another look.
            if memory.told.is_some() {
                let mut observed = memory.seen.of(interest, self.client.since, now, capabilities);
                observe::add_probes(&mut observed, &memory.probes);
                return Ok(observed);
            }
        }
    }

    async fn composed(&self) -> Result<Vec<Container>, Error> {
        let sent = self.client.request(Call::Observe, Duration::ZERO).await?;
        let seen = sent.carry_out(|world, _| Ok(world.seen().composed()))?;
        sent.reply(seen)
    }

    async fn perform(&self, action: &Action, progress: &Progress) -> Result<(), Error> {
        self.client.perform(action, progress).await
    }

    fn changes(&self) -> BoxStream<'static, Change> {
        let receiver = self.shared.world().hints.listen();
        stream::unfold(receiver, |mut receiver| async move {
            match receiver.recv().await {
                Ok(change) => Some((change, receiver)),
                Err(RecvError::Lagged(_)) => Some((Change::Everything, receiver)),
                // The engine itself was dropped: there is nothing to tell any more, but the stream never ends.
                Err(RecvError::Closed) => std::future::pending().await,
            }
        })
        .boxed()
    }

    async fn logs(&self, query: &LogQuery) -> Result<BoxStream<'static, Result<LogLine, Error>>, Error> {
        let request = self.client.request(Call::Logs, Duration::ZERO).await?;
        let reader = request.carry_out(|world, _| {
            let object = || Object::Container(query.container.clone());
            let container =
                world.containers.get(&query.container).ok_or_else(|| Error::NotFound { object: object() })?;
            Ok(Reader {
                shared: Arc::clone(&self.shared),
                container: query.container.clone(),
                id: container.id.clone(),
                next: container.lines.start(query.tail, query.since),
                follow: query.follow,
                version: world.hints.version(),
            })
        })?;
        let reader = request.reply(reader)?;
        let lines = stream::unfold(reader, |mut reader| async move { Some((Ok(reader.line().await?), reader)) });
        Ok(lines.boxed())
    }

    async fn exec(&self, exec: &Exec) -> Result<Session, Error> {
        self.client.exec(exec).await
    }

    async fn attach(&self, attach: &Attach) -> Result<Session, Error> {
        self.client.attach(attach).await
    }

    async fn path(&self, container: &ContainerName, path: &str) -> Result<Option<PathInfo>, Error> {
        self.client.path(container, path).await
    }

    async fn read_files(&self, container: &ContainerName, files: &Files) -> Result<Archive, Error> {
        self.client.read_files(container, files).await
    }

    async fn write_files(&self, files: &FilesToWrite, archive: Archive) -> Result<(), Error> {
        self.client.write_files(files, archive).await
    }

    async fn commit(&self, commit: &Commit) -> Result<ImageId, Error> {
        self.client.commit(commit).await
    }

    async fn reach(&self, from: &ContainerName, questions: &[Question]) -> Result<Vec<Reached>, Error> {
        let sent = self.client.request(Call::Reach, Duration::ZERO).await?;
        let reached = sent.carry_out(|world, now| world.reach(from, questions, now))?;
        sent.reply(reached)
    }

    async fn look(&self, stack: &StackName, look: Look) -> Result<crate::Seen, Error> {
        let sent = self.client.request(Call::Look, Duration::ZERO).await?;
        let seen = sent.carry_out(|world, _| Ok(world.show(stack, look)))?;
        sent.reply(seen)
    }

    async fn survey(&self, request: &SurveyRequest) -> Result<Survey, Error> {
        let sent = self.client.request(Call::Survey, Duration::ZERO).await?;
        let survey = sent.carry_out(|world, _| Ok(world.survey(request)))?;
        sent.reply(survey)
    }

    fn calls(&self) -> u64 {
        self.client.calls()
    }
}

/// What all clients share.
#[derive(Debug)]
struct Shared {
    world: Mutex<World>,
    /// Turns to create or start a container.
    starts: Option<Semaphore>,
}

impl Shared {
    /// The world as it is now.
    fn world(&self) -> MutexGuard<'_, World> {
        let mut world = self.world.lock().unwrap_or_else(PoisonError::into_inner);
        world.advance(Instant::now());
        world
    }
}

/// The task that lets the world move while nobody looks; it ends with the last client.
#[derive(Debug)]
struct Driver(AbortHandle);

impl Drop for Driver {
    fn drop(&mut self) {
        self.0.abort();
    }
}

async fn drive(shared: Arc<Shared>) {
    loop {
        let (next, wake) = {
            let world = shared.world();
            (world.next(), world.wake())
        };
        tokio::select! {
            biased;
            () = tokio::time::sleep_until(next) => {}
            () = wake.notified() => {}
        }
    }
}
