//! Commands in containers, through the command line.

use super::Bench;
use std::io::Write as _;
use std::process::Stdio;

#[tokio::test]
async fn exec_gives_the_commands_words_and_exit_code() {
    let bench = Bench::open("ek-exec").await;
    bench.up().await;
    let daemon = &bench.daemon;
    for (line, code, out, err) in [
        (&["web", "sh", "-c", "echo out; echo err >&2; exit 7"][..], 7, "out\n", "err\n"),
        (
            &["-u", "65534", "-w", "/tmp", "-e", "A=b c", "web", "sh", "-c", "id -u; pwd; echo $A"],
            0,
            "65534\n/tmp\nb c\n",
            "",
        ),
        (&["-T", "--index", "1", "web", "echo", "-T", "--json"], 0, "-T --json\n", ""),
        (&["-d", "web", "touch", "/tmp/left"], 0, "", ""),
        (&["web", "no-such-command"], 127, "", ""),
        (&["init", "true"], 1, "", "service \"init\" is not running"),
        (&["--index", "2", "web", "true"], 1, "", "service \"web\" is not running container #2"),
        (&["nope", "true"], 1, "", "there is no service of stack `ek-exec` by the name `nope`"),
    ] {
        let ran = daemon.command(&[&["-p", "ek-exec", "exec"], line].concat());
        let (said, erred) = (String::from_utf8_lossy(&ran.stdout), String::from_utf8_lossy(&ran.stderr));
        assert!(ran.status.code() == Some(code) || code == 127 && ran.status.code() == Some(126), "{line:?}: {ran:?}");
        // What the engine says of a command that it cannot run stands on either output.
        assert!(code == 127 || said == out, "{line:?}: {said}");
        assert!(erred.contains(err), "{line:?}: {erred}");
    }

    // More than any buffer between here and there, to and fro.
    let dump = "0123456789abcde\n".repeat(1 << 16);
    let mut cat = daemon.spawn(&["-p", "ek-exec", "exec", "-T", "db", "cat"], Stdio::piped());
    let mut stdin = cat.stdin.take().unwrap();
    let given = dump.clone();
    let writer = std::thread::spawn(move || stdin.write_all(given.as_bytes()));
    let ran = cat.wait_with_output().unwrap();
    writer.join().unwrap().unwrap();
    assert_eq!((ran.status.code(), ran.stdout.len()), (Some(0), dump.len()));
    assert!(ran.stdout == dump.as_bytes(), "what comes back is what was sent");
    bench.close().await;
}

#[tokio::test]
async fn a_pause_stays_until_it_is_taken_back_and_a_kill_is_healed() {
    let bench = Bench::open("ek-pause").await;
    bench.up().await;
    let run = |line: &[&str]| {
        let ran = bench.daemon.command(&[&["-p", "ek-pause"], line].concat());
        assert!(ran.status.success(), "{line:?}: {ran:?}");
        String::from_utf8_lossy(&ran.stdout).into_owned()
    };
    run(&["pause", "web"]);
    assert_eq!(bench.docker.inspect("ek-pause-web-1").await["State"]["Paused"], true);
    // A pass that looks at everything leaves it so.
    run(&["restart", "db"]);
    assert_eq!(bench.docker.inspect("ek-pause-web-1").await["State"]["Paused"], true);
    run(&["unpause"]);
    let before = bench.docker.inspect("ek-pause-web-1").await["State"].clone();
    assert_eq!(before["Paused"], false);

    assert_eq!(run(&["kill", "web"]), "ek-pause-web-1\n");
    bench
        .daemon
        .until("ek-pause", |document| {
            let web = document["services"].as_array().unwrap().iter().find(|one| one["service"] == "web").unwrap();
            web["state"] == "running" && web["containers"][0]["started_at"] != before["StartedAt"]
        })
        .await;
    run(&["pause"]);
    run(&["down"]);
    bench.close().await;
}
