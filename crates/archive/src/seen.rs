//! The newest Release seen of each repository, so that an older one can be refused.
//!
//! It is kept in the state directory, where cleaning the cache does not reach it: one file for
//! each repository (its name and address), suite and `at`, whose name is a digest of these.
//! The content is a deb822 paragraph.

use std::path::{Path, PathBuf};

use formwork_deb::deb822;
use formwork_deb::sha256::Sha256;
use formwork_deb::time::Timestamp;
use formwork_sys::fs;

use crate::error::Error;
use crate::release_rules::Seen;
use crate::repository::Repository;

/// A file of this kind is some hundred bytes.
const MAX_BYTES: u64 = 1 << 16;

/// The directory of what was seen.
#[derive(Clone, Debug)]
pub struct SeenReleases {
    directory: PathBuf,
}

impl SeenReleases {
    /// The records below this state directory.
    #[must_use]
    pub fn new(state_dir: &Path) -> SeenReleases {
        SeenReleases {
            directory: state_dir.join("releases"),
        }
    }

    /// The newest Release seen of this repository.
    ///
    /// A record that is there but cannot be read is an error: forgetting would help an attacker.
    pub fn newest(&self, repository: &Repository) -> Result<Option<Seen>, Error> {
        let path = self.path(repository);
        let bytes = match fs::read_limited(&path, MAX_BYTES) {
            Ok(bytes) => bytes,
            Err(error) if error.is_not_found() => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        let text = String::from_utf8_lossy(&bytes);
        parse(&text).map(Some).ok_or(Error::BrokenState { path })
    }

    /// Remembers a Release, unless a newer one is remembered already.
    pub fn remember(&self, repository: &Repository, seen: &Seen) -> Result<(), Error> {
        if !self.outdated(repository, seen)? {
            return Ok(());
        }
        fs::create_directory(&self.directory)?;
        let _lock = fs::Lock::exclusive(&self.directory.join(".lock"))?;
        if self.outdated(repository, seen)? {
            let mut text = format!(
                "Repository: {}\nAddress: {}\nSuite: {}\nAt: {}\nDate: {}\nRelease-SHA256: {}\n",
                repository.name,
                repository.url.clone().without_credentials(),
                repository.suite,
                repository
                    .at
                    .map_or_else(|| "live".to_owned(), Timestamp::snapshot),
                seen.date,
                seen.sha256
            );
            if let Some(snapshots) = &seen.snapshots {
                text.push_str(&format!("Snapshots: {snapshots}\n"));
            }
            fs::replace(&self.path(repository), text.as_bytes())?;
        }
        Ok(())
    }

    fn outdated(&self, repository: &Repository, seen: &Seen) -> Result<bool, Error> {
        let known = self.newest(repository)?;
        Ok(known.is_none_or(|known| known.date < seen.date))
    }

    fn path(&self, repository: &Repository) -> PathBuf {
        let address = repository.url.clone().without_credentials().as_sent();
        let at = repository
            .at
            .map_or_else(|| "live".to_owned(), Timestamp::snapshot);
        let identity = [
            repository.name.as_str(),
            address.trim_end_matches('/'),
            &repository.suite,
            &at,
        ];
        self.directory
            .join(Sha256::of(identity.join("\0").as_bytes()).to_string())
    }
}

fn parse(text: &str) -> Option<Seen> {
    let paragraph = deb822::paragraphs(text).next()?.ok()?;
    Some(Seen {
        date: Timestamp::parse_rfc3339(paragraph.get("Date")?.value).ok()?,
        sha256: paragraph.get("Release-SHA256")?.value.parse().ok()?,
        snapshots: paragraph
            .get("Snapshots")
            .map(|field| field.value.to_owned()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::repository::RepositoryKind;
    use crate::url::Url;

    fn repository(url: &str, at: Option<i64>) -> Repository {
        Repository {
            name: "toy".to_owned(),
            url: Url::parse(url).unwrap(),
            suite: "bookworm".to_owned(),
            components: vec!["main".to_owned()],
            keyrings: vec![],
            priority: 500,
            at: at.map(Timestamp),
            snapshot_template: None,
            architectures: Vec::new(),
            allow_expired: None,
            kind: RepositoryKind::Indexed,
        }
    }

    fn seen(date: i64) -> Seen {
        Seen {
            date: Timestamp(date),
            sha256: Sha256::of(&date.to_le_bytes()),
            snapshots: None,
        }
    }

    #[test]
    fn the_newest_is_remembered_by_repository_and_date() {
        let state = tempfile::tempdir().unwrap();
        let records = SeenReleases::new(state.path());
        let live = repository("http://u:geheim@mirror.example/debian", None);
        assert_eq!(records.newest(&live).unwrap(), None);
        for date in [100, 300, 200] {
            records.remember(&live, &seen(date)).unwrap();
        }
        assert_eq!(records.newest(&live).unwrap(), Some(seen(300)));
        let same = repository("http://mirror.example/debian/", None);
        assert_eq!(
            records.newest(&same).unwrap(),
            Some(seen(300)),
            "credentials do not matter"
        );
        for other in [
            repository("http://mirror.example/other", None),
            repository("http://mirror.example/debian", Some(5)),
        ] {
            assert_eq!(records.newest(&other).unwrap(), None);
        }
        let file = std::fs::read_to_string(records.path(&live)).unwrap();
        assert!(!file.contains("geheim"), "{file}");
    }

    #[test]
    fn a_damaged_record_is_no_absent_one() {
        let state = tempfile::tempdir().unwrap();
        let records = SeenReleases::new(state.path());
        let live = repository("http://mirror.example/debian", None);
        records.remember(&live, &seen(100)).unwrap();
        std::fs::write(records.path(&live), "Date: yesterday\n").unwrap();
        assert!(matches!(
            records.newest(&live),
            Err(Error::BrokenState { .. })
        ));
        assert!(records.remember(&live, &seen(200)).is_err());
    }
}
