//! The tree holds together, and fingers that know Compose are understood.

use super::*;

/// What a command line means, as short text: the verb with what matters of its arguments, or clap's kind of error.
fn meaning(line: &str) -> String {
    let words = std::iter::once("evenkeel").chain(line.split_whitespace());
    match try_parse_from(words) {
        Ok(Command::Serve(arguments)) => format!("serve {:?} {:?}", arguments.listen, arguments.engine),
        Ok(Command::Client(client)) => format!("{} {:?}", place(&client), client.verb),
        Err(error) => format!("{:?}", error.kind()),
    }
}

fn place(client: &Client) -> String {
    let Client { global, before, .. } = client;
    format!("host={:?} json={} quiet={} before={:?}", global.host, global.json, global.quiet, before.files)
}

#[test]
fn the_tree_holds_together() {
    command().debug_assert();
}

#[test]
fn command_lines_mean_what_they_say() {
    for (line, parts) in [
        ("up", &["Up(", "detach: false", "wait: false"][..]),
        ("up -d web db", &["detach: true", r#"services: ["web", "db"]"#]),
        ("up --wait --wait-timeout 1m30s", &["wait: true", "wait_timeout: Some(90s)"]),
        ("up -t 10", &["timeout: Some(10s)"]),
        ("up --scale web=3 --scale db=1", &[r#"scale: [("web", 3), ("db", 1)]"#]),
        ("up --pull always --build --no-deps", &["pull: Some(Always)", "build: true", "no_deps: true"]),
        ("up --pull sometimes", &["InvalidValue"]),
        ("up --scale web", &["ValueValidation"]),
        ("up --force-recreate --no-recreate", &["ArgumentConflict"]),
        ("up -t soon", &["ValueValidation"]),
        ("-f a.yaml up -f b.yaml", &[r#"before=["a.yaml"]"#, r#"files: ["b.yaml"]"#]),
        ("up -p shop", &[r#"project_name: Some("shop")"#]),
        ("--json --host unix:///x ps", &[r#"host=Some("unix:///x") json=true"#, "Ps("]),
        ("ps --json -q --host http://h:1", &[r#"host=Some("http://h:1") json=true quiet=true"#]),
        ("ps -a --format json", &["format: Some(Json)", "all: true"]),
        ("down -v --remove-orphans -t 0", &["volumes: true", "remove_orphans: true", "timeout: Some(0ns)"]),
        ("logs -f -n 5 web", &["follow: true", r#"tail: "5""#, r#"services: ["web"]"#]),
        ("-f a.yaml logs --file b.yaml -t", &[r#"before=["a.yaml"]"#, r#"files: ["b.yaml"]"#, "timestamps: true"]),
        ("logs --tail some", &["ValueValidation"]),
        ("scale web=2", &[r#"scale: [("web", 2)]"#]),
        ("scale", &["MissingRequiredArgument"]),
        ("scale =2", &["ValueValidation"]),
        ("hold shop --reason x", &[r#"stack: Some("shop")"#, r#"reason: Some("x")"#]),
        ("rollback --to 3", &["to: Some(3)"]),
        ("system up accidents --local --wait", &[r#"name: "accidents""#, "local: true", "wait: true"]),
        ("token create --name ci", &[r#"named: Some("ci")"#]),
        ("token create ci", &[r#"name: Some("ci")"#]),
        ("token", &["DisplayHelpOnMissingArgumentOrSubcommand"]),
        ("config --format json -q", &["quiet=true", "format: Some(Json)"]),
        ("config --services --images", &["ArgumentConflict"]),
        ("completions bash", &["shell: Bash"]),
        ("serve --listen 127.0.0.1:1 --engine sim", &[r#"serve Some("127.0.0.1:1") Some(Sim)"#]),
        ("serve --engine podman", &["InvalidValue"]),
        ("--version", &["DisplayVersion"]),
        ("dance", &["InvalidSubcommand"]),
        ("", &["DisplayHelpOnMissingArgumentOrSubcommand"]),
    ] {
        let meaning = meaning(line);
        for part in parts {
            assert!(meaning.contains(part), "`{line}` lacks {part}: {meaning}");
        }
    }
}

#[test]
fn selections_before_and_after_the_verb_are_joined() {
    let selection = |files: &[&str], name: Option<&str>, profiles: &[&str]| Selection {
        files: files.iter().map(PathBuf::from).collect(),
        project_name: name.map(str::to_owned),
        profiles: profiles.iter().map(|&profile| profile.to_owned()).collect(),
        ..Selection::default()
    };
    for (before, after, joined) in [
        (
            selection(&["a"], Some("x"), &["p"]),
            selection(&["b"], None, &["q"]),
            selection(&["a", "b"], Some("x"), &["p", "q"]),
        ),
        (selection(&[], Some("x"), &[]), selection(&[], Some("y"), &[]), selection(&[], Some("y"), &[])),
    ] {
        assert_eq!(after.after(&before), joined);
    }
}

#[test]
fn every_verb_says_what_it_does() {
    let mut command = command();
    command.build();
    for verb in command.get_subcommands() {
        assert!(verb.get_about().is_some(), "{} has no help", verb.get_name());
        for argument in verb.get_arguments().filter(|argument| !argument.is_global_set()) {
            assert!(argument.get_help().is_some(), "{} {} has no help", verb.get_name(), argument.get_id());
        }
    }
}
