//! Timelines of made-up histories: one table.
#![allow(clippy::expect_used)]

use evenkeel_model::{
    HistoryEntry, HistoryKind, Operation, OperationId, OperationState, ServiceName, Stack, StackName, Timestamp, Verb,
};
use evenkeel_plan::{Ending, ServiceTimeline, Timeline, timeline};
use serde_json::{Value, json};

fn at(tenths: i64) -> Timestamp {
    Timestamp::from_timestamp_millis(1_000_000 + tenths * 100).expect("a time")
}

/// A database, a job that needs it, a server that needs the job, and a cache that needs nothing.
fn shop() -> Stack {
    let checked = |interval_s: i64| json!({ "healthcheck": { "interval_ns": interval_s * 1_000_000_000 } });
    let service = |container: Value, needs: Value| json!({ "container": container, "scale": 1, "depends_on": needs });
    let needs =
        |name: &str, condition: &str| json!({ name: { "condition": condition, "required": true, "restart": false } });
    let stack = json!({
        "name": "shop", "working_dir": "/shop", "config_files": [], "networks": {}, "volumes": {},
        "services": {
            "cache": service(json!({}), json!({})),
            "db": service(checked(5), json!({})),
            "init": service(json!({}), needs("db", "service_healthy")),
            "web": service(checked(30), needs("init", "service_completed_successfully")),
        },
    });
    serde_json::from_value(stack).expect("a stack")
}

/// `tenths service kind message`, and after a semicolon what a step waited for.
fn entry(line: &str) -> HistoryEntry {
    let (head, waits) = line.split_once(';').unwrap_or((line, ""));
    let mut words = head.splitn(4, ' ');
    let mut word = || words.next().unwrap_or_default().trim().to_owned();
    let (time, service, kind, message) = (word(), word(), word(), word());
    let is_step = kind.starts_with("step");
    let object = message.split_once(' ').map(|(_, object)| object.to_owned()).filter(|_| is_step);
    HistoryEntry {
        id: 1,
        at: at(time.parse().expect("tenths of a second")),
        stack: Some(StackName::from("shop")),
        service: Some(ServiceName::from(service.as_str())).filter(|name| name.as_str() != "-"),
        operation: None,
        kind: HistoryKind::parse(&kind).expect("a kind"),
        object,
        message,
        cause: None,
        took_ms: None,
        waits_for: waits.split(',').map(str::trim).filter(|wait| !wait.is_empty()).map(str::to_owned).collect(),
    }
}

fn read(verb: Verb, history: &str) -> Timeline {
    read_of(&shop(), (1, 41), verb, history)
}

fn read_of(stack: &Stack, engine_api: (u32, u32), verb: Verb, history: &str) -> Timeline {
    let operation = Operation {
        id: OperationId("1".to_owned()),
        stack: StackName::from("shop"),
        verb,
        services: Vec::new(),
        state: OperationState::Running,
        generation: 1,
        created_at: at(0),
        deadline: at(9_999),
    };
    let history: Vec<HistoryEntry> =
        history.lines().map(str::trim).filter(|line| !line.is_empty()).map(entry).collect();
    timeline(stack, engine_api, &operation, &history)
}

/// `*db created 1 started 5 ready 21 (51): image db:1 0.1 s`; moments in tenths of a second since the request.
fn words(one: &ServiceTimeline) -> String {
    let tenths = |moment: Option<Timestamp>| match moment {
        Some(moment) => ((moment - at(0)).num_milliseconds() / 100).to_string(),
        None => "-".to_owned(),
    };
    let waits = one.waited_for.iter().map(|wait| {
        let ms = wait.took_ms.map_or("?".to_owned(), |ms| ms.to_string());
        format!("{} {ms}", wait.what)
    });
    format!(
        "{}{} created {} started {} ready {} ({}): {}",
        if one.is_critical { "*" } else { "" },
        one.service,
        tenths(one.created_at),
        tenths(Some(one.started_at)),
        tenths(one.ready_at),
        tenths(one.ready_by_intervals_at),
        waits.collect::<Vec<_>>().join(", ")
    )
    .trim_end_matches([' ', ':'])
    .to_owned()
}

#[test]
fn where_the_time_went() {
    let cold = "
        0 - step_started create network shop_default
        1 - step_done create network shop_default
        1 db step_started create container shop-db-1; network shop_default to exist
        2 db step_done create container shop-db-1
        2 init step_done create container shop-init-1
        2 web step_done create container shop-web-1
        2 cache step_done create container shop-cache-1
        2 db step_started start container shop-db-1; container shop-db-1 to exist
        5 db step_done start container shop-db-1
        5 cache step_done start container shop-cache-1
        5 cache service_state running
        20 db service_state healthy
        20 init step_started start container shop-init-1; db to be healthy
        23 init step_done start container shop-init-1
        23 init service_state running
        43 init service_state completed
        43 web step_started start container shop-web-1; init to complete
        46 web step_done start container shop-web-1
        51 web service_state healthy
        90 web service_state unhealthy
        99 web service_state healthy";
    for (what, history, expected) in [
        ("nothing was started", "0 db step_done create container shop-db-1", vec![]),
        (
            "cold: init would have begun only at the database's first probe, 5 s after its start, and web's comes 30 s after its own",
            cold,
            vec![
                "cache created 2 started 5 ready 5 (5)",
                "*db created 2 started 5 ready 20 (55): network shop_default to exist 100",
                "*init created 2 started 23 ready 43 (78): db to be healthy 1800",
                "*web created 2 started 46 ready 51 (381): init to complete 4100",
            ],
        ),
        (
            "a database that was up already held nobody up",
            "3 web step_done create container shop-web-1
             4 web step_started start container shop-web-1
             7 web step_done start container shop-web-1
             9 web service_state healthy",
            vec!["*web created 3 started 7 ready 9 (307)"],
        ),
        (
            "what is not ready comes last, and a wait that is not over has no length",
            "1 db step_done start container shop-db-1
             2 init step_started start container shop-init-1; db to be healthy
             3 init step_done start container shop-init-1
             9 init service_state completed",
            vec!["*init created - started 3 ready 9 (9): db to be healthy ?", "db created - started 1 ready - (-)"],
        ),
        (
            "what the engine's own probe told costs no further one",
            "0 db step_done start container shop-db-1
             52 db service_state healthy",
            vec!["*db created - started 0 ready 52 (52)"],
        ),
        (
            "an image that was pulled first; the newest run counts",
            "0 - step_started pull image web:1
             60 - step_done pull image web:1
             61 web step_started create container shop-web-1; image web:1
             62 web step_done create container shop-web-1
             65 web step_done start container shop-web-1
             66 web service_state running
             67 web step_started start container shop-web-1
             70 web step_done start container shop-web-1
             72 web service_state running",
            vec!["*web created 62 started 70 ready 72 (370): image web:1 6000"],
        ),
        (
            "that it runs is seen before the engine's answer is; what it was before its start began says nothing",
            "1 cache service_state running
             2 cache step_started start container shop-cache-1
             4 cache service_state running
             5 cache step_done start container shop-cache-1",
            vec!["*cache created - started 5 ready 5 (5)"],
        ),
    ] {
        let found: Vec<String> = read(Verb::Up, history).services.iter().map(words).collect();
        assert_eq!(found, expected, "{what}");
    }
}

#[test]
fn what_the_engine_would_have_told_is_by_its_version() {
    let history = "0 db step_done start container shop-db-1
        62 db service_state healthy";
    let (older, newer) = ((1, 41), (1, 44));
    // (what, API, start_interval and start_period in seconds, when it would have been told in tenths of one); the interval is 30 s.
    for (what, engine_api, start_interval, start_period, tenths) in [
        ("the interval alone", newer, None, None, 300),
        ("5 s within start_period", newer, None, Some(60), 100),
        ("not below API 1.44", older, None, Some(60), 300),
        ("after start_period", newer, None, Some(1), 300),
        ("start_interval", newer, Some(3), Some(60), 62),
        ("start_interval is dropped below API 1.44", older, Some(3), Some(60), 300),
    ] {
        let ns = |seconds: Option<i64>| seconds.map(|seconds| seconds * 1_000_000_000);
        let mut stack = serde_json::to_value(shop()).expect("a stack");
        stack["services"]["db"]["container"]["healthcheck"] = json!({
            "interval_ns": ns(Some(30)), "start_interval_ns": ns(start_interval), "start_period_ns": ns(start_period)
        });
        let stack: Stack = serde_json::from_value(stack).expect("a stack");
        let found = read_of(&stack, engine_api, Verb::Up, history);
        let told = found.services.first().and_then(|one| one.ready_by_intervals_at);
        assert_eq!(told, Some(at(tenths)), "{what}");
    }
}

/// `*web stopping 1 stopped 4 removed 5: container shop-web-1 to stop 400`; moments in tenths of a second since the request.
fn words_of_end(one: &Ending) -> String {
    let tenths = |moment: Option<Timestamp>| {
        moment.map_or("-".to_owned(), |moment| ((moment - at(0)).num_milliseconds() / 100).to_string())
    };
    let waits = one.waited_for.iter().map(|wait| {
        let by = wait.service.as_ref().map_or("nobody", ServiceName::as_str);
        format!("{} by {by} {}", wait.what, wait.took_ms.map_or("?".to_owned(), |ms| ms.to_string()))
    });
    format!(
        "{}{} stopping {} stopped {} removed {}: {}",
        if one.is_critical { "*" } else { "" },
        one.what,
        tenths(one.stopping_at),
        tenths(one.stopped_at),
        tenths(one.removed_at),
        waits.collect::<Vec<_>>().join(", ")
    )
    .trim_end_matches([' ', ':'])
    .to_owned()
}

#[test]
fn where_the_time_of_an_end_went() {
    let down = "
        1 web step_started stop container shop-web-1
        1 cache step_started stop container shop-cache-1
        2 cache step_done stop container shop-cache-1
        2 cache step_started remove container shop-cache-1; container shop-cache-1 to stop
        3 cache step_done remove container shop-cache-1
        4 web step_done stop container shop-web-1
        4 web step_started remove container shop-web-1; container shop-web-1 to stop
        4 db step_started stop container shop-db-1; container shop-web-1 to stop
        5 web step_done remove container shop-web-1
        7 db step_done stop container shop-db-1
        8 db step_done remove container shop-db-1
        8 - step_started remove network shop_default; container shop-web-1 to be gone, container shop-db-1 to be gone
        10 - step_done remove network shop_default";
    let web = "1 web step_started stop container shop-web-1";
    for (what, verb, history, expected) in [
        (
            "reverse order, and the network at last",
            Verb::Down,
            down,
            vec![
                "cache stopping 1 stopped 2 removed 3",
                "*web stopping 1 stopped 4 removed 5",
                "*db stopping 4 stopped 7 removed 8: container shop-web-1 to stop by web 400",
                "*network shop_default stopping - stopped - removed 10: \
                 container shop-web-1 to be gone by web 500, container shop-db-1 to be gone by db 800",
            ],
        ),
        ("what is not over", Verb::Stop, web, vec!["web stopping 1 stopped - removed -"]),
        ("what is replaced on the way up is no end", Verb::Up, web, vec![]),
    ] {
        let found: Vec<String> = read(verb, history).endings.iter().map(words_of_end).collect();
        assert_eq!(found, expected, "{what}");
    }
}
