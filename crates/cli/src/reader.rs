//! Standard output as somebody reads it: when it cannot be written any more, the command ends instead of writing into the void.

use crate::failure::{DONE, Failure, Outcome};
use std::io::{ErrorKind, Write};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::Notify;

/// Where results go.
#[derive(Clone)]
pub struct Reader {
    sink: Arc<Mutex<dyn Write + Send>>,
    lost: Arc<Mutex<Option<std::io::Error>>>,
    told: Arc<Notify>,
}

impl Reader {
    /// Results go there.
    pub fn new(sink: Arc<Mutex<dyn Write + Send>>) -> Self {
        Self { sink, lost: Arc::default(), told: Arc::default() }
    }

    /// Writes all of it, at once. What cannot be written ends [`Reader::served`].
    pub fn write(&self, bytes: &[u8]) {
        let written = {
            let mut sink = self.sink.lock().unwrap_or_else(PoisonError::into_inner);
            sink.write_all(bytes).and_then(|()| sink.flush())
        };
        if let Err(error) = written {
            self.lost.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error);
            self.told.notify_one();
        }
    }

    /// The outcome of the work, cut short when nothing can be written any more. A reader who has gone away had enough
    /// (`| head`), which is no failure; a full disk is one.
    pub async fn served(&self, work: impl Future<Output = Outcome>) -> Outcome {
        let outcome = tokio::select! {
            biased;
            outcome = work => outcome,
            () = self.told.notified() => Ok(DONE),
        };
        let lost = self.lost.lock().unwrap_or_else(PoisonError::into_inner).take();
        match lost {
            Some(error) if error.kind() != ErrorKind::BrokenPipe => {
                outcome.and_then(|_| Err(Failure::failed(format!("the result could not be written: {error}"))))
            }
            _ => outcome,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Broken(ErrorKind);

    impl Write for Broken {
        fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
            Err(self.0.into())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    #[tokio::test]
    async fn what_nobody_reads_ends() {
        for (kind, code, expected) in [
            (ErrorKind::BrokenPipe, None, Ok(DONE)),
            (ErrorKind::BrokenPipe, Some(2), Ok(2)),
            (ErrorKind::StorageFull, None, Err(1)),
            (ErrorKind::StorageFull, Some(0), Err(1)),
        ] {
            let reader = Reader::new(Arc::new(Mutex::new(Broken(kind))));
            let work = async {
                reader.write(b"a line\n");
                match code {
                    Some(code) => Ok(code),
                    None => std::future::pending().await,
                }
            };
            let outcome = reader.served(work).await.map_err(|failure| failure.code());
            assert_eq!(outcome, expected, "{kind:?} {code:?}");
        }
    }
}
