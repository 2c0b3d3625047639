//! The session of a running process: as frames over an upgraded connection, or collected for a client that only reads JSON.

use crate::problem::{Problem, shutting_down};
use crate::state::ApiState;
use axum::body::Body;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::Response;
use evenkeel_engine::{Error, Said, Session, TerminalSize};
use evenkeel_wire::{Frame, Frames, SESSION};
use futures::StreamExt;
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::sync::mpsc;

/// Bytes of each output that are kept for a client that only reads JSON.
const KEPT: usize = 1 << 20;
/// What is read at once from a client.
const PIECE: usize = 16 * 1024;

/// Whether a request asks for the connection to become a session.
pub fn is_asked_for(headers: &HeaderMap) -> bool {
    headers.get(header::UPGRADE).is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(SESSION.as_bytes()))
}

/// Answers that the connection becomes a session, which goes on by itself until the process or the client ends.
pub fn begin(
    state: &ApiState,
    upgrade: OnUpgrade,
    session: Session,
    permit: impl Send + 'static,
) -> Result<Response, axum::http::Error> {
    let shutdown = state.shutdown().clone();
    tokio::spawn(async move {
        let _held_while_the_session_lives = permit;
        match upgrade.await {
            Ok(connection) => {
                let (client, daemon) = tokio::io::split(TokioIo::new(connection));
                carry(client, daemon, session, shutdown.cancelled_owned()).await;
            }
            Err(error) => tracing::debug!(%error, "a session's client went before it began"),
        }
    });
    Response::builder()
        .status(StatusCode::SWITCHING_PROTOCOLS)
        .header(header::CONNECTION, "upgrade")
        .header(header::UPGRADE, SESSION)
        .body(Body::empty())
}

/// Carries a session between a process and its client.
async fn carry(
    client: impl AsyncRead + Unpin,
    mut daemon: impl AsyncWrite + Unpin,
    session: Session,
    shutdown: impl Future<Output = ()>,
) {
    let Session { mut output, input, size, signals } = session;
    let speak = async {
        while let Some(said) = output.next().await {
            let frame = match said {
                Ok(Said::Stdout(bytes)) => Frame::Stdout(bytes.into()),
                Ok(Said::Stderr(bytes)) => Frame::Stderr(bytes.into()),
                Ok(Said::Exit(code)) => Frame::Exit(code),
                Err(error) => Frame::Problem(refused(&error).0),
            };
            if daemon.write_all(&frame.to_bytes()).await.is_err() {
                return;
            }
        }
    };
    // Listening goes on beside speaking: a process may wait for its output to be read before it reads on.
    let last = tokio::select! {
        () = speak => None,
        () = listen(client, input, size, signals) => None,
        () = shutdown => Some(Frame::Problem(shutting_down().0)),
    };
    if let Some(frame) = last {
        let _ = daemon.write_all(&frame.to_bytes()).await;
    }
    let _ = daemon.shutdown().await;
}

/// Passes on what the client sends, until it has gone. A process that does not read any more is no reason to end.
async fn listen(
    mut client: impl AsyncRead + Unpin,
    mut input: impl AsyncWrite + Unpin,
    size: mpsc::Sender<TerminalSize>,
    signals: mpsc::Sender<String>,
) {
    let (mut frames, mut piece) = (Frames::default(), vec![0; PIECE]);
    loop {
        match client.read(&mut piece).await {
            Ok(0) | Err(_) => return,
            Ok(length) => frames.push(&piece[..length]),
        }
        loop {
            match frames.pop() {
                Ok(None) => break,
                Ok(Some(Frame::Stdin(bytes))) if bytes.is_empty() => drop(input.shutdown().await),
                Ok(Some(Frame::Stdin(bytes))) => {
                    let _ = input.write_all(&bytes).await;
                    let _ = input.flush().await;
                }
                Ok(Some(Frame::Size { rows, columns })) => drop(size.try_send(TerminalSize { rows, columns })),
                // A command that is no main process cannot be signalled, and nobody hears of it.
                Ok(Some(Frame::Signal(name))) => drop(signals.try_send(name)),
                // Nothing else is said to a daemon.
                Ok(Some(_)) | Err(_) => return,
            }
        }
    }
}

/// What a process said, collected.
#[derive(Debug, Default)]
pub struct Collected {
    /// Its exit code, where it was waited for.
    pub exit_code: Option<i64>,
    /// Standard output.
    pub stdout: Vec<u8>,
    /// Standard error.
    pub stderr: Vec<u8>,
    /// More was said than is kept.
    pub truncated: bool,
}

/// Gives a process its whole input and collects what it says.
pub async fn collect(state: &ApiState, session: Session, stdin: &[u8]) -> Result<Collected, Problem> {
    let Session { mut output, mut input, size: _, signals: _ } = session;
    let give = async {
        // A process need not read it.
        let _ = input.write_all(stdin).await;
        let _ = input.shutdown().await;
        std::future::pending::<()>().await;
    };
    let take = async {
        let mut collected = Collected::default();
        while let Some(said) = output.next().await {
            match said.map_err(|error| refused(&error))? {
                Said::Stdout(bytes) => collected.truncated |= keep(&mut collected.stdout, &bytes),
                Said::Stderr(bytes) => collected.truncated |= keep(&mut collected.stderr, &bytes),
                Said::Exit(code) => collected.exit_code = Some(code),
            }
        }
        Ok(collected)
    };
    tokio::select! {
        collected = take => collected,
        () = give => Ok(Collected::default()),
        () = state.shutdown().cancelled() => Err(shutting_down()),
    }
}

/// Keeps what there is room for, and says whether something was left out.
fn keep(kept: &mut Vec<u8>, bytes: &[u8]) -> bool {
    let room = KEPT.saturating_sub(kept.len()).min(bytes.len());
    kept.extend_from_slice(&bytes[..room]);
    room < bytes.len()
}

/// An engine's refusal to run something.
pub fn refused(error: &Error) -> Problem {
    use evenkeel_wire::ProblemType;
    match error {
        Error::Unavailable { .. } => ApiState::engine_unavailable(error),
        Error::NotFound { .. } | Error::Conflict { .. } => Problem::new(ProblemType::Conflict, error.to_string()),
        Error::Rejected { .. } | Error::Faltered { .. } => Problem::new(ProblemType::BadRequest, error.to_string()),
    }
}
