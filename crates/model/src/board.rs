//! Boards: the hardware that images run on, as far as requirements and packages ask for it.
//!
//! `boards/NAME.toml` has `title`, `architecture`, `features` (what the board has as it is
//! delivered, by the names of the catalogue) and `[possible]`: features that can be had, each with
//! what must be done for it. A feature in neither is not there.

use std::collections::BTreeMap;

use crate::keys::{Keys, parse};
use crate::name::{self, Kind};
use crate::nearest::nearest;
use crate::requirement::Catalogue;
use crate::source::{FileError, Source, Spot};

/// A board.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Board {
    /// Its name, which is that of its file.
    pub name: String,
    /// What it is.
    pub title: String,
    /// Its Debian architecture.
    pub architecture: String,
    /// The features it has as delivered, each with its place.
    pub features: BTreeMap<String, Spot>,
    /// The features that can be had, each with what must be done for it.
    pub possible: BTreeMap<String, Possible>,
}

/// A feature that a board does not have as delivered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Possible {
    /// What must be done for it.
    pub how: String,
    /// Where it is written.
    pub spot: Spot,
}

impl Board {
    /// Reads the text of `boards/NAME.toml`; its features must be in the catalogue.
    pub fn read(name: &str, source: Source<'_>, catalogue: &Catalogue) -> Result<Board, FileError> {
        let tree = parse(source)?;
        let mut root = Keys::root(source, "a board", &tree);
        let title = root.required_string("title")?.into_inner();
        let architecture = root.required_string("architecture")?;
        if !name::is_valid(Kind::Architecture, architecture.get_ref()) {
            let message = format!("`{}` is not an architecture", architecture.get_ref());
            let error = source.error(&architecture.span(), message);
            return Err(error.hint(Kind::Architecture.alphabet()));
        }
        let known = |name: &str, spot: &Spot| {
            if catalogue.features.contains_key(name) {
                return Ok(());
            }
            let near = nearest(name, catalogue.features.keys().map(String::as_str), 1);
            Err(FileError {
                spot: spot.clone(),
                message: format!("no feature `{name}`"),
                hint: Some(match near.first() {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => "describe it as [features.NAME] in requirements/*.toml".to_owned(),
                }),
            })
        };
        let mut features = BTreeMap::new();
        for text in root.strings("features")?.unwrap_or_default() {
            let spot = source.spot(&text.span());
            known(text.get_ref(), &spot)?;
            features.insert(text.into_inner(), spot);
        }
        let mut possible = BTreeMap::new();
        if let Some(keys) = root.table("possible", "[possible]")? {
            for (feature, value) in keys.entries() {
                let spot = source.spot(&feature.span());
                known(feature.get_ref(), &spot)?;
                let Some(how) = value.get_ref().as_str() else {
                    let message = "a possible feature says what must be done for it";
                    return Err(source.error(&value.span(), message));
                };
                if features.contains_key(feature.get_ref()) {
                    let message = format!("`{}` stands in `features`, too", feature.get_ref());
                    return Err(source.error(&feature.span(), message));
                }
                let how = how.to_owned();
                possible.insert(feature.into_inner(), Possible { how, spot });
            }
        }
        root.finish()?;
        Ok(Board {
            name: name.to_owned(),
            title,
            architecture: architecture.into_inner(),
            features,
            possible,
        })
    }

    /// Whether it has a feature as delivered.
    #[must_use]
    pub fn has(&self, feature: &str) -> bool {
        self.features.contains_key(feature)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Board, FileError> {
        let mut catalogue = Catalogue::default();
        let features = "[features.tpm2]\ntitle = \"a TPM\"\nkind = \"hardware\"\n\
                        [features.internet]\ntitle = \"the internet\"\nkind = \"network\"\n";
        catalogue.add(Source::new("requirements/a.toml", features))?;
        Board::read(
            "gateway",
            Source::new("boards/gateway.toml", text),
            &catalogue,
        )
    }

    #[test]
    fn a_board_has_features_and_may_have_more() {
        let text = "title = \"x\"\narchitecture = \"armhf\"\nfeatures = [\"internet\"]\n\
                    [possible]\ntpm2 = \"solder one\"\n";
        let board = read(text).expect("a board");
        assert!(board.has("internet") && !board.has("tpm2"));
        assert_eq!(board.possible["tpm2"].how, "solder one");
        let table = [
            ("\"internet\"", "\"internat\"", 3, "no feature `internat`"),
            (
                "tpm2 = ",
                "internet = ",
                5,
                "`internet` stands in `features`",
            ),
            ("armhf", "all", 2, "`all` is not an architecture"),
            ("title", "titel", 1, "a board needs the key `title`"),
        ];
        for (from, to, line, message) in table {
            let error = read(&text.replacen(from, to, 1)).expect_err(to);
            assert!(error.message.starts_with(message), "{error}");
            assert_eq!(error.spot.line, line, "{error}");
        }
    }
}
