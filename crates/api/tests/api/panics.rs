//! A fault of ours stays one request's problem.

use crate::harness::Api;
use async_trait::async_trait;
use evenkeel_engine::{
    Archive, Attach, Change, Commit, Engine, Error, Exec, Files, FilesToWrite, LogLine, LogQuery, PathInfo, Progress,
    Question, Reached, Session,
};
use evenkeel_model::{Action, Capabilities, ContainerName, ImageId, Interest, Observed, Survey, SurveyRequest};
use futures::stream::{self, BoxStream, StreamExt};
use std::sync::Arc;

/// An engine whose every answer is a bug.
struct Broken;

#[async_trait]
impl Engine for Broken {
    async fn capabilities(&self) -> Result<Capabilities, Error> {
        panic!("the secret of the bug")
    }
    async fn observe(&self, _: &Interest) -> Result<Observed, Error> {
        panic!("the secret of the bug")
    }
    async fn perform(&self, _: &Action, _: &Progress) -> Result<(), Error> {
        panic!("the secret of the bug")
    }
    fn changes(&self) -> BoxStream<'static, Change> {
        stream::pending().boxed()
    }
    async fn logs(&self, _: &LogQuery) -> Result<BoxStream<'static, Result<LogLine, Error>>, Error> {
        panic!("the secret of the bug")
    }
    async fn exec(&self, _: &Exec) -> Result<Session, Error> {
        panic!("the secret of the bug")
    }
    async fn attach(&self, _: &Attach) -> Result<Session, Error> {
        panic!("the secret of the bug")
    }
    async fn path(&self, _: &ContainerName, _: &str) -> Result<Option<PathInfo>, Error> {
        panic!("the secret of the bug")
    }
    async fn read_files(&self, _: &ContainerName, _: &Files) -> Result<Archive, Error> {
        panic!("the secret of the bug")
    }
    async fn write_files(&self, _: &FilesToWrite, _: Archive) -> Result<(), Error> {
        panic!("the secret of the bug")
    }
    async fn commit(&self, _: &Commit) -> Result<ImageId, Error> {
        panic!("the secret of the bug")
    }
    async fn reach(&self, _: &ContainerName, _: &[Question]) -> Result<Vec<Reached>, Error> {
        panic!("the secret of the bug")
    }
    async fn survey(&self, _: &SurveyRequest) -> Result<Survey, Error> {
        panic!("the secret of the bug")
    }
    fn calls(&self) -> u64 {
        0
    }
}

#[tokio::test]
async fn a_panic_is_a_problem_and_the_daemon_goes_on() {
    let api = Api::on(Arc::new(Broken)).await;
    let expected = r#"{"type": "internal", "help": "request's id"}"#;
    // A read, and a write that is run to its end in a task of its own.
    let plan = r#"{"definition": {"files": [{"path": "a.yaml", "content": "services: {web: {image: x}}"}]}}"#;
    for (line, body) in [("GET /v1/version", ""), ("POST /v1/stacks/shop/plan", plan)] {
        let answer = api.check(line, &[crate::harness::JSON], body, 500, expected).await;
        assert!(!answer.text.contains("secret of the bug"), "{}", answer.text);
        assert!(!answer.header("x-request-id").is_empty());
    }
    api.check("GET /v1/stacks", &[], "", 200, "[]").await;
}
