//! Disks that boot: built from the real archive, read by the usual tools, started by real
//! firmware, asked by commands, and the same bits for an ordinary user.
//!
//! The proofs stand in the order of their worth. What does not begin within the time that the
//! whole may take is left out, and said so: a slow machine proves less, not something else.
//! `cargo xtask boot NAME…` runs some of them.

mod desk;
mod same;
mod sound;

use std::time::{Duration, Instant};

use super::{Findings, documents};
use desk::{Desk, Image};

/// No proof begins later than this.
const LATEST: Duration = Duration::from_secs(21 * 60);

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
        name: "trixie",
        what: "trixie amd64 boots as shipped",
        run: |desk| whole(desk, &TRIXIE),
    },
    Proof {
        name: "arm64",
        what: "bookworm arm64 boots as shipped",
        run: |desk| whole(desk, &ARM64),
    },
    Proof {
        name: "bullseye",
        what: "bullseye amd64 boots as shipped",
        run: |desk| whole(desk, &BULLSEYE),
    },
];

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
    let findings = prove(names)?;
    findings.iter().for_each(|finding| println!("{finding}"));
    Ok(findings.is_empty())
}

fn prove(names: &[String]) -> Findings {
    // Who asks for one proof alone need not wait for images that are there.
    let desk = Desk::new(documents::formwork()?, names.is_empty())?;
    let start = Instant::now();
    let mut findings = Vec::new();
    let is_meant = |proof: &&Proof| names.is_empty() || names.iter().any(|name| name == proof.name);
    for proof in PROOFS.iter().filter(is_meant) {
        if start.elapsed() > LATEST {
            println!("left out: {} ({}): the time is up", proof.name, proof.what);
            continue;
        }
        let began = Instant::now();
        // What cannot even be tried is a finding too: the proofs behind it may still say something.
        let found = (proof.run)(&desk).unwrap_or_else(|message| vec![message]);
        println!(
            "{}  {:<9} {:>5.0} s  {}",
            if found.is_empty() { "proved" } else { "FAILED" },
            proof.name,
            began.elapsed().as_secs_f64(),
            proof.what
        );
        findings.extend(found.iter().map(|one| format!("{}: {one}", proof.name)));
    }
    Ok(findings)
}

/// An image that is built, looked at and booted.
fn whole(desk: &Desk, image: &Image) -> Findings {
    desk.build(image, &["--kind", "disk"])?;
    let mut findings = sound::findings(desk, image)?;
    findings.extend(login(desk, image)?);
    desk.clear(image);
    Ok(findings)
}

/// The disk as shipped, until somebody could log in.
fn login(desk: &Desk, image: &Image) -> Findings {
    desk.have(image)?;
    let arguments = ["--as-shipped", "--until", "login", "--timeout", "900"];
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
