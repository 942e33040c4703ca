//! An image with a package whose hook is not known: the tree's own `mkinitramfs` makes the initial
//! RAM disk, what the hook puts in is there, and the build says so.

use super::{Content, Options, Project};
use crate::rootfs::place::document;

/// A package that has such a hook, the hook, and what it puts in.
const PACKAGE: &str = "btrfs-progs";
const HOOK: &str = "/usr/share/initramfs-tools/hooks/btrfs";
const PROGRAM: &str = "bin/btrfs";
/// How it is told.
const TOLD: &str = "the initial RAM disk is made by the image's own mkinitramfs: the hook";

pub(super) fn findings(options: &Options, suite: &str) -> Result<Vec<String>, String> {
    let project = Project::new(options, suite, "unknown")?;
    project.image("unknown", PACKAGE, "native")?;
    project.lock()?;
    let output = project.build("unknown").output();
    let output = output.map_err(|error| error.to_string())?;
    let said = String::from_utf8_lossy(&output.stderr);
    if !output.status.success() {
        return Ok(vec![format!("{suite} with {PACKAGE}: {said}")]);
    }
    let mut findings = Vec::new();
    if !said.contains(&format!("{TOLD} {HOOK} is not known")) {
        findings.push(format!("{suite}: nothing is said of {HOOK}: {said}"));
    }
    let record = document(&project.built("unknown", "buildinfo.json"))?;
    let step = record["steps"].as_array().into_iter().flatten();
    let by: Vec<_> = step.filter_map(|step| step["by"].as_str()).collect();
    if by != ["initramfs-tools"] {
        findings.push(format!(
            "{suite}: the record says that it was made by {by:?}"
        ));
    }
    let content = Content::read(&project.built("unknown", "initrd"))?;
    if !content.0.keys().any(|name| name.ends_with(PROGRAM)) {
        findings.push(format!(
            "{suite}: {PROGRAM}, which {HOOK} puts in, is not there"
        ));
    }
    Ok(findings)
}
