//! A system's own settings: its `.env`, made once from `.env.example` with passwords that no other machine has. It is never
//! changed afterwards, because the data on the volumes were made with what stands in it.

use super::System;
use crate::failure::Failure;
use std::io::{Read, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

const FILE: &str = ".env";
const EXAMPLE: &str = ".env.example";
/// What stands behind a variable that the example leaves empty and this fills: `NAME= # generated: a password`.
const MARK: &str = "= # generated: ";
const SOCKET: &str = "/var/run/docker.sock";

impl System {
    /// Makes the settings where there are none yet and the system has an example of them. Returns the file if it was made.
    pub fn make_settings(&self) -> Result<Option<PathBuf>, Failure> {
        let (file, example) = (self.folder.join(FILE), self.folder.join(EXAMPLE));
        if file.exists() || !example.exists() {
            return Ok(None);
        }
        let text = std::fs::read_to_string(&example)
            .map_err(|error| Failure::failed(format!("{}: {error}", example.display())))?;
        let written = filled(&text, group_of(Path::new(SOCKET))).and_then(|text| write_new(&file, &text));
        match written {
            Ok(()) => Ok(Some(file)),
            // Another command was faster; what it wrote holds.
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Ok(None),
            Err(error) => Err(Failure::Failed {
                message: format!("the settings of `{}` cannot be written to {}: {error}", self.name, file.display()),
                help: Some("copy the systems to where you may write, and say where with EVENKEEL_SYSTEMS".into()),
            }),
        }
    }
}

/// Whole or not at all, and for nobody else to read.
fn write_new(file: &Path, text: &str) -> std::io::Result<()> {
    // Of this process alone: two commands may be at it.
    let new = file.with_extension(format!("new.{}", std::process::id()));
    let mut open = std::fs::File::options().write(true).create(true).truncate(true).mode(0o600).open(&new)?;
    open.write_all(text.as_bytes())?;
    open.sync_all()?;
    let linked = std::fs::hard_link(&new, file);
    std::fs::remove_file(&new)?;
    linked
}

/// The group that may use the engine's socket, where there is one on this machine.
fn group_of(socket: &Path) -> Option<u32> {
    std::fs::metadata(socket).ok().map(|metadata| metadata.gid())
}

fn filled(example: &str, socket_group: Option<u32>) -> std::io::Result<String> {
    let mut text = format!("# Made from {EXAMPLE}. What was generated is known on this machine alone.\n");
    for line in example.lines() {
        match (line.split_once(MARK), socket_group) {
            (Some((name, "a password")), _) => text.push_str(&format!("{name}={}", password()?)),
            (Some((name, "the group of the Docker socket")), Some(group)) => text.push_str(&format!("{name}={group}")),
            // What is not known stays empty, and the Compose file says that it must be set.
            _ => text.push_str(line),
        }
        text.push('\n');
    }
    Ok(text)
}

/// 128 bits of the system's randomness, as hexadecimal digits: nothing that a URL or a shell would read as something else.
fn password() -> std::io::Result<String> {
    let mut bytes = [0; 16];
    std::fs::File::open("/dev/urandom")?.read_exact(&mut bytes)?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str =
        "# about\nPORT=80\nPASSWORD= # generated: a password\nGID= # generated: the group of the Docker socket\n";

    fn value<'a>(text: &'a str, name: &str) -> &'a str {
        text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix('=')).unwrap()
    }

    #[test]
    fn settings_are_made_once_and_each_time_with_other_passwords() {
        let folder = tempfile::tempdir().unwrap();
        let system = System { name: "s".into(), folder: folder.path().into() };
        assert_eq!(system.make_settings().unwrap(), None, "there is no example");
        std::fs::write(folder.path().join(EXAMPLE), TEXT).unwrap();
        let mut passwords = Vec::new();
        for _ in 0..2 {
            let file = system.make_settings().unwrap().unwrap();
            assert_eq!(std::fs::metadata(&file).unwrap().mode() & 0o777, 0o600);
            let text = std::fs::read_to_string(&file).unwrap();
            assert_eq!(value(&text, "PORT"), "80");
            passwords.push(value(&text, "PASSWORD").to_owned());
            assert_eq!(system.make_settings().unwrap(), None, "what is there is left alone");
            std::fs::remove_file(file).unwrap();
        }
        assert!(passwords[0].len() == 32 && passwords[0] != passwords[1], "{passwords:?}");
    }

    #[test]
    fn the_group_of_the_socket_is_found_or_left_to_its_owner() {
        for (group, expected) in [(Some(998), "998"), (None, " # generated: the group of the Docker socket")] {
            assert_eq!(value(&filled(TEXT, group).unwrap(), "GID"), expected);
        }
    }
}
