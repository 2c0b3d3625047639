//! The words of the protocols, against servers that are one answer each.

#![allow(clippy::unwrap_used)]

use evenkeel_model::ApplicationProtocol;
use evenkeel_probe::{
    Answer, Credentials, Failure, FailureKind, Files, Question, Request, SCOUT, ask, ask_all, read_listening,
    read_reached,
};
use std::io::{Read, Write};
use std::net::TcpListener;
use std::time::Duration;

const TIMEOUT: Duration = Duration::from_millis(400);

fn question(protocol: &str, port: u16) -> Question {
    let protocol: ApplicationProtocol = protocol.parse().unwrap();
    Question { host: "localhost".to_owned(), port, protocol, credentials: None, timeout: TIMEOUT }
}

fn files() -> Files {
    Files { hosts: "127.0.0.1 localhost\n".to_owned(), ..Files::default() }
}

/// Asks a server that waits for something to be said (unless it speaks first) and answers with these bytes.
fn asked(protocol: &str, credentials: Option<Credentials>, answer: &'static [u8]) -> Result<Answer, Failure> {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let speaks_first = matches!(protocol, "mysql" | "nats");
    let server = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut buffer = [0_u8; 512];
        if !speaks_first {
            let _ = stream.read(&mut buffer);
        }
        let _ = stream.write_all(answer);
    });
    let answer = ask(&Question { credentials, ..question(protocol, port) }, &files());
    server.join().unwrap();
    answer
}

fn check(protocol: &str, answer: &'static [u8], wanted: Result<Option<&str>, FailureKind>) {
    let found = asked(protocol, None, answer).map(|it| it.said).map_err(|failure| failure.kind);
    assert_eq!(found, wanted.map(|said| said.map(str::to_owned)), "{protocol} {answer:?}");
}

/// A broker from before 0.10 says nothing to what it does not know, on that connection.
#[test]
fn an_old_broker_answers_on_a_second_connection() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let server = std::thread::spawn(move || {
        let connections = [(); 2].map(|()| {
            let (mut stream, _) = listener.accept().unwrap();
            let mut size = [0; 4];
            stream.read_exact(&mut size).unwrap();
            let mut request = vec![0; u32::from_be_bytes(size) as usize];
            stream.read_exact(&mut request).unwrap();
            if request[1] == 3 {
                stream.write_all(b"\0\0\0\x0ckeel\0\0\0\0\0\0\0\0").unwrap();
            }
            (request[1], stream)
        });
        connections.map(|(key, _)| key)
    });
    let answer = ask(&question("kafka", port), &files());
    assert_eq!(server.join().unwrap(), [18, 3]);
    answer.unwrap();
}

#[test]
fn servers_are_known_by_their_first_word() {
    check("postgresql", b"N", Ok(None));
    check("postgresql", b"S", Ok(None));
    check("mysql", b"\x4a\0\0\0\x0a8.0.36\0rest", Ok(Some("version 8.0.36")));
    check("mongodb", b"\x10\0\0\0\x07\0\0\0\x01\0\0\0\xdd\x07\0\0", Ok(None));
    check("redis", b"+PONG\r\n", Ok(None));
    check("redis", b"-LOADING Redis is loading the dataset in memory\r\n", Ok(None));
    check("memcached", b"VERSION 1.6.22\r\n", Ok(Some("VERSION 1.6.22")));
    check("amqp", b"\x01\0\0\0\0\x01\xf8\0\x0a\0\x0a\0", Ok(None));
    check("kafka", b"\0\0\0\x0akeel\0\0", Ok(None));
    check("zookeeper", b"Zookeeper version: 3.8.3\nLatency: 0\n", Ok(Some("Zookeeper version: 3.8.3")));
    check("nats", b"INFO {\"server_id\":\"x\"}\r\n", Ok(None));
    check("http", b"HTTP/1.1 404 Not Found\r\n\r\n", Ok(Some("HTTP 404")));
    check("s3", b"HTTP/1.1 200 OK\r\n\r\n", Ok(Some("HTTP 200")));
}

#[test]
fn servers_of_another_kind_are_told_apart() {
    let http = b"HTTP/1.1 400 Bad Request\r\n\r\n";
    for protocol in ["postgresql", "mysql", "mongodb", "redis", "memcached", "amqp", "kafka", "zookeeper", "nats"] {
        check(protocol, http, Err(FailureKind::WrongProtocol));
        check(protocol, b"", Err(FailureKind::WrongProtocol));
    }
    check("http", b"+PONG\r\n", Err(FailureKind::WrongProtocol));
    let said = asked("redis", None, http).unwrap_err().message;
    assert!(said.ends_with("does not speak redis: it answers `HTTP/1.1 400 Bad Request`"), "{said}");
}

#[test]
fn a_client_that_is_not_let_in_is_told_so() {
    check("redis", b"-NOAUTH Authentication required.\r\n", Err(FailureKind::NotAuthenticated));
    let credentials = Credentials { user: String::new(), password: "secret".to_owned() };
    let found = asked("redis", Some(credentials.clone()), b"+OK\r\n+PONG\r\n");
    assert!(found.is_ok(), "{found:?}");
    let found = asked("redis", Some(credentials), b"-WRONGPASS invalid\r\n-NOAUTH Authentication required.\r\n");
    assert_eq!(found.unwrap_err().kind, FailureKind::NotAuthenticated);
    check("mysql", b"\x10\0\0\0\xff\x6a\x04Host is blocked\0", Err(FailureKind::NotAuthenticated));
}

#[test]
fn what_does_not_come_about_has_a_kind() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    // The kernel accepts for it; nobody ever answers.
    let silent = ask(&question("http", port), &files()).unwrap_err();
    assert_eq!((silent.kind, silent.message.ends_with("says nothing")), (FailureKind::WrongProtocol, true), "{silent}");
    assert!(ask(&question("tcp", port), &files()).is_ok());
    drop(listener);
    let refused = ask(&question("http", port), &files()).unwrap_err();
    assert_eq!((refused.kind, refused.to_string().ends_with("has nobody who listens")), (FailureKind::Refused, true));
    // No server answers for names at this address of the loopback.
    let files = Files { resolv_conf: "nameserver 127.9.9.9\n".to_owned(), ..Files::default() };
    let unknown = ask(&question("http", port), &files).unwrap_err();
    assert_eq!(unknown.kind, FailureKind::NoSuchName);
}

/// The program that is carried into containers, told these lines; what it answers.
fn helped(input: &str) -> String {
    use std::os::unix::fs::PermissionsExt;
    use std::process::{Command, Stdio};
    static PROGRAM: std::sync::OnceLock<std::path::PathBuf> = std::sync::OnceLock::new();
    let program = PROGRAM.get_or_init(|| {
        let path = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("scout");
        std::fs::write(&path, SCOUT).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
        path
    });
    let mut child = Command::new(program).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    String::from_utf8(child.wait_with_output().unwrap().stdout).unwrap()
}

#[test]
fn the_scout_finds_what_this_process_would() {
    assert!(!SCOUT.is_empty(), "the scout was not built: a static C library is missing");
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let questions = [question("tcp", port), question("tcp", 1), question("http", port)];
    let lines: String = questions.iter().map(|it| Request::Reach(it.clone()).write() + "\n").collect();
    let answers = helped(&(lines + "\nreach what comes after the empty line is no request\n"));
    let told: Vec<_> = answers.lines().map(|line| read_reached(line).unwrap()).collect();
    let known = ask_all(&questions, &files());
    assert_eq!(told.len(), known.len(), "{answers}");
    for (told, known) in told.into_iter().zip(known) {
        let address = |answer: Answer| answer.address;
        assert_eq!(told.map(address), known.map(address));
    }
    let listening = helped("listening\n\n");
    let listening = read_listening(listening.trim_end()).unwrap();
    assert!(listening.loopback.contains(&port) && !listening.outside.contains(&port), "{listening:?}");
}
