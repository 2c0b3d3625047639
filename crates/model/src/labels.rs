//! The labels by which objects on an engine are known: Compose's, so that its `ls`, `ps`, `logs` and `stop` work on our
//! stacks, and our own, which alone say what we may touch.

use std::collections::BTreeSet;

/// Compose: the project.
pub const PROJECT: &str = "com.docker.compose.project";
/// Compose: the service.
pub const SERVICE: &str = "com.docker.compose.service";
/// Compose: the container's number within the service, from 1.
pub const NUMBER: &str = "com.docker.compose.container-number";
/// Compose: `True` for a container of `run`, else `False`.
pub const ONE_OFF: &str = "com.docker.compose.oneoff";
/// Compose: what tells a container of `run` from every other: 64 hexadecimal digits, the first twelve also in its name.
pub const SLUG: &str = "com.docker.compose.slug";
/// Compose: the hash of the configuration. Its presence makes `compose ps` list a container.
pub const CONFIG_HASH: &str = "com.docker.compose.config-hash";
/// Compose: the image's id.
pub const IMAGE: &str = "com.docker.compose.image";
/// Compose: `db:service_healthy:false,…`: name, condition, restart.
pub const DEPENDS_ON: &str = "com.docker.compose.depends_on";
/// Compose: the project's directory.
pub const WORKING_DIR: &str = "com.docker.compose.project.working_dir";
/// Compose: the project's files, absolute, separated by commas.
pub const CONFIG_FILES: &str = "com.docker.compose.project.config_files";
/// Compose: the files of `--env-file`, absolute, separated by commas.
pub const ENVIRONMENT_FILE: &str = "com.docker.compose.project.environment_file";
/// Compose: which container this one takes the place of: service and number.
pub const REPLACE: &str = "com.docker.compose.replace";
/// Compose: the version of the tool that made the object.
pub const VERSION: &str = "com.docker.compose.version";
/// Compose: the network's key in the file.
pub const NETWORK: &str = "com.docker.compose.network";
/// Compose: the volume's key in the file.
pub const VOLUME: &str = "com.docker.compose.volume";

/// Ours: the stack that owns the object. Without it we touch nothing.
pub const STACK: &str = "dev.evenkeel.stack";
/// Ours: the spec hash that the object was made from.
pub const SPEC_HASH: &str = "dev.evenkeel.spec-hash";
/// Ours: the stack's epoch when the object was made; a reset raises the epoch.
pub const EPOCH: &str = "dev.evenkeel.epoch";
/// Ours: how many files are written into the container between creation and first start; absent where there are none. A
/// container with it may have been left half made.
pub const FILES: &str = "dev.evenkeel.files";
/// Ours: the ids of the containers whose namespaces or mounts the container shares, separated by commas; absent where it shares none.
/// A successor of one of them is another container, whatever its name.
pub const SHARES: &str = "dev.evenkeel.shares";
/// Ours: not a stack's but the daemon's own, which comes and goes with a try of connections: a scout, and its image.
pub const PROBE: &str = "dev.evenkeel.probe";
/// Ours: the generation of the definition when the object was made.
pub const GENERATION: &str = "dev.evenkeel.generation";

/// The ids in the value of [`SHARES`].
pub fn shared_ids(value: &str) -> BTreeSet<String> {
    value.split(',').map(str::to_owned).collect()
}
