//! Main processes of containers, attached to.

use super::Docker;
use super::client::{Client, Lane};
use super::convert_error::Failure;
use super::exec::{broken_off, said};
use crate::{Attach, Error, Said, Session, TerminalSize};
use bollard::container::AttachContainerResults;
use bollard::query_parameters::{
    AttachContainerOptions, KillContainerOptions, ResizeContainerTTYOptions, WaitContainerOptions,
};
use evenkeel_model::Object;
use futures::StreamExt;
use futures::stream;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio_util::task::AbortOnDropHandle;

/// How long a process that has closed its output may take to end, in the engine's books.
const UNTIL_TOLD: Duration = Duration::from_secs(2);

impl Docker {
    pub(super) async fn attach_to(&self, attach: &Attach) -> Result<Session, Error> {
        let object = Object::Container(attach.container.clone());
        let found = self.our_container(&attach.container, "attach to").await?;
        let found = found.ok_or_else(|| Error::NotFound { object: object.clone() })?;
        if !attach.start && !found.is_running() {
            return Err(Error::Conflict { object, message: "it is not running".to_owned() });
        }
        // A container that the engine removes when it ends is gone with its exit code: whoever wants it must have asked before.
        let condition = if attach.start { "next-exit" } else { "not-running" };
        let exit = tokio::spawn(wait(Arc::clone(&self.client), found.id().to_owned(), condition));
        let exit = AbortOnDropHandle::new(exit);
        let options = AttachContainerOptions {
            stream: true,
            stdin: attach.stdin && found.reads_input(),
            stdout: true,
            stderr: true,
            ..AttachContainerOptions::default()
        };
        let attached = self
            .client
            .call(Lane::Stream, "attach", async |docker| docker.attach_container(found.id(), Some(options)).await)
            .await;
        let AttachContainerResults { output, input } = attached.map_err(|failure| failure.about(&object))?;
        if attach.start {
            self.start_container(&attach.container).await?;
        }
        let (size, sizes) = mpsc::channel(4);
        tokio::spawn(resize(Arc::clone(&self.client), found.id().to_owned(), sizes));
        let (signals, sent) = mpsc::channel(16);
        tokio::spawn(signal(Arc::clone(&self.client), found.id().to_owned(), sent));
        let (client, id, about) = (Arc::clone(&self.client), found.id().to_owned(), object.clone());
        let said = output.map(move |piece| piece.map(said).map_err(|error| Failure::of(&error).about(&about)));
        let exit = stream::once(async move {
            match exit_code(client, id, exit).await {
                Ok(code) => Ok(Said::Exit(code)),
                Err(failure) => Err(failure.about(&object)),
            }
        });
        Ok(Session { output: broken_off(said.chain(exit)).boxed(), input, size, signals })
    }
}

/// Waits for a container's end, and gives its exit code.
async fn wait(client: Arc<Client>, id: String, condition: &'static str) -> Result<i64, Failure> {
    use bollard::errors::Error::DockerContainerWaitError;
    let docker = client.docker()?;
    let options = WaitContainerOptions { condition: condition.to_owned() };
    let mut ended = std::pin::pin!(docker.wait_container(&id, Some(options)));
    match ended.next().await {
        Some(Ok(end)) => Ok(end.status_code),
        // bollard takes every other code than 0 for an error.
        Some(Err(DockerContainerWaitError { code, .. })) => Ok(code),
        Some(Err(error)) => Err(Failure::of(&error)),
        None => Err(Failure::silent("it did not say how the container ended")),
    }
}

/// The exit code of a container that has closed its output. Where the wait that was begun before has not heard of it, a new one asks
/// for what is so now.
async fn exit_code(
    client: Arc<Client>,
    id: String,
    waited: AbortOnDropHandle<Result<i64, Failure>>,
) -> Result<i64, Failure> {
    match tokio::time::timeout(UNTIL_TOLD, waited).await {
        Ok(Ok(Ok(code))) => Ok(code),
        Ok(Ok(Err(failure))) if failure.is_missing() => Err(failure),
        _ => wait(client, id, "not-running").await,
    }
}

/// Passes on the size of the container's terminal until the session is dropped.
async fn resize(client: Arc<Client>, id: String, mut sizes: mpsc::Receiver<TerminalSize>) {
    while let Some(TerminalSize { rows, columns }) = sizes.recv().await {
        let size = ResizeContainerTTYOptions { h: rows.into(), w: columns.into() };
        let _ = client
            .call(Lane::Other, "resize container", async |docker| docker.resize_container_tty(&id, size).await)
            .await;
    }
}

/// Passes on signals until the session is dropped. One that comes too late has nobody to hear it.
async fn signal(client: Arc<Client>, id: String, mut signals: mpsc::Receiver<String>) {
    while let Some(signal) = signals.recv().await {
        let options = KillContainerOptions { signal };
        let _ = client
            .call(Lane::Other, "signal container", async |docker| docker.kill_container(&id, Some(options)).await)
            .await;
    }
}
