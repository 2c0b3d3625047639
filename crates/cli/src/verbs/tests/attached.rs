//! One-off containers, copies and attached `up`: what the command line makes of its arguments, against a fake daemon.

use super::*;

#[tokio::test]
async fn run_sends_what_was_asked_for() {
    for (line, expected) in [
        ("-p shop run -d web", json!({"service": "web", "detach": true, "interactive": true, "tty": false})),
        (
            "-p shop run -d --rm --name n -u 7 -w /w -e A=1 -l x=y -p 8081:80 --no-deps web ls -l --json",
            json!({
                "service": "web", "command": ["ls", "-l", "--json"], "remove": true, "name": "n", "user": "7",
                "working_dir": "/w", "environment": ["A=1"], "labels": {"x": "y"}, "ports": ["8081:80"], "no_deps": true,
            }),
        ),
        (
            "-p shop run -d -P --use-aliases --build --pull never -i=false --cap-add A --cap-drop B --entrypoint sh web",
            json!({
                "service_ports": true, "use_aliases": true, "build": true, "pull": "never", "interactive": false,
                "cap_add": ["A"], "cap_drop": ["B"], "entrypoint": ["sh"],
            }),
        ),
        (
            "-p shop run -d -v /a:/b -v data:/c --remove-orphans web",
            json!({"volumes": ["/a:/b", "data:/c"], "remove_orphans": true}),
        ),
    ] {
        let daemon = Daemon::start(|_| {}).await;
        let ran = ran(Some(&daemon), line).await;
        assert_eq!((ran.code, ran.out.as_str()), (0, "c0ffee\n"), "{line}: {}", ran.err);
        let body = &daemon.asked_once("/v1/stacks/shop/runs");
        for (key, value) in expected.as_object().unwrap() {
            assert_eq!(&body[key], value, "{line}: {key}");
        }
    }
    for line in ["-p shop run -P -p 1:1 web", "-p shop run"] {
        let words = ["evenkeel"].into_iter().chain(line.split_whitespace());
        assert!(try_parse_from(words).is_err(), "{line}");
    }
    for line in ["-p shop run -d -l x web", "-p shop run -d --entrypoint ' web"] {
        let ran = ran(None, line).await;
        assert_eq!(ran.code, 2, "{line}: {}", ran.err);
    }
}

#[tokio::test]
async fn flags_of_an_attached_up_that_clash_are_refused() {
    for (line, part) in [
        ("-d --abort-on-container-exit", "--detach"),
        ("--wait --exit-code-from web", "--wait"),
        ("--abort-on-container-exit --abort-on-container-failure", "--abort-on-container-failure"),
        ("--attach web --attach-dependencies", "--attach"),
    ] {
        let ran = ran(None, &format!("-p shop up {line}")).await;
        assert!(ran.code == 2 && ran.err.contains(part), "{line}: {}", ran.err);
    }
}

#[tokio::test]
async fn copies_go_one_way() {
    for line in ["cp web:/a db:/b", "cp a b"] {
        let ran = ran(None, &format!("-p shop {line}")).await;
        assert_eq!(ran.code, 2, "{line}: {}", ran.err);
    }
}
