//! A Docker engine of a test's own, apart from the machine's: it may be killed, frozen and started again.

use std::path::Path;
use std::process::Command;

/// An engine that `deploy/engines` started, and ends when it is dropped.
pub struct OwnEngine {
    name: String,
    flags: Vec<String>,
    host: String,
}

impl OwnEngine {
    /// Starts one, of the release that `EVENKEEL_ENGINE` names (`own`, the machine's own, where it names none).
    ///
    /// # Panics
    /// Where it does not start; this takes root.
    pub fn start(what: &str) -> Self {
        let release = std::env::var("EVENKEEL_ENGINE").unwrap_or_else(|_| "own".to_owned());
        let mut engine = Self { name: format!("{release}-{what}"), flags: Vec::new(), host: String::new() };
        // An earlier, broken-off run may have left one.
        engine.call("stop");
        engine.start_again(&[]);
        engine
    }

    /// Its `DOCKER_HOST`.
    pub fn host(&self) -> String {
        self.host.clone()
    }

    /// Its socket.
    pub fn socket(&self) -> &str {
        self.host.trim_start_matches("unix://")
    }

    /// Starts it after [`OwnEngine::kill`] or [`OwnEngine::crash`], with further flags of dockerd.
    pub fn start_again(&mut self, flags: &[&str]) {
        self.flags = flags.iter().map(|flag| (*flag).to_owned()).collect();
        self.host = self.call("start");
    }

    /// Kills its dockerd; what it runs may run on.
    pub fn kill(&self) {
        self.call("kill");
    }

    /// Kills all of it, and all that it runs.
    pub fn crash(&self) {
        self.call("crash");
    }

    /// SIGSTOP (`-STOP`), SIGCONT and the like for its dockerd.
    pub fn signal(&self, signal: &str) {
        let sent = Command::new("kill").args([signal, &self.call("pid")]).status().unwrap();
        assert!(sent.success());
    }

    fn call(&self, verb: &str) -> String {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
        let flags = self.flags.iter().filter(|_| verb == "start");
        let output = Command::new(root.join("deploy/engines")).arg(verb).arg(&self.name).args(flags).output().unwrap();
        let text = String::from_utf8_lossy(&output.stdout).trim().to_owned();
        assert!(output.status.success(), "engines {verb}: {text} {}", String::from_utf8_lossy(&output.stderr));
        text
    }
}

impl Drop for OwnEngine {
    fn drop(&mut self) {
        // A second panic would end the test without its words.
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
        let _ = Command::new(root.join("deploy/engines")).args(["stop", &self.name]).output();
    }
}
