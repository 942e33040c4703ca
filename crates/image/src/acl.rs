//! Access control lists. Programs and archives know them as an extended attribute of version 2,
//! eight bytes an entry; ext4 stores version 1, in which only entries for a certain user or
//! group have a number behind tag and permissions.

/// The names of the attributes: the list itself, and what new files in a directory begin with.
pub(crate) const NAMES: [&[u8]; 2] = [b"system.posix_acl_access", b"system.posix_acl_default"];

/// The versions.
const GIVEN: [u8; 4] = 2_u32.to_le_bytes();
const STORED: [u8; 4] = 1_u32.to_le_bytes();
/// The tags of entries that name somebody.
const USER: u16 = 0x02;
const GROUP: u16 = 0x08;
const OWNING_GROUP: u16 = 0x04;
/// The other tags: owner, owning group, mask, all others.
const NAMELESS: [u16; 4] = [0x01, OWNING_GROUP, 0x10, 0x20];

/// A list as ext4 stores it; nothing if it is no list.
pub(crate) fn stored(given: &[u8]) -> Option<Vec<u8>> {
    let entries = given.strip_prefix(&GIVEN)?;
    let mut stored = STORED.to_vec();
    if !entries.len().is_multiple_of(8) {
        return None;
    }
    for entry in entries.chunks_exact(8) {
        let tag = u16::from_le_bytes([entry[0], entry[1]]);
        match tag {
            USER | GROUP => stored.extend(entry),
            _ if NAMELESS.contains(&tag) => stored.extend(&entry[..4]),
            _ => return None,
        }
    }
    Some(stored)
}

/// What the owning group may do by a list, as three bits; nothing if it is no list. The mode
/// of a file with a list has the mask in their place, which may be more.
pub(crate) fn group(given: &[u8]) -> Option<u16> {
    let mut entries = given.strip_prefix(&GIVEN)?.chunks_exact(8);
    let own = entries.find(|entry| entry[..2] == OWNING_GROUP.to_le_bytes())?;
    Some(u16::from(own[2] & 7))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_those_who_are_named_have_a_number() {
        let owner = [1, 0, 6, 0, 0xff, 0xff, 0xff, 0xff];
        let user = [2, 0, 4, 0, 0xe8, 3, 0, 0];
        let list = [&GIVEN[..], &owner, &user].concat();
        let expected = [&STORED[..], &owner[..4], &user].concat();
        assert_eq!(stored(&list).unwrap(), expected);
        assert_eq!(stored(&GIVEN).unwrap(), STORED);
        assert_eq!(stored(&list[..list.len() - 1]), None);
        assert_eq!(stored(&expected), None);
        assert_eq!(stored(&[&GIVEN[..], &[3; 8]].concat()), None);
    }

    #[test]
    fn the_owning_group_has_an_entry_of_its_own() {
        let mask = [0x10, 0, 7, 0, 0xff, 0xff, 0xff, 0xff];
        let own = [4, 0, 5, 0, 0xff, 0xff, 0xff, 0xff];
        assert_eq!(group(&[&GIVEN[..], &mask, &own].concat()), Some(5));
        assert_eq!(group(&[&GIVEN[..], &mask].concat()), None);
        assert_eq!(group(b"no"), None);
    }
}
