//! Files, directories and links, and which paths are allowed for them.

use super::read::{named, place, text};
use super::{Content, Directory, File, Link, ProjectFile, Rights, Settings};
use crate::project::node::{Entry, Node, Table, at};
use crate::source::{FileError, Spot};

/// Directories of the tree that hold nothing when it is at rest.
const ALIVE: [&str; 5] = ["/proc", "/sys", "/dev", "/run", "/tmp"];

/// One file.
pub(super) fn file(path: &str, entry: &Entry) -> Result<File, FileError> {
    check_key_path(path, &entry.key)?;
    let empty = Table::new();
    let table = entry.node.table().unwrap_or(&empty);
    Ok(File {
        path: path.to_owned(),
        content: content(table, path, &entry.key)?,
        rights: rights(table)?,
        at: place(&entry.key),
    })
}

/// One directory.
pub(super) fn directory(path: &str, entry: &Entry) -> Result<Directory, FileError> {
    check_key_path(path, &entry.key)?;
    let empty = Table::new();
    let table = entry.node.table().unwrap_or(&empty);
    let source = match text(table, "source") {
        Some((source, node)) => {
            check_project_path(source, node)?;
            Some(source.to_owned())
        }
        None => None,
    };
    Ok(Directory {
        path: path.to_owned(),
        source,
        members: Vec::new(),
        rights: rights(table)?,
        at: place(&entry.key),
    })
}

/// One link.
pub(super) fn link(path: &str, entry: &Entry) -> Result<Link, FileError> {
    check_key_path(path, &entry.key)?;
    let target = entry.node.text().unwrap_or_default();
    if target.is_empty() || target.contains(['\0', '\n']) {
        return Err(entry.node.error("a link must say where it leads"));
    }
    Ok(Link {
        path: path.to_owned(),
        target: target.to_owned(),
        at: place(&entry.key),
    })
}

/// What a file holds: `source` or `content`, one of the two.
pub(super) fn content(table: &Table, name: &str, key: &Spot) -> Result<Content, FileError> {
    match (text(table, "source"), text(table, "content")) {
        (Some((_, node)), None) => project_file(node).map(Content::File),
        (None, Some((text, _))) => Ok(Content::Text(text.to_owned())),
        (Some((_, source)), Some((_, content))) => {
            let message = format!(
                "`{name}` has both `source` ({}) and `content` ({})",
                source.spot, content.spot
            );
            Err(content.error(message).hint("leave one of the two out"))
        }
        (None, None) => {
            let error = at(key, format!("`{name}` has neither `source` nor `content`"));
            Err(error.hint("source = \"files/…\", or content = \"…\""))
        }
    }
}

/// A file of the project.
pub(crate) fn project_file(node: &Node) -> Result<ProjectFile, FileError> {
    let path = node.text().unwrap_or_default();
    check_project_path(path, node)?;
    Ok(ProjectFile {
        path: path.to_owned(),
        at: place(&node.spot),
        ..ProjectFile::default()
    })
}

/// A path of the project must stay in it.
fn check_project_path(path: &str, node: &Node) -> Result<(), FileError> {
    if formwork_deb::path::is_inside(path) {
        return Ok(());
    }
    let error = node.error(format!("`{path}` is no path in the project"));
    Err(error.hint("a relative path without `..`, as in files/motd"))
}

/// A path of the tree, as a key.
fn check_key_path(path: &str, key: &Spot) -> Result<(), FileError> {
    path_fault(path).map_or(Ok(()), |(message, hint)| Err(at(key, message).hint(hint)))
}

/// A path of the tree, as a value.
pub(crate) fn check_path(path: &str, node: &Node) -> Result<(), FileError> {
    path_fault(path).map_or(Ok(()), |(message, hint)| {
        Err(node.error(message).hint(hint))
    })
}

/// What is wrong with a path of the tree.
fn path_fault(path: &str) -> Option<(String, &'static str)> {
    let whole = path
        .strip_prefix('/')
        .is_some_and(formwork_deb::path::is_inside);
    let plain = |part: &str| !part.is_empty() && part != ".";
    if !whole || !path.split('/').skip(1).all(plain) || path.len() > 4000 {
        return Some((
            format!("`{path}` is no path in the tree"),
            "a path from the root without `..`, `.` and `//`, as in /etc/motd",
        ));
    }
    let alive = ALIVE.iter().any(|directory| {
        path.strip_prefix(directory)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    });
    alive.then(|| {
        (
            format!("`{path}` lies where nothing of an image stays"),
            "what must be there at run time belongs to systemd-tmpfiles: files.\"/etc/tmpfiles.d/….conf\"",
        )
    })
}

/// Mode and owner.
fn rights(table: &Table) -> Result<Rights, FileError> {
    let mut rights = Rights::default();
    if let Some((mode, node)) = text(table, "mode") {
        let octal =
            (3..=4).contains(&mode.len()) && mode.bytes().all(|byte| (b'0'..=b'7').contains(&byte));
        let Some(number) = u32::from_str_radix(mode, 8).ok().filter(|_| octal) else {
            let error = node.error(format!("`{mode}` is no mode"));
            return Err(error.hint("octal digits in quotes, as in \"0644\""));
        };
        rights.mode = Some(number);
    }
    for (key, place) in [("owner", &mut rights.owner), ("group", &mut rights.group)] {
        if let Some((name, node)) = text(table, key) {
            if name.is_empty() || name.contains([':', ' ', '\n']) {
                return Err(node.error(format!("`{name}` is no name of a user or group")));
            }
            *place = Some(name.to_owned());
        }
    }
    Ok(rights)
}

/// Files sorted by path; two that mean the same path are an error at the second.
pub(super) fn sorted(mut files: Vec<(File, &Spot)>) -> Result<Vec<File>, FileError> {
    files.sort_by(|left, right| left.0.path.cmp(&right.0.path));
    for pair in files.windows(2) {
        if pair[0].0.path == pair[1].0.path {
            let path = &pair[0].0.path;
            let message = format!("`{path}` is written twice: {} and {}", pair[0].1, pair[1].1);
            return Err(at(pair[1].1, message).hint("take one of the two out"));
        }
    }
    Ok(files.into_iter().map(|(file, _)| file).collect())
}

/// One path cannot be a file and a directory or a link.
pub(super) fn check_places(settings: &Settings, values: &Table) -> Result<(), FileError> {
    let files: Vec<(&str, &str)> = settings
        .files
        .iter()
        .map(|file| (file.path.as_str(), file.at.as_str()))
        .collect();
    let links: Vec<(&str, &str)> = settings
        .links
        .iter()
        .map(|link| (link.path.as_str(), link.at.as_str()))
        .collect();
    let clash = |path: &str, others: &[(&str, &str)]| -> Option<String> {
        let (_, at) = others.iter().find(|(other, _)| {
            *other == path
                || path
                    .strip_prefix(other)
                    .is_some_and(|rest| rest.starts_with('/'))
        })?;
        Some((*at).to_owned())
    };
    for (key, others, what) in [
        ("directories", &files, "a file"),
        ("links", &files, "a file"),
        ("directories", &links, "a link"),
        ("files", &links, "a link"),
    ] {
        for (path, entry) in named(values, key) {
            if let Some(other) = clash(path, others) {
                let message = format!("`{path}` is, or lies below, {what}: {other}");
                return Err(at(&entry.key, message).hint("take one of the two out"));
            }
        }
    }
    Ok(())
}
