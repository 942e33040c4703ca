//! A small tree to run programs in: the host's shell and a few tools, with their libraries.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

const TOOLS: [&str; 24] = [
    "cat", "chmod", "chown", "dd", "env", "hostname", "id", "kill", "ls", "mkdir", "mknod",
    "mount", "mv", "nproc", "ps", "readlink", "rm", "setsid", "sh", "sleep", "stat", "sync",
    "touch", "yes",
];

/// The tree that the tests share; nothing in it is changed for long.
pub(crate) fn shared() -> &'static Path {
    static TREE: OnceLock<tempfile::TempDir> = OnceLock::new();
    TREE.get_or_init(make).path()
}

/// Makes a tree of one's own.
pub(crate) fn make() -> tempfile::TempDir {
    let tree = tempfile::tempdir().unwrap();
    fs::set_permissions(tree.path(), fs::Permissions::from_mode(0o755)).unwrap();
    for name in [
        "usr/bin",
        "usr/sbin",
        "usr/lib",
        "usr/lib64",
        "etc",
        "tmp",
        "proc",
        "sys",
        "dev",
        "srv",
    ] {
        fs::create_dir_all(tree.path().join(name)).unwrap();
    }
    for name in ["bin", "sbin", "lib", "lib64"] {
        symlink(format!("usr/{name}"), tree.path().join(name)).unwrap();
    }
    for tool in TOOLS {
        install(tree.path(), &find(tool));
    }
    let own = std::env::current_exe().unwrap();
    fs::copy(&own, tree.path().join("usr/bin/attack")).unwrap();
    libraries(tree.path(), &own);
    tree
}

fn find(tool: &str) -> PathBuf {
    ["/bin", "/usr/bin", "/sbin", "/usr/sbin"]
        .iter()
        .map(|directory| Path::new(directory).join(tool))
        .find(|path| path.exists())
        .unwrap_or_else(|| panic!("this machine has no {tool}"))
}

fn install(tree: &Path, program: &Path) {
    let name = program.file_name().unwrap();
    fs::copy(program, tree.join("usr/bin").join(name)).unwrap();
    libraries(tree, program);
}

/// Copies what `ldd` names.
fn libraries(tree: &Path, program: &Path) {
    let output = Command::new("ldd").arg(program).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    for path in text.split_whitespace().filter(|word| word.starts_with('/')) {
        let to = tree.join(path.trim_start_matches('/'));
        fs::create_dir_all(to.parent().unwrap()).unwrap();
        if !to.exists() {
            fs::copy(path, to).unwrap();
        }
    }
}

/// Copies the shell of a tree and its libraries, and leaves the rest.
pub(crate) fn copy(from: &Path, to: &Path) {
    for name in ["proc", "sys", "dev", "tmp"] {
        fs::create_dir(to.join(name)).unwrap();
    }
    for tool in ["sh", "dd", "cat"] {
        let program = from.join("usr/bin").join(tool);
        fs::create_dir_all(to.join("bin")).unwrap();
        fs::copy(&program, to.join("bin").join(tool)).unwrap();
        let output = Command::new("ldd").arg(&program).output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        for path in text.split_whitespace().filter(|word| word.starts_with('/')) {
            let target = to.join(path.trim_start_matches('/'));
            fs::create_dir_all(target.parent().unwrap()).unwrap();
            fs::copy(path, target).unwrap();
        }
    }
}
