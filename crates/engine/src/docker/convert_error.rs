//! bollard's errors → ours. The one place that knows the engine's status codes and turns of phrase.

use crate::Error;
use bollard::errors::Error as Bollard;
use evenkeel_model::Object;
use std::fmt;

/// A request that failed, before it is known which object it was about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Failure {
    /// The engine's status code; `None` where there was no answer.
    pub(super) status: Option<u16>,
    /// The engine's words, or how the connection failed.
    pub(super) message: String,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.status {
            Some(status) => write!(f, "{} (status {status})", self.message),
            None => f.write_str(&self.message),
        }
    }
}

impl Failure {
    /// What bollard says, sorted into an answer and silence.
    pub(super) fn of(error: &Bollard) -> Self {
        match error {
            Bollard::DockerResponseServerError { status_code, message } => {
                Self { status: Some(*status_code), message: message.trim().to_owned() }
            }
            // An error within a stream comes after a 200: the engine has understood, and refused on the way.
            Bollard::DockerStreamError { error } => Self { status: Some(500), message: error.trim().to_owned() },
            Bollard::JsonDataError { message, .. } => {
                Self { status: Some(500), message: format!("the engine's answer could not be understood: {message}") }
            }
            Bollard::JsonSerdeError { err } => {
                Self { status: Some(500), message: format!("the engine's answer could not be understood: {err}") }
            }
            Bollard::RequestTimeoutError => Self::silent("no answer in time"),
            Bollard::SocketNotFoundError(path) => Self::silent(format!("there is no socket at {path}")),
            Bollard::HyperLegacyError { err } if err.is_connect() => {
                Self::silent(format!("cannot connect: {}", cause(err)))
            }
            Bollard::HyperLegacyError { err } => Self::silent(format!("the connection broke off: {}", cause(err))),
            Bollard::HyperResponseError { err } => Self::silent(format!("the connection broke off: {}", cause(err))),
            other => Self::silent(cause(other)),
        }
    }

    /// No answer at all.
    pub(super) fn silent(message: impl Into<String>) -> Self {
        Self { status: None, message: message.into() }
    }

    /// The object that was asked about does not exist. A 404 may also mean something that it refers to.
    pub(super) fn is_missing(&self) -> bool {
        if self.status != Some(404) {
            return false;
        }
        let message = self.message.to_lowercase();
        message.contains("no such") || message.contains("not found")
    }

    /// What the caller of the engine gets, for a request about this object.
    pub(super) fn about(&self, object: &Object) -> Error {
        let message = plain(&self.message);
        match self.status {
            None | Some(502 | 504) => Error::Unavailable { message },
            Some(404) if self.names_kind_of(object) => Error::NotFound { object: object.clone() },
            Some(409) => Error::Conflict { object: object.clone(), message },
            Some(_) if stands_in_the_way(&self.message) => Error::Conflict { object: object.clone(), message },
            Some(status) => answered(status, &self.message, format!("{object}: {message}")),
        }
    }

    /// What the caller gets, for a request about no object in particular.
    pub(super) fn plain(&self) -> Error {
        match self.status {
            None | Some(502 | 504) => Error::Unavailable { message: plain(&self.message) },
            Some(status) => answered(status, &self.message, plain(&self.message)),
        }
    }

    /// Whether a 404 speaks of an object of this kind, and not of another one that it needs: a start may answer `network x not
    /// found`.
    fn names_kind_of(&self, object: &Object) -> bool {
        let message = self.message.to_lowercase();
        match object {
            Object::Container(_) => message.contains("no such container"),
            Object::Network(name) => {
                message.contains("no such network")
                    || message.contains(&format!("network {}", name.as_str().to_lowercase()))
            }
            Object::Volume(_) => message.contains("no such volume"),
            Object::Image(_) => message.contains("no such image"),
        }
    }
}

/// An answer that is neither a conflict nor silence. A 404 is about something that it needs, which is made again; a 5xx may pass;
/// unless the words say that the request itself cannot be met.
fn answered(status: u16, words: &str, message: String) -> Error {
    const FOR_GOOD: [&str; 6] = [
        "could not find the file",
        "oci runtime",
        "could not select device driver",
        "error gathering device information",
        "address already in use",
        "ports are not available",
    ];
    let words = words.to_lowercase();
    let may_pass = (status == 404 || status >= 500) && !FOR_GOOD.iter().any(|sign| words.contains(sign));
    if may_pass { Error::Faltered { message } } else { Error::Rejected { message } }
}

/// The engine answers 500 or 403 for what is a conflict in fact.
fn stands_in_the_way(message: &str) -> bool {
    const SIGNS: [&str; 7] = [
        "port is already allocated",
        "pool overlaps",
        "non-overlapping",
        "has active endpoints",
        "is already in use",
        "volume is in use",
        "already exists",
    ];
    let message = message.to_lowercase();
    SIGNS.iter().any(|sign| message.contains(sign))
}

/// The engine's words without what only its authors need, in one line.
fn plain(message: &str) -> String {
    let message = message.trim().trim_start_matches("Error response from daemon: ").trim_start_matches("Conflict. ");
    if let Some(binding) = between(message, "Bind for ", " failed: port is already allocated") {
        return format!("port {binding} of the host is already taken by another container");
    }
    if let Some(binding) = between(message, "listen tcp4 ", ": bind: address already in use") {
        return format!("port {binding} of the host is already taken by another process");
    }
    if message.contains("Pool overlaps with other one") {
        return "its subnet overlaps that of another network of the engine".to_owned();
    }
    if message.contains("non-overlapping") {
        return format!(
            "the engine has no free subnet left for it (remove unused networks, or give it a subnet): {message}"
        );
    }
    message.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn between<'a>(text: &'a str, before: &str, after: &str) -> Option<&'a str> {
    let rest = &text[text.find(before)? + before.len()..];
    rest.find(after).map(|end| &rest[..end])
}

/// The innermost cause: hyper's own text is only `client error (Connect)`.
fn cause(error: &dyn std::error::Error) -> String {
    let mut innermost = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    innermost.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use evenkeel_model::ContainerName;

    #[test]
    fn answers_are_sorted_by_what_to_do_next() {
        let web = Object::Container(ContainerName::from("web"));
        let net = Object::Network("shop_default".into());
        let cases: [(&Object, Option<u16>, &str, &str); 12] = [
            (&web, None, "no answer in time", "the container engine does not answer: no answer in time"),
            (&web, Some(404), "No such container: web", "container web does not exist on the engine"),
            (&web, Some(404), "network abc not found", "container web: network abc not found"),
            (&net, Some(404), "network shop_default not found", "network shop_default does not exist on the engine"),
            (&web, Some(409), "Conflict. You cannot remove", "container web: You cannot remove"),
            (
                &web,
                Some(500),
                "driver failed programming external connectivity on endpoint web (1): Bind for 0.0.0.0:80 failed: port is \
                 already allocated",
                "container web: port 0.0.0.0:80 of the host is already taken by another container",
            ),
            (
                &web,
                Some(500),
                "Error starting userland proxy: listen tcp4 0.0.0.0:22: bind: address already in use",
                "container web: port 0.0.0.0:22 of the host is already taken by another process",
            ),
            (
                &net,
                Some(403),
                "Pool overlaps with other one on this address space",
                "network shop_default: its subnet overlaps that of another network of the engine",
            ),
            (
                &net,
                Some(403),
                "error while removing network: network x id y has active endpoints",
                "network shop_default: error while removing network: network x id y has active endpoints",
            ),
            (&web, Some(400), "invalid\n  mount", "container web: invalid mount"),
            (&web, Some(500), "oci runtime error", "container web: oci runtime error"),
            (&web, Some(502), "bad gateway", "the container engine does not answer: bad gateway"),
        ];
        for (object, status, message, expected) in cases {
            let failure = Failure { status, message: message.to_owned() };
            assert_eq!(failure.about(object).to_string(), expected, "{message}");
        }
        let conflict = Failure { status: Some(500), message: "port is already allocated".to_owned() };
        assert!(matches!(conflict.about(&web), Error::Conflict { .. }));
        for (status, message, for_good) in [
            (400, "no command specified", true),
            (500, "OCI runtime create failed: exec: \"/no/such\": not found", true),
            (500, "listen tcp4 0.0.0.0:22: bind: address already in use", true),
            (404, "Could not find the file /nowhere in container abc", true),
            (404, "network abc not found", false),
            (500, "failed to mount overlay: device or resource busy", false),
        ] {
            let failure = Failure { status: Some(status), message: message.to_owned() };
            assert_eq!(matches!(failure.about(&web), Error::Rejected { .. }), for_good, "{message}");
            assert_eq!(matches!(failure.about(&web), Error::Faltered { .. }), !for_good, "{message}");
        }
    }
}
