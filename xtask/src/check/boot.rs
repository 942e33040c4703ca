//! Disks that boot: built from the real archive, read by the usual tools, started by real
//! firmware, asked by commands, and the same bits for an ordinary user.
//!
//! The proofs stand in the order of their worth. What does not begin within the time that the
//! whole may take is left out, and said so: a slow machine proves less, not something else.
//! `cargo xtask boot NAME…` runs some of them.

mod buses;
mod desk;
mod dialogue;
mod faults;
mod same;
mod small;
mod sound;
mod vault;
mod ways;

use std::time::{Duration, Instant};

use super::{Findings, documents, excuse};
use desk::{Desk, Image};

/// No proof begins later than this.
const LATEST: Duration = Duration::from_secs(26 * 60);

/// One thing that is proved.
struct Proof {
    name: &'static str,
    what: &'static str,
    run: fn(&Desk) -> Findings,
}

const PROOFS: &[Proof] = &[
    Proof {
        name: "disk",
        what: "bookworm amd64: partition table, file systems and records are sound",
        run: |desk| {
            let kinds = ["--kind", "disk", "--kind", "squashfs", "--kind", "erofs"];
            desk.build(&MINIMAL, &kinds)?;
            sound::findings(desk, &MINIMAL)
        },
    },
    Proof {
        name: "login",
        what: "it boots as shipped by its firmware to a login prompt",
        run: |desk| login(desk, &MINIMAL),
    },
    Proof {
        name: "command",
        what: "commands run in it as root; their exit codes come back; no bit of it changes",
        run: command,
    },
    Proof {
        name: "same",
        what: "an ordinary user builds the same bits",
        run: |desk| same::findings(desk, &MINIMAL),
    },
    Proof {
        name: "guard",
        what: "bookworm by EFI Boot Guard with its root as EROFS",
        run: |desk| examined(desk, &GUARD),
    },
    Proof {
        name: "arm64",
        what: "bookworm arm64 boots as shipped",
        run: |desk| whole(desk, &ARM64),
    },
    Proof {
        name: "tiny",
        what: "tiny is small, boots as shipped to a shell, and is the same twice",
        run: |desk| {
            let mut findings = small::findings(desk, &TINY)?;
            findings.extend(same::again(desk, &TINY)?);
            desk.clear(&TINY);
            Ok(findings)
        },
    },
    Proof {
        name: "luks",
        what: "its initial RAM disk asks for a passphrase and opens a root on LUKS",
        run: |desk| vault::locked(desk, &VAULT),
    },
    Proof {
        name: "lvm",
        what: "its initial RAM disk finds a root on LVM",
        run: |desk| {
            let findings = vault::volume(desk, &VAULT)?;
            vault::clear(desk, &VAULT);
            Ok(findings)
        },
    },
    Proof {
        name: "nvme",
        what: "its initial RAM disk finds its root on an NVMe drive",
        run: |desk| buses::findings(desk, &MINIMAL, "nvme", "/dev/nvme0n1p", "/nvme/"),
    },
    Proof {
        name: "trixie",
        what: "trixie amd64 by EFI Boot Guard with its root as squashfs",
        run: |desk| whole(desk, &GUARD_TRIXIE),
    },
    Proof {
        name: "faults",
        what: "a panic, no root, too little memory and Ctrl-C end as they should",
        run: |desk| faults::findings(desk, &MINIMAL),
    },
    Proof {
        name: "ahci",
        what: "its initial RAM disk finds its root on a SATA disk",
        run: |desk| buses::findings(desk, &MINIMAL, "ahci", "/dev/sda", "/ata"),
    },
    Proof {
        name: "usb",
        what: "its initial RAM disk finds its root on a USB stick",
        run: |desk| buses::findings(desk, &MINIMAL, "usb", "/dev/sda", "/usb"),
    },
    Proof {
        name: "ways",
        what: "standard input reaches a command on EROFS; serial lines stand in for ports",
        run: |desk| {
            let findings = ways::findings(desk, &GUARD)?;
            desk.clear(&GUARD);
            Ok(findings)
        },
    },
    Proof {
        name: "armhf",
        what: "trixie armhf boots as shipped",
        run: |desk| whole(desk, &BOARD),
    },
    Proof {
        name: "bullseye",
        what: "bullseye amd64 boots as shipped",
        run: |desk| whole(desk, &BULLSEYE),
    },
    Proof {
        name: "unified",
        what: "trixie amd64 by the unified kernel image alone, its root as ext4",
        run: |desk| whole(desk, &TRIXIE),
    },
    Proof {
        name: "direct",
        what: "bookworm armhf without a loader, by its kernel started directly",
        run: |desk| direct(desk, &BARE),
    },
    Proof {
        name: "security",
        what: "security reaches a login, and is the same twice",
        run: |desk| {
            let mut findings = examined(desk, &SECURITY)?;
            findings.extend(same::again(desk, &SECURITY)?);
            desk.clear(&SECURITY);
            Ok(findings)
        },
    },
];

/// The proofs for other architectures, whose indices a mirror may lack.
const FOREIGN: [&str; 3] = ["arm64", "armhf", "direct"];

const MINIMAL: Image = Image {
    example: "minimal",
    name: "minimal",
    suite: "bookworm",
    architecture: "amd64",
    title: "minimal",
};
const ARM64: Image = Image {
    architecture: "arm64",
    ..MINIMAL
};
const TRIXIE: Image = Image {
    example: "profiles",
    suite: "trixie",
    title: "minimal@trixie",
    ..MINIMAL
};
const BULLSEYE: Image = Image {
    example: "profiles",
    suite: "bullseye",
    title: "minimal@bullseye",
    ..MINIMAL
};

const TINY: Image = Image {
    example: "profiles",
    name: "tiny",
    title: "tiny",
    ..MINIMAL
};
const SECURITY: Image = Image {
    example: "profiles",
    name: "security",
    title: "security",
    ..MINIMAL
};
const GUARD: Image = Image {
    example: "laboratory",
    name: "guard",
    title: "guard",
    ..MINIMAL
};
const GUARD_TRIXIE: Image = Image {
    suite: "trixie",
    title: "guard@trixie",
    ..GUARD
};
const VAULT: Image = Image {
    name: "vault",
    title: "vault",
    ..GUARD
};
const BOARD: Image = Image {
    example: "board",
    name: "board",
    title: "board",
    suite: "trixie",
    architecture: "armhf",
};
/// In a project of its own: the lock of one can be made when the archive lacks the other.
const BARE: Image = Image {
    example: "bare",
    name: "bare",
    title: "bare",
    suite: "bookworm",
    ..BOARD
};

pub(super) fn check() -> Findings {
    prove(&[])
}

/// Runs the proofs named, or all; what one needs of another is made first.
pub(crate) fn run(names: &[String]) -> Result<bool, String> {
    if let Some(unknown) = names
        .iter()
        .find(|name| !PROOFS.iter().any(|proof| proof.name == **name))
    {
        let known: Vec<&str> = PROOFS.iter().map(|proof| proof.name).collect();
        return Err(format!(
            "no proof is called {unknown}; there are: {}",
            known.join(", ")
        ));
    }
    Ok(prove(names)?.is_empty())
}

fn prove(names: &[String]) -> Findings {
    // Who asks for one proof alone need not wait for images that are there.
    let desk = Desk::new(documents::formwork()?, names.is_empty())?;
    let start = Instant::now();
    let mut findings = Vec::new();
    let is_meant = |proof: &&Proof| names.is_empty() || names.iter().any(|name| name == proof.name);
    for proof in PROOFS.iter().filter(is_meant) {
        if start.elapsed() > LATEST {
            excuse::leave_out(format!("{} ({}): the time is up", proof.name, proof.what));
            continue;
        }
        let began = Instant::now();
        let found = (proof.run)(&desk);
        // Who asks for one proof alone wants that.
        let may_lack = names.is_empty() && FOREIGN.contains(&proof.name);
        if may_lack && excuse::is_left_out(&format!("{} ({})", proof.name, proof.what), &found) {
            continue;
        }
        // What cannot even be tried is a finding too: the proofs behind it may still say something.
        let found = found.unwrap_or_else(|message| vec![message]);
        println!(
            "{}  {:<9} {:>5.0} s  {}",
            if found.is_empty() { "proved" } else { "FAILED" },
            proof.name,
            began.elapsed().as_secs_f64(),
            proof.what
        );
        // At once, as the whole takes long.
        found.iter().for_each(|one| println!("  {one}"));
        findings.extend(found.iter().map(|one| format!("{}: {one}", proof.name)));
    }
    if names.is_empty() && findings.is_empty() {
        let _ = std::fs::remove_dir_all(&desk.data);
    }
    Ok(findings)
}

/// An image that is built, looked at and booted.
fn whole(desk: &Desk, image: &Image) -> Findings {
    let findings = examined(desk, image)?;
    desk.clear(image);
    Ok(findings)
}

/// The same, and what was built stays.
fn examined(desk: &Desk, image: &Image) -> Findings {
    desk.build(image, &["--kind", "disk"])?;
    let mut findings = sound::findings(desk, image)?;
    findings.extend(login(desk, image)?);
    Ok(findings)
}

/// An image without a loader of ours: its kernel is started directly, and nothing given to it.
fn direct(desk: &Desk, image: &Image) -> Findings {
    desk.build(image, &["--kind", "disk"])?;
    let mut findings = sound::findings(desk, image)?;
    findings.extend(reaches_login(desk, image, &[])?);
    desk.clear(image);
    Ok(findings)
}

/// The disk as shipped, until somebody could log in.
fn login(desk: &Desk, image: &Image) -> Findings {
    desk.have(image)?;
    reaches_login(desk, image, &["--as-shipped"])
}

fn reaches_login(desk: &Desk, image: &Image, how: &[&str]) -> Findings {
    let arguments = [how, &["--until", "login", "--timeout", "900"]].concat();
    let ran = desk.run_image(image, &arguments, &[])?;
    let mut findings = Vec::new();
    if ran.status != 0 {
        findings.push(format!(
            "no login prompt, exit {}: {}",
            ran.status,
            ran.last()
        ));
    }
    Ok(findings)
}

/// What a command in the guest says and how it ends; afterwards the disk is as it was.
fn command(desk: &Desk) -> Findings {
    desk.have(&MINIMAL)?;
    let mut findings = Vec::new();
    let script = "uname -r; id -u; findmnt --noheadings --output FSTYPE /; echo error >&2; exit 7";
    let ran = desk.run_image(&MINIMAL, &[], &["sh", "-c", script])?;
    let lines: Vec<&str> = ran.stdout.lines().map(str::trim_end).collect();
    let kernel = desk.record(&MINIMAL)?["boot"]["kernel_version"].clone();
    if ran.status != 7 || lines != [kernel.as_str().unwrap_or_default(), "0", "ext4"] {
        findings.push(format!("exit {} and {lines:?}: {}", ran.status, ran.last()));
    }
    if !ran.stderr.lines().any(|line| line.trim_end() == "error") {
        findings.push("what the command wrote to standard error is lost".to_owned());
    }
    let writes = "echo gone > /etc/written; sync; systemctl is-active multi-user.target";
    let ran = desk.run_image(&MINIMAL, &[], &["sh", "-c", writes])?;
    if ran.status != 0 || ran.stdout.trim_end() != "active" {
        findings.push(format!(
            "exit {}, {}: {}",
            ran.status,
            ran.stdout,
            ran.last()
        ));
    }
    let ran = desk.run_image(&MINIMAL, &["--timeout", "2"], &["true"])?;
    if ran.status != 125 {
        findings.push(format!(
            "exit {} where the time was up, not 125",
            ran.status
        ));
    }
    findings.extend(sound::verified(desk, &MINIMAL)?);
    Ok(findings)
}
