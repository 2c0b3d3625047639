//! Where the daemon is: a unix socket or a TCP address.

use crate::failure::Failure;
use std::path::PathBuf;

/// A daemon's address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Host {
    /// A unix socket.
    Unix(PathBuf),
    /// `http://host:port` or `https://host:port`, without a slash at the end.
    Tcp(String),
}

impl Host {
    /// Reads `unix:///path`, an absolute path, or `http(s)://host:port`.
    ///
    /// # Errors
    /// [`Failure::Usage`] for anything else.
    pub(crate) fn parse(text: &str) -> Result<Self, Failure> {
        if let Some(path) = text.strip_prefix("unix://") {
            if path.starts_with('/') {
                return Ok(Self::Unix(PathBuf::from(path)));
            }
        } else if text.starts_with('/') {
            return Ok(Self::Unix(PathBuf::from(text)));
        } else if let Some(rest) = text.strip_prefix("http://").or_else(|| text.strip_prefix("https://"))
            && !rest.trim_end_matches('/').is_empty()
        {
            return Ok(Self::Tcp(text.trim_end_matches('/').to_owned()));
        }
        Err(Failure::usage(
            format!("`{text}` is no daemon's address"),
            "use unix:///run/evenkeel/evenkeel.sock or http://127.0.0.1:7711, by --host or EVENKEEL_HOST",
        ))
    }

    /// The socket of a daemon that was started without further ado by the same user.
    pub(crate) fn local() -> Self {
        Self::Unix(default_socket())
    }
}

impl std::fmt::Display for Host {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Unix(path) => write!(f, "unix://{}", path.display()),
            Self::Tcp(url) => f.write_str(url),
        }
    }
}

/// The socket that daemon and command agree on where nobody says otherwise: `/run/evenkeel/evenkeel.sock` for root,
/// `$XDG_RUNTIME_DIR/evenkeel/evenkeel.sock` for everybody else.
pub fn default_socket() -> PathBuf {
    let root = nix::unistd::geteuid().is_root();
    let directory = match std::env::var_os("XDG_RUNTIME_DIR") {
        Some(directory) if !root && !directory.is_empty() => PathBuf::from(directory),
        _ if root => PathBuf::from("/run"),
        _ => PathBuf::from(format!("/run/user/{}", nix::unistd::geteuid())),
    };
    directory.join("evenkeel").join("evenkeel.sock")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_and_shown() {
        for (text, shown) in [
            ("unix:///run/e.sock", Some("unix:///run/e.sock")),
            ("/run/e.sock", Some("unix:///run/e.sock")),
            ("http://localhost:7711/", Some("http://localhost:7711")),
            ("https://box:7711", Some("https://box:7711")),
            ("unix://run/e.sock", None),
            ("localhost:7711", None),
            ("http://", None),
            ("", None),
        ] {
            assert_eq!(Host::parse(text).ok().map(|host| host.to_string()).as_deref(), shown, "{text:?}");
        }
    }
}
