//! The profiles that come with Formwork: images to be extended, see `profiles/`.

use crate::source::Source;

/// Every profile with its text, sorted by name.
const PROFILES: [(&str, &str, &str); 3] = [
    (
        "minimal",
        "profile:minimal",
        include_str!("../../../../profiles/minimal.toml"),
    ),
    (
        "security",
        "profile:security",
        include_str!("../../../../profiles/security.toml"),
    ),
    (
        "tiny",
        "profile:tiny",
        include_str!("../../../../profiles/tiny.toml"),
    ),
];

/// Every profile with its text, sorted by name.
pub(super) fn all() -> impl Iterator<Item = (&'static str, Source<'static>)> {
    PROFILES
        .iter()
        .map(|(name, file, text)| (*name, Source::new(file, text)))
}

/// The names of the profiles, sorted.
pub fn profiles() -> impl Iterator<Item = &'static str> {
    PROFILES.iter().map(|(name, _, _)| *name)
}

/// Whether a file, by the name under which it is spoken of, is a profile.
pub(super) fn has(file: &str) -> bool {
    PROFILES.iter().any(|(_, own, _)| *own == file)
}
