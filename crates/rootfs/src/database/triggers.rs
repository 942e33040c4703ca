//! Interests in triggers, and triggers that unpacking sets off. See deb-triggers(5).

use std::collections::BTreeMap;

use formwork_sys::tree::Tree;

use super::HOME;
use crate::error::Error;
use crate::unpack::control::Control;
use crate::unpack::entry::Entry;

/// Who is interested in which triggers.
#[derive(Clone, Debug, Default)]
pub(super) struct Interests {
    /// Paths with the package, and `/noawait` where nobody waits, in the order of unpacking.
    files: Vec<(String, String)>,
    /// Names with their packages.
    names: BTreeMap<String, Vec<String>>,
}

impl Interests {
    /// Reads what a tree has.
    pub(super) fn read(tree: &Tree) -> Result<Interests, Error> {
        let home = format!("{HOME}/triggers");
        let text = |name: &str| -> Result<String, Error> {
            let bytes = tree.read_if_there(format!("{home}/{name}"))?;
            Ok(String::from_utf8_lossy(&bytes.unwrap_or_default()).into_owned())
        };
        let mut interests = Interests::default();
        for line in text("File")?.lines() {
            if let Some((path, package)) = line.rsplit_once(' ') {
                interests.files.push((path.to_owned(), package.to_owned()));
            }
        }
        for (name, _) in tree.list(&home)? {
            let Some(name) = name.to_str().filter(|name| is_name(name)) else {
                continue;
            };
            let packages = text(name)?.lines().map(str::to_owned).collect();
            interests.names.insert(name.to_owned(), packages);
        }
        Ok(interests)
    }

    /// Reads the declarations of a package.
    pub(super) fn add(&mut self, control: &Control) -> Result<(), Error> {
        let Some(file) = control.file("triggers") else {
            return Ok(());
        };
        let broken = |line: &str| Error::Broken {
            package: control.label(),
            reason: format!("its triggers say `{line}`"),
        };
        let text = String::from_utf8_lossy(&file.content);
        for line in text.lines().map(str::trim) {
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let (directive, trigger) = line.split_once([' ', '\t']).ok_or_else(|| broken(line))?;
            let trigger = trigger.trim();
            let mut package = control.qualified();
            match directive {
                "interest" | "interest-await" => {}
                "interest-noawait" => package.push_str("/noawait"),
                "activate" | "activate-await" | "activate-noawait" => continue,
                _ => return Err(broken(line)),
            }
            if trigger.starts_with('/') {
                self.files.push((trigger.to_owned(), package));
            } else if is_name(trigger) {
                self.names
                    .entry(trigger.to_owned())
                    .or_default()
                    .push(package);
            } else {
                return Err(broken(line));
            }
        }
        Ok(())
    }

    /// Writes `triggers/File` and a file for each name.
    pub(super) fn write(&self, tree: &Tree) -> Result<(), Error> {
        let directory = tree.directory(format!("{HOME}/triggers"))?;
        let mut text = String::new();
        for (path, package) in &self.files {
            text.push_str(&format!("{path} {package}\n"));
        }
        if !text.is_empty() {
            directory.write("File".as_ref(), text.as_bytes(), 0o644)?;
        }
        for (name, packages) in &self.names {
            let text = packages.join("\n") + "\n";
            directory.write(name.as_ref(), text.as_bytes(), 0o644)?;
        }
        Ok(())
    }

    /// Adds to `triggers/Unincorp` the paths among these entries that somebody is interested in.
    pub(super) fn activate(&self, tree: &Tree, entries: &[Entry]) -> Result<(), Error> {
        let mut text = String::new();
        for (path, _) in &self.files {
            let relative = path.trim_matches('/').as_bytes();
            if entries.iter().any(|entry| entry.path == relative) {
                let line = format!("{path} -\n");
                if !text.contains(&line) {
                    text.push_str(&line);
                }
            }
        }
        if text.is_empty() {
            return Ok(());
        }
        let unincorporated = format!("{HOME}/triggers/Unincorp");
        let there = tree.read_if_there(&unincorporated)?.unwrap_or_default();
        let there = String::from_utf8_lossy(&there).into_owned();
        let missing: String = text
            .split_inclusive('\n')
            .filter(|line| !there.contains(*line))
            .collect();
        tree.write(&unincorporated, (there + &missing).as_bytes(), 0o644)?;
        Ok(())
    }
}

/// Whether dpkg would take this as the name of a trigger, and so as the name of a file.
fn is_name(trigger: &str) -> bool {
    let good = |byte: u8| byte.is_ascii_graphic() && byte != b'/';
    !matches!(trigger, "" | "." | ".." | "File" | "Unincorp" | "Lock") && trigger.bytes().all(good)
}
