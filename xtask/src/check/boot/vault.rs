//! Roots on LUKS and on LVM. Our layouts make none, so a guest prepares two disks, with a copy of
//! what itself runs from, and another run of the same image has its root there: kernel and initial
//! RAM disk are those of the image, only the command line says where the root is.

use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use super::desk::{Desk, Image, guest};
use super::dialogue::Dialogue;
use crate::check::Findings;
use crate::rootfs::place::succeed;

/// Prepares both disks.
const PREPARE: &str = include_str!("prepare.sh");
/// The name that the disk of LUKS has, which must stand in the script too.
const LOCKED: &str = "00000000-0000-4000-8000-000000000001";
/// What opens it; likewise.
const SECRET: &str = "open sesame";
/// How large the disks are.
const SIZE: &str = "1G";
/// How long a slow machine may take for a step.
const PATIENCE: Duration = Duration::from_secs(900);

/// The passphrase is asked for on the console, and opens the root.
pub(super) fn locked(desk: &Desk, image: &Image) -> Findings {
    let place = prepared(desk, image)?;
    let mut command = desk.formwork(image);
    let append = format!("root=/dev/mapper/vault cryptopts=target=vault,source=UUID={LOCKED}");
    command
        .args(["--quiet", "run"])
        .arg(place.join("vault.img"));
    command.arg("--disk").arg(place.join("luks.img"));
    command.args(["--append", &append]);
    let mut guest = Dialogue::start(&mut command)?;
    guest.expect("Please unlock disk vault", PATIENCE)?;
    guest.say("not this one")?;
    guest.expect("Please unlock disk vault", PATIENCE)?;
    guest.say(SECRET)?;
    // Its shell; what we type is there in its echo too, so the answer must be another.
    guest.expect("# ", PATIENCE)?;
    guest.say("echo \"root at $(findmnt --noheadings --output SOURCE /) end\"")?;
    guest.expect("root at /", PATIENCE)?;
    let device = guest.expect(" end", PATIENCE)?;
    Ok(match device.as_str() {
        "dev/mapper/vault" => Vec::new(),
        other => vec![format!("the root is at /{other}")],
    })
}

/// The volume is found without a word.
pub(super) fn volume(desk: &Desk, image: &Image) -> Findings {
    let place = prepared(desk, image)?;
    let mut command = desk.formwork(image);
    command
        .args(["--quiet", "run"])
        .arg(place.join("vault.img"));
    command.arg("--disk").arg(place.join("lvm.img"));
    command.args(["--append", "root=/dev/mapper/band-root"]);
    command.args(["--after", "local-fs.target", "--"]);
    command.args(["findmnt", "--noheadings", "--output", "SOURCE", "/"]);
    let ran = guest(&mut command)?;
    let device = ran.stdout.trim();
    if ran.status == 0 && device == "/dev/mapper/band-root" {
        return Ok(Vec::new());
    }
    let last = ran.last();
    Ok(vec![format!(
        "exit {}, root at {device}: {last}",
        ran.status
    )])
}

/// Removes the disks, and what the image's build left.
pub(super) fn clear(desk: &Desk, image: &Image) {
    let _ = std::fs::remove_dir_all(desk.data.join("vault"));
    desk.clear(image);
}

/// Makes sure of a directory with a copy of the image's disk, and of both disks.
fn prepared(desk: &Desk, image: &Image) -> Result<PathBuf, String> {
    let place = desk.data.join("vault");
    let done = place.join("done");
    if done.exists() {
        return Ok(place);
    }
    desk.have(image)?;
    std::fs::create_dir_all(&place).map_err(|error| format!("{}: {error}", place.display()))?;
    // The guest writes to it, too.
    for ending in ["img", "image.json"] {
        let mut copy = Command::new("cp");
        copy.args(["--sparse=always", "--"]);
        succeed(copy.arg(desk.file(image, ending)).arg(&place))?;
    }
    let mut command = desk.formwork(image);
    command.args(["--quiet", "run", "--keep"]);
    command.arg(place.join("vault.img"));
    for name in ["luks.img", "lvm.img"] {
        let path = place.join(name);
        succeed(Command::new("truncate").args(["--size", SIZE]).arg(&path))?;
        command.arg("--disk").arg(path);
    }
    command.args(["--", "sh", "-euc", PREPARE]);
    let ran = guest(&mut command)?;
    if ran.status != 0 {
        return Err(format!(
            "the disks cannot be prepared, exit {}: {}",
            ran.status,
            ran.last()
        ));
    }
    std::fs::write(&done, "").map_err(|error| format!("{}: {error}", done.display()))?;
    Ok(place)
}
