//! The smallest shared object that a loader takes: no sections, two segments, one hash bucket.
//!
//! A loader looks at the program headers and the dynamic section alone. The table of symbols is
//! found by the old `DT_HASH`: with a single bucket it is a list, and no name needs to be hashed.
//! The dynamic section lies in a segment that may be written to, as older loaders add the address
//! of the library to the addresses in it.

use super::code::Function;

/// How wide a word is, and with it how the tables are laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Layout {
    /// Words of 32 bits.
    Narrow,
    /// Words of 64 bits.
    Wide,
}

/// What the head of a file says of the processor.
pub(super) struct Machine {
    /// Its number (`e_machine`).
    pub(super) number: u16,
    /// Its flags (`e_flags`).
    pub(super) flags: u32,
    /// How wide its words are.
    pub(super) layout: Layout,
}

/// The largest page of any of the processors: segments lie so far apart.
const PAGE: u64 = 0x1_0000;
/// What the library calls itself.
const NAME: &str = "formwork-clock.so";

/// A file that is being written: numbers, little end first.
struct File {
    bytes: Vec<u8>,
    layout: Layout,
}

impl File {
    fn half(&mut self, value: u16) -> &mut File {
        self.bytes.extend_from_slice(&value.to_le_bytes());
        self
    }

    fn long(&mut self, value: u32) -> &mut File {
        self.bytes.extend_from_slice(&value.to_le_bytes());
        self
    }

    /// A number as wide as an address; none here needs more than 32 bits.
    fn word(&mut self, value: u64) -> &mut File {
        let width = width(self.layout);
        self.bytes.extend_from_slice(&value.to_le_bytes()[..width]);
        self
    }

    fn at(&self) -> u64 {
        self.bytes.len() as u64
    }

    fn align(&mut self, to: usize) {
        self.bytes.resize(self.bytes.len().next_multiple_of(to), 0);
    }
}

/// The bytes of an address.
fn width(layout: Layout) -> usize {
    match layout {
        Layout::Narrow => 4,
        Layout::Wide => 8,
    }
}

/// A segment as its program header tells it.
#[derive(Clone, Copy)]
struct Segment {
    kind: u32,
    flags: u32,
    offset: u64,
    address: u64,
    size: u64,
    align: u64,
}

/// Where the two parts of the file begin and end.
struct Tables {
    code_end: u64,
    dynamic: u64,
    dynamic_size: u64,
}

const SEGMENTS: u16 = 4;
const LOAD: u32 = 1;
const DYNAMIC: u32 = 2;
const STACK: u32 = 0x6474_e551;

/// A shared object with these functions.
pub(super) fn shared_object(machine: &Machine, functions: &[Function]) -> Vec<u8> {
    let layout = machine.layout;
    let (head, entry) = match layout {
        Layout::Narrow => (52, 32),
        Layout::Wide => (64, 56),
    };
    let mut file = File {
        bytes: vec![0; head + entry * usize::from(SEGMENTS)],
        layout,
    };
    let tables = body(&mut file, functions);
    let mut front = File {
        bytes: Vec::new(),
        layout,
    };
    header(&mut front, machine, head, entry);
    for segment in segments(&tables) {
        program_header(&mut front, &segment);
    }
    file.bytes[..front.bytes.len()].copy_from_slice(&front.bytes);
    file.bytes
}

/// Everything behind the headers: hash, symbols, names, code, the dynamic section.
fn body(file: &mut File, functions: &[Function]) -> Tables {
    let mut names = vec![0_u8];
    let mut add = |name: &str| {
        let at = names.len() as u64;
        names.extend_from_slice(name.as_bytes());
        names.push(0);
        at
    };
    let soname = add(NAME);
    let named: Vec<u64> = functions.iter().map(|(name, _)| add(name)).collect();
    let count = functions.len() as u32 + 1;
    let hash = file.at();
    // One bucket, whose list begins with the first symbol; each leads to the next.
    file.long(1).long(count).long(1).long(0);
    for symbol in 1..count {
        file.long(if symbol + 1 < count { symbol + 1 } else { 0 });
    }
    file.align(8);
    let symbols = file.at();
    let entry = match file.layout {
        Layout::Narrow => 16,
        Layout::Wide => 24,
    };
    let names_at = symbols + entry * u64::from(count);
    let code = (names_at + names.len() as u64).next_multiple_of(16);
    let mut address = code;
    symbol(file, 0, 0, 0);
    for ((_, instructions), name) in functions.iter().zip(&named) {
        symbol(file, *name, address, instructions.len() as u64);
        address = (address + instructions.len() as u64).next_multiple_of(16);
    }
    let names_size = names.len() as u64;
    file.bytes.append(&mut names);
    for (_, instructions) in functions {
        file.align(16);
        file.bytes.extend_from_slice(instructions);
    }
    let code_end = file.at();
    file.align(16);
    let dynamic = file.at();
    // The name, then each table by its number; the last entry says that it is the last.
    for (tag, value) in [
        (14, soname),
        (4, hash),
        (5, names_at),
        (6, symbols),
        (10, names_size),
        (11, entry),
        (0, 0),
    ] {
        file.word(tag).word(value);
    }
    Tables {
        code_end,
        dynamic,
        dynamic_size: file.at() - dynamic,
    }
}

/// One entry of the table of symbols: a global function, or the empty one at its beginning.
fn symbol(file: &mut File, name: u64, address: u64, size: u64) {
    // Of the sections a loader only wants to hear that it is in one.
    let (info, section) = if address == 0 { (0, 0) } else { (0x12, 1) };
    match file.layout {
        Layout::Narrow => {
            file.word(name).word(address).word(size);
            file.bytes.extend_from_slice(&[info, 0]);
            file.half(section);
        }
        Layout::Wide => {
            file.long(name as u32);
            file.bytes.extend_from_slice(&[info, 0]);
            file.half(section).word(address).word(size);
        }
    }
}

fn segments(tables: &Tables) -> [Segment; SEGMENTS as usize] {
    let written = Segment {
        kind: LOAD,
        flags: 6,
        offset: tables.dynamic,
        address: PAGE + tables.dynamic,
        size: tables.dynamic_size,
        align: PAGE,
    };
    [
        Segment {
            kind: LOAD,
            flags: 5,
            offset: 0,
            address: 0,
            size: tables.code_end,
            align: PAGE,
        },
        Segment {
            kind: DYNAMIC,
            align: 8,
            ..written
        },
        written,
        // Without it some processors would let the stack be executed.
        Segment {
            kind: STACK,
            flags: 6,
            offset: 0,
            address: 0,
            size: 0,
            align: 16,
        },
    ]
}

fn header(file: &mut File, machine: &Machine, head: usize, entry: usize) {
    let class = match machine.layout {
        Layout::Narrow => 1,
        Layout::Wide => 2,
    };
    file.bytes.extend_from_slice(b"\x7fELF");
    file.bytes.extend_from_slice(&[class, 1, 1, 0]);
    file.bytes.extend_from_slice(&[0; 8]);
    // A shared object, of this machine, in the first version; no entry, no sections.
    file.half(3).half(machine.number).long(1);
    file.word(0).word(head as u64).word(0);
    file.long(machine.flags);
    file.half(head as u16).half(entry as u16).half(SEGMENTS);
    file.half(0).half(0).half(0);
}

fn program_header(file: &mut File, segment: &Segment) {
    file.long(segment.kind);
    if file.layout == Layout::Wide {
        file.long(segment.flags);
    }
    file.word(segment.offset);
    file.word(segment.address).word(segment.address);
    file.word(segment.size).word(segment.size);
    if file.layout == Layout::Narrow {
        file.long(segment.flags);
    }
    file.word(segment.align);
}
