//! Commands inside simulated containers. There is no program to run, so three are played: `cat`, `exit CODE`, and anything
//! else, which prints its own words.

use super::container::{Phase, SimContainer};
use super::life::conflict;
use crate::{Error, Exec, Said, Session};
use futures::future::ready;
use futures::stream::{self, StreamExt};
use tokio::sync::mpsc;
use tokio_util::io::ReaderStream;

/// What `cat` holds until it is read, in bytes.
pub(super) const PIPE: usize = 64 * 1024;

impl SimContainer {
    /// Refuses where no command can be run.
    pub(super) fn takes_commands(&self) -> Result<(), Error> {
        match self.phase {
            Phase::Running => Ok(()),
            Phase::Paused(_) => Err(conflict(&self.new.name, "it is paused, unpause it before a command is run in it")),
            Phase::Created | Phase::Restarting(_) | Phase::Exited(_) => {
                Err(conflict(&self.new.name, "it is not running"))
            }
        }
    }
}

/// The command's session.
pub(super) fn session(exec: &Exec) -> Session {
    let (size, _) = mpsc::channel(1);
    let (signals, _) = mpsc::channel(1);
    let words: Vec<&str> = exec.command.iter().map(String::as_str).collect();
    if exec.detach {
        return Session { output: stream::empty().boxed(), input: Box::pin(tokio::io::sink()), size, signals };
    }
    let (input, heard) = tokio::io::duplex(PIPE);
    let said = match words[..] {
        ["cat"] if exec.stdin => {
            // Both ends of a duplex read and write; this one only reads.
            let pieces = ReaderStream::new(heard).filter_map(|piece| ready(piece.ok().map(Said::Stdout)));
            pieces.chain(stream::iter([Said::Exit(0)])).boxed()
        }
        ["cat"] => stream::iter([Said::Exit(0)]).boxed(),
        ["exit", code] => stream::iter([Said::Exit(code.parse().unwrap_or(2))]).boxed(),
        _ => stream::iter([Said::Stdout(format!("{}\n", words.join(" ")).into()), Said::Exit(0)]).boxed(),
    };
    Session { output: said.map(Ok).boxed(), input: Box::pin(input), size, signals }
}
