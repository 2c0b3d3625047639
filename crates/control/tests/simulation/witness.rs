//! The engine as a daemon has it, with a witness who judges each action as it is asked for.

use crate::scene::Scene;
use async_trait::async_trait;
use evenkeel_engine::sim::Sim;
use evenkeel_engine::{
    Archive, Attach, Change, Commit, Engine, Error, Exec, Files, FilesToWrite, LogLine, LogQuery, PathInfo, Progress,
    Question, Reached, Session,
};
use evenkeel_model::{Action, Capabilities, ContainerName, ImageId, Interest, Observed, Survey, SurveyRequest};
use futures::stream::BoxStream;
use std::sync::{Arc, Mutex};
use tokio::sync::Notify;
use tokio::task::AbortHandle;

/// One daemon's client of the simulated engine.
pub struct Witness {
    pub sim: Sim,
    pub scene: Arc<Scene>,
    /// Requests that reached the engine go on when the daemon is gone.
    pub under_way: Mutex<Vec<AbortHandle>>,
    /// Kill the daemon at this action from now on: before the engine hears of it, or before the daemon hears of its end.
    pub kill: Mutex<Option<Kill>>,
}

/// When to kill the daemon.
pub struct Kill {
    pub after: u64,
    pub before_it_is_sent: bool,
    pub now: Arc<Notify>,
}

impl Witness {
    /// Ends a run that would never end by itself.
    async fn rest(&self) {
        const MOST: u64 = 50_000;
        let calls = {
            let mut notes = self.scene.notes();
            notes.calls += 1;
            notes.calls
        };
        if calls == MOST {
            self.scene.breach(format!("{MOST} observations and actions, and no end"));
        }
        if calls >= MOST {
            std::future::pending::<()>().await;
        }
    }

    /// Tells that the daemon is to be killed, and lets it hear nothing any more.
    async fn fall_silent(&self, before_it_is_sent: bool) {
        let due = {
            let mut kill = self.kill.lock().unwrap();
            let Some(it) = kill.as_mut().filter(|it| it.before_it_is_sent == before_it_is_sent) else { return };
            it.after = it.after.saturating_sub(1);
            if it.after == 0 { kill.take() } else { None }
        };
        if let Some(kill) = due {
            kill.now.notify_one();
            std::future::pending::<()>().await;
        }
    }
}

#[async_trait]
impl Engine for Witness {
    async fn capabilities(&self) -> Result<Capabilities, Error> {
        self.sim.capabilities().await
    }

    async fn observe(&self, interest: &Interest) -> Result<Observed, Error> {
        self.rest().await;
        self.scene.note_completed(&interest.stack);
        let observed = self.sim.observe(interest).await?;
        self.scene.saw(&interest.stack, &observed);
        Ok(observed)
    }

    async fn perform(&self, action: &Action, _: &Progress) -> Result<(), Error> {
        self.rest().await;
        self.fall_silent(true).await;
        self.scene.judge(action);
        let (sim, sent) = (self.sim.clone(), action.clone());
        let task = tokio::spawn(async move { sim.perform(&sent, &Progress::none()).await });
        self.under_way.lock().unwrap().push(task.abort_handle());
        let done = task.await.unwrap_or_else(|_| Err(Error::Unavailable { message: "aborted".to_owned() }));
        self.fall_silent(false).await;
        done
    }

    fn changes(&self) -> BoxStream<'static, Change> {
        self.sim.changes()
    }

    async fn logs(&self, query: &LogQuery) -> Result<BoxStream<'static, Result<LogLine, Error>>, Error> {
        self.sim.logs(query).await
    }

    async fn exec(&self, exec: &Exec) -> Result<Session, Error> {
        self.sim.exec(exec).await
    }

    async fn attach(&self, attach: &Attach) -> Result<Session, Error> {
        Engine::attach(&self.sim, attach).await
    }

    async fn path(&self, container: &ContainerName, path: &str) -> Result<Option<PathInfo>, Error> {
        self.sim.path(container, path).await
    }

    async fn read_files(&self, container: &ContainerName, files: &Files) -> Result<Archive, Error> {
        self.sim.read_files(container, files).await
    }

    async fn write_files(&self, files: &FilesToWrite, archive: Archive) -> Result<(), Error> {
        self.sim.write_files(files, archive).await
    }

    async fn commit(&self, commit: &Commit) -> Result<ImageId, Error> {
        self.sim.commit(commit).await
    }

    async fn reach(&self, from: &ContainerName, questions: &[Question]) -> Result<Vec<Reached>, Error> {
        self.sim.reach(from, questions).await
    }

    async fn survey(&self, request: &SurveyRequest) -> Result<Survey, Error> {
        self.sim.survey(request).await
    }

    fn calls(&self) -> u64 {
        self.sim.calls()
    }
}
