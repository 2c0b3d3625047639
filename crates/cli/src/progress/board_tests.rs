//! What progress says, line by line.

use super::*;
use evenkeel_wire::{OperationState, ServiceProgress, Verb};

fn at(seconds: f64) -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + TimeDelta::milliseconds((seconds * 1000.0) as i64)
}

fn service(name: &str, state: ServiceState, waiting_for: &[&str]) -> Service {
    Service {
        service: name.into(),
        state,
        since: at(0.0),
        observed_at: None,
        desired: DesiredState::Running,
        reason: None,
        waiting_for: waiting_for.iter().map(|&one| one.to_owned()).collect(),
        next_attempt_at: None,
        exit_code: None,
        ready: matches!(state, ServiceState::Running | ServiceState::Healthy | ServiceState::Completed),
        image: None,
        stand_in: None,
        containers: Vec::new(),
        ports: Vec::new(),
    }
}

fn operation(ready: &[(&str, Option<f64>)]) -> Operation {
    Operation {
        id: "1".into(),
        state: OperationState::Running,
        begun: false,
        services: ready
            .iter()
            .map(|&(name, ready_at)| ServiceProgress {
                service: name.into(),
                state: ServiceState::Pending,
                created_at: None,
                started_at: None,
                ready_at: ready_at.map(at),
            })
            .collect(),
        verb: Verb::Up,
        stack: "shop".into(),
        generation: 1,
        created_at: at(10.0),
        deadline: None,
        ended_at: None,
        reason: None,
        steps: Vec::new(),
        timeline: None,
    }
}

fn event(kind: EventKind, object: &str, message: &str) -> Event {
    Event {
        id: 1,
        at: at(0.0),
        stack: None,
        service: None,
        operation: None,
        kind,
        object: Some(object.into()),
        message: message.into(),
        cause: None,
        took_ms: None,
    }
}

#[test]
fn a_line_for_each_change_and_none_for_what_stays() {
    let mut board = Board::new(at(10.0));
    let both = |ready| operation(&[("db", ready), ("web", None)]);
    let mut check = |services: &[Service], operation: &Operation, now: f64, expected: &[&str]| {
        assert_eq!(board.see(services, operation, at(now)), expected, "at {now} s");
    };
    let waiting = service("web", ServiceState::Pending, &["db to be healthy"]);
    let starting = service("db", ServiceState::Starting, &[]);
    check(
        &[starting.clone(), waiting.clone()],
        &both(None),
        11.0,
        &["db   starting", "web  pending     waits for db to be healthy"],
    );
    check(&[starting, waiting.clone()], &both(None), 12.0, &[]);
    let healthy = service("db", ServiceState::Healthy, &[]);
    check(&[healthy.clone(), waiting], &both(Some(13.25)), 14.0, &["db   healthy     after 3.2s"]);
    let failed =
        Service { reason: Some("exit 137, out of memory".into()), ..service("web", ServiceState::Failed, &[]) };
    check(&[healthy, failed], &both(Some(13.25)), 30.0, &["web  failed      exit 137, out of memory"]);
    assert_eq!(board.count(), (1, 2));
}

#[test]
fn only_services_of_the_operation_show_and_old_readiness_took_no_time() {
    let mut board = Board::new(at(10.0));
    let services = [service("db", ServiceState::Healthy, &[]), service("web", ServiceState::Running, &[])];
    assert_eq!(board.see(&services, &operation(&[("db", Some(2.0))]), at(10.5)), ["db   healthy"]);
}

#[test]
fn a_stopped_service_is_done_only_where_it_should_be_stopped() {
    for (desired, state, done) in [
        (DesiredState::Running, ServiceState::Stopped, false),
        (DesiredState::Stopped, ServiceState::Stopped, true),
        (DesiredState::Paused, ServiceState::Stopping, false),
        (DesiredState::Paused, ServiceState::Stopped, true),
        (DesiredState::Down, ServiceState::Stopping, false),
        (DesiredState::Down, ServiceState::Stopped, true),
        (DesiredState::Down, ServiceState::Running, false),
        (DesiredState::Completed, ServiceState::Completed, true),
        (DesiredState::Running, ServiceState::Healthy, true),
        (DesiredState::Running, ServiceState::Unhealthy, false),
    ] {
        assert_eq!(is_done(&Service { desired, ..service("x", state, &[]) }), done, "{desired:?} {state}");
    }
}

#[test]
fn long_actions_speak_now_and_then() {
    let mut board = Board::new(at(0.0));
    let pull = |text| event(EventKind::Progress, "image redis:7", text);
    for (event, now, expected) in [
        (pull("1 of 30 MB"), 1.0, &["image redis:7: 1 of 30 MB"][..]),
        (pull("redis:7: 2 of 30 MB"), 2.0, &[][..]),
        (pull("redis:7: 29 of 30 MB"), 6.5, &["image redis:7: 29 of 30 MB"][..]),
        (event(EventKind::StepFailed, "image redis:7", "not found"), 7.0, &["image redis:7: not found"][..]),
        (event(EventKind::ServiceState, "x", "y"), 8.0, &[][..]),
    ] {
        assert_eq!(board.hear(&event, at(now)), expected, "at {now} s");
    }
    assert_eq!(board.activities().count(), 0);
}
