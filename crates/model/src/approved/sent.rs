//! The record of a list that was sent: `lists/NAME/SUITE/DATE.toml` with the exact lines.

use std::fmt;

use formwork_deb::sha256::Sha256;
use formwork_deb::time::Timestamp;

use super::FORMAT;
use super::frozen::{check_format, date};
use crate::keys::{Keys, parse};
use crate::lock::quote;
use crate::source::{FileError, Source};

/// What stands at the head of every such file.
const HEAD: &str =
    "# A list as it was sent, written by `formwork approved sent`. Keep it in git; do not edit it.";

/// A list that was sent to somebody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sent {
    /// To whom.
    pub to: String,
    /// The suite.
    pub suite: String,
    /// On which day.
    pub date: Timestamp,
    /// The lines `source,binary,version`, sorted.
    pub entries: Vec<(String, String, String)>,
}

/// Whether a text may be a field of a pkglist: something, and nothing that ends a field or a line.
#[must_use]
pub fn is_pkglist_field(text: &str) -> bool {
    !text.is_empty()
        && text
            .chars()
            .all(|letter| letter.is_ascii_graphic() && letter != ',')
}

impl Sent {
    /// The list as it was sent.
    #[must_use]
    pub fn text(&self) -> String {
        let entries = self.entries.iter();
        crate::documents::package_list(
            entries.map(|(source, binary, version)| (&**source, &**binary, &**version)),
        )
    }

    /// The digest of the list as it was sent.
    #[must_use]
    pub fn sha256(&self) -> Sha256 {
        Sha256::of(self.text().as_bytes())
    }

    /// Reads such a file; a list that does not have its digest is refused.
    pub fn read(source: Source<'_>) -> Result<Sent, FileError> {
        let tree = parse(source)?;
        let mut root = Keys::root(source, "the record of a list", &tree);
        check_format(source, &mut root)?;
        let to = root.required_string("to")?.into_inner();
        let suite = root.required_string("suite")?.into_inner();
        let date = date(source, &root.required_string("date")?)?;
        let digest = root.required_string("sha256")?;
        let mut entries = Vec::new();
        for line in root.strings("packages")?.unwrap_or_default() {
            let fields: Vec<&str> = line.get_ref().split(',').collect();
            let [source_package, binary, version] = fields[..] else {
                let error = source.error(&line.span(), "an entry is SOURCE,BINARY,VERSION");
                return Err(error.hint("take the file from git again"));
            };
            entries.push((
                source_package.to_owned(),
                binary.to_owned(),
                version.to_owned(),
            ));
        }
        root.finish()?;
        let sent = Sent {
            to,
            suite,
            date,
            entries,
        };
        if sent.sha256().to_string() != *digest.get_ref() {
            let message = "the list below is not the one that was sent: its digest differs";
            let error = source.error(&digest.span(), message);
            return Err(error.hint("take the file from git again"));
        }
        Ok(sent)
    }
}

impl fmt::Display for Sent {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            out,
            "{HEAD}\nformat = {FORMAT}\nto = {}\nsuite = {}\ndate = {}\nsha256 = {}\npackages = [\n",
            quote(&self.to),
            quote(&self.suite),
            quote(&self.date.date()),
            quote(&self.sha256().to_string()),
        )?;
        for line in self.text().lines() {
            writeln!(out, "  {},", quote(line))?;
        }
        out.write_str("]\n")
    }
}
