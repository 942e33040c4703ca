//! The merging of `/usr` as usrmerge does it when it is configured: one `cp` for each file, 169
//! of them in the smallest system, and a Perl program to write two lines into `/etc/shells`.
//!
//! Here files are moved. What is there is looked through first: where anything but the plain
//! cases is met, nothing is changed and the original does it.

use std::ffi::OsStr;
use std::io::Write;
use std::path::{Path, PathBuf};

use formwork_deb::sha256::Sha256;
use formwork_sys::sandbox::Program;
use formwork_sys::tree::{Kind, Seal, Tree};

use crate::error::Error;

/// Where its programs lie.
const HOME: &str = "usr/lib/usrmerge";
/// The programs, with the digests of those that are stood in for.
const PROGRAMS: [(&str, &str); 2] = [
    // 37~deb12u1
    (
        "convert-usrmerge",
        "5bee5915c6d6aa6b98d8f73dc6c726d2d16408c94d502e386df1cdcc51650c91",
    ),
    (
        "convert-etc-shells",
        "b34405def7164ed8329003afbc70377af3a1dfbbd8c7aee8c7523a3325ea7c7d",
    ),
];
/// The stand-in for both.
const STAND_IN: &str = include_str!("usrmerge.sh");
/// The directories that become links.
const DIRECTORIES: [&str; 7] = ["bin", "sbin", "lib", "lib32", "lib64", "libo32", "libx32"];
/// Labels of SELinux are the original's affair.
const LABELS: &str = "sbin/restorecon";

/// Lays out the stand-in.
pub(super) fn prepare(scratch: &Tree) -> Result<(), Error> {
    Ok(scratch.write("usrmerge", STAND_IN.as_bytes(), 0o755)?)
}

/// Lets a program of the tree find the stand-in, if the tree has originals that are known.
pub(super) fn offer(program: &mut Program, scratch: &Path, tree: &Tree) -> bool {
    let is_known = |(name, known): &(&str, &str)| {
        let original = tree.read_if_there(format!("{HOME}/{name}"));
        let original = original.ok().flatten();
        original.is_some_and(|original| Sha256::of(&original).to_string() == *known)
    };
    if !PROGRAMS.iter().all(is_known) {
        return false;
    }
    for (name, _) in PROGRAMS {
        let mut bind = |from: PathBuf, to: String| program.read_only_binds.push((from, to.into()));
        let original = format!("/dev/formwork/originals/{name}");
        bind(tree.path().join(HOME).join(name), original);
        bind(scratch.join("usrmerge"), format!("/{HOME}/{name}"));
    }
    true
}

/// Does what one of the programs would do; tells whether it has. If not, nothing is changed.
pub(super) fn serve(tree: &Tree, name: &str) -> Result<bool, Error> {
    match name {
        "convert-usrmerge" => convert(tree),
        "convert-etc-shells" => shells(tree),
        _ => Ok(false),
    }
}

/// What is to be done.
#[derive(Debug, Default, PartialEq, Eq)]
struct Plan {
    /// Directories that are missing below `/usr`.
    make: Vec<&'static str>,
    /// What goes to the same path below `/usr`, in the place of whatever is there.
    moved: Vec<PathBuf>,
    /// Files with other names, which become files of their own.
    copied: Vec<PathBuf>,
    /// Directories that become links.
    linked: Vec<&'static str>,
}

fn convert(tree: &Tree) -> Result<bool, Error> {
    let Some(plan) = plan(tree)? else {
        return Ok(false);
    };
    for name in plan.make {
        tree.create_directory(format!("usr/{name}"), 0o755)?;
    }
    for path in plan.copied {
        copy(tree, &path)?;
    }
    for path in plan.moved {
        tree.rename(&path, Path::new("usr").join(&path))?;
    }
    for name in plan.linked {
        if tree.exists(name)? {
            let old = format!("{name}~~delete~usrmerge~~");
            tree.rename(name, &old)?;
            tree.symbolic_link(OsStr::new(&format!("usr/{name}")), name)?;
            tree.remove_all(&old)?;
        } else {
            tree.symbolic_link(OsStr::new(&format!("usr/{name}")), name)?;
        }
    }
    Ok(true)
}

/// Looks through all directories; `None` where the original had better do it.
fn plan(tree: &Tree) -> Result<Option<Plan>, Error> {
    let mut plan = Plan::default();
    if tree.exists(LABELS)? {
        return Ok(None);
    }
    for name in DIRECTORIES {
        let kind = |path: &str| {
            tree.metadata(path)
                .map(|found| found.map(|found| found.kind))
        };
        let below = kind(&format!("usr/{name}"))?;
        match (kind(name)?, below) {
            (None, None) | (Some(Kind::SymbolicLink), _) => continue,
            (None, Some(Kind::Directory)) => {}
            (Some(Kind::Directory), None) => plan.make.push(name),
            (Some(Kind::Directory), Some(Kind::Directory)) => {}
            _ => return Ok(None),
        }
        plan.linked.push(name);
        if kind(name)?.is_some() && !plan.look(tree, Path::new(name))? {
            return Ok(None);
        }
    }
    Ok(Some(plan))
}

impl Plan {
    /// Looks through a directory; tells whether all that is in it is plain.
    fn look(&mut self, tree: &Tree, directory: &Path) -> Result<bool, Error> {
        for (name, kind) in tree.list(directory)? {
            let path = directory.join(name);
            let goal = Path::new("usr").join(&path);
            let there = tree.metadata(&goal)?.map(|found| found.kind);
            match (kind, there) {
                (Kind::Directory | Kind::SymbolicLink, None) => self.moved.push(path),
                (Kind::Directory, Some(Kind::Directory)) => {
                    if !self.look(tree, &path)? {
                        return Ok(false);
                    }
                }
                (Kind::File, None) => self.file(tree, path)?,
                // A link to what comes in its place.
                (Kind::File, Some(Kind::SymbolicLink)) => {
                    if tree.read_link(&goal)? != Path::new("/").join(&path) {
                        return Ok(false);
                    }
                    self.file(tree, path)?;
                }
                // A link that was left by who moved the file.
                (Kind::SymbolicLink, Some(Kind::File)) => {
                    if tree.read_link(&path)? != Path::new("/").join(&goal) {
                        return Ok(false);
                    }
                }
                _ => return Ok(false),
            }
        }
        Ok(true)
    }

    fn file(&mut self, tree: &Tree, path: PathBuf) -> Result<(), Error> {
        let found = tree.metadata(&path)?;
        match found.is_some_and(|found| found.links > 1) {
            true => self.copied.push(path),
            false => self.moved.push(path),
        }
        Ok(())
    }
}

/// Puts a copy of a file below `/usr`.
fn copy(tree: &Tree, path: &Path) -> Result<(), Error> {
    let Some(found) = tree.metadata(path)? else {
        return Ok(());
    };
    let content = tree.read(path)?;
    let goal = Path::new("usr").join(path);
    tree.remove(&goal)?;
    let directory = tree.directory(goal.parent().unwrap_or(Path::new("")))?;
    let name = goal.file_name().unwrap_or_default();
    let mut file = directory.create_file(name, 0o600)?;
    file.write_all(&content)
        .map_err(|source| formwork_sys::Error::io("write", &goal, source))?;
    let seal = Seal {
        mode: found.mode,
        user: found.user,
        group: found.group,
        modified: found.modified.seconds,
    };
    directory.seal(&file, name, &seal)?;
    for (attribute, value) in tree.attributes(path)? {
        tree.set_attribute(&goal, &attribute, &value)?;
    }
    Ok(())
}

/// Adds to the list of shells those below `/usr` that are named without it.
fn shells(tree: &Tree) -> Result<bool, Error> {
    const LIST: &str = "etc/shells";
    let found = tree.metadata(LIST)?;
    let plain = found.is_some_and(|found| found.kind == Kind::File);
    if !plain || tree.exists(LABELS)? {
        return Ok(false);
    }
    let Ok(text) = String::from_utf8(tree.read(LIST)?) else {
        return Ok(false);
    };
    let is_shell = |line: &str| line.starts_with("/bin/") || line.starts_with("/sbin/");
    // Only the line feed ends a line, as in the original.
    let whole = text.strip_suffix('\n').unwrap_or(&text);
    let lines: Vec<&str> = match text.is_empty() {
        true => Vec::new(),
        false => whole.split('\n').collect(),
    };
    // A directory is no name that the original remembers.
    let has = |shell: &str| {
        let mut lines = lines.iter();
        let named = |line: &&str| line.strip_prefix("/usr") == Some(shell);
        !matches!(shell, "/bin/" | "/sbin/") && lines.any(named)
    };
    // One that is named twice is added twice.
    let added: Vec<String> = lines
        .iter()
        .filter(|line| is_shell(line) && !has(line))
        .map(|line| format!("/usr{line}"))
        .collect();
    if !added.is_empty() {
        let lines = lines.iter().map(|line| format!("{line}\n"));
        let added = added.iter().map(|line| format!("{line}\n"));
        let text: String = lines.chain(added).collect();
        tree.write(LIST, text.as_bytes(), 0o644)?;
    }
    Ok(true)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    /// A tree, with a file for each path that has no arrow.
    fn tree(paths: &[&str]) -> (tempfile::TempDir, Tree) {
        let directory = tempfile::tempdir().unwrap();
        let root = directory.path();
        std::fs::create_dir(root.join("usr")).unwrap();
        for path in paths {
            let (name, target) = path.split_once(" -> ").unwrap_or((path, ""));
            let place = root.join(name);
            std::fs::create_dir_all(place.parent().unwrap()).unwrap();
            match target {
                "" if name.ends_with('/') => std::fs::create_dir_all(place).unwrap(),
                "" => std::fs::write(place, name).unwrap(),
                target => symlink(target, place).unwrap(),
            }
        }
        let tree = Tree::open(root).unwrap();
        (directory, tree)
    }

    #[test]
    fn files_are_moved_and_directories_become_links() {
        let (directory, tree) = tree(&[
            "bin/sh -> dash",
            "bin/dash",
            "bin/one",
            "lib/x/a",
            "lib/only/b",
            "lib64/ld -> ../lib/x/a",
            "usr/bin/env",
            "usr/bin/back -> /bin/one",
            "usr/lib/x/c",
            "usr/sbin/",
        ]);
        let root = directory.path();
        std::fs::hard_link(root.join("bin/one"), root.join("bin/two")).unwrap();
        std::fs::write(root.join("bin/back"), "its goal").unwrap();
        std::fs::remove_file(root.join("usr/bin/back")).unwrap();
        symlink("/bin/back", root.join("usr/bin/back")).unwrap();
        assert!(convert(&tree).unwrap());
        for name in ["bin", "sbin", "lib", "lib64"] {
            let target = std::fs::read_link(root.join(name)).unwrap();
            assert_eq!(target, Path::new("usr").join(name));
        }
        for name in ["lib32", "libo32", "libx32"] {
            assert!(!tree.exists(name).unwrap());
        }
        for path in ["bin/dash", "bin/env", "lib/x/a", "lib/x/c", "lib/only/b"] {
            assert!(root.join("usr").join(path).is_file(), "{path}");
        }
        assert_eq!(std::fs::read(root.join("bin/back")).unwrap(), b"its goal");
        assert_eq!(tree.metadata("usr/bin/one").unwrap().unwrap().links, 1);
        assert_eq!(std::fs::read(root.join("bin/two")).unwrap(), b"bin/one");
        assert!(convert(&tree).unwrap(), "once more changes nothing");
    }

    #[test]
    fn what_is_not_plain_is_left_to_the_original() {
        let cases: [&[&str]; 6] = [
            &["bin/a", "usr/bin/a"],
            &["bin/a/b", "usr/bin/a"],
            &["bin/a -> b", "usr/bin/a -> b"],
            &["bin/a -> b", "usr/bin/a"],
            &["bin/a", "usr/bin/a -> b"],
            &["bin/a", "sbin/restorecon"],
        ];
        for paths in cases {
            let (directory, tree) = tree(paths);
            assert!(!convert(&tree).unwrap(), "{paths:?}");
            let kept = std::fs::symlink_metadata(directory.path().join("bin")).unwrap();
            assert!(kept.is_dir(), "{paths:?}");
        }
    }

    #[test]
    fn shells_get_their_second_names() {
        let (directory, tree) = tree(&["etc/shells"]);
        let list = directory.path().join("etc/shells");
        let text = "# shells\n/bin/sh\n/usr/bin/bash\n/bin/bash\n/usr/bin/tmux\n/bin/rbash\n";
        std::fs::write(&list, text).unwrap();
        assert!(shells(&tree).unwrap());
        let expected = format!("{text}/usr/bin/sh\n/usr/bin/rbash\n");
        assert_eq!(std::fs::read_to_string(&list).unwrap(), expected);
        assert!(shells(&tree).unwrap());
        assert_eq!(std::fs::read_to_string(&list).unwrap(), expected);
    }

    /// A list of shells as a seed makes it, with what is odd among the lines.
    fn list(seed: u64) -> String {
        const LINES: [&str; 14] = [
            "/bin/sh",
            "/bin/sh",
            "/usr/bin/sh",
            "/bin/bash",
            "/usr/bin/bash",
            "/sbin/one",
            "/usr/sbin/one",
            "/bin/",
            "/usr/bin/",
            "# /bin/sh",
            "",
            " /bin/dash",
            "/bin/dash ",
            "/bin/rbash\r",
        ];
        let mut state = seed;
        let mut next = |below: usize| {
            state = state.wrapping_mul(6_364_136_223_846_793_005);
            state = state.wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) as usize % below
        };
        let lines: Vec<&str> = (0..next(9)).map(|_| LINES[next(LINES.len())]).collect();
        let end = ["", "\n", "\n\n"][next(3)];
        format!("{}{end}", lines.join("\n"))
    }

    #[test]
    fn lists_of_shells_become_what_the_original_makes_of_them() {
        let (_, known) = PROGRAMS[1];
        let original = Path::new("/usr/lib/usrmerge/convert-etc-shells");
        let digest = std::fs::read(original).map(|text| Sha256::of(&text).to_string());
        if digest.is_ok_and(|digest| digest != known) || !original.exists() {
            eprintln!("skipped: this machine has no convert-etc-shells that is known");
            return;
        }
        for seed in 0..200 {
            let text = list(seed);
            let (directory, tree) = tree(&["etc/shells"]);
            let ours = directory.path().join("etc/shells");
            let theirs = directory.path().join("theirs");
            for path in [&ours, &theirs] {
                std::fs::write(path, &text).unwrap();
            }
            let ended = std::process::Command::new(original).arg(&theirs).status();
            assert!(ended.unwrap().success(), "{text:?}");
            let served = shells(&tree).unwrap();
            let read = |path: &Path| std::fs::read_to_string(path).unwrap();
            let expected = match served {
                true => read(&theirs),
                false => text.clone(),
            };
            assert_eq!(read(&ours), expected, "seed {seed}: {text:?}");
        }
    }
}
