//! Docker Compose as a process, the judge of every case.

use super::ours::HOME;
use super::{Case, Outcome};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Compose's program and a folder for its files.
pub struct Oracle {
    program: Vec<String>,
    folder: tempfile::TempDir,
}

impl Oracle {
    /// The Compose of `EVENKEEL_COMPOSE`, or else the one that `deploy/compose` finds or fetches.
    ///
    /// # Errors
    /// In words, where there is none.
    pub fn find() -> Result<Self, String> {
        let words = match std::env::var("EVENKEEL_COMPOSE") {
            Ok(words) => words,
            Err(_) => {
                let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../deploy/compose");
                let output = Command::new(&script).stderr(Stdio::inherit()).output();
                let output = output.map_err(|error| format!("{}: {error}", script.display()))?;
                if !output.status.success() {
                    return Err("deploy/compose found no Docker Compose".to_owned());
                }
                String::from_utf8_lossy(&output.stdout).trim().to_owned()
            }
        };
        let program: Vec<String> = words.split_whitespace().map(str::to_owned).collect();
        let folder = tempfile::Builder::new().prefix("evenkeel-conformance.").tempdir();
        let folder = folder.map_err(|error| format!("a temporary folder: {error}"))?;
        if program.is_empty() { Err("EVENKEEL_COMPOSE is empty".to_owned()) } else { Ok(Self { program, folder }) }
    }

    /// Its version, as it prints it.
    pub fn version(&self) -> String {
        let output = self.command().args(["version", "--short"]).output();
        output.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned()).unwrap_or_default()
    }

    fn command(&self) -> Command {
        let mut command = Command::new(&self.program[0]);
        command.args(&self.program[1..]).stdin(Stdio::null());
        command
    }

    /// What Compose makes of a case. `place` keeps those apart that run at once.
    pub fn run(&self, case: &Case, place: usize) -> Outcome {
        let parent = self.folder.path().join(place.to_string());
        let root = parent.join("project");
        let _ = std::fs::remove_dir_all(&root);
        write(&root, case);
        let outcome = self.run_in(&root, case, Some(HOME));
        let _ = std::fs::remove_dir_all(&parent);
        outcome
    }

    fn run_in(&self, root: &Path, case: &Case, home: Option<&str>) -> Outcome {
        let mut command = self.command();
        // A Go program that lives for a twentieth of a second needs neither threads nor its garbage collector.
        command.env_clear().env("PATH", "/bin").env("GOMAXPROCS", "1").env("GOGC", "off").envs(&case.variables);
        if let Some(home) = home {
            command.env("HOME", home);
        }
        let cwd = root.join(&case.within);
        command.current_dir(&cwd).env("PWD", &cwd).args(&case.arguments).args(["config", "--format", "json"]);
        command.args(&case.flags);
        let output = match command.output() {
            Ok(output) => output,
            Err(error) => return Outcome::Rejected(format!("Compose did not run: {error}")),
        };
        if !output.status.success() {
            let words = String::from_utf8_lossy(&output.stderr);
            let kept: Vec<&str> = words.lines().filter(|line| !line.contains("level=warning")).collect();
            return Outcome::Rejected(kept.join(" | "));
        }
        // The folder's own path becomes that of the files in memory.
        let above = root.parent().unwrap_or(root).display().to_string();
        let text = String::from_utf8_lossy(&output.stdout).replace(&above, super::ours::ABOVE);
        match serde_json::from_str(&text) {
            Ok(document) => Outcome::Accepted(document),
            Err(error) => Outcome::Rejected(format!("Compose printed no JSON: {error}")),
        }
    }
}

fn write(root: &Path, case: &Case) {
    let _ = std::fs::create_dir_all(root.join(&case.within));
    for (path, text) in &case.files {
        let path: PathBuf = root.join(path);
        if let Some(parent) = path.parent() {
            let _ = std::fs::create_dir_all(parent);
        }
        let _ = std::fs::write(path, text);
    }
}
