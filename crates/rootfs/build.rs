//! Says by which code trees are made: a stage that other code has kept is not taken.

use std::fs;
use std::path::{Path, PathBuf};

/// The rooms whose code decides what is in a stage.
const ROOMS: [&str; 5] = ["rootfs", "sys", "deb", "codec", "format"];

fn main() {
    let mut digest = Digest::new();
    for room in ROOMS {
        let directory = Path::new("..").join(room).join("src");
        println!("cargo::rerun-if-changed={}", directory.display());
        let mut files = Vec::new();
        list(&directory, &mut files);
        files.sort();
        for file in files {
            digest.add(file.as_os_str().as_encoded_bytes());
            digest.add(&fs::read(&file).unwrap_or_default());
        }
    }
    println!("cargo::rustc-env=FORMWORK_RULES={:032x}", digest.0);
}

/// All files below a directory.
fn list(directory: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(directory).into_iter().flatten().flatten() {
        match entry.file_type() {
            Ok(kind) if kind.is_dir() => list(&entry.path(), files),
            _ => files.push(entry.path()),
        }
    }
}

/// FNV-1a in 128 bits: it tells versions of our own code apart, nothing else.
struct Digest(u128);

impl Digest {
    fn new() -> Digest {
        Digest(0x6c62_272e_07bb_0142_62b8_2175_6295_c58d)
    }

    fn add(&mut self, bytes: &[u8]) {
        for byte in (bytes.len() as u64).to_le_bytes().iter().chain(bytes) {
            self.0 = (self.0 ^ u128::from(*byte)).wrapping_mul(0x0100_0000_0000_0000_0000_013b);
        }
    }
}
