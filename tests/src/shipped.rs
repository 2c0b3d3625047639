//! A shipped system in a copy that a test may use up.

use std::path::Path;
use std::process::Command;

/// Copies `config/systems/NAME` to a directory: what the repository holds of it, and nothing that somebody's use of it has left there, such
/// as settings, links, and logs that belong to a service's user.
///
/// # Panics
/// Where git cannot list the files, or they cannot be copied.
pub fn copy_system(name: &str, to: &Path) {
    let system = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().join("config/systems").join(name);
    let output = Command::new("git")
        .args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"])
        .current_dir(&system)
        .output()
        .unwrap();
    assert!(output.status.success(), "git ls-files: {}", String::from_utf8_lossy(&output.stderr));
    let list = String::from_utf8(output.stdout).unwrap();
    for file in list.split_terminator('\0').map(Path::new).filter(|file| system.join(file).is_file()) {
        let target = to.join(file);
        std::fs::create_dir_all(target.parent().unwrap()).unwrap();
        std::fs::copy(system.join(file), target).unwrap();
    }
}
