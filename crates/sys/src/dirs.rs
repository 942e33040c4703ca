//! Where our files live, by the XDG base directory specification.
//!
//! `FORMWORK_CACHE_DIR` and `FORMWORK_STATE_DIR` name a directory outright; else `formwork`
//! below `$XDG_…_HOME` (ignored if relative, as the specification says), else below the usual
//! place in the home directory.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use crate::Error;

/// One row of the specification.
struct Kind {
    own: &'static str,
    xdg: &'static str,
    in_home: &'static str,
}

const CACHE: Kind = Kind {
    own: "FORMWORK_CACHE_DIR",
    xdg: "XDG_CACHE_HOME",
    in_home: ".cache",
};
const STATE: Kind = Kind {
    own: "FORMWORK_STATE_DIR",
    xdg: "XDG_STATE_HOME",
    in_home: ".local/state",
};

/// For what can always be fetched or made again.
///
/// # Errors
/// If no variable names a place.
pub fn cache() -> Result<PathBuf, Error> {
    find(&CACHE, &|name| std::env::var_os(name))
}

/// For what must survive a cleaning of the cache.
///
/// # Errors
/// If no variable names a place.
pub fn state() -> Result<PathBuf, Error> {
    find(&STATE, &|name| std::env::var_os(name))
}

fn find(kind: &Kind, variable: &dyn Fn(&str) -> Option<OsString>) -> Result<PathBuf, Error> {
    let set = |name| variable(name).filter(|value| !value.is_empty());
    if let Some(own) = set(kind.own) {
        let own = Path::new(&own);
        return std::path::absolute(own).map_err(|source| Error::io("find", own, source));
    }
    let absolute = |name| {
        set(name)
            .map(PathBuf::from)
            .filter(|path| path.is_absolute())
    };
    let base = absolute(kind.xdg).or_else(|| absolute("HOME").map(|home| home.join(kind.in_home)));
    base.map(|base| base.join("formwork"))
        .ok_or(Error::NoHome { variable: kind.own })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_variable_wins() {
        type Case<'a> = (&'a [(&'a str, &'a str)], Option<&'a str>);
        let cases: [Case; 6] = [
            (
                &[
                    ("FORMWORK_CACHE_DIR", "/own"),
                    ("XDG_CACHE_HOME", "/xdg"),
                    ("HOME", "/h"),
                ],
                Some("/own"),
            ),
            (
                &[("XDG_CACHE_HOME", "/xdg"), ("HOME", "/h")],
                Some("/xdg/formwork"),
            ),
            (
                &[("XDG_CACHE_HOME", "relative"), ("HOME", "/h")],
                Some("/h/.cache/formwork"),
            ),
            (
                &[
                    ("FORMWORK_CACHE_DIR", ""),
                    ("XDG_CACHE_HOME", ""),
                    ("HOME", "/h"),
                ],
                Some("/h/.cache/formwork"),
            ),
            (&[("HOME", "")], None),
            (&[], None),
        ];
        for (variables, expected) in cases {
            let lookup = |name: &str| {
                let found = variables.iter().find(|(known, _)| *known == name);
                found.map(|(_, value)| OsString::from(value))
            };
            let found = find(&CACHE, &lookup);
            assert_eq!(
                found.ok().as_deref(),
                expected.map(Path::new),
                "{variables:?}"
            );
        }
        let error = find(&STATE, &|_| None).unwrap_err().to_string();
        assert!(error.contains("FORMWORK_STATE_DIR"), "{error}");
    }
}
