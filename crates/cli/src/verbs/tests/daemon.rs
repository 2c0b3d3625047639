//! A daemon that says what it is told to say, and remembers what was asked of it.

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{Method, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use chrono::{DateTime, TimeDelta, Utc};
use evenkeel_wire::{
    Container, DesiredState, Operation, OperationState, Plan, Port, Problem, ProblemType, Protocol, Service,
    ServiceProgress, ServiceState, StackSummary, Verb,
};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};
use tokio::sync::broadcast;

/// A fake daemon. It ends with the test.
pub struct Daemon {
    script: Arc<Mutex<Script>>,
    directory: tempfile::TempDir,
}

/// What it says.
#[derive(Default)]
pub struct Script {
    /// The answer to every write.
    pub refuse: Option<Problem>,
    /// The operation and the services, look by look; the last stays.
    pub looks: Vec<(Operation, Vec<Service>)>,
    /// Plans, one for each question.
    pub plans: Vec<Plan>,
    /// So many questions after an operation are answered with 503 first.
    pub away: usize,
    /// The list of stacks.
    pub stacks: Vec<StackSummary>,
    nudges: Option<broadcast::Sender<()>>,
    written: Vec<Written>,
    asked: Vec<(String, String)>,
}

/// A write as it arrived.
#[derive(Debug, Clone)]
pub struct Written {
    pub path: String,
    pub key: String,
    pub body: Value,
}

impl Daemon {
    /// Starts one that says this. Without looks, operations have succeeded at the first.
    pub async fn start(script: impl FnOnce(&mut Script)) -> Self {
        let mut given = Script::default();
        script(&mut given);
        if given.looks.is_empty() {
            given.looks.push((operation(OperationState::Succeeded), Vec::new()));
        }
        given.nudges = Some(broadcast::channel(64).0);
        let script = Arc::new(Mutex::new(given));
        let directory = tempfile::tempdir().unwrap();
        let listener = tokio::net::UnixListener::bind(directory.path().join("e.sock")).unwrap();
        let app = Router::new().fallback(answer).with_state(script.clone());
        tokio::spawn(async move { axum::serve(listener, app).await });
        Self { script, directory }
    }

    pub fn host(&self) -> String {
        format!("unix://{}", self.directory.path().join("e.sock").display())
    }

    pub fn written(&self) -> Vec<Written> {
        self.script.lock().unwrap().written.clone()
    }

    /// The body of the only write to a path.
    pub fn asked_once(&self, path: &str) -> Value {
        let written = self.written();
        let bodies: Vec<&Value> = written.iter().filter(|one| one.path == path).map(|one| &one.body).collect();
        assert_eq!(bodies.len(), 1, "{written:?}");
        bodies[0].clone()
    }

    pub fn queries(&self, path: &str) -> Vec<String> {
        let script = self.script.lock().unwrap();
        script.asked.iter().filter(|(asked, _)| asked == path).map(|(_, query)| query.clone()).collect()
    }
}

impl Script {
    /// Something has happened: look again.
    fn nudge(&self) {
        let _ = self.nudges.as_ref().map(|nudges| nudges.send(()));
    }
}

async fn answer(State(script): State<Arc<Mutex<Script>>>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let body = axum::body::to_bytes(body, 1 << 20).await.unwrap();
    let path = head.uri.path().to_owned();
    let mut script = script.lock().unwrap();
    script.asked.push((path.clone(), head.uri.query().unwrap_or_default().to_owned()));
    if path.ends_with("/plan") {
        return axum::Json(script.plans.remove(0)).into_response();
    }
    if head.method != Method::GET {
        // What acts each time that it arrives has none.
        let key = head.headers.get("idempotency-key").map_or("", |key| key.to_str().unwrap()).to_owned();
        let body = serde_json::from_slice(&body).unwrap_or_default();
        script.written.push(Written { path: path.clone(), key, body });
        return write(&script, &path);
    }
    let end = path.rsplit('/').next().unwrap_or_default();
    match end {
        "op-1" if script.away > 0 => {
            script.away -= 1;
            script.nudge();
            problem(&Problem::new(ProblemType::Unavailable, "ending"))
        }
        "op-1" => {
            let (operation, _) = script.looks.first().cloned().unwrap();
            axum::Json(operation).into_response()
        }
        "services" => {
            // A look is the operation and then the services: the next look begins after both.
            script.nudge();
            let services = if script.looks.len() > 1 { script.looks.remove(0).1 } else { script.looks[0].1.clone() };
            axum::Json(services).into_response()
        }
        "stacks" => axum::Json(&script.stacks).into_response(),
        "events" => events(script.nudges.as_ref().map(broadcast::Sender::subscribe).unwrap()),
        "containers" => {
            let container = |name: &str, state: &str| evenkeel_wire::EngineContainer {
                id: format!("id-of-{name}"),
                name: name.to_owned(),
                service: "web".to_owned(),
                state: state.to_owned(),
                ..evenkeel_wire::EngineContainer::default()
            };
            axum::Json([container("shop-web-1", "running"), container("shop-web-2", "exited")]).into_response()
        }
        "logs" => logs(&["one", "two"]),
        "version" => axum::Json(json!({"version": env!("CARGO_PKG_VERSION")})).into_response(),
        "doctor" => {
            let check = json!({"name": "engine", "state": "ok", "detail": "answers"});
            axum::Json(json!({"ok": true, "checks": [check]})).into_response()
        }
        _ => (StatusCode::NOT_FOUND, "no such route").into_response(),
    }
}

fn write(script: &Script, path: &str) -> Response {
    if let Some(refusal) = &script.refuse {
        return problem(refusal);
    }
    match path.rsplit('/').next() {
        Some("runs") => axum::Json(json!({
            "container": "shop-web-run-1", "id": "c0ffee", "exit_code": null, "stdout": "", "stderr": "", "truncated": false
        }))
        .into_response(),
        Some("tokens") => axum::Json(json!({"id": "t1", "token": "secret"})).into_response(),
        Some("hold" | "release") => axum::Json(json!({
            "stack": "shop", "state": "up", "ready": 1, "services": 1, "generation": 1, "since": Utc::now()
        }))
        .into_response(),
        _ => (StatusCode::ACCEPTED, axum::Json(operation(OperationState::Running))).into_response(),
    }
}

fn problem(problem: &Problem) -> Response {
    let status = StatusCode::from_u16(problem.status).unwrap();
    let kind = [(header::CONTENT_TYPE, evenkeel_wire::PROBLEM_JSON)];
    (status, kind, serde_json::to_string(problem).unwrap()).into_response()
}

/// An event for every nudge. The stream stays open.
fn events(nudges: broadcast::Receiver<()>) -> Response {
    let stream = futures::stream::unfold(nudges, |mut nudges| async {
        nudges.recv().await.ok()?;
        let event = json!({"id": 1, "at": begun(), "kind": "service_state", "message": "changed"});
        Some((Ok::<_, std::convert::Infallible>(format!("id: 1\ndata: {event}\n\n")), nudges))
    });
    ([(header::CONTENT_TYPE, evenkeel_wire::EVENT_STREAM)], Body::from_stream(stream)).into_response()
}

fn logs(lines: &[&str]) -> Response {
    let line = |text: &&str| {
        let line = json!({"service": "web", "container": "shop-web-1", "stream": "stdout", "text": text});
        format!("event: log\ndata: {line}\n\n")
    };
    let body: String = lines.iter().map(line).collect();
    ([(header::CONTENT_TYPE, evenkeel_wire::EVENT_STREAM)], body).into_response()
}

fn begun() -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + TimeDelta::days(20_000)
}

/// An operation on the service `web` of `shop`.
pub fn operation(state: OperationState) -> Operation {
    let ended = state != OperationState::Running;
    Operation {
        id: "op-1".into(),
        state,
        begun: false,
        services: vec![ServiceProgress {
            service: "web".into(),
            state: if ended { ServiceState::Healthy } else { ServiceState::Pending },
            created_at: None,
            started_at: None,
            ready_at: None,
        }],
        verb: Verb::Restart,
        stack: "shop".into(),
        generation: 1,
        created_at: begun(),
        deadline: None,
        ended_at: ended.then(|| begun() + TimeDelta::seconds(30)),
        reason: None,
        steps: Vec::new(),
        timeline: None,
    }
}

/// A service with one container and one port.
pub fn service(name: &str, state: ServiceState) -> Service {
    let ports = vec![Port { host_ip: [0, 0, 0, 0].into(), published: 8080, target: 80, protocol: Protocol::Tcp }];
    Service {
        service: name.into(),
        state,
        since: begun(),
        observed_at: Some(begun()),
        desired: DesiredState::Running,
        reason: None,
        waiting_for: Vec::new(),
        next_attempt_at: None,
        exit_code: None,
        ready: state == ServiceState::Healthy,
        image: Some("web:1".into()),
        stand_in: None,
        containers: vec![Container {
            container: format!("shop-{name}-1"),
            state,
            since: Some(begun()),
            created_at: Some(begun()),
            started_at: Some(begun()),
            exit_code: None,
            reason: None,
            last_words: None,
            ports: ports.clone(),
        }],
        ports,
    }
}
