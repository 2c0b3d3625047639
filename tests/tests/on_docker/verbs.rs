//! Containers that are only made or removed, images that are built and go, and the forms that scripts read, on the machine's engine.

use super::Bench;
use std::process::Output;

/// One image that is built, one that is built from it, and one that is there.
const FILE: &str = r#"
name: PROJECT
services:
  base:
    build: { context: ., dockerfile_inline: "FROM evenkeel/busybox:1.35\nRUN echo base > /who\n" }
    image: PROJECT/base:1
    command: ["sleep", "60"]
    stop_grace_period: 0s
  app:
    build:
      context: .
      dockerfile_inline: "FROM PROJECT/base:1\nARG WHO\nRUN test -n \"$$WHO\" && cat /who\n"
      args: { WHO: nobody }
      tags: ["PROJECT/app:2"]
      labels: { colour: green }
      ulimits: { nofile: 1024 }
    depends_on: [base]
    command: ["sleep", "60"]
    stop_grace_period: 0s
  web:
    image: PROJECT/base:1
    depends_on: [base]
    command: ["sleep", "60"]
    stop_grace_period: 0s
    volumes: ["data:/data"]
volumes: { data: {} }
"#;

fn words(output: &Output) -> Vec<String> {
    String::from_utf8_lossy(&output.stdout).split_whitespace().map(str::to_owned).collect()
}

/// Runs a verb, which must end with this code, and gives its output.
fn run(bench: &Bench, code: i32, arguments: &[&str]) -> Output {
    let mut all = vec!["-p", bench.project];
    all.extend(arguments);
    let output = bench.daemon.command(&all);
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{arguments:?}: {stderr}");
    output
}

#[tokio::test]
async fn containers_and_images_come_and_go_as_asked() {
    let bench = Bench::open("ek-verbs").await;
    std::fs::write(bench.daemon.directory().join("compose.yaml"), FILE.replace("PROJECT", bench.project)).unwrap();

    run(&bench, 0, &["build", "--build-arg", "WHO=me"]);
    let image = bench.docker.get("/images/ek-verbs-app/json").await;
    let labels = &image["Config"]["Labels"];
    assert_eq!(
        (&labels["colour"], &labels["com.docker.compose.service"]),
        (&"green".into(), &"app".into()),
        "{image:#}"
    );
    assert!(image["RepoTags"].to_string().contains("ek-verbs/app:2"), "{image:#}");
    run(&bench, 1, &["build", "nope"]);
    run(&bench, 1, &["build", "--push"]);

    run(&bench, 0, &["create"]);
    assert_eq!(words(&run(&bench, 0, &["ps", "-q"])), Vec::<String>::new());
    let names = words(&run(&bench, 0, &["ps", "-a", "--format", "{{.Name}}"]));
    assert_eq!(names, ["ek-verbs-app-1", "ek-verbs-base-1", "ek-verbs-web-1"]);
    let hashes = words(&run(&bench, 0, &["config", "--hash", "*"]));
    for pair in hashes.chunks(2) {
        let container = bench.docker.inspect(&format!("ek-verbs-{}-1", pair[0])).await;
        assert_eq!(container["Config"]["Labels"]["com.docker.compose.config-hash"], pair[1].as_str(), "{}", pair[0]);
    }

    run(&bench, 0, &["start", "base", "web"]);
    let id = bench.docker.inspect("ek-verbs-web-1").await["Id"].as_str().unwrap().to_owned();
    assert_eq!(words(&run(&bench, 0, &["ps", "-q", "web"])), [id]);
    let json = run(&bench, 0, &["ps", "--format", "json", "web"]);
    let row: serde_json::Value = serde_json::from_slice(&json.stdout).expect("one line of JSON");
    assert_eq!(
        (&row["Name"], &row["State"], &row["Service"]),
        (&"ek-verbs-web-1".into(), &"running".into(), &"web".into())
    );
    assert!(String::from_utf8_lossy(&run(&bench, 0, &["top", "web"]).stdout).contains("sleep 60"));
    assert_eq!(words(&run(&bench, 0, &["stats", "--no-stream", "--format", "{{.Name}}", "web"])), ["ek-verbs-web-1"]);
    assert_eq!(words(&run(&bench, 0, &["volumes", "-q"])), ["ek-verbs_data"]);
    assert_eq!(words(&run(&bench, 0, &["images", "-q"])).len(), 2);

    run(&bench, 0, &["rm", "-f"]);
    assert_eq!(words(&run(&bench, 0, &["ps", "-a", "--services"])), ["base", "web"]);
    run(&bench, 0, &["rm", "-f", "-s"]);
    assert!(bench.docker.containers(bench.project).await.is_empty());

    run(&bench, 0, &["down", "--rmi", "local"]);
    let images = async || {
        bench
            .docker
            .get("/images/json?filters=%7B%22reference%22:%5B%22ek-verbs*%22,%22ek-verbs/*%22%5D%7D")
            .await
            .to_string()
    };
    let left = images().await;
    assert!(
        !left.contains("ek-verbs-app") && left.contains("ek-verbs/base:1"),
        "only what has no name of its own goes: {left}"
    );
    run(&bench, 0, &["down", "-v", "--rmi", "all"]);
    let left = images().await;
    assert!(!left.contains("ek-verbs/base:1") && left.contains("ek-verbs/app:2"), "those of the services go: {left}");
    bench.docker.discard("/images/ek-verbs/app:2").await;
    bench.close().await;
}
