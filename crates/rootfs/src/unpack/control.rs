//! The control part of a package: what to plan with, and the files that dpkg keeps.

use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;

use formwork_codec::Limits;
use formwork_deb::container::package::Compression;
use formwork_deb::container::{ar, tar};
use formwork_deb::deb822;
use formwork_deb::record::{MultiArch, PackageRecord, Stanza};

use crate::error::Error;
use crate::job::Package;

/// How much is read at first; most control parts are smaller.
const HEAD: u64 = 16 * 1024;
/// How much of an outline is unpacked at a time.
const STEP: usize = 4096;
/// No control part is larger.
const MAX_HEAD: u64 = 64 << 20;

/// A file of the control part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ControlFile {
    /// Its name: `preinst`, `md5sums`.
    pub(crate) name: String,
    /// Its permission bits.
    pub(crate) mode: u32,
    /// Its content.
    pub(crate) content: Vec<u8>,
}

/// What a package says of itself.
#[derive(Clone, Debug)]
pub(crate) struct Control {
    /// The package as it was ordered.
    pub(crate) package: Package,
    /// The control file.
    pub(crate) text: String,
    /// Whether a system without it is broken.
    pub(crate) essential: bool,
    /// Whether it can be installed for several architectures side by side.
    pub(crate) same: bool,
    /// The priority.
    pub(crate) priority: String,
    /// What must be configured before it is unpacked.
    pub(crate) pre_depends: String,
    /// What must be configured before it is.
    pub(crate) depends: String,
    /// What else it can stand for.
    pub(crate) provides: String,
    /// Whose files it may overwrite.
    pub(crate) replaces: String,
    /// All files of the control part; in an outline only those up to the control file.
    pub(crate) files: Vec<ControlFile>,
    /// The packed control part: the checked file must have the same.
    pub(crate) packed: Vec<u8>,
    /// Where that begins in the package file.
    pub(crate) packed_at: usize,
}

impl Control {
    /// Reads the control part of a package file whose digest is compared later.
    pub(crate) fn read(package: &Package) -> Result<Control, Error> {
        Self::of(package, Extent::Whole)
    }

    /// Reads no more of the control part than its control file. That is enough to know a package
    /// that is in a tree already, and most of a control part is digests.
    pub(crate) fn outline(package: &Package) -> Result<Control, Error> {
        Self::of(package, Extent::Outline)
    }

    fn of(package: &Package, extent: Extent) -> Result<Control, Error> {
        let broken = |reason: String| Error::Broken {
            package: package_label(package),
            reason,
        };
        let (packed, compression) = packed_control(package)?;
        let files = unpack(&packed.content, compression, extent).map_err(broken)?;
        let text = files
            .iter()
            .find(|file| file.name == "control")
            .ok_or_else(|| broken("it has no control file".to_owned()))
            .and_then(|file| {
                String::from_utf8(file.content.clone())
                    .map_err(|_| broken("its control file is not UTF-8".to_owned()))
            })?;
        let control = parse(package, text, files, packed)?;
        Ok(control)
    }

    /// Name and version, for messages.
    pub(crate) fn label(&self) -> String {
        package_label(&self.package)
    }

    /// The name as dpkg writes it where architectures may be mixed: `libc6:amd64`.
    pub(crate) fn qualified(&self) -> String {
        match self.same {
            true => format!("{}:{}", self.package.name, self.package.architecture),
            false => self.package.name.clone(),
        }
    }

    /// A file of the control part.
    pub(crate) fn file(&self, name: &str) -> Option<&ControlFile> {
        self.files.iter().find(|file| file.name == name)
    }

    /// The paths of its configuration files, without the slash in front.
    pub(crate) fn conffiles(&self) -> Result<Vec<Vec<u8>>, Error> {
        let lines = self.conffile_lines()?.into_iter();
        Ok(lines
            .filter(|(_, leaves)| !leaves)
            .map(|(path, _)| path)
            .collect())
    }

    /// All paths of its list of configuration files, and whether each is one that leaves with an
    /// upgrade: of such a file the package has no content, but dpkg notes it all the same.
    pub(crate) fn conffile_lines(&self) -> Result<Vec<(Vec<u8>, bool)>, Error> {
        const LEAVES: &[u8] = b"remove-on-upgrade ";
        let Some(file) = self.file("conffiles") else {
            return Ok(Vec::new());
        };
        let mut lines = Vec::new();
        for line in file.content.split(|byte| *byte == b'\n') {
            let line = line.trim_ascii_end();
            let (path, leaves) = match line.strip_prefix(LEAVES) {
                Some(path) => (path.trim_ascii_start(), true),
                None => (line, false),
            };
            match path {
                b"" => {}
                [b'/', path @ ..] => lines.push((path.to_vec(), leaves)),
                _ => {
                    return Err(Error::Broken {
                        package: self.label(),
                        reason: format!("its conffiles name {}", line.escape_ascii()),
                    });
                }
            }
        }
        Ok(lines)
    }
}

/// Name and version of a package, for messages.
pub(crate) fn package_label(package: &Package) -> String {
    format!("{} {}", package.name, package.version)
}

fn parse(
    package: &Package,
    text: String,
    files: Vec<ControlFile>,
    packed: Packed,
) -> Result<Control, Error> {
    let broken = |reason: String| Error::Broken {
        package: package_label(package),
        reason,
    };
    let paragraph = deb822::paragraphs(&text)
        .next()
        .ok_or_else(|| broken("its control file is empty".to_owned()))?
        .map_err(|error| broken(error.to_string()))?;
    let record = PackageRecord::from_paragraph(&paragraph, Stanza::Control)
        .map_err(|error| broken(error.to_string()))?;
    let found = (record.package, record.version, record.architecture);
    let ordered = (&*package.name, &*package.version, &*package.architecture);
    if found != ordered {
        let reason = format!("it says that it is {} {} {}", found.0, found.1, found.2);
        return Err(broken(reason));
    }
    let owned = |text: Option<&str>| text.unwrap_or_default().to_owned();
    let (essential, same) = (record.essential, record.multi_arch == MultiArch::Same);
    let priority = owned(record.priority);
    let pre_depends = owned(record.pre_depends);
    let depends = owned(record.depends);
    let provides = owned(record.provides);
    let replaces = owned(record.replaces);
    Ok(Control {
        package: package.clone(),
        text,
        essential,
        same,
        priority,
        pre_depends,
        depends,
        provides,
        replaces,
        files,
        packed: packed.content,
        packed_at: packed.at,
    })
}

/// A packed control part.
struct Packed {
    at: usize,
    content: Vec<u8>,
}

/// The packed control part, from no more of the file than is needed.
fn packed_control(package: &Package) -> Result<(Packed, Compression), Error> {
    let unreadable = |source| Error::Unreadable {
        package: package_label(package),
        source: formwork_sys::Error::io("read", &package.file, source),
    };
    let broken = |reason: &str| Error::Broken {
        package: package_label(package),
        reason: reason.to_owned(),
    };
    let mut head = Vec::new();
    let mut file = File::open(&package.file).map_err(unreadable)?;
    let mut length = HEAD;
    loop {
        let missing = length - head.len() as u64;
        let read = Read::by_ref(&mut file).take(missing).read_to_end(&mut head);
        let whole = (read.map_err(unreadable)? as u64) < missing;
        for member in ar::members(&head).map_while(Result::ok) {
            if let Some(suffix) = member.name.strip_prefix("control.tar") {
                let compression = compression(suffix)
                    .ok_or_else(|| broken("its control part is packed in an unknown way"))?;
                let packed = Packed {
                    at: member.offset,
                    content: member.content.to_vec(),
                };
                return Ok((packed, compression));
            }
        }
        if whole || length >= MAX_HEAD {
            return Err(broken("it has no control part"));
        }
        length *= 8;
    }
}

fn compression(suffix: &str) -> Option<Compression> {
    Some(match suffix {
        "" => Compression::None,
        ".gz" => Compression::Gzip,
        ".xz" => Compression::Xz,
        ".zst" => Compression::Zstandard,
        _ => return None,
    })
}

/// The same form of compression in the words of the decoders.
pub(crate) fn codec(compression: Compression) -> Option<formwork_codec::Compression> {
    Some(match compression {
        Compression::None => formwork_codec::Compression::Plain,
        Compression::Gzip => formwork_codec::Compression::Gzip,
        Compression::Xz => formwork_codec::Compression::Xz,
        Compression::Zstandard => formwork_codec::Compression::Zstd,
        Compression::Bzip2 | Compression::Lzma => return None,
    })
}

/// How much of a control part is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Extent {
    /// All of it.
    Whole,
    /// What comes up to the control file.
    Outline,
}

fn unpack(
    packed: &[u8],
    compression: Compression,
    extent: Extent,
) -> Result<Vec<ControlFile>, String> {
    let compression = codec(compression).ok_or("its control part is packed in an old way")?;
    let limits = Limits {
        output: tar::Limits::CONTROL.bytes,
        threads: 1,
        ..Limits::unsigned()
    };
    let decoder = formwork_codec::decoder(compression, packed, &limits);
    let mut decoder = decoder.map_err(|error| error.to_string())?;
    let files = match extent {
        Extent::Whole => {
            let mut plain = Vec::new();
            let read = decoder.read_to_end(&mut plain);
            read.map_err(|error| error.to_string())?;
            files(&plain[..], extent)
        }
        Extent::Outline => files(BufReader::with_capacity(STEP, decoder), extent),
    };
    files.map_err(|error| error.to_string())
}

fn files(plain: impl Read, extent: Extent) -> Result<Vec<ControlFile>, tar::TarError> {
    let mut archive = tar::Reader::new(plain, tar::Limits::CONTROL);
    let mut files: Vec<ControlFile> = Vec::new();
    while let Some(entry) = archive.next_entry()? {
        let path = entry.path.strip_prefix(b"./").unwrap_or(&entry.path);
        if entry.kind != tar::Kind::File {
            continue;
        }
        // dpkg passes over names with a dot, and so over anything that climbs; a slash makes a
        // directory, which it refuses.
        let Ok(name) = std::str::from_utf8(path) else {
            continue;
        };
        let good = !name.is_empty()
            && name.len() <= 100
            && name
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"-_+".contains(&byte));
        if good && Path::new(name).file_name().is_some() {
            files.retain(|file| file.name != name);
            files.push(ControlFile {
                name: name.to_owned(),
                mode: entry.mode,
                content: archive.content()?,
            });
            if extent == Extent::Outline && name == "control" {
                break;
            }
        }
    }
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_outline_says_the_same_and_holds_less() {
        let deb = formwork_testkit::package::Package::new("a", "1", "all")
            .field("Depends", "b, c")
            .file("usr/share/a/file", b"content")
            .script("postinst", "#!/bin/sh\n")
            .deb();
        let directory = tempfile::tempdir().unwrap();
        let package = Package {
            name: "a".to_owned(),
            version: "1".to_owned(),
            architecture: "all".to_owned(),
            file: directory.path().join("a.deb"),
            size: deb.len() as u64,
            sha256: String::new(),
            wished: false,
            own: false,
        };
        std::fs::write(&package.file, deb).unwrap();
        let (whole, outline) = (Control::read(&package), Control::outline(&package));
        let (whole, outline) = (whole.unwrap(), outline.unwrap());
        assert_eq!((&outline.text, &*outline.depends), (&whole.text, "b, c"));
        assert!(whole.file("postinst").is_some() && outline.file("postinst").is_none());
    }
}
