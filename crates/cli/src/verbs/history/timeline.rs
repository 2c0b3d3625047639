//! `history --timeline`: where the time of an operation went, service by service, in 80 columns.

mod endings;

use crate::client::Client;
use crate::failure::Failure;
use crate::output::{DIM, HINT, Output};
use chrono::{DateTime, Utc};
use evenkeel_wire::{Operation, OperationsQuery, ServiceTimeline, Timeline, Waited, render_duration, routes};
use std::time::Duration;

/// Operations that are looked through for the newest one that started something.
const MOST: u32 = 20;
/// Shorter waits are left out.
const SHORT_MS: u64 = 50;
/// What a line may be wide, and what of it the services' names at most.
const WIDTH: usize = 80;
const NAME: usize = 20;

/// The operation of this id, or the stack's newest one that started or ended something.
///
/// # Errors
/// Where there is none, and [`Failure`]s of asking.
pub async fn find(client: &Client, stack: &str, id: Option<&str>) -> Result<Operation, Failure> {
    if let Some(id) = id {
        return client.get(&routes::fill(routes::OPERATION, &[id]), &()).await;
    }
    let query = OperationsQuery { stack: Some(stack.to_owned()), limit: Some(MOST) };
    let newest: Vec<Operation> = client.get(routes::OPERATIONS, &query).await?;
    for operation in newest {
        let whole: Operation = client.get(&routes::fill(routes::OPERATION, &[&operation.id]), &()).await?;
        if whole.timeline.is_some() {
            return Ok(whole);
        }
    }
    Err(Failure::failed(format!(
        "none of the newest {MOST} operations of {stack} has started or ended anything: name an older one with --operation ID"
    )))
}

/// The lines of an operation: a heading, a line or more for each service, and how to read them.
pub fn lines(output: &Output, operation: &Operation) -> Vec<String> {
    let Some(timeline) = &operation.timeline else {
        return vec![format!("{} {} started and ended nothing", operation.verb, operation.id)];
    };
    if timeline.services.is_empty() {
        return endings::lines(output, operation, &timeline.endings);
    }
    let since = |at: DateTime<Utc>| seconds(at - operation.created_at);
    let mut lines = vec![heading(operation, timeline)];
    let rows = timeline.services.iter().map(|one| Row {
        what: &one.service,
        times: [one.created_at, Some(one.started_at), one.ready_at].map(|at| at.map(since)),
        waited_for: &one.waited_for,
        critical: one.critical,
    });
    table(output, ["SERVICE", "CREATED", "STARTED", "READY"], &rows.collect::<Vec<_>>(), &mut lines);
    lines
}

/// One line of the table, and more where it waited for much.
struct Row<'a> {
    what: &'a str,
    /// Seconds since the request.
    times: [Option<String>; 3],
    waited_for: &'a [Waited],
    critical: bool,
}

fn table(output: &Output, head: [&str; 4], rows: &[Row<'_>], lines: &mut Vec<String>) {
    let name = rows.iter().map(|row| row.what.chars().count()).max().unwrap_or(0).clamp(7, NAME);
    let head = format!("  {:name$} {:>8} {:>8} {:>8}  WAITED FOR", head[0], head[1], head[2], head[3]);
    lines.push(output.on_out(DIM, &head));
    for row in rows {
        let mark = if row.critical { '*' } else { ' ' };
        let time = |at: usize| row.times[at].as_deref().unwrap_or("-");
        let what: String = row.what.chars().take(NAME).collect();
        let line = format!("{mark} {what:name$} {:>8} {:>8} {:>8}", time(0), time(1), time(2));
        let indent = line.chars().count() + 2;
        let mut waits = wrapped(row.waited_for, WIDTH - indent).into_iter();
        let first = waits.next().map(|wait| format!("  {wait}")).unwrap_or_default();
        lines.push(if row.critical { output.on_out(HINT, &(line + &first)) } else { line + &first });
        lines.extend(waits.map(|wait| format!("{}{wait}", " ".repeat(indent))));
    }
    lines.push(output.on_out(DIM, "* the critical path: each held up the next. Times count from the request."));
}

/// How long it took, and what it would have taken by Docker's own probes.
fn heading(operation: &Operation, timeline: &Timeline) -> String {
    let last = |moment: fn(&ServiceTimeline) -> Option<DateTime<Utc>>| {
        timeline.services.iter().filter_map(moment).max().map(|at| at - operation.created_at)
    };
    let mut text = format!("{} of {}", operation.verb, operation.stack);
    let (ready, by_intervals) = (last(|one| one.ready_at), last(|one| one.ready_by_intervals_at));
    let missing = timeline.services.iter().filter(|one| one.ready_at.is_none()).count();
    match ready {
        Some(ready) if missing == 0 => text.push_str(&format!(": ready after {}", seconds(ready))),
        _ => text.push_str(&format!(": {missing} of {} not ready", timeline.services.len())),
    }
    if let Some(by_intervals) = by_intervals.filter(|later| Some(*later) > ready) {
        text.push_str(&format!(" (by Docker's own probes: {})", seconds(by_intervals)));
    }
    text
}

/// `db to be healthy 1.5s`, each on a line of its own, broken where it is too long.
fn wrapped(waits: &[Waited], width: usize) -> Vec<String> {
    let mut lines = Vec::new();
    for wait in waits.iter().filter(|wait| wait.took_ms.is_none_or(|ms| ms >= SHORT_MS)) {
        let took = wait.took_ms.map(|ms| format!(" {}", render_duration(Duration::from_millis(ms))));
        let mut line = String::new();
        for word in format!("{}{}", wait.what, took.unwrap_or_default()).split(' ') {
            let word = tail(word, width);
            if !line.is_empty() && line.chars().count() + 1 + word.chars().count() > width {
                lines.push(std::mem::take(&mut line));
            }
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(&word);
        }
        lines.push(line);
    }
    lines
}

/// The end of a word that is too long: of an image it says more than the beginning.
fn tail(word: &str, width: usize) -> String {
    match word.chars().count().checked_sub(width) {
        None | Some(0) => word.to_owned(),
        Some(over) => std::iter::once('…').chain(word.chars().skip(over + 1)).collect(),
    }
}

/// Seconds to two places: `12.34s`.
fn seconds(span: chrono::TimeDelta) -> String {
    let hundredths = span.num_milliseconds().max(0) / 10;
    format!("{}.{:02}s", hundredths / 100, hundredths % 100)
}

#[cfg(test)]
mod tests {
    use super::*;
    use evenkeel_wire::{Ending, OperationState, Verb};

    fn at(ms: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + chrono::TimeDelta::milliseconds(ms)
    }

    fn service(
        name: &str,
        moments: [Option<i64>; 4],
        waits: &[(&str, Option<u64>)],
        critical: bool,
    ) -> ServiceTimeline {
        let [created_at, started_at, ready_at, ready_by_intervals_at] = moments.map(|ms| ms.map(at));
        let waited = |(what, took_ms): &(&str, Option<u64>)| Waited {
            what: (*what).to_owned(),
            service: None,
            until: None,
            took_ms: *took_ms,
        };
        ServiceTimeline {
            service: name.into(),
            created_at,
            started_at: started_at.unwrap_or_default(),
            ready_at,
            waited_for: waits.iter().map(waited).collect(),
            critical,
            ready_by_intervals_at,
        }
    }

    fn check(services: Vec<ServiceTimeline>, expected: &str) {
        let timeline = Timeline { services, endings: Vec::new() };
        check_whole(Verb::Up, timeline, expected);
    }

    fn check_whole(verb: Verb, timeline: Timeline, expected: &str) {
        let operation = Operation {
            id: "op-1".into(),
            state: OperationState::Succeeded,
            begun: false,
            services: Vec::new(),
            verb,
            stack: "shop".into(),
            generation: 1,
            created_at: at(0),
            deadline: None,
            ended_at: (verb == Verb::Down).then(|| at(1_320)),
            reason: None,
            steps: Vec::new(),
            timeline: (timeline != Timeline::default()).then_some(timeline),
        };
        let (output, _, _) = Output::captured(false, false);
        let lines = lines(&output, &operation);
        assert!(lines.iter().all(|line| line.chars().count() <= WIDTH), "{lines:#?}");
        let expected: Vec<&str> = expected.trim_start_matches('\n').lines().collect();
        let lines: Vec<&str> = lines.iter().map(|line| line.trim_end()).collect();
        assert_eq!(lines, expected);
    }

    #[test]
    fn where_the_time_went_in_80_columns() {
        check(Vec::new(), "up op-1 started and ended nothing");
        check(
            vec![
                service("cache", [Some(210), Some(530), Some(540), Some(540)], &[], false),
                service(
                    "db",
                    [Some(200), Some(512), Some(2034), Some(5512)],
                    &[("volume shop_data to exist", Some(49)), ("network shop_default to exist", Some(104))],
                    true,
                ),
                service(
                    "a-service-with-a-long-name",
                    [None, Some(2400), Some(12_345), Some(35_600)],
                    &[("image registry.example.com/team/product/web:1.2.3", Some(61_234)), ("db to be healthy", None)],
                    true,
                ),
            ],
            "
up of shop: ready after 12.34s (by Docker's own probes: 35.60s)
  SERVICE               CREATED  STARTED    READY  WAITED FOR
  cache                   0.21s    0.53s    0.54s
* db                      0.20s    0.51s    2.03s  network shop_default to exist
                                                   0.1s
* a-service-with-a-lon        -    2.40s   12.34s  image
                                                   …e.com/team/product/web:1.2.3
                                                   1m1s
                                                   db to be healthy
* the critical path: each held up the next. Times count from the request.",
        );
        check(
            vec![service("db", [Some(200), Some(500), None, None], &[], false)],
            "
up of shop: 1 of 1 not ready
  SERVICE  CREATED  STARTED    READY  WAITED FOR
  db         0.20s    0.50s        -
* the critical path: each held up the next. Times count from the request.",
        );
    }

    #[test]
    fn the_way_down() {
        let ending = |what: &str, moments: [Option<i64>; 3], wait: Option<(&str, u64)>| {
            let [stopping_at, stopped_at, removed_at] = moments.map(|ms| ms.map(at));
            let waited = |(what, took_ms): (&str, u64)| Waited {
                what: what.to_owned(),
                service: None,
                until: None,
                took_ms: Some(took_ms),
            };
            Ending {
                what: what.to_owned(),
                service: None,
                stopping_at,
                stopped_at,
                removed_at,
                waited_for: wait.into_iter().map(waited).collect(),
                critical: what != "db",
            }
        };
        let endings = vec![
            ending("web", [Some(10), Some(410), Some(500)], None),
            ending("db", [Some(420), Some(900), None], Some(("container shop-web-1 to stop", 410))),
            ending("network shop_default", [None, None, Some(1310)], Some(("container shop-web-1 to be gone", 500))),
        ];
        check_whole(
            Verb::Down,
            Timeline { services: Vec::new(), endings },
            "
down of shop: over after 1.32s
  OBJECT               STOPPING  STOPPED  REMOVED  WAITED FOR
* web                     0.01s    0.41s    0.50s
  db                      0.42s    0.90s        -  container shop-web-1 to stop
                                                   0.4s
* network shop_default        -        -    1.31s  container shop-web-1 to be
                                                   gone 0.5s
* the critical path: each held up the next. Times count from the request.",
        );
    }
}
