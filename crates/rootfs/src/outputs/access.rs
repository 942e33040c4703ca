//! Access control lists as tar archives tell them.
//!
//! The kernel keeps a POSIX ACL as an extended attribute: a version (2) of four bytes, then for
//! each entry a tag and permissions of two bytes each and a number of four, all little-endian;
//! see acl(5) and linux/posix_acl_xattr.h. tar programs look for a text of such entries in a pax
//! record of its own, `SCHILY.acl.access` or `SCHILY.acl.default`.

/// The version of the kernel's form.
const VERSION: [u8; 4] = [2, 0, 0, 0];

/// The key and the text for an attribute that is a list, if it is one.
pub(super) fn text(attribute: &str, value: &[u8]) -> Option<(&'static str, Vec<u8>)> {
    let key = match attribute {
        "system.posix_acl_access" => "SCHILY.acl.access",
        "system.posix_acl_default" => "SCHILY.acl.default",
        _ => return None,
    };
    let entries = value.strip_prefix(&VERSION)?.chunks(8);
    let told: Option<Vec<String>> = entries.map(entry).collect();
    Some((key, told?.join(",").into_bytes()))
}

/// One entry: `group:4:r-x`.
fn entry(bytes: &[u8]) -> Option<String> {
    let bytes: &[u8; 8] = bytes.try_into().ok()?;
    let [tag, tag_high, may, _, number @ ..] = bytes;
    let number = u32::from_le_bytes(*number);
    let who = match u16::from_le_bytes([*tag, *tag_high]) {
        0x01 => "user:".to_owned(),
        0x02 => format!("user:{number}"),
        0x04 => "group:".to_owned(),
        0x08 => format!("group:{number}"),
        0x10 => "mask:".to_owned(),
        0x20 => "other:".to_owned(),
        _ => return None,
    };
    let letter = |bit: u8, letter: char| if may & bit == 0 { '-' } else { letter };
    let letters = [letter(4, 'r'), letter(2, 'w'), letter(1, 'x')];
    Some(format!("{who}:{}", String::from_iter(letters)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_told_as_tar_programs_read_it() {
        let value = [
            &[2, 0, 0, 0][..],
            &[1, 0, 7, 0, 255, 255, 255, 255],
            &[2, 0, 6, 0, 0xe8, 3, 0, 0],
            &[4, 0, 5, 0, 255, 255, 255, 255],
            &[8, 0, 5, 0, 4, 0, 0, 0],
            &[16, 0, 5, 0, 255, 255, 255, 255],
            &[32, 0, 0, 0, 255, 255, 255, 255],
        ]
        .concat();
        let expected = "user::rwx,user:1000:rw-,group::r-x,group:4:r-x,mask::r-x,other::---";
        for (attribute, key) in [
            ("system.posix_acl_access", "SCHILY.acl.access"),
            ("system.posix_acl_default", "SCHILY.acl.default"),
        ] {
            let told = text(attribute, &value);
            assert_eq!(told, Some((key, expected.as_bytes().to_vec())));
        }
        assert_eq!(text("security.capability", &value), None);
        for broken in [
            &value[..9],
            &[3, 0, 0, 0],
            &[2, 0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0],
        ] {
            assert_eq!(text("system.posix_acl_access", broken), None);
        }
    }
}
