//! Where the work on one suite, set and architecture lies: a project with its lock, and trees.

use super::{Options, ours, peer};
use crate::{differential::isolate, source};
use formwork_model::lock::{Lock, LockedClosure, LockedPackage};
use formwork_model::source::Source;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The directory of one comparison.
pub(crate) struct Place {
    pub(crate) name: String,
    pub(crate) suite: String,
    pub(crate) set: String,
    pub(crate) architecture: String,
    pub(crate) directory: PathBuf,
    pub(crate) options: Options,
    pub(crate) wishes: Vec<String>,
    pub(crate) lock: Lock,
}

impl Place {
    /// Writes the project, locks it where there is no lock yet, and fetches its packages.
    pub(crate) fn prepare(options: &Options, suite: &str, set: &str) -> Result<Self, String> {
        let architecture = options.architecture.clone();
        let name = format!("{suite}-{architecture}-{set}");
        let directory = options.data.join(&name);
        let wishes = wishes(&source::read(&format!("bench/{set}.txt"))?, suite);
        let project = format!(
            "[project]\nname = \"peer\"\nsuites = [\"{suite}\"]\narchitectures = \
             [\"{architecture}\"]\n\n[repositories.debian]\nsuite = \"{suite}\"\n"
        );
        let list: String = wishes
            .iter()
            .map(|wish| format!("    \"{wish}\",\n"))
            .collect();
        write(&directory.join("formwork.toml"), &project)?;
        let image = directory.join(format!("images/{set}.toml"));
        write(&image, &format!("packages = [\n{list}]\n"))?;
        write(&options.data.join("home/work"), "")?;
        let mut place = Self {
            name,
            suite: suite.to_owned(),
            set: set.to_owned(),
            architecture,
            directory,
            options: options.clone(),
            wishes,
            lock: Lock {
                releases: Vec::new(),
                closures: Vec::new(),
                packages: Vec::new(),
            },
        };
        place.lock = place.make_lock()?;
        Ok(place)
    }

    fn make_lock(&self) -> Result<Lock, String> {
        let path = self.directory.join("formwork.lock");
        // A lock that fits is kept, so that trees made before stay comparable.
        if !path.exists() || succeed(&mut self.formwork(&["--quiet", "lock", "--check"])).is_err() {
            succeed(&mut self.formwork(&["--quiet", "lock"]))?;
        }
        succeed(&mut self.formwork(&["--quiet", "fetch"]))?;
        let text = std::fs::read_to_string(&path)
            .map_err(|error| format!("{}: {error}", path.display()))?;
        Lock::read(Source::new("formwork.lock", &text)).map_err(|error| error.message)
    }

    /// The program under test in this project, with a home of its own.
    pub(crate) fn formwork(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.options.formwork);
        command.args(arguments);
        isolate(&mut command, &self.options.data.join("home"));
        command.current_dir(&self.directory);
        command
    }

    /// The blobs of the package cache, named by their digests.
    pub(crate) fn blobs(&self) -> PathBuf {
        self.options.data.join("home/cache/formwork/blobs/sha256")
    }

    pub(crate) fn closure(&self) -> Result<&LockedClosure, String> {
        self.lock
            .closure(&self.set, &self.suite, &self.architecture)
            .ok_or_else(|| format!("{}: the lock lacks the closure", self.name))
    }

    pub(crate) fn packages(&self) -> Result<Vec<&LockedPackage>, String> {
        let keys = self.closure()?.packages.iter();
        keys.map(|key| self.lock.package(key))
            .collect::<Option<_>>()
            .ok_or_else(|| format!("{}: the lock lacks a package", self.name))
    }

    /// The lock's date in seconds.
    pub(crate) fn epoch(&self) -> i64 {
        self.lock.date().map_or(0, |date| date.0)
    }

    /// The peer's tree, made unless that of this very closure is there.
    pub(crate) fn peer_tree(&self) -> Result<PathBuf, String> {
        let digest = self.closure()?.packages_sha256.to_string();
        let path = self.directory.join(format!("peer-{}.tar", &digest[..12]));
        if !path.exists() {
            eprintln!("{}: mmdebstrap", self.name);
            peer::Peer::new(self)?.make(&path)?;
        }
        Ok(path)
    }

    /// Our tree right after the maintainer scripts, always made anew.
    pub(crate) fn our_tree(&self) -> Result<PathBuf, String> {
        eprintln!("{}: formwork", self.name);
        let path = self.directory.join("ours.tar");
        succeed(&mut ours::until_scripts(self, &path))?;
        Ok(path)
    }
}

/// The names of a set for one suite: a name a line, `[SUITE…]` behind it limits it.
pub(super) fn wishes(text: &str, suite: &str) -> Vec<String> {
    let lines = text.lines().map(|line| line.split('#').next());
    lines
        .flatten()
        .filter_map(|line| match line.trim().split_once('[') {
            None => Some(line.trim()),
            Some((name, suites)) => suites
                .trim_end_matches(']')
                .split_whitespace()
                .any(|one| one == suite)
                .then_some(name.trim()),
        })
        .filter(|name| !name.is_empty())
        .map(str::to_owned)
        .collect()
}

/// Whether this program runs as root.
pub(crate) fn is_root() -> bool {
    succeed(Command::new("id").arg("-u")).is_ok_and(|number| number == b"0\n")
}

/// Writes a file and the directories it lies in.
pub(crate) fn write(path: &Path, content: &str) -> Result<(), String> {
    let trouble = |error: std::io::Error| format!("{}: {error}", path.display());
    if let Some(parent) = path.parent() {
        std::fs::create_dir_all(parent).map_err(trouble)?;
    }
    std::fs::write(path, content).map_err(trouble)
}

/// A document that a build has left.
pub(crate) fn document(path: &Path) -> Result<serde_json::Value, String> {
    let trouble = |error: &dyn std::fmt::Display| format!("{}: {error}", path.display());
    let text = std::fs::read(path).map_err(|error| trouble(&error))?;
    serde_json::from_slice(&text).map_err(|error| trouble(&error))
}

/// Runs a command to its end; its messages are shown only if it fails.
pub(crate) fn succeed(command: &mut Command) -> Result<Vec<u8>, String> {
    let output = command
        .output()
        .map_err(|error| format!("cannot run {}: {error}", command.get_program().display()))?;
    if output.status.success() {
        return Ok(output.stdout);
    }
    let messages = String::from_utf8_lossy(&output.stderr);
    let lines: Vec<&str> = messages.lines().collect();
    let last = lines[lines.len().saturating_sub(30)..].join("\n  ");
    Err(format!("{command:?}: {}\n  {last}", output.status))
}

#[cfg(test)]
mod tests {
    use super::wishes;

    #[test]
    fn a_wish_may_be_limited_to_suites() {
        let text = "# a set\nnginx\nlibpam-cracklib [bullseye]\nudev [bookworm trixie] # here\n\n";
        assert_eq!(wishes(text, "bookworm"), ["nginx", "udev"]);
        assert_eq!(wishes(text, "bullseye"), ["nginx", "libpam-cracklib"]);
    }
}
