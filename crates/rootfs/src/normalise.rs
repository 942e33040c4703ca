//! What would make two builds of one lock differ is brought into one form.
//!
//! The rules and their reasons stand in `docs/rootfs-rules.md`. They come after the image's own
//! settings; [`times`] comes last, after cleaning.

mod byte_code;

use std::collections::BTreeSet;

use formwork_sys::tree::{Kind, Time, Tree, Visited};

use crate::error::Error;
use crate::ids;
use crate::job::Job;
use crate::stage::Known;

pub use byte_code::byte_code;

/// Seconds of a day, the unit of the password ages.
const DAY: i64 = 86_400;

/// Brings accounts and lists that scripts append to into one form.
///
/// # Errors
/// If a file of the tree cannot be read or written, or a chosen number is another's already.
pub(crate) fn apply(tree: &Tree, job: &Job, known: Option<&Known>) -> Result<(), Error> {
    ids::apply(tree, &job.ids, known)?;
    let day = job.date.div_euclid(DAY);
    rewrite(tree, "etc/shadow", &|text| password_ages(text, day))?;
    rewrite(tree, "etc/shells", &shells)?;
    for path in ["var/lib/ucf/hashfile", "var/lib/ucf/registry"] {
        rewrite(tree, path, &sorted)?;
    }
    Ok(())
}

/// Leaves no time in the tree that is later than the lock's date.
///
/// # Errors
/// If a time cannot be set.
pub fn times(tree: &Tree, date: i64) -> Result<(), Error> {
    let latest = Time::seconds(date);
    let mut done: BTreeSet<u64> = BTreeSet::new();
    tree.walk("", &mut |visited: &Visited<'_>| {
        let metadata = visited.metadata;
        let seen =
            metadata.links > 1 && metadata.kind != Kind::Directory && !done.insert(metadata.inode);
        if metadata.modified > latest && !seen {
            visited.set_modified(latest)?;
        }
        Ok::<(), Error>(())
    })?;
    let root = tree.metadata("")?;
    if root.is_some_and(|root| root.modified > latest) {
        tree.set_modified("", latest)?;
    }
    Ok(())
}

/// Gives a file another text, if there is such a file and the text is another.
fn rewrite(tree: &Tree, path: &str, change: &dyn Fn(&str) -> String) -> Result<(), Error> {
    let Some(content) = tree.read_if_there(path)? else {
        return Ok(());
    };
    // What is no text is left as it is.
    if let Ok(text) = String::from_utf8(content) {
        let changed = change(&text);
        if changed != text {
            tree.rewrite(path, changed.as_bytes())?;
        }
    }
    Ok(())
}

/// No password was changed later than on the lock's day.
fn password_ages(shadow: &str, day: i64) -> String {
    let line = |line: &str| {
        let mut fields: Vec<String> = line.split(':').map(str::to_owned).collect();
        if let Some(age) = fields.get_mut(2)
            && age.parse::<i64>().is_ok_and(|age| age > day)
        {
            *age = day.to_string();
        }
        format!("{}\n", fields.join(":"))
    };
    shadow.lines().map(line).collect()
}

/// Comments first, then the shells by name.
fn shells(text: &str) -> String {
    let (comments, mut shells): (Vec<&str>, Vec<&str>) =
        text.lines().partition(|line| line.starts_with('#'));
    shells.sort_unstable();
    let lines = comments.into_iter().chain(shells);
    lines.map(|line| format!("{line}\n")).collect()
}

/// All lines in order.
fn sorted(text: &str) -> String {
    let mut lines: Vec<&str> = text.lines().collect();
    lines.sort_unstable();
    lines.into_iter().map(|line| format!("{line}\n")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_no_younger_than_the_lock() {
        let shadow = "root:*:20779:0:99999:7:::\nme:!:19000::::::\nodd:\n";
        let expected = "root:*:20645:0:99999:7:::\nme:!:19000::::::\nodd:\n";
        assert_eq!(password_ages(shadow, 20645), expected);
    }

    #[test]
    fn shells_are_listed_by_name_under_their_comment() {
        let text = "# /etc/shells: valid login shells\n/bin/sh\n/usr/bin/sh\n/bin/bash\n";
        let expected = "# /etc/shells: valid login shells\n/bin/bash\n/bin/sh\n/usr/bin/sh\n";
        assert_eq!(shells(text), expected);
    }

    #[test]
    fn no_time_is_later_than_the_lock() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("usr");
        std::fs::create_dir(&path).unwrap();
        std::fs::write(path.join("new"), "").unwrap();
        std::fs::write(path.join("old"), "").unwrap();
        std::fs::hard_link(path.join("new"), path.join("other")).unwrap();
        std::os::unix::fs::symlink("nowhere", path.join("link")).unwrap();
        let tree = Tree::open(directory.path()).unwrap();
        tree.set_modified("usr/old", Time::seconds(1_000)).unwrap();
        times(&tree, 1_700_000_000).unwrap();
        for (name, expected) in [
            ("", 1_700_000_000),
            ("usr", 1_700_000_000),
            ("usr/new", 1_700_000_000),
            ("usr/link", 1_700_000_000),
            ("usr/old", 1_000),
        ] {
            let metadata = tree.metadata(name).unwrap().unwrap();
            assert_eq!(metadata.modified, Time::seconds(expected), "{name}");
        }
    }
}
