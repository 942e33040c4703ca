//! The files of a tree in groups that a picture can show: by package, in it by directory, in that
//! the large ones by name.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use crate::files::{File, Files, total};

/// No package is shown in more directories.
const MOST_DIRECTORIES: usize = 14;
/// No directory is shown with more files by name.
const MOST_FILES: usize = 12;
/// A directory below this share of its package is not looked into.
const SHARE: u64 = 12;

/// What the files of a place are for, as far as paths tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// The kernel, its modules and what boots them.
    Kernel,
    /// Firmware of devices.
    Firmware,
    /// Programs.
    Programs,
    /// Libraries, and what programs load.
    Libraries,
    /// Data of programs.
    Data,
    /// Translations, locales, time zones.
    Languages,
    /// Documentation.
    Documentation,
    /// Settings and state.
    State,
}

/// All kinds, in the order in which they are explained.
pub const KINDS: [Kind; 8] = [
    Kind::Kernel,
    Kind::Firmware,
    Kind::Programs,
    Kind::Libraries,
    Kind::Data,
    Kind::Languages,
    Kind::Documentation,
    Kind::State,
];

impl Kind {
    /// What it is called.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Kind::Kernel => "kernel and modules",
            Kind::Firmware => "firmware",
            Kind::Programs => "programs",
            Kind::Libraries => "libraries",
            Kind::Data => "data",
            Kind::Languages => "languages and zones",
            Kind::Documentation => "documentation",
            Kind::State => "settings and state",
        }
    }

    /// The kind of a path.
    #[must_use]
    pub fn of(path: &str) -> Kind {
        const PLACES: &[(&str, Kind)] = &[
            ("/boot/", Kind::Kernel),
            ("/lib/modules/", Kind::Kernel),
            ("/lib/firmware/", Kind::Firmware),
            ("/bin/", Kind::Programs),
            ("/sbin/", Kind::Programs),
            ("/games/", Kind::Programs),
            ("/libexec/", Kind::Programs),
            ("/lib/locale/", Kind::Languages),
            ("/share/locale/", Kind::Languages),
            ("/share/i18n/", Kind::Languages),
            ("/share/zoneinfo/", Kind::Languages),
            ("/share/doc/", Kind::Documentation),
            ("/share/man/", Kind::Documentation),
            ("/share/info/", Kind::Documentation),
            ("/share/lintian/", Kind::Documentation),
            ("/share/", Kind::Data),
            ("/lib", Kind::Libraries),
        ];
        let path = path.strip_prefix("/usr").unwrap_or(path);
        let found = PLACES.iter().find(|(place, _)| path.starts_with(place));
        found.map_or(Kind::State, |(_, kind)| *kind)
    }
}

/// A piece of the picture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// What it is called where it is drawn.
    pub name: String,
    /// What is said of it besides.
    pub note: String,
    /// How many files it has.
    pub files: u64,
    /// What they hold.
    pub bytes: u64,
    /// What most of its bytes are for.
    pub kind: Kind,
    /// What it is made of, the largest first; empty if it is not divided.
    pub parts: Vec<Group>,
}

/// The packages of a tree, and what has none, the largest first.
#[must_use]
pub fn packages(files: &Files) -> Vec<Group> {
    let mut owners: BTreeMap<Option<&str>, Vec<&File>> = BTreeMap::new();
    for file in &files.files {
        owners
            .entry(file.package.as_deref())
            .or_default()
            .push(file);
    }
    let groups = owners.into_iter().map(|(owner, files)| {
        let (name, note) = match owner {
            Some(name) => (name, "package"),
            None => ("no package", "files that no package has"),
        };
        group(name, note, &files, directories(&files))
    });
    sorted(groups.collect())
}

/// Groups by what they hold, then by name.
fn sorted(mut groups: Vec<Group>) -> Vec<Group> {
    groups.sort_by(|left, right| {
        let key = |one: &Group| (Reverse(one.bytes), one.name.clone());
        key(left).cmp(&key(right))
    });
    groups
}

fn group(name: &str, note: &str, files: &[&File], parts: Vec<Group>) -> Group {
    let mut kinds: BTreeMap<Kind, u64> = BTreeMap::new();
    for file in files {
        let sum = kinds.entry(Kind::of(&file.path)).or_default();
        *sum = sum.saturating_add(file.size);
    }
    let most = kinds
        .iter()
        .max_by_key(|(kind, sum)| (**sum, Reverse(**kind)));
    Group {
        name: name.to_owned(),
        note: note.to_owned(),
        files: files.len() as u64,
        bytes: total(files.iter().map(|file| file.size)),
        kind: most.map_or(Kind::State, |(kind, _)| *kind),
        parts,
    }
}

/// Some files of one package below a directory.
struct Heap<'a> {
    /// The directory, without a slash at its end; empty for the root.
    directory: &'a str,
    files: Vec<&'a File>,
    bytes: u64,
    /// Whether it holds no files of directories further down.
    is_flat: bool,
}

impl<'a> Heap<'a> {
    fn new(directory: &'a str, files: Vec<&'a File>, is_flat: bool) -> Heap<'a> {
        Heap {
            bytes: total(files.iter().map(|file| file.size)),
            directory,
            files,
            is_flat,
        }
    }

    /// The files of the directory itself, and those of each directory in it.
    fn split(self) -> Vec<Heap<'a>> {
        let mut below: BTreeMap<&str, Vec<&File>> = BTreeMap::new();
        let mut own = Vec::new();
        for file in self.files {
            match next(self.directory, &file.path) {
                Some(directory) => below.entry(directory).or_default().push(file),
                None => own.push(file),
            }
        }
        let mut heaps: Vec<Heap<'_>> = below
            .into_iter()
            .map(|(directory, files)| Heap::new(directory, files, false))
            .collect();
        if !own.is_empty() {
            heaps.push(Heap::new(self.directory, own, true));
        }
        heaps
    }
}

/// The directory one further down on the way to a path; none if the path lies in the directory.
fn next<'a>(directory: &str, path: &'a str) -> Option<&'a str> {
    let rest = path.get(directory.len() + 1..)?;
    let slash = rest.find('/')?;
    path.get(..directory.len() + 1 + slash)
}

/// The directories in which a package's files lie: the largest is looked into again and again
/// until there are enough of them.
fn directories(files: &[&File]) -> Vec<Group> {
    let whole = total(files.iter().map(|file| file.size));
    let mut heaps = vec![Heap::new("", files.to_vec(), false)];
    while heaps.len() < MOST_DIRECTORIES {
        let worth = |heap: &Heap<'_>| {
            !heap.is_flat && (heap.directory.is_empty() || heap.bytes >= whole / SHARE)
        };
        let largest = heaps
            .iter()
            .enumerate()
            .filter(|(_, heap)| worth(heap))
            .max_by_key(|(at, heap)| (heap.bytes, Reverse(*at)));
        let Some((at, _)) = largest else { break };
        let split = heaps.swap_remove(at).split();
        heaps.extend(split);
        heaps.sort_by_key(|heap| (heap.directory, heap.is_flat));
    }
    let groups = heaps.iter().map(|heap| {
        let name = format!("{}/", heap.directory);
        group(&name, "directory", &heap.files, named(heap))
    });
    sorted(groups.collect())
}

/// The large files of a directory by name, and the others as one.
fn named(heap: &Heap<'_>) -> Vec<Group> {
    let mut files = heap.files.clone();
    files.sort_by_key(|file| (Reverse(file.size), &file.path));
    let most = match files.len() > MOST_FILES {
        true => MOST_FILES - 1,
        false => files.len(),
    };
    let (large, small) = files.split_at(most);
    let mut groups: Vec<Group> = large
        .iter()
        .map(|file| {
            let below = file.path.get(heap.directory.len() + 1..);
            group(below.unwrap_or(&file.path), "file", &[*file], Vec::new())
        })
        .collect();
    if !small.is_empty() {
        let name = format!("{} more files", small.len());
        groups.push(group(&name, "", small, Vec::new()));
    }
    sorted(groups)
}
