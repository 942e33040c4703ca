//! What the firmware finds on a disk, beside what the record says that boots: the files of the ESP
//! and of the configuration partitions, and what the unified kernel image is made of.

#[cfg(test)]
mod tests;

use formwork_deb::sha256::Sha256;
use formwork_format::ebg::{self, Environment};
use formwork_format::fat;
use formwork_format::uki;
use formwork_model::documents::{Difference, ImageBoot, ImageBootPart, ImageDisk, ImagePartition};

use crate::chain::{difference, same};
use crate::disk::place_of;

/// Where removable media have what the firmware starts.
const STARTED: &str = "EFI/BOOT";
/// As much of a partition as is looked at.
const MOST: u64 = 1 << 31;

/// Everything in which what boots differs from its record; `read` gives so many bytes of the disk
/// from a place on, or nothing if they are not there.
#[must_use]
pub fn parts(
    disk: &ImageDisk,
    boot: &ImageBoot,
    read: &dyn Fn(u64, u64) -> Option<Vec<u8>>,
) -> Vec<Difference> {
    let mut looking = Looking {
        boot,
        read,
        found: Vec::new(),
    };
    let of_role = |role: &str| {
        let partitions = disk.partitions.iter();
        partitions.filter(move |one| one.role == role).collect()
    };
    let esps: Vec<&ImagePartition> = of_role("esp");
    let configs: Vec<&ImagePartition> = of_role("config");
    match boot.loader.as_str() {
        "uki" => {
            for esp in esps {
                looking.volume(esp, |looking, volume, place| {
                    looking.unified(volume, place, None);
                });
            }
        }
        "efibootguard" => {
            for esp in esps {
                looking.volume(esp, Looking::loader);
            }
            for (number, config) in configs.into_iter().enumerate() {
                looking.volume(config, |looking, volume, place| {
                    looking.environment(volume, place, number == 0);
                });
            }
        }
        _ => {}
    }
    looking.found
}

/// A look at a disk.
struct Looking<'a> {
    boot: &'a ImageBoot,
    read: &'a dyn Fn(u64, u64) -> Option<Vec<u8>>,
    found: Vec<Difference>,
}

impl Looking<'_> {
    /// Opens the file system of a partition.
    fn volume(
        &mut self,
        partition: &ImagePartition,
        look: impl FnOnce(&mut Self, &fat::Volume<'_>, &str),
    ) {
        let place = place_of(partition);
        let Some(bytes) = (self.read)(partition.start, partition.size.min(MOST)) else {
            let text = "the disk ends before";
            self.found
                .push(difference(place, "file system", "there", text));
            return;
        };
        match fat::read(&bytes) {
            Ok(volume) => look(self, &volume, &place),
            Err(error) => self.broken(&place, "file system", error),
        }
    }

    /// EFI Boot Guard, which is the only program on the ESP.
    fn loader(&mut self, volume: &fat::Volume<'_>, place: &str) {
        let entries = match volume.list(STARTED) {
            Ok(entries) => entries,
            Err(error) => return self.broken(place, STARTED, error),
        };
        let Some(part) = self.part("loader") else {
            return;
        };
        let programs: Vec<String> = entries
            .into_iter()
            .filter(|entry| entry.name.to_lowercase().ends_with(".efi"))
            .map(|entry| format!("{STARTED}/{}", entry.name))
            .collect();
        match programs.as_slice() {
            [program] => {
                if let Some(bytes) = self.content(volume, place, program) {
                    self.digest(&format!("{place}, /{program}"), &part, &bytes);
                }
            }
            others => {
                let text = format!("{} programs", others.len());
                self.found
                    .push(difference(place, STARTED, "one program", text));
            }
        }
    }

    /// A configuration of EFI Boot Guard; the first one leads to the unified kernel image.
    fn environment(&mut self, volume: &fat::Volume<'_>, place: &str, is_first: bool) {
        if let Some(bytes) = self.content(volume, place, ebg::FILE) {
            match Environment::decode(&bytes) {
                Ok(environment) if is_first => self.unified(volume, place, Some(&environment)),
                Ok(_) => {}
                Err(error) => self.broken(&format!("{place}, /{}", ebg::FILE), "content", error),
            }
        }
    }

    /// The unified kernel image, as a whole and what it is made of.
    fn unified(
        &mut self,
        volume: &fat::Volume<'_>,
        place: &str,
        environment: Option<&Environment>,
    ) {
        let Some(part) = self.part("uki") else {
            return;
        };
        let path = part.path.trim_start_matches('/').to_owned();
        if let Some(environment) = environment {
            // `C:BOOT0:linux.efi`
            let named = environment.kernel.rsplit(':').next().unwrap_or_default();
            let place = format!("{place}, /{}", ebg::FILE);
            same(&mut self.found, &place, "kernel", path.as_str(), named);
        }
        let Some(bytes) = self.content(volume, place, &path) else {
            return;
        };
        let place = format!("{place}, /{path}");
        self.digest(&place, &part, &bytes);
        let unified = match uki::read(&bytes) {
            Ok(unified) => unified,
            Err(error) => return self.broken(&place, "unified kernel image", error),
        };
        for (name, content) in [("kernel", Some(unified.kernel)), ("initrd", unified.initrd)] {
            match (self.part(name), content) {
                (Some(part), Some(content)) => {
                    self.digest(&format!("{place}, {name}"), &part, content);
                }
                (Some(_), None) => {
                    self.found
                        .push(difference(&place, name, "there", "missing"));
                }
                (None, _) => {}
            }
        }
        let (boot, found) = (self.boot, &mut self.found);
        let line = unified.command_line.as_str();
        same(
            found,
            &place,
            "command line",
            boot.command_line.as_str(),
            line,
        );
        if let Some(version) = &unified.version {
            let recorded = boot.kernel_version.as_str();
            same(found, &place, "kernel version", recorded, version.as_str());
        }
    }

    fn part(&self, name: &str) -> Option<ImageBootPart> {
        let mut parts = self.boot.parts.iter();
        parts.find(|part| part.name == name).cloned()
    }

    fn content(&mut self, volume: &fat::Volume<'_>, place: &str, path: &str) -> Option<Vec<u8>> {
        match volume.find(path).and_then(|entry| volume.content(&entry)) {
            Ok(content) => Some(content),
            Err(error) => {
                self.broken(place, &format!("/{path}"), error);
                None
            }
        }
    }

    fn digest(&mut self, place: &str, part: &ImageBootPart, bytes: &[u8]) {
        let seen = Sha256::of(bytes).to_string();
        same(&mut self.found, place, "sha256", part.sha256.clone(), seen);
    }

    fn broken(&mut self, place: &str, what: &str, error: impl ToString) {
        self.found.push(difference(place, what, "sound", error));
    }
}

/// Whether the kernel and the initial RAM disk beside a disk that something of the board's own
/// starts are those of the record; `sha256` gives the recorded digest of an output by its kind.
#[must_use]
pub fn beside(boot: &ImageBoot, sha256: &dyn Fn(&str) -> Option<String>) -> Vec<Difference> {
    let mut found = Vec::new();
    if boot.loader != "none" {
        return found;
    }
    for part in &boot.parts {
        if let Some(named) = sha256(&part.name) {
            let what = "sha256 in the image record";
            same(&mut found, &part.name, what, named, part.sha256.clone());
        }
    }
    found
}
