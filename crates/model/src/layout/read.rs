//! Reads how an image boots and how its disk is laid out from its merged tables.
//!
//! What a disk needs and nobody wrote is filled in here, so that whoever makes one finds every
//! partition in the list.

use super::{Boot, Compression, FileSystem, Form, Layout, Loader, Maker};
use super::{blobs, packing, partitions};
use crate::name::{self, Kind};
use crate::nearest::nearest;
use crate::project::node::{Entry, Node, Table, Value};
use crate::settings::read::{list, place, placed, table, text, truth};
use crate::source::FileError;

/// The suites of Debian that have no EFI Boot Guard.
const WITHOUT_EFIBOOTGUARD: [&str; 3] = ["stretch", "buster", "bullseye"];
/// Where EFI Boot Guard stops counting: its configuration has 16 bits for it.
const LONGEST_WATCHDOG: i64 = 0xffff;
/// What follows from the layout, and so cannot be among the words of `command_line`.
const DERIVED: [&str; 3] = ["root=", "rootfstype=", "initrd="];

/// The whole layout of an image for one suite.
pub(super) fn layout(values: &Table, suite: &str) -> Result<Layout, FileError> {
    let forms = forms(values)?;
    let boot = boot(values, &forms, suite)?;
    let disk = table(values, "disk");
    let truth = |key: &str, usual: bool| disk.and_then(|disk| truth(disk, key)).unwrap_or(usual);
    let mut layout = Layout {
        forms,
        boot,
        size: disk.map_or(Ok(None), |disk| size(disk, "size"))?,
        grow: truth("grow", true),
        state: truth("state", true),
        compress: disk.map_or(Ok(None), compression)?,
        block_map: truth("bmap", true),
        squashfs: packing::usual(FileSystem::Squashfs, suite),
        erofs: packing::usual(FileSystem::Erofs, suite),
        partitions: Vec::new(),
        blobs: blobs::read(values)?,
    };
    partitions::fill(&mut layout, values, suite)?;
    Ok(layout)
}

/// `forms`.
fn forms(values: &Table) -> Result<Vec<Form>, FileError> {
    let Some(entry) = values.get("forms") else {
        return Ok(vec![Form::Tar]);
    };
    let mut forms = Vec::new();
    for node in entry.node.items() {
        forms.push(word(
            node,
            "form",
            &Form::ALL.map(|form| (form.as_str(), form)),
        )?);
    }
    if forms.is_empty() {
        let error = entry.node.error("`forms` is empty: nothing would be made");
        return Err(error.hint("forms = [\"disk\"]"));
    }
    forms.sort_unstable();
    forms.dedup();
    Ok(forms)
}

/// `[boot]`, which an image whose disk is made has by default.
fn boot(values: &Table, forms: &[Form], suite: &str) -> Result<Option<Boot>, FileError> {
    let written = values.get("boot");
    let at = match (written, values.get("forms")) {
        (Some(boot), _) => place(&boot.key),
        (None, Some(asked)) if forms.contains(&Form::Disk) => place(&asked.key),
        (None, _) => return Ok(None),
    };
    let empty = Table::new();
    let boot = table(values, "boot").unwrap_or(&empty);
    let loader = match boot.get("loader") {
        Some(entry) => loader(&entry.node, suite)?,
        None => Loader::Uki,
    };
    let kernel = match text(boot, "kernel") {
        Some((package, node)) if !name::is_valid(Kind::Package, package) => {
            let error = node.error(format!("`{package}` cannot be the name of a package"));
            return Err(error.hint("kernel = \"linux-image-amd64\""));
        }
        Some((_, node)) => Some(placed(node)),
        None => None,
    };
    let makers = [Maker::Native, Maker::InitramfsTools];
    let initrd = match boot.get("initrd") {
        Some(entry) => {
            let known = makers.map(|maker| (maker.as_str(), maker));
            word(&entry.node, "maker of initial RAM disks", &known)?
        }
        None => Maker::default(),
    };
    let words = list(boot, "command_line").iter().map(command_line_word);
    Ok(Some(Boot {
        loader,
        kernel,
        initrd,
        command_line: words.collect::<Result<_, _>>()?,
        watchdog: watchdog(boot.get("watchdog"), loader)?,
        at,
    }))
}

/// What the firmware starts, if the suite has it.
fn loader(node: &Node, suite: &str) -> Result<Loader, FileError> {
    let known = [Loader::Uki, Loader::EfiBootGuard, Loader::None];
    let loader = word(
        node,
        "loader",
        &known.map(|loader| (loader.as_str(), loader)),
    )?;
    if loader == Loader::EfiBootGuard && WITHOUT_EFIBOOTGUARD.contains(&suite) {
        let error = node.error(format!("{suite} has no EFI Boot Guard"));
        return Err(error.hint("loader = \"uki\", or build for bookworm or later"));
    }
    Ok(loader)
}

/// One entry of `command_line`.
fn command_line_word(node: &Node) -> Result<String, FileError> {
    let word = node.text().unwrap_or_default();
    let printable = word.bytes().all(|byte| (b' '..=b'~').contains(&byte));
    if word.is_empty() || word.trim() != word || !printable {
        let error = node.error(format!("{word:?} is no word of a kernel command line"));
        return Err(error.hint("printable ASCII, as in command_line = [\"quiet\", \"panic=5\"]"));
    }
    if let Some(own) = DERIVED.iter().find(|own| word.starts_with(**own)) {
        let error = node.error(format!("`{own}` follows from the layout"));
        return Err(error.hint("take it out"));
    }
    Ok(word.to_owned())
}

/// `watchdog`, which only EFI Boot Guard has.
fn watchdog(entry: Option<&Entry>, loader: Loader) -> Result<u32, FileError> {
    let Some(entry) = entry else {
        return Ok(0);
    };
    if loader != Loader::EfiBootGuard {
        let error = entry.node.error("only EFI Boot Guard has a watchdog");
        return Err(error.hint("loader = \"efibootguard\""));
    }
    let seconds = entry.node.integer().unwrap_or_default();
    let fits = (0..=LONGEST_WATCHDOG).contains(&seconds);
    match u32::try_from(seconds).ok().filter(|_| fits) {
        Some(seconds) => Ok(seconds),
        None => {
            let error = entry
                .node
                .error(format!("{seconds} seconds cannot be counted"));
            Err(error.hint(format!("0 (never) to {LONGEST_WATCHDOG}")))
        }
    }
}

/// `compress`.
fn compression(disk: &Table) -> Result<Option<Compression>, FileError> {
    let known = [("zst", Compression::Zst), ("xz", Compression::Xz)];
    let found = text(disk, "compress").map(|(_, node)| word(node, "compression", &known));
    found.transpose()
}

/// One of some words.
pub(super) fn word<T: Copy>(node: &Node, what: &str, known: &[(&str, T)]) -> Result<T, FileError> {
    let written = node.text().unwrap_or_default();
    if let Some((_, meant)) = known.iter().find(|(word, _)| *word == written) {
        return Ok(*meant);
    }
    let words = || known.iter().map(|(word, _)| *word);
    let error = node.error(format!("there is no {what} `{written}`"));
    Err(match nearest(written, words(), 1).first() {
        Some(near) => error.hint(format!("did you mean `{near}`?")),
        None => error.hint(format!(
            "there is {}",
            words().collect::<Vec<_>>().join(", ")
        )),
    })
}

/// A size of a table, in bytes.
pub(super) fn size(values: &Table, key: &str) -> Result<Option<u64>, FileError> {
    values.get(key).map(|entry| bytes(&entry.node)).transpose()
}

/// A number of bytes, as a number or with K, M, G or T behind it.
pub(super) fn bytes(node: &Node) -> Result<u64, FileError> {
    let found = match &node.value {
        Value::Integer(number) => u64::try_from(*number).ok(),
        Value::Text(text) => parse(text),
        _ => None,
    };
    // No number of bytes of a disk is larger than what its file can have.
    found
        .filter(|bytes| i64::try_from(*bytes).is_ok())
        .ok_or_else(|| {
            let written = match &node.value {
                Value::Integer(number) => number.to_string(),
                _ => node.text().unwrap_or_default().to_owned(),
            };
            let error = node.error(format!("`{written}` is no size"));
            error.hint("bytes, or a number with K, M, G or T behind it, as in \"512M\"")
        })
}

/// A size as people write it.
fn parse(text: &str) -> Option<u64> {
    let unit = text.chars().next_back()?;
    let shift = ['K', 'M', 'G', 'T']
        .iter()
        .position(|known| *known == unit)
        .map_or(0, |place| 10 * (place as u32 + 1));
    let digits = if shift == 0 {
        text
    } else {
        text.strip_suffix(unit)?
    };
    if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    digits.parse::<u64>().ok()?.checked_mul(1 << shift)
}
