//! Commands in containers: as one question with one answer, and as a session over the real socket.

use crate::harness::{Api, JSON, PATIENCE};
use evenkeel_api::{Listeners, Socket, serve};
use evenkeel_wire::{Frame, Frames};
use serde_json::json;
use std::path::Path;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;
use tokio::time::timeout;

#[tokio::test]
async fn a_command_is_run_and_answered_for() {
    let api = Api::start().await.with_shop_up().await;
    for (service, body, status, expected) in [
        (
            "web",
            json!({"command": ["echo", "hi"]}),
            200,
            r#"{"container": "shop-web-1", "exit_code": 0, "stdout": "echo hi\n", "stderr": "", "truncated": false}"#,
        ),
        ("web", json!({"command": ["exit", "3"]}), 200, r#"{"exit_code": 3}"#),
        ("db", json!({"command": ["cat"], "stdin": "words"}), 200, r#"{"container": "shop-db-1", "stdout": "words"}"#),
        ("web", json!({"command": ["x"], "detach": true}), 200, r#"{"exit_code": null, "stdout": ""}"#),
        ("web", json!({}), 400, r#"{"detail": "`command`"}"#),
        ("web", json!({"command": ["sh"], "tty": true}), 400, r#"{"detail": "upgraded connection"}"#),
        (
            "web",
            json!({"command": ["x"], "index": 2}),
            409,
            r##"{"detail": "service \"web\" is not running container #2"}"##,
        ),
        ("nope", json!({"command": ["x"]}), 404, r#"{"detail": "nope"}"#),
    ] {
        let line = format!("POST /v1/stacks/shop/services/{service}/exec");
        api.check(&line, &[JSON], body.to_string(), status, expected).await;
    }
    let long = json!({"command": ["cat"], "stdin": "x".repeat(3 << 19)});
    let answer = api.check("POST /v1/stacks/shop/services/web/exec", &[JSON], long.to_string(), 200, "").await.json();
    assert_eq!((answer["stdout"].as_str().unwrap().len(), &answer["truncated"]), (1 << 20, &json!(true)));

    api.check("POST /v1/stacks/shop/stop?wait=true", &[JSON], r#"{"services": ["web"]}"#, 200, "").await;
    let stopped = r#"{"type": "conflict", "detail": "service \"web\" is not running"}"#;
    let command = r#"{"command": ["x"]}"#;
    api.check("POST /v1/stacks/shop/services/web/exec", &[JSON], command, 409, stopped).await;
}

#[tokio::test]
async fn a_kill_is_sent_to_what_runs_and_healed() {
    let api = Api::start().await.with_shop_up().await;
    for (body, status, expected) in [
        (json!({"services": ["web"]}), 200, r#"{"containers": ["shop-web-1"]}"#),
        (json!({"services": ["nope"]}), 404, r#"{"detail": "nope"}"#),
        (json!({"signal": "a b"}), 400, r#"{"detail": "is no signal"}"#),
    ] {
        api.check("POST /v1/stacks/shop/kill", &[JSON], body.to_string(), status, expected).await;
    }
    let up = "POST /v1/stacks/shop/up?wait=true&timeout=25s";
    api.check(up, &[], "", 200, r#"{"state": "succeeded"}"#).await;
    api.check("POST /v1/stacks/shop/kill", &[], "", 200, r#"{"containers": ["shop-db-1", "shop-web-1"]}"#).await;
    api.check("POST /v1/stacks/shop/down?wait=true&timeout=25s", &[], "", 200, r#"{"state": "succeeded"}"#).await;
    api.check("POST /v1/stacks/shop/kill", &[], "", 200, r#"{"containers": []}"#).await;
}

#[tokio::test]
async fn a_session_carries_input_and_output_and_ends_with_the_code() {
    let api = Api::start().await.with_shop_up().await;
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("e.sock");
    let listeners = Listeners { unix: Some(Socket { path: path.clone(), mode: 0o600, group: None }), tcp: None };
    let serving = tokio::spawn(serve(listeners.bind().await.unwrap(), api.state.clone(), api.shutdown.clone()));

    let mut session = Session::open(&path, r#"{"command": ["cat"]}"#).await;
    for words in ["first", "second"] {
        session.send(Frame::Stdin(words.into())).await;
        assert_eq!(session.next().await, Some(Frame::Stdout(words.into())));
    }
    session.send(Frame::Size { rows: 24, columns: 80 }).await;
    session.send(Frame::Stdin(Vec::new())).await;
    assert_eq!(session.next().await, Some(Frame::Exit(0)));
    assert_eq!(session.next().await, None);

    let mut open = Session::open(&path, r#"{"command": ["cat"], "tty": true}"#).await;
    api.shutdown.cancel();
    assert!(matches!(open.next().await, Some(Frame::Problem(_))), "it ends with the daemon");
    timeout(PATIENCE, serving).await.unwrap().unwrap();
}

/// The client's side of an upgraded connection.
struct Session {
    stream: UnixStream,
    frames: Frames,
}

impl Session {
    async fn open(path: &Path, body: &str) -> Self {
        let mut stream = UnixStream::connect(path).await.unwrap();
        let head = format!(
            "POST /v1/stacks/shop/services/web/exec HTTP/1.1\r\nhost: x\r\nconnection: Upgrade\r\nupgrade: evenkeel-session\r\n\
             content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        );
        stream.write_all(head.as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        while !answer.ends_with(b"\r\n\r\n") {
            answer.push(timeout(PATIENCE, stream.read_u8()).await.unwrap().unwrap());
        }
        let answer = String::from_utf8(answer).unwrap().to_lowercase();
        assert!(answer.starts_with("http/1.1 101") && answer.contains("upgrade: evenkeel-session"), "{answer}");
        Self { stream, frames: Frames::default() }
    }

    async fn send(&mut self, frame: Frame) {
        self.stream.write_all(&frame.to_bytes()).await.unwrap();
    }

    /// The next frame; `None` at the connection's end.
    async fn next(&mut self) -> Option<Frame> {
        loop {
            if let Some(frame) = self.frames.pop().unwrap() {
                return Some(frame);
            }
            let mut piece = [0; 4096];
            let length = timeout(PATIENCE, self.stream.read(&mut piece)).await.unwrap().unwrap();
            if length == 0 {
                return None;
            }
            self.frames.push(&piece[..length]);
        }
    }
}
