//! Makes real, signed, tiny Debian-style archives in a directory.
//!
//! `dists/SUITE/{InRelease,Release,Release.gpg}` name by size and SHA-256 the indices
//! `COMPONENT/binary-ARCH/Packages*` and `COMPONENT/source/Sources*`, which name the files in `pool/`.
//!
//! ```no_run
//! use formwork_testkit::{archive::{Archive, Suite}, package::Package};
//! let archive = Archive::new();
//! archive.write(&Suite::new("bookworm").package(Package::new("hello", "1.0", "amd64")));
//! let _ = (archive.url(), archive.keyring());
//! ```

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::bytes::{Compression, sha256};
use crate::clock::{release_date, seconds};
use crate::keys::{Key, keyring, sign_inline};
use crate::package::{Package, Source};

/// Which signature files a suite carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signatures {
    /// `InRelease` and `Release` with `Release.gpg`, as Debian has today.
    Both,
    /// `InRelease` only.
    InlineOnly,
    /// `Release` and `Release.gpg` only, as archived releases have.
    DetachedOnly,
    /// A bare `Release`.
    Missing,
}

/// One suite of an archive, as a test declares it.
#[derive(Debug, Clone)]
pub struct Suite {
    name: String,
    fields: BTreeMap<String, String>,
    components: Vec<String>,
    architectures: Vec<String>,
    date: i64,
    valid_until: Option<i64>,
    signed_at: Option<i64>,
    by_hash: bool,
    signatures: Signatures,
    compressions: Vec<Compression>,
    keys: Vec<Key>,
    packages: Vec<Package>,
    sources: Vec<Source>,
}

impl Suite {
    /// A suite of component `main` for amd64, signed by the archive's own key, without `Valid-Until`.
    #[must_use]
    pub fn new(name: &str) -> Self {
        let fields = [
            ("Origin", "Toy"),
            ("Label", "Toy"),
            ("Suite", name),
            ("Codename", name),
        ];
        Self {
            name: name.to_owned(),
            fields: fields
                .map(|(key, value)| (key.to_owned(), value.to_owned()))
                .into(),
            components: vec!["main".to_owned()],
            architectures: vec!["amd64".to_owned()],
            date: seconds("2026-11-01"),
            valid_until: None,
            signed_at: None,
            by_hash: true,
            signatures: Signatures::Both,
            compressions: vec![Compression::Gzip, Compression::Xz],
            keys: vec![archive_key()],
            packages: Vec::new(),
            sources: Vec::new(),
        }
    }

    /// An old suite: no by-hash, gzip only, `Release.gpg` only.
    #[must_use]
    pub fn archived(name: &str) -> Self {
        Self::new(name)
            .by_hash(false)
            .compressions(&[Compression::Gzip])
            .signatures(Signatures::DetachedOnly)
    }

    /// Sets a field of the Release file, such as `Version` or `Snapshots`.
    #[must_use]
    pub fn field(mut self, name: &str, value: &str) -> Self {
        self.fields.insert(name.to_owned(), value.to_owned());
        self
    }

    /// The components, instead of `main` alone.
    #[must_use]
    pub fn components(mut self, components: &[&str]) -> Self {
        self.components = components.iter().map(|&text| text.to_owned()).collect();
        self
    }

    /// The architectures, instead of amd64 alone.
    #[must_use]
    pub fn architectures(mut self, architectures: &[&str]) -> Self {
        self.architectures = architectures.iter().map(|&text| text.to_owned()).collect();
        self
    }

    /// `Date`, as `2026-11-01` or `2026-11-01T12:00:00Z`.
    #[must_use]
    pub fn date(mut self, date: &str) -> Self {
        self.date = seconds(date);
        self
    }

    /// `Valid-Until`, in the same forms as [`Suite::date`].
    #[must_use]
    pub fn valid_until(mut self, date: &str) -> Self {
        self.valid_until = Some(seconds(date));
        self
    }

    /// When the signature says it was made, if not at `Date`.
    #[must_use]
    pub fn signed_at(mut self, date: &str) -> Self {
        self.signed_at = Some(seconds(date));
        self
    }

    /// Whether indices are also served by their digest.
    #[must_use]
    pub fn by_hash(mut self, by_hash: bool) -> Self {
        self.by_hash = by_hash;
        self
    }

    /// Which signature files there are.
    #[must_use]
    pub fn signatures(mut self, signatures: Signatures) -> Self {
        self.signatures = signatures;
        self
    }

    /// In which forms the indices lie on the mirror; the plain form is named in Release in any case.
    #[must_use]
    pub fn compressions(mut self, compressions: &[Compression]) -> Self {
        self.compressions = compressions.to_vec();
        self
    }

    /// Signs with these keys instead of the archive's own.
    #[must_use]
    pub fn keys(mut self, keys: &[&Key]) -> Self {
        self.keys = keys.iter().map(|&key| key.clone()).collect();
        self
    }

    /// Adds a binary package.
    #[must_use]
    pub fn package(mut self, package: Package) -> Self {
        self.packages.push(package);
        self
    }

    /// Adds many binary packages.
    #[must_use]
    pub fn packages(mut self, packages: impl IntoIterator<Item = Package>) -> Self {
        self.packages.extend(packages);
        self
    }

    /// Adds a source package.
    #[must_use]
    pub fn source(mut self, source: Source) -> Self {
        self.sources.push(source);
        self
    }

    /// The plain indices: path below `dists/SUITE/` and text.
    fn indices(&self) -> Vec<(String, String)> {
        let mut indices = Vec::new();
        for component in &self.components {
            for architecture in &self.architectures {
                let text = self
                    .packages
                    .iter()
                    .filter(|package| package.component == *component)
                    .filter(|package| {
                        package.architecture == "all" || package.architecture == *architecture
                    })
                    .map(Package::stanza)
                    .collect();
                indices.push((format!("{component}/binary-{architecture}/Packages"), text));
            }
            let text = self
                .sources
                .iter()
                .filter(|source| source.component == *component)
                .map(Source::stanza)
                .collect();
            indices.push((format!("{component}/source/Sources"), text));
        }
        indices
    }

    fn release_text(&self, files: &BTreeMap<String, Vec<u8>>) -> String {
        let mut text: String = self
            .fields
            .iter()
            .map(|(name, value)| format!("{name}: {value}\n"))
            .collect();
        text += &format!("Date: {}\n", release_date(self.date));
        if let Some(until) = self.valid_until {
            text += &format!("Valid-Until: {}\n", release_date(until));
        }
        if self.by_hash {
            text += "Acquire-By-Hash: yes\n";
        }
        text += &format!("Architectures: {}\n", self.architectures.join(" "));
        text += &format!("Components: {}\n", self.components.join(" "));
        text += "Description: toy archive\nSHA256:\n";
        for (path, content) in files {
            text += &format!(" {} {:>8} {path}\n", sha256(content), content.len());
        }
        text
    }
}

/// The key that signs toy archives unless a suite names others.
#[must_use]
pub fn archive_key() -> Key {
    Key::new("Toy Archive Key <toy@mirror.example>")
}

/// An archive on disk, with its keyring beside it.
#[derive(Debug)]
pub struct Archive {
    root: PathBuf,
    _directory: Option<TempDir>,
}

impl Archive {
    /// An empty archive in a temporary directory that goes away with it.
    #[must_use]
    pub fn new() -> Self {
        let directory = TempDir::new().expect("a temporary directory");
        let archive = Self::at(&directory.path().join("archive"));
        Self {
            _directory: Some(directory),
            ..archive
        }
    }

    /// An archive at `root`, made if it is not there; the caller removes it.
    #[must_use]
    pub fn at(root: &Path) -> Self {
        write(&keyring_path(root), &archive_key().public());
        fs::create_dir_all(root).expect("a directory for the archive");
        Self {
            root: root.to_owned(),
            _directory: None,
        }
    }

    /// The directory with `dists` and `pool`.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The archive as a `file:` URL.
    #[must_use]
    pub fn url(&self) -> String {
        format!("file://{}", self.root.display())
    }

    /// The keyring with the archive's own key, outside of [`Archive::root`].
    #[must_use]
    pub fn keyring(&self) -> PathBuf {
        keyring_path(&self.root)
    }

    /// Writes a keyring file of other keys beside the archive and returns its path.
    #[must_use]
    pub fn write_keyring(&self, name: &str, keys: &[&Key]) -> PathBuf {
        let path = self.root.with_file_name(name);
        write(&path, &keyring(keys));
        path
    }

    /// The directory of a suite.
    #[must_use]
    pub fn suite(&self, name: &str) -> PathBuf {
        self.root.join("dists").join(name)
    }

    /// Writes a suite, its indices, signatures and pool; an older state of the suite is replaced.
    ///
    /// Files that only the older state had stay in `pool/` and in `by-hash/`, as on a real mirror.
    pub fn write(&self, suite: &Suite) {
        for package in &suite.packages {
            write(&self.root.join(package.pool_path()), &package.deb());
        }
        for source in &suite.sources {
            for (name, content) in source.files() {
                write(&self.root.join(source.directory()).join(name), &content);
            }
        }
        let mut named = BTreeMap::new();
        for (path, text) in suite.indices() {
            named.insert(path.clone(), text.clone().into_bytes());
            for compression in &suite.compressions {
                let packed = compression.pack(text.as_bytes());
                let path = format!("{path}{}", compression.extension());
                self.write_index(suite, &path, &packed);
                named.insert(path, packed);
            }
        }
        self.write_release(suite, &suite.release_text(&named));
    }

    /// Signs `text` as the suite's Release and writes it: for tests that need a Release of their own.
    pub fn write_release(&self, suite: &Suite, text: &str) {
        let directory = self.suite(&suite.name);
        let date = suite.signed_at.unwrap_or(suite.date);
        for name in ["InRelease", "Release", "Release.gpg"] {
            let _ = fs::remove_file(directory.join(name));
        }
        let keys: Vec<&Key> = suite.keys.iter().collect();
        if matches!(suite.signatures, Signatures::Both | Signatures::InlineOnly) {
            let signed = sign_inline(&keys, text, date);
            write(&directory.join("InRelease"), signed.as_bytes());
        }
        if suite.signatures != Signatures::InlineOnly {
            write(&directory.join("Release"), text.as_bytes());
        }
        if matches!(
            suite.signatures,
            Signatures::Both | Signatures::DetachedOnly
        ) {
            let signed: String = keys
                .iter()
                .map(|key| key.sign_detached(text, date))
                .collect();
            write(&directory.join("Release.gpg"), signed.as_bytes());
        }
    }

    /// The text of the suite's `Release`, to be altered and written with [`Archive::write_release`].
    ///
    /// # Panics
    /// If the suite has no `Release` file.
    #[must_use]
    pub fn release_text(&self, suite: &str) -> String {
        fs::read_to_string(self.suite(suite).join("Release")).expect("a Release file")
    }

    /// Replaces a file below the root by other bytes: for tests of attacks and faults.
    pub fn overwrite(&self, path: &str, content: &[u8]) {
        write(&self.root.join(path), content);
    }

    /// Removes a file below the root, as a mirror drops an old version.
    ///
    /// # Panics
    /// If it is not there.
    pub fn remove(&self, path: &str) {
        fs::remove_file(self.root.join(path)).expect("a file to remove");
    }

    fn write_index(&self, suite: &Suite, path: &str, content: &[u8]) {
        let path = self.suite(&suite.name).join(path);
        write(&path, content);
        if suite.by_hash {
            write(
                &path
                    .with_file_name("by-hash")
                    .join("SHA256")
                    .join(sha256(content)),
                content,
            );
        }
    }
}

impl Default for Archive {
    fn default() -> Self {
        Self::new()
    }
}

fn keyring_path(root: &Path) -> PathBuf {
    root.with_extension("gpg")
}

fn write(path: &Path, content: &[u8]) {
    let parent = path.parent().expect("a path with a directory");
    fs::create_dir_all(parent).expect("a directory in the archive");
    // Never through a hard link or into a file that someone has mapped.
    let _ = fs::remove_file(path);
    fs::write(path, content).expect("a file in the archive");
}
