//! Where the loader gets files and variables from. It never reads the file system or the environment itself.

mod bundle;
mod recorder;

pub use bundle::Bundle;
pub use recorder::Recorder;

/// Files and variables, by whoever may read them.
pub trait Source {
    /// The text of a file.
    ///
    /// # Errors
    /// [`ReadError`], which the loader turns into a diagnostic where the file is needed.
    fn file(&self, path: &str) -> Result<String, ReadError>;

    /// A variable of the environment.
    fn variable(&self, name: &str) -> Option<String>;
}

/// Why a file could not be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    /// There is none.
    #[error("no such file")]
    NotFound,
    /// The definition that was sent does not carry it.
    #[error("the definition does not carry this file")]
    NotCarried,
    /// Its bytes are not UTF-8.
    #[error("not UTF-8 text")]
    NotUtf8,
    /// It may not be read.
    #[error("permission denied")]
    Forbidden,
    /// Anything else, in the system's words.
    #[error("{0}")]
    Other(String),
}
