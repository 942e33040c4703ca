//! What a Release must fulfil once its signature is good: the right suite, neither expired nor
//! from the future, and not older than one seen before.
//!
//! The time at which expiry is judged is the present for a live repository and the asked date
//! for one with `at = …`; there, a Release newer than that date is refused too, since it is not
//! what was asked for. Debian's stable suites carry no `Valid-Until` and never expire.

use formwork_deb::release::Release;
use formwork_deb::sha256::Sha256;
use formwork_deb::time::Timestamp;

use crate::error::Error;
use crate::repository::{Options, Repository};
use crate::trust::{CLOCK_SKEW_SECONDS, Signer};

/// Something expired that counts only by a written permission. Every answer must say so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExpiredWaiver {
    /// When the Release expired, if it did.
    pub valid_until: Option<Timestamp>,
    /// The keys that have expired since they signed.
    pub expired_keys: Vec<String>,
    /// The last day on which the permission holds.
    pub until: Timestamp,
    /// Why somebody gave it.
    pub reason: String,
}

/// Checks that the Release is the one that was asked for and may be believed now.
pub fn check(
    release: &Release,
    signers: &[Signer],
    repository: &Repository,
    now: Timestamp,
) -> Result<Option<ExpiredWaiver>, Error> {
    check_suite(release, repository)?;
    check_date(release.date, repository, now)?;
    expiry(release.valid_until, expired_keys(signers), repository, now)
}

/// The keys that signed, if all of them have expired since.
#[must_use]
pub fn expired_keys(signers: &[Signer]) -> Vec<String> {
    if signers.iter().any(|signer| !signer.key_expired) {
        return Vec::new();
    }
    signers
        .iter()
        .map(|signer| signer.fingerprint.clone())
        .collect()
}

/// Checks expiry alone, which time may change after everything else was found good.
pub fn expiry(
    valid_until: Option<Timestamp>,
    expired_keys: Vec<String>,
    repository: &Repository,
    now: Timestamp,
) -> Result<Option<ExpiredWaiver>, Error> {
    let reference = repository.reference(now);
    let valid_until = valid_until.filter(|end| reference > *end);
    if valid_until.is_none() && expired_keys.is_empty() {
        return Ok(None);
    }
    match (repository.waiver(now), valid_until) {
        (Some(allowance), _) => Ok(Some(ExpiredWaiver {
            valid_until,
            expired_keys,
            until: allowance.until,
            reason: allowance.reason.clone(),
        })),
        (None, Some(end)) => Err(Error::Expired {
            repository: repository.name.clone(),
            suite: repository.suite.clone(),
            valid_until: end,
            lapsed: repository
                .allow_expired
                .as_ref()
                .map(|allowance| allowance.until),
        }),
        (None, None) => Err(Error::ExpiredKeys {
            repository: repository.name.clone(),
            suite: repository.suite.clone(),
            keys: expired_keys.join(", "),
        }),
    }
}

/// A mirror could answer with the Release of another suite, which is signed just as well.
fn check_suite(release: &Release, repository: &Repository) -> Result<(), Error> {
    if repository.is_flat() {
        return Ok(());
    }
    let asked = repository.suite.as_str();
    // `buster/updates` is the directory of a security suite whose Release says `buster`.
    let directory = asked.split_once('/').map_or(asked, |(head, _)| head);
    let names = [release.suite.as_deref(), release.codename.as_deref()];
    if names
        .iter()
        .flatten()
        .any(|name| *name == asked || *name == directory)
    {
        return Ok(());
    }
    let found: Vec<&str> = names.iter().flatten().copied().collect();
    Err(Error::WrongSuite {
        repository: repository.name.clone(),
        asked: asked.to_owned(),
        found: if found.is_empty() {
            "no suite at all".to_owned()
        } else {
            found.join(" / ")
        },
    })
}

fn check_date(date: Timestamp, repository: &Repository, now: Timestamp) -> Result<(), Error> {
    let (name, suite) = (repository.name.clone(), repository.suite.clone());
    if date.0 > now.0 + CLOCK_SKEW_SECONDS {
        return Err(Error::FromFuture {
            repository: name,
            suite,
            date,
            now,
        });
    }
    match repository.at {
        Some(at) if date.0 > at.0 + CLOCK_SKEW_SECONDS => Err(Error::NewerThanAsked {
            repository: name,
            suite,
            date,
            at,
        }),
        _ => Ok(()),
    }
}

/// A Release as it was seen: what rollback is judged by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// Its date.
    pub date: Timestamp,
    /// The digest of its signed text.
    pub sha256: Sha256,
    /// Where it said that snapshots are.
    pub snapshots: Option<String>,
}

/// Refuses a Release older than the newest one seen, or than the lock's, unless asked.
pub fn check_rollback(
    date: Timestamp,
    repository: &Repository,
    seen: Option<&Seen>,
    options: &Options,
) -> Result<(), Error> {
    if options.allow_older {
        return Ok(());
    }
    let older = |known: Timestamp, than: &'static str| Error::Older {
        repository: repository.name.clone(),
        suite: repository.suite.clone(),
        date,
        known,
        than,
    };
    if let Some(seen) = seen.filter(|seen| date < seen.date) {
        return Err(older(seen.date, "one seen before"));
    }
    let floor = options
        .floors
        .iter()
        .filter(|floor| floor.repository == repository.name && floor.suite == repository.suite)
        .map(|floor| floor.date)
        .max();
    match floor.filter(|floor| date < *floor) {
        Some(known) => Err(older(known, "the lock's")),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::repository::{AllowExpired, Floor, Refresh, RepositoryKind};
    use crate::trust::KeyringSource;
    use crate::url::Url;

    const DAY: i64 = 86_400;
    const NOW: Timestamp = Timestamp(1_000 * DAY);

    fn repository() -> Repository {
        Repository {
            name: "toy".to_owned(),
            url: Url::parse("http://mirror.example/debian").unwrap(),
            suite: "bookworm".to_owned(),
            components: vec!["main".to_owned()],
            keyrings: vec![KeyringSource::DebianArchive],
            priority: 500,
            at: None,
            snapshot_template: None,
            architectures: Vec::new(),
            allow_expired: None,
            kind: RepositoryKind::Indexed,
        }
    }

    fn release(date: i64, valid_until: Option<i64>) -> Release {
        Release {
            origin: None,
            label: None,
            suite: Some("stable".to_owned()),
            codename: Some("bookworm".to_owned()),
            version: None,
            date: Timestamp(date),
            valid_until: valid_until.map(Timestamp),
            acquire_by_hash: true,
            architectures: vec![],
            components: vec![],
            no_support_for_all: false,
            snapshots: None,
            signed_by: vec![],
            files: BTreeMap::new(),
        }
    }

    fn allowed(until: i64) -> Option<AllowExpired> {
        Some(AllowExpired {
            until: Timestamp(until),
            reason: "stale mirror".to_owned(),
        })
    }

    #[test]
    fn expiry_is_judged_at_the_right_time() {
        let (live, mut past) = (repository(), repository());
        past.at = Some(Timestamp(NOW.0 - 50 * DAY));
        let fresh = release(NOW.0 - DAY, Some(NOW.0 + DAY));
        let stale = release(NOW.0 - 60 * DAY, Some(NOW.0 - 40 * DAY));
        assert_eq!(check(&fresh, &[], &live, NOW).unwrap(), None);
        assert_eq!(
            check(&release(NOW.0 - 900 * DAY, None), &[], &live, NOW).unwrap(),
            None
        );
        assert!(matches!(
            check(&stale, &[], &live, NOW),
            Err(Error::Expired { lapsed: None, .. })
        ));
        assert_eq!(
            check(&stale, &[], &past, NOW).unwrap(),
            None,
            "valid on the asked date"
        );
        let frozen = release(NOW.0 - 80 * DAY, Some(NOW.0 - 70 * DAY));
        assert!(matches!(
            check(&frozen, &[], &past, NOW),
            Err(Error::Expired { .. })
        ));
    }

    #[test]
    fn a_waiver_lets_expired_ones_through_until_it_expires_itself() {
        let stale = release(NOW.0 - 60 * DAY, Some(NOW.0 - 40 * DAY));
        let mut waived = repository();
        waived.allow_expired = allowed(NOW.0 + DAY);
        let waiver = check(&stale, &[], &waived, NOW).unwrap().unwrap();
        assert_eq!(waiver.valid_until, stale.valid_until);
        assert_eq!(waiver.reason, "stale mirror");
        let fresh = release(NOW.0 - DAY, Some(NOW.0 + DAY));
        assert_eq!(
            check(&fresh, &[], &waived, NOW).unwrap(),
            None,
            "nothing to waive"
        );
        waived.allow_expired = allowed(NOW.0);
        assert!(
            check(&stale, &[], &waived, NOW).unwrap().is_some(),
            "the last day is included"
        );
        waived.allow_expired = allowed(NOW.0 - DAY);
        assert!(matches!(
            check(&stale, &[], &waived, NOW),
            Err(Error::Expired {
                lapsed: Some(_),
                ..
            })
        ));
    }

    #[test]
    fn expired_keys_need_a_permission_and_a_keyring_of_choice() {
        let mut named = repository();
        assert!(!named.accepts_expired_keys(NOW));
        named.allow_expired = allowed(NOW.0 + DAY);
        assert!(
            !named.accepts_expired_keys(NOW),
            "the default keyring is nobody's choice"
        );
        named.keyrings.push(KeyringSource::DebianArchiveRemoved);
        assert!(named.accepts_expired_keys(NOW));
        named.allow_expired = allowed(NOW.0 - DAY);
        assert!(!named.accepts_expired_keys(NOW));
        let gone = expiry(None, vec!["ABCD".to_owned()], &named, NOW);
        assert!(matches!(gone, Err(Error::ExpiredKeys { .. })));
    }

    #[test]
    fn a_release_from_the_future_is_refused() {
        let live = repository();
        let soon = release(NOW.0 + CLOCK_SKEW_SECONDS, None);
        assert!(check(&soon, &[], &live, NOW).is_ok());
        let future = release(NOW.0 + CLOCK_SKEW_SECONDS + 1, None);
        assert!(matches!(
            check(&future, &[], &live, NOW),
            Err(Error::FromFuture { .. })
        ));
        let mut past = repository();
        past.at = Some(Timestamp(NOW.0 - 50 * DAY));
        let newer = check(&release(NOW.0 - 10 * DAY, None), &[], &past, NOW);
        assert!(matches!(newer, Err(Error::NewerThanAsked { .. })));
    }

    #[test]
    fn another_suites_release_is_refused() {
        let cases = [
            ("bookworm", true),
            ("stable", true),
            ("bookworm/updates", true),
            ("trixie", false),
            ("bookworm-security", false),
            ("", false),
        ];
        for (suite, right) in cases {
            let mut asked = repository();
            asked.suite = suite.to_owned();
            let found = check(&release(NOW.0, None), &[], &asked, NOW);
            assert_eq!(found.is_ok(), right, "{suite}");
        }
        let mut nameless = release(NOW.0, None);
        (nameless.suite, nameless.codename) = (None, None);
        assert!(check(&nameless, &[], &repository(), NOW).is_err());
    }

    #[test]
    fn older_than_seen_or_locked_is_refused_unless_asked() {
        let known = Seen {
            date: Timestamp(500),
            sha256: Sha256::of(b""),
            snapshots: None,
        };
        let seen = Some(&known);
        let floor = |date| Floor {
            repository: "toy".to_owned(),
            suite: "bookworm".to_owned(),
            date: Timestamp(date),
        };
        let options = |floors: Vec<Floor>, allow_older| Options {
            offline: false,
            refresh: Refresh::Always,
            now: NOW,
            jobs: 1,
            allow_older,
            floors,
            cache_dir: "/nowhere".into(),
            state_dir: "/nowhere".into(),
            root: "/".into(),
        };
        let check = |date, seen, options: Options| {
            check_rollback(Timestamp(date), &repository(), seen, &options).is_ok()
        };
        assert!(check(500, seen, options(vec![], false)));
        assert!(!check(499, seen, options(vec![], false)));
        assert!(check(499, seen, options(vec![], true)));
        assert!(check(499, None, options(vec![floor(499)], false)));
        assert!(!check(498, None, options(vec![floor(499)], false)));
        let mut other = floor(900);
        other.suite = "trixie".to_owned();
        assert!(check(498, None, options(vec![other], false)));
    }
}
