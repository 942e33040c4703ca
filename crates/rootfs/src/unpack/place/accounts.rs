//! Users and groups by name, from the tree's own files.

use std::collections::HashMap;

use formwork_sys::tree::Tree;

use crate::error::Error;

/// The numbers of users and groups.
#[derive(Clone, Debug, Default)]
pub(super) struct Accounts {
    users: HashMap<Vec<u8>, u32>,
    groups: HashMap<Vec<u8>, u32>,
}

impl Accounts {
    /// Reads them; a tree may have neither file yet.
    pub(super) fn read(tree: &Tree) -> Result<Accounts, Error> {
        let names = |path: &str| -> Result<HashMap<Vec<u8>, u32>, Error> {
            Ok(numbers(&tree.read_if_there(path)?.unwrap_or_default()))
        };
        Ok(Accounts {
            users: names("etc/passwd")?,
            groups: names("etc/group")?,
        })
    }

    /// The number of a user, if there is one of this name.
    pub(super) fn user(&self, name: Option<&[u8]>) -> Option<u32> {
        name.and_then(|name| self.users.get(name).copied())
    }

    /// The number of a group, if there is one of this name.
    pub(super) fn group(&self, name: Option<&[u8]>) -> Option<u32> {
        name.and_then(|name| self.groups.get(name).copied())
    }
}

/// Reads lines `name:password:number:…`; the first line of a name counts.
fn numbers(text: &[u8]) -> HashMap<Vec<u8>, u32> {
    let mut numbers = HashMap::new();
    for line in text.split(|byte| *byte == b'\n') {
        let mut fields = line.split(|byte| *byte == b':');
        let name = fields.next();
        let number = fields
            .nth(1)
            .and_then(|text| std::str::from_utf8(text).ok()?.parse().ok());
        if let (Some(name), Some(number)) = (name, number) {
            numbers.entry(name.to_vec()).or_insert(number);
        }
    }
    numbers
}
