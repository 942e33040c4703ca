//! The verdict of `dose-debcheck` on pseudo-packages that depend on a whole set.
//!
//! One run answers for all sets of an index: each set becomes two foreground packages, the
//! index is the background.  One depends on the bare names, which providers satisfy as well;
//! the other on the very packages of these names, each of which is given a name of its own
//! to provide (neither a version nor `NAME:ARCH` would do: a provider may declare the version,
//! and a `Multi-Arch: foreign` package serves for other architectures).  Essential packages
//! are left out (`--deb-ignore-essential`), because the question is about an empty system.

use super::index::{Index, Native};
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What dose says about a set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// The packages of these names can be installed together.
    Ok,
    /// Only if a provider stands in for one of them.
    Provider,
    /// There is no way.
    Broken,
}

/// Names of the pseudo-packages that depend on bare names, and on the packages themselves.
const BY_NAME: &str = "formwork-names-";
const EXACT: &str = "formwork-wish-";

/// For each set, whether dose finds its members installable together.
pub(crate) fn verdicts(
    index: &Index,
    packages: &Path,
    native: &Native,
    sets: &[Vec<String>],
) -> Result<Vec<Verdict>, String> {
    let mut foreground = String::new();
    for (number, set) in sets.iter().enumerate() {
        let wishes: Vec<String> = set.iter().map(|wish| exact(index, wish, native)).collect();
        write_pseudo_package(&mut foreground, EXACT, number, native, &wishes.join(", "));
        write_pseudo_package(&mut foreground, BY_NAME, number, native, &set.join(", "));
    }
    let background = packages.with_extension("marked");
    let all = 0..index.stanzas.len();
    write(
        &background,
        &all.map(|at| stanza(index, at)).collect::<String>(),
    )?;
    let broken = broken(&foreground, &background, native)?;
    // As large as the index, and of no further use.
    let _ = std::fs::remove_file(&background);
    let verdict = |number: usize| match [EXACT, BY_NAME]
        .map(|kind| broken.contains(&format!("{kind}{number}")))
    {
        [false, _] => Verdict::Ok,
        [true, false] => Verdict::Provider,
        [true, true] => Verdict::Broken,
    };
    Ok((0..sets.len()).map(verdict).collect())
}

/// Whether all members can be installed together out of nothing but themselves.
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
        let Some(at) = found else {
            return Ok(false);
        };
        background += &stanza(index, at);
        wishes.push(atom(index, at, native));
    }
    let file = scratch.join("members");
    write(&file, &background)?;
    let mut foreground = String::new();
    write_pseudo_package(&mut foreground, EXACT, 0, native, &wishes.join(", "));
    Ok(broken(&foreground, &file, native)?.is_empty())
}

/// A relation that only the packages a wish can mean satisfy.
fn exact(index: &Index, wish: &str, native: &Native) -> String {
    let found = index.wished(wish, native);
    let atoms: Vec<String> = found
        .into_iter()
        .map(|at| atom(index, at, native))
        .collect();
    if atoms.is_empty() {
        wish.to_owned()
    } else {
        atoms.join(" | ")
    }
}

/// A relation that only this package satisfies.
fn atom(index: &Index, at: usize, native: &Native) -> String {
    let stanza = &index.stanzas[at];
    let architecture = &stanza.architecture;
    let is_foreign = native.foreign.as_ref() == Some(architecture);
    let qualifier = if is_foreign {
        format!(":{architecture}")
    } else {
        String::new()
    };
    format!("{}{qualifier} (= {})", mark(index, at), stanza.version)
}

/// A stanza as dose is given it: it provides its own mark, and its clashes are with `NAME` where
/// they are with `NAME:any`, which means the same and would make dose overlook the version.
fn stanza(index: &Index, at: usize) -> String {
    let mark = format!("{} (= {})", mark(index, at), index.stanzas[at].version);
    let mut out = String::new();
    let mut marked = false;
    for line in index.text(at).lines() {
        if let Some(provides) = line.strip_prefix("Provides:") {
            let _ = writeln!(out, "Provides: {mark},{provides}");
            marked = true;
        } else if line.starts_with("Conflicts:") || line.starts_with("Breaks:") {
            let _ = writeln!(out, "{}", line.replace(":any", ""));
        } else {
            let _ = writeln!(out, "{line}");
        }
    }
    if !marked {
        let _ = writeln!(out, "Provides: {mark}");
    }
    out.push('\n');
    out
}

fn mark(index: &Index, at: usize) -> String {
    let stanza = &index.stanzas[at];
    format!("formwork-mark-{}-{}", stanza.name, stanza.architecture)
}

fn write_pseudo_package(
    out: &mut String,
    kind: &str,
    number: usize,
    native: &Native,
    depends: &str,
) {
    let architecture = &native.architecture;
    let _ = writeln!(
        out,
        "Package: {kind}{number}\nVersion: 1\nArchitecture: {architecture}\nDepends: {depends}\n"
    );
}

/// The pseudo-packages that dose finds broken.
fn broken(
    foreground: &str,
    background: &Path,
    native: &Native,
) -> Result<BTreeSet<String>, String> {
    let file: PathBuf = background.with_extension("wishes");
    write(&file, foreground)?;
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
        .output()
        .map_err(|error| format!("cannot run dose-debcheck: {error}"))?;
    let report = String::from_utf8_lossy(&output.stdout);
    if !report.contains("total-packages:") {
        let complaint = String::from_utf8_lossy(&output.stderr);
        return Err(format!("dose-debcheck: {complaint}"));
    }
    let names = report
        .lines()
        .filter_map(|line| line.trim().strip_prefix("package: "));
    Ok(names
        .filter(|name| name.starts_with("formwork-"))
        .map(str::to_owned)
        .collect())
}

fn write(path: &Path, text: &str) -> Result<(), String> {
    std::fs::write(path, text).map_err(|error| format!("{}: {error}", path.display()))
}
