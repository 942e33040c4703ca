//! A source package, as the index `Sources` describes it.

use super::field::{Fields, RecordError, error_at, is_package_name, is_version, number};
use crate::deb822::Paragraph;
use crate::path;
use crate::sha256::Sha256;

/// One file of a source package.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SourceFile<'a> {
    /// The plain name, in the directory of the source package.
    pub name: &'a str,
    /// The size in bytes.
    pub size: u64,
    /// The digest.
    pub sha256: Sha256,
}

/// One source package.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceRecord<'a> {
    /// The name.
    pub package: &'a str,
    /// The version.
    pub version: &'a str,
    /// The names of the binary packages that it can build.
    pub binaries: Vec<&'a str>,
    /// The architectures and wildcards it builds for, divided by blanks.
    pub architecture: Option<&'a str>,
    /// The field `Build-Depends`.
    pub build_depends: Option<&'a str>,
    /// The field `Build-Depends-Arch`.
    pub build_depends_arch: Option<&'a str>,
    /// The field `Build-Depends-Indep`.
    pub build_depends_indep: Option<&'a str>,
    /// The field `Build-Conflicts`.
    pub build_conflicts: Option<&'a str>,
    /// The field `Build-Conflicts-Arch`.
    pub build_conflicts_arch: Option<&'a str>,
    /// The field `Build-Conflicts-Indep`.
    pub build_conflicts_indep: Option<&'a str>,
    /// The directory of its files, relative to the archive's root and inside it.
    pub directory: &'a str,
    /// Its files, from `Checksums-Sha256`.
    pub files: Vec<SourceFile<'a>>,
    /// The section.
    pub section: Option<&'a str>,
    /// The priority.
    pub priority: Option<&'a str>,
    /// The maintainer.
    pub maintainer: Option<&'a str>,
    /// The home page.
    pub homepage: Option<&'a str>,
    /// The version of Debian Policy it follows.
    pub standards_version: Option<&'a str>,
    /// The page of its version control.
    pub vcs_browser: Option<&'a str>,
    /// The address of its git repository.
    pub vcs_git: Option<&'a str>,
    /// The list of binaries with section, priority and architectures.
    pub package_list: Option<&'a str>,
    /// Whether it is kept only because a binary was built with it.
    pub extra_source_only: bool,
}

impl<'a> SourceRecord<'a> {
    /// Reads the fields of a paragraph of `Sources` and checks those that other code trusts.
    pub fn from_paragraph(paragraph: &Paragraph<'a>) -> Result<Self, RecordError> {
        let fields = Fields(paragraph);
        let inside = |path: &str| path == "." || path::is_inside(path);
        Ok(Self {
            package: fields.required("Package", "the name of a package", is_package_name)?,
            version: fields.required("Version", "a version", is_version)?,
            binaries: binaries_of(&fields)?,
            architecture: fields.text("Architecture"),
            build_depends: fields.text("Build-Depends"),
            build_depends_arch: fields.text("Build-Depends-Arch"),
            build_depends_indep: fields.text("Build-Depends-Indep"),
            build_conflicts: fields.text("Build-Conflicts"),
            build_conflicts_arch: fields.text("Build-Conflicts-Arch"),
            build_conflicts_indep: fields.text("Build-Conflicts-Indep"),
            directory: fields.required("Directory", "a path inside the archive", inside)?,
            files: files_of(&fields)?,
            section: fields.text("Section"),
            priority: fields.text("Priority"),
            maintainer: fields.text("Maintainer"),
            homepage: fields.text("Homepage"),
            standards_version: fields.text("Standards-Version"),
            vcs_browser: fields.text("Vcs-Browser"),
            vcs_git: fields.text("Vcs-Git"),
            package_list: fields.text("Package-List"),
            extra_source_only: fields.flag("Extra-Source-Only")?,
        })
    }
}

fn binaries_of<'a>(fields: &Fields<'_, 'a>) -> Result<Vec<&'a str>, RecordError> {
    let text = fields.text("Binary").unwrap_or("");
    let names = text
        .split([',', ' ', '\t', '\r', '\n'])
        .filter(|name| !name.is_empty());
    names
        .map(|name| is_package_name(name).then_some(name))
        .collect::<Option<_>>()
        .ok_or_else(|| fields.error("Binary", "names of packages"))
}

fn files_of<'a>(fields: &Fields<'_, 'a>) -> Result<Vec<SourceFile<'a>>, RecordError> {
    const FIELD: &str = "Checksums-Sha256";
    const EXPECTED: &str = "lines of `digest size name`";
    let field = fields
        .0
        .get(FIELD)
        .ok_or_else(|| fields.error(FIELD, EXPECTED))?;
    let lines = field.lines().filter(|(_, text)| !text.is_empty());
    lines
        .map(|(line, text)| file(text).ok_or_else(|| error_at(line, FIELD, EXPECTED, text)))
        .collect()
}

fn file(text: &str) -> Option<SourceFile<'_>> {
    let mut words = text.split_ascii_whitespace();
    let sha256 = words.next()?.parse().ok()?;
    let size = number(words.next()?)?;
    let name = words.next()?;
    (words.next().is_none() && path::is_file_name(name)).then_some(SourceFile {
        name,
        size,
        sha256,
    })
}
