//! The shipped file, precedence, and errors with their lines.

use super::*;

const SHIPPED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../config/evenkeel.toml");

#[test]
fn the_shipped_file_changes_nothing() {
    assert_eq!(file::read(Path::new(SHIPPED)).unwrap(), Config::default());
}

#[test]
fn the_shipped_file_shows_every_key_with_its_default() {
    let text = std::fs::read_to_string(SHIPPED).unwrap();
    // A key stands right behind its `#`, prose after a space.
    let shown: Vec<&str> = text
        .lines()
        .map(|line| line.strip_prefix('#').filter(|rest| !rest.starts_with([' ', '#'])).unwrap_or(line))
        .collect();
    let config = file::parse(&shown.join("\n")).unwrap();
    let expected = Config {
        socket: Socket { path: "/run/evenkeel/evenkeel.sock".into(), mode: 0o660, group: Some("evenkeel".into()) },
        listen: Some(([127, 0, 0, 1], 7711).into()),
        state_dir: "/var/lib/evenkeel".into(),
        // Left out, these follow the machine: its Docker context, twice its cores.
        engine: Engine {
            host: Some("unix:///var/run/docker.sock".into()),
            starts: Some(4),
            transfers: Some(4),
            ..Config::default().engine
        },
        ..Config::default()
    };
    assert_eq!(config, expected);
    let keys = shown.iter().filter(|line| line.contains(" = ") && !line.starts_with('#')).count();
    assert_eq!(keys, 19, "a key was added to the struct or the file alone");
}

#[test]
fn flags_win_over_the_file() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("evenkeel.toml");
    std::fs::write(&path, "[http]\nlisten = \"127.0.0.1:1\"\n[state]\ndir = \"/file\"\n[engine]\nstarts = 2\n")
        .unwrap();
    let arguments = ServeArgs {
        config: Some(path),
        listen: Some("127.0.0.1:2".into()),
        engine: Some(EngineKind::Sim),
        ..ServeArgs::default()
    };
    let config = Config::load(&arguments).unwrap();
    assert_eq!(config.listen, Some(([127, 0, 0, 1], 2).into()));
    assert_eq!(config.state_dir, PathBuf::from("/file"));
    assert_eq!((config.engine.kind, config.engine.starts), (EngineKind::Sim, Some(2)));
    assert_eq!(config.history, Config::default().history);
}

#[test]
fn errors_name_file_and_line() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("evenkeel.toml");
    for (text, line, part) in [
        ("[socket]\npaht = \"/x\"\n", 2, "unknown field `paht`"),
        ("[sockets]\n", 1, "unknown field `sockets`"),
        ("[socket]\n\nmode = \"0999\"\n", 3, "octal"),
        ("[http]\nlisten = \"localhost\"\n", 2, "socket address"),
        ("[engine]\nkind = \"podman\"\n", 2, "unknown variant `podman`"),
        ("[engine]\nstarts = 0\n", 2, "1 or more"),
        ("[limits]\noperation_timeout = \"soon\"\n", 2, "not a duration"),
        ("[limits]\noperation_timeout = \"99999999999h\"\n", 2, "more than a hundred years"),
        ("[log\n", 1, ""),
    ] {
        std::fs::write(&path, text).unwrap();
        let error = Config::load(&ServeArgs { config: Some(path.clone()), ..ServeArgs::default() }).unwrap_err();
        let shown = error.to_string();
        assert!(shown.starts_with(&format!("{}:{line}:", path.display())) && shown.contains(part), "{text:?}: {shown}");
    }
}

#[test]
fn a_file_that_was_named_must_be_there_and_addresses_must_be_addresses() {
    for arguments in [
        ServeArgs { config: Some("/nowhere/evenkeel.toml".into()), ..ServeArgs::default() },
        ServeArgs { listen: Some("localhost".into()), ..ServeArgs::default() },
    ] {
        assert!(Config::load(&arguments).is_err(), "{arguments:?}");
    }
}
