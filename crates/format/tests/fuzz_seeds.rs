//! Runs the bodies of the fuzz targets over their seeds and some thousands of mutations.
//!
//! The fuzzer itself (`fuzz/run`) needs a tool that not everybody has; this needs none. A
//! failure names the target and the number of the mutation, which is the same in each run.

use std::fs;
use std::panic::catch_unwind;
use std::path::Path;

use formwork_format::{cpio, fat, fuzzing, gpt, uki};

const MUTATIONS: u64 = 4000;
/// As many as do not make the test slow, of environments, which are large.
const FEW: u64 = 300;

fn seeds(target: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/seeds");
    let entries = fs::read_dir(folder.join(target)).expect("the seeds are there");
    let mut paths: Vec<_> = entries
        .map(|entry| entry.expect("an entry").path())
        .collect();
    paths.sort();
    let read = |path| fs::read(path).expect("a seed");
    paths.iter().map(read).collect()
}

/// Numbers that look random and are the same in each run.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, bound: usize) -> usize {
        // xorshift64*, by Vigna
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) as usize % bound.max(1)
    }

    fn change(&mut self, bytes: &mut Vec<u8>) {
        let place = self.below(bytes.len());
        let end = (place + self.below(40)).min(bytes.len());
        match self.below(6) {
            _ if bytes.is_empty() => bytes.push(0),
            0 => bytes[place] ^= 1 << self.below(8),
            1 => bytes[place] = [0, 1, 2, 0x7f, 0x80, 0xff][self.below(6)],
            2 => bytes[place..end].fill(0xff),
            3 => drop(bytes.drain(place..end)),
            4 => {
                let copy = bytes[place..end].to_vec();
                bytes.splice(place..place, copy);
            }
            _ => bytes.truncate(place),
        }
    }
}

fn exercise(target: &str, body: fn(&[u8])) {
    exercise_with(MUTATIONS, target, body);
}

fn exercise_with(mutations: u64, target: &str, body: fn(&[u8])) {
    let seeds = seeds(target);
    seeds.iter().for_each(|seed| body(seed));
    body(b"");
    let mut numbers = Numbers(20_261_122);
    for number in 0..mutations {
        let mut bytes = seeds[numbers.below(seeds.len())].clone();
        for _ in 0..=numbers.below(4) {
            numbers.change(&mut bytes);
        }
        let outcome = catch_unwind(|| body(&bytes));
        assert!(outcome.is_ok(), "{target}, mutation {number}");
    }
}

#[test]
fn archives() {
    exercise("archives", fuzzing::archives);
}

#[test]
fn environments() {
    exercise_with(FEW, "environments", fuzzing::environments);
}

#[test]
fn fats() {
    exercise("fats", fuzzing::fats);
}

#[test]
fn partition_tables() {
    exercise("partition_tables", fuzzing::partition_tables);
}

#[test]
fn programs() {
    exercise("programs", fuzzing::programs);
}

/// Seeds that no parser takes would exercise nothing.
#[test]
fn the_seeds_are_what_they_should_be() {
    for archive in seeds("archives") {
        let (members, _) = cpio::members(&archive).expect("an archive");
        assert!(members.iter().any(|member| member.name == b"d/file"));
    }
    for bytes in seeds("fats") {
        let volume = fat::read(&bytes).expect("a file system");
        let entry = volume.find("long.name").expect("a file");
        assert_eq!(volume.content(&entry).expect("its content").len(), 700);
        assert!(volume.find("EFI/X.EFI").is_ok());
    }
    let disk = &seeds("partition_tables")[0];
    let table = gpt::parse(disk, 1).expect("a table");
    assert_eq!(table.partitions.len(), 2);
    let unified = &seeds("programs")[1];
    assert_eq!(uki::read(unified).expect("a program").command_line, "quiet");
}
