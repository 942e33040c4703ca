//! A tree with a file of every kind, as an archive that is made without any privilege.

use std::fmt::Write as _;

/// Builds an archive in pax format.
#[derive(Default)]
pub(crate) struct Archive(Vec<u8>);

/// A file of the sample.
pub(crate) struct Entry<'a> {
    pub(crate) path: &'a str,
    /// `0` file, `1` hard link, `2` symbolic link, `3` and `4` devices, `5` directory, `6` fifo.
    pub(crate) kind: u8,
    pub(crate) mode: u32,
    pub(crate) owner: (u32, u32),
    pub(crate) time: u32,
    pub(crate) device: (u32, u32),
    pub(crate) target: &'a str,
    pub(crate) content: &'a [u8],
    pub(crate) attributes: &'a [(&'a str, &'a [u8])],
}

impl Default for Entry<'_> {
    fn default() -> Self {
        Entry {
            path: "",
            kind: b'0',
            mode: 0o644,
            owner: (0, 0),
            time: 1_700_000_000,
            device: (0, 0),
            target: "",
            content: b"",
            attributes: &[],
        }
    }
}

impl Archive {
    pub(crate) fn add(&mut self, entry: &Entry<'_>) {
        let mut records = Vec::new();
        let mut record = |name: &str, value: &[u8]| {
            let rest = name.len() + value.len() + 3;
            let mut length = rest + rest.to_string().len();
            length = rest + length.to_string().len();
            records.extend(format!("{length} {name}=").into_bytes());
            records.extend(value);
            records.push(b'\n');
        };
        record("path", format!("./{}", entry.path).as_bytes());
        if !entry.target.is_empty() {
            record("linkpath", entry.target.as_bytes());
        }
        for (name, value) in entry.attributes {
            record(&format!("SCHILY.xattr.{name}"), value);
        }
        let plain = Entry::default();
        self.header(&plain, b'x', records.len());
        self.body(&records);
        self.header(entry, entry.kind, entry.content.len());
        self.body(entry.content);
    }

    pub(crate) fn finish(mut self) -> Vec<u8> {
        self.0.extend([0; 1024]);
        self.0
    }

    fn header(&mut self, entry: &Entry<'_>, kind: u8, size: usize) {
        let mut header = [0; 512];
        let mut put = |at: usize, text: &str| {
            header[at..at + text.len()].copy_from_slice(text.as_bytes());
        };
        put(0, "name");
        put(100, &format!("{:07o}", entry.mode));
        put(108, &format!("{:07o}", entry.owner.0));
        put(116, &format!("{:07o}", entry.owner.1));
        put(124, &format!("{size:011o}"));
        put(136, &format!("{:011o}", entry.time));
        put(257, "ustar\x0000");
        put(329, &format!("{:07o}", entry.device.0));
        put(337, &format!("{:07o}", entry.device.1));
        header[156] = kind;
        header[148..156].fill(b' ');
        let sum: u32 = header.iter().map(|byte| u32::from(*byte)).sum();
        let mut text = String::new();
        let _ = write!(text, "{sum:06o}\0");
        header[148..155].copy_from_slice(text.as_bytes());
        self.0.extend(header);
    }

    fn body(&mut self, bytes: &[u8]) {
        self.0.extend(bytes);
        self.0.resize(self.0.len().next_multiple_of(512), 0);
    }
}

/// Bytes that do not pack well, always the same.
pub(crate) fn noise(length: usize, seed: u64) -> Vec<u8> {
    let mut state = seed | 1;
    let mut next = || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        (state >> 56) as u8
    };
    (0..length).map(|_| next()).collect()
}

/// The attributes of the sample: a capability, and a list by which the owning group may do less
/// than the mask.
const CAPABILITY: &[u8] = &[
    1, 0, 0, 2, 0, 0x20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
];
const LIST: &[u8] = &[
    2, 0, 0, 0, 1, 0, 6, 0, 0xff, 0xff, 0xff, 0xff, 2, 0, 4, 0, 0xe8, 3, 0, 0, 4, 0, 0, 0, 0xff,
    0xff, 0xff, 0xff, 0x10, 0, 4, 0, 0xff, 0xff, 0xff, 0xff, 0x20, 0, 0, 0, 0xff, 0xff, 0xff, 0xff,
];

/// A tree with a file of every kind.
pub(crate) fn everything() -> Vec<u8> {
    let mut archive = Archive::default();
    let mut add = |entry: Entry<'_>| archive.add(&entry);
    let directory = |path| Entry {
        path,
        kind: b'5',
        mode: 0o755,
        ..Entry::default()
    };
    for path in ["", "bare", "dir", "dir/deep", "many", "odd dir"] {
        add(directory(path));
    }
    add(Entry {
        mode: 0o1777,
        time: 1,
        ..directory("sticky")
    });
    add(Entry {
        mode: 0o2755,
        owner: (123_456, 654_321),
        ..directory("group")
    });
    for (path, kind, device) in [
        ("null", b'3', (1, 3)),
        ("disk", b'4', (8, 17)),
        ("large-number", b'3', (300, 70_000)),
        ("fifo", b'6', (0, 0)),
    ] {
        add(Entry {
            path,
            kind,
            device,
            mode: 0o660,
            owner: (0, 6),
            ..Entry::default()
        });
    }
    for size in [0, 1, 4095, 4096, 4097, 131_071, 131_072, 131_073, 400_000] {
        let (path, content) = (format!("size {size}"), noise(size, size as u64));
        add(Entry {
            path: &path,
            content: &content,
            time: u32::MAX - 1,
            ..Entry::default()
        });
    }
    let mut holes = vec![0; 3_000_000];
    holes[1_000_000..1_000_100].fill(7);
    add(Entry {
        path: "mostly zero",
        content: &holes,
        ..Entry::default()
    });
    for number in 0..700 {
        let path = format!("many/{number:04} a rather long name indeed");
        let content = number.to_string().repeat(number % 50);
        add(Entry {
            path: &path,
            content: content.as_bytes(),
            ..Entry::default()
        });
    }
    for length in [1, 59, 60, 61, 4095] {
        let (path, target) = (format!("link {length}"), "x".repeat(length));
        add(Entry {
            path: &path,
            kind: b'2',
            mode: 0o777,
            target: &target,
            ..Entry::default()
        });
    }
    let long = format!("odd dir/{}", "n".repeat(255));
    for path in [&long, "odd dir/ä \\ *?", "odd dir/-dash", "odd dir/.hidden"] {
        add(Entry {
            path,
            content: path.as_bytes(),
            mode: 0o4711,
            ..Entry::default()
        });
    }
    let capability: &[(&str, &[u8])] = &[("security.capability", CAPABILITY)];
    add(Entry {
        path: "capable",
        attributes: capability,
        mode: 0o755,
        ..Entry::default()
    });
    let large = noise(2500, 1);
    let attributes: &[(&str, &[u8])] = &[("trusted.t", b"t"), ("user.large", &large)];
    add(Entry {
        path: "attributes",
        attributes,
        ..Entry::default()
    });
    let list: &[(&str, &[u8])] = &[("system.posix_acl_access", LIST)];
    add(Entry {
        path: "listed",
        attributes: list,
        mode: 0o640,
        ..Entry::default()
    });
    for (path, target) in [
        ("dir/again", "size 400000"),
        ("zz", "fifo"),
        ("yy", "link 60"),
    ] {
        let target = format!("./{target}");
        add(Entry {
            path,
            kind: b'1',
            target: &target,
            ..Entry::default()
        });
    }
    archive.finish()
}
