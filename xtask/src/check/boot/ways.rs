//! The ways into a guest and out of it, on a root that cannot be written to.

use std::io::Write;
use std::process::{Command, Stdio};
use std::thread;

use super::desk::{Desk, Image, Ran, which};
use crate::check::Findings;

/// More than any pipe or port takes at once.
const INPUT: usize = 300_000;

/// What is wrong about standard input, and about answers over serial lines.
pub(super) fn findings(desk: &Desk, image: &Image) -> Findings {
    desk.have(image)?;
    let mut findings = Vec::new();
    let count = "findmnt --noheadings --output FSTYPE /; wc -c; echo complaint >&2; exit 9";
    let ran = fed(desk, image, count)?;
    let words: Vec<&str> = ran.stdout.split_whitespace().collect();
    let expected = INPUT.to_string();
    if ran.status != 9 || words.get(1) != Some(&expected.as_str()) {
        findings.push(format!(
            "--stdin: exit {}, {words:?}: {}",
            ran.status,
            ran.last()
        ));
    }
    // Without that driver there are no virtio-serial ports.
    let without = ["--append", "module_blacklist=virtio_console"];
    let script = "ls /sys/class/virtio-ports; echo answer; echo complaint >&2; exit 9";
    let ran = desk.run_image(image, &without, &["sh", "-c", script])?;
    let is_told = ran
        .stderr
        .lines()
        .any(|line| line.trim_end() == "complaint");
    if ran.status != 9 || ran.stdout.trim() != "answer" || !is_told {
        let (status, output) = (ran.status, &ran.stdout);
        findings.push(format!(
            "serial lines: exit {status}, {output}: {}",
            ran.last()
        ));
    }
    Ok(findings)
}

/// Runs a command in the guest that gets much on its standard input.
fn fed(desk: &Desk, image: &Image, script: &str) -> Result<Ran, String> {
    let mut command: Command = desk.formwork(image);
    command
        .args(["--quiet", "run", "--stdin"])
        .args(which(image));
    command.args(["--", "sh", "-c", script]);
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| format!("cannot start a guest: {error}"))?;
    let keyboard = child.stdin.take();
    // A guest that does not read is found by what it counts.
    let feeder = thread::spawn(move || keyboard.map(|mut way| way.write_all(&[b'x'; INPUT])));
    let output = child
        .wait_with_output()
        .map_err(|error| error.to_string())?;
    feeder.join().map_err(|_| "nobody fed the guest")?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Ok(Ran {
        status: output.status.code().unwrap_or(-1),
        stdout: text(&output.stdout),
        stderr: text(&output.stderr),
    })
}
