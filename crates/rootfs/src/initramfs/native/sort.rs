//! The order in which scripts run, exactly as `tsort` of coreutils gives it to initramfs-tools.
//!
//! Scripts without unmet needs come first, by name; each then frees those that wait for it, of
//! which the one that was told last comes first.

use std::collections::{BTreeMap, VecDeque};

/// Sorts names by pairs: the first of each pair comes before the second. A name beside itself
/// only says that it is there. `None` if there is a circle.
pub(super) fn sort(pairs: &[(String, String)]) -> Option<Vec<String>> {
    let mut waits: BTreeMap<&str, usize> = BTreeMap::new();
    let mut frees: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (before, after) in pairs {
        waits.entry(before).or_default();
        let count = waits.entry(after).or_default();
        if before != after {
            *count += 1;
            frees.entry(before).or_default().insert(0, after);
        }
    }
    let free = waits.iter().filter(|(_, count)| **count == 0);
    let mut queue: VecDeque<&str> = free.map(|(name, _)| *name).collect();
    let mut sorted = Vec::new();
    while let Some(name) = queue.pop_front() {
        sorted.push(name.to_owned());
        for after in frees.remove(name).unwrap_or_default() {
            let count = waits.entry(after).or_default();
            *count -= 1;
            if *count == 0 {
                queue.push_back(after);
            }
        }
    }
    (sorted.len() == waits.len()).then_some(sorted)
}

/// What a script needs before it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::initramfs) enum Needs {
    /// Scripts of these names, where they are there.
    These(Vec<String>),
    /// All others in its directory.
    Others,
}

/// How a script prints what it needs, if it has a variable for that.
const PRINTS: [&str; 4] = [
    "echo \"$PREREQ\"",
    "echo $PREREQ",
    "echo \"$PREREQS\"",
    "echo $PREREQS",
];
/// How those do that wait for all others: the beginning of a loop, and what it prints.
const OTHERS: [(&str, &str); 2] = [
    ("for req in \"${0%/*}\"/*; do", "printf '%s\\n' \"$script\""),
    ("for req in \"$dir\"/*; do", "printf '%s\\n' \"$req\""),
];

/// What a script says it needs before it, read without running it: the forms that Debian's
/// scripts have. `None` where it is another.
pub(in crate::initramfs) fn needs(script: &str) -> Option<Needs> {
    let lines = || script.lines().map(str::trim);
    let has = |text: &str| lines().any(|line| line == text);
    for (begins, prints) in OTHERS {
        if has(begins) {
            return has(prints).then_some(Needs::Others);
        }
    }
    let mut found = None;
    let mut prints = false;
    for line in lines() {
        // As a line, or as a function in one line.
        prints |= PRINTS.iter().any(|form| {
            let rest = line.strip_prefix("prereqs() {").unwrap_or(line);
            rest.trim_matches([' ', ';', '}']) == *form
        });
        let value = line
            .strip_prefix("PREREQ=")
            .or_else(|| line.strip_prefix("PREREQS="));
        let Some(value) = value else {
            continue;
        };
        let bare = value.trim_matches(['"', '\'']);
        if found.is_some() || bare.contains(['$', '`', '"', '\'', ';', '\\']) {
            return None;
        }
        found = Some(bare.split_whitespace().map(str::to_owned).collect());
    }
    found.filter(|_| prints).map(Needs::These)
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::process::{Command, Stdio};

    use super::*;

    #[test]
    fn names_come_as_tsort_puts_them() {
        let cases = [
            "b b a a c c",
            "udev udev udev lvm2 lvm2 lvm2 mdadm lvm2 kmod kmod zz zz zz klibc klibc klibc",
            "x a x b x c a a b b c c a d b d",
            "q w e r t y w e r t z w q q",
        ];
        for case in cases {
            let words: Vec<String> = case.split(' ').map(str::to_owned).collect();
            let pairs: Vec<(String, String)> = words
                .chunks(2)
                .filter(|pair| pair.len() == 2)
                .map(|pair| (pair[0].clone(), pair[1].clone()))
                .collect();
            let mut child = Command::new("tsort")
                .env("LC_ALL", "C")
                .stdin(Stdio::piped())
                .stdout(Stdio::piped())
                .spawn()
                .unwrap();
            let input: String = pairs.iter().map(|(a, b)| format!("{a} {b}\n")).collect();
            child
                .stdin
                .take()
                .unwrap()
                .write_all(input.as_bytes())
                .unwrap();
            let output = child.wait_with_output().unwrap();
            assert!(output.status.success(), "{case}");
            let expected = String::from_utf8(output.stdout).unwrap();
            let expected: Vec<&str> = expected.lines().collect();
            assert_eq!(sort(&pairs).unwrap(), expected, "{case}");
        }
        let circle = [("a", "b"), ("b", "a")].map(|(a, b)| (a.to_owned(), b.to_owned()));
        assert_eq!(sort(&circle), None);
    }

    #[test]
    fn needs_are_read_from_what_scripts_look_like() {
        let these = |names: &[&str]| {
            Some(Needs::These(
                names.iter().map(|name| (*name).to_owned()).collect(),
            ))
        };
        let tail = "prereqs()\n{\n\techo \"$PREREQ\"\n}\n";
        assert_eq!(
            needs(&format!("#!/bin/sh\nPREREQ=\"\"\n{tail}")),
            these(&[])
        );
        let short = "PREREQS=\"mdadm  lvm2\"\nprereqs() { echo \"$PREREQS\"; }\n";
        assert_eq!(needs(short), these(&["mdadm", "lvm2"]));
        for (begins, prints) in OTHERS {
            let others = format!("PREREQ=\"a\"\n  {begins}\n  {prints}\ndone\n");
            assert_eq!(needs(&others), Some(Needs::Others));
            assert_eq!(needs(&format!("PREREQ=\"a\"\n{begins}\n{tail}")), None);
        }
        for other in [
            "PREREQ=\"$(ls)\"",
            "PREREQ=a\nPREREQ=b",
            "PREREQ=\"\"; x",
            "echo udev",
        ] {
            assert_eq!(needs(&format!("{other}\n{tail}")), None, "{other}");
        }
        assert_eq!(needs("PREREQ=\"a\"\necho \"$PREREQ b\"\n"), None);
    }
}
