//! A daemon without listeners: a store in a temporary directory, the simulated engine, the loop, and the router.

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::{HeaderMap, Request, StatusCode};
use evenkeel_api::{ApiState, Peer, Settings, router};
use evenkeel_control::{Clock, Control, Options};
use evenkeel_engine::Engine;
use evenkeel_engine::sim::{Pace, Sim, SimOptions};
use evenkeel_store::Store;
use futures::StreamExt;
use http_body_util::BodyExt;
use serde_json::Value;
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

/// Nothing that is waited for takes longer, or the test fails.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// Two services, the second waiting for the first, and a secret.
pub const SHOP: &str = "\
name: from-the-file
services:
  db:
    image: postgres:15
    environment: {POSTGRES_PASSWORD: correct-horse, POSTGRES_USER: shop, SIM_READY_MS: '1', SIM_STOP_MS: '1'}
    healthcheck: {test: [CMD, 'true'], interval: 1s}
    volumes: ['data:/var/lib/postgresql/data']
  web:
    image: nginx:1
    command: [serve, --password, correct-horse]
    environment: {DATABASE_URL: 'postgres://shop:correct-horse@db/shop', SIM_STOP_MS: '1'}
    depends_on: {db: {condition: service_healthy}}
    ports: ['8080:80']
volumes: {data: {}}
";

/// A daemon without listeners.
pub struct Api {
    pub router: Router,
    pub control: Control,
    pub sim: Sim,
    pub shutdown: CancellationToken,
    pub state: ApiState,
    peer: Peer,
    _dir: Arc<tempfile::TempDir>,
}

impl Api {
    pub async fn start() -> Self {
        Self::with(Settings::default()).await
    }

    pub async fn with(settings: Settings) -> Self {
        let sim = sim();
        Self::new(Arc::new(sim.clone()), sim, settings).await
    }

    /// A daemon on an engine of the test's own.
    pub async fn on(engine: Arc<dyn Engine>) -> Self {
        Self::new(engine, sim(), Settings::default()).await
    }

    async fn new(engine: Arc<dyn Engine>, sim: Sim, settings: Settings) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(dir.path()).await.unwrap();
        let control = Control::start(engine, store, Options::default()).await.unwrap();
        let shutdown = CancellationToken::new();
        let settings = Settings { state_dir: dir.path().to_owned(), ..settings };
        let state = ApiState::new(control.clone(), settings, shutdown.clone());
        let peer = Peer::Unix { uid: Some(0) };
        Self { router: router(state.clone()), control, sim, shutdown, state, peer, _dir: Arc::new(dir) }
    }

    /// The same daemon, asked over TCP.
    pub fn over_tcp(&self) -> Self {
        Self {
            router: self.router.clone(),
            control: self.control.clone(),
            sim: self.sim.clone(),
            shutdown: self.shutdown.clone(),
            state: self.state.clone(),
            peer: Peer::Tcp(([127, 0, 0, 1], 40_000).into()),
            _dir: self._dir.clone(),
        }
    }

    /// The same daemon with the stack `shop` defined.
    pub async fn with_shop(self) -> Self {
        self.check("PUT /v1/stacks/shop", &[YAML], SHOP, 201, r#"{"generation": 1}"#).await;
        self
    }

    /// The same daemon with the stack `shop` up.
    pub async fn with_shop_up(self) -> Self {
        let api = self.with_shop().await;
        api.check("POST /v1/stacks/shop/up?wait=true&timeout=25s", &[], "", 200, r#"{"state": "succeeded"}"#).await;
        api
    }

    /// Sends a request; `line` is method and path.
    pub async fn send(&self, line: &str, headers: &[(&str, &str)], body: impl Into<Body>) -> axum::response::Response {
        let (method, path) = line.split_once(' ').unwrap();
        let mut request = Request::builder().method(method).uri(path).extension(ConnectInfo(self.peer));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let answer = self.router.clone().oneshot(request.body(body.into()).unwrap());
        tokio::time::timeout(PATIENCE, answer).await.unwrap_or_else(|_| panic!("{line}: no answer")).unwrap()
    }

    /// Sends a request and reads the whole answer.
    pub async fn call(&self, line: &str, headers: &[(&str, &str)], body: impl Into<Body>) -> Answered {
        let response = self.send(line, headers, body).await;
        let (parts, body) = response.into_parts();
        let bytes = tokio::time::timeout(PATIENCE, body.collect()).await.unwrap().unwrap().to_bytes();
        let text = String::from_utf8(bytes.to_vec()).unwrap();
        Answered { status: parts.status, headers: parts.headers, text }
    }

    /// Sends a request; the answer must have this status and contain this JSON.
    pub async fn check(
        &self,
        line: &str,
        headers: &[(&str, &str)],
        body: impl Into<Body>,
        status: u16,
        subset: &str,
    ) -> Answered {
        let answer = self.call(line, headers, body).await;
        assert_eq!(answer.status.as_u16(), status, "{line}: {}", answer.text);
        if !subset.is_empty() {
            let subset: Value = serde_json::from_str(subset).unwrap();
            assert!(contains(&answer.json(), &subset), "{line}: {subset} is not in {}", answer.text);
        }
        if status >= 400 {
            let content_type = answer.headers.get("content-type").and_then(|value| value.to_str().ok());
            assert_eq!(content_type, Some("application/problem+json"), "{line}");
            assert_eq!(answer.json()["status"], status, "{line}");
        }
        answer
    }

    /// Opens a stream of events.
    pub async fn stream(&self, line: &str, headers: &[(&str, &str)]) -> Events {
        let response = self.send(line, headers, "").await;
        assert_eq!(response.status(), StatusCode::OK, "{line}");
        Events { body: StreamExt::boxed(response.into_body().into_data_stream()), buffer: String::new() }
    }
}

fn sim() -> Sim {
    Sim::new(SimOptions { pace: Pace::instant(), started_at: Clock::wall().now(), ..SimOptions::default() })
}

/// JSON and YAML as the headers name them.
pub const JSON: (&str, &str) = ("content-type", "application/json");
pub const YAML: (&str, &str) = ("content-type", "application/yaml");

/// An answer.
pub struct Answered {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub text: String,
}

impl Answered {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {}", self.text))
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }
}

/// An open stream of Server-Sent Events.
pub struct Events {
    body: futures::stream::BoxStream<'static, Result<bytes::Bytes, axum::Error>>,
    buffer: String,
}

/// One of them.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Message {
    pub id: Option<String>,
    pub event: String,
    pub data: Value,
}

impl Events {
    /// The next event; `None` when the stream has ended.
    pub async fn next(&mut self) -> Option<Message> {
        loop {
            if let Some((message, rest)) = self.buffer.split_once("\n\n") {
                let message = parse(message);
                self.buffer = rest.to_owned();
                match message {
                    Some(message) => return Some(message),
                    None => continue,
                }
            }
            let chunk = tokio::time::timeout(PATIENCE, self.body.next()).await.unwrap()?;
            self.buffer.push_str(std::str::from_utf8(&chunk.unwrap()).unwrap());
        }
    }

    /// Reads until an event of a kind whose message contains a text.
    pub async fn until(&mut self, event: &str, part: &str) -> Vec<Message> {
        let mut read = Vec::new();
        while let Some(message) = self.next().await {
            let found =
                message.event == event && message.data["message"].as_str().is_some_and(|text| text.contains(part));
            read.push(message);
            if found {
                return read;
            }
        }
        panic!("the stream ended without `{event}` `{part}`: {read:?}");
    }

    /// Reads until the event with this id.
    pub async fn until_id(&mut self, id: i64) -> Vec<Message> {
        let mut read = Vec::new();
        while let Some(message) = self.next().await {
            let found = message.id.as_deref() == Some(id.to_string().as_str());
            read.push(message);
            if found {
                return read;
            }
        }
        panic!("the stream ended without id {id}: {read:?}");
    }
}

/// `None` for a comment.
fn parse(text: &str) -> Option<Message> {
    let mut message = Message::default();
    for line in text.lines() {
        match line.split_once(": ") {
            Some(("id", id)) => message.id = Some(id.to_owned()),
            Some(("event", event)) => message.event = event.to_owned(),
            Some(("data", data)) => message.data = serde_json::from_str(data).unwrap(),
            _ => {}
        }
    }
    (!message.event.is_empty()).then_some(message)
}

/// Whether all that stands in `subset` stands in `whole`: objects by key, arrays element by element, texts as a part.
pub fn contains(whole: &Value, subset: &Value) -> bool {
    match (whole, subset) {
        (Value::Object(whole), Value::Object(subset)) => {
            subset.iter().all(|(key, value)| whole.get(key).is_some_and(|whole| contains(whole, value)))
        }
        (Value::Array(whole), Value::Array(subset)) => {
            whole.len() == subset.len() && whole.iter().zip(subset).all(|(whole, subset)| contains(whole, subset))
        }
        (Value::String(whole), Value::String(subset)) => whole.contains(subset.as_str()),
        _ => whole == subset,
    }
}
