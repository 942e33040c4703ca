//! What can go wrong in the archive, in words for people: what, where, what to try.

use std::path::PathBuf;

use formwork_deb::release::ReleaseError;
use formwork_deb::time::Timestamp;
use formwork_deb::universe::BuildError;

use crate::fetch::FetchError;
use crate::http::HttpError;
use crate::trust::TrustError;
use crate::url::{Url, UrlError};
use formwork_codec::UnpackError;

/// An error of the archive.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The disk, permissions or a lock.
    #[error(transparent)]
    System(#[from] formwork_sys::Error),
    /// An address that cannot be used.
    #[error("repository `{repository}`: {source}")]
    Address {
        /// The repository's name.
        repository: String,
        /// What is wrong with it.
        source: UrlError,
    },
    /// The signature of a Release is not good enough.
    #[error(
        "{suite} of repository `{repository}` is not believed: {source}\n  {}", untrusted_hint(.source))]
    Untrusted {
        /// The repository's name.
        repository: String,
        /// The suite.
        suite: String,
        /// Why.
        source: TrustError,
    },
    /// A keyring of a repository cannot be read.
    #[error("repository `{repository}`: {source}")]
    Keyring {
        /// The repository's name.
        repository: String,
        /// What is wrong with it.
        source: TrustError,
    },
    /// A signed Release that cannot be read.
    #[error("the Release of {suite} in repository `{repository}`: {source}")]
    BadRelease {
        /// The repository's name.
        repository: String,
        /// The suite.
        suite: String,
        /// Line and reason.
        source: ReleaseError,
    },
    /// The mirror answered with another suite's Release.
    #[error(
        "repository `{repository}`: asked for the suite `{asked}`, the signed Release is of {found}"
    )]
    WrongSuite {
        /// The repository's name.
        repository: String,
        /// The suite that was asked for.
        asked: String,
        /// What the Release says.
        found: String,
    },
    /// A Release that has expired.
    #[error("{suite} of repository `{repository}` expired on {valid_until}: the mirror may be stale, or someone keeps updates from you\n  {}", expired_hint(.lapsed))]
    Expired {
        /// The repository's name.
        repository: String,
        /// The suite.
        suite: String,
        /// When it expired.
        valid_until: Timestamp,
        /// The end of a permission that has itself expired.
        lapsed: Option<Timestamp>,
    },
    /// All keys that signed have expired.
    #[error(
        "{suite} of repository `{repository}` is signed only by keys that have expired since: {keys}\n  name the keyring in `keyrings` and write allow_expired = {{ until = \"…\", reason = \"…\" }} to accept them"
    )]
    ExpiredKeys {
        /// The repository's name.
        repository: String,
        /// The suite.
        suite: String,
        /// Their fingerprints.
        keys: String,
    },
    /// A Release dated in the future.
    #[error(
        "{suite} of repository `{repository}` is dated {date}, but it is {now} now: is this machine's clock right?"
    )]
    FromFuture {
        /// The repository's name.
        repository: String,
        /// The suite.
        suite: String,
        /// The date of the Release.
        date: Timestamp,
        /// The present.
        now: Timestamp,
    },
    /// A snapshot that is newer than the date that was asked for.
    #[error(
        "{suite} of repository `{repository}` is of {date}, newer than the asked date {at}: the snapshot address does not lead to that date"
    )]
    NewerThanAsked {
        /// The repository's name.
        repository: String,
        /// The suite.
        suite: String,
        /// The date of the Release.
        date: Timestamp,
        /// The asked date.
        at: Timestamp,
    },
    /// A Release older than one known.
    #[error(
        "{suite} of repository `{repository}` is of {date}, older than {than} ({known}): the mirror lags behind, or someone replays an old state\n  try again later or another mirror, or say --allow-older if you mean it"
    )]
    Older {
        /// The repository's name.
        repository: String,
        /// The suite.
        suite: String,
        /// The date of the Release.
        date: Timestamp,
        /// The date of the newer one.
        known: Timestamp,
        /// Whose that is.
        than: &'static str,
    },
    /// A record of the state directory that cannot be read.
    #[error("{}: this record of the newest Release seen is damaged; look why, then remove it", path.display())]
    BrokenState {
        /// The record.
        path: PathBuf,
    },
    /// A component or architecture that the repository does not offer.
    #[error("no {what} `{wanted}` in {suite} of repository `{repository}`; it offers: {offered}")]
    NotOffered {
        /// `component` or `architecture`.
        what: &'static str,
        /// What was wanted.
        wanted: String,
        /// The repository's name.
        repository: String,
        /// The suite.
        suite: String,
        /// What there is.
        offered: String,
    },
    /// The Release lists no such index.
    #[error("the Release of {suite} in repository `{repository}` lists no index {index}")]
    NoIndex {
        /// The repository's name.
        repository: String,
        /// The suite.
        suite: String,
        /// The index without the ending of its form.
        index: String,
    },
    /// The mirror has no such suite.
    #[error(
        "repository `{repository}` has no suite `{suite}`: neither InRelease nor Release is at {address}"
    )]
    NoSuite {
        /// The repository's name.
        repository: String,
        /// The suite.
        suite: String,
        /// Where it was sought.
        address: Url,
    },
    /// A Release without signature.
    #[error(
        "{suite} of repository `{repository}` is not signed: it has neither InRelease nor Release.gpg"
    )]
    Unsigned {
        /// The repository's name.
        repository: String,
        /// The suite.
        suite: String,
    },
    /// Release and indices do not belong together.
    #[error(
        "an index that a signed Release lists cannot be had, even after fetching that Release again: the mirror is being updated or inconsistent, or the index was swapped\n  try again later or another mirror\n  {source}"
    )]
    Inconsistent {
        /// Which indices, where they were sought and what was found.
        source: FetchError,
    },
    /// An index whose content cannot be used.
    #[error(transparent)]
    BadIndex(#[from] BuildError),
    /// An index or package that cannot be unpacked.
    #[error(transparent)]
    Unpack(#[from] UnpackError),
    /// A Release file that could not be fetched.
    #[error(transparent)]
    Http(HttpError),
    /// Files that could not be fetched.
    #[error(transparent)]
    Fetch(FetchError),
    /// `--offline` forbids what is needed.
    #[error("offline, and not in the cache: {}", lacking.join(", "))]
    Offline {
        /// What is lacking.
        lacking: Vec<String>,
    },
    /// A snapshot template that cannot be filled.
    #[error(
        "repository `{repository}`: the snapshot template `{template}` must contain {{at}}, and may contain {{archive}} and {{base}} and no other {{place}}"
    )]
    SnapshotTemplate {
        /// The repository's name.
        repository: String,
        /// The template.
        template: String,
    },
    /// No way to travel in time.
    #[error(
        "repository `{repository}` cannot travel to {at}: its Release names no snapshots\n  write where they are: snapshot = \"http://…/{{archive}}/{{at}}/\""
    )]
    NoSnapshots {
        /// The repository's name.
        repository: String,
        /// The asked date.
        at: Timestamp,
    },
    /// No mirror is known.
    #[error("no mirror for {suite}: this machine's apt sources name none{}\n  give one with --mirror URL, FORMWORK_MIRROR=URL or `mirror` in formwork.toml", seen_hint(.sources, .notes))]
    NoMirror {
        /// The suite.
        suite: String,
        /// The files that were read.
        sources: Vec<String>,
        /// What in them could not be understood.
        notes: Vec<String>,
    },
    /// A directory of packages that is not on this machine.
    #[error(
        "repository `{repository}`: a plain directory of packages must be a `file:` address, not {address}"
    )]
    DirectoryNotLocal {
        /// The repository's name.
        repository: String,
        /// Its address.
        address: Url,
    },
    /// A file that is no valid package.
    #[error("{}: not a valid Debian package: {reason}", path.display())]
    BadPackage {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// A universe that was just built cannot be opened.
    #[error("{}: the package index that was just built cannot be read: this is a fault of Formwork", path.display())]
    BadUniverse {
        /// The file.
        path: PathBuf,
    },
    /// Somebody pressed Ctrl-C.
    #[error("interrupted")]
    Interrupted,
}

impl From<HttpError> for Error {
    fn from(error: HttpError) -> Error {
        match error {
            HttpError::Interrupted => Error::Interrupted,
            HttpError::File(error) => Error::System(error),
            other => Error::Http(other),
        }
    }
}

impl From<FetchError> for Error {
    fn from(error: FetchError) -> Error {
        match error {
            FetchError::Interrupted => Error::Interrupted,
            FetchError::File(error) => Error::System(error),
            other => Error::Fetch(other),
        }
    }
}

/// What to try when a Release is not believed.
fn untrusted_hint(source: &TrustError) -> &'static str {
    match source {
        TrustError::Framing(_) => {
            "is the address right, and does nothing in between answer with a page of its own?"
        }
        _ => {
            "if its keys have changed, name the right keyring: keyrings = [\"path/to/keyring.gpg\"]"
        }
    }
}

fn expired_hint(lapsed: &Option<Timestamp>) -> String {
    match lapsed {
        Some(until) => format!("its allow_expired held until {} and has itself expired", until.date()),
        None => "to use it all the same, write allow_expired = { until = \"YYYY-MM-DD\", reason = \"…\" } at this repository".to_owned(),
    }
}

fn seen_hint(sources: &[String], notes: &[String]) -> String {
    if sources.is_empty() {
        return " (there are none)".to_owned();
    }
    let notes: String = notes.iter().map(|note| format!("\n  {note}")).collect();
    format!(" (read: {}){notes}", sources.join(", "))
}
