//! What a tree has besides its stage: a tar archive with all entries, in which a file whose
//! content lies in the archive of the stage has none here, but says where it lies.
//!
//! It is read at once by who makes images, and never kept or shipped.

use std::io::{self, Read, Write};
use std::path::Path;

use formwork_deb::container::tar::{self, Writer};
use formwork_deb::sha256::Sha256;
use formwork_model::stage::ELSEWHERE;
use formwork_model::tree::Node;
use formwork_sys::Kept;
use formwork_sys::tree::Tree;

use super::{described, os_path, write_error};
use crate::error::Error;
use crate::manifest::Described;

/// Writes it; nobody needs its digest.
pub(super) fn write(tree: &Tree, of: &Described, path: &Path) -> Result<(Sha256, u64), Error> {
    let fail = |source| write_error(path, source);
    let mut writer = Writer::new(Counted(Kept::create(path)?, 0));
    let places = of.places.iter().chain(std::iter::repeat(&None));
    for (entry, place) in of.manifest.entries.iter().zip(places) {
        let Some(mut header) = described(entry) else {
            continue;
        };
        let mut content: Box<dyn Read> = Box::new(io::empty());
        if let Node::File { size, .. } = entry.node {
            match place {
                Some(offset) if size > 0 => elsewhere(&mut header, *offset, size),
                _ => content = Box::new(tree.open_file(os_path(&entry.path))?),
            }
        }
        writer.append(&header, &mut content).map_err(fail)?;
    }
    let Counted(file, size) = writer.finish().map_err(fail)?;
    file.keep().map_err(fail)?;
    Ok((Sha256::from_bytes([0; 32]), size))
}

/// Says where the content lies.
fn elsewhere(header: &mut tar::Entry, offset: u64, size: u64) {
    header.size = 0;
    let place = format!("{offset} {size}").into_bytes();
    header.attributes.insert(ELSEWHERE.to_owned(), place);
}

/// A file that counts what is written.
struct Counted(Kept, u64);

impl Write for Counted {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let count = self.0.write(bytes)?;
        self.1 += count as u64;
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}
