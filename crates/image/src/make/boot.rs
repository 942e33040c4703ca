//! How an image boots: the kernel command line, the unified kernel image, where it lies.

use formwork_deb::sha256::Sha256;
use formwork_model::documents::{ImageBoot, ImageBootPart};
use formwork_model::layout::{Layout, Loader};
use rayon::prelude::*;

use super::{DiskOrder, ImageError, Part, names};
use crate::uki;

/// The unified kernel image of a configuration partition.
pub(super) const UKI_OF_CONFIG: &str = "linux.efi";

/// The kernel command line of an image.
#[must_use]
pub fn command_line(layout: &Layout, seed: &Sha256, architecture: &str) -> String {
    let mut words = Vec::new();
    if let Some(root) = layout.root() {
        words.push(format!(
            "root=PARTUUID={}",
            names::partition_uuid(seed, &root.name)
        ));
        // An initial RAM disk that is asked for a file system by name need not guess.
        if let Some(kind) = root.filesystem.filter(|kind| kind.is_read_only()) {
            words.push(format!("rootfstype={}", kind.as_str()));
        }
    }
    words.push("ro".to_owned());
    let own = layout
        .boot
        .as_ref()
        .map_or(&[][..], |boot| &boot.command_line);
    if !own.iter().any(|word| word.starts_with("console=")) {
        words.push("console=tty0".to_owned());
        let serial = match architecture {
            "arm64" | "armhf" => "console=ttyAMA0,115200",
            _ => "console=ttyS0,115200",
        };
        words.push(serial.to_owned());
    }
    words.extend(own.iter().cloned());
    words.join(" ")
}

/// Where firmware looks for what it starts, from the root of the ESP.
#[must_use]
pub fn removable_path(architecture: &str) -> Option<&'static str> {
    match architecture {
        "amd64" => Some("EFI/BOOT/BOOTX64.EFI"),
        "arm64" => Some("EFI/BOOT/BOOTAA64.EFI"),
        "armhf" => Some("EFI/BOOT/BOOTARM.EFI"),
        _ => None,
    }
}

/// What goes to the ESP and the configuration partitions, and the record of it.
#[derive(Debug, Default)]
pub(super) struct Booting {
    /// What the firmware starts, with its path.
    pub(super) started: Option<(&'static str, Vec<u8>)>,
    /// The unified kernel image, where another loader starts it.
    pub(super) uki: Option<Vec<u8>>,
}

/// Puts together what boots.
pub(super) fn assemble(order: &DiskOrder<'_>) -> Result<Booting, ImageError> {
    let mut booting = Booting::default();
    let Some(boot) = &order.layout.boot else {
        return Ok(booting);
    };
    let kernel = order.kernel.ok_or(ImageError::Missing("kernel"))?;
    let initrd = order
        .initrd
        .ok_or(ImageError::Missing("initial RAM disk"))?;
    if boot.loader == Loader::None {
        return Ok(booting);
    }
    let path = removable_path(order.architecture)
        .ok_or_else(|| ImageError::Architecture(order.architecture.to_owned()))?;
    let stub = order
        .stub
        .ok_or(ImageError::Missing("stub for its loader"))?;
    let uki = uki::build(&uki::Parts {
        stub: stub.bytes,
        release: release(order),
        command_line: &command_line(order.layout, &order.seed, order.architecture),
        version: kernel.version,
        initrd: initrd.bytes,
        kernel: kernel.part.bytes,
    })?;
    if boot.loader == Loader::Uki {
        booting.started = Some((path, uki));
    } else {
        let loader = order.loader.ok_or(ImageError::Missing("loader"))?;
        booting.started = Some((path, loader.bytes.to_vec()));
        booting.uki = Some(uki);
    }
    Ok(booting)
}

/// The record of what boots, with the digests of its parts.
pub(super) fn record(order: &DiskOrder<'_>, booting: &Booting) -> Option<ImageBoot> {
    let (boot, kernel) = (order.layout.boot.as_ref()?, order.kernel?);
    let mut parts = vec![("kernel", kernel.part)];
    parts.extend(order.initrd.map(|initrd| ("initrd", initrd)));
    let started = booting.started.as_ref();
    let is_direct = boot.loader == Loader::Uki;
    let path = match started {
        Some((path, _)) if is_direct => format!("/{path}"),
        _ => format!("/{UKI_OF_CONFIG}"),
    };
    if let Some((_, first)) = started {
        parts.extend(order.stub.map(|stub| ("stub", stub)));
        let uki = Part {
            package: None,
            path: &path,
            bytes: booting.uki.as_ref().unwrap_or(first),
        };
        parts.push(("uki", uki));
        let loader = order.loader.filter(|_| !is_direct);
        parts.extend(loader.map(|loader| ("loader", loader)));
    }
    let parts = parts.par_iter().map(|(name, part)| told(name, part));
    Some(ImageBoot {
        loader: boot.loader.as_str().to_owned(),
        kernel_version: kernel.version.to_owned(),
        command_line: command_line(order.layout, &order.seed, order.architecture),
        parts: parts.collect(),
    })
}

/// `/etc/os-release`, which is a link to the other in Debian.
fn release<'a>(order: &DiskOrder<'a>) -> &'a [u8] {
    let paths = ["usr/lib/os-release", "etc/os-release"];
    let mut found = paths.iter().filter_map(|path| order.tree.file(path));
    found.next().unwrap_or_default()
}

fn told(name: &str, part: &Part<'_>) -> ImageBootPart {
    ImageBootPart {
        name: name.to_owned(),
        package: part.package.map(str::to_owned),
        path: part.path.to_owned(),
        size: part.bytes.len() as u64,
        sha256: Sha256::of(part.bytes).to_string(),
    }
}
