//! The real files and variables, as the loader asks for them. Nothing is read that it does not ask for.

use crate::args::Selection;
use evenkeel_compose::{ALL_RESOURCES, COMPATIBILITY, ReadError, Source, limits};
use std::cell::OnceCell;
use std::collections::BTreeMap;
use std::io::{ErrorKind, Read as _};
use std::time::Duration;

/// How a Compose file on stdin is named: as the file that it stands for, so that its messages read well.
pub const STDIN: &str = "/dev/stdin";

/// How long a pipe may take to bring its text.
const PATIENCE: Duration = Duration::from_secs(10);

/// The process's environment and its file system.
pub struct World {
    variables: BTreeMap<String, String>,
    stdin: OnceCell<Result<String, ReadError>>,
}

impl World {
    /// As the process has it, and `PWD` also where no shell has set it (cron, systemd), as Compose does. Variables that are
    /// not UTF-8 cannot be used in a file, and are left out.
    pub fn here() -> Self {
        let variables = std::env::vars_os();
        let readable =
            variables.filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
        let mut variables: BTreeMap<String, String> = readable.collect();
        if !variables.contains_key("PWD")
            && let Some(here) = std::env::current_dir().ok().and_then(|here| here.to_str().map(str::to_owned))
        {
            variables.insert("PWD".to_owned(), here);
        }
        Self { variables, stdin: OnceCell::new() }
    }
}

impl World {
    /// The same for a selection, whose flags stand for variables.
    pub fn of(selection: &Selection) -> Self {
        let mut world = Self::here();
        let flags = [(selection.compatibility, COMPATIBILITY), (selection.all_resources, ALL_RESOURCES)];
        for (_, variable) in flags.iter().filter(|(is_set, _)| *is_set) {
            world.variables.insert((*variable).to_owned(), "true".to_owned());
        }
        world
    }

    /// The environment's variables.
    pub fn variables(&self) -> &BTreeMap<String, String> {
        &self.variables
    }
}

impl Source for World {
    fn file(&self, path: &str) -> Result<String, ReadError> {
        if path == STDIN {
            return self.stdin.get_or_init(read_stdin).clone();
        }
        read(path, PATIENCE).and_then(text)
    }

    fn variable(&self, name: &str) -> Option<String> {
        self.variables.get(name).cloned()
    }
}

fn read_stdin() -> Result<String, ReadError> {
    bounded(std::io::stdin().lock()).map_err(|error| reason(&error)).and_then(text)
}

/// Reads a file, or what a shell puts in its place (`<(command)`, `/dev/null`). A pipe that nobody writes to, or a device
/// without end, does not hold the command up.
fn read(path: &str, patience: Duration) -> Result<Vec<u8>, ReadError> {
    let about = std::fs::metadata(path).map_err(|error| reason(&error))?;
    if about.is_file() {
        return std::fs::File::open(path).and_then(bounded).map_err(|error| reason(&error));
    }
    let (done, result) = std::sync::mpsc::channel();
    let path = path.to_owned();
    // The thread outlives the wait where nothing comes; it ends with the command.
    std::thread::spawn(move || done.send(std::fs::File::open(path).and_then(bounded)));
    match result.recv_timeout(patience) {
        Ok(read) => read.map_err(|error| reason(&error)),
        Err(_) => Err(ReadError::Other(format!("nothing came within {} seconds", patience.as_secs()))),
    }
}

/// One byte more than the loader takes, so that it can say so.
fn bounded(source: impl std::io::Read) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    source.take(limits::FILE_BYTES as u64 + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Text that was cut may end within a character: it is too large, and that is what matters.
fn text(bytes: Vec<u8>) -> Result<String, ReadError> {
    if bytes.len() > limits::FILE_BYTES {
        return Ok(String::from_utf8_lossy(&bytes).into_owned());
    }
    String::from_utf8(bytes).map_err(|_| ReadError::NotUtf8)
}

fn reason(error: &std::io::Error) -> ReadError {
    match error.kind() {
        // A part of the path is a file: what it should lead to is not there either.
        // A directory under a file's name, such as `.env`, is passed over as Compose does.
        ErrorKind::NotFound | ErrorKind::NotADirectory | ErrorKind::IsADirectory => ReadError::NotFound,
        ErrorKind::PermissionDenied => ReadError::Forbidden,
        _ => ReadError::Other(error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Instant;

    #[test]
    fn what_never_ends_is_cut() {
        let began = Instant::now();
        let directory = tempfile::tempdir().unwrap();
        let sparse = directory.path().join("sparse.env");
        std::fs::File::create(&sparse).unwrap().set_len(8 << 30).unwrap();
        for path in ["/dev/zero", sparse.to_str().unwrap()] {
            let read = World::here().file(path);
            assert_eq!(read.map(|text| text.len()), Ok(limits::FILE_BYTES + 1), "{path}");
        }
        assert_eq!(World::here().file("/dev/null"), Ok(String::new()));
        assert_eq!(World::here().file("/"), Err(ReadError::NotFound));
        assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
    }

    #[test]
    fn a_pipe_without_a_writer_is_given_up() {
        let directory = tempfile::tempdir().unwrap();
        let pipe = directory.path().join("pipe.env");
        let made = std::process::Command::new("mkfifo").arg(&pipe).status().unwrap();
        assert!(made.success());
        let began = Instant::now();
        let read = read(pipe.to_str().unwrap(), Duration::from_millis(100));
        assert!(matches!(read, Err(ReadError::Other(_))), "{read:?}");
        assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
    }
}
