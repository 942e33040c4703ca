//! Writes `.deb` files: an ar archive of `debian-binary`, `control.tar.*` and `data.tar.*`.
//!
//! ar: the magic `!<arch>\n`, then for each member a header of 60 bytes of text and the content, padded
//! to an even length. tar: 512-byte headers (ustar), content padded to 512, two empty blocks at the end.

use std::collections::BTreeSet;

use crate::bytes::Compression;

/// One regular file inside a package.
#[derive(Debug, Clone)]
pub struct FileEntry {
    /// Path without a leading slash.
    pub path: String,
    /// Content.
    pub content: Vec<u8>,
    /// Permission bits, such as `0o644`.
    pub mode: u32,
}

/// A `.deb` from the text of its control file, other control files and its data.
#[must_use]
pub fn deb(
    control: &str,
    control_files: &[FileEntry],
    data: &[FileEntry],
    compression: Compression,
) -> Vec<u8> {
    let mut members = vec![FileEntry {
        path: "control".to_owned(),
        content: control.as_bytes().to_vec(),
        mode: 0o644,
    }];
    members.extend(control_files.iter().cloned());
    let extension = compression.extension();
    ar(&[
        ("debian-binary".to_owned(), b"2.0\n".to_vec()),
        (
            format!("control.tar{extension}"),
            compression.pack(&tar(&members)),
        ),
        (format!("data.tar{extension}"), compression.pack(&tar(data))),
    ])
}

/// An ar archive with the given members.
#[must_use]
pub fn ar(members: &[(String, Vec<u8>)]) -> Vec<u8> {
    let mut out = b"!<arch>\n".to_vec();
    for (name, content) in members {
        let header = format!(
            "{name:<16}{:<12}{:<6}{:<6}{:<8}{:<10}`\n",
            0,
            0,
            0,
            "100644",
            content.len()
        );
        out.extend_from_slice(header.as_bytes());
        out.extend_from_slice(content);
        if content.len() % 2 == 1 {
            out.push(b'\n');
        }
    }
    out
}

/// A tar archive of `./`, all parent directories and the files, in the order of their names.
#[must_use]
pub fn tar(files: &[FileEntry]) -> Vec<u8> {
    let mut directories = BTreeSet::from(["./".to_owned()]);
    for file in files {
        let mut end = 0;
        while let Some(at) = file.path[end..].find('/') {
            end += at + 1;
            directories.insert(format!("./{}", &file.path[..end]));
        }
    }
    let mut out = Vec::new();
    for directory in &directories {
        out.extend_from_slice(&tar_header(directory, 0, 0o755, b'5'));
    }
    let mut sorted: Vec<&FileEntry> = files.iter().collect();
    sorted.sort_by(|a, b| a.path.cmp(&b.path));
    for file in sorted {
        let name = format!("./{}", file.path);
        out.extend_from_slice(&tar_header(&name, file.content.len(), file.mode, b'0'));
        out.extend_from_slice(&file.content);
        out.resize(out.len().next_multiple_of(512), 0);
    }
    out.resize(out.len() + 1024, 0);
    out
}

fn tar_header(name: &str, size: usize, mode: u32, kind: u8) -> [u8; 512] {
    assert!(name.len() <= 100, "a toy package has short paths: {name}");
    let mut header = [0_u8; 512];
    let mut put = |at: usize, text: &str| {
        header[at..at + text.len()].copy_from_slice(text.as_bytes());
    };
    put(0, name);
    put(100, &format!("{mode:07o}"));
    put(108, "0000000");
    put(116, "0000000");
    put(124, &format!("{size:011o}"));
    put(136, &format!("{:011o}", 1_262_304_000));
    put(148, "        ");
    put(257, "ustar\u{0}00");
    put(265, "root");
    put(297, "root");
    header[156] = kind;
    let sum: u32 = header.iter().map(|byte| u32::from(*byte)).sum();
    header[148..156].copy_from_slice(format!("{sum:06o}\u{0} ").as_bytes());
    header
}
