//! The facade: what the API may ask of the loop.

use crate::accept::Defined;
use crate::clock::Clock;
use crate::connections::KnownConnection;
use crate::metrics::Metrics;
use crate::refused::Refused;
use crate::request::{Request, Terms};
use crate::runs::{self, Preparation, RunError, RunOptions};
use crate::shared::Shared;
use crate::unmanaged::Unmanaged;
use crate::view::View;
use crate::{accept, connections, pass, signal, unmanaged, watch};
use evenkeel_engine::{Commit, Engine, Error as EngineError};
use evenkeel_model::{
    Container, ContainerName, Definition, HistoryEntry, ImageId, Operation, OperationId, ServiceName, Stack, StackName,
    UpOptions,
};
use evenkeel_plan::{Finding, Plan};
use evenkeel_store::Store;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{broadcast, watch as watched};

/// How the loop is run.
#[derive(Debug, Clone)]
pub struct Options {
    /// Where the time comes from.
    pub clock: Clock,
    /// How long an operation may run that names no deadline.
    pub operation_deadline: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Self { clock: Clock::wall(), operation_deadline: Duration::from_secs(600) }
    }
}

/// The loop, and all that may be asked of it. Cheap to clone.
#[derive(Clone)]
pub struct Control {
    shared: Arc<Shared>,
}

impl Control {
    /// Reads the store and starts the loop: from here on every stack goes where its goal says.
    ///
    /// # Errors
    /// The store's, when it cannot be read.
    pub async fn start(engine: Arc<dyn Engine>, store: Store, options: Options) -> Result<Self, evenkeel_store::Error> {
        let shared = Shared::open(engine, store, options).await?;
        shared.spawn(watch::run(shared.clone()));
        for entry in shared.entries() {
            shared.spawn(pass::run(shared.clone(), entry));
        }
        Ok(Self { shared })
    }

    /// Ends the loop. Steps under way are given a few seconds; nothing is stopped on the engine.
    pub async fn stop(&self) {
        const GRACE: Duration = Duration::from_secs(5);
        self.shared.ending.cancel();
        self.shared.tasks.close();
        if tokio::time::timeout(GRACE, self.shared.tasks.wait()).await.is_err() {
            tracing::info!("steps under way are left to the engine; the next start looks at what became of them");
            self.abort().await;
        }
    }

    /// Ends the loop as a kill of the daemon would: every task is dropped where it stands. Returns when the last is gone.
    pub async fn abort(&self) {
        self.shared.cut.cancel();
        self.shared.tasks.close();
        self.shared.tasks.wait().await;
    }

    /// Accepts a definition as the stack's newest revision. A stack that is up follows it at once; one that is down stays so.
    /// The same definition again changes nothing.
    ///
    /// # Errors
    /// [`Refused`], and then nothing was changed.
    pub async fn define(&self, definition: Definition, stack: Stack, terms: Terms) -> Result<Defined, Refused> {
        accept::define(&self.shared, definition, stack, terms).await
    }

    /// Accepts a request. When this returns it is written down, and will be so.
    ///
    /// # Errors
    /// [`Refused`], and then nothing was changed.
    pub async fn request(&self, stack: &StackName, request: Request, terms: Terms) -> Result<Operation, Refused> {
        accept::request(&self.shared, stack, request, None, terms).await
    }

    /// Accepts a definition and brings the stack up with it, both or neither.
    ///
    /// # Errors
    /// [`Refused`], and then nothing was changed.
    pub async fn up(
        &self,
        definition: Definition,
        stack: Stack,
        options: UpOptions,
        terms: Terms,
    ) -> Result<Operation, Refused> {
        let name = stack.name.clone();
        accept::request(&self.shared, &name, Request::Up(options), Some((definition, stack)), terms).await
    }

    /// Accepts a request together with the definition that it is about, both or neither.
    ///
    /// # Errors
    /// [`Refused`], and then nothing was changed.
    pub async fn request_with(
        &self,
        definition: Definition,
        stack: Stack,
        request: Request,
        terms: Terms,
    ) -> Result<Operation, Refused> {
        let name = stack.name.clone();
        accept::request(&self.shared, &name, request, Some((definition, stack)), terms).await
    }

    /// Takes a stack out of the loop's hands, or gives it back.
    ///
    /// # Errors
    /// [`Refused`], and then nothing was changed.
    pub async fn hold(&self, stack: &StackName, held: bool) -> Result<(), Refused> {
        accept::hold(&self.shared, stack, held).await
    }

    /// Sends a signal to what runs of these services, or of all, held or not; answers with the containers. An act and no wish: what
    /// ends by it is started again, as after any crash.
    ///
    /// # Errors
    /// [`Refused`]; containers before the one that refused have got it.
    pub async fn signal(
        &self,
        stack: &StackName,
        services: &[ServiceName],
        signal: &str,
    ) -> Result<Vec<ContainerName>, Refused> {
        signal::send(&self.shared, stack, services, signal).await
    }

    /// Makes an image from what a container has become. The loop leaves the container alone meanwhile.
    ///
    /// # Errors
    /// The engine's; [`EngineError::Conflict`] where a step has the container now.
    pub async fn commit(&self, stack: &StackName, commit: Commit) -> Result<ImageId, EngineError> {
        crate::commit::commit(&self.shared, stack, commit).await
    }

    /// Brings about what a one-off container of a service needs: its image, networks and volumes, and what the service depends on. What
    /// is wished for is written down as by any request, but no operation is made: it would take another one's place, and who waits
    /// for this is gone with the daemon.
    ///
    /// # Errors
    /// [`RunError`]. Where it is [`RunError::Refused`] nothing was changed.
    pub async fn prepare(
        &self,
        stack: &StackName,
        proposal: Option<(Definition, Stack)>,
        options: RunOptions,
        patience: Duration,
    ) -> Result<Preparation, RunError> {
        runs::prepare(&self.shared, stack, proposal, options, patience).await
    }

    /// All containers of a stack as they are now, one-off ones too.
    ///
    /// # Errors
    /// [`Refused`], where there is no such stack or the engine does not answer.
    pub async fn containers(&self, stack: &StackName) -> Result<Vec<Container>, Refused> {
        runs::containers(&self.shared, stack).await
    }

    /// Forgets a stack that is down. Its history stays.
    ///
    /// # Errors
    /// [`Refused::NotDown`] while anything of it is left.
    pub async fn forget(&self, stack: &StackName) -> Result<(), Refused> {
        accept::forget(&self.shared, stack).await
    }

    /// What `up` with these options would do, or without options what the loop would do now; with all of preflight's findings.
    /// `define` tries a definition that is not accepted.
    ///
    /// # Errors
    /// [`Refused`]; findings are part of the answer and refuse nothing.
    pub async fn plan(
        &self,
        stack: &StackName,
        define: Option<Stack>,
        up: Option<UpOptions>,
    ) -> Result<(Plan, Vec<Finding>), Refused> {
        accept::dry_run(&self.shared, stack, define, up).await
    }

    /// Who talks to whom in a stack; with `check`, whether it works, tried from inside each consumer's network.
    ///
    /// # Errors
    /// [`Refused`]. A connection that does not work is no error but part of the answer.
    pub async fn connections(&self, stack: &StackName, check: bool) -> Result<Vec<KnownConnection>, Refused> {
        connections::list(&self.shared, stack, check).await
    }

    /// What looks have found of a stack that wants its connections tried again and again; empty for any other.
    pub fn looked(&self, stack: &StackName) -> Arc<Vec<KnownConnection>> {
        self.shared.entry(stack).map(|entry| entry.looked()).unwrap_or_default()
    }

    /// The names of all stacks.
    pub fn names(&self) -> Vec<StackName> {
        self.shared.entries().into_iter().map(|entry| entry.name.clone()).collect()
    }

    /// A stack, as its newest pass saw it.
    pub fn view(&self, stack: &StackName) -> Option<Arc<View>> {
        let entry = self.shared.entry(stack)?;
        Some(self.shared.view(&entry))
    }

    /// All stacks by name.
    pub fn views(&self) -> Vec<Arc<View>> {
        self.shared.entries().iter().map(|entry| self.shared.view(entry)).collect()
    }

    /// Compose projects on the engine that are no stack of ours.
    ///
    /// # Errors
    /// The engine's, where it does not answer.
    pub async fn unmanaged(&self) -> Result<Vec<Unmanaged>, evenkeel_engine::Error> {
        unmanaged::list(&self.shared).await
    }

    /// Rises by one whenever any stack's view changes.
    pub fn version(&self) -> watched::Receiver<u64> {
        self.shared.version.subscribe()
    }

    /// What happens from now on, with progress, which is never stored. A listener that lags must read from the store.
    pub fn events(&self) -> broadcast::Receiver<Arc<HistoryEntry>> {
        self.shared.journal.listen()
    }

    /// Waits for an operation's end. `Ok(None)` where there is no such operation.
    ///
    /// # Errors
    /// The operation as it stands when the time is over.
    pub async fn wait(&self, id: &OperationId, timeout: Duration) -> Result<Option<Operation>, Operation> {
        let mut ended = self.shared.ended.subscribe();
        let over = tokio::time::sleep(timeout);
        tokio::pin!(over);
        loop {
            let operation = self.shared.store.operation(id).await.unwrap_or_else(|error| {
                tracing::error!(%error, "an operation could not be read");
                None
            });
            match operation {
                None => return Ok(None),
                Some(operation) if operation.state.is_ended() => return Ok(Some(operation)),
                Some(operation) => {
                    let news = async {
                        // A lagging receiver has missed ends, perhaps this one: it looks again.
                        while ended.recv().await.is_ok_and(|other| other != *id) {}
                    };
                    tokio::select! {
                        biased;
                        () = news => {}
                        () = &mut over => return Err(operation),
                    }
                }
            }
        }
    }

    /// Desired state, operations, history, tokens.
    pub fn store(&self) -> &Store {
        &self.shared.store
    }

    /// The engine, for its logs and capabilities.
    pub fn engine(&self) -> &Arc<dyn Engine> {
        &self.shared.engine
    }

    /// Counts of what the loop has done since the daemon's start.
    pub fn metrics(&self) -> &Metrics {
        &self.shared.metrics
    }
}
