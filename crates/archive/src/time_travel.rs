//! The address of a repository as it was on a date.
//!
//! `snapshot = "…"` in the project is a template of an address with these places:
//!
//! | place | stands for |
//! |---|---|
//! | `{at}` | the date, as in `20260901T000000Z` |
//! | `{archive}` | the last part of the repository's path: `debian`, `debian-security` |
//! | `{base}` | the repository's own address without that last part |
//!
//! Without a template the field `Snapshots` of the repository's signed Release serves, in which
//! `@SNAPSHOTID@` stands for the date.

use formwork_deb::time::Timestamp;

use crate::error::Error;
use crate::url::Url;

/// The place in a Release's `Snapshots` field that the date takes.
const RELEASE_PLACE: &str = "@SNAPSHOTID@";

/// Fills a project's template for one repository.
pub fn from_template(
    template: &str,
    repository: &str,
    url: &Url,
    at: Timestamp,
) -> Result<Url, Error> {
    let whole = url.as_sent();
    let (base, archive) = whole
        .trim_end_matches('/')
        .rsplit_once('/')
        .unwrap_or((&whole, ""));
    let filled = template
        .replace("{at}", &at.snapshot())
        .replace("{archive}", archive)
        .replace("{base}", base);
    if !template.contains("{at}") || filled.contains(['{', '}']) {
        return Err(Error::SnapshotTemplate {
            repository: repository.to_owned(),
            template: template.to_owned(),
        });
    }
    Url::parse(&filled).map_err(|source| Error::Address {
        repository: repository.to_owned(),
        source,
    })
}

/// Fills the `Snapshots` field of a repository's signed Release.
pub fn from_release(field: &str, repository: &str, at: Timestamp) -> Result<Url, Error> {
    let field = field.trim();
    if !field.contains(RELEASE_PLACE) {
        return Err(Error::NoSnapshots {
            repository: repository.to_owned(),
            at,
        });
    }
    let filled = field.replace(RELEASE_PLACE, &at.snapshot());
    Url::parse(&filled).map_err(|source| Error::Address {
        repository: repository.to_owned(),
        source,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn templates_are_filled() {
        let at = Timestamp::parse_snapshot("20260901T000000Z").unwrap();
        let url = Url::parse("http://mirror.example/debian-security/").unwrap();
        let cases = [
            (
                "http://snap.example/archive/{archive}/{at}/",
                "http://snap.example/archive/debian-security/20260901T000000Z/",
            ),
            (
                "{base}/at/{at}/{archive}",
                "http://mirror.example/at/20260901T000000Z/debian-security",
            ),
        ];
        for (template, expected) in cases {
            let filled = from_template(template, "debian", &url, at).unwrap();
            assert_eq!(filled.to_string(), expected);
        }
        for wrong in [
            "http://snap.example/{archive}/",
            "http://snap.example/{at}/{suit}/",
            "{at}",
        ] {
            let error = from_template(wrong, "debian", &url, at)
                .unwrap_err()
                .to_string();
            assert!(error.contains("debian"), "{error}");
        }
        let field = "https://snap.example/archive/debian/@SNAPSHOTID@/";
        assert_eq!(
            from_release(field, "debian", at).unwrap().to_string(),
            "https://snap.example/archive/debian/20260901T000000Z/"
        );
        assert!(from_release("no", "debian", at).is_err());
    }
}
