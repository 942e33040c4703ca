//! The database of dpkg in `/var/lib/dpkg`, as dpkg itself would have written it on unpacking.
//!
//! - `info/NAME.list` has a line for each entry of the archive, in its order, the root as `/.`;
//!   `info/NAME.md5sums` is made where the package brings none; the other files of the control
//!   part but `control` lie beside them. `NAME` is `name:architecture` for packages that can be
//!   installed for several architectures side by side.
//! - `status` has the control file of each package with `Status: install ok unpacked` and its
//!   configuration files as `newconffile`; dpkg writes it anew, in its own order of fields,
//!   when it configures.
//! - `triggers/File` and `triggers/NAME` hold the interests that packages declare.
//! - `arch` names the architectures, the native one first.

pub(crate) mod md5;
mod triggers;

use std::collections::HashSet;

use formwork_sys::tree::Tree;

use crate::error::Error;
use crate::job::Job;
use crate::unpack::control::Control;
use crate::unpack::entry::{Entry, What};

/// Where dpkg keeps its files.
const HOME: &str = "var/lib/dpkg";
/// What apt knows of packages that nobody asked for.
const EXTENDED_STATES: &str = "var/lib/apt/extended_states";

/// The database of the tree.
pub(crate) struct Database<'a> {
    tree: &'a Tree,
    controls: &'a [Control],
    /// The stanza of each package that is unpacked, or configured.
    stanzas: Vec<Option<String>>,
    interests: triggers::Interests,
}

impl<'a> Database<'a> {
    /// Makes an empty database.
    pub(crate) fn create(
        tree: &'a Tree,
        controls: &'a [Control],
        job: &Job,
    ) -> Result<Database<'a>, Error> {
        for directory in ["info", "triggers", "updates", "alternatives"] {
            tree.create_directories(format!("{HOME}/{directory}"))?;
        }
        let mut architectures = format!("{}\n", job.architecture);
        for foreign in &job.foreign {
            architectures.push_str(&format!("{foreign}\n"));
        }
        tree.write(format!("{HOME}/arch"), architectures.as_bytes(), 0o644)?;
        tree.write(format!("{HOME}/info/format"), b"1\n", 0o644)?;
        tree.write(format!("{HOME}/status"), b"", 0o644)?;
        Ok(Database {
            tree,
            controls,
            stanzas: vec![None; controls.len()],
            interests: triggers::Interests::default(),
        })
    }

    /// Takes over the database of a tree that has packages already.
    pub(crate) fn adopt(tree: &'a Tree, controls: &'a [Control]) -> Result<Database<'a>, Error> {
        let mut database = Database {
            tree,
            controls,
            stanzas: vec![None; controls.len()],
            interests: triggers::Interests::read(tree)?,
        };
        database.refresh()?;
        Ok(database)
    }

    /// The lines of the list of a package that is in the tree already.
    pub(crate) fn listed(&self, index: usize) -> Result<Vec<Vec<u8>>, Error> {
        let name = self.controls[index].qualified();
        let text = self.tree.read(format!("{HOME}/info/{name}.list"))?;
        let lines = text.split(|byte| *byte == b'\n');
        Ok(lines
            .filter(|line| !line.is_empty())
            .map(<[u8]>::to_vec)
            .collect())
    }

    /// Notes that a package is unpacked: its info files and its stanza.
    pub(crate) fn unpacked(
        &mut self,
        index: usize,
        entries: &[Entry],
        list: &[Vec<u8>],
    ) -> Result<(), Error> {
        let control = &self.controls[index];
        let home = self.tree.directory(format!("{HOME}/info"))?;
        let name = control.qualified();
        for file in &control.files {
            if !matches!(file.name.as_str(), "control" | "list") {
                let name = format!("{name}.{}", file.name);
                home.write(name.as_ref(), &file.content, mode(&file.name, file.mode))?;
            }
        }
        if control.file("md5sums").is_none() {
            let name = format!("{name}.md5sums");
            home.write(name.as_ref(), &sums(entries, list), 0o644)?;
        }
        self.list(index, list)?;
        self.interests.add(control)?;
        self.stanzas[index] = Some(stanza(control)?);
        Ok(())
    }

    /// Writes the list of a package's files.
    pub(crate) fn list(&self, index: usize, list: &[Vec<u8>]) -> Result<(), Error> {
        let name = self.controls[index].qualified();
        let mut text = list.join(&b'\n');
        if !text.is_empty() {
            text.push(b'\n');
        }
        self.tree
            .write(format!("{HOME}/info/{name}.list"), &text, 0o644)?;
        Ok(())
    }

    /// Takes over what dpkg has written since, so that later packages are added to it.
    pub(crate) fn refresh(&mut self) -> Result<(), Error> {
        let status = self.tree.read(format!("{HOME}/status"))?;
        let status = String::from_utf8_lossy(&status);
        for text in status.split("\n\n").filter(|text| !text.trim().is_empty()) {
            let field = |name: &str| {
                text.lines()
                    .find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
                    .unwrap_or_default()
            };
            let (name, architecture) = (field("Package"), field("Architecture"));
            let index = self.controls.iter().position(|control| {
                control.package.name == name && control.package.architecture == architecture
            });
            if let Some(index) = index {
                self.stanzas[index] = Some(format!("{}\n", text.trim_end()));
            }
        }
        Ok(())
    }

    /// Writes `status` and the interests in triggers.
    pub(crate) fn write(&self) -> Result<(), Error> {
        let mut status = String::new();
        for stanza in self.stanzas.iter().flatten() {
            status.push_str(stanza);
            status.push('\n');
        }
        self.tree
            .write(format!("{HOME}/status"), status.as_bytes(), 0o644)?;
        self.interests.write(self.tree)
    }

    /// Notes the triggers that unpacking these entries has set off; dpkg takes them over when it
    /// runs next and forgets those of packages that are not configured yet.
    pub(crate) fn activate(&self, entries: &[Entry]) -> Result<(), Error> {
        self.interests.activate(self.tree, entries)
    }

    /// The packages that are not configured, with what they are instead.
    pub(crate) fn unfinished(&self) -> Vec<(usize, String)> {
        let state = |stanza: &Option<String>| {
            let found = stanza
                .as_deref()
                .and_then(|text| text.lines().find_map(|line| line.strip_prefix("Status: ")));
            found.unwrap_or("not installed").to_owned()
        };
        self.stanzas
            .iter()
            .map(state)
            .enumerate()
            .filter(|(_, state)| !is_configured(state))
            .collect()
    }
}

/// Whether a package is configured, even if triggers are still to be worked off.
fn is_configured(state: &str) -> bool {
    matches!(
        state,
        "install ok installed" | "install ok triggers-pending" | "install ok triggers-awaited"
    )
}

/// Tells apt which packages were installed only for others. Packages for all architectures count
/// as those of the native one. What it knows already stays.
pub(crate) fn mark_automatic(
    tree: &Tree,
    native: &str,
    packages: &[&Control],
) -> Result<(), Error> {
    if packages.is_empty() {
        return Ok(());
    }
    let there = tree.read_if_there(EXTENDED_STATES)?.unwrap_or_default();
    let mut text = String::from_utf8_lossy(&there).into_owned();
    for control in packages {
        let name = &control.package.name;
        let architecture = match control.package.architecture.as_str() {
            "all" => native,
            other => other,
        };
        text.push_str(&format!(
            "Package: {name}\nArchitecture: {architecture}\nAuto-Installed: 1\n\n"
        ));
    }
    tree.create_directories("var/lib/apt")?;
    tree.write(EXTENDED_STATES, text.as_bytes(), 0o644)?;
    Ok(())
}

/// The permission bits of an info file: scripts are made executable by dpkg.
fn mode(name: &str, mode: u32) -> u32 {
    let is_script = matches!(name, "preinst" | "postinst" | "prerm" | "postrm" | "config");
    match is_script && mode & 0o555 != 0o555 {
        true => 0o755,
        false => mode & 0o7777,
    }
}

/// The stanza of a package that has just been unpacked.
fn stanza(control: &Control) -> Result<String, Error> {
    let mut stanza = String::with_capacity(control.text.len() + 64);
    for line in control.text.lines().filter(|line| !line.trim().is_empty()) {
        stanza.push_str(line);
        stanza.push('\n');
        if line.starts_with("Package:") {
            stanza.push_str("Status: install ok unpacked\n");
        }
    }
    let conffiles = control.conffile_lines()?;
    if !conffiles.is_empty() {
        stanza.push_str("Conffiles:\n");
        for (path, leaves) in conffiles {
            let path = String::from_utf8_lossy(&path).into_owned();
            let flag = if leaves { " remove-on-upgrade" } else { "" };
            stanza.push_str(&format!(" /{path} newconffile{flag}\n"));
        }
    }
    Ok(stanza)
}

/// The sums of a package's files that are listed, for one that brings none.
fn sums(entries: &[Entry], list: &[Vec<u8>]) -> Vec<u8> {
    let listed: HashSet<&[u8]> = list.iter().filter_map(|line| line.get(1..)).collect();
    let mut text = Vec::new();
    let mut known: Vec<(&[u8], &[u8; 16])> = Vec::new();
    let entries = entries.iter();
    for entry in entries.filter(|entry| listed.contains(entry.path.as_slice())) {
        let sum = match &entry.what {
            What::File(_, Some(sum)) => Some(sum),
            What::HardLink(target) => known
                .iter()
                .find(|(path, _)| path == target)
                .map(|(_, sum)| *sum),
            _ => None,
        };
        if let Some(sum) = sum {
            known.push((&entry.path, sum));
            text.extend_from_slice(md5::hexadecimal(sum).as_bytes());
            text.extend_from_slice(b"  ");
            text.extend_from_slice(&entry.path);
            text.push(b'\n');
        }
    }
    text
}
