//! Packages that stand in the lock without being installed: of each a single file goes to the disk.
//!
//! They follow from the layout alone. Which package has the stub of unified kernel images differs
//! between suites (`systemd` up to bullseye, `systemd-boot-efi` after it), so several names are
//! given, and the first that the archive has is taken. No list of suites is kept here.

use crate::layout::{Blob, BlobSource, Layout, Loader};
use crate::wish::Wish;

/// A package that is to stand in the lock without being installed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlannedBeside {
    /// The wishes, of which the first that the archive can fulfil counts; never empty.
    pub wishes: Vec<Wish>,
    /// What it is for, as in "the loader uki".
    pub purpose: String,
    /// File and line that asks for it.
    pub at: String,
    /// What to do where the archive has none of them.
    pub remedy: &'static str,
}

/// The keys of an image that decide about it.
pub(super) const KEYS: [&str; 3] = ["forms", "boot", "blobs"];
/// The packages that may have the stub of unified kernel images, the best first.
const STUB: [&str; 2] = ["systemd-boot-efi", "systemd"];
/// The package of EFI Boot Guard, with its own stub.
const EFI_BOOT_GUARD: [&str; 1] = ["efibootguard"];

/// What a layout needs, in the order in which it asks.
pub(super) fn of(layout: &Layout) -> Vec<PlannedBeside> {
    let mut planned = Vec::new();
    if let Some(boot) = &layout.boot {
        let (names, word, remedy): (&[&str], _, _) = match boot.loader {
            Loader::Uki => (
                &STUB,
                "uki",
                "add a repository that has it, or write loader = \"none\"",
            ),
            Loader::EfiBootGuard => (
                &EFI_BOOT_GUARD,
                "efibootguard",
                "write loader = \"uki\" for this suite, or add a repository that has it",
            ),
            Loader::None => (&[], "", ""),
        };
        if !names.is_empty() {
            planned.push(PlannedBeside {
                wishes: names.iter().map(|name| named(name)).collect(),
                purpose: format!("the loader {word}"),
                at: boot.at.clone(),
                remedy,
            });
        }
    }
    planned.extend(layout.blobs.iter().filter_map(of_blob));
    planned
}

/// What a blob needs, if it is taken of a package.
fn of_blob(blob: &Blob) -> Option<PlannedBeside> {
    let BlobSource::Package { package, .. } = &blob.source else {
        return None;
    };
    Some(PlannedBeside {
        // Whoever reads the layout has checked the text; a bare name is the worst it can be.
        wishes: vec![Wish::parse(package).unwrap_or_else(|_| named(package))],
        purpose: format!("the blob {}", blob.name),
        at: blob.at.clone(),
        remedy: "correct the name, or add a repository that has it",
    })
}

/// A wish for a package of the native architecture.
fn named(name: &str) -> Wish {
    Wish {
        name: name.to_owned(),
        ..Wish::default()
    }
}

impl PlannedBeside {
    /// The wishes as one text.
    #[must_use]
    pub fn text(&self) -> String {
        let wishes: Vec<String> = self.wishes.iter().map(Wish::to_string).collect();
        wishes.join(" | ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layout::Boot;

    fn layout(loader: Option<Loader>, blobs: &[BlobSource]) -> Layout {
        Layout {
            boot: loader.map(|loader| Boot {
                loader,
                kernel: None,
                initrd: Default::default(),
                command_line: vec![],
                watchdog: 0,
                at: "images/a.toml:3".to_owned(),
            }),
            blobs: blobs
                .iter()
                .map(|source| Blob {
                    name: "u-boot".to_owned(),
                    offset: 8192,
                    source: source.clone(),
                    at: "images/a.toml:9".to_owned(),
                })
                .collect(),
            ..Layout::default()
        }
    }

    #[test]
    fn what_is_beside_follows_from_loader_and_blobs() {
        let package = |package: &str| BlobSource::Package {
            package: package.to_owned(),
            file: "/usr/lib/u-boot/x.bin".to_owned(),
        };
        let table: [(Layout, &[&str]); 5] = [
            (layout(None, &[]), &[]),
            (layout(Some(Loader::None), &[]), &[]),
            (
                layout(Some(Loader::Uki), &[]),
                &["systemd-boot-efi | systemd: the loader uki"],
            ),
            (
                layout(Some(Loader::EfiBootGuard), &[package("u-boot-rockchip")]),
                &[
                    "efibootguard: the loader efibootguard",
                    "u-boot-rockchip: the blob u-boot",
                ],
            ),
            (
                layout(None, &[package("u-boot/bookworm-backports")]),
                &["u-boot/bookworm-backports: the blob u-boot"],
            ),
        ];
        for (layout, expected) in table {
            let found: Vec<String> = of(&layout)
                .iter()
                .map(|planned| format!("{}: {}", planned.text(), planned.purpose))
                .collect();
            assert_eq!(found, expected);
        }
    }
}
