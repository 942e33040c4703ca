//! The clock of `formwork repro` under emulation: a script of the image asks `date`, and that is
//! found to differ by 400 days.

use std::path::Path;
use std::process::Command;

use serde_json::Value;

use super::{Findings, documents, excuse};
use crate::differential::isolate;

/// Those whose programs run by qemu-user on most machines.
const ARCHITECTURES: [&str; 2] = ["arm64", "armhf"];
/// What a build writes down of its time.
const SCRIPT: &str = "#!/bin/sh\ndate +%Y-%m-%d > /etc/built\n";

pub(super) fn check() -> Findings {
    let found = found();
    match excuse::is_left_out("the clock under emulation", &found) {
        true => Ok(Vec::new()),
        false => found,
    }
}

fn found() -> Findings {
    let program = documents::formwork()?;
    let place = program.with_file_name("repro");
    // The packages that the check of trees has fetched serve here too.
    let home = program.with_file_name("rootfs").join("home");
    let _ = std::fs::remove_dir_all(&place);
    write(&home.join(".keep"), "")?;
    let architectures = ARCHITECTURES.map(|name| format!("\"{name}\"")).join(", ");
    let project = format!(
        "[project]\nname = \"clock\"\nsuites = [\"bookworm\"]\narchitectures = [{architectures}]\n\
         [repositories.debian]\nsuites = [\"bookworm\"]\n"
    );
    let image = "packages = []\nvariant = \"essential\"\nscripts = [\"scripts/date.sh\"]\n";
    write(&place.join("formwork.toml"), &project)?;
    write(&place.join("images/clock.toml"), image)?;
    write(&place.join("scripts/date.sh"), SCRIPT)?;
    let mut findings = Vec::new();
    for architecture in ARCHITECTURES {
        let mut command = Command::new(&program);
        isolate(&mut command, &home);
        command.current_dir(&place);
        command.args(["--quiet", "repro", "--json", "--vary", "time"]);
        command.args(["--arch", architecture]);
        let output = command.output().map_err(|error| error.to_string())?;
        let answer: Value = serde_json::from_slice(&output.stdout).map_err(|_| {
            let said = String::from_utf8_lossy(&output.stderr);
            format!("repro of {architecture}: {}: {said}", output.status)
        })?;
        let differences = answer["differences"].as_array().cloned();
        let told: Vec<String> = differences
            .unwrap_or_default()
            .iter()
            .map(|one| {
                format!(
                    "{} {}",
                    one["path"].as_str().unwrap_or_default(),
                    one["cause"]
                )
            })
            .collect();
        let expected = ["/etc/built \"time stamp\""];
        match told == expected {
            true => println!("  {architecture}: date tells another day"),
            false => findings.push(format!("{architecture}: found {told:?}, not {expected:?}")),
        }
    }
    Ok(findings)
}

/// Writes a file with the directories that lead there.
fn write(path: &Path, text: &str) -> Result<(), String> {
    let parent = path.parent().unwrap_or(path);
    std::fs::create_dir_all(parent)
        .and_then(|()| std::fs::write(path, text))
        .map_err(|error| format!("{}: {error}", path.display()))
}
