//! A disk and file systems as the usual tools see them.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::desk::{Desk, Image, Ran, ended};
use crate::check::Findings;
use crate::rootfs::place::succeed;

/// Everything that a tool complains of.
pub(super) fn findings(desk: &Desk, image: &Image) -> Findings {
    let mut findings = verified(desk, image)?;
    let disk = desk.file(image, "img");
    let table = ended(Command::new("sgdisk").arg("-v").arg(&disk))?;
    if table.status != 0 || !table.stdout.contains("No problems found") {
        findings.push(format!("sgdisk -v: {}{}", table.stdout, table.stderr));
    }
    let record = desk.record(image)?;
    let partitions = record["disk"]["partitions"].as_array();
    let partitions = partitions.ok_or("the record tells of no partitions")?;
    for partition in partitions {
        let part = desk.data.join("part");
        let number = |key: &str| partition[key].as_u64().unwrap_or_default();
        cut(&disk, &part, number("start"), number("size"))?;
        match partition["filesystem"]["kind"].as_str() {
            Some("ext4") => findings.extend(ext4(&part, partition["name"] == "root", image)?),
            Some("vfat") => findings.extend(fat(&part, partition["name"] == "esp", image)?),
            Some("squashfs") => findings.extend(squashfs(&part)?),
            Some("erofs") => findings.extend(erofs(&part)?),
            _ => {}
        }
        // The next one takes its place.
        let _ = std::fs::remove_file(&part);
    }
    for system in record["filesystems"].as_array().unwrap_or(&Vec::new()) {
        let name = system["file"].as_str().unwrap_or_default();
        let path = disk.with_file_name(name);
        match system["kind"].as_str() {
            Some("squashfs") => findings.extend(squashfs(&path)?),
            Some("erofs") => findings.extend(erofs(&path)?),
            Some("ext4") => findings.extend(ext4(&path, true, image)?),
            _ => findings.push(format!("{name}: an unknown kind")),
        }
    }
    Ok(findings)
}

/// What `inspect --verify` finds: records, outputs, partitions, both tables.
pub(super) fn verified(desk: &Desk, image: &Image) -> Findings {
    let disk = desk.file(image, "img");
    let mut command = desk.formwork(image);
    command
        .args(["--quiet", "inspect", "--verify", "--top", "1"])
        .arg(&disk);
    Ok(unless(&ended(&mut command)?, "inspect --verify"))
}

/// A part of a file as a file of its own.
fn cut(from: &Path, to: &Path, start: u64, size: u64) -> Result<(), String> {
    let word = |name: &str, path: &Path| format!("{name}={}", path.display());
    let mut command = Command::new("dd");
    command.args([word("if", from), word("of", to)]);
    command.args([format!("skip={start}"), format!("count={size}")]);
    command.args([
        "iflag=skip_bytes,count_bytes",
        "conv=sparse",
        "bs=1M",
        "status=none",
    ]);
    succeed(&mut command).map(drop)?;
    // Holes at the end are part of it as well.
    let file = std::fs::OpenOptions::new().write(true).open(to);
    file.and_then(|file| file.set_len(size))
        .map_err(|error| format!("{}: {error}", to.display()))
}

/// A finding with what a tool said, unless it was content.
fn unless(ran: &Ran, what: &str) -> Vec<String> {
    match ran.status {
        0 => Vec::new(),
        status => vec![format!(
            "{what}: exit {status}: {}{}",
            ran.stdout,
            ran.last()
        )],
    }
}

fn ext4(part: &Path, is_root: bool, image: &Image) -> Findings {
    let mut findings = unless(
        &ended(Command::new("fsck.ext4").arg("-fn").arg(part))?,
        "fsck.ext4 -fn",
    );
    let read = ["-R", "cat /usr/lib/os-release"];
    let told = ended(Command::new("debugfs").args(read).arg(part))?;
    if is_root && !told.stdout.contains(&format!("({})", image.suite)) {
        findings.push(format!("debugfs reads no os-release of {}", image.suite));
    }
    Ok(findings)
}

/// A file system that the firmware reads, or where EFI Boot Guard keeps a configuration.
fn fat(part: &Path, is_system: bool, image: &Image) -> Findings {
    let mut findings = unless(
        &ended(Command::new("fsck.fat").arg("-n").arg(part))?,
        "fsck.fat -n",
    );
    let (name, path, begins): (_, _, &[u8]) = match (is_system, image.architecture) {
        (false, _) => ("EFILABEL", "::/EFILABEL", b"B\0O\0O\0T\0"),
        (_, "amd64") => ("BOOTX64.EFI", "::/EFI/BOOT/BOOTX64.EFI", b"MZ"),
        (_, "arm64") => ("BOOTAA64.EFI", "::/EFI/BOOT/BOOTAA64.EFI", b"MZ"),
        _ => ("BOOTARM.EFI", "::/EFI/BOOT/BOOTARM.EFI", b"MZ"),
    };
    let copy: PathBuf = part.with_extension("efi");
    let mut command = Command::new("mcopy");
    command.arg("-n").arg("-i").arg(part).arg(path).arg(&copy);
    findings.extend(unless(&ended(&mut command)?, name));
    let bytes = std::fs::read(&copy).unwrap_or_default();
    if !bytes.starts_with(begins) {
        findings.push(format!("{name} does not begin as it must"));
    }
    // It has been read.
    let _ = std::fs::remove_file(&copy);
    Ok(findings)
}

fn squashfs(part: &Path) -> Findings {
    let mut command = Command::new("unsquashfs");
    command.args(["-cat"]).arg(part).arg("usr/lib/os-release");
    let told = ended(&mut command)?;
    let mut findings = unless(&told, "unsquashfs -cat");
    if !told.stdout.contains("Debian") {
        findings.push("unsquashfs reads no os-release".to_owned());
    }
    let list = ended(Command::new("unsquashfs").arg("-lln").arg(part))?;
    findings.extend(unless(&list, "unsquashfs -lln"));
    Ok(findings)
}

fn erofs(part: &Path) -> Findings {
    // Without a place to write to it reads everything all the same.
    let mut command = Command::new("fsck.erofs");
    command.arg("--extract").arg(part);
    Ok(unless(&ended(&mut command)?, "fsck.erofs --extract"))
}
