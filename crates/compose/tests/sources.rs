//! Where files and variables come from: recorded on one machine, read again from the definition on another.

use evenkeel_compose::project::{Selection, find_compose_files, select};
use evenkeel_compose::{ReadError, Recorder, Request, Source, load, load_definition};
use std::collections::BTreeMap;

/// A machine with a few files and variables.
struct Machine {
    files: BTreeMap<&'static str, &'static str>,
    variables: BTreeMap<&'static str, &'static str>,
}

impl Source for Machine {
    fn file(&self, path: &str) -> Result<String, ReadError> {
        self.files.get(path).map(|text| (*text).to_owned()).ok_or(ReadError::NotFound)
    }
    fn variable(&self, name: &str) -> Option<String> {
        self.variables.get(name).map(|value| (*value).to_owned())
    }
}

fn machine(files: &[(&'static str, &'static str)], variables: &[(&'static str, &'static str)]) -> Machine {
    Machine { files: files.iter().copied().collect(), variables: variables.iter().copied().collect() }
}

#[test]
fn a_definition_carries_what_was_read_and_nothing_else() {
    let machine = machine(
        &[
            (
                "/p/compose.yaml",
                "include: [sub/c.yaml]\nservices: {a: {image: 'x:${TAG}', env_file: [a.env, {path: no.env, required: false}]}}\n",
            ),
            ("/p/.env", "TAG=1\nUNUSED=2\n"),
            ("/p/a.env", "K=${FROM_SHELL}\n"),
            ("/p/sub/c.yaml", "services: {b: {image: y, volumes: ['~/x:/x']}}\n"),
            ("/p/other.yaml", "not read"),
        ],
        &[("FROM_SHELL", "s"), ("HOME", "/home/me"), ("SECRET_OF_SHELL", "never asked for")],
    );
    let request = Request {
        compose_files: vec!["/p/compose.yaml".to_owned()],
        working_dir: "/p".to_owned(),
        ..Request::default()
    };
    let recorder = Recorder::new(&machine);
    let here = load(&request, &recorder).map(|loaded| loaded.stack);
    let definition = recorder.into_definition(&request);
    let paths: Vec<&str> = definition.files.iter().map(|file| file.path.as_str()).collect();
    assert_eq!(paths, ["/p/.env", "/p/a.env", "/p/compose.yaml", "/p/sub/c.yaml"]);
    let variables: Vec<&str> = definition.environment.keys().map(String::as_str).collect();
    assert_eq!(variables, ["FROM_SHELL", "HOME"]);
    let there = load_definition(&definition, None).map(|loaded| loaded.stack);
    assert!(here.is_ok(), "{here:?}");
    assert_eq!(here, there);
    let renamed = load_definition(&definition, Some("other")).map(|loaded| loaded.stack.name.to_string());
    assert_eq!(renamed, Ok("other".to_owned()));
}

#[test]
fn project_names() {
    for (name_key, variable, given, directory, expected) in [
        ("", "", None, "/srv/My.Shop", Some("myshop")),
        ("name: From_File\n", "", None, "/srv/shop", Some("from_file")),
        ("name: file\n", "variable", None, "/srv/shop", Some("variable")),
        ("name: file\n", "variable", Some("given"), "/srv/shop", Some("given")),
        ("", "Not.Valid", None, "/srv/shop", None),
        ("", "", Some("Not.Valid"), "/srv/shop", None),
        ("", "", None, "/", None),
    ] {
        let text: &'static str = Box::leak(format!("{name_key}services: {{a: {{image: x}}}}\n").into_boxed_str());
        let machine = machine(&[("/c.yaml", text)], &[("COMPOSE_PROJECT_NAME", variable)]);
        let request = Request {
            compose_files: vec!["/c.yaml".to_owned()],
            working_dir: directory.to_owned(),
            project_name: given.map(str::to_owned),
            ..Request::default()
        };
        let found = load(&request, &machine).ok().map(|loaded| loaded.stack.name.to_string());
        assert_eq!(found.as_deref(), expected, "{name_key:?} {variable:?} {given:?} {directory}");
    }
}

#[test]
fn files_are_found_here_and_above() {
    for (there, dir, expected) in [
        (&["/p/compose.yaml"][..], "/p/a/b", Some(&["/p/compose.yaml"][..])),
        (&["/p/docker-compose.yml", "/p/compose.yml"], "/p", Some(&["/p/compose.yml"])),
        (
            &["/p/compose.yaml", "/p/compose.override.yaml"],
            "/p",
            Some(&["/p/compose.yaml", "/p/compose.override.yaml"]),
        ),
        (&["/compose.yaml"], "/p", Some(&["/compose.yaml"])),
        (&["/p/compose.override.yaml"], "/p", None),
        (&[], "/p", None),
    ] {
        let found = find_compose_files(dir, &|path| there.contains(&path));
        let files = found.map(|found| found.files);
        assert_eq!(
            files,
            expected.map(|files| files.iter().map(|file| (*file).to_owned()).collect::<Vec<_>>()),
            "{there:?}"
        );
    }
}

/// What a selection in `/p/sub` becomes: files, directory, env files.
fn selected(selection: Selection, machine: &Machine) -> Option<(String, String, String)> {
    let selection = Selection { cwd: "/p/sub".to_owned(), ..selection };
    let selected = select(&selection, machine, &|path| machine.files.contains_key(path)).ok()?;
    let request = selected.request;
    Some((request.compose_files.join(" "), request.working_dir, request.env_files.join(" ")))
}

#[test]
fn selections() {
    let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
    let plain = machine(&[("/p/compose.yaml", ""), ("/p/.env", ""), ("/p/sub/.env", "")], &[]);
    let by_file = |files: &[&str]| Selection { files: texts(files), ..Selection::default() };
    let found = |files: &str, dir: &str, env: &str| Some((files.to_owned(), dir.to_owned(), env.to_owned()));

    // Found above: the nearer `.env` wins, and so stands last.
    assert_eq!(selected(Selection::default(), &plain), found("/p/compose.yaml", "/p", "/p/.env /p/sub/.env"));
    assert_eq!(selected(by_file(&["../x.yaml", "y.yaml"]), &plain), found("/p/x.yaml /p/sub/y.yaml", "/p", ""));
    assert_eq!(selected(by_file(&["-"]), &plain), found("-", "/p/sub", ""));
    let elsewhere = Selection { project_directory: Some("/q".to_owned()), ..by_file(&["a.yaml"]) };
    assert_eq!(selected(elsewhere, &plain), found("/p/sub/a.yaml", "/q", ""));
    let given = Selection { env_files: texts(&["/p/.env"]), ..by_file(&["a.yaml"]) };
    assert_eq!(selected(given, &plain), found("/p/sub/a.yaml", "/p/sub", "/p/.env"));

    let by_variable = machine(&[("/p/sub/.env", "COMPOSE_FILE=a.yaml;../b.yaml\nCOMPOSE_PATH_SEPARATOR=;\n")], &[]);
    assert_eq!(selected(Selection::default(), &by_variable), found("/p/sub/a.yaml /p/b.yaml", "/p/sub", ""));
    let in_shell = machine(&[], &[("COMPOSE_FILE", "/x/c.yaml:/y/d.yaml")]);
    assert_eq!(selected(Selection::default(), &in_shell), found("/x/c.yaml /y/d.yaml", "/x", ""));
    let env_files =
        machine(&[("/p/sub/compose.yaml", ""), ("/p/sub/e", ""), ("/f", "")], &[("COMPOSE_ENV_FILES", "e,/f")]);
    assert_eq!(selected(Selection::default(), &env_files), found("/p/sub/compose.yaml", "/p/sub", "/p/sub/e /f"));
    assert_eq!(selected(Selection::default(), &machine(&[], &[])), None);
}
