//! A daemon with a state directory and a socket of its own, killed when it is dropped.

use crate::{Answer, Events, Http};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

/// The longest that anything in a test may take.
const PATIENCE: Duration = Duration::from_secs(90);

/// Which engine a daemon drives: `docker` or `sim`, and where it listens; `None` is where `DOCKER_HOST` says.
type Kind = (&'static str, Option<String>);

/// A running daemon.
pub struct Daemon {
    directory: tempfile::TempDir,
    engine: Kind,
    child: Child,
    /// Its API.
    pub api: Http,
}

/// The built command.
///
/// # Panics
/// Where it is not built.
pub fn binary() -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let profile = test.ancestors().find(|path| path.join("evenkeel").is_file());
    profile
        .map(|path| path.join("evenkeel"))
        .expect("the command is not built: run `cargo build -p evenkeel`, or `make test`")
}

impl Daemon {
    /// Starts a daemon on an engine (`docker` or `sim`) and waits until it is ready.
    pub async fn start(engine: &'static str) -> Self {
        Self::start_in(tempfile::tempdir().unwrap(), (engine, None)).await
    }

    /// The same in a directory of the test's, which may have been prepared (its `evenkeel.toml` is the daemon's), and on an engine of its
    /// own.
    pub async fn start_in(directory: tempfile::TempDir, engine: Kind) -> Self {
        let child = spawn(directory.path(), &engine);
        let api = Http::over(&directory.path().join("evenkeel.sock"));
        let mut daemon = Self { directory, engine, child, api };
        daemon.ready().await;
        daemon
    }

    /// The daemon's own directory, also good for a test's files.
    pub fn directory(&self) -> &Path {
        self.directory.path()
    }

    /// Its address, for `EVENKEEL_HOST`.
    pub fn host(&self) -> String {
        format!("unix://{}/evenkeel.sock", self.directory.path().display())
    }

    /// Its process id.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// kill -9.
    pub fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Asks it to end, and waits until it has. Its exit code.
    ///
    /// # Panics
    /// Where it does not end.
    pub async fn terminate(&mut self) -> Option<i32> {
        self.signal("-TERM");
        let deadline = Instant::now() + PATIENCE;
        let mut pause = tokio::time::interval(Duration::from_millis(10));
        while Instant::now() < deadline {
            pause.tick().await;
            if let Some(ended) = self.child.try_wait().unwrap() {
                return ended.code();
            }
        }
        panic!("the daemon did not end:\n{}", self.log());
    }

    /// Freezes it, so that something can be done faster than it heals. [`Daemon::thaw`] lets it go on.
    pub fn freeze(&self) {
        self.signal("-STOP");
    }

    /// Lets it go on.
    pub fn thaw(&self) {
        self.signal("-CONT");
    }

    fn signal(&self, signal: &str) {
        let sent = Command::new("kill").args([signal, &self.pid().to_string()]).status().unwrap();
        assert!(sent.success());
    }

    /// Starts it again on the same state directory, after [`Daemon::kill`].
    pub async fn start_again(&mut self) {
        self.begin_again();
        self.ready().await;
    }

    /// The same, without waiting until it is [`Daemon::ready`].
    pub fn begin_again(&mut self) {
        self.child = spawn(self.directory.path(), &self.engine);
    }

    /// What the daemon has logged.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.directory.path().join("log")).unwrap_or_default()
    }

    /// Runs the command against this daemon, in its directory.
    pub fn command(&self, arguments: &[&str]) -> Output {
        self.spawn(arguments, Stdio::null()).wait_with_output().unwrap()
    }

    /// Begins the command with this for its input; what it says is kept.
    pub fn spawn(&self, arguments: &[&str], stdin: Stdio) -> Child {
        Command::new(binary())
            .args(arguments)
            .current_dir(self.directory.path())
            .env("EVENKEEL_HOST", self.host())
            .env("NO_COLOR", "1")
            .stdin(stdin)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap()
    }

    /// Brings a stack up from the text of a Compose file and waits for the end of the operation.
    pub async fn up(&self, stack: &str, compose: &str) -> Value {
        let definition = self.definition(compose);
        let path = format!("/v1/stacks/{stack}/up?wait=true&timeout=80s");
        self.api.post(&path, &json!({ "definition": definition })).await.ok()
    }

    /// The same, whatever the answer is.
    pub async fn try_up(&self, stack: &str, compose: &str) -> Answer {
        let definition = self.definition(compose);
        let path = format!("/v1/stacks/{stack}/up?wait=true&timeout=80s");
        self.api.post(&path, &json!({ "definition": definition })).await
    }

    /// The body that defines a stack by one Compose file.
    pub fn definition(&self, compose: &str) -> Value {
        let file = self.directory.path().join("compose.yaml");
        json!({
            "files": [{ "path": file, "content": compose }],
            "compose_files": [file],
            "working_dir": self.directory.path(),
        })
    }

    /// Sends a request about a stack and waits for the end of its operation.
    pub async fn act(&self, stack: &str, verb: &str, body: Value) -> Value {
        let path = format!("/v1/stacks/{stack}/{verb}?wait=true&timeout=80s");
        self.api.post(&path, &body).await.ok()
    }

    /// Waits, by events, until a stack's document is as wanted. Returns it and how long that took.
    pub async fn until(&self, stack: &str, wanted: impl Fn(&Value) -> bool) -> (Value, Duration) {
        let began = Instant::now();
        let path = format!("/v1/stacks/{stack}");
        let mut events = Events::of(self.api.stream(&format!("{path}/events")).await);
        let waited = tokio::time::timeout(PATIENCE, async {
            loop {
                let document = self.api.get(&path).await;
                if wanted(&document) {
                    return document;
                }
                assert!(events.next().await.is_some(), "the stream of events has ended");
            }
        });
        match waited.await {
            Ok(document) => (document, began.elapsed()),
            Err(_) => panic!("stack {stack} did not get there: {:#}\n{}", self.api.get(&path).await, self.log()),
        }
    }

    /// Waits until it is ready, which takes an engine that answers.
    pub async fn ready(&mut self) {
        let deadline = Instant::now() + PATIENCE;
        let mut pause = tokio::time::interval(Duration::from_millis(10));
        while Instant::now() < deadline {
            // The socket is not there before the daemon is, so there is nothing yet that could tell.
            pause.tick().await;
            if let Some(ended) = self.child.try_wait().unwrap() {
                panic!("the daemon ended with {ended}:\n{}", self.log());
            }
            if self.api.try_send("GET", "/readyz", None).await.is_some_and(|answer| answer.status == 200) {
                return;
            }
        }
        panic!("the daemon did not get ready:\n{}", self.log());
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn spawn(directory: &Path, (engine, host): &Kind) -> Child {
    let log = std::fs::File::options().create(true).append(true).open(directory.join("log")).unwrap();
    let config = directory.join("evenkeel.toml");
    let config = config.is_file().then_some(config);
    // With the thread that began it the daemon ends too: a test that is interrupted or killed leaves none behind.
    Command::new("setpriv")
        .args(["--pdeathsig", "TERM", "--"])
        .arg(binary())
        .envs(host.iter().map(|host| ("DOCKER_HOST", host)))
        .args(["serve", "--engine", engine])
        .args(config.iter().flat_map(|config| [Path::new("--config"), config]))
        .arg("--state-dir")
        .arg(directory.join("state"))
        .arg("--socket")
        .arg(directory.join("evenkeel.sock"))
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(log)
        .spawn()
        .unwrap()
}
