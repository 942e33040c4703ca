//! The list that the Debian LTS and ELTS sponsors are asked for: one line `source,binary,version`
//! for each binary package, sorted, and nothing else.

use formwork_model::documents::{FlatSource, package_list};

/// The list of some sources.
#[must_use]
pub fn pkglist(sources: &[FlatSource]) -> String {
    package_list(sources.iter().flat_map(|source| {
        let binaries = source.packages.iter();
        binaries.map(|binary| {
            (
                source.source.as_str(),
                binary.name.as_str(),
                binary.version.as_str(),
            )
        })
    }))
}
