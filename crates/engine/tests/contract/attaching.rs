//! Main processes of containers, attached to.

use crate::stage::Stage;
use evenkeel_engine::{Attach, Error, Said, Session};
use evenkeel_model::NewContainer;
use futures::TryStreamExt;
use tokio::io::AsyncWriteExt;

/// A container that says its first line, as the simulated one does by itself, and ends.
fn speaking(stage: &Stage, code: i64) -> NewContainer {
    let words = format!("simulated process of {}, run 1", stage.name("once"));
    let code = code.to_string();
    let sim = [("SIM_EXIT_AFTER_MS", "0"), ("SIM_EXIT_CODE", code.as_str())];
    stage.new_container("once", &format!("echo '{words}'; exit {code}"), &sim)
}

async fn attach(stage: &Stage, start: bool) -> Session {
    let attach = Attach { container: stage.name("once"), stdin: true, start };
    stage.engine.attach(&attach).await.expect("a session")
}

/// What is said on standard output, and the exit code.
async fn heard(session: Session) -> (String, Option<i64>) {
    let said: Vec<Said> = session.output.try_collect().await.expect("output to its end");
    let (mut text, mut code) = (Vec::new(), None);
    for piece in said {
        match piece {
            Said::Stdout(bytes) => text.extend_from_slice(&bytes),
            Said::Stderr(_) => {}
            Said::Exit(exit) => code = Some(exit),
        }
    }
    (String::from_utf8(text).expect("text"), code)
}

pub async fn what_it_says_is_heard_from_the_first_word(stage: &Stage) {
    stage.done(stage.create(speaking(stage, 3))).await;
    let (text, code) = heard(attach(stage, true).await).await;
    assert!(text.starts_with("simulated process of "), "{text:?}");
    assert_eq!(code, Some(3));
    let refused = stage.engine.attach(&Attach { container: stage.name("once"), stdin: false, start: false }).await;
    assert!(matches!(refused.err(), Some(Error::Conflict { .. })), "it does not run any more");
}

pub async fn it_goes_when_it_has_ended(stage: &Stage) {
    let mut new = speaking(stage, 4);
    new.spec.auto_remove = true;
    stage.done(stage.create(new)).await;
    let (text, code) = heard(attach(stage, true).await).await;
    assert!(text.starts_with("simulated process of "), "{text:?}");
    assert_eq!(code, Some(4));
    stage.until_gone("once").await;
}

pub async fn it_reads_what_it_is_given(stage: &Stage) {
    let mut new = stage.new_container("once", "cat", &[]);
    new.spec.command = Some(vec!["cat".to_owned()]);
    (new.spec.stdin_open, new.spec.stdin_once) = (true, true);
    stage.done(stage.create(new)).await;
    let mut session = attach(stage, true).await;
    session.input.write_all(b"a\nb").await.expect("it is read");
    session.input.shutdown().await.expect("its end is told");
    assert_eq!(heard(session).await, ("a\nb".to_owned(), Some(0)));
}

pub async fn it_hears_signals(stage: &Stage) {
    let mut new = stage.obedient("once");
    new.spec.stdin_open = true;
    stage.done(stage.create(new)).await;
    let session = attach(stage, true).await;
    session.signals.send("SIGTERM".to_owned()).await.expect("it is heard");
    assert!(heard(session).await.1.is_some());
}

pub async fn what_runs_is_attached_to(stage: &Stage) {
    stage.run(stage.obedient("once")).await;
    let session = attach(stage, false).await;
    stage.done(stage.stop("once")).await;
    assert!(heard(session).await.1.is_some());
}
