//! The "newc" cpio archive, as the kernel unpacks it from an initial RAM disk.
//!
//! Each member is a header of 110 bytes of text (the magic `070701`, then 13 numbers of
//! eight hexadecimal digits), the name with a NUL, padding to four bytes, the content, and
//! padding again. A member named `TRAILER!!!` ends the archive. See
//! `Documentation/driver-api/early-userspace/buffer-format.rst` of the kernel.

mod read;
#[cfg(test)]
mod tests;

use std::io::{self, Write};

pub use read::{CpioError, Member, members};

const MAGIC: &[u8; 6] = b"070701";
const HEADER: usize = 110;
const TRAILER: &str = "TRAILER!!!";
/// The bits of a mode that say what a member is.
const TYPE: u32 = 0o170_000;

/// What a member is, beside its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Type and permission bits, as `stat` tells them.
    pub mode: u32,
    /// The number of the owner.
    pub owner: u32,
    /// The number of the group.
    pub group: u32,
    /// Seconds since 1970.
    pub time: u32,
    /// Major and minor number of a device node.
    pub device: (u32, u32),
}

/// Writes an archive member by member; inode numbers count from 1.
#[derive(Debug)]
pub struct Writer<W> {
    out: W,
    written: u64,
    inode: u32,
}

impl<W: Write> Writer<W> {
    /// An archive that is empty so far.
    pub fn new(out: W) -> Writer<W> {
        Writer {
            out,
            written: 0,
            inode: 0,
        }
    }

    /// Adds a member; the content of a symbolic link is where it leads.
    ///
    /// # Errors
    /// If it cannot be written, or is larger than the format can say.
    pub fn add(&mut self, name: &str, entry: Entry, content: &[u8]) -> io::Result<()> {
        self.inode += 1;
        let links = if entry.mode & TYPE == 0o040_000 { 2 } else { 1 };
        self.member(name.as_bytes(), entry, links, content)
    }

    /// Adds a file that has several names; its content comes with the last, as GNU cpio has it.
    ///
    /// # Errors
    /// If it cannot be written, or is larger than the format can say.
    pub fn add_names(&mut self, names: &[&str], entry: Entry, content: &[u8]) -> io::Result<()> {
        self.inode += 1;
        let links = u32::try_from(names.len()).map_err(|_| too_large())?;
        for (place, name) in names.iter().enumerate() {
            let content = if place + 1 == names.len() {
                content
            } else {
                &[]
            };
            self.member(name.as_bytes(), entry, links, content)?;
        }
        Ok(())
    }

    /// Adds a file whose content begins at a multiple of 16 bytes, where NULs behind the name put
    /// it: what a processor's microcode needs, which is used in place.
    ///
    /// # Errors
    /// If it cannot be written, or is larger than the format can say.
    pub fn add_aligned(&mut self, name: &str, entry: Entry, content: &[u8]) -> io::Result<()> {
        self.inode += 1;
        let start = self.written + (HEADER + name.len() + 1) as u64;
        let missing = (start.next_multiple_of(16) - start) as usize;
        let name = [name.as_bytes(), &[0; 16][..missing]].concat();
        self.member(&name, entry, 1, content)
    }

    /// Ends the archive and gives back what it was written to.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn finish(mut self) -> io::Result<W> {
        let entry = Entry {
            mode: 0,
            owner: 0,
            group: 0,
            time: 0,
            device: (0, 0),
        };
        self.inode = 0;
        self.member(TRAILER.as_bytes(), entry, 1, &[])?;
        Ok(self.out)
    }

    fn member(&mut self, name: &[u8], entry: Entry, links: u32, content: &[u8]) -> io::Result<()> {
        let size = u32::try_from(content.len()).map_err(|_| too_large())?;
        let name_size = u32::try_from(name.len() + 1).map_err(|_| too_large())?;
        let numbers = [
            self.inode,
            entry.mode,
            entry.owner,
            entry.group,
            links,
            entry.time,
            size,
            0,
            0,
            entry.device.0,
            entry.device.1,
            name_size,
            0,
        ];
        let mut header = MAGIC.to_vec();
        for number in numbers {
            header.extend(format!("{number:08x}").into_bytes());
        }
        header.extend(name);
        header.push(0);
        self.put(&header)?;
        self.pad()?;
        self.put(content)?;
        self.pad()
    }

    fn put(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.written += bytes.len() as u64;
        self.out.write_all(bytes)
    }

    fn pad(&mut self) -> io::Result<()> {
        let missing = (self.written.next_multiple_of(4) - self.written) as usize;
        self.put(&[0; 4][..missing])
    }
}

fn too_large() -> io::Error {
    io::Error::new(io::ErrorKind::FileTooLarge, "a cpio member ends at 4 GiB")
}
