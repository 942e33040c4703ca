//! The profiles that boot to something else than the login of `minimal`, and how small one is.

use super::desk::{Desk, Image, ended};
use crate::check::Findings;
use crate::rootfs::place::succeed;
use std::process::Command;

/// The most that `tiny` may take as squashfs, without its kernel and modules.
const MOST: u64 = 20_000_000;
/// What the kernel's package brings.
const KERNEL: &str = "boot usr/lib/modules lib/modules";

/// `tiny` stays small, and reaches its shell when it boots as shipped.
pub(super) fn findings(desk: &Desk, image: &Image) -> Findings {
    desk.build(image, &["--kind", "disk", "--kind", "squashfs"])?;
    let mut findings = size(desk, image)?;
    let arguments = ["--as-shipped", "--expect", "/ # ", "--timeout", "900"];
    let ran = desk.run_image(image, &arguments, &[])?;
    if ran.status != 0 {
        findings.push(format!("no shell, exit {}: {}", ran.status, ran.last()));
    }
    Ok(findings)
}

/// How large it is as squashfs without its kernel.
fn size(desk: &Desk, image: &Image) -> Findings {
    let whole = desk.file(image, "squashfs");
    let tree = desk.data.join("tiny.root");
    let small = desk.data.join("tiny.squashfs");
    for path in [&tree, &small] {
        // They may be left of a check that was interrupted.
        let _ = std::fs::remove_dir_all(path).or_else(|_| std::fs::remove_file(path));
    }
    succeed(
        Command::new("unsquashfs")
            .args(["-quiet", "-no-progress", "-no-xattrs", "-dest"])
            .arg(&tree)
            .arg(&whole),
    )?;
    let mut findings = Vec::new();
    for program in ["apt", "dpkg", "perl", "systemctl", "bash"] {
        let found = ["usr/bin", "bin", "usr/sbin"]
            .iter()
            .any(|place| tree.join(place).join(program).symlink_metadata().is_ok());
        if found {
            findings.push(format!("{program} is in it"));
        }
    }
    let mut pack = Command::new("mksquashfs");
    pack.arg(&tree).arg(&small);
    pack.args([
        "-comp",
        "zstd",
        "-quiet",
        "-no-progress",
        "-wildcards",
        "-e",
    ]);
    pack.args(KERNEL.split(' '));
    let packed = ended(&mut pack)?;
    if packed.status != 0 {
        return Err(format!("mksquashfs: {}", packed.last()));
    }
    let bytes = std::fs::metadata(&small).map_or(u64::MAX, |found| found.len());
    println!("  {bytes} bytes as squashfs without kernel and modules");
    if bytes > MOST {
        findings.push(format!(
            "{bytes} bytes without kernel and modules, not {MOST}"
        ));
    }
    std::fs::remove_dir_all(&tree).map_err(|error| format!("{}: {error}", tree.display()))?;
    std::fs::remove_file(&small).map_err(|error| format!("{}: {error}", small.display()))?;
    Ok(findings)
}
