//! Links the binary to fixed addresses on Linux: a position-independent one of this size first corrects 38,000 pointers on 150 pages, a fifth of
//! what a short command takes (docs/decisions/0019-fixed-addresses.md).

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let set = |name: &str| std::env::var(name).unwrap_or_default();
    let is_static = set("CARGO_CFG_TARGET_FEATURE").split(',').any(|feature| feature == "crt-static");
    if set("CARGO_CFG_TARGET_OS") == "linux" && !is_static {
        println!("cargo::rustc-link-arg-bins=-no-pie");
    }
}
