//! The stacks that are broken, and whether what should be there is there, as the engine tells.

use evenkeel_tests::DockerApi;
use serde_json::Value;

/// The project of all of them.
pub const PROJECT: &str = "ek-faults";

/// A database that needs a moment, a job that needs it, a server that needs both, a service that runs out of memory when it is told
/// to, and one whose healthcheck fails for good when it is told to.
pub const SHOP: &str = r#"
name: ek-faults
x-base: &base
  image: ${IMAGE:-evenkeel/busybox:1.35}
  networks: [back]
  restart: unless-stopped
services:
  db:
    <<: *base
    command: ["sh", "-c", "trap 'exit 0' TERM; sleep 1; httpd -p 5432; while :; do sleep 1 & wait $$!; done"]
    healthcheck: { test: ["CMD", "sh", "-c", "nc -w 2 127.0.0.1 5432 < /dev/null"], interval: 10s }
    expose: ["5432"]
    volumes: ["data:/data"]
  init:
    <<: *base
    restart: "no"
    command: ["sh", "-c", "nc -w 5 db 5432 < /dev/null && echo run >> /data/runs"]
    volumes: ["data:/data"]
    depends_on:
      db: { condition: service_healthy }
  web:
    <<: *base
    command: ["sh", "-c", "trap 'exit 0' TERM; while :; do sleep 1 & wait $$!; done"]
    depends_on:
      db: { condition: service_healthy, restart: true }
      init: { condition: service_completed_successfully }
  hog:
    <<: *base
    mem_limit: 16m
    command: ["sh", "-c", "while [ ! -e /tmp/trigger ]; do sleep 0.1; done; rm /tmp/trigger; exec dd if=/dev/zero of=/dev/null bs=64M"]
  sick:
    <<: *base
    command: ["sh", "-c", "touch /tmp/well; trap 'exit 0' TERM; while :; do sleep 1 & wait $$!; done"]
    healthcheck: { test: ["CMD", "test", "-e", "/tmp/well"], interval: 1s, retries: 2 }
networks:
  back: {}
volumes:
  data: {}
"#;

/// A dependency that is unhealthy at two seconds and healthy at five.
pub const LATE: &str = r#"
name: ek-faults
services:
  db:
    image: evenkeel/busybox:1.35
    command: ["sh", "-c", "trap 'exit 0' TERM; (sleep 5; touch /tmp/well) & while :; do sleep 1 & wait $$!; done"]
    healthcheck: { test: ["CMD", "test", "-e", "/tmp/well"], interval: 1s, retries: 1 }
  web:
    image: evenkeel/busybox:1.35
    command: ["sh", "-c", "trap 'exit 0' TERM; while :; do sleep 1 & wait $$!; done"]
    depends_on: { db: { condition: service_healthy } }
"#;

/// A service that ends with an error whenever it is started.
pub const CRASHES: &str = r#"
name: ek-faults
services:
  web:
    image: evenkeel/busybox:1.35
    command: ["sh", "-c", "echo no such table; exit 3"]
    restart: unless-stopped
"#;

/// A service whose healthcheck never passes.
pub const NEVER_HEALTHY: &str = r#"
name: ek-faults
services:
  web:
    image: evenkeel/busybox:1.35
    command: ["sh", "-c", "trap 'exit 0' TERM; while :; do sleep 1 & wait $$!; done"]
    healthcheck: { test: ["CMD", "false"], interval: 1s, retries: 2 }
"#;

/// The services of a stack that run, and whether each has a healthcheck.
fn servers(compose: &str) -> Vec<&'static str> {
    if compose == LATE { vec!["db", "web"] } else { vec!["db", "web", "hog", "sick"] }
}

/// Whether a stack is whole: each service once, running, attached, and passing its own check now; the job done, and nothing twice.
///
/// # Errors
/// What is not so.
pub async fn whole(docker: &DockerApi, compose: &str) -> Result<(), String> {
    let containers = docker.project(PROJECT).await.ok_or("the engine does not answer")?;
    for service in servers(compose) {
        let mut of_service = containers.iter().filter(|(name, _)| name == service).map(|(_, inspect)| inspect);
        let (Some(container), None) = (of_service.next(), of_service.next()) else {
            return Err(format!("{service} has none or several containers"));
        };
        let state = &container["State"];
        if state["Status"] != "running" {
            return Err(format!("{service} is {}", state["Status"]));
        }
        let networks = container["NetworkSettings"]["Networks"].as_object().cloned().unwrap_or_default();
        if !networks.values().any(|endpoint| endpoint["IPAddress"].as_str().is_some_and(|ip| !ip.is_empty())) {
            return Err(format!("{service} is attached to no network"));
        }
        let aliases = networks.values().flat_map(|endpoint| endpoint["Aliases"].as_array().into_iter().flatten());
        if !aliases.into_iter().any(|alias| alias == service) {
            return Err(format!("others do not find {service} by its name"));
        }
        let check: Vec<&str> = container["Config"]["Healthcheck"]["Test"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .collect();
        let id = container["Id"].as_str().unwrap_or_default();
        if check.len() > 1 && docker.exec(id, &check[1..]).await != Some(0) {
            return Err(format!("{service} does not pass its check"));
        }
    }
    if compose != LATE {
        // Its container may have been taken away when it was done; while one is there it must not run again.
        let job = containers.iter().find(|(name, _)| name == "init").map(|(_, inspect)| &inspect["State"]);
        if job.is_some_and(|state| state["Status"] != "exited" || state["ExitCode"] != 0) {
            return Err("the job is not done".to_owned());
        }
    }
    Ok(())
}

/// The newest beginning of a service's run, and its container: another one after it was mended.
pub async fn run_of(docker: &DockerApi, service: &str) -> Value {
    let found = docker.inspect(&format!("{PROJECT}-{service}-1")).await;
    serde_json::json!([found["Id"], found["State"]["StartedAt"]])
}
