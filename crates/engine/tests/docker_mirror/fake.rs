//! As much of Docker's API as the mirror asks for, on a unix socket, with a record of what was asked.

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Path, Request, State};
use axum::http::StatusCode;
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use evenkeel_engine::docker::{Bounds, Docker};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::convert::Infallible;
use std::sync::{Arc, Mutex, MutexGuard};
use tokio::sync::watch;

/// A Docker API. It ends with the test's runtime.
pub struct Fake {
    shared: Arc<Shared>,
    directory: tempfile::TempDir,
}

struct Shared {
    containers: Mutex<BTreeMap<String, Value>>,
    asked: Mutex<Vec<String>>,
    feed: watch::Sender<Feed>,
    /// Inspections wait.
    busy: watch::Sender<bool>,
}

/// The stream of events.
#[derive(Debug, Default)]
struct Feed {
    lines: Vec<Bytes>,
    /// From which line on a new stream begins: where it was when the engine was asked for its time, as `since` would have it.
    since: usize,
    /// Streams that were opened.
    opened: u32,
    /// Streams up to this one have been ended.
    ended: u32,
}

impl Fake {
    /// One that answers.
    pub fn new() -> Self {
        let fake = Self::stopped();
        fake.start();
        fake
    }

    /// One that has not been started.
    pub fn stopped() -> Self {
        let (feed, busy) = (watch::Sender::default(), watch::Sender::new(false));
        let shared = Shared { containers: Mutex::default(), asked: Mutex::default(), feed, busy };
        Self { shared: Arc::new(shared), directory: tempfile::tempdir().expect("a directory") }
    }

    pub fn start(&self) {
        let router = Router::new()
            .route("/version", get(async || axum::Json(json!({"Version": "20.10.24", "ApiVersion": "1.41"}))))
            .route("/info", get(info))
            .route("/containers/json", get(list))
            .route("/containers/{id}/json", get(inspect))
            .route("/networks", get(async || axum::Json(json!([]))))
            .route("/volumes", get(async || axum::Json(json!({"Volumes": [], "Warnings": null}))))
            .route("/images/json", get(async || axum::Json(json!([]))))
            .route("/events", get(events))
            .layer(from_fn_with_state(Arc::clone(&self.shared), record))
            .with_state(Arc::clone(&self.shared));
        let listener = tokio::net::UnixListener::bind(self.directory.path().join("docker.sock")).expect("a socket");
        tokio::spawn(async move { axum::serve(listener, router).await });
    }

    pub fn connect(&self) -> Docker {
        let path = self.directory.path().join("docker.sock");
        Docker::connect(Some(&format!("unix://{}", path.display())), Bounds::default()).expect("an address")
    }

    /// The request lines so far.
    pub fn asked(&self) -> Vec<String> {
        self.shared.asked.lock().expect("a list").clone()
    }

    /// Puts a container, of the stack if one is named.
    pub fn put(&self, id: &str, stack: &str, status: &str) {
        let labels = if stack.is_empty() { json!({}) } else { json!({"dev.evenkeel.stack": stack}) };
        let container = json!({
            "Id": id, "Name": format!("/{id}"), "Image": "sha256:1", "Created": "2026-01-02T03:04:05Z",
            "State": {"Status": status, "Running": status == "running", "ExitCode": 1,
                "StartedAt": "2026-01-02T03:04:06Z", "FinishedAt": "2026-01-02T03:04:07Z"},
            "Config": {"Labels": labels, "Healthcheck": {"Test": ["CMD", "true"]}},
        });
        self.containers().insert(id.to_owned(), container);
    }

    pub fn set_health(&self, id: &str, status: &str) {
        if let Some(container) = self.containers().get_mut(id) {
            container["State"]["Health"] = json!({"Status": status, "FailingStreak": 0, "Log": []});
        }
    }

    /// Has inspections wait, or go on: an engine that cleans up behind a container answers none of it.
    pub fn set_busy(&self, busy: bool) {
        self.shared.busy.send_replace(busy);
    }

    pub fn remove(&self, id: &str) {
        self.containers().remove(id);
    }

    /// Sends an event of a container, with its labels and further attributes.
    pub fn tell(&self, id: &str, action: &str, further: &[(&str, &str)]) {
        let labels = self.containers().get(id).map(|container| container["Config"]["Labels"].clone());
        let mut attributes = labels.unwrap_or_else(|| json!({}));
        for (name, value) in further {
            attributes[*name] = json!(value);
        }
        let event = json!({"Type": "container", "Action": action, "Actor": {"ID": id, "Attributes": attributes}});
        self.shared.feed.send_modify(|feed| feed.lines.push(Bytes::from(format!("{event}\n"))));
    }

    /// Ends the stream of events, once there is one.
    pub async fn hang_up(&self) {
        let mut feed = self.shared.feed.subscribe();
        feed.wait_for(|feed| feed.opened > feed.ended).await.expect("the feed");
        self.shared.feed.send_modify(|feed| feed.ended = feed.opened);
    }

    fn containers(&self) -> MutexGuard<'_, BTreeMap<String, Value>> {
        self.shared.containers.lock().expect("a map")
    }
}

async fn record(State(shared): State<Arc<Shared>>, request: Request, next: Next) -> Response {
    let line = format!("{} {}", request.method(), request.uri());
    shared.asked.lock().expect("a list").push(line);
    next.run(request).await
}

async fn list(State(shared): State<Arc<Shared>>) -> axum::Json<Value> {
    let ids: Vec<Value> = shared.containers.lock().expect("a map").keys().map(|id| json!({"Id": id})).collect();
    axum::Json(json!(ids))
}

async fn inspect(State(shared): State<Arc<Shared>>, Path(id): Path<String>) -> Response {
    // The sender lives as long as the state.
    let _ = shared.busy.subscribe().wait_for(|busy| !busy).await;
    match shared.containers.lock().expect("a map").get(&id) {
        Some(container) => axum::Json(container.clone()).into_response(),
        None => {
            let message = json!({"message": format!("No such container: {id}")});
            (StatusCode::NOT_FOUND, axum::Json(message)).into_response()
        }
    }
}

async fn info(State(shared): State<Arc<Shared>>) -> axum::Json<Value> {
    shared.feed.send_modify(|feed| feed.since = feed.lines.len());
    axum::Json(json!({"Name": "elsewhere"}))
}

async fn events(State(shared): State<Arc<Shared>>) -> Body {
    let mut begin = (0, 0);
    shared.feed.send_modify(|feed| {
        feed.opened += 1;
        begin = (feed.since, feed.opened);
    });
    let (next, stream) = begin;
    let lines = futures::stream::unfold((shared.feed.subscribe(), next), move |(mut feed, next)| async move {
        let seen = feed.wait_for(|feed| feed.ended >= stream || feed.lines.len() > next).await.ok()?;
        let line = seen.lines.get(next).filter(|_| seen.ended < stream).cloned();
        drop(seen);
        line.map(|line| (Ok::<_, Infallible>(line), (feed, next + 1)))
    });
    Body::from_stream(lines)
}
