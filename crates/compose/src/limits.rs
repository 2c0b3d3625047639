//! How much a definition may hold. What is over a limit is refused before it costs time or memory.

/// Bytes of one file.
pub const FILE_BYTES: usize = 4 * 1024 * 1024;
/// Bytes of all files of one definition together.
pub const TOTAL_BYTES: usize = 16 * 1024 * 1024;
/// Values of all files together, after aliases are expanded.
pub const NODES: usize = 200_000;
/// Levels of nesting.
pub const DEPTH: usize = 64;
/// Files of one definition.
pub const FILES: usize = 500;
/// Bytes of all files together, each counted as often as it is read: an env file once for each service.
pub const READ_BYTES: usize = 32 * 1024 * 1024;
/// Includes of one definition, those within includes counted each time.
pub const INCLUDES: usize = 500;
/// Characters that one value may grow to through variables.
pub const VALUE_BYTES: usize = 1024 * 1024;
/// Levels of `${A:-${B:-…}}`.
pub const VARIABLE_DEPTH: usize = 32;
/// Ports of all services together, ranges counted in full.
pub const PORTS: usize = 70_000;
