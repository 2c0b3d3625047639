//! Commands and their streams: the bodies of `exec`, and the frames that cross a connection after its upgrade.
//!
//! A frame is one byte for its kind, four for its length (big endian), and so many bytes. Kinds that a reader does not know are
//! to be skipped.

use crate::Problem;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What `Upgrade` names in the request and in the answer.
pub const SESSION: &str = "evenkeel-session";
/// No frame is longer, in bytes.
const LONGEST: usize = 1 << 20;
const HEAD: usize = 5;

/// Run a command in a service's container.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ExecRequest {
    /// The command and its arguments; no shell is put before it.
    pub command: Vec<String>,
    /// The container's number within the service; left out, the first that runs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub index: Option<u32>,
    /// `user` or `uid:gid`; left out, the container's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// Where it runs; left out, where the container does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub working_dir: Option<String>,
    /// `KEY=value`, beside the container's.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub environment: Vec<String>,
    /// With all of the host's capabilities.
    pub privileged: bool,
    /// With a terminal. Only on an upgraded connection.
    pub tty: bool,
    /// Begin it and leave it to itself.
    pub detach: bool,
    /// What it reads, where the connection is not upgraded; left out, nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stdin: Option<String>,
}

/// How a command ended.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ExecResult {
    /// Where it ran.
    pub container: String,
    /// Its exit code; none for one that was left to itself.
    pub exit_code: Option<i64>,
    /// What it said on standard output, as text.
    pub stdout: String,
    /// What it said on standard error, as text.
    pub stderr: String,
    /// It said more than the daemon keeps; what is there is the beginning.
    pub truncated: bool,
}

/// What crosses an upgraded connection.
#[derive(Debug, Clone, PartialEq)]
pub enum Frame {
    /// To the daemon, kind 0: input. Empty: its end.
    Stdin(Vec<u8>),
    /// From the daemon, kind 1: standard output, or what a terminal shows.
    Stdout(Vec<u8>),
    /// From the daemon, kind 2: standard error.
    Stderr(Vec<u8>),
    /// To the daemon, kind 3: the terminal's size, two bytes each.
    Size {
        /// Lines.
        rows: u16,
        /// Characters in a line.
        columns: u16,
    },
    /// To the daemon, kind 6: a signal for a container's main process, by name: `SIGINT`.
    Signal(String),
    /// From the daemon, kind 4: the exit code, eight bytes. The last frame.
    Exit(i64),
    /// From the daemon, kind 5: what went wrong, as JSON. The last frame.
    Problem(Box<Problem>),
}

/// What came is no frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NoFrame;

impl Frame {
    /// The frame as bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        let (kind, body) = match self {
            Self::Stdin(bytes) => (0, bytes.clone()),
            Self::Stdout(bytes) => (1, bytes.clone()),
            Self::Stderr(bytes) => (2, bytes.clone()),
            Self::Size { rows, columns } => (3, [rows.to_be_bytes(), columns.to_be_bytes()].concat()),
            Self::Signal(name) => (6, name.clone().into_bytes()),
            Self::Exit(code) => (4, code.to_be_bytes().to_vec()),
            Self::Problem(problem) => (5, serde_json::to_vec(problem).unwrap_or_default()),
        };
        let length = u32::try_from(body.len()).unwrap_or(u32::MAX);
        let mut bytes = Vec::with_capacity(HEAD + body.len());
        bytes.push(kind);
        bytes.extend_from_slice(&length.to_be_bytes());
        bytes.extend_from_slice(&body);
        bytes
    }
}

/// Puts frames together from pieces of any size.
#[derive(Debug, Default)]
pub struct Frames(Vec<u8>);

impl Frames {
    /// Takes what has arrived.
    pub fn push(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
    }

    /// The next frame; `None` until it is there as a whole.
    ///
    /// # Errors
    /// [`NoFrame`], and then nothing that follows can be understood.
    pub fn pop(&mut self) -> Result<Option<Frame>, NoFrame> {
        loop {
            let Some((head, rest)) = self.0.split_first_chunk::<HEAD>() else { return Ok(None) };
            let [kind, length @ ..] = *head;
            let length = u32::from_be_bytes(length) as usize;
            if length > LONGEST {
                return Err(NoFrame);
            }
            let Some(body) = rest.get(..length) else { return Ok(None) };
            let body = body.to_vec();
            self.0.drain(..HEAD + length);
            if let Some(frame) = frame(kind, body)? {
                return Ok(Some(frame));
            }
        }
    }
}

/// `None` for a kind of a later version.
fn frame(kind: u8, body: Vec<u8>) -> Result<Option<Frame>, NoFrame> {
    Ok(Some(match kind {
        0 => Frame::Stdin(body),
        1 => Frame::Stdout(body),
        2 => Frame::Stderr(body),
        3 => {
            let [a, b, c, d] = <[u8; 4]>::try_from(body).map_err(|_| NoFrame)?;
            Frame::Size { rows: u16::from_be_bytes([a, b]), columns: u16::from_be_bytes([c, d]) }
        }
        4 => Frame::Exit(i64::from_be_bytes(body.try_into().map_err(|_| NoFrame)?)),
        5 => Frame::Problem(serde_json::from_slice(&body).map_err(|_| NoFrame)?),
        6 => Frame::Signal(String::from_utf8(body).map_err(|_| NoFrame)?),
        _ => return Ok(None),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ProblemType;

    #[test]
    fn frames_arrive_whole_in_pieces_of_any_size() {
        let sent = [
            Frame::Stdin(b"in".to_vec()),
            Frame::Stdin(Vec::new()),
            Frame::Stdout(b"out".to_vec()),
            Frame::Stderr(vec![0; 300]),
            Frame::Size { rows: 24, columns: 80 },
            Frame::Signal("SIGINT".to_owned()),
            Frame::Problem(Box::new(Problem::new(ProblemType::Conflict, "no"))),
            Frame::Exit(-1),
        ];
        let bytes: Vec<u8> = sent.iter().flat_map(Frame::to_bytes).chain([9, 0, 0, 0, 1, 7]).collect();
        for size in [1, 2, 7, bytes.len()] {
            let (mut frames, mut got) = (Frames::default(), Vec::new());
            for piece in bytes.chunks(size) {
                frames.push(piece);
                while let Ok(Some(frame)) = frames.pop() {
                    got.push(frame);
                }
            }
            assert_eq!(got, sent, "pieces of {size}");
        }
    }

    #[test]
    fn what_is_no_frame_is_refused() {
        for bytes in [
            &[1, 255, 255, 255, 255][..],
            &[3, 0, 0, 0, 1, 0],
            &[4, 0, 0, 0, 0],
            &[5, 0, 0, 0, 1, b'{'],
            &[6, 0, 0, 0, 1, 255],
        ] {
            let mut frames = Frames::default();
            frames.push(bytes);
            assert_eq!(frames.pop(), Err(NoFrame), "{bytes:?}");
        }
    }
}
