//! A binary package, as its control file or an index describes it.

use super::field::{Fields, RecordError, is_architecture, is_package_name, is_version};
use crate::deb822::Paragraph;
use crate::path;
use crate::sha256::Sha256;

/// Where a paragraph comes from, and thus which fields it must have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stanza {
    /// A `Packages` index: `Filename`, `Size` and `SHA256` must be there.
    Index,
    /// The `control` file of a package, which cannot name its own file.
    Control,
}

/// How a package serves those of other architectures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum MultiArch {
    /// Not at all.
    #[default]
    No,
    /// Can be installed for several architectures side by side.
    Same,
    /// Serves packages of every architecture.
    Foreign,
    /// Serves packages of every architecture that ask with `:any`.
    Allowed,
}

/// The file of a package in its archive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PackageFile<'a> {
    /// The path, relative to the archive's root and inside it.
    pub filename: &'a str,
    /// The size in bytes.
    pub size: u64,
    /// The digest.
    pub sha256: Sha256,
}

/// One binary package.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PackageRecord<'a> {
    /// The name.
    pub package: &'a str,
    /// The version.
    pub version: &'a str,
    /// The architecture, or `all`.
    pub architecture: &'a str,
    /// The name of the source package; the package's own name unless another is given.
    pub source: &'a str,
    /// The version of the source package; the package's own unless another is given.
    pub source_version: &'a str,
    /// How it serves other architectures.
    pub multi_arch: MultiArch,
    /// Whether a system without it is broken.
    pub essential: bool,
    /// Whether it must not be removed, though it need not be installed.
    pub protected: bool,
    /// Whether apt takes it as important.
    pub important: bool,
    /// The priority.
    pub priority: Option<&'a str>,
    /// The section.
    pub section: Option<&'a str>,
    /// The installed size in KiB, 0 if none is given.
    pub installed_size: u64,
    /// The file; always there for a paragraph of an index.
    pub file: Option<PackageFile<'a>>,
    /// The field `Pre-Depends`.
    pub pre_depends: Option<&'a str>,
    /// The field `Depends`.
    pub depends: Option<&'a str>,
    /// The field `Recommends`.
    pub recommends: Option<&'a str>,
    /// The field `Suggests`.
    pub suggests: Option<&'a str>,
    /// The field `Conflicts`.
    pub conflicts: Option<&'a str>,
    /// The field `Breaks`.
    pub breaks: Option<&'a str>,
    /// The field `Replaces`.
    pub replaces: Option<&'a str>,
    /// The field `Provides`.
    pub provides: Option<&'a str>,
    /// The field `Enhances`.
    pub enhances: Option<&'a str>,
    /// The field `Built-Using`.
    pub built_using: Option<&'a str>,
    /// The field `Static-Built-Using`.
    pub static_built_using: Option<&'a str>,
    /// The first line of the description.
    pub description: Option<&'a str>,
    /// The maintainer.
    pub maintainer: Option<&'a str>,
    /// The home page.
    pub homepage: Option<&'a str>,
}

impl<'a> PackageRecord<'a> {
    /// Reads the fields of a paragraph and checks those that other code trusts.
    pub fn from_paragraph(paragraph: &Paragraph<'a>, stanza: Stanza) -> Result<Self, RecordError> {
        let fields = Fields(paragraph);
        let package = fields.required("Package", "the name of a package", is_package_name)?;
        let version = fields.required("Version", "a version", is_version)?;
        let (source, source_version) = source_of(&fields, package, version)?;
        Ok(Self {
            package,
            version,
            architecture: fields.required("Architecture", "one architecture", is_architecture)?,
            source,
            source_version,
            multi_arch: multi_arch(&fields)?,
            essential: fields.flag("Essential")?,
            protected: fields.flag("Protected")?,
            important: fields.flag("Important")?,
            priority: fields.text("Priority"),
            section: fields.text("Section"),
            installed_size: fields.number("Installed-Size")?.unwrap_or(0),
            file: match stanza {
                Stanza::Index => Some(file_of(&fields)?),
                Stanza::Control => None,
            },
            pre_depends: fields.text("Pre-Depends"),
            depends: fields.text("Depends"),
            recommends: fields.text("Recommends"),
            suggests: fields.text("Suggests"),
            conflicts: fields.text("Conflicts"),
            breaks: fields.text("Breaks"),
            replaces: fields.text("Replaces"),
            provides: fields.text("Provides"),
            enhances: fields.text("Enhances"),
            built_using: fields.text("Built-Using"),
            static_built_using: fields.text("Static-Built-Using"),
            description: fields.first_line("Description"),
            maintainer: fields.text("Maintainer"),
            homepage: fields.text("Homepage"),
        })
    }
}

/// Reads `Source: name (version)`, in which either may be left out.
fn source_of<'a>(
    fields: &Fields<'_, 'a>,
    package: &'a str,
    version: &'a str,
) -> Result<(&'a str, &'a str), RecordError> {
    let Some(value) = fields.text("Source") else {
        return Ok((package, version));
    };
    let (name, source_version) = match value.split_once('(') {
        None => (value, version),
        Some((name, rest)) => (name.trim_end(), rest.strip_suffix(')').unwrap_or("").trim()),
    };
    if is_package_name(name) && is_version(source_version) {
        return Ok((name, source_version));
    }
    Err(fields.error("Source", "`name` or `name (version)`"))
}

fn multi_arch(fields: &Fields<'_, '_>) -> Result<MultiArch, RecordError> {
    const VALUES: [(&str, MultiArch); 4] = [
        ("no", MultiArch::No),
        ("same", MultiArch::Same),
        ("foreign", MultiArch::Foreign),
        ("allowed", MultiArch::Allowed),
    ];
    let Some(text) = fields.text("Multi-Arch") else {
        return Ok(MultiArch::No);
    };
    VALUES
        .iter()
        .find(|(name, _)| name.eq_ignore_ascii_case(text))
        .map(|(_, value)| *value)
        .ok_or_else(|| fields.error("Multi-Arch", "`no`, `same`, `foreign` or `allowed`"))
}

fn file_of<'a>(fields: &Fields<'_, 'a>) -> Result<PackageFile<'a>, RecordError> {
    const DIGEST: &str = "64 hexadecimal digits";
    let digest = fields.text("SHA256").and_then(|text| text.parse().ok());
    Ok(PackageFile {
        filename: fields.required("Filename", "a path inside the archive", path::is_inside)?,
        size: fields
            .number("Size")?
            .ok_or_else(|| fields.error("Size", "a number"))?,
        sha256: digest.ok_or_else(|| fields.error("SHA256", DIGEST))?,
    })
}
