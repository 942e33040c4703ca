//! What differs between two builds: first their outputs by digest, then the trees file by file,
//! then the parts of a disk.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use formwork_image::tree::Tree;
use formwork_model::documents::{ImageRecord, ReproDifference, ReproOutput};
use formwork_rootfs::variation::Variation;
use formwork_sys::fs::MappedFile;

use super::blame::Scripts;
use super::cause;
use super::manifest::{self, Entry};
use crate::Error;

/// One build as it lies on the disk.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Side {
    /// Each output: what it is, where it lies, its digest.
    pub(super) files: Vec<(String, PathBuf, String)>,
}

/// What the comparison needs to know besides the files.
pub(super) struct About<'a> {
    /// What was varied.
    pub(super) varied: &'a BTreeSet<Variation>,
    /// How many processors the first build had.
    pub(super) processors: usize,
    /// The versions of the packages by name.
    pub(super) versions: &'a BTreeMap<String, String>,
    /// The texts of the project's own files by their paths.
    pub(super) own: BTreeMap<String, String>,
}

impl Side {
    /// Where an output of this kind lies.
    pub(super) fn path(&self, kind: &str) -> Option<&Path> {
        let found = self.files.iter().find(|(own, _, _)| own == kind);
        found.map(|(_, path, _)| path.as_path())
    }

    fn digest(&self, kind: &str) -> &str {
        let found = self.files.iter().find(|(own, _, _)| own == kind);
        found.map_or("", |(_, _, digest)| digest)
    }
}

/// The outputs of the first build beside those of the second.
pub(super) fn outputs(first: &Side, second: &Side) -> Vec<ReproOutput> {
    let pairs = first.files.iter().map(|(kind, path, digest)| ReproOutput {
        kind: kind.clone(),
        path: path.display().to_string(),
        first: digest.clone(),
        second: second.digest(kind).to_owned(),
    });
    pairs.collect()
}

/// All that differs.
pub(super) fn differences(
    first: &Side,
    second: &Side,
    about: About<'_>,
) -> Result<Vec<ReproDifference>, Error> {
    let differing: Vec<String> = outputs(first, second)
        .into_iter()
        .filter(|output| output.first != output.second)
        .map(|output| output.kind)
        .collect();
    let images = [first, second].map(|side| manifest::image(side.path("image")));
    let [one, other] = images;
    let images = (one?, other?);
    let mut found = match differing.iter().any(|kind| kind == "tree") {
        true => trees(first, second, about, images.0.as_ref())?,
        false => Vec::new(),
    };
    // What follows from a file that differs is no finding of its own.
    if found.is_empty() {
        found = parts(images.0.as_ref(), images.1.as_ref(), &differing);
    }
    if found.is_empty() {
        found = differing.iter().map(|kind| whole(kind)).collect();
    }
    found.sort();
    Ok(found)
}

/// A place that differs as a whole.
fn whole(place: &str) -> ReproDifference {
    ReproDifference {
        place: place.to_owned(),
        what: vec!["content".to_owned()],
        cause: "unknown".to_owned(),
        evidence: "the trees are the same".to_owned(),
        by: format!("the step `{}`", place.split(' ').next().unwrap_or(place)),
        ..ReproDifference::default()
    }
}

/// The parts of a disk that differ though the trees are the same.
fn parts(
    first: Option<&ImageRecord>,
    second: Option<&ImageRecord>,
    differing: &[String],
) -> Vec<ReproDifference> {
    let (Some(first), Some(second)) = (first, second) else {
        return Vec::new();
    };
    let mut found = Vec::new();
    let boot = |record: &ImageRecord| {
        let parts = record.boot.iter().flat_map(|boot| boot.parts.clone());
        parts
            .map(|part| (part.name, part.sha256))
            .collect::<BTreeMap<_, _>>()
    };
    let (one, other) = (boot(first), boot(second));
    for (name, digest) in &one {
        if other.get(name) != Some(digest) {
            found.push(whole(name));
        }
    }
    // A part that differs makes the partition differ that it lies on.
    if !found.is_empty() {
        return found;
    }
    let partitions = |record: &ImageRecord| {
        let disk = record.disk.clone().unwrap_or_default();
        let named = disk.partitions.into_iter().map(|partition| {
            let name = format!("partition {} ({})", partition.number, partition.name);
            (name, partition.sha256)
        });
        named.collect::<BTreeMap<_, _>>()
    };
    let (one, other) = (partitions(first), partitions(second));
    for (name, digest) in &one {
        if other.get(name) != Some(digest) {
            found.push(whole(name));
        }
    }
    if found.is_empty() {
        found = differing.iter().map(|kind| whole(kind)).collect();
    }
    found
}

/// The files of two trees that differ.
fn trees(
    first: &Side,
    second: &Side,
    about: About<'_>,
    image: Option<&ImageRecord>,
) -> Result<Vec<ReproDifference>, Error> {
    let (Some(one), Some(other)) = (first.path("tree"), second.path("tree")) else {
        return Ok(Vec::new());
    };
    let (one, other) = (manifest::read(one)?, manifest::read(other)?);
    let archives = Archives::open(first, second)?;
    let trees = archives.trees()?;
    let About {
        varied,
        processors,
        versions,
        own,
    } = about;
    let scripts = trees.second.as_ref().or(trees.first.as_ref());
    let scripts = scripts.map_or_else(Scripts::default, |tree| Scripts::new(tree, own));
    let paths: BTreeSet<&String> = one.keys().chain(other.keys()).collect();
    let mut found = Vec::new();
    for path in paths {
        let (left, right) = (one.get(path), other.get(path));
        let what = what(left, right);
        if what.is_empty() {
            continue;
        }
        let owner = left.or(right).and_then(|entry| entry.package.as_deref());
        let writer = scripts.writer(path, owner);
        let cause = why(path, &what, (left, right), &|| {
            trees
                .contents(path)
                .map(|(first, second)| cause::of_content(path, first, second, varied, processors))
        });
        found.push(ReproDifference {
            place: place(path, image),
            path: path.clone(),
            what: what.iter().map(|word| (*word).to_owned()).collect(),
            advice: cause::advice(path, cause.word).map(str::to_owned),
            cause: cause.word.to_owned(),
            evidence: cause.evidence,
            version: writer
                .package
                .as_ref()
                .and_then(|name| versions.get(name))
                .cloned(),
            package: writer.package,
            by: writer.by,
            variations: None,
        });
    }
    Ok(found)
}

/// In which part of the image a path of the tree lies.
fn place(path: &str, image: Option<&ImageRecord>) -> String {
    let disk = image.and_then(|image| image.disk.as_ref());
    let partitions = disk.iter().flat_map(|disk| &disk.partitions);
    let below = |mount: &str| {
        let mount = mount.trim_end_matches('/');
        path.strip_prefix(mount)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    let mounted = partitions.filter_map(|partition| {
        let mount = match (partition.role.as_str(), partition.mount.as_deref()) {
            (_, Some(mount)) => mount,
            ("root", None) => "/",
            _ => return None,
        };
        below(mount).then_some((mount.len(), partition))
    });
    match mounted.max_by_key(|(length, _)| *length) {
        Some((_, partition)) => format!("partition {} ({})", partition.number, partition.name),
        None => "tree".to_owned(),
    }
}

/// In what two entries differ, in words.
fn what(first: Option<&Entry>, second: Option<&Entry>) -> Vec<&'static str> {
    let (first, second) = match (first, second) {
        (Some(first), Some(second)) => (first, second),
        (Some(_), None) => return vec!["first"],
        (None, _) => return vec!["second"],
    };
    let table = [
        ("attributes", first.xattrs != second.xattrs),
        (
            "content",
            first.sha256 != second.sha256 || first.size != second.size,
        ),
        ("mode", first.mode != second.mode),
        ("owner", (first.uid, first.gid) != (second.uid, second.gid)),
        (
            "target",
            first.target != second.target || first.device != second.device,
        ),
        ("time", first.mtime != second.mtime),
        ("type", first.kind != second.kind),
    ];
    let differing = table.iter().filter(|(_, differs)| *differs);
    differing.map(|(word, _)| *word).collect()
}

/// Why two entries differ; `content` is asked where the content does.
fn why(
    path: &str,
    what: &[&'static str],
    (first, second): (Option<&Entry>, Option<&Entry>),
    content: &dyn Fn() -> Option<cause::Cause>,
) -> cause::Cause {
    let cause = |word, evidence: String| cause::Cause { word, evidence };
    let (Some(first), Some(second)) = (first, second) else {
        let which = what.first().copied().unwrap_or_default();
        return cause("only in one", format!("it is in the {which} build alone"));
    };
    let changed = |one: &Option<String>, other: &Option<String>| {
        let text = |value: &Option<String>| value.clone().unwrap_or_default();
        format!("{} became {}", text(one), text(other))
    };
    if what.contains(&"type") {
        let evidence = format!("{} became {}", first.kind, second.kind);
        return cause("another type", evidence);
    }
    if what.contains(&"content") {
        let found = content();
        return found.unwrap_or_else(|| cause("unknown", "the contents were not kept".to_owned()));
    }
    if what.contains(&"target") {
        let evidence = changed(&first.target, &second.target);
        return cause("another target", evidence);
    }
    if what.contains(&"mode") {
        let evidence = changed(&first.mode, &second.mode);
        let bits = |mode: &Option<String>| {
            let text = mode.as_deref().unwrap_or_default();
            u32::from_str_radix(text, 8).unwrap_or(0)
        };
        let (one, other) = (bits(&first.mode), bits(&second.mode));
        let word = match one & !0o077 == other & !0o077 && other & !one == 0 {
            true => "umask",
            false => "mode",
        };
        return cause(word, evidence);
    }
    if what.contains(&"owner") {
        let text = |entry: &Entry| {
            let number =
                |value: Option<u32>| value.map_or(String::new(), |value| value.to_string());
            format!("{}:{}", number(entry.uid), number(entry.gid))
        };
        let evidence = format!("{} became {}", text(first), text(second));
        return cause("owner", evidence);
    }
    match what.contains(&"time") {
        true => cause("time stamp", "only the time of the last change".to_owned()),
        false => cause("unknown", format!("{path} differs in {}", what.join(", "))),
    }
}

/// The archives of both trees, where they are at hand.
struct Archives {
    first: Option<MappedFile>,
    second: Option<MappedFile>,
}

/// Both trees with their contents.
struct Trees<'a> {
    first: Option<Tree<'a>>,
    second: Option<Tree<'a>>,
}

impl Archives {
    fn open(first: &Side, second: &Side) -> Result<Archives, Error> {
        let open = |side: &Side| side.path("tar").map(MappedFile::open).transpose();
        Ok(Archives {
            first: open(first)?,
            second: open(second)?,
        })
    }

    fn trees(&self) -> Result<Trees<'_>, Error> {
        Ok(Trees {
            first: self.first.as_ref().map(tree).transpose()?,
            second: self.second.as_ref().map(tree).transpose()?,
        })
    }
}

fn tree(archive: &MappedFile) -> Result<Tree<'_>, Error> {
    Tree::open(archive).map_err(|error| Error::Check(error.to_string()))
}

impl Trees<'_> {
    /// What both have at a path.
    fn contents(&self, path: &str) -> Option<(&[u8], &[u8])> {
        let raw = manifest::raw(path);
        let (first, second) = (self.first.as_ref()?, self.second.as_ref()?);
        let one = first.nodes().target(first.nodes().find(&raw)?);
        let other = second.nodes().target(second.nodes().find(&raw)?);
        Some((first.content(one), second.content(other)))
    }
}

#[cfg(test)]
#[path = "compare_tests.rs"]
mod tests;
