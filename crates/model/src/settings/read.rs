//! Walks the merged tables of an image; what a table means is judged in the module of its name.

use std::collections::BTreeMap;

use super::{Placed, Script, Settings, accounts, dropins, files, strip, system};
use crate::project::node::{Entry, Node, Table};
use crate::source::{FileError, Spot};

/// Reads all settings.
pub(super) fn settings(values: &Table) -> Result<Settings, FileError> {
    let mut all = Settings {
        system: system::system(table(values, "system"))?,
        users: named(values, "users")
            .map(|(name, entry)| accounts::user(name, entry))
            .collect::<Result<_, _>>()?,
        groups: named(values, "groups")
            .map(|(name, entry)| accounts::group(name, entry))
            .collect::<Result<_, _>>()?,
        ids: accounts::ids(table(values, "ids"))?,
        directories: named(values, "directories")
            .map(|(path, entry)| files::directory(path, entry))
            .collect::<Result<_, _>>()?,
        files: Vec::new(),
        links: named(values, "links")
            .map(|(path, entry)| files::link(path, entry))
            .collect::<Result<_, _>>()?,
        services: system::services(table(values, "services"))?,
        scripts: list(values, "scripts")
            .iter()
            .map(|node| {
                Ok(Script {
                    file: files::project_file(node)?,
                })
            })
            .collect::<Result<_, FileError>>()?,
        clean: BTreeMap::new(),
        strip: strip::strip(table(values, "strip"))?,
    };
    for (name, entry) in named(values, "clean") {
        all.clean
            .insert(name.to_owned(), entry.node.boolean().unwrap_or(true));
    }
    if all.system.machine_id.is_some() {
        all.clean.insert("machine_id".to_owned(), false);
    }
    let users = named(values, "users").zip(&all.users);
    let users = users.map(|((name, entry), user)| (name, user.uid, entry));
    let groups = named(values, "groups").zip(&all.groups);
    let groups = groups.map(|((name, entry), group)| (name, group.gid, entry));
    let accounts: Vec<_> = users.chain(groups).collect();
    accounts::fix(&mut all.ids, &accounts)?;
    let mut written = Vec::new();
    for (path, entry) in named(values, "files") {
        written.push((files::file(path, entry)?, &entry.key));
    }
    for (name, entry) in named(values, "network") {
        written.push((dropins::network(name, entry)?, &entry.key));
    }
    for (name, entry) in named(values, "dropins") {
        written.push((dropins::dropin(name, entry)?, &entry.key));
    }
    let kernel = table(values, "kernel");
    for (file, spot) in system::kernel(kernel, values.get("sysctl"))? {
        written.push((file, spot));
    }
    for user in &all.users {
        if let Some(file) = accounts::sudoers(user)
            && let Some(entry) = named(values, "users").find(|(name, _)| *name == user.name)
        {
            written.push((file, &entry.1.key));
        }
    }
    all.files = files::sorted(written)?;
    files::check_places(&all, values)?;
    Ok(all)
}

/// The inside of a table, empty if it is not there.
pub(crate) fn table<'a>(values: &'a Table, key: &str) -> Option<&'a Table> {
    values.get(key).and_then(|entry| entry.node.table())
}

/// The entries of a table whose keys are names, sorted by name.
pub(crate) fn named<'a>(
    values: &'a Table,
    key: &str,
) -> impl Iterator<Item = (&'a str, &'a Entry)> {
    table(values, key)
        .into_iter()
        .flatten()
        .map(|(name, entry)| (name.as_str(), entry))
}

/// The entries of a list, none if it is not there.
pub(crate) fn list<'a>(values: &'a Table, key: &str) -> &'a [Node] {
    values.get(key).map_or(&[][..], |entry| entry.node.items())
}

/// A string of a table.
pub(crate) fn text<'a>(values: &'a Table, key: &str) -> Option<(&'a str, &'a Node)> {
    let node = &values.get(key)?.node;
    Some((node.text()?, node))
}

/// A truth value of a table.
pub(crate) fn truth(values: &Table, key: &str) -> Option<bool> {
    values.get(key)?.node.boolean()
}

/// File and line, for errors that can only be found in the tree.
pub(crate) fn place(spot: &Spot) -> String {
    format!("{}:{}", spot.file, spot.line)
}

/// A text with its place.
pub(crate) fn placed(node: &Node) -> Placed {
    Placed {
        text: node.text().unwrap_or_default().to_owned(),
        at: place(&node.spot),
    }
}
