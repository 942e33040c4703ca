//! The same bits twice: one set built four times, as root and as an ordinary user, each time on
//! what might be another machine.
//!
//! The second run of each pair has another directory (long, with a space and a letter that is not
//! ASCII), umask, time zone, language, host name, `HOME` (missing), `SOURCE_DATE_EPOCH` and only
//! one CPU. Run by an ordinary user, only the two builds as this user can be made.

use super::place::{Place, is_root, succeed, write};
use super::{Options, differences, ours, tree::Tree};
use crate::source;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What the shell does before it becomes the build on another machine.
const ELSEWHERE: &str =
    "[ \"$(id -u)\" -ne 0 ] || hostname elsewhere; umask 077; exec taskset --cpu-list 0 \"$@\"";
/// What it does on this one.
const HERE: &str = "umask 022; exec \"$@\"";
/// The build itself: what it is told follows the directory that all lies in.
const BUILD: &str = "cd \"$1\"/project; formwork=$1/program/formwork; shift; \
    \"$formwork\" \"$@\" --output root.tar >&2; cat root.tar; rm root.tar";
/// What the ordinary user does first.
const UNPACK: &str = "tar -xf files.tar; rm files.tar; \
    export XDG_CACHE_HOME=$PWD/cache XDG_STATE_HOME=$PWD/state XDG_CONFIG_HOME=$PWD/config; exec \"$@\"";

/// One of the four builds.
struct Build {
    label: String,
    ordinary: bool,
    elsewhere: bool,
}

/// Builds all sets asked for; `Ok(false)` if any two results differ.
pub(crate) fn run(options: &Options) -> Result<bool, String> {
    let found = super::same_bits(options)?;
    for line in &found {
        println!("{line}");
    }
    Ok(found.is_empty())
}

/// The archive that the first build of a set as root has left.
pub(super) fn first(place: &Place) -> PathBuf {
    place
        .options
        .data
        .join("same")
        .join(&place.name)
        .join("here/root.tar")
}

/// What differs between the builds of one set; the digests are printed as they come.
pub(crate) fn findings(place: &Place) -> Result<Vec<String>, String> {
    let mut first: Option<(String, PathBuf)> = None;
    let mut found = Vec::new();
    for build in builds() {
        let path = build.make(place)?;
        let digest = succeed(Command::new("sha256sum").arg(&path))?;
        let digest: String = String::from_utf8_lossy(&digest).chars().take(64).collect();
        println!("{digest}  {} {}", place.name, build.label);
        match &first {
            None => first = Some((digest, path)),
            Some((wanted, _)) if *wanted == digest => {
                let _ = std::fs::remove_file(&path);
            }
            Some((_, original)) => {
                found.push(format!(
                    "{}: {} differs from the first",
                    place.name, build.label
                ));
                found.extend(how(original, &path)?);
            }
        }
    }
    Ok(found)
}

fn builds() -> Vec<Build> {
    let mut builds = Vec::new();
    for ordinary in [false, true] {
        if !ordinary && !is_root() {
            continue;
        }
        for elsewhere in [false, true] {
            let who = if ordinary { "an ordinary user" } else { "root" };
            let place = if elsewhere { "elsewhere" } else { "here" };
            builds.push(Build {
                label: format!("as {who}, {place}"),
                ordinary,
                elsewhere,
            });
        }
    }
    builds
}

/// In what two archives differ: paths first, then times, then the archives themselves.
fn how(left: &Path, right: &Path) -> Result<Vec<String>, String> {
    let (theirs, ours) = (Tree::read(left)?, Tree::read(right)?);
    let mut found = Vec::new();
    for (path, aspects) in differences::between(&theirs, &ours)? {
        found.push(format!("  {path}: {}", aspects.join("; ")));
        let lines = differences::lines(&theirs, &ours, &path);
        found.extend(lines.into_iter().map(|line| format!("      {line}")));
    }
    for (path, entry) in &theirs.entries {
        if let Some(other) = ours.entries.get(path) {
            if entry.mtime != other.mtime {
                found.push(format!(
                    "  {path}: time {} and {}",
                    entry.mtime, other.mtime
                ));
            }
            if (entry.uid, entry.gid) != (other.uid, other.gid) {
                found.push(format!(
                    "  {path}: owned by {}:{} and {}:{}",
                    entry.uid, entry.gid, other.uid, other.gid
                ));
            }
        }
    }
    if found.is_empty() {
        found.push("  the same tree, but other archives: their headers or order".to_owned());
    }
    Ok(found)
}

impl Build {
    /// Runs the build and says where the archive is.
    fn make(&self, place: &Place) -> Result<PathBuf, String> {
        eprintln!("{}: formwork {}", place.name, self.label);
        let name = match self.elsewhere {
            true => "another place with a long name and an ü",
            false => "here",
        };
        let base = place.options.data.join("same").join(&place.name).join(name);
        self.copy(place, &base)?;
        let path = base.join(if self.ordinary {
            "user.tar"
        } else {
            "root.tar"
        });
        let mut command = match self.ordinary && is_root() {
            true => as_ordinary_user(&base, place)?,
            false => in_place(&base, place),
        };
        let mut shell = match is_root() {
            true => Command::new("unshare"),
            false => Command::new("env"),
        };
        if is_root() {
            shell.arg("--uts");
        }
        shell.args([
            "sh",
            "-c",
            if self.elsewhere { ELSEWHERE } else { HERE },
            "sh",
        ]);
        shell.arg(command.get_program()).args(command.get_args());
        command = shell;
        command
            .env_clear()
            .env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin")
            .current_dir(base.join("project"));
        if self.elsewhere {
            command
                .env("TZ", "Pacific/Kiritimati")
                .env("LANG", "tr_TR.UTF-8")
                .env("LC_ALL", "tr_TR.UTF-8")
                .env("SOURCE_DATE_EPOCH", "1");
        }
        let archive = succeed(&mut command)?;
        std::fs::write(&path, archive).map_err(|error| format!("{}: {error}", path.display()))?;
        clear(&base)?;
        Ok(path)
    }

    /// Lays the project, its packages and the program where the builder finds them.
    fn copy(&self, place: &Place, base: &Path) -> Result<(), String> {
        for name in [
            "formwork.toml",
            "formwork.lock",
            &format!("images/{}.toml", place.set),
        ] {
            let text = std::fs::read_to_string(place.directory.join(name))
                .map_err(|error| format!("{name}: {error}"))?;
            write(&base.join("project").join(name), &text)?;
        }
        let program = base.join("program");
        write(&program.join("README"), "The program under test.\n")?;
        succeed(
            Command::new("cp")
                .args(["--reflink=auto", "--force"])
                .arg(&place.options.formwork)
                .arg(program.join("formwork")),
        )?;
        let blobs = base.join("cache/formwork/blobs/sha256");
        for package in place.packages()? {
            let digest = package.sha256.to_string();
            let (from, to) = (place.blobs().join(&digest[..2]), blobs.join(&digest[..2]));
            if !to.join(&digest).exists() {
                std::fs::create_dir_all(&to).map_err(|error| error.to_string())?;
                succeed(
                    Command::new("cp")
                        .arg("--reflink=auto")
                        .arg(from.join(&digest))
                        .arg(to.join(&digest)),
                )?;
            }
        }
        Ok(())
    }
}

/// Removes all that a build came with and left, but its archive: four homes of many sets are more
/// than a disk should have to hold.
fn clear(base: &Path) -> Result<(), String> {
    for name in ["cache", "state", "config", "project", "program"] {
        match std::fs::remove_dir_all(base.join(name)) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(format!("{}: {error}", base.join(name).display()));
            }
            _ => {}
        }
    }
    let _ = std::fs::remove_file(base.with_file_name("files.tar"));
    Ok(())
}

/// The build where its files lie; what it makes comes on standard output.
fn in_place(base: &Path, place: &Place) -> Command {
    let mut command = Command::new("env");
    command.arg("HOME=/nonexistent");
    for name in ["cache", "state", "config"] {
        let variable = format!("XDG_{}_HOME=", name.to_uppercase());
        let mut value = std::ffi::OsString::from(variable);
        value.push(base.join(name));
        command.arg(value);
    }
    command.args(["sh", "-euc", BUILD, "sh"]).arg(base);
    command.args(ours::arguments(place));
    command
}

/// The same in the empty home of a user who is not root: the files come with an archive.
fn as_ordinary_user(base: &Path, place: &Place) -> Result<Command, String> {
    let archive = base.with_extension("files.tar");
    succeed(
        Command::new("tar")
            .args(["--exclude=*.tar", "-cf"])
            .arg(&archive)
            .arg("-C")
            .arg(base)
            .args(["project", "program", "cache"]),
    )?;
    // The one who unpacks it must know its name.
    let known = base.with_file_name("files.tar");
    std::fs::rename(&archive, &known).map_err(|error| error.to_string())?;
    let mut command = Command::new(source::root().join(".ci/as-ordinary-user"));
    command.arg("--with").arg(&known);
    command.args(["sh", "-euc", UNPACK, "sh"]);
    command.args(["sh", "-euc", BUILD, "sh", "/tmp/ordinary"]);
    command.args(ours::arguments(place));
    Ok(command)
}
