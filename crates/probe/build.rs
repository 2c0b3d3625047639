//! Compiles the scout with the compiler itself, as cargo has no way to build a program for a library to include.
//!
//! Where that fails (no Linux, no static C library) the rest is built all the same, with a warning: an engine on this host is reached without.

use std::path::Path;
use std::process::Command;
use std::{env, fs, io};

fn main() -> io::Result<()> {
    for input in ["build.rs", "scout", "src", "../model/src/application_protocol.rs"] {
        println!("cargo::rerun-if-changed={input}");
    }
    let scout = Path::new(&env::var_os("OUT_DIR").unwrap_or_default()).join("scout");
    if let Err(why) = compile(&scout) {
        println!("cargo::warning=connections can only be tried on an engine of the same host: no static scout: {why}");
        fs::write(&scout, [])?;
    }
    Ok(())
}

fn compile(scout: &Path) -> Result<(), String> {
    let set = |name: &str| env::var(name).unwrap_or_default();
    if set("CARGO_CFG_TARGET_OS") != "linux" {
        return Err("containers run on Linux, which this is not built for".to_owned());
    }
    let mut rustc = Command::new(set("RUSTC"));
    rustc.args(["--crate-name", "scout", "--edition", "2024", "--target", &set("TARGET"), "--cap-lints", "allow"]);
    for option in
        ["target-feature=+crt-static", "opt-level=s", "panic=abort", "lto=fat", "codegen-units=1", "strip=symbols"]
    {
        rustc.args(["-C", option]);
    }
    if let Ok(linker) = env::var("RUSTC_LINKER") {
        rustc.arg("-C").arg(format!("linker={linker}"));
    }
    let done = rustc.arg("-o").arg(scout).arg("scout/main.rs").output().map_err(|error| error.to_string())?;
    if done.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&done.stderr);
    let error = said.lines().find(|line| line.starts_with("error")).unwrap_or("the compiler failed");
    Err(format!("{error} (a static C library is needed: on Debian, libc6-dev)"))
}
