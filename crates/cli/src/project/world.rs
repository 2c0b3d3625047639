//! The real files and variables, as the loader asks for them. Nothing is read that it does not ask for.

use evenkeel_compose::{ReadError, Source};
use std::cell::OnceCell;
use std::collections::BTreeMap;
use std::io::{ErrorKind, Read as _};

/// How a Compose file on stdin is named: as the file that it stands for, so that its messages read well.
pub const STDIN: &str = "/dev/stdin";

/// The process's environment and its file system.
pub struct World {
    variables: BTreeMap<String, String>,
    stdin: OnceCell<Result<String, ReadError>>,
}

impl World {
    /// As the process has it. Variables that are not UTF-8 cannot be used in a file, and are left out.
    pub fn here() -> Self {
        let variables = std::env::vars_os();
        let readable =
            variables.filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
        Self { variables: readable.collect(), stdin: OnceCell::new() }
    }
}

impl Source for World {
    fn file(&self, path: &str) -> Result<String, ReadError> {
        if path == STDIN {
            return self.stdin.get_or_init(read_stdin).clone();
        }
        std::fs::read(path).map_err(|error| reason(&error)).and_then(text)
    }

    fn variable(&self, name: &str) -> Option<String> {
        self.variables.get(name).cloned()
    }
}

fn read_stdin() -> Result<String, ReadError> {
    let mut bytes = Vec::new();
    std::io::stdin().read_to_end(&mut bytes).map_err(|error| reason(&error))?;
    text(bytes)
}

fn text(bytes: Vec<u8>) -> Result<String, ReadError> {
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
