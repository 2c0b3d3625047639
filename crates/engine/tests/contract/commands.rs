//! Commands run inside containers.

use crate::stage::Stage;
use evenkeel_engine::{Error, Exec, Said};
use evenkeel_model::Object;
use futures::TryStreamExt;
use tokio::io::AsyncWriteExt;

fn exec(stage: &Stage, command: &[&str]) -> Exec {
    Exec {
        container: stage.name("web"),
        command: command.iter().map(|word| (*word).to_owned()).collect(),
        user: None,
        working_dir: None,
        environment: Vec::new(),
        privileged: false,
        tty: false,
        stdin: false,
        detach: false,
    }
}

/// What a command says on standard output, and its exit code.
async fn run(stage: &Stage, exec: &Exec, input: &[u8]) -> (String, Option<i64>) {
    let mut session = stage.engine.exec(exec).await.expect("a session");
    session.input.write_all(input).await.expect("it is read");
    session.input.shutdown().await.expect("its end is told");
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

pub async fn a_command_is_heard_and_its_exit_code_told(stage: &Stage) {
    stage.run(stage.obedient("web")).await;
    assert_eq!(run(stage, &exec(stage, &["echo", "hello"]), b"").await.1, Some(0));
    let cat = Exec { stdin: true, ..exec(stage, &["cat"]) };
    assert_eq!(run(stage, &cat, b"a\nb").await, ("a\nb".to_owned(), Some(0)));
    let detached = Exec { detach: true, ..exec(stage, &["echo", "hello"]) };
    assert_eq!(run(stage, &detached, b"").await, (String::new(), None));
}

pub async fn a_command_wants_a_container_that_runs(stage: &Stage) {
    let object = Object::Container(stage.name("web"));
    let missing = stage.engine.exec(&exec(stage, &["true"])).await.err();
    assert_eq!(missing, Some(Error::NotFound { object }));
    stage.done(stage.create(stage.obedient("web"))).await;
    for _ in 0..2 {
        let refused = stage.engine.exec(&exec(stage, &["true"])).await.err();
        assert!(matches!(refused, Some(Error::Conflict { .. })), "{refused:?}");
        stage.done(stage.start("web")).await;
        stage.done(stage.stop("web")).await;
    }
}
