//! One system under trial: a copy of its folder with settings of its own and free ports, a daemon, and the command.

use crate::report::{Connections, Service};
use evenkeel_tests::airflow::Airflow;
use evenkeel_tests::web::{Web, ensure};
use evenkeel_tests::{Daemon, DockerApi, copy_system};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::Duration;

/// The longest that a system may take to come up; many of its services are servers in Java, on a machine that may be busy.
const PATIENCE: &str = "12m";
/// Between two looks for jobs that still run, and how many there are of them: a minute.
const LOOK: Duration = Duration::from_millis(200);
const LOOKS: usize = 300;
/// The network that systems share with others, made by the first and left by the last.
const SHARED_NETWORK: &str = "datalake-cluster";

/// A system that is being tried.
pub struct Trial {
    name: &'static str,
    overlays: &'static [&'static str],
    systems: tempfile::TempDir,
    ports: BTreeMap<String, u16>,
    daemon: Daemon,
    docker: DockerApi,
}

impl Trial {
    /// Copies the system, so that its settings, and what its services write into it, are this trial's own.
    pub async fn open(name: &'static str, overlays: &'static [&'static str]) -> Self {
        let docker = DockerApi::connect().await;
        docker.sweep(name).await;
        let systems = tempfile::tempdir().unwrap();
        let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().join("config/systems").join(name);
        copy_system(name, &systems.path().join(name));
        let example = std::fs::read_to_string(shipped.join(".env.example")).unwrap();
        let ports = example.lines().filter_map(|line| line.split_once('=')).filter(|(name, _)| name.ends_with("_PORT"));
        // All are held until each has one, or two would get the same.
        let held: Vec<_> = ports.map(|(name, _)| (name, TcpListener::bind("127.0.0.1:0").unwrap())).collect();
        let ports = held.iter().map(|(name, port)| ((*name).to_owned(), port.local_addr().unwrap().port())).collect();
        drop(held);
        let daemon = Daemon::start("docker").await;
        Self { name, overlays, systems, ports, daemon, docker }
    }

    /// The copy of the system's folder.
    pub fn folder(&self) -> PathBuf {
        self.systems.path().join(self.name)
    }

    /// What is published on the port of that setting.
    pub fn web(&self, port: &str) -> Web {
        Web::at(self.ports[port])
    }

    /// The system's Airflow, with its account.
    pub fn airflow(&self) -> Airflow {
        let (user, password) = (self.setting("AIRFLOW_USER"), self.setting("AIRFLOW_PASSWORD"));
        Airflow::at(self.web("AIRFLOW_PORT").account(&user, &password))
    }

    /// A value of the generated settings.
    pub fn setting(&self, name: &str) -> String {
        let text = std::fs::read_to_string(self.folder().join(".env")).unwrap();
        let value = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix('='));
        value.unwrap_or_else(|| panic!("{name} is not in .env")).to_owned()
    }

    /// Up, and all its services ready. Returns them.
    pub async fn up(&self) -> Result<Vec<Service>, String> {
        let wait = ["--wait", "--wait-timeout", PATIENCE, "--json"];
        self.ended(&[&["system", "up", self.name, "--local"][..], self.overlays, &wait].concat())
            .map_err(|failure| format!("{failure}\n{}", self.last_words()))?;
        self.all_ready().await
    }

    /// The last that each service said.
    fn last_words(&self) -> String {
        self.printed(&["-p", self.name, "logs", "--tail", "12"]).unwrap_or_else(|failure| failure)
    }

    /// Back to the beginning, and ready again.
    pub async fn reset(&self) -> Result<(), String> {
        self.ended(&["-p", self.name, "reset", "--wait", "--wait-timeout", PATIENCE, "--json"])?;
        self.all_ready().await.map(|_| ())
    }

    pub async fn down(&self, flags: &[&str]) -> Result<(), String> {
        self.ended(&[&["-p", self.name, "down"][..], flags, &["--json"]].concat())
    }

    /// Who talks to whom, each tried from inside its consumer's network. These services are up; the others are run by hand.
    pub async fn connections(&self, up: &BTreeSet<String>) -> Result<Connections, String> {
        let printed = self.command(&["-p", self.name, "connections", "--check", "--json"]).stdout;
        let listed = serde_json::from_slice(&printed).map_err(|error| error.to_string())?;
        let (connections, unproven) = Connections::read(&listed, up);
        ensure(unproven.is_empty(), || unproven.join("\n"))?;
        Ok(connections)
    }

    /// No container, volume or network of the project.
    pub async fn nothing_is_left(&self) -> Result<(), String> {
        let containers = self.docker.containers(self.name).await.len();
        let networks = self.docker.names("networks", self.name).await;
        let volumes = self.docker.names("volumes", self.name).await;
        ensure(containers == 0 && networks.is_empty() && volumes.is_empty(), || {
            format!("{containers} containers, networks {networks:?}, volumes {volumes:?}")
        })
    }

    /// Ends the daemon, then removes what a failure may have left, and the shared network if nobody uses it.
    pub async fn close(self) {
        drop(self.daemon);
        self.docker.sweep(self.name).await;
        self.docker.discard(&format!("/networks/{SHARED_NETWORK}")).await;
    }

    /// What a command in a service's container prints.
    pub fn exec(&self, service: &str, command: &[&str]) -> Result<String, String> {
        self.printed(&[&["-p", self.name, "exec", "-T", service][..], command].concat())
    }

    /// What a one-off container of a service in the profile `debug` prints.
    pub fn one_off(&self, service: &str, command: &[&str]) -> Result<String, String> {
        let files = self.folder();
        let file = |name: &str| files.join(name).display().to_string();
        let (base, local) = (file("compose.yaml"), file("compose.local.yaml"));
        let select = ["-f", &base, "-f", &local, "-p", self.name, "--profile", "debug", "run", "--rm", "-T", service];
        self.printed(&[&select[..], command].concat())
    }

    /// A network, as the engine has it.
    pub async fn network(&self, name: &str) -> Value {
        self.docker.get(&format!("/networks/{name}")).await
    }

    /// Runs the command to its end, which must be a good one.
    pub fn ended(&self, arguments: &[&str]) -> Result<(), String> {
        let output = self.command(arguments);
        ensure(output.status.success(), || {
            format!("evenkeel {}: {}\n{}", arguments.join(" "), output.status, String::from_utf8_lossy(&output.stderr))
        })
    }

    fn printed(&self, arguments: &[&str]) -> Result<String, String> {
        let output = self.command(arguments);
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        ensure(output.status.success(), || {
            format!(
                "evenkeel {}: {}\n{}{}",
                arguments.join(" "),
                output.status,
                text(&output.stdout),
                text(&output.stderr)
            )
        })?;
        Ok(text(&output.stdout))
    }

    fn command(&self, arguments: &[&str]) -> Output {
        Command::new(evenkeel_tests::binary())
            .args(arguments)
            .current_dir(self.daemon.directory())
            .env("EVENKEEL_HOST", self.daemon.host())
            .env("EVENKEEL_SYSTEMS", self.systems.path())
            .env("NO_COLOR", "1")
            .env_remove("DATA_LAKE")
            .envs(self.ports.iter().map(|(name, port)| (name, port.to_string())))
            .output()
            .unwrap()
    }

    /// All services, once they are healthy or completed: a job that nobody waits for may still run, and gets its time.
    async fn all_ready(&self) -> Result<Vec<Service>, String> {
        let mut look = tokio::time::interval(LOOK);
        for _ in 0..LOOKS {
            look.tick().await;
            let services = self.services().await?;
            if services.iter().all(|one| one.state != "running") {
                return Ok(services);
            }
        }
        Err("a job goes on and on, or a service has no healthcheck".to_owned())
    }

    /// All services of the stack, which is up, and of which each is healthy, completed, or at least runs.
    async fn services(&self) -> Result<Vec<Service>, String> {
        let document: Value = self.daemon.api.get(&format!("/v1/stacks/{}", self.name)).await;
        let services = document["services"].as_array().cloned().unwrap_or_default();
        let services: Vec<Service> = services
            .iter()
            .map(|one| Service {
                name: one["service"].as_str().unwrap_or_default().to_owned(),
                state: one["state"].as_str().unwrap_or_default().to_owned(),
                is_real: one["stand_in"].is_null(),
            })
            .collect();
        let wrong = services.iter().filter(|one| !matches!(one.state.as_str(), "healthy" | "completed" | "running"));
        let wrong: Vec<String> = wrong.map(|one| format!("{} is {}", one.name, one.state)).collect();
        ensure(document["state"] == "up" && wrong.is_empty(), || {
            format!("{}: {}", document["state"], wrong.join(", "))
        })?;
        Ok(services)
    }
}
