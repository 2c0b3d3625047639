//! How long a definition takes to become a stack, by the number of its services: a table, and a failure where it is too long.
#![allow(clippy::disallowed_methods, clippy::disallowed_macros)] // A clock, a table on stdout, and an end with words.

use evenkeel_compose::load_definition;
use evenkeel_model::{Definition, DefinitionFile};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::time::Duration;

const LOADS: usize = 21;

/// A project as people write them: a shared base by anchor, variables with defaults, healthchecks, limits, dependencies on
/// earlier services, mounts, networks, an env file.
fn project(services: usize) -> Definition {
    let mut text = String::from(
        "x-base: &base\n  restart: unless-stopped\n  logging: {driver: json-file, options: {max-size: 10m, max-file: '3'}}\n  env_file: [common.env]\nservices:\n",
    );
    for n in 0..services {
        let _ = write!(
            text,
            "  service-{n}:
    <<: *base
    image: \"${{REGISTRY:-registry.example.org}}/team/service-{n}:${{TAG:-1.2.3}}\"
    command: [\"serve\", \"--port\", \"8080\", \"--log-level\", \"${{LOG_LEVEL:-info}}\"]
    environment:
      SERVICE_NAME: service-{n}
      DATABASE_URL: postgres://app:${{DB_PASSWORD:-secret}}@db:5432/app
      CACHE_URL: redis://cache:6379/0
      LOG_LEVEL: ${{LOG_LEVEL:-info}}
      FEATURE_FLAGS: \"a,b,c\"
    ports:
      - \"{}:8080\"
    volumes:
      - ./config/service-{n}.yaml:/etc/service/config.yaml:ro
      - data-{n}:/var/lib/service
    networks: [front, back]
    labels:
      traefik.enable: \"true\"
      traefik.http.routers.service-{n}.rule: Host(`service-{n}.example.org`)
    healthcheck:
      test: [\"CMD\", \"curl\", \"-fsS\", \"http://localhost:8080/health\"]
      interval: 10s
      timeout: 3s
      retries: 5
    deploy:
      resources:
        limits: {{cpus: '0.50', memory: 256M}}
",
            10_000 + n
        );
        if n > 0 {
            let _ = writeln!(text, "    depends_on:\n      service-{}: {{condition: service_healthy}}", n / 2);
        }
    }
    text.push_str("networks: {front: {}, back: {internal: true}}\nvolumes:\n");
    for n in 0..services {
        let _ = writeln!(text, "  data-{n}: {{}}");
    }
    let file = |path: &str, content: String| DefinitionFile { path: path.to_owned(), content };
    Definition {
        files: vec![
            file("compose.yaml", text),
            file("common.env", "TZ=UTC\nLANG=C.UTF-8\nHTTP_TIMEOUT=\"30s\"\n".to_owned()),
            file(".env", "TAG=2.0.1\nLOG_LEVEL=debug\n".to_owned()),
        ],
        compose_files: vec!["compose.yaml".to_owned()],
        environment: BTreeMap::from([("REGISTRY".to_owned(), "registry.internal".to_owned())]),
        profiles: Vec::new(),
        working_dir: "/srv/shop".to_owned(),
        env_files: Vec::new(),
        project_name: None,
    }
}

/// What a load took of a processor: on a machine that does other work too, the time of day says nothing.
fn processor_time() -> Duration {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    Duration::from_nanos(text.split_whitespace().next().and_then(|ns| ns.parse().ok()).unwrap_or_default())
}

/// The quickest and the median of some loads.
fn measure(services: usize) -> (Duration, Duration) {
    let definition = project(services);
    let mut took: Vec<Duration> = (0..LOADS)
        .map(|_| {
            let began = processor_time();
            let loaded = load_definition(&definition, None);
            let took = processor_time() - began;
            let errors = loaded.as_ref().err().and_then(|errors| errors.first()).map(ToString::to_string);
            assert_eq!(loaded.ok().map(|loaded| loaded.stack.services.len()), Some(services), "{errors:?}");
            took
        })
        .collect();
    took.sort();
    (took[0], took[LOADS / 2])
}

/// Seventy services are the largest file that is found in public; beyond, the time must grow as the number does.
fn main() {
    println!("| services | quickest | median of {LOADS} | median for each service |\n|---|---|---|---|");
    let medians: Vec<(usize, Duration)> = [70, 125, 250, 500, 1000]
        .into_iter()
        .map(|services| {
            let (quickest, median) = measure(services);
            let each = median.as_secs_f64() * 1e6 / services as f64;
            let ms = |time: Duration| time.as_secs_f64() * 1e3;
            println!("| {services} | {:.1} ms | {:.1} ms | {each:.0} µs |", ms(quickest), ms(median));
            (services, median)
        })
        .collect();
    let each = |at: usize| medians[at].1.as_secs_f64() / medians[at].0 as f64;
    assert!(medians[0].1 < Duration::from_millis(10), "70 services take longer than 10 ms");
    assert!(each(4) < 2.0 * each(1), "the time for a service doubles from 125 services to 1,000");
}
