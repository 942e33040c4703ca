//! Which names we accept for the things that a project names.
//!
//! Names become parts of paths and of URLs, so each kind is checked against a small alphabet
//! before it goes anywhere.

/// A kind of name, with its own alphabet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A project.
    Project,
    /// A repository of a project.
    Repository,
    /// A named set of packages.
    Set,
    /// An image; also the name of its file.
    Image,
    /// An option of an image.
    Option,
    /// A suite or codename of an archive; may hold `/` as in `bookworm/updates`, and ends in
    /// `/` for a flat repository, as in `./`.
    Suite,
    /// A component of a suite; may hold `/` as in `updates/main`.
    Component,
    /// A Debian architecture, as `dpkg --print-architecture` says it.
    Architecture,
    /// A binary or source package.
    Package,
}

impl Kind {
    /// The kind in a person's words.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Kind::Project => "project",
            Kind::Repository => "repository",
            Kind::Set => "set",
            Kind::Image => "image",
            Kind::Option => "option",
            Kind::Suite => "suite",
            Kind::Component => "component",
            Kind::Architecture => "architecture",
            Kind::Package => "package",
        }
    }

    /// Which characters the name may hold, in a person's words.
    #[must_use]
    pub fn alphabet(self) -> &'static str {
        match self {
            Kind::Project | Kind::Repository | Kind::Set | Kind::Image | Kind::Option => {
                "small letters, digits, `-`, `_` and `.`, beginning with a letter or digit"
            }
            Kind::Suite | Kind::Component => {
                "letters, digits, `-`, `_`, `+`, `.`, `~` and `/` between two of them"
            }
            Kind::Architecture => "small letters, digits and `-`, as in amd64 or kfreebsd-amd64",
            Kind::Package => {
                "letters, digits, `+`, `-`, `.` and `_`, beginning with a letter or digit"
            }
        }
    }
}

/// Tells whether a text may be a name of this kind.
#[must_use]
pub fn is_valid(kind: Kind, name: &str) -> bool {
    let fits = match kind {
        Kind::Project | Kind::Repository | Kind::Set | Kind::Image | Kind::Option => every(
            name,
            |byte| byte.is_ascii_lowercase() || byte.is_ascii_digit(),
            b"-_.",
        ),
        Kind::Suite | Kind::Component => {
            let path = if kind == Kind::Suite {
                without_flat_marks(name)
            } else {
                name
            };
            path.split('/')
                .all(|part| every(part, |byte| byte.is_ascii_alphanumeric(), b"-_+.~"))
                || (path.is_empty() && name.ends_with('/'))
        }
        Kind::Architecture => {
            every(
                name,
                |byte| byte.is_ascii_lowercase() || byte.is_ascii_digit(),
                b"-",
            ) && !matches!(name, "all" | "any" | "source" | "native")
        }
        Kind::Package => every(name, |byte| byte.is_ascii_alphanumeric(), b"+-._"),
    };
    fits && name.len() <= 128
}

/// A suite without the marks of a flat repository: `./` in front and `/` at the end.
fn without_flat_marks(name: &str) -> &str {
    let Some(bare) = name.strip_suffix('/') else {
        return name;
    };
    if bare == "." {
        ""
    } else {
        bare.strip_prefix("./").unwrap_or(bare)
    }
}

/// Whether a name begins with a plain character and goes on with plain or other allowed ones.
fn every(name: &str, plain: impl Fn(&u8) -> bool, other: &[u8]) -> bool {
    let bytes = name.as_bytes();
    bytes.first().is_some_and(&plain)
        && bytes.iter().all(|byte| plain(byte) || other.contains(byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_could_leave_their_place_are_refused() {
        let table = [
            (Kind::Image, "gateway-2.0_x", true),
            (Kind::Image, "Gateway", false),
            (Kind::Image, "../etc", false),
            (Kind::Image, ".hidden", false),
            (Kind::Image, "", false),
            (Kind::Suite, "bookworm-updates", true),
            (Kind::Suite, "bookworm/updates", true),
            (Kind::Suite, "../x", false),
            (Kind::Suite, "/x", false),
            (Kind::Suite, "x/", true),
            (Kind::Suite, "./", true),
            (Kind::Suite, "/", true),
            (Kind::Suite, "./x/y/", true),
            (Kind::Suite, "./x", false),
            (Kind::Suite, "x//", false),
            (Kind::Suite, "../", false),
            (Kind::Suite, "./../", false),
            (Kind::Component, "x/", false),
            (Kind::Suite, "x//y", false),
            (Kind::Suite, "x/../y", false),
            (Kind::Component, "non-free-firmware", true),
            (Kind::Architecture, "riscv64", true),
            (Kind::Architecture, "all", false),
            (Kind::Architecture, "AMD64", false),
            (Kind::Package, "libstdc++6", true),
            (Kind::Package, "a b", false),
            (Kind::Package, "-x", false),
        ];
        for (kind, name, expected) in table {
            assert_eq!(is_valid(kind, name), expected, "{kind:?} {name}");
        }
        assert!(!is_valid(Kind::Package, &"a".repeat(129)));
    }
}
