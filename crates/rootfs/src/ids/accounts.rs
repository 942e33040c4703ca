//! The lines of `passwd`, `group` and their shadows.

use std::collections::BTreeMap;

/// The lists of users and groups as they were.
pub(super) struct Accounts {
    users: Vec<String>,
    groups: Vec<String>,
}

impl Accounts {
    /// Takes the texts of `passwd` and `group`.
    pub(super) fn read(passwd: &str, group: &str) -> Accounts {
        Accounts {
            users: passwd.lines().map(str::to_owned).collect(),
            groups: group.lines().map(str::to_owned).collect(),
        }
    }

    pub(super) fn user_numbers(&self) -> impl Iterator<Item = (&str, u32)> {
        self.users.iter().filter_map(|line| named(line))
    }

    pub(super) fn group_numbers(&self) -> impl Iterator<Item = (&str, u32)> {
        self.groups.iter().filter_map(|line| named(line))
    }

    /// The lines of `passwd` with other numbers, sorted by them.
    pub(super) fn users(
        &self,
        users: &BTreeMap<u32, u32>,
        groups: &BTreeMap<u32, u32>,
    ) -> Vec<String> {
        let changed = self.users.iter();
        sorted(
            changed
                .map(|line| renumbered(&renumbered(line, 2, users), 3, groups))
                .collect(),
        )
    }

    /// The lines of `group` with other numbers, sorted by them, members by name.
    pub(super) fn groups(&self, groups: &BTreeMap<u32, u32>) -> Vec<String> {
        let changed: Vec<String> = self
            .groups
            .iter()
            .map(|line| renumbered(line, 2, groups))
            .collect();
        members_sorted(&sorted(changed))
    }
}

/// A number as these files write it.
pub(super) fn number(text: &str) -> Option<u32> {
    text.parse().ok()
}

/// Name and number of a line; a line that is none of both has neither.
fn named(line: &str) -> Option<(&str, u32)> {
    let mut fields = line.split(':');
    let name = fields.next()?;
    Some((name, number(fields.nth(1)?)?))
}

/// The line with the number in one of its fields replaced.
fn renumbered(line: &str, field: usize, numbers: &BTreeMap<u32, u32>) -> String {
    let mut fields: Vec<String> = line.split(':').map(str::to_owned).collect();
    if let Some(text) = fields.get_mut(field)
        && let Some(new) = number(text).and_then(|old| numbers.get(&old))
    {
        *text = new.to_string();
    }
    fields.join(":")
}

/// The lines by number; lines without one, such as `+::::::`, stay last.
fn sorted(mut lines: Vec<String>) -> Vec<String> {
    lines.sort_by_key(|line| named(line).map_or(u64::MAX, |(_, number)| u64::from(number)));
    lines
}

/// The lines of a shadow in the order of the list that it belongs to; others stay last.
pub(super) fn like(shadow: &str, list: &[String]) -> Vec<String> {
    let name = |line: &str| line.split(':').next().unwrap_or_default().to_owned();
    let place: BTreeMap<String, usize> = list
        .iter()
        .enumerate()
        .map(|(at, line)| (name(line), at))
        .collect();
    let mut lines: Vec<String> = shadow.lines().map(str::to_owned).collect();
    lines.sort_by_key(|line| place.get(&name(line)).copied().unwrap_or(usize::MAX));
    lines
}

/// The lines of `group` or `gshadow` with the members, the last field, by name.
pub(super) fn members_sorted(lines: &[String]) -> Vec<String> {
    let sort = |line: &String| match line.rsplit_once(':') {
        Some((start, members)) if members.contains(',') => {
            let mut members: Vec<&str> = members.split(',').collect();
            members.sort_unstable();
            format!("{start}:{}", members.join(","))
        }
        _ => line.clone(),
    };
    lines.iter().map(sort).collect()
}
