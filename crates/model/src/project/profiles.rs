//! The profiles that come with Formwork: images to be extended, see `profiles/`.

use crate::source::Source;

/// Every profile with its text, sorted by name.
const PROFILES: [(&str, &str, &str); 1] = [(
    "minimal",
    "profile:minimal",
    include_str!("../../../../profiles/minimal.toml"),
)];

/// Every profile with its text, sorted by name.
pub(super) fn all() -> impl Iterator<Item = (&'static str, Source<'static>)> {
    PROFILES
        .iter()
        .map(|(name, file, text)| (*name, Source::new(file, text)))
}
