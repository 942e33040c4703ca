//! Finding kernel modules by name, alias or directory, with all that they need.
//!
//! The facts stand in the lists that `depmod` made for the kernel: `modules.dep` (paths and
//! dependencies), `modules.alias`, `modules.softdep` and `modules.weakdep`, `modules.builtin`,
//! and in `/etc/modprobe.d` and its like. In names, `-` and `_` are one.

use std::collections::{BTreeMap, BTreeSet};

use super::glob;
use super::settings::names;
use crate::error::Error;
use crate::initramfs::view::View;

/// Where modprobe is configured; a file of an earlier directory hides one of the same name.
const CONFIGURATION: [&str; 4] = [
    "etc/modprobe.d",
    "usr/local/lib/modprobe.d",
    "usr/lib/modprobe.d",
    "lib/modprobe.d",
];

/// One module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Module {
    /// Its path below the directory of its version: `kernel/fs/ext4/ext4.ko`.
    pub(super) path: String,
    /// Its name, with `_`.
    pub(super) name: String,
    needs: Vec<String>,
}

/// All modules of a kernel, and which of them are chosen.
#[derive(Debug, Default)]
pub(super) struct Kmod {
    /// In the order of `modules.dep`.
    pub(super) modules: Vec<Module>,
    /// Those that are chosen, as places in the list.
    pub(super) chosen: BTreeSet<usize>,
    names: BTreeMap<String, usize>,
    paths: BTreeMap<String, usize>,
    /// Patterns and the names of modules.
    aliases: Vec<(String, String)>,
    /// The same of the configuration, which comes first.
    own_aliases: Vec<(String, String)>,
    /// What a module wants besides what it needs.
    wants: BTreeMap<String, Vec<String>>,
    /// What it may want later, which newer versions of kmod tell of.
    may_want: BTreeMap<String, Vec<String>>,
    /// Names of what is built into the kernel.
    pub(super) built_in: BTreeSet<String>,
}

impl Kmod {
    /// Reads the lists of a kernel.
    pub(super) fn read(tree: &View<'_>, version: &str) -> Result<Kmod, Error> {
        let home = format!("lib/modules/{version}");
        let text = |name: &str| -> Result<String, Error> {
            let bytes = tree.read_if_there(format!("{home}/{name}"))?;
            Ok(String::from_utf8_lossy(&bytes.unwrap_or_default()).into_owned())
        };
        let mut kmod = Kmod::default();
        for line in text("modules.dep")?.lines() {
            let (path, needs) = line.split_once(':').unwrap_or((line, ""));
            let place = kmod.modules.len();
            let module = Module {
                path: path.to_owned(),
                name: name(path),
                needs: needs.split_whitespace().map(str::to_owned).collect(),
            };
            kmod.names.insert(module.name.clone(), place);
            kmod.paths.insert(module.path.clone(), place);
            kmod.modules.push(module);
        }
        kmod.aliases = aliases(&text("modules.alias")?);
        kmod.built_in = text("modules.builtin")?.lines().map(name).collect();
        let mut seen = BTreeSet::new();
        for directory in CONFIGURATION {
            for file in names(tree, directory)? {
                if file.ends_with(".conf") && seen.insert(file.clone()) {
                    let bytes = tree.read_if_there(format!("{directory}/{file}"))?;
                    let text = String::from_utf8_lossy(&bytes.unwrap_or_default()).into_owned();
                    kmod.own_aliases.extend(aliases(&text));
                    kmod.want(&text);
                }
            }
        }
        for list in ["modules.softdep", "modules.weakdep"] {
            kmod.want(&text(list)?);
        }
        Ok(kmod)
    }

    /// Takes over what modules want besides what they need; of several lines for one module the
    /// first counts, as for modprobe.
    fn want(&mut self, text: &str) {
        for line in text.lines() {
            let mut words = line.split_whitespace();
            let list = match words.next() {
                Some("softdep") => &mut self.wants,
                Some("weakdep") => &mut self.may_want,
                _ => continue,
            };
            if let Some(module) = words.next() {
                let wanted = words.filter(|word| !matches!(*word, "pre:" | "post:"));
                list.entry(under(module))
                    .or_insert_with(|| wanted.map(str::to_owned).collect());
            }
        }
    }

    /// Chooses whatever has this name or alias, with all that it needs and wants. What is not
    /// there is left aside, as modprobe is told to do.
    pub(super) fn choose(&mut self, wanted: &str) {
        let mut names = vec![wanted.to_owned()];
        let mut seen = BTreeSet::new();
        while let Some(wanted) = names.pop() {
            if !seen.insert(wanted.clone()) {
                continue;
            }
            for place in self.find(&wanted) {
                self.choose_one(place, &mut names);
            }
        }
    }

    /// Chooses a module and what it needs; what they want is added to `names`.
    fn choose_one(&mut self, place: usize, names: &mut Vec<String>) {
        if !self.chosen.insert(place) {
            return;
        }
        let module = &self.modules[place];
        for list in [&self.wants, &self.may_want] {
            names.extend(list.get(&module.name).into_iter().flatten().cloned());
        }
        // All that it needs, at any depth, stands behind it.
        for path in module.needs.clone() {
            if let Some(needed) = self.paths.get(&path).copied() {
                self.choose_one(needed, names);
            }
        }
    }

    /// The modules of a name or alias.
    fn find(&self, wanted: &str) -> Vec<usize> {
        let wanted = under(wanted);
        let own: Vec<usize> = matching(&self.own_aliases, &wanted, &self.names);
        if !own.is_empty() {
            return own;
        }
        if let Some(place) = self.names.get(&wanted) {
            return vec![*place];
        }
        matching(&self.aliases, &wanted, &self.names)
    }

    /// Chooses all modules below a directory, but for files and directories of some names.
    pub(super) fn choose_directory(&mut self, directory: &str, without: &[&str]) {
        let without: Vec<String> = without
            .iter()
            .map(|name| match name.strip_suffix(".ko") {
                Some(bare) => format!("{bare}.ko*"),
                None => (*name).to_owned(),
            })
            .collect();
        let found = self.modules.iter().filter_map(|module| {
            let below = module.path.strip_prefix(directory)?.strip_prefix('/')?;
            let is_out = |part: &str| without.iter().any(|name| glob::matches(name, part));
            (!below.split('/').any(is_out)).then(|| module.name.clone())
        });
        for name in found.collect::<Vec<String>>() {
            self.choose(&name);
        }
    }

    /// The chosen modules, in the order of `modules.dep`.
    pub(super) fn chosen(&self) -> impl Iterator<Item = &Module> {
        self.chosen.iter().map(|place| &self.modules[*place])
    }
}

/// Lines `alias PATTERN NAME`.
fn aliases(text: &str) -> Vec<(String, String)> {
    let alias = |line: &str| {
        let mut words = line.split_whitespace();
        let is_alias = words.next() == Some("alias");
        let (pattern, name) = (words.next()?, words.next()?);
        is_alias.then(|| (under(pattern), under(name)))
    };
    text.lines().filter_map(alias).collect()
}

fn matching(
    aliases: &[(String, String)],
    wanted: &str,
    names: &BTreeMap<String, usize>,
) -> Vec<usize> {
    let matching = aliases
        .iter()
        .filter(|(pattern, _)| glob::matches(pattern, wanted));
    matching
        .filter_map(|(_, name)| names.get(name).copied())
        .collect()
}

/// The name of a module by its path.
pub(super) fn name(path: &str) -> String {
    let file = path.rsplit('/').next().unwrap_or(path);
    under(file.split('.').next().unwrap_or(file))
}

/// A name with `_` for `-`, but for what stands in brackets.
pub(super) fn under(text: &str) -> String {
    let mut inside = false;
    let change = |letter: char| {
        match letter {
            '[' => inside = true,
            ']' => inside = false,
            '-' if !inside => return '_',
            _ => {}
        }
        letter
    };
    text.chars().map(change).collect()
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use formwork_sys::tree::Tree;

    /// A kernel with a file system that needs and wants others.
    pub(in super::super) fn lists(root: &std::path::Path) -> Tree {
        let home = root.join("lib/modules/6.1");
        std::fs::create_dir_all(&home).unwrap();
        std::fs::create_dir_all(root.join("etc/modprobe.d")).unwrap();
        let write = |name: &str, text: &str| std::fs::write(home.join(name), text).unwrap();
        write(
            "modules.dep",
            "kernel/fs/ext4/ext4.ko: kernel/fs/mbcache.ko kernel/fs/jbd2/jbd2.ko\n\
             kernel/fs/mbcache.ko:\nkernel/fs/jbd2/jbd2.ko:\nkernel/crypto/crc32c-generic.ko:\n\
             kernel/arch/x86/crypto/crc32c-intel.ko:\nkernel/drivers/hid/hid-sony.ko:\n\
             kernel/drivers/hid/hid-logitech-ff.ko.xz:\nkernel/drivers/hid/usb/usbhid.ko:\n",
        );
        write(
            "modules.alias",
            "# Aliases\nalias fs-ext4 ext4\nalias crypto-crc32c* crc32c_generic\n\
             alias crypto-crc32c crc32c_intel\nalias pci:v*d[0-9]* usbhid\n",
        );
        write("modules.softdep", "softdep ext4 pre: crypto-crc32c\n");
        write("modules.builtin", "kernel/lib/crc-16.ko\n");
        std::fs::write(root.join("etc/modprobe.d/a.conf"), "alias root ext4\n").unwrap();
        Tree::open(root).unwrap()
    }

    fn chosen(kmod: &Kmod) -> Vec<&str> {
        kmod.chosen().map(|module| module.name.as_str()).collect()
    }

    #[test]
    fn a_module_comes_with_all_it_needs_and_wants() {
        let directory = tempfile::tempdir().unwrap();
        let tree = lists(directory.path());
        let tree = View::new(&tree, 0);
        let expected = ["ext4", "mbcache", "jbd2", "crc32c_generic", "crc32c_intel"];
        for name in ["ext4", "root", "fs-ext4", "fs_ext4"] {
            let mut kmod = Kmod::read(&tree, "6.1").unwrap();
            kmod.choose(name);
            assert_eq!(chosen(&kmod), expected, "{name}");
        }
        let mut kmod = Kmod::read(&tree, "6.1").unwrap();
        kmod.choose("crc_16");
        kmod.choose("nothing");
        kmod.choose("pci:v1d7x");
        assert_eq!(chosen(&kmod), ["usbhid"]);
    }

    #[test]
    fn a_directory_is_taken_but_for_some_names() {
        let directory = tempfile::tempdir().unwrap();
        let tree = lists(directory.path());
        let tree = View::new(&tree, 0);
        let mut kmod = Kmod::read(&tree, "6.1").unwrap();
        kmod.choose_directory("kernel/drivers/hid", &["hid-*ff.ko", "usb"]);
        assert_eq!(chosen(&kmod), ["hid_sony"]);
        kmod.choose_directory("kernel/drivers/hi", &[]);
        assert_eq!(kmod.chosen.len(), 1);
    }
}
