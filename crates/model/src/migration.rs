//! What becomes of packages from one suite to the next where no index says so:
//! `data/migrations/*.toml`, each entry with its source.

use crate::keys::{Keys, parse};
use crate::name::{self, Kind};
use crate::source::{FileError, Source};

/// The entries of one file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Migrations {
    /// The older suite.
    pub from: String,
    /// The newer suite.
    pub to: String,
    /// The entries, in the order written.
    pub changes: Vec<Change>,
}

/// What becomes of one binary package.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// Its name in the older suite.
    pub name: String,
    /// What takes its place; empty: nothing does.
    pub to: Vec<String>,
    /// What a person should know.
    pub note: String,
    /// Where this is written.
    pub source: String,
}

impl Migrations {
    /// Reads a file.
    pub fn read(source: Source<'_>) -> Result<Migrations, FileError> {
        let tree = parse(source)?;
        let mut root = Keys::root(source, "a file of migrations", &tree);
        let from = root.required_string("from")?.into_inner();
        let to = root.required_string("to")?.into_inner();
        let mut changes: Vec<Change> = Vec::new();
        for mut keys in root.tables("change", "a change")? {
            let name = keys.required_string("name")?;
            let successors = keys.strings("to")?.ok_or_else(|| keys.missing("to"))?;
            for text in std::iter::once(&name).chain(&successors) {
                if !name::is_valid(Kind::Package, text.get_ref()) {
                    let message = format!("`{}` is no package name", text.get_ref());
                    return Err(source.error(&text.span(), message));
                }
            }
            if changes.iter().any(|known| known.name == *name.get_ref()) {
                let message = format!("a second entry for {}", name.get_ref());
                return Err(source.error(&name.span(), message));
            }
            let change = Change {
                name: name.into_inner(),
                to: successors
                    .into_iter()
                    .map(toml::Spanned::into_inner)
                    .collect(),
                note: keys
                    .string("note")?
                    .map(toml::Spanned::into_inner)
                    .unwrap_or_default(),
                source: keys.required_string("source")?.into_inner(),
            };
            keys.finish()?;
            changes.push(change);
        }
        root.finish()?;
        Ok(Migrations { from, to, changes })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_without_its_source_is_refused() {
        let good = "from = \"a\"\nto = \"b\"\n[[change]]\nname = \"x\"\nto = [\"y\"]\nsource = \"notes\"\n";
        let read = Migrations::read(Source::new("m", good)).expect("a file");
        assert_eq!(read.changes[0].to, ["y"]);
        let table = [
            ("source = \"notes\"\n", "a change needs the key `source`"),
            ("to = [\"y\"]\n", "a change needs the key `to`"),
        ];
        for (gone, message) in table {
            let error = Migrations::read(Source::new("m", &good.replace(gone, "")));
            assert_eq!(error.expect_err(gone).message, message);
        }
        let twice = format!("{good}[[change]]\nname = \"x\"\nto = []\nsource = \"notes\"\n");
        let error = Migrations::read(Source::new("m", &twice)).expect_err("twice");
        assert_eq!(
            (error.message.as_str(), error.spot.line),
            ("a second entry for x", 8)
        );
    }
}
