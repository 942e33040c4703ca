//! Lets dpkg's database forget packages whose files were taken out of the tree.

use std::collections::BTreeSet;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use formwork_sys::tree::Tree;

use crate::error::Error;

/// Where the whole database lies.
pub(super) const PLACE: &str = "var/lib/dpkg";
/// The list of all packages.
const STATUS: &str = "var/lib/dpkg/status";
/// The directory of what belongs to single packages.
const INFO: &str = "var/lib/dpkg/info";

/// Takes packages out of the database; does nothing where there is none any more.
pub(super) fn forget(tree: &Tree, architecture: &str, packages: &[String]) -> Result<(), Error> {
    let Some(status) = tree.read_if_there(STATUS)? else {
        return Ok(());
    };
    let gone: BTreeSet<&str> = packages.iter().map(String::as_str).collect();
    let status = String::from_utf8_lossy(&status).into_owned();
    let left: Vec<&str> = status
        .split("\n\n")
        .filter(|stanza| !name(stanza, architecture).is_some_and(|name| gone.contains(&*name)))
        .collect();
    tree.rewrite(STATUS, left.join("\n\n").as_bytes())?;
    let native = format!(":{architecture}");
    for (file, _) in tree.list(INFO)? {
        let name = String::from_utf8_lossy(file.as_bytes()).into_owned();
        let stem = name
            .rsplit_once('.')
            .map_or(name.as_str(), |(stem, _)| stem);
        if gone.contains(stem.strip_suffix(&native).unwrap_or(stem)) {
            tree.remove(Path::new(INFO).join(&file))?;
        }
    }
    Ok(())
}

/// What dpkg's lists call the package of a stanza: foreign ones bear their architecture.
fn name(stanza: &str, native: &str) -> Option<String> {
    let field = |key: &str| {
        let mut lines = stanza.lines();
        lines.find_map(|line| line.strip_prefix(key).map(str::trim))
    };
    let name = field("Package:")?;
    match field("Architecture:") {
        Some(own) if own != native && own != "all" => Some(format!("{name}:{own}")),
        _ => Some(name.to_owned()),
    }
}
