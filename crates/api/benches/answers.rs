//! How long the router takes for what is asked most: the health of 500 services, whole and when nothing has changed, and the services of a stack.
//! No socket is between: what a connection adds is measured over one, in `make bench-absolute`.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "../tests/api/harness.rs"]
#[allow(dead_code, reason = "the harness of the API's tests has more than is measured")]
mod harness;

use criterion::{Criterion, criterion_group, criterion_main};
use harness::{Api, YAML};
use std::fmt::Write;
use std::time::Duration;
use tokio::runtime::Runtime;

const STACKS: usize = 10;
const SERVICES: usize = 50;

async fn daemon() -> Api {
    let mut compose = String::from("services:\n");
    for number in 0..SERVICES {
        let _ = writeln!(compose, "  s{number}: {{image: 'app:1'}}");
    }
    let api = Api::start().await;
    for number in 0..STACKS {
        let path = format!("/v1/stacks/health-{number}");
        api.check(&format!("PUT {path}"), &[YAML], compose.clone(), 201, "").await;
        api.check(&format!("POST {path}/up?wait=true&timeout=25s"), &[], "", 200, r#"{"state": "succeeded"}"#).await;
    }
    api
}

fn answers(criterion: &mut Criterion) {
    let runtime = Runtime::new().unwrap();
    let api = runtime.block_on(daemon());
    let ask = |line: &str, headers: &[(&str, &str)]| runtime.block_on(api.call(line, headers, ""));
    let etag = ask("GET /v1/health", &[]).header("etag").to_owned();
    let mut group = criterion.benchmark_group("api");
    for (name, line, headers, status) in [
        ("health", "GET /v1/health", vec![], 200),
        ("health, unchanged", "GET /v1/health", vec![("if-none-match", etag.as_str())], 304),
        ("services", "GET /v1/stacks/health-0/services", vec![], 200),
    ] {
        assert_eq!(ask(line, &headers).status.as_u16(), status, "{line}");
        group.bench_function(name, |bencher| bencher.iter(|| ask(line, &headers)));
    }
    group.finish();
}

criterion_group! {
    name = benches;
    config = Criterion::default().sample_size(20).warm_up_time(Duration::from_millis(500)).measurement_time(Duration::from_secs(2));
    targets = answers
}
criterion_main!(benches);
