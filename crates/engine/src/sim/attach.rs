//! Main processes of simulated containers, attached to: their lines as they write them, and their exit code. `cat` gives back what
//! it is given and ends with its input; every other process leaves it unread.

use super::Shared;
use super::agenda::What;
use super::client::Client;
use super::container::SimContainer;
use super::exec::PIPE;
use super::faults::Call;
use super::life::conflict;
use super::world::World;
use crate::{Attach, Error, Said, Session};
use evenkeel_model::ContainerState;
use futures::StreamExt;
use futures::future::ready;
use futures::stream::{self, BoxStream};
use std::sync::Arc;
use std::time::Duration;
use tokio::io::DuplexStream;
use tokio::sync::{mpsc, watch};
use tokio::time::Instant;
use tokio_util::io::ReaderStream;

impl Client {
    /// Attaches, and where asked starts.
    pub(super) async fn attach(&self, attach: &Attach) -> Result<Session, Error> {
        let name = &attach.container;
        let request = self.request(Call::Attach, Duration::ZERO).await?;
        let reader = request.carry_out(|world, _| {
            world.ours(name)?;
            let version = world.hints.version();
            let container: &SimContainer = world.container(name)?;
            if !attach.start && !container.is_running() {
                return Err(conflict(name, "it is not running"));
            }
            Ok(Reader {
                shared: Arc::clone(&self.shared),
                id: container.id.clone(),
                next: container.lines.start(Some(0), None),
                run: container.run_number() + u32::from(attach.start),
                version,
            })
        })?;
        let reader = request.reply(reader)?;
        if attach.start {
            let pace = self.shared.world().options.pace.start;
            let request = self.request(Call::Start, pace).await?;
            let started = request.carry_out(|world, now| world.start(name, now));
            self.memory().told = None;
            started?;
            request.reply(())?;
        }
        let (signals, sent) = mpsc::channel(4);
        tokio::spawn(signal(Arc::clone(&self.shared), reader.id.clone(), sent));
        let (size, _) = mpsc::channel(1);
        let (input, heard) = tokio::io::duplex(PIPE);
        let output = if attach.stdin && reader.is_cat() { given_back(heard, reader) } else { said(reader) };
        Ok(Session { output: output.map(Ok).boxed(), input: Box::pin(input), size, signals })
    }
}

/// What a run says, and at last its exit code.
fn said(reader: Reader) -> BoxStream<'static, Said> {
    let said = stream::unfold(Some(reader), |reader| async move {
        let mut reader = reader?;
        match reader.said().await? {
            Said::Exit(code) => Some((Said::Exit(code), None)),
            said => Some((said, Some(reader))),
        }
    });
    said.boxed()
}

/// What `cat` is given, and then its end.
fn given_back(heard: DuplexStream, reader: Reader) -> BoxStream<'static, Said> {
    let (shared, id) = (Arc::clone(&reader.shared), reader.id.clone());
    // Both ends of a duplex read and write; this one only reads.
    let given = ReaderStream::new(heard).filter_map(|piece| ready(piece.ok().map(Said::Stdout)));
    let over = stream::once(async move {
        let mut world = shared.world();
        if let Some(name) = world.names.get(&id).cloned() {
            world.plan(&name, Instant::now(), What::Exit { code: 0, oom: false });
        }
        None
    });
    let end = said(reader).filter(|said| ready(matches!(said, Said::Exit(_))));
    given.map(Some).chain(over).filter_map(ready).chain(end).boxed()
}

/// Passes on signals until the session is dropped. One that has ended meanwhile has nothing to hear them with.
async fn signal(shared: Arc<Shared>, id: String, mut sent: mpsc::Receiver<String>) {
    while let Some(signal) = sent.recv().await {
        let mut world = shared.world();
        if let Some(name) = world.names.get(&id).cloned() {
            let _ = world.kill(&name, &signal, Instant::now());
        }
    }
}

/// Somebody's place in what a run says.
struct Reader {
    shared: Arc<Shared>,
    /// A container that takes its name later is another.
    id: String,
    next: usize,
    run: u32,
    version: watch::Receiver<u64>,
}

impl Reader {
    fn is_cat(&self) -> bool {
        let world = self.shared.world();
        let command = world.by_id(&self.id).and_then(|container| container.new.spec.command.clone());
        command.is_some_and(|command| command == ["cat"])
    }

    /// What it says next, and at last its exit code. `None` where it was removed before it ended.
    async fn said(&mut self) -> Option<Said> {
        loop {
            {
                let world = self.shared.world();
                let container = world.by_id(&self.id)?;
                if let Some((line, next)) = container.lines.from(self.next) {
                    self.next = next;
                    let text = [&line.text[..], b"\n"].concat();
                    return Some(if line.stderr { Said::Stderr(text.into()) } else { Said::Stdout(text.into()) });
                }
                if container.run_number() >= self.run
                    && let ContainerState::Exited(exit) = container.inspect().state
                {
                    return Some(Said::Exit(exit.code));
                }
                self.version.mark_unchanged();
            }
            self.version.changed().await.ok()?;
        }
    }
}

impl World {
    /// A container, also one that went when it ended.
    fn by_id(&self, id: &str) -> Option<&SimContainer> {
        self.with_id(id).or_else(|| self.departed.iter().find(|container| container.id == id))
    }
}
