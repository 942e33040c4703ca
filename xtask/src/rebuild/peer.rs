//! What the same disk takes from scratch without us: mmdebstrap on the same package files, then
//! `mkfs.erofs` and `sfdisk`, all in memory.
//!
//! What would take the peer longer still is left out: file system and content of the EFI
//! partition, and the settings of the image. Its initial RAM disk is made in one row and not in
//! the other.

use crate::bench::measure::{Samples, Side, in_turns, median};
use crate::rootfs::peer::{Peer, in_memory};
use crate::rootfs::place::Place;
use std::path::Path;
use std::process::Command;

/// Runs mmdebstrap, which it is given, and makes a disk of its tree.
const SCRIPT: &str = r#"
rm -rf "$FORMWORK_OUT"
mkdir "$FORMWORK_OUT"
"$@"
mkfs.erofs --quiet $FORMWORK_PACKED "$FORMWORK_OUT/root.erofs" "$FORMWORK_OUT/tree" > "$FORMWORK_OUT/log"
size=$(stat -c %s "$FORMWORK_OUT/root.erofs")
truncate -s $((size + 70 * 1048576)) "$FORMWORK_OUT/disk.img"
printf 'label: gpt\nstart=2048, size=131072, type=uefi\nstart=133120, size=%s, type=linux\n' $((size / 512)) \
    | sfdisk --quiet "$FORMWORK_OUT/disk.img"
dd if="$FORMWORK_OUT/root.erofs" of="$FORMWORK_OUT/disk.img" bs=1M seek=65 conv=notrunc status=none
"#;

/// Measures the peer without and with its initial RAM disk.
pub(super) fn measure(place: &Place) -> Result<Vec<Samples>, String> {
    let scratch = in_memory(&format!("formwork-rebuild-{}", std::process::id()));
    std::fs::create_dir_all(&scratch).map_err(|error| error.to_string())?;
    let peer = Peer::new(place)?;
    let sides = [
        ("mmdebstrap, mkfs.erofs, sfdisk", false),
        ("the same with its initial RAM disk", true),
    ];
    let sides = sides.map(|(label, initrd)| {
        let (peer, scratch) = (&peer, &scratch);
        Side {
            label,
            prepare: Box::new(|| peer.prepare()),
            command: Box::new(move || command(peer, scratch, initrd)),
        }
    });
    let samples = in_turns(&sides, place.options.rounds, &scratch);
    drop(sides);
    peer.tidy();
    // What is left in memory harms nobody.
    let _left = std::fs::remove_dir_all(&scratch);
    samples
}

/// Says how far ahead of both the builds are that took so many seconds.
pub(super) fn told(bare: &Samples, bootable: &Samples, taken: &[f64]) -> String {
    let ours = median(taken);
    let row = |what: &str, samples: &Samples| {
        let theirs = median(&samples.wall);
        format!(
            "  {what}: {theirs:.1} s, {:.1} CPU-s; a build after an edit takes 1/{:.1} of that",
            median(&samples.cpu),
            theirs / ours
        )
    };
    format!(
        "{}\n{}",
        row("mmdebstrap, mkfs.erofs and sfdisk", bare),
        row("and its initial RAM disk", bootable),
    )
}

/// The peer's whole way to a disk.
fn command(peer: &Peer<'_>, scratch: &Path, initrd: bool) -> Command {
    let out = scratch.join("out");
    let bootstrap = peer.command(&out.join("tree"));
    let mut command = Command::new("sh");
    command
        .args(["-ec", SCRIPT, "sh"])
        .arg(bootstrap.get_program());
    // A directory is what mkfs.erofs reads.
    command.args(
        bootstrap
            .get_args()
            .map(|argument| match argument == "--format=tar" {
                true => "--format=directory".as_ref(),
                false => argument,
            }),
    );
    for (name, value) in bootstrap.get_envs() {
        if let Some(value) = value {
            command.env(name, value);
        }
    }
    if initrd {
        command.env("INITRD", "Yes");
    }
    command
        .env("FORMWORK_OUT", out)
        .env("FORMWORK_PACKED", "-zlz4hc,4");
    command
}
