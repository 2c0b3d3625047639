//! Tells cargo that the embedded migrations are part of this crate: a new file there is no change to any source here.

fn main() {
    println!("cargo:rerun-if-changed=../../migrations");
}
