//! What containers write.

use crate::{output, play};
use evenkeel_engine::{Error, LogLine, LogQuery};
use evenkeel_model::Object;
use futures::StreamExt;

async fn lines(stage: &crate::stage::Stage, query: LogQuery) -> Vec<LogLine> {
    let lines = stage.engine.logs(&query).await.expect("logs");
    lines.map(|line| line.expect("a line")).collect().await
}

#[tokio::test]
async fn lines_carry_their_stream_and_time() {
    play("logs", async |stage| {
        let query = LogQuery { container: stage.name("web"), follow: false, tail: None, since: None };
        let missing = stage.engine.logs(&query).await.err();
        assert_eq!(missing, Some(Error::NotFound { object: Object::Container(stage.name("web")) }));

        stage.run(stage.new_container("web", "echo one; sleep 0.1; echo two >&2; sleep 0.1; printf three", &[])).await;
        let followed = lines(stage, LogQuery { follow: true, ..query.clone() }).await;
        let told: Vec<(&[u8], bool)> = followed.iter().map(|line| (line.text.as_ref(), line.stderr)).collect();
        assert_eq!(told, [(&b"one"[..], false), (b"two", true), (b"three", false)]);
        assert!(followed.is_sorted_by_key(|line| line.at));
        assert!(followed[0].at.timestamp() > 0);

        let text = |lines: Vec<LogLine>| lines.into_iter().map(|line| line.text).collect::<Vec<_>>();
        assert_eq!(text(lines(stage, LogQuery { tail: Some(1), ..query.clone() }).await), ["three"]);
        let since = Some(followed[1].at);
        assert_eq!(text(lines(stage, LogQuery { since, ..query }).await), ["two", "three"]);
    })
    .await;
}

#[tokio::test]
async fn a_terminal_and_a_long_line() {
    play("terminal", async |stage| {
        let mut new = stage.new_container("tty", "echo one; echo two", &[]);
        new.spec.tty = true;
        stage.run(new).await;
        assert_eq!(output(stage, "tty").await, "one\ntwo");
        // Three pieces of 16 KiB for the engine.
        let long = "head -c 40000 /dev/zero | tr '\\0' x; echo; echo end";
        stage.run(stage.new_container("long", long, &[])).await;
        assert_eq!(output(stage, "long").await, format!("{}\nend", "x".repeat(40_000)));
    })
    .await;
}
