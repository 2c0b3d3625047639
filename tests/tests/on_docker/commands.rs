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
            &["-u", "nobody", "-w", "/tmp", "-e", "A=b c", "web", "sh", "-c", "id -un; pwd; echo $A"],
            0,
            "nobody\n/tmp\nb c\n",
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
