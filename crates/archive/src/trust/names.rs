//! Keyrings by name: those that come with Formwork, and a project's own files.

use std::borrow::Cow;
use std::path::{Path, PathBuf};

use super::{Keyring, TrustError};

/// Debian's keys in use.
const DEBIAN_ARCHIVE: &[u8] = include_bytes!("../../data/keyrings/debian-archive-keyring.pgp");
/// Debian's retired keys, consulted only for a repository that names them.
const DEBIAN_ARCHIVE_REMOVED: &[u8] =
    include_bytes!("../../data/keyrings/debian-archive-removed-keys.pgp");
/// A keyring file larger than this is a mistake.
const MAX_KEYRING_BYTES: u64 = 32 << 20;

/// Where a repository's keyring comes from.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum KeyringSource {
    /// Debian's archive keys in use, as shipped.
    DebianArchive,
    /// Debian's retired archive keys, as shipped.
    DebianArchiveRemoved,
    /// A file of OpenPGP certificates, binary or armoured.
    File(PathBuf),
    /// Armoured certificates written inside a deb822 `Signed-By` field.
    Embedded(String),
}

impl KeyringSource {
    /// Reads a name as written in `keyrings = […]`: one of the shipped keyrings, else a path,
    /// which `base` completes when it is relative.
    #[must_use]
    pub fn from_name(name: &str, base: &Path) -> KeyringSource {
        match name {
            "debian-archive" | "debian-archive-keyring" => KeyringSource::DebianArchive,
            "debian-archive-removed" | "debian-archive-removed-keys" => {
                KeyringSource::DebianArchiveRemoved
            }
            path => KeyringSource::File(base.join(path)),
        }
    }

    /// The name for messages.
    #[must_use]
    pub fn label(&self) -> String {
        match self {
            KeyringSource::DebianArchive => "debian-archive".to_owned(),
            KeyringSource::DebianArchiveRemoved => "debian-archive-removed".to_owned(),
            KeyringSource::File(path) => path.display().to_string(),
            KeyringSource::Embedded(_) => "Signed-By (embedded)".to_owned(),
        }
    }

    /// Reads the keyring.
    pub fn load(&self) -> Result<Keyring, TrustError> {
        let content = self.content()?;
        match self {
            KeyringSource::Embedded(text) => Keyring::read_deb822(&self.label(), text),
            _ => Keyring::read(&self.label(), &content),
        }
    }

    /// The bytes as they stand in the file, or wherever they come from.
    pub(crate) fn content(&self) -> Result<Cow<'_, [u8]>, TrustError> {
        Ok(match self {
            KeyringSource::DebianArchive => Cow::Borrowed(DEBIAN_ARCHIVE),
            KeyringSource::DebianArchiveRemoved => Cow::Borrowed(DEBIAN_ARCHIVE_REMOVED),
            KeyringSource::Embedded(text) => Cow::Borrowed(text.as_bytes()),
            KeyringSource::File(path) => Cow::Owned(read_file(path)?),
        })
    }
}

/// Reads all the keyrings of a repository into one.
pub fn load_keyrings(sources: &[KeyringSource]) -> Result<Keyring, TrustError> {
    let mut all = Keyring::default();
    for source in sources {
        all = all.joined(source.load()?);
    }
    Ok(all)
}

fn read_file(path: &Path) -> Result<Vec<u8>, TrustError> {
    formwork_sys::fs::read_limited(path, MAX_KEYRING_BYTES).map_err(|error| TrustError::Keyring {
        name: path.display().to_string(),
        reason: error.to_string(),
    })
}

#[cfg(test)]
mod tests {
    use formwork_deb::sha256::Sha256;

    use super::*;

    #[test]
    fn shipped_keyrings_are_those_of_the_readme() {
        let readme = include_str!("../../data/keyrings/README.md");
        for (name, bytes) in [
            ("debian-archive", DEBIAN_ARCHIVE),
            ("debian-archive-removed", DEBIAN_ARCHIVE_REMOVED),
        ] {
            let digest = Sha256::of(bytes).to_string();
            let row = readme
                .lines()
                .find(|line| line.contains(&format!("`{name}`")))
                .unwrap();
            assert!(row.contains(&digest), "{name}: {digest} is not in: {row}");
        }
    }

    #[test]
    fn shipped_keyrings_hold_debians_keys() {
        let current = KeyringSource::DebianArchive.load().unwrap().fingerprints();
        // Debian Stable Release Key (13/trixie), and the signing subkey of 12/bookworm.
        for expected in [
            "41587F7DB8C774BCCF131416762F67A0B2C39DE4",
            "4CB50190207B4758A3F73A796ED0E7B82643E131",
        ] {
            assert!(
                current.contains(&expected.to_owned()),
                "{expected} is missing"
            );
        }
        let removed = KeyringSource::DebianArchiveRemoved
            .load()
            .unwrap()
            .fingerprints();
        assert!(!removed.is_empty());
        assert!(
            removed.iter().all(|one| !current.contains(one)),
            "a retired key is in use"
        );
    }

    #[test]
    fn names_and_paths() {
        let base = Path::new("/project");
        let named = |name| KeyringSource::from_name(name, base);
        assert_eq!(named("debian-archive"), KeyringSource::DebianArchive);
        assert_eq!(
            named("debian-archive-removed-keys"),
            KeyringSource::DebianArchiveRemoved
        );
        assert_eq!(
            named("keys/own.asc"),
            KeyringSource::File("/project/keys/own.asc".into())
        );
        assert_eq!(
            named("/etc/own.gpg"),
            KeyringSource::File("/etc/own.gpg".into())
        );
    }

    #[test]
    fn a_file_that_is_no_keyring_is_refused_by_name() {
        for (bytes, expected) in [
            (&b"hello"[..], "no OpenPGP certificate"),
            (&b""[..], "no OpenPGP certificate"),
            (&b"\0\0\0\x20\x01\x01\0\x02KBXf\0\0\0\0"[..], "keybox"),
            (&DEBIAN_ARCHIVE[..900], "keyring cut"),
        ] {
            let error = Keyring::read("keyring cut", bytes).unwrap_err().to_string();
            assert!(error.contains(expected), "{error}");
        }
    }
}
