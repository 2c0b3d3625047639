//! A scout: our probe in a container of its own that shares the network of another: for an engine whose networks cannot be entered from here. Its image
//! is one static program that this daemon carries and imports; nothing is pulled.

use super::client::{Client, Lane};
use super::convert_error::Failure;
use crate::Error;
use bollard::container::{AttachContainerResults, LogOutput};
use bollard::models::{ContainerCreateBody, HostConfig, HostConfigLogConfig};
use bollard::query_parameters::{
    AttachContainerOptions, CreateContainerOptions, CreateImageOptions, PruneContainersOptions, PruneImagesOptions,
    RemoveContainerOptions, StartContainerOptions,
};
use evenkeel_model::{Object, labels};
use evenkeel_probe::{Request, SCOUT};
use futures::StreamExt;
use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;
use std::time::Duration;
use tokio::io::AsyncWriteExt;
use tokio::sync::OnceCell;

const REPOSITORY: &str = "evenkeel/probe";
/// Where the program is in its image.
const PROGRAM: &str = "probe";
/// For creation and start by a busy engine, beyond what the requests themselves may take.
const BEYOND_REQUESTS: Duration = Duration::from_secs(30);
/// An engine's own patience with what was created and never started: by then whoever made it has died.
const LEFT_BEHIND: &str = "10m";
/// Nobody's user and group: the program needs no right at all.
const NOBODY: &str = "65534:65534";
const MEMORY_BYTES: i64 = 64 << 20;
const PROCESSES: i64 = 64;

/// Scouts on one engine.
pub(super) struct Scouts {
    client: Arc<Client>,
    swept: OnceCell<()>,
}

impl Scouts {
    pub(super) fn new(client: Arc<Client>) -> Self {
        Self { client, swept: OnceCell::new() }
    }

    /// Asks from inside the network of a running container (by id; `object` names it in errors), and gives the lines of the answer. `within` is
    /// how long the requests may take.
    pub(super) async fn ask(
        self: &Arc<Self>,
        container: &str,
        object: &Object,
        requests: &[Request],
        within: Duration,
    ) -> Result<Vec<String>, Error> {
        if SCOUT.is_empty() {
            let message = "the network of this engine's containers cannot be entered from here, and this evenkeel was built without the \
                           static scout that tries it from there: build it where a static C library is installed (Debian: libc6-dev)";
            return Err(Error::Rejected { message: message.to_owned() });
        }
        let scouts = Arc::clone(self);
        let (container, object) = (container.to_owned(), object.clone());
        let lines: String = requests.iter().map(|request| request.write() + "\n").collect();
        // In a task of its own: whoever asked may go away, and the container must be removed all the same.
        let asked = tokio::spawn(async move { scouts.run(&container, &object, lines + "\n", within).await });
        asked.await.unwrap_or_else(|error| Err(Error::Faltered { message: format!("the scout's task ended: {error}") }))
    }

    async fn run(
        &self,
        container: &str,
        object: &Object,
        input: String,
        within: Duration,
    ) -> Result<Vec<String>, Error> {
        self.swept.get_or_init(|| self.sweep()).await;
        let scout = self.create(container).await.map_err(|failure| failure.about(object))?;
        let heard = tokio::time::timeout(within + BEYOND_REQUESTS, self.exchange(&scout, input)).await;
        match heard {
            // The engine removes it as it ends.
            Ok(Ok(output)) if !output.said.is_empty() => Ok(output.said.lines().map(str::to_owned).collect()),
            Ok(Ok(output)) => {
                let (arch, words) = (std::env::consts::ARCH, output.complained.trim());
                let message = format!("the scout for {arch} said nothing in the network of {object}: {words}");
                Err(Error::Rejected { message })
            }
            Ok(Err(failure)) => {
                self.remove(&scout).await;
                Err(failure.about(object))
            }
            Err(_) => {
                self.remove(&scout).await;
                Err(Error::Faltered { message: format!("{object}: the scout in its network did not answer in time") })
            }
        }
    }

    /// Creates a scout, with its image where that is not there yet.
    async fn create(&self, container: &str) -> Result<String, Failure> {
        let image = image();
        let create = || {
            self.client.call(Lane::Start, "create scout", async |docker| {
                docker.create_container(None::<CreateContainerOptions>, body(container, &image)).await
            })
        };
        let created = match create().await {
            Err(failure) if failure.is_missing() => {
                self.import().await?;
                create().await
            }
            created => created,
        };
        Ok(created?.id)
    }

    async fn import(&self) -> Result<(), Failure> {
        let archive = archive().map_err(|error| Failure::silent(error.to_string()))?;
        let options = CreateImageOptions {
            from_src: Some("-".to_owned()),
            repo: Some(REPOSITORY.to_owned()),
            tag: Some(version()),
            changes: vec![format!("LABEL {}=image", labels::PROBE)],
            ..CreateImageOptions::default()
        };
        self.client
            .call(Lane::Transfer, "import scout", async |docker| {
                let body = bollard::body_full(archive.into());
                let mut messages = std::pin::pin!(docker.create_image(Some(options), Some(body), None));
                while let Some(message) = messages.next().await {
                    message?;
                }
                Ok(())
            })
            .await
    }

    /// Starts it, tells it what is asked, and listens until it ends.
    async fn exchange(&self, scout: &str, input: String) -> Result<Output, Failure> {
        let options = AttachContainerOptions {
            stream: true,
            stdin: true,
            stdout: true,
            stderr: true,
            ..AttachContainerOptions::default()
        };
        let attached = self
            .client
            .call(Lane::Stream, "attach scout", async |docker| docker.attach_container(scout, Some(options)).await);
        let AttachContainerResults { output: mut pieces, input: mut stdin } = attached.await?;
        self.client
            .call(Lane::Start, "start scout", async |docker| {
                docker.start_container(scout, None::<StartContainerOptions>).await
            })
            .await?;
        let mut output = Output::default();
        // One that could not be begun has closed its input, and says on its output why.
        let _ = stdin.write_all(input.as_bytes()).await;
        let _ = stdin.flush().await;
        while let Some(piece) = pieces.next().await {
            match piece.map_err(|error| Failure::of(&error))? {
                LogOutput::StdOut { message } => output.said.push_str(&String::from_utf8_lossy(&message)),
                LogOutput::StdErr { message } => output.complained.push_str(&String::from_utf8_lossy(&message)),
                LogOutput::StdIn { .. } | LogOutput::Console { .. } => {}
            }
        }
        Ok(output)
    }

    /// One that the engine does not remove by itself, as it never began or does not end.
    async fn remove(&self, scout: &str) {
        let options = RemoveContainerOptions { force: true, ..RemoveContainerOptions::default() };
        let removed = self
            .client
            .call(Lane::Other, "remove scout", async |docker| docker.remove_container(scout, Some(options)).await);
        if let Err(failure) = removed.await
            && !failure.is_missing()
        {
            tracing::warn!(scout, %failure, "a scout could not be removed");
        }
    }

    /// Removes what a daemon that died left on the engine, and images of other versions. What is in use or young is left alone by the engine.
    async fn sweep(&self) {
        let filters = |further: (&str, &str)| {
            let list = |value: &str| vec![value.to_owned()];
            Some(HashMap::from([("label".to_owned(), list(labels::PROBE)), (further.0.to_owned(), list(further.1))]))
        };
        let options = PruneContainersOptions { filters: filters(("until", LEFT_BEHIND)) };
        let containers = self
            .client
            .call(Lane::Other, "prune scouts", async |docker| docker.prune_containers(Some(options)).await)
            .await
            .map(drop);
        let options = PruneImagesOptions { filters: filters(("dangling", "false")) };
        let images = self
            .client
            .call(Lane::Other, "prune images of scouts", async |docker| docker.prune_images(Some(options)).await)
            .await
            .map(drop);
        for failure in [containers, images].into_iter().filter_map(Result::err) {
            tracing::debug!(%failure, "scouts that were left behind could not be swept");
        }
    }
}

/// What a scout wrote.
#[derive(Default)]
struct Output {
    said: String,
    complained: String,
}

/// The image of this daemon's scout: another build has another one, so that a daemon is never answered by a stranger's.
fn image() -> String {
    format!("{REPOSITORY}:{}", version())
}

fn version() -> String {
    let mut hasher = DefaultHasher::new();
    SCOUT.hash(&mut hasher);
    format!("{:016x}", hasher.finish())
}

/// The image's only layer.
fn archive() -> std::io::Result<Vec<u8>> {
    let mut header = tar::Header::new_gnu();
    header.set_size(SCOUT.len() as u64);
    header.set_mode(0o555);
    let mut archive = tar::Builder::new(Vec::with_capacity(SCOUT.len() + 4096));
    archive.append_data(&mut header, PROGRAM, SCOUT)?;
    archive.into_inner()
}

/// A container that may nothing but use the other one's network, and that the engine removes when it ends. Its labels are of no
/// stack and no Compose project, so that nobody takes it for a service's.
fn body(container: &str, image: &str) -> ContainerCreateBody {
    ContainerCreateBody {
        image: Some(image.to_owned()),
        entrypoint: Some(vec![format!("/{PROGRAM}")]),
        user: Some(NOBODY.to_owned()),
        labels: Some(HashMap::from([(labels::PROBE.to_owned(), container.to_owned())])),
        attach_stdin: Some(true),
        attach_stdout: Some(true),
        attach_stderr: Some(true),
        open_stdin: Some(true),
        stdin_once: Some(true),
        host_config: Some(HostConfig {
            network_mode: Some(format!("container:{container}")),
            auto_remove: Some(true),
            readonly_rootfs: Some(true),
            cap_drop: Some(vec!["ALL".to_owned()]),
            security_opt: Some(vec!["no-new-privileges".to_owned()]),
            memory: Some(MEMORY_BYTES),
            pids_limit: Some(PROCESSES),
            // Its output is listened to, and kept by nobody.
            log_config: Some(HostConfigLogConfig { typ: Some("none".to_owned()), config: None }),
            ..HostConfig::default()
        }),
        ..ContainerCreateBody::default()
    }
}
