//! A wish: a package that somebody asks for by name.
//!
//! Written as apt writes it, `NAME[:ARCHITECTURE][=VERSION|/SUITE]`. A version must match
//! exactly; a suite asks for the version of that suite, so that even a repository of low
//! priority may serve it. In files a wish may end in a restriction to architectures as in
//! Debian's control files: `grub-efi-amd64 [amd64]`, `mc [!riscv64]`.

use std::fmt;

use crate::name::{self, Kind};

/// A package that somebody asks for.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Wish {
    /// The binary package, or a virtual name.
    pub name: String,
    /// The architecture, if another than the native one is meant.
    pub architecture: Option<String>,
    /// Exactly this version.
    pub version: Option<String>,
    /// The version of this suite, even where its priority would not let it win.
    pub suite: Option<String>,
}

/// A text is not a wish.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WishError {
    /// There is no name.
    #[error("a package name is missing in `{0}`")]
    NoName(String),
    /// The name has characters that no package name has.
    #[error("`{0}` is not a package name")]
    Name(String),
    /// The part after `:` is no architecture.
    #[error("`{0}` is not an architecture")]
    Architecture(String),
    /// The part after `=` is no version.
    #[error("`{version}` is not a version: {reason}")]
    Version {
        /// What was written.
        version: String,
        /// Why dpkg would refuse it.
        reason: String,
    },
    /// The part after `/` is no suite.
    #[error("`{0}` is not a suite")]
    Suite(String),
    /// The restriction in brackets is not one.
    #[error("`[{0}]` is not a list of architectures: write [amd64 arm64] or [!riscv64]")]
    Restriction(String),
}

impl Wish {
    /// Reads a wish without a restriction, as typed on a command line.
    pub fn parse(text: &str) -> Result<Wish, WishError> {
        let (front, version, suite) = split_choice(text.trim())?;
        let (name, architecture) = match front.split_once(':') {
            Some((name, architecture)) => (name, Some(architecture)),
            None => (front, None),
        };
        if name.is_empty() {
            return Err(WishError::NoName(text.to_owned()));
        }
        if !name::is_valid(Kind::Package, name) {
            return Err(WishError::Name(name.to_owned()));
        }
        if let Some(architecture) = architecture
            && !name::is_valid(Kind::Architecture, architecture)
            && architecture != "all"
        {
            return Err(WishError::Architecture(architecture.to_owned()));
        }
        let own = |part: Option<&str>| part.map(str::to_owned);
        Ok(Wish {
            name: name.to_owned(),
            architecture: own(architecture),
            version: own(version),
            suite: own(suite),
        })
    }

    /// A wish for the best version of a package.
    #[must_use]
    pub fn named(name: &str) -> Wish {
        Wish {
            name: name.to_owned(),
            ..Wish::default()
        }
    }

    /// The architecture that must be among the foreign ones for this wish to make sense.
    #[must_use]
    pub fn foreign(&self, native: &str) -> Option<&str> {
        self.architecture
            .as_deref()
            .filter(|own| *own != native && *own != "all")
    }
}

/// A wish without its choice, and the version or the suite that is chosen.
type Split<'a> = (&'a str, Option<&'a str>, Option<&'a str>);

/// Splits off what follows `=` or `/`.
fn split_choice(text: &str) -> Result<Split<'_>, WishError> {
    let Some(at) = text.find(['=', '/']) else {
        return Ok((text, None, None));
    };
    let (front, rest) = (&text[..at], &text[at + 1..]);
    if text.as_bytes().get(at) == Some(&b'=') {
        let valid = formwork_deb::version::validate(rest);
        valid.map_err(|error| WishError::Version {
            version: rest.to_owned(),
            reason: error.to_string(),
        })?;
        return Ok((front, Some(rest), None));
    }
    if !name::is_valid(Kind::Suite, rest) {
        return Err(WishError::Suite(rest.to_owned()));
    }
    Ok((front, None, Some(rest)))
}

impl fmt::Display for Wish {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.name)?;
        let parts = [
            (':', &self.architecture),
            ('=', &self.version),
            ('/', &self.suite),
        ];
        for (mark, part) in parts {
            if let Some(part) = part {
                write!(formatter, "{mark}{part}")?;
            }
        }
        Ok(())
    }
}

/// The architectures that an entry of a package list is for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Restriction {
    /// Whether the patterns say where the entry is *not* for.
    negated: bool,
    /// Architectures or wildcards such as `linux-any`; empty: for all.
    patterns: Vec<String>,
}

impl Restriction {
    /// Splits an entry of a package list into the wish proper and its restriction.
    pub fn split(text: &str) -> Result<(&str, Restriction), WishError> {
        let Some((front, rest)) = text.split_once('[') else {
            return Ok((text.trim(), Restriction::default()));
        };
        let bad = || WishError::Restriction(rest.trim_end_matches(']').trim().to_owned());
        let list = rest.trim_end().strip_suffix(']').ok_or_else(bad)?;
        let words: Vec<&str> = list.split_whitespace().collect();
        let negated = words.first().is_some_and(|word| word.starts_with('!'));
        let mut patterns = Vec::new();
        for word in &words {
            let pattern = word.strip_prefix('!').unwrap_or(word);
            let fits = word.starts_with('!') == negated && is_pattern(pattern);
            if !fits {
                return Err(bad());
            }
            patterns.push(pattern.to_owned());
        }
        if patterns.is_empty() {
            return Err(bad());
        }
        Ok((front.trim(), Restriction { negated, patterns }))
    }

    /// Whether the entry is for this architecture.
    #[must_use]
    pub fn allows(&self, architecture: &str) -> bool {
        let named = self
            .patterns
            .iter()
            .any(|pattern| formwork_deb::relation::architecture_matches(pattern, architecture));
        self.patterns.is_empty() || named != self.negated
    }
}

/// Whether a word may stand in a restriction: an architecture or a wildcard.
fn is_pattern(word: &str) -> bool {
    word == "any" || name::is_valid(Kind::Architecture, word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_apt_reads_and_prints_it_back() {
        let table = [
            ("nginx", "nginx", None, None, None),
            ("libc6:i386", "libc6", Some("i386"), None, None),
            (
                "nginx=1.22.1-9+deb12u3",
                "nginx",
                None,
                Some("1.22.1-9+deb12u3"),
                None,
            ),
            (
                "g++:arm64=4:12.2.0-3",
                "g++",
                Some("arm64"),
                Some("4:12.2.0-3"),
                None,
            ),
            (
                "linux/bookworm-backports",
                "linux",
                None,
                None,
                Some("bookworm-backports"),
            ),
            (
                "x/bookworm/updates",
                "x",
                None,
                None,
                Some("bookworm/updates"),
            ),
        ];
        for (text, name, architecture, version, suite) in table {
            let wish = Wish::parse(text).expect(text);
            assert_eq!(wish.name, name);
            assert_eq!(wish.architecture.as_deref(), architecture);
            assert_eq!(wish.version.as_deref(), version);
            assert_eq!(wish.suite.as_deref(), suite);
            assert_eq!(wish.to_string(), text);
        }
    }

    #[test]
    fn refuses_what_is_no_wish() {
        let table = [
            ("", "a package name is missing in ``"),
            (":i386", "a package name is missing in `:i386`"),
            ("a b", "`a b` is not a package name"),
            ("x:", "`` is not an architecture"),
            ("x:any", "`any` is not an architecture"),
            ("x/", "`` is not a suite"),
            ("x/../y", "`../y` is not a suite"),
        ];
        for (text, message) in table {
            assert_eq!(
                Wish::parse(text).map_err(|error| error.to_string()),
                Err(message.into())
            );
        }
        assert!(matches!(Wish::parse("x="), Err(WishError::Version { .. })));
        assert!(matches!(
            Wish::parse("x=1 0"),
            Err(WishError::Version { .. })
        ));
    }

    #[test]
    fn restrictions_follow_the_control_file() {
        let table = [
            ("mc", "amd64", true),
            ("mc [amd64]", "amd64", true),
            ("mc [amd64 arm64]", "armhf", false),
            ("mc [!riscv64]", "amd64", true),
            ("mc [!riscv64 !i386]", "i386", false),
            ("mc [linux-any]", "arm64", true),
            ("mc [kfreebsd-any]", "arm64", false),
        ];
        for (text, architecture, allowed) in table {
            let (wish, restriction) = Restriction::split(text).expect(text);
            assert_eq!(wish, "mc");
            assert_eq!(
                restriction.allows(architecture),
                allowed,
                "{text} {architecture}"
            );
        }
        for text in [
            "mc []",
            "mc [amd64",
            "mc [amd64 !arm64]",
            "mc [a/b]",
            "mc [amd64] x",
        ] {
            assert!(Restriction::split(text).is_err(), "{text}");
        }
    }
}
