//! Home directories and the SSH keys in them.

use std::collections::BTreeSet;
use std::ffi::OsString;

use formwork_model::settings::{Settings, User};
use formwork_sys::tree::{Kind, Tree};

use super::files::{Owner, Places};
use super::lists::Lists;
use super::{bytes, wrong};
use crate::error::Error;

/// What every home of a person begins with.
const SKELETON: &str = "etc/skel";

/// Makes homes of new users and writes the keys of all.
pub(super) fn make(
    tree: &Tree,
    lists: &Lists,
    settings: &Settings,
    new: &BTreeSet<String>,
) -> Result<(), Error> {
    let places = Places { tree, lists };
    for user in &settings.users {
        let wanted = (new.contains(&user.name) && !user.system) || user.home.is_some();
        let owner = Owner {
            user: lists.user(&user.name).unwrap_or(0),
            group: lists.group_of(&user.name).unwrap_or(0),
        };
        let home = lists.passwd.field(&user.name, 5).unwrap_or_default();
        let home = home.trim_matches('/').to_owned();
        if wanted && !home.is_empty() && !tree.exists(&home)? {
            places.parents(&home)?;
            let mode = if user.system { 0o755 } else { 0o700 };
            tree.create_directory(&home, mode)?;
            if !user.system {
                copy(tree, SKELETON, &home, owner)?;
            }
            tree.set_owner(&home, owner.user, owner.group)?;
            tree.set_mode(&home, mode)?;
        }
        if !user.ssh_keys.is_empty() {
            write_keys(tree, user, &home, owner)?;
        }
    }
    Ok(())
}

/// Copies what is in a directory of the tree into another, for an owner.
fn copy(tree: &Tree, from: &str, to: &str, owner: Owner) -> Result<(), Error> {
    let entries = match tree.list(from) {
        Ok(entries) => entries,
        Err(error) if error.is_not_found() => return Ok(()),
        Err(error) => return Err(error.into()),
    };
    for (name, kind) in entries {
        let (old, new) = (join(from, &name), join(to, &name));
        let mode = tree.metadata(&old)?.map_or(0o644, |found| found.mode);
        match kind {
            Kind::File => {
                tree.write(&new, &tree.read(&old)?, mode)?;
            }
            Kind::Directory => {
                tree.create_directory(&new, mode)?;
                copy(tree, &old, &new, owner)?;
            }
            Kind::SymbolicLink => {
                tree.symbolic_link(tree.read_link(&old)?.as_os_str(), &new)?;
            }
            _ => continue,
        }
        tree.set_owner(&new, owner.user, owner.group)?;
        if kind != Kind::SymbolicLink {
            tree.set_mode(&new, mode)?;
        }
    }
    Ok(())
}

/// A path of the tree; names that are not UTF-8 do not occur where this is used.
fn join(directory: &str, name: &OsString) -> String {
    format!("{directory}/{}", name.to_string_lossy())
}

/// Writes `authorized_keys` with exactly the keys that the image names.
fn write_keys(tree: &Tree, user: &User, home: &str, owner: Owner) -> Result<(), Error> {
    if home.is_empty()
        || !matches!(tree.metadata(home)?, Some(found) if found.kind == Kind::Directory)
    {
        let message = format!("the user `{}` has no home for its SSH keys", user.name);
        return Err(wrong(&user.at, message));
    }
    let mut lines: Vec<String> = Vec::new();
    for content in &user.ssh_keys {
        let text = String::from_utf8_lossy(&bytes(content)?).into_owned();
        for line in text.lines().map(str::trim) {
            if !line.is_empty() && !lines.iter().any(|known| known == line) {
                lines.push(line.to_owned());
            }
        }
    }
    let directory = format!("{home}/.ssh");
    if !tree.exists(&directory)? {
        tree.create_directory(&directory, 0o700)?;
    }
    let file = format!("{directory}/authorized_keys");
    tree.write(&file, (lines.join("\n") + "\n").as_bytes(), 0o600)?;
    for (path, mode) in [(&directory, 0o700), (&file, 0o600)] {
        tree.set_owner(path, owner.user, owner.group)?;
        tree.set_mode(path, mode)?;
    }
    Ok(())
}
