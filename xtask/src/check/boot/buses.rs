//! One disk at every kind of controller: the initial RAM disk has the drivers of all of them.

use super::desk::{Desk, Image};
use crate::check::Findings;

/// Says which device the root file system is on, and behind which controllers that hangs.
const ASK: &str = "device=$(findmnt --noheadings --output SOURCE /); echo \"$device\"; \
    readlink -f \"/sys/class/block/${device#/dev/}\"";

/// What is wrong about a run with the disk on `bus`: the root is on a device called `device`, and
/// the path of that in `/sys` has `place`.
pub(super) fn findings(
    desk: &Desk,
    image: &Image,
    bus: &str,
    device: &str,
    place: &str,
) -> Findings {
    desk.have(image)?;
    // Nothing but the root file system is waited for.
    let arguments = ["--bus", bus, "--after", "local-fs.target"];
    let ran = desk.run_image(image, &arguments, &["sh", "-c", ASK])?;
    let lines: Vec<&str> = ran.stdout.lines().map(str::trim_end).collect();
    let fits =
        matches!(lines[..], [name, path] if name.starts_with(device) && path.contains(place));
    if ran.status == 0 && fits {
        println!("  {}", lines.join("  "));
        return Ok(Vec::new());
    }
    Ok(vec![format!(
        "exit {}, root at {lines:?} where {device} behind {place} was meant: {}",
        ran.status,
        ran.last()
    )])
}
