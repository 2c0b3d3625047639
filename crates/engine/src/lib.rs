//! The seam to a container engine. [`Engine`] is all that the rest of Evenkeel knows of one; [`docker`] drives Docker through
//! bollard, [`sim`] is an engine in memory that fails on demand. No decision is taken here: what is asked is done.

mod claims;
pub mod docker;
mod error;
mod files;
mod hooks;
mod look;
mod netns;
mod session;
pub mod sim;

pub use error::Error;
pub use files::{Archive, Commit, Files, FilesToWrite, PathInfo, PathKind};
pub use look::{Look, Seen, SeenContainer, SeenImage, SeenPort, SeenProcesses, SeenUsage, SeenVolume};
pub use session::{Attach, Exec, Said, Session, TerminalSize};

pub use evenkeel_probe::{Answer, Credentials, Failure, FailureKind, Question};

use async_trait::async_trait;
use bytes::Bytes;
use evenkeel_model::{
    Action, Capabilities, Container, ContainerName, ImageId, Interest, Observed, StackName, Survey, SurveyRequest,
    Timestamp,
};
use futures::stream::BoxStream;

/// A container engine. Cheap to share: every method takes `&self`.
#[async_trait]
pub trait Engine: Send + Sync + 'static {
    /// What the engine can do. Asks it, so this is also how to learn whether it answers.
    async fn capabilities(&self) -> Result<Capabilities, Error>;

    /// What there is of a stack. Answered from memory while nothing has changed; after [`Engine::perform`] returned, its
    /// effect is seen.
    async fn observe(&self, interest: &Interest) -> Result<Observed, Error>;

    /// The containers that Compose has made, of every project: none carries our label. From memory, as [`Engine::observe`].
    async fn composed(&self) -> Result<Vec<Container>, Error> {
        Ok(Vec::new())
    }

    /// Performs one action. Done already is success. Long actions (pull, build) tell how far they are.
    async fn perform(&self, action: &Action, progress: &Progress) -> Result<(), Error>;

    /// Hints that something changed, from now on. A hint says where to look and never what happened: a lost one costs
    /// time, not truth. The stream outlives a broken connection to the engine and never ends.
    fn changes(&self) -> BoxStream<'static, Change>;

    /// Lines that a container wrote. Ends after the last line, or with `follow` when the container's run ends.
    async fn logs(&self, query: &LogQuery) -> Result<BoxStream<'static, Result<LogLine, Error>>, Error>;

    /// Runs a command inside a container of ours and attaches to it. A method and no [`Action`]: it has streams while it runs, it
    /// changes no object that is kept, and it is never done already, so a plan could not contain it. A container that does not run
    /// is an [`Error::Conflict`]. A command that cannot be started says so on its output and ends with 126 or 127. Dropping the
    /// session detaches; the command runs on until it notices.
    async fn exec(&self, exec: &Exec) -> Result<Session, Error>;

    /// Attaches to the main process of a container of ours. What it says from now on is heard, and its exit code is the last thing;
    /// where it is started by this, everything that it says. A container that does not run, and is not to be started, is an
    /// [`Error::Conflict`]. Dropping the session detaches; the process runs on.
    async fn attach(&self, attach: &Attach) -> Result<Session, Error>;

    /// What there is under a path of a container of ours, running or not. `None` is nothing.
    async fn path(&self, container: &ContainerName, path: &str) -> Result<Option<PathInfo>, Error>;

    /// Files of a container of ours, running or not, as a tar archive. A path that is not there is [`Error::Rejected`].
    async fn read_files(&self, container: &ContainerName, files: &Files) -> Result<Archive, Error>;

    /// Unpacks a tar archive in a directory of a container of ours, running or not.
    async fn write_files(&self, files: &FilesToWrite, archive: Archive) -> Result<(), Error>;

    /// Makes an image from what a container of ours has become.
    async fn commit(&self, commit: &Commit) -> Result<ImageId, Error>;

    /// Whether a container reaches addresses, tried from inside its network; the answers in the order of the questions. A container that
    /// does not run is an [`Error::Conflict`].
    async fn reach(&self, from: &ContainerName, questions: &[Question]) -> Result<Vec<Reached>, Error>;

    /// Shows a stack's objects in the engine's own words, for people and scripts. Asks the engine each time.
    async fn look(&self, stack: &StackName, look: Look) -> Result<Seen, Error> {
        let _ = (stack, look);
        Err(Error::Rejected { message: "this engine has nothing more to show".to_owned() })
    }

    /// Looks at ports, subnets, images and paths before a first mutation.
    async fn survey(&self, request: &SurveyRequest) -> Result<Survey, Error>;

    /// How many requests have been sent to the engine since the start, for metrics and for the tests that want none.
    fn calls(&self) -> u64;
}

/// What became of an attempt to reach an address.
pub type Reached = Result<Answer, Failure>;

/// Where a long action's lines of progress go. Called from the engine's task: it must not block.
pub struct Progress(Box<dyn Fn(String) + Send + Sync>);

impl Progress {
    /// Progress that goes to a function.
    pub fn new(sink: impl Fn(String) + Send + Sync + 'static) -> Self {
        Self(Box::new(sink))
    }
    /// Progress that nobody wants to see.
    pub fn none() -> Self {
        Self(Box::new(|_| {}))
    }
    /// Tells a line, such as `layer 3 of 7, 41 of 120 MB`.
    pub fn tell(&self, line: impl Into<String>) {
        (self.0)(line.into());
    }
}

/// A hint to look again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// Something changed in what this stack uses.
    Stack(StackName),
    /// Anything may have changed: the stream was broken, or an object without an owner changed.
    Everything,
    /// The engine does not answer. A [`Change::Everything`] follows when it does again.
    Lost(String),
}

/// Which lines of which container.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogQuery {
    /// The container.
    pub container: ContainerName,
    /// Stay for lines yet to come.
    pub follow: bool,
    /// At most this many of the lines that are there already; `None` is all.
    pub tail: Option<u32>,
    /// Only lines since then.
    pub since: Option<Timestamp>,
}

/// A line of a container's output.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogLine {
    /// When the engine read it.
    pub at: Timestamp,
    /// From standard error rather than output.
    pub stderr: bool,
    /// Without the line's end.
    pub text: Bytes,
}
