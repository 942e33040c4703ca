//! `[blobs.NAME]`: bytes at fixed places of the disk.

use super::read::bytes;
use super::{Blob, BlobSource};
use crate::name::{self, Kind};
use crate::project::node::{Entry, Table, at};
use crate::settings::files::{check_path, project_file};
use crate::settings::read::{named, place, text};
use crate::source::FileError;

/// All blobs, sorted by offset.
pub(super) fn read(values: &Table) -> Result<Vec<Blob>, FileError> {
    let mut blobs = named(values, "blobs")
        .map(|(name, entry)| blob(name, entry))
        .collect::<Result<Vec<Blob>, FileError>>()?;
    blobs.sort_by(|left, right| (left.offset, &left.name).cmp(&(right.offset, &right.name)));
    Ok(blobs)
}

fn blob(name: &str, entry: &Entry) -> Result<Blob, FileError> {
    if !name::is_valid(Kind::Image, name) {
        let error = at(&entry.key, format!("`{name}` cannot be the name of a blob"));
        return Err(error.hint(Kind::Image.alphabet()));
    }
    let empty = Table::new();
    let table = entry.node.table().unwrap_or(&empty);
    let Some(offset) = table.get("offset") else {
        let error = at(&entry.key, format!("`{name}` does not say where it lies"));
        return Err(error.hint("offset = \"8K\""));
    };
    Ok(Blob {
        name: name.to_owned(),
        offset: bytes(&offset.node)?,
        source: source(name, entry, table)?,
        at: place(&entry.key),
    })
}

/// `source`, or `package` and `file`.
fn source(name: &str, entry: &Entry, table: &Table) -> Result<BlobSource, FileError> {
    let hint = "source = \"boards/….bin\", or package = \"…\" and file = \"/usr/lib/…\"";
    match (
        text(table, "source"),
        text(table, "package"),
        text(table, "file"),
    ) {
        (Some((_, node)), None, None) => project_file(node).map(BlobSource::File),
        (None, Some((package, package_node)), Some((file, node))) => {
            if !name::is_valid(Kind::Package, package) {
                let error = package_node.error(format!("`{package}` is no name of a package"));
                return Err(error.hint(Kind::Package.alphabet()));
            }
            check_path(file, node)?;
            Ok(BlobSource::Package {
                package: package.to_owned(),
                file: file.to_owned(),
            })
        }
        (Some((_, node)), ..) => Err(node
            .error(format!("`{name}` has `source` and a package"))
            .hint(hint)),
        _ => {
            let message = format!("`{name}` does not say what it is made of");
            Err(at(&entry.key, message).hint(hint))
        }
    }
}
