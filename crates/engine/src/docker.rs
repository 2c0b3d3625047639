//! The Docker engine, through bollard. What is observed comes from a mirror that events keep up to date; every request is
//! counted, bounded and checked against our label before it touches anything.

mod attach;
mod build;
mod client;
mod convert_container;
mod convert_create;
mod convert_endpoint;
mod convert_error;
mod convert_labels;
mod convert_mounts;
mod convert_network;
mod credentials;
mod endings;
mod exec;
mod files;
mod image_reference;
mod listening;
mod locality;
mod logs;
mod look;
mod mirror;
mod perform;
mod pull_progress;
mod quiet;
mod reach;
mod scout;
mod survey;
mod turns;

pub use self::client::Bounds;

use self::client::{Client, Host, Lane};
use self::mirror::Mirror;
use self::scout::Scouts;
use crate::{
    Archive, Attach, Change, Commit, Engine, Error, Exec, Files, FilesToWrite, LogLine, LogQuery, Look, PathInfo,
    Progress, Question, Reached, Seen, Session,
};
use async_trait::async_trait;
use evenkeel_model::{
    Action, Capabilities, Container, ContainerName, ImageId, Interest, Observed, Owner, StackName, Survey,
    SurveyRequest,
};
use futures::stream::{BoxStream, StreamExt};
use std::sync::Arc;
use tokio_stream::wrappers::BroadcastStream;
use tokio_util::task::AbortOnDropHandle;

/// A Docker engine.
pub struct Docker {
    client: Arc<Client>,
    mirror: Arc<Mirror>,
    scouts: Arc<Scouts>,
    /// Ends with this value.
    _watch: AbortOnDropHandle<()>,
}

impl Docker {
    /// Begins to watch the engine at `host`, which is what `DOCKER_HOST` holds: `unix:///path` or `tcp://host:port`; `None` is
    /// `unix:///var/run/docker.sock`. An engine that does not answer now is found when it does.
    ///
    /// # Errors
    /// [`Error::Rejected`] where the address cannot be used, or this is not called within a Tokio runtime.
    pub fn connect(host: Option<&str>, bounds: Bounds) -> Result<Self, Error> {
        let runtime = tokio::runtime::Handle::try_current()
            .map_err(|error| Error::Rejected { message: format!("no engine without a runtime: {error}") })?;
        let client = Arc::new(Client::new(Host::parse(host)?, bounds));
        let mirror = Arc::new(Mirror::new(Arc::clone(&client)));
        let scouts = Arc::new(Scouts::new(Arc::clone(&client)));
        let watch = runtime.spawn(Arc::clone(&mirror).watch());
        Ok(Self { client, mirror, scouts, _watch: AbortOnDropHandle::new(watch) })
    }
}

#[async_trait]
impl Engine for Docker {
    async fn capabilities(&self) -> Result<Capabilities, Error> {
        let version = self.client.call(Lane::Other, "version", async |docker| docker.version().await).await;
        let version = version.map_err(|failure| failure.plain())?;
        self.mirror.answered();
        let local = match self.mirror.capabilities() {
            Some(known) => known.local,
            None => {
                self.mirror.ready().await?;
                self.mirror.capabilities().is_some_and(|known| known.local)
            }
        };
        Ok(mirror::capabilities(&version, local))
    }

    async fn observe(&self, interest: &Interest) -> Result<Observed, Error> {
        self.mirror.observe(interest).await
    }

    async fn composed(&self) -> Result<Vec<Container>, Error> {
        self.mirror.ready().await?;
        let mut containers = self.mirror.containers();
        containers.retain(|container| matches!(container.owner, Owner::Compose(_)));
        Ok(containers)
    }

    async fn perform(&self, action: &Action, progress: &Progress) -> Result<(), Error> {
        self.act(action, progress).await
    }

    fn changes(&self) -> BoxStream<'static, Change> {
        // One who has fallen behind has missed hints, and looks at everything.
        BroadcastStream::new(self.mirror.hints()).map(|change| change.unwrap_or(Change::Everything)).boxed()
    }

    async fn logs(&self, query: &LogQuery) -> Result<BoxStream<'static, Result<LogLine, Error>>, Error> {
        self.read_logs(query).await
    }

    async fn exec(&self, exec: &Exec) -> Result<Session, Error> {
        self.run_inside(exec).await
    }

    async fn attach(&self, attach: &Attach) -> Result<Session, Error> {
        self.attach_to(attach).await
    }

    async fn path(&self, container: &ContainerName, path: &str) -> Result<Option<PathInfo>, Error> {
        self.look_at_path(container, path).await
    }

    async fn read_files(&self, container: &ContainerName, files: &Files) -> Result<Archive, Error> {
        self.download(container, files).await
    }

    async fn write_files(&self, files: &FilesToWrite, archive: Archive) -> Result<(), Error> {
        self.upload_files(files, archive).await
    }

    async fn commit(&self, commit: &Commit) -> Result<ImageId, Error> {
        self.make_image(commit).await
    }

    async fn reach(&self, from: &ContainerName, questions: &[Question]) -> Result<Vec<Reached>, Error> {
        self.try_connections(from, questions).await
    }

    async fn look(&self, stack: &StackName, look: Look) -> Result<Seen, Error> {
        self.look_at(stack, look).await
    }

    async fn survey(&self, request: &SurveyRequest) -> Result<Survey, Error> {
        self.look_around(request).await
    }

    fn calls(&self) -> u64 {
        self.client.calls()
    }
}
