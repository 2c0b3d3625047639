//! Commands inside running containers, attached to.

use super::Docker;
use super::client::{Client, Lane};
use super::convert_error::Failure;
use crate::{Error, Exec, Said, Session, TerminalSize};
use bollard::container::LogOutput;
use bollard::exec::{ResizeExecOptions, StartExecOptions, StartExecResults};
use bollard::models::ExecConfig;
use evenkeel_model::Object;
use futures::future::ready;
use futures::stream;
use futures::{Stream, StreamExt};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;

/// The engine closes a command's output a moment before it notes its exit code.
const EXIT_CODE_LOOKS: u32 = 20;
const EXIT_CODE_PAUSE: Duration = Duration::from_millis(10);

impl Docker {
    pub(super) async fn run_inside(&self, exec: &Exec) -> Result<Session, Error> {
        let object = Object::Container(exec.container.clone());
        let found = self.our_container(&exec.container, "run a command in").await?;
        let found = found.ok_or_else(|| Error::NotFound { object: object.clone() })?;
        let config = ExecConfig {
            attach_stdin: Some(exec.stdin && !exec.detach),
            attach_stdout: Some(!exec.detach),
            attach_stderr: Some(!exec.detach),
            tty: Some(exec.tty),
            env: Some(exec.environment.clone()),
            cmd: Some(exec.command.clone()),
            privileged: Some(exec.privileged),
            user: exec.user.clone(),
            working_dir: exec.working_dir.clone(),
            ..ExecConfig::default()
        };
        let created =
            self.client.call(Lane::Other, "create exec", async |docker| docker.create_exec(found.id(), config).await);
        let id = created.await.map_err(|failure| failure.about(&object))?.id;
        let options = StartExecOptions { detach: exec.detach, tty: exec.tty, ..StartExecOptions::default() };
        let started = self
            .client
            .call(Lane::Stream, "start exec", async |docker| docker.start_exec(&id, Some(options)).await)
            .await
            .map_err(|failure| failure.about(&object))?;
        let (size, sizes) = mpsc::channel(4);
        // The engine can signal a container's main process only.
        let (signals, _) = mpsc::channel(1);
        let StartExecResults::Attached { output, input } = started else {
            return Ok(Session { output: stream::empty().boxed(), input: Box::pin(tokio::io::sink()), size, signals });
        };
        tokio::spawn(resize(Arc::clone(&self.client), id.clone(), sizes));
        let client = Arc::clone(&self.client);
        let about = object.clone();
        let said = output.map(move |piece| piece.map(said).map_err(|error| Failure::of(&error).about(&about)));
        let exit = stream::once(async move {
            match exit_code(&client, &id).await {
                Ok(Some(code)) => Ok(Said::Exit(code)),
                Ok(None) => Err(Error::Unavailable { message: "it did not say how the command ended".to_owned() }),
                Err(failure) => Err(failure.about(&object)),
            }
        });
        Ok(Session { output: broken_off(said.chain(exit)).boxed(), input, size, signals })
    }
}

/// Nothing behind an error, so that no exit code is asked for: the connection that broke says nothing about the process.
pub(super) fn broken_off<S>(said: S) -> impl Stream<Item = Result<Said, Error>> + Send
where
    S: Stream<Item = Result<Said, Error>> + Send,
{
    said.scan(false, |broken, piece| {
        let piece = (!*broken).then_some(piece);
        *broken = piece.as_ref().is_some_and(Result::is_err);
        ready(piece)
    })
}

/// The exit code of a command that has closed its output. `None` where it goes on all the same.
pub(super) async fn exit_code(client: &Client, exec: &str) -> Result<Option<i64>, Failure> {
    for _ in 0..EXIT_CODE_LOOKS {
        let inspect = client.call(Lane::Other, "inspect exec", async |docker| docker.inspect_exec(exec).await).await?;
        if inspect.running != Some(true) {
            return Ok(inspect.exit_code);
        }
        tokio::time::sleep(EXIT_CODE_PAUSE).await;
    }
    Ok(None)
}

/// Passes on the size of a terminal until the session is dropped. A size that is refused, as before the command runs or after it
/// ended, matters to nobody.
async fn resize(client: Arc<Client>, exec: String, mut sizes: mpsc::Receiver<TerminalSize>) {
    while let Some(TerminalSize { rows, columns }) = sizes.recv().await {
        let size = ResizeExecOptions { height: rows, width: columns };
        let _ = client.call(Lane::Other, "resize exec", async |docker| docker.resize_exec(&exec, size).await).await;
    }
}

pub(super) fn said(piece: LogOutput) -> Said {
    match piece {
        LogOutput::StdErr { message } => Said::Stderr(message),
        LogOutput::StdIn { message } | LogOutput::StdOut { message } | LogOutput::Console { message } => {
            Said::Stdout(message)
        }
    }
}
