//! The command's side of a session: its own input to the process, the process's outputs to its own, and the exit code.

use crate::failure::{FAILED, Failure};
use crate::output::Output;
use crate::terminal::{self, Raw};
use evenkeel_wire::{Frame, Frames};
use std::io::Read as _;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc;

/// What is read at once.
const PIECE: usize = 16 * 1024;

/// What kind of session it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kind {
    /// Every key goes to the process.
    pub tty: bool,
    /// So does every signal that this command gets.
    pub signals: bool,
}

/// The signals that are passed on.
const SIGNALS: [(SignalKind, &str); 6] = [
    (SignalKind::interrupt(), "SIGINT"),
    (SignalKind::terminate(), "SIGTERM"),
    (SignalKind::hangup(), "SIGHUP"),
    (SignalKind::quit(), "SIGQUIT"),
    (SignalKind::user_defined1(), "SIGUSR1"),
    (SignalKind::user_defined2(), "SIGUSR2"),
];
/// Who sends so many without an end of the process wants to be rid of the command itself.
const PATIENCE: usize = 4;

/// Carries a session to its end and gives the process's exit code.
pub async fn carry(
    output: &Output,
    connection: impl AsyncRead + AsyncWrite + Send,
    input: mpsc::Receiver<Vec<u8>>,
    kind: Kind,
) -> Result<u8, Failure> {
    let _raw = if kind.tty { Raw::set() } else { None };
    let (mut from, to) = tokio::io::split(connection);
    let hear = async {
        let (mut frames, mut piece) = (Frames::default(), vec![0; PIECE]);
        loop {
            let length = from.read(&mut piece).await.map_err(|error| broke(&error.to_string()))?;
            if length == 0 {
                return Err(broke("it was closed"));
            }
            frames.push(&piece[..length]);
            while let Some(frame) = frames.pop().map_err(|_| broke("what came is not understood"))? {
                match frame {
                    Frame::Stdout(bytes) => output.out_bytes(&bytes),
                    Frame::Stderr(bytes) => output.err_bytes(&bytes),
                    // A process's code has eight bits; what has more is no success.
                    Frame::Exit(code) => return Ok(u8::try_from(code).unwrap_or(FAILED)),
                    Frame::Problem(problem) => return Err(Failure::Problem(problem)),
                    Frame::Stdin(_) | Frame::Size { .. } | Frame::Signal(_) => {}
                }
            }
        }
    };
    tokio::select! {
        heard = hear => heard,
        () = tell(to, input, kind) => {
            Err(Failure::Interrupted("interrupted: the process goes on by itself".to_owned()))
        }
    }
}

/// Sends what is typed, the terminal's size and signals. Never ends while the process may still say something, unless somebody insists.
async fn tell(mut to: impl AsyncWrite + Unpin, input: mpsc::Receiver<Vec<u8>>, kind: Kind) {
    let tty = kind.tty;
    let mut input = Some(input);
    let mut signals = if kind.signals { signals() } else { mpsc::channel(1).1 };
    let mut insisted = 0;
    let mut resized = if tty { signal(SignalKind::window_change()).ok() } else { None };
    if tty {
        send_size(&mut to).await;
    }
    loop {
        let change = async {
            match resized.as_mut() {
                Some(resized) => resized.recv().await,
                None => std::future::pending().await,
            }
        };
        let typed = async {
            match input.as_mut() {
                Some(input) => input.recv().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            bytes = typed => {
                if bytes.is_none() {
                    input = None;
                }
                send(&mut to, &Frame::Stdin(bytes.unwrap_or_default())).await;
            }
            Some(name) = signals.recv() => {
                insisted += 1;
                if insisted >= PATIENCE {
                    return;
                }
                send(&mut to, &Frame::Signal(name.to_owned())).await;
            }
            _ = change => send_size(&mut to).await,
        }
    }
}

/// Where it cannot be sent the process has ended, and its last words are still to be heard.
async fn send(to: &mut (impl AsyncWrite + Unpin), frame: &Frame) {
    let _ = to.write_all(&frame.to_bytes()).await;
    let _ = to.flush().await;
}

/// The signals that this command gets from now on, by name.
fn signals() -> mpsc::Receiver<&'static str> {
    let (sender, receiver) = mpsc::channel(4);
    for (kind, name) in SIGNALS {
        let Ok(mut signal) = signal(kind) else { continue };
        let sender = sender.clone();
        tokio::spawn(async move { while signal.recv().await.is_some() && sender.send(name).await.is_ok() {} });
    }
    receiver
}

async fn send_size(to: &mut (impl AsyncWrite + Unpin)) {
    if let Some((rows, columns)) = terminal::size() {
        send(to, &Frame::Size { rows, columns }).await;
    }
}

/// No input: it has ended before it begins.
pub fn no_input() -> mpsc::Receiver<Vec<u8>> {
    mpsc::channel(1).1
}

/// The command's own input, piece by piece. Read in a thread of its own, which nobody waits for: a read cannot be called off.
pub fn stdin() -> mpsc::Receiver<Vec<u8>> {
    let (sender, receiver) = mpsc::channel(4);
    std::thread::spawn(move || {
        let mut piece = vec![0; PIECE];
        while let Ok(length @ 1..) = std::io::stdin().read(&mut piece) {
            if sender.blocking_send(piece[..length].to_vec()).is_err() {
                return;
            }
        }
    });
    receiver
}

fn broke(why: &str) -> Failure {
    Failure::failed(format!("the connection to the process broke: {why}; how the process ended is not known"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use evenkeel_wire::{Problem, ProblemType};

    /// What a session comes to where the daemon says this.
    async fn carried(said: &[Frame]) -> (Result<u8, u8>, String, String) {
        let (output, out, err) = Output::captured(false, false);
        let (ours, mut theirs) = tokio::io::duplex(1 << 16);
        let (sender, input) = mpsc::channel(1);
        sender.send(b"typed".to_vec()).await.unwrap();
        drop(sender);
        let daemon = async {
            let wanted =
                [Frame::Stdin(b"typed".to_vec()), Frame::Stdin(Vec::new())].map(|frame| frame.to_bytes()).concat();
            let mut heard = vec![0; wanted.len()];
            theirs.read_exact(&mut heard).await.unwrap();
            assert_eq!(heard, wanted);
            for frame in said {
                theirs.write_all(&frame.to_bytes()).await.unwrap();
            }
            drop(theirs);
        };
        let (code, ()) = tokio::join!(carry(&output, ours, input, Kind { tty: false, signals: false }), daemon);
        let text =
            |sink: std::sync::Arc<std::sync::Mutex<Vec<u8>>>| String::from_utf8(sink.lock().unwrap().clone()).unwrap();
        (code.map_err(|failure| failure.code()), text(out), text(err))
    }

    #[tokio::test]
    async fn outputs_go_where_they_belong_and_the_code_is_the_processs() {
        let (out, err) = (Frame::Stdout(b"o\n".to_vec()), Frame::Stderr(b"e\n".to_vec()));
        let problem = Frame::Problem(Box::new(Problem::new(ProblemType::Unavailable, "ending")));
        for (last, code) in [
            (vec![Frame::Exit(0)], Ok(0)),
            (vec![Frame::Exit(137)], Ok(137)),
            (vec![Frame::Exit(-1)], Ok(1)),
            (vec![problem], Err(1)),
            (vec![], Err(1)),
        ] {
            let said: Vec<Frame> = [out.clone(), err.clone()].into_iter().chain(last).collect();
            assert_eq!(carried(&said).await, (code, "o\n".to_owned(), "e\n".to_owned()), "{said:?}");
        }
    }
}
