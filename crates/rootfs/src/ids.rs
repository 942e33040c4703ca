//! Numbers of system users and groups that follow from their names.
//!
//! Scripts take the next free number, so that the numbers tell in which order packages happened
//! to be configured, and another package in the image moves them all. Here each name between 100
//! and 999 gets a place that its SHA-256 points to, or the next free one, in the order of the
//! names; a user and a group of one name share their number. Numbers that base-passwd or a
//! fragment of `sysusers.d` prescribes stay, and those that people have chosen win.

mod accounts;
mod owners;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use formwork_deb::sha256::Sha256;
use formwork_sys::tree::{Kind, Tree};

use crate::error::Error;
use crate::stage::Known;
use accounts::{Accounts, members_sorted, number};

/// The first number that may be handed out.
const FIRST: u32 = 100;
/// The last one.
const LAST: u32 = 999;

/// The numbers before and after.
#[derive(Debug, Default, PartialEq, Eq)]
struct Numbers {
    users: BTreeMap<u32, u32>,
    groups: BTreeMap<u32, u32>,
}

/// Gives all system users and groups of the tree their numbers, in the lists and as owners.
///
/// # Errors
/// If people chose one number twice, or a file of the tree cannot be read or written.
pub(crate) fn apply(
    tree: &Tree,
    chosen: &BTreeMap<String, u32>,
    known: Option<&Known>,
) -> Result<(), Error> {
    let mut texts = Vec::new();
    for path in ["etc/passwd", "etc/group", "etc/shadow", "etc/gshadow"] {
        let content = tree.read_if_there(path)?.unwrap_or_default();
        texts.push(String::from_utf8_lossy(&content).into_owned());
    }
    let accounts = Accounts::read(&texts[0], &texts[1]);
    let numbers = plan(&accounts, &prescribed(tree)?, chosen)?;
    let users = accounts.users(&numbers.users, &numbers.groups);
    let groups = accounts.groups(&numbers.groups);
    let lists = [
        ("etc/passwd", users.clone()),
        ("etc/group", groups.clone()),
        ("etc/shadow", accounts::like(&texts[2], &users)),
        (
            "etc/gshadow",
            members_sorted(&accounts::like(&texts[3], &groups)),
        ),
    ];
    for ((path, lines), before) in lists.into_iter().zip(&texts) {
        let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
        if text != *before && !before.is_empty() {
            tree.rewrite(path, text.as_bytes())?;
        }
    }
    owners::change(tree, &numbers, known)
}

/// Finds a number for every name between the limits.
fn plan(
    accounts: &Accounts,
    prescribed: &BTreeSet<String>,
    chosen: &BTreeMap<String, u32>,
) -> Result<Numbers, Error> {
    let movable = |name: &str, number: u32| {
        chosen.contains_key(name) || (FIRST..=LAST).contains(&number) && !prescribed.contains(name)
    };
    let mut names: BTreeSet<&str> = BTreeSet::new();
    let mut taken: BTreeSet<u32> = BTreeSet::new();
    for (name, number) in accounts.user_numbers().chain(accounts.group_numbers()) {
        if movable(name, number) {
            names.insert(name);
        } else {
            taken.insert(number);
        }
    }
    let mut places: BTreeMap<&str, u32> = BTreeMap::new();
    for (name, number) in chosen {
        if !taken.insert(*number) {
            return Err(Error::Job(format!(
                "[ids] {name} = {number}: that number is another's already; choose one that is free"
            )));
        }
        places.insert(name, *number);
    }
    for name in names {
        if !places.contains_key(name) {
            let place = free_place(name, &taken)?;
            taken.insert(place);
            places.insert(name, place);
        }
    }
    let moved = |numbers: &mut dyn Iterator<Item = (&str, u32)>| {
        let mut map = BTreeMap::new();
        for (name, number) in numbers {
            if movable(name, number) {
                // Two names of one number stay together: the first decides.
                map.entry(number).or_insert(places[name]);
            }
        }
        map
    };
    Ok(Numbers {
        users: moved(&mut accounts.user_numbers()),
        groups: moved(&mut accounts.group_numbers()),
    })
}

/// The place that a name points to, or the next free one after it.
fn free_place(name: &str, taken: &BTreeSet<u32>) -> Result<u32, Error> {
    let count = LAST - FIRST + 1;
    let digest = Sha256::of(name.as_bytes()).0;
    let start = u32::from_be_bytes([digest[0], digest[1], digest[2], digest[3]]) % count;
    (0..count)
        .map(|step| FIRST + (start + step) % count)
        .find(|place| !taken.contains(place))
        .ok_or_else(|| {
            Error::Job(format!(
                "no number between {FIRST} and {LAST} is left for {name}"
            ))
        })
}

/// The names whose numbers Debian or a package has laid down.
fn prescribed(tree: &Tree) -> Result<BTreeSet<String>, Error> {
    let mut names = BTreeSet::new();
    for list in ["passwd", "group"] {
        let path = format!("usr/share/base-passwd/{list}.master");
        let text = tree.read_if_there(path)?.unwrap_or_default();
        let text = String::from_utf8_lossy(&text).into_owned();
        names.extend(
            text.lines()
                .filter_map(|line| line.split(':').next())
                .map(str::to_owned),
        );
    }
    for directory in ["usr/lib/sysusers.d", "etc/sysusers.d"] {
        if !tree.exists(directory)? {
            continue;
        }
        for (name, kind) in tree.list(directory)? {
            let name = name.to_string_lossy().into_owned();
            if kind == Kind::File && name.ends_with(".conf") {
                let text = tree.read(format!("{directory}/{name}"))?;
                names.extend(fragment(&String::from_utf8_lossy(&text)));
            }
        }
    }
    Ok(names)
}

/// The names of a `sysusers.d` fragment that come with a number: `u NAME 71`, `g NAME 71`.
fn fragment(text: &str) -> Vec<String> {
    let lines = text.lines().map(|line| {
        let mut words = line.split_whitespace();
        (words.next(), words.next(), words.next())
    });
    lines
        .filter_map(|line| match line {
            (Some("u" | "u!" | "g"), Some(name), Some(id)) => {
                let first = id.split(':').next().unwrap_or_default();
                number(first).map(|_| name.to_owned())
            }
            _ => None,
        })
        .collect()
}
