//! Verbs against a fake daemon on a unix socket: requests as they arrive, exit codes, documents, messages.

mod attached;
mod daemon;

use super::*;
use crate::args::{Command, try_parse_from};
use daemon::{Daemon, operation, service};
use evenkeel_wire::{
    Diagnostic, Finding, OperationState, Plan, PlannedStep, Problem, ProblemType, Service, ServiceState, Severity,
    StackState, StackSummary,
};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};

/// What a command line did.
struct Ran {
    code: u8,
    out: String,
    err: String,
}

impl Ran {
    fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {}", self.out))
    }
}

/// Runs a command line against a daemon, or against a socket at which nobody listens.
async fn ran(daemon: Option<&Daemon>, line: &str) -> Ran {
    let socket = daemon.map_or("unix:///nowhere/evenkeel.sock".to_owned(), |daemon| daemon.host());
    let words = ["evenkeel", "--host", &socket].into_iter().chain(line.split_whitespace());
    let Ok(Command::Client(client)) = try_parse_from(words) else { panic!("`{line}` is not understood") };
    let (output, out, err) = Output::captured(client.global.json, client.global.quiet);
    let code = run(client, &output).await;
    let text = |sink: Arc<Mutex<Vec<u8>>>| String::from_utf8(sink.lock().unwrap().clone()).unwrap();
    Ran { code, out: text(out), err: text(err) }
}

fn problem(kind: ProblemType) -> Problem {
    Problem::new(kind, "the detail").with_help("the help")
}

#[tokio::test]
async fn without_a_daemon_every_verb_says_how_to_start_one() {
    for line in ["-p shop ps", "ls", "-p shop down", "-p shop restart web", "-p shop logs", "token ls", "events --all"]
    {
        let ran = ran(None, line).await;
        assert_eq!(ran.code, 3, "{line}");
        assert!(
            ran.err.contains("no daemon answers at unix:///nowhere") && ran.err.contains("evenkeel serve"),
            "{}",
            ran.err
        );
        assert_eq!(ran.out, "", "{line}");
    }
    let version = ran(None, "version --json").await;
    assert_eq!((version.code, &version.json()["daemon"]), (0, &Value::Null));
}

#[tokio::test]
async fn problems_are_told_with_their_diagnostics_and_pick_the_exit_code() {
    let diagnostic = Diagnostic {
        file: Some("compose.yaml".into()),
        line: Some(3),
        column: Some(5),
        severity: Severity::Error,
        code: "unknown-key".into(),
        message: "unknown key `imgae`".into(),
        help: Some("did you mean `image`?".into()),
    };
    let finding = Finding {
        severity: Severity::Error,
        code: "port-taken".into(),
        object: "port 8080/tcp".into(),
        service: Some("web".into()),
        message: "process nginx (812) has it".into(),
        help: Some("publish another port".into()),
        file: None,
        line: None,
        column: None,
    };
    for (problem, code, parts) in [
        (
            Problem { diagnostics: vec![diagnostic], ..problem(ProblemType::InvalidDefinition) },
            5,
            &["error[unknown-key]: compose.yaml:3:5: unknown key `imgae`", "help: did you mean `image`?"][..],
        ),
        (
            Problem { findings: vec![finding], ..problem(ProblemType::PreflightRefused) },
            5,
            &["port 8080/tcp: process nginx (812) has it", "help: publish another port"],
        ),
        (problem(ProblemType::NotFound), 1, &["error: the detail", "help: the help"]),
        (problem(ProblemType::TimedOut), 4, &["the detail"]),
        (problem(ProblemType::Unauthorized), 1, &["the detail"]),
        (problem(ProblemType::Internal), 1, &["the detail"]),
    ] {
        let kind = problem.kind;
        let daemon = Daemon::start(|daemon| daemon.refuse = Some(problem)).await;
        let ran = ran(Some(&daemon), "-p shop reset").await;
        assert_eq!(ran.code, code, "{kind:?}: {}", ran.err);
        parts.iter().for_each(|part| assert!(ran.err.contains(part), "{kind:?} lacks {part}: {}", ran.err));
    }
}

#[tokio::test]
async fn requests_carry_their_arguments_and_a_key_of_their_own() {
    for (line, path, body) in [
        (
            "-p shop down -v -t 1.5",
            "/v1/stacks/shop/down",
            json!({"volumes": true, "remove_orphans": true, "timeout_s": 2, "services": []}),
        ),
        ("-p shop rm -fsv web", "/v1/stacks/shop/rm", json!({"services": ["web"], "stop": true, "volumes": true})),
        ("-p shop restart web", "/v1/stacks/shop/restart", json!({"services": ["web"], "no_deps": false})),
        ("-p shop stop -t 3 db", "/v1/stacks/shop/stop", json!({"services": ["db"], "timeout_s": 3})),
        ("-p shop start --wait", "/v1/stacks/shop/start", json!({"services": []})),
        ("-p shop pause web", "/v1/stacks/shop/pause", json!({"services": ["web"]})),
        ("-p shop unpause", "/v1/stacks/shop/unpause", json!({"services": []})),
        ("-p shop scale web=3", "/v1/stacks/shop/scale", json!({"scale": {"web": 3}, "no_deps": false})),
        ("-p shop reset --wait", "/v1/stacks/shop/reset", json!({"services": []})),
        ("-p shop rollback --to 4", "/v1/stacks/shop/rollback", json!({"to": 4})),
        ("hold shop --reason r", "/v1/stacks/shop/hold", json!({"reason": "r"})),
        ("release shop", "/v1/stacks/shop/release", json!({})),
        ("token create --name ci", "/v1/tokens", json!({"name": "ci"})),
    ] {
        let daemon = Daemon::start(|_| {}).await;
        let ran = ran(Some(&daemon), line).await;
        assert_eq!(ran.code, 0, "{line}: {}", ran.err);
        let written = daemon.written();
        assert_eq!(written.len(), 1, "{line}");
        assert_eq!((written[0].path.as_str(), &written[0].body), (path, &body), "{line}");
        assert_eq!(written[0].key.len(), 36, "{line}");
    }
}

#[tokio::test]
async fn an_operation_is_followed_to_its_end() {
    let mut failed = operation(OperationState::Failed);
    failed.reason = Some("web: exit 137, out of memory".into());
    let mut late = failed.clone();
    late.deadline = late.ended_at;
    for (last, code, part) in [
        (operation(OperationState::Succeeded), 0, "web  healthy"),
        (failed, 1, "restart of shop failed: web: exit 137, out of memory"),
        (late, 4, "out of memory"),
        (operation(OperationState::Superseded), 1, "a later request took its place"),
    ] {
        let daemon = Daemon::start(|daemon| {
            daemon.looks = vec![
                (operation(OperationState::Running), vec![service("web", ServiceState::Starting)]),
                (last.clone(), vec![service("web", ServiceState::Healthy)]),
            ];
        })
        .await;
        let followed = ran(Some(&daemon), "-p shop --json restart").await;
        assert_eq!(followed.code, code, "{}", followed.err);
        assert!(followed.err.contains(part), "{}", followed.err);
        let document = followed.json();
        assert_eq!((&document["id"], &document["state"]), (&json!("op-1"), &json!(last.state.as_str())));
        let keys: Vec<&String> = document["services"][0].as_object().unwrap().keys().collect();
        assert_eq!(keys, ["service", "state", "created_at", "started_at", "ready_at"]);
    }
}

#[tokio::test]
async fn a_daemon_that_is_being_restarted_is_waited_for() {
    let daemon = Daemon::start(|daemon| daemon.away = 2).await;
    let ran = ran(Some(&daemon), "-p shop restart").await;
    assert_eq!(ran.code, 0, "{}", ran.err);
    let told: Vec<&str> = ran.err.lines().filter(|line| line.contains("the daemon")).collect();
    assert_eq!(
        told,
        ["the daemon does not answer; the request is kept, waiting for it to come back", "the daemon answers again"]
    );
}

#[tokio::test]
async fn a_wait_ends_at_its_timeout_and_says_what_is_missing() {
    let daemon = Daemon::start(|daemon| {
        let mut web = service("web", ServiceState::Pending);
        web.waiting_for = vec!["db to be healthy".into()];
        daemon.looks = vec![(operation(OperationState::Running), vec![web])];
    })
    .await;
    let ran = ran(Some(&daemon), "-p shop restart --wait-timeout 50ms").await;
    assert_eq!(ran.code, 4, "{}", ran.err);
    assert!(ran.err.contains("web is pending: waits for db to be healthy"), "{}", ran.err);
    assert!(ran.err.contains("the daemon goes on"), "{}", ran.err);
}

#[tokio::test]
async fn without_wait_it_returns_when_all_is_begun() {
    let daemon = Daemon::start(|daemon| {
        let mut running = operation(OperationState::Running);
        running.services[0].state = ServiceState::Starting;
        running.services[0].started_at = Some(running.created_at);
        let begun = evenkeel_wire::Operation { begun: true, ..running.clone() };
        let starting = || vec![service("web", ServiceState::Starting)];
        daemon.looks = vec![(running, starting()), (begun, starting())];
    })
    .await;
    let ran = ran(Some(&daemon), "-p shop reset").await;
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert_eq!(daemon.queries("/v1/operations/op-1").len(), 2, "it returned before all was begun");
}

#[tokio::test]
async fn lists_have_the_shapes_that_scripts_know() {
    let now = chrono::Utc::now();
    let daemon = Daemon::start(|daemon| {
        daemon.looks = vec![(operation(OperationState::Running), vec![service("web", ServiceState::Healthy)])];
        daemon.stacks = vec![StackSummary {
            stack: "shop".into(),
            state: StackState::Up,
            ready: 1,
            services: 1,
            generation: 3,
            since: now,
            observed_at: Some(now),
            held: false,
            reason: None,
        }];
    })
    .await;
    let ps = ran(Some(&daemon), "-p shop ps --json").await;
    let row = &ps.json()[0];
    assert_eq!(
        (&row["service"], &row["container"], &row["state"]),
        (&json!("web"), &json!("shop-web-1"), &json!("healthy"))
    );
    assert_eq!(row["ports"][0], json!({"host_ip": "0.0.0.0", "published": 8080, "target": 80, "protocol": "tcp"}));
    assert!(row["since"].is_string() && row["waiting_for"].is_array());
    let table = ran(Some(&daemon), "-p shop ps").await;
    assert!(table.out.starts_with("SERVICE") && table.out.contains("http://localhost:8080"), "{}", table.out);
    for (arguments, expected) in [
        ("ps -q", "id-of-shop-web-1\n"),
        ("ps -aq", "id-of-shop-web-1\nid-of-shop-web-2\n"),
        ("ps --status exited -q", "id-of-shop-web-2\n"),
        ("ps --services", "web\n"),
        ("ps --format {{.Name}}:{{.State}}", "shop-web-1:running\n"),
        ("ls --format json", "[{\"Name\":\"shop\",\"Status\":\"running(1)\",\"ConfigFiles\":\"\"}]\n"),
        ("version --short", concat!(env!("CARGO_PKG_VERSION"), "\n")),
    ] {
        assert_eq!(ran(Some(&daemon), &format!("-p shop {arguments}")).await.out, expected, "{arguments}");
    }
    let unknown = ran(Some(&daemon), "-p shop ps wbe").await;
    assert!(unknown.code == 1 && unknown.err.contains("it has web"), "{}", unknown.err);
    let ls = ran(Some(&daemon), "ls --json").await;
    assert_eq!(
        (&ls.json()[0]["stack"], &ls.json()[0]["ready"], &ls.json()[0]["generation"]),
        (&json!("shop"), &json!(1), &json!(3))
    );
    assert_eq!(ran(Some(&daemon), "ls -q").await.out, "shop\n");
    let token = ran(Some(&daemon), "token create --json").await;
    assert_eq!(token.json(), json!({"id": "t1", "token": "secret"}));
    assert_eq!(ran(Some(&daemon), "token create -q").await.out, "secret\n");
}

#[tokio::test]
async fn streams_are_lines() {
    let daemon = Daemon::start(|daemon| {
        daemon.looks = vec![(operation(OperationState::Running), vec![service("web", ServiceState::Healthy)])];
    })
    .await;
    let logs = ran(Some(&daemon), "-p shop logs -n 2 web").await;
    assert_eq!((logs.code, logs.out.as_str()), (0, "shop-web-1 | one\nshop-web-1 | two\n"));
    let json = ran(Some(&daemon), "-p shop logs --json").await;
    let lines: Vec<Value> = json.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!((lines.len(), &lines[1]["text"]), (2, &json!("two")));
    assert_eq!(daemon.queries("/v1/stacks/shop/logs")[0], "services=web&follow=false&tail=2");
}

#[tokio::test]
async fn a_plan_is_printed_and_picks_the_exit_code() {
    let step = PlannedStep {
        action: "start".into(),
        object: "container shop-web-1".into(),
        cause: "it is not running".into(),
        waits_for: vec!["db to be healthy".into()],
    };
    let finding = |severity| Finding {
        severity,
        code: "port-taken".into(),
        object: "port 80".into(),
        service: None,
        message: "taken".into(),
        help: None,
        file: None,
        line: None,
        column: None,
    };
    let advice = || {
        let place = Finding { file: Some("/srv/compose.yaml".into()), line: Some(3), ..finding(Severity::Advice) };
        vec![finding(Severity::Advice), place]
    };
    let place = "advice[port-taken]: /srv/compose.yaml:3: port 80: taken";
    for (steps, findings, asked, code, out, err) in [
        (vec![], vec![], false, 0, "nothing to do", ""),
        (
            vec![step.clone()],
            vec![],
            false,
            2,
            "container shop-web-1  it is not running  waits for db to be healthy",
            "",
        ),
        (vec![step.clone()], vec![finding(Severity::Warning)], false, 2, "start", "warning: port 80: taken"),
        (vec![step], vec![finding(Severity::Error)], false, 5, "start", "error: port 80: taken"),
        (vec![], advice(), false, 0, "nothing to do", "2 pieces of advice; `evenkeel plan --advice` shows them"),
        (vec![], advice(), true, 0, "nothing to do", "advice[port-taken]: port 80: taken"),
        (vec![], advice(), true, 0, "nothing to do", place),
    ] {
        let daemon = Daemon::start(|daemon| daemon.plans = vec![Plan { steps, findings }]).await;
        let context = crate::args::Global { host: Some(daemon.host()), ..Default::default() };
        let (output, stdout, stderr) = Output::captured(false, false);
        let selection = Selection::default();
        let context = Context { global: &context, output: &output, before: &selection };
        let client = context.client().unwrap();
        let found = crate::project::Found::Kept("shop".into());
        let outcome = plan::show(&context, &client, found, evenkeel_wire::UpRequest::default(), asked).await;
        let shown = outcome.unwrap_or_else(|failure| {
            failure.report(&output);
            failure.code()
        });
        assert_eq!(shown, code);
        let text = |sink: Arc<Mutex<Vec<u8>>>| String::from_utf8(sink.lock().unwrap().clone()).unwrap();
        let (stdout, stderr) = (text(stdout), text(stderr));
        assert!(stdout.contains(out) && stderr.contains(err), "{stdout}\n{stderr}");
    }
}

#[tokio::test]
async fn up_sends_what_the_files_need_and_nothing_else() {
    let directory = tempfile::tempdir().unwrap();
    let file = |name: &str, content: &str| {
        let path = directory.path().join(name);
        std::fs::write(&path, content).unwrap();
        path.display().to_string()
    };
    let good = file("compose.yaml", "services: {web: {image: 'nginx:${EVENKEEL_TEST_TAG:-1}', env_file: web.env}}");
    let (env, _other) = (file("web.env", "A=1"), file("other.yaml", "services: {}"));
    let daemon = Daemon::start(|_| {}).await;
    let up = ran(Some(&daemon), &format!("-f {good} up -p shop --scale web=2 --wait web")).await;
    assert_eq!(up.code, 0, "{}", up.err);
    let body = &daemon.written()[0].body;
    let definition = &body["definition"];
    let paths: Vec<&str> =
        definition["files"].as_array().unwrap().iter().map(|file| file["path"].as_str().unwrap()).collect();
    assert_eq!(paths, [good.as_str(), env.as_str()]);
    assert_eq!(definition["compose_files"], json!([good]));
    assert_eq!(definition["working_dir"], json!(directory.path()));
    assert!(definition["environment"].get("PATH").is_none(), "{}", definition["environment"]);
    assert_eq!((&body["services"], &body["scale"]), (&json!(["web"]), &json!({"web": 2})));
}

#[tokio::test]
async fn a_definition_with_errors_is_not_sent() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("compose.yaml");
    std::fs::write(&path, "services:\n  web:\n    imgae: nginx\n").unwrap();
    let daemon = Daemon::start(|_| {}).await;
    for verb in ["up", "plan", "config", "up --dry-run"] {
        let ran = ran(Some(&daemon), &format!("-f {} {verb}", path.display())).await;
        assert_eq!(ran.code, 5, "{verb}: {}", ran.err);
        assert!(
            ran.err.contains("compose.yaml:3:5: ") && ran.err.contains("did you mean `image`?"),
            "{verb}: {}",
            ran.err
        );
    }
    assert_eq!(daemon.written().len(), 0);
}

#[tokio::test]
async fn config_is_local_and_shows_the_parts_that_are_asked_for() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("compose.yaml");
    let text = "services: {web: {image: nginx}, db: {image: pg, profiles: [data]}}\nvolumes: {v: }\n";
    std::fs::write(&path, text).unwrap();
    for (arguments, out) in [
        ("--services", "web\n"),
        ("--profile data --services", "db\nweb\n"),
        ("--images", "nginx\n"),
        ("--profiles", "data\n"),
        ("-q", ""),
    ] {
        let ran = ran(None, &format!("-f {} config {arguments}", path.display())).await;
        assert_eq!((ran.code, ran.out.as_str()), (0, out), "{arguments}: {}", ran.err);
    }
    for arguments in ["--json", "--format json"] {
        let ran = ran(None, &format!("-f {} -p shop config {arguments}", path.display())).await;
        assert_eq!((&ran.json()["name"], &ran.json()["services"]["web"]["image"]), (&json!("shop"), &json!("nginx")));
    }
    let yaml = ran(None, &format!("-f {} -p shop config", path.display())).await;
    assert!(yaml.out.starts_with("name: shop\n") && yaml.out.contains("\n  web:\n"), "{}", yaml.out);
}

#[tokio::test]
async fn doctor_tells_a_daemon_that_answers_from_one_that_does_not() {
    let absent = ran(None, "doctor --json").await;
    assert_eq!((absent.code, &absent.json()["ok"]), (3, &json!(false)));
    let daemon = Daemon::start(|_| {}).await;
    let present = ran(Some(&daemon), "doctor").await;
    assert_eq!(present.code, 0, "{}{}", present.out, present.err);
    assert!(present.out.contains("daemon: version") && present.out.contains("engine: answers"), "{}", present.out);
}

#[tokio::test]
async fn wait_ends_when_all_have_ended_with_the_code_of_the_last() {
    let ended = |name: &str, exit_code| Service { exit_code, ..service(name, ServiceState::Completed) };
    let at = |state, exit_code| vec![ended("first", Some(7)), Service { exit_code, ..service("job", state) }];
    for (state, exit_code, code) in [
        (ServiceState::Completed, Some(0), 0),
        (ServiceState::Failed, Some(3), 3),
        (ServiceState::Restarting, Some(137), 137),
        (ServiceState::Stopped, None, 0),
    ] {
        let daemon = Daemon::start(|daemon| {
            daemon.looks = vec![
                (operation(OperationState::Running), at(ServiceState::Running, None)),
                (operation(OperationState::Running), at(state, exit_code)),
            ];
        })
        .await;
        let waited = ran(Some(&daemon), "-p shop wait job first").await;
        let told = format!("first ended with exit code 7\njob ended with exit code {code}\n");
        assert_eq!((waited.code, waited.out), (code, told), "{state}");
    }
    let daemon = Daemon::start(|daemon| daemon.looks = vec![(operation(OperationState::Running), Vec::new())]).await;
    let unknown = ran(Some(&daemon), "-p shop wait nope").await;
    assert!(unknown.code == 1 && unknown.err.contains("no service `nope`"), "{}", unknown.err);
}
