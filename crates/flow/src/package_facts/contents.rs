//! Reads the file of a package once for what rules ask of it: the date of its last upload, files
//! with special rights, services, interpreters, licences.
//!
//! Nothing is unpacked to disk. What cannot be told from the file, such as rights that a script
//! gives by a name it computes, is not found; that a script calls `setcap` at all is.

use std::io::Read;

use formwork_codec::{Compression, Limits as Unpacking, decoder};
use formwork_deb::container::package::{Compression as Packed, PackageArchive};
use formwork_deb::container::tar::{Entry, Kind, Limits, Reader};
use formwork_deb::deb822;
use formwork_deb::time::Timestamp;
use formwork_proposal::policy::Contents;

/// No text that we look at is longer.
const MAX_TEXT: u64 = 8 << 20;
/// A line that names an interpreter is shorter.
const MAX_LINE: usize = 256;
/// Where units of systemd lie.
const UNITS: [&str; 3] = [
    "usr/lib/systemd/system/",
    "lib/systemd/system/",
    "etc/systemd/system/",
];
/// Where programs lie.
const PROGRAMS: [&str; 6] = [
    "usr/bin/",
    "usr/sbin/",
    "bin/",
    "sbin/",
    "usr/lib/",
    "usr/libexec/",
];
/// The attribute that holds a file's capabilities, as pax writes it.
const CAPABILITY: &str = "SCHILY.xattr.security.capability";

/// Reads the bytes of a package; the reason in words if that is not possible.
pub(super) fn read(deb: &[u8], package: &str) -> Result<Contents, String> {
    let archive = PackageArchive::parse(deb).map_err(|error| error.to_string())?;
    let mut contents = Contents::default();
    let control = unpacked(archive.control.content, archive.control_compression)?;
    read_scripts(Reader::new(control, Limits::CONTROL), &mut contents)
        .map_err(|error| error.to_string())?;
    let data = unpacked(archive.data.content, archive.data_compression)?;
    read_data(Reader::new(data, Limits::DATA), package, &mut contents)
        .map_err(|error| error.to_string())?;
    let lists = [
        &mut contents.setuid,
        &mut contents.capabilities,
        &mut contents.services,
        &mut contents.sockets,
        &mut contents.interpreters,
    ];
    for list in lists {
        list.sort();
        list.dedup();
    }
    Ok(contents)
}

/// A member of a package, unpacked while it is read.
fn unpacked<'a>(
    packed: &'a [u8],
    compression: Packed,
) -> Result<Box<dyn Read + Send + 'a>, String> {
    let compression = match compression {
        Packed::None => Compression::Plain,
        Packed::Gzip => Compression::Gzip,
        Packed::Xz => Compression::Xz,
        Packed::Zstandard => Compression::Zstd,
        Packed::Bzip2 | Packed::Lzma => return Err("packed in an old way".to_owned()),
    };
    let limits = Unpacking {
        threads: 1,
        ..Unpacking::unsigned()
    };
    decoder(compression, packed, &limits).map_err(|error| error.to_string())
}

/// Looks for scripts that give rights.
fn read_scripts<R: Read>(
    mut archive: Reader<R>,
    contents: &mut Contents,
) -> Result<(), Box<dyn std::error::Error>> {
    while let Some(entry) = archive.next_entry()? {
        let name = path(&entry);
        if !matches!(name.as_str(), "preinst" | "postinst") || entry.size > MAX_TEXT {
            continue;
        }
        let script = String::from_utf8_lossy(&archive.content()?).into_owned();
        let lines: Vec<&str> = script
            .lines()
            .map(str::trim_start)
            .filter(|line| !line.starts_with('#'))
            .collect();
        if lines.iter().any(|line| calls(line, "setcap")) {
            contents.capabilities.push(format!("{name}: setcap"));
        }
        let gives = |line: &&str| gives_rights(line);
        if let Some(line) = lines.iter().find(|line| gives(line)) {
            let short: String = line.chars().take(80).collect();
            contents.setuid.push(format!("{name}: {}", short.trim()));
        }
    }
    Ok(())
}

/// Whether a line of a script names a program as a word.
fn calls(line: &str, program: &str) -> bool {
    line.split(|letter: char| letter.is_whitespace() || ";&|()`\"'".contains(letter))
        .any(|word| word == program || word.ends_with(&format!("/{program}")))
}

/// Whether a line of a script sets a mode by which a file runs as its owner or group.
fn gives_rights(line: &str) -> bool {
    let words: Vec<&str> = line.split_whitespace().collect();
    let mode = |word: &&&str| {
        let octal = word.trim_start_matches('0');
        let special = octal.len() == 4
            && octal.starts_with(['2', '4', '6'])
            && octal.bytes().all(|byte| byte.is_ascii_digit());
        special || word.contains("u+s") || word.contains("g+s")
    };
    let at = |program: &str| words.iter().position(|word| *word == program);
    let chmod = at("chmod").is_some_and(|at| words[at..].iter().any(|word| mode(&word)));
    let statoverride = at("dpkg-statoverride").is_some_and(|at| {
        words[at..].contains(&"--add") && words[at..].iter().any(|word| mode(&word))
    });
    // Directories of data pass on their group; that gives no rights to a program.
    let mut paths = words.iter().filter(|word| word.starts_with('/')).peekable();
    let data = paths.peek().is_some()
        && paths.all(|path| path.starts_with("/var/") || path.starts_with("/run/"));
    (chmod || statoverride) && !data
}

/// Looks at the files of a package.
fn read_data<R: Read>(
    mut archive: Reader<R>,
    package: &str,
    contents: &mut Contents,
) -> Result<(), Box<dyn std::error::Error>> {
    let docs = format!("usr/share/doc/{package}/");
    let mut native = None;
    while let Some(entry) = archive.next_entry()? {
        let name = path(&entry);
        if let Some(init) = name
            .strip_prefix("etc/init.d/")
            .filter(|name| !name.is_empty())
        {
            contents.services.push(format!("/etc/init.d/{init}"));
        }
        if let Some(unit) = UNITS.iter().find_map(|place| name.strip_prefix(place)) {
            read_unit(unit, &entry, &mut archive, contents)?;
        }
        if entry.kind != Kind::File {
            continue;
        }
        if entry.mode & 0o6000 != 0 {
            contents
                .setuid
                .push(format!("{:o} /{name}", entry.mode & 0o7777));
        }
        if entry.attributes.contains_key(CAPABILITY) {
            contents.capabilities.push(format!("/{name}"));
        }
        match name.strip_prefix(&docs) {
            Some("changelog.Debian.gz" | "changelog.Debian") => {
                contents.uploaded = uploaded(&text(&name, &mut archive, &entry)?);
            }
            Some("changelog.gz" | "changelog") => {
                native = uploaded(&text(&name, &mut archive, &entry)?);
            }
            Some("copyright" | "copyright.gz") => {
                contents.licences = licences(&text(&name, &mut archive, &entry)?);
            }
            _ if entry.mode & 0o111 != 0
                && PROGRAMS.iter().any(|place| name.starts_with(place)) =>
            {
                contents.interpreters.extend(interpreter(&mut archive)?);
            }
            _ => {}
        }
    }
    contents.uploaded = contents.uploaded.or(native);
    Ok(())
}

/// The path of an entry without `./` in front.
fn path(entry: &Entry) -> String {
    let text = String::from_utf8_lossy(&entry.path);
    text.trim_start_matches("./")
        .trim_start_matches('/')
        .to_owned()
}

/// The text of the present entry, unpacked if its name says so.
fn text<R: Read>(
    name: &str,
    archive: &mut Reader<R>,
    entry: &Entry,
) -> Result<String, Box<dyn std::error::Error>> {
    if entry.size > MAX_TEXT {
        return Ok(String::new());
    }
    let bytes = archive.content()?;
    let mut plain = Vec::new();
    if name.ends_with(".gz") {
        let limits = Unpacking {
            threads: 1,
            ..Unpacking::bytes(4 * MAX_TEXT)
        };
        decoder(Compression::Gzip, bytes.as_slice(), &limits)?.read_to_end(&mut plain)?;
    } else {
        plain = bytes;
    }
    Ok(String::from_utf8_lossy(&plain).into_owned())
}

/// Notes a service or a socket unit.
fn read_unit<R: Read>(
    unit: &str,
    entry: &Entry,
    archive: &mut Reader<R>,
    contents: &mut Contents,
) -> Result<(), Box<dyn std::error::Error>> {
    let plain = !unit.contains('/');
    if plain && unit.ends_with(".service") {
        contents.services.push(unit.to_owned());
    } else if plain && unit.ends_with(".socket") {
        let listens = match entry.kind {
            Kind::File => listens(&text(unit, archive, entry)?),
            _ => Vec::new(),
        };
        contents
            .sockets
            .push(format!("{unit}: {}", listens.join(", ")));
    }
    Ok(())
}

/// What a socket unit listens on, in the order of the file.
fn listens(unit: &str) -> Vec<String> {
    const KEYS: [&str; 5] = [
        "ListenStream",
        "ListenDatagram",
        "ListenSequentialPacket",
        "ListenNetlink",
        "ListenFIFO",
    ];
    unit.lines()
        .filter_map(|line| line.split_once('='))
        .filter(|(key, value)| KEYS.contains(&key.trim()) && !value.trim().is_empty())
        .map(|(key, value)| match key.trim() {
            // No place of the network, whatever its name looks like.
            "ListenNetlink" => format!("@netlink {}", value.trim()),
            _ => value.trim().to_owned(),
        })
        .collect()
}

/// The interpreter of the present entry, if it is a script.
fn interpreter<R: Read>(archive: &mut Reader<R>) -> Result<Option<String>, std::io::Error> {
    let mut start = [0; MAX_LINE];
    let mut length = 0;
    while length < start.len() {
        match archive.read(&mut start[length..])? {
            0 => break,
            more => length += more,
        }
    }
    let line = start[..length].split(|byte| *byte == b'\n').next();
    let Some(line) = line.and_then(|line| line.strip_prefix(b"#!")) else {
        return Ok(None);
    };
    let line = String::from_utf8_lossy(line).into_owned();
    let mut words = line.split_whitespace();
    let mut program = words.next().unwrap_or_default();
    if program.ends_with("/env") {
        program = words
            .find(|word| !word.starts_with('-'))
            .unwrap_or_default();
    }
    let name = program.rsplit('/').next().unwrap_or_default();
    Ok((!name.is_empty()).then(|| name.to_owned()))
}

/// The date of the top entry of a changelog.
fn uploaded(changelog: &str) -> Option<Timestamp> {
    let trailer = changelog.lines().find(|line| line.starts_with(" -- "))?;
    let (_, date) = trailer
        .rsplit_once(">  ")
        .or_else(|| trailer.rsplit_once("> "))?;
    Timestamp::parse_rfc2822(date.trim()).ok()
}

/// The licences of a machine-readable copyright file, sorted; those of `debian/` left aside.
fn licences(copyright: &str) -> Option<Vec<String>> {
    let mut paragraphs = deb822::paragraphs(copyright);
    let head = paragraphs.next()?.ok()?;
    head.get("Format")
        .or_else(|| head.get("Format-Specification"))?;
    let mut found = Vec::new();
    for paragraph in paragraphs {
        let paragraph = paragraph.ok()?;
        let Some(files) = paragraph.get("Files") else {
            continue;
        };
        let only_packaging = files
            .value
            .split_whitespace()
            .all(|file| file.starts_with("debian/"));
        let licence = paragraph
            .get("License")
            .map(|field| field.first_line().trim().to_owned());
        found.extend(licence.filter(|name| !name.is_empty() && !only_packaging));
    }
    found.sort();
    found.dedup();
    Some(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use formwork_testkit::package::Package;

    const COPYRIGHT: &str = "Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/\n\n\
        Files: *\nCopyright: x\nLicense: GPL-2+\n text\n\nFiles: debian/*\nCopyright: y\nLicense: WTFPL\n\n\
        Files: lib/*\nCopyright: z\nLicense: MIT\n";

    #[test]
    fn a_package_tells_what_it_ships() {
        let changelog = "toy (1.0-2) unstable; urgency=medium\n\n  * x\n\n -- A B <a@mirror.example>  Thu, 10 Nov 2022 12:00:00 +0100\n\n\
            toy (1.0-1) unstable; urgency=medium\n\n -- A B <a@mirror.example>  Thu, 10 Nov 2021 12:00:00 +0100\n";
        let package = Package::new("toy", "1.0-2", "amd64")
            .file("usr/share/doc/toy/changelog.Debian", changelog.as_bytes())
            .file("usr/share/doc/toy/copyright", COPYRIGHT.as_bytes())
            .file("usr/lib/systemd/system/toy.service", b"[Service]\n")
            .file("usr/lib/systemd/system/toy.socket", b"[Socket]\nListenStream=/run/x\nListenStream = 22\n")
            .file("usr/lib/systemd/system/toy.service.d/x.conf", b"")
            .file("etc/init.d/toy", b"#!/bin/sh\n")
            .script("postinst", "#!/bin/sh\n# setcap is not called here\nif x; then /sbin/setcap cap_net_raw+ep /bin/toy; fi\nchmod 4755 /usr/bin/toy\n");
        let contents = read(&package.deb(), "toy").unwrap();
        assert_eq!(contents.uploaded.unwrap().date(), "2022-11-10");
        assert_eq!(contents.licences.unwrap(), ["GPL-2+", "MIT"]);
        assert_eq!(contents.services, ["/etc/init.d/toy", "toy.service"]);
        assert_eq!(contents.sockets, ["toy.socket: /run/x, 22"]);
        assert_eq!(contents.capabilities, ["postinst: setcap"]);
        assert_eq!(contents.setuid, ["postinst: chmod 4755 /usr/bin/toy"]);
    }

    #[test]
    fn rights_and_interpreters_are_those_of_programs() {
        let mut tar = formwork_testkit::deb_file::tar(&[
            file("usr/bin/su", b"\x7fELF", 0o4755),
            file("usr/bin/tool", b"#! /usr/bin/env -S python3 -I\n", 0o755),
            file("usr/share/x", b"#!/usr/bin/ruby\n", 0o755),
        ]);
        let mut contents = Contents::default();
        read_data(
            Reader::new(tar.as_slice(), Limits::DATA),
            "x",
            &mut contents,
        )
        .unwrap();
        assert_eq!(contents.setuid, ["4755 /usr/bin/su"]);
        assert_eq!(contents.interpreters, ["python3"]);
        assert_eq!(contents.licences, None);
        assert_eq!(contents.uploaded, None);
        tar.truncate(700);
        let mut contents = Contents::default();
        let cut = Reader::new(tar.as_slice(), Limits::DATA);
        assert!(read_data(cut, "x", &mut contents).is_err());
    }

    fn file(path: &str, content: &[u8], mode: u32) -> formwork_testkit::deb_file::FileEntry {
        formwork_testkit::deb_file::FileEntry {
            path: path.to_owned(),
            content: content.to_vec(),
            mode,
        }
    }

    #[test]
    fn only_lines_that_give_rights_count() {
        let table = [
            ("chmod 4755 /usr/bin/x", true),
            ("chmod 04755 /usr/bin/x", true),
            ("chmod u+s /usr/bin/x", true),
            ("chmod 0755 /usr/bin/x", false),
            ("chmod 1777 /var/x", false),
            (
                "dpkg-statoverride --update --add root x 2755 /usr/bin/x",
                true,
            ),
            ("dpkg-statoverride --list /usr/bin/x", false),
            ("echo 4755", false),
            ("chmod --quiet 2755 /var/log/aide || true", false),
        ];
        for (line, expected) in table {
            assert_eq!(gives_rights(line), expected, "{line}");
        }
    }

    #[test]
    fn a_file_that_is_no_package_is_told() {
        for bytes in [&b""[..], b"!<arch>\n", b"garbage"] {
            assert!(read(bytes, "x").is_err());
        }
        assert_eq!(licences("This package was debianized by\n"), None);
        assert_eq!(uploaded("no trailer"), None);
    }
}
