//! apt's own answer: `apt-get --simulate install` in a private root with an empty dpkg status.
//!
//! In such a root apt adds no Essential package of its own accord: it treats them like any
//! other package that is not installed, so what it prints is what the wishes need.  (The
//! comparison checks that again: every package of an answer must be reached from a wish.)

use std::collections::BTreeSet;
use std::path::Path;
use std::process::{Command, Output};

/// What apt would install, as `name=version` (`name:arch=version` for a foreign architecture),
/// or nothing when it gives up.
pub(crate) type Answer = Option<BTreeSet<String>>;

/// The line after which apt lists what it would install.
const HEADING: &str = "The following NEW packages will be installed:";

/// Asks apt for one set; a failure that is not a plain "cannot" is an error.
///
/// The list is taken, not the exit status: where packages depend on each other in a circle the
/// simulated order of configuration may fail after the set has been found.
pub(crate) fn ask(configuration: &Path, wishes: &[String]) -> Result<Answer, String> {
    let output = simulate(configuration, wishes, &[])?;
    let report = String::from_utf8_lossy(&output.stdout);
    let complaint = String::from_utf8_lossy(&output.stderr);
    let gave_up = report.contains("have unmet dependencies")
        || complaint.contains("held broken packages")
        || complaint.contains("pkgProblemResolver");
    match report.split_once(HEADING) {
        _ if gave_up => Ok(None),
        Some((_, list)) => Ok(Some(installed(list))),
        None => Err(format!("apt-get install {}: {complaint}", wishes.join(" "))),
    }
}

/// Whether apt found its answer by repair: its first marking was broken, and its problem
/// resolver, which scores packages and follows no order of preference, had to take part.
pub(crate) fn repaired(configuration: &Path, wishes: &[String]) -> Result<bool, String> {
    let output = simulate(
        configuration,
        wishes,
        &["-o", "Debug::pkgProblemResolver=1"],
    )?;
    let start = "Starting pkgProblemResolver with broken count: ";
    let said = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    Ok(said
        .lines()
        .any(|line| line.strip_prefix(start).is_some_and(|count| count != "0")))
}

fn simulate(configuration: &Path, wishes: &[String], options: &[&str]) -> Result<Output, String> {
    Command::new("apt-get")
        .env("APT_CONFIG", configuration)
        .env("LC_ALL", "C")
        .args(["install", "--simulate", "--quiet", "--verbose-versions"])
        .args(["--no-install-recommends", "-o", "Debug::NoLocking=1"])
        // Newer versions of apt have another solver beside the one that is compared with.
        .args(["-o", "APT::Solver=internal"])
        .args(options)
        .args(wishes)
        .output()
        .map_err(|error| format!("cannot run apt-get: {error}"))
}

/// The indented lines `NAME[:ARCH] (VERSION)` that follow the heading.
fn installed(list: &str) -> BTreeSet<String> {
    let lines = list
        .lines()
        .skip(1)
        .take_while(|line| line.starts_with(' '));
    lines
        .filter_map(|line| {
            let (name, version) = line.trim().split_once(" (")?;
            Some(format!("{name}={}", version.strip_suffix(')')?))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_of_new_packages_becomes_names_and_versions() {
        let list = "\n   a (1:2.0-1)\n   c:i386 (3)\n0 upgraded, 2 newly installed\n   b (1)\n";
        let expected = ["a=1:2.0-1", "c:i386=3"].map(str::to_owned);
        assert_eq!(installed(list), BTreeSet::from(expected));
    }
}
