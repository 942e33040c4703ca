//! What one paragraph of `Packages`, `Sources` or `DEBIAN/control` says of a package.
//!
//! Values are borrowed from the paragraph. Relation fields are kept as text: the module
//! [`crate::relation`] reads them. See Debian Policy 5.3 to 5.6 and the repository format.

mod field;
mod package;
mod source;

pub use field::RecordError;
pub use package::{MultiArch, PackageFile, PackageRecord, Stanza};
pub use source::{SourceFile, SourceRecord};

#[cfg(test)]
mod tests;
