//! The real socket and the real port.

use crate::harness::{Api, PATIENCE};
use evenkeel_api::{Error, Listeners, Settings, Socket, serve};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpStream, UnixStream};
use tokio::time::timeout;

fn socket(path: &Path) -> Option<Socket> {
    Some(Socket { path: path.to_owned(), mode: 0o660, group: None })
}

/// Sends a request by hand and reads the answer to its end.
async fn ask(mut stream: impl AsyncRead + AsyncWrite + Unpin, line: &str) -> String {
    let request = format!("{line} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    timeout(PATIENCE, stream.read_to_string(&mut answer)).await.unwrap().unwrap();
    answer
}

#[tokio::test]
async fn socket_and_port_are_served_until_the_end() {
    let api = Api::with(Settings { body_limit_bytes: 1 << 20, ..Settings::default() }).await;
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("run/evenkeel.sock");
    let listeners = Listeners { unix: socket(&path), tcp: Some(([127, 0, 0, 1], 0).into()) };
    let bound = listeners.bind().await.unwrap();
    let address = bound.tcp_address().unwrap();
    let serving = tokio::spawn(serve(bound, api.state.clone(), api.shutdown.clone()));

    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o660);
    let answer = ask(UnixStream::connect(&path).await.unwrap(), "POST /v1/stacks/nope/up").await;
    assert!(answer.starts_with("HTTP/1.1 404"), "{answer}");
    let audit = api.call("GET /v1/audit", &[], "").await.json();
    assert!(audit[0]["who"].as_str().unwrap().starts_with("socket (uid "), "{audit}");
    let answer = ask(TcpStream::connect(address).await.unwrap(), "GET /v1/stacks").await;
    assert!(answer.starts_with("HTTP/1.1 401"), "{answer}");

    // A client that writes all of a body that is too large still reads why it was refused.
    let mut stream = UnixStream::connect(&path).await.unwrap();
    let body = "#".repeat(3 << 20);
    let head = "PUT /v1/stacks/shop HTTP/1.1\r\nhost: x\r\ncontent-type: application/yaml\r\nconnection: close\r\n";
    let whole = format!("{head}content-length: {}\r\n\r\n{body}", body.len());
    timeout(PATIENCE, stream.write_all(whole.as_bytes())).await.unwrap().unwrap();
    let mut answer = String::new();
    timeout(PATIENCE, stream.read_to_string(&mut answer)).await.unwrap().unwrap();
    assert!(answer.starts_with("HTTP/1.1 413"), "{answer}");

    // Neither is taken from a daemon that answers.
    let second = Listeners { unix: socket(&path), tcp: None }.bind().await;
    assert!(matches!(second, Err(Error::SocketInUse(_))));
    let second = Listeners { unix: None, tcp: Some(address) }.bind().await;
    assert!(matches!(second, Err(Error::AddressInUse(_))));
    assert!(matches!(Listeners::default().bind().await, Err(Error::Nowhere)));

    // A stream that is open does not hold up the end.
    let mut stream = UnixStream::connect(&path).await.unwrap();
    stream.write_all(b"GET /v1/events HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
    let mut head = [0; 15];
    timeout(PATIENCE, stream.read_exact(&mut head)).await.unwrap().unwrap();
    assert_eq!(&head, b"HTTP/1.1 200 OK");
    api.shutdown.cancel();
    timeout(PATIENCE, serving).await.unwrap().unwrap();
    assert!(!path.exists());
}
