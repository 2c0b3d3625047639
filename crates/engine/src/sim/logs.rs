//! Lines of simulated processes, as a stream.

use super::Shared;
use crate::LogLine;
use evenkeel_model::ContainerName;
use std::sync::Arc;
use tokio::sync::watch;

/// A reader's place in a container's lines.
pub(super) struct Reader {
    pub(super) shared: Arc<Shared>,
    pub(super) container: ContainerName,
    /// The container's id: one that takes its name later is another.
    pub(super) id: String,
    pub(super) next: usize,
    pub(super) follow: bool,
    pub(super) version: watch::Receiver<u64>,
}

impl Reader {
    /// The next line. `None` after the last, which for a follower comes when the container's run has ended.
    pub(super) async fn line(&mut self) -> Option<LogLine> {
        loop {
            {
                let world = self.shared.world();
                let container = world.containers.get(&self.container).filter(|container| container.id == self.id)?;
                if let Some((line, next)) = container.lines.from(self.next) {
                    self.next = next;
                    return Some(line);
                }
                if !self.follow || !container.is_running() || !world.up {
                    return None;
                }
                self.version.mark_unchanged();
            }
            self.version.changed().await.ok()?;
        }
    }
}
