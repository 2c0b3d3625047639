//! A process that somebody is attached to: what it is asked to be, what it is given, what it says. How it is reached is each
//! engine's own.

use crate::Error;
use bytes::Bytes;
use evenkeel_model::ContainerName;
use futures::stream::BoxStream;
use std::pin::Pin;
use tokio::io::AsyncWrite;
use tokio::sync::mpsc;

/// A command to be run inside a container that runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exec {
    /// The container.
    pub container: ContainerName,
    /// The command and its arguments; no shell is put before it.
    pub command: Vec<String>,
    /// `user`, `uid:gid`; `None` is the container's.
    pub user: Option<String>,
    /// Where it runs; `None` is the container's.
    pub working_dir: Option<String>,
    /// `KEY=value`, beside the container's.
    pub environment: Vec<String>,
    /// With all of the host's capabilities.
    pub privileged: bool,
    /// It has a terminal, so that its two outputs are one.
    pub tty: bool,
    /// It reads what is written to [`Session::input`].
    pub stdin: bool,
    /// It is begun and left to itself: the session's output ends at once, without an exit code.
    pub detach: bool,
}

/// A container whose main process is to be attached to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attach {
    /// The container.
    pub container: ContainerName,
    /// It reads what is written to [`Session::input`], where it was made to read at all.
    pub stdin: bool,
    /// It was made and not started yet: it is started once nothing that it says can be lost any more.
    pub start: bool,
}

/// A running process, attached to.
pub struct Session {
    /// What it says, and as the last thing how it ended.
    pub output: BoxStream<'static, Result<Said, Error>>,
    /// What it is given. Shutting it down is the end of its input.
    pub input: Pin<Box<dyn AsyncWrite + Send>>,
    /// The size of its terminal, where it has one. A size that finds no room is dropped, because another follows.
    pub size: mpsc::Sender<TerminalSize>,
    /// Signals for it, by name: `SIGINT`. Only a container's main process can be sent any; others never hear of them.
    pub signals: mpsc::Sender<String>,
}

/// A piece of what a process says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Said {
    /// On standard output, or on its terminal.
    Stdout(Bytes),
    /// On standard error.
    Stderr(Bytes),
    /// It has ended with this exit code. Nothing follows.
    Exit(i64),
}

/// A terminal's size in characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TerminalSize {
    /// Lines.
    pub rows: u16,
    /// Characters in a line.
    pub columns: u16,
}
