//! The last partition takes the rest of the disk when the device first boots, and its file system
//! follows.
//!
//! systemd-repart does it where the suite has it: in package systemd on bookworm, in a package of
//! its own after that. On bullseye a unit calls sfdisk.

use std::fmt::Write as _;

use formwork_model::layout::{FileSystem, Layout, Partition, Role};
use formwork_rootfs::job::Job;

use super::{file, has, lacks};
use crate::Error;

/// The unit that grows the partition where systemd-repart is not to be had.
pub(super) const UNIT: &str = "/etc/systemd/system/grow-last-partition.service";
/// What starts it.
const UNIT_LINK: &str = "/etc/systemd/system/sysinit.target.wants/grow-last-partition.service";
/// The unit that grows the root file system, which must be writable by then.
const ROOT_DROPIN: &str = "/etc/systemd/system/systemd-growfs@-.service.d/50-image.conf";

/// The partition that grows, if one is to: the last, if it has a file system that can.
pub(super) fn wanted(layout: &Layout) -> Option<&Partition> {
    let last = layout.partitions.last().filter(|_| layout.grow)?;
    let can = last.filesystem == Some(FileSystem::Ext4) && last.mount.is_some();
    can.then_some(last)
}

/// Adds what grows it.
pub(super) fn add(job: &mut Job, layout: &Layout, last: &Partition) -> Result<(), Error> {
    let old = job.suite == "bullseye";
    let needed: &[&str] = match job.suite.as_str() {
        "bullseye" => &["systemd", "fdisk"],
        "bookworm" => &["systemd"],
        _ => &["systemd", "systemd-repart"],
    };
    for package in needed {
        if !has(job, package) {
            let what = format!("growth of the partition `{}` at the first boot", last.name);
            let otherwise = "[disk] grow = false where the disk is as large as it will be";
            return Err(lacks(layout, &what, package, otherwise));
        }
    }
    let settings = &mut job.settings;
    if old {
        file(settings, UNIT, unit(layout.partitions.len()), 0o644);
        link(job, UNIT_LINK, UNIT);
    } else {
        for (path, text) in definitions(layout, last) {
            file(settings, &path, text, 0o644);
        }
    }
    if last.mount.as_deref() == Some("/") {
        let text = "[Unit]\nAfter=systemd-remount-fs.service grow-last-partition.service\n";
        file(&mut job.settings, ROOT_DROPIN, text.to_owned(), 0o644);
    }
    Ok(())
}

/// A definition for each partition of the type of the last, in their order: systemd-repart tells
/// partitions of one type apart by nothing else.
fn definitions(layout: &Layout, last: &Partition) -> Vec<(String, String)> {
    let alike = layout.partitions.iter().filter(|one| one.role == last.role);
    let kind = match last.role {
        Role::Root => "root",
        _ => "linux-generic",
    };
    let definition = |(number, partition): (usize, &Partition)| {
        let mut text = format!("[Partition]\nType={kind}\nSizeMinBytes=4096\n");
        if partition.name != last.name {
            text.push_str("Weight=0\n");
        }
        let path = format!("/etc/repart.d/{:02}-{}.conf", number + 1, partition.name);
        (path, text)
    };
    alike.enumerate().map(definition).collect()
}

/// The unit of a suite without systemd-repart. It does its work once: a second partition table
/// at the end of the disk shows that nothing is left to be done.
fn unit(number: usize) -> String {
    let mut text = String::from(
        "[Unit]\n\
         Description=Grow the last partition to the end of the disk\n\
         DefaultDependencies=no\n\
         ConditionVirtualization=!container\n\
         After=systemd-remount-fs.service\n\
         Before=local-fs.target shutdown.target\n\
         Conflicts=shutdown.target\n\
         \n\
         [Service]\n\
         Type=oneshot\n\
         RemainAfterExit=yes\n",
    );
    // Writing to a string cannot fail.
    let _ = writeln!(
        text,
        "ExecStart=/bin/sh -c 'root=$$(findmnt -no SOURCE /) && \
         disk=/dev/$$(lsblk -no PKNAME \"$$root\") && \
         echo \", +\" | sfdisk --quiet --no-reread --no-tell-kernel -N {number} \"$$disk\" && \
         partx --update --nr {number} \"$$disk\"'"
    );
    text
}

/// Adds a symbolic link, at its place in the order of paths.
fn link(job: &mut Job, path: &str, target: &str) {
    let links = &mut job.settings.links;
    let at = links.partition_point(|link| link.path.as_str() < path);
    let link = formwork_model::settings::Link {
        path: path.to_owned(),
        target: target.to_owned(),
        at: String::new(),
    };
    links.insert(at, link);
}
