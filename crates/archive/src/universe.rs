//! The mapped universe of a snapshot: built once from its indices, then opened in no time.
//!
//! The file lies in the cache under a digest of all that went into it: the indices, their
//! origins and priorities, the architectures. What cannot be opened is built anew. While it is
//! built each index is unpacked, hashed (packed and plain) and parsed as one stream; a universe
//! is written only when all of them were what the signed Release lists.

use std::path::{Path, PathBuf};
use std::time::Duration;

use formwork_deb::release::IndexFile;
use formwork_deb::sha256::{Hasher, Sha256};
use formwork_deb::universe::{OriginSpec, Universe, UniverseBuilder};
use formwork_model::event::{Event, Phase, Unit};
use formwork_sys::fs::{Lock, MappedFile, Mode, Waiting};

use crate::archive::{Archive, Inner};
use crate::error::Error;
use crate::fetch::Wanted;
use crate::indices::{IndexKind, IndexPlan};
use crate::snapshot::{Part, Snapshot};
use formwork_codec::{CheckedReader, Expected, UnpackError};

/// Changes whenever the same indices make another universe.
const RECIPE: &[u8] = b"formwork-universe-1";

/// How long we wait for another process before we say so.
const PATIENCE: Duration = Duration::from_millis(500);

/// A universe that is held open.
pub struct MappedUniverse {
    bytes: Bytes,
}

enum Bytes {
    Mapped(MappedFile),
    /// Where the cache cannot be written.
    Built(Vec<u8>),
}

impl MappedUniverse {
    fn new(bytes: Bytes) -> Option<MappedUniverse> {
        let universe = MappedUniverse { bytes };
        Universe::open(universe.bytes()).is_ok().then_some(universe)
    }

    fn bytes(&self) -> &[u8] {
        match &self.bytes {
            Bytes::Mapped(file) => file,
            Bytes::Built(bytes) => bytes,
        }
    }

    /// The universe.
    ///
    /// # Panics
    /// Never: the same bytes were opened when this value was made.
    #[must_use]
    pub fn get(&self) -> Universe<'_> {
        Universe::open(self.bytes()).expect("bytes that were opened before")
    }
}

/// Native architecture, foreign ones and build profiles: what relations are read by.
type Setting<'a> = (&'a str, &'a [String], &'a [String]);

/// One index with the part of the snapshot that lists it.
struct Chosen<'a> {
    part: &'a Part,
    index: &'a IndexPlan,
}

impl Archive {
    /// The universe of a snapshot for these architectures; with build profiles, if only an empty
    /// list of them, also its sources.
    ///
    /// # Errors
    /// If an index is lost and cannot be had again, is not what was signed, or cannot be read.
    pub fn universe(
        &self,
        snapshot: &Snapshot,
        native: &str,
        foreign: &[String],
        build_profiles: Option<&[String]>,
    ) -> Result<MappedUniverse, Error> {
        let chosen = choose(snapshot, native, foreign, build_profiles.is_some());
        let profiles = build_profiles.unwrap_or_default();
        let name = key((native, foreign, profiles), &chosen).to_string();
        let path = self.inner.cache("universe").join(&name);
        if let Some(universe) = open(&path) {
            return Ok(universe);
        }
        let lock = self.inner.building(&name)?;
        let universe = match open(&path) {
            Some(universe) => Ok(universe),
            None => self
                .fetch_lost(snapshot, &chosen)
                .and_then(|()| self.inner.build((native, foreign, profiles), &chosen))
                .and_then(|bytes| self.inner.keep(&path, bytes)),
        };
        lock.into_iter().for_each(Lock::release_and_remove);
        universe
    }

    /// Fetches indices that somebody has cleaned away since the sync.
    fn fetch_lost(&self, snapshot: &Snapshot, chosen: &[Chosen<'_>]) -> Result<(), Error> {
        let store = &self.inner.store;
        let lost = |file: &IndexFile| !store.has(&file.sha256, file.size);
        if !chosen.iter().any(|one| lost(&one.index.packed)) {
            return Ok(());
        }
        let wanted: Vec<Wanted> = snapshot
            .parts
            .iter()
            .flat_map(|part| self.inner.wanted_indices(part))
            .filter(|one| !store.has(&one.sha256, one.size))
            .collect();
        self.inner.fetcher()?.fetch(Phase::Sync, &wanted)?;
        Ok(())
    }
}

impl Inner {
    /// Keeps other processes from building the same; a lock that cannot be had is no hindrance.
    fn building(&self, name: &str) -> Result<Option<Lock>, Error> {
        let tell = |process: Option<u32>| {
            let by = process.map_or_else(String::new, |number| format!(" by process {number}"));
            let what = format!("the package index, which is being built{by}");
            (self.events)(Event::Waiting { what });
        };
        let waiting = Waiting {
            patience: PATIENCE,
            tell: &tell,
            give_up: &formwork_sys::signal::interrupted,
        };
        let path = self.cache("partial").join(format!("{name}.lock"));
        match Lock::wait(&path, Mode::Exclusive, &waiting) {
            Ok(None) => Err(Error::Interrupted),
            Ok(lock) => Ok(lock),
            Err(_) => Ok(None),
        }
    }

    fn build(
        &self,
        (native, foreign, profiles): Setting<'_>,
        chosen: &[Chosen<'_>],
    ) -> Result<Vec<u8>, Error> {
        (self.events)(Event::Started {
            phase: Phase::Index,
            unit: Unit::Items,
            total: Some(chosen.len() as u64),
        });
        let foreign: Vec<&str> = foreign.iter().map(String::as_str).collect();
        let profiles: Vec<&str> = profiles.iter().map(String::as_str).collect();
        let mut builder = UniverseBuilder::new(native, &foreign).with_build_profiles(&profiles);
        for (done, one) in (0_u64..).zip(chosen) {
            let item = label(one);
            (self.events)(Event::Advanced {
                phase: Phase::Index,
                item,
                done,
                total: Some(chosen.len() as u64),
            });
            self.add(&mut builder, one)?;
        }
        let bytes = builder.finish();
        let summary = format!("{} indices", chosen.len());
        (self.events)(Event::Finished {
            phase: Phase::Index,
            summary,
        });
        Ok(bytes)
    }

    fn add(&self, builder: &mut UniverseBuilder, one: &Chosen<'_>) -> Result<(), Error> {
        let origin = builder.add_origin(&OriginSpec {
            repository: one.part.release.repository.clone(),
            suite: one.part.release.suite.clone(),
            component: one.index.component.clone(),
            priority: one.part.repository.priority,
        });
        let index = one.index;
        let mut text = CheckedReader::open(
            &self.store.path(&index.packed.sha256),
            index.compression,
            Some(expected(&index.packed)),
            index.plain.as_ref().map(expected),
        )?;
        self.store.touch(&index.packed.sha256);
        let read = match index.kind {
            IndexKind::Packages => builder.add_packages(origin, &label(one), &mut text),
            IndexKind::Sources => builder.add_sources(origin, &label(one), &mut text),
        };
        // Wrong bytes are the cause, a complaint about their text only its effect.
        if let Err(error) = text.finish() {
            self.forget_wrong(&error, &index.packed)?;
            return Err(error.into());
        }
        Ok(read?)
    }

    /// A stored index that has changed on the disk is removed, so that the next try fetches it.
    fn forget_wrong(&self, error: &UnpackError, packed: &IndexFile) -> Result<(), Error> {
        if matches!(error, UnpackError::Differs { form: "packed", .. }) {
            self.store.remove(&packed.sha256)?;
        }
        Ok(())
    }

    /// Writes and maps the universe; where the cache cannot be written it stays in memory.
    fn keep(&self, path: &Path, bytes: Vec<u8>) -> Result<MappedUniverse, Error> {
        let written = path
            .parent()
            .map_or(Ok(()), formwork_sys::fs::create_directory);
        let written = written.and_then(|()| formwork_sys::fs::replace(path, &bytes));
        let universe = match written {
            Ok(()) => open(path),
            Err(error) => {
                let text = format!("the package index is not kept for the next time: {error}");
                (self.events)(Event::Warning(text));
                MappedUniverse::new(Bytes::Built(bytes))
            }
        };
        universe.ok_or_else(|| Error::BadUniverse {
            path: path.to_owned(),
        })
    }
}

fn open(path: &Path) -> Option<MappedUniverse> {
    MappedUniverse::new(Bytes::Mapped(MappedFile::open(path).ok()?))
}

/// The indices that bear on these architectures.
fn choose<'a>(
    snapshot: &'a Snapshot,
    native: &str,
    foreign: &[String],
    with_sources: bool,
) -> Vec<Chosen<'a>> {
    let ours = |name: &String| name == native || name == "all" || foreign.contains(name);
    let wanted = |index: &IndexPlan| match index.kind {
        IndexKind::Sources => with_sources,
        IndexKind::Packages => index.architecture.as_ref().is_none_or(ours),
    };
    let parts = snapshot.parts.iter();
    parts
        .flat_map(|part| part.indices.iter().map(move |index| Chosen { part, index }))
        .filter(|one| wanted(one.index))
        .collect()
}

fn key((native, foreign, profiles): Setting<'_>, chosen: &[Chosen<'_>]) -> Sha256 {
    let mut hasher = Hasher::new();
    let mut field = |bytes: &[u8]| {
        hasher.update(&(bytes.len() as u64).to_le_bytes());
        hasher.update(bytes);
    };
    field(RECIPE);
    field(native.as_bytes());
    field(foreign.join(" ").as_bytes());
    field(profiles.join(" ").as_bytes());
    for one in chosen {
        field(one.part.release.repository.as_bytes());
        field(one.part.release.suite.as_bytes());
        field(one.index.component.as_bytes());
        field(&one.part.repository.priority.to_le_bytes());
        field(&[u8::from(one.index.kind == IndexKind::Sources)]);
        // The plain text is what counts; the same may come in several forms.
        field(
            one.index
                .plain
                .unwrap_or(one.index.packed)
                .sha256
                .as_bytes(),
        );
    }
    hasher.finish()
}

fn expected(file: &IndexFile) -> Expected {
    Expected {
        size: file.size,
        sha256: Some(file.sha256),
    }
}

/// What errors call an index.
fn label(one: &Chosen<'_>) -> String {
    let release = &one.part.release;
    let path: PathBuf = [&release.repository, &release.suite, &one.index.path]
        .iter()
        .collect();
    path.display().to_string()
}
