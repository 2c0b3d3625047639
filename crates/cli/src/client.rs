//! The daemon's API as calls: JSON in and out, streams of events, problem documents as failures. It knows no verb.

use crate::args::Global;
use crate::copy::Pieces;
use crate::failure::Failure;
use crate::host::Host;
use crate::sse::{Message, Parser};
use evenkeel_wire::{IDEMPOTENCY_KEY, LAST_EVENT_ID, Problem, ProblemType};
use futures::StreamExt as _;
use reqwest::header::{CONNECTION, UPGRADE};
use reqwest::{Method, Response, StatusCode, Upgraded};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::collections::VecDeque;
use std::io::ErrorKind;
use std::time::Duration;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// Pauses before a request that was cut off is sent again; a daemon that is being restarted is back by then.
const PAUSES: [Duration; 3] = [Duration::from_millis(200), Duration::from_millis(600), Duration::from_millis(1500)];

/// A client of one daemon.
#[derive(Clone)]
pub struct Client {
    http: reqwest::Client,
    host: Host,
    base: String,
    token: Option<String>,
}

impl Client {
    /// A client for the daemon that the flags and the environment name, or the local one. Nothing is connected yet.
    pub fn new(global: &Global) -> Result<Self, Failure> {
        let host = match global.host.as_deref().filter(|host| !host.is_empty()) {
            Some(text) => Host::parse(text)?,
            None => Host::local(),
        };
        Self::at(host, global.token.clone().filter(|token| !token.is_empty()))
    }

    /// A client for the daemon at an address.
    pub fn at(host: Host, token: Option<String>) -> Result<Self, Failure> {
        // reqwest wants a TLS provider even for plain HTTP. That one is there already is no error.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let builder = reqwest::Client::builder()
            .connect_timeout(CONNECT_TIMEOUT)
            .user_agent(concat!("evenkeel/", env!("CARGO_PKG_VERSION")));
        let (builder, base) = match &host {
            Host::Unix(path) => (builder.unix_socket(path.clone()).no_proxy(), "http://evenkeel".to_owned()),
            Host::Tcp(url) if is_loopback(url) => (builder.no_proxy(), url.clone()),
            Host::Tcp(url) => (builder, url.clone()),
        };
        // Reading the machine's certificates costs more than a whole request over a socket.
        let builder = if matches!(host, Host::Unix(_)) { builder.tls_certs_only([]) } else { builder };
        let http = builder.build().map_err(|error| Failure::failed(chain(&error)))?;
        Ok(Self { http, host, base, token })
    }

    /// Where the daemon is.
    pub fn host(&self) -> &Host {
        &self.host
    }

    /// `GET`, with a query.
    pub async fn get<T: DeserializeOwned>(&self, path: &str, query: &impl Serialize) -> Result<T, Failure> {
        let request = self.request(Method::GET, path).query(query);
        self.read(self.send(request).await?).await
    }

    /// A request that changes something. It carries a key of its own, so that it can be sent again where the answer
    /// was lost, and acts once.
    pub async fn write<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        query: &impl Serialize,
        body: &impl Serialize,
    ) -> Result<T, Failure> {
        let key = uuid::Uuid::now_v7().to_string();
        let attempt = || {
            let request = self.request(method.clone(), path).query(query).json(body);
            self.send(request.header(IDEMPOTENCY_KEY, &key))
        };
        for pause in PAUSES {
            match attempt().await {
                Err(failure) if failure.is_passing() || matches!(failure, Failure::Failed { .. }) => {
                    tokio::time::sleep(pause).await;
                }
                answer => return self.read(answer?).await,
            }
        }
        self.read(attempt().await?).await
    }

    /// `DELETE`, whatever the answer's body.
    pub async fn delete(&self, path: &str) -> Result<(), Failure> {
        let key = uuid::Uuid::now_v7().to_string();
        self.send(self.request(Method::DELETE, path).header(IDEMPOTENCY_KEY, key)).await.map(drop)
    }

    /// A stream of events, from behind `last_id` where one is given.
    pub async fn events(&self, path: &str, query: &impl Serialize, last_id: Option<&str>) -> Result<Events, Failure> {
        let mut request = self.request(Method::GET, path).query(query).header("accept", evenkeel_wire::EVENT_STREAM);
        if let Some(id) = last_id {
            request = request.header(LAST_EVENT_ID, id);
        }
        let response = self.send(request).await?;
        Ok(Events { response, parser: Parser::default(), ready: VecDeque::new() })
    }

    /// A request that acts each time that it arrives: it is sent once.
    pub async fn once<T: DeserializeOwned>(&self, path: &str, body: &impl Serialize) -> Result<T, Failure> {
        self.read(self.send(self.request(Method::POST, path).json(body)).await?).await
    }

    /// A `PUT` whose body is sent as it comes, once.
    pub async fn upload(&self, path: &str, query: &impl Serialize, pieces: Pieces) -> Result<(), Failure> {
        let request = self.request(Method::PUT, path).query(query).header("content-type", "application/x-tar");
        self.send(request.body(reqwest::Body::wrap_stream(pieces))).await.map(drop)
    }

    /// `GET`, with a body that is read as it comes.
    pub async fn download(&self, path: &str, query: &impl Serialize) -> Result<Pieces, Failure> {
        let response = self.send(self.request(Method::GET, path).query(query)).await?;
        Ok(response.bytes_stream().map(|piece| piece.map_err(std::io::Error::other)).boxed())
    }

    /// The same, with the connection as a session of frames from then on.
    pub async fn session(&self, path: &str, body: &impl Serialize) -> Result<Upgraded, Failure> {
        let request = self.request(Method::POST, path).json(body);
        let request = request.header(CONNECTION, "upgrade").header(UPGRADE, evenkeel_wire::SESSION);
        let response = request.send().await.map_err(|error| self.unreachable(&error))?;
        if response.status() != StatusCode::SWITCHING_PROTOCOLS {
            return Err(problem(response).await);
        }
        response.upgrade().await.map_err(|error| self.unreachable(&error))
    }

    fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        let request = self.http.request(method, format!("{}{path}", self.base));
        match &self.token {
            Some(token) => request.bearer_auth(token),
            None => request,
        }
    }

    async fn send(&self, request: reqwest::RequestBuilder) -> Result<Response, Failure> {
        let response = request.send().await.map_err(|error| self.unreachable(&error))?;
        if response.status().is_success() { Ok(response) } else { Err(problem(response).await) }
    }

    async fn read<T: DeserializeOwned>(&self, response: Response) -> Result<T, Failure> {
        let path = response.url().path().to_owned();
        let bytes = response.bytes().await.map_err(|error| self.unreachable(&error))?;
        serde_json::from_slice(&bytes).map_err(|error| Failure::Failed {
            message: format!("the answer to {path} is not what this version of evenkeel understands: {error}"),
            help: Some("`evenkeel version` shows the versions of command and daemon".into()),
        })
    }

    fn unreachable(&self, error: &reqwest::Error) -> Failure {
        let kind = io_kind(error);
        let refused = matches!(
            kind,
            Some(
                ErrorKind::NotFound | ErrorKind::ConnectionRefused | ErrorKind::PermissionDenied | ErrorKind::TimedOut
            )
        );
        if error.is_connect() || refused {
            let forbidden = kind == Some(ErrorKind::PermissionDenied);
            return Failure::NoDaemon { host: self.host.clone(), cause: innermost(error), forbidden };
        }
        Failure::failed(format!("the connection to {} broke: {}", self.host, chain(error)))
    }
}

/// A running stream of events.
pub struct Events {
    response: Response,
    parser: Parser,
    ready: VecDeque<Message>,
}

impl Events {
    /// The next event; `None` when the daemon has ended the stream or the connection broke.
    ///
    /// Dropping the future before it is ready loses no event.
    pub async fn next(&mut self) -> Option<Message> {
        loop {
            if let Some(message) = self.ready.pop_front() {
                return Some(message);
            }
            let chunk = self.response.chunk().await.ok().flatten()?;
            self.ready.extend(self.parser.push(&chunk));
        }
    }
}

async fn problem(response: Response) -> Failure {
    let (status, path) = (response.status(), response.url().path().to_owned());
    let bytes = bounded(response).await;
    if let Ok(mut problem) = serde_json::from_slice::<Problem>(&bytes) {
        problem.status = status.as_u16();
        return Failure::Problem(Box::new(problem));
    }
    let kind = match status {
        StatusCode::UNAUTHORIZED => ProblemType::Unauthorized,
        StatusCode::FORBIDDEN => ProblemType::Forbidden,
        StatusCode::NOT_FOUND => ProblemType::NotFound,
        StatusCode::GATEWAY_TIMEOUT => ProblemType::TimedOut,
        _ => ProblemType::Internal,
    };
    let text = String::from_utf8_lossy(&bytes);
    let text = text.trim();
    let detail = if text.is_empty() { format!("{path}: {status}") } else { format!("{path}: {status}: {text}") };
    Failure::Problem(Box::new(Problem { status: status.as_u16(), ..Problem::new(kind, detail) }))
}

/// A problem's body, at most one MiB of it: whoever answers need not be our daemon.
async fn bounded(response: Response) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut stream = response.bytes_stream();
    while let Some(Ok(chunk)) = stream.next().await {
        bytes.extend_from_slice(&chunk);
        if bytes.len() > 1 << 20 {
            break;
        }
    }
    bytes
}

fn is_loopback(url: &str) -> bool {
    let Some((_, rest)) = url.split_once("://") else { return false };
    ["localhost", "127.", "[::1]"].iter().any(|host| rest.starts_with(host))
}

fn io_kind(error: &(dyn std::error::Error + 'static)) -> Option<ErrorKind> {
    let mut source = Some(error);
    while let Some(error) = source {
        if let Some(io) = error.downcast_ref::<std::io::Error>() {
            return Some(io.kind());
        }
        source = error.source();
    }
    None
}

fn innermost(error: &dyn std::error::Error) -> String {
    let mut error = error;
    while let Some(source) = error.source() {
        error = source;
    }
    error.to_string()
}

fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        let inner = error.to_string();
        if !text.contains(&inner) {
            text = format!("{text}: {inner}");
        }
        source = error.source();
    }
    text
}
