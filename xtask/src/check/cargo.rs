//! Checks that cargo itself makes.

use std::process::Command;

use super::Findings;
use crate::source;

/// More locked packages than this need a decision, not an accident.
const MOST_LOCKED_PACKAGES: usize = 296;

/// Links to private items serve those who read the code; all else that rustdoc finds is a finding.
const RUSTDOC_FLAGS: &str = "-D warnings -A rustdoc::private_intra_doc_links";

pub(super) fn format() -> Findings {
    cargo(&["fmt", "--all", "--check"], &[])
}

pub(super) fn clippy() -> Findings {
    let arguments = [
        "clippy",
        "--quiet",
        "--workspace",
        "--all-targets",
        "--locked",
    ];
    cargo(&[&arguments[..], &["--", "-D", "warnings"]].concat(), &[])
}

pub(super) fn tests() -> Findings {
    cargo(&["test", "--workspace", "--locked"], &[])
}

pub(super) fn rustdoc() -> Findings {
    let arguments = ["doc", "--quiet", "--workspace", "--no-deps", "--locked"];
    cargo(&arguments, &[("RUSTDOCFLAGS", RUSTDOC_FLAGS)])
}

pub(super) fn lock_file() -> Findings {
    source::output("cargo", &["metadata", "--locked", "--format-version", "1"])?;
    let count = source::read("Cargo.lock")?.matches("[[package]]").count();
    if count > MOST_LOCKED_PACKAGES {
        return Ok(vec![format!(
            "Cargo.lock: {count} packages, at most {MOST_LOCKED_PACKAGES}"
        )]);
    }
    Ok(Vec::new())
}

/// Runs cargo with its own messages on the terminal.
fn cargo(arguments: &[&str], variables: &[(&str, &str)]) -> Findings {
    let status = Command::new("cargo")
        .args(arguments)
        .envs(variables.iter().copied())
        .current_dir(source::root())
        .status()
        .map_err(|error| format!("cargo: {error}"))?;
    match status.success() {
        true => Ok(Vec::new()),
        false => Ok(vec![format!("cargo {} failed", arguments.join(" "))]),
    }
}
