//! What the daemon and its scout say to each other: one line for each request and each answer, of fields between tabs.

use crate::{Answer, ApplicationProtocol, Credentials, Failure, FailureKind, Listening, Question};
use std::collections::BTreeSet;
use std::time::Duration;

/// What the scout may be asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Request {
    /// Try a connection.
    Reach(Question),
    /// Tell which ports are listened on where it runs.
    Listening,
}

impl Request {
    /// The line, without its end.
    pub fn write(&self) -> String {
        let Self::Reach(question) = self else { return "listening".to_owned() };
        let (port, timeout_ms) = (question.port.to_string(), question.timeout.as_millis().to_string());
        let mut fields = vec!["reach", &question.host, &port, question.protocol.as_str(), &timeout_ms];
        if let Some(credentials) = &question.credentials {
            fields.extend([credentials.user.as_str(), &credentials.password]);
        }
        write(&fields)
    }

    /// What a line asks; `None` for a line of another version.
    pub fn read(line: &str) -> Option<Self> {
        let fields = read(line);
        let fields: Vec<&str> = fields.iter().map(String::as_str).collect();
        match fields[..] {
            ["listening"] => Some(Self::Listening),
            ["reach", host, port, protocol, timeout_ms, ref credentials @ ..] => {
                let credentials = match *credentials {
                    [] => None,
                    [user, password] => Some(Credentials { user: user.to_owned(), password: password.to_owned() }),
                    _ => return None,
                };
                Some(Self::Reach(Question {
                    host: host.to_owned(),
                    port: port.parse().ok()?,
                    protocol: protocol.parse::<ApplicationProtocol>().ok()?,
                    credentials,
                    timeout: Duration::from_millis(timeout_ms.parse().ok()?),
                }))
            }
            _ => None,
        }
    }
}

/// What came of [`Request::Reach`], as a line.
pub fn write_reached(reached: &Result<Answer, Failure>) -> String {
    match reached {
        Ok(answer) => {
            let (address, latency_ns) = (answer.address.to_string(), answer.latency.as_nanos().to_string());
            let mut fields = vec!["works", &address, &latency_ns];
            fields.extend(answer.said.as_deref());
            write(&fields)
        }
        Err(failure) => {
            let address = failure.address.map(|address| address.to_string()).unwrap_or_default();
            write(&["fails", failure.kind.as_str(), &address, &failure.message])
        }
    }
}

/// Reads what [`write_reached`] wrote; `None` for anything else.
pub fn read_reached(line: &str) -> Option<Result<Answer, Failure>> {
    let fields = read(line);
    let fields: Vec<&str> = fields.iter().map(String::as_str).collect();
    match fields[..] {
        ["works", address, latency_ns, ref said @ ..] => Some(Ok(Answer {
            address: address.parse().ok()?,
            latency: Duration::from_nanos(latency_ns.parse().ok()?),
            said: said.first().map(|said| (*said).to_owned()),
        })),
        ["fails", kind, address, message] => Some(Err(Failure {
            kind: FailureKind::ALL.into_iter().find(|known| known.as_str() == kind)?,
            address: address.parse().ok(),
            message: message.to_owned(),
        })),
        _ => None,
    }
}

/// What came of [`Request::Listening`], as a line.
pub fn write_listening(listening: &Listening) -> String {
    let ports = |ports: &BTreeSet<u16>| ports.iter().map(u16::to_string).collect::<Vec<_>>().join(",");
    write(&["listening", &ports(&listening.outside), &ports(&listening.loopback)])
}

/// Reads what [`write_listening`] wrote; `None` for anything else.
pub fn read_listening(line: &str) -> Option<Listening> {
    let fields = read(line);
    let ports = |list: &str| -> Option<BTreeSet<u16>> {
        list.split(',').filter(|port| !port.is_empty()).map(|port| port.parse().ok()).collect()
    };
    match &fields[..] {
        [word, outside, loopback] if word == "listening" => {
            Some(Listening { outside: ports(outside)?, loopback: ports(loopback)? })
        }
        _ => None,
    }
}

/// Fields in a line. What would end a field or the line is written with a backslash.
fn write(fields: &[&str]) -> String {
    let escape =
        |field: &&str| field.replace('\\', "\\\\").replace('\t', "\\t").replace('\n', "\\n").replace('\r', "\\r");
    fields.iter().map(escape).collect::<Vec<_>>().join("\t")
}

fn read(line: &str) -> Vec<String> {
    let unescape = |field: &str| {
        let mut plain = String::with_capacity(field.len());
        let mut letters = field.chars();
        while let Some(letter) = letters.next() {
            plain.push(match letter {
                '\\' => match letters.next() {
                    Some('t') => '\t',
                    Some('n') => '\n',
                    Some('r') => '\r',
                    other => other.unwrap_or('\\'),
                },
                letter => letter,
            });
        }
        plain
    };
    line.split('\t').map(unescape).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let question = |credentials| Question {
            host: "db".to_owned(),
            port: 5432,
            protocol: ApplicationProtocol::Postgresql,
            credentials,
            timeout: Duration::from_millis(1500),
        };
        let credentials = Credentials { user: String::new(), password: "a\tb\\n\r\nü".to_owned() };
        for request in [Request::Reach(question(None)), Request::Reach(question(Some(credentials))), Request::Listening]
        {
            let line = request.write();
            assert!(!line.contains('\n'), "{line}");
            assert_eq!(Request::read(&line), Some(request), "{line}");
        }
        let address = "10.0.0.5:5432".parse().ok();
        let mut reached: Vec<Result<Answer, Failure>> = FailureKind::ALL
            .into_iter()
            .map(|kind| Err(Failure { kind, address, message: format!("of kind\t{kind}") }))
            .collect();
        reached.push(Err(Failure::no_such_name("db", "nobody knows it")));
        for said in [None, Some(String::new()), Some("HTTP 200".to_owned())] {
            reached
                .extend(address.map(|address| Ok(Answer { address, latency: Duration::from_nanos(1_234_567), said })));
        }
        for reached in reached {
            assert_eq!(read_reached(&write_reached(&reached)), Some(reached));
        }
        for listening in [Listening::default(), Listening { outside: [80, 443].into(), loopback: [5432].into() }] {
            assert_eq!(read_listening(&write_listening(&listening)), Some(listening));
        }
    }

    #[test]
    fn what_another_version_writes_is_not_understood() {
        for line in ["", "reach\tdb", "reach\tdb\tx\ttcp\t1", "reach\tdb\t1\tgopher\t1", "reach\tdb\t1\ttcp\t1\tuser"] {
            assert_eq!(Request::read(line), None, "{line}");
        }
        assert_eq!(read_reached("fails\tlost\t\tx"), None);
        assert_eq!(read_reached("exec format error"), None);
        assert_eq!(read_listening("listening\t80,x\t"), None);
    }
}
