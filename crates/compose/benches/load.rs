//! How long a definition takes to become a stack, by the number of its services.
#![allow(missing_docs)]

use criterion::{BatchSize, BenchmarkId, Criterion, SamplingMode, Throughput, criterion_group, criterion_main};
use evenkeel_compose::load_definition;
use evenkeel_model::{Definition, DefinitionFile};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::time::Duration;

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

/// Seventy services are the largest file that is found in public; beyond, the time must grow as the number does.
fn load(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("load");
    group.sampling_mode(SamplingMode::Flat);
    for services in [70_usize, 125, 250, 500, 1000] {
        let definition = project(services);
        let loaded = load_definition(&definition, None);
        let errors = loaded.as_ref().err().and_then(|errors| errors.first()).map(ToString::to_string);
        assert_eq!(loaded.ok().map(|loaded| loaded.stack.services.len()), Some(services), "{errors:?}");
        group.throughput(Throughput::Elements(services as u64));
        group.bench_with_input(BenchmarkId::from_parameter(services), &definition, |bencher, definition| {
            bencher.iter_batched(|| (), |()| load_definition(definition, None), BatchSize::PerIteration);
        });
    }
    group.finish();
}

criterion_group! {
    name = benches;
    config = Criterion::default().sample_size(20).warm_up_time(Duration::from_secs(1)).measurement_time(Duration::from_secs(3));
    targets = load
}
criterion_main!(benches);
