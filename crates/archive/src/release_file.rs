//! Fetching a Release and finding out whether it may be believed.

use std::collections::BTreeMap;

use formwork_deb::release::{IndexFile, Release};
use formwork_deb::sha256::Sha256;
use formwork_deb::time::Timestamp;
use formwork_model::event::Event;

use crate::archive::Inner;
use crate::error::Error;
use crate::http::HttpError;
use crate::indices;
use crate::release_rules::{self, Seen};
use crate::repository::{Repository, Want};
use crate::snapshot::{Part, VerifiedRelease};
use crate::time_travel;
use crate::trust::{self, Policy, SignedText};
use crate::url::Url;

/// Debian's largest is 200 kB.
const MAX_RELEASE_BYTES: u64 = 32 << 20;
/// Three signatures have 3 kB.
const MAX_SIGNATURE_BYTES: u64 = 1 << 20;

/// A part of a snapshot whose indices are yet to be fetched.
pub(crate) struct VerifiedPart {
    pub(crate) part: Part,
    snapshots: Option<String>,
    files: BTreeMap<String, IndexFile>,
}

impl VerifiedPart {
    /// Turns to the next form of each index that is among the missing; false if one has none.
    pub(crate) fn take_next_forms(&mut self, missing: &[Sha256]) -> bool {
        let files = &self.files;
        let lacking = self.part.indices.iter_mut();
        let mut lacking = lacking.filter(|index| missing.contains(&index.packed.sha256));
        lacking.all(|index| match indices::next_form(files, index) {
            Some(next) => {
                *index = next;
                true
            }
            None => false,
        })
    }

    /// What is remembered of it, to refuse older ones.
    pub(crate) fn seen(&self) -> Seen {
        Seen {
            date: self.part.release.date,
            sha256: self.part.release.release_sha256,
            snapshots: self.snapshots.clone(),
        }
    }
}

impl Inner {
    /// Fetches the Release of a repository, checks it, and chooses its indices.
    pub(crate) fn verified_part(
        &self,
        repository: &Repository,
        want: &Want,
    ) -> Result<VerifiedPart, Error> {
        let base = self.release_base(repository)?;
        let (signed, release) = self.believed(repository, &base)?;
        self.tell_refused(repository, &signed);
        let options = &self.options;
        let expired_waiver =
            release_rules::check(&release, signed.signers(), repository, options.now)?;
        let newest = self.seen.newest(repository)?;
        release_rules::check_rollback(release.date, repository, newest.as_ref(), options)?;
        let indices = indices::plan(&release, repository, want)?;
        let part = Part {
            release: VerifiedRelease {
                repository: repository.name.clone(),
                suite: repository.suite.clone(),
                date: release.date,
                version: release.version,
                valid_until: release.valid_until,
                release_sha256: digest(signed.text()),
                expired_waiver,
                signers: signed.signers().to_vec(),
            },
            repository: repository.clone(),
            expired_keys: release_rules::expired_keys(signed.signers()),
            base,
            by_hash: release.acquire_by_hash,
            indices,
        };
        Ok(VerifiedPart {
            part,
            snapshots: release.snapshots,
            files: release.files,
        })
    }

    /// The directory of the Release: of the repository as it is, or as it was on a date.
    fn release_base(&self, repository: &Repository) -> Result<Url, Error> {
        let url = match repository.at {
            None => repository.url.clone(),
            Some(at) => self.address_at(repository, at)?,
        };
        let base = url
            .without_credentials()
            .join(&repository.release_directory());
        base.map_err(|source| Error::Address {
            repository: repository.name.clone(),
            source,
        })
    }

    /// The address of the repository as it was on a date.
    pub(crate) fn address_at(&self, repository: &Repository, at: Timestamp) -> Result<Url, Error> {
        if let Some(url) = self.known_address_at(repository, at)? {
            return Ok(url);
        }
        let live = Repository {
            at: None,
            ..repository.clone()
        };
        let snapshots = if self.is_reachable(&repository.url) {
            self.believed(&live, &self.release_base(&live)?)?
                .1
                .snapshots
        } else {
            None
        };
        let none = || Error::NoSnapshots {
            repository: repository.name.clone(),
            at,
        };
        time_travel::from_release(&snapshots.ok_or_else(none)?, &repository.name, at)
    }

    /// The same as far as it is known without asking the mirror.
    pub(crate) fn known_address_at(
        &self,
        repository: &Repository,
        at: Timestamp,
    ) -> Result<Option<Url>, Error> {
        if let Some(template) = &repository.snapshot_template {
            return time_travel::from_template(template, &repository.name, &repository.url, at)
                .map(Some);
        }
        let live = Repository {
            at: None,
            ..repository.clone()
        };
        let known = self.seen.newest(&live)?.and_then(|seen| seen.snapshots);
        known
            .map(|field| time_travel::from_release(&field, &repository.name, at))
            .transpose()
    }

    /// A Release whose signature is good; its dates are not judged here.
    fn believed(
        &self,
        repository: &Repository,
        base: &Url,
    ) -> Result<(SignedText, Release), Error> {
        let keyring =
            trust::load_keyrings(&repository.keyrings).map_err(|source| Error::Keyring {
                repository: repository.name.clone(),
                source,
            })?;
        let now = self.options.now;
        let policy = Policy {
            now,
            reference: repository.reference(now),
            accept_expired_keys: repository.accepts_expired_keys(now),
        };
        let untrusted = |source| Error::Untrusted {
            repository: repository.name.clone(),
            suite: repository.suite.clone(),
            source,
        };
        let signed = match self.document(repository, base, "InRelease", MAX_RELEASE_BYTES)? {
            Some(bytes) => trust::verify_inline(&bytes, &keyring, &policy).map_err(untrusted)?,
            None => {
                let (content, signature) = self.detached(repository, base)?;
                trust::verify_detached(&content, &signature, &keyring, &policy)
                    .map_err(untrusted)?
            }
        };
        let release = Release::parse(signed.text()).map_err(|source| Error::BadRelease {
            repository: repository.name.clone(),
            suite: repository.suite.clone(),
            source,
        })?;
        Ok((signed, release))
    }

    /// One good signature suffices; those that do not count are worth a word.
    fn tell_refused(&self, repository: &Repository, signed: &SignedText) {
        for refused in signed.refused() {
            let Repository { name, suite, .. } = repository;
            let text = format!("{suite} of repository `{name}`: one more signature, {refused}");
            (self.events)(Event::Note(text));
        }
    }

    /// `Release` and `Release.gpg`, which archives of old have instead of `InRelease`.
    fn detached(&self, repository: &Repository, base: &Url) -> Result<(Vec<u8>, Vec<u8>), Error> {
        let content = self.document(repository, base, "Release", MAX_RELEASE_BYTES)?;
        let content = content.ok_or_else(|| Error::NoSuite {
            repository: repository.name.clone(),
            suite: repository.suite.clone(),
            address: base.clone(),
        })?;
        let signature = self.document(repository, base, "Release.gpg", MAX_SIGNATURE_BYTES)?;
        let signature = signature.ok_or_else(|| Error::Unsigned {
            repository: repository.name.clone(),
            suite: repository.suite.clone(),
        })?;
        Ok((content, signature))
    }

    /// A small document beside the Release; none if the server says that there is none.
    fn document(
        &self,
        repository: &Repository,
        base: &Url,
        name: &str,
        limit: u64,
    ) -> Result<Option<Vec<u8>>, Error> {
        let url = base.join(name).map_err(|source| Error::Address {
            repository: repository.name.clone(),
            source,
        })?;
        let url = self.with_credentials(repository, &url);
        match self.client()?.get(&url, limit) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(HttpError::NotFound { .. }) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }
}

/// The digest of the plain Release file, whether it came inline or beside its signature: inline
/// the line end before the signatures does not belong to the text.
fn digest(text: &str) -> Sha256 {
    let mut plain = text.trim_end_matches('\n').to_owned();
    plain.push('\n');
    Sha256::of(plain.as_bytes())
}
