//! A connection whose every part has a deadline.

use crate::Failure;
use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

/// A connection is tried for so long at least: none at all is no time.
const LEAST: Duration = Duration::from_millis(1);

/// A connection on which a word is exchanged.
pub(crate) struct Stream {
    stream: TcpStream,
    address: SocketAddr,
    deadline: Instant,
}

impl Stream {
    pub(crate) fn connect(address: SocketAddr, timeout: Duration) -> Result<Self, Failure> {
        let stream =
            TcpStream::connect_timeout(&address, timeout).map_err(|error| Failure::connecting(address, &error))?;
        Ok(Self { stream, address, deadline: Instant::now() + timeout })
    }

    /// Leaves half of the time for another try, and says when that is over.
    pub(crate) fn keep_half(&mut self) -> Instant {
        let whole = self.deadline;
        self.deadline -= whole.saturating_duration_since(Instant::now()) / 2;
        whole
    }

    /// Another connection to the same server, until then.
    pub(crate) fn again(&self, deadline: Instant) -> Result<Self, Failure> {
        Self::connect(self.address, deadline.saturating_duration_since(Instant::now()).max(LEAST))
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    pub(crate) fn send(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        let remaining = self.remaining()?;
        let sent = self.stream.set_write_timeout(Some(remaining)).and_then(|()| self.stream.write_all(bytes));
        sent.map_err(|error| Failure::wrong_protocol(self.address, format_args!("broke the connection: {error}")))
    }

    /// What the server says, until it is enough, the server ends, or nothing more comes. Nothing at all is a failure.
    pub(crate) fn hear(&mut self, enough: impl Fn(&[u8]) -> bool) -> Result<Vec<u8>, Failure> {
        const MOST: usize = 16 * 1024;
        let mut heard = Vec::new();
        let mut buffer = [0_u8; 2048];
        while !enough(&heard) && heard.len() < MOST {
            let Ok(remaining) = self.remaining() else { break };
            match self.stream.set_read_timeout(Some(remaining)).and_then(|()| self.stream.read(&mut buffer)) {
                Ok(0) => break,
                Ok(length) => heard.extend_from_slice(&buffer[..length]),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => break,
                Err(error) if heard.is_empty() => {
                    return Err(Failure::wrong_protocol(self.address, format_args!("broke the connection: {error}")));
                }
                Err(_) => break,
            }
        }
        if !heard.is_empty() {
            return Ok(heard);
        }
        let did =
            if self.remaining().is_err() { "accepts connections and says nothing" } else { "hung up without a word" };
        Err(Failure::wrong_protocol(self.address, did))
    }

    fn remaining(&self) -> Result<Duration, Failure> {
        let remaining = self.deadline.saturating_duration_since(Instant::now());
        if remaining.is_zero() {
            return Err(Failure::wrong_protocol(self.address, "does not answer in time"));
        }
        Ok(remaining)
    }
}
