//! The repository as files: its root, what git would keep, and commands run in it.

use std::path::{Path, PathBuf};
use std::process::Command;

/// The root of the workspace.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .map_or_else(PathBuf::new, Path::to_owned)
}

/// Every file that git has or would take, relative to the root, sorted.
pub(crate) fn files() -> Result<Vec<String>, String> {
    let arguments = [
        "ls-files",
        "-z",
        "--cached",
        "--others",
        "--exclude-standard",
    ];
    let listed = output("git", &arguments)?;
    let mut files: Vec<String> = listed
        .split('\0')
        // A file that is deleted but not yet committed is still listed.
        .filter(|path| !path.is_empty() && root().join(path).is_file())
        .map(str::to_owned)
        .collect();
    files.sort();
    files.dedup();
    Ok(files)
}

/// The Rust files below `crates` and `xtask`, with their text.
pub(crate) fn rust_files() -> Result<Vec<(String, String)>, String> {
    files()?
        .into_iter()
        .filter(|path| path.ends_with(".rs"))
        .map(|path| read(&path).map(|text| (path, text)))
        .collect()
}

/// The text of a file of the repository.
pub(crate) fn read(path: &str) -> Result<String, String> {
    std::fs::read_to_string(root().join(path)).map_err(|error| format!("{path}: {error}"))
}

/// What a program prints; failing is an error that shows its messages.
pub(crate) fn output(program: &str, arguments: &[&str]) -> Result<String, String> {
    let result = Command::new(program)
        .args(arguments)
        .current_dir(root())
        .output()
        .map_err(|error| format!("{program}: {error}"))?;
    if !result.status.success() {
        let messages = String::from_utf8_lossy(&result.stderr);
        return Err(format!(
            "{program} {} failed: {messages}",
            arguments.join(" ")
        ));
    }
    String::from_utf8(result.stdout).map_err(|error| format!("{program}: {error}"))
}
