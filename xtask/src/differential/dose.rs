//! The verdict of `dose-debcheck` on pseudo-packages that depend on a whole set.
//!
//! One run answers for all sets of an index: each set becomes one foreground package, the
//! index is the background.  A wish is named with its exact version, because a bare name
//! would also be satisfied by a provider, and Essential packages are left out
//! (`--deb-ignore-essential`), because the question is about an empty system.

use super::index::{Index, Native};
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;

/// For each set, whether dose finds its members installable together.
pub(crate) fn verdicts(
    index: &Index,
    packages: &Path,
    native: &Native,
    sets: &[Vec<String>],
) -> Result<Vec<bool>, String> {
    let mut foreground = String::new();
    for (number, set) in sets.iter().enumerate() {
        let wishes: Vec<String> = set.iter().map(|name| exact(index, name, native)).collect();
        write_pseudo_package(&mut foreground, number, native, &wishes.join(", "));
    }
    let broken = broken_sets(&foreground, packages, native)?;
    Ok((0..sets.len())
        .map(|number| !broken.contains(&number))
        .collect())
}

/// Whether all members (`name=version`) can be installed together out of nothing but themselves.
pub(crate) fn complete(
    index: &Index,
    scratch: &Path,
    native: &Native,
    members: &BTreeSet<String>,
) -> Result<bool, String> {
    let mut background = String::new();
    let mut wishes = Vec::new();
    for member in members {
        let (name, version) = member.split_once('=').unwrap_or((member, ""));
        let found = index.wished(name, native);
        let found = found
            .into_iter()
            .find(|&at| index.stanzas[at].version == version);
        let Some(at) = found else { return Ok(false) };
        background.push_str(index.text(at));
        background.push('\n');
        wishes.push(format!("{name} (= {version})"));
    }
    let file = scratch.join("members");
    std::fs::write(&file, background).map_err(|error| format!("{}: {error}", file.display()))?;
    let mut foreground = String::new();
    write_pseudo_package(&mut foreground, 0, native, &wishes.join(", "));
    Ok(broken_sets(&foreground, &file, native)?.is_empty())
}

fn exact(index: &Index, name: &str, native: &Native) -> String {
    let versions: Vec<String> = index
        .wished(name, native)
        .into_iter()
        .map(|at| format!("{name} (= {})", index.stanzas[at].version))
        .collect();
    if versions.is_empty() {
        name.to_owned()
    } else {
        versions.join(" | ")
    }
}

fn write_pseudo_package(out: &mut String, number: usize, native: &Native, depends: &str) {
    let architecture = &native.architecture;
    let _ = writeln!(
        out,
        "Package: formwork-wish-{number}\nVersion: 1\nArchitecture: {architecture}\nDepends: {depends}\n"
    );
}

fn broken_sets(
    foreground: &str,
    background: &Path,
    native: &Native,
) -> Result<BTreeSet<usize>, String> {
    let file = std::env::temp_dir().join(format!("formwork-wishes-{}", std::process::id()));
    std::fs::write(&file, foreground).map_err(|error| format!("{}: {error}", file.display()))?;
    let foreign = native
        .foreign
        .as_ref()
        .map(|name| format!("--deb-foreign-archs={name}"));
    let output = Command::new("dose-debcheck")
        .arg(format!("--deb-native-arch={}", native.architecture))
        .args(foreign)
        .args(["--quiet", "--failures", "--deb-ignore-essential"])
        .arg(format!("--fg={}", file.display()))
        .arg(format!("--bg={}", background.display()))
        .output();
    let _ = std::fs::remove_file(&file);
    let output = output.map_err(|error| format!("cannot run dose-debcheck: {error}"))?;
    let report = String::from_utf8_lossy(&output.stdout);
    if !report.contains("foreground-packages:") && !report.contains("total-packages:") {
        return Err(format!(
            "dose-debcheck: {}",
            String::from_utf8_lossy(&output.stderr)
        ));
    }
    Ok(report
        .lines()
        .filter_map(|line| {
            line.trim()
                .strip_prefix("package: formwork-wish-")?
                .parse()
                .ok()
        })
        .collect())
}
