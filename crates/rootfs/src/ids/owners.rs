//! The owners in the tree, and those that access control lists name.

use std::collections::BTreeSet;

use formwork_sys::tree::{Kind, Tree, Visited};

use super::Numbers;
use crate::error::Error;
use crate::stage::{self, Known};

/// The size of the head of an access control list.
const HEAD: usize = 4;
/// The size of one of its entries: tag, permissions, number.
const ENTRY: usize = 8;
/// The tag of an entry that names a user.
const USER: u16 = 0x02;
/// The tag of one that names a group.
const GROUP: u16 = 0x08;

/// Gives everything in the tree its new owner.
pub(super) fn change(tree: &Tree, numbers: &Numbers, known: Option<&Known>) -> Result<(), Error> {
    let moved =
        |map: &std::collections::BTreeMap<u32, u32>| map.iter().any(|(old, new)| old != new);
    if !moved(&numbers.users) && !moved(&numbers.groups) {
        return Ok(());
    }
    // A file with two names must not be changed twice.
    let mut done: BTreeSet<u64> = BTreeSet::new();
    tree.walk("", &mut |visited: &Visited<'_>| {
        let metadata = visited.metadata;
        if metadata.links > 1 && metadata.kind != Kind::Directory && !done.insert(metadata.inode) {
            return Ok(());
        }
        change_one(visited, numbers, known)
    })
}

fn change_one(
    visited: &Visited<'_>,
    numbers: &Numbers,
    known: Option<&Known>,
) -> Result<(), Error> {
    let metadata = visited.metadata;
    let user = *numbers.users.get(&metadata.user).unwrap_or(&metadata.user);
    let group = *numbers
        .groups
        .get(&metadata.group)
        .unwrap_or(&metadata.group);
    let changes = (user, group) != (metadata.user, metadata.group);
    if !matches!(metadata.kind, Kind::File | Kind::Directory) {
        return match changes {
            true => Ok(visited.set_owner(user, group)?),
            false => Ok(()),
        };
    }
    let attributes = stage::attributes(visited, known)?;
    if changes {
        visited.set_owner(user, group)?;
        visited.set_mode(metadata.mode)?;
    }
    for (name, value) in attributes {
        let new = match name.starts_with("system.posix_acl_") {
            true => renumbered(&value, numbers),
            false => value.clone(),
        };
        // The system drops capabilities with the owner.
        if new != value || changes && name == "security.capability" {
            visited.set_attribute(&name, &new)?;
        }
    }
    Ok(())
}

/// An access control list with other numbers, as the kernel lays it out.
pub(super) fn renumbered(list: &[u8], numbers: &Numbers) -> Vec<u8> {
    let mut list = list.to_vec();
    let entries = list.get_mut(HEAD..).unwrap_or_default();
    for entry in entries.chunks_exact_mut(ENTRY) {
        let map = match u16::from_le_bytes([entry[0], entry[1]]) {
            USER => &numbers.users,
            GROUP => &numbers.groups,
            _ => continue,
        };
        let old = u32::from_le_bytes([entry[4], entry[5], entry[6], entry[7]]);
        if let Some(new) = map.get(&old) {
            entry[4..].copy_from_slice(&new.to_le_bytes());
        }
    }
    list
}
