//! Guests that cannot do what they are to do, and what is said of them.

use std::time::Duration;

use super::desk::{Desk, Image, which};
use super::dialogue::Dialogue;
use crate::check::Findings;

/// One way to fail.
struct Fault {
    /// How the guest is run.
    arguments: &'static [&'static str],
    /// What runs in it.
    script: &'static str,
    /// What is said of it, each somewhere.
    says: &'static [&'static str],
}

const FAULTS: [Fault; 3] = [
    Fault {
        arguments: &["--after", "local-fs.target"],
        script: "echo 1 >/proc/sys/kernel/sysrq; echo c >/proc/sysrq-trigger; sleep 600",
        says: &["the guest's kernel panicked", "sysrq triggered crash"],
    },
    Fault {
        arguments: &["--append", "init=/nowhere root=/dev/nowhere rootdelay=2"],
        script: "true",
        says: &[
            "did not find its root file system",
            "/dev/nowhere does not exist",
        ],
    },
    // Enough for the kernel to begin, too little for what is in the initial RAM disk.
    Fault {
        arguments: &["--memory", "150M"],
        script: "true",
        says: &["memory", "--memory SIZE"],
    },
];

/// What is wrong about how they end.
pub(super) fn findings(desk: &Desk, image: &Image) -> Findings {
    desk.have(image)?;
    let mut findings = Vec::new();
    for fault in &FAULTS {
        let ran = desk.run_image(image, fault.arguments, &["sh", "-c", fault.script])?;
        let is_told = fault.says.iter().all(|text| ran.stderr.contains(text));
        if ran.status != 125 || !is_told {
            findings.push(format!(
                "{:?}: exit {}, not 125 with {:?}: {}",
                fault.arguments,
                ran.status,
                fault.says,
                ran.last()
            ));
        }
    }
    // Before anything is started.
    let ran = desk.run_image(image, &["--memory", "48M"], &["true"])?;
    if ran.status != 125 || !ran.stderr.contains("too much for 48 MiB of memory") {
        findings.push(format!("48M: exit {}: {}", ran.status, ran.last()));
    }
    findings.extend(interrupted(desk, image)?);
    Ok(findings)
}

/// Ctrl-C while the kernel starts.
fn interrupted(desk: &Desk, image: &Image) -> Findings {
    let mut command = desk.formwork(image);
    command.args(["--quiet", "run"]).args(which(image));
    let mut guest = Dialogue::start(&mut command)?;
    guest.expect("Linux version", Duration::from_secs(300))?;
    let status = guest.interrupt()?;
    Ok(match status {
        130 => Vec::new(),
        other => vec![format!("Ctrl-C: exit {other}, not 130")],
    })
}
