//! The stages that builds keep in the cache: which there are, and which may go.
//!
//! ```text
//! stages/KEY.json            what the stage is; written last, its time is that of the last use
//! stages/KEY.DIGEST.tar      its archive, as the index names it
//! stages/KEY.IMAGE.initrd    what an image on it has as its initial RAM disk; goes with it
//! ```

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use formwork_deb::time::Timestamp;
use formwork_model::stage::{INDEX, INITRD, StageIndex};
use formwork_sys::Error;

use super::maintain::{Found, files_below, timestamp};

/// Where they lie in the cache.
const DIRECTORY: &str = "stages";
/// No index is larger.
const MAX_INDEX: u64 = 1 << 30;

/// How many stages may stay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// Of each image and architecture, the newest.
    pub each: usize,
    /// Of the initial RAM disks on each stage, those that were used last: an image of another
    /// name leaves one behind.
    pub disks: usize,
    /// Bytes of all together.
    pub bytes: u64,
    /// One that was used so recently stays in any case: somebody may be about to read it.
    pub recent: Duration,
}

impl Default for Bounds {
    fn default() -> Bounds {
        Bounds {
            each: 3,
            disks: 4,
            bytes: 8 << 30,
            recent: Duration::from_secs(600),
        }
    }
}

/// A stage that is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// The image that it was made for.
    pub image: String,
    /// The architecture.
    pub architecture: String,
    /// How many packages are in it.
    pub packages: u64,
    /// Its bytes, with those of the initial RAM disks on it.
    pub size: u64,
    /// When it was used last.
    pub used: Timestamp,
    /// What it is called.
    pub key: String,
    index: PathBuf,
    archive: PathBuf,
    /// The initial RAM disks on it, the one that was used last first.
    disks: Vec<Found>,
    modified: SystemTime,
}

/// All stages of a cache, the one that was used last first.
///
/// # Errors
/// If the directory cannot be read.
pub fn list(cache: &Path) -> Result<Vec<Kept>, Error> {
    let directory = cache.join(DIRECTORY);
    let mut all = Vec::new();
    let (mut disks, files): (Vec<Found>, Vec<Found>) = files_below(&directory)?
        .into_iter()
        .partition(|file| key_of_disk(&file.path).is_some());
    disks.sort_by(|left, right| (right.modified, &left.path).cmp(&(left.modified, &right.path)));
    for file in files {
        if file.path.extension().is_none_or(|ending| ending != INDEX) {
            continue;
        }
        let Ok(text) = formwork_sys::fs::read_limited(&file.path, MAX_INDEX) else {
            continue;
        };
        let Some(index) = StageIndex::read(&text) else {
            continue;
        };
        let (of_this, others) = disks
            .into_iter()
            .partition::<Vec<_>, _>(|disk| key_of_disk(&disk.path) == Some(&index.key));
        disks = others;
        all.push(Kept {
            size: index.size + file.size + of_this.iter().map(|disk| disk.size).sum::<u64>(),
            disks: of_this,
            archive: directory.join(&index.archive),
            image: index.image,
            architecture: index.architecture,
            packages: index.packages,
            used: timestamp(file.modified),
            key: index.key,
            index: file.path,
            modified: file.modified,
        });
    }
    all.sort_by(|left, right| (right.modified, &left.index).cmp(&(left.modified, &right.index)));
    Ok(all)
}

/// Removes stages that are over the bounds, and what belongs to none; gives the bytes.
///
/// # Errors
/// If something cannot be read or removed.
pub fn trim(cache: &Path, bounds: &Bounds) -> Result<u64, Error> {
    let now = SystemTime::now();
    let is_recent = |time: SystemTime| {
        now.duration_since(time)
            .is_ok_and(|age| age < bounds.recent)
    };
    let mut removed = 0;
    let mut kept: BTreeMap<(String, String), usize> = BTreeMap::new();
    let mut bytes = 0;
    let mut named = BTreeSet::new();
    for stage in list(cache)? {
        let count = kept
            .entry((stage.image.clone(), stage.architecture.clone()))
            .or_default();
        *count += 1;
        bytes += stage.size;
        let fits = *count <= bounds.each && bytes <= bounds.bytes;
        if fits || is_recent(stage.modified) {
            named.insert(stage.index);
            named.insert(stage.archive);
            let disks = stage.disks.into_iter().take(bounds.disks);
            named.extend(disks.map(|disk| disk.path));
            continue;
        }
        bytes -= stage.size;
        // The index goes first: a stage without one is not there.
        for path in [&stage.index, &stage.archive] {
            formwork_sys::fs::remove(path)?;
        }
        for disk in &stage.disks {
            formwork_sys::fs::remove(&disk.path)?;
        }
        removed += stage.size;
    }
    // What a build that was killed has left, indices that are damaged, archives of none, initial
    // RAM disks of images that are called otherwise now.
    for file in files_below(&cache.join(DIRECTORY))? {
        let is_left = !named.contains(&file.path) && !is_recent(file.modified);
        if is_left && formwork_sys::fs::remove(&file.path)? {
            removed += file.size;
        }
    }
    Ok(removed)
}

/// The key of the stage that an initial RAM disk belongs to.
fn key_of_disk(path: &Path) -> Option<&str> {
    let name = path.file_name()?.to_str()?;
    let name = name.strip_suffix(INITRD)?.strip_suffix('.')?;
    name.split_once('.').map(|(key, _)| key)
}

#[cfg(test)]
mod tests {
    use super::*;
    use formwork_model::stage::FORMAT;

    /// A stage of an image that was used so many minutes ago.
    fn keep(cache: &Path, image: &str, key: &str, minutes: u64) {
        let directory = cache.join(DIRECTORY);
        std::fs::create_dir_all(&directory).unwrap();
        let index = StageIndex {
            format: FORMAT,
            key: key.to_owned(),
            image: image.to_owned(),
            architecture: "amd64".to_owned(),
            packages: 1,
            archive: format!("{key}.0.tar"),
            size: 1000,
            headers: String::new(),
            checks: Vec::new(),
            files: Vec::new(),
        };
        let time = SystemTime::now() - Duration::from_secs(minutes * 60);
        for (name, bytes) in [
            (format!("{key}.0.tar"), vec![0; 1000]),
            (format!("{key}.json"), index.text()),
        ] {
            let path = directory.join(name);
            std::fs::write(&path, bytes).unwrap();
            formwork_sys::fs::set_modified(&path, time).unwrap();
        }
    }

    fn keys(cache: &Path) -> Vec<String> {
        let all = list(cache).unwrap().into_iter();
        all.map(|stage| stage.key).collect()
    }

    #[test]
    fn the_newest_of_each_image_stay_within_the_bounds() {
        let home = tempfile::tempdir().unwrap();
        let cache = home.path();
        assert_eq!(trim(cache, &Bounds::default()).unwrap(), 0);
        for (image, key, minutes) in [
            ("a", "a1", 1),
            ("a", "a2", 60),
            ("a", "a3", 90),
            ("b", "b1", 70),
        ] {
            keep(cache, image, key, minutes);
        }
        assert_eq!(keys(cache), ["a1", "a2", "b1", "a3"]);
        // What is of no stage goes too, unless somebody may just be writing it.
        let left = cache.join(DIRECTORY).join("left.tar");
        std::fs::write(&left, "x").unwrap();
        // Initial RAM disks stay as long as their stage, however old they are.
        let disk = |key: &str| cache.join(DIRECTORY).join(format!("{key}.0.initrd"));
        let old = SystemTime::now() - Duration::from_secs(7200);
        for key in ["a1", "a3", "a11"] {
            std::fs::write(disk(key), "x").unwrap();
            formwork_sys::fs::set_modified(&disk(key), old).unwrap();
        }
        let bounds = |each, bytes| Bounds {
            each,
            bytes,
            ..Bounds::default()
        };
        let size = |at: usize| list(cache).unwrap()[at].size;
        assert_eq!(size(0), size(1) + 1, "its initial RAM disk counts");
        assert!(trim(cache, &bounds(2, 1 << 20)).unwrap() > 1000);
        assert_eq!(keys(cache), ["a1", "a2", "b1"]);
        assert!(left.exists());
        assert!(disk("a1").exists() && !disk("a3").exists() && !disk("a11").exists());
        let old = SystemTime::now() - Duration::from_secs(3600);
        formwork_sys::fs::set_modified(&left, old).unwrap();
        trim(cache, &bounds(1, 1 << 20)).unwrap();
        assert_eq!(keys(cache), ["a1", "b1"]);
        assert!(!left.exists());
        // However little there may be, what was used just now stays.
        trim(cache, &bounds(1, 0)).unwrap();
        assert_eq!(keys(cache), ["a1"]);
        let files = files_below(&cache.join(DIRECTORY)).unwrap();
        assert_eq!(files.len(), 3, "no archive is left behind");
    }

    #[test]
    fn of_the_initial_ram_disks_those_used_last_stay() {
        let home = tempfile::tempdir().unwrap();
        let cache = home.path();
        for (key, minutes) in [("a", 30), ("b", 60)] {
            keep(cache, "image", key, minutes);
            for number in 0..6 {
                let path = cache.join(DIRECTORY).join(format!("{key}.{number}.initrd"));
                std::fs::write(&path, vec![0; 10]).unwrap();
                let time = SystemTime::now() - Duration::from_secs(3600 * (7 - number));
                formwork_sys::fs::set_modified(&path, time).unwrap();
            }
        }
        let before = list(cache).unwrap()[0].size;
        assert_eq!(trim(cache, &Bounds::default()).unwrap(), 2 * 2 * 10);
        assert_eq!(list(cache).unwrap()[0].size, before - 20);
        let names = files_below(&cache.join(DIRECTORY)).unwrap().into_iter();
        let names = names.map(|file| file.path.file_name().unwrap().to_str().unwrap().to_owned());
        let disks: Vec<_> = names.filter(|name| name.ends_with(INITRD)).collect();
        let expected = ["a.2", "a.3", "a.4", "a.5", "b.2", "b.3", "b.4", "b.5"];
        assert_eq!(disks, expected.map(|name| format!("{name}.initrd")));
        // What it takes counts for the bound of all.
        let bytes = list(cache).unwrap()[0].size;
        let bounds = Bounds {
            bytes,
            ..Bounds::default()
        };
        trim(cache, &bounds).unwrap();
        assert_eq!(keys(cache), ["a"]);
        assert_eq!(files_below(&cache.join(DIRECTORY)).unwrap().len(), 6);
    }
}
