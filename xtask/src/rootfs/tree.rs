//! A tree as a tar archive tells it: every path with its type, mode, owner, links and attributes.
//!
//! This reader shares no code with the one under test. It knows what GNU tar and Formwork write:
//! ustar headers, the GNU forms for long names, and pax headers.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufReader, Read, Seek, SeekFrom};
use std::os::unix::fs::FileExt;
use std::path::Path;

const BLOCK: u64 = 512;

/// What a path is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    File { offset: u64, size: u64 },
    Directory,
    Symlink(String),
    Device(char, u64, u64),
    Fifo,
}

impl Kind {
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::File { .. } => "file",
            Self::Directory => "directory",
            Self::Symlink(_) => "symbolic link",
            Self::Device(..) => "device",
            Self::Fifo => "named pipe",
        }
    }
}

/// One path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) kind: Kind,
    pub(crate) mode: u64,
    pub(crate) uid: u64,
    pub(crate) gid: u64,
    pub(crate) mtime: i64,
    pub(crate) xattrs: BTreeMap<String, Vec<u8>>,
    /// The smallest name of the file, where it has several.
    pub(crate) linked: Option<String>,
}

/// All paths of one archive, without a leading `./`; the root itself is `.`.
pub(crate) struct Tree {
    file: File,
    pub(crate) entries: BTreeMap<String, Entry>,
    users: BTreeMap<u64, String>,
    groups: BTreeMap<u64, String>,
}

impl Tree {
    /// Reads an archive that is not compressed.
    pub(crate) fn read(path: &Path) -> Result<Self, String> {
        let trouble = |error: std::io::Error| format!("{}: {error}", path.display());
        let file = File::open(path).map_err(trouble)?;
        let mut reader = Reader::new(file.try_clone().map_err(trouble)?);
        let mut entries = BTreeMap::new();
        let mut links = BTreeMap::new();
        while let Some(member) = reader
            .next()
            .map_err(|error| format!("{}: {error}", path.display()))?
        {
            let name = plain(&member.name);
            match member.link {
                Some(leader) => links.insert(name, plain(&leader)).map(|_| ()),
                None => entries.insert(name, member.entry).map(|_| ()),
            };
        }
        resolve_links(&mut entries, &links)?;
        let mut tree = Self {
            file,
            entries,
            users: BTreeMap::new(),
            groups: BTreeMap::new(),
        };
        tree.users = tree.names("etc/passwd");
        tree.groups = tree.names("etc/group");
        Ok(tree)
    }

    /// The owner and group by name; a number that no line names stays a number.
    pub(crate) fn owner(&self, entry: &Entry) -> String {
        format!("{}:{}", self.user(entry.uid), self.group(entry.gid))
    }

    pub(crate) fn user(&self, number: u64) -> String {
        name(&self.users, number)
    }

    pub(crate) fn group(&self, number: u64) -> String {
        name(&self.groups, number)
    }

    /// The content of a file; of anything else, nothing.
    pub(crate) fn content(&self, entry: &Entry) -> Result<Vec<u8>, String> {
        let Kind::File { offset, size } = entry.kind else {
            return Ok(Vec::new());
        };
        let mut bytes = vec![0; usize::try_from(size).map_err(|error| error.to_string())?];
        self.file
            .read_exact_at(&mut bytes, offset)
            .map_err(|error| error.to_string())?;
        Ok(bytes)
    }

    /// Name and number of each line of `passwd` or `group`.
    fn names(&self, path: &str) -> BTreeMap<u64, String> {
        let content = self.entries.get(path).map(|entry| self.content(entry));
        let text = content.and_then(Result::ok).unwrap_or_default();
        String::from_utf8_lossy(&text)
            .lines()
            .filter_map(|line| {
                let mut fields = line.split(':');
                let name = fields.next()?;
                Some((fields.nth(1)?.parse().ok()?, name.to_owned()))
            })
            .collect()
    }
}

fn name(names: &BTreeMap<u64, String>, number: u64) -> String {
    names
        .get(&number)
        .cloned()
        .unwrap_or_else(|| format!("#{number}"))
}

/// Gives every further name of a file the entry of the first, and all of them the smallest name.
fn resolve_links(
    entries: &mut BTreeMap<String, Entry>,
    links: &BTreeMap<String, String>,
) -> Result<(), String> {
    let mut groups: BTreeMap<&String, Vec<&String>> = BTreeMap::new();
    for (name, leader) in links {
        groups.entry(leader).or_default().push(name);
    }
    for (leader, names) in groups {
        let mut entry = entries
            .get(leader)
            .cloned()
            .ok_or_else(|| format!("hard link to {leader}, which is not there"))?;
        entry.linked = names.iter().copied().chain([leader]).min().cloned();
        for name in names.into_iter().chain([leader]) {
            entries.insert(name.clone(), entry.clone());
        }
    }
    Ok(())
}

fn plain(name: &str) -> String {
    let name = name.strip_prefix("./").unwrap_or(name);
    match name.trim_end_matches('/') {
        "" => ".".to_owned(),
        name => name.to_owned(),
    }
}

/// One member: an entry, or a further name of an earlier one.
struct Member {
    name: String,
    link: Option<String>,
    entry: Entry,
}

/// Walks the headers and skips the contents.
struct Reader {
    file: BufReader<File>,
    offset: u64,
}

/// What the headers before a member say of it.
#[derive(Default)]
struct Ahead {
    name: Option<String>,
    target: Option<String>,
    pax: BTreeMap<String, Vec<u8>>,
}

impl Ahead {
    fn text(&self, key: &str) -> Option<String> {
        let value = self.pax.get(key)?;
        Some(String::from_utf8_lossy(value).into_owned())
    }

    /// A number; parts of a second are cut off.
    fn number<T: std::str::FromStr>(&self, key: &str) -> Option<T> {
        self.text(key)?.split('.').next()?.parse().ok()
    }
}

impl Reader {
    fn new(file: File) -> Self {
        Self {
            file: BufReader::with_capacity(1 << 16, file),
            offset: 0,
        }
    }

    fn next(&mut self) -> Result<Option<Member>, String> {
        let mut ahead = Ahead::default();
        loop {
            let mut header = [0; BLOCK as usize];
            self.file
                .read_exact(&mut header)
                .map_err(|error| format!("cut off at {}: {error}", self.offset))?;
            self.offset += BLOCK;
            if header.iter().all(|byte| *byte == 0) {
                return Ok(None);
            }
            let size = ahead.number("size").unwrap_or(number(&header[124..136])?);
            match header[156] {
                b'L' => ahead.name = Some(until_zero(&self.take(size)?)),
                b'K' => ahead.target = Some(until_zero(&self.take(size)?)),
                b'x' => ahead.pax = records(&self.take(size)?)?,
                b'g' => {
                    self.take(size)?;
                }
                _ => return self.member(&header, size, ahead).map(Some),
            }
        }
    }

    fn member(&mut self, header: &[u8], size: u64, ahead: Ahead) -> Result<Member, String> {
        let prefix = until_zero(&header[345..500]);
        let short = until_zero(&header[..100]);
        let joined = match prefix.is_empty() {
            true => short,
            false => format!("{prefix}/{short}"),
        };
        let name = ahead.text("path").or(ahead.name.clone()).unwrap_or(joined);
        let target = ahead
            .text("linkpath")
            .or(ahead.target.clone())
            .unwrap_or_else(|| until_zero(&header[157..257]));
        let device = |letter| -> Result<Kind, String> {
            let numbers = (number(&header[329..337])?, number(&header[337..345])?);
            Ok(Kind::Device(letter, numbers.0, numbers.1))
        };
        let mut link = None;
        let kind = match header[156] {
            b'0' | 0 | b'7' => Kind::File {
                offset: self.offset,
                size,
            },
            b'1' => {
                link = Some(target);
                Kind::Fifo
            }
            b'2' => Kind::Symlink(target),
            b'3' => device('c')?,
            b'4' => device('b')?,
            b'5' => Kind::Directory,
            b'6' => Kind::Fifo,
            other => return Err(format!("{name}: unknown type {other}")),
        };
        if matches!(kind, Kind::File { .. }) {
            self.skip(size)?;
        }
        // Access control lists may be told twice: as the kernel has them, and as a text.
        let mut keys = ahead.pax.keys();
        let told = keys.any(|key| key.starts_with("SCHILY.xattr.system.posix_acl_"));
        let xattrs = ahead.pax.iter().filter_map(|(key, value)| {
            let key = key.strip_prefix("SCHILY.")?;
            (key.starts_with("xattr.") || (key.starts_with("acl.") && !told))
                .then(|| (key.to_owned(), value.clone()))
        });
        let entry = Entry {
            kind,
            mode: number(&header[100..108])? & 0o7777,
            uid: ahead.number("uid").unwrap_or(number(&header[108..116])?),
            gid: ahead.number("gid").unwrap_or(number(&header[116..124])?),
            mtime: ahead
                .number("mtime")
                .unwrap_or(i64::try_from(number(&header[136..148])?).unwrap_or(i64::MAX)),
            xattrs: xattrs.collect(),
            linked: None,
        };
        Ok(Member { name, link, entry })
    }

    fn take(&mut self, size: u64) -> Result<Vec<u8>, String> {
        if size > 1 << 20 {
            return Err(format!("a header of {size} bytes"));
        }
        let mut bytes = vec![0; usize::try_from(size.next_multiple_of(BLOCK)).unwrap_or(0)];
        self.file
            .read_exact(&mut bytes)
            .map_err(|error| error.to_string())?;
        self.offset += size.next_multiple_of(BLOCK);
        bytes.truncate(usize::try_from(size).unwrap_or(0));
        Ok(bytes)
    }

    fn skip(&mut self, size: u64) -> Result<(), String> {
        self.offset += size.next_multiple_of(BLOCK);
        self.file
            .seek(SeekFrom::Start(self.offset))
            .map(|_| ())
            .map_err(|error| error.to_string())
    }
}

fn until_zero(bytes: &[u8]) -> String {
    let end = bytes.iter().position(|byte| *byte == 0);
    String::from_utf8_lossy(&bytes[..end.unwrap_or(bytes.len())]).into_owned()
}

/// An octal number, or a binary one whose first bit is set.
fn number(field: &[u8]) -> Result<u64, String> {
    if field[0] & 0x80 != 0 {
        return Ok(field[1..]
            .iter()
            .fold(u64::from(field[0] & 0x7f), |sum, byte| {
                (sum << 8) | u64::from(*byte)
            }));
    }
    let text = until_zero(field);
    match text.trim() {
        "" => Ok(0),
        digits => u64::from_str_radix(digits, 8).map_err(|_| format!("no number: {digits}")),
    }
}

/// The records of a pax header: `LENGTH KEY=VALUE` and a newline.
fn records(bytes: &[u8]) -> Result<BTreeMap<String, Vec<u8>>, String> {
    let mut records = BTreeMap::new();
    let mut rest = bytes;
    while !rest.is_empty() {
        let bad = || "bad pax header".to_owned();
        let space = rest.iter().position(|byte| *byte == b' ').ok_or_else(bad)?;
        let length: usize = until_zero(&rest[..space]).parse().map_err(|_| bad())?;
        let record = rest.get(space + 1..length - 1).ok_or_else(bad)?;
        let equals = record
            .iter()
            .position(|byte| *byte == b'=')
            .ok_or_else(bad)?;
        records.insert(
            String::from_utf8_lossy(&record[..equals]).into_owned(),
            record[equals + 1..].to_vec(),
        );
        rest = &rest[length..];
    }
    Ok(records)
}
