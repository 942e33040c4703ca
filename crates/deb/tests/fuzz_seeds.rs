//! Runs the bodies of the fuzz targets over their seeds and some thousands of mutations.
//!
//! The fuzzer itself (`fuzz/run`) needs a tool that not everybody has; this needs none. A
//! failure names the target and the number of the mutation, which is the same in each run.

use std::fs;
use std::panic::catch_unwind;
use std::path::PathBuf;

use formwork_deb::fuzzing;

const MUTATIONS: u64 = 3000;
const LARGEST: usize = 16 << 10;

fn folder(kind: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("../../fuzz")
        .join(kind)
}

fn seeds(target: &str) -> Vec<Vec<u8>> {
    let entries = fs::read_dir(folder("seeds").join(target)).expect("the seeds are there");
    let mut paths: Vec<PathBuf> = entries
        .map(|entry| entry.expect("an entry").path())
        .collect();
    paths.sort();
    paths
        .iter()
        .map(|path| fs::read(path).expect("a seed"))
        .collect()
}

/// The words of a dictionary: a quoted one on each line, with `\xAB` for odd bytes.
fn words(target: &str) -> Vec<Vec<u8>> {
    let path = folder("dictionaries").join(format!("{target}.dict"));
    let text = fs::read_to_string(path).expect("the dictionary is there");
    let word = |line: &str| line.strip_prefix('"')?.strip_suffix('"').map(unescape);
    text.lines()
        .map(|line| word(line).unwrap_or_else(|| panic!("no word: {line}")))
        .collect()
}

fn unescape(text: &str) -> Vec<u8> {
    let mut parts = text.split("\\x");
    let mut word = parts.next().unwrap_or_default().as_bytes().to_vec();
    for part in parts {
        word.push(u8::from_str_radix(&part[..2], 16).expect("two digits"));
        word.extend_from_slice(&part.as_bytes()[2..]);
    }
    word
}

struct Mutator {
    state: u64,
    seeds: Vec<Vec<u8>>,
    words: Vec<Vec<u8>>,
}

impl Mutator {
    fn below(&mut self, bound: usize) -> usize {
        // xorshift64*, by Vigna
        self.state ^= self.state >> 12;
        self.state ^= self.state << 25;
        self.state ^= self.state >> 27;
        (self.state.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) as usize % bound.max(1)
    }

    fn next(&mut self) -> Vec<u8> {
        let choice = self.below(self.seeds.len());
        let mut bytes = self.seeds[choice].clone();
        for _ in 0..=self.below(4) {
            self.change(&mut bytes);
        }
        bytes.truncate(LARGEST);
        bytes
    }

    fn change(&mut self, bytes: &mut Vec<u8>) {
        let place = self.below(bytes.len() + 1);
        let end = (place + self.below(40)).min(bytes.len());
        match self.below(7) {
            0 if place < bytes.len() => bytes[place] ^= 1 << self.below(8),
            1 if place < bytes.len() => bytes[place] = self.below(256) as u8,
            2 => drop(bytes.drain(place..end)),
            3 => {
                let copy = bytes[place..end].to_vec();
                bytes.splice(place..place, copy);
            }
            4 => bytes.truncate(place),
            5 => {
                let choice = self.below(self.seeds.len());
                let other = &self.seeds[choice];
                bytes.extend_from_slice(&other[..place.min(other.len())]);
            }
            _ => {
                let choice = self.below(self.words.len());
                let over = if place.is_multiple_of(2) { place } else { end };
                bytes.splice(place..over, self.words[choice].iter().copied());
            }
        }
    }
}

fn exercise(target: &str, body: fn(&[u8])) {
    let seeds = seeds(target);
    assert!(!seeds.is_empty(), "no seeds for {target}");
    seeds.iter().for_each(|seed| body(seed));
    body(b"");
    let mut mutator = Mutator {
        state: 20_261_122,
        seeds,
        words: words(target),
    };
    for number in 0..MUTATIONS {
        let bytes = mutator.next();
        if catch_unwind(|| body(&bytes)).is_err() {
            panic!(
                "{target}, mutation {number}: {:?}",
                String::from_utf8_lossy(&bytes)
            );
        }
    }
}

#[test]
fn containers() {
    exercise("containers", fuzzing::containers);
}

#[test]
fn control_files() {
    exercise("control_files", fuzzing::control_files);
}

#[test]
fn relations() {
    exercise("relations", fuzzing::relations);
}

#[test]
fn releases() {
    exercise("releases", fuzzing::releases);
}

#[test]
fn universes() {
    exercise("universes", fuzzing::universes);
}

#[test]
fn versions() {
    exercise("versions", fuzzing::versions);
}

/// The seeds must reach the good paths, or the mutations of them reach little.
#[test]
fn seeds_are_what_they_should_be() {
    use formwork_deb::container::package::PackageArchive;
    use formwork_deb::release::Release;
    let package = fs::read(folder("seeds/containers/package.deb")).expect("a seed");
    PackageArchive::parse(&package).expect("a package");
    let release = fs::read_to_string(folder("seeds/releases/plain")).expect("a seed");
    Release::parse(&release).expect("a Release");
}
