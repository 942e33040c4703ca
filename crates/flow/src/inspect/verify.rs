//! Reads an image and compares it with its records: every output as a whole, every partition and
//! blob of the disk, both partition tables, what boots, the block map.

use std::fs::File;
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::path::Path;

use formwork_deb::sha256::Hasher;
use formwork_inspect::disk::{self, Region};
use formwork_inspect::records::Records;
use formwork_inspect::{bmap, boot};
use formwork_model::documents::{Difference, InspectedOutput};
use formwork_model::event::{Event, Phase, Unit};
use formwork_sys::fs;

use crate::Error;
use crate::context::{self, Context};

/// What is not read here: the records have been, and a directory has no digest of its own.
const ASIDE: [&str; 4] = ["dir", "image", "packages", "tree"];
/// How much is read at once.
const CHUNK: u64 = 1 << 20;
/// No block map is larger.
const MAX_MAP: u64 = 1 << 26;

/// Everything in which the outputs that are there differ from their records.
pub(super) fn verify(
    context: &Context,
    records: &Records,
    outputs: &[InspectedOutput],
) -> Result<Vec<Difference>, Error> {
    let events = &context.settings.events;
    let files = || {
        let files = outputs.iter();
        files.filter(|file| file.present && !ASIDE.contains(&file.kind.as_str()))
    };
    let total = files().fold(0, |sum: u64, file| sum.saturating_add(file.size));
    events(Event::Started {
        phase: Phase::Verify,
        unit: Unit::Bytes,
        total: Some(total),
    });
    let mut found = Vec::new();
    let mut done = 0;
    let disk = records.image.as_ref();
    let disk = disk.and_then(|image| image.says.disk.as_ref());
    for output in files() {
        let mut regions = vec![Region {
            place: output.path.clone(),
            range: 0..output.size,
            sha256: output.sha256.clone(),
        }];
        let path = Path::new(&output.path);
        let file = File::open(path).map_err(|source| failed(path, source))?;
        let disk = disk.filter(|_| output.kind == "disk");
        if let Some(disk) = disk {
            regions.extend(disk::regions(disk));
            let read = |start: u64, length: u64| {
                let mut bytes = vec![0; usize::try_from(length).ok()?];
                file.read_exact_at(&mut bytes, start).ok()?;
                Some(bytes)
            };
            found.extend(disk::tables(disk, &read));
            if let Some(boot) = records
                .image
                .as_ref()
                .and_then(|image| image.says.boot.as_ref())
            {
                found.extend(boot::parts(disk, boot, &read));
            }
        }
        let holes = match (disk, map_of(outputs)) {
            (Some(disk), Some(map)) => {
                let (mapped, holes, wrong) = mapped(map, disk.size)?;
                regions.extend(mapped);
                found.extend(wrong);
                holes
            }
            _ => Vec::new(),
        };
        let mut advance = |bytes: u64| {
            done += bytes;
            events(Event::Advanced {
                phase: Phase::Verify,
                item: output.path.clone(),
                done,
                total: Some(total),
            });
        };
        let read = digests(&file, &regions, &holes, &mut advance);
        let (digests, full) = read.map_err(|error| match error {
            Stopped::Interrupted => Error::Interrupted,
            Stopped::Failed(source) => failed(path, source),
        })?;
        for (region, digest) in regions.iter().zip(digests) {
            if digest.as_deref() != Some(region.sha256.as_str()) {
                found.push(Difference {
                    place: region.place.clone(),
                    what: "sha256".to_owned(),
                    recorded: region.sha256.clone(),
                    found: digest.unwrap_or_else(|| "the file ends before".to_owned()),
                });
            }
        }
        found.extend(full.map(|byte| Difference {
            place: "block map".to_owned(),
            what: "hole".to_owned(),
            recorded: "zeroes".to_owned(),
            found: format!("something at byte {byte}"),
        }));
    }
    events(Event::Finished {
        phase: Phase::Verify,
        summary: format!("{} files", files().count()),
    });
    Ok(found)
}

/// The block map, if there is one.
fn map_of(outputs: &[InspectedOutput]) -> Option<&InspectedOutput> {
    let mut outputs = outputs.iter();
    outputs.find(|output| output.kind == "bmap" && output.present)
}

/// What a block map says of its disk: parts with digests, holes; and what is wrong with it.
type Mapped = (Vec<Region>, Vec<Range<u64>>, Option<Difference>);

/// Reads a block map.
fn mapped(output: &InspectedOutput, size: u64) -> Result<Mapped, Error> {
    let bytes = fs::read_limited(Path::new(&output.path), MAX_MAP)?;
    let wrong = |what: &str, recorded: String, found: String| Difference {
        place: output.path.clone(),
        what: what.to_owned(),
        recorded,
        found,
    };
    let map = match bmap::read(&String::from_utf8_lossy(&bytes)) {
        Ok(map) => map,
        Err(error) => {
            let wrong = wrong("block map", "sound".to_owned(), error);
            return Ok((Vec::new(), Vec::new(), Some(wrong)));
        }
    };
    let other = (map.size != size)
        .then(|| wrong("size of the disk", size.to_string(), map.size.to_string()));
    let holes = map.holes();
    let regions = map.mapped.into_iter().map(|(range, sha256)| Region {
        place: format!("block map, bytes {} to {}", range.start, range.end),
        range,
        sha256,
    });
    Ok((regions.collect(), holes, other))
}

/// Why a file was not read to its end.
enum Stopped {
    Interrupted,
    Failed(std::io::Error),
}

/// The digests of parts of a file, which is read once, none for a part that it does not have; and
/// the first byte in its holes that is no zero.
fn digests(
    file: &File,
    regions: &[Region],
    holes: &[Range<u64>],
    advance: &mut dyn FnMut(u64),
) -> Result<(Vec<Option<String>>, Option<u64>), Stopped> {
    let length = file.metadata().map_err(Stopped::Failed)?.len();
    let mut hashers: Vec<Hasher> = regions.iter().map(|_| Hasher::new()).collect();
    let mut buffer = vec![0; CHUNK as usize];
    let mut at = 0;
    let mut full = None;
    while at < length {
        if context::interrupted() {
            return Err(Stopped::Interrupted);
        }
        let count = CHUNK.min(length - at) as usize;
        let chunk = buffer.get_mut(..count).unwrap_or_default();
        file.read_exact_at(chunk, at).map_err(Stopped::Failed)?;
        let here = at..at + count as u64;
        for (hasher, region) in hashers.iter_mut().zip(regions) {
            hasher.update(common(chunk, &here, &region.range));
        }
        for hole in holes {
            let part = common(chunk, &here, hole);
            if let Some(offset) = part.iter().position(|byte| *byte != 0) {
                full = full.or(Some(hole.start.max(here.start) + offset as u64));
            }
        }
        at = here.end;
        advance(count as u64);
    }
    let told = hashers.into_iter().zip(regions);
    let told = told.map(|(hasher, region)| {
        let is_there = region.range.end <= length;
        is_there.then(|| hasher.finish().to_string())
    });
    Ok((told.collect(), full))
}

/// The bytes of a chunk that lie in a range.
fn common<'a>(chunk: &'a [u8], here: &Range<u64>, range: &Range<u64>) -> &'a [u8] {
    let start = range.start.clamp(here.start, here.end) - here.start;
    let end = range.end.clamp(here.start, here.end) - here.start;
    chunk.get(start as usize..end as usize).unwrap_or_default()
}

fn failed(path: &Path, source: std::io::Error) -> Error {
    Error::System(formwork_sys::Error::Io {
        action: "read",
        path: path.to_owned(),
        source,
    })
}
