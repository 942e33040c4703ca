//! `[strip]`: packages and paths that are taken out of the finished tree.

use super::read::{list, named, placed};
use super::{Placed, Strip, files};
use crate::name::{self, Kind};
use crate::project::node::{Node, Table};
use crate::source::FileError;

/// Reads the table.
pub(super) fn strip(values: Option<&Table>) -> Result<Strip, FileError> {
    let Some(values) = values else {
        return Ok(Strip::default());
    };
    Ok(Strip {
        keep: all(values, "keep", pattern)?,
        remove: all(values, "remove", pattern)?,
        paths: all(values, "paths", path)?,
        links: named(values, "links")
            .map(|(path, entry)| files::link(path, entry))
            .collect::<Result<_, _>>()?,
    })
}

/// The entries of one list, each checked.
fn all(
    values: &Table,
    key: &str,
    check: fn(&Node) -> Result<(), FileError>,
) -> Result<Vec<Placed>, FileError> {
    let nodes = list(values, key).iter();
    nodes
        .map(|node| check(node).map(|()| placed(node)))
        .collect()
}

/// The name of a package, in which `*` may stand for anything.
fn pattern(node: &Node) -> Result<(), FileError> {
    let text = node.text().unwrap_or_default();
    // A letter in place of each star makes a name of every good pattern, also of `*` alone.
    if name::is_valid(Kind::Package, &text.replace('*', "aa")) {
        return Ok(());
    }
    let error = node.error(format!("`{text}` cannot be the name of a package"));
    Err(error.hint("a name as in `dpkg`, or with stars as in `linux-image-*`"))
}

/// An absolute path below the root.
fn path(node: &Node) -> Result<(), FileError> {
    let text = node.text().unwrap_or_default();
    let inside = text.strip_prefix('/');
    if inside.is_some_and(|inside| !inside.is_empty() && formwork_deb::path::is_inside(inside)) {
        return Ok(());
    }
    let error = node.error(format!("`{text}` is no path of a tree"));
    Err(error.hint("an absolute one without `..`, as in \"/usr/share/doc\""))
}
