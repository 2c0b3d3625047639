//! Spec hashes: what an object was made from, in 64 letters. Equal hashes mean that an existing object still fits.

use evenkeel_model::{ContainerSpec, Network, ObservedVolume, SpecHash, Volume};
use serde::Serialize;
use sha2::{Digest, Sha256};

/// The hash of what a service's containers are made from. Scale, dependencies, build and pull policy are not part of it: as
/// with Compose, changing those replaces nothing.
pub fn service_hash(spec: &ContainerSpec) -> SpecHash {
    hash(spec)
}

/// The hash of a network's definition.
pub fn network_hash(network: &Network) -> SpecHash {
    hash(network)
}

/// The hash of a volume's definition.
pub fn volume_hash(volume: &Volume) -> SpecHash {
    hash(volume)
}

/// Whether a volume of a stack was made from another definition. Of one that Compose made nothing tells.
pub fn volume_differs(there: &ObservedVolume, wanted: &Volume) -> bool {
    there.spec_hash.as_ref().is_some_and(|hash| *hash != volume_hash(wanted))
}

fn hash(value: &impl Serialize) -> SpecHash {
    let mut hasher = Sha256::new();
    // Maps are ordered and all keys are strings, so the text is the same for equal values and writing it cannot fail.
    let text = serde_json::to_vec(value).unwrap_or_default();
    hasher.update(&text);
    let nibbles = hasher.finalize().into_iter().flat_map(|byte| [byte >> 4, byte & 0xf]);
    SpecHash::new(nibbles.filter_map(|nibble| char::from_digit(u32::from(nibble), 16)).collect::<String>())
}
