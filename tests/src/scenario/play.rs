//! Plays one scenario with one tool: makes its files, does its steps, looks, and removes everything again.

use super::engine::{self, Picture};
use super::judge::{Evidence, Said, matches};
use super::text::{Act, Scenario, Step};
use super::tool::{self, Tool, Tools};
use crate::DockerApi;
use serde_json::{Value, json};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::process::Child;
use tokio::task::JoinHandle;

/// No command may take longer.
const PATIENCE: Duration = Duration::from_secs(60);
/// What is expected `soon` has this long.
const SOON: Duration = Duration::from_secs(20);

/// How a scenario went.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// What was not as expected, with all that helps; `None` where everything was.
    pub failure: Option<String>,
    /// What the tool's commands took together.
    pub seconds: f64,
}

/// One scenario with one tool.
pub struct Stage<'s> {
    tools: &'s Tools,
    tool: Tool,
    docker: &'s DockerApi,
    scenario: &'s Scenario,
    project: String,
    directory: PathBuf,
    said: Said,
    before: Picture,
    running: Option<Running>,
    seconds: f64,
}

/// A command that goes on in the background.
struct Running {
    child: Child,
    output: Collected,
    errors: Collected,
}

/// What a stream has said until now, and who reads it.
struct Collected(Arc<Mutex<String>>, JoinHandle<()>);

impl<'s> Stage<'s> {
    /// Prepares; `root` is where files are put.
    pub fn new(
        tools: &'s Tools,
        tool: Tool,
        docker: &'s DockerApi,
        scenario: &'s Scenario,
        root: &std::path::Path,
    ) -> Self {
        // No scenario has a name with this end in it, so no project is the beginning of another one.
        let project = format!("{}-{}-scn", &tool.name()[..1], scenario.name);
        let directory = tool::directory(root, tool, &project);
        let (said, before) = (Said::default(), Picture::default());
        Self { tools, tool, docker, scenario, project, directory, said, before, running: None, seconds: 0.0 }
    }

    /// Plays it from the first step to the last, or to the first that goes wrong.
    pub async fn play(mut self) -> Outcome {
        self.clear().await;
        let mut failure = self.files().err();
        for step in &self.scenario.steps {
            if failure.is_none() && step.tool.is_none_or(|tool| tool == self.tool) {
                failure = self.step(step).await.err().map(|error| self.report(step, &error));
            }
        }
        self.running = None;
        let log = failure.as_ref().and_then(|_| std::env::var_os("EVENKEEL_SCENARIOS_KEEP"));
        if log.is_none() {
            self.clear().await;
        }
        Outcome { failure, seconds: self.seconds }
    }

    fn report(&self, step: &Step, error: &str) -> String {
        let what = match &step.act {
            Act::Command(words) => format!("$ {words}"),
            Act::Begin(words) => format!("& {words}"),
            Act::Inside(container, words) => format!("% {container} {words}"),
            Act::Behind(words) => format!("! {}", words.join(" ")),
        };
        let Said { code, output, errors } = &self.said;
        format!("line {}: {what}\n{error}\n-- exit {code:?}, output:\n{output}-- errors:\n{errors}", step.line)
    }

    fn files(&self) -> Result<(), String> {
        for (path, content) in &self.scenario.files {
            self.write(&self.fill(path), &self.fill(content))?;
        }
        std::fs::create_dir_all(&self.directory).map_err(|error| error.to_string())
    }

    fn write(&self, path: &str, content: &str) -> Result<(), String> {
        let path = self.directory.join(path);
        let made = path.parent().map_or(Ok(()), std::fs::create_dir_all);
        made.and_then(|()| std::fs::write(&path, content)).map_err(|error| format!("{}: {error}", path.display()))
    }

    /// `{project}`, `{dir}`, `{port1}` to `{port9}`, `{net}` (the first three numbers of a subnet of its own).
    fn fill(&self, text: &str) -> String {
        let of_tool = if self.tool == Tool::Compose { 0 } else { 1 };
        let mut text = text.replace("{project}", &self.project).replace("{dir}", &self.directory.display().to_string());
        text = text.replace("{net}", &format!("10.{}.{}", 210 + of_tool, self.scenario.index % 250));
        for port in 1..10 {
            text = text.replace(
                &format!("{{port{port}}}"),
                &(24_000 + 3_000 * of_tool + 10 * self.scenario.index + port).to_string(),
            );
        }
        text
    }

    async fn step(&mut self, step: &Step) -> Result<(), String> {
        match &step.act {
            Act::Command(line) => {
                let line = self.fill(line);
                self.before = Picture::take(self.docker, &self.project).await;
                self.begin(&line)?;
                self.end().await?;
            }
            Act::Begin(line) => {
                let line = self.fill(line);
                self.before = Picture::take(self.docker, &self.project).await;
                self.begin(&line)?;
            }
            Act::Inside(name, script) => {
                let found = engine::container(self.docker, &self.project, &self.fill(name)).await?;
                let (output, code) = engine::inside(self.docker, &found, &self.fill(script)).await?;
                self.said = Said { code: Some(code), output, errors: String::new() };
            }
            Act::Behind(words) => {
                let words: Vec<String> = words.iter().map(|word| self.fill(word)).collect();
                self.behind(&words.iter().map(String::as_str).collect::<Vec<_>>()).await?;
            }
        }
        let of_code = |text: &str| text.starts_with("exit") || text.starts_with("fails");
        let mine: Vec<_> =
            step.expectations.iter().filter(|one| one.tool.is_none_or(|tool| tool == self.tool)).collect();
        let is_command = matches!(step.act, Act::Command(_) | Act::Inside(..));
        if is_command && !mine.iter().any(|one| of_code(Tool::prefix(&one.text).1)) && self.said.code != Some(0) {
            return Err("it was to succeed".to_owned());
        }
        for expectation in mine {
            self.expect(&expectation.text, expectation.soon)
                .await
                .map_err(|error| format!("line {}: {}\n{error}", expectation.line, expectation.text))?;
        }
        Ok(())
    }

    async fn expect(&self, text: &str, soon: bool) -> Result<(), String> {
        let sight = super::expectation::parse(0, &self.fill(text))?.sight;
        let deadline = Instant::now() + SOON;
        let mut pause = tokio::time::interval(Duration::from_millis(100));
        loop {
            // Containers end, and services answer, when they please; no one event stands for all that can be expected.
            pause.tick().await;
            let evidence = Evidence {
                docker: self.docker,
                project: &self.project,
                directory: &self.directory,
                said: &self.said,
                before: &self.before,
            };
            match evidence.holds(&sight).await {
                Err(_) if soon && Instant::now() < deadline => {}
                result => return result,
            }
        }
    }

    fn begin(&mut self, line: &str) -> Result<(), String> {
        let mut command = self.tools.command(self.tool, &self.project, &self.directory, line)?;
        let mut child = command.spawn().map_err(|error| format!("{line}: {error}"))?;
        let (output, errors) = (collect(child.stdout.take()), collect(child.stderr.take()));
        self.said = Said::default();
        self.running = Some(Running { child, output, errors });
        Ok(())
    }

    async fn end(&mut self) -> Result<(), String> {
        let mut running = self.running.take().ok_or("no command runs in the background")?;
        let began = Instant::now();
        let ended = tokio::time::timeout(PATIENCE, running.child.wait()).await;
        self.seconds += began.elapsed().as_secs_f64();
        if let Ok(Ok(status)) = &ended {
            use std::os::unix::process::ExitStatusExt;
            self.said.code = status.code().or_else(|| Some(128 + status.signal()?));
            // A process that it left behind may keep a stream open; what it says is nobody's business here.
            let _ = tokio::time::timeout(Duration::from_secs(2), async {
                (&mut running.output.1).await.and((&mut running.errors.1).await)
            })
            .await;
        }
        (self.said.output, self.said.errors) = (running.output.text(), running.errors.text());
        if self.said.code.is_some() { Ok(()) } else { Err(format!("not done in {} s", PATIENCE.as_secs())) }
    }

    async fn behind(&mut self, words: &[&str]) -> Result<(), String> {
        let post = async |path: String, body: Value| self.docker.text("POST", &path, Some(&body)).await.map(drop);
        match words {
            ["end"] => self.end().await,
            ["interrupt"] => self.signal("-INT"),
            ["see", pattern] => self.see(pattern).await,
            ["write", file, content] => self.write(file, &content.replace("\\n", "\n")),
            ["delete", file] => std::fs::remove_file(self.directory.join(file)).map_err(|error| error.to_string()),
            [verb @ ("kill" | "stop" | "start" | "pause" | "unpause"), name] => {
                let id = self.id(name).await?;
                let grace = if *verb == "stop" { "?t=0" } else { "" };
                post(format!("/containers/{id}/{verb}{grace}"), json!({})).await
            }
            ["remove", name] => {
                let id = self.id(name).await?;
                self.docker.text("DELETE", &format!("/containers/{id}?force=true"), None).await.map(drop)
            }
            ["volume", name] => post("/volumes/create".to_owned(), json!({ "Name": name })).await,
            ["network", name] => post("/networks/create".to_owned(), json!({ "Name": name })).await,
            ["container", name, image] => {
                let body = json!({ "Image": image, "Cmd": ["sleep", "600"], "HostConfig": { "Init": true, "IpcMode": "shareable" } });
                post(format!("/containers/create?name={name}"), body).await?;
                post(format!("/containers/{name}/start"), json!({})).await
            }
            ["tag", image, name] => {
                let (repository, tag) = name.rsplit_once(':').unwrap_or((name, "latest"));
                post(format!("/images/{image}/tag?repo={repository}&tag={tag}"), json!({})).await
            }
            ["untag", name] => self.docker.text("DELETE", &format!("/images/{name}"), None).await.map(drop),
            _ => Err(format!("no such thing can be done: {}", words.join(" "))),
        }
    }

    async fn id(&self, name: &str) -> Result<String, String> {
        let found = engine::container(self.docker, &self.project, name).await?;
        Ok(found["Id"].as_str().unwrap_or_default().to_owned())
    }

    fn signal(&self, signal: &str) -> Result<(), String> {
        let pid =
            self.running.as_ref().and_then(|running| running.child.id()).ok_or("no command runs in the background")?;
        let sent = std::process::Command::new("kill")
            .args([signal, &pid.to_string()])
            .status()
            .map_err(|error| error.to_string())?;
        if sent.success() { Ok(()) } else { Err(format!("kill {signal} {pid}: {sent}")) }
    }

    /// Waits until the command in the background has said something.
    async fn see(&mut self, pattern: &str) -> Result<(), String> {
        let deadline = Instant::now() + SOON;
        let mut pause = tokio::time::interval(Duration::from_millis(20));
        loop {
            pause.tick().await;
            let running = self.running.as_ref().ok_or("no command runs in the background")?;
            (self.said.output, self.said.errors) = (running.output.text(), running.errors.text());
            if matches(&format!("{}{}", self.said.output, self.said.errors), pattern) {
                return Ok(());
            }
            if Instant::now() > deadline {
                return Err("not said".to_owned());
            }
        }
    }

    /// Removes everything whose name or project begins with the project's name.
    async fn clear(&self) {
        if let (Tool::Evenkeel, Some(daemon)) = (self.tool, &self.tools.daemon) {
            let stacks =
                daemon.api.try_send("GET", "/v1/stacks", None).await.map(|answer| answer.body).unwrap_or_default();
            let list = stacks.as_array().or_else(|| stacks["stacks"].as_array()).cloned().unwrap_or_default();
            for stack in list.iter().filter_map(|one| one["stack"].as_str().or_else(|| one["name"].as_str())) {
                if self.is_mine(stack) {
                    let body = json!({ "volumes": true, "remove_orphans": true, "timeout_s": 0 });
                    daemon
                        .api
                        .try_send("POST", &format!("/v1/stacks/{stack}/down?wait=true&timeout=30s"), Some(&body))
                        .await;
                    daemon.api.try_send("DELETE", &format!("/v1/stacks/{stack}"), None).await;
                }
            }
        }
        let list = async |path: &str| self.docker.get(path).await;
        let named = |value: &Value| value.as_str().is_some_and(|name| self.is_mine(name.trim_start_matches('/')));
        for one in list("/containers/json?all=true").await.as_array().into_iter().flatten() {
            let names = one["Names"].as_array().into_iter().flatten();
            if named(&one["Labels"]["com.docker.compose.project"]) || names.into_iter().any(named) {
                self.docker
                    .discard(&format!("/containers/{}?force=true&v=true", one["Id"].as_str().unwrap_or_default()))
                    .await;
            }
        }
        for one in list("/networks").await.as_array().into_iter().flatten() {
            if named(&one["Labels"]["com.docker.compose.project"]) || named(&one["Name"]) {
                self.docker.discard(&format!("/networks/{}", one["Id"].as_str().unwrap_or_default())).await;
            }
        }
        for one in list("/volumes").await["Volumes"].as_array().into_iter().flatten() {
            if named(&one["Labels"]["com.docker.compose.project"]) || named(&one["Name"]) {
                self.docker.discard(&format!("/volumes/{}", one["Name"].as_str().unwrap_or_default())).await;
            }
        }
        for one in list("/images/json").await.as_array().into_iter().flatten() {
            for tag in one["RepoTags"].as_array().into_iter().flatten().filter(|tag| named(tag)) {
                self.docker.discard(&format!("/images/{}", tag.as_str().unwrap_or_default())).await;
            }
        }
    }

    /// The project itself, or a name that begins with it and a sign that no scenario's name continues with.
    fn is_mine(&self, name: &str) -> bool {
        name.strip_prefix(&self.project).is_some_and(|rest| rest.is_empty() || rest.starts_with(['_', ':', '-']))
    }
}

impl Collected {
    fn text(&self) -> String {
        self.0.lock().map(|text| text.clone()).unwrap_or_default()
    }
}

fn collect(stream: Option<impl AsyncRead + Unpin + Send + 'static>) -> Collected {
    let text = Arc::new(Mutex::new(String::new()));
    let mine = Arc::clone(&text);
    let reader = tokio::spawn(async move {
        let Some(mut stream) = stream else { return };
        let mut chunk = vec![0; 8192];
        while let Ok(size @ 1..) = stream.read(&mut chunk).await {
            if let Ok(mut text) = mine.lock() {
                text.push_str(&String::from_utf8_lossy(&chunk[..size]));
            }
        }
    });
    Collected(text, reader)
}
