//! Revisions, without the contents of their files.

use evenkeel_model::Revision;
use evenkeel_wire as wire;

/// A revision; `in_force` is the stack's generation.
pub fn to_wire(revision: &Revision, in_force: u64) -> wire::Revision {
    wire::Revision {
        generation: revision.generation,
        created_at: revision.created_at,
        current: revision.generation == in_force,
        services: revision.resolved.services.keys().map(ToString::to_string).collect(),
        config_files: revision.resolved.config_files.clone(),
    }
}
