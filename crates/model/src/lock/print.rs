//! Writes a lock: our own printer, because its bytes are a promise that no library may move.

use std::collections::BTreeMap;
use std::fmt::{self, Display, Write};

use super::{Lock, LockedClosure, LockedPackage, LockedRelease, PackageKey, plain_reference};

/// What stands at the head of every lock.
const HEAD: &str = "# Exact inputs, written by `formwork lock` and `formwork update`. Keep it in git; do not edit it.";

impl Display for Lock {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{HEAD}\nformat = {}\n", self.format())?;
        for release in &self.releases {
            out.write_str(&print_release(release)?)?;
        }
        let counts = self.plain_references();
        for closure in &self.closures {
            out.write_str(&print_closure(closure, &counts)?)?;
        }
        for package in &self.packages {
            out.write_str(&print_package(package)?)?;
        }
        Ok(())
    }
}

fn print_release(release: &LockedRelease) -> Result<String, fmt::Error> {
    let mut text = String::from("\n[[release]]\n");
    string(&mut text, "repository", &release.repository)?;
    if let Some(suite) = &release.suite {
        string(&mut text, "suite", suite)?;
    }
    if let Some(version) = &release.version {
        string(&mut text, "version", version)?;
    }
    string(&mut text, "date", &release.date.to_string())?;
    string(
        &mut text,
        "release_sha256",
        &release.release_sha256.to_string(),
    )?;
    if let Some(at) = release.at {
        string(&mut text, "at", &at.snapshot())?;
    }
    Ok(text)
}

fn print_closure(
    closure: &LockedClosure,
    counts: &BTreeMap<String, usize>,
) -> Result<String, fmt::Error> {
    let mut text = String::from("\n[[closure]]\n");
    string(&mut text, "image", &closure.image)?;
    list(&mut text, "options", &closure.options)?;
    string(&mut text, "suite", &closure.suite)?;
    string(&mut text, "architecture", &closure.architecture)?;
    list(&mut text, "foreign", &closure.foreign)?;
    string(&mut text, "variant", closure.variant.as_str())?;
    writeln!(text, "recommends = {}", closure.recommends)?;
    string(&mut text, "plan_sha256", &closure.plan_sha256.to_string())?;
    string(
        &mut text,
        "packages_sha256",
        &closure.packages_sha256.to_string(),
    )?;
    references(&mut text, "packages", &closure.packages, counts)?;
    if !closure.beside.is_empty() {
        references(&mut text, "beside", &closure.beside, counts)?;
    }
    Ok(text)
}

/// A list of packages, one a line.
fn references(
    text: &mut String,
    name: &str,
    packages: &[PackageKey],
    counts: &BTreeMap<String, usize>,
) -> fmt::Result {
    writeln!(text, "{name} = [")?;
    for key in packages {
        writeln!(text, "  {},", quote(&reference(key, counts)))?;
    }
    text.push_str("]\n");
    Ok(())
}

fn print_package(package: &LockedPackage) -> Result<String, fmt::Error> {
    let mut text = String::from("\n[[package]]\n");
    string(&mut text, "name", &package.name)?;
    string(&mut text, "version", &package.version)?;
    string(&mut text, "architecture", &package.architecture)?;
    string(&mut text, "source", &package.source)?;
    string(&mut text, "source_version", &package.source_version)?;
    writeln!(text, "size = {}", package.size)?;
    string(&mut text, "sha256", &package.sha256.to_string())?;
    string(&mut text, "repository", &package.repository)?;
    string(&mut text, "path", &package.path)?;
    Ok(text)
}

/// A reference, with a digest only where the lock needs one to tell two files apart.
fn reference(key: &PackageKey, counts: &BTreeMap<String, usize>) -> String {
    let plain = plain_reference(key);
    if counts.get(&plain).is_some_and(|count| *count > 1) {
        let digest: String = key.sha256.to_string().chars().take(12).collect();
        return format!("{plain}#{digest}");
    }
    plain
}

fn string(text: &mut String, key: &str, value: &str) -> fmt::Result {
    writeln!(text, "{key} = {}", quote(value))
}

/// A list of names on one line, left out if it is empty.
fn list(text: &mut String, key: &str, names: &[String]) -> fmt::Result {
    if names.is_empty() {
        return Ok(());
    }
    let quoted: Vec<String> = names.iter().map(|name| quote(name)).collect();
    writeln!(text, "{key} = [{}]", quoted.join(", "))
}

/// A TOML basic string.
pub(crate) fn quote(value: &str) -> String {
    let mut quoted = String::with_capacity(value.len() + 2);
    quoted.push('"');
    for letter in value.chars() {
        match letter {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            letter if letter.is_control() => {
                quoted.push_str(&format!("\\u{:04X}", u32::from(letter)));
            }
            letter => quoted.push(letter),
        }
    }
    quoted.push('"');
    quoted
}
