//! How many containers an engine is asked to end at a time. It cleans up behind one after the other however many have died; what grows with
//! their number is the time until anything is done with. So only a few end at once, and room goes to the newest that waits for it: a stack that has
//! begun to go is gone, with its networks, before the next one's containers end.
//!
//! A stop that waits for room is not taken back by a later `up`: it is carried out, and the container started again.

use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::oneshot;

/// A process that has nothing to do but to end does so within this time; one that has keeps others waiting no longer.
const PROMPT: Duration = Duration::from_millis(300);

/// Room for so many.
#[derive(Clone)]
pub(super) struct Endings(Arc<Mutex<State>>);

struct State {
    free: usize,
    /// Those that wait, the newest last.
    waiting: Vec<oneshot::Sender<Room>>,
}

/// Room for one, given to the next when it is dropped.
pub(super) struct Room(Endings);

impl Endings {
    pub(super) fn new(at_once: usize) -> Self {
        Self(Arc::new(Mutex::new(State { free: at_once.max(1), waiting: Vec::new() })))
    }

    /// Waits for room.
    pub(super) async fn room(&self) -> Room {
        let given = {
            let mut state = self.state();
            if state.free > 0 {
                state.free -= 1;
                return Room(self.clone());
            }
            let (sender, given) = oneshot::channel();
            state.waiting.push(sender);
            given
        };
        // Who waits is kept until room is sent to them.
        given.await.unwrap_or_else(|_| Room(self.clone()))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Room {
    /// Keeps the room for what ends a container until that is done; only for a moment where nothing `has_died` by then.
    pub(super) async fn keep_for<T>(self, end: impl Future<Output = T>, has_died: impl Fn() -> bool) -> T {
        let mut end = pin!(end);
        if let Ok(done) = tokio::time::timeout(PROMPT, end.as_mut()).await {
            return done;
        }
        let _kept = has_died().then_some(self);
        end.await
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        let next = {
            let mut state = self.0.state();
            let next = state.waiting.pop();
            state.free += usize::from(next.is_none());
            next
        };
        if let Some(next) = next {
            // Where it waits no more, the room comes back, is dropped, and goes to the next.
            drop(next.send(Room(self.0.clone())));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::time::Instant;

    /// Asks for room, waits until it stands in line, and says when it has it.
    async fn ask(
        endings: &Endings,
        name: &'static str,
        came: &Arc<Mutex<Vec<&'static str>>>,
    ) -> tokio::task::JoinHandle<()> {
        let (endings, came) = (endings.clone(), Arc::clone(came));
        let task = tokio::spawn(async move {
            let _room = endings.room().await;
            came.lock().expect("no panic").push(name);
        });
        tokio::task::yield_now().await;
        task
    }

    #[tokio::test]
    async fn the_newest_comes_first_and_nobody_is_lost() {
        let endings = Endings::new(1);
        let came = Arc::default();
        let room = endings.room().await;
        let old = ask(&endings, "old", &came).await;
        let given_up = ask(&endings, "given up", &came).await;
        let new = ask(&endings, "new", &came).await;
        given_up.abort();
        let _ = given_up.await;
        drop(room);
        let (old, new) = tokio::join!(old, new);
        assert!(old.is_ok() && new.is_ok());
        assert_eq!(*came.lock().expect("no panic"), ["new", "old"]);
        assert_eq!(endings.state().free, 1, "the room has come back");
    }

    #[tokio::test(start_paused = true)]
    async fn who_takes_long_to_die_keeps_nobody_waiting() {
        // (the end takes, it has died within the moment, others have room after) in ms
        for (takes, died, expected) in [(100, false, 100), (5_000, false, 300), (5_000, true, 5_000)] {
            let endings = Endings::new(1);
            let room = endings.room().await;
            let began = Instant::now();
            let end = tokio::spawn(room.keep_for(tokio::time::sleep(Duration::from_millis(takes)), move || died));
            drop(endings.room().await);
            assert_eq!(began.elapsed().as_millis(), expected, "{takes} ms, died: {died}");
            end.await.expect("no panic");
        }
    }
}
