//! Ours as `lsinitramfs` and `unmkinitramfs` of its own suite show and unpack it.

use super::{Content, Options};
use crate::rootfs::place::succeed;
use formwork_model::lock::{Lock, PackageKey};
use formwork_model::source::Source;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The packages with both; since Debian 13 one of them is a program of the machine.
const PACKAGES: [&str; 2] = ["initramfs-tools-core", "initramfs-tools-bin"];
/// For which architecture such programs run here.
const HERE: &str = "amd64";
/// The image whose closure is read.
const IMAGE: &str = "ours";
/// The bits of a mode that say what a member is, and the value of a file.
const TYPE: u32 = 0o170_000;
const FILE: u32 = 0o100_000;

/// Both programs as the suite has them, unpacked.
pub(super) struct Tools {
    directory: PathBuf,
}

impl Tools {
    /// Unpacks the packages out of the cache; nothing where the programs do not run here.
    pub(super) fn of(
        project: &Path,
        cache: &Path,
        options: &Options,
        suite: &str,
    ) -> Result<Option<Tools>, String> {
        let trouble = |error: std::io::Error| format!("{}: {error}", project.display());
        let text = std::fs::read_to_string(project.join("formwork.lock")).map_err(trouble)?;
        let lock =
            Lock::read(Source::new("formwork.lock", &text)).map_err(|error| error.message)?;
        let closure = lock
            .closure(IMAGE, suite, &options.architecture)
            .ok_or("the lock lacks the closure")?;
        let directory = project.join("tools");
        if directory.exists() {
            std::fs::remove_dir_all(&directory).map_err(trouble)?;
        }
        let wanted = |key: &&PackageKey| {
            PACKAGES.contains(&key.name.as_str()) && ["all", HERE].contains(&&*key.architecture)
        };
        for key in closure.packages.iter().filter(wanted) {
            let digest = key.sha256.to_string();
            let blob = cache.join("blobs/sha256").join(&digest[..2]).join(&digest);
            succeed(
                Command::new("dpkg-deb")
                    .arg("--extract")
                    .arg(blob)
                    .arg(&directory),
            )?;
        }
        if !directory.join("usr/bin/unmkinitramfs").exists() {
            let architecture = &options.architecture;
            println!("{suite}: unmkinitramfs of {architecture} does not run here, and is left out");
            return Ok(None);
        }
        Ok(Some(Tools { directory }))
    }

    /// One of both, which finds the other.
    fn command(&self, program: &str) -> Command {
        let programs = self.directory.join("usr/bin");
        let mut command = Command::new(programs.join(program));
        let path = format!("{}:/usr/sbin:/usr/bin:/sbin:/bin", programs.display());
        command.env("PATH", path).env("LC_ALL", "C.UTF-8");
        command
    }

    /// What they miss of a file, and what they find that is not in it.
    pub(super) fn differences(
        &self,
        file: &Path,
        content: &Content,
    ) -> Result<Vec<String>, String> {
        let listed = succeed(self.command("lsinitramfs").arg(file))?;
        let listed = String::from_utf8_lossy(&listed).into_owned();
        let listed: BTreeSet<&str> = listed.lines().collect();
        let names: BTreeSet<&str> = content.0.keys().map(String::as_str).collect();
        let mut found: Vec<String> = Vec::new();
        let missed = names.difference(&listed);
        found.extend(missed.map(|name| format!("{name}: not shown by lsinitramfs")));
        let strange = listed.difference(&names);
        found.extend(strange.map(|name| format!("{name}: shown by lsinitramfs alone")));

        let place = self.directory.join("unpacked");
        succeed(self.command("unmkinitramfs").arg(file).arg(&place))?;
        let parts = parts(&place)?;
        for (name, (mode, _, _, bytes)) in &content.0 {
            if mode & TYPE != FILE {
                continue;
            }
            let unpacked = parts
                .iter()
                .find_map(|part| std::fs::read(part.join(name)).ok());
            match unpacked {
                None => found.push(format!("{name}: not unpacked by unmkinitramfs")),
                Some(other) if other != *bytes => {
                    found.push(format!("{name}: unpacked otherwise by unmkinitramfs"));
                }
                Some(_) => {}
            }
        }
        std::fs::remove_dir_all(&self.directory).map_err(|error| error.to_string())?;
        Ok(found)
    }
}

/// Where it was unpacked to: there itself, or in a directory for each archive.
fn parts(place: &Path) -> Result<Vec<PathBuf>, String> {
    if !place.join("main").is_dir() {
        return Ok(vec![place.to_owned()]);
    }
    let entries = std::fs::read_dir(place).map_err(|error| error.to_string())?;
    let mut parts: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    parts.sort();
    Ok(parts)
}
