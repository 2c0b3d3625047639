//! The terminal that the command runs in: whether there is one, its size, and passing every key on.

use nix::sys::termios::{SetArg, Termios, cfmakeraw, tcgetattr, tcsetattr};
use std::io::{IsTerminal as _, stdin, stdout};

/// Whether a person types here and reads here.
pub fn is_there() -> bool {
    stdin().is_terminal() && stdout().is_terminal()
}

/// Lines, and characters in a line.
pub fn size() -> Option<(u16, u16)> {
    terminal_size::terminal_size().map(|(width, height)| (height.0, width.0))
}

/// Keys go through as they are, Ctrl-C too, until this is dropped.
pub struct Raw(Termios);

impl Raw {
    /// Sets the terminal so. `None` where it does not let itself be set.
    pub fn set() -> Option<Self> {
        let before = tcgetattr(stdin()).ok()?;
        let mut raw = before.clone();
        cfmakeraw(&mut raw);
        tcsetattr(stdin(), SetArg::TCSANOW, &raw).ok()?;
        Some(Self(before))
    }
}

impl Drop for Raw {
    fn drop(&mut self) {
        // A terminal that has gone needs nothing set back.
        let _ = tcsetattr(stdin(), SetArg::TCSANOW, &self.0);
    }
}
