//! What dpkg and apt themselves say of a finished tree, and whether packages can still be installed.
//!
//! The archive is unpacked by GNU tar and entered by chroot, so this part needs root.

use super::place::{Place, is_root, succeed, write};
use std::path::Path;
use std::process::Command;

/// What is asked of a tree: a name, and a script that must print nothing and end well.
const QUESTIONS: [(&str, &str); 4] = [
    ("dpkg --audit", "dpkg --audit"),
    ("dpkg --verify", "dpkg --verify"),
    ("apt-get check", "apt-get --quiet=2 check"),
    (
        "apt-get install of a package made later",
        "dpkg-deb --build /tmp/later /tmp/later.deb >/dev/null \
         && apt-get --quiet=2 --yes install /tmp/later.deb >/tmp/log 2>&1 || cat /tmp/log; \
         dpkg-query --show later >/dev/null && test \"$(cat /usr/share/later)\" = late",
    ),
];
/// The package that is installed later: what it depends on is there.
const CONTROL: &str = "Package: later\nVersion: 1\nArchitecture: all\nDepends: dpkg\n\
    Maintainer: Nobody <nobody@example.org>\nDescription: installed into a finished tree\n";

/// What dpkg and apt find wrong with a finished tree.
pub(super) fn findings(place: &Place, archive: &Path) -> Result<Vec<String>, String> {
    if !is_root() {
        eprintln!("{}: dpkg and apt are asked by root only", place.name);
        return Ok(Vec::new());
    }
    let root = &place.options.data.join("sound").join(&place.name);
    succeed(Command::new("rm").arg("-rf").arg(root))?;
    std::fs::create_dir_all(root).map_err(|error| format!("{}: {error}", root.display()))?;
    succeed(
        Command::new("tar")
            .args(["--xattrs", "--xattrs-include=*", "--numeric-owner", "-xpf"])
            .arg(archive)
            .arg("-C")
            .arg(root),
    )?;
    for (node, minor) in [("null", "3"), ("urandom", "9")] {
        let path = root.join("dev").join(node);
        let mut mknod = Command::new("mknod");
        succeed(mknod.args(["-m", "666"]).arg(path).args(["c", "1", minor]))?;
    }
    let later = root.join("tmp/later");
    write(&later.join("DEBIAN/control"), CONTROL)?;
    write(&later.join("usr/share/later"), "late\n")?;
    let mut found = Vec::new();
    for (name, script) in QUESTIONS {
        let output = Command::new("chroot")
            .arg(root)
            .args(["sh", "-c", script])
            .env_clear()
            .env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin")
            .env("DEBIAN_FRONTEND", "noninteractive")
            .output()
            .map_err(|error| format!("chroot: {error}"))?;
        let said = [output.stdout, output.stderr].concat();
        if !output.status.success() || !said.is_empty() {
            let said = String::from_utf8_lossy(&said).into_owned();
            found.push(format!("{}: {name}: {}: {said}", place.name, output.status));
        }
    }
    succeed(Command::new("rm").arg("-rf").arg(root))?;
    Ok(found)
}
