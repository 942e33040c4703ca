//! Units of systemd enabled, disabled and masked, as `systemctl --root` does it.
//!
//! Enabling makes the links that a unit's `[Install]` section asks for (`WantedBy`, `RequiredBy`,
//! `UpheldBy`, `Alias`) and does the same for the units under `Also`; disabling removes every
//! link to a unit, whatever made it; masking links it to `/dev/null`. A preset says the same
//! again: systemd applies presets at a first boot, and would undo what was disabled.

mod install;

use std::collections::BTreeSet;
use std::ffi::OsStr;

use formwork_model::settings::{Placed, Services};
use formwork_sys::tree::{Kind, Tree};

use super::{meant, wrong};
use crate::error::Error;
use install::{Install, Name};

/// Where the links go.
const CONFIGURATION: &str = "etc/systemd/system";
/// What systemd does at a first boot.
const PRESET: &str = "etc/systemd/system-preset/00-image.preset";
/// Directories of links, by their ending.
const LINKS: [&str; 3] = [".wants", ".requires", ".upholds"];

/// A unit that was found.
struct Unit {
    /// The name that was asked for.
    name: Name,
    /// Its file, as links name it.
    path: String,
    /// What its file says of being installed.
    install: Install,
}

/// The units of a tree.
struct Units<'a> {
    tree: &'a Tree,
    /// Directories of unit files, the strongest first.
    places: Vec<&'static str>,
}

/// Disables, enables and masks.
pub(super) fn apply(tree: &Tree, services: &Services) -> Result<(), Error> {
    let lists = [&services.enable, &services.disable, &services.mask];
    if lists.iter().all(|list| list.is_empty()) {
        return Ok(());
    }
    let units = Units {
        tree,
        places: places(tree)?,
    };
    for unit in &services.disable {
        units.disable(unit)?;
    }
    for unit in &services.enable {
        units.enable(unit)?;
    }
    for unit in &services.mask {
        units.mask(unit)?;
    }
    write_preset(tree, services)
}

/// The directories of unit files. Whether packages name theirs `/lib` or `/usr/lib` differs by
/// suite, and `systemctl` of the suite writes its links alike.
fn places(tree: &Tree) -> Result<Vec<&'static str>, Error> {
    let list = tree.read_if_there("var/lib/dpkg/info/systemd.list")?;
    let shipped = |line: &[u8]| line.starts_with(b"/usr/lib/systemd/system/");
    let modern = list.is_some_and(|list| list.split(|byte| *byte == b'\n').any(shipped));
    let mut places = vec!["etc/systemd/system", "usr/local/lib/systemd/system"];
    places.extend(if modern {
        ["usr/lib/systemd/system", "lib/systemd/system"]
    } else {
        ["lib/systemd/system", "usr/lib/systemd/system"]
    });
    Ok(places)
}

impl Units<'_> {
    /// Enables a unit and those that go with it.
    fn enable(&self, asked: &Placed) -> Result<(), Error> {
        let unit = self.required(asked)?;
        if unit.install.is_empty() {
            let message = format!(
                "`{}` cannot be enabled: its file {} has no [Install] section; something else starts it, or give it one by a drop-in",
                asked.text, unit.path
            );
            return Err(wrong(&asked.at, message));
        }
        if unit.name.is_template() && unit.install.default_instance.is_none() {
            let message = format!(
                "`{0}` is a template: name an instance of it, as in {1}",
                asked.text,
                unit.name.instance("NAME")
            );
            return Err(wrong(&asked.at, message));
        }
        let mut done = BTreeSet::new();
        let mut open = vec![unit];
        while let Some(unit) = open.pop() {
            if !done.insert(unit.name.text.clone()) {
                continue;
            }
            self.install(&unit, asked)?;
            for also in &unit.install.also {
                open.extend(self.find(&Name::new(&unit.name.expand(also)))?);
            }
        }
        Ok(())
    }

    /// Makes the links of one unit.
    fn install(&self, unit: &Unit, asked: &Placed) -> Result<(), Error> {
        let install = &unit.install;
        let name = match (&install.default_instance, unit.name.is_template()) {
            (Some(instance), true) => unit.name.instance(instance),
            (None, true) => return Ok(()),
            (_, false) => unit.name.text.clone(),
        };
        let own = Name::new(&name);
        for alias in &install.alias {
            let alias = own.expand(alias);
            if alias != name {
                self.link(&unit.path, &format!("{CONFIGURATION}/{alias}"), asked)?;
            }
        }
        let lists = [
            (&install.wanted_by, "wants"),
            (&install.required_by, "requires"),
            (&install.upheld_by, "upholds"),
        ];
        for (targets, kind) in lists {
            for target in targets {
                let place = format!("{CONFIGURATION}/{}.{kind}/{name}", own.expand(target));
                self.link(&unit.path, &place, asked)?;
            }
        }
        Ok(())
    }

    /// Makes a link, unless one to this unit is there.
    fn link(&self, unit: &str, place: &str, asked: &Placed) -> Result<(), Error> {
        if let Some((above, _)) = place.rsplit_once('/') {
            self.tree.create_directories(above)?;
        }
        match self.tree.metadata(place)?.map(|found| found.kind) {
            None => {}
            Some(Kind::SymbolicLink) => {
                let old = self.tree.read_link(place)?;
                if old.file_name() == std::path::Path::new(unit).file_name() {
                    return Ok(());
                }
                let message = format!("/{place} is there already and leads to {}", old.display());
                return Err(wrong(&asked.at, message));
            }
            Some(_) => return Err(wrong(&asked.at, format!("/{place} is there and no link"))),
        }
        Ok(self.tree.symbolic_link(OsStr::new(unit), place)?)
    }

    /// Removes every link to a unit and to those that go with it.
    fn disable(&self, asked: &Placed) -> Result<(), Error> {
        let mut names: BTreeSet<String> = BTreeSet::new();
        let mut open = vec![self.required(asked)?];
        while let Some(unit) = open.pop() {
            if names.insert(unit.name.text.clone()) {
                for also in &unit.install.also {
                    open.extend(self.find(&Name::new(&unit.name.expand(also)))?);
                }
            }
        }
        self.remove_links(CONFIGURATION, &names)?;
        if !self.tree.exists(CONFIGURATION)? {
            return Ok(());
        }
        for (entry, kind) in self.tree.list(CONFIGURATION)? {
            let entry = entry.to_string_lossy();
            if kind == Kind::Directory && LINKS.iter().any(|ending| entry.ends_with(ending)) {
                let directory = format!("{CONFIGURATION}/{entry}");
                self.remove_links(&directory, &names)?;
                if self.tree.list(&directory)?.is_empty() {
                    self.tree.remove(&directory)?;
                }
            }
        }
        Ok(())
    }

    /// Removes the links to some units from one directory.
    fn remove_links(&self, directory: &str, names: &BTreeSet<String>) -> Result<(), Error> {
        if !self.tree.exists(directory)? {
            return Ok(());
        }
        for (entry, kind) in self.tree.list(directory)? {
            if kind != Kind::SymbolicLink {
                continue;
            }
            let entry = entry.to_string_lossy().into_owned();
            let place = format!("{directory}/{entry}");
            let target = self.tree.read_link(&place)?;
            let leads = target
                .file_name()
                .map(|name| name.to_string_lossy().into_owned());
            let leads = leads.unwrap_or_default();
            if leads == "null" {
                continue;
            }
            let template = Name::new(&entry).template();
            let meant = names.contains(&entry)
                || names.contains(&leads)
                || template.is_some_and(|template| names.contains(&template));
            if meant {
                self.tree.remove(&place)?;
            }
        }
        Ok(())
    }

    /// Makes a unit one that cannot be started.
    fn mask(&self, asked: &Placed) -> Result<(), Error> {
        let place = format!("{CONFIGURATION}/{}", asked.text);
        self.tree.create_directories(CONFIGURATION)?;
        if self.tree.exists(&place)? {
            let is_masked = self
                .tree
                .read_link(&place)
                .is_ok_and(|to| to == std::path::Path::new("/dev/null"));
            if is_masked {
                return Ok(());
            }
            let message = format!(
                "`{}` cannot be masked: /{place} is there already",
                asked.text
            );
            return Err(wrong(&asked.at, message));
        }
        Ok(self.tree.symbolic_link(OsStr::new("/dev/null"), &place)?)
    }

    /// A unit that must be there.
    fn required(&self, asked: &Placed) -> Result<Unit, Error> {
        let name = Name::new(&asked.text);
        if let Some(unit) = self.find(&name)? {
            return Ok(unit);
        }
        for place in &self.places {
            let path = format!("{place}/{name}", name = asked.text);
            if let Ok(target) = self.tree.read_link(&path) {
                let target = target.display().to_string();
                let message = match target.as_str() {
                    "/dev/null" => format!("`{}` is masked by /{path}", asked.text),
                    other => format!(
                        "`{}` is only another name: /{path} leads to {other}; name that unit",
                        asked.text
                    ),
                };
                return Err(wrong(&asked.at, message));
            }
        }
        let script = asked.text.trim_end_matches(".service");
        let message = if self.tree.exists(format!("etc/init.d/{script}"))? {
            format!(
                "`{}` has no unit but /etc/init.d/{script}; switch it by a script with update-rc.d",
                asked.text
            )
        } else {
            let known = self.names()?;
            let near = meant(&asked.text, known.iter().map(String::as_str));
            format!("there is no unit `{}`{near}", asked.text)
        };
        Err(wrong(&asked.at, message))
    }

    /// A unit by its own file or that of its template.
    fn find(&self, name: &Name) -> Result<Option<Unit>, Error> {
        for file in std::iter::once(name.text.clone()).chain(name.template()) {
            for place in &self.places {
                let path = format!("{place}/{file}");
                let found = self.tree.metadata(&path)?.map(|found| found.kind);
                if found == Some(Kind::SymbolicLink) {
                    return Ok(None);
                }
                if found == Some(Kind::File) {
                    return Ok(Some(Unit {
                        name: name.clone(),
                        install: self.read(&path, name)?,
                        path: format!("/{path}"),
                    }));
                }
            }
        }
        Ok(None)
    }

    /// What a unit's file and its drop-ins say of being installed.
    fn read(&self, path: &str, name: &Name) -> Result<Install, Error> {
        let mut install = Install::default();
        install.read(&String::from_utf8_lossy(&self.tree.read(path)?));
        let mut files: std::collections::BTreeMap<String, String> =
            std::collections::BTreeMap::new();
        for unit in name.template().into_iter().chain([name.text.clone()]) {
            // The strongest place comes last, so that its file of a name wins.
            for place in self.places.iter().rev() {
                let directory = format!("{place}/{unit}.d");
                if self.tree.directory(&directory).is_err() {
                    continue;
                }
                for (entry, _) in self.tree.list(&directory)? {
                    let entry = entry.to_string_lossy().into_owned();
                    if entry.ends_with(".conf") {
                        files.insert(entry.clone(), format!("{directory}/{entry}"));
                    }
                }
            }
        }
        for file in files.values() {
            if let Some(text) = self.tree.read_if_there(file)? {
                install.read(&String::from_utf8_lossy(&text));
            }
        }
        Ok(install)
    }

    /// The names of all units.
    fn names(&self) -> Result<BTreeSet<String>, Error> {
        let mut names = BTreeSet::new();
        for place in &self.places {
            if self.tree.directory(place).is_ok() {
                let entries = self.tree.list(place)?;
                names.extend(
                    entries
                        .iter()
                        .map(|(name, _)| name.to_string_lossy().into_owned()),
                );
            }
        }
        Ok(names)
    }
}

/// Writes down for a first boot what was enabled and disabled.
fn write_preset(tree: &Tree, services: &Services) -> Result<(), Error> {
    let mut text = String::new();
    for (word, list) in [("enable", &services.enable), ("disable", &services.disable)] {
        let names: BTreeSet<&str> = list.iter().map(|unit| unit.text.as_str()).collect();
        for name in names {
            text.push_str(&format!("{word} {name}\n"));
        }
    }
    if text.is_empty() {
        return Ok(());
    }
    tree.create_directories("etc/systemd/system-preset")?;
    Ok(tree.write(PRESET, text.as_bytes(), 0o644)?)
}
