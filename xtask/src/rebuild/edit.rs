//! Edits of a project, drawn by a seed: each kind of thing is added, changed and removed in turn.

use super::state::{Own, State, Unit};
use crate::differential::random::Random;

/// What edits are about.
const KINDS: [&str; 5] = ["file", "setting", "user", "unit", "package"];
/// What is done to it.
const WAYS: [&str; 3] = ["add", "change", "remove"];
/// Where files are put: new ones, and one that a package brings.
const PLACES: [&str; 4] = ["/opt/app", "/etc", "/usr/share/doc/deep/er", "/etc/motd"];
/// Kernel parameters that are set.
const PARAMETERS: [&str; 4] = [
    "kernel.panic",
    "vm.swappiness",
    "kernel.sysrq",
    "net.core.somaxconn",
];

/// Draws the edit with this number and does it; tells it in a few words.
pub(super) fn next(state: &mut State, number: usize, random: &mut Random) -> String {
    let kind = KINDS[number % KINDS.len()];
    let way = WAYS[number / KINDS.len() % WAYS.len()];
    let what = match kind {
        "file" => file(state, way, random),
        "setting" => setting(state, way, random),
        "user" => user(state, way, random),
        "unit" => unit(state, way, random),
        _ => package(state, way, random),
    };
    format!("{way} {kind} {what}")
}

/// One of the names that are there.
fn some<T>(names: &std::collections::BTreeMap<String, T>, random: &mut Random) -> Option<String> {
    let index = random.below(names.len());
    names.keys().nth(index).cloned()
}

fn file(state: &mut State, way: &str, random: &mut Random) -> String {
    let new = match *random.pick(&PLACES) {
        "/etc/motd" => "/etc/motd".to_owned(),
        place => format!("{place}/file-{}", random.below(1_000)),
    };
    let path = match way {
        "add" => new,
        _ => some(&state.files, random).unwrap_or(new),
    };
    let content = (random.next(), 1 + random.below(200_000));
    match way {
        "remove" => state.files.remove(&path),
        _ => state.files.insert(path.clone(), content),
    };
    path
}

fn setting(state: &mut State, way: &str, random: &mut Random) -> String {
    let name = *random.pick(&PARAMETERS);
    match (way, random.below(4)) {
        ("change", 0) => {
            state.module = !state.module;
            "kernel.modules".to_owned()
        }
        ("change", 1) => {
            state.host += 1;
            "hostname".to_owned()
        }
        // What the initial RAM disk is made of.
        ("change", 2) => {
            state.options += 1;
            "modprobe.d".to_owned()
        }
        ("remove", _) => {
            let name = some(&state.parameters, random).unwrap_or_else(|| name.to_owned());
            state.parameters.remove(&name);
            name
        }
        _ => {
            let value = state.parameters.get(name).map_or(1, |value| value + 1);
            state.parameters.insert(name.to_owned(), value);
            name.to_owned()
        }
    }
}

fn user(state: &mut State, way: &str, random: &mut Random) -> String {
    let new = format!("user{}", random.below(1_000));
    let name = match way {
        "add" => new,
        _ => some(&state.users, random).unwrap_or(new),
    };
    match way {
        "remove" => state.users.remove(&name),
        _ => state.users.insert(name.clone(), random.next()),
    };
    name
}

fn unit(state: &mut State, way: &str, random: &mut Random) -> String {
    let new = format!("own-{}", random.below(1_000));
    let name = match way {
        "add" => new,
        _ => some(&state.units, random).unwrap_or(new),
    };
    let unit = Unit {
        description: random.next(),
        enabled: random.chance(70),
    };
    match way {
        "remove" => state.units.remove(&name),
        _ => state.units.insert(name.clone(), unit),
    };
    name
}

fn package(state: &mut State, way: &str, random: &mut Random) -> String {
    let new = format!("own-package-{}", random.below(1_000));
    let name = match way {
        "add" => new,
        _ => some(&state.packages, random).unwrap_or(new),
    };
    let version = state.packages.get(&name).map_or(1, |own| own.version + 1);
    let own = Own {
        version,
        content: random.next(),
    };
    match way {
        "remove" => state.packages.remove(&name),
        _ => state.packages.insert(name.clone(), own),
    };
    name
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_kind_is_edited_in_every_way_and_every_edit_is_one() {
        let mut random = Random::new(1, "edits");
        let mut state = State::default();
        let mut seen = BTreeSet::new();
        let mut idle = 0;
        for number in 0..100 {
            let before = state.clone();
            let told = next(&mut state, number, &mut random);
            seen.insert(told.split(' ').take(2).collect::<Vec<_>>().join(" "));
            idle += usize::from(before == state);
        }
        assert_eq!(seen.len(), KINDS.len() * WAYS.len());
        // Where there is nothing to remove an edit changes nothing.
        assert!(idle < 5, "{idle} edits changed nothing");
    }
}
