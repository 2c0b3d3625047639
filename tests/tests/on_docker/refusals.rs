//! Wrong input: a clear answer with the right exit code, nothing half created, the daemon unharmed. What preflight refuses is in `preflight`.

use super::Bench;
use evenkeel_tests::Daemon;
use serde_json::json;

/// A Compose file that must be refused: exit code 5, these words on stderr, no object of the project on the engine.
async fn check(bench: &Bench, case: &str, compose: &str, words: &[&str]) {
    std::fs::write(bench.daemon.directory().join("compose.yaml"), compose).unwrap();
    let output = bench.daemon.command(&["-p", bench.project, "up", "--wait"]);
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(5), "{case}: {stderr}");
    for word in words {
        assert!(stderr.contains(word), "{case}: no `{word}` in: {stderr}");
    }
    assert!(bench.docker.containers(bench.project).await.is_empty(), "{case}: a container was made");
    assert!(bench.docker.names("networks", bench.project).await.is_empty(), "{case}: a network was made");
    assert!(bench.docker.names("volumes", bench.project).await.is_empty(), "{case}: a volume was made");
    bench.daemon.api.get("/readyz").await;
}

#[tokio::test]
async fn definitions_and_names() {
    let bench = Bench::open("ek-refuse").await;
    let web = "services:\n  web:\n    image: evenkeel/busybox:1.35\n    command: [sleep, '60']\n";
    for (case, compose, words) in [
        ("broken YAML", "services:\n  web: [\n", &["compose.yaml", ":"][..]),
        ("an unknown key", &format!("{web}    depends: [db]\n"), &["compose.yaml:5:5", "depends_on"][..]),
        (
            "a missing variable",
            "services:\n  web:\n    image: ${NOT_SET_ANYWHERE:?name an image}\n",
            &["NOT_SET_ANYWHERE", "name an image", ":3"],
        ),
        (
            "a circle",
            "services:\n  a: {image: x, depends_on: [b]}\n  b: {image: x, depends_on: [a]}\n",
            &["a", "b", "circle"],
        ),
        ("an unknown dependency", &format!("{web}    depends_on: [db]\n"), &["db", "web"]),
    ] {
        check(&bench, case, compose, words).await;
    }

    bench.docker.discard("/containers/ek-refuse-web-1?force=true").await;
    bench.docker.create("ek-refuse-web-1", "evenkeel/busybox:1.35").await;
    // The engine answers before it tells of what it has made.
    std::fs::write(bench.daemon.directory().join("compose.yaml"), web).unwrap();
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(10);
    while bench.daemon.command(&["-p", bench.project, "plan"]).status.code() != Some(5) {
        assert!(std::time::Instant::now() < deadline, "the stranger's container is not seen");
    }
    check(&bench, "a name that is taken", web, &["ek-refuse-web-1"]).await;
    assert!(bench.docker.inspect("ek-refuse-web-1").await.is_object(), "the stranger's container is untouched");
    bench.docker.discard("/containers/ek-refuse-web-1?force=true").await;
    bench.close().await;
}

#[tokio::test]
async fn a_broken_service_fails_its_up_and_says_why() {
    let bench = Bench::open("ek-broken").await;
    let compose = "services:\n  web:\n    image: evenkeel/busybox:1.35\n    command: [no-such-program]\n";
    let operation = bench.daemon.up("ek-broken", compose).await;
    assert_eq!(operation["state"], "failed", "{operation:#}");
    assert!(operation["reason"].as_str().unwrap().contains("no-such-program"), "{operation:#}");
    let job = "services:\n  job: {image: 'evenkeel/busybox:1.35', command: ['sh', '-c', 'exit 7']}\n  \
               web: {image: 'evenkeel/busybox:1.35', command: [sleep, '60'], depends_on: {job: {condition: service_completed_successfully}}}\n";
    let operation = bench.daemon.up("ek-broken", job).await;
    assert_eq!(operation["state"], "failed", "{operation:#}");
    assert!(
        operation["reason"].as_str().unwrap().contains("exit code 7")
            || operation["reason"].as_str().unwrap().contains("exit 7"),
        "{operation:#}"
    );
    bench.daemon.act("ek-broken", "down", json!({})).await;
    bench.close().await;
}

#[tokio::test]
async fn without_a_daemon_the_command_says_how_to_start_one() {
    let mut daemon = Daemon::start("sim").await;
    daemon.kill();
    for arguments in [&["ls"][..], &["-p", "x", "ps"], &["-p", "x", "down"]] {
        let output = daemon.command(arguments);
        assert_eq!(output.status.code(), Some(3), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        assert!(String::from_utf8_lossy(&output.stderr).contains("evenkeel serve"));
    }
    let output = daemon.command(&["up", "--no-such-flag"]);
    assert_eq!(output.status.code(), Some(2));
}
