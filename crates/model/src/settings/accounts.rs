//! Users, groups and fixed numbers.

use std::collections::BTreeMap;

use super::read::{list, place, text, truth};
use super::{Content, File, Group, Rights, Sudo, User, files};
use crate::project::node::{Entry, Node, Table, at};
use crate::source::FileError;

/// Numbers below this are for the system.
const FIRST_OF_PEOPLE: u32 = 1000;
/// 65534 and 65535 mean nobody.
const LARGEST: i64 = 65_533;
/// The ways of hashing that Debian's crypt(5) still counts as strong.
const HASHES: [&str; 8] = ["$y$", "$gy$", "$7$", "$2b$", "$2a$", "$2y$", "$6$", "$5$"];
/// How a password is hashed, as the hint says it.
const HASH_IT: &str = "hash it: mkpasswd --method=yescrypt (package whois), or openssl passwd -6; to have none: locked = true";

/// One user.
pub(super) fn user(name: &str, entry: &Entry) -> Result<User, FileError> {
    check_name(name, "user", entry)?;
    let empty = Table::new();
    let table = entry.node.table().unwrap_or(&empty);
    let own = |key: &str| text(table, key).map(|(text, _)| text.to_owned());
    let mut user = User {
        name: name.to_owned(),
        password: None,
        locked: truth(table, "locked"),
        ssh_keys: Vec::new(),
        group: own("group"),
        groups: list(table, "groups")
            .iter()
            .filter_map(Node::text)
            .map(str::to_owned)
            .collect(),
        shell: own("shell"),
        home: own("home"),
        comment: own("comment"),
        uid: number(table.get("uid"), "uid")?,
        system: truth(table, "system").unwrap_or(false),
        sudo: None,
        at: place(&entry.key),
    };
    if let Some((text, node)) = text(table, "password") {
        check_password(text, node)?;
        user.password = Some(text.to_owned());
    }
    for key in ["shell", "home"] {
        if let Some((path, node)) = text(table, key) {
            files::check_path(path, node)?;
        }
    }
    for key in ["comment", "group"] {
        if let Some((value, node)) = text(table, key)
            && value.contains([':', '\n', ','])
        {
            return Err(node.error(format!(
                "`{key}` must not hold a colon, a comma or a line end"
            )));
        }
    }
    for node in list(table, "ssh_keys") {
        user.ssh_keys.push(ssh_key(node)?);
    }
    if let Some((way, node)) = text(table, "sudo") {
        user.sudo = Some(match way {
            "password" => Sudo::Password,
            "nopassword" => Sudo::NoPassword,
            _ => {
                let error = node.error(format!("`sudo` is `{way}`"));
                return Err(error.hint("write \"password\" or \"nopassword\""));
            }
        });
    }
    Ok(user)
}

/// One group.
pub(super) fn group(name: &str, entry: &Entry) -> Result<Group, FileError> {
    check_name(name, "group", entry)?;
    let empty = Table::new();
    let table = entry.node.table().unwrap_or(&empty);
    Ok(Group {
        name: name.to_owned(),
        gid: number(table.get("gid"), "gid")?,
        system: truth(table, "system").unwrap_or(false),
        members: list(table, "members")
            .iter()
            .filter_map(Node::text)
            .map(str::to_owned)
            .collect(),
        at: place(&entry.key),
    })
}

/// Fixed numbers of system users and groups.
pub(super) fn ids(table: Option<&Table>) -> Result<BTreeMap<String, u32>, FileError> {
    let mut ids: BTreeMap<String, u32> = BTreeMap::new();
    for (name, entry) in table.into_iter().flatten() {
        check_name(name, "user or group", entry)?;
        let Some(id) = number(Some(entry), name)? else {
            continue;
        };
        if let Some((other, _)) = ids.iter().find(|(_, known)| **known == id) {
            let message = format!("`{name}` and `{other}` have the same number");
            return Err(entry.node.error(message));
        }
        ids.insert(name.clone(), id);
    }
    Ok(ids)
}

/// Adds the numbers of system users and groups to those that are fixed.
pub(super) fn fix(
    ids: &mut BTreeMap<String, u32>,
    accounts: &[(&str, Option<u32>, &Entry)],
) -> Result<(), FileError> {
    for (name, id, entry) in accounts {
        let Some(id) = id.filter(|id| *id < FIRST_OF_PEOPLE) else {
            continue;
        };
        let other = ids
            .iter()
            .find(|(known, number)| (*known == name) != (**number == id));
        if let Some((other, number)) = other {
            let message = format!("`{name}` cannot have the number {id}: `{other}` has {number}");
            let hint = "a system user and the group of its name share one number";
            return Err(at(&entry.key, message).hint(hint));
        }
        ids.insert((*name).to_owned(), id);
    }
    Ok(())
}

/// The rule by which sudo lets a user become root.
pub(super) fn sudoers(user: &User) -> Option<File> {
    let rule = match user.sudo? {
        Sudo::Password => "ALL=(ALL:ALL) ALL",
        Sudo::NoPassword => "ALL=(ALL:ALL) NOPASSWD: ALL",
    };
    // sudo leaves files with a dot in their names out.
    let file = user.name.replace('.', "_");
    Some(File {
        path: format!("/etc/sudoers.d/{file}"),
        content: Content::Text(format!("{} {rule}\n", user.name)),
        rights: Rights {
            mode: Some(0o440),
            ..Rights::default()
        },
        at: user.at.clone(),
    })
}

/// A name as `adduser` lets it through.
fn check_name(name: &str, what: &str, entry: &Entry) -> Result<(), FileError> {
    let mut letters = name.chars();
    let first = letters
        .next()
        .is_some_and(|letter| letter.is_ascii_lowercase() || letter == '_');
    let rest = letters.all(|letter| {
        letter.is_ascii_lowercase() || letter.is_ascii_digit() || "_-.".contains(letter)
    });
    if first && rest && name.len() <= 32 {
        return Ok(());
    }
    let error = at(
        &entry.key,
        format!("`{name}` cannot be the name of a {what}"),
    );
    Err(error.hint(
        "small letters, digits, `_`, `-` and `.`, at most 32, beginning with a letter or `_`",
    ))
}

/// A number of a user or group.
fn number(entry: Option<&Entry>, key: &str) -> Result<Option<u32>, FileError> {
    let Some(node) = entry.map(|entry| &entry.node) else {
        return Ok(None);
    };
    let number = node.integer().unwrap_or(-1);
    match u32::try_from(number) {
        Ok(fits) if (1..=LARGEST).contains(&number) => Ok(Some(fits)),
        _ => Err(node.error(format!("`{key}` must be a number from 1 to {LARGEST}"))),
    }
}

/// A password must be hashed; what was written is never shown again.
fn check_password(text: &str, node: &Node) -> Result<(), FileError> {
    let rest = HASHES.iter().find_map(|hash| text.strip_prefix(hash));
    let whole = rest.is_some_and(|rest| rest.contains('$') && rest.len() > 20);
    let plain = |letter: char| letter.is_ascii_graphic() && letter != ':';
    if whole && text.chars().all(plain) {
        return Ok(());
    }
    let message = if text.starts_with("$1$") {
        "the password is hashed by MD5, which is too weak"
    } else {
        "the password is not hashed"
    };
    let mut error = node.error(message).hint(HASH_IT);
    error.spot.text = "password = \"…\"".to_owned();
    error.spot.column = 13;
    error.spot.length = 1;
    Err(error)
}

/// A key as a line, or the file that holds some.
fn ssh_key(node: &Node) -> Result<Content, FileError> {
    let text = node.text().unwrap_or_default();
    if !text.contains(char::is_whitespace) {
        return files::project_file(node).map(Content::File);
    }
    if !is_ssh_key(text) {
        let error = node.error("this is no public key of SSH");
        return Err(error.hint("a line as in ~/.ssh/id_ed25519.pub, or the path of such a file"));
    }
    Ok(Content::Text(format!("{}\n", text.trim())))
}

/// Whether a line is one of `authorized_keys`.
#[must_use]
pub fn is_ssh_key(line: &str) -> bool {
    const KINDS: [&str; 4] = ["ssh-", "ecdsa-sha2-", "sk-ssh-", "sk-ecdsa-"];
    let words: Vec<&str> = line.split_whitespace().collect();
    !line.contains('\n')
        && words.windows(2).any(|pair| {
            KINDS.iter().any(|kind| pair[0].starts_with(kind)) && pair[1].starts_with("AAAA")
        })
}
