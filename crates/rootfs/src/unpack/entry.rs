//! What a package ships, checked: names that stay inside, and nothing that no package may ship.

use std::collections::HashSet;

use formwork_deb::container::tar;

use crate::error::Error;

/// The longest path and the longest name that a package may ship.
const MAX_PATH: usize = 4096;
const MAX_NAME: usize = 255;

/// One thing that a package ships.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    /// The path without a slash in front or behind; empty for the root.
    pub(crate) path: Vec<u8>,
    /// What it is.
    pub(crate) what: What,
    /// The permission bits.
    pub(crate) mode: u32,
    /// The number of the owner.
    pub(crate) user: u32,
    /// The number of the group.
    pub(crate) group: u32,
    /// The name of the owner, where it is not root.
    pub(crate) user_name: Option<Vec<u8>>,
    /// The name of the group, where it is not root.
    pub(crate) group_name: Option<Vec<u8>>,
    /// When it was changed last.
    pub(crate) modified: i64,
}

/// What an entry is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum What {
    /// A file, staged under this number, with the MD5 of its content where dpkg needs it.
    File(usize, Option<[u8; 16]>),
    /// Another name of a file that came before.
    HardLink(Vec<u8>),
    /// A symbolic link.
    SymbolicLink(Vec<u8>),
    /// A directory.
    Directory,
    /// A named pipe.
    Fifo,
}

/// Checks the entries of one package, one after the other.
#[derive(Debug)]
pub(crate) struct Checker<'a> {
    package: &'a str,
    seen: HashSet<Vec<u8>>,
    files: HashSet<Vec<u8>>,
    links: HashSet<Vec<u8>>,
}

impl<'a> Checker<'a> {
    /// Begins with the name that messages show.
    pub(crate) fn new(package: &'a str) -> Checker<'a> {
        Checker {
            package,
            seen: HashSet::new(),
            files: HashSet::new(),
            links: HashSet::new(),
        }
    }

    /// The entry as it will be placed; a file gets `number`.
    pub(crate) fn check(&mut self, entry: &tar::Entry, number: usize) -> Result<Entry, Error> {
        let package = self.package;
        let refuse = |reason: &str| refuse(package, &entry.path, reason);
        let path = clean(&entry.path).map_err(refuse)?;
        let what = match entry.kind {
            tar::Kind::File => What::File(number, None),
            tar::Kind::Directory => What::Directory,
            tar::Kind::SymbolicLink => What::SymbolicLink(entry.link.clone()),
            tar::Kind::Fifo => What::Fifo,
            tar::Kind::HardLink => {
                let target = clean(&entry.link).map_err(refuse)?;
                if !self.files.contains(&target) {
                    return Err(refuse(
                        "it is a hard link to no earlier file of the package",
                    ));
                }
                What::HardLink(target)
            }
            tar::Kind::CharacterDevice | tar::Kind::BlockDevice => {
                return Err(refuse("no package may ship a device node"));
            }
        };
        if let Some(link) = ancestors(&path).find(|above| self.links.contains(*above)) {
            let link = link.escape_ascii().to_string();
            return Err(refuse(&format!(
                "it lies behind the symbolic link {link} of the same package"
            )));
        }
        let is_new = self.seen.insert(path.clone());
        if !is_new && what != What::Directory {
            return Err(refuse("the package ships it twice"));
        }
        let (user, group) = (small(entry.user_id), small(entry.group_id));
        let (Some(user), Some(group)) = (user, group) else {
            return Err(refuse("its owner has a number that no user can have"));
        };
        match &what {
            What::File(..) | What::HardLink(_) => drop(self.files.insert(path.clone())),
            What::SymbolicLink(_) => drop(self.links.insert(path.clone())),
            What::Directory | What::Fifo => {}
        }
        Ok(Entry {
            path,
            what,
            mode: entry.mode & 0o7777,
            user,
            group,
            user_name: other_than_root(&entry.user_name),
            group_name: other_than_root(&entry.group_name),
            modified: entry.modified,
        })
    }
}

fn refuse(package: &str, path: &[u8], reason: &str) -> Error {
    let shown = &path[..path.len().min(200)];
    Error::Refused {
        package: package.to_owned(),
        entry: shown.escape_ascii().to_string(),
        reason: reason.to_owned(),
    }
}

fn other_than_root(name: &[u8]) -> Option<Vec<u8>> {
    (!matches!(name, b"" | b"root")).then(|| name.to_vec())
}

fn small(number: u64) -> Option<u32> {
    u32::try_from(number)
        .ok()
        .filter(|number| *number != u32::MAX)
}

/// The directories that a path lies in, the nearest first, without the root.
pub(crate) fn ancestors(path: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = path;
    std::iter::from_fn(move || {
        let slash = rest.iter().rposition(|byte| *byte == b'/')?;
        rest = &rest[..slash];
        Some(rest)
    })
}

/// The path without `./` in front and a slash behind.
fn clean(path: &[u8]) -> Result<Vec<u8>, &'static str> {
    if path.first() == Some(&b'/') {
        return Err("its name is absolute");
    }
    if path.len() > MAX_PATH {
        return Err("its name is too long");
    }
    if path.iter().any(|byte| matches!(byte, b'\n' | 0)) {
        return Err("its name has a line break or a NUL in it");
    }
    let mut clean = Vec::with_capacity(path.len());
    for part in path.split(|byte| *byte == b'/') {
        match part {
            b"" | b"." => continue,
            b".." => return Err("its name climbs out"),
            part if part.len() > MAX_NAME => return Err("its name is too long"),
            _ => {}
        }
        if !clean.is_empty() {
            clean.push(b'/');
        }
        clean.extend_from_slice(part);
    }
    Ok(clean)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(path: &[u8], kind: tar::Kind, link: &[u8]) -> tar::Entry {
        tar::Entry {
            link: link.to_vec(),
            mode: 0o100_644,
            group_id: 42,
            user_name: b"root".to_vec(),
            group_name: b"shadow".to_vec(),
            modified: 7,
            ..tar::Entry::new(path.to_vec(), kind)
        }
    }

    #[test]
    fn good_entries_pass_with_their_owner() {
        let mut checker = Checker::new("a 1");
        let root = checker
            .check(&entry(b"./", tar::Kind::Directory, b""), 0)
            .unwrap();
        assert_eq!((root.path, root.what), (Vec::new(), What::Directory));
        let file = checker
            .check(&entry(b"./usr//./x", tar::Kind::File, b""), 3)
            .unwrap();
        assert_eq!(file.path, b"usr/x");
        assert_eq!((file.mode, file.group), (0o644, 42));
        assert_eq!(file.user_name, None);
        assert_eq!(file.group_name.unwrap(), b"shadow");
        let link = checker.check(&entry(b"./usr/y", tar::Kind::HardLink, b"./usr/x"), 0);
        assert_eq!(link.unwrap().what, What::HardLink(b"usr/x".to_vec()));
        let odd = checker
            .check(&entry(b"./usr/\xff", tar::Kind::File, b""), 4)
            .unwrap();
        assert_eq!(odd.path, b"usr/\xff");
    }

    #[test]
    fn hostile_entries_are_refused_by_name_and_reason() {
        let long = [b"./".as_slice(), &[b'n'; 256]].concat();
        let cases: [(&[u8], tar::Kind, &[u8], &str); 12] = [
            (b"/etc/passwd", tar::Kind::File, b"", "absolute"),
            (b"../x", tar::Kind::File, b"", "climbs out"),
            (b"./a/../../x", tar::Kind::Directory, b"", "climbs out"),
            (b"./a\nb", tar::Kind::File, b"", "line break"),
            (&long, tar::Kind::File, b"", "too long"),
            (b"./null", tar::Kind::CharacterDevice, b"", "device node"),
            (b"./disk", tar::Kind::BlockDevice, b"", "device node"),
            (b"./h", tar::Kind::HardLink, b"/etc/shadow", "absolute"),
            (b"./h", tar::Kind::HardLink, b"../shadow", "climbs out"),
            (b"./h", tar::Kind::HardLink, b"./etc/shadow", "hard link"),
            (
                b"./link/passwd",
                tar::Kind::File,
                b"",
                "symbolic link link of",
            ),
            (b"./twice", tar::Kind::File, b"", "twice"),
        ];
        for (path, kind, link, reason) in cases {
            let mut checker = Checker::new("evil 1");
            checker
                .check(&entry(b"./link", tar::Kind::SymbolicLink, b"/etc"), 0)
                .unwrap();
            checker
                .check(&entry(b"./twice", tar::Kind::File, b""), 0)
                .unwrap();
            let error = checker.check(&entry(path, kind, link), 0).unwrap_err();
            let text = error.to_string();
            assert!(text.contains(reason) && text.contains("evil 1"), "{text}");
        }
    }
}
