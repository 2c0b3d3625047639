//! One-off containers, copies, and stacks that are brought up for one run, through the command line.

use super::Bench;
use std::io::Write as _;
use std::process::{Output, Stdio};

const FILE: &str = r#"
name: PROJECT
x-base: &base { image: evenkeel/busybox:1.35, stop_grace_period: 1s }
services:
  dep:
    <<: *base
    command: ["sh", "-c", "touch /tmp/up; exec sleep 600"]
    healthcheck: { test: ["CMD", "test", "-f", "/tmp/up"], interval: 20s }
  back:
    <<: *base
    command: ["echo", "from the file"]
    environment: { A: file }
    depends_on: { dep: { condition: service_healthy } }
    ports: ["127.0.0.1:18973:80"]
    volumes: ["data:/data"]
  tool: { <<: *base, command: ["echo", "tool"], profiles: ["debug"] }
  ends: { <<: *base, command: ["sh", "-c", "sleep 1; exit 5"], profiles: ["ends"] }
  stays: { <<: *base, command: ["sh", "-c", "trap 'exit 9' TERM; while :; do sleep 0.1; done"], profiles: ["ends"] }
volumes: { data: {} }
"#;

struct Place<'a> {
    bench: &'a Bench,
    file: String,
}

impl Place<'_> {
    fn run(&self, line: &[&str]) -> Output {
        self.bench.daemon.command(&[&["-f", &self.file], line].concat())
    }

    /// Exit code and standard output; what was said beside is shown where the test fails.
    fn told(&self, line: &[&str]) -> (i32, String) {
        let ran = self.run(line);
        println!("{line:?}: {}", String::from_utf8_lossy(&ran.stderr));
        (ran.status.code().unwrap_or(-1), String::from_utf8_lossy(&ran.stdout).into_owned())
    }
}

fn place<'a>(bench: &'a Bench, project: &str) -> Place<'a> {
    let file = bench.daemon.directory().join("compose.yaml");
    std::fs::write(&file, FILE.replace("PROJECT", project)).unwrap();
    Place { bench, file: file.display().to_string() }
}

#[tokio::test]
async fn a_run_is_a_container_of_its_own() {
    let bench = Bench::open("ek-run").await;
    let place = place(&bench, "ek-run");
    for (line, code, out) in [
        (&["run", "-T", "back"][..], 0, "from the file\n"),
        (&["run", "-T", "--rm", "back", "sh", "-c", "echo $0 $A; exit 7", "x"], 7, "x file\n"),
        (
            &["run", "--rm", "-e", "A=line", "-e", "UNSET_HERE", "back", "sh", "-c", "echo $A; env | grep -c UNSET"],
            1,
            "line\n0\n",
        ),
        (
            &["run", "--rm", "-u", "65534", "-w", "/tmp", "back", "sh", "-c", "id -u; pwd; touch /data/x"],
            1,
            "65534\n/tmp\n",
        ),
        (&["run", "--rm", "--entrypoint", "echo one two", "back", "three"], 0, "one two three\n"),
        (&["run", "--rm", "tool"], 0, "tool\n"),
        (&["run", "--rm", "--no-deps", "back", "no-such-command"], 1, ""),
        (&["run", "--rm", "nope"], 1, ""),
    ] {
        assert_eq!(place.told(line), (code, out.to_owned()), "{line:?}");
    }
    let containers = bench.docker.containers("ek-run").await;
    let mut names: Vec<String> =
        containers.iter().map(|one| one["Names"][0].as_str().unwrap().trim_start_matches('/').to_owned()).collect();
    names.sort();
    assert_eq!(names.len(), 2, "what was to be removed is gone: {names:?}");
    assert!(names[0].starts_with("ek-run-back-run-") && names[1] == "ek-run-dep-1", "{names:?}");
    let inspected = bench.docker.inspect(&names[0]).await;
    let labels = &inspected["Config"]["Labels"];
    assert_eq!(labels["com.docker.compose.oneoff"], "True");
    assert!(labels.get("com.docker.compose.container-number").is_none());
    let published = inspected["HostConfig"]["PortBindings"].as_object().is_some_and(|ports| !ports.is_empty());
    assert!(!published, "the service's ports are not its own");

    // Its input goes in, and its end too.
    let mut cat =
        bench.daemon.spawn(&["-f", &place.file, "run", "-T", "--rm", "--no-deps", "back", "cat"], Stdio::piped());
    cat.stdin.take().unwrap().write_all(b"a\nb").unwrap();
    assert_eq!(cat.wait_with_output().unwrap().stdout, b"a\nb");

    // A container that is left to itself; `exec` finds it where the service has no other.
    let (code, id) =
        place.told(&["run", "-d", "--rm", "--name", "ek-run-mine", "-p", "127.0.0.1:18974:80", "back", "sleep", "600"]);
    let mine = bench.docker.inspect("ek-run-mine").await;
    assert_eq!((code, id.trim()), (0, mine["Id"].as_str().unwrap()));
    assert_eq!(mine["NetworkSettings"]["Ports"]["80/tcp"][0]["HostPort"], "18974");
    assert_eq!(place.told(&["exec", "back", "cat", "/proc/1/cmdline"]).1, "sleep\u{0}600\u{0}");
    assert_eq!(place.told(&["exec", "--index", "1", "back", "true"]).0, 1);

    // Stop leaves it, and so does down, with the network that it uses.
    assert_eq!((place.told(&["stop"]).0, place.told(&["down"]).0), (0, 0));
    assert_eq!(bench.docker.inspect("ek-run-mine").await["State"]["Running"], true);
    assert_eq!(place.told(&["down", "-v", "--remove-orphans"]).0, 0);
    assert!(bench.docker.containers("ek-run").await.is_empty());
    assert!(bench.docker.names("networks", "ek-run").await.is_empty());
    bench.close().await;
}

#[tokio::test]
async fn files_are_copied_in_and_out() {
    let bench = Bench::open("ek-cp").await;
    let place = place(&bench, "ek-cp");
    assert_eq!(place.told(&["up", "--scale", "dep=2", "dep"]).0, 0);
    let here = bench.daemon.directory().to_owned();
    std::fs::create_dir(here.join("folder")).unwrap();
    std::fs::write(here.join("folder/a.txt"), "hello").unwrap();
    for (line, code) in [
        (&["cp", "folder", "dep:/tmp"][..], 0),
        (&["cp", "--index", "2", "folder/a.txt", "dep:/tmp/b.txt"], 0),
        (&["cp", "dep:/tmp/folder", "back"], 0),
        (&["cp", "--index", "1", "dep:/tmp/b.txt", "none"], 1),
        (&["cp", "dep:/nowhere", "none"], 1),
        (&["cp", "nowhere", "dep:/tmp"], 1),
        (&["cp", "folder", "dep:/tmp/folder/a.txt"], 1),
        (&["export", "-o", "dep.tar", "dep"], 0),
        (&["commit", "-c", "ENV X=1", "dep", "ek-cp:made"], 0),
        (&["attach", "back"], 1),
    ] {
        assert_eq!(place.told(line).0, code, "{line:?}");
    }
    assert_eq!(std::fs::read_to_string(here.join("back/a.txt")).unwrap(), "hello");
    for index in ["1", "2"] {
        assert_eq!(place.told(&["exec", "--index", index, "dep", "cat", "/tmp/folder/a.txt"]).1, "hello");
    }
    let tar = place.run(&["cp", "--index", "2", "dep:/tmp/b.txt", "-"]);
    assert!(tar.stdout.starts_with(b"b.txt"), "a tar archive");
    assert!(std::fs::metadata(here.join("dep.tar")).unwrap().len() > 100_000);
    let image = bench.docker.get("/images/ek-cp:made/json").await;
    assert!(image["Config"]["Env"].to_string().contains("X=1"), "{}", image["Config"]);
    bench.docker.discard("/images/ek-cp:made?force=true").await;
    assert_eq!(place.told(&["down", "-v"]).0, 0);
    bench.close().await;
}

#[tokio::test]
async fn a_stack_for_one_run_ends_with_its_first_container() {
    let bench = Bench::open("ek-abort").await;
    let place = place(&bench, "ek-abort");
    for (line, code) in [
        (&["up", "--abort-on-container-exit", "ends", "stays"][..], 5),
        (&["up", "--exit-code-from", "stays", "ends", "stays"], 9),
        (&["up", "--abort-on-container-failure", "--no-log-prefix", "ends", "stays"], 5),
    ] {
        assert_eq!(place.told(line).0, code, "{line:?}");
        for service in ["ends", "stays"] {
            let state = bench.docker.inspect(&format!("ek-abort-{service}-1")).await["State"].clone();
            assert_eq!(state["Running"], false, "{line:?}: {service}: {state}");
        }
    }
    assert_eq!(place.told(&["wait", "--down-project", "ends"]).0, 0);
    assert!(bench.docker.containers("ek-abort").await.is_empty());

    // Ctrl-C stops it.
    let up = bench.daemon.spawn(&["-f", &place.file, "up", "--attach", "stays", "stays"], Stdio::null());
    bench.daemon.until("ek-abort", |document| super::state(document, "stays") == "running").await;
    let sent = std::process::Command::new("kill").args(["-INT", &up.id().to_string()]).status().unwrap();
    assert!(sent.success());
    assert_eq!(up.wait_with_output().unwrap().status.code(), Some(130));
    assert_eq!(bench.docker.inspect("ek-abort-stays-1").await["State"]["ExitCode"], 9);
    assert_eq!(place.told(&["down"]).0, 0);
    bench.close().await;
}
