//! The first word of each protocol: what a client says, and how the server is known by its answer. Nothing is changed on any
//! server, and nothing is asked that a server would log as an error.

use crate::stream::Stream;
use crate::{ApplicationProtocol as Protocol, Failure, FailureKind, Question};

/// Exchanges the word; answers with what the server said of itself.
pub(crate) fn hear(question: &Question, stream: Stream) -> Result<Option<String>, Failure> {
    match question.protocol {
        Protocol::Postgresql => postgresql(stream).map(|()| None),
        Protocol::Mysql => mysql(stream).map(Some),
        Protocol::Mongodb => mongodb(stream).map(|()| None),
        Protocol::Redis => redis(stream, question).map(|()| None),
        Protocol::Memcached => greeted(stream, b"version\r\n", "VERSION "),
        Protocol::Amqp => amqp(stream).map(|()| None),
        Protocol::Kafka => kafka(stream).map(|()| None),
        Protocol::Zookeeper => zookeeper(stream).map(Some),
        Protocol::Nats => greeted(stream, b"", "INFO "),
        Protocol::S3 => http(stream, question, "/minio/health/live").map(Some),
        Protocol::Http => http(stream, question, "/").map(Some),
        // Their first words need a cipher or a library; that something accepts connections is what is proven.
        Protocol::Https | Protocol::Spark | Protocol::Hdfs | Protocol::Tcp => Ok(None),
    }
}

/// A server of another kind, with the beginning of what it said.
fn other(stream: &Stream, protocol: Protocol, heard: &[u8]) -> Failure {
    let line = heard.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let line: String = String::from_utf8_lossy(line).chars().filter(|it| !it.is_control()).take(60).collect();
    Failure::wrong_protocol(stream.address(), format_args!("does not speak {protocol}: it answers `{line}`"))
}

/// Whether TLS is offered is the one thing a server tells before anybody has signed in (PostgreSQL's `SSLRequest`).
fn postgresql(mut stream: Stream) -> Result<(), Failure> {
    stream.send(&[0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f])?;
    let heard = stream.hear(|heard| !heard.is_empty())?;
    match heard[..] {
        [b'S' | b'N'] => Ok(()),
        _ => Err(other(&stream, Protocol::Postgresql, &heard)),
    }
}

/// The server speaks first: a packet with protocol version 10 and its own version, or an error packet.
fn mysql(mut stream: Stream) -> Result<String, Failure> {
    let heard = stream.hear(|heard| heard.len() > 5 && heard[5..].contains(&0))?;
    match heard.get(3..5) {
        Some([0, 10]) => {
            let version = heard[5..].split(|byte| *byte == 0).next().unwrap_or_default();
            Ok(format!("version {}", String::from_utf8_lossy(version)))
        }
        Some([0, 0xff]) => {
            let words = String::from_utf8_lossy(heard.get(7..).unwrap_or_default()).into_owned();
            Err(Failure::at(stream.address(), FailureKind::NotAuthenticated, words))
        }
        _ => Err(other(&stream, Protocol::Mysql, &heard)),
    }
}

/// `hello` in an `OP_MSG`, which any server since 3.6 answers in kind.
fn mongodb(mut stream: Stream) -> Result<(), Failure> {
    const OP_MSG: [u8; 4] = 2013_u32.to_le_bytes();
    let body = b"\x10hello\0\x01\0\0\0\x02$db\0\x06\0\0\0admin\0\0";
    let mut message = Vec::new();
    message.extend(little(16 + 5 + 4 + body.len()));
    message.extend([1, 0, 0, 0, 0, 0, 0, 0]);
    message.extend(OP_MSG);
    message.extend([0, 0, 0, 0, 0]);
    message.extend(little(4 + body.len()));
    message.extend(body);
    stream.send(&message)?;
    let heard = stream.hear(|heard| heard.len() >= 16)?;
    if heard.get(12..16) == Some(&OP_MSG) { Ok(()) } else { Err(other(&stream, Protocol::Mongodb, &heard)) }
}

fn little(length: usize) -> [u8; 4] {
    u32::try_from(length).unwrap_or_default().to_le_bytes()
}

fn redis(mut stream: Stream, question: &Question) -> Result<(), Failure> {
    let mut words = String::new();
    if let Some(credentials) = &question.credentials {
        let user = if credentials.user.is_empty() { "default" } else { &credentials.user };
        // A server before version 6 knows no users; for it the password stands alone.
        let parts = if user == "default" {
            vec!["AUTH", &credentials.password]
        } else {
            vec!["AUTH", user, &credentials.password]
        };
        words.push_str(&format!("*{}\r\n", parts.len()));
        parts.iter().for_each(|part| words.push_str(&format!("${}\r\n{part}\r\n", part.len())));
    }
    words.push_str("PING\r\n");
    stream.send(words.as_bytes())?;
    let wanted = 1 + usize::from(question.credentials.is_some());
    let heard = stream.hear(|heard| heard.iter().filter(|byte| **byte == b'\n').count() >= wanted)?;
    let text = String::from_utf8_lossy(&heard).into_owned();
    let last = text.lines().last().unwrap_or_default();
    match last {
        "+PONG" => Ok(()),
        _ if ["-NOAUTH", "-WRONGPASS", "-NOPERM"].iter().any(|word| last.starts_with(word)) => {
            let message = format!("does not let this client in: {}", &last[1..]);
            Err(Failure::at(stream.address(), FailureKind::NotAuthenticated, message))
        }
        // It is loading its data, or has another reason of its own; it is Redis.
        _ if ["-LOADING", "-MASTERDOWN", "-MISCONF", "-BUSY"].iter().any(|word| last.starts_with(word)) => Ok(()),
        _ => Err(other(&stream, Protocol::Redis, &heard)),
    }
}

/// The header of AMQP 0-9-1; the server answers with `connection.start` (class 10, method 10), or with the header that it wants.
fn amqp(mut stream: Stream) -> Result<(), Failure> {
    stream.send(b"AMQP\x00\x00\x09\x01")?;
    let heard = stream.hear(|heard| heard.len() >= 11)?;
    let started = heard.first() == Some(&1) && heard.get(7..11) == Some(&[0, 10, 0, 10]);
    if started || heard.starts_with(b"AMQP") { Ok(()) } else { Err(other(&stream, Protocol::Amqp, &heard)) }
}

/// `ApiVersions` version 0, which every broker since 0.10 answers before anything else. An older one says nothing to it, nor to what comes
/// behind it, and answers `Metadata` version 0 on another connection.
fn kafka(mut stream: Stream) -> Result<(), Failure> {
    let deadline = stream.keep_half();
    match kafka_request(&mut stream, [0, 18, 0, 0], &[]) {
        Err(failure) if failure.kind == FailureKind::WrongProtocol => {
            // An empty list of topics.
            let older = stream.again(deadline).and_then(|mut again| kafka_request(&mut again, [0, 3, 0, 0], &[0; 4]));
            older.map_err(|_| failure)
        }
        answered => answered,
    }
}

/// A request by its key and version.
fn kafka_request(stream: &mut Stream, key_and_version: [u8; 4], body: &[u8]) -> Result<(), Failure> {
    const CORRELATION: [u8; 4] = *b"keel";
    let request = [&key_and_version[..], &CORRELATION, &[0, 8], b"evenkeel", body].concat();
    let mut message = u32::try_from(request.len()).unwrap_or_default().to_be_bytes().to_vec();
    message.extend(request);
    stream.send(&message)?;
    let heard = stream.hear(|heard| heard.len() >= 8)?;
    if heard.get(4..8) == Some(&CORRELATION) { Ok(()) } else { Err(other(stream, Protocol::Kafka, &heard)) }
}

/// The word `srvr`; a server that has it switched off says so in its own way.
fn zookeeper(mut stream: Stream) -> Result<String, Failure> {
    stream.send(b"srvr\n")?;
    let heard = stream.hear(|heard| heard.contains(&b'\n'))?;
    let text = String::from_utf8_lossy(&heard).into_owned();
    let first = text.lines().next().unwrap_or_default();
    let known = first.starts_with("Zookeeper version") || first.contains("not in the whitelist");
    if known { Ok(first.to_owned()) } else { Err(other(&stream, Protocol::Zookeeper, &heard)) }
}

/// A server that says its name by itself or when asked.
fn greeted(mut stream: Stream, ask: &[u8], greeting: &str) -> Result<Option<String>, Failure> {
    stream.send(ask)?;
    let heard = stream.hear(|heard| heard.contains(&b'\n'))?;
    let text = String::from_utf8_lossy(&heard).into_owned();
    if text.starts_with(greeting) {
        let line = text.lines().next().unwrap_or_default();
        return Ok((!ask.is_empty()).then(|| line.to_owned()));
    }
    let protocol = if ask.is_empty() { Protocol::Nats } else { Protocol::Memcached };
    Err(other(&stream, protocol, &heard))
}

/// Any status will do: a server that refuses a path speaks HTTP.
fn http(mut stream: Stream, question: &Question, path: &str) -> Result<String, Failure> {
    let request = format!(
        "GET {path} HTTP/1.1\r\nHost: {}:{}\r\nUser-Agent: evenkeel\r\nAccept: */*\r\nConnection: close\r\n\r\n",
        question.host, question.port
    );
    stream.send(request.as_bytes())?;
    let heard = stream.hear(|heard| heard.contains(&b'\n'))?;
    let text = String::from_utf8_lossy(&heard).into_owned();
    let status = text.strip_prefix("HTTP/").and_then(|rest| rest.split_whitespace().nth(1)).map(str::to_owned);
    status.map(|status| format!("HTTP {status}")).ok_or_else(|| other(&stream, question.protocol, &heard))
}
