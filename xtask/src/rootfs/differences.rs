//! File for file: in what two trees differ. Times are not looked at.

use super::tree::{Entry, Kind, Tree};
use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

/// What differs, by path: one phrase for each aspect.
pub(crate) type Differences = BTreeMap<String, Vec<String>>;

/// The lines of a text that are shown at most.
const MOST_LINES: usize = 24;

/// Compares the peer's tree with ours.
pub(crate) fn between(theirs: &Tree, ours: &Tree) -> Result<Differences, String> {
    let paths: BTreeSet<&String> = theirs.entries.keys().chain(ours.entries.keys()).collect();
    let mut differences = Differences::new();
    for path in paths {
        let aspects = match (theirs.entries.get(path), ours.entries.get(path)) {
            (Some(_), None) => vec!["only the peer has it".to_owned()],
            (None, Some(_)) => vec!["only we have it".to_owned()],
            (Some(left), Some(right)) => aspects(path, (theirs, left), (ours, right))?,
            (None, None) => Vec::new(),
        };
        if !aspects.is_empty() {
            differences.insert(path.clone(), aspects);
        }
    }
    Ok(differences)
}

/// In what two entries of one path differ.
fn aspects(
    path: &str,
    theirs: (&Tree, &Entry),
    ours: (&Tree, &Entry),
) -> Result<Vec<String>, String> {
    let (left, right) = (theirs.1, ours.1);
    let mut found = Vec::new();
    let mut say = |what: &str, left: String, right: String| {
        if left != right {
            found.push(format!("{what} {left}, ours {right}"));
        }
    };
    say("type:", left.kind.name().into(), right.kind.name().into());
    if !matches!(left.kind, Kind::Symlink(_)) {
        say("mode", octal(left.mode), octal(right.mode));
    }
    say("owner", theirs.0.owner(left), ours.0.owner(right));
    let none = || "itself".to_owned();
    say(
        "linked to",
        left.linked.clone().unwrap_or_else(none),
        right.linked.clone().unwrap_or_else(none),
    );
    say(
        "attributes",
        attributes(theirs.0, left),
        attributes(ours.0, right),
    );
    match (&left.kind, &right.kind) {
        (Kind::Symlink(from), Kind::Symlink(to)) => say("points to", from.clone(), to.clone()),
        (Kind::Device(..), Kind::Device(..)) => {
            say("device", device(&left.kind), device(&right.kind));
        }
        (Kind::File { .. }, Kind::File { .. }) => {
            let (before, after) = (theirs.0.content(left)?, ours.0.content(right)?);
            if before != after && !same_but_for_chance(path, &before, &after) {
                found.push(format!(
                    "content: {} bytes, ours {}",
                    before.len(),
                    after.len()
                ));
            }
        }
        _ => {}
    }
    Ok(found)
}

/// Byte code of Python 3.9 differs between any two runs of the peer itself: constant sets are
/// written in the order of hashes whose seed is random, as Debian's scripts forbid to fix it.
/// There the head counts, which holds the version and the hash of the source, and the size.
fn same_but_for_chance(path: &str, theirs: &[u8], ours: &[u8]) -> bool {
    const HEAD: usize = 16;
    path.ends_with(".cpython-39.pyc")
        && theirs.len() == ours.len()
        && theirs.get(..HEAD) == ours.get(..HEAD)
}

fn octal(mode: u64) -> String {
    format!("{mode:04o}")
}

fn device(kind: &Kind) -> String {
    match kind {
        Kind::Device(letter, major, minor) => format!("{letter} {major}:{minor}"),
        other => other.name().to_owned(),
    }
}

/// The extended attributes in one line; whom an access control list names stands by name.
fn attributes(tree: &Tree, entry: &Entry) -> String {
    let pairs = entry.xattrs.iter().map(|(name, value)| {
        let value = match name.contains("posix_acl_") {
            true => access_control_list(tree, value),
            false => value.iter().map(|byte| format!("{byte:02x}")).collect(),
        };
        format!("{name}={value}")
    });
    let text: Vec<String> = pairs.collect();
    if text.is_empty() {
        "none".to_owned()
    } else {
        text.join(" ")
    }
}

/// An access control list as the kernel lays it out: tag, permissions and number eight bytes each.
fn access_control_list(tree: &Tree, value: &[u8]) -> String {
    let entries = value.get(4..).unwrap_or_default().chunks_exact(8);
    let entry = |entry: &[u8]| {
        let number = u64::from(u32::from_le_bytes([entry[4], entry[5], entry[6], entry[7]]));
        let whom = match entry[0] {
            2 => tree.user(number),
            8 => tree.group(number),
            tag => format!("tag {tag}"),
        };
        format!("{whom}:{}", entry[2])
    };
    entries.map(entry).collect::<Vec<_>>().join(",")
}

/// The lines in which two texts differ; nothing for anything that is no text.
pub(crate) fn lines(theirs: &Tree, ours: &Tree, path: &str) -> Vec<String> {
    let text = |tree: &Tree| -> Option<String> {
        let bytes = tree.content(tree.entries.get(path)?).ok()?;
        let text = String::from_utf8(bytes).ok()?;
        (!text.contains('\0')).then_some(text)
    };
    let (Some(before), Some(after)) = (text(theirs), text(ours)) else {
        return Vec::new();
    };
    let shown = std::env::temp_dir().join(format!("formwork-diff-{}", std::process::id()));
    let outcome = std::fs::create_dir_all(&shown)
        .and_then(|()| std::fs::write(shown.join("peer"), before))
        .and_then(|()| std::fs::write(shown.join("ours"), after))
        .and_then(|()| {
            Command::new("diff")
                .args(["-U0", "peer", "ours"])
                .current_dir(&shown)
                .output()
        });
    let printed = outcome
        .map(|output| String::from_utf8_lossy(&output.stdout).into_owned())
        .unwrap_or_default();
    // What is left in the directory for temporary files harms nobody.
    let _left = std::fs::remove_dir_all(&shown);
    let lines: Vec<&str> = printed.lines().skip(2).collect();
    let mut kept: Vec<String> = lines
        .iter()
        .take(MOST_LINES)
        .map(|line| line.chars().take(200).collect())
        .collect();
    if lines.len() > MOST_LINES {
        kept.push(format!("… {} more lines", lines.len() - MOST_LINES));
    }
    kept
}
