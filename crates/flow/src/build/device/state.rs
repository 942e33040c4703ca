//! A root that is read only gets its `/var` and a `/etc` that can be written to before anything
//! of it runs.
//!
//! Both are mounted in the initial RAM disk, by a script of initramfs-tools: systemd reads
//! `/etc` as the first thing it does and keeps the identity of the device there, so a mount from
//! `/etc/fstab` comes too late.

use formwork_deb::sha256::Sha256;
use formwork_image::make::partition_uuid;
use formwork_model::layout::{Layout, Partition};
use formwork_rootfs::job::Job;

use super::{file, has, lacks};
use crate::Error;

/// Where the partition for state is mounted.
pub(super) const PLACE: &str = "/var";
/// The script that mounts it.
pub(super) const SCRIPT: &str = "/etc/initramfs-tools/scripts/init-bottom/state";
/// What brings the kernel's parts for it into the initial RAM disk.
const MODULES: &str = "/usr/share/initramfs-tools/modules.d/state";

/// Adds the script, and the modules that it needs.
pub(super) fn add(job: &mut Job, layout: &Layout, seed: &Sha256) -> Result<(), Error> {
    let is_state = |partition: &Partition| partition.mount.as_deref() == Some(PLACE);
    let Some(partition) = layout.partitions.iter().find(|one| is_state(one)) else {
        return Ok(());
    };
    if !has(job, "initramfs-tools-core") && !has(job, "initramfs-tools") {
        let otherwise = "[disk] state = false where nothing is ever written";
        return Err(lacks(
            layout,
            "state beside a root that is read only",
            "initramfs-tools",
            otherwise,
        ));
    }
    let id = partition_uuid(seed, &partition.name);
    let kind = partition.filesystem.map_or("ext4", |kind| kind.as_str());
    let root = layout.root().and_then(|root| root.filesystem);
    let root = root.map_or("ext4", |kind| kind.as_str());
    let settings = &mut job.settings;
    file(settings, SCRIPT, script(&id, kind), 0o755);
    file(
        settings,
        MODULES,
        format!("{root}\n{kind}\noverlay\n"),
        0o644,
    );
    Ok(())
}

/// Mounts the partition, and the overlay that lies on it.
fn script(id: &str, kind: &str) -> String {
    format!(
        r#"#!/bin/sh
# Mounts /var, and /etc as what is written there over what the image has.
PREREQ=""
prereqs() {{
    echo "$PREREQ"
}}
case "$1" in
prereqs)
    prereqs
    exit 0
    ;;
esac

. /scripts/functions

mount_state() {{
    device=$(resolve_device PARTUUID={id}) || return 1
    mount -t {kind} -o rw "$device" "${{rootmnt}}/var" || return 1
    state="${{rootmnt}}/var/lib/etc-overlay"
    mkdir -p "$state/upper" "$state/work" || return 1
    mount -t overlay -o "lowerdir=${{rootmnt}}/etc,upperdir=$state/upper,workdir=$state/work" \
        overlay "${{rootmnt}}/etc"
}}

mount_state || panic "The partition for state (PARTUUID={id}) cannot be mounted"
"#
    )
}
