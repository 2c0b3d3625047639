//! An image made from a container, which stands still meanwhile by the engine's doing: to the loop it is as in a step's hands, or it would
//! be made to go on in the middle.

use crate::entry::{COMMIT, Entry};
use crate::shared::Shared;
use evenkeel_engine::{Commit, Error};
use evenkeel_model::{ImageId, Object, StackName};
use std::sync::Arc;

/// Makes it, to its end, even where the caller does not wait.
pub(crate) async fn commit(shared: &Arc<Shared>, name: &StackName, commit: Commit) -> Result<ImageId, Error> {
    let object = Object::Container(commit.container.clone());
    let entry = shared.entry(name).ok_or_else(|| Error::NotFound { object: object.clone() })?;
    if !entry.in_flight().begin(&object, COMMIT) {
        let message = "something else is being done to it; ask again in a moment".to_owned();
        return Err(Error::Conflict { object, message });
    }
    let held = Held { entry, object };
    let engine = shared.engine.clone();
    let making = shared.spawn(async move {
        let made = engine.commit(&commit).await;
        drop(held);
        made
    });
    match making.await {
        Ok(Some(made)) => made,
        Ok(None) => Err(Error::Unavailable { message: "it was given up: the daemon ends".to_owned() }),
        Err(broken) => Err(Error::Unavailable { message: format!("it was given up: {broken}") }),
    }
}

/// The container as long as it stands still; then the loop has it back.
struct Held {
    entry: Arc<Entry>,
    object: Object,
}

impl Drop for Held {
    fn drop(&mut self) {
        self.entry.in_flight().end(&self.object, false);
        self.entry.nudge.notify_one();
    }
}
