//! The PE/COFF container of UEFI programs, as far as a unified kernel image needs it: the
//! table of sections, and sections added at the end.
//!
//! At byte 60 of the file stands where the COFF header is (`PE\0\0`, then 20 bytes); behind
//! it the optional header, then one entry of 40 bytes a section. A section has a place in
//! memory (a multiple of the section alignment) and one in the file (a multiple of the file
//! alignment). Added sections need room in the header for their entries.

#[cfg(test)]
mod tests;

const ENTRY: usize = 40;
/// More sections than this no UEFI program has.
const MOST_SECTIONS: usize = 96;
/// Initialised data that may be read.
const READ_ONLY_DATA: u32 = 0x4000_0040;

/// Where in the optional header what stands, counted from its beginning.
mod optional {
    pub(super) const INITIALISED_DATA: usize = 8;
    pub(super) const SECTION_ALIGNMENT: usize = 32;
    pub(super) const FILE_ALIGNMENT: usize = 36;
    pub(super) const IMAGE_SIZE: usize = 56;
    pub(super) const HEADERS_SIZE: usize = 60;
    pub(super) const CHECKSUM: usize = 64;
}

/// What is wrong with a program.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PeError {
    /// It is no PE program, or cut short.
    #[error("no UEFI program: {0}")]
    Malformed(&'static str),
    /// Its header has no room for more sections.
    #[error("the header of the stub has no room for {0} more sections")]
    NoRoom(usize),
    /// A name has more than eight bytes.
    #[error("the section name {0} is longer than 8 bytes")]
    LongName(String),
    /// It is too large for the 32-bit numbers of the format.
    #[error("the program would be larger than 4 GiB")]
    TooLarge,
}

/// One section of a program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Section {
    /// Its name, such as `.linux`.
    pub name: String,
    /// Its size in memory.
    pub size: u32,
    /// Its place in memory, from the beginning of the image.
    pub address: u32,
    /// Its place in the file.
    pub offset: u32,
    /// Its size in the file, padding included.
    pub stored: u32,
}

/// Where the parts of the header lie.
struct Header {
    coff: usize,
    optional: usize,
    table: usize,
    sections: usize,
}

/// Lists the sections of a program.
///
/// # Errors
/// If it is no program, or its table is cut short.
pub fn sections(program: &[u8]) -> Result<Vec<Section>, PeError> {
    let header = header(program)?;
    let entries = program
        .get(header.table..header.table + header.sections * ENTRY)
        .ok_or(PeError::Malformed("its table of sections is cut short"))?;
    entries.chunks_exact(ENTRY).map(section).collect()
}

/// The content of a section: no more than its size in memory, without padding.
///
/// # Errors
/// If the section lies outside the file.
pub fn content<'a>(program: &'a [u8], section: &Section) -> Result<&'a [u8], PeError> {
    let start = section.offset as usize;
    let length = section.size.min(section.stored) as usize;
    start
        .checked_add(length)
        .and_then(|end| program.get(start..end))
        .ok_or(PeError::Malformed("a section lies outside the file"))
}

/// Adds sections of read-only data behind the last one. Bytes behind the last section, such
/// as symbols, are left out, and the checksum, which UEFI does not read, becomes 0.
///
/// # Errors
/// If `stub` is no program, or has no room for the entries.
pub fn append(stub: &[u8], added: &[(&str, &[u8])]) -> Result<Vec<u8>, PeError> {
    let header = header(stub)?;
    let present = sections(stub)?;
    let section_alignment = number(stub, header.optional + optional::SECTION_ALIGNMENT)?;
    let file_alignment = number(stub, header.optional + optional::FILE_ALIGNMENT)?;
    if !section_alignment.is_power_of_two() || !file_alignment.is_power_of_two() {
        return Err(PeError::Malformed("its alignment is no power of two"));
    }
    let headers_size = number(stub, header.optional + optional::HEADERS_SIZE)? as usize;
    let table_end = header.table + (present.len() + added.len()) * ENTRY;
    if table_end > headers_size {
        return Err(PeError::NoRoom(added.len()));
    }
    let end = present
        .iter()
        .map(|one| u64::from(one.offset) + u64::from(one.stored));
    let end = end
        .max()
        .unwrap_or(headers_size as u64)
        .max(headers_size as u64);
    let end = usize::try_from(end).map_err(|_| PeError::TooLarge)?;
    let mut image = stub
        .get(..end)
        .ok_or(PeError::Malformed("a section lies outside the file"))?
        .to_vec();
    let mut address = present
        .iter()
        .map(|one| one.address.saturating_add(one.size))
        .max()
        .unwrap_or(0);
    let mut data = number(stub, header.optional + optional::INITIALISED_DATA)?;
    for (index, (name, bytes)) in added.iter().enumerate() {
        address = up(address, section_alignment)?;
        let offset = up(length(&image)?, file_alignment)?;
        image.resize(offset as usize, 0);
        image.extend(*bytes);
        let size = u32::try_from(bytes.len()).map_err(|_| PeError::TooLarge)?;
        let stored = up(size, file_alignment)?;
        image.resize(offset as usize + stored as usize, 0);
        let place = header.table + (present.len() + index) * ENTRY;
        image[place..place + ENTRY].copy_from_slice(&entry(name, [size, address, stored, offset])?);
        address = address.checked_add(size).ok_or(PeError::TooLarge)?;
        data = data.checked_add(stored).ok_or(PeError::TooLarge)?;
    }
    let count = u16::try_from(present.len() + added.len()).map_err(|_| PeError::TooLarge)?;
    image[header.coff + 2..header.coff + 4].copy_from_slice(&count.to_le_bytes());
    let mut set = |at: usize, value: u32| {
        let at = header.optional + at;
        image[at..at + 4].copy_from_slice(&value.to_le_bytes());
    };
    set(optional::INITIALISED_DATA, data);
    set(optional::IMAGE_SIZE, up(address, section_alignment)?);
    set(optional::CHECKSUM, 0);
    Ok(image)
}

fn header(program: &[u8]) -> Result<Header, PeError> {
    let short = PeError::Malformed("it is cut short");
    if !program.starts_with(b"MZ") {
        return Err(PeError::Malformed("it does not begin with MZ"));
    }
    let start = number(program, 60)? as usize;
    let signature = start.checked_add(4).and_then(|end| program.get(start..end));
    if signature.ok_or(short.clone())? != b"PE\0\0" {
        return Err(PeError::Malformed("it has no PE header"));
    }
    let coff = start + 4;
    let fields = program.get(coff..coff + 20).ok_or(short.clone())?;
    let sections = usize::from(u16::from_le_bytes([fields[2], fields[3]]));
    let optional_size = usize::from(u16::from_le_bytes([fields[16], fields[17]]));
    let optional = coff + 20;
    let magic = program.get(optional..optional + 2).ok_or(short)?;
    if !matches!(magic, [0x0b, 0x01 | 0x02]) || optional_size < optional::CHECKSUM + 4 {
        return Err(PeError::Malformed("it has no optional header"));
    }
    if sections > MOST_SECTIONS {
        return Err(PeError::Malformed("it has too many sections"));
    }
    Ok(Header {
        coff,
        optional,
        table: optional + optional_size,
        sections,
    })
}

fn section(entry: &[u8]) -> Result<Section, PeError> {
    let name: Vec<u8> = entry[..8]
        .iter()
        .copied()
        .take_while(|byte| *byte != 0)
        .collect();
    Ok(Section {
        name: String::from_utf8_lossy(&name).into_owned(),
        size: number(entry, 8)?,
        address: number(entry, 12)?,
        stored: number(entry, 16)?,
        offset: number(entry, 20)?,
    })
}

/// An entry of the table; `numbers` are size and place in memory, size and place in the file.
fn entry(name: &str, numbers: [u32; 4]) -> Result<[u8; ENTRY], PeError> {
    let mut entry = [0; ENTRY];
    entry
        .get_mut(..name.len().max(1))
        .filter(|_| name.len() <= 8)
        .ok_or_else(|| PeError::LongName(name.to_owned()))?[..name.len()]
        .copy_from_slice(name.as_bytes());
    for (index, value) in numbers.into_iter().enumerate() {
        entry[8 + index * 4..12 + index * 4].copy_from_slice(&value.to_le_bytes());
    }
    entry[36..].copy_from_slice(&READ_ONLY_DATA.to_le_bytes());
    Ok(entry)
}

fn up(value: u32, alignment: u32) -> Result<u32, PeError> {
    value
        .checked_next_multiple_of(alignment)
        .ok_or(PeError::TooLarge)
}

fn length(image: &[u8]) -> Result<u32, PeError> {
    u32::try_from(image.len()).map_err(|_| PeError::TooLarge)
}

fn number(bytes: &[u8], at: usize) -> Result<u32, PeError> {
    let four = at.checked_add(4).and_then(|end| bytes.get(at..end));
    let four = four.ok_or(PeError::Malformed("it is cut short"))?;
    Ok(u32::from_le_bytes([four[0], four[1], four[2], four[3]]))
}
