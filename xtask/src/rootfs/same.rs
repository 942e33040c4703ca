//! The same bits twice: one set built four times, as root and as an ordinary user, each time on
//! what might be another machine.
//!
//! The second run of each pair has another directory (long, with a space and a letter that is not
//! ASCII), umask, time zone, language, host name, `HOME` (missing), `SOURCE_DATE_EPOCH` and only
//! one CPU.

use super::place::{Place, succeed, write};
use super::{Options, differences, ours, tree::Tree};
use std::path::{Path, PathBuf};
use std::process::Command;

/// What the shell does before it becomes the build on another machine.
const ELSEWHERE: &str = "hostname elsewhere; umask 077; exec taskset --cpu-list 0 \"$@\"";
/// What it does on this one.
const HERE: &str = "umask 022; exec \"$@\"";

/// One of the four builds.
struct Build<'a> {
    label: String,
    /// An ordinary user, or root.
    user: Option<&'a str>,
    elsewhere: bool,
}

/// Builds all sets asked for; `Ok(false)` if any two results differ.
pub(crate) fn run(options: &Options) -> Result<bool, String> {
    let mut same = true;
    for place in options.places()? {
        let found = findings(&place)?;
        same &= found.is_empty();
        for line in found {
            println!("{line}");
        }
    }
    Ok(same)
}

/// What differs between the builds of one set; the digests are printed as they come.
pub(crate) fn findings(place: &Place) -> Result<Vec<String>, String> {
    let mut first: Option<(String, PathBuf)> = None;
    let mut found = Vec::new();
    for build in builds(place.options.user.as_deref()) {
        let path = build.make(place)?;
        let digest = succeed(Command::new("sha256sum").arg(&path))?;
        let digest: String = String::from_utf8_lossy(&digest).chars().take(64).collect();
        println!("{digest}  {} {}", place.name, build.label);
        match &first {
            None => first = Some((digest, path)),
            Some((wanted, _)) if *wanted == digest => {}
            Some((_, original)) => {
                found.push(format!(
                    "{}: {} differs from the first",
                    place.name, build.label
                ));
                found.extend(how(original, &path)?);
            }
        }
    }
    if place.options.user.is_none() {
        println!(
            "{}: no `--user NAME`, so not built as an ordinary user",
            place.name
        );
    }
    Ok(found)
}

fn builds(user: Option<&str>) -> Vec<Build<'_>> {
    let mut builds = Vec::new();
    for user in [Some(None), user.map(Some)].into_iter().flatten() {
        for elsewhere in [false, true] {
            let who = if user.is_some() {
                "ordinary user"
            } else {
                "root"
            };
            let place = if elsewhere { "elsewhere" } else { "here" };
            builds.push(Build {
                label: format!("as {who}, {place}"),
                user,
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

impl Build<'_> {
    /// Runs the build and says where the archive is.
    fn make(&self, place: &Place) -> Result<PathBuf, String> {
        eprintln!("{}: formwork {}", place.name, self.label);
        let name = match self.elsewhere {
            true => "another place with a long name and an ü",
            false => "here",
        };
        let home = place
            .options
            .data
            .join(self.user.unwrap_or("root"))
            .join(name);
        let project = home.join("project").join(&place.name);
        self.copy(place, &home, &project)?;
        let path = project.join("root.tar");
        let inner = ours::build(place, &path);
        let mut command = Command::new("unshare");
        command.args([
            "--uts",
            "sh",
            "-c",
            if self.elsewhere { ELSEWHERE } else { HERE },
            "sh",
        ]);
        if let Some(user) = self.user {
            command.args(["setpriv", "--reuid", user, "--regid", user, "--init-groups"]);
        }
        command
            .arg(inner.get_program())
            .args(inner.get_args())
            .env_clear()
            .env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin")
            .env("XDG_CACHE_HOME", home.join("cache"))
            .env("XDG_STATE_HOME", home.join("state"))
            .env("XDG_CONFIG_HOME", home.join("config"))
            .env("HOME", &home)
            .current_dir(&project);
        if self.elsewhere {
            command
                .env("HOME", "/nonexistent")
                .env("TZ", "Pacific/Kiritimati")
                .env("LANG", "tr_TR.UTF-8")
                .env("LC_ALL", "tr_TR.UTF-8")
                .env("SOURCE_DATE_EPOCH", "1");
        }
        succeed(&mut command)?;
        Ok(path)
    }

    /// Lays the project and its packages where the builder may read and write.
    fn copy(&self, place: &Place, home: &Path, project: &Path) -> Result<(), String> {
        for name in [
            "formwork.toml",
            "formwork.lock",
            &format!("images/{}.toml", place.set),
        ] {
            let text = std::fs::read_to_string(place.directory.join(name))
                .map_err(|error| format!("{name}: {error}"))?;
            write(&project.join(name), &text)?;
        }
        let blobs = home.join("cache/formwork/blobs/sha256");
        for package in place.packages()? {
            let digest = package.sha256.to_string();
            let (from, to) = (place.blobs().join(&digest[..2]), blobs.join(&digest[..2]));
            if !to.join(&digest).exists() {
                write(&to.join(".keep"), "")?;
                succeed(
                    Command::new("cp")
                        .arg("--reflink=auto")
                        .arg(from.join(&digest))
                        .arg(to.join(&digest)),
                )?;
            }
            let _kept = std::fs::remove_file(to.join(".keep"));
        }
        if let Some(user) = self.user {
            succeed(
                Command::new("chown")
                    .args(["-R", &format!("{user}:{user}")])
                    .arg(place.options.data.join(user)),
            )?;
        }
        Ok(())
    }
}
