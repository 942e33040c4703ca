//! What `dpkg-divert` and `dpkg-statoverride` have noted in the tree.

use std::collections::HashMap;

use formwork_sys::tree::{Seal, Tree};

use super::accounts::Accounts;
use crate::error::Error;

/// Paths that packages other than one put elsewhere.
#[derive(Clone, Debug, Default)]
pub(super) struct Diversions {
    /// The path, where it goes instead, and whose own files stay.
    by_path: HashMap<Vec<u8>, (Vec<u8>, String)>,
    /// The other way round.
    by_target: HashMap<Vec<u8>, Vec<u8>>,
}

impl Diversions {
    /// Reads `/var/lib/dpkg/diversions`: three lines each, of path, other path and package.
    pub(super) fn read(tree: &Tree) -> Result<Diversions, Error> {
        let text = tree.read_if_there("var/lib/dpkg/diversions")?;
        Ok(Diversions::parse(&text.unwrap_or_default()))
    }

    pub(super) fn parse(text: &[u8]) -> Diversions {
        let mut diversions = Diversions::default();
        let lines: Vec<&[u8]> = text.split(|byte| *byte == b'\n').collect();
        for three in lines.chunks_exact(3) {
            let relative = |line: &[u8]| line.strip_prefix(b"/").unwrap_or(line).to_vec();
            let (path, target) = (relative(three[0]), relative(three[1]));
            let package = String::from_utf8_lossy(three[2]).into_owned();
            diversions.by_target.insert(target.clone(), path.clone());
            diversions.by_path.insert(path, (target, package));
        }
        diversions
    }

    /// Where a path of this package goes.
    pub(super) fn instead<'a>(&'a self, path: &'a [u8], package: &str) -> &'a [u8] {
        match self.by_path.get(path) {
            Some((target, owner)) if owner != package => target,
            _ => path,
        }
    }

    /// Whose diversion of a path it is.
    pub(super) fn owner_of(&self, path: &[u8]) -> Option<&str> {
        self.by_path.get(path).map(|(_, owner)| owner.as_str())
    }

    /// The path that is diverted to this one, and whose diversion it is.
    pub(super) fn is_target(&self, path: &[u8]) -> Option<(&[u8], &str)> {
        let from = self.by_target.get(path)?;
        Some((from, self.owner_of(from).unwrap_or_default()))
    }
}

/// Owners and modes that were set by hand.
#[derive(Clone, Debug, Default)]
pub(super) struct Overrides {
    by_path: HashMap<Vec<u8>, (u32, u32, u32)>,
}

impl Overrides {
    /// Reads `/var/lib/dpkg/statoverride`: user, group, mode and path on a line.
    pub(super) fn read(tree: &Tree, accounts: &Accounts) -> Result<Overrides, Error> {
        let text = tree.read_if_there("var/lib/dpkg/statoverride")?;
        Ok(Overrides::parse(&text.unwrap_or_default(), accounts))
    }

    pub(super) fn parse(text: &[u8], accounts: &Accounts) -> Overrides {
        let mut overrides = Overrides::default();
        for line in text.split(|byte| *byte == b'\n') {
            let mut fields = line.splitn(4, |byte| *byte == b' ');
            let (Some(user), Some(group), Some(mode), Some(path)) =
                (fields.next(), fields.next(), fields.next(), fields.next())
            else {
                continue;
            };
            let mode = std::str::from_utf8(mode)
                .ok()
                .and_then(|mode| u32::from_str_radix(mode, 8).ok());
            let user = number(user).or_else(|| known(user, accounts.user(Some(user))));
            let group = number(group).or_else(|| known(group, accounts.group(Some(group))));
            if let (Some(user), Some(group), Some(mode)) = (user, group, mode) {
                let path = path.strip_prefix(b"/").unwrap_or(path).to_vec();
                overrides.by_path.insert(path, (user, group, mode));
            }
        }
        overrides
    }

    /// The owner and mode of a path, overridden if they are.
    pub(super) fn apply(&self, path: &[u8], seal: Seal) -> Seal {
        match self.by_path.get(path) {
            Some((user, group, mode)) => Seal {
                user: *user,
                group: *group,
                mode: mode & 0o7777,
                ..seal
            },
            None => seal,
        }
    }
}

/// A number as dpkg writes it for users without a name: `#1000`.
fn number(text: &[u8]) -> Option<u32> {
    let digits = text.strip_prefix(b"#")?;
    std::str::from_utf8(digits).ok()?.parse().ok()
}

fn known(name: &[u8], number: Option<u32>) -> Option<u32> {
    number.or((name == b"root").then_some(0))
}
