//! `GET /v1/health` for 500 services, asked as fast as it is answered, by clients who know the newest `ETag`.

use crate::{Figure, quantile};
use evenkeel_tests::Daemon;
use std::fmt::Write;
use std::path::Path;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;

const STACKS: usize = 10;
const SERVICES: usize = 50;
const CLIENTS: usize = 16;
const FOR: Duration = Duration::from_secs(5);

pub async fn measure() -> Vec<Figure> {
    let daemon = Daemon::start("sim").await;
    let mut compose = String::from("services:\n");
    for number in 0..SERVICES {
        let _ = writeln!(compose, "  s{number}: {{image: 'app:1'}}");
    }
    for number in 0..STACKS {
        daemon.up(&format!("health-{number}"), &compose).await;
    }
    let socket = daemon.directory().join("evenkeel.sock");
    let tag = tag(&socket).await;
    let request = format!("GET /v1/health HTTP/1.1\r\nHost: localhost\r\nIf-None-Match: {tag}\r\n\r\n");
    let clients = (0..CLIENTS).map(|_| tokio::spawn(ask(socket.clone(), request.clone(), Instant::now() + FOR)));
    let mut took: Vec<f64> = Vec::new();
    for client in futures::future::join_all(clients).await {
        took.extend(client.unwrap());
    }
    took.sort_by(f64::total_cmp);
    let (rate, p99) = (took.len() as f64 / FOR.as_secs_f64(), quantile(&took, 0.99));
    vec![
        Figure {
            what: "`GET /v1/health`, 500 services, `ETag` hits",
            measured: format!("{rate:.0} a second"),
            target: "≥ 20,000 a second",
            missed: rate < 20_000.0,
        },
        Figure { what: "the same, p99", measured: format!("{p99:.2} ms"), target: "< 5 ms", missed: p99 >= 5.0 },
    ]
}

async fn tag(socket: &Path) -> String {
    let mut stream = UnixStream::connect(socket).await.unwrap();
    stream.write_all(b"GET /v1/health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    let line = answer.lines().find(|line| line.to_lowercase().starts_with("etag:")).expect("an ETag");
    line[5..].trim().to_owned()
}

/// Sends the request again and again until then; milliseconds of each.
async fn ask(socket: std::path::PathBuf, request: String, until: Instant) -> Vec<f64> {
    let mut stream = UnixStream::connect(socket).await.unwrap();
    let (mut took, mut answer) = (Vec::new(), Vec::with_capacity(1024));
    while Instant::now() < until {
        let began = Instant::now();
        stream.write_all(request.as_bytes()).await.unwrap();
        answer.clear();
        // A 304 has no body.
        while !answer.ends_with(b"\r\n\r\n") {
            assert!(stream.read_buf(&mut answer).await.unwrap() > 0, "the daemon hung up");
        }
        assert!(answer.starts_with(b"HTTP/1.1 304"), "{}", String::from_utf8_lossy(&answer));
        took.push(began.elapsed().as_secs_f64() * 1e3);
    }
    took
}
