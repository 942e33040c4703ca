//! What a program or library says of the libraries that it needs, and what a kernel module says
//! of itself: the few tables of ELF that are looked at.
//!
//! Only little-endian files are read, as all architectures of Debian that images are made for
//! have them. See `elf(5)`.

/// What a dynamic program or library needs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Dynamic {
    /// The program that loads it: `/lib64/ld-linux-x86-64.so.2`.
    pub(super) interpreter: Option<String>,
    /// Names of libraries.
    pub(super) needed: Vec<String>,
    /// Where it wants them to be looked for, before the usual places.
    pub(super) paths: Vec<String>,
    /// Whether it is a 64-bit file, and for which machine: libraries must be like it.
    pub(super) machine: (bool, u16),
}

const PROGRAM_LOAD: u32 = 1;
const PROGRAM_DYNAMIC: u32 = 2;
const PROGRAM_INTERPRETER: u32 = 3;
const TAG_NEEDED: u64 = 1;
const TAG_STRINGS: u64 = 5;
const TAG_RPATH: u64 = 15;
const TAG_RUNPATH: u64 = 29;

/// A file whose bytes are taken one by one and never believed.
struct File<'a> {
    bytes: &'a [u8],
    wide: bool,
}

impl<'a> File<'a> {
    fn open(bytes: &'a [u8]) -> Option<File<'a>> {
        let is_elf = bytes.starts_with(b"\x7fELF") && bytes.get(5) == Some(&1);
        let wide = bytes.get(4) == Some(&2);
        is_elf.then_some(File { bytes, wide })
    }

    fn number(&self, at: u64, size: usize) -> Option<u64> {
        let start = usize::try_from(at).ok()?;
        let bytes = self.bytes.get(start..start.checked_add(size)?)?;
        let number = bytes
            .iter()
            .rev()
            .fold(0, |sum, byte| sum << 8 | u64::from(*byte));
        Some(number)
    }

    /// A number at one place in 64-bit files and at another in 32-bit ones, as wide as both say.
    fn field(&self, wide: (u64, usize), narrow: (u64, usize)) -> Option<u64> {
        let (at, size) = if self.wide { wide } else { narrow };
        self.number(at, size)
    }

    fn text(&self, at: u64) -> Option<String> {
        let rest = self.bytes.get(usize::try_from(at).ok()?..)?;
        let end = rest.iter().position(|byte| *byte == 0)?;
        Some(String::from_utf8_lossy(&rest[..end]).into_owned())
    }

    /// The segments: kind, place in the file, address, size in the file.
    fn segments(&self) -> Option<Vec<(u32, u64, u64, u64)>> {
        let table = self.field((32, 8), (28, 4))?;
        let size = self.field((54, 2), (42, 2))?;
        let count = self.field((56, 2), (44, 2))?;
        let segment = |index: u64| {
            let at = table.checked_add(index * size)?;
            let kind = u32::try_from(self.number(at, 4)?).ok()?;
            let place = self.field((at + 8, 8), (at + 4, 4))?;
            let address = self.field((at + 16, 8), (at + 8, 4))?;
            let length = self.field((at + 32, 8), (at + 16, 4))?;
            Some((kind, place, address, length))
        };
        (0..count).map(segment).collect()
    }

    /// The sections: name, place in the file, size.
    fn sections(&self) -> Option<Vec<(String, u64, u64)>> {
        let table = self.field((40, 8), (32, 4))?;
        let size = self.field((58, 2), (46, 2))?;
        let count = self.field((60, 2), (48, 2))?;
        let names = self.field((62, 2), (50, 2))?;
        let section = |index: u64| {
            let at = table.checked_add(index * size)?;
            let place = self.field((at + 24, 8), (at + 16, 4))?;
            let length = self.field((at + 32, 8), (at + 20, 4))?;
            Some((self.number(at, 4)?, place, length))
        };
        let (_, names, _) = section(names)?;
        let named = |index: u64| {
            let (name, place, length) = section(index)?;
            Some((self.text(names.checked_add(name)?)?, place, length))
        };
        (0..count).map(named).collect()
    }
}

/// Reads what a dynamic program or library needs; `None` of anything else.
pub(super) fn dynamic(bytes: &[u8]) -> Option<Dynamic> {
    let file = File::open(bytes)?;
    let machine = (file.wide, u16::try_from(file.number(18, 2)?).ok()?);
    let segments = file.segments()?;
    let mut found = Dynamic {
        machine,
        ..Dynamic::default()
    };
    let mut table = None;
    for (kind, place, _, length) in &segments {
        match *kind {
            PROGRAM_DYNAMIC => table = Some((*place, *length)),
            PROGRAM_INTERPRETER => found.interpreter = file.text(*place),
            _ => {}
        }
    }
    let (start, length) = table?;
    let size: u64 = if file.wide { 16 } else { 8 };
    let mut entries = Vec::new();
    for index in 0..length / size {
        let at = start + index * size;
        let tag = file.field((at, 8), (at, 4))?;
        let value = file.field((at + 8, 8), (at + 4, 4))?;
        if tag == 0 {
            break;
        }
        entries.push((tag, value));
    }
    let (_, strings) = entries.iter().find(|(tag, _)| *tag == TAG_STRINGS)?;
    // The address of the strings, as a place in the file.
    let (_, place, address, _) = segments.iter().find(|(kind, _, address, length)| {
        *kind == PROGRAM_LOAD && (*address..address.saturating_add(*length)).contains(strings)
    })?;
    let strings = strings - address + place;
    for (tag, value) in entries {
        match tag {
            TAG_NEEDED => found.needed.push(file.text(strings.checked_add(value)?)?),
            TAG_RPATH | TAG_RUNPATH => {
                let paths = file.text(strings.checked_add(value)?)?;
                found.paths.extend(paths.split(':').map(str::to_owned));
            }
            _ => {}
        }
    }
    Some(found)
}

/// The firmware files that a kernel module names.
pub(super) fn firmware(module: &[u8]) -> Option<Vec<String>> {
    let file = File::open(module)?;
    let sections = file.sections()?;
    let (_, place, length) = sections.iter().find(|(name, _, _)| name == ".modinfo")?;
    let start = usize::try_from(*place).ok()?;
    let end = start.checked_add(usize::try_from(*length).ok()?)?;
    let facts = module.get(start..end)?.split(|byte| *byte == 0);
    let names = facts.filter_map(|fact| fact.strip_prefix(b"firmware="));
    Some(
        names
            .map(|name| String::from_utf8_lossy(name).into_owned())
            .collect(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_program_names_the_c_library() {
        let own = std::fs::read(std::env::current_exe().unwrap()).unwrap();
        let found = dynamic(&own).unwrap();
        assert!(
            found.needed.iter().any(|name| name.starts_with("libc.so.")),
            "{found:?}"
        );
        assert!(found.interpreter.unwrap().contains("/ld-linux"));
        // Cut or changed anywhere, it is refused or read, but never fatal.
        for length in (0..own.len().min(5_000)).step_by(7) {
            dynamic(&own[..length]);
            firmware(&own[..length]);
        }
        let mut broken = own[..own.len().min(20_000)].to_vec();
        for at in 0..300 {
            broken[at] ^= 0xff;
            dynamic(&broken);
            firmware(&broken);
            broken[at] ^= 0xff;
        }
        assert_eq!(dynamic(b"#!/bin/sh\n"), None);
    }
}
