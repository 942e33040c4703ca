//! The forms in which a flat list is told.

use formwork_model::documents::Flat;
use formwork_proposal::formats;

/// A form of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// One line a source, as the groups mail it.
    SrcBin,
    /// `source,binary,version`, as the LTS and ELTS sponsors send it.
    Pkglist,
    /// TOML.
    Toml,
    /// YAML, as the older script wrote it.
    Yaml,
    /// Comma-separated values.
    Csv,
    /// A table in Markdown.
    Markdown,
}

impl Format {
    /// Whether a file of this form can hold the lists of several suites.
    #[must_use]
    pub fn takes_several(self) -> bool {
        matches!(self, Format::SrcBin | Format::Markdown)
    }
}

/// A list in a form; `all` says that the whole approved list stands in it.
#[must_use]
pub fn text(flat: &Flat, format: Format, all: bool) -> String {
    match (format, all) {
        (Format::SrcBin, true) => formats::src_bin(flat, flat),
        (Format::SrcBin, false) => formats::src_bin(&formats::only_new(flat), flat),
        (Format::Pkglist, _) => formats::pkglist(&flat.sources),
        (Format::Toml, _) => formats::toml(flat),
        (Format::Yaml, _) => formats::yaml(flat),
        (Format::Csv, _) => formats::csv(&flat.sources),
        (Format::Markdown, _) => formats::markdown(flat),
    }
}

/// The first line of a list.
#[must_use]
pub fn headline(flat: &Flat) -> String {
    formats::headline(flat)
}

/// The chain that brings a source, with the relations that say more than a name.
#[must_use]
pub fn chain(source: &formwork_model::documents::FlatSource) -> String {
    formats::chain(source)
}
