//! What the hooks of packages do, done here: each does to the root directory what its script
//! does, for all versions that `known` lists.

use formwork_sys::tree::Kind;

use super::kmod::Kmod;
use super::known::Generation;
use super::root::{Copied, Root};
use super::settings::{Settings, names};
use super::{Refusal, most};
use crate::error::Error;
use crate::program::Run;

/// What hooks work on.
pub(super) struct Workshop<'a> {
    pub(super) root: Root<'a>,
    pub(super) kmod: Kmod,
    pub(super) settings: Settings,
    pub(super) generation: Generation,
    pub(super) version: &'a str,
    pub(super) architecture: &'a str,
    pub(super) run: &'a mut dyn Run,
}

/// What a hook waits for, as far as it may matter.
pub(super) fn needs(
    name: &str,
    settings: &Settings,
    all: &[String],
    generation: Generation,
) -> Vec<String> {
    let needed: Vec<&str> = match name {
        "dmsetup" => vec!["udev"],
        "klibc-utils" if settings.busybox() => vec!["zz-busybox"],
        "cryptroot-unlock" if generation >= Generation::Bookworm => {
            let others = all.iter().map(String::as_str);
            others
                .filter(|other| other.starts_with("crypt") && *other != name)
                .collect()
        }
        "cryptroot" | "cryptroot-unlock" => Vec::new(),
        name if name.starts_with("crypt") => vec!["cryptroot"],
        _ => Vec::new(),
    };
    needed.into_iter().map(str::to_owned).collect()
}

/// Does what the hook of a name does; or says why that cannot be done here.
pub(super) fn apply(name: &str, shop: &mut Workshop<'_>) -> Result<Result<(), Refusal>, Error> {
    match name {
        "kmod" => shop.kmod_programs()?,
        "klibc-utils" => shop.klibc()?,
        "zz-busybox" => return shop.busybox(),
        "udev" => shop.udev()?,
        "dmsetup" => shop.device_mapper()?,
        "lvm2" => shop.volumes()?,
        "fsck" => shop.checks()?,
        "keymap" => return shop.keymap(),
        "thermal" if ["amd64", "i386", "ia64"].contains(&shop.architecture) => {
            shop.choose("fan thermal");
        }
        "cryptroot" => return shop.encrypted(),
        "cryptroot-unlock" => shop.unlock()?,
        // They look for a suspended system on the machine that builds, or for scripts that get
        // keys, which are refused before they could be there.
        _ => {}
    }
    Ok(Ok(()))
}

impl Workshop<'_> {
    fn choose(&mut self, modules: &str) {
        for module in modules.split_whitespace() {
            self.kmod.choose(module);
        }
    }

    /// Rules of udev, of which those in `/etc` come first.
    fn rules(&mut self, rules: &[&str]) -> Result<(), Error> {
        self.root.directory("lib/udev/rules.d");
        for rule in rules {
            for home in ["etc/udev/rules.d", "lib/udev/rules.d"] {
                if self.root.put(
                    &format!("{home}/{rule}"),
                    &format!("lib/udev/rules.d/{rule}"),
                )? {
                    break;
                }
            }
        }
        Ok(())
    }

    fn kmod_programs(&mut self) -> Result<(), Error> {
        self.root.copy_program("bin/kmod", "")?;
        for name in ["sbin/modprobe", "sbin/rmmod"] {
            self.root.put_as_is(name, name)?;
        }
        self.root.directory("lib/modprobe.d");
        for name in names(self.root.tree, "lib/modprobe.d")? {
            let path = format!("lib/modprobe.d/{name}");
            self.root.put_as_is(&path, &path)?;
        }
        if self.generation == Generation::Trixie {
            let config = self
                .root
                .tree
                .read_if_there(format!("boot/config-{}", self.version))?;
            let config = config.unwrap_or_default();
            let text = String::from_utf8_lossy(&config);
            if !text
                .lines()
                .any(|line| line == "CONFIG_MODULE_DECOMPRESS=y")
            {
                for (ending, library) in [(".xz", "liblzma.so.5"), (".zst", "libzstd.so.1")] {
                    if self
                        .kmod
                        .chosen()
                        .any(|module| module.path.ends_with(ending))
                    {
                        self.triplets(library)?;
                    }
                }
            }
        }
        Ok(())
    }

    /// A library, or all whose name begins so, out of `/usr/lib/*`.
    fn triplets(&mut self, library: &str) -> Result<(), Error> {
        let tree = self.root.tree;
        for (directory, kind) in tree.list("usr/lib")? {
            let directory = format!("usr/lib/{}", directory.to_string_lossy());
            if kind != Kind::Directory {
                continue;
            }
            for name in names(tree, &directory)? {
                if name.starts_with(library) {
                    self.root.copy_program(&format!("{directory}/{name}"), "")?;
                }
            }
        }
        Ok(())
    }

    fn klibc(&mut self) -> Result<(), Error> {
        for name in names(self.root.tree, "usr/lib/klibc/bin")? {
            let (own, other) = (format!("bin/{name}"), format!("sbin/{name}"));
            let is_needed = !matches!(name.as_str(), "gzip" | "kinit" | "zcat");
            if is_needed && !self.root.has(&own) && !self.root.has(&other) {
                self.root.put(&format!("usr/lib/klibc/bin/{name}"), &own)?;
            }
        }
        for name in names(self.root.tree, "lib")? {
            if name.starts_with("klibc-") && name.ends_with(".so") {
                let path = format!("lib/{name}");
                self.root.put(&path, &path)?;
            }
        }
        Ok(())
    }

    /// The names of busybox are hard links to it; only it knows which there are.
    fn busybox(&mut self) -> Result<Result<(), Refusal>, Error> {
        if self.settings.get("BUSYBOX") == "n" {
            return Ok(Ok(()));
        }
        self.root.copy_program("bin/busybox", "bin/busybox")?;
        let program = ["/bin/busybox", "--list-long"];
        let (ended, names) = self.root.tree.run(&program, self.run)?;
        if !ended.success() {
            let reason = format!("busybox does not list its names: {}", ended.how());
            return Ok(Err(Refusal(reason)));
        }
        for name in names {
            let name = name.trim_start_matches('/');
            let name = match name.strip_prefix("usr/") {
                Some(name) => name.to_owned(),
                None if name.contains('/') => name.to_owned(),
                None => format!("bin/{name}"),
            };
            if !name.is_empty() && !self.root.has(&name) {
                self.root.hard_link("bin/busybox", &name);
            }
        }
        Ok(Ok(()))
    }

    fn udev(&mut self) -> Result<(), Error> {
        self.root.directory("lib/systemd");
        self.root
            .copy_program("lib/systemd/systemd-udevd", "lib/systemd")?;
        self.root.copy_program("bin/udevadm", "bin")?;
        if self.generation == Generation::Trixie {
            self.triplets("libkmod.so.")?;
            self.root
                .put("usr/lib/udev/hwdb.bin", "usr/lib/udev/hwdb.bin")?;
        }
        self.root.put("etc/udev/udev.conf", "etc/udev/udev.conf")?;
        self.links_of_networks()?;
        self.rules(&[
            "50-firmware.rules",
            "50-udev-default.rules",
            "60-block.rules",
            "60-persistent-storage.rules",
            "61-persistent-storage-android.rules",
            "71-seat.rules",
            "73-special-net-names.rules",
            "75-net-description.rules",
            "80-net-setup-link.rules",
            "80-drivers.rules",
        ])?;
        for name in names(self.root.tree, "etc/udev/rules.d")? {
            if name.ends_with(".rules")
                && !self.root.tree.exists(format!("lib/udev/rules.d/{name}"))?
            {
                let own = format!("etc/udev/rules.d/{name}");
                self.root.put(&own, &format!("lib/udev/rules.d/{name}"))?;
            }
        }
        for name in ["ata_id", "scsi_id"] {
            self.root
                .copy_program(&format!("lib/udev/{name}"), "lib/udev")?;
        }
        self.root.copy_program("sbin/blkid", "sbin")?;
        Ok(())
    }

    /// How networks are named; in trixie with the directories of additions.
    fn links_of_networks(&mut self) -> Result<(), Error> {
        let target = "lib/systemd/network";
        self.root.directory(target);
        let tree = self.root.tree;
        for home in ["lib/systemd/network", "etc/systemd/network"] {
            if !tree.exists(home)? {
                continue;
            }
            for (path, seen) in tree.below(home)? {
                if seen.kind == Kind::Directory {
                    continue;
                }
                let below = path
                    .strip_prefix(home)
                    .unwrap_or(&path)
                    .trim_start_matches('/');
                let (directory, name) = below.rsplit_once('/').unwrap_or(("", below));
                if name.ends_with(".link") {
                    self.root.put(&path, &format!("{target}/{name}"))?;
                }
                if self.generation == Generation::Trixie && directory.ends_with(".link.d") {
                    let directory = directory.rsplit('/').next().unwrap_or_default();
                    self.root
                        .put(&path, &format!("{target}/{directory}/{name}"))?;
                }
            }
        }
        Ok(())
    }

    fn device_mapper(&mut self) -> Result<(), Error> {
        self.rules(&[
            "55-dm.rules",
            "60-persistent-storage-dm.rules",
            "95-dm-notify.rules",
        ])?;
        self.root.copy_program("sbin/dmsetup", "")?;
        self.choose("dm_mod");
        Ok(())
    }

    fn volumes(&mut self) -> Result<(), Error> {
        self.root.directory("etc/lvm");
        self.copy_directory("etc/lvm", "etc/lvm")?;
        match self.generation {
            Generation::Bullseye => self.rules(&["56-lvm.rules", "69-lvm-metad.rules"])?,
            _ => self.rules(&["56-lvm.rules", "69-lvm.rules"])?,
        }
        self.root.copy_program("sbin/dmsetup", "")?;
        self.root.copy_program("sbin/lvm", "")?;
        self.root.link("lvm", "sbin/vgchange");
        self.choose("dm_mod dm_snapshot dm_mirror dm_raid raid0 raid1 raid10 raid456");
        Ok(())
    }

    /// A directory with all that is in it.
    fn copy_directory(&mut self, source: &str, target: &str) -> Result<(), Error> {
        let tree = self.root.tree;
        for (path, metadata) in tree.below(source)? {
            let below = path
                .strip_prefix(source)
                .unwrap_or(&path)
                .trim_start_matches('/');
            let place = format!("{target}/{below}");
            match metadata.kind {
                Kind::Directory => self.root.directory_of_mode(&place, metadata.mode),
                _ => self.root.put_as_is(&path, &place)?,
            }
        }
        Ok(())
    }

    /// Programs that check the file systems of `/` and `/usr`, as `/etc/fstab` names them.
    fn checks(&mut self) -> Result<(), Error> {
        let mut types: Vec<String> = match self.settings.get("FSTYPE") {
            "" | "auto" => self.root.tree.checked("etc/fstab")?,
            own => own.split(',').map(str::to_owned).collect(),
        };
        types.sort();
        types.dedup();
        if types.is_empty() || self.root.file("sbin/fsck")?.is_none() {
            return Ok(());
        }
        self.root.copy_program("sbin/fsck", "")?;
        self.root.copy_program("sbin/logsave", "")?;
        for kind in types {
            for home in ["usr/sbin", "sbin"] {
                let found = self.root.copy_program(&format!("{home}/fsck.{kind}"), "")?;
                if found != Copied::Missing {
                    break;
                }
            }
        }
        Ok(())
    }

    fn keymap(&mut self) -> Result<Result<(), Refusal>, Error> {
        let is_wanted = matches!(self.settings.get("KEYMAP"), "y" | "Y");
        if is_wanted && self.root.file("bin/setupcon")?.is_some() {
            let reason = "the hook keymap asks setupcon for the keyboard's layout (KEYMAP=y)";
            return Ok(Err(Refusal(reason.to_owned())));
        }
        Ok(Ok(()))
    }

    fn encrypted(&mut self) -> Result<Result<(), Refusal>, Error> {
        let conf = self
            .root
            .tree
            .read_if_there("etc/cryptsetup-initramfs/conf-hook")?;
        let conf = conf.unwrap_or_default();
        let says = |line: &str| !line.trim().is_empty() && !line.trim_start().starts_with('#');
        if String::from_utf8_lossy(&conf).lines().any(says) {
            let reason = "/etc/cryptsetup-initramfs/conf-hook is not empty";
            return Ok(Err(Refusal(reason.to_owned())));
        }
        if let Some(table) = self.root.tree.read_if_there("etc/crypttab")? {
            if String::from_utf8_lossy(&table).lines().any(says) {
                let reason = "/etc/crypttab names devices";
                return Ok(Err(Refusal(reason.to_owned())));
            }
            self.root.directory("cryptroot");
            self.root.write("cryptroot/crypttab", "");
        }
        self.choose("dm_mod dm_crypt");
        self.root.copy_program("sbin/cryptsetup", "")?;
        self.root.copy_program("sbin/dmsetup", "")?;
        if self.generation == Generation::Bookworm {
            self.unwinder_beside_argon()?;
        }
        self.root.copy_program("lib/cryptsetup/askpass", "")?;
        if !self.settings.busybox() {
            self.root.copy_program("bin/sed", "")?;
        }
        match self.settings.get("MODULES") {
            "most" => {
                let arches = self.kmod.modules.iter().filter_map(|module| {
                    let arch = module
                        .path
                        .strip_prefix("kernel/arch/")?
                        .split('/')
                        .next()?;
                    Some(format!("kernel/arch/{arch}/crypto"))
                });
                let directories: std::collections::BTreeSet<String> = arches.collect();
                for directory in directories {
                    self.kmod.choose_directory(&directory, &[]);
                }
                self.kmod.choose_directory("kernel/crypto", &[]);
            }
            other => {
                let reason = format!("the hook cryptroot looks at the processor (MODULES={other})");
                return Ok(Err(Refusal(reason)));
            }
        }
        self.root
            .copy_file("lib/cryptsetup/functions", "lib/cryptsetup/functions")?;
        Ok(Ok(()))
    }

    /// The library that cryptsetup's key derivation loads by name when its threads end.
    fn unwinder_beside_argon(&mut self) -> Result<(), Error> {
        let Some(program) = self.root.file("sbin/cryptsetup")? else {
            return Ok(());
        };
        let tree = self.root.tree;
        let mut names = vec!["libargon2.so.1".to_owned()];
        if let Some(dynamic) = super::elf::dynamic(&tree.read(&program)?) {
            names.retain(|_| !dynamic.needed.is_empty());
            for name in names {
                let Some(library) = self.root.library(&name, &dynamic, &program)? else {
                    continue;
                };
                let other = match library.strip_prefix("usr/") {
                    Some(bare) => bare.to_owned(),
                    None => format!("usr/{library}"),
                };
                if self.root.copy_unwinder(&library)?.is_none() {
                    self.root.copy_unwinder(&other)?;
                }
            }
        }
        Ok(())
    }

    fn unlock(&mut self) -> Result<(), Error> {
        if self.generation >= Generation::Bookworm && !self.root.has("lib/cryptsetup/askpass") {
            return Ok(());
        }
        let script = "usr/share/cryptsetup/initramfs/bin/cryptroot-unlock";
        self.root.copy_file(script, "bin/cryptroot-unlock")?;
        let own = "etc/initramfs-tools/etc/motd";
        if self.root.copy_file(own, "etc/motd")? == Copied::Missing {
            let text = "To unlock root partition, and maybe others like swap, run \
                        `cryptroot-unlock`.\n";
            self.root.write("etc/motd", text);
        }
        Ok(())
    }

    /// Chooses all modules of `MODULES=most` and what they may ask for.
    pub(super) fn most(&mut self) {
        most::choose(&mut self.kmod, self.generation);
    }
}

/// The types of `/` and `/usr` in a table of file systems, where they are to be checked.
pub(in crate::initramfs) fn checked(fstab: &str) -> Vec<String> {
    let kind = |line: &str| {
        let words: Vec<&str> = line.split_whitespace().collect();
        let is_meant = !line.trim_start().starts_with('#')
            && matches!(words.get(1), Some(&"/" | &"/usr"))
            && words.get(5).is_some_and(|pass| *pass != "0")
            && words.get(2).is_some_and(|kind| *kind != "auto");
        is_meant.then(|| words[2].to_owned())
    };
    fstab.lines().filter_map(kind).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn file_systems_to_check_are_those_of_the_table() {
        let fstab = "# /dev/x / ext2 rw 0 1\nPARTUUID=a / ext4 ro 0 1\nb /usr xfs ro 0 0\n\
                     c /var ext3 rw 0 2\n";
        assert_eq!(checked(fstab), ["ext4"]);
    }
}
