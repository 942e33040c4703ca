//! The peer's tree: mmdebstrap on a repository that holds exactly the packages of the lock.
//!
//! The stanzas of that repository are the archive's own, byte for byte, so that priorities and
//! sections are those that apt would see; its package files are the ones in our cache. apt can
//! only choose what we chose, and mmdebstrap does everything else as for anybody. The tree is
//! mmdebstrap's own archive without its cleaning of what makes results differ; apt's lists, logs
//! and caches are kept outside, as are its copies of the builder's host name and resolver and the
//! list of sources. As on our side it has no network and the host
//! name `localhost`.

use super::place::{Place, is_root, succeed, write};
use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The host name that scripts see on both sides. The shell stays, as the first process of its own.
const ALONE: &str = "hostname localhost; ip link set lo up; \"$@\"; exit $?";
/// No network, as on our side; and mounts and processes that go when the run does.
const NAMESPACES: [&str; 7] = [
    "--net",
    "--uts",
    "--mount",
    "--pid",
    "--fork",
    "--kill-child",
    "--mount-proc",
];
/// What mmdebstrap copies from the builder before any package: no script is to see it.
const FORGET_BUILDER: &str = "--extract-hook=rm \"$1\"/etc/hostname \"$1\"/etc/resolv.conf";
/// The sources that it was given, which it writes into the tree.
const FORGET_SOURCES: &str = "--customize-hook=rm \"$1\"/etc/apt/sources.list";

/// dpkg is told not to wait for the disk; nothing of that stays.
const UNSAFE: &str = "--setup-hook=mkdir -p \"$1\"/etc/dpkg/dpkg.cfg.d; \
    echo force-unsafe-io > \"$1\"/etc/dpkg/dpkg.cfg.d/unsafe";
const FORGET_UNSAFE: &str = "--customize-hook=rm \"$1\"/etc/dpkg/dpkg.cfg.d/unsafe";

/// mmdebstrap for one place.
pub(crate) struct Peer<'a> {
    place: &'a Place,
    repository: PathBuf,
    scratch: PathBuf,
}

impl<'a> Peer<'a> {
    /// Lays out the repository.
    pub(crate) fn new(place: &'a Place) -> Result<Self, String> {
        let name = format!("formwork-peer-{}-{}", place.name, std::process::id());
        Self::at(place, in_memory(&name))
    }

    /// Lays out the repository for a run that works in this directory.
    pub(crate) fn at(place: &'a Place, scratch: PathBuf) -> Result<Self, String> {
        let peer = Self {
            place,
            repository: place.directory.join("repository"),
            scratch,
        };
        peer.lay_out()?;
        Ok(peer)
    }

    /// Makes the tree as one archive.
    pub(crate) fn make(&self, path: &Path) -> Result<(), String> {
        let partial = path.with_extension("partial");
        let outcome = self.prepare().and_then(|()| {
            succeed(&mut self.command(&partial)).map_err(|error| {
                format!("the peer failed; `apt-get install mmdebstrap` if it is missing\n{error}")
            })
        });
        self.tidy();
        outcome?;
        std::fs::rename(&partial, path).map_err(|error| format!("{}: {error}", path.display()))
    }

    /// What must be there before mmdebstrap runs: an empty place for apt's own state.
    pub(crate) fn prepare(&self) -> Result<(), String> {
        self.tidy();
        for name in ["lists/partial", "log"] {
            std::fs::create_dir_all(self.scratch.join(name))
                .map_err(|error| format!("{}: {error}", self.scratch.display()))?;
        }
        let here = self.scratch.display();
        write(
            &self.scratch.join("apt.conf"),
            &format!(
                "Dir::State::Lists \"{here}/lists/\";\nDir::Log \"{here}/log/\";\n\
                 Dir::Cache::pkgcache \"\";\nDir::Cache::srcpkgcache \"\";\n"
            ),
        )
    }

    /// mmdebstrap whose dpkg waits for no disk, and whose packages make an initial RAM disk if
    /// that is wanted.
    pub(crate) fn fast(&self, path: &Path, initrd: bool) -> Command {
        let mut command = self.told(&[UNSAFE, FORGET_UNSAFE]);
        if initrd {
            command.env_remove("INITRD");
        }
        self.wanted(&mut command, path);
        command
    }

    /// mmdebstrap with everything it is told.
    pub(crate) fn command(&self, path: &Path) -> Command {
        let mut command = self.told(&[]);
        self.wanted(&mut command, path);
        command
    }

    /// mmdebstrap with its options.
    fn told(&self, hooks: &[&str]) -> Command {
        let mut command = match is_root() {
            true => Command::new("unshare"),
            false => Command::new("mmdebstrap"),
        };
        if is_root() {
            command.args(NAMESPACES);
            command.args(["sh", "-c", ALONE, "sh", "mmdebstrap"]);
        }
        command
            .env_clear()
            .env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin")
            .env("HOME", "/root")
            .env("TZ", "UTC")
            .env("TMPDIR", &self.scratch)
            .env("FORMWORK_PEER", &self.scratch)
            .env("INITRD", "No")
            .env("PERL_HASH_SEED", "0")
            .env("PYTHONHASHSEED", "0")
            .env("SOURCE_DATE_EPOCH", self.place.epoch().to_string())
            .args(["--mode=auto", "--variant=minbase", "--format=tar"])
            .arg("--skip=cleanup/reproducible,cleanup/run,cleanup/tmp,output/dev")
            .arg("--setup-hook=cat \"$FORMWORK_PEER\"/apt.conf >> \"$MMDEBSTRAP_APT_CONFIG\"")
            .args([FORGET_BUILDER, FORGET_SOURCES])
            .args(hooks)
            .arg(format!("--architectures={}", self.place.architecture));
        command
    }

    /// What it is to make, and of what.
    fn wanted(&self, command: &mut Command, path: &Path) {
        if !self.place.wishes.is_empty() {
            command.arg(format!("--include={}", self.place.wishes.join(",")));
        }
        command.arg(&self.place.suite).arg(path).arg(format!(
            "deb [trusted=yes] copy://{} {} main",
            self.repository.display(),
            self.place.suite
        ));
    }

    /// Removes apt's state and whatever a run has left.
    pub(crate) fn tidy(&self) {
        // What is mounted there is no part of the run: it must not be removed with it.
        let mounts = std::fs::read_to_string("/proc/self/mounts").unwrap_or_default();
        if mounts.contains(&format!(" {}/", self.scratch.display())) {
            return;
        }
        // Nothing depends on what may stay behind in the directory for temporary files.
        let _left = std::fs::remove_dir_all(&self.scratch);
    }

    /// Writes the index, its Release and links to the package files.
    fn lay_out(&self) -> Result<(), String> {
        let place = self.place;
        let packages = place.packages()?;
        let stanzas = stanzas(place)?;
        let mut index = String::new();
        for package in packages {
            let digest = package.sha256.to_string();
            let stanza = stanzas
                .get(&digest)
                .ok_or_else(|| format!("{}: no index in the cache lists it", package.name))?;
            index.push_str(stanza.trim_matches('\n'));
            index.push_str("\n\n");
            let link = self.repository.join(&package.path);
            write(&link.with_file_name(".keep"), "")?;
            if !link.exists() {
                let blob = place.blobs().join(&digest[..2]).join(&digest);
                std::os::unix::fs::symlink(&blob, &link)
                    .map_err(|error| format!("{}: {error}", link.display()))?;
            }
        }
        let dist = self.repository.join("dists").join(&place.suite);
        let name = format!("main/binary-{}/Packages", place.architecture);
        write(&dist.join(&name), &index)?;
        let digest = succeed(Command::new("sha256sum").arg(dist.join(&name)))?;
        let digest = String::from_utf8_lossy(&digest);
        let digest = digest.split(' ').next().unwrap_or_default();
        let date = succeed(
            Command::new("date")
                .args(["-u", "-R", "-d"])
                .arg(format!("@{}", place.epoch())),
        )?;
        write(
            &dist.join("Release"),
            &format!(
                "Suite: {suite}\nCodename: {suite}\nDate: {date}Architectures: {arch}\n\
                 Components: main\nSHA256:\n {digest} {size} {name}\n",
                suite = place.suite,
                arch = place.architecture,
                date = String::from_utf8_lossy(&date).replace("+0000", "UTC"),
                size = index.len(),
            ),
        )
    }
}

/// A path on a file system in memory where there is one, as both sides are measured there.
pub(crate) fn in_memory(name: &str) -> PathBuf {
    let memory = Path::new("/dev/shm");
    match memory.is_dir() {
        true => memory.join(name),
        false => std::env::temp_dir().join(name),
    }
}

/// The archive's stanzas of the locked packages, by digest, from the indices in the cache.
///
/// Two archives may list one file at different paths: the locked one counts.
fn stanzas(place: &Place) -> Result<BTreeMap<String, String>, String> {
    let packages = place.packages()?;
    let wanted: BTreeMap<String, &str> = packages
        .iter()
        .map(|package| (package.sha256.to_string(), package.path.as_str()))
        .collect();
    let mut found = BTreeMap::new();
    for path in indices(&place.blobs())? {
        let text = succeed(Command::new("xz").arg("-dc").arg(&path))?;
        for stanza in String::from_utf8_lossy(&text).split("\n\n") {
            let field = |name: &str| stanza.lines().find_map(|line| line.strip_prefix(name));
            let Some(digest) = field("SHA256: ").filter(|digest| wanted.contains_key(*digest))
            else {
                continue;
            };
            if field("Filename: ") == Some(wanted[digest]) {
                found.insert(digest.to_owned(), stanza.to_owned());
            }
        }
    }
    Ok(found)
}

/// The blobs that are compressed with xz and hold the stanzas of packages.
pub(super) fn indices(blobs: &Path) -> Result<Vec<PathBuf>, String> {
    let list = |path: &Path| -> Result<Vec<PathBuf>, String> {
        let entries =
            std::fs::read_dir(path).map_err(|error| format!("{}: {error}", path.display()))?;
        Ok(entries.flatten().map(|entry| entry.path()).collect())
    };
    let mut found = Vec::new();
    for directory in list(blobs)? {
        for blob in list(&directory)? {
            let mut magic = [0; 6];
            let read = File::open(&blob).and_then(|mut file| file.read_exact(&mut magic));
            if read.is_ok() && magic == *b"\xfd7zXZ\0" {
                found.push(blob);
            }
        }
    }
    found.sort();
    Ok(found)
}
